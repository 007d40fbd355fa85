"""A trained run as an object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.api.arrays import ArrayMedium
from latune.api.medium import EditOptions, Medium, Source, Target
from latune.api.pictures import PictureMedium
from latune.api.result import Result
from latune.api.songs import SongMedium
from latune.api.tunes import TuneMedium
from latune.control.editor import Editor, Way
from latune.control.genres import open_genres
from latune.control.inference import Codes
from latune.control.interpolate import Way as CodePath
from latune.control.requests import one_number_each
from latune.control.sample import CodeDistribution, SampleRequest, codes_from_dict, sample_items
from latune.control.songs import sample_phrases
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.errors import InputError, RunError
from latune.export.card import model_card
from latune.export.hub import CODES
from latune.export.source import RunSource, prepared_data
from latune.export.summary import KnobSummary, knob_summaries
from latune.plugins import Plugin
from latune.training.run_folder import Run

__all__ = ["Model"]


@dataclass(frozen=True, repr=False)
class Model:
    """A run with knobs; `latune.load` makes it.

    What is given to it (`x`) is a file, an array, or an object that such a file was read into:

    - pictures: PNG, JPEG, npz or IDX; arrays (H, W), (H, W, 3), (N, H, W) or (N, C, H, W) as bytes, booleans or numbers
      from 0 to 1;
    - tunes: MIDI, MusicXML, ABC or kern; ticks (M, T); a `latune.music.tune.Tune`;
    - songs: MIDI; tokens (P, 256, 4).

    Args:
        run: The run.
        editor: It opened for editing.
        plugins: Where the user's own attributes come from.
    """

    run: Run
    editor: Editor
    plugins: tuple[Plugin, ...] = ()

    @property
    def knobs(self) -> tuple[KnobSummary, ...]:
        """The knobs, with what the certificate says of them where there is one."""
        return knob_summaries(self.editor.knobs, self._source(data=False).certificate)

    def attributes(self, x: Source) -> dict[str, NDArray[np.float64]]:
        """Every attribute measured on each picture, phrase or written measure, (n,); not a number where one lacks it.

        Raises:
            InputError: It cannot be read, or is of another kind.
        """
        names, values = self._medium.measured(x)
        return dict(zip(names, values.T, strict=True))

    def encode(self, x: Source) -> Codes:
        """Codes (N, D) of pictures, measures or phrases: the means of q(z|x).

        Raises:
            InputError: It cannot be read, or is of another kind.
        """
        return self.editor.encode(self._medium.items(x))

    def decode(self, codes: NDArray[Any]) -> NDArray[Any]:
        """The most likely items of codes (..., D), in the form of arrays that are given.

        Raises:
            InputError: The codes have another number of dimensions.
        """
        array = np.asarray(codes, np.float32)
        if array.ndim == 0 or array.shape[-1] != self.editor.model.latent_size:
            raise InputError(f"Expected codes of shape (N, {self.editor.model.latent_size}), got {array.shape}.")
        return self._medium.shown(self.editor.decode(array))

    def edit(
        self,
        x: Source,
        *,
        hold: str | Sequence[str] = (),
        way: Way = "path",
        nearest: bool = False,
        seed: int = 0,
        track: str | None = None,
        **values: Target,
    ) -> Result:
        """Turn knobs in every picture, measure or phrase, as `latune edit` does.

        Args:
            x: What to change, see the class.
            hold: Attributes that keep their value.
            way: "path" measures along the joint movement and takes the best place, "exact" searches on from there;
                "joint" and "alone" trust the calibration and decode once.
            nearest: Take what comes closest, instead of refusing, where a request cannot be met.
            seed: Seed of the search of "exact".
            track: Number or name of a tune's melody track.
            values: Wanted value per knob, in its own unit; of runs on phrases one per measure is possible.

        Raises:
            InputError: A name is unknown, a value cannot be reached, or `x` does not fit the run.
        """
        if way not in ("path", "exact", "joint", "alone"):
            raise InputError(f"way='{way}': expected path, exact, joint or alone.")
        if not values:
            raise InputError(f"Expected a value for at least one knob: {', '.join(self.editor.knobs.names)}.")
        held = (hold,) if isinstance(hold, str) else tuple(hold)
        return self._medium.edit(x, _numbers(values), EditOptions(held, way, nearest, seed, track))

    def sample(
        self,
        n: int = 8,
        *,
        exact: bool = False,
        temperature: float | None = None,
        top_p: float = 1.0,
        seed: int = 0,
        **values: Target,
    ) -> Result:
        """Make new items, with knobs set or not, as `latune sample` does; those of songs without knobs, from the prior.

        Args:
            n: How many.
            exact: Search around each item for one whose measured values are the wanted ones.
            temperature: Draw tokens with it; default: the most likely ones. Music only.
            top_p: Draw only from the most likely tokens of this joint probability.
            seed: Seed of all draws.
            values: Wanted value per knob, in its own unit.

        Raises:
            InputError: A name is unknown, a number is out of range, or the run cannot be sampled.
            RunError: Neither the run nor this machine knows where its codes lie.
        """
        medium, targets = self._medium, one_number_each(_numbers(values))
        if isinstance(medium, SongMedium):
            if targets or exact:
                raise InputError("Phrases of songs are drawn from the prior: leave out knobs and exact, and edit them.")
            genres = open_genres(self.run, self.editor.model.latent_size)
            drawn = sample_phrases(self.editor, genres, n, temperature=temperature, top_p=top_p, seed=seed)
            return medium.phrases(drawn)
        request = SampleRequest(targets, n, exact, temperature, top_p, seed)
        request.check(self.editor)
        return medium.sampled(sample_items(self.editor, self._codes(), request), targets)

    def interpolate(self, a: Source, b: Source, steps: int = 9, way: CodePath = "linear") -> Result:
        """Go from one tune, picture or song to another, as `latune interpolate` does; both ends are among the steps.

        Raises:
            InputError: One cannot be read or is of another kind, or the number of steps is out of range.
        """
        return self._medium.interpolate(a, b, steps, way)

    def card(self) -> str:
        """The model card, in Markdown: that of the folder, or one filled from the run."""
        path = self.run.folder / "README.md"
        if path.is_file():
            return path.read_text(encoding="utf-8")
        return model_card(self._source(), None, str(self.run.folder))

    def __repr__(self) -> str:
        head = f"{self.run.recipe.name}, {self.editor.model.latent_size} latent dimensions"
        return "\n".join([head, *(f"  {_line(knob)}" for knob in self.knobs)])

    @property
    def _medium(self) -> Medium:
        codec = self.editor.codec
        if isinstance(codec, PictureCodec):
            return PictureMedium(self.editor, codec)
        if isinstance(codec, MeasureCodec | PhraseCodec):
            return TuneMedium(self.editor)
        if isinstance(codec, SongCodec):
            return SongMedium(self.editor)
        return ArrayMedium(self.editor)

    def _source(self, data: bool = True) -> RunSource:
        return RunSource(self.run, self.editor, self.plugins, prepared_data(self.run, self.plugins) if data else None)

    def _codes(self) -> CodeDistribution:
        """Where codes lie: beside the weights, or fitted to the data."""
        path = self.run.folder / CODES
        if path.is_file():
            return codes_from_dict(self.run.read_json(CODES), path)
        codes = self._source().codes
        if codes is None:
            name = self.run.recipe.data.name
            raise RunError(f"New items need {CODES} in the run's folder or its data: latune data prepare {name}.")
        return codes


def _numbers(values: Mapping[str, Target]) -> dict[str, float | list[float]]:
    """Values as plain numbers.

    Raises:
        InputError: One is something else.
    """
    return {name: _number(name, value) for name, value in values.items()}


def _number(name: str, value: Any) -> float | list[float]:
    numbers = np.asarray(value)
    numeric = np.issubdtype(numbers.dtype, np.number) and not np.iscomplexobj(numbers) and numbers.ndim <= 1
    if not numeric or not np.isfinite(numbers).all():
        raise InputError(f"{name}={value!r}: expected a number.")
    return [float(each) for each in numbers] if numbers.ndim else float(numbers)


def _line(knob: KnobSummary) -> str:
    known = [f"{way} {rate:.0%}" for way, rate in knob.hit_rates.items() if rate is not None]
    hits = f" (hits: {', '.join(known)})" if known else ""
    return f"{knob.name}: {knob.low:.4g} to {knob.high:.4g} {knob.unit}{hits}"
