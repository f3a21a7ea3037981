"""Makes the references of pretrained decoders in tests/golden/pretrained. Needs torch, transformers, safetensors,
tokenizers and gguf.

    python tests/golden/make_pretrained_reference.py small tests/golden/pretrained
        Random checkpoints of Llama and Gemma 3, each as a Hugging Face folder (Llama's in two shards) and as GGUF in
        llama.cpp's conventions, and what transformers computes on them.
    python tests/golden/make_pretrained_reference.py real MODEL.gguf NAME tests/golden/pretrained [--full]
        What transformers computes on the dequantised weights of a GGUF: NAME.safetensors (some rows and columns of the
        hidden states) and NAME.json (token ids). With --full: every row and column, for a comparison that is not
        committed, and no NAME.json.
"""
import json
import math
import os
import shutil
import sys

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from transformers import (AutoModelForCausalLM, AutoTokenizer, Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig,
                          LlamaForCausalLM)

torch.set_num_threads(1)
VOCABULARY, FEATURES, AUDIO, LABELS = 272, 4, 6, 5

QUESTIONS = [
    "What is the capital of France?", "Name three primary colours.", "How many legs does a spider have?",
    "Write one sentence about the sea.", "What is 12 + 30?", "Who wrote Romeo and Juliet?",
    "Translate 'good morning' into Spanish.", "List two uses of a hammer.", "Why is the sky blue?",
    "Give a synonym of 'happy'.", "What do bees make?", "Is the number 17 prime?",
    "Describe a cat in five words.", "What is the opposite of 'cold'?", "Which planet is nearest to the sun?",
    "How does a sad voice sound?", "Finish the sentence: The early bird", "What is H2O?",
    "Name an instrument with strings.", "Tell me a short joke."]
TEXT = ("The old lighthouse stood at the end of the pier, its paint long since faded by wind and salt. Every evening, "
        "just before sunset, Maria walked there with her dog and a small notebook. She wrote down the names of the ships "
        "that passed, the colour of the sky, and one thing that had made her smile that day. On 3 March 1998 she wrote "
        "that a seal had followed her along the shore for almost a mile. Years later, when the lighthouse was closed "
        "and the ships had gone to a larger harbour in the north, her granddaughter found the notebooks in a box under "
        "the stairs. She read them in order, one each night, and it seemed to her that the sea itself was speaking: "
        "slowly at first, then with more confidence, until every page smelled of rain and tar and oranges.")


def wave(rows, columns, pitch, scale):
    """Numbers that any language makes alike."""
    i = torch.arange(rows * columns, dtype=torch.float64)
    return (scale * torch.sin(pitch * i + 0.3)).reshape(rows, columns).float()


def adapter_gradient(model, ids, spread):
    """Loss of the last LABELS tokens of ids behind AUDIO rows from a linear adapter, and the adapter's gradient."""
    width = model.config.hidden_size
    weight = wave(width, FEATURES, 0.7, spread).requires_grad_()
    audio = wave(AUDIO, FEATURES, 1.3, 1.0) @ weight.T
    embedded = model.get_input_embeddings()(torch.tensor(ids))
    logits = model(inputs_embeds=torch.cat([audio, embedded])[None]).logits[0]
    labels = torch.tensor(ids[-LABELS:])
    loss = torch.nn.functional.cross_entropy(logits[-LABELS - 1:-1], labels)
    (gradient,) = torch.autograd.grad(loss, weight)
    return loss.detach().reshape(1), gradient.contiguous()


def states_of(model, ids):
    """The residual stream behind every block, the final hidden state, and logits."""
    taken = []
    hooks = [layer.register_forward_hook(lambda _m, _i, out: taken.append(out[0] if isinstance(out, tuple) else out))
             for layer in model.model.layers]
    hooks.append(model.model.norm.register_forward_hook(lambda _m, _i, out: taken.append(out)))
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    for hook in hooks:
        hook.remove()
    return torch.stack([t.reshape(len(ids), -1) for t in taken]), logits


def greedy(model, ids, count):
    """Argmax tokens, through end tokens, on a key-value cache."""
    out, cache, step = [], None, torch.tensor([ids])
    with torch.no_grad():
        for _ in range(count):
            result = model(step, past_key_values=cache, use_cache=True)
            cache = result.past_key_values
            out.append(int(result.logits[0, -1].argmax()))
            step = torch.tensor([[out[-1]]])
    return out


# ---- Small random checkpoints ---------------------------------------------------------------------------------------

