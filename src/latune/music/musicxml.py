"""A melody as a MusicXML document: note values, ties, triplets, spelling in the key, texts above measures.

Any ticks can be written, also what a network invents, and are read back the same: a rest that takes several
signs carries ties, as a note does.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.bars import Bar, place_bars, repeat_starts, usual_passes
from latune.music.metre import Metre
from latune.music.musicxml_bars import measure_marks
from latune.music.notation import BEAT, Sign, beams, notate
from latune.music.spelling import estimate_fifths, key_alterations, spell
from latune.music.tune import Tune

__all__ = ["LOWEST_WRITTEN", "compressed_musicxml", "musicxml_document"]

LOWEST_WRITTEN = 12  # MusicXML has no octave below C0
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_LABEL_STYLE = {"font-style": "normal", "font-size": "9"}
_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC'
    ' "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
    '<rootfile full-path="score.xml"/></rootfiles></container>\n'
)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def musicxml_document(
    tune: Tune, *, labels: Sequence[str | None] | None = None, measures_per_line: int | None = None
) -> str:
    """Write a tune as MusicXML 4.0, with its pick-up, repeats and endings.

    The format does not say where in the metre an incomplete measure lies. One that readers would take for a pick-up, or
    not for the pick-up that it is, is filled with rests.

    Args:
        tune: Its key signature is estimated from the notes where it has none.
        labels: A text above each written measure, or None where there is none; length M.
        measures_per_line: Begin a new line after so many measures; None leaves it to the reading program.

    Raises:
        InputError: The number of measures or labels, the key or a pitch is not as expected.
    """
    _check(tune, labels)
    part = _part(tune, labels, measures_per_line)
    misread = _misread(part, tune)
    if misread:
        tune = _filled(tune, misread)
        part = _part(tune, labels, measures_per_line)
        if _misread(part, tune):
            part = _part(_filled(tune, set(range(len(tune.bars)))), labels, measures_per_line)
    root = ET.Element("score-partwise", version="4.0")
    if tune.title:
        _add(_add(root, "work"), "work-title", tune.title)
    _add(_add(_add(root, "identification"), "encoding"), "software", "latune")
    _add(_add(_add(root, "part-list"), "score-part", id="P1"), "part-name", **{"print-object": "no"})
    root.append(part)
    ET.indent(root)
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _part(tune: Tune, labels: Sequence[str | None] | None, measures_per_line: int | None) -> ET.Element:
    """All measures with their marks."""
    fifths = tune.fifths
    if fifths is None:
        fifths = estimate_fifths(tune.events.pitches, tune.events.durations)
    part = ET.Element("part", id="P1")
    alterations = key_alterations(fifths)
    bars = _with_repeats_begun(tune.bars)
    for index, signs in enumerate(notate(tune)):
        measure = _add(part, "measure", **_number(tune, index))
        if measures_per_line and index and index % measures_per_line == 0:
            _add(measure, "print", **{"new-system": "yes"})
        if index == 0:
            _add_attributes(measure, tune, fifths)
            _add(measure, "sound", tempo=f"{tune.tempo:.10g}")
        _add_left_barline(measure, bars, index)
        label = labels[index] if labels is not None else None
        if label:
            direction_type = _add(_add(measure, "direction", placement="above"), "direction-type")
            _add(direction_type, "words", label, **_LABEL_STYLE)
        _add_notes(measure, signs, tune.metre, fifths, alterations)
        _add_right_barline(measure, bars, index, tune.metre)
    return part


def _misread(part: ET.Element, tune: Tune) -> set[int]:
    """Numbers of the measures that readers would place elsewhere in the metre."""
    marks = measure_marks(part)
    lengths = [bar.ends - bar.begins for bar in tune.bars]
    opens, breaks = [mark.opens for mark in marks], [mark.breaks for mark in marks]
    places = place_bars(lengths, tune.metre.twelfths, opens, breaks) or []
    pairs = zip(tune.bars, places, strict=True)
    return {number for number, (bar, place) in enumerate(pairs) if (bar.begins, bar.ends) != place}


def _filled(tune: Tune, numbers: set[int]) -> Tune:
    """A tune in which these measures are full: rests are written where nothing was."""
    full = tune.metre.twelfths
    bars = [replace(bar, begins=0, ends=full) if n in numbers else bar for n, bar in enumerate(tune.bars)]
    return replace(tune, bars=tuple(bars))


def compressed_musicxml(document: str) -> bytes:
    """The document as a compressed MusicXML archive (.mxl)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", _CONTAINER)
        archive.writestr("score.xml", document)
    return buffer.getvalue()


