"""What a flow between codes learns from: the posteriors of the autoencoder, and the petals of their genres.

The flow has a turn of its own. It sees codes that are drawn anew from the posteriors of the autoencoder's turn, and
raises their density under the petal of their genre: maximum likelihood, with no way back to the encoder. The encoder is
drawn to the prior through the flow as it is, by the KL divergence, whose weight may therefore be small: what the
encoder leaves undone the flow does, and a flow loses nothing. With a transport term a code that is carried to another
genre shall move as little as possible among the network's own codes, in standard deviations of its posterior: of the
many flows that match the petals, one that takes alike to alike.

Sources: a prior that is learned in a second stage, Dai and Wipf 2019, Diagnosing and Enhancing VAE Models (arXiv
1903.05789); by a flow, Chen et al. 2017, Variational Lossy Autoencoder (arXiv 1611.02731).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Distribution

from latune.methods.method import Losses
from latune.models.flow import Flow
from latune.models.petals import Petals

__all__ = ["flow_losses", "other_genres"]

DRAWS = 4  # of each posterior in a turn: noise is most of what a flow sees


def flow_losses(flow: Flow, petals: Petals, posterior: Distribution, chosen: Tensor, transport_weight: float) -> Losses:
    """What a flow minimises.

    Args:
        flow: From the network's codes to those of the prior.
        petals: The prior.
        posterior: Independent normal over the network's codes (B, D), without gradients.
        chosen: The petal that each code belongs to, (B,).
        transport_weight: Of the squared distance that codes are carried, in deviations of the posterior.
    """
    codes, chosen = posterior.sample((DRAWS,)).flatten(0, 1), chosen.repeat(DRAWS)
    mapped, volume = flow(codes)
    density = petals.log_density(mapped).gather(1, chosen[:, None])[:, 0]
    losses = {"likelihood": -(density + volume).mean()}
    if transport_weight > 0:
        carried = flow.inverse(petals.exchanged(mapped, chosen, other_genres(chosen, petals.genres)))
        distance = (carried - codes) / posterior.stddev.repeat(DRAWS, 1)
        losses["transport"] = transport_weight * distance.square().sum(dim=1).mean()
    return {"loss": torch.stack(list(losses.values())).sum(), **losses}


def other_genres(chosen: Tensor, genres: int) -> Tensor:
    """For each petal (B,) that of another genre, each as likely; for "no genre" any (B,)."""
    steps = torch.randint(1, max(genres, 2), chosen.shape, device=chosen.device)
    return torch.where(chosen < genres, (chosen + steps) % genres, steps % genres)
