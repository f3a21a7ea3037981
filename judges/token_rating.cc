#include "judges/token_rating.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/ascii.h"

namespace undertone {
namespace {

std::string without_blanks(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (!is_blank(c)) out += c;
  return out;
}

// Where the digit of the reply's one rating stands; the grammars of rating.h leave it no other place.
std::size_t place_of_rating(std::string_view reply, std::string_view label, bool json) {
  const auto skip_blanks = [&](std::size_t at) {
    while (at < reply.size() && is_blank(reply[at])) ++at;
    return at;
  };
  const auto is_label = [&](std::size_t at) {
    for (std::size_t i = 0; i < label.size(); ++i)
      if (lower(reply[at + i]) != lower(label[i])) return false;
    return true;
  };
  for (std::size_t at = 0; at + label.size() < reply.size(); ++at) {
    if (!is_label(at)) continue;
    std::size_t end = at + label.size();
    if (json) {  // a member's name, not a word within a text
      if (at == 0 || reply[at - 1] != '"' || (at > 1 && reply[at - 2] == '\\') || reply[end] != '"') continue;
      ++end;
    }
    end = skip_blanks(end);
    if (end == reply.size() || reply[end] != ':') continue;
    return skip_blanks(end + 1);
  }
  return json ? std::string_view::npos : skip_blanks(0);  // a number alone
}

}  // namespace

std::optional<TokenRating> token_rating(std::span<const ChatToken> tokens, std::string_view reply,
                                        std::string_view label, bool json, int said,
                                        std::span<const int> ratings, std::string& why) {
  std::string spelt;
  for (const ChatToken& t : tokens) spelt += t.text;
  const std::size_t begins = spelt.rfind(reply);  // behind any reasoning
  const std::size_t place = place_of_rating(reply, label, json);
  const std::string digit = fmt::format("{}", said);
  if (begins == std::string::npos || place == std::string_view::npos ||
      reply.substr(place, digit.size()) != digit) {
    why = "the tokens that came with log-probabilities do not spell the reply";
    return std::nullopt;
  }
  std::size_t at = begins + place;  // in the token that holds it, at the end
  const ChatToken* token = nullptr;
  for (const ChatToken& t : tokens) {
    if (at < t.text.size()) {
      token = &t;
      break;
    }
    at -= t.text.size();
  }
  if (!token) {
    why = "no token holds the rating";
    return std::nullopt;
  }
  const std::string before = token->text.substr(0, at),
                    after = token->text.substr(std::min(token->text.size(), at + digit.size()));
  TokenRating out;
  bool itself = false;
  for (const ChatToken::Choice& c : token->choices) itself |= c.text == token->text;
  for (const int rating : ratings) {
    const std::string wanted = without_blanks(fmt::format("{}{}{}", before, rating, after));
    double& share = out.share.emplace_back(0);
    for (const ChatToken::Choice& c : token->choices)
      if (without_blanks(c.text) == wanted) share += std::exp(c.log_probability);
    // What was drawn need not be among the likeliest.
    if (!itself && rating == said) share += std::exp(token->log_probability);
    out.covered += share;
  }
  if (!(out.covered > 0) || !std::isfinite(out.covered)) {
    why = "no allowed rating has a probability";
    return std::nullopt;
  }
  for (std::size_t i = 0; i < ratings.size(); ++i) {
    out.share[i] /= out.covered;
    out.mean += out.share[i] * ratings[i];
  }
  out.mean = std::clamp<double>(out.mean, ratings.front(), ratings.back());  // against rounding
  out.covered = std::min(out.covered, 1.0);                                  // servers round
  return out;
}

}  // namespace undertone
