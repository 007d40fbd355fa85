"""Humdrum kern through music21: bytes to a `Reading`."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np

from latune.errors import InputError, MissingExtraError
from latune.music.melody import Reading, not_used
from latune.music.stream_reading import expanded, played_starts, silence, stream_reading
from latune.music.tracks import chosen_track
from latune.music.wording import printable

__all__ = ["parse_kern"]

_LONGEST = 4 * 2**20  # bytes
_MOST_TOKENS = 20_000  # of which music21 reads about a thousand a second


def parse_kern(data: bytes, name: str, track: str | None = None) -> Reading:
    """Read one spine, its repeats written out and its pick-up padded.

    Args:
        data: Humdrum text with at least one **kern spine.
        name: The file's name, for messages.
        track: Number (from 1, highest staff first) or name of the spine; default: the one with the highest notes.

    Raises:
        InputError: The data is not kern, is damaged, or has no notes.
    """
    if b"**kern" not in data[:_LONGEST]:
        raise InputError(f"The file '{name}' is not kern: expected a spine that begins with '**kern', found none.")
    if len(data) > _LONGEST:
        raise InputError(f"The file '{name}' is too large: expected at most {_LONGEST // 2**20} MiB of kern.")
    tokens = data.count(b"\n") + data.count(b"\t")
    if tokens > _MOST_TOKENS:
        raise InputError(f"The file '{name}' is too large: expected at most {_MOST_TOKENS:,} tokens, found {tokens:,}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    metre = re.search(r"^(?:.*\t)?\*M([\d+]*\d{3}[\d+]*/\d+|[\d+]+/\d{3,})", text, re.MULTILINE)
    if metre:  # music21 takes long to divide a measure into thousands of beats
        raise InputError(f"The file '{name}' has the metre {metre.group(1)[:40]}: expected one such as 4/4 or 6/8.")
    with silence():
        try:
            score = _score(text)
            parts = [part for part in score.parts if any(not note.isRest for note in part.flatten().notes)]
            if not parts:
                raise InputError(f"The file '{name}' has no notes: expected a spine with a melody.")
            names = [str(part.partName or "") for part in parts]
            highest = int(np.argmax([_mean_pitch(part) for part in parts]))
            part = parts[chosen_track(track, names, name, default=highest)]
            played, remarks = expanded(part)
            reading = stream_reading(played, played_starts(played))
        except (InputError, MissingExtraError):
            raise
        except Exception as error:  # music21 raises whatever it stumbles over
            reason = printable(" ".join(f"{type(error).__name__}: {error}".split())[:100])
            raise InputError(
                f"The file '{name}' is damaged: expected well-formed kern, but the reader stopped with \"{reason}\"."
            ) from error
    if len(parts) > 1:
        remarks += (not_used(len(parts) - 1, len(parts), "spine"),)
    title = re.search(r"^!!!OTL[^:\n]*:[ \t]*(.*)", text, re.MULTILINE)
    return dataclasses.replace(reading, title=title.group(1).strip() if title else "", remarks=remarks)


def _score(text: str) -> Any:
    try:
        from music21 import converter
    except ImportError as error:
        raise MissingExtraError("music21", "music") from error
    return converter.parseData(text, format="humdrum")


def _mean_pitch(part: Any) -> float:
    return float(np.mean([pitch.midi for pitch in part.flatten().pitches]))
