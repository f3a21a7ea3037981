"""Writes tests/golden/metrics/formulas.json: what independent programs make of 1,000 random cases per formula.

Run: python3 tests/golden/make_metrics_formulas.py
Needs numpy, scipy, scikit-learn, krippendorff, irrCAC, pingouin, sacrebleu, rouge-score, jiwer.
Inputs come from named streams (named_streams.py; tests/golden/metrics_formulas_test.cc draws the same), so only outputs are
committed: one list per formula, null where it is undefined under the policy that the header states. Where no package has
the formula, it is written out here by its definition: all pairs, all thresholds.
"""
import json
import math
import os
import warnings
from collections import Counter, defaultdict
from fractions import Fraction

import jiwer
import krippendorff
import numpy as np
import pandas as pd
import pingouin
import scipy
import sklearn
from irrCAC.raw import CAC
from rouge_score import rouge_scorer
from sacrebleu.metrics import CHRF
from scipy import stats
from sklearn import metrics
from statsmodels.stats.inter_rater import fleiss_kappa

from named_streams import Stream

warnings.filterwarnings("ignore")
CASES = 1000
out = defaultdict(list)


REFUSED = "not computed"  # the package does not take so few items


def put(name, value):
    if value is REFUSED:
        out[name].append(value)
        return
    v = None if value is None or not math.isfinite(float(value)) else float(value)
    out[name].append(v if v is None else float(f"{v:.12g}"))


# ---- classification

def labels_case(i):
    s = Stream("tests/metrics/labels", i)
    k, n = 2 + s.below(6), 1 + s.below(60)
    gold, answered = [], []
    for _ in range(n):
        g, u, a = s.below(k), s.uniform(), s.below(k)
        if i % 3 == 1:
            g %= k - 1  # the last class has no gold items
        gold.append(g)
        answered.append(g if u < 0.5 else a if u < 0.9 else k)
    return k, np.array(gold), np.array(answered)


def classification(prefix, k, gold, answered):
    def score(function, average, zero):
        return function(gold, answered, labels=range(k), average=average, zero_division=zero)
    some = len(gold) > 0
    put(prefix + "accuracy", metrics.accuracy_score(gold, answered) if some else None)
    put(prefix + "uar", metrics.balanced_accuracy_score(gold, answered) if some else None)
    named = some and (answered < k).any()
    if prefix == "wrong/":  # over mapped items all micro scores are the accuracy
        put(prefix + "precision_micro", score(metrics.precision_score, "micro", 0) if named else None)
        put(prefix + "f1_micro", score(metrics.f1_score, "micro", 0) if some else None)
    put(prefix + "precision_macro", score(metrics.precision_score, "macro", np.nan) if named else None)
    put(prefix + "f1_macro", score(metrics.f1_score, "macro", np.nan) if some else None)
    put(prefix + "precision_weighted", score(metrics.precision_score, "weighted", 0) if named else None)
    put(prefix + "f1_weighted", score(metrics.f1_score, "weighted", 0) if some else None)
    varied = some and len(set(gold)) > 1 and len(set(answered)) > 1
    put(prefix + "matthews", metrics.matthews_corrcoef(gold, answered) if varied else None)
    both_one = some and len(set(gold) | set(answered)) == 1
    put(prefix + "kappa", None if both_one or not some else metrics.cohen_kappa_score(gold, answered))


for i in range(CASES):
    k, gold, answered = labels_case(i)
    mapped = answered < k
    classification("mapped/", k, gold[mapped], answered[mapped])
    classification("wrong/", k, gold, answered)
    for weights in ["linear", "quadratic"]:
        usable = mapped.any() and len(set(gold[mapped]) | set(answered[mapped])) > 1
        put("kappa_" + weights, metrics.cohen_kappa_score(gold[mapped], answered[mapped], labels=range(k), weights=weights)
            if usable else None)


# ---- correlation, judge quality, dimensional

def pairs_case(i):
    s = Stream("tests/metrics/pairs", i)
    n = 2 + s.below(30)
    x, y = [], []
    for _ in range(n):
        a, b, u = s.uniform(), s.uniform(), s.uniform()
        b = a if u < 0.4 else b
        kind = i % 5
        if kind == 1:      # two ratings from 0 to 5
            a, b = math.floor(6 * a), math.floor(6 * b)
        elif kind == 2:    # a fine score, a rating
            b = math.floor(6 * b)
        elif kind == 3:    # ratings of unlike length
            a, b = math.floor(11 * a) / 2, math.floor(3 * b)
        elif kind == 4:    # nearly constant
            a, b = float(a < 0.1), float(b < 0.1)
        x.append(float(a))
        y.append(float(b))
    return np.array(x), np.array(y), np.arange(n) % 3


