#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>

#include "harness/core/error.h"
#include "harness/speech/audio.h"

namespace undertone {
namespace {

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

}  // namespace

std::string wav_bytes(std::span<const float> samples, int rate_hz) {
  if (samples.size() > 0x7fff0000 / 2) throw Error(ErrorKind::data, "a WAV file cannot hold so many samples");
  const auto data_bytes = static_cast<std::uint32_t>(samples.size() * 2);
  std::string out;
  out.reserve(44 + data_bytes);
  out += "RIFF";
  put(out, 36 + data_bytes, 4);
  out += "WAVEfmt ";
  put(out, 16, 4);
  put(out, 1, 2);  // PCM
  put(out, 1, 2);  // channels
  put(out, static_cast<std::uint32_t>(rate_hz), 4);
  put(out, static_cast<std::uint32_t>(rate_hz) * 2, 4);  // bytes a second
  put(out, 2, 2);                                        // bytes a frame
  put(out, 16, 2);                                       // bits a sample
  out += "data";
  put(out, data_bytes, 4);
  for (const float x : samples) {
    const double scaled = std::nearbyint(static_cast<double>(x) * 32768.0);
    const auto value = static_cast<std::int16_t>(scaled > 32767 ? 32767 : scaled < -32768 ? -32768 : scaled);
    put(out, static_cast<std::uint16_t>(value), 2);
  }
  return out;
}

std::string silent_wav() { return wav_bytes(std::vector<float>(speech_rate_hz, 0.0f)); }

void write_wav(const std::string& path, std::span<const float> samples, int rate_hz) {
  const std::string bytes = wav_bytes(samples, rate_hz);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) {
    std::remove(path.c_str());
    throw Error(ErrorKind::io, "the audio file could not be written", path,
                "free space on the disk, or choose a writable folder");
  }
}

}  // namespace undertone
