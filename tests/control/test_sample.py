"""Sampling: codes lie as the training codes do, knobs shift what is drawn, draws can be repeated."""

import numpy as np
import pytest

from latune.control.sample import (
    CodeDistribution,
    SampleRequest,
    fit_codes,
    sample_items,
    sampled_pictures,
    sampled_tune,
    summaries,
)
from latune.errors import InputError
from latune.music.measure import HOLD


@pytest.fixture(scope="module")
def codes(editor, synthetic):
    return fit_codes(editor, synthetic)


def test_draws_have_the_mean_and_covariance():
    mean, factor = np.array([1.0, -2.0, 0.0]), np.array([[2, 0, 0], [1, 1, 0], [2, 0, 0]])  # of rank 2
    drawn = CodeDistribution(mean, factor @ factor.T).draw(20_000, seed=1)
    assert drawn.dtype == np.float32
    assert np.allclose(drawn.mean(axis=0), mean, atol=0.05)
    assert np.allclose(np.cov(drawn.T), factor @ factor.T, atol=0.15)
    assert np.allclose(drawn[:, 0] - 1, drawn[:, 2], atol=1e-3)


def test_fit_is_that_of_the_training_codes(editor, synthetic, codes):
    training = editor.encode(synthetic.items[synthetic.split("train")])
    assert np.allclose(codes.mean, training.mean(axis=0), atol=1e-5)
    assert np.allclose(codes.covariance, np.cov(training.T), atol=1e-4)
    assert np.allclose(np.sqrt(np.diag(codes.covariance)), editor.knobs.spread, rtol=0.01)


def test_a_set_knob_gives_the_conditional_gaussian(editor, codes):
    """Matheron's rule: the other dimensions have the mean and covariance of the conditional Gaussian."""
    knob = editor.knobs["note_density"]
    wanted = float(codes.mean[knob.dimension] + np.sqrt(codes.covariance[knob.dimension, knob.dimension]))
    moved = editor.knobs.move(codes.draw(20_000, seed=0), {"note_density": wanted}).astype(float)
    rest = [d for d in range(len(codes.mean)) if d != knob.dimension]
    slope = codes.covariance[rest, knob.dimension] / codes.covariance[knob.dimension, knob.dimension]
    mean = codes.mean[rest] + slope * (wanted - codes.mean[knob.dimension])
    covariance = codes.covariance[np.ix_(rest, rest)] - np.outer(slope, codes.covariance[knob.dimension, rest])
    scale = np.sqrt(np.diag(codes.covariance))[rest]
    assert np.allclose(moved[:, knob.dimension], wanted, atol=1e-3)
    assert np.allclose((moved[:, rest].mean(axis=0) - mean) / scale, 0, atol=0.05)
    assert np.allclose((np.cov(moved[:, rest].T) - covariance) / np.outer(scale, scale), 0, atol=0.06)


def test_samples_are_spread_as_the_data(editor, synthetic, codes):
    sample = sample_items(editor, codes, SampleRequest(count=400, seed=3))
    column = editor.codec.table.index("note_density")
    real = synthetic.attributes[synthetic.split("test"), column].astype(float)
    assert sample.values[:, column].mean() == pytest.approx(float(real.mean()), abs=0.5 * float(real.std()))
    assert sample.values[:, column].std() == pytest.approx(float(real.std()), rel=0.5)


@pytest.mark.parametrize("options", [{}, {"exact": True}, {"temperature": 0.5, "top_p": 0.9}])
def test_knobs_move_samples(editor, codes, options):
    column = editor.codec.table.index("note_density")
    few, many = (
        sample_items(editor, codes, SampleRequest({"note_density": wanted}, 30, **options)).values[:, column]
        for wanted in (2 / 24, 8 / 24)
    )
    assert many.mean() - few.mean() > 3 / 24
    if options.get("exact"):
        assert np.mean(np.abs(many - 8 / 24) < 0.01) > 0.9


