#include "datasets/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 3> kSplits{"train", "dev", "test"};
// Clips may end a little before their last segment, where times were rounded.
constexpr double kTimeTolerance = 0.05;

[[noreturn]] void bad(const Json& line, const std::string& what, const std::string& mend) {
  throw Error(ErrorKind::data, what, line.place().str(), mend);
}

template <class T>
const T* find_by_id(const std::vector<T>& all, std::string_view id) {
  const auto at =
      std::lower_bound(all.begin(), all.end(), id, [](const T& v, std::string_view i) { return v.id < i; });
  if (at != all.end() && at->id == id) return &*at;
  // Only a corpus that is still being made is unsorted.
  for (const T& v : all)
    if (v.id == id) return &v;
  return nullptr;
}

template <class T>
void sort_by_id(std::vector<T>& all) {
  std::stable_sort(all.begin(), all.end(), [](const T& a, const T& b) { return a.id < b.id; });
}

// Unknown fields, with how often each occurs and where first.
class UnknownFields {
 public:
  void note(std::string_view owner, const Json& extra, const Json& line) {
    if (!extra.is_object()) return;
    for (const auto& [key, value] : extra.members()) {
      auto [at, fresh] = seen_.try_emplace(fmt::format("{} field \"{}\"", owner, key));
      if (fresh) at->second.first = line.place().str();
      ++at->second.count;
    }
  }
  void report(std::vector<std::string>& warnings) const {
    for (const auto& [what, where] : seen_)
      warnings.push_back(
          fmt::format("{}: the {} is not known; kept as it is ({} times)", where.first, what, where.count));
  }

 private:
  struct Where {
    std::string first;
    int count = 0;
  };
  std::map<std::string, Where> seen_;
};

class IdCheck {
 public:
  explicit IdCheck(std::string what) : what_(std::move(what)) {}
  void add(const std::string& id, const Json& line) {
    const auto [at, fresh] = first_.try_emplace(id, line.place().line);
    if (!fresh)
      bad(line, fmt::format("the {} id '{}' was used on line {} already", what_, id, at->second),
          "give every " + what_ + " an id of its own");
  }

 private:
  std::string what_;
  std::map<std::string, int> first_;
};

void check_audio(const Clip& clip, const std::string& folder, const Json& line) {
  if (clip.audio.empty()) return;  // recorded answers need none
  const fs::path path(clip.audio);
  if (path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end())
    bad(line, fmt::format("the audio path '{}' leaves the corpus folder", clip.audio),
        "put the audio inside the corpus folder and name it relative to that");
  std::error_code ec;
  if (!fs::is_regular_file(fs::path(folder) / path, ec))
    bad(line, fmt::format("the audio file '{}' of clip '{}' is missing", clip.audio, clip.id),
        "put the file into " + folder + ", or remove the clip and its questions");
}

void check_clip(const Clip& clip, const Json& line, std::vector<std::string>& warnings) {
  if (!clip.split.empty() && std::find(kSplits.begin(), kSplits.end(), clip.split) == kSplits.end())
    bad(line, fmt::format("the split '{}' is not known", clip.split), "use train, dev or test");
  for (const Segment& s : clip.segments)
    if (clip.duration_seconds > 0 && s.end_seconds > clip.duration_seconds + kTimeTolerance)
      warnings.push_back(fmt::format("{}: clip '{}' lasts {} s, but a segment ends at {} s",
                                     line.place().str(), clip.id, clip.duration_seconds, s.end_seconds));
}

std::vector<Json> lines_of(const std::string& folder, const std::string& name, const Json& about) {
  const std::string path = folder + "/" + name + ".jsonl";
  if (!fs::exists(path))
    throw Error(
        ErrorKind::data, "the corpus lacks " + name + ".jsonl", path,
        "a corpus is a folder with corpus.json, clips.jsonl and questions.jsonl (datasets/README.md)");
  const std::string text = read_file(path);
  if (const Json* digests = about.find("digests"))
    if (const Json* wanted = digests->find(name); wanted && wanted->as_string() != sha256_hex(text))
      throw Error(ErrorKind::data,
                  "its digest is not the one in corpus.json: the file was changed or cut short", path,
                  "restore the file; if the change is meant, remove \"digests\" from corpus.json");
  return parse_jsonl(text, path);
}

template <class T>
std::string jsonl(const std::vector<T>& all) {
  std::string text;
  for (const T& v : all) text += to_json(v).dump() + "\n";
  return text;
}

}  // namespace

const Clip* Corpus::find_clip(std::string_view id) const { return find_by_id(clips, id); }
const Question* Corpus::find_question(std::string_view id) const { return find_by_id(questions, id); }

std::string recording_of(const Corpus& corpus, const Clip* clip) {
  return clip && !clip->audio.empty() ? corpus.folder + "/" + clip->audio : "";
}

Corpus read_corpus(const std::string& folder) {
  const std::string about_path = folder + "/corpus.json";
  if (!fs::exists(about_path))
    throw Error(ErrorKind::data, "there is no corpus here: corpus.json is missing", folder,
                "name a folder with corpus.json, clips.jsonl and questions.jsonl (datasets/README.md)");
  Corpus corpus;
  corpus.folder = folder;
  corpus.about = read_json_file(about_path);
  if (!corpus.about.is_object())
    bad(corpus.about, "corpus.json must hold an object", "write {\"name\": ...}");

  UnknownFields unknown;
  IdCheck clip_ids("clip"), question_ids("question");
  for (const Json& line : lines_of(folder, "clips", corpus.about)) {
    Clip clip = clip_from_json(line);
    clip_ids.add(clip.id, line);
    check_audio(clip, folder, line);
    check_clip(clip, line, corpus.warnings);
    unknown.note("clip", clip.extra, line);
    for (const Segment& s : clip.segments) {
      unknown.note("segment", s.extra, line);
      if (s.emotion) unknown.note("emotion", s.emotion->extra, line);
    }
    corpus.clips.push_back(std::move(clip));
  }
  sort_by_id(corpus.clips);
  for (const Json& line : lines_of(folder, "questions", corpus.about)) {
    Question question = question_from_json(line);
    question_ids.add(question.id, line);
    if (!question.clip.empty() && !corpus.find_clip(question.clip))
      bad(line,
          fmt::format("the question '{}' is about the clip '{}', which is not in clips.jsonl", question.id,
                      question.clip),
          "add the clip, or remove the question");
    unknown.note("question", question.extra, line);
    corpus.questions.push_back(std::move(question));
  }
  sort_by_id(corpus.questions);
  unknown.report(corpus.warnings);
  return corpus;
}

void write_corpus(const Corpus& corpus, const std::string& folder) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (ec)
    throw Error(ErrorKind::io, "the folder cannot be made: " + ec.message(), folder,
                "choose a writable folder");
  Corpus sorted = corpus;
  sort_by_id(sorted.clips);
  sort_by_id(sorted.questions);
  const std::string clips = jsonl(sorted.clips), questions = jsonl(sorted.questions);
  if (!sorted.about.is_object()) sorted.about = Json::object();
  Json& digests = sorted.about["digests"];
  if (!digests.is_object()) digests = Json::object();
  digests["clips"] = sha256_hex(clips);
  digests["questions"] = sha256_hex(questions);
  write_file_atomically(folder + "/clips.jsonl", clips);
  write_file_atomically(folder + "/questions.jsonl", questions);
  write_file_atomically(folder + "/corpus.json",
                        sorted.about.dump(2) + "\n");  // last: its digests vouch for the others
}

}  // namespace undertone
