"""The page of a run of songs: it plays what it shows, compares versions, and has the figures that only songs have."""

import base64
import dataclasses
import json
import re
import shutil
from html import unescape

import numpy as np
import pytest
from pages import Page, with_knobs

import small_songs
from latune.control.genres import Genres
from latune.errors import InputError, MissingExtraError
from latune.models.petals import PetalsConfig, build_petals
from latune.music.songs.phrases import phrases_of
from latune.music.songs.reading import read_song
from latune.music.songs.synthesis import synthetic_song
from latune.music.songs.tokens import HOLD, SILENCE, STEPS, TRACKS, onsets, transposed
from latune.report import build_report, build_traversals
from latune.report import songs as song_medium
from latune.report.media import Subject, medium_of
from latune.report.song_charts import _petals, _plane, song_charts
from latune.report.song_exhibits import make_exhibits
from latune.report.song_strips import pitch_ranges, song_strip
from latune.report.song_sweeps import choose_phrases, make_phrase_sweeps
from latune.training.run_folder import open_run

KNOB = "drums_notes"
NOTE = re.compile(r"M(\d+) (\d+)h([\d.]+)")


@pytest.fixture(scope="module")
def one_knob(song_editor):
    return with_knobs(song_editor, [KNOB])


@pytest.fixture(scope="module")
def run(song_run, tmp_path_factory):
    """A copy of the trained run."""
    folder = tmp_path_factory.mktemp("copies") / "run"
    shutil.copytree(song_run.folder, folder)
    return open_run(folder)


@pytest.fixture(scope="module")
def text(run, songs, one_knob):
    return build_report(run, songs, one_knob).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def subject(run, songs, one_knob):
    return Subject(run, songs, one_knob, [0, 5])


@pytest.fixture(scope="module")
def phrase():
    return phrases_of(synthetic_song(0, 0)).tokens[0]


def drawn(strip, track, kind):
    """Start, pitch and length of the notes of one kind in one track of a strip."""
    band = re.search(rf'<g [^>]*class="{track}"[^>]*>(.*?)</g>', strip).group(1)
    path = re.search(rf'class="{kind}" d="(.*?)"', band)
    notes = NOTE.findall(path.group(1)) if path else []
    return [(int(step), int(pitch), round(float(length) + 0.2)) for step, pitch, length in notes]


def test_a_strip_shows_every_note(phrase):
    strip = song_strip(phrase, pitch_ranges([phrase]), "a phrase")
    for place, track in enumerate(TRACKS):
        steps = np.flatnonzero(onsets(phrase[:, place]))
        notes = drawn(strip, track, "same")
        assert [(start, pitch) for start, pitch, _ in notes] == [(s, phrase[s, place]) for s in steps]
        assert not drawn(strip, track, "new")
        assert not drawn(strip, track, "gone")
    ends = np.append(np.flatnonzero(phrase[:, 1] != HOLD)[1:], STEPS)
    begins = np.flatnonzero(phrase[:, 1] != HOLD)
    lengths = [end - begin for begin, end in zip(begins, ends, strict=True) if phrase[begin, 1] < SILENCE]
    assert [length for _, _, length in drawn(strip, "bass", "same")] == lengths


def test_a_strip_tells_new_notes_from_those_that_are_gone(phrase):
    changed = phrase.copy()
    step = np.flatnonzero(onsets(phrase[:, 1]))[3]
    changed[step, 1] += 1
    strip = song_strip(changed, pitch_ranges([phrase, changed]), "x", reference=phrase)
    assert [note[:2] for note in drawn(strip, "bass", "new")] == [(step, changed[step, 1])]
    assert [note[:2] for note in drawn(strip, "bass", "gone")] == [(step, phrase[step, 1])]
    assert not drawn(strip, "drums", "new")
    assert len(drawn(strip, "bass", "same")) == onsets(phrase[:, 1]).sum() - 1


