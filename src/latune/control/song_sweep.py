"""Latent sweeps of a phrase: one dimension after the other from low to high, and which attributes follow it.

Source: the first version of the code published with Valenti, Carta and Bacciu 2020 (arXiv 2001.05494), which swept
every dimension from 10 below to 10 above the phrase's code, whatever the prior.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.genres import Genres
from latune.errors import InputError
from latune.metrics.correlation import correlation_matrix
from latune.music.songs.tokens import plain

__all__ = ["SongSweep", "correlations", "sweep_phrase"]

Values = NDArray[np.float64]

FEWEST_VALUES = 3
PRIOR_DRAWS = 4096  # that say how far the prior reaches in each dimension


@dataclass(frozen=True)
class SongSweep:
    """Every swept dimension of one phrase.

    Args:
        dimensions: Numbers of the dimensions, from 0, (K,).
        values: Values that each takes, ascending, (K, V).
        tokens: What is decoded, (K, V, 256, 4).
        names: All attributes.
        attributes: Measured on what is decoded, (K, V, A).
        correlation: Pearson's r of every attribute with the value, (K, A); not a number where it is constant.
        p_value: Of r, two-sided, (K, A).
    """

    dimensions: NDArray[np.int64]
    values: Values
    tokens: NDArray[np.uint8]
    names: tuple[str, ...]
    attributes: Values
    correlation: Values
    p_value: Values

    def matrix(self, place: int) -> Values:
        """Pearson's r of the value and all attributes with each other, (1 + A, 1 + A), for the sweep at `place`."""
        columns = np.column_stack([self.values[place], self.attributes[place]])
        return correlations(columns.T, columns.T)

    @property
    def changed(self) -> Values:
        """Share of the tokens that are not the same at both ends, (K,)."""
        return np.asarray(np.mean(self.tokens[:, 0] != self.tokens[:, -1], axis=(1, 2)))


def sweep_phrase(
    editor: Editor,
    genres: Genres,
    tokens: NDArray[np.uint8],
    *,
    dimensions: Sequence[int] = (),
    reach: float = 3.0,
    steps: int = 9,
    report: Callable[[int, int], None] | None = None,
) -> SongSweep:
    """Sweep dimensions around the code of a phrase.

    Args:
        editor: A run that was trained on songs.
        genres: Its prior.
        tokens: The phrase, (256, 4).
        dimensions: Which; default: all.
        reach: How far to either side, in standard deviations of the prior in that dimension; published: 10 for N(0, I).
        steps: Values, with both ends.
        report: Told (dimensions done, all).

    Raises:
        InputError: There is no such dimension, or a number is out of range.
    """
    size = editor.model.latent_size
    chosen = np.array(dimensions or range(size), np.int64)
    if chosen.min() < 0 or chosen.max() >= size:
        raise InputError(
            f"There is no dimension {chosen[(chosen < 0) | (chosen >= size)][0]}: expected 0 to {size - 1}."
        )
    if steps < FEWEST_VALUES or not reach > 0:
        raise InputError(
            f"A sweep has {steps} steps and reaches {reach:g}: expected {FEWEST_VALUES} steps or more, and more than 0."
        )
    code = editor.encode(tokens[None])[0]
    deviations = genres.draw(PRIOR_DRAWS, 0).std(axis=0)
    found, measured, values = [], [], []
    for done, dimension in enumerate(chosen.tolist()):
        codes = np.repeat(code[None], steps, axis=0)
        codes[:, dimension] += np.linspace(-reach, reach, steps, dtype=np.float32) * deviations[dimension]
        decoded = plain(editor.decode(codes))
        found.append(decoded)
        measured.append(editor.codec.measure(decoded))
        values.append(codes[:, dimension])
        if report is not None:
            report(done + 1, len(chosen))
    swept, attributes = np.stack(values).astype(float), np.stack(measured)
    correlation = np.stack([correlations(v[None], a.T)[0] for v, a in zip(swept, attributes, strict=True)])
    return SongSweep(
        chosen, swept, np.stack(found), editor.codec.table.names, attributes, correlation, _p_values(correlation, steps)
    )


def correlations(rows: Values, others: Values) -> Values:
    """Pearson's r of every row (R, N) with every other (S, N), (R, S); not a number where one is constant."""
    first, second = np.asarray(rows, float), np.asarray(others, float)
    constant = (np.ptp(first, axis=1) == 0)[:, None] | (np.ptp(second, axis=1) == 0)
    return np.where(constant, np.nan, correlation_matrix(first.T, second.T))


def _p_values(correlation: Values, count: int) -> Values:
    """Two-sided, of r under independence of `count` pairs (Student's t)."""
    freedom = count - 2
    with np.errstate(divide="ignore"):
        t = np.abs(correlation) * np.sqrt(freedom / np.maximum(1 - correlation**2, 0))
    return np.asarray(2 * scipy.stats.t.sf(t, freedom))
