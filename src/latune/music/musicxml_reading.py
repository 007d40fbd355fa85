"""MusicXML through music21: bytes to a `Reading`.

The tree is pruned to the first part with notes before music21 sees it: faster, and less can go wrong.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
import re
import xml.etree.ElementTree as ET
import zipfile
from typing import Any
from xml.parsers import expat

from latune.errors import InputError, MissingExtraError
from latune.music.melody import MOST_MEASURES, Reading, counted, not_used
from latune.music.musicxml_bars import measure_marks, written_bars
from latune.music.stream_reading import expanded, played_starts, silence, stream_reading
from latune.music.tracks import chosen_track
from latune.music.wording import printable

__all__ = ["parse_musicxml"]

_LARGEST = 64 * 2**20  # bytes of XML
_MOST_TAGS = 4_000_000
_MOST_NOTES = 50_000  # of a part, of which music21 reads some thousands a second
_MOST_EXPANDED = 1_000  # measures whose repeats music21 writes out
_IRRELEVANT = ("harmony", "figured-bass", "print", "listening")
_IRRELEVANT_OF_NOTE = ("lyric", "notations", "stem", "beam", "notehead", "play", "instrument")
_JUMP = re.compile(r"\b(d\.?\s*[cs]\.?|da capo|dal segno|to coda|al coda|fine)(?!\w)", re.IGNORECASE)
_BEAT_UNITS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}


def parse_musicxml(data: bytes, name: str, track: str | None = None) -> Reading:
    """Read one part with notes, with its repeats and its pick-up; jumps such as da capo are written out.

    Args:
        data: MusicXML (partwise), plain or compressed (.mxl).
        name: The file's name, for messages.
        track: Number (from 1, among parts with notes) or name of the part; default: the first.

    Raises:
        InputError: The data is not MusicXML, is damaged, or has no such part.
    """
    root = _root(_unpacked(data, name), name)
    parts = root.findall("part")
    with_notes = [part for part in parts if part.find("measure/note/pitch") is not None]
    if not with_notes:
        raise InputError(f"The file '{name}' has no notes: expected a part with a melody.")
    names = {entry.get("id"): entry.findtext("part-name") or "" for entry in root.iter("score-part")}
    chosen = with_notes[chosen_track(track, [names.get(part.get("id"), "") for part in with_notes], name)]
    _refuse_huge(chosen, name)
    _refuse_long_metres(chosen, name)
    title = (root.findtext("work/work-title") or root.findtext("movement-title") or "").strip()
    tempo = _tempo(root)
    remarks: tuple[str, ...] = ()
    if len(parts) > 1:
        remarks += (not_used(len(parts) - 1, len(parts), "part"),)
    _prune_parts(root, chosen)
    graces = _prune_notes(chosen)
    if graces:
        remarks += (f"Dropped {counted(graces, 'grace note')}.",)
    with silence():
        try:
            reading = _read_part(root, chosen, name)
        except (InputError, MissingExtraError):
            raise
        except Exception as error:  # music21 raises whatever it stumbles over
            reason = printable(" ".join(f"{type(error).__name__}: {error}".split())[:100])
            raise InputError(
                f"The file '{name}' is damaged: expected well-formed MusicXML,"
                f' but the reader stopped with "{reason}".'
            ) from error
    return dataclasses.replace(reading, title=title, tempo=tempo, remarks=remarks + reading.remarks)


def _unpacked(data: bytes, name: str) -> bytes:
    """The XML itself, out of the archive if it is compressed."""
    if data[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_member(archive)) as file:
                data = file.read(_LARGEST + 1)
        except Exception as error:  # zipfile raises many kinds on damaged archives
            raise InputError(
                f"The file '{name}' is damaged: expected a compressed MusicXML archive,"
                f" found one that does not open ({type(error).__name__})."
            ) from error
    if len(data) > _LARGEST:
        raise InputError(f"The file '{name}' is too large: expected at most {_LARGEST // 2**20} MiB of MusicXML.")
    return data


def _member(archive: zipfile.ZipFile) -> str:
    """Name of the score in the archive: the first root file of the container, or else the first XML file."""
    names = archive.namelist()
    if "META-INF/container.xml" in names:
        with archive.open("META-INF/container.xml") as file:
            container = ET.fromstring(file.read(2**20))
        paths = [element.get("full-path", "") for element in container.iter() if element.tag.endswith("rootfile")]
        names = [path for path in paths if path in names] or names
    return next(n for n in names if not n.startswith("META-INF") and n.lower().endswith((".xml", ".musicxml")))


def _root(data: bytes, name: str) -> ET.Element:
    if data.count(b"<") > _MOST_TAGS:
        raise InputError(f"The file '{name}' is too large: expected at most {_MOST_TAGS:,} tags of MusicXML.")
    try:
        _refuse_entities(data, name)
        root = ET.fromstring(data)
    except InputError:
        raise
    except Exception as error:  # ParseError, and LookupError or ValueError for unknown encodings
        reason = printable(" ".join(str(error).split())[:100])
        raise InputError(
            f"The file '{name}' is not MusicXML: expected well-formed XML, the parser reported \"{reason}\"."
        ) from error
    if root.tag != "score-partwise":
        raise InputError(
            f"The file '{name}' is not MusicXML: expected the root <score-partwise>,"
            f" found <{printable(root.tag[:40])}>."
        )
    return root


def _refuse_entities(data: bytes, name: str) -> None:
    """Stop at the first entity that the document declares: put in, they may grow a thousandfold."""

    def refuse(*_: Any) -> None:
        raise InputError(f"The file '{name}' declares entities of its own: expected MusicXML without any.")

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = refuse
    parser.Parse(data, True)


def _refuse_huge(part: ET.Element, name: str) -> None:
    notes = len(part.findall("measure/note"))
    if notes > _MOST_NOTES:
        raise InputError(f"The file '{name}' is too large: expected at most {_MOST_NOTES:,} notes, found {notes:,}.")
    played = len(part.findall("measure")) * max(1, sum(_many_times(part)))
    if played > MOST_MEASURES:
        raise InputError(
            f"The file '{name}' is too large: expected at most {MOST_MEASURES:,} measures, found {played:,}."
        )


def _refuse_long_metres(part: ET.Element, name: str) -> None:
    """Stop before music21 divides a measure into its beats, which takes long for thousands of them."""
    for element in part.iter():
        text = (element.text or "").strip()
        if element.tag in ("beats", "beat-type") and re.search(r"\d{3}", text):
            raise InputError(
                f"The file '{name}' has a metre with the number {printable(text[:40])}:"
                " expected one such as 4/4 or 6/8."
            )


def _refuse_endless(part: ET.Element, name: str) -> None:
    """Stop before music21 writes repeats out, which takes a second for some hundred measures.

    It multiplies the measures with the times of each repeat that is played more than twice.
    """
    played = len(part.findall("measure")) * math.prod(_many_times(part))
    if played > _MOST_EXPANDED:
        raise InputError(
            f"The file '{name}' is too large: expected at most {_MOST_EXPANDED:,} measures where repeats or jumps are"
            f" irregular, found {min(played, 10**9):,}."
        )


def _many_times(part: ET.Element) -> list[int]:
    """How often parts are played, of those that are played more than twice."""
    times = [repeat.get("times", "")[:9] for repeat in part.iter("repeat")]
    return [int(text) for text in times if text.isdecimal() and int(text) > 2]


def _tempo(root: ET.Element) -> float | None:
    """The first tempo in quarters per minute."""
    for element in root.iter():
        if element.tag == "sound" and element.get("tempo"):
            text, factor = element.get("tempo", ""), 1.0
        elif element.tag == "metronome" and element.find("per-minute") is not None:
            text = element.findtext("per-minute") or ""
            factor = _BEAT_UNITS.get(element.findtext("beat-unit") or "", 1.0)
            factor *= 1.5 if element.find("beat-unit-dot") is not None else 1.0
        else:
            continue
        with contextlib.suppress(ValueError):
            tempo = float(text) * factor
            if math.isfinite(tempo) and tempo > 0:
                return tempo
    return None


def _prune_parts(root: ET.Element, chosen: ET.Element) -> None:
    """Remove all parts but the chosen one, with their entries in the list of parts."""
    for part in root.findall("part"):
        if part is not chosen:
            root.remove(part)
    part_list = root.find("part-list")
    if part_list is not None:
        for entry in list(part_list):
            if entry.get("id") != chosen.get("id"):
                part_list.remove(entry)
    for tag in ("credit", "defaults"):
        for element in root.findall(tag):
            root.remove(element)


def _prune_notes(part: ET.Element) -> int:
    """Remove grace notes, cue notes and all that neither sounds nor orders measures; returns the grace notes."""
    graces = 0
    for measure in part.findall("measure"):
        for element in list(measure):
            grace = element.tag == "note" and element.find("grace") is not None
            graces += grace
            if grace or element.tag in _IRRELEVANT or element.find("cue") is not None:
                measure.remove(element)
            elif element.tag == "note":
                for child in [child for child in element if child.tag in _IRRELEVANT_OF_NOTE]:
                    element.remove(child)
    return graces


def _read_part(root: ET.Element, tree: ET.Element, name: str) -> Reading:
    """Read the score `root`, whose only part is `tree`; without title and tempo."""
    try:
        from music21.musicxml.xmlToM21 import MusicXMLImporter
    except ImportError as error:
        raise MissingExtraError("music21", "music") from error
    importer = MusicXMLImporter()
    importer.xmlRootToScore(root, importer.stream)
    staves = list(importer.stream.parts)
    remarks: tuple[str, ...] = ()
    if len(staves) > 1:
        remarks += ("Only the upper staff is used.",)
    part = staves[0]
    if tree.find("measure/attributes/transpose") is not None:
        part = part.toSoundingPitch()
    written = None if _has_jumps(tree) else written_bars(part, measure_marks(tree))
    if written is not None:
        starts, bars = written
        return dataclasses.replace(stream_reading(part, starts), bars=bars, remarks=remarks)
    if _has_repeats(tree):
        _refuse_endless(tree, name)
        part, more = expanded(part)
        remarks += more
    return dataclasses.replace(stream_reading(part, played_starts(part)), remarks=remarks)


def _has_repeats(tree: ET.Element) -> bool:
    return _has_jumps(tree) or any(element.tag in ("repeat", "ending") for element in tree.iter())


def _has_jumps(tree: ET.Element) -> bool:
    """Whether there are jumps beyond repeats and endings, such as da capo; some are written in words."""
    return any(
        element.tag in ("segno", "coda")
        or element.get("dacapo")
        or element.get("dalsegno")
        or (element.tag == "words" and _JUMP.search(element.text or ""))
        for element in tree.iter()
    )
