"""Digest of every tensor of a GGUF file, dequantised to float32 by the gguf package (0.19.0) and numpy:
python3 make_gguf_digests.py MODEL.gguf OUT.json
The test weights_gguf_test.cc computes the same digests with to_f32()."""
import hashlib
import sys

import numpy as np
from gguf import GGUFReader, dequantize

reader = GGUFReader(sys.argv[1])
with open(sys.argv[1], "rb") as f:
    file_digest = hashlib.sha256(f.read()).hexdigest()
rows = []
for t in sorted(reader.tensors, key=lambda t: t.name):
    shape = [int(d) for d in reversed(t.shape)]  # row-major
    values = np.ascontiguousarray(dequantize(t.data, t.tensor_type), dtype="<f4")
    assert values.size == int(np.prod(shape)), t.name
    row = '["%s", "%s", %s, "%s"]' % (t.name, t.tensor_type.name, shape, hashlib.sha256(values.tobytes()).hexdigest())
    rows.append("  " + row)
with open(sys.argv[2], "w") as out:
    out.write('{"sha256": "%s", "tensors": [\n%s\n]}\n' % (file_digest, ",\n".join(rows)))
