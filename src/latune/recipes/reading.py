"""Files of plain values: YAML read, single keys changed by dotted name, mistakes said in one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from latune.errors import RecipeError

__all__ = ["hint", "meant", "parse_override", "read_yaml", "set_key", "validated"]

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> dict[str, Any]:
    """The content of a YAML file.

    Raises:
        RecipeError: It cannot be read, or is no mapping.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise RecipeError(f"{path} cannot be read as YAML: {reason}") from error
    except RecursionError as error:
        raise RecipeError(f"{path} cannot be read as YAML: lists or blocks are nested too deeply.") from error
    if not isinstance(values, dict):
        raise RecipeError(f"{path}: expected a mapping of keys to values, got {type(values).__name__}.")
    return values


def parse_override(override: str) -> tuple[str, Any]:
    """Name and value of a key that is given as text.

    Args:
        override: Such as "training.steps=200"; the value is read as YAML.

    Raises:
        RecipeError: It is not of this form.
    """
    name, separator, text = override.partition("=")
    if not separator or not name:
        raise RecipeError(f"--set {override}: expected NAME=VALUE, such as training.steps=200.")
    try:
        return name, yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise RecipeError(f"--set {override}: the value is not YAML.") from error


def set_key(values: dict[str, Any], name: str, value: Any, source: str) -> None:
    """Set one key by its dotted name.

    Args:
        values: Changed in place.
        name: Such as "training.steps".
        value: Of the key.
        source: Who asks for it, for messages.

    Raises:
        RecipeError: A block of the name is a single value.
    """
    *blocks, key = name.split(".")
    target = values
    for block in blocks:
        target = target.setdefault(block, {})
        if not isinstance(target, dict):
            raise RecipeError(f"{source}: '{block}' is a single value, not a block.")
    target[key] = value


def validated(model: type[Model], values: dict[str, Any], source: str) -> Model:
    """Check plain values.

    Args:
        model: What they shall be.
        values: The content of a file.
        source: Where it comes from, for messages.

    Raises:
        RecipeError: A key or value is wrong.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RecipeError(_sentence(error.errors()[0], source, model)) from error


def hint(wrong: str, known: Sequence[str], otherwise: str, cutoff: float = 0.6) -> str:
    """What was probably meant: "did you mean ...?", or the text `otherwise` where nothing is near."""
    nearest = difflib.get_close_matches(wrong, known, n=1, cutoff=cutoff)
    return f"did you mean '{nearest[0]}'?" if nearest else otherwise


def meant(wrong: str, known: Sequence[str]) -> str:
    """What was probably meant, in brackets behind a wrong name; nothing where nothing is near."""
    nearest = difflib.get_close_matches(wrong, known, n=1)
    return f" (did you mean '{nearest[0]}'?)" if nearest else ""


def _sentence(problem: ErrorDetails, source: str, root: type[BaseModel]) -> str:
    """One validation problem in words."""
    location = [str(part) for part in problem["loc"]]
    field = ".".join(_without_tags(location))
    if problem["type"] == "extra_forbidden":
        valid = _keys_beside(location, root)
        guess = hint(location[-1], valid, f"expected one of {', '.join(valid)}.", cutoff=0.5)
        return f"{source}: unknown key '{field}': {guess}"
    if problem["type"] == "missing":
        return f"{source}: the key '{field}' is missing."
    if problem["type"] == "union_tag_invalid":
        context = problem["ctx"]
        return f"{source}: {field}.name: expected one of {context['expected_tags']}, got '{context['tag']}'."
    message = problem["msg"].removeprefix("Value error, ").replace("a valid tuple", "a list")
    got = "" if isinstance(problem["input"], dict) else f", got {problem['input']!r}"  # a whole block says nothing
    return f"{source}: {field or root.__name__.lower()}: {message[0].lower()}{message[1:]}{got}."


def _without_tags(location: list[str]) -> list[str]:
    """Drop what pydantic adds: the chosen variant behind `model` and `method`, a union's branch behind gamma, delta."""
    tagged = len(location) > 1 and location[0] in ("model", "method")
    location = [part for part in location if not part.startswith(("constrained-", "dict["))]
    return [location[0], *location[2:]] if tagged else location


def _keys_beside(location: list[str], root: type[BaseModel]) -> list[str]:
    """Valid keys of the block that holds an unknown key."""
    block = root
    path = [part for part in location[:-1] if not part.isdecimal()]  # the place in a list says nothing of the keys
    while path:
        variants = _models_in(block.model_fields[path.pop(0)].annotation)
        if len(variants) > 1:  # `model` and `method`: the next part is the tag of the chosen variant
            tag = path.pop(0)
            variants = [variant for variant in variants if tag in get_args(variant.model_fields["name"].annotation)]
        block = variants[0]
    return list(block.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The block types that a field's annotation allows, alone or as elements of a list."""
    options = (*getattr(annotation, "__args__", ()), annotation)
    return [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
