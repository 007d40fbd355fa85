"""Figures of what `latune evaluate` measured of moves: chains of them, and codes that no region accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures import chain_accuracy, rejection_curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["move_score_charts"]

_READINGS = {"latent": "by the code", "pictures": "by a reader of pictures", "encoded_again": "encoded again"}


def move_score_charts(measured: Mapping[str, Any]) -> dict[str, tuple[str, Callable[[], Figure]]]:
    """Caption and drawing function of the figures that the entry "regions" of `metrics.json` allows, by name.

    Args:
        measured: That entry; figures whose part of it is missing are left out.
    """
    charts: dict[str, tuple[str, Callable[[], Figure]]] = {}
    chains = measured.get("chains", {})
    if _has(chains, "lengths", "chance", *_READINGS):
        charts["chain_accuracy"] = (_CHAINS.format(chains.get("chains", "")), lambda: _draw_chains(chains))
    lines = _rejections(measured)
    if lines:
        charts["rejection_curves"] = (_REJECTED, lambda: _draw_rejections(lines))
    return charts


def _has(part: Any, *names: str) -> bool:
    return isinstance(part, Mapping) and all(name in part for name in names)


def _draw_chains(chains: Mapping[str, Any]) -> Figure:
    lines = [chains[reading] for reading in _READINGS]
    values = np.stack([_column(line, "value") for line in lines])
    ends = np.stack([np.stack([_column(line, end) for line in lines]) for end in ("low", "high")], axis=-1)
    return chain_accuracy(chains["lengths"], values, ends, list(_READINGS.values()), chains["chance"])


def _rejections(measured: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Accepted shares and accuracies per threshold, by the name of what was classified."""
    found = {"codes of test pictures": measured.get("region_accuracy", {}).get("all")}
    moved = measured.get("draws", {}).get("trained", {}).get("total", {})
    found["draws of regions after a move"] = moved.get("rejection")
    return {name: line for name, line in found.items() if line}


def _draw_rejections(lines: Mapping[str, list[dict[str, Any]]]) -> Figure:
    alphas = [entry["alpha"] for entry in next(iter(lines.values()))]
    accepted, accuracy = (
        np.stack([_column([entry[part] for entry in line], "value") for line in lines.values()])
        for part in ("accepted", "accuracy")
    )
    return rejection_curves(alphas, accepted, accuracy, list(lines), 1 - np.array(alphas))


def _column(estimates: Sequence[Mapping[str, Any]], part: str) -> NDArray[np.float64]:
    """One number of each estimate; not a number where nothing was measured."""
    return np.array([estimate[part] for estimate in estimates], float)


_CHAINS = (
    "{} test pictures after 1 to 20 moves drawn at random, which stay codes in between. Where they are is read in three"
    " ways: by the Gaussians of the regions, by a network that was trained on real pictures and looks at what is"
    " decoded, and by encoding what is decoded again. Bands are 95 % intervals."
)
_REJECTED = (
    "A code that is too far from its region is rejected. The threshold is the share of a region's own codes that would"
    " be rejected if they followed its Gaussian (dashed). Codes of test pictures that are rejected more often lie"
    " farther out than the region's Gaussian expects."
)
