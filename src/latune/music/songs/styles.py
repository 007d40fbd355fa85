"""Genres of synthetic songs as rules: what drums, bass and guitar play in a bar, and what tunes are made of.

A bar is written as sixteen letters, one per sixteenth: a letter begins a note, "-" lets it go on, "." is silence.

- drums: "x" is a stroke;
- bass: R root, T third, F fifth, S seventh, O octave of the chord;
- guitar: C the whole chord, 1 to 4 its tones from the lowest;
- tune: "x" is a note.

Every bar of every track sounds in its first and in its second half, so no sixteen steps in a row are silent.
"""

from __future__ import annotations

from dataclasses import dataclass

from latune.music.songs.drums import CLAP, CLOSED_HAT, OPEN_HAT, RIDE, RIM, SNARE

__all__ = ["SCALES", "STYLES", "WHITE_TONICS", "Beat", "Style"]

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
WHITE_TONICS = {"major": 0, "minor": 9, "dorian": 2, "mixolydian": 7}
"""Pitch class of the tonic whose scale has neither sharps nor flats."""


@dataclass(frozen=True)
class Beat:
    """One bar of drums: when the bass drum, the second drum and the cymbal are struck."""

    kick: str
    second: str
    cymbal: str


@dataclass(frozen=True)
class Style:
    """The rules of a genre; a song draws one entry of each, its sections differ in patterns.

    Args:
        tempo: Slowest and fastest, in quarters per minute.
        scales: Names in SCALES.
        progressions: Four chords each, one per bar, as degrees of the scale from 0.
        chord_tones: How many tones a chord has, 3 or 4.
        beats: Bars of drums.
        seconds: Drums that play `Beat.second`.
        cymbals: Drums that play `Beat.cymbal`.
        bass: Bars of the bass.
        guitar: Bars of the guitar.
        tune: Bars of the tune.
        programs: General MIDI programs of bass, guitar and strings.
    """

    tempo: tuple[int, int]
    scales: tuple[str, ...]
    progressions: tuple[tuple[int, int, int, int], ...]
    chord_tones: int
    beats: tuple[Beat, ...]
    seconds: tuple[int, ...]
    cymbals: tuple[int, ...]
    bass: tuple[str, ...]
    guitar: tuple[str, ...]
    tune: tuple[str, ...]
    programs: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


