"""Figures of runs of songs: what they draw of the numbers they are given, and of numbers that are missing."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from latune.figures import song_plane, song_quality, style_transfer, track_accuracy
from latune.music.songs.tokens import TRACKS

NAN = np.nan


def dots(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return np.asarray(line.get_xdata(), float)


def intervals(axes):
    """Ends of all drawn intervals, (N, 2)."""
    bars = [bar for part in axes.collections if isinstance(part, LineCollection) for bar in part.get_segments()]
    return np.array([bar[:, 0] for bar in bars if len(bar)])


def around(values, width=0.05):
    return np.stack([values - width, values + width], axis=-1)


def test_tracks_beside_their_most_frequent_token():
    accuracy, baseline = np.array([0.9, 0.8, 0.7, NAN]), np.array([0.5, 0.6, 0.65, 0.4])
    (axes,) = track_accuracy(TRACKS, accuracy, around(accuracy), baseline, around(baseline)).axes
    assert dots(axes, "from the code")[:3] == pytest.approx(accuracy[:3])
    assert dots(axes, "most frequent token") == pytest.approx(baseline)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(TRACKS)
    assert [text.get_text() for text in axes.texts] == ["90 %", "80 %", "70 %"]
    assert any(np.allclose(bar, [0.85, 0.95]) for bar in intervals(axes))


def test_quality_has_a_scale_for_each_measure():
    values = np.array([[2.5, 2.4, 1.0], [0.0, 0.001, 0.002], [NAN, NAN, NAN]])
    ranges = np.array([[0, 3.58], [0, 1], [0, 1]])
    names = ["entropy", "empty", "nothing"]
    figure = song_quality(values, around(values, 0.0005), names, ["real", "reconstructed", "sampled"], ranges)
    entropy, empty, nothing = figure.axes
    assert [dots(entropy, kind)[0] for kind in ("real", "reconstructed", "sampled")] == pytest.approx(values[0])
    low, high = entropy.get_xlim()
    assert 0 <= low < 1.0 < 2.5 < high <= 3.58
    low, high = empty.get_xlim()
    assert low == 0
    assert high == pytest.approx(0.1, abs=0.06)  # small differences are not blown up beyond a tenth of the range
    assert nothing.get_xlim() == (0, 1)
    assert "nothing to measure" in nothing.texts[0].get_text()


def test_transfer_shows_what_arrives_and_what_stays():
    probability, kept = np.array([0.1, 0.7, 0.8]), np.array([[0.75, 0.3], [0.5, -0.2]])
    figure = style_transfer(probability, around(probability), kept, around(kept), 0.66)
    left, right = figure.axes
    assert [dots(left, name)[0] for name in ("before", "carried", "drawn afresh")] == pytest.approx(probability)
    assert "66 %" in left.get_title(loc="left")
    assert dots(right, "carried") == pytest.approx(kept[:, 0])
    assert dots(right, "drawn afresh") == pytest.approx(kept[:, 1])
    assert right.get_xlim()[0] < -0.25
    unknown = style_transfer(np.full(3, NAN), np.full((3, 2), NAN), kept, around(kept), NAN)
    assert unknown.axes[0].get_title(loc="left") == "Does it arrive?"


def test_the_plane_has_codes_and_petals():
    codes, genres = np.random.default_rng(0).normal(size=(9, 2)), np.array([0, 0, 0, 1, 1, 1, -1, -1, 1])
    means = np.array([[1.0, 0.0], [-1.0, 0.0]])
    figure = song_plane(codes, genres, ["rock", "hip_hop"], ("a", "b"), means, np.stack([np.diag([0.25, 0.01])] * 2))
    (axes,) = figure.axes
    assert [len(line.get_xdata()) for line in axes.lines[:3]] == [2, 3, 4]
    outline = np.array(axes.lines[3].get_data())
    assert outline.max(axis=1) == pytest.approx([2.0, 0.2], abs=1e-2)
    assert outline.min(axis=1) == pytest.approx([0.0, -0.2], abs=1e-2)
    assert np.array(axes.lines[4].get_data()).ravel() == pytest.approx([1, 0])
    assert {text.get_text() for text in axes.texts} == {"rock", "hip hop"}
    assert "petal" in figure.get_suptitle()
    bare = song_plane(codes, np.full(9, -1), [], ("a", "b"))
    assert "petal" not in bare.get_suptitle()
    assert not bare.legends
