"""Worker processes that live from run to run."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from latune.errors import RunError

__all__ = ["Pool", "Worker", "open_pool"]

ONE_THREAD = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


class Worker:
    """A process that performs runs; see `latune.studies.worker`.

    Args:
        events: Gets (this worker, answer), and (this worker, None) at the end of the process.
        one_thread: Computes with one thread alone.
        log: Where its error stream goes.
    """

    def __init__(
        self, events: queue.SimpleQueue[tuple[Worker, dict[str, Any] | None]], one_thread: bool, log: IO[bytes]
    ) -> None:
        self.ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "latune.studies.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **(ONE_THREAD if one_thread else {})},
        )
        self._listener = threading.Thread(target=self._listen, args=(events,), daemon=True)
        self._listener.start()

    @property
    def process_id(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Of a process at its end; the negative number of the signal that killed it."""
        return self._process.poll()

    def send(self, message: dict[str, Any]) -> None:
        """Give it a task, or tell it to stop; a process that is dead says so by an event."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write((json.dumps(message) + "\n").encode())
            self._process.stdin.flush()
        except OSError:
            return

    def end(self) -> None:
        """End the process at once, whatever it does."""
        assert self._process.stdin is not None
        self._process.kill()
        self._listener.join()
        with contextlib.suppress(OSError):  # what it has not read
            self._process.stdin.close()

    def _listen(self, events: queue.SimpleQueue[tuple[Worker, dict[str, Any] | None]]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as answers:
            for line in answers:
                if not line.endswith(b"\n"):  # a process that was killed while it wrote
                    break
                message = json.loads(line)
                self.ready = True
                events.put((self, message))
        self._process.wait()
        events.put((self, None))


class Pool:
    """A number of workers.

    Args:
        one_thread: Each computes with one thread alone.
        log: Where their error streams go.
    """

    def __init__(self, one_thread: bool, log: IO[bytes]) -> None:
        self.workers: list[Worker] = []
        self._events: queue.SimpleQueue[tuple[Worker, dict[str, Any] | None]] = queue.SimpleQueue()
        self._one_thread, self._log = one_thread, log

    def start(self) -> Worker:
        """Begin one more process."""
        worker = Worker(self._events, self._one_thread, self._log)
        self.workers.append(worker)
        return worker

    def event(self, seconds: float) -> tuple[Worker, dict[str, Any] | None] | None:
        """What a worker says next, (worker, None) where its process has ended, or None where nothing is said in time.

        Raises:
            RunError: A process cannot begin.
        """
        try:
            worker, message = self._events.get(timeout=seconds)
        except queue.Empty:
            return None
        if message is None and worker in self.workers:
            self.dismiss(worker)
            if not worker.ready and (worker.exit_code or 0) > 0:
                raise RunError(f"A worker process cannot begin: see {self._log.name}.")
        return worker, message

    def dismiss(self, worker: Worker) -> None:
        """End a process."""
        self.workers.remove(worker)
        worker.end()

    def close(self) -> None:
        """End all processes."""
        for worker in list(self.workers):
            self.dismiss(worker)


@contextlib.contextmanager
def open_pool(one_thread: bool, log: Path) -> Iterator[Pool]:
    """Workers for the time of the block; whatever ends it, no process is left.

    Args:
        one_thread: Each computes with one thread alone.
        log: File that their error streams are added to.

    Raises:
        RunError: The file cannot be written.
    """
    try:
        file = log.open("ab")
    except OSError as error:
        raise RunError(f"Cannot write to {log}: {error.strerror}.") from error
    with file:
        pool = Pool(one_thread, file)
        try:
            yield pool
        finally:
            pool.close()
