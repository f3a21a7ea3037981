"""Measures a pretrained decoder against Transformers and llama.cpp's server: same weights, threads and machine, in turns.

    python suites/peers/decoder_peers.py --build build/release --weights MODEL.gguf --out reports/results/decoder_speed.json \
        [--llama-server PATH] [--threads 2] [--rounds 3] [--only prefill,pass,train,generate,judge]

Needs torch (the version that our programs link, so that both multiply with the same libraries), transformers, gguf and numpy.
Ours are `undertone-model`, by the jobs that a run sends it, and `micro_decoder` (target of suites/micro). Every comparison first
proves that both sides compute the same, then times them in turns; a round gives one ratio, and the median of the rounds is
reported with the smallest and the largest. Nothing else should run meanwhile: the load is written down.

What stands in the result: suites/peers/README.md.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy as np

from common import cpu_name, peak_mib, write_json

STACK, WIDTH, BATCH = 5, 512, 16
MODEL = {"adapter": {"stack": STACK, "hidden": [1024], "norm_in": True, "norm_out": True, "output_scale": "embedding"}}
RATINGS = [f"Rating: {r}" for r in range(6)]
COMPARISONS = ("prefill", "pass", "train", "generate", "judge")
CALM = 0.6  # processes that want to run, on average over a minute, besides ours


def named(of, name):
    """The method of `of` for a command or comparison; "pass" is a keyword of Python."""
    return getattr(of, "do_pass" if name == "pass" else name)


def wave(rows, columns, pitch, scale):
    """Numbers that any language makes alike; micro_decoder has the same line."""
    return (scale * np.sin(pitch * np.arange(rows * columns, dtype=np.float64) + 0.3)).astype(np.float32).reshape(rows, columns)


# ---- The other side, in a process of its own ---------------------------------------------------------------------


class Theirs:
    """Transformers on the dequantised weights."""

    def __init__(self, weights, threads):
        import torch
        import transformers
        self.torch, self.transformers, self.threads = torch, transformers, threads
        torch.set_num_threads(threads)
        folder, name = os.path.split(weights)
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=name)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32).eval()
        self.model.requires_grad_(False)

    def about(self, _):
        config = self.model.config
        return {"torch": self.torch.__version__, "transformers": self.transformers.__version__,
                "attention": config._attn_implementation,
                "sizes": {"layers": config.num_hidden_layers, "width": config.hidden_size, "heads": config.num_attention_heads,
                          "kv_heads": config.num_key_value_heads, "ff": config.intermediate_size,
                          "head_width": config.hidden_size // config.num_attention_heads, "vocabulary": config.vocab_size}}

    def peak(self, _):
        torch = self.torch
        a, b = (torch.from_numpy(wave(2048, 2048, p, 1)) for p in (0.7, 1.3))
        best = min(self.seconds(lambda: a @ b) for _ in range(6))
        return {"flops": 2 * 2048**3 / best}

    @staticmethod
    def seconds(work):
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    def prefill(self, command):
        torch = self.torch
        ids = torch.tensor([command["ids"]])
        started = time.perf_counter()
        with torch.inference_mode():
            logits = self.model(ids, use_cache=True, logits_to_keep=1).logits[0, 0]
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "token": int(logits.argmax()), "logits": logits[::997].tolist()}

    def do_pass(self, command):
        torch = self.torch
        sequences, time_, labels = (command[k] for k in ("sequences", "time", "labels"))
        width, vocabulary = self.model.config.hidden_size, self.model.config.vocab_size
        x = torch.from_numpy(wave(sequences * time_, width, 0.7, 0.1)).view(sequences, time_, width).requires_grad_()
        wanted = torch.arange(sequences * labels) * 7919 % vocabulary
        started = time.perf_counter()
        hidden = self.model.model(inputs_embeds=x, use_cache=False).last_hidden_state
        logits = self.model.lm_head(hidden[:, time_ - labels:].reshape(sequences * labels, width))
        loss = torch.nn.functional.cross_entropy(logits, wanted)
        (gradient,) = torch.autograd.grad(loss, x)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "loss": loss.item(), "gradient": gradient.double().abs().sum().item()}

    def train(self, command):
        """The recipe as one writes it with Transformers: right-padded batches, the whole prompt in every row. `logits` says
        whether the head is applied to every row, as the model's own forward does, or only where a label is."""
        import safetensors.torch
        torch = self.torch
        F = torch.nn.functional
        known = command["known"]
        state = safetensors.torch.load_file(command["start"])
        weights = [torch.nn.Parameter(state[f"adapter.{i}.weight"].clone()) for i in range(2)]
        biases = [torch.nn.Parameter(state[f"adapter.{i}.bias"].clone()) for i in range(2)]
        optimiser = torch.optim.AdamW([{"params": weights, "weight_decay": 0.01}, {"params": biases, "weight_decay": 0.0}],
                                      lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
        embed = self.model.get_input_embeddings()
        losses, marks = [], []
        for batch, rate in zip(known["batches"], known["rates"]):
            rows, targets, item_weights = [], [], []
            stacked, counts = [], []
            for i in batch:
                clip = features_of(i, command["frames"][i]).astype(np.float32)
                pad = -len(clip) % STACK
                clip = np.concatenate([clip, np.zeros((pad, WIDTH), np.float32)]).reshape(-1, STACK * WIDTH)
                stacked.append(torch.from_numpy(clip))
                counts.append(len(clip))
            x = F.layer_norm(torch.cat(stacked), (STACK * WIDTH,))
            x = F.linear(F.silu(F.linear(x, weights[0], biases[0])), weights[1], biases[1])
            audio = (F.layer_norm(x, (x.shape[1],)) * known["output_scale"]).split(counts)
            for a, i in zip(audio, batch):
                item = known["items"][i]
                rows.append(torch.cat([embed(torch.tensor(known["opening"] + item["prefix"])), a,
                                       embed(torch.tensor(item["prompt"] + item["target"][:-1]))]))
                targets.append(torch.tensor(item["target"]))
                item_weights.append(torch.full((len(item["target"]),), 1 / (len(item["target"]) * len(batch))))
            lengths = torch.tensor([len(r) for r in rows])
            inputs = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
            mask = (torch.arange(inputs.shape[1])[None] < lengths[:, None]).long()
            where = [(r, int(n) - len(t) + k) for r, (n, t) in enumerate(zip(lengths, targets)) for k in range(len(t))]
            at = tuple(torch.tensor(w) for w in zip(*where))
            if command["logits"] == "all":
                logits = self.model(inputs_embeds=inputs, attention_mask=mask, use_cache=False).logits[at]
            else:
                hidden = self.model.model(inputs_embeds=inputs, attention_mask=mask, use_cache=False).last_hidden_state
                logits = self.model.lm_head(hidden[at])
            loss = (F.cross_entropy(logits, torch.cat(targets), reduction="none") * torch.cat(item_weights)).sum()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights + biases, 1.0)
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
            losses.append(loss.item())
            marks.append(time.perf_counter())
        return {"seconds": (marks[-1] - marks[0]) / (len(marks) - 1), "losses": losses}

    def generate(self, command):
        torch = self.torch
        prompts, n, ends = command["ids"], command["max_new_tokens"], command["end_tokens"]
        longest = max(map(len, prompts))
        pad = ends[0]
        ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts])
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
        started = time.perf_counter()
        with torch.inference_mode():
            out = self.model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=n, eos_token_id=ends,
                                      pad_token_id=pad)[:, longest:].tolist()
        seconds = time.perf_counter() - started
        kept = [row[:next((k for k, t in enumerate(row) if t in ends), len(row))] for row in out]
        return {"seconds": seconds, "texts": [self.tokenizer.decode(row).strip() for row in kept],
                "tokens": [len(row) for row in kept]}

    def tokens(self, command):
        return {"ids": [self.tokenizer.encode(t, add_special_tokens=False) for t in command["texts"]]}

    def score(self, command):
        """Log-probabilities of continuations. "batch": every continuation behind the prompt in a row of a padded batch, the
        usual form. "one": the prompt with what all continuations begin with, once, and the last tokens' logits."""
        torch = self.torch
        tails = command["continuations"]
        values = []
        started = time.perf_counter()
        with torch.inference_mode():
            for ids in command["ids"]:
                if command["form"] == "one":
                    begin = tails[0][:-1]
                    assert all(t[:-1] == begin for t in tails)
                    logits = self.model(torch.tensor([ids + begin]), use_cache=False, logits_to_keep=len(begin) + 1).logits[0]
                    nats = torch.log_softmax(logits.double(), -1)
                    common = sum(nats[k, t].item() for k, t in enumerate(begin))
                    values.append([common + nats[len(begin), t[-1]].item() for t in tails])
                else:
                    longest = max(map(len, tails))
                    rows = torch.tensor([ids + t + [0] * (longest - len(t)) for t in tails])
                    logits = self.model(rows, use_cache=False, logits_to_keep=longest + 1).logits
                    nats = torch.log_softmax(logits.double(), -1)
                    values.append([sum(nats[r, k, t].item() for k, t in enumerate(tail)) for r, tail in enumerate(tails)])
        return {"seconds": time.perf_counter() - started, "values": values}


