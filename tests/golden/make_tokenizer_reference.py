"""Ids and texts of byte-level BPE and SentencePiece, made with tokenizers 0.23.3, sentencepiece 0.2.3 and gguf 0.19.0.

Usage:
  make_tokenizer_reference.py small FOLDER            trains small vocabularies and writes them with their reference
  make_tokenizer_reference.py of FILE OUT COUNT       reference of a vocabulary: MODEL.gguf, tokenizer.json, tokenizer.model

Large references are not committed. What was compared, on 2026-11-24, of 100,000 strings each (seed 11):
  SmolLM2-135M-Instruct's GGUF (b179c952...)  SHA-256 78f12203b69d1d6cda20908df75ac91adbfd2a85e9b36cef53d58ce7b3f6520d  all equal
  tokenizers/bpe_gpt2.json                   SHA-256 9381ea035b8f72dad5f4ed9efece4e001ab51b72d48a279d133434eeb86053c0  all equal
  tokenizers/sentencepiece.model             SHA-256 f57a2769f018e432273dc1a23404bd7de1dd5ca8b8db489c20a8af1ee59d6800  all equal
UNDERTONE_TEST_TOKENS names such a file for the test of SmolLM2's vocabulary (tests/golden/model_tokenizer_test.cc).

Each line of a reference is {"kind", "hex": the bytes, "special": whether special tokens are parsed, "ids", "text"};
"text" is what the ids decode to, left out where it is the string itself with U+FFFD for broken bytes.

How bytes that are not UTF-8 reach a reference: tokenizers takes text, so they are replaced first as Python's
errors="replace" does; sentencepiece takes bytes and replaces by itself.
"""

import hashlib
import json
import random
import sys
from pathlib import Path

from tokenizer_strata import EMOJI, ENGLISH, draw


class Bpe:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def ids(self, data, special):
        self.tokenizer.encode_special_tokens = not special
        return self.tokenizer.encode(data.decode("utf-8", "replace"), add_special_tokens=False).ids

    def text(self, ids):
        return self.tokenizer.decode(ids, skip_special_tokens=True)


class SentencePiece:
    """Control tokens by name are no matter of the library: the string is cut at them here, longest name first."""

    def __init__(self, processor):
        self.processor = processor
        self.names = {processor.id_to_piece(i).encode(): i for i in range(processor.get_piece_size()) if processor.is_control(i)}

    def ids(self, data, special):
        out, start = [], 0
        at = 0
        while special and at < len(data):
            name = max((n for n in self.names if data.startswith(n, at)), key=len, default=None)
            if name is None:
                at += 1
                continue
            out += self.processor.encode(data[start:at]) + [self.names[name]]
            at = start = at + len(name)
        return out + self.processor.encode(data[start:])

    def text(self, ids):
        return self.processor.decode(ids)


def lines(reference, count, seed, names, longest):
    for kind, data, special in draw(count, seed, names, longest):
        ids = reference.ids(data, special)
        line = {"kind": kind, "hex": data.hex(), "special": special, "ids": ids}
        text = reference.text(ids)
        if text != data.decode("utf-8", "replace"):
            line["text"] = text
        yield line


def write(path, rows):
    digest = hashlib.sha256()
    count = 0
    with open(path, "wb") as out:
        for row in rows:
            line = (json.dumps(row, separators=(",", ":")) + "\n").encode()
            digest.update(line)
            out.write(line)
            count += 1
    print(f"{path}: {count} strings, SHA-256 {digest.hexdigest()}")


def byte_level(digits):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE())
    byte = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte]) if digits else byte
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def corpus():
    r = random.Random(7)
    for kind, data, _ in draw(3000, 7, ["<|im_start|>"], 2):
        if kind not in ("invalid UTF-8", "special tokens", "any character", "long words"):
            yield data.decode().replace("\x00", "")
    for _ in range(2000):
        yield " ".join(r.choice(ENGLISH) for _ in range(12)) + r.choice(["\n\n", ".", " " + r.choice(EMOJI)])


