"""Are pictures drawn from the regions like real ones, and do unseen pictures come back?"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from latune.control.inference import Items
from latune.evaluation.move_subject import MoveSubject
from latune.metrics.sample_quality import class_balance, frechet_distance

__all__ = ["DRAWS", "draw_quality", "held_out_reconstruction"]

DRAWS = 1000  # pictures of all regions together, about
BATCH = 128


def draw_quality(subject: MoveSubject, training: Items) -> dict[str, Any]:
    """Decoded draws of all regions against pictures of the test split, judged by the class reader.

    Args:
        subject: What is measured.
        training: Real pictures of the training split, about as many as draws, for comparison.

    Returns:
        "frechet_distance" of the reader's features of draws to those of test pictures, beside that of "training"
        pictures; "right", the share read as the region that was drawn; "balance" of the regions that are read (1: all
        are as frequent), and the "shares" of these.
    """
    mover, count = subject.mover, len(subject.mover.regions.names)
    drawn = np.repeat(np.arange(count), max(1, round(DRAWS / count)))
    pictures = mover.decode(mover.sample(drawn, subject.seed))
    read = np.asarray(subject.reader.classes(pictures), np.int64)
    real = subject.reader.features(subject.items)
    shares = np.bincount(read, minlength=count) / len(read)
    return {
        "draws": len(drawn),
        "frechet_distance": frechet_distance(subject.reader.features(pictures), real),
        "frechet_distance_training": frechet_distance(subject.reader.features(training), real),
        "right": subject.estimate(read == drawn),
        "balance": class_balance(shares),
        "shares": dict(zip(mover.regions.names, shares.tolist(), strict=True)),
    }


@torch.no_grad()
def held_out_reconstruction(subject: MoveSubject) -> dict[str, Any]:
    """Test pictures against what is decoded from their codes.

    Returns:
        "cross_entropy": -ln p(x|z) in nats per pixel and channel, the binary cross-entropy where pixels are Bernoulli;
        "squared_error": of the expected brightness, 0 to 1, per pixel and channel.
    """
    model = subject.mover.model
    nats, errors = [], []
    for start in range(0, len(subject.items), BATCH):
        pictures = model.to_input(torch.from_numpy(np.ascontiguousarray(subject.items[start : start + BATCH])))
        decoded = model.decode(torch.from_numpy(subject.codes[start : start + BATCH]))
        nats.append(-decoded.log_prob(pictures) / pictures[0].numel())
        errors.append((decoded.mean - pictures).square().flatten(1).mean(dim=1))
    return {
        "cross_entropy": subject.estimate(torch.cat(nats).numpy()),
        "squared_error": subject.estimate(torch.cat(errors).numpy()),
    }
