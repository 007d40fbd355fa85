"""What the server and its worker processes send each other: a header in JSON, and bytes behind it.

Nothing is pickled, so that a process that a damaged file has taken over can say no more than its answer.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

__all__ = ["Message", "receive", "send"]

_SIZES = struct.Struct("<II")  # bytes of the header, bytes of the content
_LARGEST = 2**28  # bytes of either

Message = tuple[dict[str, Any], bytes]


def send(stream: BinaryIO | Any, header: dict[str, Any], content: bytes = b"") -> None:
    """Write a message."""
    text = json.dumps(header, allow_nan=False).encode()
    stream.write(_SIZES.pack(len(text), len(content)) + text + content)
    stream.flush()


def receive(stream: BinaryIO | Any) -> Message:
    """The next message.

    Raises:
        EOFError: There is none, only its beginning, or something else.
    """
    sizes = _SIZES.unpack(_exactly(stream, _SIZES.size))
    if max(sizes) > _LARGEST:
        raise EOFError
    text, content = (_exactly(stream, size) for size in sizes)
    try:
        header = json.loads(text)
    except ValueError:
        raise EOFError from None
    if not isinstance(header, dict):
        raise EOFError
    return header, content


def _exactly(stream: BinaryIO | Any, size: int) -> bytes:
    content: bytes = stream.read(size)
    if len(content) != size:
        raise EOFError
    return content
