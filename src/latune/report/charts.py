"""The figures of a run: drawn from its folder, saved beside it, and as elements of the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latune.control.editor import Editor
from latune.control.traverse import latent_surface
from latune.data.dataset import Dataset
from latune.figures import (
    attribute_scatter,
    cross_talk,
    divergence_curves,
    figure_svg,
    hit_rates,
    latent_surfaces,
    loss_curves,
    response_curves,
    save_figure,
)
from latune.figures.latent import ScatterPanel, SurfacePanel
from latune.figures.style import THEME
from latune.metrics.posterior import prior_divergence
from latune.report.choice import evenly
from latune.report.media import Medium, Subject
from latune.report.tables import usual_way
from latune.training.history import read_history
from latune.training.recording import FOLDER as RECORDING
from latune.training.recording import read_probes
from latune.training.run_folder import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Chart", "chart_makers", "draw_charts", "page_svg"]

FOLDER = "figures"
_MOST_POINTS = 2000  # of a scatter

_HEAD = re.compile(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>')
_GROUP_NAMES = re.compile(r'(?<=<g )id="(?!sweep-)[^"]*"')  # every figure has the same; ours begin with "sweep-"
_STYLE_SHEET = re.compile(r"<style[^>]*>.*?</style>\s*", re.DOTALL)  # would rule the whole page


@dataclass(frozen=True)
class Chart:
    """A figure of the page.

    Args:
        name: Name of its file without suffix.
        caption: What it shows and how to read it, in sentences.
        svg: The element of the page.
    """

    name: str
    caption: str
    svg: str


def page_svg(svg: str, description: str) -> str:
    """Make a figure part of a page: it scales, follows the page's colours, and has a description.

    Args:
        svg: From `figure_svg`.
        description: What it shows, for people who do not see it.
    """
    from markupsafe import escape

    svg = _STYLE_SHEET.sub("", _GROUP_NAMES.sub("", svg))
    for colour, name in THEME.items():
        svg = svg.replace(colour, f"var(--{name})")
    label = f'class="figure" role="img" aria-label="{escape(description)}"'
    return _HEAD.sub(lambda head: f'<svg {label} viewBox="{head.group(1)}">', svg, count=1)


def draw_charts(
    medium: Medium,
    subject: Subject,
    certificate: dict[str, Any] | None,
    report: Callable[[int, int], None],
) -> dict[str, Chart]:
    """Draw the figures that the run's files allow and save them as SVG and PNG.

    Args:
        medium: How the run's items are shown.
        subject: What is shown of the run.
        certificate: The content of `certificate.json`, or None.
        report: Told (done, total).
    """
    makers = chart_makers(medium, subject, certificate)
    folder = subject.run.folder / FOLDER
    folder.mkdir(exist_ok=True)
    charts: dict[str, Chart] = {}
    for done, (name, (caption, draw)) in enumerate(makers.items()):
        report(done, len(makers))
        charts[name] = _chart(name, caption, draw(), folder)
    report(len(makers), len(makers))
    return charts


def chart_makers(
    medium: Medium, subject: Subject, certificate: dict[str, Any] | None
) -> dict[str, tuple[str, Callable[[], Figure]]]:
    """Caption and drawing function of the figures that the run's files allow, by name."""
    run, dataset, editor = subject.run, subject.dataset, subject.editor
    makers: dict[str, tuple[str, Callable[[], Figure]]] = {}
    history = read_history(run.folder)
    if history:
        per = "item" if run.recipe.method.reconstruction == "sum" else medium.nouns.element
        makers["loss_curves"] = (_LOSSES, lambda: loss_curves(history, f"nats per {per}"))
    if (run.folder / RECORDING).is_dir():
        makers["divergence_curves"] = (_DIVERGENCES, lambda: _divergences(run.folder))
    if certificate is not None and certificate["knobs"]:
        makers["response_curves"] = (_RESPONSE, lambda: response_curves(certificate))
        makers["hit_rates"] = (_HITS, lambda: hit_rates(certificate))
        makers["cross_talk"] = (
            _TALK.format(medium.nouns.together),
            lambda: cross_talk(certificate, usual_way(certificate)),
        )
    makers["attribute_scatter"] = (_SCATTER, lambda: _scatter(dataset, editor))
    if editor.model.latent_size > 1:
        makers["latent_surfaces"] = (_SURFACE + medium.nouns.gaps, lambda: _surfaces(dataset, editor))
    return makers | medium.charts(subject)


