"""The editor: a trained run with its knobs, as functions over items."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latune.control.attribute_reader import ensure_attribute_reader, measuring_codec
from latune.control.directions import Directions, file_name
from latune.control.inference import Codes, Items, decode_items, encode_means
from latune.control.knobs import Knobs, Movement, calibrate, knobs_from_dict
from latune.control.search import Found, Tools, search, search_each, search_path, search_path_each
from latune.data.codecs import Codec
from latune.data.dataset import Dataset
from latune.data.phrase_codec import PhraseCodec
from latune.errors import RunError
from latune.models.latent_model import LatentModel
from latune.plugins import Plugin
from latune.training.run_folder import Run, open_run, write_json

__all__ = ["Edit", "Editor", "Way", "calibrate_run", "open_editor"]

Values = NDArray[np.float64]
Way = Literal["alone", "joint", "path", "exact"]
"""How a request is met. By calibration, in one decoding: the knob "alone", or "joint"ly with what goes with it. By
measuring: at the best place of the joint "path", or wherever a search finds the "exact" value."""

GAINS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)  # tried for each knob
CALIBRATION_ITEMS = 65_536  # at most so many training items are encoded for the curves
GAIN_ITEMS = 256  # training items that they are tried on
GAIN_LEVELS = np.linspace(0.05, 0.95, 9)  # quantiles of the requested values


@dataclass(frozen=True)
class Edit:
    """The result of turning knobs.

    Args:
        items: Changed items, (N, T).
        codes: Their codes, (N, D).
        values: All attributes measured on them, (N, A).
    """

    items: NDArray[np.uint8]
    codes: Codes
    values: Values


@dataclass(frozen=True)
class Editor:
    """A model with knobs.

    Args:
        model: Trained latent model, in evaluation mode.
        codec: What its items are.
        knobs: Calibrated on its training codes.
    """

    model: LatentModel
    codec: Codec
    knobs: Knobs

    def encode(self, items: Items) -> Codes:
        """Means of the codes of items (N, T): (N, D)."""
        return encode_means(self.model, items)

    def decode(self, codes: Codes) -> NDArray[np.uint8]:
        """Most likely items of codes (..., D): (..., T)."""
        return decode_items(self.model, codes)

    def turn(
        self,
        items: Items,
        targets: Mapping[str, Values | float],
        held: Sequence[str] = (),
        movement: Movement = "joint",
    ) -> Edit:
        """Set knobs to values by their calibration alone: one movement, one decoding.

        Args:
            items: Items (N, T).
            targets: Wanted value per attribute, in its unit: a number, or one per item (N,).
            held: Knobs that stay where they are while others follow.
            movement: "joint" (the other dimensions follow as in real items) or "alone".
        """
        codes = self.move(self.encode(items), targets, held, movement)
        return self._edit(self.decode(codes), codes)

    def move(
        self,
        codes: Codes,
        targets: Mapping[str, Values | float],
        held: Sequence[str] = (),
        movement: Movement = "joint",
    ) -> Codes:
        """Codes (N, D) moved to where the calibration expects the values; arguments as for `turn`."""
        wanted = {}
        for name, value in targets.items():
            knob = self.knobs[name]
            here, gain = self.knobs.code(codes, name), knob.gain if movement == "joint" else 1.0
            wanted[name] = here + gain * (knob.code_of(value) - here)
        return self.knobs.move(codes, wanted, held, movement)

    def turned_values(self, codes: Codes, name: str, target: float) -> Values:
        """Values (N,) measured after a knob was set as by `turn`; not a number where nothing is left to measure."""
        decoded = self.decode(self.move(codes, {name: target}))
        return np.where(self.codec.empty(decoded), np.nan, self.codec.measure(decoded, [name])[:, 0])

    def turn_along_path(self, items: Items, targets: Mapping[str, Values | float], held: Sequence[str] = ()) -> Edit:
        """The joint movement that comes closest: positions along its path are decoded and measured, the best is taken.

        Args:
            items: Items (N, T).
            targets: As for `turn`.
            held: Attributes whose measured value stays; those with knobs do not move.
        """
        return self._found(search_path(items, self.encode(items), _per_item(targets, items), held, self._tools))

    def turn_exactly(
        self, items: Items, targets: Mapping[str, Values | float], held: Sequence[str] = (), seed: int = 0
    ) -> Edit:
        """Search for codes, on the path or off it, whose decoded and measured items have the values.

        Args:
            items: Items (N, T).
            targets: As for `turn`.
            held: Attributes, knobs or not, whose measured value stays.
            seed: Seed of the search.
        """
        return self._found(search(items, self.encode(items), _per_item(targets, items), held, self._tools, seed))

    def turn_by(
        self,
        way: Way,
        items: Items,
        targets: Mapping[str, Values | float],
        held: Sequence[str] = (),
        seed: int = 0,
    ) -> Edit:
        """Set knobs in one of the four ways.

        Args:
            way: "alone" or "joint" (`turn`), "path" (`turn_along_path`) or "exact" (`turn_exactly`).
            items: Items (N, T).
            targets: As for `turn`.
            held: Attributes that keep their value.
            seed: Seed of the search of "exact".
        """
        if way == "exact":
            return self.turn_exactly(items, targets, held, seed)
        if way == "path":
            return self.turn_along_path(items, targets, held)
        return self.turn(items, targets, held, way)

    def turn_each(self, way: Way, items: Items, name: str, values: Sequence[float], seed: int = 0) -> list[Edit]:
        """`turn_by` for each of several values of one knob, at little more cost than for one.

        Args:
            way: One of the four ways.
            items: Items (N, T).
            name: The knob.
            values: What is wanted of all items, one value after the other.
            seed: Seed of the search of "exact".
        """
        codes = self.encode(items)
        if way == "exact":
            return [self._found(found) for found in search_each(items, codes, name, values, self._tools, seed)]
        if way == "path":
            return [self._found(found) for found in search_path_each(items, codes, name, values, self._tools)]
        moved = [self.move(codes, {name: value}, movement=way) for value in values]
        return [self._edit(self.decode(one), one) for one in moved]

    @property
    def _tools(self) -> Tools:
        return Tools(self.knobs, self.decode, self.codec.measure, self.codec.similarity, self.codec.empty)

    def _found(self, found: Found) -> Edit:
        return self._edit(found.items, found.codes)

    def _edit(self, items: NDArray[np.uint8], codes: Codes) -> Edit:
        return Edit(items, codes, self.codec.measure(items))


def _per_item(targets: Mapping[str, Values | float], items: Items) -> dict[str, Values]:
    return {name: np.broadcast_to(np.asarray(value, float), len(items)) for name, value in targets.items()}


def calibrate_run(
    run: Run,
    dataset: Dataset,
    report: Callable[[int, int], None] | None = None,
    directions: Directions = "dimension",
) -> Knobs:
    """Calibrate a trained run's knobs on its training split and write `knobs.json`.

    Regularised attributes keep their dimension; others take the best-correlated one. Knobs along other directions are
    written to a file of their own, such as `knobs-ridge_inverse.json`, and tie nothing. Where nothing measures the
    attributes of decoded items, a reader is trained first.

    Args:
        run: A run with weights.
        dataset: The data set it was trained on.
        report: Told the progress of training a reader.
        directions: What knobs are; see `latune.control.directions`.

    Raises:
        InputError: An attribute is the same for nearly all items, or codes say nothing about it that the directions
            could follow.
    """
    ensure_attribute_reader(run, dataset, report)
    names = run.recipe.knob_names(dataset.table.names)
    indices, generator = dataset.split("train"), np.random.default_rng(run.recipe.seed)
    if len(indices) > CALIBRATION_ITEMS:
        indices = np.sort(generator.choice(indices, CALIBRATION_ITEMS, replace=False))
    model = run.load_model()
    codes = encode_means(model, np.asarray(dataset.items[indices]))
    tied = {name: dimension for dimension, name in enumerate(run.recipe.regularised)}
    classes = None if dataset.classes is None else np.asarray(dataset.classes[indices])
    values, joint = dataset.attributes[indices], run.recipe.joint
    knobs = calibrate(codes, values, dataset.table, names, tied, directions, joint, classes)
    # A phrase has as many knobs more as it has measures, and takes as much longer to decode.
    count = GAIN_ITEMS // run.codec.measures if isinstance(run.codec, PhraseCodec) else GAIN_ITEMS
    chosen = generator.permutation(indices)[:count]
    knobs = _with_gains(Editor(model, measuring_codec(run), knobs), np.asarray(dataset.items[np.sort(chosen)]))
    path = run.folder / file_name("knobs", directions)
    if path.is_file() and run.read_json(path.name) != json.loads(json.dumps(knobs.to_dict())):
        (run.folder / file_name("certificate", directions)).unlink(missing_ok=True)  # it was about other knobs
    write_json(path, knobs.to_dict())
    return knobs


def _with_gains(editor: Editor, items: Items) -> Knobs:
    """Choose each knob's gain: the one whose decoded items come closest to what is requested."""
    tuned = []
    for knob in editor.knobs.knobs:
        own = editor.codec.measure(items, [knob.name])[:, 0]
        having = items[np.isfinite(own)]  # some items may lack the attribute
        if len(having) == 0:
            tuned.append(knob)
            continue
        requests = np.unique(np.quantile(own[np.isfinite(own)], GAIN_LEVELS, method="nearest"))
        codes, errors = editor.encode(having), []
        for gain in GAINS:
            trial = replace(editor, knobs=editor.knobs.changed(replace(knob, gain=gain)))
            results = [trial.turned_values(codes, knob.name, request) for request in requests]
            missed = np.abs(np.stack(results) - requests[:, None])
            errors.append(np.where(np.isfinite(missed), missed, knob.span).mean())
        tuned.append(replace(knob, gain=GAINS[int(np.argmin(errors))]))
    return replace(editor.knobs, knobs=tuple(tuned))


def open_editor(folder: Path, plugins: Sequence[Plugin] = (), directions: Directions = "dimension") -> Editor:
    """Open a trained run for editing.

    Args:
        folder: The run folder.
        plugins: Where the user's own attributes come from, see `latune.plugins.load_plugins`; needed where the run was
            trained with such.
        directions: Which knobs; those along other directions than dimensions are made by `calibrate_run`.

    Raises:
        RunError: It is not a run folder, it has no weights or no such knobs yet, or it needs a plugin that was not
            given.
        InputError: An attribute of a plugin has the name of another one.
    """
    run = open_run(folder, plugins)
    name = file_name("knobs", directions)
    if not (folder / name).is_file():
        if directions != "dimension":
            raise RunError(f"{folder} has no {name} yet: see latune evaluate {folder} --directions {directions}.")
        raise RunError(f"{folder} has no knobs yet: go on with latune train --resume --out {folder}.")
    content: dict[str, Any] = run.read_json(name)
    return Editor(run.load_model(), measuring_codec(run), knobs_from_dict(content, folder / name))
