"""The recipe: data set + network + method + attributes + schedule + evaluation, checked before any work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from latune.data.phrase_codec import MOST_MEASURES, of_measure
from latune.data.protocols import ProtocolName
from latune.methods.attribute_term import AttributesConfig
from latune.methods.control_term import ControlConfig
from latune.methods.joint_movement import JointConfig
from latune.methods.registry import MethodConfig
from latune.models.registry import ModelConfig
from latune.recipes.lengths import Length

__all__ = ["DataConfig", "EvaluationConfig", "Recipe", "RecordingConfig", "TrainingConfig"]

Fraction = Annotated[float, Field(gt=0, le=1)]
FOLDS = 10  # where a recipe does not say how many
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # what every generator takes


class Block(BaseModel):
    """A part of a recipe: unknown keys are errors, and nothing changes after it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(Block):
    """Which data set, and which of its items are for what (see `latune.data.protocols`)."""

    name: str
    protocol: ProtocolName = "default"
    folds: Annotated[int, Field(ge=2, le=100)] = FOLDS  # of protocol kfold
    fold: Annotated[int, Field(ge=0)] | None = None  # which one is tested; none: a run for each
    heldout: Annotated[int, Field(ge=1)] | None = None  # shape or quadrant that is tested; default: the last one
    stratify: tuple[str, ...] | None = None  # attributes spread evenly over folds; default: classes, or few values
    split_seed: Seed = 0  # of the protocol; runs of all seeds share their splits
    crossover: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of training items joined from two neighbours
    transpose: bool = False  # training phrases of songs in another key in every epoch
    measures: Annotated[int, Field(ge=2, le=MOST_MEASURES)] | None = None  # items are phrases of so many measures
    hop: PositiveInt = 1  # measures from the start of one phrase to that of the next

    @model_validator(mode="after")
    def _has_fold(self) -> DataConfig:
        if self.fold is not None and self.protocol != "kfold":
            raise ValueError("fold is for protocol kfold alone")
        if self.fold is not None and self.fold >= self.folds:
            raise ValueError(f"fold: expected 0 to {self.folds - 1}, got {self.fold}")
        if self.folds != FOLDS and self.protocol != "kfold":
            raise ValueError("folds is for protocol kfold alone")
        if self.transpose and self.crossover > 0:
            raise ValueError("transpose: leave out crossover")
        if self.heldout is not None and not self.protocol.startswith("heldout"):
            raise ValueError("heldout is for protocols heldout_shape and heldout_quadrant alone")
        return self

    @property
    def every_fold(self) -> bool:
        """Whether this stands for one run per fold."""
        return self.protocol == "kfold" and self.fold is None


class TrainingConfig(Block):
    """The schedule."""

    steps: PositiveInt | None = None  # length in steps; takes precedence over epochs
    epochs: PositiveInt | None = None  # length in passes over the training split
    batch_size: PositiveInt = 256
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3  # of Adam
    schedule: Literal["constant", "linear", "cosine", "exponential"] = "constant"  # linear and cosine fall to 0
    decay: Fraction = 0.95  # of the exponential schedule: what each decay leaves of the learning rate
    decay_every: Length = "10 epochs"  # from one decay to the next: steps, or epochs
    decay_from: Length | None = None  # when the first one happens; default: after decay_every
    validate_every: PositiveInt = 500  # steps between validations (and chances to be the best)
    checkpoint_every: PositiveInt = 1000  # steps between checkpoints
    log_every: PositiveInt = 50  # steps between rows of history.csv; more where they would be over 20,000
    keep: Literal["best", "last"] = "best"  # which weights are the result
    device: str = "cpu"  # any PyTorch device name
    precision: Literal["float32", "bfloat16"] = "float32"  # of the networks' products; the losses stay in float32

    @model_validator(mode="after")
    def _has_length(self) -> TrainingConfig:
        if self.steps is None and self.epochs is None:
            raise ValueError("training needs steps or epochs")
        return self


class RecordingConfig(Block):
    """What is recorded of a training besides its history, in the folder `recording` of the run."""

    panel_every: Length = 1000  # from one picture of held-out items and their reconstructions to the next
    panel_items: Annotated[int, Field(ge=1, le=256)] = 16
    probe_every: Length = "1 epoch"  # from one set of latent codes of the probe to the next
    probe_items: PositiveInt = 2048  # held-out items of the probe
    most_megabytes: Annotated[float, Field(gt=0)] = 100.0  # where it grows larger, records are thinned out evenly


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
    recording: RecordingConfig | None = None
    evaluation: EvaluationConfig = EvaluationConfig()

    @property
    def regularised(self) -> tuple[str, ...]:
        """Attributes that are tied to the first latent dimensions, in order."""
        return self.attributes.names if self.attributes is not None else self.method.tied

    @property
    def checksum(self) -> str:
        """A checksum of all that decides what is learned; the device does not."""
        values = self.model_dump(mode="json", exclude_defaults=True, exclude={"training": {"device"}})
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

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
