"""Music on the page and as files: sweeps that are engraved, drawn as piano rolls and played."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latune.control.editor import Editor
from latune.data.dataset import Dataset
from latune.errors import MissingExtraError
from latune.figures import figure_svg, save_figure
from latune.figures.style import readable
from latune.music.score import write_tune
from latune.report.charts import page_svg
from latune.report.media import Nouns, Report, Subject
from latune.report.music_sweeps import TEMPO, MusicSweep, choose_items, make_sweeps
from latune.report.sweeps import Setting
from latune.training.run_folder import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MELODIES", "MUSIC", "PHRASES", "MusicCard"]

_SCORE_SCALE = 1.25  # of the engraver's size
_SCORE_HEAD = re.compile(r'<svg width="([\d.]+)" height="([\d.]+)"')


@dataclass(frozen=True)
class MusicCard:
    """One sweep on the page.

    Args:
        key: Identifier on the page.
        item: Number of the start measure in the test split.
        way: How the knob was set.
        own: Position that shows the measure itself, from 0.
        labels: Requested and measured value of each position, as text.
        score: Staff notation, an SVG element, or None.
        roll: Piano roll, an SVG element.
        midi: The MIDI file as a data address, or None.
        file_name: What the MIDI file is called when it is saved.
    """

    key: str
    item: int
    way: Setting
    own: int | None
    labels: list[tuple[str, str]]
    score: str | None
    roll: str
    midi: str | None
    file_name: str


class _Music:
    """Measures of music."""

    nouns = Nouns(
        item="measure",
        group="tune",
        element="token",
        exactly="note for note",
        small="the repertoire is small, though no tune is in both",
        truth="Nothing here says whether the music is good: no number looks at style, harmony or the measures around,"
        " and nobody was asked. Listen.",
        together="more notes come with more complex rhythm in real music too",
    )
    template = "music.html"
    heading = "Hear and see the knobs"
    doing = "hear and see"
    settings: tuple[Setting, ...] = ("path", "exact")

    def choose_items(self, dataset: Dataset, editor: Editor, count: int, seed: int) -> tuple[list[int], bool]:
        return choose_items(dataset, editor, count, seed)

    def sweeps(self, subject: Subject, name: str, way: Setting) -> list[MusicSweep]:
        return make_sweeps(subject.editor, subject.dataset, name, subject.items, way, subject.run.recipe.seed)

    def card(self, sweep: MusicSweep, key: str, folder: Path, remarks: dict[str, None]) -> MusicCard:
        return _card(sweep, key, folder, remarks)

    def extras(self, subject: Subject, sweeps: Mapping[str, MusicSweep], folder: Path) -> dict[str, Any]:
        """What the page's synthesiser plays."""
        played = {
            key: {
                "notes": sweep.notes(),
                "measures": len(sweep.labels),
                "quarters": sweep.quarters,
                "bar": sweep.metre.quarters,
            }
            for key, sweep in sweeps.items()
        }
        return {"sounds": {"tempo": TEMPO, "sweeps": played}}

    def charts(self, subject: Subject) -> dict[str, tuple[str, Callable[[], Figure]]]:
        return {}

    def write(
        self, subject: Subject, names: Sequence[str], way: Setting, folder: Path, report: Report
    ) -> tuple[list[Path], list[str]]:
        """For each knob and measure a score (SVG), a piano roll (PNG) and MIDI."""
        sweeps = [sweep for name in names for sweep in self.sweeps(subject, name, way)]
        files: list[Path] = []
        remarks: dict[str, None] = {}
        for done, sweep in enumerate(sweeps):
            report("traversals", done, len(sweeps))
            path = folder / f"{sweep.stem}.png"
            save_figure(sweep.roll(title=f"Turn {readable(sweep.name)} of test {sweep.noun} {sweep.item}"), path)
            files.append(path)
            for write in (_write_score, _write_midi):
                try:
                    files.append(write(sweep, folder))
                except MissingExtraError as error:
                    remarks[str(error)] = None
        report("traversals", len(sweeps), len(sweeps))
        return files, list(remarks)


class _Melodies(_Music):
    """Melodies of dMelodies."""

    nouns = Nouns(
        item="melody",
        group="melody",
        element="eighth",
        exactly="note for note",
        small="such a melody is made of few notes",
        truth="The melodies are made by rule: nothing here says what the method makes of real music.",
        together="the factors of this set are independent, so hardly anything is taken away here",
    )


class _Phrases(_Music):
    """Phrases of several measures."""

    nouns = replace(
        _Music.nouns,
        item="phrase",
        truth="Nothing here says whether the music is good: no number looks at style or harmony, and nobody was asked."
        " Listen.",
    )


MUSIC, MELODIES, PHRASES = _Music(), _Melodies(), _Phrases()


def _card(sweep: MusicSweep, key: str, folder: Path, remarks: dict[str, None]) -> MusicCard:
    score = midi = None
    try:
        score = _page_score(_write_score(sweep, folder).read_text(encoding="utf-8"))
    except MissingExtraError as error:
        remarks[f"No scores. {error}"] = None
    try:
        data = _write_midi(sweep, folder).read_bytes()
        midi = "data:audio/midi;base64," + base64.b64encode(data).decode()
    except MissingExtraError as error:
        remarks[f"No MIDI files. {error}"] = None
    pairs = ", ".join(f"{asked} gave {got}" for asked, got in sweep.labels)
    description = f"Piano roll of the measures, and {readable(sweep.name)} in each: asked for {pairs}."
    roll = page_svg(figure_svg(sweep.roll(prefix=key)), description)
    return MusicCard(key, sweep.item, sweep.way, sweep.own, sweep.labels, score, roll, midi, f"{sweep.stem}.mid")


def _page_score(svg: str) -> str:
    """Give a score a size that follows the page, and its colour."""

    def head(match: re.Match[str]) -> str:
        width = float(match.group(1)) * _SCORE_SCALE
        return f'<svg class="engraved" role="img" aria-label="Score of the sweep" style="width:{width:.0f}px"'

    svg = svg[svg.index("<svg") :].replace('color="black"', 'color="currentColor"')
    return re.sub(r">\s+<", "><", _SCORE_HEAD.sub(head, svg, count=1))


def _write_score(sweep: MusicSweep, folder: Path) -> Path:
    """Write the engraved score as SVG; needs verovio."""
    path = folder / f"{sweep.stem}.svg"
    write_text(path, sweep.score())
    return path


def _write_midi(sweep: MusicSweep, folder: Path) -> Path:
    """Write the measures as one MIDI file; needs symusic."""
    path = folder / f"{sweep.stem}.mid"
    write_tune(sweep.tune(), path)
    return path
