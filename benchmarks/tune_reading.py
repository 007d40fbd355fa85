"""Reading ABC: our parser, with repeats and pick-ups kept, against abc2midi and music21 on the same tunes.

    python benchmarks/tune_reading.py

The tunes are those that music21 ships (Aird); abc2midi is the program inside symusic, one
process a tune plus reading its MIDI, as a converter is usually called. Prints milliseconds a tune and ratios.
"""

import re
import subprocess
import tempfile
import warnings
from pathlib import Path

import music21
import symusic
from music21 import converter

from latune.music.tune_files import read_collection
from timing import alternate

CORPUS = Path(music21.__file__).parent / "corpus" / "airdsAirs"
TUNES, SLOW_TUNES = 200, 10
CONVERTER = Path(symusic.__file__).parent / "bin" / "abc2midi"


def texts(folder: Path) -> list[str]:
    """The tunes of a folder of ABC files."""
    whole = "\n".join(path.read_text(encoding="latin-1") for path in sorted(folder.glob("*.abc")))
    tunes = [tune for tune in re.split(r"(?m)^(?=X:)", whole) if tune.startswith("X:")]
    return [tune.rstrip() + "\n\n" for tune in tunes]


def ours(tunes: list[str]) -> None:
    """All in one file, to the grid."""
    read_collection("\n".join(tunes).encode(), "tunes.abc")


def by_abc2midi(tunes: list[str]) -> None:
    """One process a tune."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "tune.abc", Path(folder) / "tune.mid"
        for tune in tunes:
            source.write_text(tune)
            subprocess.run([CONVERTER, source, "-o", target, "-quiet"], capture_output=True, check=False)
            if target.exists():
                symusic.Score(target)


def by_music21(tunes: list[str]) -> None:
    """Through the package that the published preparation used."""
    for tune in tunes:
        converter.parse(tune, format="abc", forceSource=True)


def main() -> None:
    """Print the comparison."""
    warnings.simplefilter("ignore")
    tunes = texts(CORPUS)[:TUNES]
    few = tunes[:SLOW_TUNES]
    times = alternate({"ours": lambda: ours(tunes), "abc2midi": lambda: by_abc2midi(tunes)}, 5)
    slow = alternate({"ours": lambda: ours(few), "music21": lambda: by_music21(few)}, 3)
    each = times["ours"] / TUNES
    print(f"ours      {1000 * each:8.2f} ms a tune; 10,000 tunes: {10_000 * each:.0f} s on one core")
    print(f"abc2midi  {1000 * times['abc2midi'] / TUNES:8.2f} ms a tune: {times['abc2midi'] / times['ours']:.1f}x ours")
    print(f"music21   {1000 * slow['music21'] / SLOW_TUNES:8.2f} ms a tune: {slow['music21'] / slow['ours']:.0f}x ours")


if __name__ == "__main__":
    main()