def sign_pairs(x, y):
    i, j = np.triu_indices(len(x), 1)
    return np.sign(x[i] - x[j]), np.sign(y[i] - y[j])


def pairwise(x, y, groups, epsilon):
    """Mean over groups of the share of pairs that are ordered alike, as a fraction."""
    total, used = Fraction(0), 0
    for g in np.unique(groups):
        a, b = x[groups == g], y[groups == g]
        if len(a) < 2:
            continue
        i, j = np.triu_indices(len(a), 1)
        gap = a[i] - a[j]
        order = np.where(np.abs(gap) <= epsilon, 0, np.sign(gap))
        total += Fraction(int((order == np.sign(b[i] - b[j])).sum()), len(i))
        used += 1
    return total / used if used else None


def calibrated(x, y, groups):
    gaps = {0.0}
    for g in np.unique(groups):
        a = x[groups == g]
        i, j = np.triu_indices(len(a), 1)
        gaps |= set(np.abs(a[i] - a[j]).tolist())
    best = None
    for epsilon in sorted(gaps):
        value = pairwise(x, y, groups, epsilon)
        if value is not None and (best is None or value > best[0]):
            best = (value, epsilon)
    return best or (None, None)


for i in range(CASES):
    x, y, group = pairs_case(i)
    n = len(x)
    varied = len(set(x)) > 1 and len(set(y)) > 1
    either = len(set(x)) > 1 or len(set(y)) > 1
    put("pearson", stats.pearsonr(x, y)[0] if varied else None)
    put("spearman", stats.spearmanr(x, y)[0] if varied else None)
    put("concordance", 2 * np.cov(x, y, bias=True)[0, 1] / (np.var(x) + np.var(y) + (x.mean() - y.mean()) ** 2)
        if either else None)
    put("kendall_b", stats.kendalltau(x, y, variant="b")[0] if varied else None)
    put("kendall_c", stats.kendalltau(x, y, variant="c")[0] if varied else None)
    a, b = sign_pairs(x, y)
    concordant, discordant = int((a * b > 0).sum()), int((a * b < 0).sum())
    put("gamma", (concordant - discordant) / (concordant + discordant) if concordant + discordant else None)
    put("rmse", metrics.root_mean_squared_error(x, y))
    put("mae", metrics.mean_absolute_error(x, y))
    right = y >= np.median(y) if i % 2 else y > np.median(y)
    mixed = 0 < right.sum() < n
    put("auroc", metrics.roc_auc_score(right, x) if mixed else None)
    put("point_biserial", stats.pointbiserialr(right.astype(float), x)[0] if mixed and len(set(x)) > 1 else None)
    trend = stats.pearsonr(x, right.astype(float))[0] * math.sqrt(n) if mixed and len(set(x)) > 1 else None
    put("trend_z", trend)
    put("trend_p", None if trend is None else 2 * stats.norm.sf(abs(trend)))
    put("pairwise", pairwise(x, y, np.zeros(n), 0.0))
    best, epsilon = calibrated(x, y, np.zeros(n))
    put("pairwise_calibrated", best)
    put("epsilon", epsilon)
    best, epsilon = calibrated(x, y, group)
    put("pairwise_grouped", best)
    put("epsilon_grouped", epsilon)
    within = [stats.pearsonr(x[group == g], y[group == g])[0] for g in range(3)
              if len(set(x[group == g])) > 1 and len(set(y[group == g])) > 1]
    put("pearson_grouped", np.mean(within) if within else None)


# ---- agreement

def ratings_case(i):
    s = Stream("tests/metrics/ratings", i)
    items, raters = 2 + s.below(12), 2 + s.below(4)
    values = np.empty((items, raters))
    for r in range(items):
        truth = s.below(5)
        for c in range(raters):
            u, other, lost = s.uniform(), s.below(5), s.uniform()
            values[r, c] = 1 + (truth if u < 0.6 else other)
            if i % 2 and lost < 0.25:
                values[r, c] = np.nan
    return values


def fleiss(values):
    counts = np.stack([(values == c).sum(axis=1) for c in range(1, 6)], axis=1)
    return fleiss_kappa(counts, method="fleiss")


