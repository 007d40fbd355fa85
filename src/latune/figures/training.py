"""Figures of a training: the loss and its parts against the step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from latune.figures.style import BLUE, INK, ORANGE, SHADE, logarithmic_where_wide, new_figure, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["loss_curves"]

_PARTS = {
    "loss": ("what is minimised", "weighted sum"),
    "reconstruction": ("reconstruction", "nats"),
    "kl": ("divergence of the codes from the prior (KL)", "nats per item"),
    "multiplier": ("what a nat more of KL costs (beta)", "nats per nat"),
    "attribute": ("attribute term", "weighted loss"),
    "total_correlation": ("total correlation of the codes (estimate)", "nats"),
    "discriminator_accuracy": ("discriminator's right guesses (shaded: sound)", "share"),
    "critic_loss": ("critic: error in reading attributes from the code", "squared error"),
    "adversarial": ("adversary: what the encoder pays for being found out", "weighted loss"),
    "likelihood": ("labelled codes: -ln density in their regions", "weighted loss"),
    "region_accuracy": ("codes that lie in their region", "share"),
    "discriminator_loss": ("what the discriminator minimises", "weighted loss"),
    "relations_loss": ("what the learner of relations minimises", "weighted loss"),
    "estimate": ("the encoder's own estimate of the attributes", "squared error"),
    "accuracy": ("share of right elements", "share"),
}
_SOUND = {"discriminator_accuracy": (0.5, 0.9)}  # below, it guesses; above, its estimate is not to be trusted
_LINEAR = ("kl", "accuracy", "discriminator_accuracy", "region_accuracy", "total_correlation")


def loss_curves(history: Sequence[Mapping[str, float]], reconstruction_unit: str = "nats") -> Figure:
    """The parts of the loss against the step, training and validation.

    Args:
        history: Rows of `history.csv`: "step", the parts, and the same with the prefix "validation_"; "capacity" is
            drawn beside the KL.
        reconstruction_unit: Unit of the reconstruction loss, such as "nats per token".

    Returns:
        One panel for each part that the history has.
    """
    parts = [name for name in _PARTS if any(name in row or f"validation_{name}" in row for row in history)]
    with styled():
        title = "Training and validation should go together; a widening gap means overfitting"
        columns = 2 if len(parts) > 1 else 1
        rows = -(-max(len(parts), 1) // columns)
        figure = new_figure(title, 1.2 + 2.4 * rows)
        for axes, name in zip(panels(figure, len(parts), columns), parts, strict=True):
            words, unit = _PARTS[name]
            _draw(axes, history, name)
            axes.set_title(words)
            axes.set_ylabel(reconstruction_unit if name == "reconstruction" else unit)
            axes.set_xlabel("step")
        if parts:
            _legend(figure)
    return figure


def _draw(axes: Axes, history: Sequence[Mapping[str, float]], name: str) -> None:
    lines: list[tuple[str, str, dict[str, Any]]] = [
        (name, "training", {"color": BLUE}),
        (f"validation_{name}", "validation", {"color": ORANGE, "marker": "o", "markersize": 5}),
    ]
    if name == "kl":
        dashed = {"color": INK, "linestyle": "--", "linewidth": 1}
        lines.append(("capacity", "capacity that the KL is drawn to", dashed))
    drawn: list[float] = []
    for column, label, look in lines:
        rows = [row for row in history if column in row]
        if rows:
            drawn += [row[column] for row in rows]
            axes.plot([row["step"] for row in rows], [row[column] for row in rows], label=label, **look)
    if name in _SOUND:
        axes.axhspan(*_SOUND[name], color=SHADE, linewidth=0, zorder=0)
    if name not in _LINEAR:
        logarithmic_where_wide(axes, drawn)


def _legend(figure: Figure) -> None:
    """One for all panels: every name once."""
    shown: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    figure.legend(shown.values(), shown.keys(), loc="outside lower left", ncols=len(shown))
