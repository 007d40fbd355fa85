"""The battery tests the suite: metrics say what their definitions demand, and mislead where they are known to."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.metrics.battery import CLASSES, FACTORS
from latune.metrics.catalogue import METRICS
from latune.metrics.expectations import expectations_of
from latune.metrics.observatory import QUESTION_OF, QUESTIONS, battery, observe

ITEMS = 600
CASES = battery(ITEMS)
BY_KEY = {case.key: case for case in CASES}
DCI = {"dci_disentanglement", "dci_completeness", "dci_informativeness"}
DCI_CASES = {"perfect", "duplicated", "rotated", "noise"}  # of the others it is tested where it is computed


def metrics_of(case):
    return [key for key in case.expected if key in QUESTION_OF and (key not in DCI or case.key in DCI_CASES)]


@pytest.fixture(scope="module")
def findings():
    """What every metric says of every case that a test looks at."""
    found = {}
    for case in CASES:
        found |= observe([case], metrics=metrics_of(case)).findings
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_metrics_say_what_their_definitions_demand(case, findings):
    assert metrics_of(case)
    for key in metrics_of(case):
        value, expected = findings[case.key, key].value, case.expected[key]
        assert value is not None, key
        assert value in expected, (key, value, expected)


@pytest.mark.parametrize(
    ("case", "metric", "status"),
    [
        ("duplicated", "factor_mig", "too low"),
        ("duplicated", "factor_sap", "too low"),
        ("duplicated", "dci_completeness", "too high"),
        ("monotone", "factor_mig", "too low"),
        ("monotone", "attribute_interpretability", "too low"),
        ("shuffled", "attribute_sap", "too low"),
        ("periodic", "factor_mig", "too low"),
        ("idle", "irs", "too low"),
        ("idle", "factor_modularity", "too low"),
        ("leaky", "factor_vae", "too high"),
        ("mixed", "beta_vae", "too high"),
        ("mixed", "factor_vae", "too high"),
        ("rotated", "factor_modularity", "too high"),
        ("perfect", "sap_classifier", "too low"),
    ],
)
def test_metrics_mislead_where_they_are_known_to(case, metric, status, findings):
    finding = findings[case, metric]
    assert finding.misleads
    assert finding.status == status
    assert finding.reason.startswith(f"{status.capitalize()}, for ")
    assert ": " in finding.reason
    assert finding.reason.endswith(".")


def test_a_metric_without_its_needs_is_undefined():
    found = observe([BY_KEY["periodic"]], metrics=["attribute_scc", "factor_mig"])
    finding = found.findings["periodic", "attribute_scc"]
    assert (finding.value, finding.status, finding.misleads) == (None, "undefined", False)
    assert "attributes" in finding.reason
    assert found.to_dict()["cases"][0]["findings"]["attribute_scc"]["value"] is None


def test_every_bounded_score_has_a_question():
    bounded = {metric.key for metric in METRICS if metric.better == "higher" and metric.high == 1}
    assert bounded == set(QUESTION_OF) & {metric.key for metric in METRICS}
    assert set(QUESTION_OF.values()) == set(QUESTIONS)


def test_expectations_name_cases_and_metrics_that_exist():
    known = {metric.key for metric in METRICS}
    for case in CASES:
        assert case.expected == expectations_of(case.key)
        assert set(case.expected) <= known
        for expected in case.expected.values():
            assert expected.low < expected.high
            assert expected.reason.endswith(".")


def test_the_battery_is_deterministic_and_seeded():
    again, other = battery(ITEMS), battery(ITEMS, seed=1)
    for case, same, different in zip(CASES, again, other, strict=True):
        np.testing.assert_array_equal(case.codes, same.codes)
        np.testing.assert_array_equal(case.factors, same.factors)
        assert not np.array_equal(case.factors, different.factors)


def test_factors_are_even_and_go_together_only_where_they_should():
    for case in CASES:
        assert case.factors.shape == (ITEMS, FACTORS)
        assert np.isfinite(case.codes).all()
        for column in case.factors.T:
            np.testing.assert_array_equal(np.bincount(column), [ITEMS // CLASSES] * CLASSES)
        correlation = np.corrcoef(case.factors.T)[0, 1]
        assert (correlation > 0.5) == (case.key == "correlated")


def test_permuted_codes_are_perfect_ones_in_disguise():
    perfect, permuted = BY_KEY["perfect"].codes, BY_KEY["permuted"].codes
    np.testing.assert_allclose(np.sort(np.abs(perfect).sum(axis=0)), np.sort(np.abs(permuted).sum(axis=0)))
    strength = np.abs(np.corrcoef(perfect.T, permuted.T)[:FACTORS, FACTORS:])
    np.testing.assert_allclose(np.sort(strength, axis=0)[-1], 1)
    assert (strength.argmax(axis=0) != np.arange(FACTORS)).all()


def test_rotations_keep_all_distances():
    perfect = BY_KEY["perfect"].codes
    lengths = np.linalg.norm(perfect[:100] - perfect[100:200], axis=1)
    for key in ("rotated", "mixed"):
        codes = BY_KEY[key].codes
        np.testing.assert_allclose(np.linalg.norm(codes[:100] - codes[100:200], axis=1), lengths)


def test_progress_is_reported_from_start_to_end():
    seen = []
    observe(CASES[:2], lambda *values: seen.append(values), metrics=["factor_mig", "factor_sap"])
    done = [values[0] for values in seen]
    assert done == sorted(done)
    assert seen[0] == (0, 4, "perfect: MIG")
    assert done[-1] == 4


def test_refusals():
    with pytest.raises(InputError, match="at least 200, not 100"):
        battery(100)
    with pytest.raises(InputError, match="no metric total_correlation: choose from "):
        observe(CASES[:1], metrics=["factor_mig", "total_correlation"])
