// Torch-free interfaces to models that read and write text. Implemented in undertone-model, proxied to
// `undertone` over the worker's pipe, so that judges and label mapping never see torch.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "harness/core/nouns.h"

namespace undertone {

struct Message {
  std::string role;  // "system", "user", "assistant"
  std::string content;
  // How many bytes at the beginning of `content` the asker's other prompts have too, with all messages before
  // this one whole: a model may read that opening once for all of them.
  std::size_t shared = 0;
};

struct GenerateOptions {
  int max_new_tokens = 64;
  double temperature = 0;  // 0: greedy
  std::string stream;      // name of the random stream when temperature > 0
};

// Which text model: pinned weights by name, or a file or folder of one's own; one of the two is set. Sums
// depend on the thread count, so that is part of the choice.
struct TextModelChoice {
  std::string weights, path;
  int threads = 1;
};

class TextModel {
 public:
  virtual ~TextModel() = default;
  virtual std::vector<Answer> generate(std::span<const std::vector<Message>> prompts,
                                       const GenerateOptions&) = 0;
  // Log-probability (nats) of each continuation after the prompt, summed over its tokens. Across the worker's
  // pipe a prompt that cannot be scored (too long for the context) is Error{data}.
  virtual std::vector<double> score(const std::vector<Message>& prompt,
                                    std::span<const std::string> continuations) = 0;
  // SHA-256 of the weights, then whatever else decides an output, after a ':'.
  virtual std::string identity() const = 0;
};

class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  virtual std::vector<std::vector<float>> embed(
      std::span<const std::string> texts) = 0;  // unit length, one per text
  virtual std::string identity() const = 0;
};

}  // namespace undertone
