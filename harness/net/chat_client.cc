#include "harness/net/chat_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/ascii.h"
#include "harness/core/base64.h"
#include "harness/core/error.h"
#include "harness/net/http_parts.h"

namespace undertone {
namespace {

constexpr int kMostProbes = 8;

// Whatever is asked, the reply will be the same: the key, the model or the account.
bool hopeless(const HttpError& error) {
  if (error.kind != TransportKind::status) return false;
  if (error.status == 401 || error.status == 403 || error.status == 404) return true;
  return error.status == 429 && error.body.find("insufficient_quota") != std::string::npos;
}

bool has_choices(const ChatReply& reply) {
  return std::any_of(reply.tokens.begin(), reply.tokens.end(),
                     [](const ChatToken& t) { return !t.choices.empty(); });
}

HttpSettings with_hopeless(HttpSettings settings) {
  if (!settings.hopeless) settings.hopeless = hopeless;
  return settings;
}

}  // namespace

std::string_view to_string(ResponseFormat format) {
  switch (format) {
    case ResponseFormat::json_schema:
      return "json_schema";
    case ResponseFormat::json_object:
      return "json_object";
    case ResponseFormat::plain:
      return "plain";
  }
  throw Error(ErrorKind::internal, "a response format without a name");
}

std::string chat_request_body(const ChatSettings& s, const ChatForm& form, const ChatPrompt& prompt) {
  Json body = Json::object();
  body["model"] = s.model;
  Json list = Json::array();
  for (const Message& m : prompt.messages) {
    Json content(m.content);
    if (!prompt.wav.empty() && &m == &prompt.messages.back()) {
      Json audio = Json::object({{"data", Json(base64(prompt.wav))}, {"format", Json("wav")}});
      content = Json::array();
      content.push_back(Json::object({{"type", Json("input_audio")}, {"input_audio", std::move(audio)}}));
      content.push_back(Json::object({{"type", Json("text")}, {"text", Json(m.content)}}));
    }
    list.push_back(Json::object({{"role", Json(m.role)}, {"content", std::move(content)}}));
  }
  body["messages"] = std::move(list);
  body[form.tokens_field] = s.max_tokens;
  if (form.temperature) body["temperature"] = s.temperature;
  if (prompt.seed && form.seed) body["seed"] = *prompt.seed;
  body["stream"] = false;
  if (s.top_logprobs > 0) {
    body["logprobs"] = true;
    body["top_logprobs"] = s.top_logprobs;
  }
  if (form.format == ResponseFormat::json_schema)
    body["response_format"] = Json::object(
        {{"type", Json("json_schema")},
         {"json_schema",
          Json::object({{"name", Json("reply")}, {"strict", Json(true)}, {"schema", s.schema}})}});
  if (form.format == ResponseFormat::json_object)
    body["response_format"] = Json::object({{"type", Json("json_object")}});
  return body.dump();
}

ChatClient::ChatClient(Endpoint endpoint, ChatSettings settings, HttpSettings http, Budget& budget,
                       std::function<bool()> stop)
    : endpoint_(std::move(endpoint)),
      settings_(std::move(settings)),
      budget_(budget),
      http_(endpoint_.target, with_hopeless(std::move(http)), &budget, std::move(stop)) {}

ChatDone ChatClient::read(HttpDone&& ended) {
  ChatDone out{ended.index, {}, {}, ended.attempts, ended.seconds};
  if (auto* error = std::get_if<HttpError>(&ended.outcome)) {
    out.outcome = outcome_of_error(std::move(*error));
    return out;
  }
  ChatParsed parsed =
      parse_chat_reply(std::get<HttpReply>(ended.outcome), settings_.model,
                       probed_ && !form_.model.empty() ? form_.model : settings_.served_model);
  const double million = 1e6;
  budget_.reply(parsed.facts.prompt_tokens + parsed.facts.completion_tokens,
                static_cast<double>(parsed.facts.prompt_tokens) * settings_.input_price / million +
                    static_cast<double>(parsed.facts.completion_tokens) * settings_.output_price / million);
  out.outcome = std::move(parsed.outcome);
  out.facts = std::move(parsed.facts);
  return out;
}

bool ChatClient::adjust(const HttpError& error) {
  if (error.kind != TransportKind::status || error.status < 400) return false;
  if (error.status != 400 && error.status != 422 && error.status != 500 && error.status != 501) return false;
  const std::string said = lower(server_message(error));
  const auto names = [&](const char* word) { return said.find(word) != std::string::npos; };
  if (form_.tokens_field == "max_tokens" && names("max_completion_tokens")) {
    form_.tokens_field = "max_completion_tokens";
    return true;
  }
  if (form_.temperature && names("temperature")) {
    form_.temperature = false;
    return true;
  }
  if (form_.seed && names("seed")) {
    form_.seed = false;
    return true;
  }
  if (settings_.format || form_.format == ResponseFormat::plain) return false;
  // A 500 is about the form only where it says so (llama.cpp: a schema that it cannot make a grammar of).
  if (error.status >= 500 && !names("schema") && !names("grammar") && !names("response_format")) return false;
  form_.format =
      form_.format == ResponseFormat::json_schema ? ResponseFormat::json_object : ResponseFormat::plain;
  return true;
}

std::optional<HttpError> ChatClient::probe(const ChatProbe& probe) {
  if (probed_) return std::nullopt;
  form_ = ChatForm{};
  form_.format = settings_.format.value_or(settings_.schema.is_null() ? ResponseFormat::plain
                                                                      : ResponseFormat::json_schema);
  for (int n = 0; n < kMostProbes; ++n) {
    const std::string tried = fmt::format("{}, {}{}", to_string(form_.format), form_.tokens_field,
                                          form_.temperature ? ", temperature" : "");
    ChatDone done = read(http_.send(chat_request_body(settings_, form_, probe.prompt)));
    if (auto* error = std::get_if<HttpError>(&done.outcome)) {
      form_.steps.push_back(fmt::format("{}: {}", tried, error->detail));
      if (adjust(*error)) continue;
      return std::move(*error);
    }
    const auto* reply = std::get_if<ChatReply>(&done.outcome);
    const bool plain = form_.format == ResponseFormat::plain;
    const bool honoured = reply && (!probe.honoured || probe.honoured(reply->text));
    form_.steps.push_back(
        fmt::format("{}: {}", tried, honoured ? "honoured" : "replied, but not in the form asked"));
    // A form that was demanded, and plain text, are taken as they come: each reply is checked anyway.
    if (!honoured && !plain && !settings_.format) {
      form_.format =
          form_.format == ResponseFormat::json_schema ? ResponseFormat::json_object : ResponseFormat::plain;
      continue;
    }
    if (settings_.top_logprobs > 0 && reply && !has_choices(*reply))
      return HttpError{TransportKind::unsupported, 200,
                       "the reply has no log-probabilities of its tokens (top_logprobs)", "", false};
    form_.model = done.facts.model;
    form_.fingerprint = done.facts.fingerprint;
    probed_ = true;
    return std::nullopt;
  }
  return HttpError{TransportKind::protocol, 0, "the server took none of the forms of request that were tried",
                   "", false};
}

std::optional<HttpError> ChatClient::run(std::size_t n, const std::function<ChatPrompt(std::size_t)>& prompt,
                                         const std::function<void(std::vector<ChatDone>&)>& done) {
  std::size_t at = 0;
  return http_.run(
      [&](std::string& body) {
        if (at == n) return false;
        body = chat_request_body(settings_, form_, prompt(at++));
        return true;
      },
      [&](std::vector<HttpDone>& ended) {
        std::vector<ChatDone> read_all;
        read_all.reserve(ended.size());
        for (HttpDone& e : ended) read_all.push_back(read(std::move(e)));
        done(read_all);
      });
}

}  // namespace undertone
