"""Writes the golden values of music on the page with the package itself: `python studio/src/music/golden/write.py`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.tunes import fit_pitches
from latune.data.measure_codec import MeasureCodec
from latune.errors import InputError
from latune.music.measure import HOLD, REST, Vocabulary, events_from_ticks, midi_vocabulary
from latune.music.melody import Reading, single_voice
from latune.music.metre import TWELFTHS, metre_from_name
from latune.music.musicxml import musicxml_document
from latune.music.score import tune_from_ticks
from latune.music.songs.cutting import cut_song
from latune.music.songs.midi import song_bytes
from latune.music.songs.reading import read_song
from latune.music.songs.song import Part, Song
from latune.music.songs.synthesis import synthetic_song
from latune.music.songs.writing import song_of
from latune.music.spelling import estimate_fifths, spell

HERE = Path(__file__).parent
METRES = ("4/4", "3/4", "6/8", "2/2", "5/4")
SPELLED = Vocabulary(
    "spelled", ("__", "rest", "C4", "D4", "E-4", "D#4", "G4", "START", "END"), (-1, -2, 60, 62, 63, 63, 67, -3, -4)
)


def main() -> None:
    """Write every file."""
    _write("tunes.json", {"codecs": _codecs(), "tunes": _tunes()})
    _write("spelling.json", _spelling())
    _write("voices.json", _voices())
    _write("songs.json", _songs())


def _write(name: str, value: Any) -> None:
    (HERE / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


def _codecs() -> dict[str, Any]:
    codecs = {f"midi {metre}": MeasureCodec(midi_vocabulary(), metre_from_name(metre)).to_dict() for metre in METRES}
    return codecs | {"spelled 4/4": MeasureCodec(SPELLED).to_dict()}


def _ticks(rng: np.random.Generator, count: int, values: list[int]) -> NDArray[np.int16]:
    """Ticks of many kinds: dense or long notes, on triplets or on sixteenths."""
    hold = rng.uniform(0.3, 0.9)
    begins = rng.random(count) > hold
    if rng.random() < 0.6:  # no triplets: these are what most music looks like
        begins &= np.isin(np.arange(count) % 6, (0, 1, 3, 5))
    return np.where(begins, rng.choice(values, count), HOLD).astype(np.int16)


def _tunes() -> list[dict[str, Any]]:
    rng = np.random.default_rng(7)
    tunes = []
    for number in range(48):
        metre = metre_from_name(METRES[number % len(METRES)])
        spelled = number % 12 == 0
        vocabulary = SPELLED if spelled else midi_vocabulary()
        values = (
            [60, 62, 63, 67, REST]
            if spelled
            else [int(rng.integers(55, 70)) + step for step in (0, 2, 4, 7, 11)] + [REST]
        )
        metre = metre_from_name("4/4") if spelled else metre
        ticks = _ticks(rng, 3 * metre.ticks, values).reshape(3, metre.ticks)
        events = events_from_ticks(ticks, metre)
        document = musicxml_document(tune_from_ticks(ticks, title=f"Tune {number} <&>", metre=metre))
        tunes.append(
            {
                "codec": f"{vocabulary.kind} {metre.name}",
                "tokens": vocabulary.tokens_from_ticks(ticks).ravel().tolist(),
                "starts": np.round(events.onsets * TWELFTHS).astype(int).tolist(),
                "lengths": np.round(events.durations * TWELFTHS).astype(int).tolist(),
                "pitches": events.pitches.tolist(),
                "musicxml": hashlib.sha256(document.encode()).hexdigest(),
                **({"document": document} if number in (1, 2) else {}),
            }
        )
    return tunes


def _spelling() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    melodies = []
    for _ in range(40):
        pitches = rng.choice([int(rng.integers(50, 70)) + step for step in (0, 2, 4, 5, 7, 9, 10, 11)], 12).astype(
            np.int16
        )
        lengths = rng.choice([3, 6, 12, 24], 12)
        melodies.append([pitches.tolist(), lengths.tolist(), estimate_fifths(pitches, lengths.astype(float))])
    names = [[pitch, fifths, *spell(pitch, fifths)] for pitch in range(55, 79) for fifths in range(-7, 8)]
    return {"melodies": melodies, "names": names}


def _voices() -> list[dict[str, Any]]:
    rng = np.random.default_rng(11)
    voices = []
    for number in range(30):
        metre = metre_from_name(METRES[number % 3])
        count = int(rng.integers(3, 25))
        onsets = np.round(np.sort(rng.uniform(0, 9, count)) * 480) / 480
        if number % 3 == 0:
            onsets = np.round(onsets * 4) / 4
        ends = onsets + np.round(rng.uniform(0.05, 1.5, count) * (4 if number % 3 == 0 else 480) + 0.5) / (
            4 if number % 3 == 0 else 480
        )
        pitches = rng.integers(40, 90, count).astype(np.int16)
        voice = single_voice(Reading(onsets, ends, pitches), metre)
        try:
            ticks = np.where(voice.events.pitches >= 0, voice.events.pitches, -1)[None].astype(np.int16)
            shift: int | str = fit_pitches(ticks, midi_vocabulary(), "x.mid")
        except InputError as error:
            shift = str(error)
        voices.append(
            {
                "metre": metre.name,
                "notes": np.round(np.stack([onsets, ends, pitches], axis=1), 6).tolist(),
                "starts": np.round(voice.events.onsets * TWELFTHS).astype(int).tolist(),
                "lengths": np.round(voice.events.durations * TWELFTHS).astype(int).tolist(),
                "pitches": voice.events.pitches.tolist(),
                "remarks": list(voice.remarks),
                "shift": shift,
            }
        )
    return voices


def _songs() -> list[dict[str, Any]]:
    songs = []
    for genre, seed in ((1, 4), (4, 2)):
        data = song_bytes(_short(synthetic_song(genre, seed)))
        cut = cut_song(read_song(data, "song.mid"))
        song = song_of(cut.tokens, cut.tempo, cut.programs)
        parts = [[p.start.tolist(), p.end.tolist(), p.pitch.tolist()] for p in song.parts]
        songs.append(
            {
                "midi": data.hex(),
                "tokens": cut.tokens.reshape(len(cut.tokens), -1).tolist(),
                "programs": list(cut.programs),
                "tempo": cut.tempo,
                "remarks": list(cut.remarks),
                "parts": hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest(),
            }
        )
    return songs


def _short(song: Song) -> Song:
    """Its first ten bars, so that the file stays small."""
    steps = 160
    parts = []
    for part in song.parts:
        kept = part.start < steps
        parts.append(
            Part(
                part.program,
                part.is_drum,
                part.name,
                part.start[kept],
                np.minimum(part.end[kept], steps),
                part.pitch[kept],
            )
        )
    return Song(tuple(parts), steps, song.tempo)


if __name__ == "__main__":
    main()
