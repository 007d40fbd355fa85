"""Phrases as items: several measures that follow each other, with attributes of each and of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.data.codecs import Items, Scores
from latune.data.measure_codec import MeasureCodec
from latune.errors import RecipeError
from latune.music.metre import Metre

__all__ = ["MOST_MEASURES", "PhraseCodec", "of_measure"]

FEWEST_MEASURES, MOST_MEASURES = 2, 16


class PhraseCodec:
    """Phrases of M measures as tokens (M, T).

    Every attribute of a measure exists for the whole phrase, under its own name, and for every measure, as
    `note_density_3` for the third. The phrase has the mean over its measures; one without notes counts with the value
    that the attribute gives it.

    Args:
        measure: What the measures are.
        measures: Number of measures M, 2 to 16.

    Raises:
        RecipeError: There are too few or too many measures.
    """

    binary = False
    measurable = True

    def __init__(self, measure: MeasureCodec, measures: int) -> None:
        if not FEWEST_MEASURES <= measures <= MOST_MEASURES:
            raise RecipeError(f"data.measures: expected {FEWEST_MEASURES} to {MOST_MEASURES}, got {measures}.")
        self.measure_codec, self.measures = measure, measures
        self.item_shape = (measures, *measure.item_shape)
        self.table = _phrase_table(measure.table, measures)

    @property
    def metre(self) -> Metre:
        """Of all measures."""
        return self.measure_codec.metre

    @property
    def symbols(self) -> int:
        """Number of tokens."""
        return self.measure_codec.symbols

    @property
    def cuts(self) -> tuple[int, ...]:
        """The beats of all measures, counted in ticks from the start of the phrase."""
        ticks = self.measure_codec.item_shape[0]
        return tuple(m * ticks + cut for m in range(self.measures) for cut in (0, *self.measure_codec.cuts))[1:]

    def measure(self, items: Items, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Measure attributes, by default all: tokens (N, M, T) to values (N, A)."""
        items = np.asarray(items)
        columns = [self.table.index(name) for name in (self.table.names if names is None else names)]
        base = self.measure_codec.table.names
        wanted = sorted({column % len(base) for column in columns})
        flat = self.measure_codec.measure(items.reshape(-1, items.shape[-1]), [base[index] for index in wanted])
        values = np.zeros((len(items), self.measures, len(base)))
        values[:, :, wanted] = flat.reshape(len(items), self.measures, len(wanted))
        return self.with_means(values)[:, columns]

    def with_attributes(self, own: Sequence[Attribute]) -> PhraseCodec:
        """This codec with attributes of the user's own of the measures, which read ticks (N M, T)."""
        return PhraseCodec(self.measure_codec.with_attributes(own), self.measures)

    def with_means(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """From attributes of the measures (N, M, B) to those of the phrase (N, B + M B), as in the table."""
        values = np.asarray(values, float)
        return np.concatenate([values.mean(axis=1), values.reshape(len(values), -1)], axis=1)

    def similarity(self, items: Items, others: Items) -> NDArray[np.float64]:
        """Share of the tokens that are equal, (N,)."""
        return np.asarray(np.mean(np.asarray(items) == np.asarray(others), axis=(1, 2)))

    def empty(self, items: Items) -> NDArray[np.bool_]:
        """Phrases without a note, (N,)."""
        return self.measure_codec.empty(_flat(items))

    def compare(self, decoded: Items, items: Items) -> Scores:
        """Scores of the whole phrase as one sequence, and the share of measures that are wholly right."""
        scores = self.measure_codec.compare(_flat(decoded), _flat(items))
        right = (np.asarray(decoded) == np.asarray(items)).all(axis=2)
        return {**scores, "exact_measures": right.mean(axis=1)}

    def baseline(self, training: Items, items: Items) -> NDArray[np.float64]:
        """Token accuracy (N,) of always saying the most frequent token of the training items."""
        return self.measure_codec.baseline(_flat(training), _flat(items))

    def ticks(self, items: Items) -> NDArray[np.int16]:
        """Tokens (..., M, T) as ticks of the same shape."""
        return self.measure_codec.ticks(items)

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `codec_from_dict` reads."""
        return {"kind": "phrase", "measures": self.measures, "measure": self.measure_codec.to_dict()}

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> PhraseCodec:
        """Rebuild a codec from `to_dict`."""
        return cls(MeasureCodec.from_dict(description["measure"]), description["measures"])


def of_measure(name: str, number: int) -> str:
    """Name of a measure's attribute in a phrase; measures count from 1."""
    return f"{name}_{number}"


def _phrase_table(table: AttributeTable, measures: int) -> AttributeTable:
    whole = [replace(attribute, description=f"Mean of the measures: {attribute.description}") for attribute in table]
    each = [
        replace(
            attribute,
            name=of_measure(attribute.name, number),
            description=f"Measure {number}: {attribute.description}",
        )
        for number in range(1, measures + 1)
        for attribute in table
    ]
    return AttributeTable([replace(attribute, measure=None) for attribute in (*whole, *each)])


def _flat(items: Items) -> Items:
    """(N, M, T) to (N, M T)."""
    return np.asarray(items).reshape(len(items), -1)
