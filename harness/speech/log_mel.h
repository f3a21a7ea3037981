// Log-mel spectrogram exactly as Whisper's reference computes it (Radford et al. 2022; openai/whisper
// audio.py): frames of 400 samples every 160, periodic Hann window, centred with reflected edges, power
// spectrum, Slaney mel filters, log10 floored at 1e-10 and at 8 below the maximum, then (x + 4) / 4. The
// reference drops the last frame; so does this.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace undertone {

struct LogMel {
  int mels = 80;
  int frames = 0;             // samples / 160, rounded down: 100 a second
  std::vector<float> values;  // [mels][frames]
};

// `samples` at 16 kHz; mels is 80, or 128 for Whisper large-v3. Fewer than 160 samples have no frame. The
// floor depends on the maximum over all frames, so padding changes values: whoever wants the reference's
// result for a short clip pads first.
LogMel log_mel(std::span<const float> samples_16k, int mels = 80);

// The reference's 30 s window: zeros are appended, or the end is cut.
inline constexpr std::size_t whisper_window_samples = 480000;
std::vector<float> pad_or_trim(std::span<const float> samples, std::size_t length = whisper_window_samples);

// Slaney's mel filter bank (area-normalised triangles over 0 to 8 kHz), [mels][201] for the bins of a
// 400-point transform at 16 kHz. As librosa.filters.mel(sr=16000, n_fft=400, n_mels=mels).
std::vector<double> mel_filters(int mels);

}  // namespace undertone
