"""Pictures of knobs being turned, for docs/control.md: a held-out chorale engraved, and held-out digits.

    python benchmarks/control_pictures.py score runs/chorales docs/figures/control-score.png
    python benchmarks/control_pictures.py digits runs/digits docs/figures/control-digits.png

No item is chosen by its looks: the first measures of the first held-out chorale, the first held-out digit of a class.
The score needs verovio and a Chromium (`--browser`), which turns its staves into pixels.
"""

import argparse
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image

from latune.control.editor import Editor, Way, open_editor
from latune.control.requests import HIT
from latune.data.dataset import Dataset
from latune.data.store import load_dataset
from latune.errors import InputError
from latune.figures import save_figure
from latune.figures.style import (
    BLUE,
    GRID,
    INK,
    MUTED,
    PAPER,
    VERMILION,
    WIDTH,
    decimals,
    new_figure,
    number,
    readable,
    styled,
)
from latune.music.engrave import engrave
from latune.music.measure import events_from_ticks
from latune.music.spelling import estimate_fifths
from latune.music.tune import tune_from_ticks
from latune.training.run_folder import open_run

Values = NDArray[np.float64]

# Score
MEASURES = 4
REQUESTS: tuple[tuple[str, str, float], ...] = (
    ("Fewer notes", "note_density", 2 / 24),
    ("More notes", "note_density", 6 / 24),
    ("Downwards", "contour", -5 / 26),
    ("Upwards", "contour", 5 / 26),
)
COUNTED = {"note_density": (24, "notes"), "contour": (26, "semitones")}  # what one unit is
PAGE_WIDTH, STAFF_LEFT, PIXELS = 900, 170, 2  # of the page in CSS pixels, and how many pixels one of them is
COLOURS = 64

# Digits; lengths are in widths of a cell
KNOBS = (("length", (3, 7)), ("thickness", (2, 8)), ("slant", (4, 5)))  # and the classes that show it
SHARES = (0.05, 0.275, 0.5, 0.725, 0.95)  # of the knob's range: what is asked for
WAYS: tuple[Way, ...] = ("alone", "path")
TILE, PITCH, GAP = 0.94, 1.42, 1.2  # a picture, from row to row, from the picture as it is to the first request
LEFT, APART = 0.75, GAP + len(SHARES) + 0.45  # the first picture, and how far apart two of them are
TOP, HEADING, BLOCK = 0.5, 0.42, 0.42 + len(WAYS) * PITCH + 0.12
ACROSS = LEFT + APART + GAP + len(SHARES) + 0.05
LEGEND = (
    "Below each picture what was asked for (grey) and what was measured (black);"
    " framed: off by more than 10 % of the knob's range"
)


@dataclass(frozen=True)
class Label:
    """What was measured of one measure, in words, and whether that is not what was asked for."""

    text: str
    missed: bool = False


@dataclass(frozen=True)
class Line:
    """Some measures (M, T) with a heading, a note below it, and a label for each measure."""

    heading: str
    note: str
    ticks: NDArray[np.int16]
    labels: list[Label]


def draw_score(run: Path, output: Path, tune: int, browser: str) -> None:
    editor, dataset = open_editor(run), load_dataset(open_run(run).recipe.data.name)
    items, fifths = held_out_measures(dataset, tune)
    lines = [as_it_is(editor, items), *(turned(editor, items, *request) for request in REQUESTS)]
    ticks = np.concatenate([line.ticks for line in lines])
    # The page writes labels of its own; these only make room for them.
    room = ["."] * len(ticks)
    width = PAGE_WIDTH - STAFF_LEFT
    staves = engrave(tune_from_ticks(ticks, fifths=fifths), labels=room, measures_per_line=MEASURES, width=width)
    photograph(page(lines, staves), output, browser)


def held_out_measures(dataset: Dataset, tune: int) -> tuple[NDArray[np.uint8], int]:
    """The first measures of a tune of the test split, and the tune's key in sharps."""
    test = dataset.split("test")
    members = test[dataset.groups[test] == np.unique(dataset.groups[test])[tune]]
    items = np.asarray(dataset.items[members])
    events = events_from_ticks(dataset.codec.ticks(items))
    return items[:MEASURES], estimate_fifths(events.pitches, events.durations)


