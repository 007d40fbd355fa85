"""Phrases of songs as files: MIDI, sound, piano rolls, tokens; and sweeps of them as folders."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from latune.control.song_sweep import SongSweep
from latune.control.songs import PlayedPhrases
from latune.errors import InputError
from latune.figures.song_roll import song_roll
from latune.figures.song_sweep import correlation_figure
from latune.figures.style import save_figure
from latune.music.songs.writing import WRITABLE, song_of, write_song
from latune.music.tune_writing import write_whole
from latune.music.wording import printable

__all__ = ["SUFFIXES", "check_writable", "write_phrases", "write_sweep"]

SUFFIXES = (*WRITABLE, ".png", ".npz")

MOST_DRAWN = 12  # phrases in one piano roll


def check_writable(path: Path) -> None:
    """Check, before any work, that phrases can be written to a file of this name.

    Raises:
        InputError: Its suffix is not one of `SUFFIXES`, or its folder does not exist.
    """
    if path.suffix.lower() not in SUFFIXES:
        known = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        raise InputError(f"The file '{printable(str(path))}': expected a name that ends in {known}.")
    if not path.absolute().parent.is_dir():
        raise InputError(f"Cannot write {printable(str(path))}: there is no folder {path.parent}.")


def write_phrases(made: PlayedPhrases, path: Path, names: Sequence[str] = (), compare: bool = False) -> tuple[str, ...]:
    """Write phrases by the suffix of the path; the file appears complete or not at all.

    Args:
        made: Phrases.
        path: .mid or .wav: one phrase after the other; .png: a piano roll of each; .npz: the array `tokens` (P, 256, 4)
            and, where they were made of something, `source`.
        names: What each phrase is, for the piano roll.
        compare: Whether the piano roll shows what each phrase was made of above it.

    Returns:
        Sentences about how it was made.

    Raises:
        InputError: The suffix is not supported, or the file cannot be written.
    """
    check_writable(path)
    suffix = path.suffix.lower()
    if suffix in WRITABLE:
        return write_song(made.song, path)
    if suffix == ".npz":
        buffer = io.BytesIO()
        arrays = {"tokens": made.tokens} | ({} if made.source is None else {"source": made.source})
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        write_whole(buffer.getvalue(), path)
        return ()
    return _write_roll(made, path, names, compare)


def _write_roll(made: PlayedPhrases, path: Path, names: Sequence[str], compare: bool) -> tuple[str, ...]:
    phrases, headings = made.tokens, list(names)
    if compare and made.source is not None:
        phrases = np.stack([made.source, made.tokens], axis=1).reshape(-1, *made.tokens.shape[1:])
        headings = [f"Phrase {k // 2 + 1}, {'after' if k % 2 else 'before'}" for k in range(len(phrases))]
    headings = headings or ([f"Phrase {k + 1}" for k in range(len(phrases))] if len(phrases) > 1 else [])
    save_figure(song_roll(phrases[:MOST_DRAWN], headings[:MOST_DRAWN]), path)
    left = len(phrases) - MOST_DRAWN
    return (f"The piano roll shows the first {MOST_DRAWN} of {len(phrases)} phrases.",) if left > 0 else ()


def write_sweep(
    found: SongSweep, song: PlayedPhrases, drawn: Sequence[int], folder: Path, rows: Sequence[dict[str, Any]]
) -> None:
    """Write a sweep into a folder.

    Args:
        found: The sweep.
        song: The song that it began with; its programs and tempo are used.
        drawn: Dimensions that get MIDI, piano roll and correlation matrix of their own.
        folder: New or empty.
        rows: What `sweep.json` holds of each dimension.

    Raises:
        InputError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Cannot write to {folder}: {error.strerror}.") from error
    for place in (int(np.flatnonzero(found.dimensions == dimension)[0]) for dimension in drawn):
        name = f"dimension-{found.dimensions[place]}"
        write_song(song_of(found.tokens[place], song.tempo, song.programs), folder / f"{name}.mid")
        shown = [0, len(found.values[place]) // 2, len(found.values[place]) - 1]
        headings = [f"{found.values[place, k]:.2f}" for k in shown]
        roll = song_roll(found.tokens[place, shown], headings, f"Dimension {found.dimensions[place]}")
        save_figure(roll, folder / f"{name}.png")
        names = ["value", *found.names]
        title = f"Dimension {found.dimensions[place]}: what goes with its value, and with each other"
        save_figure(correlation_figure(found.matrix(place), names, names, title), folder / f"{name}-matrix.png")
    numbers = [str(dimension) for dimension in found.dimensions]
    title = "Correlation of attributes with the value of each latent dimension"
    figure = correlation_figure(found.correlation, numbers, found.names, title)
    save_figure(figure, folder / "correlations.png")
    write_whole(json.dumps({"dimensions": list(rows)}, indent=1).encode(), folder / "sweep.json")
