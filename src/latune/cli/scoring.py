"""`latune metrics`: all scores of anybody's codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latune.cli.observatory import show_observatory
from latune.cli.output import console, errors, format_estimate, print_json, progress_bar, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from latune.metrics import Metric, Representation, SuiteResult

    Arrays = Mapping[str, NDArray[np.generic]]

__all__ = ["metrics"]

_ARRAYS = ("codes", "factors", "attributes", "scales", "names", "factor_names")
_FIVE = ("interpretability", "modularity", "mig", "sap", "scc")


def metrics(
    arrays: Annotated[
        Path | None,
        typer.Argument(help="An .npz file with 'codes' (N, D), 'attributes' (N, A) or 'factors' (N, K), or both"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    bootstrap: Annotated[int, typer.Option(min=0, help="Repetitions for the 95 % intervals.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of splits, draws, fits and bootstrap.")] = 0,
    estimator: Annotated[str, typer.Option(help="What fits the scores that fit a model: fast or reference.")] = "fast",
    only: Annotated[list[str] | None, typer.Option(help="Compute this score alone; repeatable.")] = None,
    observatory: Annotated[
        bool, typer.Option("--observatory", help="Score codes whose answers are known, and say where scores mislead.")
    ] = False,
    figure: Annotated[Path | None, typer.Option(help="Draw the observatory into this PNG or SVG file.")] = None,
) -> None:
    """Score anybody's codes against attributes (continuous) and factors (classes), with every metric that applies.

    Example: latune metrics arrays.npz --json

    Codes whose answers are known, with every score: latune metrics --observatory --figure observatory.png

    Beside codes, attributes and factors, the file may hold names (of the attributes), factor_names, scales (standard
    deviations of the codes), and test items for the scores that are fitted: codes_test, factors_test, attributes_test;
    codes_train, factors_train and attributes_train are other words for codes, factors and attributes.
    """
    from latune.metrics import ceiling_and_chance, score

    if observatory:
        show_observatory(arrays, as_json=as_json, figure=figure, seed=seed, estimator=estimator, only=only or None)
        return
    arrays = _given_arrays(arrays, figure)
    representation = _representation(arrays)
    with progress_bar("Scoring") as bar:
        result = score(
            representation,
            only or None,
            estimator=estimator,  # type: ignore[arg-type]  # refused there
            bootstrap=bootstrap,
            seed=seed,
            report=lambda done, total, title: bar.update(done, total, title),
        )
    _refuse_unscored(result, only)
    reference: dict[str, dict[str, float]] = {}
    if result.attribute_result is not None and representation.attributes is not None:
        reference = ceiling_and_chance(representation.attributes, representation.codes.shape[1], seed).to_dict()
    if as_json:
        five = {} if result.attribute_result is None or only else result.attribute_result.to_dict()
        print_json({"n": result.items, **five, **({} if only else reference), "suite": result.to_dict()})
        return
    if result.attribute_result is not None:
        _show_attributes(result.attribute_result.to_dict(), reference)
    _show_others(result)
    _show_skipped(result)


def _refuse_unscored(result: SuiteResult, only: list[str] | None) -> None:
    """Whoever asks for some scores by name and gets none is told so by the exit code."""
    from latune.errors import InputError

    if only and not result.scores:
        raise InputError(" ".join(f"{key}: {reason}" for key, reason in result.skipped.items()))


def _given_arrays(arrays: Path | None, figure: Path | None) -> Path:
    """Return the file to score; refuse what only the observatory knows."""
    from latune.errors import InputError

    if figure is not None:
        raise InputError("--figure draws the observatory: give --observatory too.")
    if arrays is None:
        raise InputError("Expected an .npz file with codes, or --observatory.")
    return arrays


def _show_attributes(result: dict[str, Any], reference: dict[str, dict[str, float]]) -> None:
    """Print the five scores between ceiling and chance, and each attribute's code."""
    rows = [(key, format_estimate(result[key]), reference["ceiling"][key], reference["chance"][key]) for key in _FIVE]
    table(f"{result['n']} items against attributes", ["score", "value", "ceiling", "chance"], rows)
    found = [(n, a["dimension"], format_estimate(a["r_squared"])) for n, a in result["attributes"].items()]
    table("Attributes", ["attribute", "dimension", "R squared"], found)


