// The rating of a reply as the server's probabilities of its token have it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/net/chat_reply.h"

namespace undertone {

// Shares of the allowed ratings, that sum to 1.
struct TokenRating {
  std::vector<double> share;
  double covered = 0;  // what the ratings had of all probability, before it was shared out; at most 1
  double mean = 0;
};

// `said` is the rating that was read out of `reply` (a digit), by parse_rating() or, where `json`, by
// parse_rating_object(). Its token is found by its place in the text, which the tokens must spell. Each
// choice of that token that differs from it in the digit and blanks alone counts for its rating ("4" and " 4"
// are one;
// ":4" is compared with ":5"); a rating that is not among the choices has the share 0. G-Eval (Liu et al.
// 2023, arXiv 2303.16634) weighs so. Nothing, and `why`, when the tokens are not the text's or no allowed
// rating has any probability.
std::optional<TokenRating> token_rating(std::span<const ChatToken> tokens, std::string_view reply,
                                        std::string_view label, bool json, int said,
                                        std::span<const int> ratings, std::string& why);

}  // namespace undertone
