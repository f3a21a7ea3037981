#include "judges/local.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "judges/rating.h"

namespace undertone {
namespace {

constexpr int kCodeVersion = 2;

class LocalJudge final : public Judge {
 public:
  LocalJudge(LocalJudgeSettings settings, PromptRubric rubric,
             std::function<TextModel&(const TextModelChoice&)> model)
      : settings_(std::move(settings)), rubric_(std::move(rubric)), model_(std::move(model)) {}

  std::string identity() const override {
    Json made_of = Json::object();
    made_of["judge"] = "local";
    made_of["code"] = kCodeVersion;
    made_of["rubric"] = rubric_.digest;
    made_of["model"] = model().identity();
    made_of["seed"] = settings_.draws.seed;
    made_of["mode"] = settings_.generate ? "generate" : "score";
    if (settings_.generate) {
      made_of["max_new_tokens"] = settings_.max_new_tokens;
      made_of["temperature"] = settings_.temperature;
      made_of["replicates"] = settings_.replicates;
    } else {
      made_of["expectation"] = settings_.expectation;
    }
    return sha256_hex(made_of.canonical());
  }

  Scale scale() const override { return means() ? scale_of_means(rubric_.scale) : rubric_.scale; }
  bool is_metric_judge() const override { return false; }
  std::vector<std::string> resources() const override {
    const std::string identity = model().identity();
    return {"weights:" + identity.substr(0, identity.find(':'))};
  }
  std::string summary() const override {
    const std::string& model =
        settings_.model.weights.empty() ? settings_.model.path : settings_.model.weights;
    return fmt::format("{}, rubric {} {}, {}", model.substr(model.find_last_of('/') + 1), rubric_.name,
                       rubric_.version, settings_.generate ? "replies" : "probabilities of the ratings");
  }
  std::optional<ItemSample> sample() const override { return drawn_sample("local", settings_.draws); }

  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    std::vector<Verdict> verdicts(items.size(), NotJudged{});
    std::vector<std::size_t> asked;
    std::vector<Prompted> prompts;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (auto settled = settled_without_asking(rubric_, items[i])) {
        verdicts[i] = std::move(*settled);
      } else {
        asked.push_back(i);
        prompts.push_back(prompt_of("local", rubric_, settings_.draws.seed, items[i]));
      }
    }
    std::vector<Verdict> made = settings_.generate ? ask_for_replies(prompts) : ask_for_scores(prompts);
    for (std::size_t k = 0; k < asked.size(); ++k) verdicts[asked[k]] = std::move(made[k]);
    return verdicts;
  }

 private:
  // Whether a verdict is a mean of ratings, rather than one of them.
  bool means() const { return settings_.generate ? settings_.replicates > 1 : settings_.expectation; }
  double on_scale(double rating) const { return means() ? on_scale_of_means(rubric_.scale, rating) : rating; }
  TextModel& model() const {
    if (!model_)
      throw Error(ErrorKind::model, "the judge 'local' needs a text model", "judge local",
                  "run it from 'undertone', or leave this judge out of the suite");
    return model_(settings_.model);
  }

  std::vector<Verdict> ask_for_scores(std::vector<Prompted>& prompts) {
    const std::vector<int> ratings = rubric_.ratings();
    std::vector<std::string> continuations;
    for (const int r : ratings) continuations.push_back(fmt::format("{}: {}", rubric_.label, r));
    std::vector<Verdict> out;
    for (Prompted& p : prompts) {
      std::vector<double> log_probabilities;
      try {
        log_probabilities = model().score(p.rubric.messages, continuations);
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::data) throw;  // else: this prompt cannot be scored
        out.emplace_back(NotJudged{"the judge's model: " + e.what_happened()});
        continue;
      }
      const auto found = rating_distribution(ratings, log_probabilities);
      if (!found) {
        out.emplace_back(NotJudged{"the judge's model gave no finite log-probabilities of the ratings"});
        continue;
      }
      p.extra["distribution"] = distribution_json(ratings, found->share);
      p.extra["log_mass"] = found->log_mass;
      out.emplace_back(Scored{on_scale(settings_.expectation ? found->mean : found->likeliest),
                              fmt::format("likeliest rating {}, mean {:.3f}", found->likeliest, found->mean),
                              {},
                              std::move(p.extra)});
    }
    return out;
  }

  std::vector<Verdict> ask_for_replies(std::vector<Prompted>& prompts) {
    std::vector<std::vector<Answer>> replies(prompts.size());
    GenerateOptions options{settings_.max_new_tokens, settings_.temperature, ""};
    if (settings_.temperature == 0) {
      std::vector<std::vector<Message>> all;
      for (const Prompted& p : prompts) all.push_back(p.rubric.messages);
      std::vector<Answer> answers = model().generate(all, options);
      need_replies(answers.size(), all.size());
      for (std::size_t i = 0; i < answers.size(); ++i) replies[i].push_back(std::move(answers[i]));
    } else {
      // A call an item: its draws do not depend on which items it is asked with.
      for (std::size_t i = 0; i < prompts.size(); ++i)
        for (int r = 0; r < settings_.replicates; ++r) {
          options.stream = fmt::format("judge/local/seed={}/{}/replicate={}", settings_.draws.seed,
                                       prompts[i].rubric.nonce, r);
          std::vector<Answer> answers = model().generate(std::span(&prompts[i].rubric.messages, 1), options);
          need_replies(answers.size(), 1);
          replies[i].push_back(std::move(answers.front()));
        }
    }
    std::vector<Verdict> out;
    for (std::size_t i = 0; i < prompts.size(); ++i)
      out.push_back(verdict_of(replies[i], std::move(prompts[i].extra)));
    return out;
  }

  static void need_replies(std::size_t got, std::size_t wanted) {
    if (got != wanted)
      throw Error(ErrorKind::model, fmt::format("the model gave {} replies to {} prompts", got, wanted),
                  "judge local", "check the model");
  }

  Verdict read(const Answer& reply) const {
    switch (reply.status) {
      case AnswerStatus::answered:
        return parse_rating(reply.text, rubric_.label, rubric_.scale);
      case AnswerStatus::refusal:
        return Refused{reply.text};
      case AnswerStatus::truncated:
        return TruncatedReply{reply.text};
      default:
        return NotJudged{fmt::format("the judge's model: {}{}", to_string(reply.status),
                                     reply.detail.empty() ? "" : ": " + reply.detail)};
    }
  }

  Verdict verdict_of(const std::vector<Answer>& replies, Json extra) const {
    double sum = 0;
    Json ratings = Json::array();
    std::string rationale;
    for (const Answer& reply : replies) {
      Verdict one = read(reply);
      auto* scored = std::get_if<Scored>(&one);
      if (!scored) return with_extra(std::move(one), std::move(extra));
      sum += scored->value;
      ratings.push_back(scored->value);
      rationale += (rationale.empty() ? "" : "\n---\n") + scored->rationale;
    }
    if (replies.size() > 1) extra["ratings"] = std::move(ratings);
    return Scored{on_scale(sum / static_cast<double>(replies.size())), rationale, {}, std::move(extra)};
  }

  LocalJudgeSettings settings_;
  PromptRubric rubric_;
  std::function<TextModel&(const TextModelChoice&)> model_;
};

}  // namespace

