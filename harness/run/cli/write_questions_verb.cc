// write-questions: lets a language model write contextual questions about a corpus' clips, and says how many
// of them survive which filter.
#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <CLI/CLI.hpp>
#include <memory>
#include <thread>

#include "datasets/corpus.h"
#include "datasets/llm_writer.h"
#include "harness/core/files.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/text_model_proxy.h"

namespace undertone {
namespace {

struct WriteArguments {
  std::string corpus, split = "train", out, report;
  std::string model;
  LlmWriterOptions options;
  std::int64_t clips = 50, seed = 1;
  int threads = 0;
};

// Evenly spaced, so that every speaker stays among them.
std::vector<Clip> chosen_clips(const Corpus& corpus, const std::string& split, std::int64_t count) {
  std::vector<Clip> all, chosen;
  for (const Clip& clip : corpus.clips)
    if (clip.split == split && !clip.segments.empty()) all.push_back(clip);
  const std::size_t n = count == 0 ? all.size() : std::min(all.size(), static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < n; ++i) chosen.push_back(all[i * all.size() / n]);
  return chosen;
}

struct Tally {
  std::int64_t with_question = 0;
  FilteredQuestions questions;
};

// In slices, so that a person sees that it goes on.
Tally write_all(const std::vector<Clip>& clips, const QuestionGenerator& writer, std::int64_t seed) {
  constexpr std::size_t kSlice = 8;
  Tally tally;
  for (std::size_t at = 0; at < clips.size(); at += kSlice) {
    const std::size_t n = std::min(kSlice, clips.size() - at);
    const std::vector<Clip> slice(clips.begin() + static_cast<std::ptrdiff_t>(at),
                                  clips.begin() + static_cast<std::ptrdiff_t>(at + n));
    FilteredQuestions made = generate_questions(slice, writer, fmt::format("write-questions/seed={}", seed));
    std::string last;
    for (Question& q : made.kept) {
      tally.with_question += q.clip != last;
      last = q.clip;
      tally.questions.kept.push_back(std::move(q));
    }
    for (DroppedQuestion& d : made.dropped) tally.questions.dropped.push_back(std::move(d));
    fmt::print(stderr, "\rwrite-questions: {} of {} clips, {} questions kept", at + n, clips.size(),
               tally.questions.kept.size());
  }
  fmt::print(stderr, "\n");
  return tally;
}

Json report_of(const WriteArguments& a, const std::vector<Clip>& clips, const Tally& tally,
               const TextModel& model, double seconds) {
  Json types = Json::object();
  for (const Question& q : tally.questions.kept) {
    const std::string type(to_string(q.type));
    types[type] = types.get(type, 0) + 1;
  }
  Json out = Json::object();
  out["model"] = a.model;
  out["model_identity"] = model.identity();
  out["split"] = a.split;
  out["clips"] = static_cast<std::int64_t>(clips.size());
  out["clips_with_a_question"] = tally.with_question;
  out["max_new_tokens"] = a.options.max_new_tokens;
  out["temperature"] = a.options.temperature;
  out["seed"] = a.seed;
  out["kept"] = static_cast<std::int64_t>(tally.questions.kept.size());
  out["kept_by_type"] = std::move(types);
  out["dropped"] = static_cast<std::int64_t>(tally.questions.dropped.size());
  out["dropped_by_reason"] = count_by_rule(tally.questions.dropped);
  out["seconds"] = seconds;
  return out;
}

ExitCode write_questions(const WriteArguments& a) {
  stop_at_once();
  const Installation here = find_installation();
  const std::vector<Clip> clips = chosen_clips(read_corpus(a.corpus), a.split, a.clips);
  if (clips.empty())
    throw Error(ErrorKind::data, fmt::format("the corpus has no clip of the split '{}'", a.split), a.corpus,
                "choose another with --split");
  WorkerProcess worker(here.model_program());
  TextModels models(here, &worker);
  const int threads =
      a.threads > 0 ? a.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  TextModel& model = models.get(text_model_named(a.model, threads));
  const auto writer = make_llm_writer(model, a.options);
  const auto began = std::chrono::steady_clock::now();
  const Tally tally = write_all(clips, *writer, a.seed);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;

  if (!a.out.empty()) {
    std::string lines;
    for (const Question& q : tally.questions.kept) lines += to_json(q).dump() + "\n";
    write_file_atomically(a.out, lines);
    lines.clear();
    for (const DroppedQuestion& d : tally.questions.dropped) lines += to_json(d).dump() + "\n";
    write_file_atomically(a.out + ".dropped", lines);
  }
  const std::string report = report_of(a, clips, tally, model, took.count()).dump(1) + "\n";
  if (!a.report.empty()) write_file_atomically(a.report, report);
  fmt::print("{}", report);
  return ExitCode::done;
}

}  // namespace

void add_write_questions_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<WriteArguments>();
  CLI::App* verb = app.add_subcommand(
      "write-questions",
      "let a language model write contextual questions about a corpus, and count what survives which filter");
  verb->add_option("CORPUS", a->corpus, "folder of a corpus (datasets/README.md)")->required();
  verb->add_option("--model", a->model, "pinned weights by name, or the path of a GGUF file or model folder")
      ->required();
  verb->add_option("--split", a->split, "whose clips")->capture_default_str();
  verb->add_option("--clips", a->clips, "how many, evenly spaced; 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--keep", a->options.per_clip,
                   "questions kept for a clip, and one more a further utterance")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  verb->add_option("--max-new-tokens", a->options.max_new_tokens, "longest reply, in tokens")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 16));
  verb->add_option("--temperature", a->options.temperature, "0 takes the likeliest token each time")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  verb->add_option("--seed", a->seed, "of the draws with a temperature")->capture_default_str();
  verb->add_option("--threads", a->threads, "of the model (default: one a core)")->check(CLI::Range(1, 1024));
  verb->add_option("--out", a->out,
                   "write the questions here, as JSONL; what was dropped beside it, as .dropped");
  verb->add_option("--report", a->report, "write the counts here too");
  verb->callback([a, &action] { action = [a] { return write_questions(*a); }; });
}

}  // namespace undertone
