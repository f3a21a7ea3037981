"""Writes tests/golden/bootstrap.json: basic and BCa intervals of a cluster bootstrap, from SciPy and NumPy.

Each case has one value a cluster, the counts of every draw, and the ends that SciPy's adjusted levels give
(scipy.stats: Efron's BCa with the leave-one-out acceleration) at NumPy's quantiles of kind "weibull", which are the
order statistics (B+1)p of Davison & Hinkley.

    python tests/golden/make_bootstrap_reference.py
"""

import json
import pathlib

import numpy as np
from scipy import stats
from scipy.stats import _resampling


def mean(x, axis=-1):
    return np.mean(x, axis=axis)


def spread(x, axis=-1):
    return np.std(x, axis=axis)


def case(name, x, statistic, draws, level, rng):
    n = len(x)
    picks = rng.integers(0, n, (draws, n))
    replicates = statistic(x[picks], axis=-1)
    alpha = (1 - level) / 2
    low, high, _ = _resampling._bca_interval((x,), statistic, -1, alpha, replicates, None, np)
    value = float(statistic(x))
    quantile = lambda p: float(np.quantile(replicates, p, method="weibull"))
    # The same adjusted levels through the public interface, whose quantiles are "linear": a check of this script.
    shown = stats.bootstrap((x,), statistic, n_resamples=0, confidence_level=level, method="BCa", axis=-1,
                            bootstrap_result=type("R", (), {"bootstrap_distribution": replicates})())
    assert np.isclose(shown.confidence_interval.low, np.quantile(replicates, low))
    assert np.isclose(shown.confidence_interval.high, np.quantile(replicates, high))
    counts = np.stack([np.bincount(p, minlength=n) for p in picks])
    return {
        "name": name,
        "statistic": statistic.__name__,
        "level": level,
        "values": x.tolist(),
        "counts": ["".join(str(c) for c in row) for row in counts],
        "value": value,
        "percentile": [quantile(alpha), quantile(1 - alpha)],
        "basic": [2 * value - quantile(1 - alpha), 2 * value - quantile(alpha)],
        "bca": [quantile(low), quantile(high)],
    }


def main():
    # A seed without a draw that takes every cluster once: whether that ties with the estimate is a matter of rounding.
    rng = np.random.default_rng(20260302)
    cases = [
        case("skewed mean", rng.lognormal(0, 1, 14), mean, 999, 0.95, rng),
        case("spread", rng.normal(2, 1, 11), spread, 999, 0.90, rng),
    ]
    out = pathlib.Path(__file__).with_name("bootstrap.json")
    out.write_text(json.dumps({"scipy": __import__("scipy").__version__, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
