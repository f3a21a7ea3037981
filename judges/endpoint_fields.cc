// The settings of the judge `endpoint`.
#include <algorithm>

#include "judges/endpoint.h"

namespace undertone {

void endpoint_judge_fields(FieldReader& r, EndpointJudgeSettings& s) {
  std::string format = "auto";
  r.field("model", s.model, "the model asked for, by the server's name for it").required();
  r.field("served_model", s.served_model,
          "the name that replies carry, where it is another (an alias, a file)");
  r.field("service", s.service,
          "a name of one's own for what runs there (e.g. \"int4\"): part of the judge's identity, unlike the "
          "address");
  r.field("url", s.endpoint.url,
          "base URL, with or without /v1; else OPENAI_BASE_URL, OPENAI_API_BASE, AZURE_OPENAI_ENDPOINT or "
          "MY_VLLM_PORT_JUDGE of the environment");
  r.field("key_env", s.endpoint.key_env, "the variable that holds the key; else OPENAI_API_KEY");
  r.field("key_file", s.endpoint.key_file, "a file whose first line is the key");
  r.field("ca_file", s.endpoint.ca_file, "certificates to trust in place of the system's (PEM)");
  rubric_choice_fields(r, s.rubric);
  r.choice("response_format", format, {"auto", "json_schema", "json_object", "plain"},
           "the form of replies; auto: the first of these that the server honours, found by a probe");
  r.field("max_tokens", s.max_tokens, "longest reply; reasoning models need more", 1, 100000);
  r.field("temperature", s.temperature, "left out where the model takes none", 0.0, 2.0);
  judge_draws_fields(r, s.draws);
  r.field("concurrency", s.http.most_concurrency,
          "most requests in flight; fewer where the server is overloaded", 1, 1024);
  r.field("attempts", s.http.most_attempts, "of one request", 1, 20);
  r.field("attempt_seconds", s.http.attempt_seconds, "longest wait for one reply", 0.1, 3600.0);
  r.field("deadline_seconds", s.http.deadline_seconds, "of one request with its retries", 0.1, 86400.0);
  r.object(
      "budget",
      [&](FieldReader& b) {
        b.field("requests", s.budget.requests, "retries count; 0: no limit", 0, std::int64_t{1} << 53);
        b.field("tokens", s.budget.tokens, "of prompts and replies; 0: no limit", 0, std::int64_t{1} << 53);
        b.field("money", s.budget.money, "by input_price and output_price; 0: no limit", 0.0, 1e9);
        b.field("minutes", s.budget.minutes, "from the first request; 0: no limit", 0.0, 1e6);
        b.field("input_price", s.input_price, "of a million tokens of prompt", 0.0, 1e6);
        b.field("output_price", s.output_price, "of a million tokens of reply", 0.0, 1e6);
        if (!b.describing() && s.budget.money > 0 && s.input_price == 0 && s.output_price == 0)
          b.problem("money", "needs input_price or output_price: without a price nothing is counted");
      },
      "what a run may spend on this judge; when it is used up the run stops and the next one goes on");
  s.http.first_concurrency = std::min(s.http.first_concurrency, s.http.most_concurrency);
  if (format == "json_schema") s.format = ResponseFormat::json_schema;
  if (format == "json_object") s.format = ResponseFormat::json_object;
  if (format == "plain") s.format = ResponseFormat::plain;
  if (r.describing() || !r.raw()) return;
  if (r.present("model") && s.model.empty()) r.problem("model", "must not be empty");
  if (r.present("key_env") && r.present("key_file"))
    r.problem("key_env", "name the key by one of \"key_env\" and \"key_file\"");
  const auto beside_the_suite = [&](const char* key, std::string& path) {
    if (const Json* value = r.raw()->find(key); value && value->is_string()) path = path_named_by(*value);
  };
  beside_the_suite("key_file", s.endpoint.key_file);
  beside_the_suite("ca_file", s.endpoint.ca_file);
  check_rubric_choice(r, s.rubric);
}

}  // namespace undertone
