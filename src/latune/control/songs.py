"""What a run of songs does with MIDI files: bring back, join, restyle, turn knobs, and make new phrases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from latune.control.editor import Editor, Way
from latune.control.genres import Genres
from latune.control.inference import Codes
from latune.control.interpolate import Interpolation, interpolate
from latune.control.interpolate import Way as CodePath
from latune.control.requests import Answer, answers, check_names, refuse_unreachable, remarks_on_range
from latune.data.song_codec import SongCodec
from latune.errors import InputError
from latune.models.latent_model import TokenModel
from latune.music.songs.cutting import CutSong, cut_song
from latune.music.songs.reading import LARGEST, read_song
from latune.music.songs.tokens import plain
from latune.music.songs.writing import PROGRAMS, song_of
from latune.music.wording import printable

if TYPE_CHECKING:
    from latune.music.songs.song import Song

__all__ = [
    "PlayedPhrases",
    "SongEdit",
    "SongInterpolation",
    "StyleTransfer",
    "edit_song",
    "interpolate_songs",
    "read_phrases",
    "reconstruct_song",
    "sample_phrases",
    "transfer_song",
]

Tokens = NDArray[np.uint8]


@dataclass(frozen=True)
class PlayedPhrases:
    """Phrases that follow each other, and how they are to sound.

    Args:
        tokens: What is played, (P, 256, 4).
        programs: General MIDI program of each track.
        tempo: Quarters per minute.
        remarks: Sentences about what was done on the way.
        source: What they were made of, (P, 256, 4), where they were made of something.
    """

    tokens: Tokens
    programs: tuple[int, ...] = PROGRAMS
    tempo: float = 120.0
    remarks: tuple[str, ...] = ()
    source: Tokens | None = None

    @property
    def song(self) -> Song:
        """As a song of four parts."""
        return song_of(self.tokens, self.tempo, self.programs)


@dataclass(frozen=True)
class SongInterpolation:
    """Phrases between those of two songs.

    Args:
        phrases: Phrase by phrase, the steps from the first song's to the second one's.
        steps: What was measured of them.
    """

    phrases: PlayedPhrases
    steps: Interpolation


@dataclass(frozen=True)
class StyleTransfer:
    """A song in another genre.

    Args:
        phrases: The result; its source is what the run makes of the song itself.
        genres: Names of the genres.
        before: Shares of each genre in the codes of the song, (P, L).
        after: The same of the codes of what was written, (P, L).
    """

    phrases: PlayedPhrases
    genres: tuple[str, ...]
    before: NDArray[np.float64]
    after: NDArray[np.float64]


@dataclass(frozen=True)
class SongEdit:
    """A song whose knobs were turned.

    Args:
        phrases: The result, and what it was made of.
        before: Attributes of the phrases before, (P, A).
        after: Attributes of the result, (P, A).
        answers: What became of each request.
    """

    phrases: PlayedPhrases
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    answers: tuple[Answer, ...]


def read_phrases(path: Path) -> PlayedPhrases:
    """A MIDI file as consecutive phrases.

    Raises:
        InputError: It cannot be read, is not in 4/4, or has no notes.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise InputError(f"Cannot read {printable(str(path))}: {error.strerror}.") from error
    if size > LARGEST:
        raise InputError(f"The file '{path.name}' is too large: expected at most {LARGEST // 2**20} MiB.")
    cut: CutSong = cut_song(read_song(data, path.name))
    return PlayedPhrases(cut.tokens, cut.programs, cut.tempo, cut.remarks)


def reconstruct_song(editor: Editor, path: Path) -> PlayedPhrases:
    """What a run makes of a song: its phrases encoded and decoded.

    Raises:
        InputError: The file cannot be read, or the run was not trained on songs.
    """
    _check(editor)
    song = read_phrases(path)
    return _made(song, editor.decode(editor.encode(song.tokens)))


def interpolate_songs(
    editor: Editor, first: Path | PlayedPhrases, second: Path | PlayedPhrases, steps: int, way: CodePath = "linear"
) -> SongInterpolation:
    """Go from the phrases of one song to those of another, the shorter song repeated.

    The result has the programs and the tempo of the first one.

    Raises:
        InputError: A file cannot be read, the run was not trained on songs, or the number of steps is out of range.
    """
    _check(editor)
    sources = first, second
    ends = [_phrases(source) for source in sources]
    titles = [
        source.name if isinstance(source, Path) else f"The {which} song"
        for which, source in zip(("first", "second"), sources, strict=True)
    ]
    lengths = [len(end.tokens) for end in ends]
    places = np.arange(max(lengths))
    first_tokens, second_tokens = (end.tokens[places % len(end.tokens)] for end in ends)
    result = interpolate(editor, first_tokens, second_tokens, steps, way)
    tokens = np.swapaxes(result.items, 0, 1)  # all steps of the first phrase, then those of the second one
    remarks = [f"{title}: {remark}" for title, end in zip(titles, ends, strict=True) for remark in end.remarks]
    if lengths[0] != lengths[1]:
        shorter = int(lengths[1] < lengths[0])
        remarks.append(
            f"{titles[shorter]} has fewer phrases ({lengths[shorter]}) than the other ({max(lengths)}): it is repeated."
        )
    phrases = replace(_made(ends[0], tokens.reshape(-1, *tokens.shape[2:])), remarks=tuple(remarks), source=None)
    return SongInterpolation(phrases, result)


