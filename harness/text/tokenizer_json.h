// The parts of read_tokenizer_json(); those that touch no file are fuzzed.
#pragma once

#include <string>

#include "harness/core/json.h"
#include "harness/text/tokenizer.h"

namespace undertone {

// tokenizer.json: a BPE over bytes without normalisation, dropout or options that would change ids. Throws
// Error{weights} naming the place of what is not supported, Error{data} for values of another type.
TokenizerSource parse_tokenizer_json(const Json& root, const std::string& file);
// tokenizer_config.json: which tokens are bos, eos, unk and pad, whether bos is added, the chat template.
void apply_tokenizer_config(const Json& config, TokenizerSource& source);
// The Jinja text of a checkpoint folder's chat template: that of chat_template.jinja, else of
// tokenizer_config.json; "" where it has none. Needs no tokenizer that can be read.
std::string folder_chat_template(const std::string& folder);

}  // namespace undertone
