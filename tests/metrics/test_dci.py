"""DCI: golden values, perfect codes and noise, the fast estimator beside the reference, refusals."""

import importlib
import sys

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from latune.errors import InputError, MissingExtraError
from latune.metrics.boosted_trees import boosted_trees
from latune.metrics.dci import completeness, dci, disentanglement

dci_module = importlib.import_module("latune.metrics.dci")


def scores(result):
    return [
        result.disentanglement,
        result.completeness,
        result.informativeness_train,
        result.informativeness_test,
    ]


@pytest.fixture(scope="module")
def fast(golden_parts):
    pytest.importorskip("lightgbm")
    return dci(*golden_parts, estimator="fast", n_jobs=1)


def test_fast_estimator_reaches_the_golden_values(fast, golden_scores):
    golden = golden_scores["dci"]
    assert fast.estimator == "lightgbm"
    assert fast.disentanglement == pytest.approx(golden["disentanglement"], abs=0.02)
    assert fast.completeness == pytest.approx(golden["completeness"], abs=0.02)
    assert fast.informativeness_train == pytest.approx(golden["informativeness_train"], abs=0.02)
    assert fast.informativeness_test == pytest.approx(golden["informativeness_test"], abs=0.02)


@pytest.mark.slow
def test_reference_has_the_golden_values(golden_parts, golden_scores, fast):
    golden = golden_scores["dci"]
    result = dci(*golden_parts, estimator="reference", n_jobs=1)
    for name in ("disentanglement", "completeness", "informativeness_train", "informativeness_test"):
        assert getattr(result, name) == pytest.approx(golden[name], abs=0.005)
    np.testing.assert_allclose(fast.importance, result.importance, atol=0.01)
    np.testing.assert_allclose(scores(fast), scores(result), atol=0.005)


@pytest.mark.parametrize("classes", [2, 4])
def test_fast_trees_are_those_of_scikit_learn(classes):
    pytest.importorskip("lightgbm")
    generator = np.random.default_rng(0)
    codes = generator.normal(size=(500, 4))
    factor = np.digitize(codes[:, 0] + np.sin(3 * codes[:, 1]), [0.0] if classes == 2 else [-0.8, 0.0, 0.8])
    trees = boosted_trees(codes[:300], factor[:300], codes[300:])
    model = GradientBoostingClassifier(random_state=0).fit(codes[:300], factor[:300])
    np.testing.assert_allclose(trees.importance / trees.importance.sum(), model.feature_importances_, atol=0.005)
    assert np.mean(trees.predicted_train == model.predict(codes[:300])) > 0.99
    assert np.mean(trees.predicted_test == model.predict(codes[300:])) > 0.95


@pytest.mark.parametrize(("estimator", "high", "low"), [("lightgbm", 0.97, 0.2), ("linear", 0.9, 0.35)])
def test_perfect_codes_and_noise(estimator, high, low, perfect_parts, noise_parts):
    if estimator == "lightgbm":
        pytest.importorskip("lightgbm")
    perfect = dci(*perfect_parts, estimator=estimator, n_jobs=1)
    assert min(scores(perfect)) > high
    noise = dci(*noise_parts, estimator=estimator, n_jobs=1)
    assert noise.disentanglement < low
    assert noise.completeness < low
    assert noise.informativeness_test == pytest.approx((1 / 3 + 1 / 4 + 1 / 5) / 3, abs=0.05), "chance"


def test_order_and_sign_of_codes_do_not_matter(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    order, sign = [2, 0, 3, 1], np.array([1, -1, 1, -1])
    noisy, noisy_test = (
        codes[:, :4] + 0.5 * codes[:, [1, 2, 3, 0]],
        codes_test[:, :4] + 0.5 * codes_test[:, [1, 2, 3, 0]],
    )
    still = dci(noisy, factors, noisy_test, factors_test, estimator="linear", n_jobs=1)
    moved = dci((noisy * sign)[:, order], factors, (noisy_test * sign)[:, order], factors_test, estimator="linear")
    np.testing.assert_allclose(scores(moved), scores(still), atol=1e-3)
    np.testing.assert_allclose(moved.importance, still.importance[order], atol=1e-3)


def test_scores_of_known_importances():
    assert disentanglement(np.eye(3)) == completeness(np.eye(3)) == 1
    assert disentanglement(np.ones((4, 3))) == pytest.approx(0)
    assert completeness(np.ones((4, 3))) == pytest.approx(0)
    assert disentanglement(np.zeros((4, 3))) == 0
    two_codes_each = np.repeat(np.eye(2), 2, axis=0)
    assert disentanglement(two_codes_each) == 1
    assert completeness(two_codes_each) == pytest.approx(1 - np.log(2) / np.log(4))
    assert disentanglement(np.ones((3, 1))) == 1, "with one factor there is nothing to entangle"
    assert disentanglement(np.array([[3.0, 0], [1, 1]])) == pytest.approx(0.6), "codes weigh as much as they are used"


def test_codes_without_any_variance_inform_of_nothing(perfect_parts):
    pytest.importorskip("lightgbm")
    _, factors, _, factors_test = perfect_parts
    flat = np.ones((len(factors), 3)), factors, np.ones((len(factors_test), 3)), factors_test
    for estimator in ("lightgbm", "linear"):
        result = dci(*flat, estimator=estimator, n_jobs=1)
        assert result.disentanglement == result.completeness == 0
        assert result.informativeness_test < 0.4


def test_without_lightgbm_fast_is_the_reference(monkeypatch, perfect_parts):
    monkeypatch.setattr(dci_module, "has_lightgbm", lambda: False)
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    small = [part[:20] for part in perfect_parts]
    assert dci(*small, n_jobs=1).estimator == "reference"
    with pytest.raises(MissingExtraError, match=r"latune\[metrics\]"):
        dci(*small, estimator="lightgbm", n_jobs=1)


def test_threads_change_nothing(perfect_parts):
    pytest.importorskip("lightgbm")
    small = [part[:100] for part in perfect_parts]
    assert dci(*small, n_jobs=1).to_dict() == dci(*small, n_jobs=2).to_dict()


def test_classes_may_be_missing_on_either_side(perfect_parts):
    pytest.importorskip("lightgbm")
    codes, factors, codes_test, factors_test = perfect_parts
    kept = factors[:, 1] > 0
    result = dci(codes[kept], factors[kept], codes_test, factors_test, n_jobs=1)
    assert result.accuracy_test[1] == pytest.approx(np.mean(factors_test[:, 1] > 0), abs=0.02)


def test_refusals(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    with pytest.raises(InputError, match="estimator must be one of fast"):
        dci(*perfect_parts, estimator="quick")
    with pytest.raises(InputError, match="same codes, not 4 and 3"):
        dci(codes, factors, codes_test[:, :3], factors_test)
    with pytest.raises(InputError, match="codes_test and factors_test must describe the same items"):
        dci(codes, factors, codes_test[:-1], factors_test)
    with pytest.raises(InputError, match="same factors, not 3 and 2"):
        dci(codes, factors, codes_test, factors_test[:, :2])
    with pytest.raises(InputError, match="at least two classes"):
        dci(codes, np.zeros_like(factors), codes_test, factors_test)
