"""Songs read in a process of their own, which is ended where a file takes too long or makes it crash.

The process is a plain interpreter that reads requests from its standard input and answers on its standard output: a
header in JSON, then arrays of bytes. So no script of the caller's is run again, and nothing is pickled.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from latune.errors import InputError, RunError
from latune.music.songs.phrases import PhraseOptions, Phrases, phrases_of
from latune.music.songs.reading import read_song
from latune.music.songs.tokens import STEPS, TRACKS

__all__ = ["GuardedReader", "PreparedSong", "read_phrases", "serve"]

_SECONDS_TO_START = 120.0
_COMMAND = (sys.executable, "-P", "-c", "from latune.data.song_guard import serve; serve()")
_SIZES = struct.Struct("<II")  # bytes of the header, bytes of the arrays behind it

Message = tuple[dict[str, Any], bytes]


@dataclass(frozen=True)
class PreparedSong:
    """What is kept of a song: its phrases, and quarters per minute at its beginning."""

    phrases: Phrases
    tempo: float


def read_phrases(data: bytes, name: str, options: PhraseOptions) -> PreparedSong:
    """Read a MIDI file and cut it into phrases.

    Raises:
        InputError: It cannot be read, or no phrase is left.
    """
    song = read_song(data, name)
    return PreparedSong(phrases_of(song, options), song.tempo)


class GuardedReader:
    """Reads files one after the other in a process of its own; use it in a `with` block.

    Args:
        options: How songs are cut.
        seconds: Time that one file may take.
        command: The process; it ends up in `serve`.
    """

    def __init__(self, options: PhraseOptions, seconds: float, command: Sequence[str] = _COMMAND) -> None:
        self._options = options
        self._seconds = seconds
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = ThreadPoolExecutor(1)

    def __enter__(self) -> GuardedReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()
        self._thread.shutdown()

    def read(self, data: bytes, name: str) -> PreparedSong:
        """Read a file.

        Raises:
            InputError: It is refused, takes too long, or makes the reader crash.
            RunError: The process cannot be started.
        """
        process = self._process or self._start()
        request = {"name": name, "options": asdict(self._options)}
        answer: Future[Message] = self._thread.submit(_exchange, process, (request, data))
        try:
            header, arrays = answer.result(self._seconds)
        except TimeoutError:
            self._stop()
            raise InputError(f"The file took longer than {self._seconds:g} s to read.") from None
        except (OSError, EOFError):
            self._stop()
            raise InputError("The file made the reader crash.") from None
        if header["reason"]:
            raise InputError(header["reason"])
        return _unpacked(header, arrays)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process = process
        assert process.stdout is not None
        try:
            self._thread.submit(_receive, process.stdout).result(_SECONDS_TO_START)
        except (TimeoutError, OSError, EOFError) as error:
            self._stop()
            raise RunError("The process that reads songs could not be started.") from error
        return process

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        process, self._process = self._process, None
        self._thread.submit(_close, process).result()  # behind the exchange that has just been cut off


def serve(read: Callable[[bytes, str, PhraseOptions], PreparedSong] = read_phrases) -> None:
    """Answer requests until the standard input ends; what the reader prints goes to the error stream."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _send(answers, {}, b"")
    while True:
        try:
            header, data = _receive(requests)
        except EOFError:
            return
        _send(answers, *_answer(read, header, data))


def _answer(read: Callable[[bytes, str, PhraseOptions], PreparedSong], header: dict[str, Any], data: bytes) -> Message:
    try:
        song = read(data, header["name"], PhraseOptions(**header["options"]))
    except InputError as error:
        return {"reason": str(error)}, b""
    except Exception as error:  # whatever a damaged file can still do; the next one may be fine
        return {"reason": f"The reader failed with {type(error).__name__}."}, b""
    return _packed(song)


def _packed(song: PreparedSong) -> Message:
    phrases = song.phrases
    arrays = phrases.tokens.tobytes(), phrases.start_bars.astype("<i4").tobytes(), phrases.programs.tobytes()
    return {"reason": "", "tempo": song.tempo, "phrases": len(phrases.tokens)}, b"".join(arrays)


def _unpacked(header: dict[str, Any], arrays: bytes) -> PreparedSong:
    count, tracks = header["phrases"], len(TRACKS)
    ends = np.cumsum([count * STEPS * tracks, 4 * count])
    tokens = np.frombuffer(arrays[: ends[0]], np.uint8).reshape(count, STEPS, tracks)
    bars = np.frombuffer(arrays[ends[0] : ends[1]], "<i4").astype(np.int32)
    programs = np.frombuffer(arrays[ends[1] :], np.uint8).reshape(count, tracks)
    return PreparedSong(Phrases(tokens, bars, programs), header["tempo"])


def _exchange(process: subprocess.Popen[bytes], message: Message) -> Message:
    assert process.stdin is not None
    assert process.stdout is not None
    _send(process.stdin, *message)
    return _receive(process.stdout)


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        with suppress(OSError):  # what was not sent yet cannot be sent any more
            stream.close()


def _send(stream: BinaryIO | Any, header: dict[str, Any], data: bytes) -> None:
    text = json.dumps(header).encode()
    stream.write(_SIZES.pack(len(text), len(data)) + text + data)
    stream.flush()


def _receive(stream: BinaryIO | Any) -> Message:
    """The next message.

    Raises:
        EOFError: There is none, or only its beginning.
    """
    text, data = (_exactly(stream, size) for size in _SIZES.unpack(_exactly(stream, _SIZES.size)))
    return json.loads(text), data


def _exactly(stream: BinaryIO | Any, size: int) -> bytes:
    data: bytes = stream.read(size)
    if len(data) != size:
        raise EOFError
    return data
