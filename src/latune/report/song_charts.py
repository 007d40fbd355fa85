"""The figures that only runs of songs have: where their codes lie, and what `latune evaluate` measured of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.control.genres import Genres, open_genres
from latune.control.inference import Codes
from latune.figures import song_plane, song_quality, style_transfer, track_accuracy
from latune.report.choice import evenly
from latune.report.media import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["song_charts"]

Values = NDArray[np.float64]
Makers = dict[str, tuple[str, Callable[[], "Figure"]]]

_MOST_POINTS = 2000
_KINDS = ("real", "reconstructed", "sampled")
_MEASURES: Mapping[str, tuple[str, float, float]] = {
    "pitch_class_entropy": ("entropy of pitch\nclasses, bits", 0.0, float(np.log2(12))),
    "key_consistency": ("notes in the best\nkey, share", 0.0, 1.0),
    "groove_similarity": ("likeness of rhythm\nbar by bar, share", 0.0, 1.0),
    "drum_regularity": ("likeness of drums\nbar by bar, share", 0.0, 1.0),
    "note_length_overlap": ("note lengths as in\ntraining, share", 0.0, 1.0),
    "empty_bars": ("empty bars,\nshare", 0.0, 1.0),
}


def song_charts(subject: Subject) -> Makers:
    """Caption and drawing function of each figure by name; those whose numbers were not measured are left out.

    Raises:
        RunError: A file of the run is damaged.
    """
    genres = open_genres(subject.run, subject.editor.model.latent_size)
    plane = _PLANE + (_PETALS if genres.petals is not None else _COMPONENTS)
    charts: Makers = {"song_plane": (plane, lambda: _draw_plane(subject, genres))}
    if not (subject.run.folder / "metrics.json").is_file():
        return charts
    measured = subject.run.read_json("metrics.json").get("songs", {})
    if measured.get("tracks"):
        charts["song_tracks"] = (_TRACKS, lambda: _draw_tracks(measured["tracks"]))
    if measured.get("quality"):
        charts["song_quality"] = (_QUALITY, lambda: _draw_quality(measured["quality"]))
    if measured.get("transfer"):
        caption = _TRANSFER.format(measured["transfer"]["phrases"])
        charts["song_transfer"] = (caption, lambda: _draw_transfer(measured["transfer"]))
    return charts


def _draw_plane(subject: Subject, genres: Genres) -> Figure:
    dataset = subject.dataset
    indices = dataset.split("test")
    indices = indices[evenly(len(indices), _MOST_POINTS)]
    codes = subject.editor.encode(np.asarray(dataset.items[indices]))
    own = np.full(len(indices), -1)
    if dataset.labels is not None:
        labels = dataset.labels[indices]
        single = labels.sum(axis=1) == 1
        own[single] = labels[single].argmax(axis=1)
    directions, names = _plane(codes, genres)
    if genres.petals is None:
        return song_plane(codes @ directions, own, dataset.label_names, names)
    means, covariances = _petals(genres, directions)
    return song_plane(codes @ directions, own, genres.names, names, means, covariances)


def _plane(codes: Codes, genres: Genres) -> tuple[Values, tuple[str, str]]:
    """Two directions (D, 2) and their names: the two dimensions that petals lie in, or else principal axes of codes."""
    if genres.petals is not None:
        used = np.flatnonzero(np.abs(genres.petals.means.numpy(force=True)).max(axis=0) > 0)
        if len(used) == 2:
            return np.eye(codes.shape[1])[:, used], (f"dimension {used[0]}", f"dimension {used[1]}")
    centred = np.asarray(codes, float) - codes.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return directions[:2].T, ("first principal component", "second principal component")


def _petals(genres: Genres, directions: Values) -> tuple[Values, Values]:
    """Means (L, 2) and covariances (L, 2, 2) of the genres' petals in a plane; that of "no genre" is left out."""
    assert genres.petals is not None
    count = len(genres.names)
    means, radial, deviations = (
        tensor.numpy(force=True).astype(float)
        for tensor in (genres.petals.means, genres.petals.radial, genres.petals.deviations)
    )
    around = (directions.T * deviations**2) @ directions
    along = radial[:count] @ directions
    return means[:count] @ directions, around + along[:, :, None] * along[:, None, :]


def _draw_tracks(tracks: Mapping[str, Any]) -> Figure:
    accuracy, intervals = _numbers([track["accuracy"] for track in tracks.values()])
    return track_accuracy(
        list(tracks), accuracy, intervals, *_numbers([track["majority_baseline"] for track in tracks.values()])
    )


def _draw_quality(quality: Mapping[str, Any]) -> Figure:
    kinds = [kind for kind in _KINDS if kind in quality]
    shown = {name: words for name, words in _MEASURES.items() if all(name in quality[kind] for kind in kinds)}
    numbers = [_numbers([quality[kind][name] for kind in kinds]) for name in shown]
    values, intervals = np.stack([row for row, _ in numbers]), np.stack([ends for _, ends in numbers])
    ranges = np.array([(low, high) for _, low, high in shown.values()])
    return song_quality(values, intervals, [words for words, _, _ in shown.values()], kinds, ranges)


def _draw_transfer(transfer: Mapping[str, Any]) -> Figure:
    fresh = transfer["fresh"]
    probability = _numbers([transfer["before"], transfer["after"], fresh["after"]])
    kept = [_numbers([part[name] for part in (transfer, fresh)]) for name in ("tokens", "contour")]
    values, intervals = np.stack([row for row, _ in kept]), np.stack([ends for _, ends in kept])
    arrived, _ = _numbers([transfer["arrived"]])
    return style_transfer(*probability, values, intervals, float(arrived[0]))


def _numbers(estimates: Sequence[Mapping[str, Any]]) -> tuple[Values, Values]:
    """Values (N,) and intervals (N, 2) of estimates; not numbers where nothing was measured."""
    values = np.array([estimate["value"] for estimate in estimates], float)
    ends = np.array([[estimate["low"], estimate["high"]] for estimate in estimates], float)
    return values, ends


_PLANE = (
    "Means of the codes of test phrases, in the colour of their genre where they have exactly one. Where colours"
    " lie apart, the encoder knows genres."
)
_PETALS = (
    " A plus is the mean of a genre's petal of the prior, the line around it holds two standard deviations: codes"
    " outside are not where samples of that genre are drawn."
)
_COMPONENTS = " The axes are those along which codes differ most."
_TRACKS = (
    "Right tokens of test phrases that were encoded and decoded, with 95 % intervals over songs. “Hold” is by far the"
    " most frequent token, so a share alone says little: grey is what always saying the most frequent one would get."
)
_QUALITY = (
    "Real test phrases, the same after encoding and decoding, and phrases decoded from draws of the prior; bars are"
    " 95 % intervals over songs. No row says by itself that music is good; each says in which respect samples differ"
    " from real phrases. Every row has its own scale."
)
_TRANSFER = (
    "{} test phrases carried into another genre, drawn at random. A classifier that has seen real phrases only says how"
    " likely the wanted genre is: of the reconstruction, of the carried phrase, and of one drawn afresh from that"
    " genre, which has nothing to keep. Right: what the carried phrase has in common with the reconstruction."
)
