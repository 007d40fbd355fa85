"""What a flow between codes learns from: the posteriors of an autoencoder that has learned, and their petals.

The autoencoder learns first, drawn to the petals by a KL divergence whose weight is small enough to keep content; then
it stays as it is, and the flow learns to carry its codes into the petals of their genres, by maximum likelihood. What
the encoder leaves undone the flow does, and a flow loses nothing.

Of the many flows that match the petals one is wanted that leaves style transfer as the decoder knows it: a code that is
carried to another genre behind the flow shall come near to where it is carried without it (`transport_weight` times the
squared distance among the network's own codes, in standard deviations of the posterior). For the identity that is 0.

Source: a prior that is learned in a second stage, Dai and Wipf 2019, Diagnosing and Enhancing VAE Models (arXiv
1903.05789).
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
        transport_weight: Of the squared distance between codes carried behind the flow and without it, in deviations.
    """
    codes, chosen = posterior.sample((DRAWS,)).flatten(0, 1), chosen.repeat(DRAWS)
    mapped, volume = flow(codes)
    density = petals.log_density(mapped).gather(1, chosen[:, None])[:, 0]
    losses = {"likelihood": -(density + volume).mean()}
    if transport_weight > 0:
        others = other_genres(chosen, petals.genres)
        carried = flow.inverse(petals.exchanged(mapped, chosen, others))
        distance = (carried - petals.exchanged(codes, chosen, others)) / posterior.stddev.repeat(DRAWS, 1)
        losses["transport"] = transport_weight * distance.square().sum(dim=1).mean()
    return {"loss": torch.stack(list(losses.values())).sum(), **losses}


def other_genres(chosen: Tensor, genres: int) -> Tensor:
    """For each petal (B,) that of another genre, each as likely; for "no genre" any (B,)."""
    steps = torch.randint(1, max(genres, 2), chosen.shape, device=chosen.device)
    return torch.where(chosen < genres, (chosen + steps) % genres, steps % genres)
