"""beta-VAE: L = reconstruction + beta |KL - capacity|, and whatever attribute term the recipe adds.

Source: Higgins et al. 2017 (beta), Burgess et al. 2018 (arXiv 1804.03599, capacity; here a constant).
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.distributions import Distribution

from latune.data.batches import Batch
from latune.losses.vae import Reduction, divergence, reconstruction
from latune.methods.attribute_term import AttributeTerm
from latune.methods.control_term import ControlTerm
from latune.methods.measuring_network import LEARNING_RATE_FACTOR, WARM_UP
from latune.methods.method import MAIN_PLAYER, Losses, Method, Player, accuracy
from latune.models.latent_model import LatentModel

__all__ = ["BetaVae", "BetaVaeConfig"]


class BetaVaeConfig(BaseModel):
    """Settings of the beta-VAE."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["beta_vae"] = "beta_vae"
    beta: Annotated[float, Field(ge=0)] = 1.0
    capacity: Annotated[float, Field(ge=0)] = 0.0  # nats that the KL is drawn to
    reconstruction: Reduction = "sum"  # nats per item ("sum") or per element of an item ("mean")

    @property
    def tied(self) -> tuple[str, ...]:
        """Attributes that the method itself ties to the first latent dimensions."""
        return ()


class BetaVae(Method):
    """A variational auto-encoder with a weight on the KL term.

    Args:
        model: Latent model.
        config: Settings.
        attribute_term: The recipe's `attributes:` block, if it has one.
        control_term: The recipe's `control:` block, if it has one.
    """

    def __init__(
        self,
        model: LatentModel,
        config: BetaVaeConfig,
        attribute_term: AttributeTerm | None = None,
        control_term: ControlTerm | None = None,
    ) -> None:
        super().__init__(model)
        self.config = config
        self.attribute_term = attribute_term
        self.control_term = control_term

    def prepare_attributes(self, attributes: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the attribute term reads, and behind it what the control term reads, (N, K)."""
        if self.attribute_term is None and self.control_term is None:
            return attributes
        terms = [term for term in (self.attribute_term, self.control_term) if term is not None]
        return np.concatenate([term.prepare(attributes) for term in terms], axis=1)

    def players(self) -> list[Player]:
        """Encoder and decoder together are one player; the control term may bring a measuring network as another."""
        players = [Player(MAIN_PLAYER, list(self.model.parameters()), self._training_losses)]
        if self.control_term is not None and self.control_term.network is not None:
            measurer = Player(
                "measurer",
                list(self.control_term.network.parameters()),
                self._measurer_losses,
                learning_rate_factor=LEARNING_RATE_FACTOR,
                from_step=max(0, self.control_term.config.from_step - WARM_UP),
            )
            players.append(measurer)
        return players

    def _measurer_losses(self, batch: Batch, step: int) -> Losses:
        assert self.control_term is not None
        values = batch.attributes[:, self._ordered :]
        return {"loss": self.control_term.network_loss(self.model, batch.items, values, batch.classes)}

    def _training_losses(self, batch: Batch, step: int) -> Losses:
        controlled = self.control_term is not None and step >= self.control_term.config.from_step
        return self._losses(batch, sampled=True, controlled=controlled)

    def validation_losses(self, batch: Batch) -> Losses:
        """The training loss at the means of the codes, and the share of right elements."""
        return self._losses(batch, sampled=False, controlled=False)

    def _losses(self, batch: Batch, sampled: bool, controlled: bool) -> Losses:
        posterior = self.model.encode(batch.items)
        codes = posterior.rsample() if sampled else posterior.mean
        decoded = self.model.decode(codes, batch.items)
        nats = reconstruction(decoded, batch.items, self.config.reconstruction)
        kl = divergence(posterior, self.model.prior)
        terms = self._terms(posterior, codes, batch, controlled)
        total = sum(terms.values(), nats + self.config.beta * (kl - self.config.capacity).abs())
        shown = {"reconstruction": nats, "kl": kl, **terms, "accuracy": accuracy(self.model, decoded, batch.items)}
        return {"loss": total, **shown}

    def _terms(self, posterior: Distribution, codes: Tensor, batch: Batch, controlled: bool) -> Losses:
        """What is added to the loss, by name; each term comes with its weight."""
        terms = {}
        if self.attribute_term is not None:
            terms["attribute"] = self.attribute_term(posterior, codes, batch.attributes[:, : self._ordered])
        if controlled and self.control_term is not None:
            terms["control"] = self.control_term(
                self.model, posterior.mean, batch.attributes[:, self._ordered :], batch.classes
            )
        return terms

    @property
    def _ordered(self) -> int:
        """Columns of a batch's attributes that the attribute term reads; those of the control term come behind."""
        return 0 if self.attribute_term is None else len(self.attribute_term.columns)
