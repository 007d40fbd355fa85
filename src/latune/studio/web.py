"""`latune export --to web`: a folder with the page and its runs, for any host of static files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from latune.export.folder import new_folder
from latune.export.source import RunSource
from latune.studio.bundle import RunEntry, run_keys, write_bundle
from latune.studio.page import page_files
from latune.training.run_folder import write_text

__all__ = ["RUNS", "listing", "write_web"]

RUNS = "runs.json"

Report = Callable[[int, int], None]


def write_web(
    sources: Sequence[RunSource], output: Path, report: Report | None = None, page: Path | None = None
) -> list[RunEntry]:
    """Write the page, `runs.json` and `runs/KEY/` for every run.

    Args:
        sources: Finished runs.
        output: New folder; it appears complete or not at all.
        report: Told (runs written, all).
        page: Folder of the built page; default: the one that comes with the package.

    Returns:
        The runs as they are listed.

    Raises:
        RunError: The page was not built, or a run is damaged.
        InputError: There is a folder of that name, or the page cannot show a run.
        MissingExtraError: A package that writes graphs is not installed.
    """
    files, entries = page_files(page), []
    keys = run_keys(source.run.folder for source in sources)
    with new_folder(output) as folder:
        for name, path in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
        for source, key in zip(sources, keys, strict=True):
            entries.append(write_bundle(source, folder / "runs" / key, key))
            if report is not None:
                report(len(entries), len(sources))
        write_text(folder / RUNS, listing(entries, server=False))
    return entries


def listing(entries: Sequence[RunEntry], server: bool) -> str:
    """The content of `runs.json`.

    Args:
        entries: The runs of the page.
        server: Whether what only Python can do is behind it.
    """
    return json.dumps({"server": server, "runs": [entry.to_dict() for entry in entries]}, ensure_ascii=False) + "\n"
