"""Builds the studio's page with npm, where it is older than its sources. Needs Python alone; run it as a script."""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

STUDIO = Path(__file__).resolve().parent
PAGE = STUDIO.parent / "src" / "latune" / "studio" / "page"
STAMP = "sources.sha256"
OLDEST_NODE = 20
SECONDS = 600
"""A build takes seconds; a registry that does not answer must not hold up an installation for ever."""


class NoPageError(Exception):
    """Why there is no new page, in a sentence."""


class NoToolsError(NoPageError):
    """What builds the page is not here: Node, npm, or the packages that npm would fetch."""


def build_page() -> bool:
    """Bring the built page up to date.

    Returns:
        Whether it was built anew.

    Raises:
        NoToolsError: Node or npm is missing or too old, or the packages cannot be had.
        NoPageError: the build itself failed.
    """
    digest = sources_digest()
    stamp = PAGE / STAMP
    if stamp.exists() and stamp.read_text(encoding="ascii").strip() == digest:
        return False
    npm = _npm()
    if not _packages_installed():
        _run([npm, "ci", "--no-audit", "--no-fund", "--fetch-retries=1"], NoToolsError)
    _run([npm, "run", "build"], NoPageError)
    stamp.write_text(digest + "\n", encoding="ascii")
    return True


def sources_digest() -> str:
    """A checksum of all that the built page is made from, names and contents (tests are no part of it)."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(
            f"{path.relative_to(STUDIO).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()


def _sources() -> list[Path]:
    names = ["index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"]
    files = [STUDIO / name for name in names]
    for folder in ("src", "bundling", "public"):
        files += [path for path in (STUDIO / folder).rglob("*") if path.is_file()]
    return sorted(path for path in files if path.exists() and ".test." not in path.name and "golden" not in path.parts)


def _packages_installed() -> bool:
    installed, wanted = STUDIO / "node_modules" / ".package-lock.json", STUDIO / "package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime


def _npm() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NoToolsError(f"Node {OLDEST_NODE} or newer with npm was not found")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major[1]) < OLDEST_NODE:
        raise NoToolsError(f"Node {OLDEST_NODE} or newer is needed, found {version or 'none that runs'}")
    return npm


def _run(command: list[str], failure: type[NoPageError]) -> None:
    name = " ".join(["npm", *command[1:3]])
    try:
        done = subprocess.run(
            command,
            cwd=STUDIO,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise failure(f"`{name}` took longer than {SECONDS} seconds") from None
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise failure(f"`{name}` failed with exit code {done.returncode}")


def main() -> int:
    """Build the page and say so.

    Returns:
        0, or 3 where the tools for it are not here, or 1 where the build failed.
    """
    try:
        print("The studio's page was built." if build_page() else "The studio's page is up to date.")
    except NoPageError as error:
        print(f"The studio's page was not built: {error}.", file=sys.stderr)
        return 3 if isinstance(error, NoToolsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