for i in range(CASES):
    values = ratings_case(i)
    present = values[~np.isnan(values)]
    paired = values[(~np.isnan(values)).sum(axis=1) >= 2]
    pairable = paired[~np.isnan(paired)]
    for level in ["nominal", "ordinal", "interval", "ratio"]:
        put("alpha_" + level, krippendorff.alpha(reliability_data=values.T, level_of_measurement=level)
            if len(set(pairable)) > 1 else None)
    given = (~np.isnan(values)).sum(axis=1)
    put("fleiss", fleiss(values) if given.min() == given.max() >= 2 and len(set(present)) > 1 else None)
    for ours, theirs in [("none", "identity"), ("ordinal", "ordinal"), ("linear", "linear"), ("quadratic", "quadratic")]:
        value = None
        if len(paired):
            frame = pd.DataFrame(values[given >= 1])
            cac = CAC(frame, weights=theirs, categories=[1.0, 2.0, 3.0, 4.0, 5.0], digits=16)
            try:
                value = cac.gwet()["est"]["coefficient_value"]
            except ZeroDivisionError:  # the variance of a single item
                value = REFUSED
        put("gwet_" + ours, value)
    single = average = None
    if not np.isnan(values).any() and len(set(present)) > 1:
        long = pd.DataFrame([{"item": r, "rater": c, "score": values[r, c]} for r in range(values.shape[0])
                             for c in range(values.shape[1])])
        if len(long) >= 5:
            table = pingouin.intraclass_corr(long, targets="item", raters="rater", ratings="score").set_index("Type")
            name = "ICC2" if "ICC2" in table.index else "ICC(A,1)"
            single = table.loc[name, "ICC"]
            average = table.loc["ICC2k" if "ICC2k" in table.index else "ICC(A,k)", "ICC"]
        else:
            single = average = REFUSED
    # Above 1 its denominator, an estimate of variance, is negative: undefined for us.
    for name, v in [("icc_single", single), ("icc_average", average)]:
        put(name, None if isinstance(v, float) and v > 1 + 1e-9 else v)


# ---- texts

ASCII_WORDS = ["the", "a", "cat", "cats", "speaker", "sounds", "Happy", "sad", "not", "very", "angry", "2", "voices"]
OTHER_WORDS = ["müde", "Straße", "日本", "naïve", "🙂"]


def texts_case(i):
    s = Stream("tests/metrics/texts", i)
    words = ASCII_WORDS + (OTHER_WORDS if i % 2 else [])

    def text(least):
        return [words[s.below(len(words))] for _ in range(least + s.below(10))]
    reference, answer = text(1), text(0)
    if i % 4 < 2:  # an answer close to its reference
        answer = [w for w in reference if s.uniform() < 0.7] + answer[:2]
    return " ".join(reference), ", ".join(answer) + ("." if answer else "")


def plain(text):
    return text.lower().replace(",", " ").replace(".", " ").split() if text.isascii() else \
        "".join(c.lower() if c.isascii() else c for c in text).replace(",", " ").replace(".", " ").split()


rouge = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
chrf = CHRF()
for i in range(CASES):
    reference, answer = texts_case(i)
    r, a = plain(reference), plain(answer)
    rs, as_ = ([w for w in side if w not in ("a", "an", "the")] for side in (r, a))
    common = sum((Counter(rs) & Counter(as_)).values())
    precision, recall = (common / len(side) if side else 0 for side in (as_, rs))
    put("token_f1", None if not rs else 2 * precision * recall / (precision + recall) if common else 0)
    if i % 2 == 0:
        put("rouge_l", rouge.score(reference, answer)["rougeL"].fmeasure)
    put("chrf", chrf.sentence_score(answer, [reference]).score / 100)
    put("wer", jiwer.wer(" ".join(r), " ".join(a)))
    put("cer", jiwer.cer(" ".join(r), " ".join(a)))

made_with = (f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, krippendorff, irrCAC, "
             f"pingouin {pingouin.__version__}, statsmodels, sacrebleu, rouge-score, jiwer")
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics", "formulas.json")
with open(path, "w") as f:
    f.write("{\n" + f'"made_with": {json.dumps(made_with)},\n' + ",\n".join(
        f'"{name}": {json.dumps(values, separators=(",", ":"))}' for name, values in out.items()) + "\n}\n")
print(path, os.path.getsize(path), "bytes")
