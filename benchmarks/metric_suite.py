"""Time the five disentanglement scores against the plain way: a library call for each thing needed.

    python benchmarks/metric_suite.py [--items 5376] [--codes 32] [--attributes 4] [--rounds 3]

Plain: scikit-learn's `mutual_info_regression` afresh for each score that needs it, a `LinearRegression` per
attribute, scipy's `spearmanr` per pair. Ours: `latune.metrics.evaluate(..., bootstrap=0)`. The two alternate.
The floor is the time of the joint nearest-neighbour queries alone, trees built, which this estimator needs
once per pair whatever is done around them.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import spearmanr
from sklearn.feature_selection import mutual_info_regression
from sklearn.linear_model import LinearRegression

from latune.metrics import evaluate


def plain_information(codes, attributes):
    return np.column_stack([mutual_info_regression(codes, column, random_state=0) for column in attributes.T])


def plain_interpretability(codes, attributes):
    best = plain_information(codes, attributes).argmax(axis=0)
    scores = []
    for code, attribute in zip(codes[:, best].T, attributes.T, strict=True):
        line = LinearRegression().fit(code[:, None], attribute)
        scores.append(line.score(code[:, None], attribute))
    return float(np.mean(scores))


def plain_modularity(codes, attributes):
    scores = []
    for row in plain_information(codes, attributes) ** 2:
        best = row.max()
        scores.append(1 - (row.sum() - best) / (best * (len(row) - 1)) if best > 0 else 0.0)
    return float(np.mean(scores))


def plain_mig(codes, attributes):
    top = np.sort(plain_information(codes, attributes), axis=0)
    entropies = [mutual_info_regression(column[:, None], column, random_state=0)[0] for column in attributes.T]
    return float(np.mean((top[-1] - top[-2]) / entropies))


def plain_sap(codes, attributes):
    scores = [[np.corrcoef(code, attribute)[0, 1] ** 2 for code in codes.T] for attribute in attributes.T]
    top = np.sort(scores, axis=1)
    return float(np.mean(top[:, -1] - top[:, -2]))


def plain_scc(codes, attributes):
    best = []
    for attribute in attributes.T:
        tests = [spearmanr(code, attribute) for code in codes.T]
        best.append(max(abs(test.statistic) if test.pvalue <= 0.05 else 0.0 for test in tests))
    return float(np.mean(best))


def plain_suite(codes, attributes):
    return {
        "interpretability": plain_interpretability(codes, attributes),
        "modularity": plain_modularity(codes, attributes),
        "mig": plain_mig(codes, attributes),
        "sap": plain_sap(codes, attributes),
        "scc": plain_scc(codes, attributes),
    }


def our_suite(codes, attributes):
    result = evaluate(codes, attributes, bootstrap=0)
    return {name: estimate.value for name, estimate in result.scores.items()}


def query_time(codes, attributes):
    """Return the seconds that the joint neighbour queries take: all pairs, and the entropies."""
    seconds = 0.0
    pairs = [(code, column) for column in attributes.T for code in codes.T]
    pairs += [(column + 1e-10 * np.random.default_rng(0).normal(size=len(column)), column) for column in attributes.T]
    for code, column in pairs:
        order = np.argsort(column)
        points = np.column_stack([code / code.std(), column / column.std()])[order]
        tree = cKDTree(points, leafsize=12, balanced_tree=False)
        start = time.perf_counter()
        tree.query(points, k=[4], p=np.inf)
        seconds += time.perf_counter() - start
    return seconds


def timed(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def make_case(items, code_count, attribute_count):
    """Return codes that follow correlated attributes, among codes that are noise."""
    generator = np.random.default_rng(0)
    attributes = generator.normal(size=(items, attribute_count))
    attributes += 0.5 * generator.normal(size=(items, 1))
    codes = generator.normal(size=(items, code_count))
    codes[:, :attribute_count] = attributes + 0.3 * codes[:, :attribute_count]
    return codes, attributes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=5376)
    parser.add_argument("--codes", type=int, default=32)
    parser.add_argument("--attributes", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    codes, attributes = make_case(options.items, options.codes, options.attributes)
    our_suite(codes[:200], attributes[:200])  # first-call costs are not measured
    plain_suite(codes[:200], attributes[:200])

    plain, ours, floor = [], [], []
    for _ in range(options.rounds):
        seconds, expected = timed(plain_suite, codes, attributes)
        plain.append(seconds)
        seconds, found = timed(our_suite, codes, attributes)
        ours.append(seconds)
        floor.append(query_time(codes, attributes))
    plain_median, ours_median, floor_median = np.median([plain, ours, floor], axis=1)
    with_intervals, _ = timed(evaluate, codes, attributes)

    print(f"N={options.items} D={options.codes} A={options.attributes}, {options.rounds} rounds, medians")
    print(f"plain             {plain_median:8.3f} s")
    ratio = plain_median / ours_median
    print(f"latune            {ours_median:8.3f} s   {ratio:.1f} times faster (goal: 3)")
    share = floor_median / ours_median
    print(f"neighbour queries {floor_median:8.3f} s   floor / measured: {share:.0%}")
    print(f"with 200 bootstrap repetitions: {with_intervals:.3f} s")
    for name, value in found.items():
        print(f"{name:17s} plain {expected[name]:.6f}  difference {value - expected[name]:+.1e}")


if __name__ == "__main__":
    main()
