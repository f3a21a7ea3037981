#include "datasets/emodb.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

#include "datasets/questions_emodb.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/speech/audio.h"
#include "harness/text/label_mapping.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr const char* kVersion = "emodb 2";  // bump when the same files and fields would make another corpus

void read_emodb_settings(FieldReader& reader, EmodbSettings& s) {
  reader.field("root", s.root, "the folder of EmoDB: recordings (Angry/03a01Wa.wav, ...) and erkennung.txt")
      .required();
  reader.field("fold", s.fold, "1 or 2: whose five speakers are the test speakers", 1, 2);
  reader.object(
      "questions",
      [&s](FieldReader& splits) {
        for (const char* split : {"train", "test"})
          splits.object(
              split,
              [&s, split](FieldReader& pools) {
                for (const char* pool : {"pqa", "pqa_star", "cpqa"})
                  pools.field(pool, s.questions[split][pool], "questions of this pool per clip, at most", 0,
                              50);
              },
              "questions about clips of this split");
      },
      "how many questions to ask, by split and pool");
}

EmodbSettings settings_from(const Json& fields) {
  EmodbSettings settings;
  std::vector<Problem> problems;
  FieldReader reader(fields, "", problems);
  read_emodb_settings(reader, settings);
  reader.finish();
  if (!problems.empty()) throw Error(ErrorKind::suite, problems.front().what, problems.front().str());
  return settings;
}

// Relative paths of all WAV files, sorted.
std::vector<fs::path> recordings_below(const std::string& root) {
  std::error_code ec;
  if (!fs::is_directory(root, ec))
    throw Error(ErrorKind::data, "the folder of EmoDB is missing", root,
                "set the dataset's \"root\" to the folder that holds Angry/, Happy/, ... and erkennung.txt");
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(root, ec))
    if (entry.is_regular_file() && entry.path().extension() == ".wav")
      found.push_back(fs::relative(entry.path(), root));
  if (ec) throw Error(ErrorKind::io, "the folder cannot be read: " + ec.message(), root, "make it readable");
  if (found.empty())
    throw Error(ErrorKind::data, "no recording (*.wav) is below this folder", root,
                "name the folder that EmoDB was unpacked to");
  std::sort(found.begin(), found.end());
  return found;
}

Clip clip_of(const EmodbName& name, const std::string& stem, const fs::path& path,
             const std::optional<EmodbRating>& rating, int fold) {
  Clip clip;
  clip.id = "emodb-" + stem;
  clip.audio = path.generic_string();
  clip.split = tested_in_fold(name.speaker, fold) ? "test" : "train";
  clip.unit = "emodb-" + name.speaker;
  Segment segment;
  segment.speaker = clip.unit;
  segment.gender = name.gender;
  segment.emotion = EmotionAnnotation{};
  segment.emotion->category = name.emotion;
  if (rating) segment.emotion->confidence = rating->recognised;
  clip.segments.push_back(std::move(segment));
  enter_emodb_sentence(clip);
  clip.extra = Json::object();
  clip.extra["sentence"] = name.sentence;
  clip.extra["german"] = emodb_german(name.sentence);
  clip.extra["age"] = name.age;
  if (rating) clip.extra["natural"] = rating->natural;
  return clip;
}

std::string identity_of_questions(const EmodbSettings& s) {
  std::string all;
  for (const auto& [split, counts] : s.questions)
    all += split + make_template_generator(template_options_for(split, counts))->identity() + '\n';
  return all;
}

void make_corpus(const EmodbSettings& settings, const DatasetContext& context, const std::string& folder) {
  Corpus corpus = list_emodb(settings);
  fs::create_directories(folder + "/audio");
  std::int64_t done = 0;
  const auto total = static_cast<std::int64_t>(corpus.clips.size());
  if (context.progress) context.progress(0, total);
  for (Clip& clip : corpus.clips) {
    const std::vector<float> samples = load_speech(settings.root + "/" + clip.audio);
    clip.audio = "audio/" + clip.id + ".wav";
    write_wav(folder + "/" + clip.audio, samples);
    clip.duration_seconds = static_cast<double>(samples.size()) / speech_rate_hz;
    for (Segment& segment : clip.segments) {
      segment.end_seconds = clip.duration_seconds;
      segment.emotion->end_seconds = clip.duration_seconds;
    }
    if (context.progress) context.progress(++done, total);
  }
  FilteredQuestions asked = emodb_questions(corpus.clips, settings.questions, "emodb/questions");
  corpus.questions = std::move(asked.kept);
  std::string dropped;
  for (const DroppedQuestion& drop : asked.dropped) dropped += to_json(drop).dump() + '\n';
  write_file_atomically(folder + "/dropped.jsonl", dropped);
  write_corpus(corpus, folder);
}

}  // namespace

