// Stages "generate" and "score_text": a pretrained language model as the parent's TextModel.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "harness/core/error.h"
#include "harness/model/language_model.h"
#include "harness/run/worker/jobs.h"

namespace undertone::worker {
namespace {

// Judging asks item by item: the weights stay loaded between jobs.
TextModel& model_for(const Job& job) {
  static std::string loaded;
  static std::unique_ptr<TextModel> model;
  const Json& settings = job.settings.at("model");
  const std::string& path = job.input("model");
  const std::string wanted = fmt::format("{} {} {}", settings.canonical(), path, job.threads);
  if (model && loaded == wanted) return *model;
  model.reset();  // before the next ones come: both would not fit everywhere
  LanguageModelOptions options;
  options.pretrained.chat_template = settings.get("chat_template", "");
  options.pretrained.precision = settings.get("precision", "auto");
  if (std::filesystem::is_regular_file(path)) options.pretrained.sha256 = settings.get("sha256", "");
  options.threads = job.threads;
  model = open_language_model(path, options);
  loaded = wanted;
  return *model;
}

std::vector<std::vector<Message>> prompts_of(const Job& job) {
  std::vector<std::vector<Message>> prompts;
  for (const Json& messages : job.settings.at("prompts").elements()) {
    prompts.emplace_back();
    for (const Json& m : messages.elements())
      prompts.back().push_back({m.at("role").as_string(), m.at("content").as_string(),
                                static_cast<std::size_t>(m.get("shared", std::int64_t{0}))});
  }
  return prompts;
}

}  // namespace

// Input: model (file or folder). Settings: model {sha256, chat_template, precision}, prompts [[{role,
// content, shared}]], max_new_tokens, temperature. One "answer" event a prompt; its id is the prompt's number
// from 0.
void run_generate(const Job& job, EventSink& sink) {
  TextModel& model = model_for(job);
  const auto prompts = prompts_of(job);
  GenerateOptions options;
  options.max_new_tokens = static_cast<int>(job.settings.get("max_new_tokens", options.max_new_tokens));
  options.temperature = job.settings.get("temperature", 0.0);
  options.stream = job.stream;
  const std::vector<Answer> answers = model.generate(prompts, options);
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    sink.answer(fmt::format("{}", i), answers[i]);
    tokens += answers[i].tokens;
  }
  sink.done(Json::object({{"prompts", static_cast<std::int64_t>(prompts.size())},
                          {"generated_tokens", tokens},
                          {"model", model.identity()}}));
}

// The same, with continuations [text] in place of the two numbers: one "value" event a prompt, with the
// log-probability of each continuation in nats.
void run_score_text(const Job& job, EventSink& sink) {
  TextModel& model = model_for(job);
  std::vector<std::string> continuations;
  for (const Json& c : job.settings.at("continuations").elements()) continuations.push_back(c.as_string());
  const auto prompts = prompts_of(job);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    std::vector<double> values;
    try {
      values = model.score(prompts[i], continuations);
    } catch (const Error& e) {
      // Of this prompt, not of the process: whoever asked can leave the item and go on.
      if (e.kind() != ErrorKind::model) throw;
      throw Error(ErrorKind::data, e.what_happened(), e.place(), e.mend());
    }
    sink.values(fmt::format("{}", i), values);
  }
  sink.done(
      Json::object({{"prompts", static_cast<std::int64_t>(prompts.size())}, {"model", model.identity()}}));
}

}  // namespace undertone::worker
