"""Writes tests/golden/metrics/reference.json: inputs and what independent programs make of them.

Run: python3 tests/golden/make_metrics_reference.py   (needs numpy, scipy, scikit-learn, jiwer)
Where no package has a method in this form (crossed seeds, several strata), the reference is computed here from
the definition, by another route than the program's: regression matrices instead of influences, explicit loops.
"""
import json
import os
import warnings

import jiwer
import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn import metrics

warnings.filterwarnings("ignore")
random = np.random.default_rng(20240607)


def correlation_cases():
    out = []
    for n, kind in [(3, "float"), (12, "float"), (40, "ties"), (60, "binary"), (200, "ties"), (25, "large")]:
        x = random.normal(size=n)
        y = 0.6 * x + random.normal(size=n)
        if kind == "ties":
            x, y = np.round(x * 1.5), np.round(y)
        if kind == "binary":
            x, y = np.round(x * 2), (y > 0).astype(float)
        if kind == "large":
            x = x + 1e6
        concordance = 2 * np.cov(x, y, bias=True)[0, 1] / (np.var(x) + np.var(y) + (x.mean() - y.mean()) ** 2)
        out.append({"x": x.tolist(), "y": y.tolist(), "pearson": stats.pearsonr(x, y)[0],
                    "spearman": stats.spearmanr(x, y)[0], "concordance": concordance,
                    "ranks": stats.rankdata(x).tolist()})
    return out


def classification_cases():
    out = []
    for n, k, absent in [(30, 2, False), (50, 4, False), (80, 6, True), (5, 6, True), (400, 7, False)]:
        gold = random.integers(0, k, n)
        answered = np.where(random.random(n) < 0.5, gold, random.integers(0, k, n))
        if absent:  # a class answered but never gold, and one neither
            gold[gold == 0] = 1
            gold[gold == 2] = 1
            answered[answered == 2] = 1
        out.append({
            "classes": k, "gold": gold.tolist(), "answered": answered.tolist(),
            "accuracy": metrics.accuracy_score(gold, answered),
            "uar": metrics.balanced_accuracy_score(gold, answered),
            "f1_macro": metrics.f1_score(gold, answered, average="macro"),
            "f1_weighted": metrics.f1_score(gold, answered, average="weighted"),
            "recall": metrics.recall_score(gold, answered, average=None, labels=range(k), zero_division=np.nan).tolist(),
            "precision": metrics.precision_score(gold, answered, average=None, labels=range(k),
                                                 zero_division=np.nan).tolist(),
            "confusion": metrics.confusion_matrix(gold, answered, labels=range(k)).tolist()})
    return out


def word_error_cases():
    vocabulary = ["anna", "sold", "the", "house", "yesterday", "car", "lost"]
    pairs = [("the cat sat", "the cat sat"), ("a b c d", "a x c"), ("a b", "x y z w")]
    for _ in range(40):
        words = list(random.choice(vocabulary, random.integers(1, 12)))
        answer = [w for w in words if random.random() > 0.15]
        answer = [w if random.random() > 0.2 else str(random.choice(vocabulary)) for w in answer]
        if random.random() < 0.3:
            answer.insert(int(random.integers(0, len(answer) + 1)), "the")
        if answer:
            pairs.append((" ".join(words), " ".join(answer)))
    out = []
    for reference, answer in pairs:
        o = jiwer.process_words(reference, answer)
        out.append({"reference": reference, "answer": answer, "wer": o.wer,
                    "errors": o.substitutions + o.deletions + o.insertions})
    return out


def cluster_robust(values, cluster):
    """OLS on an intercept with the CR1 sandwich, from its matrices (no (N-1)/(N-K) factor for K = 1)."""
    y, c = np.asarray(values, float), np.asarray(cluster)
    x = np.ones((len(y), 1))
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ y
    meat = np.zeros((1, 1))
    for g in np.unique(c):
        score = x[c == g].T @ (y[c == g] - x[c == g] @ beta)
        meat += np.outer(score, score)
    groups = len(np.unique(c))
    return float(beta[0]), float((bread @ meat @ bread)[0, 0] * groups / (groups - 1)), groups


def clustered_cases():
    out = []
    for groups, most in [(2, 3), (12, 1), (12, 6), (40, 9)]:
        cluster = np.concatenate([[g] * random.integers(1, most + 1) for g in range(groups)])
        values = random.normal(size=groups)[cluster] + random.normal(size=len(cluster))
        mean, variance, g = cluster_robust(values, cluster)
        half = stats.t.ppf(0.975, g - 1) * np.sqrt(variance)
        case = {"values": values.tolist(), "cluster": cluster.tolist(), "mean": mean, "variance": variance,
                "low": mean - half, "high": mean + half}
        if len(values) > groups:
            sizes = np.bincount(cluster)
            f = stats.f_oneway(*[values[cluster == k] for k in range(groups)]).statistic
            n0 = (len(values) - (sizes ** 2).sum() / len(values)) / (groups - 1)
            case["icc"] = (f - 1) / (f + n0 - 1)
            case["deff"] = variance / (np.var(values, ddof=1) / len(values))
        out.append(case)
    return out


