import xml.etree.ElementTree as ET

import numpy as np
import pytest

from latune.figures import (
    Response,
    attribute_scatter,
    cross_talk,
    figure_svg,
    hit_rates,
    latent_surfaces,
    loss_curves,
    piano_roll,
    requests_and_results,
    response_curves,
    save_figure,
)
from latune.figures.latent import ScatterPanel, SurfacePanel
from latune.figures.style import decimals, number, percent, unit_words
from latune.music.measure import HOLD, REST

NAMES = ("note_density", "pitch_range")


def estimate(value, known=True):
    return {"value": value, "low": value - 0.05 if known else None, "high": value + 0.05 if known else None}


def make_certificate(knobs=NAMES):
    def way(value):
        return {
            "hit_rate": estimate(value),
            "measured_mean": [0.1, 0.2, 0.3],
            "measured_low": [0.0, 0.1, 0.2],
            "measured_high": [0.2, 0.3, 0.4],
            "cross_talk": {
                "response": dict.fromkeys(NAMES, 0.5) | {"note_density": 1.0},
                "unexplained": dict.fromkeys(NAMES, estimate(0.25, known=False)),
            },
        }

    knob = {"unit": "share", "low": 0.0, "high": 0.5, "targets": [0.1, 0.2, 0.3], "dimension": 0}
    ways = {"alone": way(0.2), "joint": way(0.5), "path": way(0.7), "exact": way(0.9)}
    return {"tolerance": 0.1, "attributes": list(NAMES), "knobs": dict.fromkeys(knobs, knob | ways)}


def make_measures():
    ticks = np.full((5, 24), HOLD, dtype=np.int16)
    ticks[:, 0] = [60, REST, 64, 72, 61]
    ticks[2:, 12] = 67
    return ticks


def make_roll(**changes):
    arguments = {
        "ticks": make_measures(),
        "values": [0.0, 0.1, 0.2, 0.3, 0.4],
        "name": "note_density",
        "unit": "share of ticks",
        "limits": (0.0, 0.4),
        "requested": [0.0, 0.1, 0.25, 0.3, 0.4],
        "own": 2,
    }
    return piano_roll(**(arguments | changes))


def make_response(hits=0.5, known=True):
    asked = np.linspace(0.1, 0.8, 5)
    mean = asked + 0.02 if known else np.full(5, np.nan)
    return Response(asked, mean, mean - 0.1, mean + 0.1, hits)


def make_requests(**changes):
    """Two methods; the second one lacks a knob, and one of its ways could not be measured."""
    rows = {
        "AR-VAE": {name: {"joint": make_response(0.61), "path": make_response(0.92)} for name in NAMES},
        "a method with a name of many words": {"pitch_range": {"joint": make_response(0.03, known=False)}},
    }
    return requests_and_results(rows | changes, 0.1)


def make_figures():
    generator = np.random.default_rng(0)
    codes, values = generator.normal(size=(30, 2)), generator.random(30)
    rows = [
        {"step": float(s), "reconstruction": 1 / s, "kl": 30.0, "accuracy": 0.9, "validation_kl": 31.0}
        for s in (1, 50, 100)
    ]
    axis = np.linspace(-3, 3, 8)
    return {
        "loss_curves": loss_curves(rows, "nats per token"),
        "loss_curves of nothing": loss_curves([]),
        "response_curves": response_curves(make_certificate()),
        "hit_rates": hit_rates(make_certificate()),
        "cross_talk": cross_talk(make_certificate()),
        "one knob": response_curves(make_certificate(NAMES[:1])),
        "scatter": attribute_scatter([ScatterPanel("contour", "nats", (3, 1), codes, values, (0.0, 1.0))] * 3),
        "surfaces": latent_surfaces(
            [SurfacePanel("contour", "", (0, 1), axis, axis, np.ones((8, 8)), (0.0, 0.0), (0.0, 1.0))]
        ),
        "piano_roll": make_roll(title="Turn it", prefix="roll"),
        "requests": make_requests(),
    }


