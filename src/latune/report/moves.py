"""The figures of a run with moves: its regions, what moves make of pictures, and where they lead."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.control.inference import Codes
from latune.control.moves import Mover, Places, open_mover
from latune.control.pictures import pictures_from_items
from latune.control.region_paths import geodesic_codes, straight_codes
from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.data.regions import regions_of
from latune.figures import move_rows, region_interpolation, region_map, region_sheet, relation_maps, symbol_triplets
from latune.report.choice import evenly
from latune.report.media import Subject
from latune.report.move_scores import move_score_charts
from latune.report.picture_dimensions import shape_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["move_charts"]

_APPLICATIONS = 3  # of each move, one after the other
_SAMPLES = 4  # of each region
_TRIPLETS = 12
_PLACES = 9  # on the way between two regions
_MOST_MOVED = 6000  # pictures that are moved for the maps, about
_MOST_POINTS = 3000  # of the map of codes
_SEED = 0

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class _Shown:
    """What is shown of a run with moves.

    Args:
        mover: Its moves.
        dataset: The data set that it was trained on.
        regions: Region of each item of the data set, (items,), -1 outside.
    """

    mover: Mover
    dataset: Dataset
    regions: NDArray[np.int16]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the regions."""
        return self.mover.regions.names

    @property
    def entities(self) -> int:
        """How many of the regions can be moved."""
        return self.mover.regions.entities

    @cached_property
    def test(self) -> NDArray[np.int64]:
        """Test items that lie in a region."""
        indices = self.dataset.split("test")
        return indices[self.regions[indices] >= 0]

    def draw(self, region: int, count: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Test items of a region, drawn with replacement; of all its items where none is a test item."""
        own = self.test[self.regions[self.test] == region]
        if not len(own):
            own = np.flatnonzero(self.regions == region)
        return generator.choice(own, count)

    def items(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        return np.asarray(self.dataset.items[indices])

    def pictures(self, indices: NDArray[np.int64]) -> Bytes:
        """Real pictures (N, C, H, W), 0 to 255."""
        assert isinstance(self.dataset.codec, PictureCodec)
        return pictures_from_items(self.items(indices), self.dataset.codec)

    def encode(self, indices: NDArray[np.int64]) -> Codes:
        return self.mover.encode(self.items(indices))

    def read(self, codes: Codes) -> Places:
        """Region that what is decoded from codes (N, D) is nearest to when it is encoded again, (N,)."""
        return self.mover.places(self.mover.encode(self.mover.decode(codes)))


def move_charts(subject: Subject) -> dict[str, tuple[str, Callable[[], Figure]]]:
    """Caption and drawing function of the figures of a run with moves, by name.

    Raises:
        RunError: The run has no moves, or its files are damaged.
    """
    shown = _Shown(open_mover(subject.run), subject.dataset, regions_of(subject.dataset)[1])
    charts: dict[str, tuple[str, Callable[[], Figure]]] = {}
    if shown.mover.binary:
        charts["symbol_triplets"] = (_TRIPLETS_CAPTION, lambda: _draw_triplets(shown))
    else:
        charts["move_rows"] = (_ROWS, lambda: _draw_rows(shown))
    charts["relation_maps"] = (_MAPS, lambda: _draw_maps(shown))
    charts["region_sheet"] = (_SHEET, lambda: _draw_sheet(shown))
    charts["region_interpolation"] = (_BETWEEN, lambda: _draw_between(shown))
    charts["region_map"] = (_PLANE, lambda: _draw_plane(shown))
    if (subject.run.folder / "metrics.json").is_file():
        charts |= move_score_charts(subject.run.read_json("metrics.json").get("regions", {}))
    return charts


def _draw_sheet(shown: _Shown) -> Figure:
    mover, count = shown.mover, len(shown.names)
    samples = mover.sample(np.repeat(np.arange(count), _SAMPLES), _SEED).reshape(count, _SAMPLES, -1)
    means = mover.mixture.means.numpy(force=True)
    return region_sheet(mover.show(means), mover.show(samples), shown.names)


def _draw_rows(shown: _Shown) -> Figure:
    """For each move a test picture of a random region, its chain, and the real pictures that should have come."""
    mover, generator = shown.mover, np.random.default_rng(_SEED)
    moves = np.arange(len(mover.names))
    starts = generator.permutation(shown.entities)[moves % shown.entities]
    sources = np.concatenate([shown.draw(region, 1, generator) for region in starts])
    codes, wanted = [shown.encode(sources)], [starts]
    for _ in range(_APPLICATIONS):
        codes.append(mover.move(codes[-1], moves))
        wanted.append(mover.targets(moves, wanted[-1]))
    counterparts = _counterparts(shown, np.tile(sources, _APPLICATIONS), np.concatenate(wanted[1:]))
    truths = shown.pictures(counterparts)
    decoded = mover.show(np.stack(codes[1:], axis=1))
    read = np.stack([shown.read(chained) for chained in codes[1:]], axis=1)
    by_step = truths.reshape(_APPLICATIONS, len(moves), *truths.shape[1:]).swapaxes(0, 1)
    return move_rows(
        shown.pictures(sources),
        decoded,
        by_step,
        mover.names,
        _named(shown, read),
        _named(shown, np.stack(wanted[1:], 1)),
    )


def _counterparts(shown: _Shown, sources: NDArray[np.int64], wanted: Places) -> NDArray[np.int64]:
    """For each source the item of the wanted region (N,) whose place within it is closest to the source's in its own.

    A place is what is left of the attributes when a region's means are taken away, in standard deviations.
    """
    inside = np.flatnonzero(shown.regions >= 0)
    places = np.asarray(shown.dataset.attributes[inside], float)
    regions = shown.regions[inside]
    for region in np.unique(regions):
        places[regions == region] -= places[regions == region].mean(axis=0)
    places /= places.std(axis=0) + 1e-9
    own = places[np.searchsorted(inside, sources)]
    found = []
    for place, region in zip(own, wanted, strict=True):
        candidates = np.flatnonzero(regions == region)
        distances = np.nansum((places[candidates] - place) ** 2, axis=1)
        found.append(inside[candidates[np.argmin(distances)]])
    return np.array(found)


def _draw_maps(shown: _Shown) -> Figure:
    """Where test pictures of every region, or of every pair of operands, are read after each move."""
    mover, generator = shown.mover, np.random.default_rng(_SEED)
    tables = mover.moves.tables.numpy(force=True)
    count = int(np.clip(_MOST_MOVED // tables.size, 2, 40))
    drawn = np.stack([shown.draw(region, count, generator) for region in range(shown.entities)])
    codes = shown.encode(drawn.ravel()).reshape(shown.entities, count, -1)
    left, right, starts = codes, None, None
    if mover.binary:
        left = np.repeat(codes, shown.entities, axis=0)  # all pairs of operands, the left one varying slowest
        right = np.tile(codes[:, ::-1], (shown.entities, 1, 1)).reshape(-1, codes.shape[-1])
        starts = [f"{first}, {second}" for first, second in itertools.product(shown.names[: shown.entities], repeat=2)]
    shares = []
    for name in mover.names:
        reached = shown.read(mover.move(left.reshape(-1, codes.shape[-1]), name, right)).reshape(len(left), count)
        shares.append(np.stack([(reached == region).mean(axis=1) for region in range(len(shown.names))], axis=1))
    return relation_maps(np.stack(shares), tables.reshape(len(tables), -1), shown.names, mover.names, starts)


def _draw_triplets(shown: _Shown) -> Figure:
    """Formulas of test pictures drawn at random; operators are given as pictures too."""
    mover, generator = shown.mover, np.random.default_rng(_SEED)
    moves = np.arange(_TRIPLETS) % len(mover.names)
    left, right = generator.integers(shown.entities, size=(2, _TRIPLETS))
    operators = mover.moves.operators.numpy(force=True)[moves]
    drawn = [np.concatenate([shown.draw(one, 1, generator) for one in part]) for part in (left, operators, right)]
    first, sign, second = (shown.encode(indices) for indices in drawn)
    codes = mover.move(first, moves, second, sign)
    formulas = [
        shown.names[a] + " " + shown.names[s] + " " + shown.names[b]
        for a, s, b in zip(left, operators, right, strict=True)
    ]
    pictures = [shown.pictures(indices) for indices in drawn]
    wanted, read = (_named(shown, places) for places in (mover.targets(moves, left, right), shown.read(codes)))
    return symbol_triplets(pictures[0], pictures[1], pictures[2], mover.show(codes), wanted, formulas, read)


def _draw_between(shown: _Shown) -> Figure:
    mover, generator = shown.mover, np.random.default_rng(_SEED)
    pairs = _far_pairs(shown.entities)
    shares = np.linspace(0, 1, _PLACES)
    linear, geodesic = [], []
    for first, last in pairs:
        start, end = (shown.encode(shown.draw(region, 1, generator)) for region in (first, last))
        linear.append(straight_codes(start, end, shares)[:, 0])
        geodesic.append(geodesic_codes(mover.mixture, start, first, last, shares)[:, 0])
    ways = {"linear": mover.show(np.stack(linear)), "geodesic": mover.show(np.stack(geodesic))}
    return region_interpolation(ways, [(shown.names[first], shown.names[last]) for first, last in pairs])


def _far_pairs(count: int) -> list[tuple[int, int]]:
    """Up to three pairs of regions that are far from each other in number."""
    pairs = [(0, count - 1), (min(1, count - 1), count // 2), (count // 3, 2 * count // 3)]
    return [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]


def _draw_plane(shown: _Shown) -> Figure:
    indices = shown.test[evenly(len(shown.test), _MOST_POINTS)]
    mixture = shown.mover.mixture
    means, covariances = mixture.means.numpy(force=True), mixture.covariances.numpy(force=True)
    codes, regions = shown.encode(indices), shown.regions[indices]
    return region_map(codes, regions, means, covariances, shown.names, _shapes(shown))


def _shapes(shown: _Shown) -> list[str] | None:
    """The shape of each region's things, where it is known."""
    table = shown.dataset.table
    if "shape" not in table.names:
        return None
    column = np.asarray(shown.dataset.attributes[:, table.index("shape")])
    firsts = [int(np.argmax(shown.regions == region)) for region in range(len(shown.names))]
    return [shape_name(shown.dataset, float(column[first])) for first in firsts]


def _named(shown: _Shown, places: Places) -> list[Any]:
    """Names of regions, nested as the numbers are."""
    return list(np.asarray(shown.names)[places].tolist())


_ROWS = (
    "Each move applied three times in turn to a test picture; in between it stays a code. Below each picture stands the"
    " region that it is read as when it is encoded again, red where another one was wanted. On the right the real"
    " picture that should have come: of the wanted region, and within it as close as there is to where the source is"
    " within its own. Start regions and pictures were drawn at random."
)
_TRIPLETS_CAPTION = (
    "Formulas of test pictures drawn at random, operators too. The result is decoded from the code that the move makes"
    " of the three; it is read by encoding it again."
)
_MAPS = (
    "Where moves lead test pictures: decoded, encoded again, and counted by start and region reached. Dark fields"
    " outside the red frames are moves that went astray, and their place says where to."
)
_SHEET = (
    "What the decoder makes of the middle of each region's Gaussian, and of draws from it. Samples of a region that"
    " are no pictures of it are holes in the latent space, which moves may lead into."
)
_BETWEEN = (
    "“Linear” goes straight from the code of a test picture of the one region to that of a test picture of the other."
    " “Geodesic” turns the one region's Gaussian into the other's along the shortest way and keeps the picture's place"
    " within it, so that at the end the same variant is seen in the other region."
)
_PLANE = (
    "Codes of test pictures, coloured by what they show, and the regions' Gaussians, in the plane in which the codes"
    " vary most. Regions that overlap here may be apart in other dimensions."
)
