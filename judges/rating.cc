#include "judges/rating.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/ascii.h"
#include "harness/core/error.h"
#include "harness/core/json.h"

namespace undertone {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || (c & 0x80) != 0; }

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  void blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) {
    if (rest_.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i)
      if (lower(rest_[i]) != lower(word[i])) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::optional<int> number() {
    std::size_t n = 0;
    int value = 0;
    while (n < rest_.size() && digit(rest_[n]) && n < 3) value = 10 * value + (rest_[n++] - '0');
    if (n == 0 || n > 2) return std::nullopt;
    rest_.remove_prefix(n);
    return value;
  }
  bool end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<int> bare_number(std::string_view reply) {
  Cursor c(reply);
  c.blanks();
  const auto value = c.number();
  c.blanks();
  return value && c.end() ? value : std::nullopt;
}

std::optional<int> rating_line(std::string_view line, std::string_view label, int high) {
  Cursor c(line);
  c.blanks();
  if (!c.take(label)) return std::nullopt;
  c.blanks();
  if (!c.take(':')) return std::nullopt;
  c.blanks();
  const auto value = c.number();
  if (!value) return std::nullopt;
  c.blanks();
  if (c.take('/')) {
    c.blanks();
    if (c.number() != high) return std::nullopt;
  }
  c.take('.');
  c.blanks();
  return c.end() ? value : std::nullopt;
}

// Places in `text` where the label stands as a word and a colon or equals sign follows.
std::size_t label_count(std::string_view text, std::string_view label) {
  std::size_t count = 0;
  for (std::size_t at = 0; at + label.size() <= text.size(); ++at) {
    if (at > 0 && letter(text[at - 1])) continue;
    Cursor c(text.substr(at));
    if (!c.take(label)) continue;
    c.blanks();
    count += c.take(':') || c.take('=');
  }
  return count;
}

bool begins_like_refusal(std::string_view reply) {
  std::string text;
  for (std::size_t i = 0; i < reply.size() && text.size() < 40; ++i) {
    if (reply.substr(i).starts_with("\xE2\x80\x99")) {  // a typographic apostrophe
      text += '\'';
      i += 2;
    } else if (!text.empty() || !is_blank(reply[i])) {
      text += lower(reply[i]);
    }
  }
  for (const char* phrase :
       {"i cannot", "i can't", "i can not", "i'm sorry", "i am sorry", "sorry", "as an ai", "i'm unable",
        "i am unable", "i will not", "i won't", "i'm not able", "i am not able"})
    if (text.starts_with(phrase)) return true;
  return false;
}

Verdict rating_on(const Scale& scale, std::int64_t value, std::string_view reply) {
  if (!scale.admits(static_cast<double>(value)))
    return ParseFailure{
        std::string(reply),
        Json::object({{"why", Json(fmt::format("{} is not on the scale {}", value, scale.name()))}})};
  return Scored{static_cast<double>(value), std::string(reply), {}};
}

}  // namespace

std::optional<std::string_view> without_reasoning(std::string_view reply) {
  static constexpr std::string_view begin = "<think>", end = "</think>";
  std::string_view rest = reply;
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  if (!rest.starts_with(begin)) return reply;
  const std::size_t at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  return rest.substr(at + end.size());
}

Verdict parse_rating_object(std::string_view reply, std::string_view label, const Scale& scale) {
  const auto failed = [&](std::string why) -> Verdict {
    return ParseFailure{std::string(reply), Json::object({{"why", Json(std::move(why))}})};
  };
  Json object;
  try {
    object = parse_json(reply, "the reply");
  } catch (const Error& e) {
    if (begins_like_refusal(reply)) return Refused{std::string(reply)};
    return failed("no JSON: " + e.what_happened());
  }
  if (!object.is_object()) return failed("no JSON object");
  const Json* rating = nullptr;
  for (const auto& [key, value] : object.members()) {
    const bool named = key.size() == label.size() && Cursor(key).take(label);
    if (named && rating) return failed("more ratings than one");
    if (named)
      rating = &value;
    else if (!value.is_string())
      return failed("the member \"" + key + "\" is no text");
  }
  if (!rating) return failed("no rating");
  if (!rating->is_integer()) return failed("the rating is no whole number");
  return rating_on(scale, rating->as_int(), reply);
}

Verdict parse_rating(std::string_view reply, std::string_view label, const Scale& scale) {
  const auto failed = [&](std::string why) -> Verdict {
    return ParseFailure{std::string(reply), Json::object({{"why", Json(std::move(why))}})};
  };
  if (const auto value = bare_number(reply)) return rating_on(scale, *value, reply);

  std::vector<int> found;
  std::string_view rest = reply;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (const auto value = rating_line(rest.substr(0, end), label, static_cast<int>(scale.high())))
      found.push_back(*value);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const std::size_t said = label_count(reply, label);
  if (said > 1) return failed(fmt::format("{} ratings where one was asked for", said));
  if (found.size() == 1) return rating_on(scale, found.front(), reply);
  if (said == 1) return failed("what follows the label is no rating alone on its line");
  if (begins_like_refusal(reply)) return Refused{std::string(reply)};
  return failed("no rating");
}

}  // namespace undertone
