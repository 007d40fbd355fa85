"""Mutual information between a continuous code and a factor of classes, by nearest neighbours.

The estimator of Ross, *Mutual information between discrete and continuous data sets*, 2014, as scikit-learn's
`mutual_info_classif` has it, in nats: r_i is the distance of item i to its k-th neighbour among the n_i items of its
class (k = 3, or n_i − 1 where the class is smaller), m_i the number of items of any class, itself included, that are
closer than r_i; the information is ψ(N) + mean ψ(k) − mean ψ(n_i) − mean ψ(m_i), or 0 where that is negative. Items
that are alone in their class are left out. Codes are scaled to deviation 1 and get noise of 1e-10, which separates
equal values.

One code is one sorted column: neighbours are found in it by position, without a tree.
"""

import numpy as np
import scipy

from latune.metrics.arrays import FloatArray, IntArray, constant_columns

__all__ = ["class_information"]

_NEIGHBOURS = 3
_NOISE = 1e-10


def class_information(codes: FloatArray, factors: IntArray, *, seed: int = 0) -> FloatArray:
    """Estimate the mutual information of every code with every factor.

    Args:
        codes: (N, D) codes.
        factors: (N, K) class numbers from 0.
        seed: Seed of the noise.

    Returns:
        (D, K) information in nats, at least 0; 0 for a constant code.
    """
    generator = np.random.default_rng(seed)
    information = np.zeros((codes.shape[1], factors.shape[1]))
    for code in np.flatnonzero(~constant_columns(codes)):
        values = codes[:, code] / codes[:, code].std()
        values += _NOISE * max(1.0, np.abs(values).mean()) * generator.standard_normal(len(values))
        order = np.argsort(values)
        ordered = values[order]
        information[code] = [_information(ordered, column) for column in factors[order].T]
    return np.maximum(information, 0.0)


def _information(ordered: FloatArray, classes: IntArray) -> float:
    """Return the estimate for one code in rising order (N,) and the classes of its items (N,)."""
    sizes = np.bincount(classes)[classes]
    kept = sizes > 1
    ordered, classes, sizes = ordered[kept], classes[kept], sizes[kept]
    neighbours = np.minimum(_NEIGHBOURS, sizes - 1)
    radius = np.empty_like(ordered)
    by_class = np.argsort(classes, kind="stable")  # within a class, codes still rise
    for members in np.split(by_class, np.cumsum(np.bincount(classes))[:-1]):
        if len(members):
            radius[members] = _neighbour_distances(ordered[members], int(neighbours[members[0]]))
    # Adding a distance to a code rounds: a margin keeps the neighbour at exactly this distance outside.
    reach = np.maximum(radius - 4 * np.finfo(np.float64).eps * np.abs(ordered).max(), 0.0)
    closer = np.searchsorted(ordered, ordered + reach, "right") - np.searchsorted(ordered, ordered - reach, "left")
    psi = scipy.special.digamma
    crowd = psi(sizes) + psi(np.maximum(closer, 1)) - psi(neighbours)
    return float(psi(len(ordered)) - crowd.mean())


def _neighbour_distances(ordered: FloatArray, neighbours: int) -> FloatArray:
    """Return the distance of each of the rising values (N,) to its k-th neighbour.

    That neighbour ends one of the k + 1 windows of k + 1 values around the item: the narrowest reach among them.
    """
    padded = np.concatenate([np.full(neighbours, -np.inf), ordered, np.full(neighbours, np.inf)])
    windows = np.arange(neighbours + 1)
    left = ordered - np.stack([padded[w : w + len(ordered)] for w in windows])
    right = np.stack([padded[w + neighbours : w + neighbours + len(ordered)] for w in windows]) - ordered
    return np.asarray(np.maximum(left, right).min(axis=0))
