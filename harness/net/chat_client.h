// Chat completions of an OpenAI-compatible server (vLLM, llama.cpp, Ollama, Azure, OpenAI).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/text_model.h"
#include "harness/net/chat_reply.h"
#include "harness/net/endpoint.h"

namespace undertone {

enum class ResponseFormat { json_schema, json_object, plain };
std::string_view to_string(ResponseFormat);

struct ChatSettings {
  std::string model;
  // The name that replies carry, where it is another than `model`; "": a form of `model`.
  std::string served_model;
  int max_tokens = 64;
  double temperature = 0;
  std::optional<ResponseFormat> format;  // nothing: the best one that the probe finds
  Json schema;                           // of a reply in json_schema
  int top_logprobs = 0;  // how many choices of each token are asked for with their log-probabilities; 0: none
  double input_price = 0, output_price = 0;  // per million tokens, for the budget
};

// What the probe found out.
struct ChatForm {
  ResponseFormat format = ResponseFormat::plain;
  std::string tokens_field = "max_tokens";  // or max_completion_tokens
  bool temperature = true;                  // false: the model takes none but its own
  bool seed = true;                         // false: the server takes none, and draws as it likes
  std::string model, fingerprint;           // as the first reply told
  std::vector<std::string> steps;           // what was tried and what came, for the manifest
};

// What one request says.
struct ChatPrompt {
  std::vector<Message> messages;
  std::string wav = {};  // bytes of a WAV file, heard before the last message's text; "": nothing is heard
  std::optional<std::int64_t> seed = {};  // of the server's sampling, where it is asked to draw
};

// The question that the probe asks: `honoured` says whether a reply is of the form that was asked for.
struct ChatProbe {
  ChatPrompt prompt;
  std::function<bool(const std::string& text)> honoured;
};

struct ChatDone {
  std::size_t index = 0;
  ChatOutcome outcome;
  ChatFacts facts;
  int attempts = 0;
  double seconds = 0;
};

// Audio is a content part of type "input_audio" (base64 of the WAV), before the text.
std::string chat_request_body(const ChatSettings& settings, const ChatForm& form, const ChatPrompt& prompt);

class ChatClient {
 public:
  ChatClient(Endpoint endpoint, ChatSettings settings, HttpSettings http, Budget& budget,
             std::function<bool()> stop = {});

  // Finds the form of request that the server takes: at most 8 requests, once in a client's life. A failure
  // that no other form would mend is returned; then the next call tries again. Where log-probabilities are
  // asked for and the reply has none, that is HttpError{unsupported}.
  std::optional<HttpError> probe(const ChatProbe& probe);
  const ChatForm& form() const { return form_; }

  // One request per prompt, 0 to n - 1; `prompt` is called when a place is free. `done` as in
  // HttpClient::run: before the places of the ended ones are used again. A reply that names another model
  // than the probe's first one is HttpError{model_mismatch}. Returns what ended the batch before its time.
  std::optional<HttpError> run(std::size_t n, const std::function<ChatPrompt(std::size_t)>& prompt,
                               const std::function<void(std::vector<ChatDone>&)>& done);

  const Endpoint& endpoint() const { return endpoint_; }
  std::string server() const { return http_.shown_url(); }  // for people and ledgers: no query
  const HttpCounters& counters() const { return http_.counters(); }

 private:
  ChatDone read(HttpDone&& ended);
  bool adjust(const HttpError& error);  // to what a 400 complains of; false when nothing helps
  Endpoint endpoint_;
  ChatSettings settings_;
  Budget& budget_;
  HttpClient http_;
  ChatForm form_;
  bool probed_ = false;
};

}  // namespace undertone
