"""A small GGUF with every tensor type and metadata type that is read, written by the gguf package (0.19.0), and what that
package dequantises from it, as safetensors: python3 make_gguf_types.py OUT_FOLDER [ROWS]
Rows (default 4) of 512 elements; a larger number makes a thorough comparison at development time."""
import sys

import numpy as np
from gguf import GGUFReader, GGUFWriter, GGMLQuantizationType as Type, dequantize
from gguf.constants import GGML_QUANT_SIZES
from safetensors.numpy import save_file

folder, rows, row = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4, 512
rng = np.random.default_rng(20261124)
# Bytes at which a block of each quantised type has a float16 scale.
SCALES = {Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q4_K: [0, 2], Type.Q6_K: [208]}


def finite_halves(n):
    """Every sign and exponent but infinity and NaN; subnormals and zeros of both signs among them."""
    bits = rng.integers(0, 0x7C00, n, dtype=np.uint16) | (rng.integers(0, 2, n, dtype=np.uint16) << np.uint16(15))
    bits[:4] = [0x0000, 0x8000, 0x8001, 0x7BFF]
    return bits


writer = GGUFWriter(folder + "/types.gguf", "llama")
for kind in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"):
    info = np.iinfo(kind)
    getattr(writer, "add_" + kind)("test." + kind, int(info.min if info.min < 0 else info.max))
writer.add_float32("test.float32", 0.1)
writer.add_float64("test.float64", 0.1)
writer.add_bool("test.bool", True)
writer.add_string("test.string", "grüße")
writer.add_array("test.integers", [-1, 0, 7])
writer.add_array("test.floats", [0.5, -2.25])
writer.add_array("test.bools", [True, False])
writer.add_array("test.strings", ["", "a", "Ġb"])
for kind, places in SCALES.items():
    elements, size = GGML_QUANT_SIZES[kind]
    n = rows * row // elements
    blocks = rng.integers(0, 256, (n, size), dtype=np.uint8)
    for at in places:
        blocks[:, at : at + 2] = finite_halves(n).astype("<u2").view(np.uint8).reshape(n, 2)
    writer.add_tensor("quantised." + kind.name, blocks.reshape(rows, -1), raw_dtype=kind)
writer.add_tensor("plain.F32", rng.standard_normal((2, 3), dtype=np.float32))
writer.add_tensor("plain.F16", rng.standard_normal((1, 2, 5)).astype(np.float16))
writer.add_tensor("plain.BF16", rng.integers(0, 0x7F80, (3,), dtype=np.uint16).view(np.uint8), raw_dtype=Type.BF16)
writer.add_tensor("plain.F64", rng.standard_normal((4,)))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

expected = {}
for t in GGUFReader(folder + "/types.gguf").tensors:
    data = t.data.astype(np.float32) if t.tensor_type == Type.F64 else dequantize(t.data, t.tensor_type)
    expected[t.name] = np.ascontiguousarray(data, dtype=np.float32).reshape([int(d) for d in reversed(t.shape)])
save_file(expected, folder + "/types.safetensors")
