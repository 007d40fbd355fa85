"""Run the benchmarks and write what they print into docs/benchmarks.md: `make bench`, or with `ONLY="growth sprites"`.

Keep the machine quiet. Every part has the date and the machine it was measured on; parts that are not run stay as they
are. Scripts that need data prepare them first, or are left out with a reason.
"""

import argparse
import datetime
import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "docs" / "benchmarks.md"
HEAD = """# Speed

What `make bench` measured: every claim about speed as a ratio against a plain baseline that runs in turn with it,
medians of repetitions. Each part says when and on what machine; `make bench ONLY="growth sprites"` runs some again.
Speed of training in practice stands in [results](results.md#speed).
"""


@dataclass(frozen=True)
class Part:
    """A part of the book.

    Args:
        key: Its name on the command line.
        title: Its heading.
        what: What is compared, one sentence.
        command: Script and arguments.
        threads: That PyTorch may use.
        needs: A data set that must be prepared.
    """

    key: str
    title: str
    what: str
    command: tuple[str, ...]
    threads: int = 1
    needs: str = ""


PARTS = (
    Part(
        "music-training",
        "Training steps, music",
        "A training step against the published formulation.",
        ("training_step.py",),
        2,
    ),
    Part(
        "picture-training",
        "Training steps, pictures",
        "A training step against eager PyTorch.",
        ("picture_step.py",),
        2,
    ),
    Part(
        "recipes",
        "Training steps of every recipe",
        "Throughput, and the share of what the arithmetic alone would take.",
        ("recipe_throughput.py",),
        2,
    ),
    Part("memory", "Memory of training", "Peak memory of a training run.", ("training_memory.py",), 1, "sprites"),
    Part(
        "ensemble",
        "Many seeds at once",
        "An ensemble against its members one after the other.",
        ("ensemble.py",),
        2,
        "chorales",
    ),
    Part("scheduling", "Studies", "What a study costs beyond its runs.", ("study_scheduling.py",)),
    Part("scores", "Scores of attributes", "The five scores against plain loops.", ("metric_suite.py",)),
    Part(
        "suite", "Scores of factors", "The suite against plain loops around scikit-learn.", ("supervised_suite.py",), 2
    ),
    Part(
        "packages",
        "Packages that do the same",
        "Scores beside disent's, reading beside pypianoroll's.",
        ("packages.py",),
        2,
    ),
    Part(
        "preparation",
        "Preparing data sets",
        "No original is downloaded; music21 parses the chorales here too, two workers beside each other.",
        ("preparation.py",),
    ),
    Part("songs", "Reading songs", "Against pretty_midi and loops over its notes.", ("song_preparation.py",)),
    Part("attributes", "Attributes of measures", "Against the published way.", ("attribute_extraction.py",)),
    Part("tunes", "Reading tunes", "ABC against music21.", ("tune_reading.py",)),
    Part("morphology", "Measuring digits", "Against scikit-image.", ("morphology.py",)),
    Part("sprites", "Drawing sprites", "Against matplotlib's point-in-polygon.", ("sprites.py",)),
    Part("growth", "Growth", "How time grows with items, latent dimensions, attributes and seeds.", ("growth.py",)),
    Part(
        "determinism",
        "What is the same twice",
        "Weights of one recipe and seed, trained again.",
        ("determinism.py",),
        2,
    ),
    Part("page", "The studio's page", "From a slider to the picture, and loading.", ("studio_page.py",)),
)


def machine() -> str:
    """Processor, cores, and how busy it is."""
    names = (
        re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        if Path("/proc/cpuinfo").exists()
        else []
    )
    processor = names[0] if names else platform.processor() or platform.machine()
    versions = f"Python {platform.python_version()}, PyTorch {torch.__version__}"
    return f"{processor}, {os.cpu_count()} cores, {versions}, load {os.getloadavg()[0]:.1f} at the beginning"


def run(part: Part) -> str:
    """The text of a part: what its script prints."""
    command = [sys.executable, str(ROOT / "benchmarks" / part.command[0]), *part.command[1:]]
    shown = " ".join(["python", f"benchmarks/{part.command[0]}", *part.command[1:]])
    where = f"{datetime.date.today().isoformat()}, {machine()}."
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": str(part.threads)}
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SystemExit(f"{shown}: {last}")
    output = done.stdout.strip()
    tables = re.sub(r"(?m)^(?!\|)(.+)\n(?=\|)", r"\1\n\n", output)  # Markdown wants an empty line before a table
    body = tables if "|---" in output else f"```text\n{output}\n```"
    return f"\n## {part.title} {{#{part.key}}}\n\n{part.what} `{shown}`, {where}\n\n{body}\n"


def parts_of(text: str) -> dict[str, str]:
    """The parts that a book has, by key."""
    pieces = re.split(r"(?m)(?=^## .*\{#[\w-]+\}$)", text)[1:]
    return {re.search(r"\{#([\w-]+)\}", piece)[1]: "\n" + piece.strip() + "\n" for piece in pieces}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    keys = [part.key for part in PARTS]
    options.add_argument("only", nargs="*", metavar="PART", help=f"of {', '.join(keys)}; default: all")
    chosen = options.parse_args().only
    unknown = sorted(set(chosen) - set(keys))
    if unknown:
        options.error(f"there is no part {unknown[0]}: expected some of {', '.join(keys)}")
    known = parts_of(BOOK.read_text(encoding="utf-8")) if BOOK.exists() else {}
    for part in PARTS:
        if chosen and part.key not in chosen:
            continue
        if part.needs:
            subprocess.run(
                [sys.executable, "-m", "latune", "data", "prepare", part.needs], check=True, capture_output=True
            )
        print(part.title, flush=True)
        known[part.key] = run(part)
        body = "".join(known[each.key] for each in PARTS if each.key in known)
        BOOK.write_text(HEAD + body, encoding="utf-8")  # after every part: an interruption loses one at most


if __name__ == "__main__":
    main()
