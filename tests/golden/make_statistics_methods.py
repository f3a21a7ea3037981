"""Writes tests/golden/statistics_methods.json: intervals and tests of metrics/statistics by independent programs.

Run: python3 tests/golden/make_statistics_methods.py
Needs numpy, scipy, statsmodels, ppi-python. Inputs come from named streams (named_streams.py; statistics_methods_test.cc
draws the same), so only outputs are committed, null where nothing is defined. Where no package has the method it is done
here by another route: enumeration of all patterns, inversion of the test, dense matrices, complex-step derivatives.
"""
import itertools
import json
import pathlib
import warnings
from collections import defaultdict

import numpy as np
from scipy import optimize, stats
from statsmodels.stats import contingency_tables, proportion, weightstats

from named_streams import Stream

warnings.filterwarnings("ignore")
out = defaultdict(list)


def put(name, *values):
    row = [None if v is None or not np.isfinite(v) else float(f"{float(v):.12g}") for v in values]
    out[name].append(row if len(row) > 1 else row[0])


def stream(name, i):
    return Stream(f"tests/statistics/{name}", i)


# ---- shares

def shares(i):
    s = stream("shares", i)
    n, m = 1 + s.below(200), 1 + s.below(200)
    k, l = s.below(n + 1), s.below(m + 1)
    deff = 1 + 3 * s.uniform()
    put("wilson", *proportion.proportion_confint(k / deff, n / deff, alpha=0.05, method="wilson"))
    put("newcombe", *proportion.confint_proportions_2indep(k / deff, n / deff, l / deff, m / deff, compare="diff",
                                                           method="newcomb", alpha=0.1))
    b, c = s.below(40), s.below(40)
    put("mcnemar", contingency_tables.mcnemar([[0, b], [c, 0]], exact=True).pvalue if b + c else None)


# ---- clusters of differences

def clustered(i, clusters_most):
    """Differences on a coarse scale (ties, zeros), each in one of a few clusters."""
    s = stream("clustered", i)
    clusters = 2 + s.below(clusters_most - 1)
    n = clusters + s.below(3 * clusters)
    cluster = [j if j < clusters else s.below(clusters) for j in range(n)]
    d = [(s.below(11) - 4) / 2 for _ in range(n)]
    return np.array(d), np.array(cluster), clusters, s


def flips(contributions):
    signs = np.array(list(itertools.product([1, -1], repeat=contributions.shape[-1])))
    return contributions @ signs.T


def signed_ranks(i):
    d, cluster, clusters, _ = clustered(i, 9)
    kept = d != 0
    if not kept.any():
        put("signed_ranks", None, None, None)
        return
    rank = stats.rankdata(np.abs(d[kept])) * np.sign(d[kept])
    sums = np.bincount(cluster[kept], rank, minlength=clusters)
    exact = np.mean(np.abs(flips(sums)) >= abs(sums.sum()) - 1e-9)
    z = sums.sum() / np.sqrt((sums ** 2).sum()) if (sums ** 2).sum() > 0 else None
    put("signed_ranks", sums.sum(), z, exact)
    # One item per cluster: SciPy's own.
    w = stats.wilcoxon(d[kept], method="approx", correction=False)
    put("wilcoxon", w.pvalue)


def obuchowski(i):
    """The variances and the covariance of both shares, under the hypothesis, written out."""
    s = stream("obuchowski", i)
    clusters = 2 + s.below(20)
    n = np.array([1 + s.below(6) for _ in range(clusters)])
    x = np.array([[s.below(int(k) + 1) for k in n] for _ in range(2)])
    N, p = n.sum(), x.sum(axis=1) / n.sum()
    e = x - n * p.mean()
    v = clusters / (clusters - 1) / N ** 2 * (e @ e.T)
    variance = v[0, 0] + v[1, 1] - 2 * v[0, 1]
    put("obuchowski", stats.chi2.sf((p[0] - p[1]) ** 2 / variance, 1) if variance > 1e-20 else None)


def max_t(i):
    s = stream("max_t", i)
    K, G = 1 + s.below(4), 2 + s.below(7)
    c = np.array([[s.uniform() - 0.35 for _ in range(G)] for _ in range(K)])
    drawn = np.abs(flips(c)) / np.sqrt((c ** 2).sum(axis=1, keepdims=True))
    t = np.abs(c.sum(axis=1)) / np.sqrt((c ** 2).sum(axis=1))
    order, running, p = np.argsort(-t), 0.0, np.empty(K)
    for j, k in enumerate(order):
        running = max(running, np.mean(drawn[order[j:]].max(axis=0) >= t[k] - 1e-9))
        p[k] = running
    out["max_t"].append([float(f"{v:.12g}") for v in p] + [float(f"{np.sort(drawn.max(axis=0))[int(np.ceil(0.95 * 2 ** G - 1e-9)) - 1]:.12g}")])


