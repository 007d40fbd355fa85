"""Media: what a report needs to know of a kind of item to show it. One class for music, one for pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from latune.control.editor import Editor
from latune.data.codecs import Codec
from latune.data.dataset import Dataset
from latune.data.dmelody_codec import DMelodyCodec
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.errors import RunError
from latune.report.sweeps import Setting, Sweep
from latune.training.run_folder import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Card", "Medium", "Nouns", "Report", "Subject", "medium_of"]

Report = Callable[[str, int, int], None]
"""Told (what is being made, done, total)."""


@dataclass(frozen=True)
class Nouns:
    """What a medium calls its things.

    Args:
        item: What a held-out item is called where it is shown.
        group: What an item comes from, and intervals are drawn over.
        element: What an item is made of, as a unit of the loss.
        exactly: How an item agrees with an equal one.
        small: Why an item may occur in two splits.
        truth: What the numbers cannot say, in a sentence.
        together: How attributes go together in real items, for the caption of the cross-talk.
        gaps: What an empty place of a latent surface means, as a sentence; empty where there are none.
    """

    item: str
    group: str
    element: str
    exactly: str
    small: str
    truth: str
    together: str
    gaps: str = ""

    def drawn(self, items: int, groups: int) -> str:
        """What intervals are drawn over: groups, or the items where each is a group of its own."""
        return self.item if items == groups else self.group


@dataclass(frozen=True)
class Subject:
    """What is shown of a run.

    Args:
        run: The run.
        dataset: The data set that it was trained on.
        editor: The run opened for editing.
        items: Numbers of the start items in the test split.
    """

    run: Run
    dataset: Dataset
    editor: Editor
    items: Sequence[int]


class Card(Protocol):
    """One sweep on the page; what else it holds is known to the medium's template."""

    @property
    def key(self) -> str:
        """Identifier on the page."""
        ...

    @property
    def item(self) -> int:
        """Number of the start item in the test split."""
        ...

    @property
    def way(self) -> Setting:
        """How the knob was set."""
        ...


class Medium(Protocol):
    """How items of one kind are shown."""

    @property
    def nouns(self) -> Nouns:
        """What its things are called."""
        ...

    @property
    def template(self) -> str:
        """Name of the template of the page's section with the sweeps."""
        ...

    @property
    def heading(self) -> str:
        """What that section is called."""
        ...

    @property
    def doing(self) -> str:
        """What is told while the sweeps are made for the page."""
        ...

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Ways of setting the knobs that the page shows."""
        ...

    def choose_items(self, dataset: Dataset, editor: Editor, count: int, seed: int) -> tuple[list[int], bool]:
        """Draw start items from the test split at random.

        Returns:
            Their numbers in the test split, and whether all of them are absent from the training split.
        """
        ...

    def sweeps(self, subject: Subject, name: str, way: Setting) -> Sequence[Sweep]:
        """Turn one knob for each start item.

        Raises:
            DataError: The test split has no such item.
            InputError: There is no such knob.
        """
        ...

    def card(self, sweep: Any, key: str, folder: Path, remarks: dict[str, None]) -> Card:
        """Make a card, and write the files that it offers; sentences about what is missing go to the remarks."""
        ...

    def extras(self, subject: Subject, sweeps: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """What the template needs beside the cards: `sweeps` holds the sweep of every card by its key."""
        ...

    def charts(self, subject: Subject) -> dict[str, tuple[str, Callable[[], Figure]]]:
        """Caption and drawing function of the figures that only this medium has, by name."""
        ...

    def write(
        self, subject: Subject, names: Sequence[str], way: Setting, folder: Path, report: Report
    ) -> tuple[list[Path], list[str]]:
        """Write all files of a traversal.

        Returns:
            The files, and sentences about what could not be written and what to install.
        """
        ...


def medium_of(codec: Codec) -> Medium:
    """The medium of a codec's items.

    Raises:
        RunError: There is none.
    """
    # Imported here: the media are built from the classes above.
    if isinstance(codec, MeasureCodec):
        from latune.report.music import MUSIC

        return MUSIC
    if isinstance(codec, PhraseCodec):
        from latune.report.music import PHRASES

        return PHRASES
    if isinstance(codec, DMelodyCodec):
        from latune.report.music import MELODIES

        return MELODIES
    if isinstance(codec, PictureCodec):
        from latune.report.pictures import PICTURES

        return PICTURES
    if isinstance(codec, SongCodec):
        from latune.report.songs import SONGS

        return SONGS
    raise RunError(f"Items of {type(codec).__name__} cannot be shown: expected music or pictures.")
