"""AbsAE + ReL: an autoencoder whose latent space has a region for every combination of factors, and learned moves.

    autoencoder:    reconstruction + a encoder_loss(D(k, E(x))) + l mean of -ln N_k(E(x)) / d over labelled items
    discriminator:  a (loss of D on codes of items and draws of the prior)
    relations:      see `latune.methods.relation_losses`; draws of the regions alone, no pictures

k is a region or "unlabelled", d the size of a code.

In the warm-up the prior is uniform in a box and nothing is labelled. When it is over, the Gaussians of the regions are
fitted to the codes of the labelled items (means, and covariances shrunk to a tenth), and stay. From then on an item of
unknown region is compared with draws of all regions, a labelled one with draws of its own; the published code drew
region 0 for all. The term with l, which the published code lacks, keeps regions and encoder together.

Published: Adam 1e-4 for all, batches of 1024, a = 0.2, 1,000 epochs of warm-up of 6,000.

Source: Valenti and Bacciu 2022, Leveraging Relational Information for Learning Weakly Disentangled Representations
(arXiv 2205.10056), and the code published with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt
from torch import Tensor, nn

from latune.data.batches import Batch
from latune.data.labelled import LabelledItems
from latune.data.picture_matching import matched_pictures
from latune.losses.vae import Reduction, reconstruction
from latune.methods.method import MAIN_PLAYER, Losses, Method, Player, accuracy
from latune.methods.picture_noise import NoiseConfig, disturbed
from latune.methods.region_adversary import Game, RegionAdversary
from latune.methods.relation_losses import LearnerWeights, draw_pairs, learner_losses
from latune.models.latent_model import LatentModel
from latune.models.mixture import UNLABELLED, Mixture
from latune.models.moves import Moves, MovesConfig
from latune.models.priors import PriorConfig, Uniform, build_prior
from latune.models.region_fit import fit_mixture

__all__ = ["AbsAeRel", "AbsAeRelConfig", "RelationsConfig", "allowed_pairs"]

TURN_EVERY = 250  # steps from one look at where matched pictures are to the next
FIT_BATCH = 512  # labelled items that are encoded at a time

HELD_OUT_SEED = 8  # runs of all seeds leave out the same relations

Weight = Annotated[float, Field(ge=0)]
Sizes = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


class RelationsConfig(MovesConfig):
    """How relations are learned."""

    batch_size: PositiveInt = 128  # draws per relation and step, as published
    held_out: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of (region, relation) pairs that is not trained
    distribution: Weight = 1.0  # weights of the losses that "transport" has, see `LearnerWeights`
    consistency: Weight = 0.1
    inverse: Weight = 0.1
    commutation: Weight = 0.1
    consistent: PositiveInt = 32  # moved codes per step that are decoded and encoded for it

    @property
    def weights(self) -> LearnerWeights:
        """Weights of what "transport" adds."""
        return LearnerWeights(self.distribution, self.consistency, self.inverse, self.commutation)


class AbsAeRelConfig(BaseModel):
    """Settings of AbsAE + ReL; where there is a published value, it is the default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["absae_rel"] = "absae_rel"
    reconstruction: Reduction = "mean"  # nats per pixel ("mean") or per picture ("sum")
    labels_per_region: PositiveInt = 50  # published: some 750 (20 batches of 1024 for 27 regions)
    labelled_batch_size: PositiveInt = 64  # labelled items per step, of regions drawn evenly
    prior: PriorConfig = PriorConfig(name="adaptive")
    shrink: Annotated[float, Field(gt=0)] = 0.1  # of the fitted covariances
    covariances: Literal["own", "pooled"] = "own"  # of each region, as published, or the same for all
    warm_up: NonNegativeInt = 1000  # steps with a uniform prior
    game: Game = "vanilla"
    discriminator_sizes: Sizes = (1024,) * 4
    adversarial_weight: Weight = 0.2
    likelihood_weight: Weight = 0.1  # of labelled codes under their regions; published: 0
    noise: NoiseConfig = NoiseConfig()
    relations: RelationsConfig = RelationsConfig()

    @property
    def tied(self) -> tuple[str, ...]:
        """No latent dimension is tied to an attribute."""
        return ()


