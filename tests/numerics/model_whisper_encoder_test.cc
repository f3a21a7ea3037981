// What the feature stage relies on: a clip's features are the same bytes whatever ran before, and wherever
// its mel lies.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cmath>
#include <cstdlib>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/model/whisper_encoder.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

std::vector<float> noise(std::int64_t frames, const std::string& name) {
  Stream random(name);
  std::vector<float> v(static_cast<std::size_t>(80 * frames));
  for (float& x : v) x = static_cast<float>(random.uniform(-0.9, 1.2));
  return v;
}

TEST(WhisperEncoderBytes, DoNotDependOnWhatElseIsEncoded) {
  const auto folder = test::weights("whisper-base");
  UNDERTONE_NEED(folder, "the weights of whisper-base are not in the cache: run './undertone setup'");
  const WhisperEncoder encoder(open_tensor_file(*folder));
  std::vector<std::vector<float>> clips;
  const std::vector<std::int64_t> lengths{250, 100, 250, 50, 300};
  for (std::size_t i = 0; i < lengths.size(); ++i)
    clips.push_back(noise(lengths[i], "clip " + std::to_string(i)));
  const auto encode = [&](std::size_t i, std::size_t shift) {
    std::vector<float> moved(clips[i].size() + shift);  // another alignment
    std::copy(clips[i].begin(), clips[i].end(), moved.begin() + static_cast<std::ptrdiff_t>(shift));
    return encoder.encode(at::from_blob(moved.data() + shift, {80, lengths[i]}, at::kFloat)).clone();
  };
  std::vector<at::Tensor> first;
  for (std::size_t i = 0; i < clips.size(); ++i) first.push_back(encode(i, 0));
  for (std::size_t i : {4u, 2u, 0u, 3u, 1u}) {
    EXPECT_EQ(first[i].sizes(), (at::IntArrayRef{lengths[i] / 2, 512}));
    EXPECT_TRUE(first[i].equal(encode(i, i % 4 + 1))) << i;
  }
  EXPECT_FALSE(first[0].equal(first[2]));
}

TEST(WhisperEncoderBytes, OddAndShortInputsHaveRoundedUpFrames) {
  const auto folder = test::weights("whisper-base");
  UNDERTONE_NEED(folder, "the weights of whisper-base are not in the cache: run './undertone setup'");
  const WhisperEncoder encoder(open_tensor_file(*folder));
  const auto frames = [&](std::int64_t t) {
    std::vector<float> v = noise(t, "x");
    return encoder.encode(at::from_blob(v.data(), {80, t}, at::kFloat)).size(0);
  };
  EXPECT_EQ(frames(1), 1);
  EXPECT_EQ(frames(101), 51);
  EXPECT_THROW(frames(3001), Error);
  EXPECT_THROW(encoder.encode(at::empty({40, 100}, at::kFloat)), Error);
  EXPECT_EQ(encoder.config().layers, 6);
  EXPECT_EQ(encoder.parameters(), 20593664);
}

}  // namespace
}  // namespace undertone
