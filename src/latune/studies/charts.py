"""The figures of a study: what each one shows of the results, or why it is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latune.figures.study_boxes import BOX_RUNS, BoxPanel, box_plots
from latune.figures.study_comparisons import (
    CorrelationPanel,
    Difference,
    DifferencePanel,
    correlation_maps,
    paired_differences,
)
from latune.figures.study_curves import CurvePanel, SeedBand, learning_curves, seed_band
from latune.figures.study_hues import MOST_HUES
from latune.figures.study_scatter import GridPanel, hyper_parameters, pair_plot
from latune.studies.comparisons import Comparison, Correlations
from latune.studies.quantities import RECONSTRUCTION_ACCURACY, Quantity, equal_names, quantity
from latune.studies.results import Results
from latune.studies.study import PublishedValue
from latune.studies.tables import Cell, Summary, summarise
from latune.training.history import read_history

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["StudyChart", "StudyNumbers", "single_boxes", "study_charts"]

INTERPRETABILITY = "scores.means.interpretability"
IDENTITY = {"identity.reconstructed": "reconstructed", "identity.interpolated": "interpolated"}
_LOSSES = {"validation_loss": "what is minimised", "validation_reconstruction": "reconstruction"}
_MARGIN = 0.02  # of the range of a score, beyond its ends
_MOST_METRICS = 8  # of a pair plot
_MOST_DIFFERENCES = 24  # rows of a panel
_NO_RUNS = "No run is measured yet."


@dataclass(frozen=True)
class StudyChart:
    """A figure of the report.

    Args:
        name: Of its files, without suffix.
        caption: What it shows and how to read it, in sentences.
        draw: Draws it.
    """

    name: str
    caption: str
    draw: Callable[[], Figure]


@dataclass(frozen=True)
class StudyNumbers:
    """What the figures are drawn from.

    Args:
        results: The table of the study.
        summaries: Of the compared metrics.
        comparisons: Of all of them.
        correlations: By data set.
        published: Values of papers.
    """

    results: Results
    summaries: Sequence[Summary]
    comparisons: Sequence[Comparison]
    correlations: Mapping[str, Correlations]
    published: Sequence[PublishedValue] = ()


def study_charts(numbers: StudyNumbers) -> dict[str, StudyChart | str]:
    """Every figure by its title: what draws it, or one sentence why it is left out."""
    found: dict[str, StudyChart | str] = {
        "Metrics by data set and method": _scores(numbers),
        "Reconstruction": _reconstruction(numbers),
        "Class accuracy of decoded pictures": _identity(numbers),
        "Paired differences": _differences(numbers),
        "Pairs of metrics": _pairs(numbers),
        "Rank correlations between metrics": _correlations(numbers),
        "Settings of the grid": _grid(numbers),
        "Learning curves": _curves(numbers),
    }
    return found if len(numbers.results) else dict.fromkeys(found, _NO_RUNS)


def single_boxes(numbers: StudyNumbers) -> dict[str, Callable[[], Figure]]:
    """A box plot of each metric by its file name, for papers."""
    if _too_many(numbers.results):
        return {}
    return {
        f"box_{summary.kind.name.replace('.', '_')}": partial(_boxes, [summary], numbers, "")
        for summary in numbers.summaries
        if summary.cells
    }


def _scores(numbers: StudyNumbers) -> StudyChart | str:
    chosen = [
        one for one in numbers.summaries if one.cells and one.kind.name not in (RECONSTRUCTION_ACCURACY, *IDENTITY)
    ]
    if not chosen:
        return "No measured run has one of the study's metrics."
    too_many = _too_many(numbers.results)
    if too_many:
        return too_many
    title = "Is one method better, on every data set and for every seed?"
    caption = f"{_box_words(chosen)} Axes of scores show their whole range, those of percentages need not begin at 0."
    return StudyChart("box_plots", caption, lambda: _boxes(chosen, numbers, title))


def _reconstruction(numbers: StudyNumbers) -> StudyChart | str:
    summary = summarise(numbers.results, RECONSTRUCTION_ACCURACY, numbers.published)
    if not summary.cells:
        return "No measured run has an accuracy of reconstruction."
    too_many = _too_many(numbers.results)
    if too_many:
        return too_many
    caption = (
        f"{_box_words([summary])} {summary.kind.definition} The axis does not begin at 0: it is as long as the values"
        " need."
    )
    return StudyChart("reconstruction", caption, lambda: _boxes([summary], numbers, "What comes back from the codes?"))


def _identity(numbers: StudyNumbers) -> StudyChart | str:
    """Where runs have classes; each data set is a panel, so that methods stay side by side."""
    results = numbers.results
    summaries = {name: summarise(results, name, numbers.published) for name in IDENTITY}
    groups = [group for group in results.groups if any(one == group for s in summaries.values() for one, _ in s.cells)]
    if not groups:
        return "No run's data set has classes that a classifier could name."
    too_many = _too_many(results)
    if too_many:
        return too_many
    contents = []
    for group in groups:
        values, published = {}, {}
        for name, place in IDENTITY.items():
            for (_, variant), cell in _of_group(summaries[name], group).items():
                values[place, variant] = 100 * _values(results, name, group, variant)
                if cell.published is not None:
                    published[place, variant] = 100 * cell.published.value
        contents.append(BoxPanel(f"{group}: class accuracy (%)", values, published))
    variants = [one for one in results.variants if any(one == v for s in summaries.values() for _, v in s.cells)]
    title = "Is a decoded picture still what it was?"
    ceilings = results.column("identity.classifier_accuracy")
    known = ceilings[np.isfinite(ceilings)]
    ceiling = f" On real test pictures the classifier is right in {100 * np.median(known):.2f} %." if len(known) else ""
    caption = (
        "How often a classifier of real pictures names decoded ones right: after reconstruction from samples of their"
        f" codes, and while each knob's dimension is swept.{ceiling} {_box_words(list(summaries.values()))}"
    )
    return StudyChart("class_accuracy", caption, lambda: box_plots(contents, list(IDENTITY.values()), variants, title))


def _differences(numbers: StudyNumbers) -> StudyChart | str:
    known = [one for one in numbers.comparisons if one.low is not None and one.high is not None]
    if not known:
        return "No two methods have two seeds in common on one data set."
    contents = []
    for summary in numbers.summaries:
        rows = [_difference(one, summary.kind.scale) for one in known if one.metric == summary.kind.name]
        if rows:
            contents.append(DifferencePanel(summary.kind.heading, rows, summary.kind.better))
    if max(len(content.differences) for content in contents) > _MOST_DIFFERENCES:
        return f"There are more than {_MOST_DIFFERENCES} differences of one metric: see tables/comparisons.csv."
    caption = (
        "The mean difference between two methods over the seeds that both have, with its 95 % interval by Student's t."
        " Filled points: the interval leaves out 0. The intervals are those of single comparisons; p-values with Holm's"
        " correction stand in the table of comparisons."
    )
    return StudyChart("paired_differences", caption, lambda: paired_differences(contents))


def _pairs(numbers: StudyNumbers) -> StudyChart | str:
    results, chosen = numbers.results, [one for one in numbers.summaries if one.cells][:_MOST_METRICS]
    if len(chosen) < 2 or len(results) < 3:
        return "It takes two metrics and three measured runs."
    if len(results.labels) > MOST_HUES:
        return f"A figure can tell {MOST_HUES} methods apart, and there are {len(results.labels)}."
    values = np.stack([results.column(one.kind.name) * one.kind.scale for one in chosen], axis=1)
    labels = [place.label for place in results.places]
    caption = (
        f"All {len(results)} runs: every metric against every other one, and on the diagonal along itself, a row for"
        " each method. Where points of one colour lie on a rising line, the metrics agree within a method; where only"
        " the colours follow each other, they agree about methods."
    )
    titles = [one.kind.heading for one in chosen]
    return StudyChart("pair_plot", caption, lambda: pair_plot(titles, values, labels, results.media))


def _correlations(numbers: StudyNumbers) -> StudyChart | str:
    known = {
        group: found
        for group, found in numbers.correlations.items()
        if np.isfinite(found.values[~np.eye(len(found.metrics), dtype=bool)]).any()
    }
    if not known:
        return "It takes two metrics that differ over at least five runs of one data set."
    contents = [
        CorrelationPanel(f"{group}, {int(found.runs.max())} runs", found.values, found.low, found.high)
        for group, found in known.items()
    ]
    names = [quantity(name).title for name in next(iter(known.values())).metrics]
    caption = (
        "Spearman's rank correlation between metrics over all runs of a data set, whatever their method; bold where the"
        " 95 % interval (bootstrap over runs) leaves out 0. A large one says that the metrics rank these runs alike. Of"
        " ten runs and fewer the intervals are too narrow."
    )
    return StudyChart("rank_correlations", caption, lambda: correlation_maps(contents, names))


def _grid(numbers: StudyNumbers) -> StudyChart | str:
    results, keys = numbers.results, numbers.results.grid_keys
    if not keys:
        return "The study has no grid."
    x, y = quantity(INTERPRETABILITY), quantity(RECONSTRUCTION_ACCURACY)
    settings = {key: _setting(results, key) for key in keys[:2]}
    if settings[keys[0]] is None:
        return f"The values of {keys[0]}, the first key of the grid, are no numbers."
    first, second = settings[keys[0]], settings.get(keys[1]) if len(keys) > 1 else None
    assert first is not None
    known = np.isfinite(results.column(x.name)) & np.isfinite(results.column(y.name))
    if not known.any():
        return "No run has both an interpretability and an accuracy of reconstruction."
    contents = []
    for group in results.groups:
        for label in results.labels:
            own = known & np.array([(place.group, place.label) == (group, label) for place in results.places])
            if own.any():
                where = f"{group}: {label}, {int(own.sum())} runs" if len(results.labels) > 1 else group
                at = results.column(x.name)[own] * x.scale, results.column(y.name)[own] * y.scale
                size = None if second is None else second[own]
                contents.append(GridPanel(where, *at, first[own], size, _crosses(numbers.published, group)))
    shown = "colour" if second is None else f"colour and {_last(keys[1])} the size"
    others = f" {', '.join(keys[2:])} differ too and are not shown." if len(keys) > 2 else ""
    caption = (
        f"A point for each of {int(known.sum())} runs: interpretability against what comes back; {_last(keys[0])} is"
        f" the {shown}, on a logarithmic scale where all values are above 0.{others} No axis begins at 0."
    )
    names = (_last(keys[0]), "" if second is None else _last(keys[1]))
    return StudyChart("settings", caption, lambda: hyper_parameters(contents, x.heading, y.heading, *names))


def _curves(numbers: StudyNumbers) -> StudyChart | str:
    results = numbers.results
    too_many = _too_many(results)
    if too_many:
        return too_many
    histories = {place.key: read_history(place.folder) for place in results.places}
    contents = []
    for group in results.groups:
        for column, words in _LOSSES.items():
            bands = _bands(results, histories, group, column)
            contents.append(CurvePanel(f"{group}: {words}", "validation loss", bands))
    if not any(content.bands for content in contents):
        return "No run has a history of validation losses."
    seeds = [band.seeds for content in contents for band in content.bands.values()]
    caption = (
        f"Losses on validation items against the step, {_span(seeds, 'seed')} per line: the median, and a band from the"
        " lowest to the highest seed. What is minimised differs between methods, so compare the reconstruction between"
        " them, and the other only with itself."
    )
    return StudyChart("learning_curves", caption, lambda: learning_curves(contents, results.variants))


def _bands(
    results: Results, histories: Mapping[str, list[dict[str, float]]], group: str, column: str
) -> dict[str, SeedBand]:
    bands = {}
    for variant in results.variants:
        keys = {results.places[i].key for i in np.flatnonzero(results.chosen(group, variant))}
        curves = []
        for key in sorted(keys):
            rows = [row for row in histories[key] if column in row]
            if rows:
                curves.append((np.array([row["step"] for row in rows]), np.array([row[column] for row in rows])))
        if curves:
            bands[variant] = seed_band(curves)
    return bands


def _boxes(summaries: Sequence[Summary], numbers: StudyNumbers, title: str) -> Figure:
    results, contents = numbers.results, []
    for summary in summaries:
        kind = summary.kind
        values = {place: kind.scale * _values(results, kind.name, *place) for place in summary.cells}
        published = {
            place: kind.scale * cell.published.value
            for place, cell in summary.cells.items()
            if cell.published is not None
        }
        contents.append(BoxPanel(kind.heading, values, published, _whole_axis(kind)))
    return box_plots(contents, results.groups, results.variants, title)


def _whole_axis(kind: Quantity) -> tuple[float, float] | None:
    """Ends of an axis over all that a score can be; None for percentages, whose differences would not be seen on it."""
    if kind.bounds is None or kind.percent:
        return None
    low, high = kind.bounds
    return low - _MARGIN * (high - low), high + _MARGIN * (high - low)


def _values(results: Results, name: str, group: str, variant: str) -> NDArray[np.float64]:
    values = results.column(name)[results.chosen(group, variant)]
    return np.asarray(values[np.isfinite(values)])


def _of_group(summary: Summary, group: str) -> dict[tuple[str, str], Cell]:
    return {place: cell for place, cell in summary.cells.items() if place[0] == group}


def _box_words(summaries: Sequence[Summary]) -> str:
    counts = [cell.runs for summary in summaries for cell in summary.cells.values()]
    shape = f"Each point is a run ({_span(counts, 'run')} per method and data set)"
    boxed = max(counts) >= BOX_RUNS
    box = "boxes reach from quartile to quartile, with a line at the median" if boxed else "lines are medians"
    few = f" (from {BOX_RUNS} runs on; of fewer, a line is the median)" if boxed and min(counts) < BOX_RUNS else ""
    compared = any(cell.published for summary in summaries for cell in summary.cells.values())
    return f"{shape}; {box}{few}{'; crosses are published medians' if compared else ''}."


def _span(counts: Sequence[int], noun: str) -> str:
    low, high = min(counts), max(counts)
    return f"{low} {noun}{'' if low == 1 else 's'}" if low == high else f"{low} to {high} {noun}s"


def _too_many(results: Results) -> str:
    """Why methods cannot be told apart in a figure; empty where they can."""
    count = len(results.variants)
    if count <= MOST_HUES:
        return ""
    return f"A figure can tell {MOST_HUES} methods and cells of a grid apart, and there are {count}: see the tables."


def _difference(one: Comparison, scale: float) -> Difference:
    assert one.low is not None
    assert one.high is not None
    name = f"{one.group}: {one.first} \N{MINUS SIGN} {one.second}"
    return Difference(name, scale * one.difference, scale * one.low, scale * one.high, one.pairs)


def _setting(results: Results, key: str) -> NDArray[np.float64] | None:
    """Values of a key of the grid, (R,); None where they are no numbers."""
    values = [place.cell.get(key) for place in results.places]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return None
    return np.array(values, float)


def _crosses(published: Sequence[PublishedValue], group: str) -> list[tuple[float, float, str]]:
    """Published values of a data set, outside the grid, that have both metrics."""
    x, y = quantity(INTERPRETABILITY), quantity(RECONSTRUCTION_ACCURACY)
    own = [one for one in published if one.group == group and not one.cell]
    at = {one.label: one.value * x.scale for one in own if one.metric == x.name}
    up = {one.label: one.value * y.scale for one in own if one.metric in equal_names(y.name)}
    return [(at[label], up[label], f"{label}, published") for label in at if label in up]


def _last(key: str) -> str:
    return key.rpartition(".")[2]
