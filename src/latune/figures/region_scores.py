"""Figures of how well regions and moves do: over chains, labels and thresholds, and what moves change besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.labels import Label, label_beside
from latune.figures.style import INK, LINE_COLOURS, MUTED, PAPER, new_figure, number, readable, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["chain_accuracy", "label_sweep", "nuisance_change", "rejection_curves"]

Floats = NDArray[np.floating[Any]]

_MARKERS = "osD^vP"


def chain_accuracy(
    lengths: Sequence[int] | NDArray[np.integer[Any]],
    accuracies: Floats,
    intervals: Floats | None,
    names: Sequence[str],
    chance: float,
) -> Figure:
    """Share of chains of moves that end in the right region, against their length, a line for each way to judge it.

    Args:
        lengths: Moves in a chain, (L,), increasing.
        accuracies: (S, L), 0 to 1; not a number where nothing was measured.
        intervals: Low and high end of each, (S, L, 2), if known.
        names: The ways, such as "latent", "decoded and classified" and "re-encoded".
        chance: Accuracy of a guess, 0 to 1.
    """
    from matplotlib.ticker import MaxNLocator

    with styled():
        figure = new_figure("Where a line stays level, chains of moves can be as long as one likes", 4.4)
        axes = figure.subplots()
        axes.axhline(chance, color=MUTED, linestyle="--", linewidth=1)
        _draw_lines(axes, np.asarray(lengths, float), accuracies, intervals)
        axes.set(xlabel="moves in a chain", ylabel="share that arrives in the right region")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        guess = Label(axes.get_xlim()[1], chance, f"chance: {_percentage(chance)}", MUTED)
        _name_ends(axes, accuracies, names, [guess])
    return figure


def label_sweep(
    labels: Sequence[int] | NDArray[np.integer[Any]],
    scores: Floats,
    intervals: Floats | None,
    names: Sequence[str],
    seeds: Floats | None = None,
) -> Figure:
    """Scores against the number of labelled items per region, a line for each score.

    Args:
        labels: Labelled items per region, (L,), increasing, at least 1.
        scores: (S, L), 0 to 1; not a number where nothing was measured.
        intervals: Low and high end of each, (S, L, 2), if known.
        names: The scores, such as "region accuracy".
        seeds: The same of each of P seeds, (S, L, P), drawn as points.
    """
    with styled():
        figure = new_figure("How many labels are needed: where lines are level, more labels add little", 4.4)
        axes = figure.subplots()
        _draw_lines(axes, np.asarray(labels, float), scores, intervals)
        if seeds is not None:
            for line, points in enumerate(seeds):
                colour = LINE_COLOURS[line % len(LINE_COLOURS)]
                axes.plot(labels, points, ".", color=colour, markersize=4, alpha=0.6, clip_on=False)
        axes.set(xlabel="labelled items per region", ylabel="accuracy")
        _name_ends(axes, scores, names, [])  # names are at the right edge, which is the same place on both scales
        axes.set_xscale("log")
        axes.set_xticks(labels, [str(count) for count in labels])
        axes.set_xticks([], minor=True)
    return figure


def _draw_lines(axes: Axes, x: Floats, values: Floats, intervals: Floats | None) -> None:
    """Lines (S, L) with the intervals as bands; the panel reaches from the first to the last x, and from 0 to 1."""
    edges = (x[0], x[-1]) if len(x) > 1 else (0.5 * x[0], x[0])
    axes.set(xlim=edges, ylim=(0, 1))
    for place, line in enumerate(values):
        look: Any = {"color": LINE_COLOURS[place % len(LINE_COLOURS)]}
        if intervals is not None:
            axes.fill_between(x, *intervals[place].T, alpha=0.18, linewidth=0, **look)
        axes.plot(x, line, marker=_MARKERS[place % len(_MARKERS)], markersize=5, clip_on=False, zorder=3, **look)


def _name_ends(axes: Axes, values: Floats, names: Sequence[str], others: Sequence[Label]) -> None:
    """Write the name of each line (S, L), and other labels, beside the right edge."""
    right = axes.get_xlim()[1]
    labels = []
    for place, (line, name) in enumerate(zip(values, names, strict=True)):
        known = line[np.isfinite(line)]
        if len(known):
            labels.append(Label(right, float(known[-1]), readable(name), LINE_COLOURS[place % len(LINE_COLOURS)]))
    label_beside(axes, [*labels, *others])


def rejection_curves(
    alphas: Sequence[float] | Floats,
    accepted: Floats,
    accuracy: Floats,
    names: Sequence[str] = ("",),
    expected: Floats | None = None,
) -> Figure:
    """What a threshold costs and brings: the share of codes that it accepts, and the accuracy among these.

    Args:
        alphas: Thresholds, (A,), increasing; 0 accepts all.
        accepted: Accepted share, (A,) or (S, A), 0 to 1.
        accuracy: Share of right ones among the accepted, of the same shape; not a number where none is accepted.
        names: The S lines, such as relations; one may be without a name.
        expected: Share that is accepted where codes do follow their Gaussians, (A,), if it is known; dashed.
    """
    with styled():
        figure = new_figure("What a threshold costs, on the left, and what it brings, on the right", 3.8)
        drawn = figure.subplots(1, 2)
        parts = (accepted, "accepted share"), (accuracy, "accuracy among the accepted")
        for axes, (values, title) in zip(drawn, parts, strict=True):
            # Thresholds are 0 and powers of ten: no scale spaces them well, so each gets a place.
            for place, (line, name) in enumerate(zip(np.atleast_2d(values), names, strict=True)):
                look: Any = {
                    "color": LINE_COLOURS[place % len(LINE_COLOURS)],
                    "marker": _MARKERS[place % len(_MARKERS)],
                }
                axes.plot(line, markersize=5, clip_on=False, label=readable(name), zorder=3, **look)
            axes.set(xlabel="threshold (alpha)", ylim=(_floor(values), 1))
            axes.set_title(title)
            axes.set_xticks(range(len(alphas)), [f"{alpha:g}" for alpha in alphas])
        if expected is not None:
            drawn[0].plot(expected, color=MUTED, linestyle="--", linewidth=1, label="if codes were Gaussian")
        handles, texts = drawn[0].get_legend_handles_labels()
        if any(texts):
            figure.legend(handles, texts, loc="outside lower left", ncols=6)
    return figure


def nuisance_change(
    changes: Floats,
    accuracies: Floats,
    modes: Sequence[str],
    attributes: Sequence[str],
    intervals: Floats | None = None,
    redrawn: Floats | None = None,
) -> Figure:
    """How far moves shift what they should leave alone, a point for each way to train them, and how many arrive.

    Args:
        changes: Mean absolute change of each attribute under a move, in standard deviations, (M, A); not a number where
            nothing was measured.
        accuracies: Relation accuracy of each mode, (M,), 0 to 1.
        modes: The M modes, such as "mse", "likelihood" and "transport".
        attributes: The A attributes.
        intervals: Low and high end of each change, (M, A, 2), if known.
        redrawn: Change to another item of the wanted region, drawn at random, (A,), if known: a short line.
    """
    rows = np.arange(len(attributes))
    with styled():
        title = "Further left, a move leaves more alone what is not its business; it should still arrive"
        figure = new_figure(title, 1.7 + 0.55 * max(len(attributes), 2))
        left, right = figure.subplots(1, 2, width_ratios=(2.4, 1))
        for place, mode in enumerate(modes):
            heights = rows + 0.5 * ((place + 0.5) / len(modes) - 0.5)
            look: Any = {"color": LINE_COLOURS[place % len(LINE_COLOURS)], "label": readable(mode)}
            if intervals is not None:
                left.hlines(heights, *intervals[place].T, color=look["color"], linewidth=1.6)
            marker: Any = {"marker": _MARKERS[place % len(_MARKERS)], "linestyle": "none", "markersize": 7}
            left.plot(changes[place], heights, **look, **marker)
            right.barh(place, accuracies[place], height=0.6, color=look["color"])
            _write_share(right, float(accuracies[place]), place)
        if redrawn is not None:
            left.vlines(redrawn, rows - 0.38, rows + 0.38, color=INK, linewidth=1.4, label="another item, at random")
        left.set(xlabel="mean change (standard deviations)", ylim=(len(attributes) - 0.45, -0.55))
        left.set_xlim(0, 1.03 * left.get_xlim()[1])
        left.set_yticks(rows, [readable(name) for name in attributes])
        left.set_title("what moves change besides")
        right.set(xlabel="relation accuracy", xlim=(0, 1), ylim=(len(modes) - 0.45, -0.55))
        right.set_yticks(range(len(modes)), [readable(mode) for mode in modes])
        right.set_title("what arrives")
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=5)
    return figure


def _write_share(axes: Axes, share: float, row: int) -> None:
    """The share at the end of its bar, inside where it is long."""
    is_long = share > 0.3
    look: Any = {"ha": "right" if is_long else "left", "color": PAPER if is_long else INK}
    shift = (-5 if is_long else 5, 0)
    axes.annotate(_percentage(share), (share, row), shift, textcoords="offset points", va="center", fontsize=9, **look)


def _percentage(share: float) -> str:
    """With a decimal, which tells apart what is nearly right from what is right."""
    return f"{number(100 * share, 1)} %"


def _floor(shares: Floats) -> float:
    """A tenth below all shares or nearly so, so that small differences are seen; 0 at the least."""
    known = shares[np.isfinite(shares)]
    return max(0.0, float(np.floor(10 * known.min(initial=1.0) - 0.5)) / 10)
