#include "harness/run/canary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> judges_to_freeze(const Tape& tape, const AnchorChoice& choice) {
  std::vector<std::string> all, readers;
  for (const JudgeInfo& j : tape.inputs->settings.judges) {
    all.push_back(j.name);
    if (!j.metric_judge) readers.push_back(j.name);
  }
  const auto& wanted = choice.judges.empty() ? readers : choice.judges;
  for (const std::string& name : wanted)
    if (std::find(all.begin(), all.end(), name) == all.end())
      throw Error(ErrorKind::usage, fmt::format("the run has no judge '{}'", name), tape.inputs->data.suite,
                  fmt::format("name one of: {}", fmt::join(all, ", ")));
  if (wanted.empty())
    throw Error(ErrorKind::usage, "the run has no judge that is a model: the others do not drift",
                tape.inputs->data.suite, "name a judge with --judge to freeze its verdicts all the same");
  return wanted;
}

}  // namespace

std::vector<Anchor> draw_anchors(const Tape& tape, const AnchorChoice& choice) {
  const ReportData& data = tape.inputs->data;
  const auto items = items_by_question(data);
  std::vector<Anchor> out;
  for (const std::string& judge : judges_to_freeze(tape, choice)) {
    std::map<std::string, Anchor> rated;          // by what it is drawn by
    for (const TapeVerdict& v : tape.verdicts) {  // replicates in their order
      if (v.judge != judge) continue;
      Anchor& a = rated[v.question + "/" + v.answer];
      if (a.verdicts.empty()) {
        const ReportItem& item = data.items[items.at(v.question)];
        a = {judge, v.identity, item.question, {}, v.answer, {}};
        if (const Clip* clip = clip_of(item)) a.clip = *clip;
        a.audio_sha256 = v.heard;
      }
      a.verdicts.push_back(v.outcome);
    }
    std::erase_if(
        rated, [](const auto& one) { return !std::holds_alternative<Scored>(one.second.verdicts.front()); });
    std::vector<std::string> ids;
    for (const auto& [id, anchor] : rated) ids.push_back(id);
    const auto drawn =
        sampled_questions({choice.items, fmt::format("{}/anchors/{}", data.suite, judge)}, ids);
    if (static_cast<std::int64_t>(drawn.size()) < kFewestAnchors)
      throw Error(ErrorKind::usage,
                  fmt::format("the judge '{}' would have {} anchors: with fewer than {} a judge that moved "
                              "cannot be told from one that did not",
                              judge, drawn.size(), kFewestAnchors),
                  data.suite, "take a run with more answers, or ask for more with --items");
    for (const std::string& id : drawn) out.push_back(std::move(rated.at(id)));
  }
  return out;
}

void freeze_anchors(std::vector<Anchor> anchors, const std::map<std::string, std::string>& recordings,
                    const std::string& path) {
  const fs::path folder = fs::path(path).filename().string() + ".audio";
  for (Anchor& a : anchors) {
    if (a.audio_sha256.empty()) continue;
    const auto found = recordings.find(a.question.id);
    if (found == recordings.end())
      throw Error(ErrorKind::usage,
                  fmt::format("the judge '{}' listens, and the recording of '{}' is not at hand", a.judge,
                              a.question.id),
                  path, "name the run, and its store with --store, while the store has its clips");
    const std::string bytes = read_file(found->second);
    if (sha256_hex(bytes) != a.audio_sha256)
      throw Error(ErrorKind::usage,
                  fmt::format("the recording of '{}' is another than '{}' heard", a.question.id, a.judge),
                  found->second, "freeze the anchors of a run of these recordings");
    a.audio = (folder / (a.audio_sha256 + fs::path(found->second).extension().string())).string();
    const fs::path copy = fs::path(path).parent_path() / a.audio;
    fs::create_directories(copy.parent_path());
    write_file_atomically(copy.string(), bytes);
  }
  write_file_atomically(path, write_anchors(anchors));
}

}  // namespace undertone
