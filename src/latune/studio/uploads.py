"""Bodies of requests, read with limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from latune.errors import LatuneError
from latune.studio.workers import TimeLimitError

__all__ = ["TooLargeError", "bounded_body"]


class TooLargeError(LatuneError):
    """A body is larger than is taken."""


async def bounded_body(request: Request, most: int, seconds: float) -> bytes:
    """The body of a request; one that is too large is refused as soon as that is known.

    Args:
        request: The request.
        most: Bytes that it may have.
        seconds: Time that it may take to arrive.

    Raises:
        TooLargeError: It is larger.
        TimeLimitError: It takes longer, or ends before its end.
    """
    too_large = TooLargeError(f"This is too large: expected at most {most // 2**20} MiB.")
    announced = request.headers.get("content-length", "0")
    if not announced.isascii() or not announced.isdigit() or int(announced) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                if len(body) + len(chunk) > most:
                    raise too_large
                body += chunk
    except TimeoutError:
        raise TimeLimitError(f"The upload took longer than {seconds:g} seconds.") from None
    except ClientDisconnect:
        raise TimeLimitError("The upload was cut off.") from None
    return bytes(body)