def _chart(name: str, caption: str, figure: Figure, folder: Path) -> Chart:
    svg = figure_svg(figure)
    write_text(folder / f"{name}.svg", svg)
    save_figure(figure, folder / f"{name}.png")
    return Chart(name, caption, page_svg(svg, caption))


def _divergences(folder: Path) -> Figure:
    probes = read_probes(folder)
    scales = np.exp(probes.log_variances / 2)
    pairs = zip(probes.means, scales, strict=True)
    return divergence_curves(probes.steps, np.stack([prior_divergence(*pair) for pair in pairs]))


def _planes(editor: Editor) -> list[tuple[int, int]]:
    """For each knob its own latent dimension, and another to set it against: the next knob's, or any."""
    own = [knob.dimension for knob in editor.knobs.knobs]
    others = [*own, *range(editor.model.latent_size)]
    return [
        (dimension, next((other for other in others[place + 1 :] if other != dimension), dimension))
        for place, dimension in enumerate(own)
    ]


def _held_out_codes(dataset: Dataset, editor: Editor) -> tuple[Any, Any]:
    """Codes (N, D) and attributes (N, A) of test items."""
    indices = dataset.split("test")
    indices = indices[evenly(len(indices), _MOST_POINTS)]
    return editor.encode(np.asarray(dataset.items[indices])), np.asarray(dataset.attributes[indices])


def _scatter(dataset: Dataset, editor: Editor) -> Figure:
    codes, values = _held_out_codes(dataset, editor)
    scatters = []
    for knob, plane in zip(editor.knobs.knobs, _planes(editor), strict=True):
        column = values[:, dataset.table.index(knob.name)]
        limits = (knob.low, knob.high)
        scatters.append(ScatterPanel(knob.name, knob.unit, plane, codes[:, list(plane)], column, limits))
    return attribute_scatter(scatters)


def _surfaces(dataset: Dataset, editor: Editor) -> Figure:
    codes, _ = _held_out_codes(dataset, editor)
    surfaces = []
    for knob, plane in zip(editor.knobs.knobs, _planes(editor), strict=True):
        surface = latent_surface(editor, codes.mean(axis=0), *plane, knob.name)
        limits = (knob.low, knob.high)
        surfaces.append(
            SurfacePanel(knob.name, knob.unit, plane, surface.x, surface.y, surface.values, surface.centre, limits)
        )
    return latent_surfaces(surfaces)


_LOSSES = (
    "The parts of the loss during training, on training batches (line) and on the validation split (dots)."
    " Where the training line goes on falling and the dots do not, the model learns its items by heart."
)
_DIVERGENCES = (
    "How much each latent dimension carries of an item, as the divergence of its posterior from the prior: the mean"
    " over the same validation items at every recorded step. Below 0.1 nats a dimension counts as not in use."
)
_RESPONSE = (
    "What was measured on the decoded items against what was asked for. The line is the mean over held-out items,"
    " the coloured band holds the middle 80 % of them, the grey stripe is the tolerance of a hit. A flat line is"
    " a knob that does nothing."
)
_HITS = (
    "How often a request was met. “Alone” is what is usually done with a regularised dimension; “joint” lets the"
    " other dimensions follow as they do in real items; “path” looks for the best place on that way; “exact”"
    " searches off it too."
)
_TALK = (
    "What else moves when a knob is turned. Right: everything that moves along, in standard deviations per"
    " standard deviation. Left: what remains of it when the change that real items lead to expect is taken away;"
    " {}, and that part is no fault of the knob."
)
_SCATTER = (
    "Held-out items in the latent dimension of each knob (across) and in another one (up), coloured by the"
    " measured attribute. An orderly change of colour from left to right means that the encoder knows the"
    " attribute; whether the decoder obeys is what the certificate tells."
)
_SURFACE = (
    "The same planes seen from the decoder: a lattice of codes around the mean code (white dot), decoded and"
    " measured; all other dimensions stay. The colour scale spans the knob's whole range, so one even colour means"
    " that moving this dimension alone does nothing."
)
