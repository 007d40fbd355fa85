"""`latune interpolate` and `latune sample`: make new items."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latune.cli.arguments import RunFolder, parse_knobs, rows_of_values
from latune.cli.data import prepare_items
from latune.cli.output import console, errors, print_json, table
from latune.cli.plugins import PluginFiles, load, open_run_with
from latune.cli.songs import interpolate_files, sample_new

if TYPE_CHECKING:
    from latune.control.editor import Editor
    from latune.control.interpolate import Interpolation, PictureInterpolation, TuneInterpolation
    from latune.control.sample import Sample

__all__ = ["interpolate", "sample"]

COLOURS = 3  # channels


class CodePath(StrEnum):
    """The way through latent space: a straight line, or around the origin."""

    linear = "linear"
    spherical = "spherical"


def interpolate(
    run: RunFolder,
    first: Annotated[Path, typer.Argument(help="Tune or picture to begin with", metavar="A")],
    second: Annotated[Path, typer.Argument(help="Tune or picture to end with", metavar="B")],
    output: Annotated[Path, typer.Option(help="File to write: as for edit; of pictures also .gif")],
    steps: Annotated[int, typer.Option(help="How many, with both ends.")] = 9,
    way: Annotated[CodePath, typer.Option(help="The way through latent space.")] = CodePath.linear,
    plugin: PluginFiles = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Go from one tune or picture to another, and write all steps.

    Music: measure by measure, the shorter tune repeated; one version of the tune after the other. Songs of several
    tracks: phrase by phrase (.mid, .wav, .png, .npz). Pictures: a strip (PNG), a moving one (GIF) or an array (npz).
    The first and the last step are A and B as the model decodes them.

    Example: latune interpolate runs/first a.mid b.mid --steps 9 --output between.mid
    """
    from latune.control.editor import open_editor
    from latune.data.picture_codec import PictureCodec
    from latune.data.song_codec import SongCodec

    plugins = load(plugin)
    opened = open_run_with(run, plugins)
    if isinstance(opened.codec, SongCodec):
        interpolate_files(run, first, second, output, steps, way.value, as_json)
        return
    editor = open_editor(run, plugins)
    make = _between_pictures if isinstance(editor.codec, PictureCodec) else _between_tunes
    made = make(editor, first, second, output, steps, way.value)
    _tell_steps(editor, made.steps, made.remarks, output, as_json)


def _between_tunes(editor: Editor, first: Path, second: Path, output: Path, steps: int, way: Any) -> TuneInterpolation:
    from latune.control.interpolate import interpolate_tunes
    from latune.music.score import write_tune

    _check_name(editor, output)
    made = interpolate_tunes(editor, first, second, steps, way)
    write_tune(made.tune, output)
    return made


def _between_pictures(
    editor: Editor, first: Path, second: Path, output: Path, steps: int, way: Any
) -> PictureInterpolation:
    from latune.control.interpolate import interpolate_pictures
    from latune.images.reading import read_pictures
    from latune.images.strips import STRIP_SUFFIXES, check_suffix, write_strips

    check_suffix(output, STRIP_SUFFIXES)
    ends = [read_pictures(path, colour=editor.codec.item_shape[0] == COLOURS) for path in (first, second)]
    made = interpolate_pictures(editor, ends[0], ends[1], steps, way)
    write_strips(output, made.images)
    return made


def _tell_steps(editor: Editor, steps: Interpolation, remarks: Sequence[str], output: Path, as_json: bool) -> None:
    kept = steps.kept.mean(axis=1)
    if as_json:
        rows = rows_of_values(editor.codec.table.names, steps.mean_values)
        told = [
            {"share": share, "like_first": like_first, "like_second": like_second, "means": mean}
            for share, (like_first, like_second), mean in zip(steps.shares.tolist(), kept.tolist(), rows, strict=True)
        ]
        print_json({"output": str(output), "remarks": list(remarks), "items": steps.items.shape[1], "steps": told})
        return
    for remark in remarks:
        errors.print(remark, markup=False)
    names = editor.knobs.names
    means = steps.mean_values[:, [editor.codec.table.index(name) for name in names]]
    shown = [
        (f"{share:.2f}", *(f"{value:.0%}" for value in like), *values)
        for share, like, values in zip(steps.shares.tolist(), kept.tolist(), means.tolist(), strict=True)
    ]
    table(f"{len(shown)} steps; measured means", ["share", "like A", "like B", *names], shown)
    console.print(f"Written: {output}", markup=False)


