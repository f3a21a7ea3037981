#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/speech/audio.h"

namespace undertone {
namespace {

constexpr int lowest_rate_hz = 4000, highest_rate_hz = 768000;
constexpr double longest_seconds = 4 * 3600;

[[noreturn]] void fail(const std::string& name, const std::string& what, const std::string& mend) {
  throw Error(ErrorKind::data, what, name, mend);
}

constexpr const char* copy_again = "copy the file again from its source, or leave the clip out of the corpus";
constexpr const char* convert_it =
    "convert it to WAV or FLAC (any rate, channels and sample type) and name that file";

// libsndfile reads from memory through these.
struct Memory {
  std::string_view bytes;
  sf_count_t at = 0;
};
sf_count_t memory_length(void* user) {
  return static_cast<sf_count_t>(static_cast<Memory*>(user)->bytes.size());
}
sf_count_t memory_seek(sf_count_t offset, int whence, void* user) {
  auto* m = static_cast<Memory*>(user);
  const sf_count_t size = memory_length(user);
  const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m->at : size;
  if (offset < -base || offset > size - base) return -1;
  return m->at = base + offset;
}
sf_count_t memory_read(void* to, sf_count_t count, void* user) {
  auto* m = static_cast<Memory*>(user);
  const sf_count_t n = std::max<sf_count_t>(0, std::min(count, memory_length(user) - m->at));
  if (n > 0) std::memcpy(to, m->bytes.data() + m->at, static_cast<std::size_t>(n));
  m->at += n;
  return n;
}
sf_count_t memory_tell(void* user) { return static_cast<Memory*>(user)->at; }

std::uint32_t little_endian_32(std::string_view b, std::size_t at) {
  std::uint32_t v = 0;
  for (int i = 3; i >= 0; --i) v = v << 8 | static_cast<unsigned char>(b[at + static_cast<std::size_t>(i)]);
  return v;
}

// libsndfile quietly shortens a RIFF file whose data chunk claims more than there is; that is a truncated
// copy or a broken header, and the clip's times would be wrong. Gives what is wrong, if anything.
std::optional<std::string> riff_problem(std::string_view b) {
  if (b.size() < 12 || b.substr(0, 4) != "RIFF" || b.substr(8, 4) != "WAVE") return std::nullopt;
  std::uint64_t at = 12;
  while (at + 8 <= b.size()) {
    const std::uint64_t size = little_endian_32(b, at + 4), rest = b.size() - at - 8;
    const std::string_view id = b.substr(at, 4);
    if (size > rest) {
      // A program that writes to a pipe does not know the length; the samples that are there are all there
      // are, but nobody can tell that from a cut copy.
      return "the '" + std::string(id) + "' chunk claims " + std::to_string(size) +
             " bytes and the file holds " + std::to_string(rest) +
             ": the file is cut short or its header is broken";
    }
    if (id == "data") return std::nullopt;
    at += 8 + size + size % 2;
  }
  return "the header has no audio chunk: the file is cut short";
}

}  // namespace

Audio decode_audio_bytes(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) fail(name, "the audio file is empty (0 bytes)", copy_again);
  if (const auto problem = riff_problem(bytes)) fail(name, *problem, copy_again);

  Memory memory{bytes};
  SF_VIRTUAL_IO io{memory_length, memory_seek, memory_read, nullptr, memory_tell};
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open_virtual(&io, SFM_READ, &info, &memory),
                                                         &sf_close);
  if (!file) {
    std::string why = sf_strerror(nullptr);
    while (!why.empty() && (why.back() == '.' || why.back() == '\n')) why.pop_back();
    fail(name, "this is not audio that can be read (libsndfile: " + why + ")", convert_it);
  }
  if (info.samplerate < lowest_rate_hz || info.samplerate > highest_rate_hz)
    fail(name,
         "the header gives a sample rate of " + std::to_string(info.samplerate) + " Hz; speech needs " +
             std::to_string(lowest_rate_hz) + " to " + std::to_string(highest_rate_hz),
         convert_it);
  if (info.channels < 1) fail(name, "the header gives no channel", convert_it);

  Audio audio{info.samplerate, {}};
  const auto channels = static_cast<std::size_t>(info.channels);
  const auto longest = static_cast<std::size_t>(longest_seconds * info.samplerate);
  std::vector<float> block(std::max<std::size_t>(1, 65536 / channels) * channels);
  for (;;) {
    const sf_count_t frames =
        sf_readf_float(file.get(), block.data(), static_cast<sf_count_t>(block.size() / channels));
    if (frames <= 0) break;
    for (std::size_t f = 0; f < static_cast<std::size_t>(frames); ++f) {
      double sum = 0;
      for (std::size_t c = 0; c < channels; ++c) sum += block[f * channels + c];
      const auto value = static_cast<float>(sum / static_cast<double>(channels));
      if (!std::isfinite(value))
        fail(name, "sample " + std::to_string(audio.samples.size()) + " is not a finite number", copy_again);
      audio.samples.push_back(value);
    }
    if (audio.samples.size() > longest)
      fail(name, "the audio lasts more than four hours", "cut it into clips and name those");
  }
  if (sf_error(file.get()) != SF_ERR_NO_ERROR)
    fail(name, std::string("reading stopped with an error (libsndfile: ") + sf_strerror(file.get()) + ")",
         copy_again);
  if (audio.samples.empty()) fail(name, "the file holds a header but no samples", copy_again);
  // Formats with a frame count in the header (FLAC, AIFF); the count is unknown (maximum) in streams.
  if (info.frames < SF_COUNT_MAX && static_cast<sf_count_t>(audio.samples.size()) < info.frames)
    fail(name,
         "the header promises " + std::to_string(info.frames) + " frames and the file holds " +
             std::to_string(audio.samples.size()) + ": the file is cut short or its header is broken",
         copy_again);
  return audio;
}

Audio decode_audio(const std::string& path) {
  std::error_code ec;
  const auto status = std::filesystem::status(path, ec);
  if (!std::filesystem::exists(status))
    fail(path, "the audio file is missing", "put it there or correct the path");
  if (!std::filesystem::is_regular_file(status)) fail(path, "this is not a file", "name a file of audio");
  return decode_audio_bytes(read_file(path), path);
}

std::vector<float> load_speech(const std::string& path) {
  const Audio audio = decode_audio(path);
  return resample(audio.samples, audio.rate_hz, speech_rate_hz);
}

}  // namespace undertone
