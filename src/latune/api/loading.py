"""Loading a run, from a folder or from the hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from latune.api.model import Model
from latune.control.editor import open_editor
from latune.errors import RunError
from latune.export.hub import fetch_run, is_repository
from latune.plugins import load_plugins
from latune.training.run_folder import open_run

__all__ = ["load_model"]


def load_model(source: str | Path, plugins: Sequence[str | Path] = ()) -> Model:
    """Load a trained run.

    Args:
        source: A run folder, a folder that `latune export --to hub` wrote, or "name/repository" on the Hugging Face
            Hub, which is fetched where no folder of that name exists. Only YAML, JSON and safetensors are read.
        plugins: Python files with attributes of your own, for a run that was trained with such; they are run.

    Raises:
        RunError: There is no such run, it has no weights or knobs, or it needs a plugin that was not given.
        MissingExtraError: It is to be fetched, and huggingface_hub is not installed.
    """
    folder = Path(source)
    if not folder.exists():
        if not (isinstance(source, str) and is_repository(source)):
            raise RunError(f"There is no folder {source}: expected a run folder, or NAME/REPOSITORY on the hub.")
        folder = fetch_run(source)
    loaded = load_plugins([Path(file) for file in plugins])
    return Model(open_run(folder, loaded), open_editor(folder, loaded), loaded)
