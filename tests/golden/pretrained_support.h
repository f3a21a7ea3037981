// Shared by the golden tests of pretrained decoders: the references that make_pretrained_reference.py writes.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "harness/model/pretrained.h"
#include "harness/model/tensors.h"
#include "tests/support/test_data.h"

namespace undertone::test {

inline std::vector<std::int64_t> integers(const TensorFile& file, const std::string& name) {
  const TensorView& view = file.at(name);
  std::vector<std::int64_t> out(static_cast<std::size_t>(view.elements()));
  std::memcpy(out.data(), view.bytes.data(), view.bytes.size());
  return out;
}

// max|a - b| / max|b| (or / `largest`).
inline double relative(const at::Tensor& a, const at::Tensor& b, double largest = 0) {
  return (a - b).abs().max().item<double>() / (largest > 0 ? largest : b.abs().max().item<double>());
}

inline at::Tensor embedded(const Decoder& decoder, const std::vector<std::int64_t>& ids) {
  return embed_tokens(decoder, at::tensor(ids, at::kLong));
}

// The numbers that the script's wave() makes.
inline at::Tensor wave(std::int64_t rows, std::int64_t columns, double pitch, double scale) {
  return (scale * at::sin(pitch * at::arange(rows * columns, at::kDouble) + 0.3))
      .view({rows, columns})
      .to(at::kFloat);
}

struct LossAndGradient {
  at::Tensor loss, gradient;
};
// Loss of the last five tokens behind six rows from a linear adapter, and the adapter's gradient.
inline LossAndGradient adapter_gradient(const Decoder& decoder, const std::vector<std::int64_t>& ids,
                                        double spread) {
  const at::Tensor weight = wave(decoder.config.width, 4, 0.7, spread).requires_grad_();
  const at::Tensor x = at::cat({at::linear(wave(6, 4, 1.3, 1), weight), embedded(decoder, ids)});
  const std::int64_t n = x.size(0);
  const at::Tensor rows = at::arange(n - 6, n - 1, at::kLong);
  const at::Tensor logits = decoder_logits(decoder, decoder_forward(decoder, x, sequence_layout({n}), rows));
  const at::Tensor labels = at::tensor(std::vector<std::int64_t>(ids.end() - 5, ids.end()), at::kLong);
  const at::Tensor loss = at::cross_entropy_loss(logits, labels);
  return {loss.detach(), torch::autograd::grad({loss}, {weight})[0]};
}

// Argmax tokens behind each prompt, through end tokens, all prompts in one batch on the cache.
inline std::vector<std::vector<std::int64_t>> greedy(const Decoder& decoder,
                                                     const std::vector<std::vector<std::int64_t>>& prompts,
                                                     int count) {
  std::int64_t slots = 0;
  std::vector<std::int64_t> lengths, padded;
  for (const auto& prompt : prompts) slots = std::max(slots, static_cast<std::int64_t>(prompt.size()));
  for (auto prompt : prompts) {
    lengths.push_back(static_cast<std::int64_t>(prompt.size()));
    prompt.resize(static_cast<std::size_t>(slots), 0);
    padded.insert(padded.end(), prompt.begin(), prompt.end());
  }
  KeyValueCache cache;
  at::Tensor hidden = decoder_prefill(decoder, embedded(decoder, padded), lengths, slots, count, cache);
  std::vector<std::vector<std::int64_t>> out(prompts.size());
  for (int step = 0; step < count; ++step) {
    const at::Tensor next = decoder_logits(decoder, hidden).argmax(1);
    for (std::size_t r = 0; r < out.size(); ++r) out[r].push_back(next.data_ptr<std::int64_t>()[r]);
    if (step + 1 < count) hidden = decoder_step(decoder, embed_tokens(decoder, next), cache);
  }
  return out;
}

}  // namespace undertone::test
