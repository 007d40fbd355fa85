"""What the beta-VAE family shares: L = reconstruction + pressure + terms.

The pressure is what a method puts on the codes, and all that its file has to say. The terms are those that the
recipe's `attributes:` and `control:` blocks add to any member of the family.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from torch import Tensor
from torch.distributions import Distribution

from latune.data.batches import Batch
from latune.losses.vae import Reduction, reconstruction
from latune.methods.attribute_term import AttributeTerm
from latune.methods.control_term import ControlTerm
from latune.methods.measuring_network import LEARNING_RATE_FACTOR, WARM_UP
from latune.methods.method import MAIN_PLAYER, Losses, Method, Player, accuracy
from latune.models.latent_model import LatentModel

__all__ = ["Variational", "VariationalConfig"]


class VariationalConfig(BaseModel):
    """Settings that every method of the family has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reconstruction: Reduction = "sum"  # nats per item ("sum") or per element of an item ("mean")

    @property
    def tied(self) -> tuple[str, ...]:
        """Attributes that the method itself ties to the first latent dimensions."""
        return ()


class Variational(Method):
    """A variational auto-encoder with some pressure on its codes.

    Args:
        model: Latent model.
        config: Settings.
        attribute_term: The recipe's `attributes:` block, if it has one.
        control_term: The recipe's `control:` block, if it has one.
    """

    def __init__(
        self,
        model: LatentModel,
        config: VariationalConfig,
        attribute_term: AttributeTerm | None = None,
        control_term: ControlTerm | None = None,
    ) -> None:
        super().__init__(model)
        self.config = config
        self.attribute_term = attribute_term
        self.control_term = control_term

    @abstractmethod
    def pressure(self, posterior: Distribution, codes: Tensor, step: int | None) -> Losses:
        """What is put on the codes of a batch, in nats per item.

        Args:
            posterior: q(z|x) over (B, D).
            codes: Drawn from it in training, its means in validation; (B, D).
            step: Counted from 0; None in validation, which asks for what holds at the end of the training.

        Returns:
            "loss" is the pressure, with its weight; the others, "kl" among them, are recorded.
        """

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
        return self._losses(batch, step)

    def validation_losses(self, batch: Batch) -> Losses:
        """The training loss at the means of the codes, with the pressure of the last step, without control term."""
        return self._losses(batch, None)

    def _losses(self, batch: Batch, step: int | None) -> Losses:
        """Of a training step, or (None) of validation."""
        posterior = self.model.encode(batch.items)
        codes = posterior.mean if step is None else posterior.rsample()
        decoded = self.model.decode(codes, batch.items)
        nats = reconstruction(decoded, batch.items, self.config.reconstruction)
        pressure = self.pressure(posterior, codes, step)
        own = {name: value for name, value in pressure.items() if name != "loss"}
        controlled = step is not None and self.control_term is not None and step >= self.control_term.config.from_step
        terms = self._terms(posterior, codes, batch, controlled)
        total = sum(terms.values(), nats + pressure["loss"])
        shown = {"reconstruction": nats, **own, **terms, "accuracy": accuracy(self.model, decoded, batch.items)}
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
