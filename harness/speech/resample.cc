#include <soxr.h>

#include <cmath>

#include "harness/core/error.h"
#include "harness/speech/audio.h"

namespace undertone {

std::vector<float> resample(std::span<const float> samples, int from_hz, int to_hz) {
  if (from_hz < 1 || to_hz < 1) throw Error(ErrorKind::data, "a sample rate must be positive");
  if (from_hz == to_hz || samples.empty()) return {samples.begin(), samples.end()};
  const double ratio = static_cast<double>(to_hz) / from_hz;
  std::vector<float> out(static_cast<std::size_t>(std::ceil(static_cast<double>(samples.size()) * ratio)) +
                         64);
  const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
  std::size_t read = 0, written = 0;
  const soxr_error_t error = soxr_oneshot(from_hz, to_hz, 1, samples.data(), samples.size(), &read,
                                          out.data(), out.size(), &written, &io, &quality, &runtime);
  if (error) throw Error(ErrorKind::internal, std::string("resampling failed (soxr: ") + error + ")");
  out.resize(written);
  return out;
}

}  // namespace undertone
