"""The study file: which recipes, which seeds, which grid of settings, and what is compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PositiveInt, model_validator

from latune.errors import RecipeError
from latune.recipes.reading import hint, parse_override, read_yaml, set_key, validated

__all__ = [
    "Budget",
    "FullSize",
    "PublishedValue",
    "Quick",
    "Study",
    "StudyRecipe",
    "list_studies",
    "load_study",
    "study_from_dict",
]

SHIPPED = Path(__file__).parent / "shipped"

LARGEST_SEED = 2**32 - 1  # what every generator takes


def _seeds(value: Any) -> int | tuple[int, ...]:
    if isinstance(value, list | tuple):
        if (
            value
            and all(_is_whole(seed) and 0 <= seed <= LARGEST_SEED for seed in value)
            and len({*value}) == len(value)
        ):
            return tuple(value)
    elif _is_whole(value) and value > 0:
        return int(value)
    raise ValueError("expected a number of seeds from 1, or a list of different seeds")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _grid(value: Any) -> dict[str, tuple[Any, ...]]:
    if not isinstance(value, dict) or not all(isinstance(values, list | tuple) and values for values in value.values()):
        raise ValueError("expected a list of values for every key")
    return {str(key): tuple(values) for key, values in value.items()}


Seeds = Annotated[int | tuple[int, ...], BeforeValidator(_seeds)]
"""A number n of seeds, 0 to n - 1, or the seeds themselves."""

Grid = Annotated[dict[str, tuple[Any, ...]], BeforeValidator(_grid)]
"""Values by dotted key."""


class Block(BaseModel):
    """A part of a study: unknown keys are errors, and nothing changes after it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StudyRecipe(Block):
    """A recipe of a study; a plain text in the file is the recipe's name."""

    recipe: str  # shipped name or path of a YAML file
    label: str = ""  # the method, hue of the figures; default: the recipe's file name
    group: str | None = None  # the data set, x axis of the figures; default: data.name of each run
    set: dict[str, Any] = {}  # dotted keys of the recipe that are changed

    @model_validator(mode="before")
    @classmethod
    def _with_label(cls, values: Any) -> Any:
        if isinstance(values, str):
            values = {"recipe": values}
        if isinstance(values, dict) and not values.get("label") and isinstance(values.get("recipe"), str):
            return {**values, "label": Path(values["recipe"]).stem}
        return values


class Budget(Block):
    """What a study may cost."""

    minutes: Annotated[float, Field(gt=0)] | None = None  # no new run begins afterwards
    steps: PositiveInt | None = None  # upper bound on the steps of a run


class PublishedValue(Block):
    """A number of a paper that stands beside ours in tables."""

    group: str
    label: str
    cell: dict[str, Any] = {}  # values of the grid by dotted key, where the number is of one cell
    metric: str  # dotted name as in metrics.json, and on its scale
    value: float
    deviation: float | None = None  # standard deviation over runs
    source: str


class FullSize(Block):
    """What the whole study takes, in words for people."""

    time: str
    machine: str


class Quick(Block):
    """The size that finishes in minutes: what is given here replaces what the study says."""

    time: str = ""  # what it takes, in words for people
    seeds: Seeds | None = None
    set: dict[str, Any] = {}  # on top of the study's
    grid: Grid | None = None
    recipes: tuple[StudyRecipe, ...] = ()
    budget: Budget | None = None


class Study(Block):
    """Many runs: recipes x seeds x grid."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    title: str = ""
    seeds: Seeds = 1  # a number n means 0 to n - 1
    recipes: Annotated[tuple[StudyRecipe, ...], Field(min_length=1)]
    set: dict[str, Any] = {}  # dotted keys of every run's recipe
    grid: Grid = {}  # dotted keys with lists of values; every combination is a cell
    budget: Budget = Budget()
    metrics: tuple[str, ...] = ()  # names as in metrics.json, "certificate." or "finished." before those of other files
    evaluate: bool = True  # without it runs are only trained and calibrated
    published: tuple[PublishedValue, ...] = ()
    full: FullSize | None = None
    quick: Quick | None = None

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds in order."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds


def list_studies() -> list[str]:
    """Names of the studies that come with latune, such as "ar-vae-paper"."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def load_study(name_or_path: str, *, quick: bool = False, overrides: Sequence[str] = ()) -> Study:
    """Read a study file and check it; its recipes are checked by `latune.studies.plan.plan_runs`.

    Args:
        name_or_path: A shipped name or the path of a YAML file.
        quick: Take the quick size: its name ends in "-quick".
        overrides: Changes of study keys such as "seeds=3" or "set.training.steps=200"; the value is read as YAML.

    Raises:
        RecipeError: There is no such study, it is not YAML, a key or value is wrong, or it has no quick size.
    """
    values = read_yaml(_find(name_or_path))
    study = study_from_dict(values, name_or_path)
    if quick:
        if study.quick is None:
            raise RecipeError(f"{name_or_path} has no quick size: expected the key 'quick'.")
        values = _quick_size(values)
    for override in overrides:
        _override(values, override)
    return study_from_dict(values, name_or_path)


def study_from_dict(values: dict[str, Any], source: str) -> Study:
    """Check a study given as plain values.

    Args:
        values: The content of a study file.
        source: Where it comes from, for messages.

    Raises:
        RecipeError: A key or value is wrong.
    """
    return validated(Study, values, source)


def _quick_size(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a study with those of its quick size in their place."""
    quick = {key: value for key, value in values["quick"].items() if key != "time"}
    merged = {**values.get("set", {}), **quick.pop("set", {})}
    whole = {key: value for key, value in values.items() if key not in ("quick", "full")}
    title = f"{values['title']} (quick size)" if "title" in values else ""
    return {**whole, **quick, "set": merged, "name": f"{values['name']}-quick", "title": title}


def _override(values: dict[str, Any], override: str) -> None:
    """Set one key of a study; what stands behind `set.` and `grid.` is one key, the dotted name of a recipe's."""
    name, value = parse_override(override)
    block, _, key = name.partition(".")
    if block in ("set", "grid") and key:
        values[block] = {**values.get(block, {}), key: value}
    else:
        set_key(values, name, value, f"--set {override}")


def _find(name: str) -> Path:
    for path in (Path(name), SHIPPED / f"{name}.yaml"):
        if path.is_file():
            return path
    known = list_studies()
    guess = hint(name, known, f"expected a YAML file or one of {', '.join(known)}.")
    raise RecipeError(f"There is no study '{name}': {guess}")