def crossed_cases():
    """Balanced seeds x clusters with equal cluster sizes: mean squares straight from the table of cell means."""
    out = []
    for seeds, groups, size, spread in [(3, 10, 2, 1.0), (5, 20, 1, 0.3), (3, 15, 3, 0.0), (10, 8, 2, 2.0)]:
        cell = (spread * random.normal(size=(seeds, 1)) + random.normal(size=(1, groups))
                + 0.5 * random.normal(size=(seeds, groups)))
        data = cell[:, :, None] + 0.3 * random.normal(size=(seeds, groups, size))
        m = data.mean(axis=2)
        grand = m.mean()
        ms_seed = groups * ((m.mean(axis=1) - grand) ** 2).sum() / (seeds - 1)
        ms_cluster = seeds * ((m.mean(axis=0) - grand) ** 2).sum() / (groups - 1)
        residual = m - m.mean(axis=1, keepdims=True) - m.mean(axis=0, keepdims=True) + grand
        ms_residual = (residual ** 2).sum() / ((seeds - 1) * (groups - 1))
        component = {"seed": max(0.0, (ms_seed - ms_residual) / groups),
                     "cluster": max(0.0, (ms_cluster - ms_residual) / seeds), "residual": ms_residual}
        these = ms_cluster / (seeds * groups)
        parts = np.array([component["cluster"] / groups, ms_seed / (seeds * groups)])
        df, new = parts.sum() / (parts / [groups - 1, seeds - 1]).sum(), max(parts.sum(), these)
        half = stats.t.ppf(0.975, df) * np.sqrt(new)
        out.append({"data": data.tolist(), "mean": grand, **component, "these_seeds": these, "new_seeds": new, "df": df,
                    "low": grand - half, "high": grand + half})
    return out


def permutation_cases():
    out = []
    for n in [2, 5, 9, 13]:
        d = random.normal(size=n) + 0.4
        if n == 9:
            d = np.round(d, 1)  # ties between patterns
        r = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=np.inf,
                                   alternative="two-sided")
        # SciPy doubles the smaller tail; the null is symmetric, so this equals the share with |T*| >= |T|.
        out.append({"contributions": d.tolist(), "p": float(r.pvalue)})
    return out


def multiplicity_cases():
    out = []
    for n in [1, 2, 7, 20]:
        p = np.round(random.random(n) ** 2, 3)
        order = np.argsort(p, kind="stable")
        holm = np.empty(n)
        holm[order] = np.minimum(1, np.maximum.accumulate((n - np.arange(n)) * p[order]))
        out.append({"p": p.tolist(), "holm": holm.tolist(), "bh": stats.false_discovery_control(p).tolist()})
    return out


def percentile_cases():
    out = []
    for n, level in [(99, 0.95), (200, 0.9), (1000, 0.95)]:
        draws = random.gamma(2, size=n)
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], method="weibull")  # rank (n + 1) p
        out.append({"draws": draws.tolist(), "level": level, "low": low, "high": high})
    return out


def t_cases():
    out = [{"p": p, "df": df, "quantile": stats.t.ppf(p, df)}
           for p in [0.9, 0.95, 0.975, 0.995, 0.3] for df in [1, 1.7, 2, 5.5, 19, 250]]
    out += [{"t": t, "df": df, "two_sided": 2 * stats.t.sf(abs(t), df)} for t in [0.0, 1.3, -2.7, 9.0] for df in [1, 3.3, 40]]
    return out


def clean(v):
    if isinstance(v, dict):
        return {k: clean(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [clean(x) for x in v]
    if isinstance(v, (float, np.floating)):
        return None if np.isnan(v) else float(v)
    return int(v) if isinstance(v, np.integer) else v


reference = {
    "made_with": f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, jiwer",
    "correlation": correlation_cases(), "classification": classification_cases(), "word_errors": word_error_cases(),
    "clustered": clustered_cases(), "crossed": crossed_cases(), "permutation": permutation_cases(),
    "multiplicity": multiplicity_cases(), "percentile": percentile_cases(), "t": t_cases(),
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics", "reference.json")
with open(path, "w") as f:
    f.write("{\n" + ",\n".join(f'"{k}": {json.dumps(clean(v))}' for k, v in reference.items()) + "\n}\n")
print(path, os.path.getsize(path), "bytes")
