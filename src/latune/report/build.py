"""The report: everything that is known of a run on one page that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from latune.control.editor import Editor
from latune.data.dataset import Dataset
from latune.report.cards import make_cards
from latune.report.charts import draw_charts
from latune.report.media import Report, Subject, medium_of
from latune.report.rendering import rendered
from latune.report.tables import (
    CERTIFICATE_COLUMNS,
    attribute_rows,
    certificate_rows,
    headlines,
    identity_rows,
    rebuild_rows,
    score_rows,
    usual_way,
)
from latune.report.traversals import ITEMS
from latune.report.words import caveats, recipe_sentences
from latune.training.run_folder import Run, write_text

__all__ = ["build_report"]

_ASSETS = Path(__file__).parent


def build_report(run: Run, dataset: Dataset, editor: Editor, report: Report | None = None) -> Path:
    """Write `report.html`, and beside it its figures and those traversals as files that the page offers or plays.

    The page holds its figures, pictures, scores, sounds and style: it can be sent to somebody and read without a
    network. A run that was not evaluated gets a page that says so; where verovio or symusic is missing, scores or
    MIDI files are left out and the page says what to install.

    Args:
        run: A run with weights and knobs.
        dataset: The data set it was trained on.
        editor: The run opened for editing.
        report: Told (what is being made, done, total).

    Returns:
        The page.

    Raises:
        RunError: A file of the run is damaged.
        DataError: The data set has no test split.
    """
    tell = report or (lambda *_: None)
    metrics, certificate = _content(run, "metrics.json"), _content(run, "certificate.json")
    medium = medium_of(dataset.codec)
    items, are_new = medium.choose_items(dataset, editor, ITEMS, run.recipe.seed)
    subject = Subject(run, dataset, editor, items)
    charts = draw_charts(medium, subject, certificate, lambda done, total: tell("figures", done, total))
    shown = make_cards(medium, subject, certificate, tell)
    page = _render(
        recipe=run.recipe,
        run_name=run.folder.resolve().name,
        finished=run.finished,
        recipe_words=recipe_sentences(run.recipe, dataset, _content(run, "finished.json")),
        recipe_text=(run.folder / "recipe.yaml").read_text(encoding="utf-8"),
        dataset=dataset,
        metrics=metrics,
        certificate=certificate,
        headlines=headlines(metrics, certificate),
        identity=identity_rows(metrics) if metrics else [],
        scores=score_rows(metrics) if metrics else [],
        attributes=attribute_rows(metrics) if metrics else [],
        rebuilt=rebuild_rows(metrics) if metrics else [],
        certificate_columns=CERTIFICATE_COLUMNS,
        certificate_rows=certificate_rows(certificate) if certificate else [],
        usual_way=usual_way(certificate) if certificate else None,
        charts=charts,
        medium=medium,
        sections=shown.sections,
        extras=shown.extras,
        remarks=shown.remarks,
        items_are_new=are_new,
        caveats=caveats(run.recipe, dataset, editor, medium.nouns, metrics, certificate),
        version=run.read_json("run.json").get("latune_version", "unknown"),
    )
    path = run.folder / "report.html"
    write_text(path, page)
    return path


def _content(run: Run, name: str) -> dict[str, Any] | None:
    """A JSON file of the run, or None where there is none."""
    return run.read_json(name) if (run.folder / name).is_file() else None


def _render(**content: Any) -> str:
    assets = {name: (_ASSETS / name).read_text(encoding="utf-8") for name in ("page.css", "player.js")}
    return rendered(_ASSETS / "page.html", style=assets["page.css"], script=assets["player.js"], **content)
