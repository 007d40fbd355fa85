"""What a worker process does: it reads files, and measures and edits items with a run's own code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from latune.errors import LatuneError
from latune.studio.messages import Message, receive, send

__all__ = ["Answer", "answer_to", "serve"]

Answer = tuple[dict[str, Any], bytes]
"""Of a task: what goes into the JSON, and items."""

Task = Callable[[Mapping[str, Any], bytes], Answer]


def serve(memory: int) -> None:
    """Answer requests until the standard input ends; what is printed goes to the error stream.

    Args:
        memory: Bytes of memory that may be used; a request that needs more is refused. Systems without such limits
            have none.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    tasks = _tasks()
    _limit(memory)
    send(answers, {})
    while True:
        try:
            header, content = receive(requests)
        except EOFError:
            return
        send(answers, *answer_to(header, content, tasks))


def _tasks() -> dict[str, Task]:
    """What can be asked; importing it takes seconds, which is done before the first request."""
    import torch

    from latune.studio.making import edit_items, measure_items, open_runs
    from latune.studio.reading import load_readers, read_upload

    torch.set_num_threads(1)  # there are several workers
    opening: dict[str, Task] = {"open runs": open_runs, "load readers": load_readers}
    return {**opening, "read": read_upload, "measure": measure_items, "edit": edit_items}


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:
        return
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer_to(header: Mapping[str, Any], content: bytes, tasks: Mapping[str, Task]) -> Message:
    """The answer to one request: what the task says, or "error", one sentence.

    Args:
        header: "task", and what it needs.
        content: Bytes beside it.
        tasks: What can be asked.
    """
    try:
        return tasks[header["task"]](header, content)
    except LatuneError as error:
        return {"error": str(error)}, b""
    except MemoryError:
        return {"error": "This needs more memory than the server gives: expected something smaller."}, b""
    except Exception as error:  # whatever a damaged file can still do; the next one may be fine
        return {"error": f"This failed with {type(error).__name__}."}, b""
