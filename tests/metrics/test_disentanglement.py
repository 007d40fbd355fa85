"""The five scores: frozen answers, independent implementations, a battery with known answers, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr
from sklearn.linear_model import LinearRegression

from latune.errors import InputError
from latune.metrics import (
    ceiling_and_chance,
    correlation_matrix,
    evaluate,
    interpretability,
    modularity,
    mutual_information_gap,
    noise_codes,
    oracle_codes,
    separated_attribute_predictability,
    spearman_correlation,
)
from latune.metrics.correlation import average_ranks

DATA = Path(__file__).parents[1] / "data"
GOLDEN = json.loads((DATA / "metrics.json").read_text())
SCORES = ("interpretability", "modularity", "mig", "sap", "scc")


def plain_scores(codes, attributes, **options):
    result = evaluate(codes, attributes, bootstrap=0, **options)
    return {name: estimate.value for name, estimate in result.scores.items()}


@pytest.fixture
def attributes():
    return np.random.default_rng(0).normal(size=(800, 3))


# Frozen answers


@pytest.mark.parametrize(("case", "tolerance"), [("continuous", 1e-9), ("entangled", 1e-9), ("discrete", 0.005)])
def test_golden_values_of_the_published_evaluation(case, tolerance):
    with np.load(DATA / f"metrics_{case}.npz") as arrays:
        result = evaluate(arrays["codes"], arrays["attributes"], bootstrap=0)
    golden = GOLDEN[case]
    for name in ("modularity", "mig"):
        assert result.scores[name].value == pytest.approx(golden[name], abs=tolerance)
    for name in ("sap", "scc"):
        assert result.scores[name].value == pytest.approx(golden[name], abs=1e-9)
    for name, fit in result.attributes.items():
        dimension, r_squared = golden["interpretability"][name]
        assert fit.dimension == dimension
        assert fit.r_squared.value == pytest.approx(r_squared, abs=1e-9)
    assert result.interpretability.value == pytest.approx(golden["interpretability"]["mean"][1], abs=1e-9)


def test_parity_case_of_the_specification():
    generator = np.random.RandomState(0)  # the case is defined with the legacy generator
    y = generator.standard_normal((1000, 2))
    e1, e2, e3 = (generator.standard_normal(1000) for _ in range(3))
    z = np.column_stack([y[:, 0] + 0.1 * e1, 0.5 * y[:, 1] + 0.5 * e2, e3])
    result = evaluate(z, y, bootstrap=0)
    half_digit = 0.5001e-4
    np.testing.assert_allclose(result.information, [[2.3491, 0.0127], [0.0203, 0.3626], [0, 0]], atol=half_digit)
    np.testing.assert_allclose(result.entropies, 5.6511, atol=half_digit)
    fits = [fit.r_squared.value for fit in result.attributes.values()]
    np.testing.assert_allclose(fits, [0.99049, 0.51343], atol=half_digit / 10)
    values = [result.scores[name].value for name in ("modularity", "mig", "sap", "scc")]
    np.testing.assert_allclose(values, [0.66561, 0.23700, 0.75008, 0.84707], atol=half_digit / 10)


# Independent implementations


@pytest.mark.parametrize("seed", range(5))
def test_matrices_equal_those_of_scipy_and_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    codes = 1000 + generator.normal(size=(120, 3))
    attributes = np.round(codes[:, :2] + generator.normal(size=(120, 2)), seed % 3)
    result = evaluate(codes, attributes, bootstrap=0)
    for d in range(3):
        for a in range(2):
            rank, _ = spearmanr(codes[:, d], attributes[:, a])
            assert result.rank_correlation[d, a] == pytest.approx(rank, abs=1e-10)
            x, y = codes[:, [d]], attributes[:, a]
            line = LinearRegression().fit(x, y)
            assert result.squared_correlation[d, a] == pytest.approx(line.score(x, y), abs=1e-10)


def test_ranks_equal_those_of_scipy():
    table = np.random.default_rng(0).integers(6, size=(50, 3)).astype(float)
    np.testing.assert_array_equal(average_ranks(table), rankdata(table, axis=0))


@pytest.mark.parametrize("items", [10, 40, 5000])
def test_insignificant_rank_correlations_count_zero_as_in_scipy(items):
    generator = np.random.default_rng(items)
    x = generator.normal(size=items)
    kept = []
    for _ in range(100):
        y = generator.normal(size=items)
        test = spearmanr(x, y)
        score = float(spearman_correlation(np.array([[test.statistic]]), items))
        assert score == (abs(test.statistic) if test.pvalue <= 0.05 else 0.0)
        kept.append(score > 0)
    assert 0 < sum(kept) < 20


def test_weighted_correlation_equals_that_of_copied_items():
    generator = np.random.default_rng(1)
    x, y = generator.normal(size=(50, 2)), generator.normal(size=(50, 3))
    counts = generator.multinomial(50, np.full(50, 1 / 50))
    copies = np.repeat(np.arange(50), counts)
    weighted = correlation_matrix(x, y, counts[None] / 50)
    np.testing.assert_allclose(weighted[0], correlation_matrix(x[copies], y[copies]), atol=1e-12)


def test_equal_weights_reproduce_the_correlation():
    generator = np.random.default_rng(2)
    x, y = generator.normal(size=(64, 2)), generator.normal(size=(64, 3))
    weighted = correlation_matrix(x, y, np.full((2, 64), 1 / 64))
    np.testing.assert_allclose(weighted, np.stack([correlation_matrix(x, y)] * 2), atol=1e-15)


def test_correlation_is_zero_where_the_drawn_items_do_not_vary():
    rare = np.zeros((40, 1))
    rare[0] = 1.0
    weights = np.full((1, 40), 1 / 39)
    weights[0, 0] = 0.0
    assert correlation_matrix(np.random.default_rng(0).normal(size=(40, 1)), rare, weights) == 0


# Scores of known matrices


def test_modularity_of_known_matrices():
    assert modularity(np.array([[2.0, 0], [0, 1]])) == 1
    assert modularity(np.array([[1.0, 1], [1, 1]])) == 0
    assert modularity(np.array([[2.0, 0], [0, 0]])) == 0.5, "a code without information counts 0"
    assert modularity(np.array([[1.0, 0.5, 0]])) == pytest.approx(1 - 0.25 / 2)
    assert modularity(np.array([[2.0], [0.0]])) == 0.5, "with one attribute, informing is enough"


def test_gaps_of_known_matrices():
    scores = np.array([[0.9, 0.1], [0.5, 0.1], [0.0, 0.8]])
    assert separated_attribute_predictability(scores) == pytest.approx((0.4 + 0.7) / 2)
    assert mutual_information_gap(scores, np.array([2.0, 1.0])) == pytest.approx((0.2 + 0.7) / 2)
    assert mutual_information_gap(scores, np.array([2.0, 0.0])) == pytest.approx(0.1)
    assert separated_attribute_predictability(np.array([[0.6, 0.2]])) == pytest.approx(0.4)


def test_scores_take_stacks_of_matrices():
    information = np.random.default_rng(0).random((7, 4, 3))
    entropies = np.ones((7, 3))
    stacked = mutual_information_gap(information, entropies)
    assert stacked.shape == modularity(information).shape == spearman_correlation(information, 50).shape == (7,)
    assert stacked[3] == mutual_information_gap(information[3], entropies[3])
    dimension, explained = interpretability(information, information)
    np.testing.assert_array_equal(explained, information.max(axis=1))
    np.testing.assert_array_equal(dimension, information.argmax(axis=1))


# A battery with known answers


def test_oracle_is_near_perfect(attributes):
    scores = plain_scores(oracle_codes(attributes, 3, noise=0), attributes)
    assert scores["interpretability"] == pytest.approx(1)
    assert scores["scc"] == pytest.approx(1)
    assert scores["mig"] > 0.98
    assert scores["sap"] > 0.98
    assert scores["modularity"] > 0.99


def test_order_sign_scale_and_shift_of_the_codes_do_not_matter(attributes):
    codes = oracle_codes(attributes, 6, noise=0.3)
    order = np.array([4, 2, 0, 5, 1, 3])
    moved = evaluate(-3.5 * codes[:, order] + 2, attributes, bootstrap=0)
    still = evaluate(codes, attributes, bootstrap=0)
    for name in SCORES:
        assert moved.scores[name].value == pytest.approx(still.scores[name].value, abs=1e-3)
    for name, fit in moved.attributes.items():
        assert order[fit.dimension] == still.attributes[name].dimension


def test_rotated_codes_lose_the_gaps_and_modularity(attributes):
    rotation, _ = np.linalg.qr(np.array([[1.0, 1, 1], [-1, 1, 0], [-1, -1, 2]]).T)
    whole = plain_scores(oracle_codes(attributes, 3), attributes)
    rotated = plain_scores(oracle_codes(attributes, 3) @ rotation, attributes)
    for name in SCORES:
        assert rotated[name] < whole[name] - 0.1
    assert rotated["mig"] < 0.1


def test_duplicated_codes_have_no_gap(attributes):
    codes = oracle_codes(attributes, 3, noise=0.1)
    scores = plain_scores(np.hstack([codes, codes]), attributes)
    assert scores["mig"] == pytest.approx(0, abs=0.01)
    assert scores["sap"] == pytest.approx(0, abs=1e-9)
    assert scores["interpretability"] > 0.95


def test_noise_scores_near_zero(attributes):
    scores = plain_scores(noise_codes(800, 8, seed=5), attributes)
    for name in ("interpretability", "mig", "sap"):
        assert scores[name] < 0.03
    assert scores["scc"] < 0.15


def test_correlated_attributes_bound_even_the_oracle():
    generator = np.random.default_rng(7)
    first = generator.normal(size=1000)
    second = 0.98 * first + np.sqrt(1 - 0.98**2) * generator.normal(size=1000)
    reference = ceiling_and_chance(np.column_stack([first, second]), 4)
    assert reference.ceiling.sap.value == pytest.approx(1 - 0.98**2, abs=0.02)
    assert reference.ceiling.mig.value < 0.85
    assert reference.ceiling.interpretability.value > 0.999


def test_quantised_codes_keep_their_attributes(attributes):
    result = evaluate(np.round(2 * attributes) / 2, attributes, bootstrap=0)
    assert [fit.dimension for fit in result.attributes.values()] == [0, 1, 2]
    assert result.interpretability.value > 0.95
    assert result.modularity.value > 0.95


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6, -3e12])
def test_constant_code_scores_zero(attributes, value):
    codes = oracle_codes(attributes, 4, noise=0.1)
    codes[:, 3] = value
    result = evaluate(codes, attributes, bootstrap=10)
    for matrix in (result.information, result.squared_correlation, result.rank_correlation):
        np.testing.assert_array_equal(matrix[3], 0)


def test_nearly_constant_code_counts_as_constant(attributes):
    codes = oracle_codes(attributes, 3)
    codes[:, 0] *= 1e-7
    result = evaluate(codes, attributes, bootstrap=10)
    assert not result.information[0].any()
    assert not result.rank_correlation[0].any()


def test_all_constant_codes_score_zero(attributes):
    assert set(plain_scores(np.zeros((800, 2)), attributes).values()) == {0.0}


def test_one_code_and_one_attribute_suffice(attributes):
    result = evaluate(attributes[:, :1], attributes[:, :1], bootstrap=20)
    for name in SCORES:
        assert result.scores[name].value == pytest.approx(1, abs=1e-6)


def test_whole_numbers_and_booleans_are_attributes(attributes):
    table = np.column_stack([attributes[:, 0] > 0, attributes[:, 1] > 1])
    assert evaluate(attributes.astype(np.float32), table, bootstrap=5).scc.value > 0.6


# Intervals and the result


def test_intervals_hold_the_value_and_shrink_with_the_items():
    attributes = np.random.default_rng(8).normal(size=(3200, 2))
    codes = oracle_codes(attributes, 3, noise=0.7)
    few, many = evaluate(codes[:200], attributes[:200]), evaluate(codes, attributes)
    for name in SCORES:
        for result in (few, many):
            assert result.scores[name].low <= result.scores[name].value <= result.scores[name].high
    for name in ("interpretability", "mig", "sap", "scc"):
        width = [result.scores[name].high - result.scores[name].low for result in (few, many)]
        assert width[1] == pytest.approx(width[0] / 4, rel=0.6)


def test_intervals_cover_the_expected_score():
    def sample(seed):
        attributes = np.random.default_rng(seed).normal(size=(300, 2))
        return evaluate(oracle_codes(attributes, 3, noise=1.0, seed=seed + 1000), attributes, seed=seed)

    results = [sample(seed) for seed in range(60)]
    for name in SCORES:
        estimates = [result.scores[name] for result in results]
        expected = np.mean([estimate.value for estimate in estimates])
        assert np.mean([estimate.low <= expected <= estimate.high for estimate in estimates]) >= 0.8


def test_groups_widen_the_interval_where_items_repeat():
    attributes = np.repeat(np.random.default_rng(9).normal(size=(50, 2)), 8, axis=0)
    codes = oracle_codes(attributes, 3, noise=0.8)
    codes = np.repeat(codes[::8], 8, axis=0) + 1e-3 * np.random.default_rng(1).normal(size=(400, 3))
    alone = evaluate(codes, attributes).interpretability
    grouped = evaluate(codes, attributes, groups=np.repeat(np.arange(50), 8)).interpretability
    assert grouped.value == alone.value
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_same_seed_same_result(attributes):
    codes = oracle_codes(attributes, 4, noise=0.5)
    first, again = (evaluate(codes, attributes, bootstrap=20, seed=3) for _ in range(2))
    assert first.to_dict() == again.to_dict()
    assert first.scores != evaluate(codes, attributes, bootstrap=20, seed=4).scores


def test_to_dict_is_plain_json(attributes):
    result = evaluate(oracle_codes(attributes, 4), attributes, ["x", "y", "z"], bootstrap=0)
    restored = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert restored["n"] == 800
    assert restored["mig"] == {"value": result.mig.value, "low": None, "high": None}
    assert restored["attributes"]["y"]["dimension"] == 1
    assert np.shape(restored["matrices"]["information"]) == (4, 3)


# Refusals


def test_refusals_name_what_came_and_what_was_expected(attributes):
    codes = noise_codes(800, 2)
    damaged = codes.copy()
    damaged[4, 1] = np.nan
    still = np.column_stack([attributes[:, 0], np.full(800, 2.0)])
    cases = [
        ((codes[0], attributes), {}, r"codes must be two-dimensional .*\(2,\)"),
        ((codes, attributes[:, :0]), {}, r"attributes must be two-dimensional .*\(800, 0\)"),
        ((codes[:9], attributes[:9]), {}, "codes must have at least 10 items, not 9"),
        ((codes[:700], attributes), {}, "same items, not 700 and 800"),
        ((damaged, attributes), {}, "codes must be finite: 1 values are not, first item 4, column 1"),
        ((codes, attributes * np.inf), {}, "attributes must be finite"),
        ((codes.astype(str), attributes), {}, "codes must hold real numbers"),
        ((codes, still), {}, "attribute 'a1' must vary to be scored, but is 2 for every item"),
        ((codes, still), {"names": ["density", "range"]}, "attribute 'range' must vary"),
        ((codes, attributes), {"names": ["x"]}, "one entry for each of the 3 attributes, not 1"),
        ((codes, attributes), {"names": ["x", "y", "x"]}, "names must differ"),
        ((codes, attributes), {"bootstrap": -1}, "zero or more repetitions, not -1"),
        ((codes, attributes), {"groups": np.arange(5)}, r"each of the 800 items, not shape \(5,\)"),
        ((codes, attributes), {"groups": np.zeros(800)}, "at least two different labels"),
    ]
    for arguments, options, sentence in cases:
        with pytest.raises(InputError, match=sentence):
            evaluate(*arguments, **options)
