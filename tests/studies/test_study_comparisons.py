"""What a study says of differences: numbers that can be worked out by hand or by other means."""

import numpy as np
import pytest
from scipy import stats
from study_tables import SCORE, table

from latune.studies.comparisons import compare, holm, improvement_probability, paired_comparison, rank_correlations


@pytest.fixture
def pairs():
    generator = np.random.default_rng(3)
    one = generator.normal(0.6, 0.1, 10)
    return one, one - 0.05 + generator.normal(0, 0.02, 10)


def test_a_paired_comparison_agrees_with_scipy(pairs):
    found = paired_comparison(*pairs)
    expected = stats.ttest_rel(*pairs).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.difference == pytest.approx(np.mean(pairs[0] - pairs[1]))
    assert found.p_value == pytest.approx(stats.wilcoxon(*pairs).pvalue)
    assert found.improvement == pytest.approx(stats.mannwhitneyu(*pairs).statistic / 100)
    assert found.excludes_zero
    drawn = stats.bootstrap((pairs[0] - pairs[1],), np.mean, method="percentile", n_resamples=20_000, rng=1)
    ends = drawn.confidence_interval
    assert (found.bootstrap_low, found.bootstrap_high) == pytest.approx((ends.low, ends.high), abs=0.002)


def test_pairs_matter_more_than_spread(pairs):
    """The values overlap widely, their differences do not."""
    unpaired = stats.ttest_ind(*pairs).pvalue
    assert paired_comparison(*pairs).p_value < 0.05 < unpaired


@pytest.mark.parametrize(
    ("count", "student", "bootstrap", "wilcoxon"), [(1, 0, 0, 0), (2, 1, 0, 0), (5, 1, 1, 0), (6, 1, 1, 1)]
)
def test_what_few_pairs_do_not_allow_is_left_out(pairs, count, student, bootstrap, wilcoxon):
    found = paired_comparison(pairs[0][:count], pairs[1][:count])
    assert (found.low is not None, found.bootstrap_low is not None, found.p_value is not None) == (
        bool(student),
        bool(bootstrap),
        bool(wilcoxon),
    )
    assert found.excludes_zero <= bool(student)


def test_equal_runs_do_not_differ():
    found = paired_comparison([0.5] * 7, [0.5] * 7)
    assert (found.difference, found.p_value, found.improvement, found.excludes_zero) == (0, 1, 0.5, False)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == pytest.approx([1, 1])
    assert len(holm([])) == 0


def test_probability_of_improvement_counts_ties_half():
    assert improvement_probability([1, 2], [1, 0]) == pytest.approx(3.5 / 4)


def test_seeds_that_only_one_has_do_not_count():
    results = table({("a", "one"): [1, 2, 3], ("a", "two"): [0, np.nan, 1, 50], ("b", "one"): [1]})
    (found,) = compare(results, SCORE)
    assert (found.group, found.first, found.second, found.pairs) == ("a", "one", "two", 2)
    assert found.difference == pytest.approx(1.5)  # seeds 0 and 2


def test_a_family_is_corrected_together():
    generator = np.random.default_rng(0)
    values = {
        (group, label): generator.normal(at, 1, 10) for group in "ab" for label, at in (("x", 0), ("y", 3), ("z", 0))
    }
    found = compare(table(values), SCORE)
    assert len(found) == 6
    assert [one.p_holm for one in found] == pytest.approx(holm([one.p_value for one in found]).tolist())


def test_of_many_variants_each_is_compared_with_the_first():
    found = compare(table({("a", f"m{i}"): [i, i + 1.0] for i in range(8)}), SCORE)
    assert [(one.first, one.second) for one in found] == [(f"m{i}", "m0") for i in range(1, 8)]


def test_rank_correlations_agree_with_scipy():
    generator = np.random.default_rng(1)
    x = generator.normal(size=40)
    columns = {"x": x, "y": x + generator.normal(0, 0.7, 40), "noise": generator.normal(size=40)}
    columns["y"][:4] = np.nan
    found = rank_correlations(columns)
    expected = stats.spearmanr(x[4:], columns["y"][4:]).statistic
    assert found.values[0, 1] == found.values[1, 0] == pytest.approx(expected)
    assert found.runs[0, 1] == 36
    assert found.low[0, 1] < expected < found.high[0, 1]
    assert found.low[0, 1] > 0 > found.low[0, 2]
    assert found.high[0, 2] > 0
    assert np.diag(found.values) == pytest.approx([1, 1, 1])
    again = rank_correlations(columns)
    assert again.low == pytest.approx(found.low)


def test_too_few_or_constant_runs_have_no_correlation():
    few = rank_correlations({"x": np.arange(4.0), "y": np.arange(4.0)})
    assert np.isnan(few.values[0, 1])
    constant = rank_correlations({"x": np.arange(8.0), "y": np.ones(8)})
    assert np.isnan(constant.values[0, 1])
    assert np.isnan(constant.low[0, 1])