def test_bands_hold_all_their_notes(phrase):
    high = transposed(phrase, 7)
    ranges = pitch_ranges([phrase, high])
    strip = song_strip(high, ranges, "x")
    for place, (scale, bottom, track) in enumerate(re.findall(r'matrix\(1 0 0 -(.*?) 0 (.*?)\)" class="(.*?)"', strip)):
        pitches = high[onsets(high[:, place]), place].astype(float)
        heights = float(bottom) - float(scale) * pitches
        assert track == TRACKS[place]
        assert (heights > 34 * place).all()
        assert (heights < 34 * place + 30).all()
    silent = np.full((STEPS, 4), HOLD, np.uint8)
    assert "<path" not in song_strip(silent, pitch_ranges([silent]), "x")


def test_the_page_is_well_formed_and_needs_nothing_else(text):
    page = Page(text)
    assert page.open == []
    assert all(reference.startswith(("#", "data:")) for reference in page.references)
    assert {reference[1:] for reference in page.references if reference.startswith("#")} <= set(page.identifiers)
    assert len(text) < 3_000_000
    assert "phrases of 16 bars in four tracks" in text
    seen = re.sub(r"<(script|style|pre)\b.*?</\1>|<[^>]*>", "", text, flags=re.DOTALL)
    assert not re.search(r"\b(ticks?|tunes?|melod|pictures?)\b", seen)


def test_what_plays_is_on_the_page(text, run, songs, one_knob):
    sounds = json.loads(re.search(r'id="sounds">(.*?)</script>', text).group(1))
    assert len([key for key in sounds["sweeps"] if key.startswith("sweep-")]) == 2 * 3
    assert len([key for key in sounds["sweeps"] if key.startswith("made-")]) == 4
    for key, sweep in sounds["sweeps"].items():
        card = re.search(rf'<article class="card[^"]*" id="{key}".*?</article>', text, re.DOTALL).group(0)
        assert card.count('<svg class="song"') == sweep["measures"]
        assert card.count(f'data-sweep="{key}" data-measure=') == sweep["measures"]
        assert (sweep["quarters"], sweep["bar"]) == (64, 4)
        data = base64.b64decode(re.search(r"data:audio/midi;base64,([^\"]+)", card).group(1))
        song = read_song(data, key)
        heard = sum(len(part.pitch) for part in song.parts)
        assert heard == sum(len(NOTE.findall(path)) for path in re.findall(r'class="(?:same|new)" d="(.*?)"', card))
    assert text.count('<li class="own">') == 2 * 3


def test_the_page_has_the_figures_of_songs(text, run):
    for name in ("song_plane", "song_tracks", "song_quality", "song_transfer", "attribute_scatter", "response_curves"):
        assert f'<figure id="{name}">' in text
    rebuilt = run.read_json("metrics.json")["reconstruction"]
    assert "Beginnings (F1)" in text
    assert f"{100 * rebuilt['accuracy_drums']['value']:.1f} %" in text
    figures = {path.name for path in (run.folder / "figures").iterdir()}
    assert {"song_samples.png", "song_interpolation.png", "song_reconstruction_1.png"} <= figures


def test_a_run_without_numbers_shows_its_codes(run, songs, one_knob, tmp_path):
    shutil.copytree(run.folder, tmp_path / "run")
    (tmp_path / "run" / "metrics.json").unlink()
    assert list(song_charts(Subject(open_run(tmp_path / "run"), songs, one_knob, [0]))) == ["song_plane"]


def test_a_sweep_shows_the_own_decode_and_what_was_measured(subject):
    sweeps = make_phrase_sweeps(subject.editor, subject.dataset, KNOB, [0, 5], "joint", 0)
    assert [sweep.item for sweep in sweeps] == [0, 5]
    for sweep in sweeps:
        index = subject.dataset.split("test")[[sweep.item]]
        decoded = subject.editor.decode(subject.editor.encode(subject.dataset.items[index]))
        notes = onsets(sweep.tokens[:, :, 0]).sum(axis=1)
        assert (sweep.measured == notes).all()
        assert onsets(sweep.unturned).sum() == onsets(decoded[0]).sum()
        assert sweep.requested[sweep.own] == onsets(subject.dataset.items[index][0, :, 0]).sum()
    with pytest.raises(InputError, match="not swept by code"):
        make_phrase_sweeps(subject.editor, subject.dataset, KNOB, [0], "code", 0)


