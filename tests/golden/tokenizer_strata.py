"""Random strings in strata that tokenizers find hard. Used by make_tokenizer_reference.py; same seed, same strings.

Every string is bytes, since one stratum is not UTF-8. Characters that Unicode 14 does not assign are left out: PCRE2 and
the references carry tables of different versions, so such a character may be a letter to one and a mark to the other.
"""

import random
import unicodedata

SCRIPTS = [  # ranges of letters, marks among them
    (0x61, 0x7A), (0x41, 0x5A), (0xC0, 0x17F), (0x1E00, 0x1EFF), (0x370, 0x3FF), (0x400, 0x4FF), (0x530, 0x58F),
    (0x5D0, 0x5EA), (0x620, 0x6FF), (0x900, 0x97F), (0x980, 0x9FF), (0xB80, 0xBFF), (0xE00, 0xE7F), (0xF00, 0xFBC),
    (0x10A0, 0x10FF), (0x1200, 0x137F), (0x1780, 0x17FF), (0x3041, 0x3096), (0x30A0, 0x30FF), (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3), (0x300, 0x36F), (0x10330, 0x1034A), (0x1D400, 0x1D7FF), (0x20000, 0x2A6DF), (0xFF01, 0xFF9F),
]
SPACES = [" ", "  ", "   ", " " * 8, "\t", "\n", "\n\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x1f", "\x85", "\xa0", "\u1680",
          "\u180e", "\u2000", "\u2003", "\u200a", "\u200b", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff"]
NUMERALS = list("0123456789") * 3 + list("٠١٢٣٤٥٦٧٨٩०१२३½¼²³¹ⅣⅧⅻ①⑩〇〡一二〸𝟘𝟙𐄇౸৹")
MARKS = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + list("–—…“”‘’«»¿¡§¶©®™°±×÷€£¥₹∑∞≤√→⇒■▁⁇‽、。・「」（）！？")
EMOJI = ["😀", "👍", "👍🏽", "👩\u200d👩\u200d👧", "🇩🇪", "🇯🇵", "☕️", "❤️", "🏳️\u200d🌈", "1️⃣", "#️⃣", "🫠", "🧑🏿\u200d🚀", "♂️"]
ENGLISH = ("the a to of and in is it you that he was for on are with as I his they be at one have this from or had by hot "
           "word but what some we can out other were all there when up use your how said an each she speaker sounds "
           "angry happy sad surprised voice station train cancelled Question Answer Speech emotion "
           "antidisestablishmentarianism rhythm I'm you're they've he'd we'll it's don't CAN'T I'M O'Neill 's 're").split()


def assigned(code):
    return unicodedata.category(chr(code)) not in ("Cn", "Cs")


def letters(r, n):
    low, high = r.choice(SCRIPTS)
    return "".join(chr(c) for c in (r.randint(low, high) for _ in range(n)) if assigned(c))


def any_character(r):
    while True:
        code = r.choice((r.randint(0, 0xFF), r.randint(0, 0x2FFF), r.randint(0, 0xFFFF), r.randint(0x10000, 0x1FFFF),
                         r.randint(0, 0x10FFFF)))
        if assigned(code):
            return chr(code)


def sentence(r):
    words = [r.choice(ENGLISH) for _ in range(r.randint(1, 25))]
    return "".join(w.capitalize() * (r.random() < 0.1) or w for w in
                   (w + r.choice((" ", " ", " ", " ", ", ", ". ", "? ", "-", "'", "\n")) for w in words))


def broken(r):
    kind = r.randrange(4)
    if kind == 0:
        return bytes(r.randrange(256) for _ in range(r.randint(1, 60)))
    text = bytearray((sentence(r) + letters(r, 10) + r.choice(EMOJI)).encode())
    if kind == 1:  # a few bytes changed
        for _ in range(r.randint(1, 5)):
            text[r.randrange(len(text))] = r.randrange(256)
        return bytes(text)
    if kind == 2:  # cut anywhere
        return bytes(text[r.randrange(len(text)):][: r.randint(1, 80)])
    parts = [b"\xc0\x80", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80",
             b"\xff", b"\xfe", b"\x80", b"\xf0\x9f", b"\xf0\x9f\x98", b"\xe2\x82", b"a", b" ", "é".encode(), "😀".encode()]
    return b"".join(r.choice(parts) for _ in range(r.randint(1, 12)))


def specials(r, names):
    parts = list(names) + [n[:-1] for n in names[:3]] + [n[1:] for n in names[:3]] + ["<", "|>", "<|", " ", "\n", "user\n"]
    return "".join(r.choice(parts) if r.random() < 0.6 else r.choice(ENGLISH) for _ in range(r.randint(1, 12)))


def long_word(r, most):
    n = int(10 ** r.uniform(2, most))
    kind = r.randrange(5)
    if kind == 0:
        return r.choice("ax. \t\né界😀") * n
    if kind == 1:
        return letters(r, n)
    if kind == 2:
        return "".join(r.choice("ab") for _ in range(n))
    if kind == 3:
        return "".join(r.choice(MARKS) for _ in range(n))
    return ("".join(r.choice(ENGLISH) for _ in range(n // 4 + 1)))[:n]


def strata(names, longest):
    """Name -> function of a random.Random that gives bytes. `names` are the special tokens, 10 ** longest the longest word."""
    mixed = lambda r, lists, n: "".join(r.choice(r.choice(lists)) for _ in range(r.randint(1, n)))
    return {
        "english": lambda r: sentence(r).encode(),
        "scripts": lambda r: " ".join(letters(r, r.randint(1, 12)) for _ in range(r.randint(1, 8))).encode(),
        "mixed scripts": lambda r: mixed(r, [[letters(r, 3)], [letters(r, 2)], MARKS, NUMERALS, [" "]], 30).encode(),
        "emoji": lambda r: mixed(r, [EMOJI, EMOJI, [" ", "a", "\ufe0f", "\u200d"]], 15).encode(),
        "digits": lambda r: mixed(r, [NUMERALS, NUMERALS, SPACES, [".", ",", "-", "a", "'s", "x"]], 25).encode(),
        "white space": lambda r: mixed(r, [SPACES, SPACES, ENGLISH, MARKS, NUMERALS], 25).encode(),
        "marks": lambda r: mixed(r, [MARKS, MARKS, ENGLISH, SPACES], 30).encode(),
        "special tokens": lambda r: specials(r, names).encode(),
        "any character": lambda r: "".join(any_character(r) for _ in range(r.randint(1, 40))).encode(),
        "invalid UTF-8": broken,
        "long words": lambda r: long_word(r, longest).encode(),
    }


# Share of each stratum; long words cost most.
WEIGHTS = {"long words": 0.3, "english": 2.0, "special tokens": 1.5, "invalid UTF-8": 1.5}


def draw(count, seed, names, longest=4):
    """(stratum, bytes, special) for `count` strings; special tokens are asked for in half of the cases."""
    r = random.Random(seed)
    table = strata(names, longest)
    kinds = list(table)
    for kind in r.choices(kinds, [WEIGHTS.get(k, 1.0) for k in kinds], k=count):
        yield kind, table[kind](r), r.random() < 0.5
