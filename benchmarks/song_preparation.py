"""Songs to phrases: the whole preparation on real files, and our reading beside the plain formulation.

    python benchmarks/song_preparation.py [FOLDER]

FOLDER holds MIDI files or zip archives of them; without one, songs are composed. The plain formulation parses with
pretty_midi, fills piano rolls note by note, sums 241 slices per track and window in Python, and writes tokens step by
step; both take the same triples of the same songs, in turn. Prints songs per second, peak memory, bytes per phrase, and
the ratio.
"""

import os
import random
import resource
import sys
import tempfile
import time
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import pretty_midi

from latune.data.song_guard import read_phrases
from latune.data.song_merge import merge_pieces
from latune.data.song_pieces import PieceOptions
from latune.data.song_workers import prepare_pieces
from latune.data.tune_sources import Archives, tune_files
from latune.errors import InputError
from latune.music.songs.phrases import PhraseOptions
from latune.music.songs.synthesis import GENRES, synthetic_song
from latune.music.songs.writing import write_song
from timing import alternate

SAMPLE, TRIPLES, STEPS = 12, 4, 256
COMPOSED = 200  # songs


def ours(songs: list[tuple[str, bytes]]) -> int:
    """Phrases of the songs, as the reading process finds them."""
    count = 0
    for name, data in songs:
        try:
            count += len(read_phrases(data, name, PhraseOptions(triples=TRIPLES)).phrases.tokens)
        except InputError:
            continue
    return count


def plain(songs: list[tuple[str, bytes]]) -> int:
    """The same by pretty_midi and Python loops."""
    return sum(len(set(plain_phrases(data))) for _, data in songs)


def plain_phrases(data: bytes) -> list[tuple[int, ...]]:
    """Tokens of every phrase of a song."""
    song = pretty_midi.PrettyMIDI(BytesIO(data))
    if any((s.numerator, s.denominator) != (4, 4) for s in song.time_signature_changes):
        return []
    first = min((song.time_to_tick(s.time) for s in song.time_signature_changes), default=0)
    rolls: dict[str, list[np.ndarray]] = {"drums": [], "bass": [], "guitar": [], "strings": []}
    length = 0
    notes_of = []
    for instrument in song.instruments:
        notes = []
        for note in instrument.notes:
            start = int(4 * (song.time_to_tick(note.start) - first) / song.resolution + 0.5)
            end = max(int(4 * (song.time_to_tick(note.end) - first) / song.resolution + 0.5), start + 1)
            if start >= 0:
                notes.append((start, start + 1 if instrument.is_drum else end, note.pitch))
                length = max(length, end)
        notes_of.append((instrument, notes))
    for instrument, notes in notes_of:
        roll = np.zeros((-(-length // 16) * 16, 128), bool)
        for start, end, pitch in notes:
            roll[start:end, pitch] = True
        program = instrument.program
        track = "guitar" if program < 32 else "bass" if program < 40 else "strings"
        if notes:
            rolls["drums" if instrument.is_drum else track].append(roll)
    if not all(rolls.values()):
        return []
    strings = np.maximum.reduce(rolls["strings"])
    triples = [(d, b, g) for g in rolls["guitar"] for b in rolls["bass"] for d in rolls["drums"]]
    if len(triples) > TRIPLES:
        chosen = np.sort(np.random.default_rng(0).choice(len(triples), TRIPLES, replace=False))
        triples = [triples[k] for k in chosen]
    return [
        plain_tokens(window) for triple in triples for window in plain_windows(np.stack([*triple, strings], axis=2))
    ]


def plain_windows(roll: np.ndarray) -> list[np.ndarray]:
    """Windows (256, 128, 4) in which no track is silent for 16 steps."""
    kept = []
    for start in range(0, len(roll) - STEPS + 1, 16):
        window = roll[start : start + STEPS]
        silent = [0] * 4
        for track in range(4):
            for offset in range(STEPS - 15):
                if window[offset : offset + 16, :, track].sum() == 0:
                    silent[track] += 1
        if not any(silent):
            kept.append(window)
    return kept


def plain_tokens(window: np.ndarray) -> tuple[int, ...]:
    """Tokens of a window, step by step."""
    tokens = []
    for track in range(4):
        before = None
        for step in range(STEPS):
            sounding = window[step, :, track]
            now = int(np.argmax(sounding)) if sounding.any() else 128
            tokens.append(129 if now == before else now)
            before = now
    return tuple(tokens)


def processor_seconds() -> float:
    """Of this process and those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def whole_preparation(source: Path) -> None:
    """Prepare all files in one process (and the one that it guards), and print what it takes."""
    files = tune_files(source, (".mid", ".midi", ".kar"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wall, used = time.perf_counter(), processor_seconds()
        count = prepare_pieces(files, folder, PieceOptions())
        merged = merge_pieces(folder, count)
        wall, used = time.perf_counter() - wall, processor_seconds() - used
        size = sum(path.stat().st_size for path in folder.glob("piece-*[0-9].*"))
    phrases = len(merged.songs)
    memory = [resource.getrusage(who).ru_maxrss / 1000 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"{len(files)} songs, {phrases} phrases of {len(np.unique(merged.songs))} songs")
    print(f"songs per second of one core  {len(files) / used:8.1f}  ({used:.2f} s of processor time)")
    print(f"songs per second of the clock {len(files) / wall:8.1f}  ({wall:.2f} s)")
    print(f"peak memory                   {memory[0]:8.0f} MB, and {memory[1]:.0f} MB in the process that reads")
    print(f"bytes per phrase              {size / phrases:8.0f}  (tokens and table)")


def sample(source: Path) -> list[tuple[str, bytes]]:
    """Some of the songs that both ways can read."""
    songs = []
    files = tune_files(source, (".mid", ".midi", ".kar"))
    random.Random(0).shuffle(files)
    with Archives() as archives:
        for file in files:
            data = file.data(archives)
            try:
                read_phrases(data, file.name, PhraseOptions())
                pretty_midi.PrettyMIDI(BytesIO(data))
            except Exception:  # pretty_midi raises many kinds
                continue
            songs.append((file.name, data))
            if len(songs) == SAMPLE:
                break
    return songs


def composed(folder: Path) -> Path:
    """The folder, with songs of all genres as MIDI."""
    for number in range(COMPOSED):
        write_song(synthetic_song(number % len(GENRES), number), folder / f"{number}.mid")
    return folder


def compare(source: Path) -> None:
    """Print both comparisons."""
    whole_preparation(source)
    songs = sample(source)
    found = ours(songs), plain(songs)
    times = alternate({"ours": lambda: ours(songs), "plain": lambda: plain(songs)}, 3, warm_up=0)
    print(f"sample of {len(songs)} songs: {found[0]} phrases by ours, {found[1]} by the plain formulation")
    print(f"ours  {1000 * times['ours'] / len(songs):8.1f} ms a song")
    print(f"plain {1000 * times['plain'] / len(songs):8.1f} ms a song: {times['plain'] / times['ours']:.0f}x ours")


def main() -> None:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(sys.argv[1]) if len(sys.argv) > 1 else composed(Path(folder))
        compare(source)


if __name__ == "__main__":
    main()
