"""MusAE: an autoencoder of phrases whose codes are to be distributed as a prior, and no less free than that.

    autoencoder:   reconstruction + w regularity + other terms (attributes; of musae_single also supervised and infomax)
    critic:        see `latune.losses.adversarial`, several turns in each round

The regularity is the critic's opinion of the codes (wgan), their maximum mean discrepancy from draws of the prior
(mmd), or the mean KL divergence of their posteriors from it (kl). The weight w rises by stages.

The critic's loss reaches the critic alone and the regularity the encoder alone. In the published code one optimiser
minimised the sum of all, in which the two cancel out to exactly 0 for both; so its codes were bound to no prior.
Each turn of the critic draws the noise of the codes and the prior anew; the means of the codes are those of the
autoencoder's turn. With `critic_memory` they are drawn from those of many recent batches: a batch is too small to say
where the codes lie on average, and a critic that follows its chances leads them astray.

Published: one turn of the critic, penalty 10, Adam 1e-5, gradients cut to a length of 1 and then to 0.5 each, w 0 until
step 5,000 (mixture) or 10,000 (single), then 0.1, from 10,000 or 15,000 on 0.2; batches of 16.

Source: Valenti, Carta and Bacciu 2020, Learning Style-Aware Symbolic Music Representations by Adversarial Autoencoders
(arXiv 2001.05494), and the code published with it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, field_validator
from torch import Tensor, nn
from torch.distributions import Distribution

from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.losses.adversarial import maximum_mean_discrepancy
from latune.losses.vae import Reduction, reconstruction
from latune.methods.attribute_term import AttributeTerm
from latune.methods.code_critic import CodeCritic
from latune.methods.code_memory import CodeMemory
from latune.methods.method import MAIN_PLAYER, Losses, Method, Player
from latune.models.latent_model import LatentModel, diagonal_normal
from latune.models.mapped_posterior import MappedPosterior
from latune.models.song_model import SongModel
from latune.music.songs.tokens import STEPS, TRACKS

__all__ = ["Musae", "MusaeConfig", "Stages", "stage"]

CRITIC_BETAS = (0.5, 0.9)  # of its Adam, as Gulrajani et al. 2017 train critics of pictures

Positive = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Sizes = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
Stages = Annotated[tuple[tuple[NonNegativeInt, Weight], ...], Field(min_length=1)]
"""Pairs of a step, counted from 0, and the value from then on."""


class MusaeConfig(BaseModel):
    """Settings that both variants have; the published values are the defaults, but for the critic's turns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reconstruction: Reduction = "mean"  # nats of the four tracks together, per step ("mean") or per phrase ("sum")
    regulariser: Literal["wgan", "mmd", "kl"] = "wgan"
    weights: Stages  # of the regulariser, by step
    critic_steps: PositiveInt = 5  # turns of the critic in each round; published: 1
    critic_sizes: Sizes = (512, 512)
    critic_learning_rate_factor: Positive = 1.0  # times the schedule's learning rate
    critic_memory: NonNegativeInt = 0  # recent codes that its turns draw from; published: 0, those of the batch alone
    critic_batch_size: PositiveInt = 256  # so many of them in each turn
    penalty: Weight = 10.0  # of the critic's gradient
    clip_norm: Positive | None = 1.0  # of all gradients of a player together
    clip_value: Positive | None = 0.5  # of each number of a gradient, afterwards

    @field_validator("weights")
    @classmethod
    def _rise_in_time(cls, weights: Stages) -> Stages:
        steps = [step for step, _ in weights]
        if steps[0] != 0 or sorted(set(steps)) != steps:
            raise ValueError(f"expected steps that begin at 0 and rise, got {steps}")
        return weights

    @property
    def tied(self) -> tuple[str, ...]:
        """The method itself ties no attribute to a latent dimension."""
        return ()


