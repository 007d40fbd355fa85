"""Piano rolls of songs: sizes, rows, labels, comparison with the first phrase."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from latune.errors import InputError
from latune.figures import figure_svg, save_figure, song_roll
from latune.figures.style import INK, WIDTH
from latune.music.songs.drums import drum_name
from latune.music.songs.tokens import HOLD, SILENCE, SILENT, onsets, tokens_of


@pytest.fixture
def phrase():
    pitches = np.full((64, 4), SILENT)
    pitches[::4, 0], pitches[2::4, 0], pitches[8, 0] = 36, 42, 27
    pitches[:32, 1], pitches[32:, 1] = 40, 45
    pitches[:, 3] = np.repeat(np.arange(60, 76), 4)
    return tokens_of(pitches)


def drawn(axes):
    """Notes, not the shades behind them."""
    return [c for c in axes.collections if isinstance(c, PolyCollection) and c.get_zorder() > 1]


def boxes(axes, colour=None):
    found = drawn(axes)
    if colour is not None:
        found = [c for c in found if len(c.get_facecolor()) and to_hex(c.get_facecolor()[0]) == colour]
    return [len(c.get_paths()) for c in found]


def labels(axes):
    return [text.get_text() for text in axes.get_yticklabels()]


def test_four_tracks_per_phrase(phrase):
    figure = song_roll(phrase, title="A phrase")
    assert len(figure.axes) == 4
    assert figure.get_size_inches()[0] == WIDTH
    for place, axes in enumerate(figure.axes):
        notes = onsets(phrase)[:, place].sum()
        assert max(boxes(axes)) == notes
        assert axes.get_xlim() == (0, 64)
    assert labels(figure.axes[0]) == ["drum 27", "bass drum", "closed hi-hat"]
    assert {"C4", "C5"} <= set(labels(figure.axes[3]))
    assert [text.get_text() for text in figure.axes[3].get_xticklabels()] == ["1", "2", "3", "4"]
    assert "A phrase" in figure_svg(figure)


def test_notes_are_where_they_sound(phrase):
    axes = song_roll(phrase).axes[1]
    bass = drawn(axes)[0]
    corners = [path.vertices for path in bass.get_paths()]
    assert [corner[0, 0] for corner in corners] == [0, 32]
    assert [round(corner[:, 0].max()) for corner in corners] == [32, 64]
    assert np.mean(corners[1][:4, 1]) - np.mean(corners[0][:4, 1]) == pytest.approx(5)  # semitones


def test_phrases_share_their_rows_and_are_compared(phrase):
    other = phrase.copy()
    other[0, 1], other[40, 3] = 28, 90
    figure = song_roll(np.stack([phrase, other]), ["original", "reconstruction"], compare=True)
    assert len(figure.axes) == 8
    for place in range(4):
        assert figure.axes[place].get_ylim() == figure.axes[place + 4].get_ylim()
    assert boxes(figure.axes[5], INK)[0] == 1  # the low bass is not in the original
    missing = [c for c in drawn(figure.axes[5]) if not len(c.get_facecolor())]
    assert [len(c.get_paths()) for c in missing] == [1]
    assert {text.get_text() for text in figure.texts} >= {"original", "reconstruction"}


def test_many_phrases_are_drawn_smaller(phrase):
    one, four = (song_roll(np.stack([phrase] * count)).get_size_inches()[1] / count for count in (1, 4))
    assert four < 0.85 * one


def test_silence_and_odd_phrases(tmp_path):
    silent = np.full((256, 4), HOLD, np.uint8)
    silent[0] = SILENCE
    crowded = np.random.default_rng(0).integers(0, 130, (64, 4)).astype(np.uint8)
    for name, tokens in (("silent", silent), ("crowded", crowded)):
        save_figure(song_roll(tokens), tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    assert song_roll(crowded).get_size_inches()[1] < 10


def test_files_are_the_same_again(phrase, tmp_path):
    for name in ("one.png", "two.png"):
        save_figure(song_roll(phrase, ["phrase"]), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_what_is_refused(phrase):
    with pytest.raises(InputError, match="Expected a name for each of the 1 phrases, got 2"):
        song_roll(phrase, ["one", "two"])
    with pytest.raises(InputError, match="Expected tokens"):
        song_roll(phrase[:, :2])


def test_drum_names():
    assert [drum_name(pitch) for pitch in (35, 38, 42, 51, 81, 34, 82)] == [
        "bass drum 2",
        "snare",
        "closed hi-hat",
        "ride",
        "open triangle",
        "drum 34",
        "drum 82",
    ]
