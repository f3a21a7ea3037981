#include "harness/model/item_encoder.h"

#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/text/chat.h"

namespace undertone {
namespace {

std::vector<std::int64_t> widened(const std::vector<std::int32_t>& ids) { return {ids.begin(), ids.end()}; }

class WordEncoder : public ItemEncoder {
 public:
  explicit WordEncoder(WordVocabulary vocabulary)
      : vocabulary_(std::move(vocabulary)), identity_(sha256_hex(vocabulary_.to_json().canonical())) {}

  EncodedItem encode(const Item& item) const override {
    const auto ids = [&](const std::string& text) { return widened(vocabulary_.encode(text)); };
    EncodedItem out{item.clip, {}, ids(item.prompt), {}};
    if (item.clip.empty()) out.prefix = ids(item.prefix);
    if (item.target) {
      out.target = ids(*item.target);
      out.target.push_back(end());
    }
    return out;
  }
  const std::vector<std::int64_t>& opening() const override { return opening_; }
  std::string decode(std::span<const std::int32_t> ids) const override { return vocabulary_.decode(ids); }
  std::int64_t size() const override { return static_cast<std::int64_t>(vocabulary_.size()); }
  std::int64_t end() const override { return WordVocabulary::eos; }
  bool ends(std::int64_t id) const override { return id == WordVocabulary::eos; }
  // Padding, start and unknown are no words: they are never said. The end token stands before every word.
  bool can_be_said(std::int64_t id) const override {
    return id == WordVocabulary::eos || id > WordVocabulary::unk;
  }
  std::string identity() const override { return identity_; }

 private:
  WordVocabulary vocabulary_;
  std::string identity_;
  std::vector<std::int64_t> opening_;
};

// What a template puts around content, as token ids.
struct Frame {
  std::vector<std::int64_t> opening;  // in front of the user's content
  std::vector<std::int64_t> reply;    // between it and the assistant's
  std::vector<std::int64_t> closing;  // behind the assistant's
};

Frame frame_of(const Tokenizer& tokenizer, const std::string& name) {
  const std::vector<Message> messages{{"user", "question"}, {"assistant", "answer"}};
  Frame frame;
  std::vector<std::int64_t>* to = &frame.opening;
  std::size_t next = 0;
  for (const ChatPiece& piece : render_chat(name, messages, false)) {
    if (!piece.special && next < messages.size() && piece.text == messages[next].content) {
      to = next == 0 ? &frame.reply : &frame.closing;
      ++next;
      continue;
    }
    for (const std::int32_t id : tokenizer.encode(piece.text, piece.special)) to->push_back(id);
  }
  if (next != messages.size() || frame.reply.empty() || frame.closing.empty())
    throw Error(ErrorKind::weights, "the chat template '" + name + "' has no place for question and answer",
                "", "use another template, or \"plain\"");
  return frame;
}

class PretrainedEncoder : public ItemEncoder {
 public:
  PretrainedEncoder(std::shared_ptr<const Tokenizer> tokenizer, const std::string& name, bool add_bos,
                    const std::vector<std::int32_t>& end_tokens)
      : tokenizer_(std::move(tokenizer)),
        plain_(name == "plain"),
        ends_(end_tokens.begin(), end_tokens.end()) {
    if (plain_) {
      if (add_bos && tokenizer_->bos()) opening_.push_back(*tokenizer_->bos());
      if (!tokenizer_->eos())
        throw Error(ErrorKind::weights,
                    "the tokenizer names no end token, which the form \"plain\" ends with", "",
                    "use a model whose file names one");
      end_ = *tokenizer_->eos();
    } else {
      const Frame frame = frame_of(*tokenizer_, name);
      opening_ = frame.opening;
      reply_ = frame.reply;
      end_ = frame.closing.front();
    }
    ends_.push_back(end_);
    if (tokenizer_->eos()) ends_.push_back(*tokenizer_->eos());
    Json parts = Json::object();
    parts["tokenizer"] = tokenizer_->identity();
    parts["template"] = name;
    parts["frame"] = 1;  // raised when the frame's text changes
    identity_ = sha256_hex(parts.canonical());
  }

  EncodedItem encode(const Item& item) const override {
    EncodedItem out{item.clip, {}, {}, {}};
    const bool something_before = !item.clip.empty() || !item.prefix.empty();
    if (item.clip.empty())
      out.prefix = ids(item.prefix);
    else if (plain_)
      out.prefix = ids("Speech:");
    out.prompt = ids((something_before ? plain_ ? " " : "\n" : "") + item.prompt);
    out.prompt.insert(out.prompt.end(), reply_.begin(), reply_.end());
    if (item.target) {
      out.target = ids((plain_ ? " " : "") + *item.target);
      out.target.push_back(end_);
    }
    return out;
  }
  const std::vector<std::int64_t>& opening() const override { return opening_; }
  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text = tokenizer_->decode(ids);
    const auto space = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
    text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), space));
    text.erase(std::find_if_not(text.rbegin(), text.rend(), space).base(), text.end());
    return text;
  }
  std::int64_t size() const override { return tokenizer_->size(); }
  std::int64_t end() const override { return end_; }
  bool ends(std::int64_t id) const override {
    return std::find(ends_.begin(), ends_.end(), id) != ends_.end();
  }
  bool can_be_said(std::int64_t id) const override { return id < tokenizer_->size(); }
  std::string identity() const override { return identity_; }

 private:
  std::vector<std::int64_t> ids(const std::string& text) const {
    return text.empty() ? std::vector<std::int64_t>{} : widened(tokenizer_->encode(text));
  }

  std::shared_ptr<const Tokenizer> tokenizer_;
  bool plain_;
  std::vector<std::int64_t> opening_, reply_, ends_;
  std::int64_t end_ = 0;
  std::string identity_;
};

}  // namespace

std::vector<EncodedItem> ItemEncoder::encode_all(const std::vector<Item>& items) const {
  std::vector<EncodedItem> out;
  out.reserve(items.size());
  for (const Item& item : items) out.push_back(encode(item));
  return out;
}

std::unique_ptr<ItemEncoder> make_item_encoder(WordVocabulary vocabulary) {
  return std::make_unique<WordEncoder>(std::move(vocabulary));
}

std::unique_ptr<ItemEncoder> make_item_encoder(std::shared_ptr<const Tokenizer> tokenizer,
                                               const std::string& chat_template, bool add_bos,
                                               const std::vector<std::int32_t>& end_tokens) {
  return std::make_unique<PretrainedEncoder>(std::move(tokenizer), chat_template, add_bos, end_tokens);
}

}  // namespace undertone