std::optional<RatingDistribution> rating_distribution(std::span<const int> ratings,
                                                      std::span<const double> log_probabilities) {
  if (ratings.empty() || ratings.size() != log_probabilities.size()) return std::nullopt;
  for (const double l : log_probabilities)
    if (!std::isfinite(l)) return std::nullopt;
  const double most = *std::max_element(log_probabilities.begin(), log_probabilities.end());
  double sum = 0;
  RatingDistribution out;
  for (const double l : log_probabilities) {
    out.share.push_back(std::exp(l - most));
    sum += out.share.back();
  }
  out.log_mass = most + std::log(sum);
  std::size_t best = 0;
  for (std::size_t i = 0; i < ratings.size(); ++i) {
    out.share[i] /= sum;
    out.mean += out.share[i] * ratings[i];
    if (out.share[i] > out.share[best]) best = i;
  }
  out.mean = std::clamp<double>(out.mean, ratings.front(), ratings.back());  // against rounding
  out.likeliest = ratings[best];
  return out;
}

void local_judge_fields(FieldReader& r, LocalJudgeSettings& s) {
  std::string mode = "score", value = "expectation";
  r.field("model", s.model.weights, "pinned weights by name, e.g. smollm2-135m-instruct");
  r.field("path", s.model.path, "a GGUF file or model folder of one's own, in place of pinned weights");
  r.field("threads", s.model.threads, "of the model: part of what it computes, since sums depend on it", 1,
          256);
  rubric_choice_fields(r, s.rubric);
  r.choice("mode", mode, {"score", "generate"},
           "score: the probabilities of the ratings; generate: a reply, which must hold one rating");
  r.choice("value", value, {"expectation", "argmax"}, "score: the mean rating, or the likeliest one");
  r.field("max_new_tokens", s.max_new_tokens, "generate: longest reply", 1, 4096);
  r.field("temperature", s.temperature, "generate: 0 takes the likeliest token each time", 0.0, 10.0);
  r.field("replicates", s.replicates, "generate: replies an item, of which the verdict is the mean", 1, 100);
  judge_draws_fields(r, s.draws);
  s.generate = mode == "generate";
  s.expectation = value == "expectation";
  if (r.describing() || !r.raw()) return;
  if (r.present("model") == r.present("path"))
    r.problem("model", "name the judge's model by one of \"model\" and \"path\"");
  for (const char* only : {"max_new_tokens", "temperature", "replicates"})
    if (!s.generate && r.present(only)) r.problem(only, "belongs to \"mode\": \"generate\"");
  if (s.generate && r.present("value")) r.problem("value", "belongs to \"mode\": \"score\"");
  if (s.replicates > 1 && s.temperature == 0)
    r.problem("replicates", "without a temperature every reply is the same: set one, or ask once");
  check_rubric_choice(r, s.rubric);
  std::vector<Problem> told_already;
  if (chosen_rubric(s.rubric, told_already).hears)
    r.problem(r.present("rubric_path") ? "rubric_path" : "rubric",
              "this rubric is about a recording that is heard: only the kind \"endpoint\" can send it");
}

std::unique_ptr<Judge> make_local_judge(const Json& fields, JudgeContext& context) {
  LocalJudgeSettings settings = judge_settings(fields, local_judge_fields);
  PromptRubric rubric = chosen_rubric(settings.rubric);
  return std::make_unique<LocalJudge>(std::move(settings), std::move(rubric), context.text_model);
}

}  // namespace undertone