STYLES = {
    "rock": Style(
        (112, 144),
        ("major", "minor", "mixolydian"),
        ((0, 3, 4, 3), (0, 4, 5, 3), (0, 6, 3, 0), (5, 3, 0, 4)),
        3,
        (
            Beat("x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x."),
            Beat("x.....x.x.......", "....x.......x...", "x.x.x.x.x.x.x.x."),
            Beat("x.x.....x.x.....", "....x.......x.x.", "x.x.x.x.x.x.x.x."),
        ),
        (SNARE,),
        (CLOSED_HAT, RIDE),
        ("R-R-R-R-R-R-R-R-", "R-R-R-R-R-R-F-F-", "R---R-R-R---R-R-", "R-----R-R-----F-"),
        ("C-C-C-C-C-C-C-C-", "C---..C-C-C-..C-", "C-C-..C-C-C-..C-", "1-3-4-3-2-3-4-3-"),
        ("x---x-x-x---x---", "x-x-x---x-x-x---", "x-----x-x---x-x-", "..x-x-x-x-------"),
        ((33, 34), (27, 29, 30), (48, 56, 80)),
    ),
    "disco": Style(
        (112, 128),
        ("minor", "dorian", "major"),
        ((0, 3, 6, 2), (0, 5, 3, 4), (1, 4, 0, 5), (0, 5, 2, 6)),
        4,
        (
            Beat("x...x...x...x...", "....x.......x...", "x.x.x.x.x.x.x.x."),
            Beat("x...x...x...x...", "....x.......x...", "x.xxx.xxx.xxx.xx"),
            Beat("x...x...x...x...", "....x.......x..x", "..x...x...x...x."),
        ),
        (SNARE, CLAP),
        (CLOSED_HAT, OPEN_HAT),
        ("R-O-R-O-R-O-R-O-", "R-O-R-O-R-O-F-O-", "R...O...R...F.O.", "R---..O-R---..O-"),
        ("..C...C...C...C.", "C.CC..C.C.CC..C.", "..CC..CC..CC..CC"),
        ("x-------x---x---", "x---x---x-------", "x-x-x-x-x-------", "x-----x---x-x---"),
        ((33, 36, 38), (4, 27, 28), (48, 50, 61)),
    ),
    "funk": Style(
        (92, 112),
        ("dorian", "mixolydian", "minor"),
        ((0, 0, 3, 0), (0, 3, 0, 3), (0, 0, 0, 4), (0, 6, 3, 0)),
        4,
        (
            Beat("x.x.......x..x..", "....x..x.x..x..x", "x.x.x.x.x.x.x.x."),
            Beat("x..x...x..x.....", "....x....x..x..x", "xxxxxxxxxxxxxxxx"),
            Beat("x.....x...x..x..", "....x..x....x..x", "x.x.x.xxx.x.x.xx"),
        ),
        (SNARE, RIM),
        (CLOSED_HAT, OPEN_HAT),
        ("R..R..O...S.R..R", "R.R....SO..R..F.", "R...R.O..R.S..O.", "R--.....O.S.R---"),
        ("C..C.C....C.C..C", "..C..C.C..C..C.C", "C.C..C....C.C.C."),
        ("x.x..x-...x.x---", "..x-x.x---x..x-.", "x..x..x.x---..x-", "x-x.x..x-.x-----"),
        ((33, 36, 37), (4, 7, 27, 28), (61, 62, 66)),
    ),
    "reggae": Style(
        (68, 88),
        ("major", "minor", "mixolydian"),
        ((0, 3, 0, 3), (0, 4, 3, 4), (0, 1, 3, 0), (0, 5, 3, 4)),
        3,
        (
            Beat("........x.......", "........x.......", "x.x.x.x.x.x.x.x."),
            Beat("x.......x.......", "........x..x....", "x.x.x.x.x.x.x.x."),
            Beat("x...x...x...x...", "........x.......", "x.x.x.xxx.x.x.x."),
        ),
        (RIM, SNARE),
        (CLOSED_HAT,),
        ("R---..R-F-..T-R-", "..R-R-..F-T-R---", "R-R-..T-F---..R-", "R-R-R-T-F-F-T-R-"),
        ("....C-......C-..", "....CC......CC..", "....C-....C.C-.."),
        ("x---x-x-x-------", "..x-x---x-x-x---", "x-----x-x-......", "x-x-....x-x-x---"),
        ((32, 33, 39), (16, 26, 27), (56, 57, 65)),
    ),
    "bossa nova": Style(
        (116, 144),
        ("major", "minor", "dorian"),
        ((1, 4, 0, 5), (0, 5, 1, 4), (0, 1, 1, 4), (2, 5, 1, 4)),
        4,
        (
            Beat("x.....x.x.....x.", "x..x..x...x..x..", "x.x.x.x.x.x.x.x."),
            Beat("x.....x.x.....x.", "..x..x..x..x..x.", "x.x.x.x.x.x.x.x."),
            Beat("x.....xxx.....xx", "x..x..x...x..x..", "x.x.x.x.x.x.x.x."),
        ),
        (RIM,),
        (CLOSED_HAT, RIDE),
        ("R-----F-F-----R-", "R-----F-F-----F-", "R-----R-F-----R-", "R---R-F-F---F-R-"),
        ("C-.C-.C-..C-.C-.", "..C--C--C--C--..", "C--C--C---C--C--", "1--3--4---3--4--"),
        ("x--x--x---x-----", "..x--x--x-------", "x-----x--x--x---", "x--x-----x--x-.."),
        ((32, 33, 35), (0, 24, 25), (65, 71, 73)),
    ),
    "ballad": Style(
        (60, 80),
        ("major", "minor"),
        ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 2, 3, 4)),
        3,
        (
            Beat("x.......x.......", "....x.......x...", "x...x...x...x..."),
            Beat("x.........x.....", "........x.......", "x...x...x...x..."),
            Beat("x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x."),
        ),
        (SNARE, RIM),
        (CLOSED_HAT, RIDE),
        ("R---------------", "R-------F-------", "R-----------F---", "R-----R-R-----F-"),
        ("1-2-3-4-3-2-3-2-", "1-3-2-3-4-3-2-3-", "1---2---3---2---", "C-------C---C---"),
        ("x-------x---x---", "x-----------x---", "x-------x-------", "x---x---x-------"),
        ((32, 33, 35), (0, 1, 4, 25), (40, 48, 49)),
    ),
    "march": Style(
        (100, 124),
        ("major", "mixolydian", "minor"),
        ((0, 0, 4, 0), (0, 3, 4, 0), (0, 4, 4, 0), (0, 5, 1, 4)),
        3,
        (
            Beat("x.......x.......", "x.x.xxx.x.x.x.x.", "x...x...x...x..."),
            Beat("x.......x.......", "x..xx.x.x..xx.x.", "x...x...x...x..."),
            Beat("x...x...x...x...", "..x...xx..x...xx", "........x......."),
        ),
        (SNARE,),
        (RIDE, OPEN_HAT),
        ("R-..F-..R-..F-..", "R---F---R---F---", "R-..F-..R-..T-F-", "R-R-F-..R-R-F-.."),
        ("....C-......C-..", "..C...C...C...C.", "..C-..C-..C-..C-"),
        ("x--xx---x--xx---", "x---x---x-x-x-x-", "x--xx-x-x-------", "x-x-x---x---x---"),
        ((32, 33, 38), (0, 19, 21), (56, 58, 72)),
    ),
    "hip hop": Style(
        (80, 100),
        ("minor", "dorian"),
        ((0, 0, 5, 5), (0, 5, 0, 6), (0, 3, 0, 4), (0, 0, 0, 5)),
        4,
        (
            Beat("x..x......x.....", "....x.......x...", "x.x.x.x.x.xxx.x."),
            Beat("x.....xx..x.....", "....x.......x...", "x.x.x.x.x.x.x.xx"),
            Beat("x......x..xx....", "....x.......x...", "xxx.x.xxx.x.xxx."),
        ),
        (SNARE, CLAP),
        (CLOSED_HAT,),
        ("R--R......R-----", "R-----.R..S-..R-", "R--.......R-F---", "R-R-..R...R-S-R-"),
        ("C-------..C-----", "1---3---2---..C-", "C-----..C---3---"),
        ("x-----x-....x---", "x-x-..x-x-------", "..x-x-----x-x---", "x-----------x-x-"),
        ((33, 38, 39), (4, 5, 11), (48, 52, 81)),
    ),
}
"""Rules by genre. No drum, scale, chord or register belongs to one genre alone."""
