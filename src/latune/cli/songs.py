"""`latune reconstruct`, `transfer` and `sweep`, and what other commands do with runs of songs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latune.cli.arguments import RunFolder, rows_of_values
from latune.cli.output import console, errors, print_json, progress_bar, table

if TYPE_CHECKING:
    from latune.control.editor import Editor
    from latune.control.genres import Genres
    from latune.control.song_sweep import SongSweep
    from latune.control.songs import PlayedPhrases
    from latune.training.run_folder import Run

__all__ = ["interpolate_files", "reconstruct", "sample_new", "sweep", "transfer"]

OutputFile = Annotated[Path, typer.Option(help="File to write: .mid, .wav, .png (piano roll) or .npz (tokens)")]
InputFile = Annotated[Path, typer.Argument(help="MIDI file in 4/4", metavar="INPUT")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

DRAWN = 4  # dimensions of a sweep that get files of their own


def reconstruct(run: RunFolder, source: InputFile, output: OutputFile, as_json: Json = False) -> None:
    """Encode a song phrase by phrase, decode it again, and write what comes back.

    Example: latune reconstruct runs/songs song.mid --output back.mid
    """
    from latune.control.songs import reconstruct_song
    from latune.report.song_files import check_writable

    check_writable(output)
    _, editor = _open(run)
    made = reconstruct_song(editor, source)
    assert made.source is not None
    scores = editor.codec.compare(made.tokens, made.source)
    means = {name: float(values.mean()) for name, values in scores.items()}
    _write(made, output, compare=True)
    if as_json:
        print_json({"output": str(output), "remarks": list(made.remarks), "phrases": len(made.tokens), **means})
        return
    _tell_remarks(made)
    table(_counted(len(made.tokens), "phrase"), ["score", "mean"], list(means.items()))
    console.print(f"Written: {output}", markup=False)


def transfer(
    run: RunFolder,
    source: InputFile,
    output: OutputFile,
    genre: Annotated[str, typer.Option(help="Genre that the song is to have.", metavar="NAME")],
    own: Annotated[str | None, typer.Option(help="The song's own genre; default: as its code says.")] = None,
    as_json: Json = False,
) -> None:
    """Carry a song into another genre and leave the rest of its code as it is.

    Example: latune transfer runs/songs song.mid --genre disco --output disco.mid
    """
    from latune.control.songs import transfer_song
    from latune.report.song_files import check_writable

    check_writable(output)
    opened, editor = _open(run)
    genres = _genres(opened, editor)
    made = transfer_song(editor, genres, source, genres.index(genre), None if own is None else genres.index(own))
    _write(made.phrases, output, compare=True)
    before, after = made.before.mean(axis=0).tolist(), made.after.mean(axis=0).tolist()
    assert made.phrases.source is not None
    kept = float(editor.codec.similarity(made.phrases.tokens, made.phrases.source).mean())
    if as_json:
        shares = {name: {"before": b, "after": a} for name, b, a in zip(made.genres, before, after, strict=True)}
        told = {"output": str(output), "remarks": list(made.phrases.remarks), "phrases": len(made.before)}
        print_json({**told, "tokens_kept": kept, "genres": shares})
        return
    _tell_remarks(made.phrases)
    rows = list(zip(made.genres, before, after, strict=True))
    table(_counted(len(made.before), "phrase"), ["share of the genre", "before", "after"], rows)
    console.print(f"{kept:.0%} of the tokens stay. Written: {output}", markup=False)


def sweep(
    run: RunFolder,
    source: InputFile,
    output: Annotated[Path, typer.Option(help="Folder to write to; new or empty")],
    dimension: Annotated[
        list[int] | None, typer.Option(min=0, help="Dimension to write files of; default: those that change most.")
    ] = None,
    phrase: Annotated[int, typer.Option(min=1, help="Which phrase of the song.")] = 1,
    reach: Annotated[float, typer.Option(help="How far to either side, in deviations of the prior.")] = 3.0,
    steps: Annotated[int, typer.Option(help="How many values, with both ends.")] = 9,
    as_json: Json = False,
) -> None:
    """Sweep every latent dimension of a phrase and tell which of thirty attributes follow it.

    Writes sweep.json and correlations.png, and for some dimensions MIDI, a piano roll and all correlations.

    Example: latune sweep runs/songs song.mid --output sweep
    """
    from latune.control.song_sweep import sweep_phrase
    from latune.control.songs import read_phrases
    from latune.errors import InputError

    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"--output {output}: expected a new or empty folder.")
    opened, editor = _open(run)
    size = editor.model.latent_size
    if max(dimension or [0]) >= size:
        raise InputError(f"--dimension {max(dimension or [0])}: expected 0 to {size - 1}.")
    song = read_phrases(source)
    if phrase > len(song.tokens):
        raise InputError(f"--phrase {phrase}: the song has {len(song.tokens)}.")
    with progress_bar("Sweeping") as bar:
        found = sweep_phrase(
            editor, _genres(opened, editor), song.tokens[phrase - 1], reach=reach, steps=steps, report=bar.update
        )
    drawn = dimension or found.dimensions[found.changed.argsort()[::-1][:DRAWN]].tolist()
    _write_sweep(found, song, drawn, output)
    if as_json:
        print_json({"output": str(output), "remarks": list(song.remarks), "dimensions": _sweep_rows(found)})
        return
    _tell_remarks(song)
    rows = []
    for place in found.changed.argsort()[::-1][:10]:
        r, name = _strongest(found, int(place))
        rows.append(
            (f"{found.dimensions[place]}", f"{found.changed[place]:.0%}", name, "" if r is None else f"{r:+.2f}")
        )
    table("What changes most", ["dimension", "tokens changed", "attribute that follows most", "r"], rows)
    console.print(f"Written: {output}", markup=False)


def interpolate_files(run: Path, first: Path, second: Path, output: Path, steps: int, way: Any, as_json: bool) -> None:
    """`latune interpolate` for runs of songs."""
    from latune.control.songs import interpolate_songs
    from latune.report.song_files import check_writable

    check_writable(output)
    _, editor = _open(run)
    made = interpolate_songs(editor, first, second, steps, way)
    names = [f"{share:.0%} of the way" for share in made.steps.shares] if len(made.phrases.tokens) == steps else []
    _write(made.phrases, output, names=names)
    kept = made.steps.kept.mean(axis=1).tolist()
    if as_json:
        values = rows_of_values(editor.codec.table.names, made.steps.mean_values)
        told = [
            {"share": share, "like_first": a, "like_second": b, "means": means}
            for share, (a, b), means in zip(made.steps.shares.tolist(), kept, values, strict=True)
        ]
        print_json({"output": str(output), "remarks": list(made.phrases.remarks), "steps": told})
        return
    _tell_remarks(made.phrases)
    rows = [
        (f"{share:.2f}", f"{a:.0%}", f"{b:.0%}") for share, (a, b) in zip(made.steps.shares.tolist(), kept, strict=True)
    ]
    table(f"{len(rows)} steps", ["share", "like A", "like B"], rows)
    console.print(f"Written: {output}", markup=False)


def sample_new(
    run: Path,
    output: Path,
    genre: str | None,
    count: int,
    temperature: float | None,
    top_p: float,
    seed: int,
    as_json: bool,
) -> None:
    """`latune sample` for runs of songs."""
    from latune.control.songs import sample_phrases
    from latune.report.song_files import check_writable

    check_writable(output)
    opened, editor = _open(run)
    genres = _genres(opened, editor)
    place = None if genre is None else genres.index(genre)
    made = sample_phrases(editor, genres, count, place, temperature=temperature, top_p=top_p, seed=seed)
    in_turn = [genres.names[k % len(genres.names)] for k in range(count)] if genres.names else []
    of = [genre] * count if genre is not None else in_turn
    _write(made, output, names=of)
    values = editor.codec.measure(made.tokens)
    if as_json:
        rows = rows_of_values(editor.codec.table.names, values)
        named = [{"genre": of[k] if of else None, **row} for k, row in enumerate(rows)]
        print_json({"output": str(output), "remarks": list(made.remarks), "phrases": named})
        return
    shown = editor.knobs.names
    columns = [editor.codec.table.index(name) for name in shown]
    table(
        _counted(count, "new phrase"),
        ["genre", *shown],
        [(of[k] if of else "", *values[k, columns].tolist()) for k in range(count)],
    )
    console.print(f"Written: {output}", markup=False)


def _open(folder: Path) -> tuple[Run, Editor]:
    from latune.control.editor import open_editor
    from latune.training.run_folder import open_run

    return open_run(folder), open_editor(folder)


def _genres(run: Run, editor: Editor) -> Genres:
    from latune.control.genres import open_genres

    return open_genres(run, editor.model.latent_size)


def _write(made: PlayedPhrases, output: Path, names: list[str] | None = None, compare: bool = False) -> None:
    from latune.report.song_files import write_phrases

    for remark in write_phrases(made, output, names or (), compare):
        errors.print(remark, markup=False)


def _write_sweep(found: SongSweep, song: PlayedPhrases, drawn: list[int], output: Path) -> None:
    from latune.report.song_files import write_sweep

    write_sweep(found, song, drawn, output, _sweep_rows(found))


def _sweep_rows(found: SongSweep) -> list[dict[str, Any]]:
    """A mapping per dimension, for programs."""
    rows = []
    for place, dimension in enumerate(found.dimensions.tolist()):
        correlation = rows_of_values(found.names, found.correlation[place][None])[0]
        p_values = rows_of_values(found.names, found.p_value[place][None])[0]
        rows.append(
            {
                "dimension": dimension,
                "values": found.values[place].tolist(),
                "tokens_changed": float(found.changed[place]),
                "correlation": correlation,
                "p_value": p_values,
            }
        )
    return rows


def _strongest(found: SongSweep, place: int) -> tuple[float | None, str]:
    import numpy as np

    correlation = np.nan_to_num(found.correlation[place], nan=0.0)
    best = int(np.abs(correlation).argmax())
    return (float(correlation[best]), found.names[best]) if correlation[best] else (None, "none")


def _tell_remarks(made: PlayedPhrases) -> None:
    for remark in made.remarks:
        errors.print(remark, markup=False)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
