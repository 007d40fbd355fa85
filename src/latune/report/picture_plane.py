"""The plane of two knobs: pictures with both set together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from latune.figures.pictures import PlaneAxis, picture_plane
from latune.figures.style import percent, readable
from latune.report.media import Subject
from latune.report.picture_sweeps import POSITIONS, pixels_of
from latune.report.sweeps import Setting, starts_in_split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_plane", "plane_names"]

_PREFERRED = (("slant", "thickness"), ("posx", "posy"))  # as published
_DOWNWARD = ("posy",)  # rows of such a knob go downward, as the picture's own
_TOLERANCE = 0.1  # of a knob's range: what counts as met


def plane_names(names: tuple[str, ...]) -> tuple[str, str] | None:
    """The two knobs that are turned together: a published pair, else the first two; None where there is one only."""
    for pair in _PREFERRED:
        if set(pair) <= set(names):
            return pair
    return (names[0], names[1]) if len(names) > 1 else None


def draw_plane(subject: Subject, pair: tuple[str, str], way: Setting) -> Figure:
    """Set two knobs together over their ranges, starting from the first start item."""
    editor, dataset = subject.editor, subject.dataset
    knobs = [editor.knobs[name] for name in pair]
    across, up = (np.linspace(knob.low, knob.high, POSITIONS) for knob in knobs)
    if pair[1] in _DOWNWARD:
        up = up[::-1]
    wanted = [grid.ravel() for grid in np.meshgrid(across, up)]
    start = np.asarray(dataset.items[starts_in_split(dataset, subject.items[:1])])
    items, targets = np.repeat(start, POSITIONS**2, axis=0), dict(zip(pair, wanted, strict=True))
    # Sweeps by code have no value to ask for: the plane beside them asks as usual.
    edit = editor.turn_by("path" if way == "code" else way, items, targets, seed=subject.run.recipe.seed)
    columns = [dataset.table.index(name) for name in pair]
    got, spans = edit.values[:, columns], np.array([knob.span for knob in knobs])
    is_met = np.all(np.abs(got - np.stack(wanted, axis=1)) <= _TOLERANCE * spans + 1e-9, axis=1)
    pixels = pixels_of(dataset, edit.items)
    own = editor.codec.measure(start, pair)[0]
    names = " and ".join(readable(name) for name in pair)
    return picture_plane(
        pixels.reshape(POSITIONS, POSITIONS, *pixels.shape[1:]),
        got.reshape(POSITIONS, POSITIONS, 2),
        PlaneAxis(knobs[0].name, knobs[0].unit, across),
        PlaneAxis(knobs[1].name, knobs[1].unit, up),
        (float(own[0]), float(own[1])),
        f"Two knobs at once, {names}: {percent(float(is_met.mean()))} of requests met in both",
    )
