"""Time the scores of codes against factors, and compare them with the plain way: one loop or library call for each.

    python benchmarks/supervised_suite.py [--items 10000] [--codes 10] [--classes 3,6,10,8,8] [--jobs -1] [--no-plain]

Ours: the functions of `latune.metrics`, DCI with its fast estimator. Plain: scikit-learn's estimators one after the
other (`GradientBoostingClassifier` for DCI), `mutual_info_score` and numpy per pair or class, as the literature's
code loops. Half as many other items serve for testing. Of each score: seconds on the wall clock, seconds of processor
time, both values. At last all that `latune.metrics.score` makes of the same arrays, in one call.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.stats import entropy
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_selection import mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, mutual_info_score, roc_auc_score
from sklearn.svm import LinearSVC

from latune.metrics import Representation, factor_mig, factor_modularity, factor_sap, score
from latune.metrics.dci import dci
from latune.metrics.explicitness import explicitness
from latune.metrics.explicitness_size import explicitness_size
from latune.metrics.infomec import infomec
from latune.metrics.intervention import interventional_robustness
from latune.metrics.separability import separability


def make_case(items, code_count, sizes):
    """Return codes of which some follow one factor, some mix or fold several, and the rest is noise."""
    generator = np.random.default_rng(0)
    factors = np.column_stack([generator.integers(size, size=items) for size in sizes])
    numbers = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    codes = generator.normal(size=(items, code_count))
    for code in range(min(code_count, len(sizes) + 1)):
        first, second = numbers[:, code % len(sizes)], numbers[:, (code + 1) % len(sizes)]
        signal = (first, 0.8 * first + 0.6 * second, np.sin(2 * first))[code % 3]
        codes[:, code] = signal + 0.3 * codes[:, code]
    return codes, factors


def plain_information(codes, factors):
    table = np.zeros((codes.shape[1], factors.shape[1]))
    for code in range(codes.shape[1]):
        bins = np.digitize(codes[:, code], np.histogram(codes[:, code], 20)[1][:-1])
        for factor in range(factors.shape[1]):
            table[code, factor] = mutual_info_score(factors[:, factor], bins)
    return table


def plain_gap(table, scale=1.0):
    ordered = np.sort(table, axis=0)
    return float(np.mean((ordered[-1] - ordered[-2]) / scale))


def plain_mig(codes, factors, *_):
    return plain_gap(plain_information(codes, factors), [mutual_info_score(f, f) for f in factors.T])


def plain_modularity(codes, factors, *_):
    squared = plain_information(codes, factors) ** 2
    best = squared.max(axis=1)
    return float(np.mean(1 - (squared.sum(axis=1) - best) / (best * (factors.shape[1] - 1))))


def plain_covariance_sap(codes, factors, *_):
    return plain_gap(np.array([[np.corrcoef(code, factor)[0, 1] ** 2 for factor in factors.T] for code in codes.T]))


def plain_classifier_sap(codes, factors, codes_test, factors_test):
    table = np.zeros((codes.shape[1], factors.shape[1]))
    for code in range(codes.shape[1]):
        for factor in range(factors.shape[1]):
            model = LinearSVC(C=0.01, class_weight="balanced", random_state=0)
            model.fit(codes[:, [code]], factors[:, factor])
            table[code, factor] = model.score(codes_test[:, [code]], factors_test[:, factor])
    return plain_gap(table)


def plain_dci(codes, factors, codes_test, factors_test):
    columns, accuracies = [], []
    for factor in range(factors.shape[1]):
        model = GradientBoostingClassifier(random_state=0).fit(codes, factors[:, factor])
        columns.append(model.feature_importances_)
        model.score(codes, factors[:, factor])
        accuracies.append(model.score(codes_test, factors_test[:, factor]))
    table = np.column_stack(columns)
    separate = 1 - entropy(table.T + 1e-11, base=table.shape[1])
    compact = 1 - entropy(table + 1e-11, base=table.shape[0])
    return (
        float(separate @ table.sum(axis=1) / table.sum()),
        float(compact @ table.sum(axis=0) / table.sum()),
        float(np.mean(accuracies)),
    )


def plain_explicitness(codes, factors, codes_test, factors_test):
    areas = []
    for factor in range(factors.shape[1]):
        model = LogisticRegression(max_iter=1000).fit(codes, factors[:, factor])
        for part, classes in ((codes, factors[:, factor]), (codes_test, factors_test[:, factor])):
            areas.append(roc_auc_score(classes[:, None] == model.classes_, model.predict_proba(part)))
    return float(np.mean(areas[1::2]))


def plain_robustness(codes, factors, *_):
    largest = np.abs(codes - codes.mean(axis=0)).max(axis=0)
    table = np.zeros((codes.shape[1], factors.shape[1]))
    for factor in range(factors.shape[1]):
        distances = []
        for value in np.unique(factors[:, factor]):
            group = codes[factors[:, factor] == value]
            distances.append(np.percentile(np.abs(group - group.mean(axis=0)), q=99, axis=0))
        table[:, factor] = 1 - np.mean(distances, axis=0) / largest
    return float(np.average(table.max(axis=1), weights=largest))


def plain_infomec(codes, factors, codes_test, factors_test):
    rows = [mutual_info_classif(codes, factor, random_state=0) / entropy(np.bincount(factor)) for factor in factors.T]
    table = np.column_stack(rows)
    readable = []
    for factor, truth in zip(factors.T, factors_test.T, strict=True):
        model = LogisticRegression(C=100, max_iter=1000)
        model.fit((codes - codes.mean(axis=0)) / codes.std(axis=0), factor)
        probabilities = model.predict_proba((codes_test - codes.mean(axis=0)) / codes.std(axis=0))
        shares = np.tile(np.bincount(factor) / len(factor), (len(truth), 1))
        readable.append(1 - log_loss(truth, probabilities) / log_loss(truth, shares))
    peaks = []
    for rows in (table, table.T):
        even = 1 / rows.shape[1]
        sums = np.maximum(rows.sum(axis=1), 1e-300)
        peaks.append((np.mean(np.maximum(rows.max(axis=1) / sums, even)) - even) / (1 - even))
    return float(peaks[0]), float(np.mean(readable)), float(peaks[1])


def our_scores(jobs):
    def trees(*parts):
        found = dci(*parts, n_jobs=jobs)
        return found.disentanglement, found.completeness, found.informativeness_test

    def information(*parts):
        found = infomec(*parts, n_jobs=jobs)
        return found.modularity, found.explicitness, found.compactness

    return {
        "MIG": (lambda codes, factors, *_: factor_mig(codes, factors), plain_mig),
        "modularity": (lambda codes, factors, *_: factor_modularity(codes, factors), plain_modularity),
        "SAP, covariance": (lambda codes, factors, *_: factor_sap(codes, factors), plain_covariance_sap),
        "IRS": (lambda codes, factors, *_: interventional_robustness(codes, factors).score, plain_robustness),
        "SAP, classifier": (lambda *parts: separability(*parts, n_jobs=jobs).sap, plain_classifier_sap),
        "explicitness": (lambda *parts: explicitness(*parts, n_jobs=jobs).explicitness_test, plain_explicitness),
        "InfoMEC": (information, plain_infomec),
        "DCI": (trees, plain_dci),
        "DCI-ES": (lambda *parts: explicitness_size(*parts).explicitness, None),
    }


def timed(function, *arguments):
    wall, processor = time.perf_counter(), time.process_time()
    result = function(*arguments)
    return np.array([time.perf_counter() - wall, time.process_time() - processor]), result


def text(value):
    return " ".join(f"{part:.4f}" for part in np.atleast_1d(value))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--codes", type=int, default=10)
    parser.add_argument("--classes", default="3,6,10,8,8", help="number of classes of each factor")
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--no-plain", action="store_true", help="skip the plain way, which takes minutes")
    options = parser.parse_args()
    sizes = [int(size) for size in options.classes.split(",")]
    codes, factors = make_case(options.items * 3 // 2, options.codes, sizes)
    train, test = slice(options.items), slice(options.items, None)
    parts = codes[train], factors[train], codes[test], factors[test]
    small = codes[:300], factors[:300], codes[300:600], factors[300:600]

    print(f"N={options.items} D={options.codes} classes={options.classes}; seconds: wall clock, processor")
    ours_total, plain_total, ours_compared = np.zeros(2), np.zeros(2), np.zeros(2)
    for name, (ours, plain) in our_scores(options.jobs).items():
        ours(*small)  # first-call costs are not measured
        seconds, value = timed(ours, *parts)
        ours_total += seconds
        line = f"{name:16s} latune {seconds[0]:7.3f} {seconds[1]:7.3f}"
        if plain is not None and not options.no_plain:
            plain_seconds, expected = timed(plain, *parts)
            plain_total += plain_seconds
            ours_compared += seconds
            line += f"   plain {plain_seconds[0]:8.3f} {plain_seconds[1]:8.3f}"
            line += f"   ratio {plain_seconds[0] / seconds[0]:6.1f} {plain_seconds[1] / seconds[1]:6.1f}"
            line += f"   {text(value)} (plain {text(expected)})"
        else:
            line += f"   {text(value)}"
        print(line, flush=True)
    print(f"{'together':16s} latune {ours_total[0]:7.3f} {ours_total[1]:7.3f}   (goal: 20 on two cores)")
    if not options.no_plain:
        ratio = plain_total / ours_compared
        print(
            f"of those compared: plain {plain_total[0]:.3f} {plain_total[1]:.3f}, ratio {ratio[0]:.1f} {ratio[1]:.1f}"
        )
    seconds, result = timed(score, Representation(*parts[:2], codes_test=parts[2], factors_test=parts[3]))
    print(f"score(...), {len(result.scores)} scores: {seconds[0]:.3f} {seconds[1]:.3f}")


if __name__ == "__main__":
    main()