def sample_phrases(
    editor: Editor,
    genres: Genres,
    count: int,
    genre: int | None = None,
    *,
    temperature: float | None = None,
    top_p: float = 1.0,
    seed: int = 0,
) -> PlayedPhrases:
    """New phrases, decoded from draws of the prior.

    Args:
        editor: A run that was trained on songs.
        genres: Its prior.
        count: How many.
        genre: Of which genre; default: of each in turn, where the run knows any.
        temperature: Draw tokens with it; default: the most likely ones.
        top_p: Draw only from the most likely tokens of this joint probability.
        seed: Seed of all draws.

    Raises:
        InputError: The run was not trained on songs, or a number is out of range.
    """
    _check(editor)
    if count < 1:
        raise InputError(f"The count is {count}: expected at least 1.")
    codes = genres.draw(count, seed, genre)
    if temperature is None:
        return PlayedPhrases(plain(editor.decode(codes)))
    if temperature <= 0 or not 0 < top_p <= 1:
        raise InputError(
            f"The temperature is {temperature:g} and top-p {top_p:g}: expected more than 0, and more than 0 up to 1."
        )
    return PlayedPhrases(plain(_drawn(editor, codes, temperature, top_p, seed)))


@torch.no_grad()
def _drawn(editor: Editor, codes: Codes, temperature: float, top_p: float, seed: int) -> Tokens:
    assert isinstance(editor.model, TokenModel)
    device = next(editor.model.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    tokens = editor.model.generate(torch.from_numpy(codes).to(device), temperature, top_p, generator)
    return tokens.to(torch.uint8).cpu().numpy()


def transfer_song(editor: Editor, genres: Genres, path: Path, target: int, source: int | None = None) -> StyleTransfer:
    """Carry a song into another genre; all of its code that is not genre stays.

    Args:
        editor: A run that was trained on songs.
        genres: Its genres.
        path: MIDI file.
        target: The genre that is wanted.
        source: The song's own genre; default: of each phrase the one that is most of its code.

    Raises:
        InputError: The file cannot be read, or the run was not trained on songs.
    """
    _check(editor)
    song = read_phrases(path)
    codes = editor.encode(song.tokens)
    sources = genres.of(codes) if source is None else np.full(len(codes), source)
    own, carried = (plain(editor.decode(each)) for each in (codes, genres.carry(codes, sources, target)))
    phrases = replace(_made(song, carried), source=own)
    return StyleTransfer(phrases, genres.names, genres.shares(codes), genres.shares(editor.encode(carried)))


def edit_song(
    editor: Editor,
    source: Path | PlayedPhrases,
    targets: Mapping[str, float],
    *,
    held: Sequence[str] = (),
    way: Way = "path",
    nearest: bool = False,
    seed: int = 0,
) -> SongEdit:
    """Turn knobs in every phrase of a song.

    Args:
        editor: A run that was trained on songs.
        source: MIDI file, or phrases that were read.
        targets: Wanted value per attribute, in its unit, for every phrase.
        held: Attributes that keep their value.
        way: How the request is met, see `latune.control.editor.Way`.
        nearest: Take what comes closest where a request cannot be met.
        seed: Seed of the search of "exact".

    Raises:
        InputError: The file cannot be read, a name is unknown, the run was not trained on songs, or a request cannot
            be met.
    """
    _check(editor)
    check_names(editor, targets, held, way)
    song = _phrases(source)
    edit, before = editor.turn_by(way, song.tokens, targets, held, seed), editor.codec.measure(song.tokens)
    answered = answers(editor.codec.table.names, before, edit.values, targets, held)
    if not nearest:
        refuse_unreachable(editor, answered, way)
    made = _made(song, edit.items)
    made = replace(made, remarks=(*made.remarks, *remarks_on_range(editor, targets, way)))
    return SongEdit(made, before, edit.values, tuple(answered))


def _phrases(source: Path | PlayedPhrases) -> PlayedPhrases:
    return source if isinstance(source, PlayedPhrases) else read_phrases(source)


def _made(song: PlayedPhrases, tokens: Tokens) -> PlayedPhrases:
    """Phrases that were made of a song and sound like it."""
    return replace(song, tokens=plain(tokens), source=song.tokens)


def _check(editor: Editor) -> None:
    if not isinstance(editor.codec, SongCodec):
        raise InputError("This run was not trained on songs of several tracks: train a recipe of midi/.")