def byte_letters():
    """GPT-2's letters for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, n = {}, 0
    for b in range(256):
        letters[b] = chr(b) if b in plain else chr(256 + n)
        n += b not in plain
    return [letters[b] for b in range(256)]


BPE_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("Ġ", "t"), ("Ġt", "he"), ("i", "n"), ("e", "r"),
          ("o", "n"), ("a", "n"), ("an", "d"), ("Ġ", "and"), ("s", "t")]


def bpe_tokens():
    tokens = BPE_SPECIAL + byte_letters() + [a + b for a, b in MERGES]
    assert len(tokens) == VOCABULARY == len(set(tokens)), len(tokens)
    return tokens


def write_bpe(folder):
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    t = Tokenizer(models.BPE({token: i for i, token in enumerate(bpe_tokens())}, MERGES))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(False)])
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens([AddedToken(name, special=True) for name in BPE_SPECIAL])
    t.save(folder + "/tokenizer.json", pretty=False)
    with open(folder + "/tokenizer_config.json", "w") as f:
        json.dump({"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "add_bos_token": False}, f, sort_keys=True)
        f.write("\n")
    return t


def randomise(model, seed):
    torch.manual_seed(seed)
    with torch.no_grad():  # float16 holds every value, so that all forms of a checkpoint are equal
        for name, p in model.named_parameters():
            p.copy_((torch.randn_like(p) * 0.25 + (0.2 if "norm" in name else 0)).half().float())


def add_bpe(writer):
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(bpe_tokens())
    writer.add_token_types([3] * 3 + [1] * (VOCABULARY - 3))
    writer.add_token_merges([f"{a} {b}" for a, b in MERGES])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)


def add_pieces(writer):
    pieces = ["▁", "a", "e", "i", "n", "o", "s", "t", "▁t", "th", "▁the", "in"]
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>"] + [f"<0x{b:02X}>" for b in range(256)] + pieces
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * 260 + [-float(i) for i in range(12)])
    writer.add_token_types([3, 3, 3, 2] + [6] * 256 + [1] * 12)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(3)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)


GGUF_NAMES = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
              "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
              "self_attn.k_norm": "attn_k_norm", "pre_feedforward_layernorm": "ffn_norm",
              "post_feedforward_layernorm": "post_ffw_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
              "mlp.down_proj": "ffn_down", "model.embed_tokens": "token_embd", "model.norm": "output_norm",
              "lm_head": "output"}


def write_gguf(model, path, gemma):
    c = model.config
    writer = gguf.GGUFWriter(path, "gemma3" if gemma else "llama")
    writer.add_block_count(c.num_hidden_layers)
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_head_count(c.num_attention_heads)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    writer.add_key_length(c.head_dim)
    writer.add_value_length(c.head_dim)
    if gemma:
        writer.add_sliding_window(c.sliding_window)
        writer.add_rope_freq_base(c.rope_parameters["full_attention"]["rope_theta"])
        add_pieces(writer)
    else:
        writer.add_rope_freq_base(c.rope_parameters["rope_theta"])
        writer.add_rope_dimension_count(c.head_dim)
        add_bpe(writer)
    tied = c.tie_word_embeddings
    for name, p in model.named_parameters():
        stem = name.removesuffix(".weight")
        if tied and stem == "lm_head":
            continue
        value = p.detach().numpy()
        if not gemma and stem.endswith(("q_proj", "k_proj")):  # llama.cpp's order of rotated rows
            heads = c.num_attention_heads if stem.endswith("q_proj") else c.num_key_value_heads
            value = value.reshape(heads, 2, -1, value.shape[1]).swapaxes(1, 2).reshape(value.shape)
        if gemma and stem.endswith("norm"):
            value = value + 1
        if stem.startswith("model.layers."):
            number, part = stem.removeprefix("model.layers.").split(".", 1)
            post = "post_attention_norm" if gemma else "ffn_norm"
            here = f"blk.{number}.{post if part == 'post_attention_layernorm' else GGUF_NAMES[part]}.weight"
        else:
            here = GGUF_NAMES[stem] + ".weight"
        # Shapes of one row stay float32, as in llama.cpp's files.
        writer.add_tensor(here, np.ascontiguousarray(value.astype(np.float32 if value.ndim == 1 else np.float16)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_folder(model, folder, shards):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(folder + "/config.json", "w") as f:
        json.dump(model.config.to_dict(), f, indent=1, sort_keys=True)
        f.write("\n")
    tied = model.config.tie_word_embeddings
    tensors = {n: p.detach().half().contiguous() for n, p in model.named_parameters() if not (tied and n == "lm_head.weight")}
    names = sorted(tensors)
    if shards == 1:
        save_file(tensors, folder + "/model.safetensors")
    else:
        where = {}
        for s in range(shards):
            file = f"model-{s + 1:05}-of-{shards:05}.safetensors"
            part = names[s::shards]
            save_file({n: tensors[n] for n in part}, f"{folder}/{file}")
            where |= {n: file for n in part}
        with open(folder + "/model.safetensors.index.json", "w") as f:
            json.dump({"metadata": {"total_size": sum(t.nbytes for t in tensors.values())}, "weight_map": where}, f,
                      sort_keys=True)
            f.write("\n")
    return write_bpe(folder)


def small(out):
    sizes = dict(vocab_size=VOCABULARY, num_attention_heads=4, attn_implementation="eager")
    llama = LlamaForCausalLM(LlamaConfig(**sizes, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
                                         num_key_value_heads=2, head_dim=6, max_position_embeddings=64, rms_norm_eps=1e-5,
                                         rope_theta=500.0, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2))
    gemma = Gemma3ForCausalLM(Gemma3TextConfig(**sizes, hidden_size=16, intermediate_size=24, num_hidden_layers=6,
                                               num_key_value_heads=1, head_dim=4, max_position_embeddings=64,
                                               sliding_window=4, query_pre_attn_scalar=4, rms_norm_eps=1e-6,
                                               bos_token_id=1, eos_token_id=2, pad_token_id=0))
    for name, model, seed in (("llama", llama, 3), ("gemma3", gemma, 4)):
        model = model.float().eval()
        randomise(model, seed)
        tokenizer = write_folder(model, f"{out}/small-{name}", 2 if name == "llama" else 1)
        write_gguf(model, f"{out}/small-{name}.gguf", name == "gemma3")
        ids = torch.randint(3, VOCABULARY, (14,)).tolist()
        states, logits = states_of(model, ids)
        loss, gradient = adapter_gradient(model, ids, 0.4)
        chat = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nthe hello 12\n and <|im_end|>\n<|im_start|>assistant\n"
        text = tokenizer.encode("hello on the stand").ids
        save_file({"ids": torch.tensor(ids), "states": states.contiguous(), "logits": logits[::4].contiguous(),
                   "loss": loss,
                   "adapter_gradient": gradient, "greedy": torch.tensor(greedy(model, ids, 24)),
                   "chat_ids": torch.tensor(tokenizer.encode(chat).ids), "text_ids": torch.tensor(text)},
                  f"{out}/small-{name}.safetensors")


# ---- Real weights ---------------------------------------------------------------------------------------------------

def real(path, name, out, full):
    folder, file = os.path.split(os.path.abspath(path))
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32,
                                                 attn_implementation="eager").eval()
    chat = bool(tokenizer.chat_template) and name != "gemma-3-270m"
    prompts = []
    for question in [] if full else QUESTIONS:
        if chat:
            ids = tokenizer.apply_chat_template([{"role": "user", "content": question}], add_generation_prompt=True,
                                                return_dict=False)
        else:
            ids = [tokenizer.bos_token_id] + tokenizer.encode(f"Question: {question} Answer:", add_special_tokens=False)
        prompts.append({"question": question, "ids": ids, "greedy": greedy(model, ids, 64)})
    text = ([] if chat else [tokenizer.bos_token_id]) + tokenizer.encode(TEXT, add_special_tokens=False)
    with torch.no_grad():
        logits = model(torch.tensor([text])).logits[0].double()
    nats = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(text[1:]))
    ids = text[:48]
    states, logits = states_of(model, ids)
    width, rows = states.shape[2], list(range(len(ids))) if full else [0, 1, 17, 46, 47]
    columns = list(range(width)) if full else list(range(5, width, width // 24))
    picked = list(range(0, logits.shape[1], 1 if full else logits.shape[1] // 96))
    loss, gradient = adapter_gradient(model, ids[:24], 0.05)
    save_file({"ids": torch.tensor(ids), "rows": torch.tensor(rows), "columns": torch.tensor(columns),
               "states": states[:, rows][:, :, columns].contiguous(), "largest": states.abs().amax((1, 2)),
               "logit_columns": torch.tensor(picked), "logits": logits[rows][:, picked].contiguous(),
               "largest_logit": logits.abs().max().reshape(1), "loss": loss, "adapter_gradient": gradient},
              f"{out}/{name}.safetensors")
    if full:
        return
    with open(f"{out}/{name}.json", "w") as f:
        json.dump({"text": TEXT, "text_ids": text, "perplexity": math.exp(nats), "chat": chat, "prompts": prompts}, f,
                  ensure_ascii=False)
        f.write("\n")


if sys.argv[1] == "small":
    small(sys.argv[2])
else:
    real(sys.argv[2], sys.argv[3], sys.argv[4], "--full" in sys.argv)
