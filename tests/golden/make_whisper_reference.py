"""Reference outputs of the Whisper encoder, made with transformers on the pinned weights.

Usage: make_whisper_reference.py MODEL.BIN OUTPUT.safetensors
Needs torch, transformers and safetensors. Reads the CTranslate2 file, loads its tensors into transformers' WhisperEncoder
(eager attention, float32) and writes, for an input padded to 30 s and for shorter ones, what each layer gives, subsampled.
The input is a formula (see mel() here and in tests/golden/model_whisper_encoder_test.cc), so that no audio need be kept.
For shorter input the positions are sliced, which is all that transformers' check of the length forbids.
"""

import struct
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperEncoder

DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
MEL_FRAMES = [3000, 250, 100]
ROWS = 16  # frames kept of each output
STRIDE = 8  # every eighth channel


def read_ctranslate2(path):
    raw = open(path, "rb").read()
    at = 0

    def number(code):
        nonlocal at
        value = struct.unpack_from("<" + code, raw, at)[0]
        at += struct.calcsize("<" + code)
        return value

    def text():
        nonlocal at
        size = number("H")
        at += size
        return raw[at - size : at - 1].decode()

    assert number("I") == 6 and text() == "WhisperSpec"
    number("I")
    tensors = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        dtype = DTYPES[number("B")]
        size = number("I")
        tensors[name] = np.frombuffer(raw, dtype, size // np.dtype(dtype).itemsize, at).reshape(shape)
        at += size
    return tensors


def state_dict(tensors):
    out = {}

    def put(name, value):
        out[name] = torch.from_numpy(np.array(value)).float()

    for conv in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            put(f"{conv}.{part}", tensors[f"encoder/{conv}/{part}"])
    put("embed_positions.weight", tensors["encoder/position_encodings/encodings"])
    norm = {"weight": "gamma", "bias": "beta"}
    for part, source in norm.items():
        put(f"layer_norm.{part}", tensors[f"encoder/layer_norm/{source}"])
    for i in range(6):
        mine, theirs = f"layers.{i}.", f"encoder/layer_{i}/"
        for part, source in norm.items():
            put(f"{mine}self_attn_layer_norm.{part}", tensors[f"{theirs}self_attention/layer_norm/{source}"])
            put(f"{mine}final_layer_norm.{part}", tensors[f"{theirs}ffn/layer_norm/{source}"])
        for part in ("weight", "bias"):
            q, k, v = np.split(tensors[f"{theirs}self_attention/linear_0/{part}"], 3)
            put(f"{mine}self_attn.q_proj.{part}", q)
            put(f"{mine}self_attn.v_proj.{part}", v)
            if part == "weight":
                put(f"{mine}self_attn.k_proj.{part}", k)
            else:
                assert not np.any(k), "keys have no bias in Whisper"
            put(f"{mine}self_attn.out_proj.{part}", tensors[f"{theirs}self_attention/linear_1/{part}"])
            put(f"{mine}fc1.{part}", tensors[f"{theirs}ffn/linear_0/{part}"])
            put(f"{mine}fc2.{part}", tensors[f"{theirs}ffn/linear_1/{part}"])
    return out


def mel(frames):
    """[1, 80, frames] in the range of a log-mel; exact in float32 on every machine: integers and halvings only."""
    m = np.arange(80, dtype=np.int64)[:, None]
    t = np.arange(frames, dtype=np.int64)[None, :]
    value = ((m * m * 7 + t * (m + 3) * 5 + (t * t) // 11) % 257).astype(np.float32)
    return torch.from_numpy(value / 128 - 1)[None]


def main():
    config = WhisperConfig(
        d_model=512, encoder_layers=6, encoder_attention_heads=8, encoder_ffn_dim=2048, num_mel_bins=80,
        max_source_positions=1500, attn_implementation="eager", activation_function="gelu", dropout=0.0,
    )
    encoder = WhisperEncoder(config).eval()
    weights = state_dict(read_ctranslate2(sys.argv[1]))
    encoder.load_state_dict(weights)
    out = {}
    for frames in MEL_FRAMES:
        length = (frames + 1) // 2
        encoder.embed_positions = torch.nn.Embedding(length, 512)
        encoder.embed_positions.weight.data = weights["embed_positions.weight"][:length].clone()
        encoder.max_source_positions = encoder.config.max_source_positions = length
        states = []
        handles = [layer.register_forward_pre_hook(lambda _, args, kw: states.append((args[0] if args else kw["hidden_states"]).clone()), with_kwargs=True)
                   for layer in encoder.layers[:1]]
        handles += [layer.register_forward_hook(lambda _, __, o: states.append((o[0] if isinstance(o, tuple) else o).clone()))
                    for layer in encoder.layers]
        with torch.inference_mode():
            final = encoder(mel(frames)).last_hidden_state
        for handle in handles:
            handle.remove()
        states.append(final)
        rows = torch.linspace(0, length - 1, ROWS).long()
        for i, state in enumerate(states):
            assert state.shape == (1, length, 512), state.shape
            out[f"mel{frames}.{i}"] = state[0, rows, ::STRIDE].contiguous()
            out[f"mel{frames}.{i}.largest"] = state.abs().max().reshape(1)
        out[f"mel{frames}.rows"] = rows
    save_file(out, sys.argv[2])


main()
