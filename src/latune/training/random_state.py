"""Looking at a network in the middle of its training without changing what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

__all__ = ["looking_at"]


@contextmanager
def looking_at(module: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards mode and random state are what they were before."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    training = module.training
    module.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices):
            yield
    finally:
        module.train(training)
