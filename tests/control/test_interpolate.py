"""Interpolation: ends and middles of codes, tunes of unequal length, pictures."""

import numpy as np
import pytest

from latune.control.interpolate import interpolate, interpolate_codes, interpolate_pictures, interpolate_tunes
from latune.errors import InputError
from latune.music.measure import HOLD, REST, is_note, transposed
from latune.music.score import write_tune
from latune.music.tune import tune_from_ticks

pytest.importorskip("symusic")


@pytest.fixture
def tune(tmp_path, synthetic):
    """A function that writes measures of the test split: the path."""

    def write(start, count, shift=0, silent=()):
        ticks = transposed(
            synthetic.codec.ticks(synthetic.items[synthetic.splits["test"][start : start + count]]), shift
        )
        ticks[list(silent)] = [REST] + [HOLD] * 23
        path = tmp_path / f"tune-{start}-{count}-{shift}.mid"
        write_tune(tune_from_ticks(ticks, title=f"Song {start}", tempo=80 + start), path)
        return path

    return write


def codes(seed, count=6, size=5):
    return np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)


@pytest.mark.parametrize("way", ["linear", "spherical"])
def test_ends_and_symmetry(way):
    first, second = codes(0), codes(1)
    path = interpolate_codes(first, second, 7, way)
    assert path.shape == (7, 6, 5)
    assert path.dtype == np.float32
    assert np.allclose(path[0], first, atol=1e-5)
    assert np.allclose(path[-1], second, atol=1e-5)
    assert np.allclose(path, interpolate_codes(second, first, 7, way)[::-1], atol=1e-5)


def test_linear_is_a_straight_line():
    assert np.allclose(np.diff(interpolate_codes(codes(0), codes(1), 5), n=2, axis=0), 0, atol=1e-5)


def test_spherical_keeps_lengths_and_turns_evenly():
    first, second = codes(0), codes(1)
    path = interpolate_codes(first, second, 9, "spherical").astype(float)
    lengths = np.linalg.norm(path, axis=2)
    assert np.allclose(np.diff(lengths, n=2, axis=0), 0, atol=1e-5)
    directions = path / lengths[..., None]
    angles = np.arccos((directions[1:] * directions[:-1]).sum(axis=2))
    assert np.allclose(angles, angles[0], atol=1e-3)


def test_spherical_where_there_is_no_arc():
    first = np.array([[1, 0], [1, 0], [0, 0], [2, 0]], np.float32)
    second = np.array([[3, 0], [-1, 0], [0, 2], [2, 0]], np.float32)
    middle = interpolate_codes(first, second, 3, "spherical")[1]
    assert np.isfinite(middle).all()
    assert np.allclose(middle[[0, 3]], [[2, 0], [2, 0]])
    assert np.allclose(interpolate_codes(first, second, 3, "spherical")[-1], second)


@pytest.mark.parametrize("steps", [-1, 1, 1001])
def test_number_of_steps(steps):
    with pytest.raises(InputError, match=f"The number of steps is {steps}: expected 2 to 1000"):
        interpolate_codes(codes(0), codes(1), steps)


def test_items_between_items(editor, synthetic):
    items = synthetic.items[synthetic.splits["test"][:20]]
    result = interpolate(editor, items[:10], items[10:], 5)
    assert result.shares.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert np.array_equal(result.items[0], editor.decode(editor.encode(items[:10])))
    assert np.array_equal(result.items[-1], editor.decode(editor.encode(items[10:])))
    assert np.allclose(result.values[2], editor.codec.measure(result.items[2]))
    like_first, like_second = result.kept.mean(axis=1).T
    assert like_first[0] == like_first.max() > 0.9
    assert like_second[-1] == like_second.max() > 0.9
    assert np.allclose(result.mean_values, result.values.mean(axis=1))


