"""Near-duplicates: tunes that share their melody, whatever their title, key or ornaments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from latune.music.measure import HOLD
from latune.music.metre import Metre

__all__ = ["melody_groups"]

COMMON = 0.5  # share of the shorter tune's phrases that two versions of one melody have in common
_OFTEN = 200  # phrases of more tunes than this are formulas that say nothing about a melody


def melody_groups(tunes: Sequence[NDArray[np.int16]], metre: Metre, common: float = COMMON) -> NDArray[np.int32]:
    """Number the melodies; tunes that are versions of one melody share a number.

    A tune is the set of its phrases: the pitches that sound on each eighth note of two consecutive measures, relative
    to the first of them, so that key, octave and ornaments do not count. Two tunes belong together if they have at
    least `common` of the shorter one's phrases in common, and so do all that are linked in this way.

    Args:
        tunes: Ticks (M, T) of each; tunes of one measure are compared by that one.
        metre: Of all tunes.
        common: Share from 0 to 1.

    Returns:
        Shape (len(tunes),), numbered from 0 in the order of the first member.
    """
    if not tunes:
        return np.empty(0, np.int32)
    numbers: dict[bytes, int] = {}
    rows, columns = [], []
    for row, ticks in enumerate(tunes):
        phrases = {numbers.setdefault(phrase.tobytes(), len(numbers)) for phrase in _phrases(ticks, metre)}
        rows += [row] * len(phrases)
        columns += sorted(phrases)
    holds: Any = scipy.sparse.csr_array(
        (np.ones(len(rows), np.int32), (rows, columns)), shape=(len(tunes), len(numbers))
    )
    telling = np.asarray(holds.sum(axis=0)).ravel() <= _OFTEN
    holds = holds[:, telling]
    shared = (holds @ holds.T).tocoo()
    sizes = np.asarray(holds.sum(axis=1)).ravel()
    shorter = np.minimum(sizes[shared.coords[0]], sizes[shared.coords[1]])
    linked = shared.data >= common * shorter
    links: Any = scipy.sparse.csr_array((linked.astype(np.int8), shared.coords), shape=shared.shape)
    links.eliminate_zeros()
    _, labels = scipy.sparse.csgraph.connected_components(links, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int32)


def _phrases(ticks: NDArray[np.int16], metre: Metre) -> NDArray[np.int16]:
    """Relative pitches on the eighths of each two consecutive measures, (M - 1, 2 E)."""
    flat = ticks.ravel()
    starts = np.maximum.accumulate(np.where(flat != HOLD, np.arange(len(flat)), 0))
    notes = np.where(flat[starts] >= 0, flat[starts], -1)
    # A rest counts as the note before it: whether a note is held or cut short is no other melody.
    last = np.maximum.accumulate(np.where(notes >= 0, np.arange(len(notes)), -1))
    pitches = np.where(last >= 0, notes[last], -1).reshape(ticks.shape)
    on_eighths = pitches[:, metre.tick_twelfths % 6 == 0]
    pairs = on_eighths if len(ticks) == 1 else np.concatenate([on_eighths[:-1], on_eighths[1:]], axis=1)
    first = np.argmax(pairs >= 0, axis=1)
    base = pairs[np.arange(len(pairs)), first][:, None]
    return np.where(pairs >= 0, pairs - base, 999).astype(np.int16)
