"""Makes llama_small.safetensors and llama_small.json: a random LlamaForCausalLM of transformers, its logits, loss and
gradients on a fixed batch. Run with an environment that has torch, transformers and safetensors:

    python tests/golden/make_llama_small.py tests/golden
"""
import json
import sys

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(5)
torch.set_num_threads(1)
config = LlamaConfig(vocab_size=29, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=6,
                     num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=500.0,
                     tie_word_embeddings=False, attn_implementation="eager")
model = LlamaForCausalLM(config).float()
with torch.no_grad():  # the library starts norms at one and projections near zero: hide nothing
    for name, p in model.named_parameters():
        p.copy_(torch.randn_like(p) * 0.2 + (1.0 if "norm" in name else 0.0))
ids = torch.randint(0, 29, (2, 9))
lengths = [9, 6]
mask = torch.zeros_like(ids)
labels = ids.clone()
for row, n in enumerate(lengths):
    mask[row, :n] = 1
    labels[row, n:] = -100
embeddings = model.model.embed_tokens(ids)
out = model(inputs_embeds=embeddings, attention_mask=mask)
shift_logits, shift_labels = out.logits[:, :-1], labels[:, 1:]
loss = torch.nn.functional.cross_entropy(shift_logits.reshape(-1, 29), shift_labels.reshape(-1), ignore_index=-100)
loss.backward()
tensors = {name: p.detach().contiguous() for name, p in model.named_parameters()}
tensors |= {"gradient." + name: p.grad.contiguous() for name, p in model.named_parameters()}
tensors["ids"] = ids
tensors["logits"] = out.logits.detach().contiguous()
tensors["loss"] = loss.detach().reshape(1)
save_file(tensors, sys.argv[1] + "/llama_small.safetensors")
with open(sys.argv[1] + "/llama_small.json", "w") as f:
    json.dump(config.to_dict(), f, indent=1, sort_keys=True)
    f.write("\n")
