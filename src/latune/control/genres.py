"""Genres of a run of songs: codes drawn from the prior of one, and codes carried from one to another.

A run of `musae_mixture` has a petal for every genre; a code is carried by the reflection that exchanges two petals, so
that all that is not genre stays. A run of `musae_single` has a style for every genre, where it was trained to; a code
is carried by exchanging two styles, so that it has as many active ones as before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from latune.control.inference import Codes
from latune.errors import InputError, RunError
from latune.methods.musae_mixture import MusaeMixtureConfig
from latune.methods.musae_single import MusaeSingleConfig
from latune.models.petals import Petals
from latune.training.run_folder import Run

__all__ = ["Genres", "open_genres"]

Places = NDArray[np.int64]
"""Genres by number, (N,)."""


@dataclass(frozen=True)
class Genres:
    """The prior of a run's codes.

    Args:
        names: Genres that the run knows; empty where it knows none.
        content_size: Dimensions of the content, which come first.
        styles: Dimensions of the style behind it; 0 where there are none.
        petals: The mixture of genres, where the run has one.
        from_labels: Whether the prior of styles is the genres of the items, instead of 0 or 1 by chance.
    """

    names: tuple[str, ...]
    content_size: int
    styles: int = 0
    petals: Petals | None = None
    from_labels: bool = False

    def index(self, name: str) -> int:
        """Number of a genre.

        Raises:
            InputError: The run knows none of that name.
        """
        if not self.names:
            raise InputError("This run knows no genres: train a recipe of musae_mixture, or musae_single with styles.")
        if name not in self.names:
            raise InputError(f"There is no genre '{name}': expected one of {', '.join(self.names)}.")
        return self.names.index(name)

    def draw(self, count: int, seed: int, genre: int | None = None) -> Codes:
        """Codes (count, D) of one genre, of no genre (the number behind the last one), or of each genre in turn."""
        places = np.arange(count) % max(len(self.names), 1) if genre is None else np.full(count, genre)
        with _seeded(seed):
            if self.petals is not None:
                return np.asarray(self.petals.sample(torch.from_numpy(places)).numpy(), np.float32)
            content = torch.randn(count, self.content_size).numpy()
            styles = torch.randint(2, (count, self.styles)).numpy().astype(np.float32)
        if self.names:
            styles = np.eye(self.styles + 1, self.styles, dtype=np.float32)[places]
        return np.concatenate([content, styles], axis=1)

    def draw_prior(self, labels: NDArray[np.uint8], seed: int) -> Codes:
        """For each phrase a code of the prior that it was trained to, (N, D).

        Args:
            labels: Genres of the phrases, (N, L), 0 or 1; a petal is that of one of them, chosen at random.
            seed: Seed of all draws.
        """
        places = torch.from_numpy(np.asarray(labels, np.float32))
        with _seeded(seed):
            if self.petals is not None:
                return np.asarray(self.petals.sample(self.petals.choose(places)).numpy(), np.float32)
            content = torch.randn(len(labels), self.content_size)
            styles = torch.randint(2, (len(labels), self.styles)).float()
            if self.from_labels:
                styles = places[torch.randperm(len(labels))]
            return torch.cat([content, styles], dim=1).numpy()

    def shares(self, codes: Codes) -> NDArray[np.float64]:
        """How much of each genre is in codes (N, D): probabilities of petals, or styles, (N, L)."""
        if self.petals is not None:
            return np.asarray(
                self.petals.responsibilities(torch.from_numpy(codes)).numpy()[:, : len(self.names)], float
            )
        return np.asarray(codes[:, self.content_size :], float)

    def of(self, codes: Codes) -> Places:
        """The genre that is most of codes (N, D), (N,)."""
        return np.asarray(self.shares(codes).argmax(axis=1))

    def carry(self, codes: Codes, sources: Places, target: int) -> Codes:
        """Codes (N, D) carried from the genres `sources` (N,) to another one."""
        if self.petals is not None:
            targets = torch.full((len(codes),), target)
            return self.petals.exchanged(torch.from_numpy(codes), torch.from_numpy(sources), targets).numpy()
        carried, rows = codes.copy(), np.arange(len(codes))
        carried[rows, self.content_size + sources] = codes[:, self.content_size + target]
        carried[:, self.content_size + target] = codes[rows, self.content_size + sources]
        return carried


def open_genres(run: Run, latent_size: int) -> Genres:
    """The prior and the genres of a run of songs.

    Args:
        run: A finished run.
        latent_size: Dimensions of its codes.

    Raises:
        RunError: A file of the run is missing or damaged.
    """
    method = run.recipe.method
    if isinstance(method, MusaeMixtureConfig):
        return Genres(_names(run), latent_size, petals=_petals(run))
    styles = int(getattr(run.recipe.model, "styles", 0))
    from_labels = isinstance(method, MusaeSingleConfig) and method.style_prior == "labels"
    compared = from_labels or (isinstance(method, MusaeSingleConfig) and method.supervised_weight > 0)
    return Genres(_names(run) if compared else (), latent_size - styles, styles, from_labels=from_labels)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """PyTorch's random state from a seed, and as it was before when the block ends."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _names(run: Run) -> tuple[str, ...]:
    path = run.folder / "genres.json"
    try:
        names: Sequence[str] = json.loads(path.read_text(encoding="utf-8"))["names"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} is missing or damaged: train the run anew.") from error
    return tuple(names)


def _petals(run: Run) -> Petals:
    path = run.folder / "petals.safetensors"
    try:
        tensors = load_file(path)
        return Petals(tensors["means"], tensors["radial"], tensors["deviations"])
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise RunError(f"{path} is missing or damaged: train the run anew.") from error
