#include "harness/text/word_vocabulary.h"

#include <algorithm>
#include <cstdio>

#include "harness/core/ascii.h"
#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace {

constexpr std::string_view kFormat = "undertone word vocabulary 1";
constexpr std::string_view kSpecial[] = {"<pad>", "<bos>", "<eos>", "<unk>"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

bool clings_to_the_left(std::string_view token) {
  return token.size() == 1 && std::string_view(".,?!:;)]-").find(token[0]) != std::string_view::npos;
}
bool clings_to_the_right(std::string_view token) {
  return token.size() == 1 && std::string_view("([-").find(token[0]) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> word_tokens(std::string_view text) {
  std::vector<std::string> tokens;
  std::size_t i = 0;
  while (i < text.size()) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    std::string token;
    if (is_letter(text[i])) {
      while (i < text.size() &&
             (is_letter(text[i]) || (text[i] == '\'' && i + 1 < text.size() && is_letter(text[i + 1]))))
        token += lower(text[i++]);
    } else if (is_digit(text[i])) {
      while (i < text.size() &&
             (is_digit(text[i]) || (text[i] == '.' && i + 1 < text.size() && is_digit(text[i + 1]) &&
                                    token.find('.') == std::string::npos)))
        token += text[i++];
    } else {
      token = text[i++];
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

std::vector<std::string> half_second_stamps(double seconds) {
  std::vector<std::string> stamps;
  for (int half = 0; half * 0.5 <= seconds; ++half) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", half * 0.5);
    stamps.emplace_back(text);
  }
  return stamps;
}

WordVocabulary::WordVocabulary(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (!ids_.emplace(tokens_[i], static_cast<std::int32_t>(i)).second)
      throw Error(ErrorKind::data, "the token '" + tokens_[i] + "' stands twice in the vocabulary", "",
                  "build the vocabulary again from its texts");
  }
}

WordVocabulary WordVocabulary::build(std::span<const std::string> texts,
                                     std::span<const std::string> always) {
  std::map<std::string, std::int64_t> counts;
  for (const std::string& text : texts)
    for (std::string& token : word_tokens(text)) ++counts[std::move(token)];
  for (const std::string& token : always) counts.emplace(token, 0);
  std::vector<std::pair<std::string, std::int64_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> tokens(std::begin(kSpecial), std::end(kSpecial));
  for (auto& entry : order) tokens.push_back(std::move(entry.first));
  return WordVocabulary(std::move(tokens));
}

WordVocabulary WordVocabulary::from_json(const Json& json) {
  const std::string place = json.place().str();
  if (json.get("format", "") != kFormat)
    throw Error(ErrorKind::data, "this is not a word vocabulary that this program reads", place,
                "give a vocabulary.json written by this version");
  std::vector<std::string> tokens;
  for (const Json& token : json.at("tokens").elements()) tokens.push_back(token.as_string());
  if (tokens.size() < std::size(kSpecial) ||
      !std::equal(std::begin(kSpecial), std::end(kSpecial), tokens.begin()))
    throw Error(ErrorKind::data, "the vocabulary does not begin with <pad> <bos> <eos> <unk>", place,
                "build the vocabulary again from its texts");
  return WordVocabulary(std::move(tokens));
}

WordVocabulary WordVocabulary::load(const std::string& path) { return from_json(read_json_file(path)); }

Json WordVocabulary::to_json() const {
  Json tokens = Json::array();
  for (const std::string& token : tokens_) tokens.push_back(token);
  Json json = Json::object();
  json["format"] = Json(kFormat);
  json["tokens"] = std::move(tokens);
  return json;
}

void WordVocabulary::save(const std::string& path) const {
  write_file_atomically(path, to_json().dump() + "\n");
}

const std::string& WordVocabulary::token(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size())
    throw Error(ErrorKind::internal, "token " + std::to_string(id) + " is outside a vocabulary of " +
                                         std::to_string(tokens_.size()));
  return tokens_[static_cast<std::size_t>(id)];
}

std::int32_t WordVocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? unk : found->second;
}

bool WordVocabulary::knows(std::string_view token) const { return ids_.find(token) != ids_.end(); }

std::vector<std::int32_t> WordVocabulary::encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  for (const std::string& token : word_tokens(text)) ids.push_back(id(token));
  return ids;
}

std::string WordVocabulary::decode(std::span<const std::int32_t> ids) const {
  std::string out;
  bool glue = true;
  for (std::int32_t id : ids) {
    if (id == pad || id == bos || id == eos) continue;
    const std::string& word = token(id);
    if (!glue && !clings_to_the_left(word)) out += ' ';
    out += word;
    glue = clings_to_the_right(word);
  }
  return out;
}

}  // namespace undertone
