"""Songs of several tracks in the API."""

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
from latune.control.requests import one_number_each
from latune.control.sample import Sample
from latune.control.songs import PlayedPhrases, edit_song, interpolate_songs, read_phrases
from latune.errors import InputError
from latune.report.song_files import write_phrases

__all__ = ["SongMedium"]

Tokens = NDArray[np.uint8]


@dataclass(frozen=True)
class SongMedium:
    """A run on songs."""

    editor: Editor

    def items(self, x: Source) -> Tokens:
        """Phrases as tokens (P, 256, 4)."""
        source = self._source(x)
        return read_phrases(source).tokens if isinstance(source, Path) else source.tokens

    def measured(self, x: Source) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Attributes of every phrase."""
        return self.editor.codec.table.names, self.editor.codec.measure(self.items(x))

    def shown(self, items: Tokens) -> Tokens:
        """Tokens."""
        return items

    def edit(self, x: Source, targets: Mapping[str, float | list[float]], options: EditOptions) -> Result:
        """Turn knobs in every phrase."""
        edited = edit_song(self.editor, self._source(x), one_number_each(targets), **options.without_track())
        told = {"before": edited.before, "answers": edited.answers}
        return self._result(edited.phrases, edited.after, compare=True, **told)

    def sampled(self, sample: Sample, targets: Mapping[str, float]) -> Result:
        """Not of songs: these are drawn from the prior, see `phrases`."""
        raise InputError("Phrases of songs are drawn from the prior: leave out the knobs, and edit them.")

    def phrases(self, phrases: PlayedPhrases) -> Result:
        """New phrases that were drawn from the prior."""
        return self._result(phrases, self.editor.codec.measure(phrases.tokens))

    def interpolate(self, a: Source, b: Source, steps: int, way: CodePath) -> Result:
        """Phrases between those of two songs: all steps of the first one, then of the second one, and so on."""
        made = interpolate_songs(self.editor, self._source(a), self._source(b), steps, way)
        values = np.swapaxes(made.steps.values, 0, 1).reshape(-1, made.steps.values.shape[-1])
        return self._result(made.phrases, values)

    def _source(self, x: Source) -> Path | PlayedPhrases:
        path = as_path(x)
        if path is not None:
            return path
        if isinstance(x, PlayedPhrases):
            return x
        shape, tokens = self.editor.codec.item_shape, np.asarray(x)
        tokens = tokens[None] if tokens.shape == shape else tokens
        if tokens.shape[1:] != shape or not np.issubdtype(tokens.dtype, np.integer):
            raise InputError(f"Expected a MIDI file or tokens of shape (P, 256, 4), got shape {tokens.shape}.")
        return PlayedPhrases(tokens.astype(np.uint8))

    def _result(
        self, phrases: PlayedPhrases, values: NDArray[np.float64], compare: bool = False, **told: Any
    ) -> Result:
        return Result(
            phrases.tokens,
            self.editor.codec.table.names,
            values,
            self.editor.knobs.ranges,
            lambda path: write_phrases(phrases, path, compare=compare),
            remarks=phrases.remarks,
            source=phrases,
            **told,
        )
