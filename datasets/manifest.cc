#include "datasets/manifest.h"

#include <fmt/format.h>
#include <cmath>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/speech/audio.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr const char* kVersion = "manifest 1";  // bump when the same files would make another corpus
constexpr double kLengthTolerance = 0.05;       // seconds

// Hash of the three manifest files and of each audio file that a clip names.
std::string digest_of(const std::string& root) {
  const Corpus corpus = read_corpus(root);
  std::string all = kVersion;
  for (const char* name : {"corpus.json", "clips.jsonl", "questions.jsonl"})
    all += '\n' + sha256_file(root + "/" + name);
  for (const Clip& clip : corpus.clips)
    if (!clip.audio.empty()) all += '\n' + sha256_file(root + "/" + clip.audio);
  return sha256_hex(all);
}

// Clip ids may hold anything; file names are numbered.
std::string audio_name(std::size_t index) { return fmt::format("audio/{:06}.wav", index); }

void make_corpus(const std::string& root, const DatasetContext& context, const std::string& folder) {
  Corpus corpus = read_corpus(root);
  fs::create_directories(folder + "/audio");
  const auto total = static_cast<std::int64_t>(corpus.clips.size());
  if (context.progress) context.progress(0, total);
  for (std::size_t i = 0; i < corpus.clips.size(); ++i) {
    Clip& clip = corpus.clips[i];
    if (clip.audio.empty()) continue;
    const std::vector<float> samples = load_speech(root + "/" + clip.audio);
    const double seconds = static_cast<double>(samples.size()) / speech_rate_hz;
    if (clip.duration_seconds > 0 && std::abs(clip.duration_seconds - seconds) > kLengthTolerance)
      corpus.warnings.push_back(fmt::format("{}: clip '{}' is said to last {} s and lasts {} s", clip.audio,
                                            clip.id, clip.duration_seconds, seconds));
    clip.duration_seconds = seconds;
    clip.audio = audio_name(i);
    write_wav(folder + "/" + clip.audio, samples);
    if (context.progress) context.progress(static_cast<std::int64_t>(i) + 1, total);
  }
  Json warnings = Json::array();
  for (const std::string& warning : corpus.warnings) warnings.push_back(Json(warning));
  corpus.about["warnings"] = std::move(warnings);
  write_corpus(corpus, folder);
}

}  // namespace

DatasetRegistry::Entry manifest_dataset() {
  DatasetRegistry::Entry entry;
  entry.name = "manifest";
  entry.summary = "a folder with corpus.json, clips.jsonl, questions.jsonl and audio of any format";
  entry.fields = [](FieldReader& reader) {
    std::string root;
    reader.field("root", root, "the folder that holds corpus.json").required();
  };
  entry.make = [](const Json& fields, const DatasetContext& context) {
    const std::string root = fields.get("root", "");
    Dataset dataset;
    dataset.key = [root] { return digest_of(root); };
    dataset.make = [root, context](const std::string& folder) { make_corpus(root, context, folder); };
    dataset.verdicts = [root] { return read_verdict_files(root); };
    return dataset;
  };
  return entry;
}

}  // namespace undertone
