"""`latune train` as one of several processes that train one run together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from latune.cli.output import console, errors
from latune.errors import RecipeError

__all__ = ["require_one_device", "with_other_devices"]


@contextmanager
def with_other_devices() -> Iterator[None]:
    """Join the processes that `torchrun` started, where it did, while the block runs; the first one alone speaks.

    Of errors one process speaks too, the first one that has any.
    """
    if not _several():
        yield
        return
    from latune.training.distributed import is_first, process_group

    with process_group():
        console.quiet = errors.quiet = not is_first()
        try:
            yield
        finally:
            console.quiet = errors.quiet = False


def require_one_device(what: str) -> None:
    """Refuse what is no training of one run.

    Raises:
        RecipeError: There are several processes.
    """
    if _several():
        raise RecipeError(f"torchrun trains one run on several devices, not {what}: leave it out.")


def _several() -> bool:
    return int(os.environ.get("WORLD_SIZE", "1")) > 1
