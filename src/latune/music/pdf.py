"""SVG pages that verovio drew, as one PDF, through fpdf2.

The drawing goes through fpdf2's own SVG reader, which knows no nested `<svg>`, no style sheet and no text with several
parts: the first two are replaced by what they mean, and texts are set by themselves. All of that is what verovio
writes, not SVG in general.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from latune.errors import InputError, MissingExtraError

__all__ = ["pdf_from_pages"]

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_INVISIBLE = {"placeholder", "labelAttr"}  # classes
_BOLD = {"ending", "fing", "reh", "tempo"}  # as in verovio's style sheet
_ITALIC = {"dir", "dynam", "mNum"}
_FONT = "STIX"  # a Times; matplotlib brings it
_FONT_FILES = {"": "STIXGeneral", "B": "STIXGeneralBol", "I": "STIXGeneralItalic", "BI": "STIXGeneralBolIta"}
_TRANSLATE = re.compile(r"translate\(([-\d.]+),\s*([-\d.]+)\)")
_BEFORE = {"middle": 0.5, "end": 1.0}  # share of a text that lies left of its place
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_A4 = (595.28, 841.89)  # points


@dataclass(frozen=True)
class _Text:
    """A piece of text, or what all pieces inside an element have in common; lengths in units of the view box."""

    left: float = 0.0  # of the group that it is in
    top: float = 0.0
    x: float = 0.0
    y: float = 0.0
    anchor: str = "start"
    size: float = 0.0
    bold: bool = False
    italic: bool = False
    content: str = ""

    @property
    def style(self) -> str:
        return "B" * self.bold + "I" * self.italic


def pdf_from_pages(pages: Sequence[str], title: str = "") -> bytes:
    """One PDF of A4 pages.

    Args:
        pages: SVG documents as verovio writes them, each of the shape of A4.
        title: Of the document.

    Raises:
        InputError: A page is not what verovio writes.
        MissingExtraError: fpdf2 is not installed.
    """
    try:
        import fpdf
    except ImportError as error:
        raise MissingExtraError("fpdf2", "music") from error
    document = fpdf.FPDF(unit="pt", format=_A4)
    document.set_creation_date(_NO_DATE)  # the same music, the same file
    document.set_title(title)
    _add_fonts(document)
    for page in pages:
        drawing, width, texts = _taken_apart(page)
        document.add_page()
        document.image(io.BytesIO(drawing), x=0, y=0, w=_A4[0])
        for line in texts:
            _write(document, line, _A4[0] / width)
    return bytes(document.output())


def _add_fonts(document: Any) -> None:
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for style, name in _FONT_FILES.items():
        document.add_font(_FONT, style, folder / f"{name}.ttf")


def _taken_apart(page: str) -> tuple[bytes, float, list[list[_Text]]]:
    """A page's drawing as plain SVG, the width of its view box, and its lines of text."""
    root = ET.fromstring(page)
    inner = root.find(f"{{{_SVG}}}svg")
    if inner is None or "viewBox" not in inner.attrib:
        raise InputError("A page cannot be written as PDF: expected an SVG document as verovio writes it.")
    view_box = inner.attrib["viewBox"]
    inner.tag = f"{{{_SVG}}}g"
    inner.attrib = {"fill": "black", "stroke": "black"}
    lines: list[list[_Text]] = []
    _collect(inner, _Text(), lines)
    _remove(root)
    for element in root.iter():  # fpdf2 knows SVG by a first tag without prefix
        element.tag = _name(element)
        if _LINK in element.attrib:
            element.set("href", element.attrib.pop(_LINK))
    root.attrib = {"xmlns": _SVG, "viewBox": view_box}
    return ET.tostring(root), float(view_box.split()[2]), [line for line in lines if line]


def _remove(element: ET.Element) -> None:
    """Remove texts, and what is not drawn."""
    for child in list(element):
        if _name(child) in ("text", "desc", "style") or _INVISIBLE & set(child.get("class", "").split()):
            element.remove(child)
        else:
            _remove(child)


def _collect(element: ET.Element, around: _Text, lines: list[list[_Text]]) -> None:
    """Add the texts inside an element to the lines; one with a place of its own begins a new line."""
    if _INVISIBLE & set(element.get("class", "").split()):
        return
    here = _inside(element, around)
    name = _name(element)
    if name == "text" or (name == "tspan" and {"x", "y"} & set(element.attrib)):
        lines.append([])
    if name == "tspan" and element.text and element.text.strip():
        lines[-1].append(replace(here, content=element.text))
    for child in element:
        _collect(child, here, lines)


def _inside(element: ET.Element, around: _Text) -> _Text:
    """What holds inside an element, given what holds around it."""
    get, classes = element.get, set(element.get("class", "").split())
    moved = _TRANSLATE.match(get("transform", ""))
    left, top = (float(number) for number in moved.groups()) if moved else (0.0, 0.0)
    return replace(
        around,
        left=around.left + left,
        top=around.top + top,
        x=float(get("x", around.x)),
        y=float(get("y", around.y)),
        anchor=get("text-anchor", around.anchor),
        size=float(get("font-size", str(around.size)).removesuffix("px")),
        bold=get("font-weight", "bold" if around.bold or classes & _BOLD else "normal") == "bold",
        italic=get("font-style", "italic" if around.italic or classes & _ITALIC else "normal") == "italic",
    )


def _name(element: ET.Element) -> str:
    return element.tag.removeprefix(f"{{{_SVG}}}")


def _write(document: Any, line: Sequence[_Text], scale: float) -> None:
    """Set a line of text; `scale` is the length of a unit of the view box in points."""
    widths = []
    for piece in line:
        document.set_font(_FONT, piece.style, piece.size * scale)
        widths.append(document.get_string_width(piece.content))
    first = line[0]
    x = (first.left + first.x) * scale - _BEFORE.get(first.anchor, 0.0) * sum(widths)
    for piece, width in zip(line, widths, strict=True):
        document.set_font(_FONT, piece.style, piece.size * scale)
        document.text(x, (piece.top + piece.y) * scale, piece.content)
        x += width
