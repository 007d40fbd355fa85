"""Songs on the page and as files: sweeps of phrases as small piano rolls that play, and what a run makes of songs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.data.dataset import Dataset
from latune.errors import MissingExtraError
from latune.figures import save_figure
from latune.figures.style import readable
from latune.music.songs.tokens import STEPS, STEPS_PER_BAR, TRACKS
from latune.music.songs.writing import song_bytes, song_of, write_song
from latune.music.tune_writing import write_whole
from latune.report.charts import FOLDER as FIGURES
from latune.report.media import Nouns, Report, Subject
from latune.report.song_charts import song_charts
from latune.report.song_exhibits import Exhibit, make_exhibits, save_rolls
from latune.report.song_strips import pitch_ranges, song_strip
from latune.report.song_sweeps import TEMPO, PhraseSweep, choose_phrases, make_phrase_sweeps
from latune.report.sweeps import Setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SONGS", "ShownExhibit", "SongCard", "Version"]

_STEPS_PER_QUARTER = 4


@dataclass(frozen=True)
class Version:
    """One phrase on the page.

    Args:
        label: What it is.
        detail: What to know of it besides, empty if nothing.
        roll: Its piano roll, an SVG element.
    """

    label: str
    detail: str
    roll: str


@dataclass(frozen=True)
class SongCard:
    """One sweep on the page.

    Args:
        key: Identifier on the page.
        item: Number of the start phrase in the test split.
        way: How the knob was set.
        own: Position that shows the phrase itself, from 0.
        versions: The phrases.
        midi: The MIDI file as a data address, or None.
        file_name: What the MIDI file is called when it is saved.
    """

    key: str
    item: int
    way: Setting
    own: int | None
    versions: list[Version]
    midi: str | None
    file_name: str


@dataclass(frozen=True)
class ShownExhibit:
    """An exhibit on the page.

    Args:
        key: Identifier on the page.
        title: What it is called.
        caption: What it shows, in sentences.
        versions: The phrases.
        midi: The MIDI file as a data address, or None.
        file_name: What the MIDI file is called when it is saved.
    """

    key: str
    title: str
    caption: str
    versions: list[Version]
    midi: str | None
    file_name: str


class _Songs:
    """Phrases of songs of several tracks."""

    nouns = Nouns(
        item="phrase",
        group="song",
        element="step",
        exactly="note for note",
        small="songs repeat themselves, though no song is in both",
        truth="Nothing here says whether the music is good: entropy, groove and key only say how near it is to real"
        " phrases in these respects, and nobody was asked. Listen.",
        together="phrases with more notes also have fewer rests in real music",
        gaps=" Where a panel is empty there was nothing to measure.",
    )
    template = "songs.html"
    heading = "Hear and see the knobs"
    doing = "hear and see"
    settings: tuple[Setting, ...] = ("path", "exact")

    def choose_items(self, dataset: Dataset, editor: Editor, count: int, seed: int) -> tuple[list[int], bool]:
        return choose_phrases(dataset, count, seed)

    def sweeps(self, subject: Subject, name: str, way: Setting) -> list[PhraseSweep]:
        return make_phrase_sweeps(subject.editor, subject.dataset, name, subject.items, way, subject.run.recipe.seed)

    def card(self, sweep: PhraseSweep, key: str, folder: Path, remarks: dict[str, None]) -> SongCard:
        labels = [
            ("as it is", f"{asked}, decoded {got}") if place == sweep.own else (f"asked {asked}", f"got {got}")
            for place, (asked, got) in enumerate(sweep.labels)
        ]
        versions = _versions(sweep.tokens, labels, readable(sweep.name), sweep.unturned)
        path = folder / f"{sweep.stem}.mid"
        return SongCard(key, sweep.item, sweep.way, sweep.own, versions, _midi(sweep.tokens, path, remarks), path.name)

    def extras(self, subject: Subject, sweeps: Mapping[str, PhraseSweep], folder: Path) -> dict[str, Any]:
        """What the run makes of songs, and what the page's player needs to know: the notes it reads from the page."""
        exhibits = make_exhibits(subject)
        save_rolls(exhibits, subject.run.folder / FIGURES)
        remarks: dict[str, None] = {}  # the same as those of the cards
        shown = [_shown(exhibit, f"made-{place}", folder, remarks) for place, exhibit in enumerate(exhibits)]
        counts = {key: len(sweep.tokens) for key, sweep in sweeps.items()}
        counts |= {one.key: len(one.versions) for one in shown}
        length = {"quarters": STEPS / _STEPS_PER_QUARTER, "bar": STEPS_PER_BAR / _STEPS_PER_QUARTER}
        played = {key: {"notes": None, "measures": count, **length} for key, count in counts.items()}
        return {"exhibits": shown, "tracks": TRACKS, "sounds": {"tempo": TEMPO, "sweeps": played}}

    def charts(self, subject: Subject) -> dict[str, tuple[str, Callable[[], Figure]]]:
        return song_charts(subject)

    def write(
        self, subject: Subject, names: Sequence[str], way: Setting, folder: Path, report: Report
    ) -> tuple[list[Path], list[str]]:
        """For each knob and phrase a piano roll of all versions (PNG) and MIDI."""
        sweeps = [sweep for name in names for sweep in self.sweeps(subject, name, way)]
        files: list[Path] = []
        remarks: dict[str, None] = {}
        for done, sweep in enumerate(sweeps):
            report("traversals", done, len(sweeps))
            path = folder / f"{sweep.stem}.png"
            save_figure(sweep.roll(), path)
            files.append(path)
            try:
                write_song(sweep.song(), path.with_suffix(".mid"))
                files.append(path.with_suffix(".mid"))
            except MissingExtraError as error:
                remarks[str(error)] = None
        report("traversals", len(sweeps), len(sweeps))
        return files, list(remarks)


SONGS = _Songs()


def _versions(
    tokens: NDArray[np.uint8],
    labels: Sequence[tuple[str, str]],
    name: str = "",
    reference: NDArray[np.uint8] | None = None,
) -> list[Version]:
    """Phrases (P, 256, 4) as piano rolls with the same ranges."""
    ranges = pitch_ranges([*tokens] if reference is None else [*tokens, reference])
    return [
        Version(label, detail, song_strip(phrase, ranges, f"Piano roll, {name} {label} {detail}".strip(), reference))
        for phrase, (label, detail) in zip(tokens, labels, strict=True)
    ]


def _shown(exhibit: Exhibit, key: str, folder: Path, remarks: dict[str, None]) -> ShownExhibit:
    reference = exhibit.tokens[0] if exhibit.compared else None
    versions = _versions(exhibit.tokens, [(label, "") for label in exhibit.labels], reference=reference)
    path = folder / f"{exhibit.name}.mid"
    return ShownExhibit(key, exhibit.title, exhibit.caption, versions, _midi(exhibit.tokens, path, remarks), path.name)


def _midi(tokens: NDArray[np.uint8], path: Path, remarks: dict[str, None]) -> str | None:
    """Write phrases as MIDI, one after the other, and return the file as a data address; None without symusic."""
    try:
        content = song_bytes(song_of(tokens, TEMPO))
    except MissingExtraError as error:
        remarks[f"No MIDI files. {error}"] = None
        return None
    write_whole(content, path)
    return "data:audio/midi;base64," + base64.b64encode(content).decode()
