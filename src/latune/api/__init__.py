"""latune from Python: load a run, turn its knobs, take the result away."""

from latune.api.loading import load_model
from latune.api.model import Model
from latune.api.result import Result

__all__ = ["Model", "Result", "load_model"]
