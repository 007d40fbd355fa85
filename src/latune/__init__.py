"""Generative models whose latent space has named knobs, for pictures and symbolic music."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from latune.api import Model

__all__ = ["__version__", "load"]

__version__ = "0.1.0"


def load(source: str | Path, plugins: Sequence[str | Path] = ()) -> Model:
    """Load a trained run: a folder, or "name/repository" on the Hugging Face Hub.

    Example: latune.load("runs/first").edit("tune.mid", note_density=0.25, hold=["contour"]).save("edited.mid")

    Args:
        source: A run folder, a folder that `latune export --to hub` wrote, or a repository.
        plugins: Python files with attributes of your own, for a run that was trained with such; they are run.

    Raises:
        RunError: There is no such run, or it has no weights or knobs.
        MissingExtraError: It is to be fetched, and huggingface_hub is not installed.
    """
    from latune.api import load_model  # only here: importing latune stays light

    return load_model(source, plugins)
