"""The model card: what a run is, how well its knobs work, how it is used, and what it is not for."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

import latune
from latune.data.codecs import Codec
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.export.papers import PAPERS
from latune.export.source import RunSource
from latune.export.summary import KnobSummary, knob_summaries
from latune.figures.style import decimals, number, percent
from latune.report.media import medium_of
from latune.report.tables import rebuild_rows, score_rows
from latune.report.words import caveats, recipe_sentences

__all__ = ["model_card"]

_FOLDER = Path(__file__).parent
_UNCLEAR = ("unclear", "unknown", "as the user's files are licensed")
FEW_HITS = 0.8  # a knob that is met less often is named among the limits


@dataclass(frozen=True)
class _KnobRow:
    """A line of the table of knobs, as text."""

    name: str
    description: str
    unit: str
    ends: str
    reachable: str
    rates: tuple[str, ...]
    side_effects: str


def model_card(source: RunSource, licence: str | None, name: str) -> str:
    """A model card in Markdown, filled from a run.

    Args:
        source: A finished run.
        licence: Of the weights, or None where none was chosen.
        name: What the run is called in the examples: a folder, or a repository on the hub.
    """
    run, certificate, metrics = source.run, source.certificate, source.metrics
    knobs = knob_summaries(source.editor.knobs, certificate)
    ways = tuple(knobs[0].hit_rates) if knobs else ()
    data_licence = source.data_words.get("licence")
    card: str = _template().render(
        head=_head(source, licence),
        recipe=run.recipe,
        folder=name,
        licence=licence,
        noun=_noun(run.codec),
        sentences=_sentences(source),
        data_source=source.data_words.get("source"),
        data_licence=data_licence,
        data_is_unclear=_is_unclear(data_licence),
        paper=PAPERS.get(run.recipe.method.name),
        ways=ways,
        rows=[_row(knob, source) for knob in knobs],
        tolerance=None if certificate is None else percent(certificate["tolerance"]),
        certified=None if certificate is None else certificate["items"],
        scores=score_rows(metrics) if metrics else [],
        rebuilt=rebuild_rows(metrics) if metrics else [],
        example=_example(source, knobs),
        weak=[knob.name for knob in knobs if _usual_rate(knob) < FEW_HITS],
        caveats=_caveats(source),
        plugins=[plugin.file.name for plugin in source.plugins],
        trained_with=run.read_json("run.json").get("latune_version", "unknown"),
        versions=f"latune {latune.__version__}, PyTorch {torch.__version__}, NumPy {np.__version__},"
        f" Python {platform.python_version()}",
    )
    return card.rstrip() + "\n"


def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=False,  # Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    return environment.get_template("card.md")


def _head(source: RunSource, licence: str | None) -> str:
    """What the hub reads: YAML."""
    recipe = source.run.recipe
    kind = "images" if isinstance(source.run.codec, PictureCodec) else "symbolic-music"
    head: dict[str, Any] = {} if licence is None else {"license": licence}
    head |= {
        "library_name": "latune",
        "tags": ["latune", "controllable-generation", "variational-autoencoder", kind, recipe.method.name],
        "datasets": [recipe.data.name],
    }
    return yaml.safe_dump(head, sort_keys=False, allow_unicode=True)


def _sentences(source: RunSource) -> list[str]:
    """The recipe in words; its data are counted where they are here."""
    if source.dataset is None:
        return []
    return recipe_sentences(source.run.recipe, source.dataset, source.finished)


def _is_unclear(licence: str | None) -> bool:
    return licence is None or any(word in licence for word in _UNCLEAR)


def _noun(codec: Codec) -> str:
    if isinstance(codec, PictureCodec):
        return "pictures"
    return "songs" if isinstance(codec, SongCodec) else "music"


def _row(knob: KnobSummary, source: RunSource) -> _KnobRow:
    places = decimals(knob.high - knob.low)

    def ends(low: float, high: float) -> str:
        return f"{number(low, places)} to {number(high, places)}"

    return _KnobRow(
        knob.name,
        source.editor.codec.table[knob.name].description,
        knob.unit,
        ends(knob.low, knob.high),
        ends(*knob.reachable) if knob.reachable else "–",
        tuple("–" if rate is None else percent(rate) for rate in knob.hit_rates.values()),
        ", ".join(f"{other} {number(value, 2)}" for other, value in knob.side_effects.items()) or "none",
    )


def _usual_rate(knob: KnobSummary) -> float:
    """How often `edit` as it usually goes meets a request; 1 where nothing was measured."""
    rate = knob.hit_rates.get("path", knob.hit_rates.get("joint"))
    return 1.0 if rate is None else rate


def _example(source: RunSource, knobs: Sequence[KnobSummary]) -> Mapping[str, str]:
    """An edit that the run can do: its most reliable knob at the middle of its range."""
    best = max(knobs, key=_usual_rate)
    middle = (best.low + best.high) / 2
    files = ("picture.png", "edited.png") if isinstance(source.run.codec, PictureCodec) else ("tune.mid", "edited.mid")
    return {"knob": best.name, "value": f"{middle:.3g}", "input": files[0], "output": files[1]}


def _caveats(source: RunSource) -> list[str]:
    if source.dataset is None:
        return [f"This is one run with seed {source.run.recipe.seed}; another seed gives other numbers."]
    nouns = medium_of(source.dataset.codec).nouns
    return caveats(source.run.recipe, source.dataset, source.editor, nouns, source.metrics, source.certificate)
