#include "harness/run/workload.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "datasets/corpus.h"
#include "datasets/synthetic.h"
#include "harness/core/error.h"
#include "harness/text/prompt.h"
#include "harness/text/word_vocabulary.h"

namespace undertone {
namespace {
namespace fs = std::filesystem;

double words(const std::string& text) { return static_cast<double>(word_tokens(text).size()); }

bool chosen(const Json& names, const std::string& name) {
  if (names.size() == 0) return true;
  return std::any_of(names.elements().begin(), names.elements().end(),
                     [&](const Json& n) { return n.as_string() == name; });
}

// Counts questions as they will be asked (Pipeline::asked) and trained on. `split_of`: of clips.
void count_questions(const SuiteSpec& suite, const std::vector<Question>& questions,
                     const std::map<std::string, std::string>& split_of, Workload& out) {
  const std::string wanted = suite.evaluation.get("split", "test");
  double prompt = 0, target = 0, n = 0;
  for (const Question& q : questions) {
    const auto found = split_of.find(q.clip);
    const std::string split = found == split_of.end() ? "" : found->second;
    if (split == "train") {
      ++out.train[q.pool];
      prompt += words(q.text);
      target += words(q.reference);
      ++n;
    }
    if ((split == wanted || q.clip.empty()) && chosen(suite.evaluation.at("pools"), q.pool) &&
        chosen(suite.evaluation.at("types"), std::string(to_string(q.type))))
      ++out.asked;
  }
  if (n > 0) {
    out.prompt_words = prompt / n;
    out.target_words = target / n;
  }
}

Workload of_synthetic(const SuiteSpec& suite, const Json& fields) {
  SyntheticSettings settings;
  std::vector<Problem> problems;
  FieldReader reader(fields, "", problems);
  read_synthetic_settings(reader, settings);
  Workload out;
  std::vector<Clip> clips;
  std::map<std::string, std::string> split_of;
  double spoken = 0, seconds = 0;
  for (const char* split : {"train", "dev", "test"})
    for (PlannedClip& planned : plan_clips(settings, split)) {
      seconds += planned.gap_seconds * static_cast<double>(planned.utterances.size() - 1);
      // espeak's rate is in words a minute of running text; the corpus' short words take 0.73 of that.
      for (const PlannedUtterance& u : planned.utterances)
        seconds += 0.73 * words(u.text) * 60 / std::max(80, u.rate);
      spoken += words(transcript_of(planned.clip));
      split_of[planned.clip.id] = split;
      clips.push_back(std::move(planned.clip));
    }
  out.clips = static_cast<double>(clips.size());
  out.train_clips = static_cast<double>(settings.clips["train"]);
  if (clips.empty()) return out;
  out.seconds = seconds / out.clips;
  out.transcript_words = spoken / out.clips;
  count_questions(suite, synthetic_questions(clips, settings).questions, split_of, out);
  return out;
}

// A manifest's files say it all, but for lengths that they leave out.
std::optional<Workload> of_manifest(const SuiteSpec& suite, const std::string& folder) {
  try {
    const Corpus corpus = read_corpus(folder);
    Workload out;
    std::map<std::string, std::string> split_of;
    double seconds = 0, timed = 0;
    for (const Clip& c : corpus.clips) {
      split_of[c.id] = c.split;
      if (c.split == "train") ++out.train_clips;
      if (c.duration_seconds <= 0) continue;
      seconds += c.duration_seconds;
      ++timed;
    }
    out.clips = static_cast<double>(corpus.clips.size());
    if (timed > 0) out.seconds = seconds / timed;
    count_questions(suite, corpus.questions, split_of, out);
    return out;
  } catch (const Error&) {
    return std::nullopt;  // making the corpus will say what is wrong
  }
}

Workload of_folder(const std::string& folder) {
  Workload out;
  double bytes = 0;
  std::error_code end_early;  // an estimate counts what can be seen: a folder that cannot be read ends it
  for (fs::recursive_directory_iterator at(folder, end_early), end; !end_early && at != end;
       at.increment(end_early)) {
    const std::string kind = at->path().extension().string();
    if (kind != ".wav" && kind != ".flac") continue;
    std::error_code gone;
    const auto size = at->file_size(gone);
    if (gone) continue;
    ++out.clips;
    bytes += static_cast<double>(size) * (kind == ".flac" ? 2 : 1);
  }
  if (out.clips > 0) out.seconds = bytes / out.clips / 32000;  // 16 kHz, 16 bits
  return out;
}

}  // namespace

Workload workload_of(const SuiteSpec& suite, const std::string& dataset) {
  Workload out;
  bool counted = false;
  for (const KindSpec& d : suite.datasets) {
    if (d.name != dataset) continue;
    if (d.kind == "synthetic") {
      out = of_synthetic(suite, d.fields);
      break;
    }
    if (d.kind == "manifest")
      if (const auto told = of_manifest(suite, d.fields.get("root", ""))) {
        out = *told;
        counted = true;
        break;
      }
    for (const char* key : {"root", "folder"})
      if (const Json* folder = d.fields.find(key); folder && folder->is_string())
        out = of_folder(folder->as_string());
  }
  if (out.train_clips == 0 && !counted) {  // a kind that does not say more
    if (out.clips == 0) out.clips = 500;
    out.train_clips = 0.7 * out.clips;
    for (const std::string& pool : training_pools()) out.train[pool] = out.train_clips;
    out.asked = 0.6 * out.clips;
  }
  if (const double limit = static_cast<double>(suite.evaluation.get("limit", 0)); limit > 0)
    out.asked = std::min(out.asked, limit);
  return out;
}

}  // namespace undertone
