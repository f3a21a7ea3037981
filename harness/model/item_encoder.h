// How an item becomes token ids, and how ids become an answer: by the word vocabulary of a miniature, or by a
// pretrained model's tokenizer in its chat template. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/model/items.h"
#include "harness/text/tokenizer.h"
#include "harness/text/word_vocabulary.h"

namespace undertone {

class ItemEncoder {
 public:
  virtual ~ItemEncoder() = default;
  virtual EncodedItem encode(const Item& item) const = 0;
  // Tokens in front of every item, the same for all: what opens the system's and the user's turn.
  virtual const std::vector<std::int64_t>& opening() const = 0;
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
  virtual std::int64_t size() const = 0;                // of the vocabulary: ids are below it
  virtual std::int64_t end() const = 0;                 // closes a target in training
  virtual bool ends(std::int64_t id) const = 0;         // closes an answer
  virtual bool can_be_said(std::int64_t id) const = 0;  // may stand in an answer, or end it
  virtual std::string identity() const = 0;             // digest of everything that decides ids

  std::vector<EncodedItem> encode_all(const std::vector<Item>& items) const;
};

// prefix or audio, prompt, target, end token; nothing stands in front.
std::unique_ptr<ItemEncoder> make_item_encoder(WordVocabulary vocabulary);

// The frame of a pretrained model, by the name of its template (harness/text/chat.h):
// - chat: opening of the user's turn (with the system turn that the template puts in front), prefix or audio,
// the
//   prompt on its own line, what closes the turn and opens the assistant's, target, the token that closes it.
// - "plain" (base models): bos where the model wants one, "Speech:" and the audio, or the prefix, the prompt
// behind
//   a space, the target behind a space, eos.
// Text of items is content: the names of control tokens in it are plain text. `end_tokens` close an answer
// besides the one that training closes with. Throws Error{weights} for a template whose rendering has no
// place for content, or a model without the token that "plain" needs to end with.
std::unique_ptr<ItemEncoder> make_item_encoder(std::shared_ptr<const Tokenizer> tokenizer,
                                               const std::string& chat_template, bool add_bos,
                                               const std::vector<std::int32_t>& end_tokens = {});

}  // namespace undertone
