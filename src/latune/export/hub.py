"""`latune export --to hub`: a run as a folder that the Hugging Face Hub shows, and such folders fetched back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from latune.control.directions import KINDS, file_name
from latune.errors import InputError, MissingExtraError, RunError
from latune.export.card import model_card
from latune.export.folder import new_folder
from latune.export.source import CODES, RunSource
from latune.training.run_folder import write_json, write_text

__all__ = ["CODES", "FILES", "check_repository", "export_hub", "fetch_run", "is_repository", "push_folder"]

FILES = (
    "README.md",
    "recipe.yaml",
    "run.json",
    "weights.safetensors",
    "finished.json",
    "metrics.json",
    CODES,
    "attribute_reader.json",
    "attribute_reader.safetensors",
    "regions.json",
    "moves.safetensors",
    "genres.json",
    "petals.safetensors",
    *(file_name(kind, directions) for directions in KINDS for kind in ("knobs", "certificate")),
)
"""All that a run is loaded from, and no more: YAML, JSON and safetensors, nothing that could run code."""

NEEDED = ("recipe.yaml", "run.json", "weights.safetensors", "knobs.json")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def export_hub(source: RunSource, output: Path, licence: str | None = None, repository: str | None = None) -> None:
    """Write a run as a folder that can be loaded anywhere, with a model card as `README.md`.

    No item of the data is part of it.

    Args:
        source: A finished run.
        output: New folder.
        licence: Of the weights, such as "cc-by-4.0"; the card says where none is given.
        repository: Where it will be uploaded, for the examples of the card; default: they name the folder.

    Raises:
        InputError: There is something of that name, or it cannot be written.
    """
    with new_folder(output) as folder:
        for name in FILES:
            if (source.run.folder / name).is_file():
                shutil.copyfile(source.run.folder / name, folder / name)
        if source.codes is not None:
            write_json(folder / CODES, source.codes.to_dict())
        write_text(folder / "README.md", model_card(source, licence, repository or output.name))


def is_repository(name: str) -> bool:
    """Whether a text could be the name of a repository on the hub, "name/repository"."""
    return _REPOSITORY.fullmatch(name) is not None


def check_repository(name: str) -> None:
    """Check, before any work, that a folder can be uploaded under a name.

    Raises:
        InputError: It is not "name/repository".
        MissingExtraError: huggingface_hub is not installed.
    """
    if not is_repository(name):
        raise InputError(f"--push {name}: expected NAME/REPOSITORY.")
    _hub()


def push_folder(folder: Path, repository: str) -> str:
    """Upload a folder that `export_hub` wrote, with the token that huggingface_hub finds.

    Args:
        folder: The folder.
        repository: "name/repository"; it is made where there is none.

    Returns:
        The address of what was uploaded.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
        InputError: That is no name of a repository.
        RunError: The hub refused, or cannot be reached.
    """
    check_repository(repository)
    hub = _hub()
    try:
        hub.create_repo(repository, exist_ok=True)
        return str(hub.upload_folder(repo_id=repository, folder_path=folder, allow_patterns=list(FILES)))
    except (hub.errors.HfHubHTTPError, hub.errors.HFValidationError, OSError, ValueError) as error:
        raise RunError(f"{repository} was not uploaded: {_first_line(error)}.") from error


def fetch_run(repository: str) -> Path:
    """The folder of a run on the hub, fetched into the cache of huggingface_hub where it is not there yet.

    Only files of a run are fetched (`FILES`).

    Args:
        repository: "name/repository".

    Raises:
        MissingExtraError: huggingface_hub is not installed.
        RunError: There is no such repository, it holds no run of latune, or the hub cannot be reached.
    """
    hub = _hub()
    try:
        folder = Path(hub.snapshot_download(repository, allow_patterns=list(FILES)))
    except (hub.errors.HfHubHTTPError, hub.errors.HFValidationError, OSError, ValueError) as error:
        raise RunError(f"{repository} cannot be fetched: {_first_line(error)}.") from error
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise RunError(f"{repository} on the hub holds no run of latune: expected {missing[0]} in it.")
    return folder


def _hub() -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ImportError as error:
        raise MissingExtraError("huggingface_hub", "hub") from error
    return huggingface_hub


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
