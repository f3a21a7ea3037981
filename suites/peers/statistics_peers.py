"""Measures metrics and resampling against NumPy, SciPy and scikit-learn: same inputs and machine, one run, in turns.

    python suites/peers/statistics_peers.py --build build/release --out reports/results/speed.json [--only NAME,...]

Needs numpy, scipy and scikit-learn. Ours is `micro_statistics` (target of suites/micro), on one thread and on two; it first writes
the inputs of both sides. A peer runs as shipped (NumPy's BLAS may use every core), in the best formulation known here; where there
are two formulations each has its row. Ours is measured before and after its peers; medians are reported. A result counts only
where both sides agree: exactly where nothing is drawn, else within what two independent bootstraps may differ by.

Nothing else should run meanwhile: the load is written down. On a machine that is not calm `--clock cpu` takes the processor time of both
sides instead, ours on one thread only (`ours_2t_ms` is null then), and `--loop-draws 1000` runs the peers' loops for as many draws and
scales their time: a result that says so, until it is measured by the clock. What stands in the result: suites/peers/README.md.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import scipy
import scipy.stats
import sklearn
from sklearn.metrics import classification_report, f1_score

from common import cpu_name, write_json

B, CLIPS, CLASSES = 10_000, 480, 7
LEVELS = (2.5, 97.5)
TYPES = {"f64": np.float64, "i32": np.int32, "u32": np.uint32}
rng = np.random.default_rng(20240607)


def ends(draws):
    return np.percentile(draws, LEVELS)


def macro_f1(tables):
    tables = tables.reshape(-1, CLASSES, CLASSES)
    hits, named = np.einsum("bii->bi", tables), tables.sum(1) + tables.sum(2)
    return (2 * hits / np.where(named > 0, named, 1)).sum(1) / (named > 0).sum(1)


def drawn_counts(n):
    """How often each of n clusters is drawn, draw by draw: the fastest way in NumPy known here."""
    index = rng.integers(0, n, (B, n), dtype=np.uint16) + (np.arange(B) * n)[:, None]
    return np.bincount(index.ravel(), minlength=B * n).reshape(B, n).astype(np.float64)


class Peers:
    """The other side of each benchmark: a function of nothing that gives what ours tells, by the same names."""

    def __init__(self, data, loop_draws):
        self.d, self.loop_draws = data, loop_draws
        d = data
        by_clip = lambda v: np.bincount(d["clip"], weights=v, minlength=CLIPS)
        self.sums, self.differences = by_clip(d["score"]), by_clip(d["score"] - d["baseline"])
        self.sizes = by_clip(np.ones(len(d["clip"])))
        self.tables = np.zeros((CLIPS, CLASSES * CLASSES))
        np.add.at(self.tables, (d["clip"], d["gold"] * CLASSES + d["answered"]), 1)
        self.rows = np.argsort(d["clip"], kind="stable").reshape(CLIPS, -1)

    # Whole clips
    def mean_gathered(self):
        index = rng.integers(0, CLIPS, (B, CLIPS))
        sizes = self.sizes[index].sum(1)
        return {"mean": ends(self.sums[index].sum(1) / sizes), "difference": ends(self.differences[index].sum(1) / sizes)}

    def mean_counted(self):
        drawn = drawn_counts(CLIPS) @ np.stack([self.sums, self.differences, self.sizes], 1)
        return {"mean": ends(drawn[:, 0] / drawn[:, 2]), "difference": ends(drawn[:, 1] / drawn[:, 2])}

    def f1_gathered(self):
        draws = [macro_f1(self.tables[rng.integers(0, CLIPS, (500, CLIPS))].sum(1)) for _ in range(B // 500)]
        return {"macro_f1": ends(np.concatenate(draws))}

    def f1_counted(self):
        return {"macro_f1": ends(macro_f1(drawn_counts(CLIPS) @ self.tables))}

    def clustered_ranks(self):
        x, y = self.d["rating_x"], self.d["rating_y"]
        return self.ranks(x, y, lambda: self.rows[rng.integers(0, CLIPS, CLIPS)].ravel())

    def ranks(self, x, y, draw):
        rho, tau = [], []
        for _ in range(self.loop_draws):
            i = draw()
            rho.append(scipy.stats.spearmanr(x[i], y[i]).statistic)
            tau.append(scipy.stats.kendalltau(x[i], y[i]).statistic)
        return {"spearman": ends(rho), "kendall": ends(tau)}

    def flips(self, signs_times):
        d = self.differences - 2 / 3 * self.differences.mean()
        least = abs(d.sum()) - 1e-12 * abs(d).sum()
        hits = sum(int((abs(signs_times(d, n)) >= least).sum()) for n in [1000] * 100)
        return {"p_value": (1 + hits) / 100_001}

    def flips_by_signs(self):
        return self.flips(lambda d, n: rng.choice(np.array([-1.0, 1.0]), (n, len(d))) @ d)

    def flips_by_bits(self):
        def times(d, n):
            bits = np.unpackbits(np.frombuffer(rng.bytes(n * len(d) // 8), np.uint8)).reshape(n, len(d))
            return d.sum() - 2 * (bits.astype(np.float64) @ d)
        return self.flips(times)

    # Items
    def bootstrap(self, method):
        i = scipy.stats.bootstrap((self.d["values"],), np.mean, n_resamples=B, method=method, rng=rng).confidence_interval
        return {"mean": (i.low, i.high)}

    def item_ranks(self, x, y):
        x, y = self.d[x], self.d[y]
        return self.ranks(x, y, lambda: rng.integers(0, len(x), len(x)))

    def item_f1(self):
        gold, answered = self.d["item_gold"], self.d["item_answered"]
        draws = []
        for _ in range(self.loop_draws):
            i = rng.integers(0, len(gold), len(gold))
            draws.append(f1_score(gold[i], answered[i], average="macro"))
        return {"macro_f1": ends(draws)}

    def item_f1_counted(self):
        cell = self.d["item_gold"] * CLASSES + self.d["item_answered"]
        n = len(cell)
        tables = [np.bincount(cell[rng.integers(0, n, n)], minlength=CLASSES**2) for _ in range(B)]
        return {"macro_f1": ends(macro_f1(np.array(tables)))}

    # No draws
    def report(self):
        r = classification_report(self.d["many_gold"], self.d["many_answered"], output_dict=True)
        return {"accuracy": r["accuracy"], "f1_macro": r["macro avg"]["f1-score"]}

    def count(self):
        table = np.bincount(self.d["many_gold"] * CLASSES + self.d["many_answered"], minlength=CLASSES**2)
        return {"accuracy": table.reshape(CLASSES, CLASSES).trace() / table.sum(), "f1_macro": macro_f1(table)[0]}

    def kendall(self):
        return {"kendall": scipy.stats.kendalltau(self.d["many_smooth_x"], self.d["many_smooth_y"]).statistic}


def table(p):
    """(our benchmark, work, [(peer, function, rounds, reach)])"""
    draws = f"B = {B:,}"
    return [
        ("cluster_mean_and_difference", f"cluster bootstrap of a mean and a paired difference, 480 clips x 3, {draws}",
         [("NumPy, per-cluster sums gathered", p.mean_gathered, 5, 20), ("NumPy, counts by bincount times sums", p.mean_counted, 5, None)]),
        ("cluster_macro_f1", f"cluster bootstrap of macro-F1, 7 classes, 480 clips x 3, {draws}",
         [("NumPy, per-cluster tables gathered", p.f1_gathered, 3, 50), ("NumPy, counts by bincount times tables", p.f1_counted, 5, None)]),
        ("cluster_spearman_and_kendall", f"cluster bootstrap of Spearman and Kendall tau-b of two 0-5 ratings, 480 clips x 3, {draws}",
         [("SciPy in a loop over draws", p.clustered_ranks, 1, 300)]),
        ("mean_percentile", f"bootstrap of a mean, n = 1,000, {draws}, percentile",
         [("scipy.stats.bootstrap", lambda: p.bootstrap("percentile"), 5, 25)]),
        ("mean_bca", f"bootstrap of a mean, n = 1,000, {draws}, BCa",
         [("scipy.stats.bootstrap", lambda: p.bootstrap("BCa"), 5, 25)]),
        ("ratings_spearman_and_kendall", f"iid Spearman and Kendall tau-b of two 0-5 ratings, n = 1,000, {draws}",
         [("SciPy in a loop over draws", lambda: p.item_ranks("item_x", "item_y"), 1, 1200)]),
        ("ratings_spearman_and_kendall_1e6_from_table", f"the same from the table of n = 1,000,000, {draws}", []),
        ("ratings_spearman_and_kendall_1e6", f"the same from the items, n = 1,000,000, {draws}", []),
        ("macro_f1", f"iid macro-F1, 7 classes, n = 2,610, {draws}",
         [("scikit-learn's f1_score in a loop", p.item_f1, 1, 1000), ("NumPy, bincount in a loop", p.item_f1_counted, 3, None)]),
        ("continuous_spearman_and_kendall", f"iid Spearman and Kendall tau-b, continuous, n = 1,000, {draws}",
         [("SciPy in a loop over draws", lambda: p.item_ranks("smooth_x", "smooth_y"), 1, 15)]),
        ("classification_1e6", "all classification metrics, 7 classes, n = 1,000,000",
         [("scikit-learn's classification_report", p.report, 3, 150), ("NumPy, bincount", p.count, 9, 1)]),
        ("kendall_1e6", "Kendall tau-b, continuous, n = 1,000,000", [("scipy.stats.kendalltau", p.kendall, 3, 3)]),
        ("cluster_sign_flips", "paired cluster permutation, 480 clips, 100,000 draws",
         [("NumPy, signs by choice", p.flips_by_signs, 3, 20), ("NumPy, signs from unpacked bits", p.flips_by_bits, 3, None)]),
        ("default_report", "every estimate, interval and test of a report of the demo's shape, B = 2,000 as shipped", []),
        ("default_report:10000", f"the same, {draws}", []),
    ]


def ours(program, name, clock):
    """Milliseconds of every repetition by number of threads, and what it tells."""
    name, _, resamples = name.partition(":")
    if name == "default_report":
        name += f"/threads:[0-9]*/resamples:{resamples or 2000}"
    out = subprocess.run([program, f"--benchmark_filter=^{name}/", "--benchmark_format=json", f"--benchmark_min_time={0.2 if clock == 'wall' else 0.05}",
                          "--benchmark_repetitions=3"], check=True, capture_output=True, text=True).stdout
    times, cpu, told = {1: [], 2: []}, [], {}
    result = json.loads(out)
    for run in result["benchmarks"]:
        if run.get("error_occurred"):
            sys.exit(f"{run['name']}: {run['error_message']}")
        if run["run_type"] == "iteration":
            times[2 if "threads:2" in run["name"] else 1].append(run["real_time"])
            if "threads:1" in run["name"]:
                cpu.append(run["cpu_time"])
            told = run
    return ({1: cpu, 2: []} if clock == "cpu" else times), told, result["context"]


def check(name, told, theirs, draws):
    """Both sides found the same, or the run ends."""
    for key, value in theirs.items():
        if np.ndim(value) == 0:
            mine, slack = told[key], 0.005 if key == "p_value" else 1e-9
            if abs(mine - value) > slack:
                sys.exit(f"{name}: {key} is {mine} here and {value} there")
        else:
            low, high = told[key + "_low"], told[key + "_high"]
            # An end's Monte-Carlo error at B = 10,000 is near 0.012 of the width: six of both sides.
            slack = 6 * (1 + B / draws) ** 0.5 * 0.012 * (value[1] - value[0])
            if abs(low - value[0]) > slack or abs(high - value[1]) > slack:
                sys.exit(f"{name}: {key} is {low} to {high} here and {value[0]} to {value[1]} there")


def milliseconds(work, rounds, now):
    times, result = [], None
    for _ in range(rounds):
        started = now()
        result = work()
        times.append((now() - started) * 1e3)
    return statistics.median(times), result


def significant(v):
    return None if v is None else float(f"{v:.3g}")


def peak_megabytes(program):
    """The most memory that ours held while it worked on a million items (a process of its own, inputs among it)."""
    code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    out = {}
    for name in ("classification_1e6", "kendall_1e6", "ratings_spearman_and_kendall_1e6", "mean_1e6_200_draws"):
        kilobytes = subprocess.run([sys.executable, "-c", code, program, f"--benchmark_filter=^{name}/threads:2", "--benchmark_min_time=0"],
                                   check=True, capture_output=True, text=True).stdout
        out[name] = round(int(kilobytes) / 1024)
    return out


def main():
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release", help="folder with micro_statistics")
    parser.add_argument("--out", required=True)
    parser.add_argument("--only", default="", help="benchmarks, separated by commas")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--loop-draws", type=int, default=B, help="draws of a peer that is a Python loop; its time is scaled")
    args = parser.parse_args()
    now = time.perf_counter if args.clock == "wall" else time.process_time
    program = os.path.join(args.build, "micro_statistics")
    only = set(filter(None, args.only.split(",")))
    load = [os.getloadavg()]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, f"--inputs={folder}"], check=True)
        data = {}
        for file in os.listdir(folder):
            name, kind = file.rsplit(".", 1)
            data[name] = np.fromfile(os.path.join(folder, file), TYPES[kind])
    rows, context = [], {}
    for name, work, peers in table(Peers(data, args.loop_draws)):
        if only and name not in only:
            continue
        times, told, context = ours(program, name, args.clock)
        measured = []
        for peer, function, rounds, reach in peers:
            peer_ms, theirs = milliseconds(function, rounds, now)
            loops = rounds == 1  # the peers that take minutes
            check(name, told, theirs, args.loop_draws if loops else B)
            peer_ms *= B / args.loop_draws if loops else 1
            measured.append((peer, peer_ms, reach))
        again = ours(program, name, args.clock)[0]
        one, two = (statistics.median(times[t] + again[t]) if times[t] else None for t in (1, 2))
        for peer, peer_ms, reach in measured or [(None, None, None)]:
            rows.append({"work": work, "peer": peer, "peer_ms": significant(peer_ms), "ours_1t_ms": significant(one),
                         "ours_2t_ms": significant(two), "ratio": significant(peer_ms / (two or one)) if peer_ms else None, "reach": reach})
            print(json.dumps(rows[-1]), flush=True)
        load.append(os.getloadavg())
    result = {
        "machine": {"cpu": cpu_name(), "cores": os.cpu_count(), "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
                    "system": platform.platform(), "instruction_set": context.get("instruction_set"),
                    "load_average_1_minute": {"before": round(load[0][0], 2), "most": round(max(l[0] for l in load), 2)}},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
        "clock": args.clock,
        "loop_draws": args.loop_draws,
        "ratio": "peer_ms over ours_2t_ms: ours on two threads, the peer as shipped" if args.clock == "wall" else
                 "processor time of the peer over ours on one thread: the machine was not calm enough for the clock",
        "peak_memory_mb": {} if only else peak_megabytes(program),
        "rows": rows,
    }
    write_json(args.out, result)


if __name__ == "__main__":
    main()
