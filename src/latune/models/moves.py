"""Moves: relations between regions of the latent space as functions of codes.

Three ways to make one of a relation that leads from region s to region t:

- "mse": the relational learner alone, trained with the squared distance from independent draws of t. The best it can
  do is the mean of t, so all that a code says beyond its region is lost (as published).
- "likelihood": the same, trained with the density of t.
- "transport": the code is carried by a linear map between the Gaussians of s and t, which keeps its place within the
  region; the learner adds a correction, which begins at 0.

There are many linear maps between two Gaussians: one for every rotation. The shortest one is right where neighbouring
regions lie side by side, and wrong where the latent space turns from one to the other. Pairs of pictures that belong
together (`latune.data.picture_matching`) decide: of all maps the one that comes closest to them.

Sources: Valenti and Bacciu 2022 (arXiv 2205.10056) for relations of regions; Peyre and Cuturi 2019, Computational
Optimal Transport, remark 2.31 for the shortest map; Schoenemann 1966, A generalized solution of the orthogonal
Procrustes problem, for the rotation. To use it so is ours.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from torch import Tensor, nn

from latune.data.regions import Regions
from latune.models.mixture import Mixture
from latune.models.relational_learner import RelationalLearner
from latune.models.transport import transport_maps

__all__ = ["MoveMode", "Moves", "MovesConfig"]

MoveMode = Literal["mse", "likelihood", "transport"]


class MovesConfig(BaseModel):
    """How relations become moves, and the learner's size; the published sizes are the defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: MoveMode = "transport"
    matching: bool = True  # "transport": pictures that belong together decide on the map; else it is the shortest one
    sizes: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (1024,) * 4  # hidden units of the learner


class Moves(nn.Module):
    """All relations of a set of regions, with the mixture of Gaussians that the regions are in the latent space.

    Args:
        regions: Regions and their relations; at least one, all unary or all binary.
        latent_size: Numbers of a code D.
        config: Mode and sizes.
    """

    mixture: Mixture
    tables: Tensor
    operators: Tensor
    inverses: Tensor
    commuting: Tensor
    maps: Tensor

    def __init__(self, regions: Regions, latent_size: int, config: MovesConfig) -> None:
        super().__init__()
        count, self.entities, self.mode = len(regions.names), regions.entities, config.mode
        self.binary = regions.binary
        identity = torch.eye(latent_size)
        self.mixture = Mixture(torch.zeros(count, latent_size), identity.repeat(count, 1, 1))
        unary = 0 if self.binary else len(regions.relations)
        self.learner = RelationalLearner(latent_size, unary, config.sizes, zero_start=config.mode == "transport")
        tables = np.stack([relation.table for relation in regions.relations])
        self.register_buffer("tables", torch.from_numpy(tables.astype(np.int64)), persistent=False)
        operators = [-1 if relation.operator is None else relation.operator for relation in regions.relations]
        self.register_buffer("operators", torch.tensor(operators), persistent=False)
        for name, table in (("inverses", regions.inverses), ("commuting", regions.commuting)):
            self.register_buffer(name, torch.from_numpy(table.astype(np.int64)), persistent=False)
        maps = identity.repeat(self.entities, self.entities, 1, 1) if config.mode == "transport" else torch.empty(0)
        self.register_buffer("maps", maps)  # from the second region to the first, (E, E, D, D)

    @property
    def routes(self) -> list[tuple[int, int]]:
        """Pairs of different regions, source and target, that some relation leads from and to."""
        sources = torch.arange(self.entities, device=self.tables.device)
        starts = sources[:, None].expand_as(self.tables[0]) if self.tables.ndim == 3 else sources
        found = torch.stack([starts.expand_as(self.tables), self.tables], dim=-1).flatten(0, -2).tolist()
        return sorted({(source, target) for source, target in found if source != target})

    @torch.no_grad()
    def turn(self, source: int, target: int, codes: Tensor, partners: Tensor) -> None:
        """Let the map between two regions be the one that carries codes closest to their partners.

        Args:
            source: The region of the codes.
            target: The region of their partners.
            codes: Codes (N, D).
            partners: What each should be carried to, up to a shift of all, (N, D).
        """
        factors = self.mixture.factors.double()
        left, right = (
            torch.linalg.solve_triangular(factors[region], (points - points.mean(0)).double().T, upper=False)
            for region, points in ((source, codes), (target, partners))
        )
        first, _, second = torch.linalg.svd(right @ left.T)
        back = torch.linalg.inv(factors[source])
        self.maps[target, source] = (factors[target] @ first @ second @ back).to(self.maps.dtype)

    @torch.no_grad()
    def set_mixture(self, mixture: Mixture) -> None:
        """Take over the Gaussians of the regions, and find the maps between them."""
        self.mixture.load_state_dict(mixture.state_dict())
        if self.mode == "transport":
            everywhere = torch.arange(self.entities)[:, None].expand(-1, self.mixture.components)
            self.maps.copy_(transport_maps(mixture, everywhere)[:, : self.entities])

    def targets(self, relations: Tensor, left: Tensor, right: Tensor | None = None) -> Tensor:
        """Regions (B,) that relations (B,) lead to from regions (B,), of binary ones with right operands (B,)."""
        return self.tables[relations, left] if right is None else self.tables[relations, left, right]

    def forward(
        self,
        codes: Tensor,
        relations: Tensor,
        others: tuple[Tensor, Tensor] | None = None,
        regions: Tensor | None = None,
        right_regions: Tensor | None = None,
    ) -> Tensor:
        """Moved codes.

        Args:
            codes: Codes (B, D); of binary relations the left operands.
            relations: Which relation, (B,).
            others: Right operands and operators of binary relations, twice (B, D).
            regions: Where the codes are, (B,); default: the most likely ones. Only "transport" reads them.
            right_regions: Where the right operands are.
        """
        answer: Tensor = self.learner(codes, relations, others)
        if self.mode != "transport":
            return answer
        source = self.mixture.classify(codes, among=self.entities) if regions is None else regions
        if others is not None and right_regions is None:
            right_regions = self.mixture.classify(others[0], among=self.entities)
        target = self.targets(relations, source, right_regions)
        return self.carried(codes, source, target) + answer

    def carried(self, codes: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Codes (B, D) at the same place of their target regions as they have in their source regions, both (B,)."""
        means = self.mixture.means
        offsets = codes - means[source]
        # Not a matrix product: autocast would round it.
        return means[target] + (self.maps[target, source] * offsets[:, None]).sum(dim=-1)
