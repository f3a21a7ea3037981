"""Makes log_mel_reference.json: Whisper's log-mel by Transformers' WhisperFeatureExtractor (NumPy path), subsampled.

Run in an environment with transformers, torch and soundfile: python make_log_mel_reference.py
The test makes the same inputs by the same formulas; spoken.flac was spoken by undertone-synth.
Prints the largest difference between the extractor's NumPy and torch paths, for comparison with the test's bound.
"""
import json
import os

import numpy as np
import soundfile
from transformers import WhisperFeatureExtractor

HERE = os.path.dirname(os.path.abspath(__file__))
RATE = 16000


def noise(n, seed):
    """Uniform in [-0.5, 0.5): the upper 24 bits of a 32-bit linear congruential generator (Numerical Recipes)."""
    out, state = np.empty(n), seed
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = (state >> 8) / 2**24 - 0.5
    return out


def case_inputs():
    t = np.arange(30 * RATE)
    yield "silence", np.zeros(2 * RATE)
    yield "clipping_square", np.where(np.arange(3 * RATE) * 880 // RATE % 2 == 0, 1.0, -1.0)
    yield "spoken", soundfile.read(os.path.join(HERE, "spoken.flac"))[0]
    quiet = 0.002 * noise(2 * RATE, 7)
    quiet[RATE] = 0.9
    yield "quiet_noise_2s", quiet
    chirp = 0.3 * np.sin(2 * np.pi * (100 * t / RATE + 0.5 * 250 * (t / RATE) ** 2))
    yield "chirp_30s", chirp + 0.1 * noise(30 * RATE, 11)
    yield "short", noise(1000, 3)
    yield "shorter_than_padding", noise(165, 5)


def main():
    extractors = {m: WhisperFeatureExtractor(feature_size=m) for m in (80, 128)}
    cases = []
    for name, samples in case_inputs():
        x = samples.astype(np.float32)
        for mels, padded in ((80, False), (80, True), (128, False)):
            if padded and len(x) >= 30 * RATE:
                continue
            e = extractors[mels]
            y = np.concatenate([x, np.zeros(30 * RATE - len(x), np.float32)]) if padded else x
            reference = e._np_extract_fbank_features([y], "cpu")[0]
            if len(y) > 200:
                other = e._torch_extract_fbank_features(y)
                print(name, mels, "padded" if padded else "", "numpy against torch:", np.abs(reference - other).max())
            frames = reference.shape[1]
            mel_step, frame_step = 11, max(1, frames // 16)
            cases.append({
                "name": name, "samples": len(x), "mels": mels, "padded": padded, "frames": frames,
                "mean": float(reference.mean(dtype=np.float64)), "max": float(reference.max()), "min": float(reference.min()),
                "mel_step": mel_step, "frame_step": frame_step,
                "values": [[round(float(v), 6) for v in row[::frame_step]] for row in reference[::mel_step]],
            })
    with open(os.path.join(HERE, "log_mel_reference.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
