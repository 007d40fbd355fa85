"""Reading recipes: shipped ones by name, own ones by path, single keys changed by dotted name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from latune.errors import RecipeError
from latune.recipes.recipe import Recipe

__all__ = ["list_recipes", "load_recipe", "recipe_from_dict"]

SHIPPED = Path(__file__).parent


def list_recipes() -> list[str]:
    """Names of the recipes that come with latune, such as "chorales/ar-vae"."""
    return sorted(path.relative_to(SHIPPED).with_suffix("").as_posix() for path in SHIPPED.glob("*/*.yaml"))


def load_recipe(name: str, overrides: Sequence[str] = (), seed: int | None = None) -> Recipe:
    """Read a recipe and check it.

    Args:
        name: A shipped name or the path of a YAML file.
        overrides: Changes such as "training.steps=200"; the value is read as YAML.
        seed: Replaces the recipe's seed.

    Raises:
        RecipeError: There is no such recipe, it is not YAML, or a key or value is wrong; one sentence.
    """
    path = _find(name)
    values = _read_yaml(path)
    for override in overrides:
        _apply(values, override)
    if seed is not None:
        values["seed"] = seed
    return recipe_from_dict(values, name)


def recipe_from_dict(values: dict[str, Any], source: str) -> Recipe:
    """Check a recipe given as plain values.

    Args:
        values: The content of a recipe file.
        source: Where it comes from, for messages.

    Raises:
        RecipeError: A key or value is wrong.
    """
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError(_sentence(error.errors()[0], source)) from error


def _find(name: str) -> Path:
    shipped = SHIPPED / f"{name}.yaml"
    for path in (Path(name), shipped):
        if path.is_file():
            return path
    known = list_recipes()
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"expected a YAML file or one of {', '.join(known)}."
    raise RecipeError(f"There is no recipe '{name}': {hint}")


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise RecipeError(f"{path} cannot be read as YAML: {reason}") from error
    if not isinstance(values, dict):
        raise RecipeError(f"{path}: expected a mapping of keys to values, got {type(values).__name__}.")
    return values


def _apply(values: dict[str, Any], override: str) -> None:
    """Set one key by its dotted name."""
    name, separator, text = override.partition("=")
    if not separator or not name:
        raise RecipeError(f"--set {override}: expected NAME=VALUE, such as training.steps=200.")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {override}: the value is not YAML.") from error
    *blocks, key = name.split(".")
    target = values
    for block in blocks:
        target = target.setdefault(block, {})
        if not isinstance(target, dict):
            raise RecipeError(f"--set {override}: '{block}' is a single value, not a block.")
    target[key] = value


def _sentence(problem: ErrorDetails, source: str) -> str:
    """One validation problem in words."""
    location = [str(part) for part in problem["loc"]]
    field = ".".join(_without_tags(location))
    if problem["type"] == "extra_forbidden":
        valid = _keys_beside(location)
        nearest = difflib.get_close_matches(location[-1], valid, n=1, cutoff=0.5)
        hint = f"did you mean '{nearest[0]}'?" if nearest else f"expected one of {', '.join(valid)}."
        return f"{source}: unknown key '{field}': {hint}"
    if problem["type"] == "missing":
        return f"{source}: the key '{field}' is missing."
    if problem["type"] == "union_tag_invalid":
        context = problem["ctx"]
        return f"{source}: {field}.name: expected one of {context['expected_tags']}, got '{context['tag']}'."
    message = problem["msg"].removeprefix("Value error, ")
    got = "" if isinstance(problem["input"], dict) else f", got {problem['input']!r}"  # a whole block says nothing
    return f"{source}: {field or 'recipe'}: {message[0].lower()}{message[1:]}{got}."


def _without_tags(location: list[str]) -> list[str]:
    """Drop what pydantic adds: the chosen variant behind `model` and `method`, a union's branch behind gamma, delta."""
    tagged = len(location) > 1 and location[0] in ("model", "method")
    location = [part for part in location if not part.startswith(("constrained-", "dict["))]
    return [location[0], *location[2:]] if tagged else location


def _keys_beside(location: list[str]) -> list[str]:
    """Valid keys of the block that holds an unknown key."""
    block: type[BaseModel] = Recipe
    path = location[:-1]
    while path:
        variants = _models_in(block.model_fields[path.pop(0)].annotation)
        if len(variants) > 1:  # `model` and `method`: the next part is the tag of the chosen variant
            tag = path.pop(0)
            variants = [variant for variant in variants if variant.model_fields["name"].default == tag]
        block = variants[0]
    return list(block.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The block types that a field's annotation allows."""
    options = (*getattr(annotation, "__args__", ()), annotation)
    return [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