def _show_others(result: SuiteResult) -> None:
    """Print the scores of codes against factors, and of codes alone."""
    from latune.metrics import METRICS

    shown = [m for m in METRICS if m.key in result.scores and not m.key.startswith("attribute_")]
    if not shown:
        return
    rows = [
        (m.key, format_estimate(result.scores[m.key].estimate.to_dict()), _range(m), m.better or "-") for m in shown
    ]
    test = f", {result.test_items} test items" if result.test_items else ""
    table(f"{result.items} items{test}", ["score", "value", "range", "better"], rows)
    open_ones = [m.key for m in shown if not m.resampled]
    if result.bootstrap and open_ones:
        console.print(f"No interval: {', '.join(open_ones)}.", markup=False)


def _range(metric: Metric) -> str:
    return f"from {metric.low:g}" if metric.high == float("inf") else f"{metric.low:g} to {metric.high:g}"


def _show_skipped(result: SuiteResult) -> None:
    """Say on the error stream which scores are missing, one line per reason."""
    reasons: dict[str, list[str]] = {}
    for key, reason in result.skipped.items():
        reasons.setdefault(reason, []).append(key)
    for reason, keys in reasons.items():
        errors.print(f"Left out: {', '.join(keys)}. {reason}", markup=False)


def _representation(path: Path) -> Representation:
    """Return what a file holds, or refuse it."""
    from latune.errors import InputError
    from latune.metrics import Representation

    content = _read(path)
    given = {name: _either(content, name, path) for name in ("codes", "factors", "attributes", "scales")}
    if given["codes"] is None:
        partner = "attributes" if given["factors"] is None else "factors"
        found = ", ".join(content) or "none"
        raise InputError(f"{path} holds no codes: expected arrays codes and {partner}, got {found}.")
    unknown = [name for name in content if name.removesuffix("_train").removesuffix("_test") not in _ARRAYS]
    if unknown:
        errors.print(f"Not read: {', '.join(unknown)}. Known arrays: {', '.join(_ARRAYS)}.", markup=False)
    names, factor_names = _names(content, "names", path), _names(content, "factor_names", path)
    if given["attributes"] is None and factor_names is None:
        names, factor_names = None, names
    test = {name: content.get(name) for name in ("codes_test", "factors_test", "attributes_test")}
    return Representation(**given, **test, attribute_names=names, factor_names=factor_names)  # type: ignore[arg-type]


def _read(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of an .npz file by name, or refuse it."""
    import numpy as np

    from latune.errors import InputError

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
            if not all(isinstance(array, np.ndarray) for array in arrays.values()):
                raise TypeError("no array")  # members that are none come as bytes
            return arrays
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: expected an .npz file.") from error
    except Exception as error:  # a damaged file can fail anywhere in zip, zlib, header or array
        raise InputError(f"{path} cannot be read: expected an .npz file of plain arrays.") from error


def _either(content: Arrays, name: str, path: Path) -> NDArray[np.generic] | None:
    """Return the array of this name, or of the same name for training items."""
    from latune.errors import InputError

    if name in content and f"{name}_train" in content:
        raise InputError(f"{path}: expected one of {name} and {name}_train, got both.")
    return content.get(name, content.get(f"{name}_train"))


def _names(content: Arrays, key: str, path: Path) -> list[str] | None:
    """Return an array of names as texts."""
    from latune.errors import InputError

    if key not in content:
        return None
    if content[key].ndim != 1:
        raise InputError(f"{path}: expected {key} to be a list of texts, got shape {content[key].shape}.")
    return [str(name) for name in content[key]]
