"""The map: codes in the plane in which they vary most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.control.sample import CodeDistribution, fit_codes
from latune.export.source import RunSource
from latune.figures.style import percent

__all__ = ["CodePlane", "plane_of"]

Values = NDArray[np.float64]

_ORDINALS = ("First", "Second")


@dataclass(frozen=True)
class CodePlane:
    """A plane in the latent space.

    Args:
        mean: The code that lies at its origin, (D,).
        directions: Two orthonormal directions, (2, D).
        axes: What they are, in words.
    """

    mean: Values
    directions: Values
    axes: tuple[str, str]

    def points(self, codes: NDArray[np.float32]) -> Values:
        """Where codes (N, D) lie in it, (N, 2)."""
        return np.asarray((codes - self.mean) @ self.directions.T)


def plane_of(source: RunSource, codes: NDArray[np.float32]) -> CodePlane:
    """The plane of the first two principal components of a run's codes.

    Args:
        source: A finished run; its training codes decide where its data are here, else what is known of them.
        codes: Other codes (N, D) of it, which decide where nothing is known.
    """
    spread = _distribution(source, codes)
    variances, vectors = np.linalg.eigh(spread.covariance)
    order = np.argsort(-variances, kind="stable")[:2]
    directions = vectors.T[order]
    # An eigenvector has no sign of its own: the largest component is made positive.
    largest = np.abs(directions).argmax(axis=1)
    directions *= np.where(directions[[0, 1], largest] < 0, -1.0, 1.0)[:, None] if len(directions) > 1 else 1.0
    shares = np.maximum(variances[order], 0) / max(float(variances.sum()), np.finfo(float).tiny)
    if len(directions) < 2:  # one latent dimension: the second direction shows nothing
        directions, shares = np.vstack([directions, np.zeros_like(directions)]), np.append(shares, 0.0)
    first, second = (
        f"{ordinal} principal component of the codes, {percent(share)} of their variance"
        for ordinal, share in zip(_ORDINALS, shares.tolist(), strict=True)
    )
    return CodePlane(spread.mean, directions, (first, second))


def _distribution(source: RunSource, codes: NDArray[np.float32]) -> CodeDistribution:
    if source.codes is not None:
        return source.codes
    if source.dataset is not None:
        return fit_codes(source.editor, source.dataset)
    if len(codes) > 1:
        return CodeDistribution(codes.mean(axis=0).astype(float), np.atleast_2d(np.cov(codes.T.astype(float))))
    size = source.editor.model.latent_size
    return CodeDistribution(np.zeros(size), np.diag(source.editor.knobs.spread.astype(float) ** 2))
