"""MIDI through symusic: bytes to a `Reading`, and a tune to bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from latune.errors import InputError
from latune.music.bars import Bar, play_order
from latune.music.measure import REST
from latune.music.melody import Reading, not_used
from latune.music.metre import TWELFTHS, metre_from_name
from latune.music.midi_parsing import parsed_midi, symusic_package
from latune.music.tracks import ALL_TRACKS, chosen_track
from latune.music.tune import Tune

__all__ = ["TICKS_PER_QUARTER", "midi_bytes", "parse_midi"]

TICKS_PER_QUARTER = 480  # divisible by 12, so that every grid position is a whole number
_VELOCITY = 80
_END_MARKER = "end"  # where a tune ends with rests, which MIDI cannot hold


def parse_midi(data: bytes, name: str, track: str | None = None) -> Reading:
    """Read one track with notes that is not drums.

    Args:
        data: A standard MIDI file, or one inside a RIFF wrapper.
        name: The file's name, for messages.
        track: Number (from 1, among tracks with notes that are not drums) or name of the track, or "all"; default: the
            first.

    Raises:
        InputError: The data is not MIDI, is damaged, or has no such melody track.
    """
    score, remarks = parsed_midi(data, name)
    quarter = score.ticks_per_quarter
    with_notes = [track for track in score.tracks if len(track.notes)]
    melodic = [track for track in with_notes if not track.is_drum]
    if not melodic:
        found = "only drums" if with_notes else "no notes"
        raise InputError(f"The file '{name}' has {found}: expected a track with a melody.")
    if track == ALL_TRACKS:
        chosen = melodic
    else:
        chosen = [melodic[chosen_track(track, [other.name for other in melodic], name)]]
    if len(with_notes) > len(chosen):
        remarks += (not_used(len(with_notes) - len(chosen), len(with_notes), "track"),)
    tables = [one.notes.numpy() for one in chosen]
    notes = {key: np.concatenate([table[key] for table in tables]) for key in ("time", "duration", "pitch")}
    last = max(int(track.notes.numpy()["time"].max()) for track in with_notes)
    shift, signatures = _signatures(score, last + 1, quarter)
    onsets = notes["time"] / quarter + shift
    ends = onsets + notes["duration"] / quarter
    metres = tuple(dict.fromkeys(f"{beats}/{unit}" for _, beats, unit in signatures))
    markers = [m.time for m in score.markers if m.text.strip().lower() == _END_MARKER]
    length = markers[0] / quarter + shift if markers else 0.0
    return Reading(
        onsets,
        ends,
        notes["pitch"].astype(np.int16),
        length=length,
        metres=metres,
        bars=_pick_up_bars(shift, metres, max(length, float(ends.max()))),
        title=chosen[0].name.strip(),
        tempo=round(float(score.tempos[0].qpm), 3) if len(score.tempos) else None,
        fifths=int(score.key_signatures[0].key) if len(score.key_signatures) else None,
        remarks=remarks,
    )


def _signatures(score: Any, end: int, quarter: int) -> tuple[float, list[tuple[int, int, int]]]:
    """Quarters to put before a pick-up, and the time signatures (tick, beats, unit) that are in force after it.

    Those count that are in force for some time before the tick `end` of the music, and the one after a pick-up.
    """
    found = sorted(((s.time, s.numerator, s.denominator) for s in score.time_signatures), key=lambda s: s[0])
    until = [time for time, *_ in found[1:]]
    found = [signature for signature, last in zip(found[:-1], until, strict=True) if signature[0] < last] + found[-1:]
    shift, signatures = _without_pick_up(found, quarter)
    first = signatures[:1] if shift else []
    return shift, first + [signature for signature in signatures[len(first) :] if signature[0] < end]


def _without_pick_up(signatures: list[tuple[int, int, int]], quarter: int) -> tuple[float, list[tuple[int, int, int]]]:
    """Quarters to put before a pick-up that is written as one short measure, and the signatures after it."""
    if len(signatures) < 2 or any(unit <= 0 for *_, unit in signatures[:2]):
        return 0.0, signatures
    (start, beats, unit), (change, next_beats, next_unit) = signatures[:2]
    length, full = beats * 4 / unit, next_beats * 4 / next_unit
    is_pick_up = start == 0 and 0 < length < full and change == length * quarter
    return (full - length, signatures[1:]) if is_pick_up else (0.0, signatures)


def _pick_up_bars(shift: float, metres: tuple[str, ...], end: float) -> tuple[Bar, ...]:
    """The first measure, where it is a pick-up after so many quarters, and music follows it before the end."""
    if not shift:
        return ()
    try:
        metre = metre_from_name(metres[0])
    except InputError:
        return ()  # whoever needs the metre says so
    return (Bar(round(shift * TWELFTHS), metre.twelfths),) if end > metre.quarters else ()


def midi_bytes(tune: Tune) -> bytes:
    """Write a tune as it is played: one track of program 0 (piano).

    Rests are the silence between notes, so that consecutive rests become one; a marker "end" keeps the length of a
    tune that ends with a rest. A pick-up is a first measure in a shorter metre.
    """
    symusic = symusic_package()
    events, metre = tune.events, tune.metre
    score = symusic.Score(TICKS_PER_QUARTER)
    begins = tune.bars[play_order(tune.bars)[0]].begins if len(tune.performed) else 0
    sixteenths, rest = divmod(metre.twelfths - begins, 3)
    skipped = begins / TWELFTHS if not rest else 0.0  # before a pick-up
    if skipped:
        score.time_signatures.append(symusic.TimeSignature(0, sixteenths, 16))
    change = sixteenths * TICKS_PER_QUARTER // 4 if skipped else 0
    score.time_signatures.append(symusic.TimeSignature(change, metre.numerator, metre.denominator))
    score.tempos.append(symusic.Tempo(0, float(tune.tempo)))
    if tune.fifths is not None:
        score.key_signatures.append(symusic.KeySignature(0, tune.fifths, 0))
    track = symusic.Track(name=tune.title, program=0, is_drum=False)
    onsets = np.round((events.onsets - skipped) * TICKS_PER_QUARTER).astype(int)
    durations = np.round(events.durations * TICKS_PER_QUARTER).astype(int)
    for onset, duration, pitch in zip(onsets.tolist(), durations.tolist(), events.pitches.tolist(), strict=True):
        if pitch >= 0:
            track.notes.append(symusic.Note(onset, duration, pitch, _VELOCITY))
    score.tracks.append(track)
    if len(events) and events.pitches[-1] == REST:
        score.markers.append(symusic.TextMeta(round((events.length - skipped) * TICKS_PER_QUARTER), _END_MARKER))
    return bytes(score.dumps_midi())
