"""The studio in a notebook; tests/browser opens it."""

import gzip
import sys

import pytest

from latune.errors import InputError, MissingExtraError, RunError
from latune.studio import single_file, widget
from latune.studio.widget import studio_widget


@pytest.fixture
def built(monkeypatch, page):
    """The small page in place of the built one."""
    monkeypatch.setattr(single_file, "single_page", lambda _: (page / "single.html").read_text())


def test_the_widget_holds_the_page_with_its_runs(built, trained_run):
    pytest.importorskip("anywidget")
    shown = studio_widget(trained_run.folder, height=500)
    html = gzip.decompress(shown.page).decode()
    assert '"key": "ar-vae"' in html
    assert "Content-Security-Policy" in html
    state = shown.get_state()
    assert state["height"] == 500
    assert "sandbox" in state["_esm"]


def test_what_cannot_be_shown(built, tmp_path):
    pytest.importorskip("anywidget")
    with pytest.raises(InputError, match="at least one"):
        studio_widget()
    with pytest.raises(RunError):
        studio_widget(tmp_path)


def test_without_anywidget_a_sentence_says_so(monkeypatch, trained_run):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    widget._widget_class.cache_clear()
    with pytest.raises(MissingExtraError, match=r"anywidget.*latune\[widget\]"):
        studio_widget(trained_run.folder)
    widget._widget_class.cache_clear()