def test_tunes_in_a_row(editor, tune):
    first, second = tune(0, 4), tune(10, 6)
    result = interpolate_tunes(editor, first, second, 3)
    assert result.tune.ticks.shape == (18, 24)
    assert result.tune.title == "Song 0 to Song 10"
    assert result.tune.tempo == 80
    assert f"{first} has fewer measures (4) than the other (6) and is repeated." in result.remarks
    versions = result.tune.ticks.reshape(3, 6, 24)
    assert np.array_equal(versions[0, 4:, 1:], versions[0, :2, 1:])
    assert np.array_equal(result.steps.items.shape, (3, 6, 24))
    assert not (versions[:, 0, 0] == HOLD).any()


def test_silence_stays_where_both_are_silent(editor, tune):
    result = interpolate_tunes(editor, tune(0, 4, silent=[1, 2]), tune(10, 4, silent=[1, 3]), 3)
    versions = result.tune.ticks.reshape(3, 4, 24)
    assert not is_note(versions[:, 1]).any()
    assert is_note(versions[0, 0]).any()
    assert result.steps.items.shape == (3, 3, 24)


@pytest.mark.parametrize(
    ("shifts", "remark", "low"),
    [
        ((-24, -24), "Both moved by +24 semitones for the model, and back in the result.", True),
        ((-24, 0), "tune-0-3--24.mid by +24 semitones.", False),
    ],
)
def test_pitches_outside_the_vocabulary(editor, tune, shifts, remark, low):
    result = interpolate_tunes(editor, tune(0, 3, shifts[0]), tune(10, 3, shifts[1]), 4)
    assert result.remarks[-1].endswith(remark)
    pitches = result.tune.ticks[is_note(result.tune.ticks)]
    assert (pitches.max() <= 60) == low
    assert pitches.min() >= (31 if low else 55)


def test_pictures(picture_editor, ellipses):
    images = ellipses.items[180:184]
    result = interpolate_pictures(picture_editor, images[:3], 255 - images[3:], 4, "spherical")
    assert result.images.shape == (3, 4, 1, 20, 20)
    assert np.array_equal(result.images[:, 3], np.stack([result.images[0, 3]] * 3))
    assert result.steps.values.shape == (4, 3, 3)
    assert result.remarks == (
        "The second file: 1 of 1 inverted: expected bright on dark.",
        "The second file has fewer pictures (1) than the other (3) and is repeated.",
    )


def test_missing_values_count_in_no_mean(picture_editor, ellipses):
    from dataclasses import replace

    steps = interpolate_pictures(picture_editor, ellipses.items[180:182], ellipses.items[182:184], 2).steps
    values = steps.values.copy()
    values[0, 0, 0] = values[1, :, 1] = np.nan
    means = replace(steps, values=values).mean_values
    assert means[0, 0] == pytest.approx(values[0, 1, 0])
    assert np.isnan(means[1, 1])
    assert np.isfinite(np.delete(means.ravel(), 4)).all()


def test_refusals(editor, picture_editor, tune, tmp_path, ellipses):
    with pytest.raises(InputError, match="not trained on pictures"):
        interpolate_pictures(editor, ellipses.items[:1], ellipses.items[:1], 3)
    with pytest.raises(InputError, match="not trained on single measures"):
        interpolate_tunes(picture_editor, tune(0, 2), tune(2, 2), 3)
    with pytest.raises(InputError, match=r"Expected pictures of shape \(N, 1, H, W\), got \(1, 3, 20, 20\)"):
        interpolate_pictures(picture_editor, np.zeros((1, 3, 20, 20), np.uint8), ellipses.items[:1], 3)
    (tmp_path / "waltz.abc").write_text("X:1\nT:W\nM:3/4\nL:1/4\nK:C\nCDE|\n")
    with pytest.raises(InputError, match=r"waltz\.abc is in 3/4: this run was trained on 4/4"):
        interpolate_tunes(editor, tune(0, 2), tmp_path / "waltz.abc", 3)
