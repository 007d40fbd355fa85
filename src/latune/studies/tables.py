"""The tables of a study: medians, means and deviations per method and data set, as Markdown, LaTeX, CSV and Parquet."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from latune.errors import MissingExtraError
from latune.studies.comparisons import Comparison, Correlations, paired_comparison
from latune.studies.quantities import Quantity, equal_names, quantity
from latune.studies.results import Place, Results
from latune.studies.study import PublishedValue

__all__ = [
    "Cell",
    "Summary",
    "all_runs",
    "comparison_rows",
    "correlation_rows",
    "csv_text",
    "latex_escaped",
    "overview_latex",
    "overview_markdown",
    "published_value",
    "summarise",
    "summary_latex",
    "summary_markdown",
    "summary_rows",
    "write_parquet",
]

Row = Mapping[str, Any]

_PARQUET_EXTRA = "songs"  # the extra that brings pyarrow


@dataclass(frozen=True)
class Cell:
    """What the runs of one variant on one data set say together.

    Args:
        runs: How many have the number.
        median: Their median.
        mean: Their mean.
        deviation: Standard deviation over runs; None for fewer than two.
        low: Smallest value.
        high: Largest value.
        published: What a paper has, if anything.
        best: Whether it is better than every other variant on this data set, with paired intervals that exclude 0.
    """

    runs: int
    median: float
    mean: float
    deviation: float | None
    low: float
    high: float
    published: PublishedValue | None = None
    best: bool = False

    def text(self, kind: Quantity, plus_minus: str = "±") -> str:
        """Median (mean ± deviation)."""
        spread = "" if self.deviation is None else f" {plus_minus} {kind.text(self.deviation)}"
        return f"{kind.text(self.median)} ({kind.text(self.mean)}{spread})"


@dataclass(frozen=True)
class Summary:
    """One metric of a study.

    Args:
        kind: The metric.
        groups: Data sets, the columns.
        variants: Methods with their cell of the grid, the rows.
        cells: By (group, variant); where no run has the number there is none.
    """

    kind: Quantity
    groups: tuple[str, ...]
    variants: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict)

    @property
    def runs(self) -> int:
        """How many values there are."""
        return sum(cell.runs for cell in self.cells.values())


def summarise(results: Results, metric: str, published: Sequence[PublishedValue] = ()) -> Summary:
    """Median, mean and deviation over runs, per variant and data set.

    A variant is marked as the best of a data set only where each paired difference to the others (`paired_comparison`)
    is to its advantage and has an interval by Student's t that excludes 0.

    Args:
        results: The table of the study.
        metric: Dotted name of a column.
        published: Values of papers; those of this metric are put beside.
    """
    kind, column = quantity(metric), results.column(metric)
    cells: dict[tuple[str, str], Cell] = {}
    places = dict(zip(results.variant_of_runs, results.places, strict=True))
    for group in results.groups:
        for variant in results.variants:
            values = column[results.chosen(group, variant)]
            values = values[np.isfinite(values)]
            if len(values):
                known = published_value(published, group, places[variant], metric)
                cells[group, variant] = _cell(values, known, _is_best(results, kind, group, variant))
    return Summary(kind, results.groups, results.variants, cells)


def summary_markdown(summary: Summary) -> str:
    """A table with a row per variant and a column per data set; best ones in bold, published ones in a line below."""
    rows = [["", *summary.groups]]
    for variant in summary.variants:
        row = [variant]
        for group in summary.groups:
            cell = summary.cells.get((group, variant))
            row.append("–" if cell is None else _markdown_cell(cell, summary.kind))
        rows.append(row)
    return f"### {summary.kind.heading}\n\n{_markdown_table(rows)}"


def summary_latex(summary: Summary) -> str:
    r"""The same as a LaTeX table; it needs `\usepackage{booktabs}`."""
    body = []
    for variant in summary.variants:
        row = [latex_escaped(variant)]
        for group in summary.groups:
            cell = summary.cells.get((group, variant))
            row.append("--" if cell is None else _latex_cell(cell, summary.kind))
        body.append(row)
    caption = f"{latex_escaped(summary.kind.heading)}: median (mean $\\pm$ standard deviation), number of runs."
    return _latex_table(["", *summary.groups], body, caption)


def overview_markdown(summaries: Sequence[Summary]) -> str:
    """Medians of all metrics: a row per data set and variant, a column per metric."""
    rows = [["", "", *(one.kind.heading for one in summaries)]]
    for group, variant, cells in _overview(summaries):
        texts = ("–" if cell is None else _bold(kind.text(cell.median), cell.best, "**{}**") for kind, cell in cells)
        rows.append([group, variant, *texts])
    return f"### Medians\n\n{_markdown_table(rows)}"


def overview_latex(summaries: Sequence[Summary]) -> str:
    r"""The same as a LaTeX table; it needs `\usepackage{booktabs}`."""
    body = [
        [
            latex_escaped(group),
            latex_escaped(variant),
            *(
                "--" if cell is None else _bold(kind.text(cell.median), cell.best, r"\textbf{{{}}}")
                for kind, cell in cells
            ),
        ]
        for group, variant, cells in _overview(summaries)
    ]
    caption = "Medians over runs; bold where every paired difference has a 95~\\% interval that excludes 0."
    return _latex_table(["", "", *(one.kind.heading for one in summaries)], body, caption)


def summary_rows(summaries: Iterable[Summary]) -> list[Row]:
    """All cells of several metrics, one after the other, unrounded."""
    return [
        {
            "metric": summary.kind.name,
            "group": group,
            "variant": variant,
            "runs": cell.runs,
            "median": cell.median,
            "mean": cell.mean,
            "deviation": cell.deviation,
            "lowest": cell.low,
            "highest": cell.high,
            "best": cell.best,
            "published": cell.published.value if cell.published else None,
            "published_deviation": cell.published.deviation if cell.published else None,
            "published_source": cell.published.source if cell.published else None,
        }
        for summary in summaries
        for (group, variant), cell in summary.cells.items()
    ]


def comparison_rows(comparisons: Iterable[Comparison]) -> list[Row]:
    """Paired comparisons, unrounded."""
    return [dict(vars(one)) for one in comparisons]


def correlation_rows(correlations: Mapping[str, Correlations]) -> list[Row]:
    """Rank correlations by data set, one row for each pair of metrics that has one."""
    return [
        {
            "group": group,
            "first": first,
            "second": second,
            "runs": int(found.runs[i, j]),
            "correlation": float(found.values[i, j]),
            "low": float(found.low[i, j]),
            "high": float(found.high[i, j]),
        }
        for group, found in correlations.items()
        for i, first in enumerate(found.metrics)
        for j, second in enumerate(found.metrics[:i])
        if np.isfinite(found.values[i, j])
    ]


def all_runs(results: Results) -> list[Row]:
    """One row per run and place: what it is, its cell of the grid, and every number; None where it lacks one."""
    rows: list[Row] = []
    for number, place in enumerate(results.places):
        what = {"key": place.key, "group": place.group, "label": place.label, "seed": place.seed}
        cell = {key: place.cell.get(key) for key in results.grid_keys}
        values = {name: _known(column[number]) for name, column in results.columns.items()}
        rows.append({**what, **cell, **values})
    return rows


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as CSV with a header; empty without rows."""
    if not rows:
        return ""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def write_parquet(rows: Sequence[Row], path: Path) -> None:
    """Write rows as a Parquet file.

    Values of a grid that are neither numbers nor text, or not of one type, are written as text.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", _PARQUET_EXTRA) from error
    names = list(rows[0]) if rows else []
    columns = {name: _of_one_type([row[name] for row in rows]) for name in names}
    parquet.write_table(pyarrow.table(columns), path)


def latex_escaped(text: str) -> str:
    """Text with the characters that mean something to LaTeX escaped, and Greek letters as mathematics."""
    return re.sub(r"[\\~^&%$#_{}]|[\u03b1-\u03c9]", lambda found: _latex_letter(found.group()), text)


def _latex_letter(letter: str) -> str:
    words = {"\\": "backslash", "~": "asciitilde", "^": "asciicircum"}
    if letter in words:
        return rf"\text{words[letter]}{{}}"
    if letter in "&%$#_{}":
        return rf"\{letter}"
    return rf"$\{unicodedata.name(letter).rpartition(' ')[2].lower()}$"


def _cell(values: Any, published: PublishedValue | None, best: bool) -> Cell:
    deviation = float(values.std(ddof=1)) if len(values) > 1 else None
    middle = float(np.median(values)), float(values.mean())
    return Cell(len(values), *middle, deviation, float(values.min()), float(values.max()), published, best)


def _is_best(results: Results, kind: Quantity, group: str, variant: str) -> bool:
    others = [name for name in results.variants if name != variant and results.chosen(group, name).any()]
    if kind.better is None or not others:
        return False
    sign = 1 if kind.better == "higher" else -1
    for other in others:
        values = results.paired(kind.name, group, variant, other)
        if len(values[0]) < 2:
            return False
        found = paired_comparison(*values)
        if not found.excludes_zero or sign * found.difference < 0:
            return False
    return True


def published_value(
    published: Sequence[PublishedValue], group: str, place: Place, metric: str
) -> PublishedValue | None:
    """What a paper has of a metric of one method, cell and data set; None where nothing is given.

    Args:
        published: Values of papers.
        group: Data set.
        place: A run of the method and cell.
        metric: Dotted name; the accuracy of reconstruction is known under its common name and under its own.
    """
    own = [one for one in published if (one.group, one.label, one.cell) == (group, place.label, dict(place.cell))]
    exact = [one for one in own if one.metric == metric]
    alike = [one for one in own if one.metric in equal_names(metric)]
    return next(iter(exact + alike), None)


def _bold(text: str, is_bold: bool, form: str) -> str:
    return form.format(text) if is_bold else text


def _runs_words(runs: int) -> str:
    return f"{runs} run" if runs == 1 else f"{runs} runs"


def _published_words(cell: Cell, kind: Quantity, plus_minus: str) -> str:
    known = cell.published
    if known is None:
        return ""
    spread = "" if known.deviation is None else f" {plus_minus} {kind.text(known.deviation)}"
    return f"published {kind.text(known.value)}{spread}"


def _markdown_cell(cell: Cell, kind: Quantity) -> str:
    parts = [_bold(cell.text(kind), cell.best, "**{}**"), _runs_words(cell.runs), _published_words(cell, kind, "±")]
    return ", ".join(filter(None, parts))


def _latex_cell(cell: Cell, kind: Quantity) -> str:
    text = _bold(cell.text(kind, r"$\pm$"), cell.best, r"\textbf{{{}}}")
    return ", ".join(filter(None, [text, _runs_words(cell.runs), _published_words(cell, kind, r"$\pm$")]))


def _overview(
    summaries: Sequence[Summary],
) -> Iterable[tuple[str, str, list[tuple[Quantity, Cell | None]]]]:
    """Data set, variant and cells of each row that has any."""
    for group in summaries[0].groups if summaries else ():
        for variant in summaries[0].variants:
            cells = [(one.kind, one.cells.get((group, variant))) for one in summaries]
            if any(cell is not None for _, cell in cells):
                yield group, variant, cells


def _markdown_table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ([text.replace("|", r"\|") for text in row] for row in rows)
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *body)) + "\n"


def _latex_table(head: Sequence[str], body: Sequence[Sequence[str]], caption: str) -> str:
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}",
        r"\toprule",
        " & ".join(latex_escaped(text) for text in head) + r" \\",
        r"\midrule",
        *(" & ".join(row) + r" \\" for row in body),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _of_one_type(values: list[Any]) -> list[Any]:
    kinds = {type(value) for value in values if value is not None}
    plain = kinds <= {int, float} or kinds in ({str}, {bool})
    return values if plain else [None if value is None else str(value) for value in values]
