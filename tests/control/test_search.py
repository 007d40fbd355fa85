"""Searches: what they promise is true; the path is never worse than one joint movement, and off it never than on it."""

import numpy as np
import pytest

from latune.control.knobs import Knob, Knobs
from latune.control.search import Tools, search, search_each, search_path, search_path_each


@pytest.fixture(scope="module")
def items(synthetic):
    return np.asarray(synthetic.items[synthetic.splits["test"]][:24])


@pytest.fixture(scope="module")
def find(editor, items):
    """Search with whatever is wanted and held: the result, and what was wanted of each (N, names)."""

    def run(wanted, held=(), seed=0, on_path=False):
        targets = {name: np.broadcast_to(np.asarray(value, float), len(items)) for name, value in wanted.items()}
        tools = Tools(editor.knobs, editor.decode, editor.codec.measure, editor.codec.similarity, editor.codec.empty)
        codes = editor.encode(items)
        if on_path:
            found = search_path(items, codes, targets, held, tools)
        else:
            found = search(items, codes, targets, held, tools, seed)
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


@pytest.mark.parametrize("on_path", [True, False])
@pytest.mark.parametrize(("wanted", "held"), REQUESTS)
def test_errors_are_true(find, editor, wanted, held, on_path):
    found, targets = find(wanted, held, on_path=on_path)
    assert np.array_equal(editor.decode(found.codes), found.items)
    assert np.allclose(errors_of(editor, found.items, [*wanted, *held], targets), found.errors)


@pytest.mark.parametrize(("wanted", "held"), REQUESTS[:3])
def test_at_least_as_close_as_one_joint_movement(find, editor, items, wanted, held):
    found, targets = find(wanted, held)
    joint = editor.turn(items, wanted)
    assert found.errors.mean() <= errors_of(editor, joint.items, [*wanted], targets).mean()
    assert np.mean(found.errors <= 0.1 + 1e-9) > 0.9


@pytest.mark.parametrize(("wanted", "held"), REQUESTS)
def test_the_path_lies_between_one_movement_and_the_search(find, editor, items, wanted, held):
    path, targets = find(wanted, held, on_path=True)
    search, _ = find(wanted, held)
    spans = np.array([np.subtract(*editor.knobs.ranges[name][::-1]) for name in (*wanted, *held)])

    def total(edited):
        return (np.abs(editor.codec.measure(edited, [*wanted, *held]) - targets) / spans).sum(axis=1)

    assert np.all(total(search.items) <= total(path.items) + 0.05 + 1e-9)  # 0.05: what keeping the item is worth
    if not set(held) - set(editor.knobs.names):
        joint = editor.turn(items, wanted, held)
        assert total(path.items).mean() <= total(joint.items).mean()


def test_the_path_is_a_joint_movement(find, editor, items):
    """One knob that is turned: what differs from the item's code is a multiple of the knob's regression."""
    path, _ = find({"note_density": 8 / 24}, on_path=True)
    moved = path.codes - editor.encode(items)
    slopes = editor.knobs.covariance[:, editor.knobs.index("note_density")]
    cosines = moved @ slopes / np.linalg.norm(moved, axis=1) / np.linalg.norm(slopes)
    assert np.allclose(np.abs(cosines), 1, atol=1e-3)


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


def test_several_values_at_once(editor, items):
    """What is shared between requests changes nothing in any of them."""
    tools = Tools(editor.knobs, editor.decode, editor.codec.measure, editor.codec.similarity, editor.codec.empty)
    codes, values = editor.encode(items), [2 / 24, 5 / 24, 8 / 24]
    paths = search_path_each(items, codes, "note_density", values, tools)
    searches = search_each(items, codes, "note_density", values, tools, seed=3)
    for value, path, found in zip(values, paths, searches, strict=True):
        wanted = {"note_density": np.full(len(items), value)}
        for one, alone in (
            (path, search_path(items, codes, wanted, (), tools)),
            (found, search(items, codes, wanted, (), tools, seed=3)),
        ):
            assert np.array_equal(one.codes, alone.codes)
            assert np.array_equal(one.items, alone.items)
            assert np.array_equal(one.errors, alone.errors)
    assert search_path_each(items, codes, "note_density", [], tools) == []


@pytest.mark.parametrize("way", ["alone", "joint", "path", "exact"])
def test_the_editor_gives_several_values_at_once(editor, items, way):
    edits = editor.turn_each(way, items, "contour", [-0.1, 0.2])
    for value, edit in zip([-0.1, 0.2], edits, strict=True):
        assert np.array_equal(edit.items, editor.turn_by(way, items, {"contour": value}).items)


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


def test_silence_meets_no_request(find, editor):
    """A silent measure has the pitch range 0 by definition: that is no way to reach it."""
    found, _ = find({"pitch_range": 0.0}, on_path=True)
    assert not editor.codec.empty(found.items).any()


@pytest.mark.parametrize(("independent", "pitch"), [({}, 20), ({"note_density": {"pitch_range": 0.1}}, 10)])
def test_of_equal_candidates_one_without_side_effects_wins(synthetic, independent, pitch):
    """A second note of the same pitch costs two more tokens than one of another pitch, which widens the pitch range."""
    codec, start = synthetic.codec, np.zeros((1, 24), np.uint8)
    start[0, 0] = 10

    def decode(codes):
        tokens = np.tile(start[0], (*codes.shape[:-1], 1))
        near, far = (codes[..., 0] > 0.4) & (codes[..., 0] <= 0.8), codes[..., 0] > 0.8
        tokens[near, 6], tokens[far, 6] = 10, 20
        tokens[near, 12], tokens[near, 18] = 1, 1
        return tokens

    knob = Knob("note_density", "", 0, 1 / 24, 2 / 24, (1 / 24, 2 / 24), (0.0, 1.0))
    knobs = Knobs((knob,), np.ones((1, 1)), np.ones(1), {"note_density": (1 / 24, 2 / 24)}, independent=independent)
    tools = Tools(knobs, decode, codec.measure, codec.similarity, codec.empty)
    found = search_path(start, np.zeros((1, 1), np.float32), {"note_density": np.array([2 / 24])}, (), tools)
    assert found.errors[0] == 0
    assert found.items[0, 6] == pitch


@pytest.mark.parametrize("on_path", [True, False])
def test_far_off_requests_are_not_met_by_silence(find, editor, items, on_path):
    found, _ = find({"note_density": 2.0}, on_path=on_path)
    assert not editor.codec.empty(found.items).any()
    assert np.all(editor.codec.measure(found.items, ["note_density"]) >= editor.codec.measure(items, ["note_density"]))
