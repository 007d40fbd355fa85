"""Pieces of songs prepared one after the other, side by side, or on a cluster: the same function in every case.

On a cluster every node must see the source and the folder of pieces under the same path. A piece whose node dies is
prepared again elsewhere; since a piece appears whole or not at all, nothing is lost and nothing occurs twice.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from latune.data.preparation import Report
from latune.data.song_pieces import PieceOptions, SongFile, is_prepared, prepare_piece
from latune.errors import InputError, MissingExtraError, RunError

__all__ = ["LOCAL", "prepare_pieces"]

LOCAL = "local"
"""The address of a cluster that is started here."""

_RETRIES = 8  # of a piece whose node or process died
_SECONDS_TO_CONNECT = 10.0

Task = tuple[Sequence[SongFile], Path, int, PieceOptions]


def prepare_pieces(
    files: Sequence[SongFile],
    folder: Path,
    options: PieceOptions,
    workers: int = 1,
    cluster: str | None = None,
    report: Report | None = None,
) -> int:
    """Prepare files in pieces; those that are there already are kept.

    Args:
        files: All of them, in the order of the data set.
        folder: Of the pieces.
        options: How files are prepared.
        workers: Processes that work side by side.
        cluster: Address of a Ray cluster, or "local" for one of `workers` processes that is started here; it takes the
            place of the processes.
        report: Told the progress in files.

    Returns:
        The number of pieces.

    Raises:
        InputError: There is no cluster at the address.
        MissingExtraError: A cluster is asked for and Ray is not installed.
        RunError: A piece could not be prepared.
    """
    chunks = [files[start : start + options.files] for start in range(0, len(files), options.files)]
    tasks = [(chunk, folder, number, options) for number, chunk in enumerate(chunks) if not is_prepared(folder, number)]
    done = len(files) - sum(len(task[0]) for task in tasks)
    if cluster is not None:
        finished = _on_cluster(tasks, cluster, workers)
    elif workers > 1 and len(tasks) > 1:
        # joblib's processes neither fork PyTorch's threads, which could deadlock, nor import the caller's script
        finished = Parallel(workers, return_as="generator_unordered")(delayed(prepare_piece)(*task) for task in tasks)
    else:
        finished = (prepare_piece(*task) for task in tasks)
    for count in finished:
        done += count
        if report is not None:
            report(done, len(files))
    return len(chunks)


def _on_cluster(tasks: Sequence[Task], address: str, workers: int) -> Iterator[int]:
    ray = _ray()
    with _connection(ray, address, workers):
        prepare = ray.remote(prepare_piece).options(num_cpus=1, max_retries=_RETRIES)
        waiting = [prepare.remote(*task) for task in tasks]
        try:
            while waiting:
                finished, waiting = ray.wait(waiting)
                yield from ray.get(finished)
        except ray.exceptions.RayError as error:
            raise RunError(f"A piece could not be prepared on the cluster: {_first_line(error)}") from error
        finally:
            for task in waiting:
                ray.cancel(task, force=True)


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("ray", "cluster") from error
    return ray


@contextmanager
def _connection(ray: Any, address: str, workers: int) -> Iterator[None]:
    """Connected to the cluster while the block runs; a connection that the caller has made is used and kept."""
    if ray.is_initialized():
        yield
        return
    here = {"num_cpus": workers, "include_dashboard": False} if address == LOCAL else {}
    try:
        _require_listener(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING, **here)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"--cluster {address}: expected the address of a Ray cluster, or {LOCAL}; got: {_first_line(error)}"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _require_listener(address: str) -> None:
    """Check that somebody listens at HOST:PORT, since Ray would try for minutes; other addresses are Ray's to check.

    Raises:
        OSError: Nobody does.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=_SECONDS_TO_CONNECT).close()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
