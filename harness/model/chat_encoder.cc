#include "harness/model/chat_encoder.h"

#include <fmt/format.h>

#include <algorithm>

namespace undertone {
namespace {

// The last message that has something marked; messages.size() where none has.
std::size_t marked(std::span<const Message> messages) {
  for (std::size_t i = messages.size(); i > 0; --i)
    if (messages[i - 1].shared > 0) return i - 1;
  return messages.size();
}

}  // namespace

ChatEncoder::ChatEncoder(std::shared_ptr<const Tokenizer> tokenizer, const TokenizerSource& source,
                         std::string chat_template)
    : tokenizer_(std::move(tokenizer)), template_(std::move(chat_template)) {
  for (std::size_t id = 0; id < source.tokens.size(); ++id)
    if (source.types[id] == TokenizerSource::TokenType::control && !source.tokens[id].empty()) {
      control_.emplace(source.tokens[id], static_cast<std::int32_t>(id));
      control_lengths_.insert(source.tokens[id].size());
    }
  if (source.add_bos && source.bos) bos_ = *source.bos;
}

std::vector<std::int64_t> ChatEncoder::prompt(std::span<const Message> messages) const {
  return encode(render_chat(template_, messages, true));
}

std::string ChatEncoder::opening_text(std::span<const Message> messages) {
  const std::size_t last = marked(messages);
  if (last == messages.size()) return "";
  std::string text;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::string_view content = i > last
                                         ? ""
                                         : std::string_view(messages[i].content)
                                               .substr(0, i < last ? std::string::npos : messages[i].shared);
    text += fmt::format("{} {} {}\n", messages[i].role, content.size(), content);
  }
  return text;
}

std::vector<std::int64_t> ChatEncoder::opening(std::span<const Message> messages) const {
  const std::size_t last = marked(messages);
  if (last == messages.size()) return {};
  // What two prompts have in common that part right behind the opening: roles and templates stay sound, and a
  // last token that the next character would change is left out, as are spaces, which words like to take
  // along.
  std::vector<Message> one(messages.begin(), messages.end());
  std::string& cut = one[last].content;
  cut.resize(std::min(one[last].shared, cut.size()));
  cut.resize(cut.find_last_not_of(" \n") + 1);
  for (std::size_t i = last + 1; i < one.size(); ++i) one[i].content = "a";
  std::vector<Message> other = one;
  one[last].content += 'a';
  other[last].content += '0';
  const std::vector<std::int64_t> a = prompt(one), b = prompt(other);
  return {a.begin(), std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first};
}

std::vector<std::int64_t> ChatEncoder::encode(std::span<const ChatPiece> pieces) const {
  std::vector<std::int64_t> ids;
  std::string text;  // since the last control token
  const auto flush = [&] {
    if (text.empty()) return;
    for (const std::int32_t id : tokenizer_->encode(text)) ids.push_back(id);
    text.clear();
  };
  for (const ChatPiece& piece : pieces) {
    if (!piece.special) {
      text += piece.text;
      continue;
    }
    for (std::size_t at = 0; at < piece.text.size();) {
      std::size_t taken = 0;
      for (const std::size_t length : control_lengths_) {  // the longest name first
        const auto found = control_.find(piece.text.substr(at, length));
        if (found == control_.end()) continue;
        flush();
        ids.push_back(found->second);
        taken = found->first.size();
        break;
      }
      if (taken == 0) text += piece.text[at];
      at += taken == 0 ? 1 : taken;
    }
  }
  flush();
  if (bos_ >= 0 && (ids.empty() || ids.front() != bos_)) ids.insert(ids.begin(), bos_);
  return ids;
}

}  // namespace undertone