@pytest.fixture(scope="module")
def svgs():
    return {name: figure_svg(figure) for name, figure in make_figures().items()}


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_all_figures_are_well_formed_svg(svgs):
    for svg in svgs.values():
        assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_same_input_gives_the_same_bytes(svgs):
    assert figure_svg(make_roll(title="Turn it", prefix="roll")) == svgs["piano_roll"]
    assert figure_svg(hit_rates(make_certificate())) == svgs["hit_rates"]


def test_axes_carry_units(svgs):
    assert "nats per token" in texts(svgs["loss_curves"])
    assert "nats per item" in texts(svgs["loss_curves"])
    assert "latent dimension 3" in texts(svgs["scatter"])
    assert "share of ticks" in texts(svgs["piano_roll"])


def test_only_the_parts_that_a_history_has_are_drawn(svgs):
    assert "attribute term" not in texts(svgs["loss_curves"])


def test_hit_rates_show_numbers_and_ways(svgs):
    shown = texts(svgs["hit_rates"])
    assert {"20 %", "50 %", "70 %", "90 %", "note density", "pitch range"} <= set(shown)
    assert any(text.startswith("exact") for text in shown)


def test_cross_talk_shows_numbers(svgs):
    shown = texts(svgs["cross_talk"])
    assert shown.count("0.25") == 2
    assert "1.00" in shown


def test_requests_show_methods_knobs_ways_and_hits(svgs):
    shown = texts(svgs["requests"])
    assert {"AR-VAE", "note density", "pitch range", "61 %", "92 %", "3 %"} <= set(shown)
    assert shown.count("61 %") == 2
    assert any(text.startswith("path: ") for text in shown)
    assert not any(text.startswith(("alone: ", "exact: ")) for text in shown)
    assert shown.count("nothing to measure here") == 2
    assert sum(text in "a method with a name of many words" for text in shown if len(text) > 5) >= 2  # in several lines


def test_piano_roll_names_every_note_and_its_values():
    svg = figure_svg(make_roll(prefix="x"))
    notes = [f'id="x-note-{number}"' in svg for number in range(8)]
    assert notes == [True] * 7 + [False]
    assert 'id="x-roll"' in svg
    assert "asked 0.30" in svg
    assert "own 0.25" in svg


@pytest.mark.parametrize("changes", [{"requested": None}, {"own": None}, {"own": 1}])
def test_piano_roll_without_requests_or_start(changes):
    assert figure_svg(make_roll(**changes))


def test_piano_roll_of_silence():
    assert "note-" not in figure_svg(make_roll(ticks=np.full((5, 24), HOLD, np.int16), prefix="x"))


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_files_are_written_whole(tmp_path, suffix, start):
    path = tmp_path / f"figure.{suffix}"
    save_figure(make_roll(), path)
    first = path.read_bytes()
    save_figure(make_roll(), path)
    assert path.read_bytes() == first
    assert first.startswith(start)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_global_settings_stay_as_they_are():
    import matplotlib as mpl

    before = mpl.rcParams.copy()
    figure_svg(make_roll())
    assert mpl.rcParams.copy() == before


@pytest.mark.parametrize(("span", "places"), [(0.11, 3), (0.25, 2), (0.58, 2), (15.0, 1), (100.0, 0), (0.0, 2)])
def test_decimals(span, places):
    assert decimals(span) == places


def test_words_and_numbers():
    assert number(-0.27, 1) == "−0.3"
    assert number(-0.001, 2) == "0.00"
    assert (percent(0.5), percent(0.997), percent(1.0)) == ("50 %", "99.7 %", "100 %")
    assert (unit_words("26 semitones"), unit_words("nats")) == ("1 = 26 semitones", "nats")
    assert unit_words("1 square, 2 ellipse") == "1 square, 2 ellipse"
