"""Files of runs that were written before: kept beside the run until it changes."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from filelock import FileLock

import latune
from latune.data.store import data_home
from latune.export.hub import FILES
from latune.export.source import open_source
from latune.plugins import Plugin
from latune.studio.bundle import FORMAT, entry_of, write_bundle
from latune.studio.server import PreparedRun
from latune.training.run_folder import Run, open_run, write_json

__all__ = ["FOLDER", "prepare_run"]

FOLDER = "studio"
"""In the run's folder."""

_FINGERPRINT = "made_of.json"

Report = Callable[[int, int], None]


def prepare_run(
    folder: Path, key: str, plugins: Sequence[Plugin], elsewhere: Path, report: Report | None = None
) -> PreparedRun:
    """The files of a run that the page reads; they are made where they are not there, or of a run as it was before.

    Args:
        folder: Of the run.
        key: Of the run on the page.
        plugins: Where the user's own attributes come from.
        elsewhere: Folder for them where the run's cannot be written.
        report: Told (steps done, all).

    Raises:
        RunError: It is no finished run, or it is damaged.
        InputError: The page cannot show it.
        MissingExtraError: A package that writes graphs is not installed.
    """
    run = open_run(folder, plugins)
    made_of, kept = fingerprint(run, plugins), folder / FOLDER
    entry = entry_of(run, key)
    if _is_of(kept, made_of):
        return PreparedRun(entry, folder, str(folder), kept / "files", plugins)
    target = kept if _can_hold(folder) else elsewhere / key
    with _lock(folder, target):
        if not _is_of(target, made_of):
            _make(folder, key, plugins, target, made_of, report)
    return PreparedRun(entry, folder, str(folder), target / "files", plugins)


def _make(
    folder: Path, key: str, plugins: Sequence[Plugin], target: Path, made_of: dict[str, Any], report: Report | None
) -> None:
    """Write the files beside where they belong, and let them take the place of those that were there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
        new, old = Path(temporary) / "new", Path(temporary) / "old"
        write_bundle(open_source(folder, plugins), new / "files", key, report=report)
        write_json(new / _FINGERPRINT, made_of)
        if target.exists():
            target.rename(old)
        new.rename(target)


def fingerprint(run: Run, plugins: Sequence[Plugin] = ()) -> dict[str, Any]:
    """What the files of a run are made of: checksums of the run's own files, of plugins and of its data."""
    files = {name: _checksum(run.folder / name) for name in FILES if (run.folder / name).is_file()}
    data = data_home() / run.recipe.data.name / "dataset.json"
    return {
        "format": FORMAT,
        "latune_version": latune.__version__,
        "files": files,
        "plugins": [plugin.checksum for plugin in plugins],
        "data": _checksum(data) if data.is_file() else None,
    }


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_of(kept: Path, made_of: dict[str, Any]) -> bool:
    try:
        return bool(json.loads((kept / _FINGERPRINT).read_text(encoding="utf-8")) == made_of)
    except (OSError, ValueError):
        return False


def _can_hold(folder: Path) -> bool:
    """Whether a folder can be written, which permissions do not always say."""
    try:
        with tempfile.TemporaryDirectory(prefix=".studio-", dir=folder):
            return True
    except OSError:
        return False


def _lock(folder: Path, target: Path) -> AbstractContextManager[Any]:
    """Two servers of one run write its files once."""
    place = folder if target.parent == folder else target.parent
    place.mkdir(parents=True, exist_ok=True)
    return FileLock(place / f".{target.name}.lock")
