"""Makes adamw.json: a trajectory of torch.optim.AdamW. python tests/golden/make_adamw.py > tests/golden/adamw.json"""
import json
import torch

torch.manual_seed(3)
p = torch.randn(7, dtype=torch.float32).requires_grad_(True)
start = p.detach().tolist()
optimiser = torch.optim.AdamW([p], lr=1.0, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
steps = []
for step in range(12):
    rate = 0.01 * (step + 1)
    gradient = torch.randn(7) * (10 ** (step % 3 - 1))
    for group in optimiser.param_groups:
        group["lr"] = rate
    p.grad = gradient.clone()
    optimiser.step()
    steps.append({"rate": rate, "gradient": gradient.tolist(), "after": p.detach().tolist()})
print(json.dumps({"start": start, "steps": steps}))
