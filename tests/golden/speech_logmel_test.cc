// Whisper's log-mel against Transformers' feature extractor (tests/golden/speech/make_log_mel_reference.py).
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <numbers>

#include "harness/core/json.h"
#include "harness/speech/audio.h"
#include "harness/speech/log_mel.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

constexpr double bound = 1e-4;  // what the project promises

std::vector<double> noise(std::size_t n, std::uint32_t state) {
  std::vector<double> out(n);
  for (double& x : out) {
    state = state * 1664525u + 1013904223u;
    x = static_cast<double>(state >> 8) / 16777216.0 - 0.5;
  }
  return out;
}

std::vector<float> input(const std::string& name) {
  constexpr std::size_t rate = 16000;
  std::vector<double> x;
  if (name == "silence") x.assign(2 * rate, 0.0);
  if (name == "clipping_square")
    for (std::size_t i = 0; i < 3 * rate; ++i) x.push_back(i * 880 / rate % 2 == 0 ? 1.0 : -1.0);
  if (name == "spoken") return load_speech(test::source_path("tests/golden/speech/spoken.flac"));
  if (name == "quiet_noise_2s") {
    x = noise(2 * rate, 7);
    for (double& v : x) v *= 0.002;
    x[rate] = 0.9;
  }
  if (name == "chirp_30s") {
    x = noise(30 * rate, 11);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double t = static_cast<double>(i) / rate;
      x[i] = 0.3 * std::sin(2 * std::numbers::pi * (100 * t + 0.5 * 250 * t * t)) + 0.1 * x[i];
    }
  }
  if (name == "short") x = noise(1000, 3);
  if (name == "shorter_than_padding") x = noise(165, 5);
  return {x.begin(), x.end()};
}

// Compares with every case of a file of references; gives how many cases there were of each input.
std::map<std::string, int> compare(const std::string& file,
                                   const std::function<std::vector<float>(const std::string&)>& input_named) {
  const Json cases = read_json_file(test::source_path("tests/golden/speech/" + file));
  std::map<std::string, int> seen;
  double worst = 0;
  for (const Json& c : cases.elements()) {
    const std::string& name = c.at("name").as_string();
    const auto mels = static_cast<int>(c.at("mels").as_int());
    SCOPED_TRACE(name + " mels " + std::to_string(mels) + (c.at("padded").as_bool() ? " padded" : ""));
    std::vector<float> samples = input_named(name);
    EXPECT_EQ(static_cast<std::int64_t>(samples.size()), c.at("samples").as_int());
    if (c.at("padded").as_bool()) samples = pad_or_trim(samples);
    const LogMel mel = log_mel(samples, mels);
    EXPECT_EQ(mel.frames, c.at("frames").as_int());
    EXPECT_EQ(mel.values.size(), static_cast<std::size_t>(mels) * static_cast<std::size_t>(mel.frames));
    if (mel.frames != c.at("frames").as_int()) continue;

    double sum = 0, high = -1e9, low = 1e9;
    for (const float v : mel.values) {
      sum += v;
      high = std::max<double>(high, v);
      low = std::min<double>(low, v);
    }
    EXPECT_NEAR(sum / static_cast<double>(mel.values.size()), c.at("mean").as_double(), 1e-5);
    EXPECT_NEAR(high, c.at("max").as_double(), bound);
    EXPECT_NEAR(low, c.at("min").as_double(), bound);

    const auto mel_step = static_cast<std::size_t>(c.at("mel_step").as_int());
    const auto frame_step = static_cast<std::size_t>(c.at("frame_step").as_int());
    std::size_t m = 0;
    for (const Json& row : c.at("values").elements()) {
      std::size_t t = 0;
      for (const Json& value : row.elements()) {
        const double mine = mel.values[m * static_cast<std::size_t>(mel.frames) + t];
        worst = std::max(worst, std::abs(mine - value.as_double()));
        EXPECT_NEAR(mine, value.as_double(), bound) << "mel " << m << " frame " << t;
        t += frame_step;
      }
      m += mel_step;
    }
    ++seen[name];
  }
  testing::Test::RecordProperty("worst_difference", std::to_string(worst));
  std::printf("worst difference from the reference: %.2e\n", worst);
  return seen;
}

TEST(LogMel, EqualsTheReferenceWithinTheBound) {
  EXPECT_EQ(compare("log_mel_reference.json", input).size(), 7u);
}

// A person's recording; only the reference's output of it is in this tree.
TEST(LogMel, EqualsTheReferenceOnRealSpeech) {
  const auto data = test::real_data();
  UNDERTONE_NEED(data, test::skip_reason());
  const auto seen = compare("log_mel_emodb.json",
                            [&](const std::string& clip) { return load_speech(*data + "/emodb/" + clip); });
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen.begin()->second, 3) << "80 mels unpadded and padded, 128 mels";
}

TEST(LogMel, KeepsTheFilterBankOfTheReference) {
  // librosa.filters.mel(sr=16000, n_fft=400, n_mels=80): row 0 rises to bin 1 and row 79 peaks near 7.8 kHz.
  const std::vector<double> bank = mel_filters(80);
  ASSERT_EQ(bank.size(), 80u * 201u);
  EXPECT_NEAR(bank[1], 0.02486259, 1e-7);
  double area = 0;
  for (std::size_t b = 0; b < 201; ++b)
    area += bank[79 * 201 + b] * 40;  // 40 Hz a bin; triangles have area 1 hertz^-1 * Hz
  EXPECT_NEAR(area, 1.0, 0.01);
}

TEST(LogMel, HasNoFrameBelowOneHop) {
  EXPECT_EQ(log_mel(std::vector<float>(159, 0.1f)).frames, 0);
  EXPECT_EQ(log_mel(std::vector<float>{}).frames, 0);
  EXPECT_EQ(log_mel(std::vector<float>(160, 0.1f)).frames, 1);
}

}  // namespace
}  // namespace undertone