class AbsAeRel(Method):
    """Three players: an autoencoder, a discriminator of its codes, and a learner of relations between regions.

    Where the prior knows no regions (uniform, double moon ...) or the regions have no relations, there is no learner.

    Args:
        model: Latent model whose codes have no noise.
        config: Settings.
        labelled: Labelled training items and all regions.
    """

    fitted: Tensor
    allowed: Tensor
    labelled_items: Tensor
    labelled_places: Tensor
    starts: Tensor
    counts: Tensor

    def __init__(self, model: LatentModel, config: AbsAeRelConfig, labelled: LabelledItems) -> None:
        super().__init__(model)
        self.config = config
        regions = labelled.regions
        self.count = len(regions.names)
        self.box = Uniform(model.latent_size)
        self.prior = build_prior(config.prior, self.count, model.latent_size)
        self.adversary = RegionAdversary(model.latent_size, self.count, config.discriminator_sizes, config.game)
        self.moves: Moves | None = None
        if regions.relations and isinstance(self.prior, Mixture):
            self.moves = Moves(regions, model.latent_size, config.relations)
            self.register_buffer("allowed", allowed_pairs(self.moves.tables, config.relations.held_out))
        self.register_buffer("fitted", torch.tensor(False))
        counts = np.bincount(labelled.places, minlength=self.count)
        for name, array in (
            ("labelled_items", labelled.items),
            ("labelled_places", labelled.places),
            ("starts", np.cumsum(counts) - counts),
            ("counts", counts),
        ):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(array)), persistent=False)
        self._matches: dict[tuple[int, int], tuple[Tensor, Tensor]] | None = None  # found when they are needed
        self._judged: tuple[Tensor, Tensor] | None = None  # codes and regions of the autoencoder's turn in this round

    def companions(self) -> dict[str, nn.Module]:
        """The moves, which are kept with the model."""
        return {} if self.moves is None else {"moves": self.moves}

    def players(self) -> list[Player]:
        """The autoencoder moves first; the learner joins when the warm-up is over."""
        autoencoder = Player(MAIN_PLAYER, list(self.model.parameters()), self._autoencoder_losses)
        discriminator = Player("discriminator", list(self.adversary.parameters()), self._discriminator_losses)
        if self.moves is None:
            return [autoencoder, discriminator]
        learner = list(self.moves.learner.parameters())
        relations = Player("relations", learner, self._relation_losses, from_step=self.config.warm_up)
        return [autoencoder, discriminator, relations]

    @torch.no_grad()
    def validation_losses(self, batch: Batch) -> Losses:
        """Reconstruction of clean items and, once there are regions, the share that lies in the right one."""
        codes = self.model.encode(batch.items).mean
        decoded = self.model.decode(codes)
        nats = reconstruction(decoded, batch.items, self.config.reconstruction)
        losses = {"loss": nats, "reconstruction": nats, "accuracy": accuracy(self.model, decoded, batch.items)}
        if bool(self.fitted) and isinstance(self.prior, Mixture) and batch.classes is not None:
            losses["region_accuracy"] = (self.prior.classify(codes) == batch.classes).float().mean()
        return losses

    def _autoencoder_losses(self, batch: Batch, step: int) -> Losses:
        warm = step < self.config.warm_up
        if not warm and not bool(self.fitted):
            self._fit()
        if not warm and (step - self.config.warm_up) % TURN_EVERY == 0:
            self._turn_maps()
        own = self._draw_labelled(batch.items)
        clean = torch.cat([batch.items, own[0]])
        regions = torch.cat([torch.full_like(own[1][:1], UNLABELLED).expand(len(batch.items)), own[1]])
        seen = disturbed(clean, self.config.noise)
        codes = self.model.encode(seen).mean
        decoded = self.model.decode(codes)
        wanted = clean if self.config.noise.target == "clean" else seen
        nats = reconstruction(decoded, wanted, self.config.reconstruction)
        if warm:
            regions = torch.full_like(regions, UNLABELLED)
        self._judged = codes.detach(), regions
        judged = self.adversary.encoder_loss(self.adversary(codes, regions))
        losses = {"reconstruction": nats, "adversarial": self.config.adversarial_weight * judged}
        if not warm and isinstance(self.prior, Mixture):
            density = self.prior.log_density(codes[len(batch.items) :]).gather(1, own[1][:, None]).mean()
            losses["likelihood"] = -self.config.likelihood_weight * density / codes.shape[1]
        return {
            "loss": torch.stack(list(losses.values())).sum(),
            **losses,
            "accuracy": accuracy(self.model, decoded, wanted),
        }

    def _discriminator_losses(self, batch: Batch, step: int) -> Losses:
        if self._judged is None:
            raise RuntimeError("the autoencoder moves first in each round: its codes are judged")
        codes, regions = self._judged
        prior = self.box if step < self.config.warm_up else self.prior
        loss, of_codes, of_draws = self.adversary.loss(codes, prior.sample(regions), regions)
        scores = {"codes": of_codes.mean(), "draws": of_draws.mean()}
        return {"loss": self.config.adversarial_weight * loss, **scores}

    def _relation_losses(self, batch: Batch, step: int) -> Losses:
        assert self.moves is not None
        config = self.config.relations
        pairs = draw_pairs(self.moves, self.allowed, config.batch_size)
        return learner_losses(self.moves, pairs, self._redraw, config.weights, config.consistent)

    def _redraw(self, codes: Tensor) -> Tensor:
        """Codes of what is decoded from codes, by the networks as they are used: without a batch's own statistics."""
        with _evaluating(self.model):
            return self.model.encode(self.model.decode(codes).mean).mean

    def _draw_labelled(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """A batch of labelled items and their regions, each region as likely as any other."""
        regions = torch.randint(self.count, (self.config.labelled_batch_size,), device=like.device)
        places = (torch.rand(len(regions), device=like.device) * self.counts[regions]).long() + self.starts[regions]
        return self.model.to_input(self.labelled_items[places]), regions

    @torch.no_grad()
    def _fit(self) -> None:
        """Give the regions their Gaussians, from the codes of the labelled items as the encoder sees them now."""
        codes = self._labelled_codes()
        if isinstance(self.prior, Mixture) and self.config.prior.name == "adaptive":
            places = self.labelled_places.cpu().numpy()
            fitted = fit_mixture(
                codes.cpu().numpy(), places, self.count, self.config.shrink, self.config.covariances == "pooled"
            )
            self.prior.load_state_dict(fitted.state_dict())
        if self.moves is not None:
            assert isinstance(self.prior, Mixture)
            self.moves.set_mixture(self.prior)
        self.fitted.fill_(True)

    @torch.no_grad()
    def _turn_maps(self) -> None:
        """Bring the maps between regions in line with where the encoder puts matched pictures now."""
        relations = self.config.relations
        if self.moves is None or relations.mode != "transport" or not relations.matching:
            return
        if self._matches is None:
            self._matches = self._match()
        codes = self._labelled_codes()
        for (source, target), (own, partners) in self._matches.items():
            self.moves.turn(source, target, codes[own], codes[partners])

    def _match(self) -> dict[tuple[int, int], tuple[Tensor, Tensor]]:
        """Numbers of labelled items that belong together, for every route of the moves."""
        assert self.moves is not None
        pictures = self.model.to_input(self.labelled_items).numpy(force=True)
        ends = (self.starts + self.counts).tolist()
        found = {}
        for source, target in self.moves.routes:
            first, second = int(self.starts[source]), int(self.starts[target])
            pairs = matched_pictures(pictures[first : ends[source]], pictures[second : ends[target]])
            numbers = torch.from_numpy(pairs).to(self.starts.device)
            found[source, target] = first + numbers[:, 0], second + numbers[:, 1]
        return found

    @torch.no_grad()
    def _labelled_codes(self) -> Tensor:
        """Codes (M, D) of the labelled items, as the encoder is used."""
        parts = [self.model.to_input(part) for part in torch.split(self.labelled_items, FIT_BATCH)]
        with _evaluating(self.model):
            return torch.cat([self.model.encode(part).mean for part in parts])


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode; gradients still flow."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


def allowed_pairs(tables: Tensor, held_out: float) -> Tensor:
    """Which start regions of each relation are trained: all but a share, of every relation the same number."""
    allowed = torch.ones_like(tables, dtype=torch.bool)
    count = round(held_out * tables[0].numel())
    generator = np.random.default_rng(HELD_OUT_SEED)
    for relation in allowed.flatten(1):
        relation[torch.from_numpy(generator.permutation(len(relation))[:count])] = False
    return allowed