def _check(tune: Tune, labels: Sequence[str | None] | None) -> None:
    if not len(tune.ticks):
        raise InputError("The tune is empty: expected at least one measure.")
    if labels is not None and len(labels) != len(tune.ticks):
        raise InputError(f"There are {len(labels)} labels: expected one for each of the {len(tune.ticks)} measures.")
    if tune.fifths is not None and not -7 <= tune.fifths <= 7:
        raise InputError(f"The key signature is {tune.fifths}: expected -7 (flats) to 7 (sharps).")
    notes = tune.ticks[tune.ticks >= 0]
    if len(notes) and not LOWEST_WRITTEN <= notes.min() <= notes.max() <= 127:
        outside = int(notes.min() if notes.min() < LOWEST_WRITTEN else notes.max())
        raise InputError(f"MIDI pitch {outside} cannot be written in MusicXML: expected {LOWEST_WRITTEN} to 127.")


def _number(tune: Tune, index: int) -> dict[str, str]:
    """Number of a measure; a pick-up is 0, and what completes a measure is not counted."""
    counts = [bar.begins == 0 for bar in tune.bars[: index + 1]]
    counted = sum(counts)
    if counts[-1]:
        return {"number": str(counted)}
    return {"number": "0" if index == 0 else f"X{index}", "implicit": "yes"}


def _with_repeats_begun(bars: Sequence[Bar]) -> list[Bar]:
    """Bars that mark where every repeat begins, but the first measure: programs differ where the mark is missing."""
    starts = repeat_starts(bars) - {0}
    return [replace(bar, repeat_start=bar.repeat_start or number in starts) for number, bar in enumerate(bars)]


def _add_left_barline(measure: ET.Element, bars: Sequence[Bar], index: int) -> None:
    """The marks before a measure: an ending and a repeat that begin."""
    bar, before = bars[index], bars[index - 1] if index else None
    begins_ending = bar.endings and (before is None or before.endings != bar.endings or before.repeat_end)
    if not (begins_ending or bar.repeat_start):
        return
    barline = _add(measure, "barline", location="left")
    if bar.repeat_start:
        _add(barline, "bar-style", "heavy-light")
    if begins_ending:
        _add(barline, "ending", number=",".join(str(turn) for turn in bar.endings), type="start")
    if bar.repeat_start:
        _add(barline, "repeat", direction="forward")


def _add_right_barline(measure: ET.Element, bars: Sequence[Bar], index: int, metre: Metre) -> None:
    """The marks after a measure: an ending and a repeat that end, the end of a section, the end of the tune."""
    bar, after = bars[index], bars[index + 1] if index + 1 < len(bars) else None
    ends_ending = bar.endings and (after is None or after.endings != bar.endings or bar.repeat_end)
    # A pick-up within the tune begins a section; the double bar line says so.
    ends_section = after is not None and after.begins > 0 and not after.adjoins(bar, metre.twelfths)
    if not (ends_ending or bar.repeat_end or ends_section or after is None):
        return
    barline = _add(measure, "barline", location="right")
    if bar.repeat_end or ends_section or after is None:
        _add(barline, "bar-style", "light-light" if ends_section and not bar.repeat_end else "light-heavy")
    if ends_ending:
        kind = "stop" if bar.repeat_end or after is None else "discontinue"
        _add(barline, "ending", number=",".join(str(turn) for turn in bar.endings), type=kind)
    if bar.repeat_end:
        times = {} if bar.repeat_end == usual_passes(bar.endings) else {"times": str(bar.repeat_end)}
        _add(barline, "repeat", direction="backward", **times)


