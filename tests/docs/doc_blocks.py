"""Fenced blocks of Markdown files, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = ("", "sh", "bash")
_FENCE = re.compile(r"^```(\w*)\s*$")
_OPERATORS = {";", "&&", "||", "|", "&"}
_KEYWORDS = {"do", "done", "then", "fi"}


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins (1 is the first line of the file) and what it holds."""

    page: str
    line: int
    language: str
    text: str


@dataclass(frozen=True)
class Command:
    """One command of a block, as words."""

    page: str
    line: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {shlex.join(self.words)}"


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> Iterator[Block]:
    """All fenced blocks of a page, in order."""
    opened, language, lines = 0, "", []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line.strip())
        if not fence and opened:
            lines.append(line)
        elif fence and not opened:
            opened, language, lines = number, fence[1], []
        elif fence:
            yield Block(name_of(page), opened, language, "\n".join(lines))
            opened = 0
    assert not opened, f"{name_of(page)}:{opened}: a block that is never closed"


def commands_of(block: Block) -> Iterator[Command]:
    """The commands of a shell block. Where lines begin with "$ ", the others are what a program says."""
    lines = block.text.splitlines()
    transcript = any(line.startswith("$ ") for line in lines)
    number, held = 0, ""
    variables: dict[str, str] = {}
    for offset, line in enumerate(lines, 1):
        if transcript and not line.startswith("$ "):
            continue
        text = held + (line.removeprefix("$ ") if transcript else re.sub(r"^\w+\$ ", "", line))
        number = number if held else block.line + offset
        if text.endswith("\\"):
            held = text[:-1] + " "
            continue
        held = ""
        for words in _simple_commands(text, variables):
            yield Command(block.page, number, tuple(words))


def _simple_commands(line: str, variables: dict[str, str]) -> Iterator[list[str]]:
    """A line cut at its operators, with the variable of a `for` loop set to its first value."""
    line = re.sub(r"\$\(\(.*?\)\)", "0", line)  # arithmetic
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in _OPERATORS:
            words.append(word)
            continue
        kept = [_filled(each, variables) for each in words if each not in _KEYWORDS]
        if kept and kept[0] == "for":
            variables[kept[1]] = kept[3]
        elif kept:
            yield kept
        words = []


def _filled(word: str, variables: dict[str, str]) -> str:
    for name, value in variables.items():
        word = re.sub(rf"\${name}\b", value, word)
    return word


def latune_words(command: Command) -> list[str] | None:
    """What follows the word "latune" in a command, also where another program starts it; None where it is not there."""
    for place, word in enumerate(command.words):
        if word == "latune":
            return list(command.words[place + 1 :])
        if word.startswith("latune "):
            return shlex.split(word)[1:]
    return None
