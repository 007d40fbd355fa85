"""Figures of studies: what they draw of the numbers they are given."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from latune.errors import InputError
from latune.figures.study_boxes import BOX_RUNS, BoxPanel, box_plots
from latune.figures.study_comparisons import (
    CorrelationPanel,
    Difference,
    DifferencePanel,
    correlation_maps,
    paired_differences,
)
from latune.figures.study_curves import CurvePanel, learning_curves, seed_band
from latune.figures.study_hues import MOST_HUES, hues_of, jitter
from latune.figures.study_scatter import GridPanel, hyper_parameters, pair_plot
from latune.figures.style import save_figure

MANY, FEW = np.array([0.1, 0.2, 0.3, 0.35, 0.5, 0.9]), np.array([0.6, 0.7])


def points(axes):
    """Places of all points of a panel, (N, 2)."""
    found = [part.get_offsets() for part in axes.collections if isinstance(part, PathCollection)]
    return np.concatenate([np.asarray(one) for one in found])


def names(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.fixture
def boxes():
    values = {("digits", "one"): MANY, ("digits", "two"): FEW, ("folk", "two"): np.array([0.4])}
    content = BoxPanel("MIG", values, {("folk", "one"): 0.25}, (0, 1))
    return box_plots([content], ["digits", "folk"], ["one", "two"], "What to see")


def test_every_run_is_a_point_in_its_place(boxes):
    (axes,) = boxes.axes
    found = points(axes)
    assert sorted(found[:, 1]) == pytest.approx(sorted([*MANY, *FEW, 0.4]))
    assert np.round(found[:, 0]).tolist() == [0] * 8 + [1]
    own = found[: len(MANY)]
    assert own[:, 1] == pytest.approx(MANY)
    assert own[:, 0].max() < found[len(MANY) : -1, 0].min()  # methods do not mix
    assert axes.get_ylim() == (0, 1)


def test_boxes_are_quartiles_and_few_runs_have_none(boxes):
    (axes,) = boxes.axes
    (box,) = axes.patches
    assert len(MANY) >= BOX_RUNS > len(FEW)
    height = box.get_path().vertices[:, 1]
    assert (height.min(), height.max()) == pytest.approx(tuple(np.quantile(MANY, (0.25, 0.75))))
    medians = [
        segment[0, 1]
        for part in axes.collections[:-1]
        if hasattr(part, "get_segments")
        for segment in part.get_segments()
    ]
    assert np.median(FEW) in medians


def test_published_medians_are_crosses(boxes):
    (axes,) = boxes.axes
    (line,) = [line for line in axes.lines if line.get_marker() == "x"]
    assert line.get_ydata()[0] == pytest.approx(0.25)
    assert line.get_xdata()[0] < 1  # left half of the second place
    assert names(boxes) == ["one", "two", "published median"]


def test_a_metric_that_nobody_has_says_so():
    figure = box_plots([BoxPanel("MIG", {})], ["digits"], ["one"], "")
    assert "nothing to measure" in figure.axes[0].texts[0].get_text()


def test_methods_can_be_told_apart():
    hues = hues_of([f"method {place}" for place in range(MOST_HUES)])
    assert len(set(hues.values())) == MOST_HUES
    with pytest.raises(InputError, match=f"{MOST_HUES} methods apart, not {MOST_HUES + 1}"):
        hues_of([str(place) for place in range(MOST_HUES + 1)])


def test_jitter_is_the_same_every_time():
    assert jitter(9, 0.2).tolist() == jitter(9, 0.2).tolist()
    assert np.abs(jitter(9, 0.2)).max() < 0.2
    assert len(jitter(0, 0.2)) == 0


def test_pair_plot_has_every_pair_once():
    values = np.random.default_rng(0).normal(size=(6, 3))
    values[0, 1] = np.nan
    figure = pair_plot(["a", "b", "c"], values, list("xxxyyy"), ["music", "pictures"] * 3)
    assert len(figure.axes) == 6
    scattered = [axes for axes in figure.axes if any(isinstance(one, PathCollection) for one in axes.collections)]
    drawn = [points(axes) for axes in scattered]
    for pair, found in zip(([0, 1], [0, 2], [1, 2]), drawn, strict=True):
        expected = values[np.isfinite(values[:, pair]).all(axis=1)][:, pair]
        found = np.ma.filled(found, np.nan)
        found = found[np.isfinite(found).all(axis=1)]
        assert found[np.argsort(found[:, 0])] == pytest.approx(expected[np.argsort(expected[:, 0])])
    assert names(figure) == ["x", "y", "music", "pictures"]


def test_settings_have_colour_and_size():
    gamma, delta = np.array([0.1, 1.0, 10.0, 100.0]), np.array([1.0, 1.0, 100.0, 0.01])
    panel = GridPanel("digits", np.arange(4.0), np.arange(4.0) + 90, gamma, delta, [(0.5, 91, "plain, published")])
    figure = hyper_parameters([panel], "score", "accuracy", "gamma", "delta")
    (cloud,) = [part for part in figure.axes[0].collections if isinstance(part, PathCollection)]
    by_x = np.argsort(np.asarray(cloud.get_offsets())[:, 0])
    assert np.asarray(cloud.get_array())[by_x] == pytest.approx(gamma)
    assert np.argsort(cloud.get_sizes()[by_x]).tolist()[0] == 3
    assert np.argmax(cloud.get_sizes()[by_x]) == 2
    assert np.asarray(cloud.norm(gamma)) == pytest.approx([0, 1 / 3, 2 / 3, 1])  # logarithmic
    assert names(figure) == ["delta 0.01", "delta 1", "delta 100", "plain, published"]
    plain = hyper_parameters([GridPanel("digits", gamma, gamma, np.array([0.0, 1, 2, 4]))], "x", "y", "gamma")
    (cloud,) = [part for part in plain.axes[0].collections if isinstance(part, PathCollection)]
    assert np.asarray(cloud.norm([0.0, 1, 2, 4])) == pytest.approx([0, 0.25, 0.5, 1])


def test_a_seed_band_is_that_of_all_seeds():
    steps = np.array([10.0, 20.0, 30.0])
    band = seed_band([(steps, np.array([3.0, 2, 1])), (steps, np.array([6.0, 4, 2])), (steps[:2], np.array([9.0, 9]))])
    assert band.steps.tolist() == [10, 20]  # the third seed is not further
    assert (band.median.tolist(), band.low.tolist(), band.high.tolist()) == ([6, 4], [3, 2], [9, 9])
    between = seed_band([(steps, np.array([3.0, 2, 1])), (np.array([10.0, 30.0]), np.array([5.0, 3.0]))])
    assert between.high.tolist() == [5, 4, 3]


def test_learning_curves_draw_the_median():
    steps = np.array([10.0, 20.0])
    band = seed_band([(steps, np.array([3.0, 2.0])), (steps, np.array([5.0, 2.5]))])
    figure = learning_curves([CurvePanel("folk", "loss", {"one": band}), CurvePanel("digits", "loss", {})], ["one"])
    (line,) = figure.axes[0].lines
    assert line.get_ydata().tolist() == [4, 2.25]
    assert names(figure) == ["one"]


def test_differences_are_filled_where_they_are_sure():
    rows = [Difference("a: x - y", 0.2, 0.1, 0.3, 10), Difference("b: x - y", 0.1, -0.1, 0.3, 3)]
    panels = [DifferencePanel("MIG", rows, "higher"), DifferencePanel("error", rows, "lower")]
    figure = paired_differences(panels)
    sure, unsure = (line.get_markerfacecolor() for line in figure.axes[0].lines if line.get_marker() == "o")
    assert sure != unsure
    labels = [[label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes]
    assert labels == [["a: x - y  (n = 10)", "b: x - y  (n = 3)"], ["", ""]]  # named once where the rows are alike
    assert figure.axes[0].get_xlabel() != figure.axes[1].get_xlabel()


def test_correlations_are_bold_where_they_are_sure():
    values = np.array([[1, 0.9], [0.9, 1]])
    figure = correlation_maps([CorrelationPanel("folk", values, values - 0.3, values)], ["a", "b"])
    assert {text.get_fontweight() for text in figure.axes[0].texts} == {"bold"}
    wide = correlation_maps([CorrelationPanel("folk", values, values - 0.95, values)], ["a", "b"])
    assert [text.get_fontweight() for text in wide.axes[0].texts] == ["bold", "normal", "normal", "bold"]


def test_figures_become_png_and_pdf(boxes, tmp_path):
    save_figure(boxes, tmp_path / "boxes.png", resolution=200)
    save_figure(boxes, tmp_path / "boxes.pdf")
    content = (tmp_path / "boxes.png").read_bytes()
    assert int.from_bytes(content[16:20]) == 2000  # ten inches wide
    first = (tmp_path / "boxes.pdf").read_bytes()
    assert first.startswith(b"%PDF")
    save_figure(boxes, tmp_path / "boxes.pdf")
    assert (tmp_path / "boxes.pdf").read_bytes() == first
