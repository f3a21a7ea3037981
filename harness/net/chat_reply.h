// What an OpenAI-compatible server's reply to a chat request means. Pure: no connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/net/http.h"

namespace undertone {

// One token of a reply, with the likeliest ones in its place.
struct ChatToken {
  struct Choice {
    std::string text;
    double log_probability = 0;  // nats
  };
  std::string text;
  double log_probability = 0;
  std::vector<Choice> choices;  // most servers list the token itself among them
};
struct ChatReply {  // finished by itself
  std::string text;
  std::vector<ChatToken> tokens = {};  // where log-probabilities were asked for and came
};
struct ChatRefusal {  // the server's content filter, or the model's own refusal field
  std::string text;
};
struct ChatTruncated {  // finish_reason "length"
  std::string text;
};
struct ChatMalformed {  // a whole reply that is no chat completion: no JSON, no choice, wrong types
  std::string raw, why;
  bool silent = false;  // a completion that finished with "" for its text
};
using ChatOutcome = std::variant<ChatReply, ChatRefusal, ChatTruncated, ChatMalformed, HttpError>;

// Told by the server about one reply.
struct ChatFacts {
  std::string model, fingerprint;  // "" where it told none
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  bool counted = false;  // whether it told tokens; else they are guessed at 4 bytes each, for budgets only
};

struct ChatParsed {
  ChatOutcome outcome;
  ChatFacts facts;
};

// `asked` is the model asked; `expected`, where it is not "", the name that every reply must carry. A name
// that differs is HttpError{model_mismatch} whatever else the reply says.
ChatParsed parse_chat_reply(const HttpReply& reply, const std::string& asked, const std::string& expected);

// Whether a server that says `told` ran the model asked: the same name, or a dated form of it
// ("gpt-4o-2024-08-06", "llama3:latest"), or the same file or repository name at the end of a path.
bool same_model(std::string_view asked, std::string_view told);

// Azure tells a filtered prompt by a status: then a ChatRefusal; else the error as it is.
ChatOutcome outcome_of_error(HttpError error);

// "code: message" of a server's JSON error, or its text; "" when it said nothing.
std::string server_message(const HttpError& error);

}  // namespace undertone
