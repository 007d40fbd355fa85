"""Values of ABC's fields: metre, unit note length, tempo and key. Times are in `PARTS` of a quarter note.

Source: the ABC music standard 2.1, sections 3 and 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from latune.errors import InputError
from latune.music.spelling import key_alterations

__all__ = ["PARTS", "AbcKey", "AbcMetre", "parse_key", "parse_metre", "parse_tempo", "parse_unit", "scaled"]

PARTS = 2**12 * 3**2 * 5 * 7 * 11 * 13
"""Parts of a quarter note: every usual length, also in tuplets, is a whole number of them."""

_METRE = re.compile(r"(\d{1,3})\s*/\s*(\d{1,3})")
_LENGTH = re.compile(r"(\d{1,3})(?:/(\d{1,4}))?")
_KEY = re.compile(r"([A-G])([#b♯♭]?)\s*([A-Za-z]*)")
_NO_TONIC = re.compile(r"(?:clef|treble|bass|alto|tenor|perc|middle|octave|transpose|staff|stafflines|[_^=][A-Ga-g])")
_KEY_ACCIDENTAL = re.compile(r"(\^{1,2}|_{1,2}|=)([A-Ga-g])(?![A-Za-z])")
_MODES = {"lyd": 1, "ion": 0, "maj": 0, "mix": -1, "dor": -2, "aeo": -3, "min": -3, "phr": -4, "loc": -5}
ACCIDENTALS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
"""Semitones of the written accidentals."""


@dataclass(frozen=True)
class AbcMetre:
    """A time signature: its name ("6/8"), the length of a measure in parts, and whether beats are dotted."""

    name: str
    length: int
    is_compound: bool


@dataclass(frozen=True)
class AbcKey:
    """A key signature.

    Args:
        fifths: Sharps, or negative flats; None where the signature is not one of the circle of fifths.
        alterations: Semitones that are added to each of the steps C to B.
    """

    fifths: int | None
    alterations: dict[str, int]


def scaled(length: int, numerator: int, denominator: int) -> int:
    """The length times a fraction.

    Raises:
        InputError: That is not a whole number of parts.
    """
    product, rest = divmod(length * numerator, denominator) if denominator else (0, 1)
    if rest:
        raise InputError(f"has a length of {numerator}/{denominator} units: expected one out of halves, thirds, ...")
    return product


def parse_metre(text: str) -> AbcMetre:
    """The metre of a field such as "6/8", "C" or "C|".

    Raises:
        InputError: It is free, or not a time signature.
    """
    name = {"C": "4/4", "c": "4/4", "C|": "2/2", "c|": "2/2"}.get(text, text)
    match = _METRE.fullmatch(name)
    beats, unit = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
    if not (beats and unit):
        raise InputError(f"has the metre '{text[:40]}': expected a time signature such as 4/4 or 6/8.")
    twelfths, rest = divmod(48 * beats, unit)
    if rest:
        raise InputError(f"has the metre {beats}/{unit}: expected one of whole sixteenths.")
    return AbcMetre(f"{beats}/{unit}", twelfths * PARTS // 12, beats % 3 == 0 and beats > 3)


def parse_unit(text: str, metre: AbcMetre | None) -> int:
    """The unit note length of L: in parts; where there is none, it follows from the metre.

    Raises:
        InputError: The field is not a fraction.
    """
    if not text:
        short = metre is not None and 4 * metre.length < 3 * 4 * PARTS
        return PARTS // 4 if short else PARTS // 2
    match = _LENGTH.match(text)
    if match is None or int(match.group(1)) == 0:
        raise InputError(f"has the unit note length '{text[:40]}': expected one such as 1/8.")
    return scaled(4 * PARTS, int(match.group(1)), int(match.group(2) or 1))


def parse_tempo(text: str, unit: int) -> float | None:
    """Quarters per minute of a field such as '"Slow" 3/8=60', "C3=120" or "120"; None without a number.

    Args:
        text: Value of Q:.
        unit: Unit note length in parts, the beat where the field names none.
    """
    beats, equals, number = re.sub(r'"[^"]*"?', "", text).rpartition("=")
    match = re.match(r"\s*(\d{1,5}(?:\.\d{1,6})?)", number)
    if match is None:
        return None
    fractions = [(int(a), int(b)) for a, b in re.findall(r"(\d{1,3})/(\d{1,3})", beats)]
    quarters = sum(4 * a / b for a, b in fractions if b)
    if not fractions:
        multiple = re.search(r"\d{1,2}", beats) if equals else None
        quarters = unit / PARTS * (int(multiple.group()) if multiple else 1)
    return float(match.group(1)) * quarters or None


def parse_key(text: str, before: AbcKey | None = None) -> AbcKey:
    """The key of a field such as "G", "F#m", "D mix ^g clef=treble", "HP" or "none".

    Args:
        text: Value of K:.
        before: Key in force, which stays where the field names none (such as "clef=bass").

    Raises:
        InputError: It is not a key.
    """
    fifths, alterations = _signature(text, before)
    written = {step.upper(): ACCIDENTALS[sign] for sign, step in _KEY_ACCIDENTAL.findall(text)}
    if written:
        alterations = alterations | written
        fifths = fifths if fifths is not None and alterations == key_alterations(fifths) else None
    return AbcKey(fifths, alterations)


def _signature(text: str, before: AbcKey | None) -> tuple[int | None, dict[str, int]]:
    """Sharps and alterations of a key, without the accidentals that the field adds."""
    match = _KEY.match(text)
    if match is None and before is not None and _NO_TONIC.match(text):
        return before.fifths, before.alterations
    if match and match.group(3)[:3].lower() == "exp":
        return 0, key_alterations(0)
    if match:
        fifths = _fifths(*match.groups())
        return (fifths if abs(fifths) <= 7 else None), key_alterations(fifths)
    if text.startswith("Hp"):
        return 2, key_alterations(2)
    if not text or text.lower().startswith("none") or text.startswith("HP") or _NO_TONIC.match(text):
        return 0, key_alterations(0)
    raise InputError(f"has the key '{text[:40]}': expected one such as G, F#m or D mixolydian.")


def _fifths(tonic: str, sign: str, mode: str) -> int:
    """Sharps of the key of that tonic and mode; a mode that is not known is major."""
    minor = mode.lower() == "m"  # capitals do not matter in modes
    place = "FCGDAEB".index(tonic) - 1 + {"": 0, "#": 7, "♯": 7, "b": -7, "♭": -7}[sign]
    return place + (-3 if minor else _MODES.get(mode[:3].lower(), 0))