def small(folder):
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2
    from tokenizers import AddedToken, pre_tokenizers, trainers

    names = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
    for name, digits, alphabet in (("bpe_smollm", True, None), ("bpe_gpt2", False, pre_tokenizers.ByteLevel.alphabet())):
        tokenizer = byte_level(digits)
        # Without a fixed alphabet some bytes have no token, as in SmolLM's vocabulary; the reference leaves them out.
        tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(
            vocab_size=900, special_tokens=names, initial_alphabet=alphabet or [], show_progress=False))
        if not digits:
            tokenizer.add_tokens([AddedToken("<speaker>", normalized=False)])  # found in every text, and no special token
        tokenizer.save(str(folder / f"{name}.json"), pretty=False)
        write(folder / f"{name}.jsonl", lines(Bpe(tokenizer), 220, 1, names + ["<speaker>"], 2.5))

    controls = ["<start_of_turn>", "<end_of_turn>"]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(c.replace("\n", " \n ") for c in corpus()), model_prefix=str(folder / "sentencepiece"), model_type="bpe", vocab_size=2000,
        character_coverage=0.985, byte_fallback=True, normalization_rule_name="identity", add_dummy_prefix=False,
        remove_extra_whitespaces=False, split_digits=True, pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>",
        eos_piece="<eos>", bos_piece="<bos>", control_symbols=controls, max_sentence_length=100000,
        user_defined_symbols=["<mask>", "\n", "\n\n", "\t", "\u2581\u2581", "\u2581\u2581\u2581", "<b>"], minloglevel=2)
    (folder / "sentencepiece.vocab").unlink()
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString((folder / "sentencepiece.model").read_bytes())
    proto.trainer_spec.ClearField("model_prefix")  # a path
    (folder / "sentencepiece.model").write_bytes(proto.SerializeToString())
    names = controls + ["<bos>", "<mask>", "<b>"]
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))
    write(folder / "sentencepiece.jsonl", lines(SentencePiece(processor), 220, 2, names, 2.5))
    # The same with a dummy prefix, as Llama 2 has it.
    proto.normalizer_spec.add_dummy_prefix = True
    prefixed = sentencepiece.SentencePieceProcessor()
    prefixed.LoadFromSerializedProto(proto.SerializeToString())
    write(folder / "sentencepiece_prefixed.jsonl", lines(SentencePiece(prefixed), 110, 3, names, 2))


def from_gguf(path):
    """The reference of a GGUF's vocabulary, and the names of its control tokens."""
    import gguf

    fields = gguf.GGUFReader(path).fields
    value = lambda key: fields["tokenizer.ggml." + key].contents()
    tokens, types = value("tokens"), value("token_type")
    controls = [t for t, k in zip(tokens, types) if k == 3]
    if value("model") == "gpt2":
        from tokenizers import AddedToken, models

        tokenizer = byte_level(digits={"smollm": True, "gpt-2": False}[value("pre")])
        tokenizer.model = models.BPE(vocab={t: i for i, t in enumerate(tokens)},
                                     merges=[tuple(m.split(" ")) for m in value("merges")])
        tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in controls])
        assert tokenizer.get_vocab_size() == len(tokens)
        return Bpe(tokenizer), controls
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()
    for token, score, kind in zip(tokens, value("scores"), types):
        proto.pieces.add(piece=token.replace(" ", "\u2581"), score=score, type=kind)
    proto.trainer_spec.model_type = 2
    proto.trainer_spec.byte_fallback = 6 in types
    proto.normalizer_spec.add_dummy_prefix = value("add_space_prefix")
    proto.normalizer_spec.remove_extra_whitespaces = False
    processor = sentencepiece.SentencePieceProcessor()
    processor.LoadFromSerializedProto(proto.SerializeToString())
    return SentencePiece(processor), controls


def reference_of(path):
    if path.endswith(".gguf"):
        return from_gguf(path)
    if path.endswith(".json"):
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(path)
        return Bpe(tokenizer), [t.content for t in tokenizer.get_added_tokens_decoder().values()]
    import sentencepiece

    reference = SentencePiece(sentencepiece.SentencePieceProcessor(model_file=path))
    return reference, [n.decode() for n in reference.names]


def main():
    what = sys.argv[1]
    if what == "small":
        small(Path(sys.argv[2]))
    else:
        reference, names = reference_of(sys.argv[2])
        count = int(sys.argv[4])
        write(sys.argv[3], lines(reference, count, 11, names[:12], 2.5 if count < 1000 else 4))


main()
