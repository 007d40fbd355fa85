"""`latune measure` and `latune metrics`: our measurements for everybody's files."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from latune.cli.output import errors, format_estimate, print_json, table

__all__ = ["measure", "metrics"]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def measure(
    files: Annotated[list[Path], typer.Argument(help="MIDI, MusicXML or ABC files")],
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print one line per measure.")] = False,
) -> None:
    """Measure the attributes of tunes, measure by measure; the table shows means.

    Example: latune measure tune.mid other.abc --csv > attributes.csv
    """
    from latune.errors import InputError
    from latune.music.attributes import MUSIC_ATTRIBUTES
    from latune.music.score import read_measures

    names = MUSIC_ATTRIBUTES.names
    measured: list[tuple[str, Any, tuple[str, ...]]] = []
    refused: list[InputError] = []
    for file in files:
        try:
            ticks, tune = read_measures(file)
        except InputError as error:
            refused.append(error)
            continue
        measured.append((str(file), MUSIC_ATTRIBUTES.measure(ticks), tune.remarks))
    if not measured:
        raise refused[0]
    if as_json:
        print_json(
            [
                {
                    "file": file,
                    "remarks": list(remarks),
                    "measures": [dict(zip(names, v, strict=True)) for v in values.tolist()],
                }
                for file, values, remarks in measured
            ]
        )
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(["file", "measure", *names])
        for name, values, _ in measured:
            writer.writerows([name, number, *row] for number, row in enumerate(values.tolist(), start=1))
    else:
        rows = [(file, len(values), *(float(x) for x in values.mean(axis=0))) for file, values, _ in measured]
        table("Means over measures", ["file", "measures", *names], rows)
        for name, _, remarks in measured:
            for remark in remarks:
                errors.print(f"{name}: {remark}", markup=False)
    for refusal in refused:
        errors.print(f"Left out: {refusal}", markup=False, style="red")


def metrics(
    arrays: Annotated[Path, typer.Argument(help="An .npz file with arrays 'codes' (N, D) and 'attributes' (N, A)")],
    as_json: AsJson = False,
    bootstrap: Annotated[int, typer.Option(min=0, help="Repetitions for the 95 % intervals.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
) -> None:
    """Score anybody's codes against attributes: interpretability, modularity, MIG, SAP, SCC.

    Example: latune metrics arrays.npz --json
    """
    import numpy as np

    from latune.errors import InputError
    from latune.metrics import ceiling_and_chance, evaluate

    try:
        with arrays.open("rb") as file, np.load(file, allow_pickle=False) as content:
            missing = [name for name in ("codes", "attributes") if name not in content.files]
            if missing:
                raise InputError(f"{arrays}: expected arrays codes and attributes, got {', '.join(content.files)}.")
            codes, attributes = content["codes"], content["attributes"]
            names = [str(name) for name in content["names"]] if "names" in content.files else None
    except FileNotFoundError as error:
        raise InputError(f"{arrays} does not exist: expected an .npz file.") from error
    except InputError:
        raise
    except Exception as error:  # a damaged file can fail anywhere in zip, zlib, header or array
        raise InputError(f"{arrays} cannot be read: expected an .npz file of plain arrays.") from error
    result = evaluate(codes, attributes, names, bootstrap=bootstrap, seed=seed).to_dict()
    reference = ceiling_and_chance(attributes, codes.shape[1], seed).to_dict()
    if as_json:
        print_json({**result, **reference})
        return
    rows = [
        (key, format_estimate(result[key]), reference["ceiling"][key], reference["chance"][key])
        for key in ("interpretability", "modularity", "mig", "sap", "scc")
    ]
    table(f"{result['n']} items", ["score", "value", "ceiling", "chance"], rows)
    found = [(n, a["dimension"], format_estimate(a["r_squared"])) for n, a in result["attributes"].items()]
    table("Attributes", ["attribute", "dimension", "R squared"], found)
