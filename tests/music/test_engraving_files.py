"""Tunes as SVG and PDF: everything is there, on pages of the right size."""

import re
import sys
import zlib

import numpy as np
import pytest

from latune.errors import InputError, MissingExtraError
from latune.music.engrave import engrave_pages
from latune.music.engraving_files import tune_pdf, tune_svg
from latune.music.measure import HOLD, REST
from latune.music.pdf import pdf_from_pages
from latune.music.tune import tune_from_ticks

pytest.importorskip("verovio")
pytest.importorskip("fpdf")


def tune(measures=6, title="Été & <Winter>"):
    ticks = np.full((measures, 24), HOLD, np.int16)
    ticks[:, [0, 6, 9, 12]] = [67, 69, 71, 72]
    ticks[-1, 12:] = HOLD
    ticks[-1, 12] = REST
    return tune_from_ticks(ticks, title, fifths=1)


def contents(pdf):
    """The drawing operators of each page."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = [zlib.decompress(stream) for stream in streams if stream[:1] == b"\x78"]
    return [content for content in unpacked if content.rstrip().endswith((b"ET", b"Q", b"BT"))]


def pages_of(pdf):
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_svg_holds_the_whole_tune():
    svg = tune_svg(tune(11))
    assert svg.startswith("<svg ")
    assert svg.count('class="measure"') == 11
    assert svg.count('class="system"') == 3
    assert "Été &amp; &lt;Winter&gt;" in svg


def test_pages_hold_the_whole_tune():
    pages = engrave_pages(tune(100))
    assert len(pages) > 1
    assert all('viewBox="0 0 2100 2970"' in page for page in pages)
    assert sum(page.count('class="measure"') for page in pages) == 100
    assert ["Été" in page for page in pages] == [True] + [False] * (len(pages) - 1)


def test_pdf_has_a_page_per_page():
    pdf = tune_pdf(tune(80))
    assert pdf.startswith(b"%PDF-")
    assert pages_of(pdf) == len(engrave_pages(tune(80))) == 2
    assert b"/MediaBox [0 0 595.28 841.89]" in pdf
    assert tune_pdf(tune()) == tune_pdf(tune())


def test_pdf_draws_notes_lines_and_texts():
    pages = engrave_pages(tune())
    (content,) = contents(tune_pdf(tune()))
    heads = pages[0].count('class="notehead"')
    lines = len(re.findall(r"<path d=\"M[\d ]+ L[\d ]+\"", pages[0]))
    assert heads == 23
    assert content.count(b" c\n") + content.count(b" c ") > 8 * heads  # curves of the noteheads
    assert content.count(b" l") > lines > 30
    (untitled,) = contents(tune_pdf(tune(title="")))
    assert content.count(b" Td") == untitled.count(b" Td") + 1


def test_texts_lie_where_verovio_put_them():
    """The title is centred on the page, and the measure number is small and in italics."""
    (content,) = contents(tune_pdf(tune(12, "Title")))
    places = [tuple(map(float, pair)) for pair in re.findall(rb"BT ([\d.]+) ([\d.]+) Td", content)]
    assert len(places) >= 2
    (title_x, title_y), *others = sorted(places, key=lambda place: -place[1])
    assert 200 < title_x < 595.28 / 2
    assert title_y > 760
    assert all(x < 100 for x, _ in others)


def test_what_is_refused(monkeypatch):
    with pytest.raises(InputError, match="expected an SVG document as verovio writes it"):
        pdf_from_pages(['<svg xmlns="http://www.w3.org/2000/svg"/>'])
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(MissingExtraError, match=r"package 'fpdf2': pip install 'latune\[music\]'"):
        tune_pdf(tune())
