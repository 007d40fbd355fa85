"""The numbers that a study compares: their names in tables, their direction, and how each one is defined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from latune.metrics.catalogue import METRICS, Metric

__all__ = ["DEFAULT_METRICS", "KNOB_HIT_RATE", "RECONSTRUCTION_ACCURACY", "Quantity", "equal_names", "quantity"]

RECONSTRUCTION_ACCURACY = "reconstruction_accuracy"
KNOB_HIT_RATE = "knob_hit_rate"
RECONSTRUCTIONS = ("reconstruction.token_accuracy", "reconstruction.pixel_accuracy")
"""What stands in `metrics.json`; a run has one of them."""

DEFAULT_METRICS = (
    *(f"scores.means.{name}" for name in ("interpretability", "modularity", "mig", "sap", "scc")),
    RECONSTRUCTION_ACCURACY,
    KNOB_HIT_RATE,
)
"""What is compared where a study names no metrics."""

Better = Literal["higher", "lower"]

_ATTRIBUTE_SCORES = {
    "interpretability": "R² of a straight line from the dimension that tells an attribute best, mean over attributes.",
    "modularity": "How far each dimension informs about one attribute only, mean over dimensions.",
    "mig": "Mutual information gap: by how much the best dimension informs more about an attribute than the second"
    " best, in units of the attribute's entropy; mean over attributes.",
    "sap": "By how much the best dimension explains more of an attribute's variance than the second best; mean over"
    " attributes.",
    "scc": "Largest absolute Spearman correlation of an attribute with a dimension, mean over attributes.",
}
_KINDS = {"means": "means of the codes", "samples": "samples of the codes"}
_OWN = {
    RECONSTRUCTION_ACCURACY: (
        "Reconstruction accuracy",
        "Share of elements of test items that come back right from the mean of their code: tokens of music, pixels (on"
        " the right side of half brightness) of pictures. The floor is the majority baseline in metrics.json, not 0.",
    ),
    KNOB_HIT_RATE: (
        "Knob hit rate",
        "Share of requests to a knob that are met within the certificate's tolerance when it is turned along its path,"
        " decoded and measured; mean over the knobs of the run.",
    ),
    "identity.reconstructed": (
        "Class accuracy, reconstructed",
        "Share of test pictures that a classifier of real pictures still names right after they were decoded from"
        " samples of their codes.",
    ),
    "identity.interpolated": (
        "Class accuracy, interpolated",
        "The same while each knob's dimension is swept over its range.",
    ),
    "finished.seconds": ("Training time", "Wall time of the training, in seconds."),
}
_LOWER = ("error", "loss", "seconds")
_HIGHER = ("accuracy", "f1", "hit_rate", "exact_items", "exact_bars", "rank_correlation", "monotonicity")


@dataclass(frozen=True)
class Quantity:
    """A number of a run, and how to write and read it.

    Args:
        name: Its dotted name, the column of the results.
        title: Its name in tables and figures.
        definition: What it is, in sentences; empty where only its name is known.
        better: Whether more or less of it is better; None where that is not known.
        percent: Whether it is written as a percentage.
        bounds: Its smallest and largest value, where it has both.
    """

    name: str
    title: str
    definition: str = ""
    better: Better | None = None
    percent: bool = False
    bounds: tuple[float, float] | None = None

    @property
    def heading(self) -> str:
        """Its title, with the unit where it has one."""
        return f"{self.title} (%)" if self.percent else self.title

    @property
    def scale(self) -> float:
        """What its values are multiplied by before they are written or drawn."""
        return 100.0 if self.percent else 1.0

    def text(self, value: float) -> str:
        """A value as text: percentages with two decimals, shares with three, others with four digits."""
        if self.percent:
            return f"{100 * value:.2f}"
        return f"{value:.3f}" if self.bounds is not None else f"{value:.4g}"


def equal_names(name: str) -> tuple[str, ...]:
    """All names of one number: the accuracy of reconstruction has a common one, and those in `metrics.json`."""
    accuracies = (RECONSTRUCTION_ACCURACY, *RECONSTRUCTIONS)
    return accuracies if name in accuracies else (name,)


def quantity(name: str) -> Quantity:
    """What is known of a number.

    Args:
        name: Dotted name, such as "scores.means.mig" or "certificate.knobs.contour.path.hit_rate".
    """
    last = name.rpartition(".")[2]
    if name in _OWN:
        title, definition = _OWN[name]
        is_share = name != "finished.seconds"
        return Quantity(name, title, definition, _direction(name), is_share, (0, 1) if is_share else None)
    if name.startswith("scores.") and last in _ATTRIBUTE_SCORES and name.count(".") == 2:
        return _attribute_score(name, name.split(".")[1], last)
    known = {metric.key: metric for metric in METRICS}
    if name.startswith("representation.scores.") and name.count(".") == 2 and last in known:
        return _catalogued(name, known[last])
    direction = _direction(name)
    return Quantity(name, name.replace("_", " ").replace(".", ": "), "", direction, bounds=_share_bounds(name))


def _attribute_score(name: str, kind: str, score: str) -> Quantity:
    metric = next(metric for metric in METRICS if metric.key == f"attribute_{score}")
    title = score.upper() if len(score) == 3 else score.capitalize()
    title += "" if kind == "means" else f" ({kind})"
    codes = f" Measured on {_KINDS[kind]} of test items." if kind in _KINDS else ""
    definition = f"{_ATTRIBUTE_SCORES[score]}{codes} {metric.pitfall} ({metric.source})"
    return Quantity(name, title, definition, metric.better, bounds=(metric.low, metric.high))


def _catalogued(name: str, metric: Metric) -> Quantity:
    bounds = (metric.low, metric.high) if metric.high <= 1 else None
    title = metric.title[0].upper() + metric.title[1:]
    return Quantity(name, title, f"{metric.pitfall} ({metric.source})", metric.better, bounds=bounds)


def _direction(name: str) -> Better | None:
    last = name.rpartition(".")[2]
    if last.endswith(_LOWER):
        return "lower"
    is_share = name in _OWN or name.startswith("identity.") or last.startswith(_HIGHER) or last.endswith(_HIGHER)
    return "higher" if is_share else None


def _share_bounds(name: str) -> tuple[float, float] | None:
    last = name.rpartition(".")[2]
    return (0, 1) if last.endswith(("accuracy", "f1", "hit_rate")) or last.startswith("exact_") else None
