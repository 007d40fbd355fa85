"""Tables of studies: what stands in them, and that other programs can read them."""

import csv
import io
import sys

import numpy as np
import pytest
from study_tables import ACCURACY, SCORE, table

from latune.errors import MissingExtraError
from latune.studies.quantities import DEFAULT_METRICS, quantity
from latune.studies.results import cell_words
from latune.studies.study import PublishedValue
from latune.studies.tables import (
    all_runs,
    csv_text,
    latex_escaped,
    overview_latex,
    overview_markdown,
    summarise,
    summary_latex,
    summary_markdown,
    summary_rows,
    write_parquet,
)

BETTER, WORSE = [0.5, 0.6, 0.7], [0.1, 0.21, 0.3]


@pytest.fixture
def results():
    return table({("folk_50%", "new"): BETTER, ("folk_50%", "old & plain"): WORSE, ("digits", "new"): [0.4]})


def test_median_mean_and_deviation(results):
    cell = summarise(results, SCORE).cells["folk_50%", "old & plain"]
    assert (cell.runs, cell.median, cell.mean) == (3, 0.21, pytest.approx(np.mean(WORSE)))
    assert cell.deviation == pytest.approx(np.std(WORSE, ddof=1))
    assert summarise(results, SCORE).cells["digits", "new"].deviation is None
    assert ("digits", "old & plain") not in summarise(results, SCORE).cells


@pytest.mark.parametrize(
    ("metric", "other", "best"),
    [
        (SCORE, WORSE, "new"),
        (SCORE, [0.52, 0.5, 0.75], None),  # the interval of the difference holds 0
        (SCORE, [0.2], None),  # one pair has no interval
        ("reconstruction.squared_error", WORSE, "old"),  # less is better
        ("certificate.something", WORSE, None),  # nobody knows what is better
    ],
)
def test_only_what_is_surely_better_is_marked(metric, other, best):
    cells = summarise(table({("a", "new"): BETTER, ("a", "old"): other}, metric=metric), metric).cells
    assert [name for (_, name), cell in cells.items() if cell.best] == ([best] if best else [])


def test_published_values_stand_beside_those_of_their_method_and_cell():
    published = [
        PublishedValue(group="a", label="new", metric="reconstruction.token_accuracy", value=0.9, source="paper"),
        PublishedValue(group="a", label="grid", metric=ACCURACY, value=0.8, cell={"method.beta": 4}, source="paper"),
        PublishedValue(group="a", label="new", metric=SCORE, value=0.1, source="paper"),
    ]
    cells = {"grid/1": {"method.beta": 1.0}, "grid/4": {"method.beta": 4.0}}
    values = {("a", "new"): [0.5], ("a", "grid/1"): [0.5], ("a", "grid/4"): [0.5]}
    found = summarise(table(values, metric=ACCURACY, cells=cells), ACCURACY, published).cells
    assert {name: cell.published and cell.published.value for (_, name), cell in found.items()} == {
        "new": 0.9,
        "grid, beta 1": None,
        "grid, beta 4": 0.8,
    }


def test_markdown(results):
    published = [
        PublishedValue(group="digits", label="new", metric=SCORE, value=0.137, deviation=0.004, source="paper")
    ]
    lines = summary_markdown(summarise(results, SCORE, published)).splitlines()
    assert lines[0] == "### MIG"
    assert lines[2] == "|  | folk_50% | digits |"
    assert lines[4] == "| new | **0.600 (0.600 ± 0.100)**, 3 runs | 0.400 (0.400), 1 run, published 0.137 ± 0.004 |"
    assert lines[5].endswith("| – |")
    assert "**0.600**" in overview_markdown([summarise(results, SCORE)])


def test_latex_is_escaped_and_whole(results):
    for text in (summary_latex(summarise(results, SCORE)), overview_latex([summarise(results, SCORE)])):
        assert text.count(r"\begin{") == text.count(r"\end{") == 2
        assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
        assert r"folk\_50\%" in text
        assert r"old \& plain" in text
        assert "\n%" not in text
        body = text[text.index(r"\midrule") : text.index(r"\bottomrule")].splitlines()[1:-1] or [""]
        columns = text.split(r"\begin{tabular}{")[1].split("}")[0]
        assert {row.replace(r"\&", "").count("&") for row in body} == {len(columns) - 1}


def test_latex_letters():
    assert latex_escaped(r"a_b%c&d#e$f{g}~^" + "\\") == (
        r"a\_b\%c\&d\#e\$f\{g\}\textasciitilde{}\textasciicircum{}\textbackslash{}"
    )
    assert latex_escaped("β-VAE, γ = 1") == r"$\beta$-VAE, $\gamma$ = 1"


def test_csv_reads_back(results):
    rows = list(csv.DictReader(io.StringIO(csv_text(summary_rows([summarise(results, SCORE)])))))
    assert [(row["group"], row["variant"], int(row["runs"])) for row in rows] == [
        ("folk_50%", "new", 3),
        ("folk_50%", "old & plain", 3),
        ("digits", "new", 1),
    ]
    assert float(rows[1]["mean"]) == pytest.approx(np.mean(WORSE), abs=0)
    assert rows[0]["best"] == "True"


def test_all_runs_as_csv_and_parquet_agree(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    cells = {"one/a": {"method.beta": 0.5, "model.kind": [8, 16]}, "one/b": {"method.beta": 4, "model.kind": "wide"}}
    results = table({("a", "one/a"): [0.1, np.nan], ("a", "one/b"): [0.3, 0.4]}, cells=cells)
    rows = all_runs(results)
    write_parquet(rows, tmp_path / "runs.parquet")
    columns = parquet.read_table(tmp_path / "runs.parquet").to_pydict()
    assert columns[SCORE] == [0.1, None, 0.3, 0.4]
    assert columns["method.beta"] == [0.5, 0.5, 4, 4]
    assert columns["model.kind"] == ["[8, 16]", "[8, 16]", "wide", "wide"]
    read = list(csv.DictReader(io.StringIO(csv_text(rows))))
    assert [row[SCORE] for row in read] == ["0.1", "", "0.3", "0.4"]


def test_without_pyarrow_one_sentence_says_so(monkeypatch, tmp_path, results):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="pyarrow"):
        write_parquet(all_runs(results), tmp_path / "runs.parquet")


def test_cells_in_words():
    assert cell_words({"attributes.gamma": 10.0, "method.beta": 0.001}) == "gamma 10, beta 0.001"
    assert cell_words({"model.size": 1, "data.size": "all"}) == "model.size 1, data.size all"


def test_default_metrics_are_defined():
    for name in DEFAULT_METRICS:
        kind = quantity(name)
        assert kind.definition
        assert kind.better == "higher"
    assert quantity("representation.scores.dci_disentanglement").title == "DCI disentanglement"
    assert quantity("unheard.of").better is None
