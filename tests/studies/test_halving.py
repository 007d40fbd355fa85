"""Asynchronous successive halving: who goes on, in whatever order runs arrive."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from latune.studies.halving import EarlyStopping, Halving, HalvingOfGroups

LONG = 10**9
VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=40)
FACTORS = st.integers(2, 6)


def arrivals(values, factor=4, mode="min", step=10):
    """Whether each of many runs goes on that reach the first rung one after the other."""
    halving = Halving(EarlyStopping(first_rung=10, factor=factor, mode=mode))
    return [halving.goes_on(f"run {number}", step, LONG, value) for number, value in enumerate(values)]


@given(VALUES, FACTORS)
def test_the_best_so_far_goes_on_and_others_by_their_rank(values, factor):
    for number, on in enumerate(arrivals(values, factor)):
        known = values[: number + 1]
        rank = sum(other < values[number] for other in known)
        assert on == (rank < max(1, len(known) // factor))
        if values[number] == min(known):
            assert on


@given(VALUES, FACTORS)
def test_large_values_are_good_where_asked(values, factor):
    assert arrivals(values, factor, "max") == arrivals([-value for value in values], factor)


@given(st.permutations(range(24)), FACTORS)
def test_a_best_run_is_never_ended_in_any_order(order, factor):
    """Runs report at every rung in a random order; the values of run 0 are the best everywhere."""
    halving = Halving(EarlyStopping(first_rung=1, factor=factor))
    ended = set()
    for place in order:
        run, report = place % 6, place // 6  # reports of a run may even arrive in the wrong order
        if not halving.goes_on(str(run), factor**report, LONG, float(run)):
            ended.add(run)
    assert 0 not in ended


def test_from_the_worst_to_the_best_all_go_on_and_the_other_way_round_every_fourth():
    assert all(arrivals(range(20, 0, -1)))
    assert [number for number, on in enumerate(arrivals(range(20))) if on] == [0]
    assert arrivals([5.0] * 9) == [True] * 9  # equally good


def test_a_rung_promotes_its_share():
    """With 8 of 8 reports known, the best two would go on."""
    values = [0, 1, 2, 3, 4, 5, 6, 1]
    assert arrivals(values)[-1]
    assert not arrivals([*values[:-1], 2])[-1]


def test_rungs():
    halving = Halving(EarlyStopping(first_rung=10, factor=2))
    assert halving.goes_on("a", 9, 100, 0.0)
    assert halving.goes_on("b", 9, 100, 5.0)  # nobody has reached a rung
    assert halving.goes_on("a", 10, 100, 0.0)
    assert halving.goes_on("b", 10, 10, 5.0)  # it is at its end
    assert halving.goes_on("c", 39, 100, -1.0)  # compared at 20, where it is the first
    assert halving.goes_on("d", 12, 100, 0.0)
    assert not halving.goes_on("e", 20, 100, 0.0)


def test_what_is_decided_stays_so():
    halving = Halving(EarlyStopping(first_rung=10))
    assert halving.goes_on("slow", 10, LONG, 5.0)
    assert halving.goes_on("good", 10, LONG, 1.0)
    assert halving.goes_on("slow", 10, LONG, 5.0)  # killed, and at the same place again
    assert halving.goes_on("slow", 12, LONG, 5.0)
    assert not halving.goes_on("bad", 10, LONG, 9.0)
    assert not halving.goes_on("bad", 11, LONG, -9.0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_a_number_is_worst(value):
    assert arrivals([1.0, value, 2.0]) == [True, False, False]
    assert arrivals([value, 1.0]) == [True, True]


def test_groups_are_compared_by_themselves_and_earlier_sessions_count():
    groups = {"a1": "a", "a2": "a", "b1": "b", "a3": "a"}
    halving = HalvingOfGroups(EarlyStopping(first_rung=10), groups)
    halving.recall("a1", [{"step": 5.0, "loss": 9.0}, {"step": 10.0, "validation_loss": 1.0}])
    assert halving.goes_on("a1", 11, LONG, {"validation_loss": 99.0})  # it went on then
    assert halving.goes_on("a2", 10, LONG, {"loss": 3.0})  # not validated at this step
    assert not halving.goes_on("a2", 12, LONG, {"loss": 3.0, "validation_loss": 3.0})
    assert halving.goes_on("b1", 10, LONG, {"validation_loss": 3.0})
    assert halving.goes_on("a3", 10, LONG, {"validation_loss": 0.5})


@pytest.mark.parametrize("values", [{"first_rung": 0}, {"first_rung": 5, "factor": 1}, {"first_rung": 5, "mode": "up"}])
def test_settings_that_are_refused(values):
    with pytest.raises(ValidationError):
        EarlyStopping(**values)
