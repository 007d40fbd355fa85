"""The notebook's widget, rendered as anywidget does it, into a page of another host."""

import base64
import gzip
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from visit import SECONDS

from latune.studio.widget import _SCRIPT

RENDER = """async ([script, page]) => {
    const { default: widget } = await import(`data:text/javascript;base64,${btoa(script)}`);
    const bytes = Uint8Array.from(atob(page), (character) => character.charCodeAt(0));
    const state = { page: new DataView(bytes.buffer), height: 700 };
    await widget.render({ model: { get: (name) => state[name] }, el: document.body });
}"""


def test_the_widget_opens_the_studio_in_a_frame_of_its_own(browser, single):
    pytest.importorskip("anywidget")
    packed = base64.b64encode(gzip.compress(_read(single))).decode()
    context = browser.new_context()
    try:
        page = context.new_page()
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.set_content("<!doctype html><title>notebook</title><body></body>")
        page.evaluate(RENDER, [_SCRIPT, packed])
        frame = page.frame_locator("iframe[title='latune studio']")
        slider = frame.get_by_test_id("slider-slant")
        slider.wait_for(timeout=1000 * SECONDS)
        measured = frame.get_by_test_id("measured-slant")
        before = measured.get_attribute("data-value")
        slider.fill(slider.get_attribute("min"))
        for _ in range(20 * SECONDS):
            if measured.get_attribute("data-value") != before:
                break
            page.wait_for_timeout(50)
        assert float(measured.get_attribute("data-value")) < float(before)
        assert faults == []
    finally:
        context.close()


def _read(home):
    return Path(unquote(urlsplit(home.address).path)).read_bytes()
