// Speech small enough to live inside a page.
#pragma once

#include <span>
#include <string>

#include "harness/speech/audio.h"

namespace undertone {

// Ogg Opus of 16 kHz mono speech, 24 kbit/s, about 3 KB a second; the same samples give the same bytes (the
// stream's serial number and comments are fixed). Throws Error{data} when the encoder refuses.
std::string opus_bytes(std::span<const float> samples);

// "data:audio/ogg;codecs=opus;base64,..." of an audio file. Throws Error{data} as decode_audio does.
std::string audio_data_uri(const std::string& path);

}  // namespace undertone
