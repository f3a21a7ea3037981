#include "harness/run/text_model_proxy.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "harness/core/error.h"

namespace undertone {
namespace {

Json to_json(const std::vector<Message>& prompt) {
  Json messages = Json::array();
  for (const Message& m : prompt)
    messages.push_back(Json::object({{"role", Json(m.role)},
                                     {"content", Json(m.content)},
                                     {"shared", Json(static_cast<std::int64_t>(m.shared))}}));
  return messages;
}

class ProxiedTextModel : public TextModel {
 public:
  ProxiedTextModel(DecoderWeights weights, int threads, WorkerProcess* worker)
      : weights_(std::move(weights)),
        threads_(threads),
        worker_(worker),
        identity_(text_model_identity(weights_, threads)) {}

  std::string identity() const override { return identity_; }

  std::vector<Answer> generate(std::span<const std::vector<Message>> prompts,
                               const GenerateOptions& options) override {
    if (prompts.empty()) return {};
    WorkerJob job = make_job("generate");
    job.stream = options.stream;
    job.settings["max_new_tokens"] = options.max_new_tokens;
    job.settings["temperature"] = options.temperature;
    for (const auto& prompt : prompts) job.settings["prompts"].push_back(to_json(prompt));
    std::vector<std::optional<Answer>> found(prompts.size());
    worker_->run(job, [&](const Json& event) {
      if (event.get("event", "") == "answer")
        found.at(index_of(event, prompts.size())) = answer_from_json(event);
    });
    std::vector<Answer> answers;
    for (auto& answer : found) {
      if (!answer) fewer("answers");
      answers.push_back(std::move(*answer));
    }
    return answers;
  }

  std::vector<double> score(const std::vector<Message>& prompt,
                            std::span<const std::string> continuations) override {
    if (continuations.empty()) return {};
    WorkerJob job = make_job("score_text");
    job.settings["prompts"].push_back(to_json(prompt));
    Json& texts = job.settings["continuations"] = Json::array();
    for (const std::string& c : continuations) texts.push_back(c);
    std::vector<double> values;
    worker_->run(job, [&](const Json& event) {
      if (event.get("event", "") != "value") return;
      for (const Json& v : event.at("values").elements()) values.push_back(v.as_double());
    });
    if (values.size() != continuations.size()) fewer("scores");
    return values;
  }

 private:
  WorkerJob make_job(const char* stage) {
    if (!worker_)
      throw Error(ErrorKind::internal, "a text model was asked while the plan was being made", weights_.path);
    if (weights_.pinned && !verified_) verify_weights(*weights_.pinned);
    verified_ = true;
    WorkerJob job;
    job.stage = stage;
    job.threads = threads_;
    job.settings["model"] = weights_.settings();
    job.settings["prompts"] = Json::array();
    job.inputs["model"] = weights_.path;
    return job;
  }

  static std::size_t index_of(const Json& event, std::size_t size) {
    const std::string& id = event.at("id").as_string();
    const bool number =
        !id.empty() && id.size() < 10 && id.find_first_not_of("0123456789") == std::string::npos;
    const std::size_t index = number ? std::stoul(id) : size;
    if (index >= size)
      throw Error(ErrorKind::internal, "undertone-model answered '" + id + "', which was not asked");
    return index;
  }

  [[noreturn]] static void fewer(const char* what) {
    throw Error(ErrorKind::model, fmt::format("undertone-model returned fewer {} than were asked for", what),
                "text model");
  }

  DecoderWeights weights_;
  int threads_;
  WorkerProcess* worker_;
  std::string identity_;
  bool verified_ = false;
};

}  // namespace

DecoderWeights text_model_weights(const TextModelChoice& choice, const Installation& installation) {
  Json decoder = Json::object();
  if (choice.path.empty())
    decoder["weights"] = choice.weights;
  else
    decoder["path"] = choice.path;
  return decoder_weights(decoder, installation.pins());
}

std::string text_model_identity(const DecoderWeights& weights, int threads) {
  return fmt::format("{}:template={}:precision={}:threads={}:code={}", weights.digest, weights.chat_template,
                     weights.precision, threads, language_model_code());
}

TextModels::TextModels(const Installation& installation, WorkerProcess* worker)
    : installation_(installation), worker_(worker) {}
TextModels::~TextModels() = default;
TextModels::TextModels(TextModels&&) noexcept = default;

TextModel& TextModels::get(const TextModelChoice& choice) {
  auto& model = models_[fmt::format("{}\x1f{}\x1f{}", choice.weights, choice.path, choice.threads)];
  if (!model)
    model = std::make_unique<ProxiedTextModel>(text_model_weights(choice, installation_), choice.threads,
                                               worker_);
  return *model;
}

}  // namespace undertone
