"""The files of traversals: score, piano roll and MIDI for each knob and start measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from latune.control.editor import Editor
from latune.control.traverse import Way
from latune.data.dataset import Dataset
from latune.errors import MissingExtraError
from latune.figures import save_figure
from latune.figures.style import readable
from latune.music.score import write_tune
from latune.report.sweeps import Sweep, choose_items, make_sweeps
from latune.training.run_folder import Run, write_text

__all__ = ["FOLDER", "Report", "Traversals", "build_traversals", "write_midi", "write_score"]

FOLDER = "traversals"
ITEMS = 3  # start measures that are drawn by default

Report = Callable[[str, int, int], None]
"""Told (what is being made, done, total)."""


@dataclass(frozen=True)
class Traversals:
    """What `build_traversals` wrote.

    Args:
        files: The files, in the run's folder `traversals`.
        remarks: Sentences about what could not be written and what to install.
    """

    files: tuple[Path, ...]
    remarks: tuple[str, ...]


def build_traversals(
    run: Run,
    dataset: Dataset,
    editor: Editor,
    names: Sequence[str] | None = None,
    items: Sequence[int] | None = None,
    way: Way = "joint",
    report: Report | None = None,
) -> Traversals:
    """Turn knobs of held-out measures and write what comes out.

    For each knob and measure `traversals/<knob>_<item>` with `.svg` (score), `.png` (piano roll with the curve
    of values) and `.mid`; ways other than "joint" add their name.

    Args:
        run: The run.
        dataset: The data set it was trained on.
        editor: The run opened for editing.
        names: Knobs; default: all.
        items: Numbers of items in the test split; default: three at random, by the run's seed.
        way: "joint", "alone" or "exact".
        report: Told the progress.

    Raises:
        InputError: There is no such knob.
        DataError: The test split has no such item.
    """
    tell = report or (lambda *_: None)
    names = editor.knobs.names if names is None else names
    if items is None:
        items, _ = choose_items(dataset, editor, ITEMS, run.recipe.seed)
    folder = run.folder / FOLDER
    sweeps = [sweep for name in names for sweep in make_sweeps(editor, dataset, name, items, way, run.recipe.seed)]
    folder.mkdir(exist_ok=True)
    files: list[Path] = []
    remarks: dict[str, None] = {}
    for done, sweep in enumerate(sweeps):
        tell("traversals", done, len(sweeps))
        path = folder / f"{sweep.stem}.png"
        save_figure(sweep.roll(title=f"Turn {readable(sweep.name)} of test measure {sweep.item}"), path)
        files.append(path)
        for write in (write_score, write_midi):
            try:
                files.append(write(sweep, folder))
            except MissingExtraError as error:
                remarks[str(error)] = None
    tell("traversals", len(sweeps), len(sweeps))
    return Traversals(tuple(files), tuple(remarks))


def write_score(sweep: Sweep, folder: Path) -> Path:
    """Write the engraved score as SVG; needs verovio."""
    path = folder / f"{sweep.stem}.svg"
    write_text(path, sweep.score())
    return path


def write_midi(sweep: Sweep, folder: Path) -> Path:
    """Write the measures as one MIDI file; needs symusic."""
    path = folder / f"{sweep.stem}.mid"
    write_tune(sweep.tune(), path)
    return path
