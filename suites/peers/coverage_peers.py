"""Whose 95 % intervals hold the truth, where questions share a clip, systems share the questions and seeds differ.

    python suites/peers/coverage_peers.py --build build/release --out reports/results/coverage_peers.json [--simulations 400] \
        [--slow-simulations 100] [--resamples 1000] [--only ours,evalstats,truescore,cje-eval]

Needs numpy, pandas, evalstats 0.3.3, truescore 0.7.4 and cje-eval 0.9.3. Each simulated file holds two systems' 0-5 ratings by the
model of tests/simulation/ratings.h (clips x questions x seeds; intraclass correlation as said, 60 % of the rest is the question's;
the systems' effects correlate by 0.7, the second is 0.3 latent units better, seeds differ by a standard deviation of 0.15). Every
side reads the same file and does what its documentation says for such data: ours `undertone analyze`; evalstats items with runs
nested in them (it knows no clips); truescore's estimate of a mean (no clusters there) and its paired bootstrap with clusters;
cje-eval with every answer labelled, so that its calibration costs nothing, items as its units. Counted is how often the interval of
the mean of the first system, and of the difference, holds the value for new seeds, and for these very seeds. cje-eval takes most of
the time and gets --slow-simulations. The simulations are the same ones at every call.
"""
import argparse
import importlib.metadata
import json
import math
import os
import subprocess
import tempfile
import warnings

import numpy as np
import pandas as pd

from common import cpu_name, write_json

SHIFT, SEED_SD, SHARED, QUESTION, LEVEL = 0.3, 0.15, 0.7, 0.6, 0.95
CELLS = [(clips, questions, icc, seeds) for clips, questions in ((20, 5), (60, 10)) for icc in (0.1, 0.4, 0.7) for seeds in (1, 3, 5)]


def expected(mean, deviation):
    """E[round(2.5 + 1.2 L) cut to 0..5] of L ~ N(mean, deviation^2)."""
    return sum(0.5 * (1 + math.erf((mean - (step - 2.5) / 1.2) / deviation / math.sqrt(2))) for step in (0.5, 1.5, 2.5, 3.5, 4.5))


def sample(cell, r):
    """Ratings [system][seed, clip, question], and the truth: {"mean"|"difference": (new seeds, these seeds)}."""
    clips, questions, icc, seeds = cell
    clip, question = r.normal(size=(clips, 1)), r.normal(size=(clips, questions))
    out, new, these = [], [], []
    for k in range(2):
        if k == 1:
            clip = SHARED * clip + math.sqrt(1 - SHARED**2) * r.normal(size=clip.shape)
            question = SHARED * question + math.sqrt(1 - SHARED**2) * r.normal(size=question.shape)
        seed = SEED_SD * r.normal(size=(seeds, 1, 1))
        latent = k * SHIFT + seed + math.sqrt(icc) * clip + math.sqrt(1 - icc) * (
            math.sqrt(QUESTION) * question + math.sqrt(1 - QUESTION) * r.normal(size=(seeds, clips, questions)))
        out.append(np.clip(np.round(2.5 + 1.2 * latent), 0, 5))
        new.append(expected(k * SHIFT, math.sqrt(1 + SEED_SD**2)))
        these.append(float(np.mean([expected(k * SHIFT + s, 1) for s in seed.ravel()])))
    return out, {"mean": (new[0], these[0]), "difference": (new[1] - new[0], these[1] - these[0])}


def frame(ratings):
    rows = []
    for k, of_system in enumerate(ratings):
        for (s, c, q), score in np.ndenumerate(of_system):
            rows.append((f"m{k}", f"c{c}/q{q}", f"c{c}", int(s), float(score)))
    return pd.DataFrame(rows, columns=["system", "item", "clip", "seed", "score"])


# ---- Each side: the intervals of the first system's mean and of second minus first; of ours also those for these seeds -------

def ours(table, a):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "scores.csv")
        table.to_csv(path, index=False)
        done = subprocess.run([os.path.join(a.build, "undertone"), "analyze", path, "--json", "--resamples", str(a.resamples),
                               "--threads", "1"], capture_output=True, check=True)
    out = {}
    for e in json.loads(done.stdout)["judges"][0]["estimates"]:
        tag, _, seeds = e["tag"].partition("/")
        if tag not in ("mean", "difference") or seeds not in ("", "these_seeds") or (tag == "mean" and e["system"] != "m0"):
            continue
        low, high = e["low"], e["high"]
        if tag == "difference" and e["system"] == "m0":
            low, high = -high, -low
        out[tag + (" of these seeds" if seeds else "")] = (low, high)
    return out


