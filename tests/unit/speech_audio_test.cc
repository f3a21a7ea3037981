// Decoding, resampling and writing.
#include <sndfile.h>

#include <cmath>
#include <numbers>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/speech/audio.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

std::vector<float> tone(double hz, int rate_hz, double seconds, double level = 0.5) {
  std::vector<float> x(static_cast<std::size_t>(seconds * rate_hz));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(level * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz));
  return x;
}

// Writes interleaved channels, each a copy of `mono` times its gain.
void write_any(const std::string& path, int format, int rate_hz, const std::vector<float>& mono,
               const std::vector<float>& gains) {
  SF_INFO info{};
  info.samplerate = rate_hz;
  info.channels = static_cast<int>(gains.size());
  info.format = format;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  ASSERT_NE(file, nullptr) << sf_strerror(nullptr);
  std::vector<float> interleaved;
  for (const float v : mono)
    for (const float g : gains) interleaved.push_back(v * g);
  ASSERT_EQ(sf_writef_float(file, interleaved.data(), static_cast<sf_count_t>(mono.size())),
            static_cast<sf_count_t>(mono.size()));
  sf_close(file);
}

// Amplitude of the tone and the root mean square of all else, away from the edges.
std::pair<double, double> measure_tone(const std::vector<float>& x, double hz) {
  double c = 0, s = 0, energy = 0;
  const std::size_t first = 800, past = x.size() - 800, n = past - first;
  for (std::size_t i = first; i < past; ++i) {
    const double phase = 2 * std::numbers::pi * hz * static_cast<double>(i) / speech_rate_hz;
    c += x[i] * std::cos(phase) * 2 / static_cast<double>(n);
    s += x[i] * std::sin(phase) * 2 / static_cast<double>(n);
    energy += static_cast<double>(x[i]) * x[i];
  }
  const double amplitude = std::hypot(c, s);
  return {amplitude, std::sqrt(std::max(0.0, energy / static_cast<double>(n) - amplitude * amplitude / 2))};
}

struct Case {
  const char* name;
  int format, rate_hz;
  std::vector<float> gains;
  double tolerance;  // of the remainder: quantisation of the format
};

class AnyFormat : public testing::TestWithParam<Case> {};

TEST_P(AnyFormat, BecomesSixteenKilohertzMono) {
  const Case& c = GetParam();
  test::TemporaryFolder folder;
  const std::string path = folder / "audio";
  write_any(path, c.format, c.rate_hz, tone(440, c.rate_hz, 1.0), c.gains);
  double gain = 0;
  for (const float g : c.gains) gain += g / static_cast<double>(c.gains.size());
  const std::vector<float> x = load_speech(path);
  EXPECT_NEAR(static_cast<double>(x.size()), 16000, 2);
  const auto [amplitude, rest] = measure_tone(x, 440);
  EXPECT_NEAR(amplitude, 0.5 * gain, 0.002 + c.tolerance);
  EXPECT_LT(rest, 0.001 + c.tolerance);
}

INSTANTIATE_TEST_SUITE_P(
    Speech, AnyFormat,
    testing::Values(Case{"pcm16", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, {1}, 0},
                    Case{"pcm8", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 16000, {1}, 0.005},
                    Case{"pcm24", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 22050, {1}, 0},
                    Case{"pcm32", SF_FORMAT_WAV | SF_FORMAT_PCM_32, 8000, {1}, 0},
                    Case{"float", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, {1}, 0},
                    Case{"double", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 44100, {1}, 0},
                    Case{"ulaw", SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000, {1}, 0.02},
                    Case{"stereo48k", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, {1, 0.5}, 0},
                    Case{"six", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, 48000, {1, 1, 1, 0, 0, 0}, 0},
                    Case{"flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 44100, {1, 1}, 0},
                    Case{"aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 32000, {1}, 0}),
    [](const auto& p) { return std::string(p.param.name); });

TEST(Resample, RemovesWhatTheNewRateCannotHold) {
  const std::vector<float> x = resample(tone(11000, 48000, 1.0), 48000, 16000);
  double energy = 0;
  for (std::size_t i = 800; i + 800 < x.size(); ++i) energy += static_cast<double>(x[i]) * x[i];
  EXPECT_LT(std::sqrt(energy / static_cast<double>(x.size())), 1e-4);  // an alias would be 0.35
}

TEST(Resample, KeepsSamplesAtTheSameRate) {
  const std::vector<float> x = tone(300, 16000, 0.1);
  EXPECT_EQ(resample(x, 16000, 16000), x);
  EXPECT_TRUE(resample(std::vector<float>{}, 8000, 16000).empty());
}

TEST(Wav, SixteenBitAudioSurvivesUnchanged) {
  test::TemporaryFolder folder;
  std::vector<float> x;
  for (int v = -32768; v <= 32767; v += 37) x.push_back(static_cast<float>(v) / 32768.0f);
  write_wav(folder / "a.wav", x);
  const Audio back = decode_audio(folder / "a.wav");
  EXPECT_EQ(back.rate_hz, 16000);
  EXPECT_EQ(back.samples, x);
  write_wav(folder / "b.wav", back.samples);
  EXPECT_EQ(read_file(folder / "a.wav"), read_file(folder / "b.wav"));
}

TEST(Wav, ClampsWhatIsTooLoud) {
  const Audio back = decode_audio_bytes(wav_bytes(std::vector<float>{2.0f, -2.0f, 1.0f}), "loud.wav");
  EXPECT_EQ(back.samples, (std::vector<float>{32767 / 32768.0f, -1.0f, 32767 / 32768.0f}));
}

TEST(Wav, NamesThePlaceThatCannotBeWritten) {
  try {
    write_wav("/proc/nowhere/a.wav", std::vector<float>{0.0f});
    FAIL() << "writing to a folder that is not there must fail";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::io);
    EXPECT_EQ(e.place(), "/proc/nowhere/a.wav");
    EXPECT_FALSE(e.mend().empty());
  }
}

}  // namespace
}  // namespace undertone
