"""How well do the knobs of different methods work? The tables of docs/results.md out of evaluated run folders.

    python benchmarks/control_study.py runs/study/* --json study.json --figure study.png

A method is a recipe with its number of training steps and the directions of its knobs: `certificate-ridge_inverse.json`
in a run folder makes a row of its own. Seeds of a method are given as mean (lowest to highest).
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from results_table import print_table, span

from latune.figures import Response, requests_and_results, save_figure

WAYS = ("alone", "joint", "path", "exact")
DRAWN = ("joint", "path")
RECONSTRUCTION = ("exact_items", "intersection_over_union")  # of music, of pictures: the first one that there is
GATE = 0.1  # standard deviations that an independent attribute may move
POSITIONS = 33  # of lines over several seeds
Methods = dict[str, list[dict[str, Any]]]


def read(folder: Path) -> list[dict[str, Any]]:
    """One entry for each certificate of a run."""
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text())
    metrics, finished = (json.loads((folder / f"{name}.json").read_text()) for name in ("metrics", "finished"))
    rebuilt = metrics["reconstruction"]
    score = next(name for name in (*RECONSTRUCTION, *rebuilt) if name in rebuilt)
    entries = []
    for path in sorted(folder.glob("certificate*.json")):
        certificate = json.loads(path.read_text())
        entries.append(
            {
                "method": f"{recipe['name']}, {finished['steps']} steps",
                "directions": certificate.get("directions", "dimension"),
                "reconstruction": {"score": score, "value": rebuilt[score]["value"]},
                "interpretability": metrics["scores"]["means"]["interpretability"]["value"],
                "tolerance": certificate["tolerance"],
                "knobs": certificate["knobs"],
            }
        )
    return entries


def group(folders: list[Path], names: list[str] | None) -> Methods:
    """Seeds of the same method together, under its name or the one given for it."""
    methods = defaultdict(list)
    for folder in folders:
        for entry in read(folder):
            own = "" if entry["directions"] == "dimension" else f", {entry['directions'].replace('_', ' ')}"
            methods[entry["method"] + own].append(entry)
    if names is None:
        return dict(methods)
    if len(names) != len(methods):
        raise SystemExit(f"--names: expected {len(methods)} names, one for each of {'; '.join(methods)}.")
    return dict(zip(names, methods.values(), strict=True))


def knob_values(entry: dict[str, Any], way: str, key: str) -> list[float]:
    """A measure of all knobs of one run that have it."""
    found = [knob[way].get(key) for knob in entry["knobs"].values() if way in knob]
    return [estimate["value"] for estimate in found if estimate is not None and estimate["value"] is not None]


def worst_moved(entry: dict[str, Any], way: str) -> tuple[float, str] | None:
    """Of all attributes that are independent of the knob in real items, the one that moves most."""
    found = []
    for name, knob in entry["knobs"].items():
        talk = knob.get(way, {}).get("cross_talk", {})
        for other, is_independent in talk.get("independent", {}).items():
            if is_independent and talk["moved"][other] is not None:
                found.append((talk["moved"][other], f"{name} → {other}"))
    return max(found, default=None)


def method_rows(methods: Methods) -> list[list[str]]:
    """Per method: what it rebuilds, what its codes tell, what moves that should not."""
    rows = []
    for method, entries in methods.items():
        row = [method, str(len(entries)), span([100 * entry["reconstruction"]["value"] for entry in entries])]
        row.append(span([entry["interpretability"] for entry in entries]))
        for way in WAYS:
            worst = [found for entry in entries if (found := worst_moved(entry, way)) is not None]
            row.append(f"{span([value for value, _ in worst])}, {max(worst)[1]}" if worst else "-")
        rows.append(row)
    return rows


def summary_rows(methods: Methods) -> list[list[str]]:
    """Per method: the mean over its knobs, and its worst knob."""
    rows = []
    for method, entries in methods.items():
        row = [method]
        for way in WAYS:
            hits = [knob_values(entry, way, "hit_rate") for entry in entries]
            orders = [knob_values(entry, way, "rank_correlation") for entry in entries]
            row += [span([float(np.mean(one)) for one in hits if one]), span([min(one) for one in hits if one])]
            row.append(span([min(one) for one in orders if one]))
        rows.append(row)
    return rows


def knob_rows(methods: Methods) -> list[list[str]]:
    """Per method and knob: how it obeys, and what it keeps, in each way."""
    rows = []
    for method, entries in methods.items():
        for name in entries[0]["knobs"]:
            knobs = [entry["knobs"][name] for entry in entries]
            for way in (way for way in WAYS if all(way in knob for knob in knobs)):
                cells = [
                    span([(knob[way].get(key) or {"value": None})["value"] for knob in knobs])
                    for key in ("rank_correlation", "hit_rate", "identity_kept", "kept_at_most")
                ]
                rows.append([method, name, way, *cells])
    return rows


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
    parser.add_argument("--json", type=Path, help="write the rows of the tables here")
    parser.add_argument("--figure", type=Path, help="draw requests and results here (.png or .svg)")
    arguments = parser.parse_args()
    methods = group(arguments.runs, arguments.names)
    first = next(iter(methods.values()))[0]
    score = first["reconstruction"]["score"].replace("_", " ")
    tables = {
        "methods": (
            ["method", "seeds", f"{score} %", "interpretability", *(f"moved, {way}" for way in WAYS)],
            method_rows(methods),
        ),
        "summary": (
            ["method", *(f"{way}: {part}" for way in WAYS for part in ("hits, mean", "hits, worst", "rank, worst"))],
            summary_rows(methods),
        ),
        "knobs": (
            ["method", "knob", "set", "rank correlation", f"hits within {first['tolerance']:.0%}", "kept", "at most"],
            knob_rows(methods),
        ),
    }
    for header, rows in tables.values():
        print_table(header, rows)
    if arguments.json is not None:
        content = {
            name: [dict(zip(header, row, strict=True)) for row in rows] for name, (header, rows) in tables.items()
        }
        arguments.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    if arguments.figure is not None:
        save_figure(requests_and_results(responses(methods), first["tolerance"]), arguments.figure)


if __name__ == "__main__":
    main()