class Musae(Method):
    """Players: an autoencoder and, where codes are judged by critics, these together.

    Args:
        model: Latent model of phrases of songs.
        config: Settings.
        genres: Number of genres that items are labelled with; 0 if none.
        attribute_term: The recipe's `attributes:` block, if it has one.

    Raises:
        RecipeError: The model is none of phrases of songs.
    """

    model: SongModel

    def __init__(
        self, model: LatentModel, config: MusaeConfig, genres: int, attribute_term: AttributeTerm | None
    ) -> None:
        if not isinstance(model, SongModel):
            raise RecipeError("method.name: 'musae_single' and 'musae_mixture' need model song_bars or song_lstm.")
        if model.flow is not None and config.regulariser != "kl":
            raise RecipeError(f"model.flow: needs method.regulariser 'kl', got '{config.regulariser}'.")
        super().__init__(model)
        self.config, self.attribute_term = config, attribute_term
        sizes = self.read_sizes() if config.regulariser == "wgan" else []
        self._critics = [CodeCritic(size, config.critic_sizes, config.penalty) for size in sizes]
        self.critics = nn.ModuleList(self._critics)
        self._posterior: Distribution | None = None  # of the network's own codes, in the autoencoder's turn
        self.memory = CodeMemory(config.critic_memory, model.latent_size, genres)

    @abstractmethod
    def read_sizes(self) -> list[int]:
        """How many numbers each critic reads of a code."""

    @abstractmethod
    def pairs(self, codes: Tensor, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """For every critic what it reads of codes (B, D), and of as many draws of the prior."""

    @abstractmethod
    def divergence(self, posterior: Distribution, codes: Tensor, batch: Batch) -> Tensor:
        """Mean over the batch of the KL divergence from the prior, in nats; `codes` (B, D) are drawn from it."""

    def other_terms(self, codes: Tensor, batch: Batch) -> Losses:
        """What a variant adds to the loss, by name and with its weight."""
        return {}

    def prepare_attributes(self, attributes: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the attribute term reads, (N, K)."""
        return attributes if self.attribute_term is None else self.attribute_term.prepare(attributes)

    def players(self) -> list[Player]:
        """The autoencoder moves first; the critics join with the first weight that is not 0."""
        config = self.config
        player = partial(Player, clip_norm=config.clip_norm, clip_value=config.clip_value)
        own = [parameter for name, parameter in self.model.named_parameters() if not name.startswith("flow.")]
        players = [player(MAIN_PLAYER, own, self._autoencoder_losses)]
        first = next((step for step, weight in config.weights if weight > 0), None)
        if self._critics and first is not None:
            critics = player(
                "critic",
                list(self.critics.parameters()),
                self._critic_losses,
                steps_per_round=config.critic_steps,
                learning_rate_factor=config.critic_learning_rate_factor,
                from_step=first,
                betas=CRITIC_BETAS,
            )
            players.append(critics)
        return players

    @torch.no_grad()
    def validation_losses(self, batch: Batch) -> Losses:
        """Of the means of the codes; the reconstruction alone, since losses of other weights cannot be compared."""
        decoded = self.model.decode(self.model.encode(batch.items).mean)
        right = self.model.right_elements(decoded, batch.items).float().mean(dim=(0, 1))
        nats = self._nats(decoded, batch.items)
        of_tracks = {f"accuracy_{track}": share for track, share in zip(TRACKS, right, strict=True)}
        return {"loss": nats, "reconstruction": nats, "accuracy": right.mean(), **of_tracks}

    def _autoencoder_losses(self, batch: Batch, step: int) -> Losses:
        posterior = self.model.encode(batch.items)
        codes = posterior.rsample()
        decoded = self.model.decode(codes, batch.items)
        right = self.model.right_elements(decoded, batch.items).float().mean()
        losses = {"reconstruction": self._nats(decoded, batch.items)}
        weight = stage(self.config.weights, step)
        if weight > 0:
            losses["regularity"] = weight * self._regularity(posterior, codes, batch)
        if self.attribute_term is not None:
            losses["attribute"] = self.attribute_term(posterior, codes, batch.attributes)
        losses |= self.other_terms(codes, batch)
        base = posterior.base if isinstance(posterior, MappedPosterior) else posterior
        self._posterior = diagonal_normal(base.mean.detach(), base.stddev.detach())
        self.memory.keep(self._posterior, batch.labels, step)
        return {"loss": torch.stack(list(losses.values())).sum(), **losses, "accuracy": right}

    def _regularity(self, posterior: Distribution, codes: Tensor, batch: Batch) -> Tensor:
        """What the regulariser says of the codes, without its weight."""
        if self.config.regulariser == "kl":
            return self.divergence(posterior, codes, batch)
        pairs = self.pairs(codes, batch)
        if self.config.regulariser == "mmd":
            return torch.stack([maximum_mean_discrepancy(found, wanted) for found, wanted in pairs]).sum()
        return torch.stack([c.encoder_loss(found) for c, (found, _) in zip(self._critics, pairs, strict=True)]).sum()

    def _critic_losses(self, batch: Batch, step: int) -> Losses:
        if self._posterior is None:
            raise RuntimeError("the autoencoder moves first in each round: its codes are judged")
        if self.config.critic_memory:
            codes, labels = self.memory.draw(self.config.critic_batch_size)
            pairs = self.pairs(codes, replace(batch, labels=labels))
        else:
            pairs = self.pairs(self._posterior.sample(), batch)
        each = [critic.losses(found, wanted) for critic, (found, wanted) in zip(self._critics, pairs, strict=True)]
        return {name: torch.stack([losses[name] for losses in each]).sum() for name in each[0]}

    def _nats(self, decoded: Distribution, items: Tensor) -> Tensor:
        nats = reconstruction(decoded, items, "sum")
        return nats / STEPS if self.config.reconstruction == "mean" else nats


def stage(stages: Stages, step: int) -> float:
    """The value at a step, counted from 0."""
    return next(value for start, value in reversed(stages) if step >= start)
