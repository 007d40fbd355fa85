"""Runs of music in the browser."""

import wave

import music21
import numpy as np
import pytest
import symusic
from visit import IN_FILE

from latune.music.score import read_measures, tune_from_ticks, write_tune

RUN = "v=1&run=ar-vae"


@pytest.fixture
def page(visit, home):
    return visit(home, RUN)


@pytest.fixture(scope="module")
def tune(tmp_path_factory, synthetic):
    """A MIDI file of four measures."""
    path = tmp_path_factory.mktemp("tunes") / "song.mid"
    ticks = synthetic.codec.ticks(synthetic.items[synthetic.splits["test"][:4]])
    write_tune(tune_from_ticks(ticks, title="song"), path)
    return path


LOUDEST = """(() => {
    const analyser = latuneStudio.analyser;
    if (!analyser) return 0;
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return Math.max(...samples.map(Math.abs));
})()"""


def test_a_slider_changes_the_notes_and_what_is_measured(page):
    page.by("roll").wait_for()
    low = page.slide("note_density", 0.1)["note_density"]
    before = page.picture("roll")
    high = page.slide("note_density", 0.9)["note_density"]
    assert high > low
    page.until(f"document.querySelector('[data-testid=roll]').toDataURL() !== '{before}'")


def test_the_score_is_engraved(page):
    notes = "document.querySelectorAll('[data-testid=score] svg g.note').length"
    page.until(notes)


def test_an_uploaded_tune_is_edited(page, tune):
    page.settled(lambda: page.upload(str(tune)))
    assert page.state()["origin"] == {"kind": "upload", "name": "song.mid"}
    read = page.ask("latuneStudio.session.result.originals.length")
    assert read == 4
    page.slide("note_density", 0.2)
    assert all("note_density" in targets for targets in page.state()["targets"])


def test_the_same_notes_are_read_as_in_python(page, tune):
    page.settled(lambda: page.upload(str(tune)))
    ticks, _ = read_measures(str(tune))
    values = page.ask("latuneStudio.session.model.description.codec.values")
    tokens = np.array(page.ask("latuneStudio.session.result.originals.map((item) => [...item])"))
    np.testing.assert_array_equal(np.array(values)[tokens], ticks)


@IN_FILE
def test_one_measure_of_a_tune_is_turned_alone(page, tune):
    page.settled(lambda: page.upload(str(tune)))
    page.by("measure-2").click()
    slider = page.by("measure-slider-note_density")
    slider.wait_for()
    page.settled(lambda: page.set_field("measure-slider-note_density", float(slider.get_attribute("max"))))
    set_ = [bool(targets) for targets in page.state()["targets"]]
    assert set_ == [False, True, False, False]


@IN_FILE
def test_play_sounds_and_stop_is_silent(page):
    page.by("play").click()
    page.until(f"{LOUDEST} > 0.005")
    page.by("stop").click()
    page.until(f"{LOUDEST} < 0.005")


def test_a_bad_upload_is_told_in_a_sentence_and_the_page_lives_on(visit, home):
    page = visit(home, RUN, expect_faults=home.is_served)
    page.upload({"name": "broken.mid", "mimeType": "audio/midi", "buffer": b"MThd and nothing else"})
    assert page.toast()
    assert page.slide("note_density", 0.9)["note_density"] > page.slide("note_density", 0.1)["note_density"]


def test_what_is_downloaded_opens_again(page, tmp_path):
    page.slide("note_density", 0.7)
    count = page.ask("latuneStudio.session.result.edited.length")
    midi = page.download("download-midi", tmp_path)
    assert symusic.Score(midi).note_num() > 0
    musicxml = page.download("download-musicxml", tmp_path)
    score = music21.converter.parse(musicxml)
    assert len(score.parts[0].getElementsByClass(music21.stream.Measure)) == count
    with wave.open(str(page.download("download-wav", tmp_path))) as sound:
        frames = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
        assert sound.getnframes() > sound.getframerate()  # more than a second
    assert 1000 < np.abs(frames.astype(int)).max() <= 32767


def test_midi_and_musicxml_hold_the_notes_that_are_seen(page, tmp_path):
    page.slide("note_density", 0.3)
    values = np.array(page.ask("latuneStudio.session.model.description.codec.values"))
    tokens = np.array(page.ask("latuneStudio.session.result.edited.map((edited) => [...edited.item])"))
    for kind in ("midi", "musicxml"):
        ticks, _ = read_measures(str(page.download(f"download-{kind}", tmp_path)))
        seen = values[tokens]
        np.testing.assert_array_equal(np.where(ticks > 0, ticks, 0), np.where(seen > 0, seen, 0)[: len(ticks)], kind)
