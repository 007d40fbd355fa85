"""Runs of pictures in the browser."""

import io

import numpy as np
import pytest
from PIL import Image
from visit import IN_FILE

RUN = "v=1&run=pictures"


@pytest.fixture
def page(visit, home):
    return visit(home, RUN)


def _ellipse():
    """A PNG of a leaning ellipse, as scanners give them: larger than the run's pictures, ink on paper."""
    y, x = np.mgrid[:60, :60] - 29.5
    picture = Image.fromarray(np.where(np.hypot((x + 0.4 * y) / 12, y / 22) < 1, 255, 0).astype(np.uint8))
    content = io.BytesIO()
    picture.save(content, "PNG")
    return {"name": "ellipse.png", "mimeType": "image/png", "buffer": content.getvalue()}


def test_a_slider_changes_the_picture_and_what_is_measured(page):
    low = page.slide("slant", 0.1)["slant"]
    before = page.picture()
    high = page.slide("slant", 0.9)["slant"]
    assert high > low + 0.1  # of a range from about -0.5 to 0.5
    assert page.picture() != before
    assert float(page.by("measured-slant").get_attribute("data-value")) == pytest.approx(high)
    assert page.state()["targets"][0]["slant"] > 0


@IN_FILE
def test_arrow_keys_turn_a_slider(page):
    def press():
        page.by("slider-width").focus()
        page.page.keyboard.press("ArrowRight")

    page.settled(press)
    assert "width" in page.state()["targets"][0]


@IN_FILE
def test_a_held_attribute_stays_and_its_slider_is_locked(page):
    before = page.slide("slant", 0.5)["width"]
    page.settled(lambda: page.by("lock-width").click())
    assert page.by("slider-width").is_disabled()
    held = page.slide("slant", 0.9)["width"]
    page.settled(lambda: page.by("lock-width").click())
    assert abs(held - before) < 0.15 * _range(page, "width")


def _range(page, name):
    slider = page.by(f"slider-{name}")
    return float(slider.get_attribute("max")) - float(slider.get_attribute("min"))


@IN_FILE
def test_undo_redo_and_reset(page):
    first = page.slide("slant", 0.2)
    page.slide("slant", 0.9)
    assert page.settled(lambda: page.by("undo").click())["slant"] == pytest.approx(first["slant"])
    assert page.settled(lambda: page.page.keyboard.press("Control+Shift+Z"))["slant"] > first["slant"]
    page.settled(lambda: page.by("reset").click())
    assert page.state()["targets"] == [{}]
    page.settled(lambda: page.page.keyboard.press("Control+z"))
    assert "slant" in page.state()["targets"][0]


def test_an_uploaded_picture_is_edited(page):
    page.settled(lambda: page.upload(_ellipse()))
    assert page.state()["origin"] == {"kind": "upload", "name": "ellipse.png"}
    values = page.ask("latuneStudio.session.result.originalValues[0][0]")
    assert abs(values) > 0.1  # it leans
    before = page.picture()
    page.slide("slant", 0.5)
    assert page.picture() != before


def test_a_bad_upload_is_told_in_a_sentence_and_the_page_lives_on(visit, home):
    page = visit(home, RUN, expect_faults=home.is_served)  # the console notes that the server refused
    page.upload({"name": "broken.png", "mimeType": "image/png", "buffer": b"this is no picture"})
    words = page.toast()
    assert "broken.png" in words or "picture" in words.lower()
    assert words.strip().endswith(".") or "." in words
    assert page.slide("slant", 0.9)["slant"] > page.slide("slant", 0.1)["slant"]


def test_what_is_downloaded_opens_again(page, tmp_path):
    page.slide("slant", 0.9)
    with Image.open(page.download("download-png", tmp_path)) as png:
        assert png.width == png.height
        assert png.width % 20 == 0
        grey = np.asarray(png.convert("L").resize((20, 20), Image.Resampling.NEAREST))
    shown = np.array(page.ask("[...latuneStudio.session.result.edited[0].shown]"), np.uint8).reshape(20, 20)
    np.testing.assert_allclose(grey.astype(int), shown, atol=1)
    with Image.open(page.download("download-gif", tmp_path)) as film:
        assert film.n_frames > 10


def test_a_link_restores_the_state_in_a_new_page(page, visit, home):
    page.settled(lambda: page.by("gallery-3").click())
    page.settled(lambda: page.by("lock-width").click())
    values = page.slide("slant", 0.8)
    link = page.ask("latuneStudio.session.link()")
    other = visit(home, link)
    assert other.state() == page.state()
    assert other.measured() == pytest.approx(values, nan_ok=True)


@IN_FILE
def test_a_damaged_link_is_told_and_the_page_opens(visit, home):
    page = visit(home, "v=1&run=pictures&item=gallery.99999&k.nothing=3&hold=%E0%A4%A")
    assert page.toast()
    assert page.slide("slant", 0.9)["slant"] > page.slide("slant", 0.1)["slant"]


@IN_FILE
def test_the_command_that_makes_the_same(page):
    page.slide("slant", 0.8)
    page.by("copy-command").click()
    words = page.page.locator("latune-commands").inner_text()
    assert "latune edit" in words
    assert "--knob slant=" in words
    assert "latune.load" in words


@IN_FILE
def test_tabs_and_map(page):
    for tab in ("certificate", "metrics", "map"):
        if page.by(f"tab-{tab}").count():
            page.by(f"tab-{tab}").click()
    chart = page.by("map")
    chart.focus()
    page.page.keyboard.press("ArrowRight")
    page.settled(lambda: page.page.keyboard.press("Enter"))
    assert page.state()["origin"]["kind"] == "gallery"
