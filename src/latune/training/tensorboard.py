"""Scalars for TensorBoard, written in step with the training.

TensorBoard's own writer has a thread, which a full disk ends with a traceback while the training goes on.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

__all__ = ["TensorBoard", "open_tensorboard"]


class TensorBoard:
    """Appends scalars to an events file of its own.

    Args:
        folder: Where events files are.
        from_step: What other events files say of this step and later does not count any more; 0: there is none.

    Raises:
        ImportError: tensorboard is not installed.
        OSError: The folder cannot be written.
    """

    def __init__(self, folder: Path, from_step: int = 0) -> None:
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._events, self._summaries = event_pb2, summary_pb2
        folder.mkdir(parents=True, exist_ok=True)
        # The pattern that TensorBoard looks for; nanoseconds, since one process may open a folder twice.
        name = f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}.{os.getpid()}.{time.monotonic_ns()}"
        self._path, self._records = folder / name, RecordWriter
        self._write(file_version="brain.Event:2")
        if from_step > 0:
            self._write(step=from_step, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))

    def append(self, row: dict[str, float], step: int) -> None:
        """Add scalars of a step.

        Raises:
            OSError: The file cannot be written.
        """
        values = [self._summaries.Summary.Value(tag=name, simple_value=value) for name, value in row.items()]
        self._write(step=step, summary=self._summaries.Summary(value=values))

    def _write(self, **content: Any) -> None:
        with self._path.open("ab") as file:
            self._records(file).write(self._events.Event(wall_time=time.time(), **content).SerializeToString())


def open_tensorboard(folder: Path, from_step: int = 0) -> TensorBoard | None:
    """An events file in a folder, or None where tensorboard is not installed; arguments as of `TensorBoard`."""
    try:
        return TensorBoard(folder, from_step)
    except ImportError:
        return None
