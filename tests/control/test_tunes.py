"""Editing whole tunes: length and silence stay, pitches outside the model's range come back."""

import numpy as np
import pytest

from latune.control.tunes import edit_tune, fit_pitches
from latune.errors import InputError
from latune.music.measure import HOLD, REST, is_note, midi_vocabulary, ticks_from_events
from latune.music.score import tune_from_ticks, write_tune

pytest.importorskip("symusic")


@pytest.fixture
def tune(tmp_path, synthetic):
    """A function that writes a tune with two silent measures: (path, ticks)."""

    def write(shift=0, name="tune.mid"):
        ticks = synthetic.codec.ticks(synthetic.items[synthetic.splits["test"][:6]])
        ticks[[2, 4]] = [REST] + [HOLD] * 23
        ticks = np.where(is_note(ticks), ticks + shift, ticks).astype(np.int16)
        write_tune(tune_from_ticks(ticks, title="Lied"), tmp_path / name)
        return tmp_path / name, ticks

    return write


@pytest.mark.parametrize("options", [{}, {"way": "alone"}, {"way": "joint"}, {"way": "exact"}, {"held": ["contour"]}])
def test_length_and_silence_stay(editor, tune, options):
    path, ticks = tune()
    result = edit_tune(editor, path, {"note_density": 8 / 24}, **options)
    after = ticks_from_events(result.tune.events)
    assert after.shape == ticks.shape
    assert result.edited.tolist() == [0, 1, 3, 5]
    assert not is_note(after[[2, 4]]).any()
    assert "2 measures without notes stay as they are." in result.remarks
    assert result.tune.title == "Lied"
    assert np.allclose(result.after, editor.codec.table.measure(after[result.edited]), atol=1e-9)
    density = editor.codec.table.index("note_density")
    assert np.allclose(result.before[:, density], is_note(ticks[result.edited]).mean(axis=1))
    if options.get("way") != "alone":  # which promises little
        before, after = (np.abs(values[:, density] - 8 / 24).mean() for values in (result.before, result.after))
        assert after < before


@pytest.mark.parametrize(("shift", "moved"), [(-24, "+12"), (-20, "+12"), (24, "-24"), (30, "-24"), (0, None)])
def test_pitches_are_moved_for_the_model_and_back(editor, tune, shift, moved):
    path, _ = tune(shift)
    result = edit_tune(editor, path, {"note_density": 4 / 24}, way="exact")
    remarks = [remark for remark in result.remarks if remark.startswith("Moved by")]
    expected = f"Moved by {moved} semitones for the model, and back in the result."
    assert remarks == ([expected] if moved else [])
    after = ticks_from_events(result.tune.events)
    pitches = after[is_note(after)] + int(moved or 0)
    assert pitches.min() >= 55
    assert pitches.max() <= 84


@pytest.mark.parametrize(
    ("pitches", "shift"),
    [((60, 70), 0), ((48, 60), 12), ((40, 60), 24), ((90, 100), -24), ((56, 85), -1), ((54, 83), 1)],
)
def test_smallest_shift_octaves_first(pitches, shift, tmp_path):
    assert fit_pitches(np.array(pitches), midi_vocabulary(), tmp_path) == shift


def test_value_outside_the_known_range_is_remarked(editor, tune):
    result = edit_tune(editor, tune()[0], {"note_density": 0.9}, way="joint")
    assert any(remark.startswith("note_density=0.9 lies outside what the model knows (") for remark in result.remarks)


@pytest.mark.parametrize("way", ["path", "exact"])
def test_an_unreachable_value_is_refused_with_the_nearest_one(editor, tune, way):
    path, _ = tune()
    with pytest.raises(
        InputError, match=r"note_density=0\.9 cannot be reached: the nearest that was reached is"
    ) as told:
        edit_tune(editor, path, {"note_density": 0.9}, way=way)
    result = edit_tune(editor, path, {"note_density": 0.9}, way=way, nearest=True)
    nearest = result.after[:, editor.codec.table.index("note_density")].max()
    assert f"reached is {nearest:.4g}." in str(told.value)
    reachable = edit_tune(editor, path, {"note_density": round(float(nearest), 4)}, way=way)
    assert reachable.answers[0].hits(editor.knobs["note_density"].span) > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"targets": {"loudness": 1}}, r"There is no knob 'loudness': expected one of rhythmic_complexity, "),
        ({"held": ["loudness"]}, r"There is no attribute 'loudness' to hold: expected one of rhythmic_complexity, "),
        ({"held": ["note_density"]}, r"'note_density' is both turned and held: choose one\."),
        ({"held": ["syncopation"]}, r"'syncopation' has no knob in this run: holding it needs --exact\."),
    ],
)
def test_refused_requests(editor, tune, arguments, message):
    with pytest.raises(InputError, match=message):
        edit_tune(editor, tune()[0], **{"targets": {"note_density": 0.2}, **arguments})


def test_refused_tunes(editor, tmp_path):
    with pytest.raises(InputError, match="expected notes, got only rests"):
        fit_pitches(np.array([[REST, HOLD]]), midi_vocabulary(), tmp_path / "x")
    with pytest.raises(InputError, match="spans 40 semitones: expected at most 29"):
        fit_pitches(np.array([[40, 80]]), midi_vocabulary(), tmp_path / "x")
