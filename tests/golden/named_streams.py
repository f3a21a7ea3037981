"""The named random streams of harness/core/random.h in Python, so that a fixture can leave its inputs to both sides.

Philox4x32-10 (Salmon et al. 2011), keyed by the SHA-256 of the stream's name. Only draws that are exact in both languages
are here: whole numbers and uniform ones.
"""
import hashlib

MASK = 0xFFFFFFFF


def _philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(second >> 32) ^ c[1] ^ k[0], second & MASK, (first >> 32) ^ c[3] ^ k[1], first & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


class Stream:
    def __init__(self, name, substream=0):
        digest = hashlib.sha256(name.encode()).hexdigest()
        word = [int(digest[8 * i:8 * i + 8], 16) for i in range(4)]
        self.key = word[:2]
        self.high = [(substream & MASK) ^ word[2], (substream >> 32) ^ word[3]]
        self.block, self.left = 0, []

    def u32(self):
        if not self.left:
            self.left = _philox([self.block & MASK, self.block >> 32, *self.high], self.key)
            self.block += 1
        return self.left.pop(0)

    def u64(self):
        low = self.u32()
        return low | self.u32() << 32

    def uniform(self):
        return (self.u64() >> 11) * 2.0 ** -53

    def below(self, n):
        m = self.u64() * n
        if m % 2 ** 64 < n:
            threshold = (2 ** 64 - n) % n
            while m % 2 ** 64 < threshold:
                m = self.u64() * n
        return m >> 64