def serve(weights, threads):
    theirs = Theirs(weights, threads)
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(named(theirs, command["do"])(command)), flush=True)


# ---- Processes that are measured -----------------------------------------------------------------------------------


class Process:
    """A program that answers lines of JSON, and what memory it takes."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def line(self):
        text = self.process.stdout.readline()
        if not text:
            sys.exit(f"{self.process.args[0]} ended")
        return json.loads(text)

    def ask(self, **command):
        self.send(command)
        return self.line()

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as file:
            file.write("5")

    def peak_mib(self):
        return peak_mib(self.process.pid)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Worker(Process):
    """undertone-model: a job, its events, and the time between them."""

    def job(self, stage, threads, settings, inputs, output="", stream=""):
        started = time.perf_counter()
        self.send({"job": 1, "stage": stage, "threads": threads, "device": "cpu", "dtype": "float32", "settings": settings,
                   "inputs": inputs, "output": output, "stream": stream})
        events = []
        while True:
            event = self.line()
            event["at"] = time.perf_counter() - started
            events.append(event)
            if event["event"] == "error":
                sys.exit(f"{stage}: {event}")
            if event["event"] == "done":
                return events


class LlamaServer:
    def __init__(self, program, weights, threads):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen(
            [program, "-m", weights, "-t", str(threads), "-tb", str(threads), "-c", "8192", "-np", "8", "--port", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2) as reply:
                    if json.load(reply).get("status") == "ok":
                        return
            except OSError:
                time.sleep(0.1)
        sys.exit("llama-server does not answer")

    def complete(self, **request):
        data = json.dumps(request).encode()
        with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/completion", data,
                                                           {"Content-Type": "application/json"})) as reply:
            return json.load(reply)

    def all(self, requests):
        started = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda r: self.complete(**r), requests))
        return time.perf_counter() - started, replies

    def peak_mib(self):
        return peak_mib(self.process.pid)

    def end(self):
        self.process.terminate()
        self.process.wait()


# ---- What is asked -------------------------------------------------------------------------------------------------

NAMES = ["Anna", "my cousin", "the doctor", "Peter", "our neighbour", "the baker", "Maria", "her uncle"]
THINGS = ["the lamp", "a bicycle", "the old house", "two tickets", "the garden gate", "a piano", "the letters", "his watch"]
DONE = ["repaired", "sold", "painted", "found", "carried home", "forgot", "bought", "cleaned"]
WHEN = ["this morning", "last night", "on Friday", "before lunch", "a week ago"]
FEELS = ["happy", "sad", "angry", "afraid", "neutral"]


def training_items(count):
    """Items of the replica's forms and lengths: transcripts and direct questions about one sentence (a third each of
    transcript, content and label), 1.2 to 3.6 s of audio."""
    items, frames = [], []
    for i in range(count):
        who, thing, did, when, feels = (xs[(i * step + i // 7) % len(xs)] for xs, step in
                                        ((NAMES, 3), (THINGS, 5), (DONE, 1), (WHEN, 2), (FEELS, 4)))
        forms = [("Write down the words.", f"It was {thing} that {who} {did} {when}.", "asr", "ASR"),
                 (f"Tell me what {who} {did}.", f"{who[0].upper()}{who[1:]} {did} {thing}.", "pqa", "C"),
                 ("Tell me how the speaker feels.", f"The speaker sounds {feels}.", "pqa", "DE")]
        prompt, target, pool, kind = forms[i % 3]
        items.append({"id": f"item-{i}", "clip": f"clip-{i}", "prefix": "", "prompt": prompt, "target": target, "pool": pool,
                      "type": kind})
        frames.append(60 + (i * 37) % 121)
    return items, frames


def features_of(clip, frames):
    return wave(frames, WIDTH, 0.9 + 0.001 * clip, 1.0).astype(np.float16)


def write_features(folder, frames):
    os.makedirs(folder)
    offset = 0
    with open(f"{folder}/shard-00000.f16", "wb") as shard, open(f"{folder}/index.jsonl", "w") as index:
        for i, n in enumerate(frames):
            shard.write(features_of(i, n).tobytes())
            index.write(json.dumps({"clip": f"clip-{i}", "shard": "shard-00000.f16", "offset": offset, "frames": n,
                                    "width": WIDTH}) + "\n")
            offset += n * WIDTH * 2


def judge_prompts(rubric_file, first, count):
    """The prompts, and how many characters at their beginning are the rubric's: the same in all."""
    text = "\n".join(l for l in open(rubric_file) if not l.lstrip().startswith("//"))
    prompt = "\n".join(json.loads(text)["prompt"])
    shared = len(re.split(r"\{(?!low|high)", prompt)[0].format(low=0, high=5))
    prompts = []
    for i in range(first, first + count):
        who, thing, did, feels = (xs[(i * step + i // 5) % len(xs)] for xs, step in
                                  ((NAMES, 3), (THINGS, 5), (DONE, 1), (FEELS, 2)))
        slots = {"question": f"What does the speaker say about {thing}, and how do they sound?",
                 "reference": f"The speaker says that {who} {did} {thing}, and sounds {feels}.",
                 "answer": f"It is about {who}, who {did} something; the voice is {FEELS[i % 5]}.",
                 "nonce": f"{(i + 1) * 2654435761 % 2**32:08x}", "low": 0, "high": 5}
        prompts.append(prompt.format(**slots))
    return prompts, shared


QUESTIONS = ["Write three sentences about the sea.", "Explain why the sky is blue.", "Describe a walk through a market.",
             "Give advice to a friend who cannot sleep.", "Explain how bread is made.", "Tell a story about an old lighthouse.",
             "Describe what a good teacher does.", "Explain how a bicycle stays upright."]


# ---- Floating-point operations that a task needs -------------------------------------------------------------------


def row_flops(s):
    block = s["width"] * (s["heads"] + 2 * s["kv_heads"]) * s["head_width"] + s["heads"] * s["head_width"] * s["width"] \
        + 3 * s["width"] * s["ff"]
    return 2 * s["layers"] * block


def attention_flops(s, length):  # of one whole sequence: a query sees half of it on average
    return 2 * s["layers"] * s["heads"] * s["head_width"] * length * length


def head_flops(s):
    return 2 * s["width"] * s["vocabulary"]


# ---- Comparing -------------------------------------------------------------------------------------------------------


class Bench:
    def __init__(self, args):
        self.args, self.rows, self.peaks = args, [], {}

    def ours(self):
        return Process([os.path.join(self.args.build, "micro_decoder"), self.args.weights, str(self.args.threads)])

    def worker(self):
        return Worker([os.path.join(self.args.build, "undertone-model")])

    def theirs(self):
        return Process([sys.executable, os.path.abspath(__file__), "--serve", self.args.weights, str(self.args.threads)])

    def llama(self):
        return LlamaServer(self.args.llama_server, self.args.weights, self.args.threads) if self.args.llama_server else None

    def turns(self, sides):
        """sides: {name: function of the round that returns seconds}, each called once a round, in an order that turns."""
        names, out = list(sides), {n: [] for n in sides}
        for r in range(self.args.rounds):
            for k in range(len(names)):
                name = names[(r + k) % len(names)]
                out[name].append(sides[name](r))
        return out

    def row(self, what, seconds, peer, unit, amount, flops=None, reach=None, proof="", memory=None, note=""):
        """`amount` units of work took `seconds["ours"]` and `seconds[peer]`."""
        ratios = [p / o for o, p in zip(seconds["ours"], seconds[peer])]
        row = {"what": what, "peer": peer, "unit": unit,
               "ours": amount / statistics.median(seconds["ours"]), "theirs": amount / statistics.median(seconds[peer]),
               "ratio": statistics.median(ratios), "ratio_smallest": min(ratios), "ratio_largest": max(ratios),
               "reach": reach, "rounds": len(ratios), "ours_seconds": statistics.median(seconds["ours"]),
               "theirs_seconds": statistics.median(seconds[peer]), "proof": proof}
        if flops:
            row["flop"] = flops
        if memory:
            row["ours_peak_mib"], row["theirs_peak_mib"] = memory
        if note:
            row["note"] = note
        row["load"] = os.getloadavg()[0]  # the measured programs' own work included
        self.rows.append(row)
        share = f", {flops / row['ours_seconds'] / self.peaks['ours']:.0%} of peak" if flops else ""
        print(f"{what} / {peer}: {row['ours']:.4g} against {row['theirs']:.4g} {unit}, ratio {row['ratio']:.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f}){share}", flush=True)

    def finish(self):
        """Shares of the best rate that was seen in the whole run."""
        for row in self.rows:
            if "flop" in row:
                row["ours_share_of_peak"] = row["flop"] / row["ours_seconds"] / self.peaks["ours"]
                row["theirs_share_of_peak"] = row["flop"] / row["theirs_seconds"] / self.peaks["ours"]

    def measure_peaks(self, ours, theirs):
        for side, process in (("ours", ours), ("theirs", theirs)):
            self.peaks[side] = max(self.peaks.get(side, 0), process.ask(do="peak")["flops"])

    def need(self, holds, what):
        if not holds:
            sys.exit(f"not the same: {what}")

    def begin(self):
        ours, theirs = self.ours(), self.theirs()
        mine, other = ours.ask(do="about"), theirs.ask(do="about")
        self.sizes, self.end_tokens = other["sizes"], mine["end_tokens"]
        self.versions = {"libtorch": mine["libtorch"], "torch": other["torch"], "transformers": other["transformers"],
                         "transformers_attention": other["attention"], "precision": mine["precision"],
                         "python": platform.python_version()}
        self.template = mine["chat_template"]
        for _ in range(2):  # the first warms up
            self.measure_peaks(ours, theirs)
        rounds = [judge_prompts(self.args.rubric, r * self.args.items, self.args.items) for r in range(self.args.rounds + 1)]
        self.judged, self.shared = [prompts for prompts, _ in rounds], rounds[0][1]
        self.judge_ids = [ours.ask(do="encode", prompts=p)["ids"] for p in self.judged]
        self.question_ids = ours.ask(do="encode", prompts=QUESTIONS)["ids"]
        self.rating_ids = theirs.ask(do="tokens", texts=RATINGS)["ids"]
        ours.end(), theirs.end()

    # A prompt of n tokens.
    def prefill(self):
        ours, theirs, llama = self.ours(), self.theirs(), self.llama()
        self.measure_peaks(ours, theirs)
        text = [t for ids in self.judge_ids[0] for t in ids]
        for n in (64, 128, 256, 512):
            ids = (text * 2)[:n]
            mine, other = ours.ask(do="prefill", ids=ids), theirs.ask(do="prefill", ids=ids)
            difference = max(abs(a - b) for a, b in zip(mine["logits"], other["logits"])) / max(map(abs, other["logits"]))
            self.need(mine["token"] == other["token"] and difference < 1e-3, f"logits behind {n} tokens: {difference}")
            sides = {"ours": lambda _: ours.ask(do="prefill", ids=ids)["seconds"],
                     "transformers": lambda _: theirs.ask(do="prefill", ids=ids)["seconds"]}
            if llama:
                sides["llama.cpp"] = lambda _: llama.all([{"prompt": ids, "n_predict": 1, "temperature": 0,
                                                         "cache_prompt": False}])[0]
            seconds = self.turns(sides)
            flops = n * row_flops(self.sizes) + attention_flops(self.sizes, n) + head_flops(self.sizes)
            for peer in list(sides)[1:]:
                self.row(f"prefill of {n} tokens", seconds, peer, "tokens/s", n, flops, 1.0 if peer == "transformers" else None,
                         f"same token, logits within {difference:.1e} of the largest" if peer == "transformers" else "")
        ours.end(), theirs.end(), llama and llama.end()

    # Forward and backward through the frozen decoder at equal shapes: no padding, nothing shared.
    def do_pass(self):
        ours, theirs = self.ours(), self.theirs()
        self.measure_peaks(ours, theirs)
        shape = {"sequences": BATCH, "time": 72, "labels": 8}
        mine, other = ours.ask(do="pass", **shape), theirs.ask(do="pass", **shape)
        self.need(abs(mine["loss"] - other["loss"]) < 1e-3 * other["loss"]
                  and abs(mine["gradient"] - other["gradient"]) < 1e-3 * other["gradient"], f"{mine} {other}")
        ours.forget_peak(), theirs.forget_peak()
        seconds = self.turns({"ours": lambda _: ours.ask(do="pass", **shape)["seconds"],
                              "transformers": lambda _: theirs.ask(do="pass", **shape)["seconds"]})
        rows, labels = BATCH * shape["time"], BATCH * shape["labels"]
        flops = 2 * (rows * row_flops(self.sizes) + BATCH * attention_flops(self.sizes, shape["time"])
                     + labels * head_flops(self.sizes))
        self.row("forward and backward, 16 sequences of 72 rows, logits of 8 in each", seconds, "transformers", "rows/s", rows,
                 flops, 1.0, f"loss and gradient equal to {abs(mine['gradient'] / other['gradient'] - 1):.0e}",
                 (ours.peak_mib(), theirs.peak_mib()))
        ours.end(), theirs.end()

    # The training stage as the suite runs it.
    def train(self):
        items, frames = training_items(480)
        recipe = {"steps": self.args.steps, "batch_items": BATCH, "learning_rate": 1e-3, "trains": "adapter"}
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/items.jsonl", "w") as file:
                for item in items:
                    file.write(json.dumps(item) + "\n")
            write_features(f"{folder}/features", frames)
            asked = dict(MODEL, decoder={"pretrained": {"chat_template": self.template, "precision": "auto"}})
            settings = {"model": asked, "recipe": recipe}
            inputs = {"items": f"{folder}/items.jsonl", "features": f"{folder}/features", "decoder": self.args.weights}
            start = f"{folder}/start.safetensors"
            helper = self.ours()
            known = helper.ask(do="batches", items=inputs["items"], recipe=recipe, stream="peers", model=asked, start=start)
            helper.end()
            worker, theirs = self.worker(), self.theirs()
            log = []

            def train_ours(_=0):
                events = worker.job("train", self.args.threads, settings, inputs, f"{folder}/out", "peers")
                log[:] = [json.loads(l)["loss"] for l in open(f"{folder}/out/log.jsonl")]
                marks = [e["at"] for e in events if e["event"] == "progress"]
                return (marks[-1] - marks[0]) / (len(marks) - 1)

            def train_theirs(logits):
                return theirs.ask(do="train", known=known, frames=frames, start=start, logits=logits)

            train_ours()  # loads the weights
            other = train_theirs("labels")
            worst = max(abs(a - b) / b for a, b in zip(log, other["losses"]))
            self.need(worst < 2e-2 and abs(log[0] / other["losses"][0] - 1) < 1e-3,
                      f"losses {log} {other['losses']}")
            proof = f"first loss equal to {abs(log[0] / other['losses'][0] - 1):.0e}, all {len(log)} to {worst:.0e}"
            lengths, shared, labels = [], len(known["opening"]), 0
            for batch in known["batches"]:
                for i in batch:
                    item = known["items"][i]
                    lengths.append(len(item["prefix"]) + -(-frames[i] // STACK) + len(item["prompt"]) + len(item["target"]) - 1)
                    labels += len(item["target"])
            steps = len(known["batches"])
            adapter = sum(-(-frames[i] // STACK) for b in known["batches"] for i in b) * 2 * (STACK * WIDTH * 1024 + 1024 * self.sizes["width"])
            # What cannot be left out: the opening once, then each item's own rows.
            flops = (2 * ((sum(lengths) + steps * shared) * row_flops(self.sizes)
                          + sum(attention_flops(self.sizes, n) for n in lengths) + labels * head_flops(self.sizes))
                     + 3 * adapter) / steps
            tokens = (sum(lengths) + shared * len(lengths)) / steps
            worker.forget_peak(), theirs.forget_peak()
            seconds = self.turns({"ours": train_ours, "transformers": lambda _: train_theirs("all")["seconds"]})
            memory = (worker.peak_mib(), theirs.peak_mib())
            note = f"{tokens:.0f} rows a step, of which {shared * BATCH} are the opening that all items share"
            self.row("training step of 16 items", seconds, "transformers", "rows/s", tokens, flops, 1.5, proof, memory, note)
            theirs.forget_peak()
            seconds = self.turns({"ours": train_ours, "transformers": lambda _: train_theirs("labels")["seconds"]})
            self.row("training step of 16 items, the peer's logits only where a label is", seconds, "transformers", "rows/s",
                     tokens, flops, None, proof, (memory[0], theirs.peak_mib()), note)
            worker.end(), theirs.end()

    def text_model(self, worker, stage, prompts, shared=0, **settings):
        known = {"chat_template": self.template, "precision": "auto"}
        messages = [[{"role": "user", "content": p, "shared": shared}] for p in prompts]
        return worker.job(stage, self.args.threads, dict(settings, model=known, prompts=messages), {"model": self.args.weights})

    # Eight questions at once, 64 tokens.
    def generate(self):
        worker, theirs, llama = self.worker(), self.theirs(), self.llama()
        n = 64
        events = self.text_model(worker, "generate", QUESTIONS, max_new_tokens=n, temperature=0)
        mine = [e for e in events if e["event"] == "answer"]
        ask = dict(do="generate", ids=self.question_ids, max_new_tokens=n, end_tokens=self.end_tokens)
        other = theirs.ask(**ask)
        equal = sum(a["text"] == b for a, b in zip(mine, other["texts"]))
        self.need(equal >= len(QUESTIONS) - 1, f"{equal} of {len(QUESTIONS)} replies are the same")
        worker.forget_peak(), theirs.forget_peak()
        sides = {"ours": lambda _: self.text_model(worker, "generate", QUESTIONS, max_new_tokens=n, temperature=0)[-1]["at"],
                 "transformers": lambda _: theirs.ask(**ask)["seconds"]}
        if llama:
            requests = [{"prompt": ids, "n_predict": n, "temperature": 0, "cache_prompt": False} for ids in self.question_ids]
            said = sum(r["tokens_predicted"] for r in llama.all(requests)[1])
            sides["llama.cpp"] = lambda _: llama.all(requests)[0]
        seconds = self.turns(sides)
        tokens = sum(e["tokens"] for e in mine)
        self.row("8 replies of up to 64 tokens", seconds, "transformers", "tokens/s", tokens, None, 1.0,
                 f"{equal} of {len(QUESTIONS)} replies equal to the letter", (worker.peak_mib(), theirs.peak_mib()))
        if llama:
            self.row("8 replies of up to 64 tokens", seconds, "llama.cpp", "tokens/s", tokens, None, None, "",
                     (worker.peak_mib(), llama.peak_mib()),
                     f"llama.cpp multiplies by the file's quantised weights and said {said} tokens where we said {tokens}")
        worker.end(), theirs.end(), llama and llama.end()

    # The local judge: log-probabilities of six ratings behind each prompt. Every round has answers of its own, so that no
    # cache knows them.
    def judge(self):
        worker, theirs, llama = self.worker(), self.theirs(), self.llama()
        count, last = self.args.items, self.args.rounds  # round `last` is the proof's

        def ours(r, shared=self.shared):
            return self.text_model(worker, "score_text", self.judged[r], shared, continuations=RATINGS)

        def peer(form, r):
            return theirs.ask(do="score", ids=self.judge_ids[r], continuations=self.rating_ids, form=form)

        begin = self.rating_ids[0][:-1]

        def ask_llama(r):
            return llama.all([{"prompt": ids + begin, "n_predict": 1, "temperature": 0, "n_probs": 20, "cache_prompt": True}
                              for ids in self.judge_ids[r]])

        def scores_of(events):
            return [e["values"] for e in events if e["event"] == "value"]

        mine, alone = scores_of(ours(last)), scores_of(ours(last, 0))
        worst = max(abs(a - b) for form in ("one", "batch") for own in (mine, alone)
                    for x, y in zip(own, peer(form, last)["values"]) for a, b in zip(x, y))
        self.need(worst < 1e-2, f"log-probabilities differ by {worst}")
        worker.forget_peak(), theirs.forget_peak()
        one, batch = "transformers, one pass", "transformers, a row a rating"
        sides = {"ours": lambda r: ours(r)[-1]["at"], "ours, whole": lambda r: ours(r, 0)[-1]["at"],
                 one: lambda r: peer("one", r)["seconds"],
                 batch: lambda r: peer("batch", r)["seconds"]}
        once = "ours reads what all prompts of the rubric begin with once"
        notes = {one: once, batch: once}
        if llama:
            agree = 0
            for reply, values in zip(ask_llama(last)[1], mine):
                seen = {t["id"]: t["logprob"] for t in reply["completion_probabilities"][0]["top_logprobs"]}
                best = max(range(6), key=lambda r: seen.get(self.rating_ids[r][-1], -1e9))
                agree += best == max(range(6), key=lambda r: values[r])
            notes["llama.cpp"] = (f"the same likeliest rating for {agree} of {count}; multiplies by the file's quantised weights; "
                                  "its prompt cache is on, and knows the same opening")
            sides["llama.cpp"] = lambda r: ask_llama(r)[0]
        seconds = self.turns(sides)
        memory = (worker.peak_mib(), theirs.peak_mib())
        all_ids = [p for ids in self.judge_ids[:last] for p in ids]
        lengths, opening = [len(p) for p in all_ids], len(os.path.commonprefix(all_ids))

        def needed(front):  # of a round whose prompts are read behind `front` tokens
            return count * statistics.mean((n - front) * row_flops(self.sizes) + attention_flops(self.sizes, n)
                                           - attention_flops(self.sizes, front) + len(begin) * head_flops(self.sizes)
                                           for n in lengths)

        what = f"ratings of {count} answers, prompts of {statistics.mean(lengths):.0f} tokens"
        for name, note in notes.items():
            self.row(f"{what}, {opening} of them shared", seconds, name, "verdicts/s", count, needed(opening),
                     None if name == "llama.cpp" else 1.0,
                     "" if name == "llama.cpp" else f"log-probabilities within {worst:.0e}",
                     (memory[0], llama.peak_mib() if name == "llama.cpp" else memory[1]), note)
        self.row(f"{what}, each read whole", {"ours": seconds["ours, whole"], one: seconds[one]}, one, "verdicts/s", count,
                 needed(0), 1.0, f"log-probabilities within {worst:.0e}", memory)
        worker.end(), theirs.end(), llama and llama.end()


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--serve":
        return serve(sys.argv[2], int(sys.argv[3]))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True, help="folder of micro_decoder and undertone-model")
    parser.add_argument("--weights", required=True, help="a GGUF")
    parser.add_argument("--llama-server", help="llama.cpp's server program")
    parser.add_argument("--rubric", default=os.path.join(os.path.dirname(__file__), "../../judges/rubrics/audiobench_style.json"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=5, help="of a training, of which the first is not timed")
    parser.add_argument("--items", type=int, default=8, help="answers judged in a round")
    parser.add_argument("--only", default=",".join(COMPARISONS))
    parser.add_argument("--out")
    args = parser.parse_args()
    only = args.only.split(",")
    if unknown := set(only) - set(COMPARISONS):
        parser.error(f"--only knows {', '.join(COMPARISONS)}, not {', '.join(sorted(unknown))}")
    args.weights = os.path.realpath(args.weights)
    before = os.getloadavg()[0]
    bench = Bench(args)
    bench.begin()
    for name in only:
        named(bench, name)()
    bench.finish()
    with open(args.weights, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    result = {"schema": "undertone.decoder_speed", "version": 1,
              "machine": {"processor": cpu_name(), "cores": os.cpu_count(), "threads": args.threads,
                          "load_before": before, "calm": before < CALM,
                          "peak_gflops": {k: v / 1e9 for k, v in bench.peaks.items()}},
              "versions": bench.versions, "weights": {"sha256": digest}, "rows": bench.rows}
    if args.out:
        write_json(args.out, result)


if __name__ == "__main__":
    main()
