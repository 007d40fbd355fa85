"""`/api/KEY/`: what only Python can do, asked by the page."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from latune.errors import InputError, LatuneError
from latune.studio.uploads import TooLargeError, bounded_body
from latune.studio.workers import BusyError, CrashError, Pool, TimeLimitError

__all__ = ["Api", "Limits", "ServedRun"]

_STATUS = {TooLargeError: 413, TimeLimitError: 504, BusyError: 503}


@dataclass(frozen=True)
class Limits:
    """How much a request may take.

    Args:
        file: Bytes of a file.
        question: Bytes of a question in JSON.
        arriving: Seconds until a body is here.
        reading: Seconds that a file may take.
        making: Seconds that items may take to be measured or edited.
    """

    file: int = 16 * 2**20
    question: int = 8 * 2**20
    arriving: float = 30.0
    reading: float = 20.0
    making: float = 60.0


@dataclass(frozen=True)
class ServedRun:
    """A run as workers are told of it.

    Args:
        folder: Of the run.
        plugins: Files with the user's own attributes.
        codec: What its items are, as in `run.json`.
    """

    folder: str
    plugins: tuple[str, ...]
    codec: Mapping[str, Any]


class Api:
    """Answers questions of the page.

    Args:
        runs: By key; no other name leads to a run.
        readers: Workers that read files.
        makers: Workers that measure and edit items.
        limits: How much a request may take.
    """

    def __init__(self, runs: Mapping[str, ServedRun], readers: Pool, makers: Pool, limits: Limits) -> None:
        self._runs, self._readers, self._makers, self._limits = runs, readers, makers, limits

    async def answer(self, request: Request) -> Response:
        """The answer to a request: JSON, or one sentence why there is none."""
        run, what = self._runs.get(request.path_params["key"]), request.path_params["what"]
        tasks = {"read": self._read, "measure": self._measure, "edit": self._edit}
        if run is None or what not in tasks:
            return _refused("There is nothing of that name.", 404)
        try:
            return JSONResponse(await tasks[what](run, request))
        except LatuneError as error:
            return _refused(str(error), _STATUS.get(type(error), 400))

    async def _read(self, run: ServedRun, request: Request) -> dict[str, Any]:
        limits, name = self._limits, unquote(request.headers.get("x-file-name", ""))
        if not name:
            raise InputError("Expected the file's name in the header X-File-Name.")
        body = await bounded_body(request, limits.file, limits.arriving)
        header = {"task": "read", "codec": dict(run.codec), "name": name}
        try:
            told, items = await _asked(self._readers, header, body, limits.reading)
        except CrashError:
            raise InputError("The file made the reader crash.") from None
        return {**told, "items": _base64(items)}

    async def _measure(self, run: ServedRun, request: Request) -> dict[str, Any]:
        told, _ = await self._made(run, request, {"task": "measure"}, ())
        return told

    async def _edit(self, run: ServedRun, request: Request) -> dict[str, Any]:
        asked = ("targets", "held", "way", "seed", "nearest")
        told, content = await self._made(run, request, {"task": "edit"}, asked)
        shown = told.pop("shown")
        items, pictures = (content[:-shown], content[-shown:]) if shown else (content, None)
        return {**told, "items": _base64(items), "shown": None if pictures is None else _base64(pictures)}

    async def _made(
        self, run: ServedRun, request: Request, header: dict[str, Any], asked: tuple[str, ...]
    ) -> tuple[dict[str, Any], bytes]:
        limits = self._limits
        question = _question(await bounded_body(request, limits.question, limits.arriving), asked)
        items = _decoded(question.pop("items", None))
        header = {**header, "folder": run.folder, "plugins": list(run.plugins), **question}
        try:
            return await _asked(self._makers, header, items, limits.making)
        except CrashError:
            raise BusyError("The process that worked on this has ended: try again with fewer items.") from None


async def _asked(pool: Pool, header: dict[str, Any], content: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
    told, answer = await run_in_threadpool(pool.ask, header, content, seconds=seconds)
    if "error" in told:
        raise InputError(told["error"])
    return told, answer


def _question(body: bytes, asked: tuple[str, ...]) -> dict[str, Any]:
    """What is asked, of the names that are known."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise InputError("Expected JSON.") from None
    if not isinstance(content, dict):
        raise InputError("Expected a JSON object.")
    unknown = [name for name in content if name not in ("items", *asked)]
    if unknown:
        raise InputError(f"'{unknown[0]}' is unknown: expected {', '.join(('items', *asked))}.")
    return content


def _decoded(text: Any) -> bytes:
    if not isinstance(text, str):
        raise InputError("'items': expected base64.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("'items': expected base64.") from None


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _refused(sentence: str, status: int) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status)
