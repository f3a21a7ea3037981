#include "judges/endpoint.h"

#include <fmt/format.h>

#include <map>

#include "harness/core/ascii.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/utf8.h"
#include "harness/speech/audio.h"
#include "judges/rating.h"
#include "judges/token_rating.h"

namespace undertone {
namespace {

constexpr int kCodeVersion = 1;

Json reply_schema(const PromptRubric& rubric) {
  Json allowed = Json::array();
  for (const int rating : rubric.ratings()) allowed.push_back(rating);
  const std::string member = lower(rubric.label);
  Json rating = Json::object({{"type", Json("integer")}, {"enum", std::move(allowed)}});
  return Json::object({{"type", Json("object")},
                       {"properties", Json::object({{member, std::move(rating)}})},
                       {"required", Json(Json::Array{Json(member)})},
                       {"additionalProperties", Json(false)}});
}

// Rubrics ask for the line "Rating: N"; where the reply is to be JSON, that is said last.
std::string json_wish(const PromptRubric& rubric) {
  return fmt::format("\nIn place of that line, reply with the JSON object {{\"{}\": N}}, N being the rating.",
                     lower(rubric.label));
}

ChatProbe probe_of(const PromptRubric& rubric, bool hears) {
  const std::string member = lower(rubric.label);
  ChatProbe probe{
      {{{"user",
         fmt::format("This is a test of the form of your reply. Reply with the JSON object {{\"{}\": 1}} "
                     "and nothing else.",
                     member)}}},
      [rubric](const std::string& text) {
        return std::holds_alternative<Scored>(parse_rating_object(text, rubric.label, rubric.scale));
      }};
  if (hears) probe.prompt.wav = silent_wav();  // some models take no request without audio
  return probe;
}

TransportError transport_error(const HttpError& error, int attempts) {
  return {error.status, attempts, failure_text(error)};
}

ChatSettings chat_settings(const EndpointJudgeSettings& s, const PromptRubric& rubric) {
  ChatSettings chat;
  chat.max_tokens = s.max_tokens;
  chat.temperature = s.temperature;
  chat.format = s.format;
  chat.schema = reply_schema(rubric);
  if (s.expectation) chat.top_logprobs = s.top_logprobs;
  return chat;
}

class EndpointJudge final : public Judge {
 public:
  EndpointJudge(EndpointJudgeSettings settings, PromptRubric rubric, std::function<bool()> interrupted,
                Environment environment)
      : settings_(std::move(settings)),
        rubric_(std::move(rubric)),
        interrupted_(std::move(interrupted)),
        asker_(settings_.server, chat_settings(settings_, rubric_),
               fmt::format("judge/endpoint/seed={}", settings_.draws.seed), std::move(environment)) {}

  std::string identity() const override {
    Json made_of = Json::object();
    made_of["judge"] = "endpoint";
    made_of["code"] = kCodeVersion;
    made_of["rubric"] = rubric_.digest;
    made_of["model"] = settings_.server.model;
    made_of["service"] = settings_.server.service;
    made_of["max_tokens"] = settings_.max_tokens;
    made_of["temperature"] = settings_.temperature;
    made_of["response_format"] = settings_.format ? std::string(to_string(*settings_.format)) : "auto";
    made_of["seed"] = settings_.draws.seed;
    if (hears()) made_of["hears"] = true;
    if (settings_.expectation) made_of["expectation"] = settings_.top_logprobs;
    return sha256_hex(made_of.canonical());
  }
  Scale scale() const override {
    return settings_.expectation ? scale_of_means(rubric_.scale) : rubric_.scale;
  }
  bool hears() const override { return settings_.hears || rubric_.hears; }
  bool is_metric_judge() const override { return false; }
  std::vector<std::string> resources() const override { return {"endpoint:" + settings_.server.model}; }
  std::string summary() const override {
    return fmt::format("{}, rubric {} {}{}", settings_.server.model, rubric_.name, rubric_.version,
                       hears() ? ", hears the clip" : "") +
           (settings_.expectation ? ", probabilities of the ratings" : "");
  }
  std::optional<ItemSample> sample() const override { return drawn_sample("endpoint", settings_.draws); }
  bool hands_over_each() const override { return true; }

  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    std::vector<Verdict> verdicts(items.size(), NotJudged{});
    ask(
        items,
        [&](std::span<const Judged> made) {
          for (const Judged& j : made) verdicts[j.item] = j.verdict;
        },
        [&](std::span<const Judged> failed) {
          for (const Judged& j : failed) verdicts[j.item] = j.verdict;
        });
    return verdicts;
  }

  void judge_each(std::span<const JudgeItem> items, const JudgedSink& sink) override {
    // Failures to reach the server are kept only when the others were reached: a server that is down is no
    // property of an answer.
    std::vector<Judged> held;
    const auto ended = ask(items, sink, [&](std::span<const Judged> failed) {
      held.insert(held.end(), failed.begin(), failed.end());
    });
    if (!ended) return held.empty() ? void() : sink(held);
    throw asker_.unfinished(*ended, held.size(), items.size(), "verdict");
  }

