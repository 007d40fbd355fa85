"""Run folders as bytes, for machines that share no storage."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

from latune.errors import RunError

__all__ = ["pack", "unpack"]


def pack(folder: Path) -> bytes:
    """A folder with all that is in it as one archive; weights cannot be compressed, so nothing is."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, ".")
    return buffer.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Put a folder where it belongs, in place of what is there: whole or not at all.

    Args:
        content: As `pack` gives it.
        folder: Where it goes.

    Raises:
        RunError: The archive is damaged, reaches beyond its folder, or cannot be written.
    """
    temporary = folder.with_name(f".{folder.name}.tmp")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(temporary, filter="data")
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    except (tarfile.TarError, OSError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise RunError(f"Cannot put a run into {folder}: {error}.") from error
