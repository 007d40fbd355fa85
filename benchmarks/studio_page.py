"""How fast the studio's page is: until it is open, and from a slider's movement to the drawn result.

Example: python benchmarks/studio_page.py runs/chorales runs/sprites

Without a run, one on small sprites is trained for a few steps: the time depends on the network, not on its weights.
Needs Chromium and Playwright for Python. The page is opened as a file, in a fresh context every time.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, Page, sync_playwright

from latune.control.editor import calibrate_run
from latune.data.registry import ensure_dataset
from latune.export.source import open_source
from latune.recipes import load_recipe
from latune.studio.single_file import write_single
from latune.training.trainer import train

OPENINGS = 5
MOVES = 120
FLAGS = ["--no-sandbox", "--disable-gpu"]
IS_OPEN = "!!window.latuneStudio?.session?.result?.settled"
MOVE = """(slider, share) => {
    slider.valueAsNumber = +slider.min + share * (slider.max - slider.min);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def main() -> None:
    """Print a line per run."""
    parser = argparse.ArgumentParser(description="Measure the studio's page.")
    parser.add_argument("runs", nargs="*", type=Path, help="run folders; default: one that is trained now")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium was not found: the page is not measured.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        runs = parser.parse_args().runs or [_small_run(Path(folder) / "sprites")]
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for number, run in enumerate(runs):
            file = Path(folder) / f"{number}.html"
            write_single([open_source(run)], file)
            print(f"{run.name}: {_measured(browser, file)}")
        browser.close()


def _small_run(folder: Path) -> Path:
    sprites = ensure_dataset("sprites-small")
    run = train(load_recipe("sprites-small/ar-vae", ["training.steps=30"]), sprites, folder)
    calibrate_run(run, sprites)
    return folder


def _measured(browser: Browser, file: Path) -> str:
    openings = [_opened(browser, file)[0] for _ in range(OPENINGS)]
    _, page = _opened(browser, file)
    names = page.evaluate("latuneStudio.session.model.description.knobs.knobs.map((knob) => knob.name)")
    times = []
    for name in names:
        page.evaluate("latuneStudio.times.length = 0")
        for move in range(MOVES // len(names)):
            page.get_by_test_id(f"slider-{name}").evaluate(MOVE, abs(1 - (move / 15) % 2))
            page.wait_for_timeout(60)  # one movement at a time
        times += page.evaluate("latuneStudio.times")
    page.context.close()
    late = quantiles(times, n=20)[-1]
    opening = f"open {median(openings):.0f} ms (median of {len(openings)})"
    return f"{opening}; slider to result {median(times):.1f} ms (median of {len(times)}), 95th percentile {late:.1f} ms"


def _opened(browser: Browser, file: Path) -> tuple[float, Page]:
    """Milliseconds from the address to the first result, and the page."""
    page = browser.new_context(offline=True, viewport={"width": 1280, "height": 800}).new_page()
    start = time.perf_counter()
    page.goto(file.as_uri())
    while not page.evaluate(IS_OPEN):
        page.wait_for_timeout(5)
    return 1000 * (time.perf_counter() - start), page


if __name__ == "__main__":
    main()
