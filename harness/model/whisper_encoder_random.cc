#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

#include "harness/model/whisper_encoder.h"

namespace undertone {

WhisperEncoder WhisperEncoder::random(const WhisperEncoderConfig& config, const std::string& stream) {
  c10::InferenceMode inference;
  WhisperEncoder out;
  out.config_ = config;
  const std::int64_t w = config.width, inner = config.inner;
  const auto norm = [&] { return Norm{at::ones({w}, at::kFloat), at::zeros({w}, at::kFloat)}; };
  const auto linear = [&](const std::string& name, std::vector<std::int64_t> shape) {
    std::int64_t in = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) in *= shape[i];
    return Linear{random_normal(shape, 1 / std::sqrt(static_cast<double>(in)), stream, name),
                  at::zeros({shape[0]}, at::kFloat)};
  };
  out.conv1_ = linear("encoder.conv1", {w, config.mels, 3});
  out.conv2_ = linear("encoder.conv2", {w, w, 3});
  out.positions_ = random_normal({config.positions, w}, 0.5, stream, "encoder.positions");
  for (int i = 0; i < config.layers; ++i) {
    const std::string at = "encoder.layers." + std::to_string(i) + ".";
    out.layers_.push_back({norm(), norm(), linear(at + "qkv", {3 * w, w}), linear(at + "output", {w, w}),
                           linear(at + "up", {inner, w}), linear(at + "down", {w, inner})});
  }
  out.final_norm_ = norm();
  return out;
}

}  // namespace undertone
