"""Figures and tables that compare runs of weak disentanglement: labels per region, and ways to make moves.

    python benchmarks/weak_figures.py runs/weak-* --out figures

Runs are grouped by `method.labels_per_region` and by `method.relations.mode`; seeds of one group are averaged. Every
run must have been evaluated. Where runs differ in labels, `label-sweep.png` is drawn of those of the commonest mode;
where they differ in mode, `move-modes.png` of those with the commonest number of labels.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.figures import label_sweep, nuisance_change, save_figure
from latune.methods.absae_rel import AbsAeRelConfig
from latune.training.run_folder import Run, open_run

Entry = dict[str, Any]
SCORES: dict[str, Callable[[Entry], float]] = {
    "region accuracy": lambda entry: entry["region_accuracy"]["all"][0]["accuracy"]["value"],
    "moves of draws": lambda entry: entry["draws"]["trained"]["total"]["rejection"][0]["accuracy"]["value"],
    "moves of pictures, decoded": lambda entry: entry["pictures"]["trained"]["total"]["pictures"]["value"],
    "moves that were held out, decoded": lambda entry: _held_out(entry),
    "ten moves, decoded": lambda entry: entry["chains"]["pictures"][9]["value"],
}


def _held_out(entry: Entry) -> float:
    if "held_out" not in entry["pictures"]:
        return float("nan")
    return float(entry["pictures"]["held_out"]["total"]["pictures"]["value"])


def method_of(run: Run) -> AbsAeRelConfig:
    if not isinstance(run.recipe.method, AbsAeRelConfig):
        raise InputError(f"{run.folder} was not trained with absae_rel.")
    return run.recipe.method


def changes(entry: Entry) -> dict[str, float]:
    """Change of each nuisance in standard deviations, averaged over moves."""
    found = {}
    for name, moves in entry["nuisances"].items():
        values = [move["change"]["value"] for move in moves.values() if move["correlation"] is not None]
        if values:
            found[name] = float(np.mean(values))
    return found


def draw_labels(runs: Sequence[Run], entries: Sequence[Entry], out: Path) -> None:
    """Scores against labels per region."""
    mode = Counter(method_of(run).relations.mode for run in runs).most_common(1)[0][0]
    groups: dict[int, list[Entry]] = {}
    for run, entry in zip(runs, entries, strict=True):
        if method_of(run).relations.mode == mode:
            groups.setdefault(method_of(run).labels_per_region, []).append(entry)
    if len(groups) < 2:
        return
    labels, names = sorted(groups), ["region accuracy", "moves of draws", "moves of pictures, decoded"]
    most = max(map(len, groups.values()))
    seeds = np.full((len(names), len(labels), most), np.nan)
    for place, count in enumerate(labels):
        for number, entry in enumerate(groups[count]):
            seeds[:, place, number] = [SCORES[name](entry) for name in names]
    save_figure(label_sweep(labels, np.nanmean(seeds, axis=2), None, names, seeds), out / "label-sweep.png")


def draw_modes(runs: Sequence[Run], entries: Sequence[Entry], out: Path) -> None:
    """What moves change beside what they should, by mode."""
    labels = Counter(method_of(run).labels_per_region for run in runs).most_common(1)[0][0]
    groups: dict[str, list[Entry]] = {}
    for run, entry in zip(runs, entries, strict=True):
        if method_of(run).labels_per_region == labels:
            groups.setdefault(method_of(run).relations.mode, []).append(entry)
    if len(groups) < 2:
        return
    modes = sorted(groups)
    attributes = list(dict.fromkeys(name for entry in entries for name in changes(entry)))
    moved: NDArray[np.float64] = np.array(
        [
            [np.mean([changes(entry).get(name, np.nan) for entry in groups[mode]]) for name in attributes]
            for mode in modes
        ]
    )
    arrived = np.array(
        [np.mean([SCORES["moves of pictures, decoded"](entry) for entry in groups[mode]]) for mode in modes]
    )
    save_figure(nuisance_change(moved, arrived, modes, attributes), out / "move-modes.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    runs = [open_run(folder) for folder in options.folders]
    entries = [run.read_json("metrics.json")["regions"] for run in runs]
    print("| run | labels | mode |", " | ".join(SCORES), "| nats per pixel | nuisances, standard deviations |")
    for run, entry in zip(runs, entries, strict=True):
        method = method_of(run)
        scores = " | ".join(f"{score(entry):.3f}" for score in SCORES.values())
        kept = ", ".join(f"{name} {change:.2f}" for name, change in changes(entry).items())
        nats = entry["reconstruction"]["cross_entropy"]["value"]
        which = f"{run.folder.name} | {method.labels_per_region} | {method.relations.mode}"
        print(f"| {which} | {scores} | {nats:.4f} | {kept} |")
    options.out.mkdir(parents=True, exist_ok=True)
    draw_labels(runs, entries, options.out)
    draw_modes(runs, entries, options.out)


if __name__ == "__main__":
    main()
