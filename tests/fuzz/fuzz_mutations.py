"""Damaged files: bytes changed at random, and in the ways that files are damaged in life."""

import random
import re

__all__ = ["mutated"]

INTERESTING = [
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\x00" * 8,
]
WORDS = [
    b"-1",
    b"0",
    b"1e309",
    b"nan",
    b"99999999999999999999",
    b"",
    b"null",
    b"[]",
    b"{}",
    b"\xc3\x28",
    b"\n",
    b'"',
    b"&#0;",
    b"../x",
]


def mutated(content: bytes, others: list[bytes], seed: int) -> bytes:
    """A damaged version of a file.

    Args:
        content: The file.
        others: More files of its kind, parts of which are put into it.
        seed: Decides the damage.
    """
    generator = random.Random(seed)
    changed = bytearray(content)
    for _ in range(generator.choice([1, 1, 1, 2, 3, 8, 40])):
        changed = generator.choice(DAMAGES)(changed, others, generator)
    return bytes(changed)


def _flip(content, others, generator):
    if content:
        content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
    return content


def _set(content, others, generator):
    value = generator.choice(INTERESTING)
    place = generator.randrange(len(content) + 1)
    content[place : place + len(value)] = value
    return content


def _insert(content, others, generator):
    place = generator.randrange(len(content) + 1)
    content[place:place] = generator.choice(
        [generator.choice(INTERESTING), generator.choice(WORDS), generator.randbytes(5)]
    )
    return content


def _delete(content, others, generator):
    place = generator.randrange(len(content) + 1)
    del content[place : place + generator.choice([1, 2, 10, 200])]
    return content


def _cut(content, others, generator):
    return content[: generator.randrange(len(content) + 1)]


def _repeat(content, others, generator):
    start = generator.randrange(len(content) + 1)
    part = content[start : start + generator.choice([1, 4, 30, 300])]
    return content[:start] + part * generator.choice([2, 3, 50]) + content[start + len(part) :]


def _splice(content, others, generator):
    other = generator.choice(others)
    start, place = generator.randrange(len(other) + 1), generator.randrange(len(content) + 1)
    return content[:place] + bytearray(other[start : start + generator.choice([10, 100, 1000])]) + content[place:]


def _number(content, others, generator):
    """Another number or word where one stands, as in texts."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?|[A-Za-z_]{2,}", bytes(content[:20000])))
    if not found:
        return _flip(content, others, generator)
    match = generator.choice(found)
    return (
        content[: match.start()] + generator.choice([*WORDS, generator.choice(found).group()]) + content[match.end() :]
    )


DAMAGES = [_flip, _flip, _set, _insert, _delete, _cut, _repeat, _splice, _number, _number]
