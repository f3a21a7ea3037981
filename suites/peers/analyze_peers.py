"""Times `undertone analyze` against evalstats, truescore and cje-eval on one file of scores, in one run.

    python suites/peers/analyze_peers.py --build build/release --out reports/results/analyze.json [--items 10000] [--systems 8] \
        [--seeds 3] [--resamples 10000] [--only evalstats,truescore,cje-eval] [--limit SECONDS]

Needs pandas, evalstats 0.3.3, truescore 0.7.4 and cje-eval 0.9.3. Every side starts from the CSV file and does what it has of: a
mean and interval per system, all paired differences with intervals, simultaneous where it has them, rank probabilities, means
on the human scale. Each in a process of its own, start included, which is what a person waits for; the time in which each is
imported stands beside it, so that it can be taken off. Ours is always measured, before and after the peers. Means on the judge's
scale and their differences must agree to 1e-9 with those of the file where a side gives them; `proved` names which were compared.
Nothing else is: no interval of a peer, and of cje-eval, whose means are on the human scale, no number at all. Peers do less than
ours does: what each leaves out is said.
Nothing else should run meanwhile: the load is written down.
"""
import argparse
import importlib.metadata
import itertools
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time

import pandas as pd

from common import cpu_name, write_json

RESOLUTION = 1e-9


def write_file(path, items, systems, seeds):
    """Judge's scores 0-5 with clip, item, system and seed effects; a human rated one answer in twenty."""
    r = random.Random(20240607)
    rows = []
    for i in range(items):
        if i % 3 == 0:
            clip = r.gauss(0, 0.5)
        item = r.gauss(0, 0.4)
        for k in range(systems):
            for s in range(seeds):
                truth = 2.8 + 0.05 * k + clip + item + (-0.05, 0.02, 0.03)[s % 3] + r.gauss(0, 0.5)
                words = max(1, int(r.gauss(40, 10)))
                score = min(5, max(0, round(0.9 * truth + 0.6 + 0.01 * (words - 40) + r.gauss(0, 0.4))))
                human = min(5, max(0, round(truth))) if r.random() < 0.05 else ""
                rows.append((f"m{k}", f"q{i}", f"c{i // 3}", s + 1, score, human, words))
    pd.DataFrame(rows, columns=["system", "item", "clip", "seed", "score", "human", "words"]).to_csv(path, index=False)


# ---- Peers: each reads the file and gives what can be held to it: {"means": {system: value}, "differences": {"a-b": value}} ---

def evalstats_side(path, resamples):
    import evalstats as es
    table = pd.read_csv(path)[["system", "item", "seed", "score"]]
    data = es.load_from(table, col_map={"system": "model", "item": "item", "seed": "run", "score": "score"})
    result = es.compare(data, factors="model", method="bootstrap", n_bootstrap=resamples, correction="romano_wolf",
                        simultaneous_ci=True, show_rank_probabilities=True)
    result.to_dict(show_rank_probabilities=True)
    return {"means": {k: float(v.mean) for k, v in result.entity_stats.items()}}


def truescore_side(path, resamples):
    import numpy as np
    import truescore
    table = pd.read_csv(path).sort_values(["system", "item", "seed"])
    by = {k: g for k, g in table.groupby("system")}
    means, differences = {}, {}
    for k, g in by.items():
        means[k] = float(g.score.mean())
        index = np.flatnonzero(g.human.notna())
        # Its clustered correction wants whole clusters rated; the file rates single answers.
        truescore.ppi_estimate(g.score.to_numpy(float), g.human.to_numpy(float)[index], index)
    clips = {k: g["clip"].astype("category").cat.codes.to_numpy() for k, g in by.items()}
    for a, b in itertools.combinations(by, 2):
        x, y = by[b].score.to_numpy(float), by[a].score.to_numpy(float)
        differences[f"{b}-{a}"] = float(truescore.paired_bootstrap(x, y, n_bootstrap=resamples, clusters=clips[b]).difference)
    return {"means": means, "differences": differences}


def cje_side(path, resamples):
    from cje import analyze_dataset
    table = pd.read_csv(path)
    draws = {}
    for system, g in table.groupby("system"):
        draws[system] = [{"prompt_id": p, "judge_score": float(s), "oracle_label": None if pd.isna(h) else float(h), "draw_idx": d}
                         for p, s, h, d in zip(g["clip"] + "/" + g["item"], g.score, g.human, g.seed)]
    result = analyze_dataset(fresh_draws_data=draws,
                             estimator_config={"inference_method": "bootstrap", "n_bootstrap": resamples, "bootstrap_seed": 1})
    for a, b in itertools.combinations(draws, 2):
        result.compare_policies(b, a)
    return {}  # its means are on the human scale, which the file holds for one answer in twenty


PEERS = {  # package: (module, side, what it does)
    "evalstats": ("evalstats", evalstats_side, "items as independent units, runs nested in them; no clips, no human column used; percentile "
                                  "bootstrap of means and all pairs, Romano-Wolf p, simultaneous intervals, rank probabilities"),
    "truescore": ("truescore", truescore_side, "28 cluster bootstraps of pairs by clip, PPI++ means without clusters; no simultaneous intervals, "
                                  "no ranks, no seeds"),
    "cje-eval": ("cje", cje_side, "calibrated means on the human scale and all pairs with bootstrap inference by item; no judge-scale "
                           "means, no simultaneous intervals, no ranks"),
}


