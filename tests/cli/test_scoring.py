"""`latune metrics` on files of factors, and on files of everything."""

import json
from pathlib import Path

import numpy as np
import pytest
from outcomes import refuse, succeed

from latune.metrics import METRICS

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def arrays(tmp_path):
    """A function that writes an .npz file of codes and factors with some of its arrays replaced."""

    def write(**changes):
        generator = np.random.default_rng(0)
        factors = generator.integers([3, 4], size=(300, 2))
        codes = np.concatenate([factors, generator.normal(size=(300, 2))], axis=1)
        content = {"codes": codes, "factors": factors} | changes
        np.savez(tmp_path / "arrays.npz", **{name: array for name, array in content.items() if array is not None})
        return tmp_path / "arrays.npz"

    return write


def test_golden_arrays_of_training_and_test_items(latune):
    golden = json.loads((DATA / "supervised_metrics.json").read_text())
    only = [part for key in ("factor_mig", "irs", "explicitness") for part in ("--only", key)]
    found = json.loads(succeed(latune("metrics", DATA / "supervised_metrics.npz", "--json", *only)))
    scores = found["suite"]["scores"]
    assert (found["n"], found["suite"]["test_items"], list(scores)) == (
        2000,
        1000,
        ["factor_mig", "irs", "explicitness"],
    )
    assert scores["factor_mig"]["value"] == pytest.approx(golden["mig"]["discrete_mig"], abs=1e-6)
    assert scores["factor_mig"]["low"] < scores["factor_mig"]["value"] < scores["factor_mig"]["high"]
    assert scores["irs"]["value"] == pytest.approx(golden["irs"]["IRS"], abs=1e-6)
    expected = golden["modularity_explicitness"]["explicitness_test"]
    assert scores["explicitness"]["value"] == pytest.approx(expected, abs=0.02)


def test_factors_alone(latune, arrays):
    path = arrays(names=np.array(["shape", "size"]))
    result = latune("metrics", path, "--json", "--bootstrap", 0)
    found = json.loads(succeed(result))
    assert set(found) == {"n", "suite"}
    skipped = {metric.key for metric in METRICS if "attributes" in metric.needs or "scales" in metric.needs}
    assert set(found["suite"]["skipped"]) == skipped
    assert set(found["suite"]["scores"]["factor_mig"]["parts"]) == {"shape", "size"}
    assert found["suite"]["scores"]["factor_vae"]["value"] == 1
    again = json.loads(succeed(latune("metrics", path, "--json", "--bootstrap", 0)))
    assert again == found


def test_factors_and_attributes(latune, arrays):
    attributes = np.random.default_rng(1).normal(size=(300, 1))
    path = arrays(attributes=attributes, scales=np.ones((300, 4)), factor_names=np.array(["shape", "size"]))
    found = json.loads(succeed(latune("metrics", path, "--json", "--bootstrap", 0)))
    assert not found["suite"]["skipped"]
    assert found["suite"]["scores"]["attribute_mig"]["value"] == found["mig"]["value"]
    assert found["ceiling"]["interpretability"] > 0.99 > found["chance"]["interpretability"]


def test_the_table_fits_and_says_what_is_left_out(latune, arrays):
    result = latune("metrics", arrays(), "--bootstrap", 20)
    shown = succeed(result)
    assert max(map(len, shown.splitlines()[:-1])) <= 100
    for metric in METRICS:
        assert (f" {metric.key} " in shown) == ("attributes" not in metric.needs and "scales" not in metric.needs)
    assert "No interval: irs, factor_vae, beta_vae" in shown
    assert "attribute_mig, attribute_sap, attribute_scc. It needs attributes, continuous" in result.errors
    assert "Left out: prior_divergence. It needs scales, the standard deviations of the codes." in result.errors


def test_what_was_asked_for_and_cannot_be_scored_is_an_error(latune, arrays):
    said = refuse(latune("metrics", arrays(), "--only", "attribute_mig"))
    assert "attribute_mig: It needs attributes, continuous numbers of each item." in said


def test_only_is_all_that_json_holds(latune, arrays):
    path = arrays(attributes=np.random.default_rng(1).normal(size=(300, 1)))
    found = json.loads(succeed(latune("metrics", path, "--json", "--bootstrap", 0, "--only", "attribute_mig")))
    assert set(found) == {"n", "suite"}
    assert set(found["suite"]["scores"]) == {"attribute_mig"}


def test_an_unknown_array_is_told(latune, arrays):
    result = latune("metrics", arrays(factorz=np.zeros(3)), "--bootstrap", 0)
    succeed(result)
    assert "Not read: factorz." in result.errors


def test_codes_that_never_change(latune, arrays):
    shown = succeed(latune("metrics", arrays(codes=np.ones((300, 4))), "--bootstrap", 20))
    assert "total_correlation" in shown


def test_codes_alone(latune, arrays):
    shown = succeed(latune("metrics", arrays(factors=None), "--bootstrap", 0))
    assert "total_correlation" in shown
    assert "factor_mig" not in shown


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"codes": None}, "holds no codes: expected arrays codes and factors, got factors."),
        ({"codes_train": np.zeros((300, 4))}, "expected one of codes and codes_train, got both."),
        ({"factors": np.arange(600).reshape(300, 2)}, "factor 'f0' must have fewer classes than items, at most 1000"),
        ({"factors": np.ones((300, 1))}, "factor 'f0' must have at least two classes, but is 1 for every item."),
        (
            {"factor_names": np.array([["shape", "size"]])},
            "expected factor_names to be a list of texts, got shape (1, 2)",
        ),
        (
            {"factor_names": np.array(["shape"])},
            "factor names must be 2 different ones, one for each factor, not shape.",
        ),
        ({"codes_test": np.zeros((20, 4))}, "codes_test needs factors_test, the factors of the same items."),
        ({"scales": np.zeros((300, 4))}, "scales must be standard deviations above 0, but the smallest is 0."),
        ({"scales": np.ones((300, 3))}, "codes and scales must have the same columns, not 4 and 3 of them."),
    ],
)
def test_refused_files(latune, arrays, changes, part):
    assert part in refuse(latune("metrics", arrays(**changes)))


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--only", "mig"], "There is no metric mig: choose from attribute_interpretability, "),
        (["--estimator", "slow"], "estimator must be fast or reference, not slow."),
    ],
)
def test_refused_options(latune, arrays, options, part):
    assert part in refuse(latune("metrics", arrays(), *options))