def as_it_is(editor: Editor, items: NDArray[np.uint8]) -> Line:
    values = {name: measured(editor, items, name) for name in COUNTED}
    texts = [", ".join(in_words(name, values[name][place]) for name in COUNTED) for place in range(len(items))]
    return Line(
        "As it is",
        "what was measured<br>is above each measure",
        editor.codec.ticks(items),
        [Label(text) for text in texts],
    )


def turned(editor: Editor, items: NDArray[np.uint8], heading: str, name: str, value: float) -> Line:
    edit = editor.turn_along_path(items, {name: value})
    labels = [
        Label(in_words(name, got), is_missed(editor, name, value, got)) for got in measured(editor, edit.items, name)
    ]
    asked = f"asked for {in_words(name, value)}<br>({readable(name)} {number(value, 2)})"
    return Line(heading, asked, editor.codec.ticks(edit.items), labels)


def measured(editor: Editor, items: NDArray[np.uint8], name: str) -> Values:
    return editor.codec.measure(items, [name])[:, 0]


def is_missed(editor: Editor, name: str, asked: float, got: float) -> bool:
    low, high = editor.knobs.ranges[name]
    return not abs(got - asked) <= HIT * (high - low) + 1e-9  # a value that is missing is a miss


def in_words(name: str, value: float) -> str:
    count, noun = COUNTED[name]
    whole = round(count * value)
    sign = "+" if noun == "semitones" and whole > 0 else ""
    return f"{sign}{number(whole, 0)} {noun.removesuffix('s') if abs(whole) == 1 else noun}"


def page(lines: list[Line], staves: str) -> str:
    """A page whose script puts a heading beside each line of the score and a label above each measure."""
    headings = "".join(f"<p class='heading'><b>{line.heading}</b>{line.note}</p>" for line in lines)
    labels = "".join(
        f"<p class='label{' missed' if label.missed else ''}'>{label.text}</p>"
        for line in lines
        for label in line.labels
    )
    return f"""<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: {PAPER}; color: {INK}; font: 12px/1.4 "DejaVu Sans", sans-serif; }}
section {{ margin-left: {STAFF_LEFT}px; padding-top: 20px; }}
section > svg {{ width: {PAGE_WIDTH - STAFF_LEFT - 10}px; height: auto; display: block; }}
g.dir, g.mNum {{ visibility: hidden; }}
p {{ position: absolute; margin: 0; }}
p.heading {{ left: 12px; color: {MUTED}; }}
p.heading b {{ color: {INK}; font-size: 14px; display: block; }}
p.label {{ color: {BLUE}; font-size: 11.5px; }}
p.missed {{ color: {VERMILION}; font-weight: bold; }}
</style>{headings}{labels}<section>{staves}</section><script>
const headings = document.querySelectorAll("p.heading"), labels = document.querySelectorAll("p.label");
const lines = (group) => [...group.querySelectorAll("g.staff > path")].map((path) => path.getBoundingClientRect());
document.querySelectorAll("g.system").forEach((system, place) => {{
  headings[place].style.top = `${{lines(system)[0].top - 16}}px`;
}});
document.querySelectorAll("g.measure").forEach((measure, place) => {{
  const notes = measure.querySelector("g.note, g.rest").getBoundingClientRect();
  labels[place].style.left = `${{notes.left}}px`;
  labels[place].style.top = `${{lines(measure)[0].top - 34}}px`;
}});
</script>"""


