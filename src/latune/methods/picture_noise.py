"""Noise on pictures while a model learns, drawn anew for every batch.

Published for weak disentanglement: beside each picture three noisy ones (a normal deviation of 0.3 on what is not
background) and three of which 0.3 of the pixels are dark; all are both what is read and what is to be decoded. Here a
share of a batch is disturbed, half of it one way and half the other, and the clean picture is what is to be decoded
unless `target` says otherwise.

Source: the code published with Valenti and Bacciu 2022 (arXiv 2205.10056).
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

__all__ = ["NoiseConfig", "disturbed"]


class NoiseConfig(BaseModel):
    """How pictures are disturbed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: Annotated[float, Field(ge=0, le=1)] = 6 / 7  # of the pictures, as published
    deviation: Annotated[float, Field(ge=0)] = 0.3  # of brightness, where it is not 0
    masked: Annotated[float, Field(ge=0, le=1)] = 0.3  # of a picture's pixels
    target: Literal["clean", "disturbed"] = "clean"  # what is to be decoded; published: disturbed


def disturbed(pictures: Tensor, config: NoiseConfig) -> Tensor:
    """Pictures (B, C, H, W), brightness 0 to 1, of which a share is noisy or masked; from the global random state."""
    kind = torch.rand(len(pictures), 1, 1, 1, device=pictures.device)
    noisy = (pictures + config.deviation * torch.randn_like(pictures) * (pictures > 0)).clamp(0, 1)
    kept = torch.rand(pictures[:, :1].shape, device=pictures.device) >= config.masked
    return torch.where(kind < config.share / 2, noisy, torch.where(kind < config.share, pictures * kept, pictures))
