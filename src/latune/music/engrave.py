"""Staff notation as SVG through verovio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError, MissingExtraError
from latune.music.musicxml import musicxml_document

__all__ = ["engrave"]


def engrave(
    ticks: NDArray[np.int16],
    *,
    title: str = "",
    labels: Sequence[str | None] | None = None,
    fifths: int | None = None,
    measures_per_line: int = 4,
    width: int = 1000,
) -> str:
    """Draw measures as a staff, cropped to what is drawn.

    Args:
        ticks: One tune, shape (M, 24).
        title: Text above the first line, none if empty.
        labels: A text above each measure, or None where there is none; length M.
        fifths: Key signature; estimated from the notes if None.
        measures_per_line: Measures on each line.
        width: Width of a full line in pixels; the height follows.

    Returns:
        An SVG document.

    Raises:
        InputError: The ticks, the labels or the key are not as expected.
        MissingExtraError: verovio is not installed.
    """
    if measures_per_line < 1 or width < 100:
        raise InputError(
            f"The layout is {measures_per_line} measures per line and {width} pixels: expected at least 1 and 100."
        )
    document = musicxml_document(
        ticks, title=title, fifths=fifths, labels=labels, measures_per_line=measures_per_line
    )
    toolkit = _toolkit(width, bool(title))
    if not toolkit.loadData(document):
        raise InputError(f"verovio cannot draw these {len(ticks)} measures: expected valid MusicXML.")
    return str(toolkit.renderToSVG(1))


def _toolkit(width: int, with_title: bool) -> Any:
    try:
        import verovio
    except ImportError as error:
        raise MissingExtraError("verovio", "music") from error
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    scale = 40  # percent: staff lines 7 pixels apart
    toolkit.setOptions(
        {
            "scale": scale,
            "pageWidth": width * 100 // scale,
            "pageHeight": 60000,
            "adjustPageHeight": True,
            "adjustPageWidth": True,
            "pageMarginTop": 20,
            "pageMarginBottom": 20,
            "pageMarginLeft": 20,
            "pageMarginRight": 20,
            "breaks": "encoded",
            "header": "auto" if with_title else "none",
            "footer": "none",
            "svgViewBox": True,
            "mnumInterval": 0,
        }
    )
    return toolkit
