"""The program `latune`: commands, and how errors leave it."""

from __future__ import annotations

import os
import sys

# Threads that wait spin only briefly: with another program on the cores, long spinning stalls training a hundredfold,
# and not spinning at all costs a third of the speed. Read by OpenMP when PyTorch is first imported, later than this.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# Large tensors in large pages: the kernel spends a tenth of the time on them. Read with the first large tensor.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

import typer

import latune
from latune.cli import coherence, data, exporting, making, measuring, scoring, songs, studies, studio, training, using
from latune.cli.output import console, errors
from latune.errors import LatuneError

__all__ = ["app", "main"]

BAD_INPUT = 2

app = typer.Typer(
    help="Generative models whose latent space has named knobs. Start with: latune demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data")
app.add_typer(studies.app, name="study")
app.command()(training.demo)
app.command()(training.recipes)
app.command()(training.train)
app.command()(training.evaluate)
app.command()(training.report)
app.command()(coherence.coherence)
app.command()(measuring.measure)
app.command()(scoring.metrics)
app.command()(using.traverse)
app.command()(using.edit)
app.command()(making.interpolate)
app.command()(making.sample)
app.command()(songs.reconstruct)
app.command()(songs.transfer)
app.command()(songs.sweep)
app.command()(exporting.export)
app.command()(studio.studio)


def _show_version(wanted: bool) -> None:
    if wanted:
        console.print(latune.__version__)
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show version."),
) -> None:
    """Generative models whose latent space has named knobs. Start with: latune demo."""


def main() -> None:
    """Run the command line; a user's mistake is one sentence and exit code 2, never a traceback."""
    try:
        app()
    except LatuneError as error:
        errors.print(f"Error: {error}", markup=False, style="red")
        sys.exit(BAD_INPUT)
