"""Plugins: Python files in which users write attributes of their own.

A plugin holds functions from items to numbers, and a list `attributes` of `Attribute`s that name them. It is run like
any Python program: only files that somebody named in this very command or call are ever loaded.
"""

from __future__ import annotations

import hashlib
import math
import re
import runpy
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, Measure
from latune.errors import InputError

__all__ = ["Plugin", "load_plugin", "load_plugins", "own_attributes"]

LARGEST = float(np.finfo(np.float32).max)  # attributes are kept in 32 bits


@dataclass(frozen=True)
class Plugin:
    """A file of own attributes, loaded.

    Args:
        file: Where it is.
        checksum: SHA-256 of its content, hexadecimal.
        attributes: What it registers; their functions check what they return.
    """

    file: Path
    checksum: str
    attributes: tuple[Attribute, ...]

    def to_dict(self) -> dict[str, Any]:
        """What a run records of it."""
        names = [attribute.name for attribute in self.attributes]
        return {"file": self.file.name, "sha256": self.checksum, "attributes": names}


def own_attributes(plugins: Sequence[Plugin]) -> tuple[Attribute, ...]:
    """The attributes of all plugins, in order."""
    return tuple(attribute for plugin in plugins for attribute in plugin.attributes)


def load_plugins(files: Sequence[Path]) -> tuple[Plugin, ...]:
    """Run several plugins.

    Raises:
        InputError: As for `load_plugin`, or two of them register the same name.
    """
    plugins = tuple(load_plugin(file) for file in files)
    first: dict[str, Path] = {}
    for plugin in plugins:
        for attribute in plugin.attributes:
            if attribute.name in first:
                raise InputError(f"{plugin.file}: attribute '{attribute.name}' is also in {first[attribute.name]}.")
            first[attribute.name] = plugin.file
    return plugins


def load_plugin(file: Path) -> Plugin:
    """Run a Python file and take the list `attributes` that it leaves.

    The first line of a function's docstring describes its attribute where the attribute has no description.

    Raises:
        InputError: The file is missing, fails when it is run, or registers nothing or something wrong.
    """
    if file.suffix != ".py":
        raise InputError(f"{file}: expected a Python file, whose name ends in .py.")
    try:
        checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error
    content = _run(file)
    if "attributes" not in content:
        raise InputError(f"{file} registers nothing: expected a list, attributes = [Attribute(...), ...].")
    registered = content["attributes"]
    if not isinstance(registered, list | tuple) or not registered:
        raise InputError(f"{file}: attributes: expected a list of one or more Attribute(...), got {registered!r}.")
    names = []
    for attribute in registered:
        _check(file, attribute)
        if attribute.name in names:
            raise InputError(f"{file}: attribute '{attribute.name}' is registered twice.")
        names.append(attribute.name)
    return Plugin(file, checksum, tuple(_checking(file, attribute) for attribute in registered))


def _run(file: Path) -> dict[str, Any]:
    try:
        return runpy.run_path(str(file), run_name=f"latune_plugin_{file.stem}")
    except (Exception, SystemExit) as error:  # somebody else's code can fail in any way
        raise InputError(f"{_place(file, error)}: {_reason(error)}.") from error


def _check(file: Path, attribute: object) -> None:
    """Refuse what is not a complete attribute."""
    if not isinstance(attribute, Attribute):
        raise InputError(f"{file}: attributes: expected Attribute(...), got {attribute!r}.")
    name, ends = attribute.name, (attribute.low, attribute.high)
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        raise InputError(f"{file}: expected an attribute's name of letters, digits and underscores, got {name!r}.")
    where = f"{file}: attribute '{name}'"
    if not isinstance(attribute.unit, str):
        raise InputError(f"{where}: unit: expected words, such as 'notes', got {attribute.unit!r}.")
    if not all(isinstance(end, int | float) and math.isfinite(end) for end in ends) or ends[0] >= ends[1]:
        raise InputError(f"{where}: expected numbers low < high, got {ends[0]!r} and {ends[1]!r}.")
    if not callable(attribute.measure):
        raise InputError(f"{where}: measure: expected a function from items to numbers, got {attribute.measure!r}.")


def _checking(file: Path, attribute: Attribute) -> Attribute:
    """The attribute with a description, and with a function that checks what the user's returns."""
    function = attribute.measure
    assert function is not None
    lines = (getattr(function, "__doc__", None) or "").strip().splitlines()
    measure = _CheckedMeasure(file, attribute.name, function)
    return replace(attribute, description=attribute.description or (lines[0] if lines else ""), measure=measure)


@dataclass(frozen=True)
class _CheckedMeasure:
    """A user's function, held to what a measuring function promises.

    Args:
        file: The plugin.
        name: The attribute.
        function: From items (N, ...), which it may not change, to values (N,).
    """

    file: Path
    name: str
    function: Measure

    def __call__(self, items: NDArray[np.int16]) -> NDArray[np.float64]:
        """Values (N,) of items (N, ...); not a number where an item lacks the attribute.

        Raises:
            InputError: The function fails, or returns something else than N numbers that 32 bits can hold.
        """
        shown = items.view()
        shown.flags.writeable = False
        try:
            values = np.asarray(self.function(shown))
        except Exception as error:
            raise InputError(
                f"{_place(self.file, error)}: attribute '{self.name}' failed on items of shape {items.shape}:"
                f" {_reason(error)}."
            ) from error
        where, expected = f"{self.file}: attribute '{self.name}'", (len(items),)
        if values.dtype.kind not in "biuf":
            got = "nothing (is a return missing?)" if values.dtype == object and values.shape == () else values.dtype
            raise InputError(f"{where}: expected an array of numbers of shape {expected}, got {got}.")
        if values.shape != expected:
            raise InputError(f"{where}: expected one number per item, shape {expected}, got shape {values.shape}.")
        if (np.abs(values) > LARGEST).any():
            raise InputError(f"{where}: expected finite numbers, got {values[np.abs(values) > LARGEST][0]}.")
        return values.astype(np.float64)


def _place(file: Path, error: BaseException) -> str:
    """The file, with the line of it where an error arose."""
    if isinstance(error, SyntaxError):
        line = error.lineno
    else:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = lines[-1] if lines else None
    return f"{file}, line {line}" if line else str(file)


def _reason(error: BaseException) -> str:
    """Kind and first line of an error."""
    lines = str(error.msg if isinstance(error, SyntaxError) else error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__
