"""A worker of a pool: a process that performs one run after the other and keeps what is open between them.

It reads lines of JSON from its standard input, tasks or {"stop": true}, and answers with lines of JSON; `kind` is
"ready", "progress", "ended" (with the "seconds" of the run), "stopped" or "failed". It ends with its input, so that it
never outlives its parent.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

__all__ = ["main"]

SECONDS_BETWEEN_TELLING = 0.1

Answer = Callable[[dict[str, Any]], None]


def main() -> None:
    """Serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group, but the parent decides
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer

    def answer(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    asked = threading.Event()
    threading.Thread(target=_listen, args=(tasks, asked), daemon=True).start()
    from latune.studies.work import OpenItems

    items = OpenItems()
    answer({"kind": "ready"})
    while True:
        _serve(tasks.get(), items, asked, answer)


def _listen(tasks: queue.SimpleQueue[dict[str, Any]], asked: threading.Event) -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if "stop" in message:
            asked.set()
        else:
            tasks.put(message)
    os._exit(0)  # whatever it does: all files are written whole, and somebody else may take the run up


def _serve(task: dict[str, Any], items: Any, asked: threading.Event, answer: Answer) -> None:
    from latune.errors import LatuneError
    from latune.studies.work import perform

    start = time.monotonic()
    told: tuple[str, float] = ("", 0.0)

    def tell(progress: dict[str, Any]) -> None:
        nonlocal told
        now = time.monotonic()
        if progress["phase"] != told[0] or now - told[1] >= SECONDS_BETWEEN_TELLING:
            told = (progress["phase"], now)
            answer({"kind": "progress", "progress": progress})

    try:
        whole = perform(task["recipe"], task["folder"], task["evaluate"], tell, asked.is_set, items)
    except LatuneError as error:
        answer({"kind": "failed", "error": str(error), "trace": traceback.format_exc(), "sound": True})
    except Exception as error:  # whatever a run does wrong, the others go on
        sentence = f"{type(error).__name__}: {error}"
        answer({"kind": "failed", "error": sentence, "trace": traceback.format_exc(), "sound": False})
    else:
        answer({"kind": "ended", "seconds": time.monotonic() - start} if whole else {"kind": "stopped"})


if __name__ == "__main__":
    main()
