"""Moves of a trained run: codes and pictures carried from one region of the latent space to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from latune.control.inference import Codes, Items, decode_brightness, decode_items, encode_means
from latune.data.regions import Regions, regions_from_dict
from latune.errors import InputError, RunError
from latune.methods.absae_rel import AbsAeRelConfig
from latune.models.latent_model import LatentModel
from latune.models.mixture import Mixture
from latune.models.moves import Moves
from latune.training.run_folder import Run

__all__ = ["Mover", "has_moves", "open_mover"]

Places = NDArray[np.int64]
"""Regions by number, (N,)."""


@dataclass(frozen=True)
class Mover:
    """A trained model with its regions and moves.

    Args:
        model: Trained latent model, in evaluation mode.
        regions: The regions, and the relations that the moves were learned from.
        moves: The moves, in evaluation mode.
    """

    model: LatentModel
    regions: Regions
    moves: Moves

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the moves."""
        return tuple(relation.name for relation in self.regions.relations)

    @property
    def mixture(self) -> Mixture:
        """The Gaussians of the regions."""
        return self.moves.mixture

    @property
    def binary(self) -> bool:
        """Whether a move needs a second operand."""
        return self.regions.binary

    def index(self, name: str) -> int:
        """The number of a move.

        Raises:
            InputError: There is none of that name.
        """
        if name not in self.names:
            raise InputError(f"There is no move '{name}': expected one of {', '.join(self.names)}.")
        return self.names.index(name)

    def encode(self, items: Items) -> Codes:
        """Codes (N, D) of items (N, C, H, W)."""
        return encode_means(self.model, items)

    def decode(self, codes: Codes) -> NDArray[np.uint8]:
        """Items (..., C, H, W) of codes (..., D), as data sets store them."""
        return decode_items(self.model, codes)

    def show(self, codes: Codes) -> NDArray[np.uint8]:
        """Pictures (..., C, H, W) of codes (..., D) for the eye, 0 to 255."""
        return decode_brightness(self.model, codes)

    def places(self, codes: Codes, alpha: float = 0.0, entities: bool = False) -> Places:
        """The most likely region of codes (N, D), -1 where the code lies outside of it: (N,).

        Args:
            codes: Codes.
            alpha: Share of a region's own codes that is rejected, see `Mixture.classify`.
            entities: Only regions that can be operands are candidates.
        """
        among = self.regions.entities if entities else None
        return self.mixture.classify(self._tensor(codes), alpha, among).cpu().numpy()

    def sample(self, places: Places, seed: int) -> Codes:
        """Draws (N, D) of regions (N,), -1 being any."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.mixture.cpu().sample(torch.from_numpy(np.asarray(places, np.int64))).numpy()

    @torch.no_grad()
    def move(
        self,
        codes: Codes,
        moves: NDArray[np.integer] | str,
        right: Codes | None = None,
        operators: Codes | None = None,
    ) -> Codes:
        """Codes (N, D) after one move each.

        Args:
            codes: Where they are now; left operands of binary moves.
            moves: Numbers of the moves (N,), or the name of one for all.
            right: Right operands (N, D) of binary moves.
            operators: Codes (N, D) of operators' symbols; default: the middles of their regions.

        Raises:
            InputError: There is no such move, or a right operand is missing or too many.
        """
        numbers = np.full(len(codes), self.index(moves)) if isinstance(moves, str) else np.asarray(moves)
        if self.binary != (right is not None):
            raise InputError(f"The moves of this run need {'two operands' if self.binary else 'one picture each'}.")
        relations = torch.from_numpy(numbers.astype(np.int64)).to(self.mixture.means.device)
        others = None
        if right is not None:
            told = self._operators(relations) if operators is None else self._tensor(operators)
            others = self._tensor(right), told
        moved: Tensor = self.moves(self._tensor(codes), relations, others)
        return moved.numpy(force=True)

    def chain(self, codes: Codes, names: Sequence[str]) -> NDArray[np.float32]:
        """Codes before and after each of several unary moves in turn, (len(names) + 1, N, D)."""
        steps = [codes]
        for name in names:
            steps.append(self.move(steps[-1], name))
        return np.stack(steps)

    def targets(self, moves: NDArray[np.integer], left: Places, right: Places | None = None) -> Places:
        """Where moves (N,) lead to from regions (N,), of binary ones with right operands (N,)."""
        tables = self.moves.tables.numpy(force=True)
        reached: Places = tables[moves, left] if right is None else tables[moves, left, right]
        return reached

    def _operators(self, relations: Tensor) -> Tensor:
        return self.mixture.means[self.moves.operators[relations]]

    def _tensor(self, codes: Codes) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(codes, np.float32)).to(self.mixture.means.device)


def has_moves(run: Run) -> bool:
    """Whether a run has learned moves."""
    return (run.folder / "moves.safetensors").is_file()


def open_mover(run: Run) -> Mover:
    """Open the moves of a trained run.

    Raises:
        RunError: It has none, or its files are damaged.
    """
    path = run.folder / "moves.safetensors"
    if not isinstance(run.recipe.method, AbsAeRelConfig):
        raise RunError(f"{run.folder} has no moves: expected a run of a recipe such as sprites/weak.")
    if not has_moves(run):
        raise RunError(
            f"{run.folder} has no moves: expected {path.name} in it, which priors without regions do not make."
        )
    regions = regions_from_dict(run.read_json("regions.json"), run.folder / "regions.json")
    model = run.load_model()
    moves = Moves(regions, model.latent_size, run.recipe.method.relations)
    try:
        moves.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError, OSError) as error:
        raise RunError(f"{path} is damaged or does not fit recipe.yaml.") from error
    return Mover(model, regions, moves.eval())