def evalstats_side(table, a):
    import evalstats as es
    columns = ["system", "item", "seed", "score"] if table.seed.nunique() > 1 else ["system", "item", "score"]
    names = {"system": "model", "item": "item", "seed": "run", "score": "score"}
    data = es.load_from(table[columns], col_map={c: names[c] for c in columns})
    found = es.compare(data, factors="model", method="bootstrap", n_bootstrap=a.resamples)
    mean, pair = found.entity_stats["m0"], found.pairwise.results[("m0", "m1")]
    return {"mean": (mean.ci_low, mean.ci_high), "difference": (-pair.ci_high, -pair.ci_low)}


def truescore_side(table, a):
    import truescore
    one, two = (g.sort_values(["item", "seed"]) for _, g in table.groupby("system"))
    mean = truescore.judge_only_estimate(one.score.to_numpy(float))
    pair = truescore.paired_bootstrap(two.score.to_numpy(float), one.score.to_numpy(float), n_bootstrap=a.resamples,
                                      clusters=one["clip"].astype("category").cat.codes.to_numpy())
    return {"mean": (mean.low, mean.high), "difference": (pair.low, pair.high)}


def cje_side(table, a):
    from cje import analyze_dataset
    draws = {k: [{"prompt_id": p, "judge_score": s, "oracle_label": s, "draw_idx": d} for p, s, d in zip(g["item"], g.score, g.seed)]
             for k, g in table.groupby("system")}
    found = analyze_dataset(fresh_draws_data=draws, estimator_config={"inference_method": "bootstrap", "n_bootstrap": a.resamples,
                                                                       "bootstrap_seed": 1})
    low, high = found.confidence_interval(1 - LEVEL)
    at = list(found.target_policies).index("m0")
    pair = found.compare_policies(1 - at, at)
    return {"mean": (low[at], high[at]), "difference": (pair["ci_lower"], pair["ci_upper"])}


SIDES = {"ours": ours, "evalstats": evalstats_side, "truescore": truescore_side, "cje-eval": cje_side}


def simulate(name, cell, a):
    """Rows of one side and cell: how often each interval held each truth, and what the side failed at, by reason."""
    n = a.slow_simulations if name == "cje-eval" else a.simulations
    clips, questions, icc, seeds = cell
    at = {"clips": clips, "questions": questions, "icc": icc, "seeds": seeds, "side": name}
    counts, failed = {}, {}
    for i in range(n):
        ratings, truth = sample(cell, np.random.default_rng([20261201, clips, questions, round(icc * 10), seeds, i]))
        try:
            intervals = SIDES[name](frame(ratings), a)
        except Exception as e:  # a side that gives no interval has not covered: counted, with its reason
            reason = f"{type(e).__name__}: {str(e)[:120]}"
            failed[reason] = failed.get(reason, 0) + 1
            continue
        for what, interval in intervals.items():
            count(counts, what, interval, truth)
    rows = [{**at, "interval_of": what, "truth": f"{seeds_are} seeds", "simulations": n, "answered": answered, "held": held,
             "coverage": held / answered if answered else None, "mean_width": width / answered if answered else None}
            for (what, seeds_are), (answered, held, width) in sorted(counts.items())]
    return rows + ([{**at, "failed": failed}] if failed else [])


def count(counts, what, interval, truth):
    """An interval for these seeds is held to them alone."""
    low, high = interval
    of = what.removesuffix(" of these seeds")
    for seeds_are, value in zip(("new", "these"), truth[of]):
        if of != what and seeds_are == "new":
            continue
        c = counts.setdefault((what, seeds_are), [0, 0, 0.0])
        if low is not None and high is not None:
            c[0] += 1
            c[1] += int(low <= value <= high)
            c[2] += float(high - low)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="build/release")
    p.add_argument("--out", default="reports/results/coverage_peers.json")
    p.add_argument("--simulations", type=int, default=400)
    p.add_argument("--slow-simulations", type=int, default=100)
    p.add_argument("--resamples", type=int, default=1000)
    p.add_argument("--only", default=",".join(SIDES))
    a = p.parse_args()
    only = a.only.split(",")
    if unknown := set(only) - set(SIDES):
        p.error(f"--only knows {', '.join(SIDES)}, not {', '.join(sorted(unknown))}")
    warnings.filterwarnings("ignore")
    rows = []
    for cell in CELLS:
        for name in only:
            found = simulate(name, cell, a)
            print(cell, name, [(r["interval_of"], r["truth"], r["coverage"]) for r in found if "coverage" in r], flush=True)
            rows += found
    versions = {n: importlib.metadata.version(n) for n in only if n != "ours"}
    write_json(a.out, {"level": LEVEL, "resamples": a.resamples, "seed_sd": SEED_SD, "versions": versions, "cpu": cpu_name(), "rows": rows})


main()
