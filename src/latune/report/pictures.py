"""Pictures on the page and as files: strips, grids, animations, planes, and what comes back from the codes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latune.control.editor import Editor
from latune.control.inference import decode_brightness
from latune.control.moves import has_moves
from latune.data.dataset import Dataset
from latune.figures import picture_grid, picture_strip, reconstructions, save_figure
from latune.figures.pixels import Pixels, as_pixels, png_bytes
from latune.figures.style import readable
from latune.images.sheets import enlarge, sheet, write_gif
from latune.report.media import Nouns, Report, Subject
from latune.report.moves import move_charts
from latune.report.picture_dimensions import (
    RESPONSES,
    TRAVERSALS,
    draw_responses,
    draw_traversals,
    has_places,
    write_traversals,
)
from latune.report.picture_plane import draw_plane, plane_names
from latune.report.picture_sweeps import (
    POSITIONS,
    PictureSweep,
    choose_pictures,
    make_picture_sweeps,
    one_of_each,
    pixels_of,
)
from latune.report.sweeps import Setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PICTURES", "Animation", "PictureCard", "Position"]

_WIDE_ENOUGH = 80  # pixels: the pictures of an animation are enlarged by a whole number to this width at least
_GAP, _FRAME_MILLISECONDS = 2, 100  # pixels around the pictures of an animation, and its speed, as published
_BESIDE: Setting = "code"  # written beside every traversal, for comparison with published figures


@dataclass(frozen=True)
class Position:
    """One picture of a strip on the page: its address, and the requested and the measured value as text."""

    address: str
    asked: str
    got: str


@dataclass(frozen=True)
class PictureCard:
    """One sweep on the page.

    Args:
        key: Identifier on the page.
        item: Number of the start picture in the test split.
        way: How the knob was set.
        own: Position that shows the start picture's own decode, if one does.
        title: What to call the start picture.
        original: Address of the start picture.
        positions: The pictures.
    """

    key: str
    item: int
    way: Setting
    own: int | None
    title: str
    original: str
    positions: list[Position]


@dataclass(frozen=True)
class Animation:
    """All knobs of one start picture that sweep together.

    Args:
        way: How the knobs were set.
        title: What to call the start picture.
        names: The knobs, one per column.
        address: The animation.
        still: Its first frame, for people who want no motion.
    """

    way: Setting
    title: str
    names: list[str]
    address: str
    still: str


class _Pictures:
    """Pictures."""

    nouns = Nouns(
        item="picture",
        group="base picture",
        element="pixel",
        exactly="pixel for pixel",
        small="they are equal, not only alike",
        truth="Nothing here says whether the pictures look natural: no number looks at sharpness or style, and nobody"
        " was asked. Look.",
        together="wider shapes also cover more area in real pictures",
        gaps=" Where a panel is empty there was nothing to measure, such as the place of a sprite in an empty picture.",
    )
    template = "pictures.html"
    heading = "See the knobs"
    doing = "sweeps"
    settings: tuple[Setting, ...] = ("path", "exact", "code")

    def choose_items(self, dataset: Dataset, editor: Editor, count: int, seed: int) -> tuple[list[int], bool]:
        return choose_pictures(dataset, editor, count, seed)

    def sweeps(self, subject: Subject, name: str, way: Setting) -> list[PictureSweep]:
        return make_picture_sweeps(subject, name, way)

    def card(self, sweep: PictureSweep, key: str, folder: Path, remarks: dict[str, None]) -> PictureCard:
        positions = [
            Position(_png_address(picture), asked, got)
            for picture, (asked, got) in zip(sweep.pixels, sweep.labels, strict=True)
        ]
        return PictureCard(key, sweep.item, sweep.way, sweep.own, sweep.title, _png_address(sweep.original), positions)

    def extras(self, subject: Subject, sweeps: Mapping[str, PictureSweep], folder: Path) -> dict[str, Any]:
        """The animations."""
        animations = []
        for (way, _), together in _together(sweeps.values()).items():
            content = _write_animation(together, folder).read_bytes()
            names = [readable(sweep.name) for sweep in together]
            address = "data:image/gif;base64," + base64.b64encode(content).decode()
            still = _png_address(np.concatenate([sweep.pixels[0] for sweep in together], axis=1))
            animations.append(Animation(way, together[0].title, names, address, still))
        return {"animations": animations}

    def charts(self, subject: Subject) -> dict[str, tuple[str, Callable[[], Figure]]]:
        charts: dict[str, tuple[str, Callable[[], Figure]]] = {
            "reconstructions": (_RECONSTRUCTIONS, lambda: _draw_reconstructions(subject))
        }
        pair = plane_names(subject.editor.knobs.names)
        if pair is not None:
            charts["plane"] = (_PLANE, lambda: draw_plane(subject, pair, "path"))
        if has_places(subject.dataset.table):
            charts["factor_responses"] = (RESPONSES, lambda: draw_responses(subject))
            charts["latent_traversals"] = (TRAVERSALS, lambda: draw_traversals(subject))
        if has_moves(subject.run):
            charts |= move_charts(subject)
        return charts

    def write(
        self, subject: Subject, names: Sequence[str], way: Setting, folder: Path, report: Report
    ) -> tuple[list[Path], list[str]]:
        """For each knob a strip per picture (PNG) and a grid of all; an animation per picture; the plane of two knobs.

        Where the place of what is shown is known, also every latent dimension, as a figure and as moving pictures.

        Strips and animations are made a second time with the knobs' dimensions set to evenly spaced codes.
        """
        ways = list(dict.fromkeys((way, _BESIDE)))
        groups = [self.sweeps(subject, name, setting) for setting in ways for name in names]
        total = sum(len(group) + 1 for group in groups)
        files: list[Path] = []
        for group in groups:
            for sweep in group:
                report("traversals", len(files), total)
                files.append(_save(_draw_strip(sweep), folder / f"{sweep.stem}.png"))
            files.append(_save(_draw_grid(group), folder / f"{group[0].name}{_suffix(group[0].way)}.png"))
        swept = [sweep for group in groups for sweep in group]
        files += [_write_animation(together, folder) for together in _together(swept).values()]
        pair = plane_names(tuple(names))
        if pair is not None:
            path = folder / f"{pair[0]}_and_{pair[1]}_{subject.items[0]}{_suffix(way)}.png"
            files.append(_save(draw_plane(subject, pair, way), path))
        if has_places(subject.dataset.table):
            files += write_traversals(subject, folder)
        report("traversals", total, total)
        return files, []


PICTURES = _Pictures()


def _suffix(way: Setting) -> str:
    return "" if way == "path" else f"_{way}"


def _png_address(picture: Pixels) -> str:
    return "data:image/png;base64," + base64.b64encode(png_bytes(picture)).decode()


def _save(figure: Figure, path: Path) -> Path:
    save_figure(figure, path)
    return path


def _draw_strip(sweep: PictureSweep) -> Figure:
    title = f"Turn {readable(sweep.name)} of {sweep.title}"
    return picture_strip(sweep.strip, sweep.name, sweep.unit, sweep.limits, title)


def _draw_grid(sweeps: Sequence[PictureSweep]) -> Figure:
    originals = np.stack([sweep.original for sweep in sweeps])
    names = [sweep.title.replace("test picture", "test").replace(" (", "\n(") for sweep in sweeps]
    title = f"Turn {readable(sweeps[0].name)}; left the pictures as they are"
    return picture_grid([sweep.strip for sweep in sweeps], originals, names, sweeps[0].limits, title)


def _draw_reconstructions(subject: Subject) -> Figure:
    indices, names = one_of_each(subject.dataset)
    items = np.asarray(subject.dataset.items[indices])
    decoded = decode_brightness(subject.editor.model, subject.editor.encode(items))
    return reconstructions(pixels_of(subject.dataset, items), as_pixels(decoded, 255), names)


def _together(sweeps: Any) -> dict[tuple[Setting, int], list[PictureSweep]]:
    """The sweeps of all knobs by way and start picture."""
    found: dict[tuple[Setting, int], list[PictureSweep]] = {}
    for sweep in sweeps:
        found.setdefault((sweep.way, sweep.item), []).append(sweep)
    return found


def _write_animation(sweeps: Sequence[PictureSweep], folder: Path) -> Path:
    """All knobs of one start picture, sweeping together: one column per knob, frame k shows position k of each."""
    places = np.arange(POSITIONS)  # a sweep with fewer positions shows each for longer
    columns = [sweep.pixels[places * len(sweep.pixels) // POSITIONS] for sweep in sweeps]
    pictures = np.moveaxis(np.stack(columns), -1, 2)  # (knobs, P, C, H, W)
    factor = -(-_WIDE_ENOUGH // pictures.shape[-1])
    large = enlarge(pictures, factor)
    frames = [sheet(large[None, :, place], _GAP) for place in range(large.shape[1])]
    path = folder / f"all_{sweeps[0].item}{_suffix(sweeps[0].way)}.gif"
    write_gif(path, frames, _FRAME_MILLISECONDS)
    return path


_RECONSTRUCTIONS = (
    "Test pictures, the first of each class where the data set has classes, and what the decoder expects at the mean of"
    " their codes, grey where it is in doubt. What is lost here, no knob brings back."
)
_PLANE = (
    "The first start picture with two knobs set together, ten values each, by “path”. From left to"
    " right only the one attribute should change, from bottom to top only the other. On the right the measured"
    " values: where the blue lattice lies on the dashed one, both knobs obey at once. The share in the title counts"
    " pictures whose two values are both within 10 % of the knob's range of what was asked for."
)
