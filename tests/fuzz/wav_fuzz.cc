// Any bytes: decoding gives finite samples at a sane rate, or Error{data}; resampling what was decoded does
// not fail.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/core/error.h"
#include "harness/speech/audio.h"

// Debian's decoders leak on some malformed Ogg files; a leak of ours would still be found.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libvorbis\nleak:libogg\nleak:libopus\nleak:libFLAC\n";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  try {
    const Audio audio = decode_audio_bytes({reinterpret_cast<const char*>(data), size}, "fuzz");
    if (audio.samples.empty() || audio.rate_hz < 4000) std::abort();
    for (const float v : audio.samples)
      if (!std::isfinite(v)) std::abort();
    if (audio.samples.size() < 100000) resample(audio.samples, audio.rate_hz, speech_rate_hz);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::data) std::abort();
  }
  return 0;
}
