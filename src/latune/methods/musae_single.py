"""MusAE with one Gaussian for all contents, and styles beside it.

The prior of the content z is N(0, I), that of the styles s either 0 or 1, each as likely, whatever the item; each has a
critic of its own. Two terms more say what styles are for:

- supervised: s shall equal the genres of the item (binary cross-entropy in nats, mean over styles; published weight 0);
- infomax: codes are drawn from the prior and decoded, the encoder reads the decoder's probabilities, and s shall come
  back (the same cross-entropy; published weight 1). The published code handed the encoder tracks and tokens in another
  order than the one it had learned, and numbers from 0 to 1 instead of from -1 to 1.

With `style_prior: labels` styles are drawn from the genres of the batch instead, so that a single genre, which is what
style transfer asks for, is a style that the decoder has seen.

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494), and the code published with it.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor
from torch.distributions import Distribution
from torch.nn import functional as F

from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.losses.vae import divergence
from latune.methods.attribute_term import AttributeTerm
from latune.methods.method import Losses
from latune.methods.musae import Musae, MusaeConfig, Stages, Weight
from latune.models.latent_model import LatentModel, diagonal_normal
from latune.models.song_model import probabilities

__all__ = ["MusaeSingle", "MusaeSingleConfig"]

ALMOST = 1e-6  # a style as near to 0 or 1 as its cross-entropy can tell


class MusaeSingleConfig(MusaeConfig):
    """Settings of the variant with one Gaussian; the published values are the defaults, but for the critics' turns."""

    name: Literal["musae_single"] = "musae_single"
    weights: Stages = ((0, 0.0), (10_000, 0.1), (15_000, 0.2))
    supervised_weight: Weight = 0.0
    infomax_weight: Weight = 1.0
    infomax_items: PositiveInt | None = None  # draws in each step; default: as many as items of a batch
    style_prior: Literal["bernoulli", "labels"] = "bernoulli"


class MusaeSingle(Musae):
    """The variant whose prior is one Gaussian.

    Args:
        model: Latent model of phrases of songs.
        config: Settings.
        genres: Number of genres that items are labelled with; 0 if none.
        attribute_term: The recipe's `attributes:` block, if it has one.

    Raises:
        RecipeError: Styles and genres do not fit together.
    """

    config: MusaeSingleConfig

    def __init__(
        self,
        model: LatentModel,
        config: MusaeSingleConfig,
        genres: int,
        attribute_term: AttributeTerm | None = None,
    ) -> None:
        super().__init__(model, config, genres, attribute_term)
        if (config.supervised_weight > 0 or config.style_prior == "labels") and self.model.styles != genres:
            raise RecipeError(
                f"model.styles: expected the number of genres of the data set, {genres}, since method.supervised_weight"
                f" or method.style_prior compares both, got {self.model.styles}."
            )

    def read_sizes(self) -> list[int]:
        """One critic reads the content; where there are styles, another one reads these."""
        return [size for size in (self.model.content_size, self.model.styles) if size]

    def pairs(self, codes: Tensor, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """Contents and styles, each beside draws of its prior."""
        found, wanted = (self._split(each) for each in (codes, self._draw(batch, len(codes))))
        return list(zip(found, wanted, strict=True))

    def divergence(self, posterior: Distribution, codes: Tensor, batch: Batch) -> Tensor:
        """Closed form; a style counts as the probability of a 1."""
        (mean, *styles), (deviation, *_) = self._split(posterior.mean), self._split(posterior.stddev)
        found = divergence(diagonal_normal(mean, deviation), diagonal_normal(0 * mean[0], torch.ones_like(mean[0])))
        for style in styles:
            wanted = self._style_frequencies(batch)
            share = style.float().clamp(ALMOST, 1 - ALMOST)
            nats = share * (share / wanted).log() + (1 - share) * ((1 - share) / (1 - wanted)).log()
            found = found + nats.sum(dim=1).mean()
        return found

    def other_terms(self, codes: Tensor, batch: Batch) -> Losses:
        """The supervised and the infomax term."""
        terms: Losses = {}
        if not self.model.styles:
            return terms
        if self.config.supervised_weight > 0:
            own = codes[:, self.model.content_size :]
            terms["supervised"] = self.config.supervised_weight * _style_nats(own, _labels(batch))
        if self.config.infomax_weight > 0:
            terms["infomax"] = self.config.infomax_weight * self._infomax(batch)
        return terms

    def _infomax(self, batch: Batch) -> Tensor:
        """How well the encoder reads styles that were drawn from the prior off what is decoded."""
        drawn = self._draw(batch, min(self.config.infomax_items or len(batch.items), len(batch.items)))
        soft = probabilities(self.model.decode(drawn))
        content = self.model.content_size
        return _style_nats(self.model.encode_soft(soft).mean[:, content:], drawn[:, content:])

    def _draw(self, batch: Batch, count: int) -> Tensor:
        """So many codes (C, D) of the prior."""
        device = batch.items.device
        content = torch.randn(count, self.model.content_size, device=device)
        if self.config.style_prior == "labels" and self.model.styles:
            labels = _labels(batch)
            styles = labels[torch.randint(len(labels), (count,), device=device)]
        else:
            styles = torch.randint(2, (count, self.model.styles), device=device).to(content.dtype)
        return torch.cat([content, styles], dim=1)

    def _style_frequencies(self, batch: Batch) -> Tensor | float:
        """How often each style is 1 under the prior."""
        if self.config.style_prior == "bernoulli":
            return 0.5
        return _labels(batch).mean(dim=0).clamp(ALMOST, 1 - ALMOST)

    def _split(self, codes: Tensor) -> list[Tensor]:
        """Codes (B, D) as contents and, where there are such, styles."""
        return [
            part for part in torch.split(codes, [self.model.content_size, self.model.styles], dim=1) if part.shape[1]
        ]


def _labels(batch: Batch) -> Tensor:
    if batch.labels is None:
        raise ValueError("the batch has no labels")
    return batch.labels


def _style_nats(styles: Tensor, wanted: Tensor) -> Tensor:
    """Binary cross-entropy of styles (B, S), in nats per style."""
    # From logits: on probabilities it is refused under autocast.
    return F.binary_cross_entropy_with_logits(styles.float().logit(eps=ALMOST), wanted.float())
