"""Pieces of songs prepared one after the other, side by side, or on a cluster: the same function in every case.

On a cluster every node must see the source and the folder of pieces under the same path. A piece whose node dies is
prepared again elsewhere; since a piece appears whole or not at all, nothing is lost and nothing occurs twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from joblib import Parallel, delayed

from latune.data.preparation import Report
from latune.data.song_pieces import PieceOptions, SongFile, is_prepared, prepare_piece
from latune.errors import RunError
from latune.ray_connection import first_line, ray_connection

__all__ = ["prepare_pieces"]

_RETRIES = 8  # of a piece whose node or process died

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
    folder = folder.absolute()  # processes that were there before may have another current folder
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
    with ray_connection(address, workers, "--cluster") as ray:
        prepare = ray.remote(prepare_piece).options(num_cpus=1, max_retries=_RETRIES)
        waiting = [prepare.remote(*task) for task in tasks]
        try:
            while waiting:
                finished, waiting = ray.wait(waiting)
                yield from ray.get(finished)
        except ray.exceptions.RayError as error:
            raise RunError(f"A piece could not be prepared on the cluster: {first_line(error)}") from error
        finally:
            for task in waiting:
                ray.cancel(task, force=True)
