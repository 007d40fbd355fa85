"""What an export is made of: a finished run, what was measured of it, and what is known of its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from latune.control.editor import Editor, open_editor
from latune.control.sample import CodeDistribution, codes_from_dict, fit_codes
from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.own_attributes import with_plugins
from latune.data.picture_codec import PictureCodec
from latune.data.store import is_stored, load_dataset
from latune.errors import RunError
from latune.plugins import Plugin
from latune.recipes.items import items_of
from latune.training.run_folder import Run, open_run

__all__ = ["CODES", "RunSource", "open_source", "prepared_data"]

CODES = "codes.json"
"""Where codes lie, so that new items can be drawn without the data."""


@dataclass(frozen=True)
class RunSource:
    """A finished run.

    Args:
        run: It.
        editor: It opened for editing.
        plugins: Where the user's own attributes come from.
        dataset: Its data, where they are prepared on this machine.
    """

    run: Run
    editor: Editor
    plugins: tuple[Plugin, ...] = ()
    dataset: Dataset | None = None

    @property
    def certificate(self) -> dict[str, Any] | None:
        """Its certificate, where it was evaluated."""
        return self._content("certificate.json")

    @property
    def metrics(self) -> dict[str, Any] | None:
        """Its metrics, where it was evaluated."""
        return self._content("metrics.json")

    @property
    def finished(self) -> dict[str, Any] | None:
        """How its training ended."""
        return self._content("finished.json")

    @property
    def data_words(self) -> Mapping[str, Any]:
        """Source and licence of its data, where they are known here."""
        return {} if self.dataset is None else self.dataset.description

    @cached_property
    def codes(self) -> CodeDistribution | None:
        """Where its codes lie, which new items are drawn from: of runs on measures or pictures.

        It is fitted to the data; where these are not here it is what an export left beside the weights, or None.
        """
        if not isinstance(self.editor.codec, MeasureCodec | PictureCodec):
            return None
        if self.dataset is None:
            content = self._content(CODES)
            return None if content is None else codes_from_dict(content, self.run.folder / CODES)
        return fit_codes(self.editor, self.dataset)

    def _content(self, name: str) -> dict[str, Any] | None:
        return self.run.read_json(name) if (self.run.folder / name).is_file() else None


def open_source(folder: Path, plugins: Sequence[Plugin] = ()) -> RunSource:
    """Open a run for export.

    Args:
        folder: Run folder.
        plugins: Where the user's own attributes come from; needed where it was trained with such.

    Raises:
        RunError: It is no run folder, or training has not come to its end.
    """
    run = open_run(folder, plugins)
    if not run.finished:
        raise RunError(f"{folder} is not finished: go on with latune train --resume --out {folder}.")
    return RunSource(run, open_editor(folder, plugins), tuple(plugins), prepared_data(run, plugins))


def prepared_data(run: Run, plugins: Sequence[Plugin]) -> Dataset | None:
    """The data of a run as it reads them, or None where they are not prepared on this machine."""
    data = run.recipe.data
    if not is_stored(data.name):
        return None
    return items_of(with_plugins(load_dataset(data.name), tuple(plugins)), data)
