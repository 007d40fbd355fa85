"""A tune as files of staff notation: one picture (SVG), or pages to print (PDF)."""

from __future__ import annotations

from latune.music.engrave import engrave, engrave_pages
from latune.music.pdf import pdf_from_pages
from latune.music.tune import Tune

__all__ = ["tune_pdf", "tune_svg"]


def tune_svg(tune: Tune) -> str:
    """The whole tune in lines of four measures, 1000 pixels wide or more, with its title.

    Raises:
        InputError: The tune or its key cannot be drawn.
        MissingExtraError: verovio is not installed.
    """
    return engrave(tune)


def tune_pdf(tune: Tune) -> bytes:
    """The whole tune on A4 pages, with its title on the first one.

    Raises:
        InputError: The tune or its key cannot be drawn.
        MissingExtraError: verovio or fpdf2 is not installed.
    """
    return pdf_from_pages(engrave_pages(tune), tune.title)
