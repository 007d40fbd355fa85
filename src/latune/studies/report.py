"""The report of a study: one page with all its figures, and tables and figures as files beside it."""

from __future__ import annotations

import shlex
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import latune
from latune.errors import DataError, MissingExtraError, RunError
from latune.figures.style import figure_svg, save_figure
from latune.report.charts import page_svg
from latune.report.rendering import rendered
from latune.studies.charts import StudyChart, StudyNumbers, single_boxes, study_charts
from latune.studies.comparisons import ALL_PAIRS, Comparison, Correlations, compare, rank_correlations
from latune.studies.folder import RunState, StudyFolder
from latune.studies.plan import different_runs
from latune.studies.quantities import DEFAULT_METRICS, Quantity, quantity
from latune.studies.ranking import FILE as RANKING
from latune.studies.ranking import MOST_MODELS, Ranked, study_ranking
from latune.studies.results import Results, collect
from latune.studies.tables import (
    Summary,
    all_runs,
    comparison_rows,
    correlation_rows,
    csv_text,
    overview_latex,
    overview_markdown,
    summarise,
    summary_latex,
    summary_markdown,
    summary_rows,
    write_parquet,
)
from latune.training.run_folder import write_text

__all__ = ["build_study_report"]

FOLDER, PAGE = "report", "index.html"
RESOLUTION = 300  # dots per inch of PNG files

_ASSETS = Path(__file__).parent
_STYLE = _ASSETS.parent / "report" / "page.css"

Report = Callable[[str, int, int], None]
"""Told (what is being made, done, total)."""


@dataclass(frozen=True)
class _Figure:
    title: str
    name: str
    caption: str
    svg: str


