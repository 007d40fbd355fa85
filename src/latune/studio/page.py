"""The built page: where it is, and what to do where it is not."""

from __future__ import annotations

import shutil
from pathlib import Path

from latune.errors import RunError

__all__ = ["PAGE", "page_files", "require_page", "single_page"]

PAGE = Path(__file__).parent / "page"
"""Folder of the built page; `npm run build` in `studio/` writes it, and packages come with it."""

INDEX, SINGLE = "index.html", "single.html"


def require_page(name: str = INDEX, folder: Path | None = None) -> Path:
    """A file of the built page.

    Args:
        name: Of the file.
        folder: Of the page; default: the one that comes with the package.

    Raises:
        RunError: The page was not built.
    """
    path = (folder or PAGE) / name
    if path.is_file():
        return path
    where = "" if shutil.which("npm") else " (Node.js 20 or newer, which brings npm, is not installed here)"
    raise RunError(
        f"The studio's page was not built, {name} is missing: run 'npm ci && npm run build' in the folder studio of the"
        f" source code{where}, or install a package of latune, which comes with it."
    )


def page_files(folder: Path | None = None) -> dict[str, Path]:
    """All files of the built page but the single one, by their path below it with slashes.

    Only regular files that lie in the folder itself are named: no links, nothing hidden.

    Raises:
        RunError: The page was not built.
    """
    root = require_page(INDEX, folder).parent.resolve()
    files = {}
    for path in sorted(root.rglob("*")):
        below = path.relative_to(root)
        hidden = any(part.startswith(".") for part in below.parts)
        if path.is_file() and path.resolve() == path and not hidden and below.as_posix() != SINGLE:
            files[below.as_posix()] = path
    return files


def single_page(folder: Path | None = None) -> str:
    """The page as one file, without runs.

    Raises:
        RunError: The page was not built.
    """
    return require_page(SINGLE, folder).read_text(encoding="utf-8")
