"""The files of traversals: what each knob makes of each start item, as the item's medium shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from latune.control.editor import Editor
from latune.data.dataset import Dataset
from latune.report.media import Report, Subject, medium_of
from latune.report.sweeps import Setting, starts_in_split
from latune.training.run_folder import Run

__all__ = ["FOLDER", "ITEMS", "Traversals", "build_traversals"]

FOLDER = "traversals"
ITEMS = 3  # start items that are drawn by default


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
    way: Setting = "path",
    report: Report | None = None,
) -> Traversals:
    """Turn knobs of held-out items and write what comes out.

    Music: for each knob and measure `traversals/<knob>_<item>` with `.svg` (score), `.png` (piano roll with the curve
    of values) and `.mid`. Pictures: for each knob and picture `<knob>_<item>.png` (a strip with its curve), for each
    knob `<knob>.png` (a grid), for each picture `all_<item>.gif` (all knobs together), and
    `<knob>_and_<knob>_<item>.png` (two knobs at once); strips, grids and animations also by code. Ways other than
    "path" add their name. Songs: for each knob and phrase `<knob>_<item>.png` (piano rolls) and `.mid`.

    Args:
        run: The run.
        dataset: The data set it was trained on.
        editor: The run opened for editing.
        names: Knobs; default: all.
        items: Numbers of items in the test split; default: three at random, by the run's seed.
        way: "alone", "joint", "path" or "exact"; pictures also by "code".
        report: Told the progress.

    Raises:
        InputError: There is no such knob.
        DataError: The test split has no such item.
    """
    tell = report or (lambda *_: None)
    medium = medium_of(dataset.codec)
    names = editor.knobs.names if names is None else names
    for name in names:
        editor.knobs.index(name)
    if items is None:
        items, _ = medium.choose_items(dataset, editor, ITEMS, run.recipe.seed)
    starts_in_split(dataset, items)
    folder = run.folder / FOLDER
    folder.mkdir(exist_ok=True)
    files, remarks = medium.write(Subject(run, dataset, editor, items), names, way, folder, tell)
    return Traversals(tuple(files), tuple(remarks))
