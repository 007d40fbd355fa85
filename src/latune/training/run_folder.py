"""The run folder: one training of a recipe with one seed, and all that is measured of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

import latune
from latune.data.codec_registry import codec_from_dict
from latune.data.codecs import Codec
from latune.errors import RecipeError, RunError
from latune.models.latent_model import LatentModel
from latune.models.registry import build_model
from latune.plugins import Plugin
from latune.recipes import Recipe
from latune.recipes.loading import recipe_from_dict
from latune.recipes.reading import read_yaml
from latune.training.run_plugins import extended_codec, remarks_on_plugins

__all__ = [
    "FORMAT",
    "LOCK",
    "Run",
    "create_run",
    "open_run",
    "refuse_used",
    "save_weights",
    "write_bytes",
    "write_json",
    "write_text",
]

FORMAT = 1
"""Version of the folder's layout."""

LOCK = ".lock"
"""File that a process holds while it trains in a run folder; empty, and there ever after."""


@dataclass(frozen=True)
class Run:
    """A run folder.

    Args:
        folder: Where it is.
        recipe: The fully resolved recipe.
        codec: What the items are, with the user's own attributes.
        remarks: Sentences about plugins that changed since it was trained.
    """

    folder: Path
    recipe: Recipe
    codec: Codec
    remarks: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether training came to its end."""
        return (self.folder / "finished.json").is_file()

    def build_model(self) -> LatentModel:
        """The recipe's network with fresh weights."""
        return build_model(self.recipe.model, self.codec)

    def load_model(self) -> LatentModel:
        """The trained network, ready for use.

        Raises:
            RunError: There are no weights yet, or they do not fit the recipe.
        """
        path = self.folder / "weights.safetensors"
        if not path.is_file():
            raise RunError(f"{self.folder} has no weights yet: go on with latune train --resume --out {self.folder}.")
        model = self.build_model()
        try:
            model.load_state_dict(load_file(path))
        except (SafetensorError, RuntimeError, OSError) as error:
            raise RunError(f"{path} is damaged or does not fit recipe.yaml.") from error
        # The order in which convolutions are fastest on processors; other networks have nothing of four dimensions.
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stubs lack it
        return model.eval()

    def read_json(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder.

        Raises:
            RunError: It is missing or damaged.
        """
        path = self.folder / name
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise RunError(f"{path} is missing: {self._remedy(name)}.") from error
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{path} is damaged: {self._remedy(name)}.") from error
        if not isinstance(content, dict):
            raise RunError(f"{path} is damaged: {self._remedy(name)}.")
        return content

    def _remedy(self, name: str) -> str:
        """What brings a file back."""
        measured = name.startswith(("metrics", "certificate"))
        return f"latune evaluate {self.folder}" if measured else "put it back, or train the recipe again"


def create_run(folder: Path, recipe: Recipe, codec: Codec, plugins: Sequence[Plugin] = ()) -> Run:
    """Make a new run folder.

    Args:
        folder: New or empty.
        recipe: Fully resolved.
        codec: What the items are.
        plugins: Where the user's own attributes come from: name and checksum of the files are recorded.

    Raises:
        RunError: The folder holds something already or cannot be written.
    """
    refuse_used(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "recipe.yaml", yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False))
        header = {"format": FORMAT, "latune_version": latune.__version__, "codec": codec.to_dict()}
        if plugins:
            header["plugins"] = [plugin.to_dict() for plugin in plugins]
        write_json(folder / "run.json", header)
    except OSError as error:
        raise RunError(f"Cannot write to {folder}: {error.strerror}.") from error
    return Run(folder, recipe, codec)


def refuse_used(folder: Path) -> None:
    """Check that a run can be begun in a folder.

    Raises:
        RunError: The folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(path.name != LOCK for path in folder.iterdir())):
        raise RunError(f"{folder} is not empty: choose another --out, or go on with --resume.")


def open_run(folder: Path, plugins: Sequence[Plugin] = ()) -> Run:
    """Open an existing run folder.

    Args:
        folder: The run folder.
        plugins: Where the user's own attributes come from; needed where it was trained with such.

    Raises:
        RunError: It is not a run folder, one of another version, or it needs a plugin that was not given.
        InputError: An attribute of a plugin has the name of another one.
    """
    if not (folder / "run.json").is_file():
        if (folder / "folds.json").is_file():
            raise RunError(f"{folder} holds one run for each fold: expected one of them, such as {folder / 'fold-0'}.")
        raise RunError(f"{folder} is not a run folder: expected run.json in it.")
    try:
        header = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        values = read_yaml(folder / "recipe.yaml")
    except (OSError, ValueError, RecursionError, RecipeError) as error:
        raise RunError(f"{folder}: run.json or recipe.yaml is missing or damaged.") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else header
        version = header.get("latune_version", "unknown") if isinstance(header, dict) else "unknown"
        raise RunError(
            f"{folder} has run format {found} (latune {version}), expected {FORMAT} (latune"
            f" {latune.__version__}): train it again."
        )
    try:
        codec = codec_from_dict(header["codec"])
        records = header.get("plugins", [])
        codec = extended_codec(folder, records, codec, plugins)
        remarks = remarks_on_plugins(records, plugins)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"{folder}: run.json is damaged: expected the codec in it.") from error
    return Run(folder, recipe_from_dict(values, str(folder / "recipe.yaml")), codec, remarks)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all; not-a-number is refused."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def save_weights(model: torch.nn.Module, path: Path) -> None:
    """Write the weights of a network whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, temporary)
    temporary.replace(path)
