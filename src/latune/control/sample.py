"""Sampling: new items from codes such as the training items have, with knobs set or not.

Codes are drawn from the Gaussian with the mean and the covariance of the training codes, not from the prior: codes are
further apart along regularised dimensions than the prior says, and go together (fitting a density to the codes
afterwards is due to Ghosh et al. 2020, From Variational to Deterministic Autoencoders). A knob is then set by a joint
movement.
Moving a Gaussian draw along the regression on the dimensions that are set makes it a draw of the conditional Gaussian
(Matheron's rule), so everything that no knob says stays as varied as it is among items that have such values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.inference import Codes
from latune.control.pictures import pictures_from_items
from latune.control.requests import HIT, check_names, remarks_on_range
from latune.control.versions import tune_of_versions
from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.picture_codec import PictureCodec
from latune.errors import InputError, RunError
from latune.models.latent_model import TokenModel
from latune.music.tune import Tune

__all__ = [
    "MOST",
    "AttributeSummary",
    "CodeDistribution",
    "Sample",
    "SampleRequest",
    "codes_from_dict",
    "fit_codes",
    "sample_items",
    "sampled_pictures",
    "sampled_tune",
    "summaries",
]

Values = NDArray[np.float64]

MOST = 10_000  # items of one sample
FITTED_ITEMS = 8192  # at most so many training items are encoded for the fit
HIGHEST_TEMPERATURE = 10.0


@dataclass(frozen=True)
class CodeDistribution:
    """A Gaussian over codes.

    Args:
        mean: Shape (D,).
        covariance: Shape (D, D).
    """

    mean: Values
    covariance: Values

    def draw(self, count: int, seed: int) -> Codes:
        """Draw codes (count, D)."""
        generator = np.random.default_rng(seed)
        return generator.multivariate_normal(self.mean, self.covariance, count, method="eigh").astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `codes_from_dict` reads."""
        return {"mean": self.mean.tolist(), "covariance": self.covariance.tolist()}


def codes_from_dict(content: Mapping[str, Any], source: Path) -> CodeDistribution:
    """Read a distribution of codes.

    Raises:
        RunError: The content is not that of `CodeDistribution.to_dict`.
    """
    try:
        mean, covariance = (np.array(content[name], float) for name in ("mean", "covariance"))
        if covariance.shape != (len(mean), len(mean)):
            raise ValueError("a covariance of another number of dimensions")
        return CodeDistribution(mean, covariance)
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{source} is damaged: expected mean and covariance of codes.") from error


@dataclass(frozen=True)
class SampleRequest:
    """What new items are wanted.

    Args:
        targets: Wanted value per attribute, in its unit; none: anything.
        count: How many items.
        exact: Search around each item for one whose measured values are the wanted ones.
        temperature: Draw every token with this temperature; None: the most likely item of each code. Music only.
        top_p: Only the most likely tokens that together reach this probability are drawn; needs a temperature.
        seed: Seed of all draws.
    """

    targets: Mapping[str, float] = field(default_factory=dict)
    count: int = 8
    exact: bool = False
    temperature: float | None = None
    top_p: float = 1.0
    seed: int = 0

    def check(self, editor: Editor) -> None:
        """Check that a run can do it.

        Raises:
            InputError: A name is unknown, a number is out of range, options exclude each other, or the run cannot
                measure what it decodes.
        """
        if not isinstance(editor.codec, MeasureCodec | PictureCodec):
            raise InputError("This run was trained on neither single measures nor pictures: it cannot be sampled.")
        if not editor.codec.measurable:
            raise InputError("This run cannot measure decoded pictures: train it anew, so that it learns to read them.")
        check_names(editor, self.targets, (), "exact" if self.exact else "joint")
        if not 1 <= self.count <= MOST:
            raise InputError(f"The number of items is {self.count}: expected 1 to {MOST:,}.")
        if self.exact and not self.targets:
            raise InputError("--exact searches for values: expected at least one knob.")
        self._check_draws(editor)

    def _check_draws(self, editor: Editor) -> None:
        if not 0 < self.top_p <= 1:
            raise InputError(f"top-p is {self.top_p:g}: expected a probability above 0 and up to 1.")
        if self.temperature is None:
            if self.top_p < 1:
                raise InputError("top-p restricts draws of tokens: expected a temperature with it.")
            return
        if self.exact:
            raise InputError("--exact and a temperature exclude each other: choose one.")
        if not 0 < self.temperature <= HIGHEST_TEMPERATURE:
            raise InputError(
                f"The temperature is {self.temperature:g}: expected above 0 and up to {HIGHEST_TEMPERATURE:g}."
            )
        if not isinstance(editor.model, TokenModel):
            raise InputError("A temperature is for drawing tokens: a run on pictures has none.")


