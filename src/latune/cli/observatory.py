"""`latune metrics --observatory`: what every metric says of codes whose answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from latune.cli.output import console, print_json, progress_bar, table

if TYPE_CHECKING:
    from latune.metrics.catalogue import Metric
    from latune.metrics.observatory import Observatory

__all__ = ["show_observatory"]


def show_observatory(
    arrays: Path | None, *, as_json: bool, figure: Path | None, seed: int, estimator: str, only: list[str] | None
) -> None:
    """Score the battery; print a table or JSON, and draw it where a file is named.

    Args:
        arrays: A file with codes, which is refused: the observatory has codes of its own.
        as_json: Whether to print JSON.
        figure: PNG or SVG file to draw into.
        seed: Seed of codes, draws and fits.
        estimator: What fits the scores that fit a model.
        only: Keys of metrics; all without.
    """
    from latune.errors import InputError
    from latune.metrics.observatory import battery, observe

    if arrays is not None:
        raise InputError(f"--observatory scores codes of its own: leave {arrays} away.")
    if figure is not None and figure.suffix not in (".png", ".svg"):
        raise InputError(f"--figure {figure}: expected a file that ends in .png or .svg.")
    if figure is not None and not figure.parent.is_dir():
        raise InputError(f"--figure {figure}: the folder {figure.parent} does not exist.")
    with progress_bar("Observing") as bar:
        found = observe(
            battery(seed=seed),
            bar.update,
            metrics=only,
            estimator=estimator,  # type: ignore[arg-type]  # refused there
            seed=seed,
        )
    if figure is not None:
        from latune.figures.observatory import observatory_table
        from latune.figures.style import save_figure

        save_figure(observatory_table(found.to_dict()), figure)
    if as_json:
        print_json(found.to_dict())
        return
    _show(found)
    if figure is not None:
        console.print(f"Every value: {figure}", markup=False)


def _show(found: Observatory) -> None:
    """Print which cases each metric is right about, and which it misleads on."""
    from latune.metrics.observatory import QUESTION_OF, QUESTIONS

    for question, words in QUESTIONS.items():
        metrics = [metric for metric in found.metrics if QUESTION_OF[metric.key] == question]
        if metrics:
            rows = [(metric.title, *_summary(found, metric)) for metric in metrics]
            table(words, ["metric", "right", "too low for", "too high for"], rows)


def _summary(found: Observatory, metric: Metric) -> tuple[str, str, str]:
    """How many cases a metric is right about, and the cases of which its value is too low and too high."""
    of_metric = [(case, found.findings[case.key, metric.key]) for case in found.cases]
    defined = [finding for _, finding in of_metric if finding.status != "undefined"]
    right = sum(finding.status == "as it should" for finding in defined)
    low, high = (
        ", ".join(f"{case.title} {finding.value:.2f}" for case, finding in of_metric if finding.status == status)
        for status in ("too low", "too high")
    )
    return f"{right} of {len(defined)}", low, high
