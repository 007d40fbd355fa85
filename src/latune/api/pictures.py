"""Pictures in the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.api.medium import EditOptions, Source, as_path
from latune.api.result import Result
from latune.control.editor import Editor
from latune.control.interpolate import Way as CodePath
from latune.control.interpolate import interpolate_pictures
from latune.control.pictures import edit_pictures, items_from_pictures, pictures_from_items
from latune.control.requests import answers, one_number_each
from latune.control.sample import Sample, sampled_pictures
from latune.data.picture_codec import PictureCodec
from latune.images.reading import COLOURS, pictures_from_array, read_pictures
from latune.images.sheets import png_bytes, sheet
from latune.images.strips import write_grid, write_strips
from latune.images.writing import write_pictures

__all__ = ["PictureMedium"]

Bytes = NDArray[np.uint8]

MOST_SHOWN = 100  # pictures of a sheet for the eye


@dataclass(frozen=True)
class PictureMedium:
    """A run on pictures."""

    editor: Editor
    codec: PictureCodec

    def items(self, x: Source) -> Bytes:
        """Pictures brought to the run's size and levels."""
        return items_from_pictures(self._read(x), self.codec)[0]

    def measured(self, x: Source) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Attributes of pictures."""
        return self.codec.table.names, self.codec.measure(self.items(x))

    def shown(self, items: Bytes) -> Bytes:
        """Pictures of 0 to 255."""
        return pictures_from_items(items, self.codec)

    def edit(self, x: Source, targets: Mapping[str, float | list[float]], options: EditOptions) -> Result:
        """Turn knobs in pictures."""
        edited = edit_pictures(self.editor, self._read(x), one_number_each(targets), **options.without_track())
        told = {"before": edited.before, "answers": edited.answers, "remarks": edited.remarks}
        return self._result(edited.images, edited.after, write_pictures, **told)

    def sampled(self, sample: Sample, targets: Mapping[str, float]) -> Result:
        """New pictures."""
        found = tuple(answers(self.codec.table.names, sample.values, sample.values, targets, ()))
        images = sampled_pictures(self.editor, sample)
        return self._result(images, sample.values, write_grid, answers=found, remarks=sample.remarks)

    def interpolate(self, a: Source, b: Source, steps: int, way: CodePath) -> Result:
        """Pictures between others, (N, steps, C, H, W); values pair by pair."""
        made = interpolate_pictures(self.editor, self._read(a), self._read(b), steps, way)
        values = np.swapaxes(made.steps.values, 0, 1).reshape(-1, len(self.codec.table))
        return self._result(made.images, values, write_strips, remarks=made.remarks)

    def _read(self, x: Source) -> Bytes:
        colour, path = self.codec.item_shape[0] == COLOURS, as_path(x)
        return pictures_from_array(np.asarray(x), colour) if path is None else read_pictures(path, colour)

    def _result(
        self, images: Bytes, values: NDArray[np.float64], write: Callable[[Path, Bytes], None], **told: Any
    ) -> Result:
        rows = (images if images.ndim == 5 else images[None])[:MOST_SHOWN, :MOST_SHOWN]
        return Result(
            images,
            self.codec.table.names,
            values,
            self.editor.knobs.ranges,
            lambda path: write(path, images),
            png=lambda: png_bytes(sheet(rows)),
            **told,
        )
