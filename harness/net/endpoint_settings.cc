#include "harness/net/endpoint_settings.h"

#include <algorithm>

#include "harness/core/error.h"

namespace undertone {

void endpoint_fields(FieldReader& r, EndpointSettings& s) {
  r.field("served_model", s.served_model,
          "the name that replies carry, where it is another (an alias, a file)");
  r.field(
      "service", s.service,
      "a name of one's own for what runs there (e.g. \"int4\"): part of the identity, unlike the address");
  r.field("url", s.endpoint.url,
          "base URL, with or without /v1; else OPENAI_BASE_URL, OPENAI_API_BASE, AZURE_OPENAI_ENDPOINT or "
          "MY_VLLM_PORT_JUDGE of the environment");
  r.field("key_env", s.endpoint.key_env, "the variable that holds the key; else OPENAI_API_KEY");
  r.field("key_file", s.endpoint.key_file, "a file whose first line is the key");
  r.field("ca_file", s.endpoint.ca_file, "certificates to trust in place of the system's (PEM)");
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
      "what a run may spend on it; when it is used up the run stops and the next one goes on");
  s.http.first_concurrency = std::min(s.http.first_concurrency, s.http.most_concurrency);
  if (r.describing() || !r.raw()) return;
  if (!s.endpoint.url.empty()) try {
      checked_url(s.endpoint.url);
    } catch (const Error& e) {
      r.problem("url", e.what_happened());
    }
  if (r.present("key_env") && r.present("key_file"))
    r.problem("key_env", "name the key by one of \"key_env\" and \"key_file\"");
  take_path(r, "key_file", s.endpoint.key_file);
  take_path(r, "ca_file", s.endpoint.ca_file);
}

}  // namespace undertone
