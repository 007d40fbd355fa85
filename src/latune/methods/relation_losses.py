"""What the relational learner minimises: everything is drawn from the regions' Gaussians, no picture is needed.

Distances are measured in the units of the region that a code should be in: whitened by its Gaussian, squared, per
latent dimension.

Sources: Valenti and Bacciu 2022 (arXiv 2205.10056) for pairs of independent draws and their squared distance; the
other losses are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from latune.methods.method import Losses
from latune.models.moves import Moves

__all__ = ["LearnerWeights", "Pairs", "draw_pairs", "learner_losses"]


@dataclass(frozen=True)
class LearnerWeights:
    """Weights of what "transport" adds.

    Args:
        distribution: Moved codes have mean and variances of the region that they are in.
        consistency: Moved codes come back from decoder and encoder as they were.
        inverse: Moving there and back ends where it began.
        commutation: Two moves in either order end in one place, where the regions agree.
    """

    distribution: float = 1.0
    consistency: float = 0.1
    inverse: float = 0.1
    commutation: float = 0.1


@dataclass(frozen=True)
class Pairs:
    """Drawn moves of a batch.

    Args:
        relations: Which relation, (B,).
        regions: Where the codes are, (B,).
        right_regions: Where right operands are, (B,); None where relations are unary.
        codes: Draws of these regions, (B, D).
        others: Right operands and operators, twice (B, D); None where relations are unary.
        targets: Where the moved codes should be, (B,).
    """

    relations: Tensor
    regions: Tensor
    right_regions: Tensor | None
    codes: Tensor
    others: tuple[Tensor, Tensor] | None
    targets: Tensor

    def moved(self, moves: Moves) -> Tensor:
        """The codes (B, D) after their moves."""
        moved: Tensor = moves(self.codes, self.relations, self.others, self.regions, self.right_regions)
        return moved


def draw_pairs(moves: Moves, allowed: Tensor, count: int) -> Pairs:
    """Draw start regions evenly from those that are allowed, and codes from them.

    Args:
        moves: Relations and Gaussians.
        allowed: Which start regions (R, E), of binary relations which pairs (R, E, E), may be drawn.
        count: Draws per relation.
    """
    cells = torch.multinomial(allowed.flatten(1).float(), count, replacement=True)
    relations = torch.arange(len(cells), device=cells.device).repeat_interleave(count)
    drawn = cells.flatten()
    if not moves.binary:
        return Pairs(relations, drawn, None, moves.mixture.sample(drawn), None, moves.targets(relations, drawn))
    left, right = drawn // moves.entities, drawn % moves.entities
    others = moves.mixture.sample(right), moves.mixture.sample(moves.operators[relations])
    return Pairs(relations, left, right, moves.mixture.sample(left), others, moves.targets(relations, left, right))


def learner_losses(
    moves: Moves, pairs: Pairs, redraw: Callable[[Tensor], Tensor], weights: LearnerWeights, consistent: int
) -> Losses:
    """The learner's loss and its parts.

    Args:
        moves: Relations, Gaussians and learner.
        pairs: A batch.
        redraw: From codes to the codes of what is decoded from them.
        weights: Of what "transport" adds.
        consistent: Moved codes that are redrawn; pictures are dear.
    """
    moved = pairs.moved(moves)
    if moves.mode == "mse":
        return {"loss": F.mse_loss(moved, moves.mixture.sample(pairs.targets))}
    if moves.mode == "likelihood":
        density = moves.mixture.log_density(moved).gather(1, pairs.targets[:, None])
        return {"loss": -density.mean() / moved.shape[1]}
    losses = {"distribution": weights.distribution * _distribution(moves, moved, pairs)}
    if weights.consistency > 0:
        chosen = torch.randperm(len(moved), device=moved.device)[:consistent]
        losses["consistency"] = weights.consistency * _distance(
            moves, redraw(moved[chosen]), moved[chosen], pairs.targets[chosen]
        )
    losses |= _algebra(moves, pairs, moved, weights)
    return {"loss": torch.stack(list(losses.values())).sum(), **losses}


def _distribution(moves: Moves, moved: Tensor, pairs: Pairs) -> Tensor:
    """Squared deviation of means from 0 and of variances from 1, of whitened codes, per relation."""
    whitened = _whitened(moves, moved - moves.mixture.means[pairs.targets], pairs.targets)
    per_relation = whitened.view(len(moves.tables), -1, whitened.shape[1])
    mean, variance = per_relation.mean(dim=1), per_relation.var(dim=1, unbiased=False)
    return (mean.square() + (variance - 1).square()).mean()


def _algebra(moves: Moves, pairs: Pairs, moved: Tensor, weights: LearnerWeights) -> Losses:
    """There and back, and either order; what the tables have no such relations for is left out."""
    losses: Losses = {}
    returning = moves.inverses[pairs.relations]
    chosen = returning >= 0
    if weights.inverse > 0 and bool((moves.inverses >= 0).any()):
        others = _returning_operands(moves, pairs, returning, chosen)
        right = None if pairs.right_regions is None else pairs.right_regions[chosen]
        returned = moves(moved[chosen], returning[chosen], others, pairs.targets[chosen], right)
        distance = _distance(moves, returned, pairs.codes[chosen], pairs.regions[chosen])
        losses["inverse"] = weights.inverse * distance
    if weights.commutation > 0 and len(moves.commuting):
        count = len(moved) // len(moves.tables)
        drawn = torch.randint(len(moves.commuting), (count,), device=moved.device)
        first, second = moves.commuting[drawn].T
        codes, regions = pairs.codes[:count], pairs.regions[:count]
        one, end = _twice(moves, codes, regions, first, second)
        other, _ = _twice(moves, codes, regions, second, first)
        losses["commutation"] = weights.commutation * _distance(moves, one, other, end)
    return losses


def _returning_operands(moves: Moves, pairs: Pairs, returning: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor] | None:
    if pairs.others is None:
        return None
    return pairs.others[0][chosen], moves.mixture.sample(moves.operators[returning[chosen]])


def _twice(moves: Moves, codes: Tensor, regions: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Codes after two unary moves, and where they should be."""
    between = moves.targets(first, regions)
    once = moves(codes, first, regions=regions)
    return moves(once, second, regions=between), moves.targets(second, between)


def _distance(moves: Moves, codes: Tensor, others: Tensor, regions: Tensor) -> Tensor:
    return _whitened(moves, codes - others, regions).square().mean()


def _whitened(moves: Moves, offsets: Tensor, regions: Tensor) -> Tensor:
    factors = moves.mixture.factors[regions]
    whitened: Tensor = torch.linalg.solve_triangular(factors, offsets[..., None].to(factors.dtype), upper=False)
    return whitened[..., 0]
