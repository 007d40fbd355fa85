"""Staff notation as SVG through verovio."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from latune.errors import InputError, MissingExtraError
from latune.music.musicxml import musicxml_document
from latune.music.tune import Tune

__all__ = ["engrave", "engrave_pages"]

_WIDEST = 100_000  # the largest page that verovio knows, in its units
_SCALE = 40  # percent: staff lines 7 pixels apart
_PAGE_SCALE = 100  # percent: staves 7.2 mm high on paper
_A4 = {"pageWidth": 2100, "pageHeight": 2970}  # tenths of a millimetre
_MARGIN = 150
_VIEW_BOX = re.compile(r'<svg (?=viewBox="0 0 (\d+) (\d+)")')


def engrave(
    tune: Tune,
    *,
    labels: Sequence[str | None] | None = None,
    measures_per_line: int = 4,
    width: int = 1000,
) -> str:
    """Draw a tune as a staff, cropped to what is drawn.

    Args:
        tune: Its title stands above the first line, none if empty; a key signature is estimated where it has none.
        labels: A text above each written measure, or None where there is none; length M.
        measures_per_line: Measures on each line.
        width: Width in pixels where there are several lines; a single line is as wide as its music needs.

    Returns:
        An SVG document.

    Raises:
        InputError: The tune, the labels or the key are not as expected.
        MissingExtraError: verovio is not installed.
    """
    if measures_per_line < 1 or width < 100:
        raise InputError(
            f"The layout is {measures_per_line} measures per line and {width} pixels:"
            " expected at least 1 measure and 100 pixels."
        )
    document = musicxml_document(tune, labels=labels, measures_per_line=measures_per_line)
    toolkit = _toolkit(bool(tune.title))
    svg = _drawn(toolkit, document, {"adjustPageWidth": True, "pageWidth": _WIDEST})
    if len(tune.bars) > measures_per_line:
        # Several lines are stretched to one width; a last line with fewer measures keeps its own.
        options = {
            "adjustPageWidth": False,
            "pageWidth": min(max(_width(svg), width) * 100 // _SCALE, _WIDEST),
            "minLastJustification": 0.8 if len(tune.bars) % measures_per_line else 0.0,
        }
        svg = _drawn(toolkit, document, options)
    # With a view box alone the drawing would collapse, or fill the page, as its surroundings have it.
    return _VIEW_BOX.sub(r'<svg width="\1" height="\2" ', svg, count=1)


def engrave_pages(tune: Tune) -> list[str]:
    """Draw a tune on A4 pages with the title on the first one; lines break where they are full.

    Returns:
        An SVG document of 2100 x 2970 tenths of a millimetre per page.

    Raises:
        InputError: The tune or the key are not as expected.
        MissingExtraError: verovio is not installed.
    """
    margins = {f"pageMargin{side}": _MARGIN for side in ("Top", "Bottom", "Left", "Right")}
    toolkit = _toolkit(bool(tune.title))
    options = {**_A4, **margins, "adjustPageHeight": False, "breaks": "auto", "scale": _PAGE_SCALE}
    first = _drawn(toolkit, musicxml_document(tune), options)
    return [first, *(str(toolkit.renderToSVG(page)) for page in range(2, toolkit.getPageCount() + 1))]


def _width(svg: str) -> int:
    """Width of a drawing in pixels; 0 if it does not say."""
    box = _VIEW_BOX.match(svg)
    return int(box.group(1)) if box else 0


def _drawn(toolkit: Any, document: str, options: dict[str, Any]) -> str:
    toolkit.setOptions(options)
    if not toolkit.loadData(document):
        raise InputError("verovio cannot draw this: expected valid MusicXML.")
    return str(toolkit.renderToSVG(1))


def _toolkit(with_title: bool) -> Any:
    """A silent verovio."""
    try:
        import verovio
    except ImportError as error:
        raise MissingExtraError("verovio", "music") from error
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "scale": _SCALE,
            "pageHeight": 60_000,
            "adjustPageHeight": True,
            "pageMarginTop": 20,
            "pageMarginBottom": 20,
            "pageMarginLeft": 20,
            "pageMarginRight": 20,
            "breaks": "encoded",
            "header": "auto" if with_title else "none",
            "footer": "none",
            "svgViewBox": True,
            "xmlIdChecksum": True,  # the same music, the same drawing
        }
    )
    return toolkit
