"""Folk tunes in ABC: the corpus of the AR-VAE work, from what the user has or what music21 ships.

The published filter asks for a title, a single voice, one time signature, 4/4, at least one and at most 1,000 notes and
rests, and onsets on the grid; each rejected tune stands in the description with the reason. Here the metre and short
notes really are checked, and chord symbols do not reject a tune: they are read past.

Source: Pati and Lerch 2021 (arXiv 2004.05485), appendix on data sets.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np

from latune.data.dataset import Dataset
from latune.data.preparation import Preparation
from latune.data.tune_corpus import build_tunes, read_corpus
from latune.data.tune_sources import TuneFile, tune_files
from latune.errors import MissingExtraError
from latune.music.metre import COMMON_TIME, metre_from_name
from latune.music.tune_files import FoundTune

__all__ = ["COLLECTIONS", "prepare_folk", "why_not_folk"]

COLLECTIONS = {"ryansMammoth": "Ryan", "oneills1850": "O'Neill", "airdsAirs": "Aird"}
"""Public-domain collections in music21's corpus: folder and name."""

MOST_SIGNS = 1000  # notes and rests, as published


def prepare_folk(preparation: Preparation) -> Dataset:
    """Build `folk`.

    Args:
        preparation: Takes `source` (ABC files), `metre` (default 4/4) and `name`.

    Raises:
        InputError: The source has no ABC file, or no tune passes the filter.
        MissingExtraError: No source is given and music21 is not installed.
    """
    metre = metre_from_name(preparation.metre) if preparation.metre else COMMON_TIME
    files = _shipped() if preparation.source is None else tune_files(preparation.source, (".abc",))
    found, refused = read_corpus(files, workers=preparation.workers, report=preparation.report)
    return build_tunes(preparation.name or "folk", found, refused, metre, why_not_folk, _origin(preparation.source))


def why_not_folk(one: FoundTune) -> str | None:
    """The published filter; a metre is asked for elsewhere."""
    if not one.has_title:
        return "It has no title: expected a line T:."
    if one.voices > 1:
        return f"It has {one.voices} voices: expected one."
    signs = int(np.sum(one.tune.ticks != -1))
    if signs > MOST_SIGNS:
        return f"It has {signs:,} notes and rests: expected at most {MOST_SIGNS:,}."
    if one.voice.moved or one.voice.dropped:
        count = one.voice.moved + one.voice.dropped
        return f"{count} of {one.voice.notes} notes are too short for the grid, or off it."
    return None


def _shipped() -> list[TuneFile]:
    try:
        import music21
    except ImportError as error:
        raise MissingExtraError("music21", "music") from error
    corpus = Path(music21.__file__).parent / "corpus"
    return [
        TuneFile(file.path, "", f"{folder}/{file.name}")
        for folder in COLLECTIONS
        for file in tune_files(corpus / folder, (".abc",))
    ]


def _origin(source: Path | None) -> dict[str, str]:
    if source is not None:
        return {"source": f"ABC files of {source.name}", "licence": "as the user's files are licensed"}
    names = ", ".join(COLLECTIONS.values())
    return {
        "source": f"music21 {version('music21')}, corpus: {names}",
        "licence": "public-domain tunes (1778 to 1903); transcriptions as licensed by music21's corpus",
    }
