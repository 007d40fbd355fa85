"""The recipe: data set + network + method + attributes + schedule + evaluation, checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from latune.data.phrase_codec import MOST_MEASURES, of_measure
from latune.methods.attribute_term import AttributesConfig
from latune.methods.control_term import ControlConfig
from latune.methods.joint_movement import JointConfig
from latune.methods.registry import MethodConfig
from latune.models.registry import ModelConfig

__all__ = ["DataConfig", "EvaluationConfig", "Recipe", "TrainingConfig"]

Fraction = Annotated[float, Field(gt=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # what every generator takes


class Block(BaseModel):
    """A part of a recipe: unknown keys are errors, and nothing changes after it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(Block):
    """Which data set."""

    name: str
    crossover: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of training items joined from two neighbours
    measures: Annotated[int, Field(ge=2, le=MOST_MEASURES)] | None = None  # items are phrases of so many measures
    hop: PositiveInt = 1  # measures from the start of one phrase to that of the next


class TrainingConfig(Block):
    """The schedule."""

    steps: PositiveInt | None = None  # length in steps; takes precedence over epochs
    epochs: PositiveInt | None = None  # length in passes over the training split
    batch_size: PositiveInt = 256
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3  # of Adam
    schedule: Literal["constant", "linear", "cosine"] = "constant"  # how the learning rate falls to 0
    validate_every: PositiveInt = 500  # steps between validations (and chances to be the best)
    checkpoint_every: PositiveInt = 1000  # steps between checkpoints
    log_every: PositiveInt = 50  # steps between rows of history.csv
    keep: Literal["best", "last"] = "best"  # which weights are the result
    device: str = "cpu"  # any PyTorch device name
    precision: Literal["float32", "bfloat16"] = "float32"  # of the networks' products; the losses stay in float32

    @model_validator(mode="after")
    def _has_length(self) -> TrainingConfig:
        if self.steps is None and self.epochs is None:
            raise ValueError("training needs steps or epochs")
        return self


class EvaluationConfig(Block):
    """How a trained run is measured."""

    attributes: tuple[str, ...] | None = (
        None  # what is scored and gets a knob; default: the attributes block's, else all
    )
    scored: PositiveInt = 25_728  # at most so many held-out items are scored (as published), drawn by the seed
    identity_items: PositiveInt = 2000  # held-out items whose class is read again, where the data set has classes
    identity_last_dimension: bool = False  # also sweep the last dimension, a defect of the published average
    items: PositiveInt = 256  # held-out items that the certificate decodes
    targets: Annotated[int, Field(ge=2)] = 9  # requested values per attribute
    sweep: Annotated[int, Field(ge=3)] = 21  # positions of a knob in a sweep
    tolerance: Fraction = 0.1  # a hit is within this share of the attribute's range
    bootstrap: PositiveInt = 200  # repetitions for the intervals


class Recipe(Block):
    """One experiment, reproducible from this alone."""

    name: str
    seed: Seed = 0
    data: DataConfig
    model: ModelConfig
    method: MethodConfig
    attributes: AttributesConfig | None = None
    control: ControlConfig | None = None
    joint: JointConfig = JointConfig()
    training: TrainingConfig
    evaluation: EvaluationConfig = EvaluationConfig()

    @property
    def regularised(self) -> tuple[str, ...]:
        """Attributes that are tied to the first latent dimensions, in order."""
        return self.attributes.names if self.attributes is not None else self.method.tied

    def resolved(self, known: Sequence[str]) -> Recipe:
        """This recipe with all attributes named: those that an empty list stands for, and those of each measure.

        In a recipe of phrases a name stands for the attribute of the whole phrase and of each of its measures.

        Args:
            known: All attributes of the data set.
        """
        if self.attributes is None:
            return self
        names = self.attributes.names or tuple(known)
        wholes = [name for name in names if of_measure(name, 1) in known]
        if self.data.measures is not None and not any(of_measure(name, 1) in names for name in wholes):
            numbers = range(1, self.data.measures + 1)
            names = (*names, *(of_measure(name, number) for number in numbers for name in wholes))
        return self.model_copy(update={"attributes": self.attributes.model_copy(update={"names": names})})

    def knob_names(self, known: Sequence[str]) -> tuple[str, ...]:
        """Attributes that are scored and get a knob.

        Args:
            known: All attributes of the data set.
        """
        return self.evaluation.attributes or self.regularised or tuple(known)
