"""The suite: what it computes, what it leaves out and why, intervals, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest

from latune.errors import InputError
from latune.metrics import METRICS, Representation, evaluate, score, score_representation

DATA = Path(__file__).parents[1] / "data"
GOLDEN = json.loads((DATA / "supervised_metrics.json").read_text())
KEYS = [metric.key for metric in METRICS]
UNFITTED = [metric.key for metric in METRICS if not metric.fitted]
ALONE = ["total_correlation", "wasserstein_correlation", "wasserstein_correlation_normalised", "active_units"]


@pytest.fixture(scope="module")
def factors():
    return np.random.default_rng(0).integers([3, 4], size=(600, 2))


@pytest.fixture(scope="module")
def codes(factors):
    return np.concatenate([factors / factors.std(axis=0), np.zeros((600, 2))], axis=1) + 0.1 * np.random.default_rng(
        1
    ).normal(size=(600, 4))


@pytest.fixture(scope="module")
def complete(codes, factors):
    """A representation that every score applies to, and its scores with intervals."""
    representation = Representation(codes, factors=factors, attributes=codes[:, :2] ** 3, scales=np.exp(-(codes**2)))
    return representation, score(representation, bootstrap=20)


# What is computed


def test_every_score_is_computed_and_within_its_range(complete):
    _, result = complete
    assert list(result.scores) == KEYS
    assert not result.skipped
    for metric in METRICS:
        estimate = result.scores[metric.key].estimate
        assert metric.low <= estimate.value <= metric.high, metric.key
        if metric.resampled:
            assert metric.low <= estimate.low <= estimate.high <= metric.high, metric.key
        else:
            assert np.isnan([estimate.low, estimate.high]).all(), metric.key
    json.dumps(result.to_dict(), allow_nan=False)


def test_entries_say_what_they_are():
    assert len(set(KEYS)) == len(KEYS)
    for metric in METRICS:
        assert metric.source
        assert metric.title
        assert metric.pitfall.endswith(".")
        assert not (metric.fitted and metric.resampled)


def test_golden_scores_use_training_items():
    with np.load(DATA / "supervised_metrics.npz") as arrays:
        given = {name: arrays[name] for name in arrays.files}
    representation = Representation(
        given["codes_train"],
        factors=given["factors_train"],
        codes_test=given["codes_test"],
        factors_test=given["factors_test"],
    )
    found = {key: entry.estimate.value for key, entry in score(representation, UNFITTED).scores.items()}
    expected = {
        "factor_mig": GOLDEN["mig"]["discrete_mig"],
        "factor_modularity": GOLDEN["modularity_explicitness"]["modularity"],
        "factor_sap": GOLDEN["sap_continuous"]["SAP_score"],
        "irs": GOLDEN["irs"]["IRS"],
        "total_correlation": GOLDEN["gaussian_total_correlation"],
        "wasserstein_correlation": GOLDEN["gaussian_wasserstein_correlation"],
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-6)


def test_the_scores_of_attributes_are_those_of_evaluate(complete):
    representation, result = complete
    plain = evaluate(representation.codes, representation.attributes, bootstrap=20)
    assert {key: result.scores[f"attribute_{key}"].estimate for key in plain.scores} == plain.scores


def test_parts_make_the_score(complete):
    _, result = complete
    for key in ("factor_mig", "factor_modularity", "factor_sap", "attribute_interpretability"):
        assert np.mean(list(result.scores[key].parts.values())) == pytest.approx(result.scores[key].estimate.value)
    assert sum(result.scores["prior_divergence"].parts.values()) == pytest.approx(
        result.scores["prior_divergence"].estimate.value
    )
    assert list(result.scores["factor_mig"].parts) == ["f0", "f1"]
    assert list(result.scores["irs"].parts) == ["z0", "z1", "z2", "z3"]


def test_the_same_seed_gives_the_same_scores(complete):
    representation, result = complete
    again = score(representation, bootstrap=20)
    assert again.to_dict() == result.to_dict()


def test_intervals_hold_the_value(complete):
    _, result = complete
    for key in ("factor_mig", "factor_sap", "wasserstein_correlation", "prior_divergence"):
        estimate = result.scores[key].estimate
        assert estimate.low < estimate.value < estimate.high, key


def test_a_function_is_scored_batch_by_batch(codes, factors):
    sizes = []

    def represent(items):
        sizes.append(len(items))
        return 2.0 * items

    result = score_representation(represent, codes / 2, factors=factors, batch=256, metrics=["factor_mig"])
    assert sizes == [256, 256, 88]
    assert result.to_dict() == score(Representation(codes, factors=factors), ["factor_mig"]).to_dict()


def test_progress_is_reported(codes):
    seen = []
    score(Representation(codes), ALONE[:2], report=lambda done, total, title: seen.append((done, total, title)))
    assert seen == [(0, 2, "total correlation, nats"), (1, 2, "Wasserstein correlation"), (2, 2, "")]


# What is left out


def test_scores_that_lack_something_are_skipped_with_the_reason(codes, factors):
    alone = score(Representation(codes))
    assert list(alone.scores) == ALONE
    assert set(alone.scores) | set(alone.skipped) == set(KEYS)
    assert alone.skipped["factor_mig"] == "It needs factors, the classes of each item."
    assert alone.skipped["attribute_mig"] == "It needs attributes, continuous numbers of each item."
    assert alone.skipped["prior_divergence"] == "It needs scales, the standard deviations of the codes."
    assert alone.attribute_result is None
    assert "factor_mig" in score(Representation(codes, factors=factors), ["factor_mig"]).scores


def test_a_score_that_is_not_defined_is_skipped(codes, factors):
    doubled = codes[:, [0, 1, 0]]
    result = score(Representation(doubled, factors=factors[:, :1]), ["total_correlation", "beta_vae", "irs"])
    assert list(result.scores) == ["irs"]
    assert "infinite" in result.skipped["total_correlation"]
    assert result.skipped["beta_vae"] == "The beta-VAE score tells factors apart: give at least two factors."


def test_resamples_that_are_degenerate_leave_the_interval_open():
    codes = np.random.default_rng(0).normal(size=(30, 25))
    estimate = score(Representation(codes), ["total_correlation"], bootstrap=5).scores["total_correlation"].estimate
    assert np.isfinite(estimate.value)
    assert np.isnan(estimate.low)


# Training and test items


def test_items_are_split_where_there_are_no_test_items(codes, factors):
    train, classes, test, test_classes = Representation(codes, factors=factors).split("factors", seed=3)
    assert (len(train), len(classes), len(test), len(test_classes)) == (400, 400, 200, 200)
    rows = np.concatenate([np.column_stack([train, classes]), np.column_stack([test, test_classes])])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, np.column_stack([codes, factors])))
    assert np.array_equal(Representation(codes, factors=factors).split("factors", seed=3)[0], train)
    assert not np.array_equal(Representation(codes, factors=factors).split("factors", seed=4)[0], train)


def test_test_items_that_are_given_are_used(codes, factors):
    given = Representation(codes[:500], factors=factors[:500], codes_test=codes[500:], factors_test=factors[500:])
    parts = given.split("factors")
    assert [len(part) for part in parts] == [500, 500, 100, 100]
    with pytest.raises(InputError, match="There are no attributes to split"):
        given.split("attributes")
    without = Representation(codes[:500], attributes=codes[:500, :1] ** 3, codes_test=codes[500:])
    with pytest.raises(InputError, match="There are no attributes_test that go with codes_test"):
        without.split("attributes")


# What is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": np.zeros((599, 2))}, "factor 'shape' must have at least two classes, but is 0 for every item."),
        ({"codes": np.zeros((599, 4))}, "codes and factors must describe the same items, not 599 and 600"),
        ({"scales": np.ones((600, 3))}, "codes and scales must have the same columns, not 4 and 3"),
        ({"attributes": np.random.default_rng(0).normal(size=(7, 1))}, "attributes must have at least 10 items"),
        ({"factors_test": np.zeros((20, 2))}, "factors_test needs codes_test and factors"),
        ({"codes_test": np.zeros((20, 4))}, "codes_test needs factors_test, the factors of the same items."),
        (
            {"codes_test": np.zeros((20, 5)), "factors_test": np.zeros((20, 2))},
            "codes and codes_test must have the same columns, not 4 and 5",
        ),
        (
            {"codes_test": np.zeros((20, 4)), "factors_test": np.zeros((21, 2))},
            "codes_test and factors_test must describe the same items, not 20 and 21",
        ),
        ({"factor_names": ["shape"]}, "factor names must be 2 different ones"),
    ],
)
def test_refused_representations(codes, factors, changes, message):
    with pytest.raises(InputError) as refusal:
        Representation(**{"codes": codes, "factors": factors, "factor_names": ["shape", "size"]} | changes)
    assert message in str(refusal.value)


def test_refused_requests(codes):
    representation = Representation(codes)
    with pytest.raises(InputError, match="There is no metric mig, sap: choose from attribute_interpretability"):
        score(representation, ["sap", "mig"])
    with pytest.raises(InputError, match="estimator must be fast or reference, not slow"):
        score(representation, estimator="slow")
    with pytest.raises(InputError, match="bootstrap must be zero or more repetitions, not -1"):
        score(representation, bootstrap=-1)


@pytest.mark.parametrize(
    ("represent", "message"),
    [
        (lambda items: items[:-1], r"represent must map 600 items to \(600, D\) codes, not \(599, 4\)"),
        (lambda items: items[:, 0], r"represent must map 600 items to \(600, D\) codes, not \(600,\)"),
        (lambda items: items * np.nan, "codes must be finite"),
    ],
)
def test_refused_functions(codes, represent, message):
    with pytest.raises(InputError, match=message):
        score_representation(represent, codes)
    with pytest.raises(InputError, match="items must hold at least one item"):
        score_representation(represent, codes[:0])
    with pytest.raises(InputError, match="batch must be at least 1, not 0"):
        score_representation(represent, codes, batch=0)
