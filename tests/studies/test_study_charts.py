"""Which figures a study has, and what they are given."""

from itertools import product

import numpy as np
import pytest
from study_tables import ACCURACY, SCORE, table

from latune.studies.charts import INTERPRETABILITY, StudyChart, StudyNumbers, single_boxes, study_charts
from latune.studies.comparisons import compare, rank_correlations
from latune.studies.study import PublishedValue
from latune.studies.tables import summarise

METRICS = (INTERPRETABILITY, SCORE, ACCURACY)
CELLS = {
    f"ar/{number}": {"attributes.gamma": gamma, "attributes.delta": delta}
    for number, (gamma, delta) in enumerate(product((0.1, 1, 10, 100), (0.01, 1, 10, 100)))
}


def numbers_of(results, published=()):
    summaries = [summarise(results, name, published) for name in METRICS]
    comparisons = [one for name in METRICS for one in compare(results, name)]
    columns = {name: results.column(name) for name in METRICS}
    return StudyNumbers(results, summaries, comparisons, {"digits": rank_correlations(columns)}, published)


def drawn(chart):
    """Draw a figure; a reason fails."""
    assert isinstance(chart, StudyChart), chart
    return chart.draw()


@pytest.fixture
def grid():
    """16 cells, one run each."""
    generator = np.random.default_rng(0)
    others = {INTERPRETABILITY: generator.uniform(size=16), ACCURACY: generator.uniform(0.9, 1, 16)}
    return table({("digits", label): [0.3] for label in CELLS}, cells=CELLS, **others)


def test_a_grid_has_its_figure_and_no_boxes(grid):
    paper = [
        PublishedValue(group="digits", label="plain", metric=INTERPRETABILITY, value=0.4, source="paper"),
        PublishedValue(
            group="digits", label="plain", metric="reconstruction.pixel_accuracy", value=0.945, source="paper"
        ),
        PublishedValue(group="folk", label="plain", metric=INTERPRETABILITY, value=0.4, source="paper"),
    ]
    numbers = numbers_of(grid, paper)
    charts = study_charts(numbers)
    axes, bar = drawn(charts["Settings of the grid"]).axes
    (cross,) = axes.lines
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == pytest.approx((0.4, 94.5))
    assert bar.get_ylabel() == "gamma"
    assert bar.get_yticks() == pytest.approx([0.1, 1, 10, 100])
    assert "16 runs" in charts["Settings of the grid"].caption
    for title in ("Metrics by data set and method", "Reconstruction", "Learning curves"):
        assert "there are 16" in charts[title]
    assert single_boxes(numbers) == {}


def test_a_grid_of_words_has_no_figure():
    cells = {"ar/1": {"model.name": "small"}, "ar/2": {"model.name": "large"}}
    results = table({("digits", label): [0.3] for label in cells}, cells=cells, **{INTERPRETABILITY: [1, 2]})
    assert study_charts(numbers_of(results))["Settings of the grid"] == (
        "The values of model.name, the first key of the grid, are no numbers."
    )


def test_class_accuracy_is_drawn_where_runs_have_it():
    columns = {"identity.reconstructed": [0.9, 0.8, np.nan], "identity.interpolated": [0.7, 0.6, np.nan]}
    columns |= {"identity.classifier_accuracy": [0.99, 0.99, np.nan]}
    results = table({("digits", "ar"): [0.3, 0.4], ("folk", "ar"): [0.5]}, **columns)
    chart = study_charts(numbers_of(results))["Class accuracy of decoded pictures"]
    (axes,) = drawn(chart).axes
    assert axes.get_title(loc="left") == "digits: class accuracy (%)"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["reconstructed", "interpolated"]
    heights = np.concatenate([np.asarray(part.get_offsets())[:, 1] for part in axes.collections[1::2]])
    assert sorted(heights) == pytest.approx([60, 70, 80, 90])
    assert "right in 99.00 %" in chart.caption


def test_one_seed_and_one_method_say_what_is_missing():
    charts = study_charts(numbers_of(table({("digits", "ar"): [0.3]})))
    assert isinstance(charts["Metrics by data set and method"], StudyChart)
    assert charts["Paired differences"] == "No two methods have two seeds in common on one data set."
    assert "three measured runs" in charts["Pairs of metrics"]
    assert "five runs" in charts["Rank correlations between metrics"]
    assert charts["Settings of the grid"] == "The study has no grid."
    assert charts["Learning curves"] == "No run has a history of validation losses."


def test_captions_count_what_is_drawn():
    results = table({("digits", "ar"): [0.3] * 6, ("digits", "beta"): [0.2] * 2})
    charts = study_charts(numbers_of(results))
    assert "2 to 6 runs per method and data set" in charts["Metrics by data set and method"].caption
    rows = drawn(charts["Paired differences"]).axes[0].get_yticklabels()
    assert [row.get_text() for row in rows] == ["digits: ar \N{MINUS SIGN} beta  (n = 2)"]
