// Which tokens are said: shared by whatever decodes a batch of rows from logits.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "harness/core/nouns.h"
#include "harness/core/random.h"

namespace undertone {

class TokenChoice {
 public:
  // Any token; of equally likely ones the one with the lowest id.
  explicit TokenChoice(std::int64_t vocabulary) : vocabulary_(vocabulary) {}
  // Only tokens whose flag is set; `preferred`, one of them, wins a tie, then the lowest id.
  TokenChoice(std::vector<char> may_be_said, std::int64_t preferred)
      : vocabulary_(static_cast<std::int64_t>(may_be_said.size())),
        may_be_said_(std::move(may_be_said)),
        preferred_(preferred) {}
  std::int64_t greedy(const float* logits) const;
  // From the softmax of logits / temperature.
  std::int64_t sampled(const float* logits, double temperature, Stream& stream) const;

 private:
  std::int64_t vocabulary_;
  std::vector<char> may_be_said_;  // empty: all
  std::int64_t preferred_ = 0;
};

// One reply in the making: a row of a batch.
struct ReplyRow {
  enum class End { none, said, no_room, not_finite };
  std::size_t item = 0;          // whose reply it is
  std::int64_t room = 0;         // tokens that may be said, the end token included
  std::optional<Stream> stream;  // of draws; none: the likeliest token each time
  std::vector<std::int32_t> tokens;
  End ended = End::none;
};

struct ReplyRules {
  double temperature = 0;                           // of rows that have a stream
  std::int64_t filler = 0;                          // what a row that has ended is given to read
  std::function<bool(std::int32_t)> ends;           // whether a token ends its reply (it is not kept)
  std::function<bool(const ReplyRow&)> stops = {};  // whether what is said so far ends it; may be empty
};

// Takes the next token of every row that has not ended from `logits` [at least rows, vocabulary] (float32, on
// the CPU) and puts it, or the filler, into `next` (int64, on the CPU). False when every row has ended.
bool take_tokens(const at::Tensor& logits, std::span<ReplyRow> rows, const TokenChoice& choice,
                 const ReplyRules& rules, at::Tensor& next);

// The answer that a row which has ended gives: status, number of tokens, detail, and as finish reason "stop",
// "length", or, where logits were not finite, `not_finite`. The text is its caller's, who has the tokenizer.
Answer answer_of(const ReplyRow& row, const char* not_finite);

}  // namespace undertone
