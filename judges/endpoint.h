// A judge that is a language model behind an OpenAI-compatible server, reading by a rubric of
// prompt_rubric.h.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "harness/net/chat_asker.h"
#include "judges/judge.h"
#include "judges/prompted.h"

namespace undertone {

struct EndpointJudgeSettings {
  EndpointSettings server;
  RubricChoice rubric;
  bool expectation =
      false;  // false: the rating that the reply says; true: the mean by its token's probabilities
  int top_logprobs = 20;  // choices of a token that the server is asked for; what is likeliest of them counts
  bool hears = false;     // the clip goes with the prompt, whatever the rubric says
  int max_tokens = 64;
  double temperature = 0;
  std::optional<ResponseFormat> format;  // nothing: the best that the server honours
  JudgeDraws draws;
};

// Declares and reads the fields; adds a problem for whatever cannot be, the rubric's own problems included.
void endpoint_judge_fields(FieldReader& reader, EndpointJudgeSettings& settings);

// The verdict of what came back. Table: judges/README.md.
// With `expectation` a rating is the mean of token_rating.h, on scale_of_means(): their distribution and
// what they had of all probability before it was shared out ("covered") stand in `extra`; a reply whose
// rating's token cannot be told is a ParseFailure.
Verdict endpoint_verdict(const ChatDone& done, ResponseFormat format, const PromptRubric& rubric,
                         bool expectation = false);

// A judge that hears, by its settings or its rubric, is sent the clip as the corpus stores it; an item
// without audio is NotJudged.
//   identity() holds the model asked, rubric, decoding settings, seed and `service`, but not the server's
// address: a server that moves to another port or host buys no verdict again. Where two servers run different
// builds under one name (a quantised one beside a full one), give each a `service`. The address used is kept
// with each verdict.
//   Nothing is looked up or sent before the first item: planning needs neither server nor key. The first
//   request is a
// probe (ChatClient::probe). judge() gives every item a verdict, TransportError for those that a server which
// is down never got; judge_each() hands over what may be kept and then throws.
std::unique_ptr<Judge> make_endpoint_judge(const Json& fields, JudgeContext& context,
                                           Environment environment = process_environment);

}  // namespace undertone
