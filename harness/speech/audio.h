// Audio in and out: whatever libsndfile reads becomes 16 kHz mono float, the one form that the rest of the
// program knows.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace undertone {

inline constexpr int speech_rate_hz = 16000;

struct Audio {
  int rate_hz = 0;
  std::vector<float> samples;  // mono; integers are scaled to [-1, 1), float files keep their values
  double seconds() const { return rate_hz > 0 ? static_cast<double>(samples.size()) / rate_hz : 0; }
};

// Reads a file of any format, rate, channel count and sample type that libsndfile knows; channels are
// averaged. Throws Error{data} naming the path and the mend when the file is missing, empty, not audio,
// shorter or longer than its header claims, without samples, holds NaN or infinity, or lasts more than four
// hours. A header's sizes allocate nothing.
Audio decode_audio(const std::string& path);
// Same for bytes in memory; `name` is used in messages.
Audio decode_audio_bytes(std::string_view bytes, const std::string& name);

// Resamples with soxr's HQ filter (linear phase, 20 bit), one thread; the same rate returns the samples
// unchanged.
std::vector<float> resample(std::span<const float> samples, int from_hz, int to_hz);

// decode_audio, then resample to 16 kHz.
std::vector<float> load_speech(const std::string& path);

// 16-bit mono WAV: a 44-byte header and round(32768 x) clamped, so that 16-bit audio survives decoding and
// writing unchanged. Not fsynced: it is for folders that become an artefact as a whole. Throws Error{io} (a
// full disk leaves no file behind).
void write_wav(const std::string& path, std::span<const float> samples, int rate_hz = speech_rate_hz);
std::string wav_bytes(std::span<const float> samples, int rate_hz = speech_rate_hz);
// The bytes of one second in which nothing is said.
std::string silent_wav();

}  // namespace undertone
