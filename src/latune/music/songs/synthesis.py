"""Synthetic songs: four parts in 4/4 that follow the rules of a genre.

They serve as test material and as a data set that needs no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

import numpy as np

from latune.errors import InputError
from latune.music.songs.drums import KICK
from latune.music.songs.song import Part, Song
from latune.music.songs.styles import SCALES, STYLES, WHITE_TONICS, Beat, Style
from latune.music.songs.tokens import STEPS_PER_BAR, TRACKS

__all__ = ["GENRES", "synthetic_song"]

GENRES = tuple(STYLES)

_FORMS = ("ABA", "AAB", "ABAB", "AABA", "ABBA", "ABABA", "AABAB", "AABBA")  # of sections of eight bars
_SECTION, _CHORDS = 8, 4  # bars
_MOTIFS = ((0, 1, 0, 2, 0, 1, 0, 3), (0, 0, 1, 2, 0, 0, 1, 3), (0, 1, 2, 1, 0, 1, 2, 3))  # of the bars of a section
_BASS_LOW, _GUITAR_LOW, _TUNE_LOW = 28, 48, 60  # lowest root of a bass, lowest tone of a chord, lowest tonic of a tune
_FILLS = ("x.......s.s.ssss", "x.......ssssssss", "x.....s.ss.sss.s", "x...s...ss.sss..")
_CADENCE = "x-------x-------"
_BASS = {"R": 0, "T": 2, "F": 4, "S": 6, "O": 7}  # degrees above the root of the chord

Choice = TypeVar("Choice")

_Note = tuple[int, int, int]
"""Start, end and pitch."""


@dataclass(frozen=True)
class _Motif:
    """One bar of a tune: its rhythm, and its notes as degrees of the scale above the root of the chord."""

    rhythm: str
    degrees: tuple[int, ...]


@dataclass(frozen=True)
class _Section:
    """What the bars of a section are made of.

    Args:
        chords: Of four bars, which are played twice.
        beat: Drums of all bars but the last.
        fill: Drums of the last bar.
        bass: Of the first three of four bars, and of the fourth.
        guitar: Of the first three of four bars, and of the fourth.
        motifs: Tune of each bar.
    """

    chords: tuple[int, ...]
    beat: Beat
    fill: str
    bass: tuple[str, str]
    guitar: tuple[str, str]
    motifs: tuple[_Motif, ...]


@dataclass(frozen=True)
class _Key:
    """Tonic as a pitch class, and the scale above it."""

    tonic: int
    scale: tuple[int, ...]

    def above_tonic(self, degree: int) -> int:
        """Semitones from the tonic to a degree of the scale, which may lie in any octave."""
        octave, step = divmod(degree, len(self.scale))
        return 12 * octave + self.scale[step]

    def pitch_from(self, low: int, degree: int) -> int:
        """The lowest pitch from `low` on that has the pitch class of a degree."""
        return low + (self.tonic + self.above_tonic(degree) - low) % 12


def synthetic_song(genre: int, seed: int, white_keys: bool = False) -> Song:
    """Invent a song of 24 to 40 bars in which all four tracks play in every bar.

    It has two kinds of sections of eight bars, which come back with small changes. Key, tempo, programs, chords,
    patterns and tune are drawn within the rules of the genre (`latune.music.songs.styles`).

    Args:
        genre: Its place in GENRES.
        seed: Equal seeds give equal songs; 0 or above.
        white_keys: Whether the key is the one without sharps and flats (C major, A minor, ...) instead of any.

    Returns:
        Four parts: drums, bass, guitar, strings.

    Raises:
        InputError: There is no such genre, or the seed is negative.
    """
    if not 0 <= genre < len(GENRES):
        raise InputError(f"The genre is {genre}: expected 0 to {len(GENRES) - 1}, the place of one of {GENRES}.")
    if seed < 0:
        raise InputError(f"The seed of a song is {seed}: expected 0 or above.")
    rng = np.random.default_rng((seed, genre))
    style = STYLES[GENRES[genre]]
    tonic, scale = int(rng.integers(12)), _drawn(rng, style.scales)
    key = _Key(WHITE_TONICS[scale] if white_keys else tonic, SCALES[scale])
    form = _drawn(rng, _FORMS)
    sections = {name: _section(rng, style) for name in sorted(set(form))}
    drums = _drawn(rng, style.seconds), _drawn(rng, style.cymbals)
    register = int(rng.integers(-5, 6))  # semitones by which a song as a whole lies higher
    played = [_varied(rng, style, sections[name]) for name in form]
    bars = [_bar(style, section, bar, key, drums, register) for section in played for bar in range(_SECTION)]
    programs = (0, *(_drawn(rng, programs) for programs in style.programs))
    tracks = zip(TRACKS, programs, zip(*bars, strict=True), strict=True)
    tempo = float(rng.integers(style.tempo[0], style.tempo[1] + 1))
    return Song(tuple(_part(*track) for track in tracks), len(bars) * STEPS_PER_BAR, tempo)


def _drawn(rng: np.random.Generator, choices: Sequence[Choice]) -> Choice:
    return choices[int(rng.integers(len(choices)))]


def _section(rng: np.random.Generator, style: Style) -> _Section:
    own = [_motif(rng, _drawn(rng, style.tune)) for _ in range(3)]
    motifs = (*own, _motif(rng, _CADENCE))
    order = _drawn(rng, _MOTIFS)
    return _Section(
        _drawn(rng, style.progressions),
        _drawn(rng, style.beats),
        _drawn(rng, _FILLS),
        (_drawn(rng, style.bass), _drawn(rng, style.bass)),
        (_drawn(rng, style.guitar), _drawn(rng, style.guitar)),
        tuple(motifs[index] for index in order),
    )


def _motif(rng: np.random.Generator, rhythm: str) -> _Motif:
    """A walk over the scale that begins on a tone of the chord and moves by small steps."""
    count = rhythm.count("x")
    steps = rng.integers(-2, 3, count)
    steps[0] = 2 * rng.integers(0, 3)
    return _Motif(rhythm, tuple(np.clip(np.cumsum(steps), -3, 7).tolist()))


def _varied(rng: np.random.Generator, style: Style, section: _Section) -> _Section:
    """A section as it comes back: one of its bars has a new motif, now and then the drums have a new pattern."""
    bar = int(rng.integers(_SECTION - 1))
    motif = _motif(rng, section.motifs[bar].rhythm)
    beat = _drawn(rng, style.beats) if rng.random() < 0.2 else section.beat
    return replace(section, beat=beat, motifs=(*section.motifs[:bar], motif, *section.motifs[bar + 1 :]))


def _bar(
    style: Style, section: _Section, bar: int, key: _Key, drums: tuple[int, int], register: int
) -> tuple[list[_Note], list[_Note], list[_Note], list[_Note]]:
    """Notes of the four tracks in one bar, in steps from its beginning."""
    chord = section.chords[bar % _CHORDS]
    turns = int(bar % _CHORDS == _CHORDS - 1)
    strokes = (section.beat.kick, KICK), (section.beat.second, drums[0]), (section.beat.cymbal, drums[1])
    return (
        _fill_notes(section.fill, drums[0]) if bar == _SECTION - 1 else _drum_notes(strokes),
        _bass_notes(section.bass[turns], chord, key),
        _guitar_notes(section.guitar[turns], chord, style.chord_tones, key, _GUITAR_LOW + register),
        _tune_notes(section.motifs[bar], chord, key, _TUNE_LOW + register),
    )


def _drum_notes(strokes: Sequence[tuple[str, int]]) -> list[_Note]:
    return sorted((start, start + 1, pitch) for pattern, pitch in strokes for start, _, _ in _events(pattern))


def _fill_notes(pattern: str, second: int) -> list[_Note]:
    """The bar of drums that ends a section."""
    pitches = {"x": KICK, "s": second}
    return [(start, start + 1, pitches[letter]) for start, _, letter in _events(pattern)]


def _bass_notes(pattern: str, chord: int, key: _Key) -> list[_Note]:
    root = key.pitch_from(_BASS_LOW, chord)
    above = {letter: key.above_tonic(chord + degree) - key.above_tonic(chord) for letter, degree in _BASS.items()}
    return [(start, end, root + above[letter]) for start, end, letter in _events(pattern)]


def _guitar_notes(pattern: str, chord: int, tones: int, key: _Key, low: int) -> list[_Note]:
    pitches = sorted(key.pitch_from(low, chord + 2 * tone) for tone in range(tones))
    pitches += [pitches[0] + 12] * (4 - tones)
    return [
        (start, end, pitch)
        for start, end, letter in _events(pattern)
        for pitch in (pitches[:tones] if letter == "C" else [pitches[int(letter) - 1]])
    ]


def _tune_notes(motif: _Motif, chord: int, key: _Key, low: int) -> list[_Note]:
    root = chord if chord <= 3 else chord - 7  # near the tonic
    tonic = key.pitch_from(low, 0)
    events = zip(_events(motif.rhythm), motif.degrees, strict=True)
    return [(start, end, tonic + key.above_tonic(root + degree)) for (start, end, _), degree in events]


@cache
def _events(pattern: str) -> tuple[tuple[int, int, str], ...]:
    """Start, end and letter of every note of a bar."""
    starts = [step for step, letter in enumerate(pattern) if letter not in "-."]
    held = [len(pattern[start + 1 :]) - len(pattern[start + 1 :].lstrip("-")) for start in starts]
    return tuple((start, start + 1 + length, pattern[start]) for start, length in zip(starts, held, strict=True))


def _part(name: str, program: int, bars: Sequence[list[_Note]]) -> Part:
    """The notes of all bars of a track, one bar after the other."""
    notes = [(*note, bar * STEPS_PER_BAR) for bar, notes in enumerate(bars) for note in notes]
    start, end, pitch, begin = np.array(notes, np.int32).T
    start, end = start + begin, end + begin
    return Part(program, name == TRACKS[0], name, start, end, pitch.astype(np.int16))
