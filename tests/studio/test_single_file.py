"""The page with its runs in one file."""

import base64
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from latune.errors import InputError, RunError
from latune.studio.single_file import fill_page, policy, shares_of_page, write_single


class Elements(HTMLParser):
    """Scripts of a page as a browser's parser finds them, and its content policy."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.policy, self._inside = [], None, False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        if tag == "script":
            self.scripts.append((told, ""))
            self._inside = True
        if tag == "meta" and told.get("http-equiv") == "Content-Security-Policy":
            assert not self.scripts  # it rules what comes after it
            self.policy = dict(part.split(" ", 1) for part in told["content"].split("; "))

    def handle_data(self, data):
        if self._inside:
            attributes, before = self.scripts[-1]
            self.scripts[-1] = attributes, before + data

    def handle_endtag(self, tag):
        self._inside = False


@pytest.fixture(scope="module")
def written(tune_source, picture_source, page, tmp_path_factory):
    """A file of two runs, and what fills it."""
    path = tmp_path_factory.mktemp("single") / "studio.html"
    return path, write_single([tune_source, picture_source], path, page=page)


def test_the_runs(written, trained_run):
    elements = Elements(written[0].read_text())
    (told,) = (json.loads(text) for attributes, text in elements.scripts if attributes.get("id") == "latune-runs")
    assert told["server"] is False
    assert [run["key"] for run in told["runs"]] == ["ar-vae", "pictures"]
    assert [run["medium"] for run in told["runs"]] == ["tunes", "pictures"]
    files = told["runs"][0]["files"]
    assert set(files) == {"encoder.onnx", "decoder.onnx", "measure.onnx", "latune.json", "studio.json", "gallery.bin"}
    studio = json.loads(gzip.decompress(base64.b64decode(files["studio.json"])))
    assert studio["command"] == str(trained_run.folder)
    assert len(gzip.decompress(base64.b64decode(files["gallery.bin"]))) == studio["gallery"]["count"] * 24


def test_the_policy_lets_its_own_scripts_run_and_nothing_else(written):
    elements = Elements(written[0].read_text())
    running = [text for attributes, text in elements.scripts if attributes.get("type", "") in ("", "module")]
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in running]
    assert elements.policy["script-src"].split() == [
        *(f"'sha256-{d}'" for d in digests),
        "'wasm-unsafe-eval'",
        "blob:",
        "data:",
    ]
    assert elements.policy["default-src"] == "'none'"
    assert elements.policy["connect-src"] == "data: blob:"
    assert not any("http" in value or "*" in value or "'self'" in value for value in elements.policy.values())


def test_what_fills_the_file(written):
    path, shares = written
    sizes = {share.what: share.size for share in shares}
    assert list(sizes) == ["page", "engine", "score engraver", "run ar-vae", "run pictures"]
    assert (sizes["engine"], sizes["score engraver"]) == (8, 4)
    assert abs(sum(sizes.values()) - path.stat().st_size) < 1000  # the policy and the brackets of the list


def test_nothing_in_the_runs_ends_their_element(page):
    runs = [{"key": "x", "title": "</script><script>alert(1)</script><!--", "medium": "tunes", "files": {}}]
    before = (page / "single.html").read_text()
    elements = Elements(fill_page(before, runs))
    assert len(elements.scripts) == len(Elements(before).scripts)
    assert json.loads(elements.scripts[0][1])["runs"] == runs


def test_everything_else_of_the_page_stays(page):
    before = (page / "single.html").read_text()
    after = fill_page(before, [])
    bare = re.sub(r'<meta http-equiv="[^"]*" content="[^"]*">', "", after)
    assert bare.replace('{"server": false, "runs": []}', "") == before


def test_scripts_are_hashed_as_a_browser_reads_them():
    digest = base64.b64encode(hashlib.sha256(b"a\nb").digest()).decode()
    assert f"'sha256-{digest}'" in policy("<script>a\r\nb</script>")
    assert "sha256" not in policy('<script type="application/json">{}</script>')


@pytest.mark.parametrize(
    "text",
    [
        "<html><head></head></html>",
        '<html><head></head><script id="latune-runs" type="application/json">{}</script></html>',
        '<script id="latune-runs" type="application/json"></script>',
        '<head></head><script id="latune-runs"></script><script id="latune-runs"></script>',
    ],
)
def test_another_page(text):
    with pytest.raises(RunError, match="build the page again"):
        fill_page(text, [])


def test_elements_in_any_spelling():
    text = "<HEAD ><META charset=utf-8></HEAD><SCRIPT type='application/json' id=latune-runs >\n</SCRIPT >"
    assert '<META charset=utf-8><meta http-equiv="Content-Security-Policy"' in fill_page(text, [])


def test_shares_of_elements_without_a_name():
    page = '<script type="application/gzip" data-file="page.js">12345</script><script id="fonts" type="x">123</script>'
    assert {share.what: share.size for share in shares_of_page(page)} == {"page": len(page) - 3, "fonts": 3}


def test_a_file_that_is_there_stays(tune_source, page, tmp_path):
    (tmp_path / "a.html").write_text("mine")
    with pytest.raises(InputError, match=r"a\.html exists already: choose another --output\.$"):
        write_single([tune_source], tmp_path / "a.html", page=page)
    with pytest.raises(RunError, match="was not built"):
        write_single([tune_source], tmp_path / "b.html", page=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
