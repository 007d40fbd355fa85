"""What a run makes of songs beside its knobs: what comes back, new phrases, and the way between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.control.genres import Genres, open_genres
from latune.control.interpolate import interpolate
from latune.control.songs import sample_phrases
from latune.figures import save_figure, song_roll
from latune.figures.style import percent
from latune.music.songs.tokens import plain
from latune.report.media import Subject
from latune.report.song_sweeps import choose_phrases

__all__ = ["Exhibit", "make_exhibits", "save_rolls"]

_BROUGHT_BACK = 2  # test phrases
_STEPS = 5  # of the interpolation
_UNNAMED = 3  # samples of a run that knows no genres
_MOST_GENRES = 12

Tokens = NDArray[np.uint8]


@dataclass(frozen=True)
class Exhibit:
    """Phrases that belong together.

    Args:
        name: Name of its files without suffix.
        title: What it is called.
        caption: What it shows, in sentences.
        tokens: The phrases, (P, 256, 4).
        labels: What each phrase is.
        compared: Whether the other phrases are compared with the first one.
    """

    name: str
    title: str
    caption: str
    tokens: Tokens
    labels: tuple[str, ...]
    compared: bool = False


def make_exhibits(subject: Subject) -> list[Exhibit]:
    """Encode and decode two test phrases, go from one to the other, and draw a phrase of every genre from the prior."""
    numbers, _ = choose_phrases(subject.dataset, _BROUGHT_BACK, subject.run.recipe.seed)
    indices = subject.dataset.split("test")[numbers]
    originals = np.asarray(subject.dataset.items[indices])
    genres = open_genres(subject.run, subject.editor.model.latent_size)
    names = [_named(subject, number, index) for number, index in zip(numbers, indices.tolist(), strict=True)]
    found = _brought_back(subject, originals, names)
    found.append(_sampled(subject, genres))
    if len(originals) > 1:
        found.append(_between(subject, originals, names))
    return found


def _named(subject: Subject, number: int, index: int) -> str:
    """A test phrase by its number and, where they are known, its genres."""
    labels = subject.dataset.labels
    own = () if labels is None else tuple(np.array(subject.dataset.label_names)[labels[index] > 0].tolist())
    return f"test phrase {number}" + (f" ({', '.join(own)})" if own else "")


def _brought_back(subject: Subject, originals: Tokens, names: Sequence[str]) -> list[Exhibit]:
    decoded = plain(subject.editor.decode(subject.editor.encode(originals)))
    kept = subject.editor.codec.similarity(decoded, originals)
    return [
        Exhibit(
            f"song_reconstruction_{place + 1}",
            f"{name[0].upper()}{name[1:]}, and what comes back",
            _BACK.format(percent(float(kept[place]))),
            np.stack([originals[place], decoded[place]]),
            ("original", "from its code"),
            compared=True,
        )
        for place, name in enumerate(names)
    ]


def _sampled(subject: Subject, genres: Genres) -> Exhibit:
    count = min(len(genres.names), _MOST_GENRES) or _UNNAMED
    made = sample_phrases(subject.editor, genres, count, seed=subject.run.recipe.seed)
    labels = genres.names[:count] or tuple(f"sample {place + 1}" for place in range(count))
    title = "New phrases, one of each genre" if genres.names else "New phrases"
    return Exhibit("song_samples", title, _SAMPLED, made.tokens, labels)


def _between(subject: Subject, originals: Tokens, names: Sequence[str]) -> Exhibit:
    steps = interpolate(subject.editor, originals[:1], originals[1:2], _STEPS)
    tokens = plain(steps.items[:, 0])
    labels = tuple(f"{share:.0%} of the way".replace("%", " %") for share in steps.shares.tolist())
    return Exhibit("song_interpolation", f"From {names[0]} to {names[1]}", _BETWEEN, tokens, labels)


def save_rolls(exhibits: Sequence[Exhibit], folder: Path) -> None:
    """Write the piano roll of each as PNG."""
    for exhibit in exhibits:
        roll = song_roll(exhibit.tokens, exhibit.labels, exhibit.title, compare=exhibit.compared)
        save_figure(roll, folder / f"{exhibit.name}.png")


_BACK = (
    "Encoded and decoded again, {} of its tokens are the same. Below, notes in the colour of their track are those"
    " of the original at the same place, notes without colour are new, pale ones are lost."
)
_SAMPLED = (
    "Drawn at random from the prior and decoded, the most likely token everywhere; none was chosen for its sound."
    " Whether genres can be told apart is for your ears to say; the figures below count."
)
_BETWEEN = "Equal steps from one code to the other, decoded: both ends are reconstructions."
