"""The real page with small real runs, in Chromium: served by `latune studio`, and as one file without a network."""

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request

import pytest
from visit import FLAGS, Home, visiting

import small_moves
from latune.control.editor import calibrate_run
from latune.data.store import store_dataset
from latune.studio.kept_bundles import FOLDER
from latune.studio.page import PAGE, single_page
from latune.studio.single_file import fill_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS_TO_START = 600


def _why_not():
    """Why these tests cannot run here; nothing where they can."""
    if CHROMIUM is None:
        return "there is no Chromium here"
    if not (PAGE / "index.html").is_file() or not (PAGE / "single.html").is_file():
        return "the studio's page was not built: make page"
    return None


@pytest.fixture(scope="session", autouse=True)
def _possible():
    reason = _why_not()
    if reason is not None:
        pytest.skip(reason)
    for package in ("playwright", "onnx", "onnxruntime", "starlette", "uvicorn"):
        pytest.importorskip(package)


@pytest.fixture(scope="session")
def blob_run(_possible, data_folder, tmp_path_factory):
    """A run with moves between regions."""
    blobs = small_moves.blobs()
    store_dataset(blobs)
    run = small_moves.trained(blobs, tmp_path_factory.mktemp("runs") / "blobs")
    calibrate_run(run, blobs)
    return run


@pytest.fixture(scope="session")
def runs(_possible, trained_picture_run, trained_run, song_run, blob_run, ellipses, data_folder):
    """Folders of runs, one of each medium and one with moves; pictures come first."""
    store_dataset(ellipses)
    return [run.folder for run in (trained_picture_run, trained_run, song_run, blob_run)]


@pytest.fixture(scope="session")
def served(runs, tmp_path_factory):
    """`latune studio`, on a port that was free."""
    log = tmp_path_factory.mktemp("served") / "log.txt"
    command = [sys.executable, "-m", "latune", "studio", *map(str, runs), "--port", "0", "--no-open"]
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output, env=_environment()) as server:
        try:
            yield Home(_address(server, log))
            assert server.poll() is None, f"latune studio ended by itself: {log.read_text()}"
        finally:
            server.terminate()
            server.wait(SECONDS_TO_START)


def _address(server, log):
    """Where the server listens, once it says so."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.poll() is None:
        told = re.search(r"http://[\w.]+:\d+/", log.read_text().replace("\n", ""))
        if told:
            return told[0]
        time.sleep(0.1)
    pytest.fail(f"latune studio did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def single(served, runs, tmp_path_factory):
    """One file with all runs, filled as `latune export --to html` does it, with the files that the server made."""
    with urllib.request.urlopen(f"{served.address}runs.json") as answer:
        entries = json.load(answer)["runs"]
    for entry, run in zip(entries, runs, strict=True):
        entry["files"] = {file.name: _packed(file) for file in sorted((run / FOLDER / "files").iterdir())}
    file = tmp_path_factory.mktemp("single") / "studio.html"
    file.write_text(fill_page(single_page(), entries), encoding="utf-8")
    return Home(file.as_uri())


def _packed(file):
    return base64.b64encode(gzip.compress(file.read_bytes())).decode()


def _environment():
    return {**os.environ, "COLUMNS": "500"}  # one line per message


@pytest.fixture(params=["served", "single"])
def home(request):
    """Both homes of the page."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def browser(_possible):
    """Chromium. Not for the session: Playwright's event loop would be in the way of tests that have their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    """A function that opens the page of a home; what went wrong on a page fails the test at its end."""
    opened = []

    def open_page(home, run=None, expect_faults=False, **options):
        entered = visiting(browser, home, f"#{run}" if run else "", **options)
        page = entered.__enter__()
        opened.append((entered, page, expect_faults))
        return page.ready()

    try:
        yield open_page
        for _, page, expect_faults in opened:
            if not expect_faults:
                page.check()
    finally:
        for entered, _, _ in opened:
            entered.__exit__(None, None, None)
