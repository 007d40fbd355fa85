"""Asynchronous successive halving: of runs that are compared, those that fall behind are ended early.

Rungs are numbers of steps: `first_rung`, and each one `factor` times the one before. A run that reaches a rung is
compared with all that have reached it so far, without waiting for the others, and goes on where it is among the best of
every `factor`: the best of all reports always does. So decisions depend on the order in which runs arrive.

Source: Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht and Talwalkar 2020, A System for Massively Parallel
Hyperparameter Tuning (arXiv 1810.05934). There a run pauses at a rung and is promoted later; here, as is usual where
runs cannot be paused, one that is not promoted when it arrives is ended.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

__all__ = ["EarlyStopping", "Halving", "HalvingOfGroups"]


class EarlyStopping(BaseModel):
    """Settings of asynchronous successive halving."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_rung: PositiveInt  # steps until the first comparison
    factor: Annotated[int, Field(ge=2)] = 4  # of so many runs one goes on
    metric: str = "validation_loss"  # column of history.csv
    mode: Literal["min", "max"] = "min"  # which values are good


class Halving:
    """The rungs of runs that are compared.

    Args:
        settings: Rungs and what is compared.
    """

    def __init__(self, settings: EarlyStopping) -> None:
        self._settings = settings
        self._rungs: dict[int, dict[str, float]] = {}  # by steps: costs by key, in order of arrival
        self._goes_on: dict[tuple[str, int], bool] = {}

    def goes_on(self, key: str, step: int, steps: int, value: float) -> bool:
        """Whether a run goes on that tells how it does.

        What is decided stays decided: a run that was killed and is at a rung again hears the same.

        Args:
            key: Of the run.
            step: Steps done.
            steps: Of the whole run; whoever has done all is at its end anyway.
            value: Of the metric; what is not a number is worse than any number.
        """
        new = [rung for rung in self._reached(min(step, steps - 1)) if (key, rung) not in self._goes_on]
        for rung in new[:-1]:  # passed between two reports: what is known now would be compared with what came earlier
            self._goes_on[key, rung] = True
        for rung in new[-1:]:
            self._goes_on[key, rung] = self._add(rung, key, value)
        return all(on for (other, _), on in self._goes_on.items() if other == key)

    def recall(self, key: str, step: int, value: float) -> None:
        """Take in what a run told in an earlier session, after which it went on.

        Args:
            key: Of the run.
            step: Steps that were done.
            value: Of the metric.
        """
        new = [rung for rung in self._reached(step) if (key, rung) not in self._goes_on]
        for rung in new[-1:]:
            self._add(rung, key, value)
        self._goes_on.update({(key, rung): True for rung in new})

    def _add(self, rung: int, key: str, value: float) -> bool:
        """Add a run to a rung, and say whether it is among the best there; equal values are equally good."""
        cost = value if self._settings.mode == "min" else -value
        costs = self._rungs.setdefault(rung, {})
        costs[key] = cost if math.isfinite(cost) else math.inf
        better = sum(other < costs[key] for other in costs.values())
        return better < max(1, len(costs) // self._settings.factor)

    def _reached(self, step: int) -> Iterator[int]:
        rung = self._settings.first_rung
        while rung <= step:
            yield rung
            rung *= self._settings.factor


class HalvingOfGroups:
    """Runs of a study, each compared with those of its group alone.

    Args:
        settings: Rungs and what is compared.
        groups: The group of each run, by key.
    """

    def __init__(self, settings: EarlyStopping, groups: Mapping[str, str]) -> None:
        self._settings, self._groups = settings, groups
        self._halvings = {group: Halving(settings) for group in groups.values()}

    def goes_on(self, key: str, step: int, steps: int, losses: Mapping[str, Any]) -> bool:
        """Whether a run goes on that tells its losses, by the names of `history.csv`.

        Args:
            key: Of the run.
            step: Steps done.
            steps: Of the whole run.
            losses: Latest values; where the metric is not among them, nothing is decided.
        """
        value = losses.get(self._settings.metric)
        return value is None or self._halvings[self._groups[key]].goes_on(key, step, steps, value)

    def recall(self, key: str, rows: Iterable[Mapping[str, float]]) -> None:
        """Take in what a run told in earlier sessions.

        Args:
            key: Of the run.
            rows: Of its history, in order.
        """
        for row in rows:
            if self._settings.metric in row:
                self._halvings[self._groups[key]].recall(key, int(row["step"]), row[self._settings.metric])
