"""Texts of others in our sentences: names, titles and excerpts of files."""

from __future__ import annotations

__all__ = ["plain_title", "printable"]

_LONGEST_TITLE = 1_000  # characters


def printable(text: str) -> str:
    r"""The text in one line: characters that are not printable as Python escapes them, such as "\n" or "\udcff"."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def plain_title(text: str) -> str:
    """A title in one line, without characters that are not printable, and cut off where it is very long."""
    words = " ".join(text[: 10 * _LONGEST_TITLE].split())
    return "".join(character for character in words if character.isprintable())[:_LONGEST_TITLE].strip()