def photograph(content: str, output: Path, browser: str) -> None:
    """Draw a page with a browser, crop what is empty below, and keep few colours."""
    with tempfile.TemporaryDirectory() as folder:
        source, raw = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(content, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        size = [f"--window-size={PAGE_WIDTH},1600", f"--force-device-scale-factor={PIXELS}"]
        subprocess.run(
            [browser, *options, *size, f"--screenshot={raw}", source.as_uri()],
            check=True,
            timeout=120,
            stderr=subprocess.DEVNULL,
        )
        picture = Image.open(raw).convert("RGB")
    drawn = np.flatnonzero((np.asarray(picture) != np.asarray(picture)[-1, -1]).any(axis=(1, 2)))
    height = int(drawn[-1]) + 1 + 12 * PIXELS
    picture.crop((0, 0, picture.width, height)).quantize(COLOURS).save(output, optimize=True)


def draw_digits(run: Path, output: Path) -> None:
    editor, dataset = open_editor(run), load_dataset(open_run(run).recipe.data.name)
    height = TOP + BLOCK * len(KNOBS)
    with styled():
        figure = new_figure("", WIDTH * height / ACROSS)
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.text(0.06, 0.2, LEGEND, va="center", fontsize=10, color=MUTED)
        for place, (name, classes) in enumerate(KNOBS):
            top = TOP + place * BLOCK
            label = f"{name} ({editor.knobs[name].unit})"
            axes.text(0.06, top + 0.2, label, va="center", fontsize=11, fontweight="bold", color=INK)
            for row, way in enumerate(WAYS):
                axes.text(0.06, top + HEADING + row * PITCH + TILE / 2, way, va="center", fontsize=10, color=INK)
            for digit, wanted in enumerate(classes):
                draw_digit(axes, editor, name, first_of_class(dataset, wanted), LEFT + digit * APART, top + HEADING)
        axes.set(xlim=(0, ACROSS), ylim=(height, 0))
    save_figure(figure, output)
    with Image.open(output) as picture:
        few = picture.convert("RGB").quantize(COLOURS)
    few.save(output, optimize=True)


def draw_digit(axes: Axes, editor: Editor, name: str, item: NDArray[np.uint8], left: float, top: float) -> None:
    """A picture, and what becomes of it for every request in every way."""
    knob = editor.knobs[name]
    places = decimals(knob.span)
    own = number(float(measured(editor, item, name)[0]), places)
    draw_tile(axes, item[0, 0], left, top + (len(WAYS) - 1) * PITCH / 2, "as it is", own, False)
    requests = [knob.low + share * knob.span for share in SHARES]
    for row, way in enumerate(WAYS):
        for column, edit in enumerate(editor.turn_each(way, item, name, requests)):
            asked, got = requests[column], float(measured(editor, edit.items, name)[0])
            spot = left + GAP + column, top + row * PITCH
            texts = number(asked, places), number(got, places) if np.isfinite(got) else "\N{EN DASH}"
            draw_tile(axes, edit.items[0, 0], *spot, *texts, is_missed(editor, name, asked, got))


def first_of_class(dataset: Dataset, wanted: int) -> NDArray[np.uint8]:
    """The first picture of a class in the test split, (1, C, H, W)."""
    test = dataset.split("test")
    if dataset.classes is None:
        raise InputError(f"Data set '{dataset.name}' has no classes: expected digits.")
    return np.asarray(dataset.items[test[np.flatnonzero(dataset.classes[test] == wanted)[:1]]])


def draw_tile(
    axes: Axes, picture: NDArray[np.uint8], left: float, top: float, asked: str, got: str, missed: bool
) -> None:
    """A picture with two texts below it, in a frame that shows a miss."""
    extent = (left, left + TILE, top + TILE, top)
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, extent=extent, interpolation="none", aspect="auto")
    frame = Rectangle((left, top), TILE, TILE, fill=False, zorder=3)
    frame.set(edgecolor=VERMILION if missed else GRID, linewidth=2.5 if missed else 0.8)
    axes.add_patch(frame)
    below: Any = {"ha": "center", "va": "top", "fontsize": 8.5}
    axes.text(left + TILE / 2, top + TILE + 0.07, asked, color=MUTED, **below)
    look = {"color": VERMILION, "fontweight": "bold"} if missed else {"color": INK}
    axes.text(left + TILE / 2, top + TILE + 0.24, got, **look, **below)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_subparsers(dest="what", required=True)
    for name in ("score", "digits"):
        part = what.add_parser(name)
        part.add_argument("run", type=Path)
        part.add_argument("output", type=Path)
        if name == "score":
            part.add_argument("--tune", type=int, default=0, help="number of the tune in the test split")
            part.add_argument("--browser", default=shutil.which("chromium") or "google-chrome")
    options = parser.parse_args()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    if options.what == "score":
        draw_score(options.run, options.output, options.tune, options.browser)
    else:
        draw_digits(options.run, options.output)


if __name__ == "__main__":
    main()
