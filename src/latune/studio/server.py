"""The server: the page, the files of its runs, and what only Python can do."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from latune.plugins import Plugin
from latune.studio.api import Api, Limits, ServedRun
from latune.studio.bundle import STUDIO, RunEntry
from latune.studio.contents import Content, Contents
from latune.studio.page import INDEX, page_files
from latune.studio.protection import Protection
from latune.studio.web import RUNS, listing
from latune.studio.workers import Pool, command_of

__all__ = ["PreparedRun", "Processes", "create_app"]

_ASSETS = "assets/"  # files whose names say their content


@dataclass(frozen=True)
class PreparedRun:
    """A run whose files are ready.

    Args:
        entry: As it is listed.
        folder: Of the run.
        command: The same as a user would type it.
        bundle: Folder of the files that the page reads.
        plugins: Where the user's own attributes come from.
    """

    entry: RunEntry
    folder: Path
    command: str
    bundle: Path
    plugins: Sequence[Plugin] = ()


@dataclass(frozen=True)
class Processes:
    """Worker processes.

    Args:
        readers: How many read files.
        makers: How many measure and edit items.
        memory: Bytes that each may use.
        waiting: Requests that may wait for either kind.
    """

    readers: int = 1
    makers: int = max(1, min(4, os.cpu_count() or 1))
    memory: int = 3 * 2**30
    waiting: int = 64


def create_app(
    runs: Sequence[PreparedRun],
    host: str,
    limits: Limits | None = None,
    processes: Processes | None = None,
    page: Path | None = None,
) -> Starlette:
    """The application.

    Args:
        runs: What is served.
        host: The name that the server is started with.
        limits: How much a request may take.
        processes: Worker processes; they live as long as the application.
        page: Folder of the built page; default: the one that comes with the package.

    Raises:
        RunError: The page was not built.
    """
    contents, chosen = _contents(runs, page), processes or Processes()
    command, served = command_of(chosen.memory), _served(runs)
    kinds = sorted({run.codec["kind"] for run in served.values()})
    opened = [{"folder": run.folder, "plugins": list(run.plugins)} for run in served.values()]
    readers = Pool(command, chosen.readers, chosen.waiting, {"task": "load readers", "kinds": kinds})
    makers = Pool(command, chosen.makers, chosen.waiting, {"task": "open runs", "runs": opened})
    api = Api(served, readers, makers, limits or Limits())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with ExitStack() as stack:
            for pool in (readers, makers):
                stack.enter_context(pool)
            yield

    def serve(request: Request) -> Response:
        content = contents.get(request.scope["path"])
        if content is None:
            return JSONResponse({"error": "There is nothing of that name."}, status_code=404)
        return content.response(request)

    return Starlette(
        routes=[
            Route("/api/{key}/{what}", api.answer, methods=["POST"]),
            Route("/{path:path}", serve, methods=["GET", "HEAD"]),
        ],
        middleware=[Middleware(Protection, host=host)],
        exception_handlers={HTTPException: _told},
        lifespan=lifespan,
    )


def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{error.detail}."}, status_code=error.status_code, headers=error.headers)


def _served(runs: Sequence[PreparedRun]) -> dict[str, ServedRun]:
    return {
        run.entry.key: ServedRun(
            str(run.folder.absolute()), tuple(str(plugin.file.absolute()) for plugin in run.plugins), _codec(run.folder)
        )
        for run in runs
    }


def _codec(folder: Path) -> Mapping[str, Any]:
    codec: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))["codec"]
    return codec


def _contents(runs: Sequence[PreparedRun], page: Path | None) -> Contents:
    """All that is served as it is, read once."""
    table = {}
    for name, path in page_files(page).items():
        table[f"/{name}"] = Content(name, path.read_bytes(), lasting=name.startswith(_ASSETS))
    table["/"] = table[f"/{INDEX}"]
    table[f"/{RUNS}"] = Content(RUNS, listing([run.entry for run in runs], server=True).encode())
    for run in runs:
        for path in sorted(run.bundle.iterdir()):
            body = _named(run, path) if path.name == STUDIO else path.read_bytes()
            table[f"/runs/{run.entry.key}/{path.name}"] = Content(path.name, body)
    return table


def _named(run: PreparedRun, path: Path) -> bytes:
    """`studio.json` as this page calls the run: a kept one may be of another time."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return json.dumps({**content, **run.entry.to_dict(), "command": run.command}, ensure_ascii=False).encode()
