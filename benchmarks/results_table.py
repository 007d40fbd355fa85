"""The table of docs/results.md out of evaluated run folders.

    python benchmarks/results_table.py runs/results/*

Rows are recipes; several seeds of a recipe are given as mean and range.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import yaml

WAYS = ("alone", "joint", "path", "exact")
CONTROL = {
    "rank_correlation_of_responding": "rank correlation",
    "rank_correlation": "strict",
    "hit_rate": "hits within 10 %",
    "hit_rate_half_tolerance": "within 5 %",
    "identity_kept": "identity kept",
}
RECONSTRUCTION = {
    "token_accuracy": "token accuracy %",
    "token_accuracy_unseen_items": "on unseen measures %",
    "exact_items": "exact measures %",
    "onset_f1": "onset F1 %",
    "pixel_accuracy": "pixel accuracy %",
    "intersection_over_union": "overlap %",
    "majority_baseline": "majority baseline %",
}
IDENTITY = {
    "classifier_accuracy": "digits, clean %",
    "reconstructed": "reconstructed %",
    "interpolated": "codes -4 to 4 %",
    "turned": "knobs turned %",
}
SCORES = ("interpretability", "modularity", "mig", "sap", "scc")


def read(folder: Path) -> dict:
    """What the table needs of one run."""
    content = {p: json.loads((folder / f"{p}.json").read_text()) for p in ("metrics", "certificate", "finished")}
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text())
    metrics = content["metrics"]
    values = {name: metrics["scores"]["means"][name]["value"] for name in SCORES}
    values |= {
        f"{name} on samples": metrics["scores"]["samples"][name]["value"] for name in ("interpretability", "scc")
    }
    for part, shown in (("reconstruction", RECONSTRUCTION), ("identity", IDENTITY)):
        found = metrics.get(part, {})
        values |= {title: 100 * found[name]["value"] for name, title in shown.items() if name in found}
    finished = content["finished"]
    values["minutes"] = finished["seconds"] / 60
    return {
        "recipe": recipe["name"],
        "steps": finished["steps"],
        "values": values,
        "references": metrics["scores"],
        "knobs": content["certificate"]["knobs"],
    }


def span(values: Sequence[float | None]) -> str:
    """Mean, and the range where there is more than one value; a dash where nothing could be measured."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    mean = sum(known) / len(known)
    digits = 3 if abs(mean) < 2 else 2
    if len(known) == 1:
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ({min(known):.{digits}f} to {max(known):.{digits}f})"


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print Markdown."""
    print(f"| {' | '.join(header)} |")
    print(f"|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print()


def main() -> None:
    groups = defaultdict(list)
    for folder in sys.argv[1:]:
        run = read(Path(folder))
        groups[f"{run['recipe']}, {run['steps']} steps"].append(run)
    names = list(next(iter(groups.values()))[0]["values"])
    rows = [
        [recipe, str(len(runs)), *(span([run["values"][name] for run in runs]) for name in names)]
        for recipe, runs in groups.items()
    ]
    print_table(["recipe", "seeds", *names], rows)
    references = next(iter(groups.values()))[0]["references"]
    rows = [[kind, *(f"{references[kind][name]:.3f}" for name in SCORES)] for kind in ("ceiling", "chance")]
    print_table(["reference", *SCORES], rows)
    rows = []
    for recipe, runs in groups.items():
        for knob in runs[0]["knobs"]:
            for way in (way for way in WAYS if all(way in run["knobs"][knob] for run in runs)):
                entries = [run["knobs"][knob][way] for run in runs]
                rows.append([recipe, knob, way, *(span([entry[key]["value"] for entry in entries]) for key in CONTROL)])
    print_table(["recipe", "knob", "set", *CONTROL.values()], rows)


if __name__ == "__main__":
    main()