def peer_child(name, path, resamples):
    module, side, _ = PEERS[name]
    start = time.perf_counter()
    __import__(module)
    imported = time.perf_counter() - start
    print("RESULT" + json.dumps({"import_seconds": imported, **side(path, resamples)}))


def ours(build, path, resamples, threads, rounds):
    program = os.path.join(build, "undertone")
    times, out = [], None
    for _ in range(rounds):
        start = time.perf_counter()
        done = subprocess.run([program, "analyze", path, "--json", "--resamples", str(resamples), "--threads", str(threads)],
                              capture_output=True, check=True)
        times.append(time.perf_counter() - start)
        out = done.stdout
    return times, out


def proved(name, result, table):
    """Which of a side's numbers were held to the file's; the run ends where one is another, or a system or pair is missing."""
    means = table.groupby("system").score.mean().to_dict()
    known = {"means": means, "differences": {f"{b}-{a}": means[b] - means[a] for a, b in itertools.combinations(means, 2)}}
    compared = [kind for kind in known if kind in result]
    for kind in compared:
        if result[kind].keys() != known[kind].keys():
            sys.exit(f"{name} gives other {kind} than those of the file: {', '.join(sorted(result[kind]))}")
        worst = max(abs(result[kind][key] - value) for key, value in known[kind].items())
        if not worst <= RESOLUTION:
            sys.exit(f"{name} computes other {kind}: off by {worst}")
    return compared


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="build/release")
    p.add_argument("--out", default="reports/results/analyze.json")
    p.add_argument("--items", type=int, default=10_000)
    p.add_argument("--systems", type=int, default=8)
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--resamples", type=int, default=10_000)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--limit", type=float, default=1800, help="seconds after which a peer is stopped and said to take longer")
    p.add_argument("--only", default=",".join(PEERS), help="peers, separated by commas")
    p.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.child:
        return peer_child(a.child[0], a.child[1], int(a.child[2]))
    only = a.only.split(",")
    if unknown := set(only) - set(PEERS):
        p.error(f"--only knows {', '.join(PEERS)}, not {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "scores.csv")
        write_file(path, a.items, a.systems, a.seeds)
        table = pd.read_csv(path)
        load_before = os.getloadavg()
        one, first = ours(a.build, path, a.resamples, 1, a.rounds)
        two, second = ours(a.build, path, a.resamples, 2, a.rounds)
        if first != second:
            sys.exit("one thread and two gave other bytes")
        mine = {e["system"]: e["value"] for e in json.loads(first)["judges"][0]["estimates"] if e["tag"] == "mean"}
        ours_proved = proved("ours", {"means": mine}, table)
        peers = {}
        for name, (_, _, does) in PEERS.items():
            if name not in only:
                continue
            start = time.perf_counter()
            try:
                done = subprocess.run([sys.executable, __file__, "--child", name, path, str(a.resamples)], capture_output=True,
                                      text=True, timeout=a.limit)
                seconds = time.perf_counter() - start
            except subprocess.TimeoutExpired:
                peers[name] = {"does": does, "stopped_after_seconds": a.limit}
                continue
            lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
            if not lines:
                peers[name] = {"does": does, "failed": done.stderr.strip().splitlines()[-1:]}
                continue
            result = json.loads(lines[-1][6:])
            peers[name] = {"version": importlib.metadata.version(name), "does": does, "seconds": seconds,
                           "proved": proved(name, result, table), "import_seconds": result["import_seconds"]}
        one += ours(a.build, path, a.resamples, 1, a.rounds)[0]
        two += ours(a.build, path, a.resamples, 2, a.rounds)[0]
    best = {1: statistics.median(one), 2: statistics.median(two)}
    for peer in peers.values():
        seconds = peer.get("seconds", peer.get("stopped_after_seconds"))
        if seconds:
            peer["ratio_2_threads"], peer["ratio_1_thread"] = seconds / best[2], seconds / best[1]
            peer["at_least"] = "stopped_after_seconds" in peer
            if "import_seconds" in peer:
                peer["ratio_2_threads_without_import"] = (seconds - peer["import_seconds"]) / best[2]
    result = {
        "work": f"{a.items} items x {a.systems} systems x {a.seeds} seeds, B = {a.resamples}",
        "ours_seconds": {"1_thread": best[1], "2_threads": best[2], "all_1_thread": one, "all_2_threads": two},
        "ours_does": "reads the file; means for new and for these seeds, all pairs by clip, simultaneous intervals and p of both "
                     "families, rank probabilities, variance components, judge against human, PPI++ means and pairs, covariates",
        "ours_proved": ours_proved,
        "peers": peers, "reach": 50,
        "machine": {"processor": cpu_name(), "cores": os.cpu_count(),
                    "python": platform.python_version(), "load_before": load_before, "load_after": os.getloadavg()},
    }
    write_json(a.out, result)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
