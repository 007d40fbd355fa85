"""A connection to a Ray cluster for the time of a block, and one sentence where there is none."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from latune.errors import InputError, MissingExtraError

__all__ = ["LOCAL", "first_line", "ray_connection", "ray_module"]

LOCAL = "local"
"""The address of a cluster that is started here."""

_SECONDS_TO_CONNECT = 10.0


def ray_module() -> Any:
    """The package `ray`.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("ray", "cluster") from error
    return ray


@contextmanager
def ray_connection(address: str, cpus: int | None, option: str) -> Iterator[Any]:
    """Connected to a cluster while the block runs; a connection that the caller has made is used and kept.

    Args:
        address: Of the cluster, or `LOCAL` for one that is started here.
        cpus: Processors of a cluster that is started here; default: all.
        option: Of the command line that names the address, for the error.

    Returns:
        The package `ray`.

    Raises:
        InputError: There is no cluster at the address.
        MissingExtraError: Ray is not installed.
    """
    ray = ray_module()
    if ray.is_initialized():
        yield ray
        return
    here = {"num_cpus": cpus, "include_dashboard": False} if address == LOCAL else {}
    try:
        _require_listener(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING, **here)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{option} {address}: expected the address of a Ray cluster, or {LOCAL}; got: {first_line(error)}"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def first_line(error: Exception) -> str:
    """What an error says, without what follows in further lines."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _require_listener(address: str) -> None:
    """Check that somebody listens at HOST:PORT, since Ray would try for minutes; other addresses are Ray's to check.

    Raises:
        OSError: Nobody does.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=_SECONDS_TO_CONNECT).close()
