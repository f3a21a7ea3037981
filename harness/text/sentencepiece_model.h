// SentencePiece's own model file (ModelProto, protocol buffers), written and read without its generated code,
// which Debian does not ship. Internal to harness/text; the reader is fuzzed. Format:
// https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
#pragma once

#include <string>
#include <string_view>

#include "harness/text/tokenizer.h"

namespace undertone {

// A BPE model without normalisation: pieces as they stand, spaces become U+2581, byte fallback where the
// vocabulary has byte pieces. Plain spaces in tokens (llama.cpp writes user-defined ones so) become U+2581
// too.
std::string write_sentencepiece_model(const TokenizerSource& source);

// Throws Error{weights}: broken bytes, a model other than BPE, or normalisation rules, for which
// TokenizerSource has no place.
TokenizerSource parse_sentencepiece_model(std::string_view bytes, const std::string& file);

}  // namespace undertone
