import numpy as np
import pytest

from latune.control.traverse import latent_surface, traverse
from latune.errors import InputError, RecipeError


@pytest.fixture(scope="module")
def items(synthetic):
    return np.asarray(synthetic.items[synthetic.split("test")])


@pytest.mark.parametrize("way", ["alone", "joint", "path", "exact"])
def test_the_own_position_shows_the_items_own_decode(editor, items, way):
    traversal = traverse(editor, items[:4], "note_density", way=way)
    own_decode = editor.decode(editor.encode(items[:4]))
    rows = np.arange(4)
    assert np.array_equal(traversal.items[rows, traversal.own], own_decode)
    assert np.array_equal(
        traversal.requested[rows, traversal.own], editor.codec.measure(items[:4], ["note_density"])[:, 0]
    )


def test_shapes_and_measured_values(editor, items):
    traversal = traverse(editor, items[:3], "pitch_range", positions=7)
    assert traversal.requested.shape == (3, 7)
    assert traversal.items.shape == (3, 7, 24)
    assert traversal.values.shape == (3, 7, len(editor.codec.table))
    assert np.allclose(traversal.values[1, 2], editor.codec.measure(traversal.items[1, 2:3])[0])


def test_the_positions_span_the_knobs_range_and_the_own_one_is_the_closest(editor, items):
    traversal = traverse(editor, items, "note_density")
    knob = editor.knobs["note_density"]
    starts = editor.codec.measure(items, ["note_density"])[:, 0]
    targets = np.linspace(knob.low, knob.high, 5)
    assert np.array_equal(traversal.own, np.argmin(np.abs(targets - starts[:, None]), axis=1))
    others = np.arange(5) != traversal.own[:, None]
    assert np.allclose(traversal.requested[others], np.broadcast_to(targets, others.shape)[others])
    assert (np.diff(traversal.requested, axis=1) > 0).all()


def test_other_positions_are_those_of_the_editor(editor, items):
    traversal = traverse(editor, items[:2], "note_density", positions=[0.9, 0.05], way="alone")
    assert (np.diff(traversal.requested, axis=1) > 0).all()
    turned = editor.turn(items[:2], {"note_density": 0.9}, movement="alone")
    assert np.array_equal(traversal.items[:, 1], turned.items)


def test_one_item_may_come_without_its_axis(editor, items):
    single = traverse(editor, items[0], "note_density")
    several = traverse(editor, items[:1], "note_density")
    assert np.array_equal(single.items, several.items)


@pytest.mark.parametrize(
    ("name", "positions", "message"), [("melody", 5, "There is no knob"), ("note_density", 1, "at least 2")]
)
def test_bad_requests_are_refused(editor, items, name, positions, message):
    with pytest.raises(InputError, match=message):
        traverse(editor, items, name, positions)


def test_surface_shape_and_centre(editor, items):
    code = editor.encode(items[:1])[0]
    surface = latent_surface(editor, code, 1, 4, "contour", extent=2.0, resolution=9)
    assert surface.values.shape == (9, 9)
    assert surface.dimensions == (1, 4)
    assert surface.x[4] == pytest.approx(code[1])
    assert surface.y[-1] - surface.y[0] == pytest.approx(4 * editor.knobs.spread[4])
    own = editor.codec.measure(editor.decode(code[None]), ["contour"])[0, 0]
    assert surface.values[4, 4] == pytest.approx(own)


def test_surface_rows_go_with_y(editor, items):
    code = editor.encode(items[:1])[0]
    surface = latent_surface(editor, code, 0, 1, "mean_pitch", resolution=5)
    corner = code.copy()
    corner[0], corner[1] = surface.x[0], surface.y[-1]
    measured = editor.codec.measure(editor.decode(corner[None]), ["mean_pitch"])[0, 0]
    assert surface.values[-1, 0] == pytest.approx(measured)


@pytest.mark.parametrize(("x", "y"), [(1, 1), (0, 12), (-1, 2)])
def test_surface_refuses_bad_dimensions(editor, items, x, y):
    with pytest.raises(InputError, match="expected two out of 0 to 11"):
        latent_surface(editor, editor.encode(items[:1])[0], x, y, "contour")


def test_surface_refuses_unknown_attributes(editor, items):
    with pytest.raises(RecipeError, match="Unknown attribute 'mood'"):
        latent_surface(editor, editor.encode(items[:1])[0], 0, 1, "mood")
