"""MusAE with a petal of a mixture for every genre.

The prior of a code is the petal of one of its item's genres, drawn anew each time, or the petal of "no genre" where it
has none. The critic reads the code and the one-hot of that genre (zeros for "no genre"), so it sees to it that every
genre fills its own petal.

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494), and the code published with it.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.methods.attribute_term import AttributeTerm
from latune.methods.musae import Musae, MusaeConfig, Stages
from latune.models.latent_model import LatentModel
from latune.models.petals import PetalsConfig, build_petals

__all__ = ["MusaeMixture", "MusaeMixtureConfig"]


class MusaeMixtureConfig(MusaeConfig):
    """Settings of the variant with petals; the published values are the defaults, but for the critic's turns."""

    name: Literal["musae_mixture"] = "musae_mixture"
    weights: Stages = ((0, 0.0), (5000, 0.1), (10_000, 0.2))
    petals: PetalsConfig = PetalsConfig()


class MusaeMixture(Musae):
    """The variant whose prior is a mixture.

    Args:
        model: Latent model of phrases of songs, without styles.
        config: Settings.
        genres: Number of genres that items are labelled with.
        attribute_term: The recipe's `attributes:` block, if it has one.

    Raises:
        RecipeError: There are no genres, the model has styles, or petals and attributes need more dimensions.
    """

    config: MusaeMixtureConfig

    def __init__(
        self,
        model: LatentModel,
        config: MusaeMixtureConfig,
        genres: int,
        attribute_term: AttributeTerm | None = None,
    ) -> None:
        if genres == 0:
            raise RecipeError("method.name: 'musae_mixture' needs items labelled with genres, this data set has none.")
        self._genres = genres
        super().__init__(model, config, genres, attribute_term)
        if self.model.styles:
            raise RecipeError(f"model.styles: 'musae_mixture' has petals instead: expected 0, got {self.model.styles}.")
        tied = 0 if attribute_term is None else len(attribute_term.columns)
        if config.petals.place == "first" and tied:
            raise RecipeError("method.petals.place: the first dimensions are tied to attributes: expected 'last'.")
        if tied + config.petals.size(genres) > model.latent_size:
            raise RecipeError(
                f"model.latent_size: expected at least {tied + config.petals.size(genres)}, for attributes and petals,"
                f" got {model.latent_size}."
            )
        self.petals = build_petals(config.petals, genres, model.latent_size)

    def companions(self) -> dict[str, nn.Module]:
        """The petals, from which codes of a genre are drawn."""
        return {"petals": self.petals}

    def read_sizes(self) -> list[int]:
        """The critic reads codes and genres."""
        return [self.model.latent_size + self._genres]

    def pairs(self, codes: Tensor, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """Codes, and draws of the petals of their genres, each beside the genre."""
        chosen = self._choose(batch)
        told = self.petals.one_hot(chosen)
        return [(torch.cat([codes, told], dim=1), torch.cat([self.petals.sample(chosen), told], dim=1))]

    def divergence(self, posterior: Distribution, codes: Tensor, batch: Batch) -> Tensor:
        """Estimated from one draw per item."""
        wanted = self.petals.log_density(codes).gather(1, self._choose(batch)[:, None])[:, 0]
        return (posterior.log_prob(codes) - wanted).mean()

    def _choose(self, batch: Batch) -> Tensor:
        """The petal of one genre of each item (B,)."""
        if batch.labels is None:
            raise ValueError("the batch has no labels")
        return self.petals.choose(batch.labels)
