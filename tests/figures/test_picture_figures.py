import xml.etree.ElementTree as ET

import numpy as np
import pytest

from latune.figures import (
    cross_talk,
    figure_svg,
    hit_rates,
    latent_surfaces,
    loss_curves,
    picture_grid,
    picture_plane,
    picture_strip,
    reconstructions,
    response_curves,
    save_figure,
)
from latune.figures.latent import SurfacePanel
from latune.figures.pictures import PlaneAxis, Strip
from latune.figures.pixels import as_pixels, png_bytes

SIZES = [(8, 8, 1), (8, 6, 3)]
NOTHING = {"value": None, "low": None, "high": None}


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def strip(size=SIZES[0], own=1, by_code=False):
    return Strip(pixels(4, *size), np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.1, np.nan, 0.3, 0.35]), own, by_code)


def plane(size=SIZES[0]):
    across, up = PlaneAxis("slant", "radians", np.linspace(-0.3, 0.3, 3)), PlaneAxis("width", "pixels", np.arange(2.0))
    measured = np.full((2, 3, 2), np.nan)
    measured[0] = 0.5
    return picture_plane(pixels(2, 3, *size), measured, across, up, (0.0, np.nan), "Two knobs")


def texts(figure):
    return [element.text for element in ET.fromstring(figure_svg(figure)).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("size", SIZES)
def test_pictures_of_all_kinds_are_drawn_the_same_each_time(size):
    makers = [
        lambda: picture_strip(strip(size), "slant", "radians", (0.1, 0.4), "Turn it"),
        lambda: picture_grid([strip(size)] * 2, pixels(2, *size), ["a", "b"], (0.1, 0.4), "Turn it"),
        lambda: plane(size),
        lambda: reconstructions(pixels(5, *size), pixels(5, *size), list("abcde")),
    ]
    for make in makers:
        svg = figure_svg(make())
        assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert "image-rendering:pixelated" in svg
        assert svg == figure_svg(make())


def test_a_strip_says_what_was_asked_for_and_what_came_out():
    shown = texts(picture_strip(strip(), "slant", "radians", (0.1, 0.4)))
    assert {"asked 0.10", "own 0.20", "got –", "got 0.35", "radians"} <= set(shown)


def test_a_strip_by_code_says_so():
    shown = texts(picture_strip(strip(own=None, by_code=True), "slant", "radians", (0.1, 0.4)))
    assert "code 0.1" in shown
    assert not any(text.startswith(("own", "asked")) for text in shown)


def test_the_axes_of_a_plane_carry_units():
    shown = texts(plane())
    assert {"asked for: slant (radians)", "asked for: width (pixels)", "measured: slant"} <= set(shown)


def test_files_of_pictures_are_written(tmp_path):
    save_figure(plane(), tmp_path / "plane.png")
    assert (tmp_path / "plane.png").read_bytes().startswith(b"\x89PNG")


def test_binary_pictures_become_black_and_white():
    items = np.array([[[0, 1], [1, 0]]], np.uint8)
    shown = as_pixels(items[None], levels=1)
    assert shown.shape == (1, 2, 2, 1)
    assert shown[0, ..., 0].tolist() == [[0, 255], [255, 0]]
    assert png_bytes(shown[0]).startswith(b"\x89PNG")


def certificate_of_nothing():
    empty = [None] * 3
    way = {
        "hit_rate": NOTHING,
        "measured_mean": empty,
        "measured_low": empty,
        "measured_high": [None, 0.2, None],
        "cross_talk": {"response": {"turn": None}, "unexplained": {}},
    }
    knob = {"unit": "radians", "low": 0.0, "high": 0.5, "targets": [0.1, 0.2, 0.3], "dimension": 0, "items": 2}
    ways = {"alone": way, "joint": way, "exact": way}
    return {"tolerance": 0.1, "attributes": ["turn"], "knobs": {"turn": knob | ways}, "items": 9}


def test_a_knob_without_measured_values_is_said_to_have_none():
    shown = texts(response_curves(certificate_of_nothing()))
    assert shown.count("nothing to measure here") == 3
    assert "(2 of 9 items)" in shown
    assert texts(hit_rates(certificate_of_nothing())).count("not measured") == 3
    assert "–" in texts(cross_talk(certificate_of_nothing()))


def test_a_knob_without_targets_is_drawn():
    certificate = certificate_of_nothing()
    knob = certificate["knobs"]["turn"]
    knob["targets"] = []
    for way in ("alone", "joint", "exact"):
        knob[way] |= {"measured_mean": [], "measured_low": [], "measured_high": []}
    assert "nothing to measure here" in texts(response_curves(certificate))


def test_a_surface_of_nothing_says_so():
    axis = np.linspace(-3, 3, 4)
    values = np.full((4, 4), np.nan)
    panel = SurfacePanel("turn", "radians", (0, 1), axis, axis, values, (0.0, 0.0), (0.0, 1.0))
    assert "nothing to measure here" in texts(latent_surfaces([panel]))


def test_the_losses_of_a_critic_are_drawn():
    rows = [{"step": float(s), "critic_loss": 1 / s, "adversarial": 1.0, "estimate": 0.5} for s in (1, 5, 9)]
    shown = texts(loss_curves(rows))
    assert {"critic: error in reading attributes from the code", "squared error"} <= set(shown)
