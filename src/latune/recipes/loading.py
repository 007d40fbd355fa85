"""Reading recipes: shipped ones by name, own ones by path, single keys changed by dotted name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from latune.errors import RecipeError
from latune.recipes.reading import hint, parse_override, read_yaml, set_key, validated
from latune.recipes.recipe import Recipe

__all__ = ["list_recipes", "load_recipe", "read_recipe", "recipe_from_dict"]

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
    values = read_recipe(name)
    for override in overrides:
        set_key(values, *parse_override(override), source=f"--set {override}")
    if seed is not None:
        values["seed"] = seed
    return recipe_from_dict(values, name)


def read_recipe(name: str) -> dict[str, Any]:
    """The content of a recipe file, unchecked.

    Args:
        name: A shipped name or the path of a YAML file.

    Raises:
        RecipeError: There is no such recipe, or it is not YAML.
    """
    return read_yaml(_find(name))


def recipe_from_dict(values: dict[str, Any], source: str) -> Recipe:
    """Check a recipe given as plain values.

    Args:
        values: The content of a recipe file.
        source: Where it comes from, for messages.

    Raises:
        RecipeError: A key or value is wrong.
    """
    return validated(Recipe, values, source)


def _find(name: str) -> Path:
    shipped = SHIPPED / f"{name}.yaml"
    for path in (Path(name), shipped):
        if path.is_file():
            return path
    known = list_recipes()
    guess = hint(name, known, f"expected a YAML file or one of {', '.join(known)}.")
    raise RecipeError(f"There is no recipe '{name}': {guess}")