Corpus list_emodb(const EmodbSettings& settings) {
  const std::vector<std::string> known = labels_of("emotion");
  std::map<std::string, EmodbRating> ratings;
  const std::string ratings_path = settings.root + "/erkennung.txt";
  Corpus corpus;
  corpus.folder = settings.root;
  const std::vector<fs::path> recordings = recordings_below(settings.root);
  if (fs::exists(ratings_path))
    ratings = parse_emodb_ratings(read_file(ratings_path), ratings_path);
  else
    corpus.warnings.push_back(ratings_path + " is missing: emotions have no confidence");
  std::map<std::string, int> left_out;
  for (const fs::path& path : recordings) {
    const std::string stem = path.stem().string();
    const EmodbName name = parse_emodb_name(stem);
    if (std::find(known.begin(), known.end(), name.emotion) == known.end()) {
      ++left_out[name.emotion];
      continue;
    }
    std::optional<EmodbRating> rating;
    if (const auto found = ratings.find(stem); found != ratings.end()) rating = found->second;
    if (!rating && !ratings.empty())
      corpus.warnings.push_back(path.generic_string() + " is not in erkennung.txt: no confidence");
    corpus.clips.push_back(clip_of(name, stem, path, rating, settings.fold));
  }
  for (const auto& [emotion, count] : left_out)
    corpus.warnings.push_back(
        fmt::format("{} recordings of '{}' are left out: the label lexicon lacks it", count, emotion));

  Json about = Json::object();
  about["name"] = "EmoDB, fold " + std::to_string(settings.fold);
  about["licence"] = "free for research (Burkhardt et al., Interspeech 2005)";
  about["source"] = "Berlin Database of Emotional Speech";
  about["language"] =
      "German; transcripts are the English meaning of the sentence, and questions ask by that meaning";
  about["dimensions"] = "none: EmoDB has no valence, arousal or dominance";
  about["confidence"] = "share of 20 listeners who recognised the intended emotion";
  about["closed_set"] =
      "content comes from ten fixed sentences that test and training speakers share; questions name nothing "
      "of "
      "a sentence, so that their words alone do not tell which one was said";
  Json warnings = Json::array();
  for (const std::string& warning : corpus.warnings) warnings.push_back(Json(warning));
  about["warnings"] = std::move(warnings);
  corpus.about = std::move(about);
  return corpus;
}

DatasetRegistry::Entry emodb_dataset() {
  DatasetRegistry::Entry entry;
  entry.name = "emodb";
  entry.summary =
      "Berlin Database of Emotional Speech: real German speech of ten actors, two speaker-disjoint folds";
  entry.fields = [](FieldReader& reader) {
    EmodbSettings settings;
    read_emodb_settings(reader, settings);
  };
  entry.make = [](const Json& fields, const DatasetContext& context) {
    const EmodbSettings settings = settings_from(fields);
    Dataset dataset;
    dataset.key = [settings] {
      std::string all =
          fmt::format("{}\nfold {}\n{}", kVersion, settings.fold, identity_of_questions(settings));
      for (const fs::path& path : recordings_below(settings.root))
        all += '\n' + path.generic_string() + ' ' + sha256_file(settings.root + "/" + path.generic_string());
      const std::string ratings = settings.root + "/erkennung.txt";
      if (fs::exists(ratings)) all += '\n' + sha256_file(ratings);
      return sha256_hex(all);
    };
    dataset.make = [settings, context](const std::string& folder) { make_corpus(settings, context, folder); };
    return dataset;
  };
  return entry;
}

}  // namespace undertone