def test_start_phrases_are_new_and_of_different_genres(songs):
    numbers, are_new = choose_phrases(songs, 3, seed=0)
    assert (numbers, are_new) == choose_phrases(songs, 3, seed=0)
    assert are_new
    genres = songs.labels[songs.split("test")[numbers]].argmax(axis=1)
    assert sorted(genres) == [0, 1, 2]
    items = songs.items.copy()
    test, train = songs.split("test"), songs.split("train")
    items[test[:-1]] = items[train[: len(test) - 1]]
    known = dataclasses.replace(songs, items=items, labels=None)
    numbers, are_new = choose_phrases(known, 2, seed=0)
    assert len(test) - 1 in numbers
    assert not are_new


def test_exhibits(subject, songs):
    exhibits = {exhibit.name: exhibit for exhibit in make_exhibits(subject)}
    samples, between = exhibits["song_samples"], exhibits["song_interpolation"]
    assert samples.labels == songs.label_names
    assert len(samples.tokens) == small_songs.KNOWN
    assert between.labels[0] == "0 % of the way"
    assert len(between.tokens) == 5
    first = exhibits["song_reconstruction_1"]
    assert (first.tokens[1] == between.tokens[0]).all()
    assert any((first.tokens[0] == item).all() for item in songs.items[songs.split("test")])
    kept = subject.editor.codec.similarity(first.tokens[1:], first.tokens[:1])[0]
    assert f"{100 * kept:.0f} %" in first.caption


def test_the_plane_is_that_of_the_petals():
    genres = Genres(("a", "b", "c"), 6, petals=build_petals(PetalsConfig(), 3, 6))
    codes = genres.draw(300, 0)
    directions, names = _plane(codes, genres)
    assert names == ("dimension 4", "dimension 5")
    means, covariances = _petals(genres, directions)
    for place in range(3):
        own = (genres.draw(20_000, 0, place) @ directions).astype(float)
        assert means[place] == pytest.approx(own.mean(axis=0), abs=0.01)
        assert covariances[place] == pytest.approx(np.cov(own.T), abs=0.005)


def test_the_plane_is_that_of_the_codes_where_petals_have_no_plane():
    genres = Genres(("a", "b", "c"), 6, petals=build_petals(PetalsConfig(axes="orthonormal"), 3, 6))
    for prior in (genres, Genres((), 6)):
        codes = np.random.default_rng(0).normal(size=(500, 6)) * [1, 9, 1, 1, 1, 4]
        directions, names = _plane(codes, prior)
        assert "principal" in names[0]
        assert np.abs(directions).argmax(axis=0).tolist() == [1, 5]


def test_traversals_as_files(run, songs, one_knob):
    found = build_traversals(run, songs, one_knob, items=[3], way="joint")
    assert [path.name for path in found.files] == [f"{KNOB}_3_joint.png", f"{KNOB}_3_joint.mid"]
    assert all(path.stat().st_size > 500 for path in found.files)
    song = read_song(found.files[1].read_bytes(), "x")
    assert 4 * STEPS < song.steps <= 5 * STEPS
    assert found.remarks == ()


def test_without_symusic_the_page_says_so(subject, monkeypatch, tmp_path):
    def missing(song):
        raise MissingExtraError("symusic", "music")

    monkeypatch.setattr(song_medium, "song_bytes", missing)
    medium, remarks = medium_of(subject.dataset.codec), {}
    (sweep, _) = medium.sweeps(subject, KNOB, "joint")
    card = medium.card(sweep, "sweep-0", tmp_path, remarks)
    assert card.midi is None
    assert [remark for remark in remarks if "symusic" in remark]
    assert "Piano roll, drums notes as it is" in unescape(" ".join(version.roll for version in card.versions))
