"""`latune export --to html`: the page with its runs in one file that needs nothing else."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latune.errors import InputError, RunError
from latune.export.source import RunSource
from latune.studio.bundle import RunEntry, run_keys, write_bundle
from latune.studio.page import SINGLE, single_page
from latune.training.run_folder import write_bytes

__all__ = ["Share", "fill_page", "policy", "shares_of_page", "write_single"]

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_RUNS = "latune-runs"
_RUNNING = ("", "module", "text/javascript", "application/javascript")  # types of scripts that run
# By how the name of an element begins.
_PARTS = (("ort", "engine"), ("verovio", "score engraver"), ("spessasynth", "synthesiser"), ("page", "page"))
# "data:" among scripts is for worklets, which browsers refuse from blobs where a page was opened as a file.
_DIRECTIVES = {
    "default-src": "'none'",
    "worker-src": "blob:",
    "style-src": "'unsafe-inline'",
    "img-src": "data: blob:",
    "font-src": "data: blob:",
    "media-src": "data: blob:",
    "connect-src": "data: blob:",
    "base-uri": "'none'",
    "form-action": "'none'",
}

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Share:
    """A part of the file, and how many bytes of it it takes."""

    what: str
    size: int


@dataclass(frozen=True)
class _Element:
    """A script element: its attributes, its content, and where its content lies in the page."""

    attributes: dict[str, str]
    content: str
    start: int
    end: int

    @property
    def runs(self) -> bool:
        return self.attributes.get("type", "").lower() in _RUNNING

    @property
    def name(self) -> str:
        return self.attributes.get("id") or self.attributes.get("data-file", "")


def write_single(
    sources: Sequence[RunSource], output: Path, report: Report | None = None, page: Path | None = None
) -> list[Share]:
    """Write the page and the files of its runs into one HTML file.

    Its content policy lets it run its own scripts alone and use no network.

    Args:
        sources: Finished runs.
        output: New file; it appears complete or not at all.
        report: Told (runs written, all).
        page: Folder of the built page; default: the one that comes with the package.

    Returns:
        What fills the file, in its order.

    Raises:
        RunError: The page was not built, or a run is damaged.
        InputError: There is a file of that name, it cannot be written, or the page cannot show a run.
        MissingExtraError: A package that writes graphs is not installed.
    """
    empty, runs = single_page(page), []
    if output.exists() or output.is_symlink():
        raise InputError(f"{output} exists already: choose another --output.")
    with tempfile.TemporaryDirectory(prefix="latune-") as temporary:
        for source, key in zip(sources, run_keys(source.run.folder for source in sources), strict=True):
            folder = Path(temporary) / key
            runs.append(_packed(write_bundle(source, folder, key), folder))
            if report is not None:
                report(len(runs), len(sources))
    content = fill_page(empty, runs)
    try:
        output.absolute().parent.mkdir(parents=True, exist_ok=True)
        write_bytes(output, content.encode())
    except OSError as error:
        raise InputError(f"Cannot write {output}: {error.strerror}.") from error
    of_runs = [Share(f"run {run['key']}", len(json.dumps(run))) for run in runs]
    return [*shares_of_page(empty), *of_runs]


def _packed(entry: RunEntry, folder: Path) -> dict[str, Any]:
    """A run of the list, with its files."""
    files = {path.name: _text(path.read_bytes()) for path in sorted(folder.iterdir())}
    return {**entry.to_dict(), "files": files}


def _text(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def fill_page(page: str, runs: Sequence[dict[str, Any]]) -> str:
    """The single page with a list of runs, and with a content policy.

    Args:
        page: The built page.
        runs: As in `runs.json`, each with its `files`, base64 of gzip by name.

    Raises:
        RunError: It is not the page that is expected: it has no place for runs, or no head.
    """
    places = [element for element in _scripts(page) if element.name == _RUNS]
    if len(places) != 1 or places[0].content.strip():
        raise RunError(f"{SINGLE} of the studio has no empty element #{_RUNS}: build the page again.")
    told = json.dumps({"server": False, "runs": list(runs)}, ensure_ascii=False)
    told = told.replace("<", "\\u003c")  # nothing in it can end the element
    head = re.search(r"""<head\b[^>]*>(\s*<meta\s+charset=["']?utf-8["']?\s*/?>)?""", page, re.IGNORECASE)
    if head is None or head.end() > places[0].start:
        raise RunError(f"{SINGLE} of the studio has no head before its runs: build the page again.")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}">'
    place = places[0]
    return page[: head.end()] + meta + page[head.end() : place.start] + told + page[place.end :]


def policy(page: str) -> str:
    """A content policy that lets a page run the scripts that are in it, and use no network."""
    digests = dict.fromkeys(_digest(element.content) for element in _scripts(page) if element.runs)
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    directives = {**_DIRECTIVES, "script-src": f"{hashes} 'wasm-unsafe-eval' blob: data:".lstrip()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _digest(script: str) -> str:
    normal = script.replace("\r\n", "\n").replace("\r", "\n")  # as a parser reads it
    return base64.b64encode(hashlib.sha256(normal.encode()).digest()).decode()


def shares_of_page(page: str) -> list[Share]:
    """What fills the single page without runs: the page itself, and what it carries in elements of their own."""
    sizes = {"page": len(page.encode())}
    for element in _scripts(page):
        if element.runs or element.name == _RUNS:
            continue
        what = next((words for start, words in _PARTS if element.name.lower().startswith(start)), element.name)
        if what and what != "page":
            sizes[what] = sizes.get(what, 0) + len(element.content)
            sizes["page"] -= len(element.content)
    return [Share(what, size) for what, size in sizes.items()]


def _scripts(page: str) -> list[_Element]:
    found = []
    for match in _SCRIPT.finditer(page):
        attributes = {
            name.lower(): next((value for value in values if value), "")
            for name, *values in _ATTRIBUTE.findall(match.group(1))
        }
        found.append(_Element(attributes, match.group(2), match.start(2), match.end(2)))
    return found
