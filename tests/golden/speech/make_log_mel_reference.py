"""Makes log_mel_reference.json: Whisper's log-mel by Transformers' WhisperFeatureExtractor (NumPy path), subsampled.

Run in an environment with transformers, torch and soundfile: python make_log_mel_reference.py
The test makes the same inputs by the same formulas; spoken.flac was spoken by undertone-synth.
With the folder of EmoDB (real speech; the WAV files are not copied) as argument it makes log_mel_emodb.json as well,
of one clip, more densely.
Prints the largest difference between the extractor's NumPy and torch paths, for comparison with the test's bound.
"""
import json
import os
import sys

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


def reference_cases(inputs, mel_step, columns):
    """Per input, unpadded and padded to 30 s: every mel_step-th row, and about `columns` columns, of the extractor's output."""
    extractors = {m: WhisperFeatureExtractor(feature_size=m) for m in (80, 128)}
    cases = []
    for name, samples in inputs:
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
            frame_step = max(1, frames // columns)
            cases.append({
                "name": name, "samples": len(x), "mels": mels, "padded": padded, "frames": frames,
                "mean": float(reference.mean(dtype=np.float64)), "max": float(reference.max()), "min": float(reference.min()),
                "mel_step": mel_step, "frame_step": frame_step,
                "values": [[round(float(v), 6) for v in row[::frame_step]] for row in reference[::mel_step]],
            })
    return cases


def write(name, cases):
    with open(os.path.join(HERE, name), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


def main():
    write("log_mel_reference.json", reference_cases(case_inputs(), 11, 16))
    if len(sys.argv) > 1:
        clip = "Angry/03a01Wa.wav"
        samples, rate = soundfile.read(os.path.join(sys.argv[1], clip))
        assert rate == RATE
        write("log_mel_emodb.json", reference_cases([(clip, samples)], 5, 60))


main()
