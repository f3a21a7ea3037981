// A training batch of made-up items of equal shape, for benchmarks and for tests that compare devices.
#pragma once

#include <ATen/ATen.h>

#include <numeric>
#include <vector>

#include "harness/core/random.h"
#include "harness/model/speech_lm.h"

namespace undertone::micro {

struct BatchShape {
  std::int64_t items = 16;
  std::int64_t audio_rows = 23;  // 2.3 s at 50 frames a second, stacked by 5
  std::int64_t prompt = 20, target = 8;
  bool ragged = false;  // item i has i % 3 prompt tokens fewer: attention then pads
};

inline TrainingBatch speech_batch(const SpeechLMConfig& config, const BatchShape& shape,
                                  const std::string& stream) {
  Stream random(stream);
  TrainingBatch out;
  std::vector<std::int64_t> ids, order, lengths, label_rows, labels;
  for (std::int64_t i = 0; i < shape.items; ++i) {
    const std::int64_t start = static_cast<std::int64_t>(order.size());
    for (std::int64_t a = 0; a < shape.audio_rows; ++a) order.push_back(i * shape.audio_rows + a);
    const std::int64_t prompt = shape.prompt - (shape.ragged ? i % 3 : 0);
    for (std::int64_t t = 0; t < prompt + shape.target - 1; ++t) {
      order.push_back(shape.items * shape.audio_rows + static_cast<std::int64_t>(ids.size()));
      ids.push_back(
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(config.decoder.vocabulary))));
    }
    for (std::int64_t t = 0; t < shape.target; ++t) {
      label_rows.push_back(start + shape.audio_rows + prompt - 1 + t);
      labels.push_back(
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(config.decoder.vocabulary))));
    }
    lengths.push_back(static_cast<std::int64_t>(order.size()) - start);
  }
  const auto count = static_cast<std::int64_t>(labels.size());
  out.stacked = random_normal(
      {shape.items * shape.audio_rows, std::int64_t{config.adapter.stack} * config.adapter.feature_width}, 1,
      stream, "features");
  out.ids = at::tensor(ids, at::kLong);
  out.order = at::tensor(order, at::kLong);
  out.layout = sequence_layout(std::move(lengths));
  out.label_rows = at::tensor(label_rows, at::kLong);
  out.labels = at::tensor(labels, at::kLong);
  out.label_weights = at::full({count}, 1.0 / static_cast<double>(count), at::kFloat);
  return out;
}

// Makes every parameter whose name begins with `trains` ("" for all) a leaf that requires a gradient.
inline std::vector<at::Tensor> require_gradients(SpeechLM& model, const std::string& trains) {
  std::vector<at::Tensor> out;
  model.for_each_parameter([&](const std::string& name, at::Tensor& value) {
    if (name.rfind(trains, 0) != 0) return;
    value = value.detach().requires_grad_(true);
    out.push_back(value);
  });
  return out;
}

// Floating-point operations of the products of one forward pass over N rows in sequences of `time`.
inline double decoder_flop(const DecoderConfig& c, double rows, double time, double label_rows) {
  const double h = c.head_width, d = c.width;
  const double weights = d * (c.heads + 2.0 * c.kv_heads) * h + c.heads * h * d + 3 * d * c.ff;
  return c.layers * (2 * rows * weights + 4 * rows * time / 2 * c.heads * h) +
         2 * label_rows * d * c.vocabulary;
}

}  // namespace undertone::micro
