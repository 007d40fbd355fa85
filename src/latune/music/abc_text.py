"""ABC files as text: decoding, and cutting into tunes with a header and lines of music."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

__all__ = ["TuneText", "decoded", "tune_texts"]

_HEADER_FIELD = re.compile(r"([A-Za-z+]):[ \t]*(.*)")
_COMMENT = re.compile(r"(?<!\\)%.*")
_BLOCK = re.compile(r"%%begin(\w+)")
_MOST_SHARED = 20  # fields before the first tune that count for all


@dataclass(frozen=True)
class TuneText:
    """One tune as it stands in the file.

    Args:
        fields: The header's fields in order, letter and value without comment, up to and with the first K:.
        body: Lines after the first K:, without comments, directives and empty lines.
        has_key: Whether the header has its K:, which ends it.
        size: Characters of the tune.
    """

    fields: tuple[tuple[str, str], ...]
    body: tuple[str, ...]
    has_key: bool
    size: int

    def first(self, letter: str) -> str:
        """Value of the header's first field of that letter; empty if there is none."""
        return next((value for name, value in self.fields if name == letter), "")


def decoded(data: bytes) -> str:
    """Text of a file in UTF-8 (or UTF-16, by its byte order mark) or else Latin-1; lines end in a line feed."""
    try:
        text = data.decode("utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def tune_texts(text: str) -> list[TuneText]:
    """The tunes of a file, in order.

    A tune begins at a line X:, or, where that is missing, at the title of a paragraph that has a key K:. It ends at an
    empty line behind its K:, or where the next one begins. M:, L: and Q: before the first tune count for all tunes.
    """
    shared: list[tuple[str, str]] = []
    tunes: list[TuneText] = []
    for lines in _joined(_paragraphs(text)):
        tune = _tune_text(lines)
        if (tune.fields and tune.fields[0][0] == "X") or (tune.has_key and (tune.first("T") or tune.first("M"))):
            tunes.append(TuneText((*tune.fields, *shared), tune.body, tune.has_key, tune.size))
        elif not tunes:
            shared = [*shared, *((name, value) for name, value in tune.fields if name in "MLQ")][:_MOST_SHARED]
    return tunes


def _paragraphs(text: str) -> list[list[str]]:
    """Lines between empty lines; a line X: begins a paragraph as well. Text blocks of directives are left out."""
    paragraphs: list[list[str]] = [[]]
    block_end = ""
    for line in text.split("\n"):
        if block_end:
            block_end = "" if line.startswith(block_end) else block_end
        elif opening := _BLOCK.match(line):
            block_end = f"%%end{opening.group(1)}"
        elif not line.strip():
            paragraphs.append([])
        elif line.startswith("X:"):
            paragraphs.append([line])
        else:
            paragraphs[-1].append(line)
    return [lines for lines in paragraphs if lines]


def _joined(paragraphs: list[list[str]]) -> list[list[str]]:
    """Put music to its header where an empty line slipped in between, or within the header."""
    joined: list[list[str]] = []
    is_tune = has_key = False  # of the last one
    for lines in paragraphs:
        begins = lines[0].startswith("X:")
        no_music = is_tune and joined[-1][-1].startswith("K:") and "|" in lines[0]
        if joined and not begins and ((is_tune and not has_key) or no_music):
            joined[-1] += lines
        else:
            joined.append(lines)
            is_tune, has_key = begins, False
        has_key = has_key or any(line.startswith("K:") for line in lines)
    return joined


def _tune_text(lines: list[str]) -> TuneText:
    fields: list[tuple[str, str]] = []
    body: list[str] = []
    has_key = False
    for line in lines:
        text = _COMMENT.sub("", line) if "%" in line else line
        text = text.rstrip()
        if has_key:
            if text:
                body.append(text)
        elif field := _HEADER_FIELD.match(text):
            fields.append((field.group(1), field.group(2).strip()))
            has_key = field.group(1) == "K"
    return TuneText(tuple(fields), tuple(body), has_key, sum(len(line) + 1 for line in lines))
