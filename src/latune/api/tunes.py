"""Tunes in the API: runs on measures and on phrases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.api.medium import EditOptions, Source, as_path
from latune.api.result import Result
from latune.control.editor import Editor
from latune.control.interpolate import Way as CodePath
from latune.control.interpolate import interpolate_tunes
from latune.control.requests import answers
from latune.control.sample import Sample, sampled_tune
from latune.control.tunes import edit_tune, fit_pitches
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.errors import InputError
from latune.music.measure import transposed
from latune.music.score import read_tune, write_tune
from latune.music.tune import Tune, tune_from_ticks

__all__ = ["TuneMedium"]

Ticks = NDArray[np.int16]


@dataclass(frozen=True)
class TuneMedium:
    """A run on measures or phrases."""

    editor: Editor

    @property
    def measures(self) -> MeasureCodec:
        """What its measures are."""
        codec = self.editor.codec
        if isinstance(codec, PhraseCodec):
            return codec.measure_codec
        assert isinstance(codec, MeasureCodec)
        return codec

    def items(self, x: Source) -> NDArray[np.uint8]:
        """Written measures as tokens, one item each; or phrases one after the other, the last one ending with the tune.

        Pitches are moved into the run's range where they lie outside; a tune shorter than a phrase is repeated.
        """
        tokens, codec = self._tokens(x), self.editor.codec
        if not isinstance(codec, PhraseCodec):
            return tokens
        if len(tokens) < codec.measures:
            tokens = np.resize(tokens, (codec.measures, tokens.shape[1]))
        starts = np.minimum(np.arange(0, len(tokens), codec.measures), len(tokens) - codec.measures)
        return tokens[starts[:, None] + np.arange(codec.measures)]

    def measured(self, x: Source) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Attributes of every written measure."""
        return self.measures.table.names, self.measures.measure(self._tokens(x))

    def shown(self, items: NDArray[np.uint8]) -> Ticks:
        """Ticks (..., T)."""
        return self.measures.vocabulary.ticks_from_tokens(items)

    def edit(self, x: Source, targets: Mapping[str, float | list[float]], options: EditOptions) -> Result:
        """Turn knobs in every written measure or phrase."""
        source = self._source(x)
        edited = edit_tune(self.editor, source, targets, track=options.track, **options.without_track())
        told = {"before": edited.before, "answers": edited.answers, "remarks": edited.remarks}
        return self._result(edited.tune, edited.after, **told)

    def sampled(self, sample: Sample, targets: Mapping[str, float]) -> Result:
        """New measures, one after the other."""
        names = self.editor.codec.table.names
        found = tuple(answers(names, sample.values, sample.values, targets, ()))
        return self._result(sampled_tune(self.editor, sample), sample.values, answers=found, remarks=sample.remarks)

    def interpolate(self, a: Source, b: Source, steps: int, way: CodePath) -> Result:
        """Versions of a tune between two others, one after the other, and the values of all measures of each."""
        made = interpolate_tunes(self.editor, self._source(a), self._source(b), steps, way)
        values = made.steps.values.reshape(-1, made.steps.values.shape[-1])
        return self._result(made.tune, values, remarks=made.remarks)

    def _source(self, x: Source) -> Path | Tune:
        return as_path(x) or self._tune(x)

    def _tune(self, x: Source) -> Tune:
        """A tune, a file, or ticks (M, T) or (T,)."""
        path = as_path(x)
        if path is not None:
            return read_tune(path)
        if isinstance(x, Tune):
            return x
        metre, ticks = self.measures.metre, np.atleast_2d(np.asarray(x))
        if ticks.ndim != 2 or ticks.shape[1] != metre.ticks or not np.issubdtype(ticks.dtype, np.integer):
            raise InputError(
                f"Expected a file, a tune, or ticks as whole numbers of shape (M, {metre.ticks}), got"
                f" {ticks.dtype} of shape {ticks.shape}."
            )
        return tune_from_ticks(ticks, metre=metre)

    def _tokens(self, x: Source) -> NDArray[np.uint8]:
        tune, codec = self._tune(x), self.measures
        if not tune.metre.has_grid_of(codec.metre):
            raise InputError(f"The tune is in {tune.metre.name}: this run was trained on {codec.metre.name}.")
        shift = fit_pitches(tune.ticks, codec.vocabulary, "The tune")
        return codec.vocabulary.tokens_from_ticks(transposed(tune.ticks, shift))

    def _result(self, tune: Tune, values: NDArray[np.float64], **told: Any) -> Result:
        return Result(
            tune.ticks,
            self.measures.table.names,
            values,
            self.editor.knobs.ranges,
            lambda path: write_tune(tune, path),
            source=tune,
            **told,
        )
