"""How well do the knobs of different methods work? The tables of docs/results.md out of evaluated run folders.

    python benchmarks/control_study.py runs/study/* --json study.json --figure study.png

A method is a recipe (all of it but the seed) with its number of training steps and the directions of its knobs:
`certificate-ridge_inverse.json` in a run folder makes a row of its own. Seeds of a method are given as mean (lowest to
highest).
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from latune.figures import Response, requests_and_results, save_figure
from results_table import WAYS, print_table, span

DRAWN = ("joint", "path")
RECONSTRUCTION = ("token_accuracy", "exact_items", "pixel_accuracy", "intersection_over_union")  # those that there are
GATE = 0.1  # standard deviations that an independent attribute may move
POSITIONS = 33  # of lines over several seeds
Methods = dict[str, list[dict[str, Any]]]
Row = dict[str, str | list[float]]  # column to text, or to one value per seed


def read(folder: Path) -> list[dict[str, Any]]:
    """One entry for each certificate of a run."""
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text())
    metrics, finished = (json.loads((folder / f"{name}.json").read_text()) for name in ("metrics", "finished"))
    rebuilt = metrics["reconstruction"]
    entries = []
    for path in sorted(folder.glob("certificate*.json"), key=lambda path: path.stem):
        certificate = json.loads(path.read_text())
        entries.append(
            {
                "key": json.dumps([{**recipe, "seed": None}, finished["steps"], path.name]),
                "method": ", ".join([recipe["name"], f"{finished['steps']} steps", *directions_of(certificate)]),
                "reconstruction": {name: rebuilt[name]["value"] for name in RECONSTRUCTION if name in rebuilt},
                "interpretability": metrics["scores"]["means"]["interpretability"]["value"],
                "tolerance": certificate["tolerance"],
                "knobs": certificate["knobs"],
            }
        )
    return entries


def directions_of(certificate: dict[str, Any]) -> list[str]:
    """What knobs are, where they are no single dimensions."""
    return [certificate["directions"].replace("_", " ")] if "directions" in certificate else []


def group(folders: list[Path], names: list[str] | None) -> Methods:
    """Seeds of the same method together, under its name or the one given for it."""
    methods = defaultdict(list)
    for folder in folders:
        for entry in read(folder):
            methods[entry["key"]].append(entry)
    own = [entries[0]["method"] for entries in methods.values()]
    own = [f"{name} ({own[:place].count(name) + 1})" if own.count(name) > 1 else name for place, name in enumerate(own)]
    if names is not None and len(names) != len(methods):
        raise SystemExit(f"--names: expected {len(methods)} names, one for each of {'; '.join(own)}.")
    return dict(zip(own if names is None else names, methods.values(), strict=True))


def knob_values(entry: dict[str, Any], way: str, key: str) -> list[float]:
    """A measure of all knobs of one run."""
    return values_of(list(entry["knobs"].values()), way, key)


def worst_moved(entry: dict[str, Any], way: str) -> tuple[float, str] | None:
    """Of all attributes that are independent of the knob in real items, the one that moves most."""
    found = []
    for name, knob in entry["knobs"].items():
        talk = knob.get(way, {}).get("cross_talk", {})
        for other, is_independent in talk.get("independent", {}).items():
            if is_independent and talk["moved"][other] is not None:
                found.append((talk["moved"][other], f"{name} moves {other}".replace("_", " ")))
    return max(found, default=None)


def method_rows(methods: Methods) -> list[Row]:
    """Per method: what it rebuilds, and what its codes tell."""
    rows = []
    for method, entries in methods.items():
        row: Row = {"method": method, "seeds": str(len(entries))}
        for name in entries[0]["reconstruction"]:
            row[f"{name.replace('_', ' ')} %"] = [100 * entry["reconstruction"][name] for entry in entries]
        row["interpretability"] = [entry["interpretability"] for entry in entries]
        rows.append(row)
    return rows


def cross_talk_rows(methods: Methods) -> list[Row]:
    """Per method and way: what moves most that is independent of the knob, in the worst seed which by which."""
    rows = []
    for method, entries in methods.items():
        for way in WAYS:
            worst = [found for entry in entries if (found := worst_moved(entry, way)) is not None]
            if worst:
                moved: list[float] = [value for value, _ in worst]
                rows.append({"method": method, "set": way, "moved": moved, "worst": max(worst)[1]})
    return rows


def summary_rows(methods: Methods, key: str) -> list[Row]:
    """Per method: the mean over its knobs, and its worst knob."""
    rows = []
    for method, entries in methods.items():
        row: Row = {"method": method}
        for way in WAYS:
            found = [values for entry in entries if (values := knob_values(entry, way, key))]
            row[way] = [float(np.mean(values)) for values in found]
            row[f"{way}, worst knob"] = [min(values) for values in found]
        rows.append(row)
    return rows


def knob_rows(methods: Methods, key: str) -> list[Row]:
    """Per method and knob: one measure of the certificate in each way of setting the knob."""
    rows = []
    for method, entries in methods.items():
        for name in entries[0]["knobs"]:
            knobs = [entry["knobs"][name] for entry in entries]
            row: Row = {"method": method, "knob": name.replace("_", " ")}
            row |= {way: values_of(knobs, way, key) for way in WAYS}
            if key == "identity_kept":
                row["at most"] = values_of(knobs, "path", "kept_at_most")
            rows.append(row)
    return rows


def values_of(knobs: list[dict[str, Any]], way: str, key: str) -> list[float]:
    """A measure of one knob, of every run that has it."""
    found = [knob.get(way, {}).get(key) for knob in knobs]
    return [estimate["value"] for estimate in found if estimate is not None and estimate["value"] is not None]


def responses(methods: Methods) -> dict[str, dict[str, dict[str, Response]]]:
    """What the figure shows: seeds put together on common positions, as shares of each knob's range."""
    return {
        method: {
            name: {
                way: mean_response([entry["knobs"][name] for entry in entries], way)
                for way in DRAWN
                if all(way in entry["knobs"][name] for entry in entries)
            }
            for name in entries[0]["knobs"]
        }
        for method, entries in methods.items()
    }


