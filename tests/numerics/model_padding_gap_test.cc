// How far Whisper's features of clips in half-second buckets, which everything here is trained on, are from
// those of clips padded to 30 s, which Whisper itself was trained on. The numbers stand in
// harness/model/README.md.
#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "harness/model/features.h"
#include "harness/model/whisper_encoder.h"
#include "harness/speech/audio.h"
#include "harness/speech/log_mel.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t kClips = 10;  // padded ones cost 2 s each

// Evenly spaced ones, so that every emotion and every speaker has a share.
std::vector<std::string> emodb_clips(const std::string& data) {
  std::vector<std::string> all, out;
  for (const auto& entry : fs::recursive_directory_iterator(data + "/emodb"))
    if (entry.path().extension() == ".wav") all.push_back(entry.path().string());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < kClips && !all.empty(); ++i) out.push_back(all[i * all.size() / kClips]);
  return out;
}

// [frames, width], of the samples padded with zeros to `length`.
at::Tensor encoded(const WhisperEncoder& encoder, std::span<const float> samples, std::int64_t length,
                   std::int64_t frames) {
  LogMel mel = log_mel(pad_or_trim(samples, static_cast<std::size_t>(length)));
  return encoder.encode(at::from_blob(mel.values.data(), {mel.mels, mel.frames}, at::kFloat))
      .slice(0, 0, frames);
}

TEST(PaddingGap, OfRealSpeechIsWhatTheReadmeSays) {
  const auto data = test::real_data();
  UNDERTONE_NEED(data, test::skip_reason());
  const auto folder = test::weights("whisper-base");
  UNDERTONE_NEED(folder, "the weights of whisper-base are not in the cache: run './undertone setup'");
  const WhisperEncoder encoder(open_tensor_file(*folder));
  double mean = 0, largest = 0, frame_cosine = 0, mean_cosine = 0;
  const std::vector<std::string> clips = emodb_clips(*data);
  ASSERT_EQ(clips.size(), kClips);
  for (const std::string& clip : clips) {
    const std::vector<float> samples = load_speech(clip);
    const auto windows = feature_windows(static_cast<std::int64_t>(samples.size()));
    ASSERT_EQ(windows.size(), 1u) << clip;
    const at::Tensor ours = encoded(encoder, samples, windows[0].padded, windows[0].keep),
                     padded = encoded(encoder, samples, static_cast<std::int64_t>(whisper_window_samples),
                                      windows[0].keep);
    ASSERT_EQ(ours.sizes(), padded.sizes());
    const double gap = at::norm(ours - padded).item<double>() / at::norm(padded).item<double>();
    mean += gap / kClips;
    largest = std::max(largest, gap);
    frame_cosine += at::cosine_similarity(ours, padded, 1).mean().item<double>() / kClips;
    mean_cosine += at::cosine_similarity(ours.mean(0), padded.mean(0), 0).item<double>() / kClips;
  }
  std::printf(
      "relative difference in L2 norm: mean %.3f, at most %.3f; cosine per frame %.3f, of the mean frame "
      "%.3f\n",
      mean, largest, frame_cosine, mean_cosine);
  // Other clips than those of the README: as far off as they may lie.
  EXPECT_NEAR(mean, 0.29, 0.05);
  EXPECT_LT(largest, 0.45);
  EXPECT_NEAR(frame_cosine, 0.95, 0.02);
  EXPECT_NEAR(mean_cosine, 0.977, 0.015);
}

}  // namespace
}  // namespace undertone
