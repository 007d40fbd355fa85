"""What the certificate says of each knob, in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from latune.control.knobs import Knobs
from latune.figures.certificate import WAYS

__all__ = ["KnobSummary", "knob_summaries"]

SIDE_EFFECT = 0.1  # standard deviations: smaller changes of other attributes are not listed


@dataclass(frozen=True)
class KnobSummary:
    """A knob as people choose its value.

    Args:
        name: The attribute.
        unit: Its unit in words.
        low: Value below which 1 % of the training items lie.
        high: Value above which 1 % of the training items lie.
        reachable: Means of the lowest and the highest value that decoded items reached, joint movement; None where
            nothing was measured.
        hit_rates: Share of requests that were met within the tolerance, by way; empty where nothing was measured.
        side_effects: Attributes that changed beyond what the knob explains, in standard deviations, largest first.
    """

    name: str
    unit: str
    low: float
    high: float
    reachable: tuple[float, float] | None = None
    hit_rates: Mapping[str, float | None] = field(default_factory=dict)
    side_effects: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """A JSON form."""
        return asdict(self)


def knob_summaries(knobs: Knobs, certificate: Mapping[str, Any] | None) -> tuple[KnobSummary, ...]:
    """The knobs of a run with what was measured of them.

    Args:
        knobs: In the order of the recipe.
        certificate: The content of `certificate.json`, or None where the run was not evaluated.
    """
    measured = {} if certificate is None else certificate["knobs"]
    return tuple(
        KnobSummary(knob.name, knob.unit, knob.low, knob.high, *_measured(measured.get(knob.name)))
        for knob in knobs.knobs
    )


def _measured(
    knob: Mapping[str, Any] | None,
) -> tuple[tuple[float, float] | None, dict[str, float | None], dict[str, float]]:
    if knob is None:
        return None, {}, {}
    ways = [way for way in WAYS if way in knob]
    sweep = knob.get("joint", {}).get("sweep", {})
    ends = [sweep.get(end, {}).get("value") for end in ("reachable_low", "reachable_high")]
    rates = {way: knob[way]["hit_rate"]["value"] for way in ways}
    usual = "path" if "path" in knob else "joint"
    changes = {other: part["value"] or 0.0 for other, part in knob[usual]["cross_talk"]["unexplained"].items()}
    listed = sorted(changes.items(), key=lambda change: -change[1])
    reachable = None if None in ends else (float(ends[0]), float(ends[1]))
    return reachable, rates, {other: value for other, value in listed if value >= SIDE_EFFECT}
