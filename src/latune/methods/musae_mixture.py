"""MusAE with a petal of a mixture for every genre.

The prior of a code is the petal of one of its item's genres, drawn anew each time, or the petal of "no genre" where it
has none. The critic reads the code and the one-hot of that genre (zeros for "no genre"), so it sees to it that every
genre fills its own petal.

Beside what is published: a flow of the model learns, when the autoencoder has, to match codes with petals
(`latune.methods.musae_flow`); and with
`content_weight` codes are carried to another genre as style transfer does, and what is decoded of them shall have the
pitches of the phrase, bar by bar (`latune.losses.pitch_profile`), so that rhythm is what a genre changes.

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494), and the code published with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn
from torch.distributions import Distribution

from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.losses.pitch_profile import pitch_profile_loss
from latune.methods.attribute_term import AttributeTerm
from latune.methods.method import Losses, Player
from latune.methods.musae import Musae, MusaeConfig, Positive, Stages, Weight
from latune.methods.musae_flow import flow_losses, other_genres
from latune.models.latent_model import LatentModel
from latune.models.mapped_posterior import MappedPosterior
from latune.models.petals import PetalsConfig, build_petals
from latune.models.song_model import probabilities
from latune.music.songs.tokens import DRUMS, SILENCE, STEPS_PER_BAR

__all__ = ["MusaeMixture", "MusaeMixtureConfig"]

FLOW_CLIP = 5.0  # longest gradient of a flow


class MusaeMixtureConfig(MusaeConfig):
    """Settings of the variant with petals; the published values are the defaults, but for the critic's turns."""

    name: Literal["musae_mixture"] = "musae_mixture"
    weights: Stages = ((0, 0.0), (5000, 0.1), (10_000, 0.2))
    petals: PetalsConfig = PetalsConfig()
    content_weight: Weight = 0.0  # of the pitches of carried phrases, in nats; published: 0
    content_items: PositiveInt | None = None  # phrases of a batch that are carried; default: all
    flow_from_step: PositiveInt | None = None  # from here on the model's flow learns, and the autoencoder no more
    flow_learning_rate_factor: Positive = 1.0  # times the schedule's learning rate
    transport_weight: Weight = 0.0  # of how far the flow changes where codes are carried


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
        if (config.flow_from_step is None) != (self.model.flow is None):
            raise RecipeError("model.flow and method.flow_from_step: expected both or neither.")
        if genres == 1 and (config.transport_weight > 0 or config.content_weight > 0):
            raise RecipeError(
                "method: content_weight and transport_weight carry codes between genres: expected two or more."
            )
        self.petals = build_petals(config.petals, genres, model.latent_size)

    def players(self) -> list[Player]:
        """The autoencoder, and critics where there are such; or the autoencoder and, when it is done, the flow."""
        players, first = super().players(), self.config.flow_from_step
        if self.model.flow is None or first is None:
            return players
        flow = Player(
            "flow",
            list(self.model.flow.parameters()),
            self._flow_losses,
            learning_rate_factor=self.config.flow_learning_rate_factor,
            from_step=first,
            own_time=True,
            clip_norm=FLOW_CLIP,
        )
        return [*(replace(player, until_step=first, own_time=True) for player in players), flow]

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

    def other_terms(self, codes: Tensor, batch: Batch) -> Losses:
        """The content term."""
        if self.config.content_weight == 0:
            return {}
        count = min(self.config.content_items or len(codes), len(codes))
        sources = self._choose(batch)[:count]
        carried = self.petals.exchanged(codes[:count], sources, other_genres(sources, self._genres))
        soft = probabilities(self.model.decode(carried, batch.items[:count]))
        tracks = slice(DRUMS + 1, None)
        nats = pitch_profile_loss(soft[:, :, tracks], batch.items[:count, :, tracks], SILENCE, STEPS_PER_BAR)
        return {"content": self.config.content_weight * nats}

    def _flow_losses(self, batch: Batch, step: int) -> Losses:
        assert self.model.flow is not None
        with torch.no_grad():
            posterior = self.model.encode(batch.items)
        assert isinstance(posterior, MappedPosterior)
        chosen = self._choose(batch)
        return flow_losses(self.model.flow, self.petals, posterior.base, chosen, self.config.transport_weight)

    def _choose(self, batch: Batch) -> Tensor:
        """The petal of one genre of each item (B,)."""
        if batch.labels is None:
            raise ValueError("the batch has no labels")
        return self.petals.choose(batch.labels)
