"""Exact search: what it promises is true, and it is never worse than one joint movement."""

import numpy as np
import pytest

from latune.control.search import search


@pytest.fixture(scope="module")
def items(synthetic):
    return np.asarray(synthetic.items[synthetic.splits["test"]][:24])


@pytest.fixture(scope="module")
def find(editor, items):
    """Search with whatever is wanted and held: the result, and what was wanted of each (N, names)."""

    def run(wanted, held=(), seed=0):
        targets = {name: np.broadcast_to(np.asarray(value, float), len(items)) for name, value in wanted.items()}
        tools = (editor.knobs, editor.decode, editor.codec.measure, editor.codec.similarity)
        found = search(items, editor.encode(items), targets, held, *tools, seed)
        columns = [*targets.values(), *editor.codec.measure(items, list(held)).T] if held else [*targets.values()]
        return found, np.column_stack(columns)

    return run


def errors_of(editor, edited, names, wanted):
    """Largest distance from what was wanted, as share of the attribute's range, (N,)."""
    spans = np.array([np.subtract(*editor.knobs.ranges[name][::-1]) for name in names])
    return (np.abs(editor.codec.measure(edited, names) - wanted) / spans).max(axis=1)


REQUESTS = [
    ({"note_density": 5 / 24}, ()),
    ({"contour": 0.2}, ()),
    ({"note_density": 3 / 24, "pitch_range": 4 / 26}, ()),
    ({"note_density": 6 / 24}, ("contour",)),
    ({"contour": 0.1}, ("mean_pitch", "note_density")),  # mean_pitch has no knob
]


@pytest.mark.parametrize(("wanted", "held"), REQUESTS)
def test_errors_are_true(find, editor, wanted, held):
    found, targets = find(wanted, held)
    assert np.array_equal(editor.decode(found.codes), found.items)
    assert np.allclose(errors_of(editor, found.items, [*wanted, *held], targets), found.errors)


@pytest.mark.parametrize(("wanted", "held"), REQUESTS[:3])
def test_at_least_as_close_as_one_joint_movement(find, editor, items, wanted, held):
    found, targets = find(wanted, held)
    joint = editor.turn(items, wanted)
    assert found.errors.mean() <= errors_of(editor, joint.items, [*wanted], targets).mean()
    assert np.mean(found.errors <= 0.1 + 1e-9) > 0.9


def test_holding_holds(find, editor, items):
    names = ["contour"]
    before = editor.codec.measure(items, names)
    free, held = (find({"note_density": 6 / 24}, held)[0] for held in ((), names))
    change = [np.abs(editor.codec.measure(found.items, names) - before).mean() for found in (free, held)]
    assert change[1] < 0.5 * change[0]


def test_each_item_has_its_own_target(find, editor, items):
    wanted = np.linspace(2, 8, len(items)) // 1 / 24
    found, _ = find({"note_density": wanted})
    assert np.corrcoef(editor.codec.measure(found.items, ["note_density"])[:, 0], wanted)[0, 1] > 0.95


def test_seed_decides(find):
    request = {"note_density": 5 / 24, "contour": 0.15}
    first, again = find(request), find(request)
    assert np.array_equal(first[0].codes, again[0].codes)


def test_what_is_there_already_is_left_alone(editor, items):
    """Among equally close candidates the one that keeps most of the item wins."""
    decoded = editor.decode(editor.encode(items))
    same = editor.codec.measure(decoded, ["contour"])[:, 0]
    edit = editor.turn_exactly(decoded, {"contour": same})
    assert editor.codec.similarity(edit.items, decoded).mean() > 0.9
    assert np.allclose(edit.values, editor.codec.measure(edit.items))


def test_out_of_reach_is_said(find):
    found, _ = find({"contour": 2.0})  # 52 semitones, where the vocabulary spans 29
    assert found.errors.min() > 0.2
