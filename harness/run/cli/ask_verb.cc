// ask: one question to a language model, for a person who wants to see what it says.
#include <fmt/format.h>
#include <algorithm>
#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <thread>

#include "harness/core/files.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/text_model_proxy.h"

namespace undertone {
namespace {

struct AskArguments {
  std::string model, system, question;
  GenerateOptions options;
  std::int64_t seed = 1;
  int threads = 0;
  std::vector<std::string> continuations;
};

ExitCode ask(const AskArguments& a) {
  stop_at_once();
  const Installation here = find_installation();
  WorkerProcess worker(here.model_program());
  TextModels models(here, &worker);
  const int threads =
      a.threads > 0 ? a.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  TextModel& model = models.get(text_model_named(a.model, threads));
  std::vector<Message> prompt;
  if (!a.system.empty()) prompt.push_back({"system", a.system});
  prompt.push_back({"user", a.question});

  if (!a.continuations.empty()) {
    const std::vector<double> scores = model.score(prompt, a.continuations);
    for (std::size_t i = 0; i < scores.size(); ++i) fmt::print("{:.4f}\t{}\n", scores[i], a.continuations[i]);
    return ExitCode::done;
  }
  GenerateOptions options = a.options;
  options.stream = fmt::format("ask/seed={}", a.seed);
  const Answer answer = model.generate({&prompt, 1}, options).at(0);
  fmt::print("{}\n", answer.text);
  if (answer.status == AnswerStatus::answered) return ExitCode::done;
  // What it said stands on stdout all the same.
  if (answer.status == AnswerStatus::truncated) {
    fmt::print(stderr, "undertone: the answer was cut off after {} tokens\n  mend: raise --max-new-tokens\n",
               answer.tokens);
    return ExitCode::done;
  }
  throw Error(ErrorKind::model, fmt::format("{}: {}", to_string(answer.status), answer.detail), a.model);
}

}  // namespace

TextModelChoice text_model_named(const std::string& name_or_path, int threads) {
  TextModelChoice choice;
  choice.threads = threads;
  const bool path = name_or_path.find('/') != std::string::npos || std::filesystem::exists(name_or_path);
  (path ? choice.path : choice.weights) = name_or_path;
  return choice;
}

// Nothing is kept that a second attempt could go on from; the worker ends with its parent.
void stop_at_once() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

void add_ask_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<AskArguments>();
  CLI::App* verb = app.add_subcommand("ask", "ask a language model a question and print its answer");
  verb->add_option("QUESTION", a->question,
                   "what to ask; a base model reads it in the form 'Question: ... Answer:'")
      ->required();
  verb->add_option("--model", a->model, "pinned weights by name, or the path of a GGUF file or model folder")
      ->required();
  verb->add_option("--system", a->system, "the system message");
  verb->add_option("--max-new-tokens", a->options.max_new_tokens, "longest answer, in tokens")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  verb->add_option("--temperature", a->options.temperature, "0 takes the likeliest token each time")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  verb->add_option("--seed", a->seed, "of the draws with a temperature")->capture_default_str();
  verb->add_option("--threads", a->threads, "of the model (default: one a core)")->check(CLI::Range(1, 1024));
  verb->add_option("--score", a->continuations,
                   "print the log-probability (nats) of each of these answers in place of answering");
  verb->callback([a, &action] { action = [a] { return ask(*a); }; });
}

}  // namespace undertone
