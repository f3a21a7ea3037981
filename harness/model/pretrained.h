// Pretrained decoders from files: a GGUF of llama.cpp, or a folder in the layout of Hugging Face.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/decoder.h"
#include "harness/model/precision.h"
#include "harness/text/tokenizer.h"
#include "harness/weights/gguf.h"

namespace undertone {

struct PretrainedOptions {
  std::string precision = "auto";  // see choose_precision
  std::string chat_template;       // name of a template (chat.h); "": by the digest of the file's own
  std::string sha256;  // digest of the model file, where it is known (pins): saves hashing it again
};

struct Pretrained {
  Decoder decoder;            // frozen: no parameter requires a gradient
  TokenizerSource tokenizer;  // make_tokenizer() of it knows as many tokens as the embedding has rows
  std::string chat_template;  // name for render_chat
  std::string architecture;   // "llama", "gemma3"
  std::vector<std::int32_t> end_tokens;  // any of them ends a reply
  PrecisionChoice precision;
  std::string identity;  // digest of the weights' files (not their paths), precision and template
};

// `path`: a .gguf file; or a folder with config.json, weights (model.safetensors, or
// model.safetensors.index.json and its shards) and tokenizer.json or tokenizer.model; or a folder that holds
// exactly one .gguf file. Throws Error{weights} naming file and tensor or key: an unknown architecture or
// type, missing or misshapen tensors, tensors that no part reads, a tokenizer whose size is not the
// embedding's, a chat template that is not known.
Pretrained load_pretrained(const std::string& path, const PretrainedOptions& options = {});

// ---- Its parts
// --------------------------------------------------------------------------------------------------

// The configuration that a GGUF's metadata ("general.architecture" llama or gemma3) states; `tied` says that
// the file has no head of its own, `vocabulary` is the embedding's.
DecoderConfig decoder_config_from_gguf(const GgufMetadata& metadata, int vocabulary, bool tied);
// A decoder in Hugging Face's names by the reader of a GGUF's tensors: llama.cpp's names are mapped, and the
// rows of queries and keys, which it interleaves for architecture llama, are put back.
Decoder decoder_from_gguf(const GgufFile& file, const DecoderConfig& config);
TokenizerSource tokenizer_from_gguf(const GgufMetadata& metadata);
// The matrices of every block and the head in `precision`; embeddings and norms stay float32.
void set_precision(Decoder& decoder, Precision precision);

}  // namespace undertone
