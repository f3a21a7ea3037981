"""Writes tests/golden/metrics/alternative_annotator.json: the alternative annotator test (arXiv 2501.10970), by SciPy.

Run: python3 tests/golden/make_alternative_annotator.py
Needs numpy, scipy. Written from the paper's definitions. Inputs come from named streams (named_streams.py; the C++ test
draws the same), so only outputs are committed: omega, rho, and per human the number of items, the shares of wins and the
p-value, null where nothing is defined. Clustered p-values go by a route of their own: the residuals' outer product summed
over pairs of items of one cluster.
"""
import json
import pathlib
import warnings

import numpy as np
from scipy import stats

from named_streams import Stream

warnings.filterwarnings("ignore")
CASES = 60


def draw(i):
    """Ratings 0-5 of 2 to 5 humans with gaps and a judge's; every third case is one of labels."""
    s = Stream("tests/metrics/alternative_annotator", i)
    n, k = 20 + s.below(80), 2 + s.below(4)
    labels = i % 3 == 2
    clusters = n if i % 2 == 0 else 4 + s.below(12)
    noise_human, noise_judge, gaps = s.uniform() * 0.6, s.uniform() * 0.6, s.uniform() * 0.4
    judge, humans, cluster = [], [], []
    for item in range(n):
        truth = s.below(6)

        def say(noise):
            other = s.below(6)
            return float(other if s.uniform() < noise else truth)

        humans.append([say(noise_human) if s.uniform() >= gaps else np.nan for _ in range(k)])
        judge.append(say(noise_judge) if s.uniform() >= 0.1 else np.nan)
        cluster.append(item if clusters == n else s.below(clusters))
    return np.array(judge), np.array(humans), np.array(cluster), labels, clusters == n


def aligned(value, others, labels):
    return np.mean(others == value) if labels else -np.sqrt(np.mean((others - value) ** 2))


def one_sided(d, cluster, independent, epsilon):
    if independent:
        return stats.ttest_1samp(d, epsilon, alternative="less").pvalue
    n, groups = len(d), len(set(cluster))
    residual = d - d.mean()
    same = cluster[:, None] == cluster[None, :]
    error = np.sqrt(groups / (groups - 1) * (np.outer(residual, residual) * same).sum() / n ** 2)
    if error < 1e-14:
        return 0.0 if d.mean() < epsilon else 1.0
    return stats.t.cdf((d.mean() - epsilon) / error, groups - 1)


def test(judge, humans, cluster, labels, independent, epsilon, fewest):
    rows, p_values, wins = [], [], []
    for j in range(humans.shape[1]):
        kept, d, of_judge, of_human = [], [], [], []
        for i in range(len(judge)):
            others = np.delete(humans[i], j)
            others = others[~np.isnan(others)]
            if np.isnan(judge[i]) or np.isnan(humans[i, j]) or not len(others):
                continue
            a, b = aligned(judge[i], others, labels), aligned(humans[i, j], others, labels)
            kept.append(i)
            of_judge.append(a >= b)
            of_human.append(b >= a)
            d.append(int(b >= a) - int(a >= b))
        p = one_sided(np.array(d, float), cluster[kept], independent, epsilon) if len(d) >= fewest else None
        rows.append([len(d), float(np.mean(of_judge)), float(np.mean(of_human)), None if p is None else float(f"{p:.12g}")])
        if p is not None:
            p_values.append(p)
            wins.append(np.mean(of_judge))
    if not p_values:
        return None, None, rows
    rejected = stats.false_discovery_control(p_values, method="by") <= 0.05
    return float(np.mean(rejected)), float(np.mean(wins)), rows


cases = []
for i in range(CASES):
    omega, rho, rows = test(*draw(i), epsilon=(0.1, 0.2)[i % 2], fewest=30)
    cases.append({"omega": omega, "rho": rho, "humans": rows})
path = pathlib.Path(__file__).parent / "metrics" / "alternative_annotator.json"
path.write_text(json.dumps({"cases": cases}) + "\n")
