// The settings of the judge `endpoint`.
#include "judges/endpoint.h"

namespace undertone {

void endpoint_judge_fields(FieldReader& r, EndpointJudgeSettings& s) {
  std::string format = "auto", value = "reply";
  r.field("model", s.server.model, "the model asked for, by the server's name for it").required();
  endpoint_fields(r, s.server);
  rubric_choice_fields(r, s.rubric);
  r.choice(
      "value", value, {"reply", "expectation"},
      "reply: the rating that it says; expectation: the mean of all ratings, weighted by the probabilities "
      "that the server gives for its token (it must offer logprobs)");
  r.field("top_logprobs", s.top_logprobs, "expectation: likeliest tokens that the server is asked for", 2,
          20);
  r.field("hears", s.hears,
          "the clip's audio goes with the prompt, for models that listen; a rubric may ask for it itself");
  r.choice("response_format", format, {"auto", "json_schema", "json_object", "plain"},
           "the form of replies; auto: the first of these that the server honours, found by a probe");
  r.field("max_tokens", s.max_tokens, "longest reply; reasoning models need more", 1, 100000);
  r.field("temperature", s.temperature, "left out where the model takes none", 0.0, 2.0);
  judge_draws_fields(r, s.draws);
  s.expectation = value == "expectation";
  if (format == "json_schema") s.format = ResponseFormat::json_schema;
  if (format == "json_object") s.format = ResponseFormat::json_object;
  if (format == "plain") s.format = ResponseFormat::plain;
  if (r.describing() || !r.raw()) return;
  if (r.present("model") && s.server.model.empty()) r.problem("model", "must not be empty");
  if (!s.expectation && r.present("top_logprobs"))
    r.problem("top_logprobs", "belongs to \"value\": \"expectation\"");
  check_rubric_choice(r, s.rubric);
}

}  // namespace undertone
