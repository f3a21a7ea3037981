#include "judges/anchors.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr const char* kMend =
    "freeze anchors anew: 'undertone tape anchors RUN --out FILE', of a run whose judge is to be the measure";

[[noreturn]] void broken(const Place& place, std::string what) {
  throw Error(ErrorKind::data, std::move(what), place.str(), kMend);
}

void check_keys(const Json& line) {
  static const std::set<std::string_view> known = {"judge", "identity", "question",
                                                   "clip",  "answer",   "verdicts"};
  if (!line.is_object()) broken(line.place(), "an anchor is an object");
  for (const auto& [key, value] : line.members())
    if (!known.contains(key) && key != "audio")
      broken(value.place(), fmt::format("an anchor has no \"{}\"", key));
  for (const std::string_view key : known)
    if (!line.find(key)) broken(line.place(), fmt::format("the anchor lacks \"{}\"", key));
}

Anchor anchor_from(const Json& line) {
  check_keys(line);
  Anchor a;
  a.place = line.place();
  a.judge = line.at("judge").as_string();
  a.identity = line.at("identity").as_string();
  a.question = question_from_json(line.at("question"));
  if (const Json& clip = line.at("clip"); !clip.is_null()) a.clip = clip_from_json(clip);
  a.answer = line.at("answer").as_string();
  for (const Json& verdict : line.at("verdicts").elements()) a.verdicts.push_back(verdict_from_json(verdict));
  if (const Json* audio = line.find("audio")) {
    a.audio = audio->at("path").as_string();
    a.audio_sha256 = audio->at("sha256").as_string();
    if (a.audio.empty() || fs::path(a.audio).is_absolute())
      broken(audio->place(), "the path of a recording is relative to the folder of the anchors");
  }
  if (a.verdicts.empty()) broken(line.place(), "the anchor has no verdict: there is nothing to compare with");
  return a;
}

bool scored(const Anchor& a) { return std::holds_alternative<Scored>(a.verdicts.front()); }

void check_whole(const Anchors& anchors) {
  std::map<std::string, std::int64_t> counted;
  std::map<std::string, const Anchor*> first;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const Anchor& a : anchors.items) {
    if (!seen.emplace(a.judge, a.question.id, a.answer).second)
      broken(a.place, fmt::format("this answer to '{}' stands twice among the anchors of '{}'", a.question.id,
                                  a.judge));
    const Anchor* of_judge = first.try_emplace(a.judge, &a).first->second;
    if (of_judge->identity != a.identity)
      broken(a.place,
             fmt::format("the anchors of '{}' are of two judges: the identity differs from that of {}",
                         a.judge, of_judge->place.str()));
    counted[a.judge] += scored(a);
  }
  if (anchors.items.empty()) broken({anchors.path, 0, 0}, "there is no anchor in it");
  for (const auto& [judge, n] : counted)
    if (n < kFewestAnchors)
      broken({anchors.path, 0, 0}, fmt::format("the judge '{}' scored {} anchors: with fewer than {} a judge "
                                               "that moved cannot be told from one that did not",
                                               judge, n, kFewestAnchors));
}

}  // namespace

Anchors parse_anchors(std::string_view text, const std::string& file) {
  Anchors out{file, sha256_hex(text), {}};
  try {
    for (const Json& line : parse_jsonl(text, file)) out.items.push_back(anchor_from(line));
  } catch (const Error& e) {
    throw Error(e.kind(), e.what_happened(), e.place(), kMend);
  }
  check_whole(out);
  return out;
}

Anchors read_anchors(const std::string& path) {
  Anchors out = parse_anchors(read_file(path), path);
  std::map<std::string, std::string> digest_of;  // several answers are about one clip
  for (const Anchor& a : out.items) {
    if (a.audio.empty()) continue;
    const std::string recording = out.recording(a);
    if (!fs::is_regular_file(recording))
      broken(a.place, fmt::format("the recording '{}' is not there", recording));
    std::string& digest = digest_of[recording];
    if (digest.empty()) digest = sha256_file(recording);
    if (digest != a.audio_sha256)
      broken(a.place, fmt::format("the recording '{}' is another than the judge heard", recording));
  }
  return out;
}

std::string Anchors::recording(const Anchor& anchor) const {
  return anchor.audio.empty() ? "" : (fs::path(path).parent_path() / anchor.audio).string();
}

std::string write_anchors(std::span<const Anchor> anchors) {
  std::string out;
  for (const Anchor& a : anchors) {
    Json verdicts = Json::array();
    for (const Verdict& v : a.verdicts) verdicts.push_back(to_json(v));
    Json line = Json::object({{"judge", a.judge},
                              {"identity", a.identity},
                              {"question", to_json(a.question)},
                              {"clip", a.clip ? to_json(*a.clip) : Json()},
                              {"answer", a.answer},
                              {"verdicts", std::move(verdicts)}});
    if (!a.audio.empty()) line["audio"] = Json::object({{"path", a.audio}, {"sha256", a.audio_sha256}});
    out += line.dump() + "\n";
  }
  return out;
}

std::vector<Anchor> anchors_of(const Anchors& anchors, const std::string& name, const Judge& judge) {
  std::vector<Anchor> out;
  const std::string identity = judge.identity();
  for (const Anchor& a : anchors.items) {
    if (a.judge != name) continue;
    if (a.identity != identity)
      broken(a.place, fmt::format("the anchors of '{}' are another judge's: its model, rubric, settings or "
                                  "code are not what they were",
                                  name));
    if (judge.hears() && a.audio.empty())
      broken(a.place, fmt::format("the judge '{}' listens, and this anchor has no recording", name));
    for (const Verdict& v : a.verdicts)
      if (const auto* s = std::get_if<Scored>(&v); s && !judge.scale().admits(s->value))
        broken(a.place, fmt::format("{:g} is not on the judge's scale {}", s->value, judge.scale().name()));
    out.push_back(a);
  }
  return out;
}

}  // namespace undertone
