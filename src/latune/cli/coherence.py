"""`latune coherence`: does a phrase model keep tunes together where editing measure by measure does not?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from latune.cli.data import prepare_items
from latune.cli.output import console, print_json, progress_bar, table

__all__ = ["coherence"]

SHOWN = {
    "error": "error, share of range",
    "hits": "hits within 10 %",
    "tokens_kept": "tokens kept",
    "repeats_kept": "repeated measures kept",
    "rhythm_repeats_kept": "repeated rhythms kept",
    "similarity_change": "change of self-similarity",
    "rhythm_similarity_change": "the same, rhythm alone",
    "bar_line_step": "step across bar lines, semitones",
    "bar_line_leaps": "bar lines leapt by more than a fifth",
    "in_key": "notes in the tune's key",
    "key_clarity": "key clarity",
    "pitch_class_distance": "distance of pitch classes",
    "interval_distance": "distance of intervals from real tunes",
    "duration_distance": "distance of durations from real tunes",
}


def coherence(
    run: Annotated[Path, typer.Argument(help="Run folder of a phrase model")],
    against: Annotated[Path, typer.Option(help="Run folder of a model of single measures, on the same data set.")],
    tunes: Annotated[int | None, typer.Option(min=2, help="At most so many held-out tunes; default: all.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the searches and of the choice of tunes.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Edit held-out tunes as phrases and measure by measure, with equal requests, and measure how they hang together.

    Writes RUN/coherence.json.

    Example: latune coherence runs/phrases --against runs/measures
    """
    from latune.control.editor import open_editor
    from latune.evaluation.coherence import compare_coherence
    from latune.training.run_folder import open_run, write_json

    phrases, measures = open_editor(run), open_editor(against)
    measures_alone = open_run(run).recipe.data.model_copy(update={"measures": None})
    dataset = prepare_items(measures_alone)
    with progress_bar("Editing tunes") as bar:
        content = compare_coherence(phrases, measures, dataset, tunes=tunes, seed=seed, report=bar.update)
    write_json(run / "coherence.json", content)
    if as_json:
        print_json(content)
        return
    for kind, title in (("measures", "Every measure asked for a value"), ("phrases", "Every phrase asked for a mean")):
        _show(content, kind, title)
    console.print(f"Written: {run / 'coherence.json'}", markup=False)


def _show(content: dict[str, Any], kind: str, title: str) -> None:
    ways = [way for way in content[kind] if way != "baseline"]
    rows = [
        (
            label,
            _number(content["real"].get(key)),
            *(_number(content[kind][way]["all"][key]) for way in ways),
        )
        for key, label in SHOWN.items()
    ]
    table(f"{title}: {content['tunes']} held-out tunes", ["", "real", *ways], rows)


def _number(estimate: dict[str, Any] | None) -> str:
    return "" if estimate is None or estimate["value"] is None else f"{estimate['value']:.3f}"
