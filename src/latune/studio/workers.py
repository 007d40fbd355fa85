"""Worker processes that are ended where a request takes too long or makes them crash, and replaced.

A worker is a plain interpreter with a limit of memory, which answers messages (`latune.studio.messages`) over its
standard streams. A pool shares out requests; what waits longer than the pool's queue is refused.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import LifoQueue
from types import TracebackType
from typing import Any

from latune.errors import LatuneError, RunError
from latune.studio.messages import Message, receive, send

__all__ = ["BusyError", "CrashError", "Pool", "TimeLimitError", "Worker", "command_of"]

_SECONDS_TO_START = 120.0


class BusyError(LatuneError):
    """Too many requests wait already."""


class TimeLimitError(LatuneError):
    """A request took too long; what worked on it was ended."""


class CrashError(LatuneError):
    """A request ended the process that worked on it."""


def command_of(memory: int) -> tuple[str, ...]:
    """The command of a worker.

    Args:
        memory: Bytes of memory that it may use.
    """
    start = f"from latune.studio.worker_process import serve; serve({memory})"
    return (sys.executable, "-P", "-c", start)


class Worker:
    """One process that answers one request after the other.

    Args:
        command: The process; it sends an empty message when it is ready.
        first: What it is asked before anything else, so that later answers come sooner.
    """

    def __init__(self, command: Sequence[str], first: Mapping[str, Any] | None = None) -> None:
        self._command, self._first = tuple(command), first
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int | None:
        """Of its process, where it has one."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, unless it is there.

        Raises:
            RunError: It cannot be started.
        """
        if self._process is not None:
            return
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True
        )
        try:
            self._within(_SECONDS_TO_START, self._readied)
        except (EOFError, OSError, TimeLimitError) as error:
            self.stop()
            raise RunError("A worker process of the studio could not be started.") from error

    def _readied(self, process: subprocess.Popen[bytes]) -> Message:
        message = receive(process.stdout)
        if self._first is None:
            return message
        send(process.stdin, dict(self._first))
        return receive(process.stdout)

    def ask(self, header: dict[str, Any], content: bytes, seconds: float) -> Message:
        """The answer to a request.

        Args:
            header: What is asked.
            content: Bytes beside it.
            seconds: Time that it may take, the start of a process not counted.

        Raises:
            TimeLimitError: It took too long; the process is ended.
            CrashError: The process ended.
            RunError: No process can be started.
        """
        self.start()

        def exchange(process: subprocess.Popen[bytes]) -> Message:
            send(process.stdin, header, content)
            return receive(process.stdout)

        try:
            return self._within(seconds, exchange)
        except TimeLimitError:
            self.stop()
            raise
        except (EOFError, OSError):
            self.stop()
            raise CrashError("The process that worked on it has ended.") from None

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):  # what was not sent yet cannot be sent any more
                    stream.close()

    def _within(self, seconds: float, work: Callable[[subprocess.Popen[bytes]], Message]) -> Message:
        """What the work gives; after some seconds the process is killed, which ends the work."""
        process, late = self._process, threading.Event()
        assert process is not None

        def end() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(seconds, end)
        clock.daemon = True
        clock.start()
        try:
            return work(process)
        except (EOFError, OSError):
            if late.is_set():
                raise TimeLimitError(f"It took longer than {seconds:g} seconds.") from None
            raise
        finally:
            clock.cancel()


class Pool:
    """Several workers that share requests; use it in a `with` block.

    Args:
        command: Of each worker.
        count: How many there are.
        waiting: How many requests may wait for one; more are refused.
        first: What each worker is asked before anything else.
    """

    def __init__(
        self, command: Sequence[str], count: int, waiting: int = 64, first: Mapping[str, Any] | None = None
    ) -> None:
        self._workers = [Worker(command, first) for _ in range(count)]
        # The one that has worked last has everything at hand.
        self._idle: LifoQueue[Worker] = LifoQueue()
        self._places = threading.BoundedSemaphore(count + waiting)
        self._closed = threading.Event()

    def __enter__(self) -> Pool:
        for worker in self._workers:
            self._idle.put(worker)
            self._revive(self._idle.get())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closed.set()
        for _ in self._workers:
            self._idle.get().stop()

    def ask(self, header: dict[str, Any], content: bytes = b"", *, seconds: float) -> Message:
        """The answer of a worker.

        Raises:
            BusyError: Too many requests wait already.
            TimeLimitError: It took too long.
            CrashError: It ended the worker.
            RunError: No worker can be started.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError("The server is busy: try again in a moment.")
        try:
            worker = self._idle.get()
            try:
                answer = worker.ask(header, content, seconds)
            except LatuneError:
                self._revive(worker)
                raise
            self._idle.put(worker)
            return answer
        finally:
            self._places.release()

    def _revive(self, worker: Worker) -> None:
        """Start a worker's process, and only then let it have requests; nobody waits for that."""

        def start() -> None:
            try:
                if not self._closed.is_set():
                    with suppress(RunError):  # the next request tries again and says so
                        worker.start()
            finally:
                self._idle.put(worker)

        threading.Thread(target=start, daemon=True).start()
