"""Are the codes of unseen items in their own region?

Rejection is by Mahalanobis distance: of the codes of a region a share alpha is expected to be rejected. The published
thresholds, on a density that depends on the scale of the codes, are there for comparison ("legacy").

Source: Valenti and Bacciu 2022 (arXiv 2205.10056), and the code published with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from latune.evaluation.move_subject import MoveSubject

__all__ = ["DENSITIES", "region_accuracy"]

DENSITIES = (0.0, 1e-8, 1e-4, 1e-2, 1.0)


def region_accuracy(subject: MoveSubject) -> dict[str, Any]:
    """Accepted share and accuracy of the test items' codes.

    Returns:
        "all": classified among all K regions, "entities": operands alone, among themselves, where there are other
        regions; "legacy": by density; "entropy": of the region given the code, in nats, with its largest value.
    """
    mover = subject.mover
    count = len(mover.regions.names)
    result: dict[str, Any] = {
        "items": len(subject.codes),
        "regions": count,
        "all": subject.rejection(subject.codes, subject.places),
        "legacy": _by_density(subject),
        "entropy": subject.estimate(mover.mixture.posterior_entropy(torch.from_numpy(subject.codes)).numpy()),
        "largest_entropy": float(np.log(count)),
    }
    if mover.regions.entities < count:
        chosen = subject.operands
        result["entities"] = subject.rejection(subject.codes[chosen], subject.places[chosen], entities=True)
    return result


def _by_density(subject: MoveSubject) -> list[dict[str, Any]]:
    codes, entries = torch.from_numpy(subject.codes), []
    for threshold in DENSITIES:
        found = subject.mover.mixture.classify_by_density(codes, threshold).numpy()
        entries.append({"density": threshold, **subject.accepted(found, subject.places)})
    return entries
