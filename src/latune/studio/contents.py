"""What the server serves as it is: a table from addresses to contents, so that no address reaches the file system."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import threading
from collections.abc import Mapping
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Content", "Contents", "media_type"]

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
"""Types that systems disagree on, or do not know."""

_COMPRESSED = (".woff2", ".png", ".jpg", ".gz", ".mp3", ".ogg")
_SMALL = 1024  # bytes that are not worth compressing
_LEVEL = 6
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


def media_type(name: str) -> str:
    """The type of a file, by its suffix."""
    suffix = PurePosixPath(name).suffix.lower()
    return _TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")


class Content:
    """A file in memory, compressed when it is first asked for.

    Args:
        name: Its name, whose suffix says its type.
        body: Its bytes.
        lasting: Whether another content would have another address.
    """

    def __init__(self, name: str, body: bytes, lasting: bool = False) -> None:
        self.body = body
        self._digest = hashlib.sha256(body).hexdigest()[:32]
        self._headers = {"Content-Type": media_type(name), "Vary": "Accept-Encoding"}
        self._headers["Cache-Control"] = _FOR_EVER if lasting else _ASK_AGAIN
        self._packable = len(body) >= _SMALL and PurePosixPath(name).suffix.lower() not in _COMPRESSED
        self._packed: bytes | None = None
        self._lock = threading.Lock()

    @property
    def packed(self) -> bytes:
        """Its bytes as gzip."""
        with self._lock:
            if self._packed is None:
                self._packed = gzip.compress(self.body, _LEVEL, mtime=0)
            return self._packed

    def response(self, request: Request) -> Response:
        """The answer to a request: the content, compressed where that is understood, or that it has not changed."""
        packs = self._packable and _accepts_gzip(request.headers.get("accept-encoding", ""))
        tag = f'"{self._digest}{"-gzip" if packs else ""}"'
        headers = {**self._headers, "ETag": tag}
        known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
        if tag in known or "*" in known:
            del headers["Content-Type"]
            return Response(status_code=304, headers=headers)
        if packs:
            headers["Content-Encoding"] = "gzip"
        return Response(self.packed if packs else self.body, headers=headers)


def _accepts_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


Contents = Mapping[str, Content]
"""By address, from "/"."""
