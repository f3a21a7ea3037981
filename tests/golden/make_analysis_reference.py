"""Numbers that tests/golden/analysis_reference_test.cc holds `undertone analyze` to, by statsmodels, SciPy and krippendorff,
and the file of scores that both read (analysis/scores.csv, drawn from named streams).

    python3 tests/golden/make_analysis_reference.py
"""
import csv
import json
import pathlib

import krippendorff
import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from named_streams import Stream

HERE = pathlib.Path(__file__).parent / "analysis"


def scores():
    s = Stream("golden/analysis")
    rows = []
    for c in range(24):
        clip = s.uniform() * 1.5
        for i in range(1 + c % 4):
            item = s.uniform()
            for k, system in enumerate(["base", "large", "tuned"]):
                for seed in (1, 2):
                    truth = 1.0 + 0.25 * k + clip + item + s.uniform()
                    words = 10 + s.below(40)
                    missing = s.uniform() < 0.04
                    for judge in ("x", "y"):
                        score = min(5, max(0, round(truth + 0.01 * words + (0.3 if judge == "x" else 0) * s.uniform())))
                        rated = s.uniform() < 0.3
                        human = min(5, max(0, round(truth + 0.4 * s.uniform())))
                        rows.append({"system": system, "clip": f"c{c}", "item": f"q{i}", "seed": seed, "judge": judge,
                                     "score": "" if missing and judge == "x" else score, "human": human if rated else "",
                                     "words": words})
    return rows


def clustered(y, cluster, x=None):
    """Value, standard error and degrees of freedom of the first coefficient, cluster-robust with G/(G-1) alone."""
    X = np.ones((len(y), 1)) if x is None else x
    fit = sm.OLS(y, X).fit()
    groups = np.unique(cluster, return_inverse=True)[1]
    G = groups.max() + 1
    bread = np.linalg.inv(X.T @ X)
    meat = sum(np.outer(v, v) for v in (X[groups == g].T @ fit.resid[groups == g] for g in range(G)))
    cov = bread @ meat @ bread * G / (G - 1)
    return float(fit.params[0]), float(np.sqrt(cov[0, 0])), int(G - 1)


def main():
    rows = scores()
    HERE.mkdir(exist_ok=True)
    with open(HERE / "scores.csv", "w", newline="") as f:
        w = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
        w.writeheader()
        w.writerows(rows)
    d = pd.DataFrame(rows)
    d["score"] = pd.to_numeric(d["score"])
    d["human"] = pd.to_numeric(d["human"])
    out = {"means": {}, "differences": {}, "minus_human": {}, "human": {}, "favours": {}}
    for judge, dj in d.groupby("judge"):
        scored = dj[dj.score.notna()]
        for system, ds in scored.groupby("system"):
            # These seeds: the mean over seeds of their means; equal to the pooled one where both have as many.
            per = [clustered(g.score.to_numpy(float), g["clip"].to_numpy()) for _, g in ds.groupby("seed")]
            out["means"][f"{judge}/{system}"] = float(np.mean([p[0] for p in per]))
            rated = ds[ds.human.notna()]
            per = [g.score.to_numpy(float) - g.human.to_numpy(float) for _, g in rated.groupby("seed")]
            out["minus_human"][f"{judge}/{system}"] = float(np.mean([p.mean() for p in per]))
        wide = scored.pivot(index=["clip", "item", "seed"], columns="system", values="score").reset_index()
        for a, b in (("large", "base"), ("tuned", "base"), ("tuned", "large")):
            pair = wide[[a, b, "clip", "seed"]].dropna()
            value = float(np.mean([(g[a] - g[b]).mean() for _, g in pair.groupby("seed")]))
            row = {"value": value, "n": len(pair)}
            counts = pair.groupby("seed").size()
            if counts.nunique() == 1 and judge == "y":
                # Both seeds have every pair: seeds held, the clustered t over clips of the pooled differences.
                v, se, df = clustered((pair[a] - pair[b]).to_numpy(float), pair["clip"].to_numpy())
                half = float(stats.t.ppf(0.975, df)) * se
                row.update(low=v - half, high=v + half)
            out["differences"][f"{judge}/{a}/{b}"] = row
        rated = scored[scored.human.notna()]
        x, y = rated.score.to_numpy(float), rated.human.to_numpy(float)
        out["human"][judge] = {"n": len(x), "pearson": float(stats.pearsonr(x, y)[0]),
                               "spearman": float(stats.spearmanr(x, y)[0]), "kendall_b": float(stats.kendalltau(x, y)[0])}
        X = np.column_stack([rated.words, rated.human, np.ones(len(x))]).astype(float)
        slope, se, df = clustered(x, rated["clip"].to_numpy(), X)
        sd = float(rated.words.std(ddof=1))
        half = float(stats.t.ppf(0.975, df)) * se
        out["favours"][judge] = {"slope": slope * sd, "low": (slope - half) * sd, "high": (slope + half) * sd,
                                 "p": float(2 * stats.t.sf(abs(slope / se), df))}
    wide = d.pivot(index=["system", "clip", "item", "seed"], columns="judge", values="score")
    out["krippendorff"] = float(krippendorff.alpha(wide.to_numpy(float).T, level_of_measurement="interval"))
    (HERE / "reference.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
