"""Preparing data sets: time, peak memory and size; the tunes beside what music21's parser alone would take.

    python benchmarks/preparation.py [DATA_SET ...]

Each set is prepared by `latune data prepare` in a process and a folder of its own, with a worker per core. The
published preparations of tunes parse with music21 and do everything else after it: its parser's time, one process,
extrapolated from some tunes, is less than theirs. Nothing is downloaded: without originals, sprites, scenes, songs and
dMelodies are drawn or composed, and digits are those that scikit-learn ships.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import music21
from music21 import corpus

from latune.data.folk import COLLECTIONS
from tune_reading import by_music21, texts

SETS = ("chorales", "folk", "digits", "symbols", "sprites-small", "sprites", "shapes3d-small", "dmelodies", "midi")
PARSED = 60  # tunes of each corpus
PREPARATION = """
import json, os, resource, sys, time
from latune.data.preparation import Preparation
from latune.data.registry import prepare_dataset

start = time.perf_counter()
dataset = prepare_dataset(sys.argv[1], Preparation(workers=os.cpu_count()))
seconds = time.perf_counter() - start
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
print(json.dumps([seconds, len(dataset.items), peak]))
"""


def main() -> None:
    warnings.simplefilter("ignore")
    print("| data set | items | seconds | items/s | peak memory of its largest process | on disk | music21's parser |")
    print("|---|---|---|---|---|---|---|")
    for name in sys.argv[1:] or SETS:
        print(row(name), flush=True)


def row(name: str) -> str:
    """What the line of a data set says."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LATUNE_DATA": folder}
        command = [sys.executable, "-c", PREPARATION, name]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        size = sum(path.stat().st_size for path in Path(folder, name).iterdir()) / 2**20
    seconds, items, peak = json.loads(done.stdout.splitlines()[-1])
    start = f"| {name} | {items:,} | {seconds:.1f} | {items / seconds:,.0f} | {peak:,.0f} MiB | {size:,.1f} MiB"
    if name not in PARSERS:
        return f"{start} | |"
    parsing = PARSERS[name]()
    return f"{start} | {parsing:,.0f} s, ratio {parsing / seconds:.1f} |"


def chorales_by_music21() -> float:
    """Seconds for all chorales."""
    names = list(corpus.chorales.Iterator(returnType="filename"))
    some = names[:: len(names) // PARSED]
    start = time.perf_counter()
    for name in some:
        corpus.parse(name, forceSource=True)
    return (time.perf_counter() - start) * len(names) / len(some)


def folk_by_music21() -> float:
    """Seconds for all tunes, one after the other."""
    folder = Path(music21.__file__).parent / "corpus"
    tunes = [tune for name in COLLECTIONS for tune in texts(folder / name)]
    some = tunes[:: len(tunes) // PARSED]
    start = time.perf_counter()
    by_music21(some)
    return (time.perf_counter() - start) * len(tunes) / len(some)


PARSERS = {"chorales": chorales_by_music21, "folk": folk_by_music21}


if __name__ == "__main__":
    main()
