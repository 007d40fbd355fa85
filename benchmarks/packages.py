"""Packages that do the same job, in turn with ours: disent's scores, pypianoroll's and pretty_midi's reading.

    pip install --no-deps disent==0.8.0 pypianoroll==1.0.4
    python benchmarks/packages.py [--songs FOLDER_OR_ZIP]

disent scores 10,000 codes against 5 factors (`make_case` of supervised_suite.py), and so do we; its DCI with its
default, scikit-learn's trees, and with LightGBM's. pypianoroll and pretty_midi read MIDI files to piano rolls of
sixteenths, we read them to the notes that phrases are cut from. What is not installed is left out with a sentence.
"""

import argparse
import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

os.environ.setdefault("OMP_NUM_THREADS", "1")

import lightgbm
import numpy as np
import pretty_midi

from latune.data.tune_sources import Archives, tune_files
from latune.metrics import factor_mig
from latune.metrics.dci import dci
from latune.metrics.separability import separability
from latune.music.songs.reading import read_song
from latune.music.songs.synthesis import synthetic_song
from latune.music.songs.writing import song_bytes
from supervised_suite import make_case
from timing import alternate

Reader = Callable[[str, bytes], object]

CLASSES = (3, 6, 10, 8, 8)
SONGS = 40  # that are read


class Absent(ModuleType):
    """A package that disent imports for parts that are not used here: torchvision and lightning need other PyTorchs."""

    __path__ = ()

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (object,), {})


def disent_scores() -> dict[str, ModuleType]:
    """The modules of its scores, without the rest of it."""
    package = find_spec("disent")
    sys.modules |= {name: Absent(name) for name in ("torchvision", "torchvision.datasets", "lightning")}
    scores = ModuleType("disent.metrics")
    scores.__path__ = [str(Path(package.submodule_search_locations[0]) / "metrics")]
    import_module("disent")
    sys.modules["disent.metrics"] = scores
    return {name: import_module(f"disent.metrics._{name}") for name in ("mig", "sap", "dci")}


def score_rows(items: int, repetitions: int) -> None:
    """Print the scores of disent beside ours."""
    theirs = disent_scores()
    codes, factors = make_case(items * 3 // 2, 10, CLASSES)
    train, test = slice(items), slice(items, None)
    ours = codes[train], factors[train], codes[test], factors[test]
    turned = [np.ascontiguousarray(part.T) for part in ours]

    def trees(mode: str) -> float:
        return theirs["dci"]._compute_dci(*turned, boost_mode=mode)["dci.disentanglement"]

    rows = {
        "MIG": (
            lambda: factor_mig(*ours[:2]),
            lambda: theirs["mig"]._compute_mig(*turned[:2])["mig.discrete_score"],
        ),
        "SAP, classifier": (
            lambda: separability(*ours).sap,
            lambda: theirs["sap"]._compute_sap(*turned, continuous_factors=False)["sap.score"],
        ),
        "DCI, disent with LightGBM": (lambda: dci(*ours).disentanglement, lambda: trees("lightgbm")),
        "DCI, disent as it comes": (lambda: dci(*ours).disentanglement, lambda: trees("sklearn")),
    }
    print(f"| {items:,} items | latune | disent 0.8.0 | ratio | value: latune, disent |\n|---|---|---|---|---|")
    for name, (our, their) in rows.items():
        slow = name.endswith("comes")
        seconds = alternate({"our": our, "their": their}, 1 if slow else repetitions, 0 if slow else 1)
        values = f"{our():.4f}, {their():.4f}" if not slow else f"{our():.4f}, -"
        ratio = seconds["their"] / seconds["our"]
        print(f"| {name} | {seconds['our']:.3f} s | {seconds['their']:.3f} s | {ratio:.1f} | {values} |", flush=True)


def reading_rows(source: Path | None, repetitions: int) -> None:
    """Print how long reading songs takes."""

    def pretty(_: str, data: bytes) -> pretty_midi.PrettyMIDI:
        return pretty_midi.PrettyMIDI(io.BytesIO(data))

    readers = {"latune": lambda name, data: read_song(data, name), "pretty_midi": pretty}
    if find_spec("pypianoroll") is None:
        print("\npypianoroll is not installed: left out.")
    else:
        rolls = import_module("pypianoroll")
        readers["pypianoroll"] = lambda name, data: rolls.from_pretty_midi(pretty(name, data), resolution=4)
    warnings.simplefilter("ignore")
    given = songs_of(source)
    songs = [song for song in given if all(_reads(reader, song) for reader in readers.values())][:SONGS]
    candidates = {name: partial(_read_all, reader, songs) for name, reader in readers.items()}
    seconds = alternate(candidates, repetitions)
    print(f"\n| {len(songs)} songs of several tracks | seconds | songs/s | ratio |\n|---|---|---|---|")
    for name, each in seconds.items():
        print(f"| {name} | {each:.3f} | {len(songs) / each:.0f} | {each / seconds['latune']:.1f} |")


def songs_of(source: Path | None) -> list[tuple[str, bytes]]:
    """Name and content of MIDI files; composed ones where there is no source."""
    if source is None:
        return [(f"{seed}.mid", song_bytes(synthetic_song(seed % 8, seed))) for seed in range(SONGS)]
    with Archives() as archives:
        return [(file.name, file.data(archives)) for file in tune_files(source, (".mid", ".midi")) if not file.problem]


def _read_all(reader: Reader, songs: Sequence[tuple[str, bytes]]) -> None:
    for name, data in songs:
        reader(name, data)


def _reads(reader: Reader, song: tuple[str, bytes]) -> bool:
    """Whether it reads a song: ours refuses what is not in 4/4, the others fail on some files."""
    try:
        reader(*song)
    except Exception:  # pretty_midi and pypianoroll have no errors of their own
        return False
    return True


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--songs", type=Path, help="folder or zip archive of MIDI files; default: composed songs")
    options = parser.parse_args()
    lightgbm.register_logger(logging.getLogger("lightgbm"))  # it says much where disent uses it
    if find_spec("disent") is None:
        print("disent is not installed: left out.")
    else:
        score_rows(options.items, options.repetitions)
    reading_rows(options.songs, options.repetitions)


if __name__ == "__main__":
    main()