@dataclass(frozen=True)
class Sample:
    """New items.

    Args:
        items: Shape (N, ...).
        values: All attributes measured on them, (N, A); not a number where an item lacks one.
        remarks: Sentences about what could not be met.
    """

    items: NDArray[np.uint8]
    values: Values
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class AttributeSummary:
    """One attribute over the items of a sample that have it.

    Args:
        name: The attribute.
        wanted: The value that was asked for, or None.
        mean: Measured mean; not a number where no item has it, as the two below.
        lowest: Smallest measured value.
        highest: Largest measured value.
        hits: How many items lie within 10 % of the attribute's range from what is wanted; None where nothing is.
    """

    name: str
    wanted: float | None
    mean: float
    lowest: float
    highest: float
    hits: int | None


def fit_codes(editor: Editor, dataset: Dataset, seed: int = 0) -> CodeDistribution:
    """Mean and covariance of the codes of training items, of at most 8192 that are chosen at random.

    Args:
        editor: A trained run.
        dataset: The data set that it was trained on.
        seed: Seed of the choice.
    """
    indices = dataset.split("train")
    if len(indices) > FITTED_ITEMS:
        indices = np.sort(np.random.default_rng(seed).choice(indices, FITTED_ITEMS, replace=False))
    codes = editor.encode(np.asarray(dataset.items[indices])).astype(float)
    return CodeDistribution(codes.mean(axis=0), np.atleast_2d(np.cov(codes.T)))


def sample_items(editor: Editor, codes: CodeDistribution, request: SampleRequest) -> Sample:
    """Make new items.

    Args:
        editor: A trained run.
        codes: Where its codes lie, see `fit_codes`.
        request: What is wanted.

    Raises:
        InputError: A name is unknown, a number is out of range, or options exclude each other.
    """
    request.check(editor)
    drawn = codes.draw(request.count, request.seed)
    if request.targets:
        drawn = editor.move(drawn, request.targets)
    items = editor.decode(drawn) if request.temperature is None else _generate(editor, drawn, request)
    if request.exact:
        items = editor.turn_exactly(items, request.targets, seed=request.seed).items
    return Sample(items, editor.codec.measure(items), tuple(remarks_on_range(editor, request.targets)))


@torch.no_grad()
def _generate(editor: Editor, codes: Codes, request: SampleRequest) -> NDArray[np.uint8]:
    model = editor.model
    assert isinstance(model, TokenModel)
    assert request.temperature is not None
    device = next(model.parameters()).device
    generator = torch.Generator(device).manual_seed(request.seed)
    tokens = model.generate(torch.from_numpy(codes).to(device), request.temperature, request.top_p, generator)
    return tokens.to(torch.uint8).cpu().numpy()


def summaries(editor: Editor, sample: Sample, targets: Mapping[str, float]) -> list[AttributeSummary]:
    """A line per knob, those that were set first."""
    others = [name for name in editor.knobs.names if name not in targets]
    return [_summary(editor, sample, name, targets.get(name)) for name in (*targets, *others)]


def _summary(editor: Editor, sample: Sample, name: str, wanted: float | None) -> AttributeSummary:
    column = sample.values[:, editor.codec.table.index(name)]
    known = column[np.isfinite(column)]
    if len(known) == 0:
        known = np.array([np.nan])
    low, high = editor.knobs.ranges[name]
    hits = None if wanted is None else int((np.abs(known - wanted) <= HIT * (high - low) + 1e-9).sum())
    return AttributeSummary(name, wanted, float(known.mean()), float(known.min()), float(known.max()), hits)


def sampled_tune(editor: Editor, sample: Sample, title: str = "") -> Tune:
    """Sampled measures one after the other, each by itself.

    Raises:
        InputError: The run was not trained on measures.
    """
    codec = editor.codec
    if not isinstance(codec, MeasureCodec):
        raise InputError("This run was not trained on single measures: its samples are no tune.")
    return tune_of_versions(codec.ticks(sample.items)[:, None], codec.metre, title)


def sampled_pictures(editor: Editor, sample: Sample) -> NDArray[np.uint8]:
    """Sampled pictures (N, C, H, W), 0 to 255.

    Raises:
        InputError: The run was not trained on pictures.
    """
    codec = editor.codec
    if not isinstance(codec, PictureCodec):
        raise InputError("This run was not trained on pictures: its samples are none.")
    return pictures_from_items(sample.items, codec)
