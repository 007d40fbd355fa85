"""The figures of the manual's page on concepts, from a trained run of measures.

    python docs/building/concept_figures.py runs/demo docs/figures

Writes concept-attribute.png, concept-knob.png, concept-joint.png, concept-requests.png and concept-hits.png. Items are
the held-out ones, from all over the split; none is chosen by its looks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from latune.control.editor import Editor, open_editor
from latune.control.knobs import Movement
from latune.data.dataset import Dataset
from latune.data.store import load_dataset
from latune.figures import hit_rates, response_curves, save_figure
from latune.figures.style import BLUE, MUTED, VERMILION, WAY_COLOURS, new_figure, readable, styled
from latune.training.run_folder import open_run

KNOB, FOLLOWER = "note_density", "rhythmic_complexity"
ITEMS = 300  # held-out items that are drawn

_MOVEMENTS: dict[Movement, str] = {"alone": WAY_COLOURS["alone"], "joint": WAY_COLOURS["joint"]}

Values = NDArray[np.float64]


def main(folder: Path, out: Path) -> None:
    """Draw all figures of one run."""
    run = open_run(folder)
    dataset, editor = load_dataset(run.recipe.data.name), open_editor(folder)
    certificate = run.read_json("certificate.json")
    figures = {
        "attribute": attribute_figure(dataset),
        "knob": knob_figure(dataset, editor),
        "joint": joint_figure(dataset, editor),
        "requests": response_curves(certificate),
        "hits": hit_rates(certificate),
    }
    for name, figure in figures.items():
        save_figure(figure, out / f"concept-{name}.png")


def attribute_figure(dataset: Dataset) -> Figure:
    """How two attributes are distributed over all held-out items, and how they go together."""
    density, complexity = (_column(dataset, name) for name in (KNOB, FOLLOWER))
    with styled():
        figure = new_figure(f"Two attributes of {len(density)} measures of music", 3.2)
        left, right = figure.subplots(1, 2)
        left.bar(*np.unique(np.round(density * 24), return_counts=True), color=BLUE)
        _name(left, "note density, notes per 24 ticks", "measures", "An attribute is a number of every item")
        right.scatter(density, complexity, s=8, alpha=0.4, color=BLUE, linewidths=0)
        _name(right, "note density", "rhythmic complexity", "and attributes go together")
    return figure


def knob_figure(dataset: Dataset, editor: Editor) -> Figure:
    """Codes of held-out items on the knob's dimension, and the knob's curve."""
    knob = editor.knobs[KNOB]
    items = _spread(dataset)
    codes = editor.encode(dataset.items[items])
    values = _column(dataset, KNOB)[_places(dataset, items)]
    grid = np.linspace(values.min(), values.max(), 100)
    free = codes.shape[1] - 1
    with styled():
        figure = new_figure("A knob is a latent dimension calibrated to an attribute's unit", 3.2)
        left, right = figure.subplots(1, 2, sharey=False)
        left.scatter(values, editor.knobs.code(codes, KNOB), s=8, alpha=0.4, color=BLUE, linewidths=0, label="measures")
        left.plot(grid, knob.code_of(grid), color=VERMILION, label="the knob's curve")
        left.legend(frameon=False)
        _name(left, "note density", f"code, dimension {knob.dimension}", "The dimension tied to note density")
        right.scatter(values, codes[:, free], s=8, alpha=0.4, color=MUTED, linewidths=0)
        _name(right, "note density", f"code, dimension {free}", "A free dimension")
    return figure


def joint_figure(dataset: Dataset, editor: Editor) -> Figure:
    """Where the mean code goes when one knob is set, alone and jointly, and what is decoded of moved codes."""
    items = dataset.items[_spread(dataset)]
    codes = editor.encode(items)
    column = _column(dataset, KNOB)
    asked = np.linspace(column.min(), column.max(), 9)
    start = np.repeat(codes.mean(axis=0, keepdims=True), len(asked), axis=0)
    with styled():
        figure = new_figure("Note density is turned: alone it leaves the real measures, jointly it does not", 3.6)
        left, right = figure.subplots(1, 2)
        left.scatter(*_plane(editor, codes), s=8, alpha=0.3, color=MUTED, linewidths=0, label="real measures")
        right.plot(asked, asked, "--", color=MUTED, label="as asked for")
        for movement, colour in _MOVEMENTS.items():
            path = editor.move(start, {KNOB: asked}, movement=movement)
            left.plot(*_plane(editor, path), "o-", color=colour, markersize=4, label=movement)
            means = [_mean(editor, items, value, movement) for value in asked]
            right.plot(asked, means, "o-", color=colour, markersize=4, label=movement)
        left.legend(frameon=False)
        _name(left, f"code of {readable(KNOB)}", f"code of {readable(FOLLOWER)}", "Where the mean code goes")
        _name(right, "note density, asked for", "measured, on average", "What is decoded")
    return figure


def _plane(editor: Editor, codes: Values) -> tuple[Values, Values]:
    return editor.knobs.code(codes, KNOB), editor.knobs.code(codes, FOLLOWER)


def _mean(editor: Editor, items: Any, value: float, movement: Movement) -> float:
    edit = editor.turn(items, {KNOB: float(value)}, movement=movement)
    return float(np.nanmean(edit.values[:, editor.codec.table.index(KNOB)]))


def _name(axes: Axes, x: str, y: str, title: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(title)


def _column(dataset: Dataset, name: str) -> Values:
    """An attribute of all held-out items."""
    column = dataset.codec.table.index(name)
    return np.asarray(dataset.attributes[dataset.splits["test"], column], dtype=np.float64)


def _spread(dataset: Dataset) -> NDArray[Any]:
    """Held-out items from all over the split."""
    test = dataset.splits["test"]
    return np.asarray(test[np.linspace(0, len(test) - 1, min(ITEMS, len(test))).astype(int)])


def _places(dataset: Dataset, items: NDArray[Any]) -> NDArray[Any]:
    """Where these items stand in the held-out split."""
    return np.asarray(np.searchsorted(dataset.splits["test"], items))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
