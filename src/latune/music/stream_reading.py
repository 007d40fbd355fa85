"""Notes out of music21 streams: what the readers of MusicXML and kern have in common."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from latune.music.melody import Reading
from latune.music.streams import pick_up_padding

__all__ = ["expanded", "played_starts", "silence", "stream_reading"]


@dataclass(frozen=True)
class _Note:
    onset: float
    end: float
    pitch: int


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep music21's warnings and its messages on standard error to ourselves."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(io.StringIO()):
            yield


def played_starts(part: Any) -> list[float]:
    """Start of each measure of a part in quarters, where they follow each other and a pick-up is padded."""
    measures = list(part.getElementsByClass("Measure"))
    # Without a metre, music21 would look for the one that suits the notes best, which takes long where none does.
    has_metre = bool(measures) and measures[0].timeSignature is not None
    shift = pick_up_padding(measures) if has_metre else 0.0
    return [float(measure.offset) + shift for measure in measures]


def expanded(part: Any) -> tuple[Any, tuple[str, ...]]:
    """The part with repeats written out, or as it is, with a remark, where the marks make no sense."""
    try:
        return part.expandRepeats(), ()
    except Exception:  # ExpanderException, StreamException, and whatever odd marks lead to
        return part, ("The repeat marks are not well-formed and were ignored.",)


def stream_reading(part: Any, starts: Sequence[float]) -> Reading:
    """Notes, rests and signatures of a part whose measures start at so many quarters."""
    measures = list(part.getElementsByClass("Measure"))
    notes, rests = _notes_and_rests(measures, starts)
    flat = part.flatten()
    key = flat.getElementsByClass("KeySignature").first()
    end = starts[-1] + float(measures[-1].highestTime) if measures else 0.0
    return Reading(
        onsets=np.array([note.onset for note in notes]),
        ends=np.array([note.end for note in notes]),
        pitches=np.array([note.pitch for note in notes], dtype=np.int16),
        rest_onsets=np.array(rests),
        length=end,
        metres=tuple(dict.fromkeys(metre.ratioString for metre in flat.getElementsByClass("TimeSignature"))),
        fifths=int(key.sharps) if key is not None else None,
    )


def _notes_and_rests(measures: Sequence[Any], starts: Sequence[float]) -> tuple[list[_Note], list[float]]:
    """Notes with ties merged, and the starts of rests that do not go on from the one before."""
    notes: list[_Note] = []
    rests: list[float] = []
    tied: dict[int, int] = {}  # pitch to the index of the note that a tie may prolong
    last = 0.0  # end of the last sign: a tie may reach over what is not written
    for measure, start in zip(measures, starts, strict=True):
        for element in measure.flatten().notesAndRests:
            onset = start + float(element.offset)
            end = onset + float(element.duration.quarterLength)
            if element.isRest:
                if not _continues(element):
                    rests.append(onset)
                last = max(last, end)
                continue
            for note in getattr(element, "notes", (element,)):
                if not hasattr(note, "pitch"):  # unpitched percussion
                    continue
                pitch = int(note.pitch.midi)
                before = tied.get(pitch)
                if before is not None and _continues(note) and notes[before].end in (onset, last):
                    notes[before] = _Note(notes[before].onset, end, pitch)
                else:
                    tied[pitch] = len(notes)
                    notes.append(_Note(onset, end, pitch))
            last = max(last, end)
    return notes, rests


def _continues(element: Any) -> bool:
    """Whether a tie ends here; the writer ties rests too where a bar line divides one."""
    return element.tie is not None and element.tie.type in ("stop", "continue")
