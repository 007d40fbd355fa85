"""Items measured and edited with a run's own code, as `latune edit` does it, in a worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.api.loading import load_model
from latune.api.model import Model
from latune.control.editor import Edit, Editor, Way
from latune.control.inference import decode_brightness
from latune.control.phrases import edit_ticks, phrase_answers
from latune.control.requests import (
    Answer,
    answers,
    check_names,
    one_number_each,
    refuse_unreachable,
    remarks_on_range,
)
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.errors import InputError
from latune.music.songs.tokens import plain
from latune.studio.reading import MOST_ITEMS

__all__ = ["edit_items", "measure_items", "open_runs"]

Items = NDArray[np.uint8]
Values = NDArray[np.float64]

_OPEN_RUNS = 8  # that a worker keeps at hand
_WAYS = ("path", "exact", "joint", "alone")


@lru_cache(_OPEN_RUNS)
def _opened(folder: str, plugins: tuple[str, ...]) -> Model:
    return load_model(folder, plugins)


def _editor(header: Mapping[str, Any]) -> Editor:
    return _opened(header["folder"], tuple(header["plugins"])).editor


def open_runs(header: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """Open runs before the first request for them.

    Args:
        header: "runs", each with "folder" and "plugins".
        content: Nothing.
    """
    for run in header["runs"][:_OPEN_RUNS]:
        editor = _opened(run["folder"], tuple(run["plugins"])).editor
        # Compiled code and tables of what measures items are loaded with the first ones.
        item = editor.decode(np.zeros((1, editor.model.latent_size), np.float32))
        if editor.codec.measurable:
            editor.codec.measure(item)
    return {}, b""


def measure_items(header: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """Measure items.

    Args:
        header: "folder" and "plugins" of the run.
        content: Items, one byte per element.

    Returns:
        "names" of the attributes and "values" (N, A), null where an item lacks one; no bytes.

    Raises:
        InputError: These are no items of the run.
    """
    editor = _editor(header)
    items = _items(editor, content)
    return {"names": list(editor.codec.table.names), "values": _rows(editor.codec.measure(items))}, b""


def edit_items(header: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """Turn knobs in items, with the result of `latune edit`.

    Args:
        header: "folder" and "plugins" of the run; "targets" by knob, a number, or one per item; "held", "way", "seed";
            and whether the "nearest" is taken where a request cannot be met.
        content: Items, one byte per element.

    Returns:
        "names", "before" and "values" of the attributes, "codes", "answers" and "remarks"; "shown" is the number of
        bytes behind the items that are pictures for the eye. The items, and these.

    Raises:
        InputError: These are no items of the run, a name is unknown, or a request cannot be met.
    """
    editor = _editor(header)
    items, request = _items(editor, content), _Request(header)
    edit, found = _edited(editor, items, request)
    if not request.nearest:
        refuse_unreachable(editor, found, request.way)
    shown = b""
    if isinstance(editor.codec, PictureCodec):
        shown = decode_brightness(editor.model, edit.codes).tobytes()
    told = {
        "names": list(editor.codec.table.names),
        "before": _rows(editor.codec.measure(items)),
        "values": _rows(edit.values),
        "codes": edit.codes.astype(float).tolist(),
        "answers": [_told(editor, answer) for answer in found],
        "remarks": remarks_on_range(editor, request.targets, request.way),
        "shown": len(shown),
    }
    return told, edit.items.tobytes() + shown


class _Request:
    """What is asked of items; everything came from outside and is checked.

    Args:
        header: As of `edit_items`.

    Raises:
        InputError: A part of it is of another kind.
    """

    def __init__(self, header: Mapping[str, Any]) -> None:
        self.way: Way = header.get("way", "path")
        if self.way not in _WAYS:
            raise InputError(f"'way': expected {', '.join(_WAYS)}.")
        self.targets = _targets(header.get("targets"))
        self.held = _names(header.get("held", []))
        self.seed = header.get("seed", 0)
        if type(self.seed) is not int or not 0 <= self.seed < 2**32:
            raise InputError("'seed': expected a whole number from 0.")
        self.nearest = header.get("nearest", True)
        if type(self.nearest) is not bool:
            raise InputError("'nearest': expected true or false.")

    def alone(self) -> dict[str, float] | None:
        """The targets where each is one number for all items."""
        return (
            None if any(isinstance(value, list) for value in self.targets.values()) else one_number_each(self.targets)
        )


def _targets(told: Any) -> dict[str, float | list[float]]:
    if not isinstance(told, dict) or not told:
        raise InputError("'targets': expected a value for at least one knob, by name.")
    targets: dict[str, float | list[float]] = {}
    for name, value in told.items():
        numbers = value if isinstance(value, list) else [value]
        if not numbers or not all(type(one) in (int, float) and abs(one) < float("inf") for one in numbers):
            raise InputError(f"'targets': expected a number for '{name}', or one per item.")
        targets[name] = [float(one) for one in numbers] if isinstance(value, list) else float(value)
    return targets


def _names(told: Any) -> list[str]:
    if not isinstance(told, list) or not all(isinstance(name, str) for name in told):
        raise InputError("'held': expected a list of names.")
    return told


def _items(editor: Editor, content: bytes) -> Items:
    shape, codec = editor.codec.item_shape, editor.codec
    size = int(np.prod(shape))
    if not content or len(content) % size:
        raise InputError(f"'items': expected {size} bytes for each item, got {len(content)} in all.")
    items = np.frombuffer(bytearray(content), np.uint8).reshape(-1, *shape)  # PyTorch wants arrays it may write to
    if len(items) > MOST_ITEMS:
        raise InputError(f"'items': expected at most {MOST_ITEMS}, got {len(items)}.")
    if items.max() >= codec.symbols:
        raise InputError(f"'items': expected bytes from 0 to {codec.symbols - 1}, got {items.max()}.")
    return items


def _edited(editor: Editor, items: Items, request: _Request) -> tuple[Edit, Sequence[Answer]]:
    if isinstance(editor.codec, PhraseCodec):
        return _edited_phrases(editor, editor.codec, items, request)
    check_names(editor, dict.fromkeys(request.targets, 0.0), request.held, request.way)
    if not editor.codec.measurable:
        raise InputError("This run cannot measure decoded pictures: train it anew, so that it learns to read them.")
    wanted = _per_item(request.targets, len(items))
    if isinstance(editor.codec, MeasureCodec):
        edit = _edited_measures(editor, items, wanted, request)
    else:
        edit = editor.turn_by(request.way, items, request.alone() or wanted, request.held, request.seed)
    if isinstance(editor.codec, SongCodec):
        edit = Edit(plain(edit.items), edit.codes, edit.values)
    # A measure without notes stays as it is, and counts for no request.
    counted = ~editor.codec.empty(items) if isinstance(editor.codec, MeasureCodec) else np.ones(len(items), bool)
    before = editor.codec.measure(items[counted])
    found = []
    for answer in answers(
        editor.codec.table.names, before, edit.values[counted], dict.fromkeys(wanted, 0.0), request.held
    ):
        asked = answer.before if answer.held else wanted[answer.name][counted]
        found.append(Answer(answer.name, answer.held, answer.before, answer.after, asked))
    return edit, found


def _per_item(targets: Mapping[str, float | list[float]], count: int) -> dict[str, Values]:
    for name, value in targets.items():
        if isinstance(value, list) and len(value) != count:
            raise InputError(f"'targets': expected {count} numbers for '{name}', one per item, got {len(value)}.")
    return {name: np.broadcast_to(np.asarray(value, float), count) for name, value in targets.items()}


def _edited_measures(editor: Editor, items: Items, wanted: Mapping[str, Values], request: _Request) -> Edit:
    """As in a tune: equal measures of which the same is asked stay equal, those without notes stay as they are."""
    turned = np.flatnonzero(~editor.codec.empty(items))
    if len(turned) == 0:
        raise InputError("Expected notes, got only rests.")
    rows = np.column_stack([items[turned].astype(float), *(values[turned] for values in wanted.values())])
    different, place = np.unique(rows, axis=0, return_inverse=True)
    length = items.shape[1]
    targets = {name: different[:, length + column] for column, name in enumerate(wanted)}
    edit = editor.turn_by(request.way, different[:, :length].astype(np.uint8), targets, request.held, request.seed)
    place = place.ravel()
    result, codes = items.copy(), editor.encode(items)
    result[turned], codes[turned] = edit.items[place], edit.codes[place]
    return Edit(result, codes, editor.codec.measure(result))


def _edited_phrases(
    editor: Editor, codec: PhraseCodec, items: Items, request: _Request
) -> tuple[Edit, Sequence[Answer]]:
    """The phrases as one tune: a name such as "note_density_3" is for the third of all measures."""
    ticks = codec.ticks(items.reshape(-1, items.shape[-1]))
    changed = edit_ticks(editor, ticks, request.targets, request.held, request.way, request.seed)
    found = phrase_answers(codec, ticks, changed, request.targets, request.held)
    made = codec.measure_codec.vocabulary.tokens_from_ticks(changed).reshape(items.shape)
    return Edit(made, editor.encode(made), codec.measure(made)), found


def _told(editor: Editor, answer: Answer) -> dict[str, Any]:
    """What became of one request."""
    low, high = editor.knobs.ranges[answer.name]
    hits = {"within_10_percent": answer.hits(high - low), "count": len(answer.after)}
    return {"name": answer.name, "held": answer.held, **hits}


def _rows(values: Values) -> list[list[float | None]]:
    return [[value if np.isfinite(value) else None for value in row] for row in values.tolist()]
