"""Shared by the benchmarks: alternate the candidates in one run and compare medians."""

import time
from collections.abc import Callable
from statistics import median


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
