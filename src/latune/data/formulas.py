"""Formulas of handwritten symbols: reading the published expressions, drawing new ones, evaluating them.

A formula is a digit, or digits joined by signs: "3+4*2". Each of its characters is one symbol picture.

Source: the HWF data set of Li et al. 2020, "Closed loop neural-symbolic learning via integrating neural perception,
grammar parsing, and symbolic reasoning" (ICML).
"""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.data.symbols import CLASS_NAMES
from latune.errors import InputError

__all__ = [
    "LENGTHS",
    "LENGTH_SHARES",
    "SIGNS",
    "Formula",
    "evaluate_formula",
    "formula_classes",
    "generate_formulas",
    "read_formulas",
]

SIGNS = "+-*/"
"""Signs as expressions spell them."""

_FOLDERS = {"*": "times", "/": "div"}  # of pictures, where they are not called as the character is

# Of the 2,000 published test expressions 200, 200, 400 and 1,200 have these lengths. Their 6,600 digits go from 1 to 9,
# and neither these nor the 4,600 signs depart from equal shares (chi-square p = 0.73 and 0.15).
LENGTHS = (1, 3, 5, 7)
LENGTH_SHARES = (0.1, 0.1, 0.2, 0.6)
"""Share of the published formulas that have so many symbols."""
_DIGITS = "123456789"

_FIELDS: dict[str, type | tuple[type, ...]] = {"id": str, "img_paths": list, "expr": str, "res": (int, float)}
_TOLERANCE = 1e-9  # relative, of the published results, which are floats


@dataclass(frozen=True)
class Formula:
    """A published formula.

    Args:
        name: Its `id`.
        expression: One character per symbol, such as "3+4*2".
        result: Its value.
        pictures: A file per symbol, as CLASS/NAME.jpg in the folder of the symbol pictures.
    """

    name: str
    expression: str
    result: Fraction
    pictures: tuple[str, ...]


def read_formulas(path: Path) -> list[Formula]:
    """Read published expressions: a JSON list of objects with `id`, `img_paths`, `expr` and `res`, gzipped or not.

    Raises:
        InputError: The file cannot be read, or what it says of a formula does not hold together.
    """
    try:
        content = path.read_bytes()
        entries = json.loads(gzip.decompress(content) if path.suffix.lower() == ".gz" else content)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: expected a JSON file of formulas.") from error
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: expected JSON, gzipped where its name ends in .gz.") from error
    if not isinstance(entries, list):
        raise InputError(f"{path}: expected a list of formulas, got {type(entries).__name__}.")
    return [_formula(entry, f"{path}: formula {number}") for number, entry in enumerate(entries)]


def _formula(entry: Any, place: str) -> Formula:
    if not isinstance(entry, dict) or any(not isinstance(entry.get(field), kind) for field, kind in _FIELDS.items()):
        raise InputError(
            f"{place}: expected an object with 'id', 'img_paths', 'expr' and 'res': text, a list, text and a number."
        )
    expression, pictures = entry["expr"], entry["img_paths"]
    try:
        result = evaluate_formula(expression)
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
    if not math.isclose(result, entry["res"], rel_tol=_TOLERANCE, abs_tol=_TOLERANCE):
        raise InputError(f"{place}: expected the result {float(result):g} of {expression}, got {entry['res']:g}.")
    folders = [str(picture).split("/")[0] for picture in pictures]
    expected = [_FOLDERS.get(character, character) for character in expression]
    if folders != expected:
        raise InputError(f"{place}: expected pictures of {' '.join(expected)}, got {' '.join(folders)}.")
    return Formula(entry["id"], expression, result, tuple(map(str, pictures)))


def evaluate_formula(expression: str) -> Fraction:
    """Value of a formula: times and divided by go first, then from left to right.

    Raises:
        InputError: It is no formula, or it divides by zero.
    """
    _check(expression)
    total, product = Fraction(0), Fraction(int(expression[0]))
    for sign, digit in zip(expression[1::2], expression[2::2], strict=True):
        number = Fraction(int(digit))
        if sign == "*":
            product *= number
        elif sign == "/":
            if number == 0:
                raise InputError(f"'{expression}' divides by zero.")
            product /= number
        else:
            total, product = total + product, number if sign == "+" else -number
    return total + product


def _check(expression: str) -> None:
    if not re.fullmatch(r"[0-9](?:[-+*/][0-9])*", expression):
        raise InputError(f"'{expression}' is no formula: expected digits from 0 to 9 with one of + - * / between them.")


def formula_classes(expression: str) -> NDArray[np.int16]:
    """Classes of a formula's symbols in the data set `symbols`, (length,).

    Raises:
        InputError: It is no formula, or it divides: that data set has no such sign.
    """
    _check(expression)
    if "/" in expression:
        raise InputError(f"'{expression}' divides: the data set 'symbols' has no such sign, expected + - * alone.")
    return np.array([CLASS_NAMES.index(_FOLDERS.get(character, character)) for character in expression], np.int16)


def generate_formulas(
    count: int,
    seed: int,
    signs: str = "+-*",
    lengths: Sequence[int] = LENGTHS,
    shares: Sequence[float] = LENGTH_SHARES,
) -> list[str]:
    """Draw formulas as the published ones are: digits from 1 to 9 and signs in equal shares, lengths by their shares.

    Args:
        count: How many.
        seed: Seed of the draw.
        signs: Signs that may occur, out of `SIGNS`.
        lengths: Numbers of symbols; odd.
        shares: Share of formulas of each length, summing to 1.

    Raises:
        InputError: An argument is not of that kind.
    """
    if count < 0:
        raise InputError(f"The number of formulas must be 0 or more, got {count}.")
    if not signs or set(signs) - set(SIGNS):
        raise InputError(f"signs '{signs}': expected some of {' '.join(SIGNS)}.")
    if not lengths or any(length < 1 or length % 2 == 0 for length in lengths):
        raise InputError(f"lengths {list(lengths)}: expected odd numbers from 1.")
    if len(shares) != len(lengths) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise InputError(f"shares {list(shares)}: expected {len(lengths)} numbers, one per length, that sum to 1.")
    generator = np.random.default_rng(seed)
    symbols = np.empty((count, max(lengths)), "U1")
    symbols[:, 0::2] = generator.choice(list(_DIGITS), symbols[:, 0::2].shape)
    symbols[:, 1::2] = generator.choice(list(signs), symbols[:, 1::2].shape)
    drawn = generator.choice(lengths, count, p=shares)
    return ["".join(row[:length]) for row, length in zip(symbols, drawn, strict=True)]