def perm_both(i):
    s = stream("perm_both", i)
    clusters = 2 + s.below(6)
    n = clusters + s.below(2 * clusters) + 1
    cluster = np.array([j if j < clusters else s.below(clusters) for j in range(n)])
    human = np.array([s.below(6) for _ in range(n)], float)
    x = human + np.array([4 * s.uniform() for _ in range(n)])
    y = human + np.array([8 * s.uniform() for _ in range(n)])
    if human.std() == 0:
        put("perm_both", None)
        return
    u, v = stats.zscore(x), stats.zscore(y)
    t = []
    for pattern in itertools.product([False, True], repeat=clusters):
        swap = np.array(pattern)[cluster]
        t.append(stats.pearsonr(np.where(swap, v, u), human)[0] - stats.pearsonr(np.where(swap, u, v), human)[0])
    put("perm_both", np.mean(np.abs(t) >= abs(t[0]) - 1e-9))


def tost(i):
    s = stream("tost", i)
    n = 3 + s.below(30)
    d = np.array([2 * s.uniform() - 0.9 for _ in range(n)])
    low, high = -0.1 - s.uniform() / 2, 0.1 + s.uniform() / 2
    p, (_, p_low, _), (_, p_high, _) = weightstats.ttost_paired(d, np.zeros(n), low, high)
    put("tost", p, p_low, p_high)


# ---- correlations

def correlation_covariance(R, first, second):
    """n Cov of two sample correlations of normal variables: complex-step derivatives through their covariances."""
    k = len(R)
    pairs = [(a, b) for a in range(k) for b in range(a, k)]

    def gradient(a, b):
        g = []
        for p, q in pairs:
            S = R.astype(complex)
            S[p, q] += 1e-30j
            if p != q:
                S[q, p] += 1e-30j
            g.append((S[a, b] / np.sqrt(S[a, a] * S[b, b])).imag / 1e-30)
        return np.array(g)

    omega = np.array([[R[a, c] * R[b, d] + R[a, d] * R[b, c] for c, d in pairs] for a, b in pairs])
    return gradient(*first) @ omega @ gradient(*second)


def dependent(i):
    s = stream("dependent", i)
    n = 10 + s.below(200)
    loads = np.array([0.2 + 0.7 * s.uniform() for _ in range(4)])
    R = np.outer(loads, loads)
    np.fill_diagonal(R, 1)
    R[0, 1] = R[1, 0] = R[0, 1] - 0.1 * s.uniform()
    # Williams: determinant by LU; overlapping correlations 0-1 and 0-2.
    r = R[:3, :3]
    mean = (r[0, 1] + r[0, 2]) / 2
    t = (r[0, 1] - r[0, 2]) * np.sqrt((n - 1) * (1 + r[1, 2]) / (
        2 * np.linalg.det(r) * (n - 1) / (n - 3) + mean ** 2 * (1 - r[1, 2]) ** 3))
    put("williams", t, 2 * stats.t.sf(abs(t), n - 3))
    pooled = r.copy()
    pooled[0, 1] = pooled[1, 0] = pooled[0, 2] = pooled[2, 0] = mean
    c = correlation_covariance(pooled, (0, 1), (0, 2)) / correlation_covariance(pooled, (0, 1), (0, 1))
    put("steiger", (np.arctanh(r[0, 1]) - np.arctanh(r[0, 2])) * np.sqrt((n - 3) / (2 - 2 * c)))
    mean = (R[0, 1] + R[2, 3]) / 2
    pooled = R.copy()
    pooled[0, 1] = pooled[1, 0] = pooled[2, 3] = pooled[3, 2] = mean
    c = correlation_covariance(pooled, (0, 1), (2, 3)) / correlation_covariance(pooled, (0, 1), (0, 1))
    put("steiger_separate", (np.arctanh(R[0, 1]) - np.arctanh(R[2, 3])) * np.sqrt((n - 3) / (2 - 2 * c)))


def jackknife(i):
    s = stream("jackknife", i)
    G = 4 + s.below(8)
    n = 3 * G
    cluster = np.arange(n) % G
    x = np.array([s.uniform() for _ in range(n)])
    y = np.array([s.uniform() for _ in range(n)]) + x
    z = np.arctanh(stats.pearsonr(x, y)[0])
    left = np.array([np.arctanh(stats.pearsonr(x[cluster != g], y[cluster != g])[0]) for g in range(G)])
    se = np.sqrt((G - 1) * left.var())
    put("jackknife", *np.tanh(stats.t.interval(0.95, G - 1, loc=z, scale=se)))


# ---- ratios