def sample(
    run: RunFolder,
    output: Annotated[Path, typer.Option(help="File to write: .mid or .musicxml, or .png or .npz")],
    knob: Annotated[
        list[str] | None, typer.Option(help="Wanted value in the attribute's unit.", metavar="NAME=VALUE")
    ] = None,
    genre: Annotated[
        str | None, typer.Option(help="Genre of new phrases, of runs that know such; default: each in turn.")
    ] = None,
    count: Annotated[int, typer.Option(help="How many measures, phrases or pictures.")] = 8,
    exact: Annotated[bool, typer.Option("--exact", help="Search until the measured values hit.")] = False,
    temperature: Annotated[
        float | None, typer.Option(help="Draw tokens with this temperature; default: the most likely ones. Music only.")
    ] = None,
    top_p: Annotated[
        float, typer.Option(help="Draw only from the most likely tokens of this joint probability.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all draws.")] = 0,
    plugin: PluginFiles = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make new measures or pictures, with knobs set or not.

    Codes are drawn as the codes of the training items lie (their mean and covariance), given the knobs. Measures are
    written one after the other, pictures as a sheet (PNG) or an array (npz). Phrases of songs are drawn from the prior
    of a genre, and written as .mid, .wav, .png (piano rolls) or .npz.

    Example: latune sample runs/first --knob note_density=0.25 --count 8 --output new.mid
    """
    from latune.control.editor import open_editor
    from latune.control.requests import one_number_each
    from latune.control.sample import SampleRequest, fit_codes, sample_items
    from latune.data.song_codec import SongCodec
    from latune.errors import InputError

    plugins = load(plugin)
    opened = open_run_with(run, plugins)
    if isinstance(opened.codec, SongCodec):
        if knob or exact:
            raise InputError("Phrases of songs are drawn from the prior: leave out --knob and --exact, and edit them.")
        sample_new(run, output, genre, count, temperature, top_p, seed, as_json)
        return
    if genre is not None:
        raise InputError("--genre: this run was not trained on songs.")
    editor = open_editor(run, plugins)
    targets = one_number_each(parse_knobs(knob or ()))
    request = SampleRequest(targets, count, exact, temperature, top_p, seed)
    request.check(editor)
    _check_name(editor, output)
    codes = fit_codes(editor, prepare_items(opened.recipe.data, plugins))
    made = sample_items(editor, codes, request)
    _write_sample(editor, made, output)
    _tell_sample(editor, made, targets, output, as_json)


def _check_name(editor: Editor, output: Path) -> None:
    from latune.data.picture_codec import PictureCodec
    from latune.images.strips import GRID_SUFFIXES, check_suffix
    from latune.music.score import WRITABLE

    check_suffix(output, GRID_SUFFIXES if isinstance(editor.codec, PictureCodec) else WRITABLE)


def _write_sample(editor: Editor, made: Sample, output: Path) -> None:
    from latune.control.sample import sampled_pictures, sampled_tune
    from latune.data.picture_codec import PictureCodec
    from latune.images.strips import write_grid
    from latune.music.score import write_tune

    if isinstance(editor.codec, PictureCodec):
        write_grid(output, sampled_pictures(editor, made))
    else:
        write_tune(sampled_tune(editor, made, output.stem), output)


def _tell_sample(editor: Editor, made: Sample, targets: dict[str, float], output: Path, as_json: bool) -> None:
    from latune.control.sample import summaries

    if as_json:
        items = rows_of_values(editor.codec.table.names, made.values)
        print_json({"output": str(output), "remarks": list(made.remarks), "wanted": targets, "items": items})
        return
    for remark in made.remarks:
        errors.print(remark, markup=False)
    count = len(made.items)
    rows = [
        (
            line.name,
            "" if line.wanted is None else f"{line.wanted:g}",
            line.mean,
            line.lowest,
            line.highest,
            "" if line.hits is None else f"{line.hits} of {count}",
        )
        for line in summaries(editor, made, targets)
    ]
    table(f"{count} new items", ["attribute", "wanted", "mean", "lowest", "highest", "within 10 %"], rows)
    console.print(f"Written: {output}", markup=False)
