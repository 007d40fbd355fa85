"""Melodies out of music21 scores: repeats written out, pick-up padded.

Source of the rules: Pati and Lerch 2021 (arXiv 2004.05485) and the behaviour of its data preparation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from latune.errors import InputError
from latune.music.measure import REST, Events

__all__ = ["StreamMelody", "melody_from_part", "pick_up_padding"]


@dataclass(frozen=True)
class StreamMelody:
    """The melody of one part.

    Args:
        events: Its notes and rests, in quarters from the start of the first full measure.
        names: music21's spelled name with octave per event, "rest" for rests.
        metres: Every time signature that occurs, such as ("4/4",).
    """

    events: Events
    names: tuple[str, ...]
    metres: tuple[str, ...]


def melody_from_part(part: Any) -> StreamMelody:
    """Read the melody of a music21 part.

    Repeats are written out and a pick-up is padded with a rest at its start. An incomplete last measure stays so:
    `ticks_from_events` fills it with a rest.

    Args:
        part: A `music21.stream.Part` with measures.

    Raises:
        InputError: The repeats cannot be expanded, the part has no measures, or it holds chords.
    """
    from music21.repeat import ExpanderException
    from music21.stream import StreamException

    try:
        expanded = part.expandRepeats()
    except (ExpanderException, StreamException) as error:
        raise InputError("The repeats cannot be expanded: expected well-formed repeat marks.") from error
    measures = list(expanded.getElementsByClass("Measure"))
    if not measures:
        raise InputError("The part has no measures.")
    shift = pick_up_padding(measures)
    onsets, durations, pitches, names = [], [], [], []
    for element in expanded.flatten().notesAndRests:
        if element.classes[0] == "ChordSymbol" or element.duration.isGrace:
            continue
        if element.isChord:
            raise InputError("The part holds chords: expected one voice.")
        onsets.append(float(element.offset) + shift)
        durations.append(float(element.duration.quarterLength))
        pitches.append(element.pitch.midi if element.isNote else REST)
        names.append(element.pitch.nameWithOctave if element.isNote else "rest")
    if shift > 0:
        onsets, durations = [0.0, *onsets], [shift, *durations]
        pitches, names = [REST, *pitches], ["rest", *names]
    events = Events(np.array(onsets), np.array(durations), np.array(pitches, dtype=np.int16))
    signatures = expanded.recurse().getElementsByClass("TimeSignature")
    return StreamMelody(events, tuple(names), tuple(dict.fromkeys(s.ratioString for s in signatures)))


def pick_up_padding(measures: list[Any]) -> float:
    """Quarters of rest to put before an incomplete first measure; 0 where the second completes it."""
    first = measures[0].barDurationProportion()
    second = measures[1].barDurationProportion() if len(measures) > 1 else 0
    return 0.0 if first >= 1 or first + second == 1 else float(measures[0].paddingLeft)