def _add(parent: ET.Element, tag: str, text: str | int | None = None, **attributes: str) -> ET.Element:
    """Append a child element; characters that XML cannot hold are left out of its text."""
    element = ET.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = _NOT_IN_XML.sub("", str(text))
    return element


def _is_low(pitches: NDArray[np.int16]) -> bool:
    """Whether the bass clef suits the notes better than the treble clef."""
    notes = pitches[pitches >= 0]
    return bool(len(notes) and np.median(notes) < 57)


def _add_attributes(measure: ET.Element, tune: Tune, fifths: int) -> None:
    attributes = _add(measure, "attributes")
    _add(attributes, "divisions", BEAT)
    _add(_add(attributes, "key"), "fifths", fifths)
    time = _add(attributes, "time")
    _add(time, "beats", tune.metre.numerator)
    _add(time, "beat-type", tune.metre.denominator)
    low = _is_low(tune.events.pitches)
    clef = _add(attributes, "clef")
    _add(clef, "sign", "F" if low else "G")
    _add(clef, "line", 4 if low else 2)


def _add_notes(measure: ET.Element, signs: list[Sign], metre: Metre, fifths: int, key: dict[str, int]) -> None:
    """Write a measure's signs; accidentals hold until its end."""
    in_force: dict[tuple[str, int], int] = {}
    for sign, levels in zip(signs, beams(signs, metre), strict=True):
        note = _add(measure, "note")
        accidental = None
        if sign.pitch < 0:
            whole = sign.length == metre.twelfths
            _add(note, "rest", **({"measure": "yes"} if whole else {}))
        else:
            step, alteration, octave = spell(sign.pitch, fifths)
            _add_pitch(note, step, alteration, octave)
            crosses_bar = sign.goes_on_from and sign is signs[0]
            if not crosses_bar and in_force.get((step, octave), key[step]) != alteration:
                in_force[step, octave] = alteration
                accidental = _ACCIDENTALS[alteration]
        _add_value(note, sign, accidental)
        for level, word in enumerate(levels, 1):
            _add(note, "beam", word, number=str(level))
        _add_notations(note, sign, signs)


def _add_pitch(note: ET.Element, step: str, alteration: int, octave: int) -> None:
    pitch = _add(note, "pitch")
    _add(pitch, "step", step)
    if alteration:
        _add(pitch, "alter", alteration)
    _add(pitch, "octave", octave)


def _add_value(note: ET.Element, sign: Sign, accidental: str | None) -> None:
    """Duration, ties, note value, accidental and triplet ratio, in the order that the schema asks for."""
    _add(note, "duration", sign.length)
    if sign.goes_on_from:
        _add(note, "tie", type="stop")
    if sign.goes_on:
        _add(note, "tie", type="start")
    _add(note, "voice", 1)
    _add(note, "type", sign.value)
    for _ in range(sign.dots):
        _add(note, "dot")
    if accidental:
        _add(note, "accidental", accidental)
    if sign.bracket:
        ratio = _add(note, "time-modification")
        _add(ratio, "actual-notes", 3)
        _add(ratio, "normal-notes", 2)
        _add(ratio, "normal-type", "eighth" if sign.bracket.unit == BEAT // 3 else "16th")


def _add_notations(note: ET.Element, sign: Sign, signs: list[Sign]) -> None:
    """Drawn ties, and where a triplet begins and ends."""
    ties = [kind for kind, there in (("stop", sign.goes_on_from), ("start", sign.goes_on)) if there]
    ties = ties if sign.pitch >= 0 else []
    edges = []
    if sign.bracket:
        edges += ["start"] if sign.start == sign.bracket.start else []
        edges += ["stop"] if sign.end == sign.bracket.end else []
    if not ties and not edges:
        return
    notations = _add(note, "notations")
    for kind in ties:
        _add(notations, "tied", type=kind)
    for edge in edges:
        members = [other for other in signs if other.bracket == sign.bracket]
        beamed = all(member.flags for member in members)
        bracket = {"bracket": "no" if beamed else "yes", "number": "1"}
        _add(notations, "tuplet", type=edge, **(bracket if edge == "start" else {"number": "1"}))
