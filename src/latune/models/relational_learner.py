"""ReL: a small network that applies a relation to codes, learned in the latent space alone.

A unary relation ("left") is told by an embedding as long as a code, which is concatenated to the code; of a binary one
("add") the network reads the codes of both operands and of the operator's symbol. The published sizes are 3 hidden
layers of 1024 units behind a first one, with tanh.

Source: Valenti and Bacciu 2022 (arXiv 2205.10056), and the code published with it.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from latune.models.gru import FastLinear

__all__ = ["RelationalLearner", "tanh_layers"]


class RelationalLearner(nn.Module):
    """From codes and a relation to codes.

    Args:
        latent_size: Numbers of a code D.
        relations: Unary relations that have an embedding; 0 where relations are binary.
        sizes: Units of the hidden layers.
        zero_start: The last layer begins at 0: the network then answers 0, which is what a correction starts from.
    """

    def __init__(self, latent_size: int, relations: int, sizes: tuple[int, ...], zero_start: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(relations, latent_size) if relations else None
        inputs = latent_size * (2 if relations else 3)
        self.layers = tanh_layers((inputs, *sizes), latent_size)
        if zero_start:
            for parameter in self.layers[-1].parameters():
                nn.init.zeros_(parameter)

    def forward(self, codes: Tensor, relations: Tensor, others: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """Codes (B, D) after relations (B,); `others` are the right operands and operators (B, D) of binary ones."""
        if self.embedding is not None:
            told = [codes, self.embedding(relations)]
        elif others is not None:
            told = [codes, *others]
        else:
            raise ValueError("a binary relation needs a right operand and an operator")
        answer: Tensor = self.layers(torch.cat(told, dim=1))
        return answer.float()


def tanh_layers(sizes: tuple[int, ...], outputs: int) -> nn.Sequential:
    """Linear layers with tanh between them, the last one without."""
    layers: list[nn.Module] = []
    for inputs, units in pairwise(sizes):
        layers += [FastLinear(inputs, units), nn.Tanh()]
    return nn.Sequential(*layers, FastLinear(sizes[-1], outputs))
