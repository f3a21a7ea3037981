#include "reports/page_audio.h"

#include <opusenc.h>

#include <memory>

#include "harness/core/base64.h"
#include "harness/core/error.h"

namespace undertone {
namespace {

constexpr int kBitsPerSecond = 24000;
constexpr int kComplexity = 5;  // of 10: half the time, and no ear tells it from 10 in speech at this rate

int append(void* bytes, const unsigned char* data, opus_int32 n) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(n));
  return 0;
}
int finish(void*) { return 0; }

void need(int code) {
  if (code != OPE_OK)
    throw Error(ErrorKind::data,
                std::string("audio for the page could not be encoded: ") + ope_strerror(code), "libopusenc",
                "write the report without audio (max_audio_clips 0)");
}

}  // namespace

std::string opus_bytes(std::span<const float> samples) {
  std::string bytes;
  const OpusEncCallbacks callbacks{append, finish};
  const std::unique_ptr<OggOpusComments, void (*)(OggOpusComments*)> comments(ope_comments_create(),
                                                                              ope_comments_destroy);
  int code = OPE_OK;
  const std::unique_ptr<OggOpusEnc, void (*)(OggOpusEnc*)> encoder(
      ope_encoder_create_callbacks(&callbacks, &bytes, comments.get(), speech_rate_hz, 1, 0, &code),
      ope_encoder_destroy);
  need(code);
  // libopusenc draws the serial number at random otherwise: the page would differ each time.
  need(ope_encoder_ctl(encoder.get(), OPE_SET_SERIALNO(1)));
  need(ope_encoder_ctl(encoder.get(), OPUS_SET_BITRATE(kBitsPerSecond)));
  need(ope_encoder_ctl(encoder.get(), OPUS_SET_COMPLEXITY(kComplexity)));
  need(ope_encoder_write_float(encoder.get(), samples.data(), static_cast<int>(samples.size())));
  need(ope_encoder_drain(encoder.get()));
  return bytes;
}

std::string audio_data_uri(const std::string& path) {
  return "data:audio/ogg;codecs=opus;base64," + base64(opus_bytes(load_speech(path)));
}

}  // namespace undertone