def fieller(i):
    """Where the t test of numerator - r denominator leaves off rejecting, found by search."""
    s = stream("fieller", i)
    G = 5 + s.below(20)
    a = np.array([1 + s.uniform() for _ in range(G)])
    b = np.array([0.4 + s.uniform() for _ in range(G)]) + a / 4
    test = lambda r: stats.ttest_1samp(a - r * b, 0).statistic ** 2 - stats.t.ppf(0.975, G - 1) ** 2
    r = a.mean() / b.mean()
    put("fieller", optimize.brentq(test, r - 3, r, xtol=1e-14), optimize.brentq(test, r, r + 3, xtol=1e-14))


def studentised():
    rng = np.random.default_rng(20260411)
    G, B = 9, 499
    a, b = rng.gamma(2, 1, G).round(3), (1 + rng.integers(1, 5, G)).astype(float)
    picks = rng.integers(0, G, (B, G))

    def value_and_error(pick):
        theta = a[pick].sum() / b[pick].sum()
        u = (a[pick] - theta * b[pick]) / b[pick].sum()
        return theta, np.sqrt(G * u.var(ddof=1))

    theta, se = value_and_error(np.arange(G))
    drawn = np.array([value_and_error(p) for p in picks])
    t = (drawn[:, 0] - theta) / drawn[:, 1]
    low, high = np.quantile(t, [0.025, 0.975], method="weibull")
    return {"a": a.tolist(), "b": b.tolist(), "pivots": t.tolist(), "theta": theta, "error": se,
            "counts": ["".join(map(str, np.bincount(p, minlength=G))) for p in picks],
            "low": theta - high * se, "high": theta - low * se}


# ---- prediction-powered

def ppi(i):
    import ppi_py
    s = stream("ppi", i)
    n = 40 + s.below(100)
    f = np.array([s.below(6) for _ in range(n)], float)
    y = np.array([f[j] / 2 + 2 * s.uniform() for j in range(n)])
    inclusion = np.array([0.3 + 0.5 * s.uniform() for _ in range(n)])
    rated = np.array([s.uniform() < inclusion[j] for j in range(n)])
    if rated.sum() < 3:
        put("ppi", None, None)
        return
    # Every item's verdict stands for the unlabelled set; the tuning is fixed.
    point = ppi_py.ppi_mean_pointestimate(y[rated], f[rated], f, lam=0.6, w=1 / inclusion[rated])
    even = ppi_py.ppi_mean_pointestimate(y[rated], f[rated], f, lam=0.6)
    put("ppi", float(np.squeeze(point)), float(np.squeeze(even)))
    # Rated items drawn evenly, disjoint sets: an interval by another estimate of the same variance.
    low, high = ppi_py.ppi_mean_ci(y[rated], f[rated], f[~rated], alpha=0.05)
    put("ppi_even", float(np.squeeze(low)), float(np.squeeze(high)))


# ---- variance components

def components(i):
    """MINQUE(0) with dense matrices."""
    s = stream("components", i)
    n = 12 + s.below(30)
    factors = [np.array([s.below(k) for _ in range(n)]) for k in (3, 4, 5)]
    y = np.array([6 * s.uniform() for _ in range(n)]) + factors[0] / 2
    M = np.eye(n) - 1 / n
    V = [(f[:, None] == f[None, :]).astype(float) for f in factors] + [np.eye(n)]
    T = np.array([[np.trace(M @ a @ M @ b) for b in V] for a in V])
    put("components", *np.linalg.solve(T, [y @ M @ a @ M @ y for a in V]))


# ---- power

def t_power(effect, n, alpha):
    """By SciPy's noncentral t, which quadrature over the chi density confirms; statsmodels' is off by up to 6e-6."""
    reach, delta = stats.t.ppf(1 - alpha / 2, n - 1), effect * np.sqrt(n)
    return stats.nct.sf(reach, n - 1, delta) + stats.nct.cdf(-reach, n - 1, delta)


def powers(i):
    s = stream("power", i)
    n = 3 + s.below(100)
    effect, target = 0.1 + s.uniform(), 0.5 + 0.45 * s.uniform()
    alpha = [0.01, 0.05, 0.1][s.below(3)]
    mde = optimize.brentq(lambda d: t_power(d, n, alpha) - target, 1e-6, 60, xtol=1e-13)
    needed = next(m for m in itertools.count(2) if t_power(effect, m, alpha) >= target)
    put("power", t_power(effect, n, alpha), mde, needed)


def main():
    for i in range(1000):
        shares(i)
        obuchowski(i)
        dependent(i)
        tost(i)
    for i in range(200):
        signed_ranks(i)
        max_t(i)
        jackknife(i)
        fieller(i)
        ppi(i)
        components(i)
    for i in range(100):
        perm_both(i)
        powers(i)
    out["studentised"] = studentised()
    rows = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(out.items()))
    pathlib.Path(__file__).with_name("statistics_methods.json").write_text("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main()
