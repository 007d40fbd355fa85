"""What folds say together: means and Student's t intervals of the numbers in their files."""

import numpy as np
import pytest
from scipy import stats

from latune.data.protocols import Protocol, with_protocol
from latune.evaluation import identity
from latune.evaluation.folds import mean_and_interval, scalars, summary


def test_interval_is_that_of_student():
    values = np.random.default_rng(0).normal(3.0, 2.0, 10)
    expected = stats.t.interval(0.95, 9, loc=values.mean(), scale=stats.sem(values))
    entry = mean_and_interval(values.tolist())
    assert [entry["low"], entry["high"]] == pytest.approx(expected)
    assert entry["mean"] == pytest.approx(values.mean())
    assert entry["deviation"] == pytest.approx(values.std(ddof=1))
    assert entry["runs"] == 10


def test_interval_covers_as_often_as_it_says():
    draws = np.random.default_rng(1).normal(size=(2000, 5))
    entries = [mean_and_interval(row.tolist()) for row in draws]
    assert np.mean([entry["low"] <= 0 <= entry["high"] for entry in entries]) == pytest.approx(0.95, abs=0.015)


def test_one_run_has_no_interval():
    assert mean_and_interval([2.0]) == {"mean": 2.0, "low": None, "high": None, "deviation": None, "runs": 1}


def test_scalars():
    content = {
        "data": {"name": "sprites", "items": 10},
        "scores": {"means": {"mig": {"value": 0.5, "low": 0.4, "high": 0.6}, "attributes": {"a": {"dimension": 3}}}},
        "named": {"value": {"value": 1.0, "low": 0.0, "high": 2.0}},
        "none": {"value": None, "low": None, "high": None},
        "flag": True,
        "list": [1, 2],
        "infinite": float("inf"),
        "plain": 7,
    }
    assert scalars(content) == {"data.items": 10.0, "scores.means.mig": 0.5, "named.value": 1.0, "plain": 7.0}


def test_a_number_that_some_runs_lack():
    result = summary([{"a": 1.0}, {"a": 3.0, "b": 2.0}])
    assert (result["a"]["mean"], result["a"]["runs"]) == (2.0, 2)
    assert (result["b"]["mean"], result["b"]["runs"], result["b"]["low"]) == (2.0, 1, None)


def test_every_protocol_has_a_class_reader_of_its_own(ellipses, monkeypatch):
    """A reader that learned from the test part of a fold must not judge that fold."""
    asked = []
    monkeypatch.setattr(identity, "load_reader", lambda stem: asked.append(stem.name) or "a reader")
    for protocol in (Protocol(), Protocol("holdout"), Protocol("kfold", fold=0), Protocol("kfold", fold=1)):
        identity.class_reader(with_protocol(ellipses, protocol))
    assert asked == ["class_reader", "class_reader-holdout", "class_reader-kfold-fold-0", "class_reader-kfold-fold-1"]