def mean_response(knobs: list[dict[str, Any]], way: str) -> Response:
    """Lines of several seeds, whose requests may differ, averaged where all of them have requests."""
    shares = [(np.array(knob["targets"]) - knob["low"]) / (knob["high"] - knob["low"]) for knob in knobs]
    positions = np.linspace(max(s[0] for s in shares), min(s[-1] for s in shares), POSITIONS)

    def line(key: str) -> np.ndarray:
        found = []
        for knob, share in zip(knobs, shares, strict=True):
            measured = (np.array(knob[way][key], float) - knob["low"]) / (knob["high"] - knob["low"])
            found.append(np.interp(positions, share, measured))
        return np.mean(found, axis=0)

    lines = {key: line(f"measured_{key}") for key in ("mean", "low", "high")}
    hits = [knob[way]["hit_rate"]["value"] for knob in knobs]
    return Response(positions, **lines, hits=float(np.mean(hits)))


def main() -> None:
    """Print the tables, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="evaluated run folders")
    parser.add_argument("--names", nargs="+", help="names of the methods, in the order of their first run")
    parser.add_argument("--json", type=Path, help="write the tables here, with the values of each seed")
    parser.add_argument("--figure", type=Path, help="draw requests and results here (.png or .svg)")
    arguments = parser.parse_args()
    methods = group(arguments.runs, arguments.names)
    tolerance = next(iter(methods.values()))[0]["tolerance"]
    tables = {
        f"Requests met within {tolerance:.0%} of the range, mean over knobs": summary_rows(methods, "hit_rate"),
        "Rank correlation (strict), mean over knobs": summary_rows(methods, "rank_correlation"),
        "Reconstruction and codes": method_rows(methods),
        f"Attributes that are independent of the knob: how far they move (gate: {GATE} standard deviations)": (
            cross_talk_rows(methods)
        ),
        "Requests met, per knob": knob_rows(methods, "hit_rate"),
        "Rank correlation (strict), per knob": knob_rows(methods, "rank_correlation"),
        "Identity kept; at most, where all requests are met": knob_rows(methods, "identity_kept"),
    }
    for title, rows in tables.items():
        header = list(rows[0]) if rows else ["nothing to compare"]
        print(f"**{title}**\n")
        print_table(header, [[show(row.get(name, "-")) for name in header] for row in rows])
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(tables, indent=1, ensure_ascii=False) + "\n")
    if arguments.figure is not None:
        save_figure(requests_and_results(responses(methods), tolerance), arguments.figure)


def show(cell: str | list[float]) -> str:
    """A cell of a table: text, or the values of all seeds."""
    return cell if isinstance(cell, str) else span(cell)


if __name__ == "__main__":
    main()