 private:
  // `made` gets verdicts on replies (and those that need none), `failed` the transport errors. Returns what
  // ended the asking before its time.
  std::optional<HttpError> ask(std::span<const JudgeItem> items, const JudgedSink& made,
                               const JudgedSink& failed) {
    std::vector<std::size_t> asked;
    std::vector<Judged> settled;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (auto verdict = settled_without_asking(rubric_, items[i]))
        settled.push_back({i, std::move(*verdict), Json::object()});
      else if (hears() && items[i].audio_path.empty())
        settled.push_back({i, NotJudged{"the judge listens, and the clip has no audio"}, Json::object()});
      else
        asked.push_back(i);
    }
    if (!settled.empty()) made(settled);
    if (asked.empty()) return std::nullopt;

    std::map<std::size_t, Json> extras;  // of what is in flight
    const auto hand_over = [&](std::vector<ChatDone>& ended, const JudgedSink& sink) {
      std::vector<Judged> all;
      for (ChatDone& done : ended) {
        Verdict verdict = endpoint_verdict(done, asker_.form().format, rubric_, settings_.expectation);
        Json about = asker_.facts(done);
        about["response_format"] = std::string(to_string(asker_.form().format));
        all.push_back({asked[done.index], with_extra(std::move(verdict), std::move(extras[done.index])),
                       std::move(about)});
        extras.erase(done.index);
      }
      sink(all);
    };
    return asker_.ask(
        asked.size(), probe_of(rubric_, hears()),
        [&](std::size_t k) -> ChatPrompt {
          Prompted p = prompt_of("endpoint", rubric_, settings_.draws.seed, items[asked[k]]);
          extras[k] = std::move(p.extra);
          if (asker_.form().format != ResponseFormat::plain)
            p.rubric.messages.back().content += json_wish(rubric_);
          ChatPrompt prompt{std::move(p.rubric.messages)};
          if (hears()) prompt.wav = read_file(items[asked[k]].audio_path);
          return prompt;
        },
        [&](std::vector<ChatDone>& ended) { hand_over(ended, made); },
        [&](std::vector<ChatDone>& ended) { hand_over(ended, failed); }, interrupted_);
  }

  EndpointJudgeSettings settings_;
  PromptRubric rubric_;
  std::function<bool()> interrupted_;
  ChatAsker asker_;
};

}  // namespace

Verdict endpoint_verdict(const ChatDone& done, ResponseFormat format, const PromptRubric& rubric,
                         bool expectation) {
  struct Read {
    int attempts;
    ResponseFormat format;
    const PromptRubric& rubric;
    bool expectation;
    Verdict operator()(const ChatReply& reply) const {
      const std::string text = repair_utf8(reply.text);
      const auto said = without_reasoning(text);
      if (!said) return ParseFailure{text, Json::object({{"why", Json("the reasoning does not end")}})};
      Verdict verdict = format == ResponseFormat::plain
                            ? parse_rating(*said, rubric.label, rubric.scale)
                            : parse_rating_object(*said, rubric.label, rubric.scale);
      // What is kept is the whole reply.
      if (auto* scored = std::get_if<Scored>(&verdict)) scored->rationale = text;
      if (auto* parse = std::get_if<ParseFailure>(&verdict)) parse->raw = text;
      if (expectation && std::holds_alternative<Scored>(verdict))
        return weighted(reply, std::get<Scored>(verdict));
      return verdict;
    }
    Verdict weighted(const ChatReply& reply, Scored scored) const {
      const std::vector<int> ratings = rubric.ratings();
      // Bytes as the tokens spell them, not as they were repaired.
      const auto said = without_reasoning(reply.text);
      std::string why = "the reasoning does not end";
      const auto found =
          said ? token_rating(reply.tokens, *said, rubric.label, format != ResponseFormat::plain,
                              static_cast<int>(scored.value), ratings, why)
               : std::nullopt;
      if (!found) return ParseFailure{scored.rationale, Json::object({{"why", Json(why)}})};
      scored.value = on_scale_of_means(rubric.scale, found->mean);
      // No parts: those are scores of their own, with means and tests.
      scored.extra = Json::object(
          {{"distribution", distribution_json(ratings, found->share)}, {"covered", found->covered}});
      return scored;
    }
    Verdict operator()(const ChatRefusal& refusal) const { return Refused{repair_utf8(refusal.text)}; }
    Verdict operator()(const ChatTruncated& cut) const { return TruncatedReply{repair_utf8(cut.text)}; }
    Verdict operator()(const ChatMalformed& reply) const {
      return ParseFailure{repair_utf8(reply.raw), Json::object({{"why", Json(repair_utf8(reply.why))}})};
    }
    Verdict operator()(const HttpError& error) const { return transport_error(error, attempts); }
  };
  return std::visit(Read{done.attempts, format, rubric, expectation}, done.outcome);
}

std::unique_ptr<Judge> make_endpoint_judge(const Json& fields, JudgeContext& context,
                                           Environment environment) {
  EndpointJudgeSettings settings = judge_settings(fields, endpoint_judge_fields);
  PromptRubric rubric = chosen_rubric(settings.rubric);
  return std::make_unique<EndpointJudge>(std::move(settings), std::move(rubric), context.interrupted,
                                         std::move(environment));
}

}  // namespace undertone