@pytest.mark.parametrize("options", [{}, {"temperature": 1.0}, {"exact": True}])
def test_the_seed_decides(editor, codes, options):
    targets = {"contour": 0.1} if options.get("exact") else {}
    one, again, other = (
        sample_items(editor, codes, SampleRequest(targets, 6, seed=seed, **options)).items for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_temperature_makes_tokens_vary(editor, codes):
    still = CodeDistribution(codes.mean, np.zeros_like(codes.covariance))
    sure = sample_items(editor, still, SampleRequest(count=20)).items
    cold = sample_items(editor, still, SampleRequest(count=20, temperature=0.01)).items
    warm = sample_items(editor, still, SampleRequest(count=20, temperature=2.0)).items
    assert len(np.unique(sure, axis=0)) == 1
    assert np.mean(cold == sure) > 0.99
    assert len(np.unique(warm, axis=0)) > 5


def test_measures_in_a_row(editor, codes):
    sample = sample_items(editor, codes, SampleRequest(count=5))
    tune = sampled_tune(editor, sample, "New")
    assert tune.ticks.shape == (5, 24)
    assert tune.title == "New"
    assert not (tune.ticks[:, 0] == HOLD).any()
    assert np.array_equal(tune.ticks[:, 1:], editor.codec.ticks(sample.items)[:, 1:])


def test_pictures(picture_editor, ellipses):
    codes = fit_codes(picture_editor, ellipses)
    low, high = picture_editor.knobs.ranges["width"]
    wanted = low + 0.8 * (high - low)
    sample = sample_items(picture_editor, codes, SampleRequest({"width": wanted}, 12, exact=True))
    assert sampled_pictures(picture_editor, sample).shape == (12, 1, 20, 20)
    line, other = summaries(picture_editor, sample, {"width": wanted})
    assert (line.name, line.wanted, other.name, other.hits) == ("width", wanted, "slant", None)
    assert line.hits >= 10
    assert line.lowest <= line.mean <= line.highest


def test_summary_of_what_no_item_has(picture_editor, ellipses):
    from dataclasses import replace

    sample = sample_items(picture_editor, fit_codes(picture_editor, ellipses), SampleRequest(count=2))
    empty = replace(sample, values=np.full_like(sample.values, np.nan))
    line = summaries(picture_editor, empty, {"slant": 0.1})[0]
    assert np.isnan([line.mean, line.lowest, line.highest]).all()
    assert line.hits == 0


def test_value_outside_the_known_range_is_remarked(editor, codes):
    remarks = sample_items(editor, codes, SampleRequest({"note_density": 0.9}, 2)).remarks
    assert remarks[0].startswith("note_density=0.9 lies outside what the model knows (")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"targets": {"loudness": 1}}, "There is no knob 'loudness': expected one of rhythmic_complexity, "),
        ({"count": 0}, "The number of items is 0: expected 1 to 10,000"),
        ({"exact": True}, "--exact searches for values: expected at least one knob"),
        ({"temperature": 0}, r"The temperature is 0: expected above 0 and up to 10"),
        ({"temperature": float("nan")}, r"The temperature is nan"),
        ({"temperature": 1, "top_p": 0}, "top-p is 0: expected a probability above 0 and up to 1"),
        ({"top_p": 0.9}, "top-p restricts draws of tokens: expected a temperature with it"),
        ({"targets": {"contour": 0}, "exact": True, "temperature": 1}, "--exact and a temperature exclude each other"),
    ],
)
def test_refused_requests(editor, codes, options, message):
    with pytest.raises(InputError, match=message):
        sample_items(editor, codes, SampleRequest(**options))


def test_pictures_have_no_temperature(picture_editor, editor):
    with pytest.raises(InputError, match="A temperature is for drawing tokens: a run on pictures has none"):
        SampleRequest(temperature=1.0).check(picture_editor)
    SampleRequest(temperature=1.0).check(editor)
