"""Token ids and pairwise cosines of all-MiniLM-L6-v2, made with tokenizers and transformers (BertModel, mean pooling, norm).

Usage: make_minilm_reference.py FOLDER OUTPUT.json
FOLDER holds model.safetensors, config.json and tokenizer.json.
"""

import json
import sys

import torch
from tokenizers import Tokenizer
from transformers import BertModel

TEXTS = [
    "",
    " ",
    "She sounds happy.",
    "The speaker is angry that the train was cancelled!",
    "the speaker is ANGRY that the train was cancelled !",
    "A woman, probably in her thirties, speaks calmly about the weather.",
    "two people speak; the first is sad, the second surprised",
    "sad",
    "happy",
    "don't can't won't it's",
    "e-mail: someone@example.org, +49 (0)30 1234-5678; 50% off -> $12.50",
    "unbelievableness antidisestablishmentarianism tintinnabulation",
    "a" * 99, "a" * 100, "a" * 101,
    "Der Lappen liegt auf dem Eisschrank. Müßiggang, Öl, Übermut, naïve façade",
    "Ça va très bien, élève!",
    "İstanbul'da hava güzel, ılık",
    "Привет, как дела? Ёлка",
    "ΑΒΓ αβγ Όσος Σίσυφος; τι κάνεις\u037e",
    "中文字符 mixed with English 情感",
    "日本語のテキスト、カタカナ。ガギグ",
    "한국어 문장입니다",
    "مرحبا كيف حالك؟ عَرَبِيّ",
    "हिन्दी में एक वाक्य।",
    "ไทยภาษา",
    "emoji 😀 👩‍👩‍👧 🇩🇪 ☕️!",
    "tabs\tand\nnew\r\nlines\u00a0and\u2003spaces\u3000wide\u2028line\u0085next",
    "zero\u200bwidth\u200djoiner\ufeffbom soft\u00adhyphen nul\u0000byte bell\u0007",
    "private \ue000 use, replacement \ufffd, combining a\u0301\u0327 e\u0301",
    "“curly” ‘quotes’ — dash … ellipsis «guillemets» ¿qué? ¡no!",
    "math ∑ ≤ × ÷ ° € £ ¥ © ® ™ ½ ² ﬁ ligature Å ℃ ｆｕｌｌｗｉｄｔｈ！",
    "豈 更 \U0002f800 \U00020000 \U0002b820 compat",
    "word " * 300,
    "[CLS", "CLS]", "##ing un##able",
    "ǅ ẞ ß ſ K Ω Ⅷ ⓐ",
    "unassigned \u0378 \U000e0fff end",
    "\u0f0b \u1361 \u10fb \u2cf9 \ua673 punctuation of other scripts \u055f\u05be\u066c",
]


def main():
    folder, output = sys.argv[1:]
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    model = BertModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids, vectors = [], []
    with torch.inference_mode():
        for text in TEXTS:
            encoded = tokenizer.encode(text).ids
            ids.append(encoded)
            state = model(torch.tensor([encoded])).last_hidden_state[0].mean(0)
            vectors.append(torch.nn.functional.normalize(state, dim=0).double())
    v = torch.stack(vectors)
    json.dump(
        {
            "items": [
                {"text": t, "ids": i, "cosines": [round(float(v[k] @ v[p]), 7) for p in range(len(TEXTS))],
                 "head": [round(float(x), 7) for x in v[k][:4]]}
                for k, (t, i) in enumerate(zip(TEXTS, ids))
            ]
        },
        open(output, "w"), ensure_ascii=True, indent=None, separators=(",", ":"),
    )


main()
