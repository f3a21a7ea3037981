// What a suite's pretrained decoder is, before anything runs and without torch: where its weights are, the
// digests and the template's name that stage keys carry, and its sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/core/json.h"
#include "harness/store/key.h"
#include "harness/text/prompt.h"
#include "harness/weights/pins.h"
#include "harness/weights/versions.h"

namespace undertone {

struct DecoderSizes {
  double layers = 0, width = 0, ff = 0, heads = 0, kv_heads = 0, head_width = 0, vocabulary = 0;
  double block_parameters() const;  // of the matrices of all blocks
  double parameters() const;        // with the embedding, which is the head as well
};

struct DecoderWeights {
  std::string path;                     // file or folder
  std::optional<PinnedWeights> pinned;  // verified before a stage uses it
  std::string digest;                   // SHA-256 of the file, or of names and digests of a folder's files
  std::string chat_template;            // name (harness/text/chat.h)
  std::string precision;                // as asked: "auto", ...
  DecoderSizes sizes;
  PromptForm form() const { return chat_template == "plain" ? PromptForm::completion : PromptForm::chat; }
  // What stage keys and job settings say of it: digest, template and precision, no path.
  Json settings() const;
};

// Puts the version of the code that computes with pretrained weights into a stage's key. The first version
// adds nothing, so that keys made before it stood there hold.
void add_pretrained_code(StageKey& key, int version = kPretrainedVersion);
// The same of a language model that is asked: part of its identity.
std::string language_model_code(int version = kLanguageModelVersion, int pretrained = kPretrainedVersion);

// `decoder` is a suite's model.decoder with "weights" or "path". Throws Error{weights} when the weights are
// not there (with how to get them), or are of a kind that is not known.
DecoderWeights decoder_weights(const Json& decoder, const std::string& pins_file);

// Of model.decoder.random.
DecoderSizes random_decoder_sizes(const Json& random, double vocabulary);

}  // namespace undertone