def build_study_report(study_folder: StudyFolder, report: Report | None = None, *, ranking: bool = True) -> Path:
    """Write `OUT/report/`: `index.html`, which holds all it needs, `tables/` and `figures/`.

    An unfinished study gets a report of the runs that are measured so far. The new report takes the place of an earlier
    one when it is whole.

    Args:
        study_folder: The study.
        report: Told the progress.
        ranking: Whether to compare the codes of runs that differ in the seed alone (UDR), which opens models and data.

    Returns:
        The page.

    Raises:
        RunError: A run is damaged, or the report cannot be written.
    """
    folder = study_folder.folder / FOLDER
    temporary = folder.with_name(f".{FOLDER}.tmp")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        for part in ("tables", "figures"):
            (temporary / part).mkdir(parents=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(folder / RANKING, temporary / RANKING)
        _write(study_folder, temporary, report or (lambda *_: None), ranking)
        _put_in_place(temporary, folder)
    except OSError as error:
        raise RunError(f"Cannot write to {folder}: {error.strerror}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder / PAGE


def _put_in_place(temporary: Path, folder: Path) -> None:
    """Give a folder its name; an earlier one of that name goes."""
    earlier = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(earlier, ignore_errors=True)
    if folder.exists():
        folder.rename(earlier)
    temporary.rename(folder)
    shutil.rmtree(earlier, ignore_errors=True)


def _write(study_folder: StudyFolder, folder: Path, tell: Report, ranking: bool) -> None:
    study, states = study_folder.study, study_folder.states()
    tell("numbers", 0, 1)
    results = collect(study_folder)
    metrics = study.metrics or DEFAULT_METRICS
    summaries = [summarise(results, name, study.published) for name in metrics]
    comparisons = [one for name in metrics for one in compare(results, name)]
    correlations = _correlations(results, metrics)
    numbers = StudyNumbers(results, summaries, comparisons, correlations, study.published)
    tell("numbers", 1, 1)
    remarks = _write_tables(numbers, folder / "tables")
    figures, left_out = _draw(numbers, folder / "figures", tell)
    ranked, reason = _ranking(results, folder / RANKING, tell) if ranking else ([], "It was not asked for.")
    page = _render(
        study=study,
        study_text=(study_folder.folder / "study.yaml").read_text(encoding="utf-8"),
        command=shlex.join(["latune", "study", "run", str(study_folder.folder / "study.yaml"), "--out", "again"]),
        counts=_counts(states),
        failures=_failures(study_folder, states),
        places=_places(study_folder, results),
        hours=_duration(_training_seconds(results)),
        devices=sorted({run.recipe.training.device for run in study_folder.runs}),
        results=results,
        summaries=[one for one in summaries if one.cells],
        missing=[one.kind.title for one in summaries if not one.cells],
        overview=_overview(summaries),
        comparisons=[_comparison_words(one) for one in comparisons],
        all_pairs=ALL_PAIRS,
        figures=figures,
        left_out=left_out,
        ranked=[_ranked_words(one) for one in ranked],
        ranking_reason=reason,
        definitions=[one.kind for one in summaries if one.kind.definition],
        sources=sorted({one.source for one in study.published}),
        remarks=remarks,
        version=latune.__version__,
    )
    write_text(folder / PAGE, page)


def _correlations(results: Results, metrics: Sequence[str]) -> dict[str, Correlations]:
    """Between the metrics that any run has, by data set."""
    known = [name for name in metrics if np.isfinite(results.column(name)).any()]
    found = {}
    for group in results.groups:
        own = np.array([place.group == group for place in results.places])
        found[group] = rank_correlations({name: results.column(name)[own] for name in known})
    return found


def _write_tables(numbers: StudyNumbers, folder: Path) -> list[str]:
    """Write all tables; the result are sentences about those that were left out."""
    summaries = [one for one in numbers.summaries if one.cells]
    if not summaries:
        return ["No measured run has one of the study's metrics: there are no tables of them."]
    markdown = [overview_markdown(summaries), *(summary_markdown(one) for one in summaries)]
    write_text(folder / "summary.md", "\n".join(markdown))
    latex = [overview_latex(summaries), *(summary_latex(one) for one in summaries)]
    write_text(folder / "summary.tex", "% \\usepackage{booktabs}\n" + "\n".join(latex))
    runs = all_runs(numbers.results)
    rows = {
        "summary.csv": summary_rows(summaries),
        "comparisons.csv": comparison_rows(numbers.comparisons),
        "correlations.csv": correlation_rows(numbers.correlations),
        "runs.csv": runs,
    }
    for name, content in rows.items():
        if content:
            write_text(folder / name, csv_text(content))
    try:
        write_parquet(runs, folder / "runs.parquet")
    except MissingExtraError as error:
        return [f"tables/runs.parquet is left out. {error}"]
    return []


def _draw(numbers: StudyNumbers, folder: Path, tell: Report) -> tuple[list[_Figure], list[tuple[str, str]]]:
    """The figures of the page, and titles with reasons of those that are left out."""
    charts, single = study_charts(numbers), single_boxes(numbers)
    total = len(charts) + len(single)
    figures, left_out = [], []
    for done, (title, chart) in enumerate(charts.items()):
        tell("figures", done, total)
        if isinstance(chart, StudyChart):
            figures.append(_figure(title, chart, folder))
        else:
            left_out.append((title, chart))
    for done, (name, draw) in enumerate(single.items(), len(charts)):
        tell("figures", done, total)
        _save(draw(), folder / name)
    tell("figures", total, total)
    return figures, left_out


def _figure(title: str, chart: StudyChart, folder: Path) -> _Figure:
    drawn = chart.draw()
    _save(drawn, folder / chart.name)
    return _Figure(title, chart.name, chart.caption, page_svg(figure_svg(drawn), chart.caption))


def _save(figure: Any, path: Path) -> None:
    for suffix in (".png", ".pdf"):
        save_figure(figure, path.with_name(path.name + suffix), RESOLUTION)


def _ranking(results: Results, cache: Path, tell: Report) -> tuple[list[Ranked], str]:
    """What the codes of equal trainings say, or one sentence why that is left out."""
    models = len({place.key for place in results.places})
    if models > MOST_MODELS:
        return [], f"It compares every model with every other one: of {models} that would be long."
    try:
        found = study_ranking(results, cache, lambda done, total: tell("codes", done, total))
    except DataError as error:
        return [], str(error)
    return found, "" if found else "No method has two measured seeds on one data set."


def _counts(states: Mapping[str, RunState]) -> Sequence[tuple[str, int]]:
    return Counter(states.values()).most_common()


def _failures(study_folder: StudyFolder, states: Mapping[str, RunState]) -> list[tuple[str, str]]:
    """Runs that failed, each with its sentence."""
    failed = [key for key, state in states.items() if state == "failed"]
    return [(key, (study_folder.failure(key) or {}).get("error", "")) for key in failed]


def _places(study_folder: StudyFolder, results: Results) -> list[dict[str, Any]]:
    """For each data set and method what was planned and what became of it."""
    planned: dict[tuple[str, str], list[Any]] = {}
    for run in study_folder.runs:
        planned.setdefault((run.group, run.label), []).append(run)
    steps, seconds, rows = results.column("finished.steps"), results.column("finished.seconds"), []
    for (group, label), runs in planned.items():
        own = np.array([(place.group, place.label) == (group, label) for place in results.places], bool)
        rows.append(
            {
                "group": group,
                "label": label,
                "recipes": sorted({run.recipe.name for run in runs}),
                "planned": len(different_runs(runs)),
                "measured": len({place.key for place, is_own in zip(results.places, own, strict=True) if is_own}),
                "steps": _range_words(steps[own]),
                "time": _duration(float(np.median(seconds[own]))) if own.any() else "–",
            }
        )
    return rows


def _training_seconds(results: Results) -> float:
    """Of all different runs together."""
    seconds = {
        place.key: value for place, value in zip(results.places, results.column("finished.seconds"), strict=True)
    }
    return float(np.nansum(list(seconds.values())))


def _range_words(values: Any) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "–"
    low, high = int(known.min()), int(known.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _duration(seconds: float) -> str:
    """Such as "41 s", "12 min" or "3.4 h"."""
    if not np.isfinite(seconds):
        return "–"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _overview(summaries: Sequence[Summary]) -> list[dict[str, Any]]:
    """Rows of the first table: a data set and method, and what each metric says of it."""
    rows = []
    for group in summaries[0].groups:
        own = [variant for variant in summaries[0].variants if any((group, variant) in one.cells for one in summaries)]
        for order, variant in enumerate(own):
            cells = [_cell_words(one, group, variant) for one in summaries if one.cells]
            rows.append({"group": group, "span": len(own) if order == 0 else 0, "variant": variant, "cells": cells})
    return rows


def _cell_words(summary: Summary, group: str, variant: str) -> dict[str, Any] | None:
    cell, kind = summary.cells.get((group, variant)), summary.kind
    if cell is None:
        return None
    spread = "" if cell.deviation is None else f" ± {kind.text(cell.deviation)}"
    published = "" if cell.published is None else kind.text(cell.published.value)
    return {
        "median": kind.text(cell.median),
        "mean": kind.text(cell.mean) + spread,
        "runs": cell.runs,
        "best": cell.best,
        "published": published,
    }


def _comparison_words(one: Comparison) -> dict[str, str | bool]:
    kind = quantity(one.metric)
    return {
        "metric": kind.heading,
        "group": one.group,
        "pair": f"{one.first} \N{MINUS SIGN} {one.second}",
        "pairs": str(one.pairs),
        "difference": _signed(one.difference, kind),
        "student": _interval_words(one.low, one.high, kind),
        "bootstrap": _interval_words(one.bootstrap_low, one.bootstrap_high, kind),
        "improvement": f"{one.improvement:.2f}",
        "p_value": _p_words(one.p_value),
        "p_holm": _p_words(one.p_holm),
        "sure": one.excludes_zero,
    }


def _signed(value: float, kind: Quantity) -> str:
    return f"{'+' if value > 0 else ''}{kind.text(value)}".replace("-", "\N{MINUS SIGN}")


def _interval_words(low: float | None, high: float | None, kind: Quantity) -> str:
    return "–" if low is None or high is None else f"[{_signed(low, kind)}, {_signed(high, kind)}]"


def _p_words(value: float | None) -> str:
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def _ranked_words(one: Ranked) -> dict[str, Any]:
    low, middle, high = np.quantile(one.scores, (0, 0.5, 1))
    words = f"{low:.3f} to {high:.3f}"
    return {**vars(one), "median": f"{middle:.3f}", "range": words, "runs": len(one.scores)}


def _render(**content: Any) -> str:
    return rendered(_ASSETS / "report.html", style=_STYLE.read_text(encoding="utf-8"), **content)
