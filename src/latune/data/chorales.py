"""The soprano melodies of Bach's four-part chorales, from the corpus that music21 ships.

Two data sets come from it. `chorales` is what we believe is right: 4/4 tunes only, no padding symbols, one symbol
per pitch, a split by tune in which only training tunes are transposed. `chorales-parity` is the published set-up:
all metres cut every four quarters, START and END padding (so that every copy opens with a measure of STARTs),
one symbol per spelled note name, a split by position that lets transpositions and repeats leak.

Source: Pati and Lerch 2021 (arXiv 2004.05485), appendix on data sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.splits import count_overlap, groups_by_split
from latune.errors import InputError, MissingExtraError
from latune.music.measure import (
    BEATS,
    END,
    HIGHEST_PITCH,
    HOLD,
    LOWEST_PITCH,
    REST,
    START,
    TICKS_PER_BEAT,
    TICKS_PER_MEASURE,
    Vocabulary,
    midi_vocabulary,
    ticks_from_events,
    transposed,
)

__all__ = ["Chorale", "build_chorales", "build_parity_chorales", "prepare_chorales", "read_chorales"]

SPLITS = {"train": 0.80, "validation": 0.05, "test": 0.15}
PARITY_SPLITS = {"train": 0.70, "validation": 0.20, "test": 0.10}

Report = Callable[[int, int], None]
"""Called with (done, total) chorales while the corpus is read."""


@dataclass(frozen=True)
class Chorale:
    """One soprano melody on the grid.

    Args:
        name: music21's corpus name.
        ticks: Shape (M, 24); the last measure is filled with a rest.
        names: Spelled note name of each note, in the order of the notes.
        metres: Time signatures that occur.
        length: Quarters from the start of the first measure to the end of the last event.
    """

    name: str
    ticks: NDArray[np.int16]
    names: tuple[str, ...]
    metres: tuple[str, ...]
    length: float

    @property
    def shifts(self) -> range:
        """Transpositions in semitones that keep every pitch in 55 to 84."""
        pitches = self.ticks[self.ticks >= 0]
        return range(LOWEST_PITCH - int(pitches.min()), HIGHEST_PITCH - int(pitches.max()) + 1)


def _read_chorale(name: str) -> Chorale | tuple[str, str]:
    """Read one chorale of the corpus, or say why not: (name, reason)."""
    from music21 import corpus

    from latune.music.streams import melody_from_part

    score = corpus.parse(name, forceSource=True)
    if len(score.parts) != 4:
        return name, f"It has {len(score.parts)} parts: expected 4."
    try:
        melody = melody_from_part(score.parts[0])
        ticks = ticks_from_events(melody.events)
    except InputError as error:
        return name, str(error)
    names = tuple(name for name in melody.names if name != "rest")
    return Chorale(name, ticks, names, melody.metres, melody.events.length)


def read_chorales(workers: int = 2, report: Report | None = None) -> tuple[list[Chorale], list[dict[str, str]]]:
    """Read the soprano of every four-part chorale of music21's corpus.

    Args:
        workers: Processes that parse side by side.
        report: Told the progress.

    Returns:
        The chorales in the order of the Riemenschneider edition, and a table of those left out with the reason.

    Raises:
        MissingExtraError: music21 is not installed.
    """
    try:
        from music21.corpus import chorales
    except ImportError as error:
        raise MissingExtraError("music21", "music") from error
    names = list(chorales.Iterator(returnType="filename"))
    accepted, rejected = [], []
    # joblib's processes are neither forked (PyTorch's threads could deadlock) nor do they import the caller's script.
    results = Parallel(workers, return_as="generator")(delayed(_read_chorale)(name) for name in names)
    for done, chorale in enumerate(results, start=1):
        if isinstance(chorale, Chorale):
            accepted.append(chorale)
        else:
            rejected.append({"name": chorale[0], "reason": chorale[1]})
        if report is not None:
            report(done, len(names))
    return accepted, rejected


def prepare_chorales(workers: int = 2, report: Report | None = None) -> list[Dataset]:
    """Build `chorales` and `chorales-parity` from one reading of the corpus."""
    chorales, rejected = read_chorales(workers, report)
    return [build_chorales(chorales, rejected), build_parity_chorales(chorales, rejected)]


def _description(chorales: list[Chorale], rejected: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "source": f"music21 {version('music21')}, corpus/bach, soprano of the four-part chorales",
        "licence": "public-domain music; encodings as licensed by music21's corpus, built on the user's machine",
        "tunes": [chorale.name for chorale in chorales],
        "rejected": rejected,
    }


def _melody_groups(chorales: list[Chorale]) -> NDArray[np.int32]:
    """Number the melodies; chorales that are equal up to transposition share a number."""
    numbers: dict[bytes, int] = {}
    return np.array(
        [
            numbers.setdefault(transposed(c.ticks, -int(c.ticks[c.ticks >= 0][0])).tobytes(), len(numbers))
            for c in chorales
        ],
        dtype=np.int32,
    )


def build_chorales(chorales: list[Chorale], rejected: list[dict[str, str]], seed: int = 0) -> Dataset:
    """The default data set: 4/4 throughout, MIDI vocabulary, split by melody.

    Training tunes occur in every transposition within 55 to 84; validation and test tunes as written.

    Args:
        chorales: From `read_chorales`.
        rejected: Table of those left out so far.
        seed: Seed of the split.
    """
    other_metre = [c for c in chorales if c.metres != ("4/4",)]
    chorales = [c for c in chorales if c.metres == ("4/4",)]
    rejected = rejected + [
        {"name": c.name, "reason": f"Its metre is {', '.join(c.metres)}: expected 4/4."} for c in other_metre
    ]
    melodies = _melody_groups(chorales)
    assigned = groups_by_split(int(melodies.max()) + 1, SPLITS, seed)
    training = np.isin(melodies, assigned["train"])
    items, groups = [], []
    for chorale, melody, trained in zip(chorales, melodies, training, strict=True):
        shifts = chorale.shifts if trained else (0,)
        items += [transposed(chorale.ticks, shift) for shift in shifts]
        groups += [np.full(len(chorale.ticks) * len(shifts), melody)]
    sequences = np.repeat(np.arange(len(items), dtype=np.int32), [len(ticks) for ticks in items])
    codec = MeasureCodec(midi_vocabulary())
    tokens = codec.vocabulary.tokens_from_ticks(np.concatenate(items))
    group_of_item = np.concatenate(groups).astype(np.int32)
    splits = {name: np.flatnonzero(np.isin(group_of_item, part)) for name, part in assigned.items()}
    return _dataset("chorales", tokens, group_of_item, splits, codec, _description(chorales, rejected), sequences)


def build_parity_chorales(chorales: list[Chorale], rejected: list[dict[str, str]]) -> Dataset:
    """The published data set: 346 chorales, 108,052 windows, spelled vocabulary, split by position."""
    windows = [window for chorale in chorales for window in _parity_windows(chorale)]
    names = sorted({name for _, spelled in windows for name in spelled})
    symbols = ("__", "rest", "START", "END", *names)
    values = (HOLD, REST, START, END, *(_midi(name) for name in names))
    vocabulary = Vocabulary("spelled", symbols, values)
    token_of_value = {value: token for token, value in enumerate(values[:4])}
    tokens, groups = [], []
    counts = iter(np.repeat(np.arange(len(chorales)), [len(c.shifts) for c in chorales]))
    for ticks, spelled in windows:
        flat = np.zeros(ticks.shape, dtype=np.uint8)
        for value, token in token_of_value.items():
            flat[ticks == value] = token
        flat[ticks >= 0] = vocabulary.tokens_from_symbols(spelled)
        tokens.append(flat.reshape(-1, TICKS_PER_MEASURE))
        groups.append(np.full(len(tokens[-1]), next(counts)))
    items = np.concatenate(tokens)
    sizes = [int(fraction * len(items)) for fraction in PARITY_SPLITS.values()]  # the published rounding
    splits = dict(zip(PARITY_SPLITS, np.split(np.arange(len(items)), np.cumsum(sizes[:-1])), strict=True))
    # The published evaluation reads the last 5 %.
    splits["test"] = np.arange(round(0.95 * len(items)), len(items))
    group_of_item = np.concatenate(groups).astype(np.int32)
    description = _description(chorales, rejected)
    return _dataset("chorales-parity", items, group_of_item, splits, MeasureCodec(vocabulary), description)


def _parity_windows(chorale: Chorale) -> Iterator[tuple[NDArray[np.int16], list[str]]]:
    """Every transposed copy as flat ticks, with the spelled names of its notes in order.

    A window of STARTs opens each copy; what lies beyond the last event is END, not a rest.
    """
    sounding = int(np.floor(TICKS_PER_BEAT * chorale.length))
    total = int(np.ceil(chorale.length / BEATS)) * TICKS_PER_MEASURE
    flat = np.full(total, END, dtype=np.int16)
    flat[:sounding] = chorale.ticks.ravel()[:sounding]
    padded = np.concatenate([np.full(TICKS_PER_MEASURE, START, dtype=np.int16), flat])
    for shift in chorale.shifts:
        yield transposed(padded, shift), [_transposed_name(name, shift) for name in chorale.names]


@cache
def _transposed_name(name: str, shift: int) -> str:
    """Transpose a note name by the most natural spelled interval of that many semitones."""
    from music21.interval import Interval, convertSemitoneToSpecifierGeneric
    from music21.pitch import Pitch

    specifier, generic = convertSemitoneToSpecifierGeneric(shift)
    return str(Pitch(name).transpose(Interval(f"{specifier}{generic}")).nameWithOctave)


@cache
def _midi(name: str) -> int:
    from music21.pitch import Pitch

    return int(Pitch(name).midi)


def _dataset(
    name: str,
    items: NDArray[np.uint8],
    groups: NDArray[np.int32],
    splits: dict[str, NDArray[np.int64]],
    codec: MeasureCodec,
    description: dict[str, Any],
    sequences: NDArray[np.int32] | None = None,
) -> Dataset:
    description = {**description, "overlap": count_overlap(items, splits)}
    attributes = codec.measure(items).astype(np.float32)
    return Dataset(name, items, attributes, groups, splits, codec, description, sequences=sequences)
