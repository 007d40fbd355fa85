"""Shared by the benchmarks: alternate the candidates in one run and compare medians."""

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor


def alternate(candidates: dict[str, Callable[[], object]], repetitions: int, warm_up: int = 1) -> dict[str, float]:
    """Median seconds of each candidate, called in turn: A B C A B C ..."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for repetition in range(warm_up + repetitions):
        for name, call in candidates.items():
            start = time.perf_counter()
            call()
            if repetition >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in seconds.items()}


@torch.no_grad()
def operations_per_second(product: Callable[[Tensor, Tensor], Tensor], precision: torch.dtype = torch.float32) -> float:
    """Of a product of two matrices of 2,048 x 2,048."""
    matrix = torch.randn(2048, 2048, dtype=precision)
    return 2 * 2048**3 / alternate({"product": lambda: product(matrix, matrix)}, 5)["product"]


class Clock:
    """When intervals of a training end.

    Args:
        steps: In an interval.
    """

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._ticks: list[tuple[float, float]] = []

    def tick(self) -> None:
        self._ticks.append((time.perf_counter(), time.process_time()))

    @property
    def count(self) -> int:
        return len(self._ticks)

    def intervals(self, members: int) -> list[tuple[float, float]]:
        """Of each interval but the first (warm-up) and the last (validation), per member and step."""
        pairs = list(zip(self._ticks[:-1], self._ticks[1:], strict=True))[1:-1]
        return [tuple((b - a) / self._steps / members for a, b in zip(*pair, strict=True)) for pair in pairs]
