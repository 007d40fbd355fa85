"""What the suite scores: codes of items, with what is known about the items."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.metrics.arrays import FloatArray, check_attributes, check_names, check_table
from latune.metrics.factors import check_factor_names, check_factor_parts, check_factors
from latune.metrics.posterior import check_scales

__all__ = ["Representation", "represent_items"]

Table = NDArray[Any]

_TRAIN_SHARE = 2 / 3  # of the items, where no test items are given; 10,000 to 5,000 is usual in the literature
_BATCH = 1024


@dataclass(frozen=True, eq=False)
class Representation:
    """Codes of items with their factors, their attributes, or neither.

    Arrays are checked and converted when it is made: codes, attributes and scales to float64, factors to class
    numbers from 0. Scores that fit nothing use the first items alone; those that fit use the test items too, or
    a seeded third of the first where there are none.

    Attributes:
        codes: (N, D) codes; the means, where a model gives distributions.
        factors: (N, K) classes: integers or other numbers of few distinct values.
        attributes: (N, A) continuous numbers.
        codes_test: (M, D) codes of other items.
        factors_test: (M, K) classes of those.
        attributes_test: (M, A) attributes of those.
        factor_names: Names of the factors; f0, f1, ... without.
        attribute_names: Names of the attributes; a0, a1, ... without.
        scales: (N, D) standard deviations of the codes, where a model gives distributions.

    Raises:
        InputError: An array is not what it should be, or does not go with the others.
    """

    codes: Table
    factors: Table | None = None
    attributes: Table | None = None
    codes_test: Table | None = None
    factors_test: Table | None = None
    attributes_test: Table | None = None
    factor_names: Sequence[str] | None = None
    attribute_names: Sequence[str] | None = None
    scales: Table | None = None

    def __post_init__(self) -> None:
        self._check_test_items()
        self._replace(codes=check_table(self.codes, "codes"))
        if self.factors is not None:
            self._check_factors(self.factors)
        if self.attributes is not None:
            self._check_attributes(self.attributes)
        if self.codes_test is not None:
            self._replace(codes_test=check_table(self.codes_test, "codes_test"))
        if self.scales is not None:
            self._replace(scales=check_scales(self.scales))
        self._check_sizes()

    @property
    def has(self) -> frozenset[str]:
        """What is there beside codes, of "factors", "attributes" and "scales"."""
        return frozenset(name for name in ("factors", "attributes", "scales") if getattr(self, name) is not None)

    def split(self, target: str, seed: int = 0) -> tuple[FloatArray, Table, FloatArray, Table]:
        """Return the items a score is fitted on, and others.

        Args:
            target: "factors" or "attributes", which must be there.
            seed: Seed of the split, where no test items are given.

        Returns:
            Codes (n, D) and targets (n, K) of the items for the fit, then those of the others.
        """
        values = getattr(self, target)
        if values is None:
            raise InputError(f"There are no {target} to split.")
        if self.codes_test is not None:
            others = getattr(self, f"{target}_test")
            if others is None:
                raise InputError(f"There are no {target}_test that go with codes_test.")
            return self.codes, values, self.codes_test, others
        order = np.random.default_rng(seed).permutation(len(self.codes))
        train, test = np.split(order, [round(_TRAIN_SHARE * len(order))])
        return self.codes[train], values[train], self.codes[test], values[test]

    def _check_test_items(self) -> None:
        """Refuse test items that are there in part."""
        for target in ("factors", "attributes"):
            train, test = getattr(self, target), getattr(self, f"{target}_test")
            if test is not None and (train is None or self.codes_test is None):
                raise InputError(f"{target}_test needs codes_test and {target} of the training items.")
        if self.codes_test is not None and self.factors is not None and self.factors_test is None:
            raise InputError("codes_test needs factors_test, the factors of the same items.")

    def _check_factors(self, factors: Table) -> None:
        if self.factors_test is None:
            self._replace(factors=check_factors(factors, self.factor_names))
        else:
            train, test = check_factor_parts(factors, self.factors_test, self.factor_names)
            self._replace(factors=train, factors_test=test)
        self._replace(factor_names=check_factor_names(self.factor_names, _columns(self.factors)))

    def _check_attributes(self, attributes: Table) -> None:
        table = check_attributes(attributes, self.attribute_names)
        self._replace(attributes=table, attribute_names=check_names(self.attribute_names, _columns(table)))
        if self.attributes_test is not None:
            self._replace(attributes_test=check_table(self.attributes_test, "attributes_test"))

    def _check_sizes(self) -> None:
        """Refuse arrays of different numbers of items or columns."""
        for name, partner in _SAME_ITEMS:
            _check_equal(self, name, partner, axis=0, what="describe the same items")
        for name, partner in _SAME_COLUMNS:
            _check_equal(self, name, partner, axis=1, what="have the same columns")

    def _replace(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


_SAME_ITEMS = (
    ("codes", "factors"),
    ("codes", "attributes"),
    ("codes", "scales"),
    ("codes_test", "factors_test"),
    ("codes_test", "attributes_test"),
)
_SAME_COLUMNS = (("codes", "codes_test"), ("attributes", "attributes_test"), ("codes", "scales"))


def represent_items(represent: Callable[[Any], Any], items: Any, batch: int = _BATCH) -> FloatArray:
    """Return the codes (N, D) of items, batch by batch.

    Args:
        represent: What maps a batch of items to their codes, (n, ...) to (n, D).
        items: (N, ...) items; anything that has a length and can be cut into slices.
        batch: Items at a time.
    """
    if batch < 1:
        raise InputError(f"batch must be at least 1, not {batch}.")
    parts = []
    for start in range(0, len(items), batch):
        given = items[start : start + batch]
        found = represent(given)
        codes = np.asarray(found.detach().cpu() if hasattr(found, "detach") else found)  # a tensor with gradients
        if codes.ndim != 2 or len(codes) != len(given):
            raise InputError(f"represent must map {len(given)} items to ({len(given)}, D) codes, not {codes.shape}.")
        parts.append(codes)
    if not parts:
        raise InputError("items must hold at least one item.")
    return check_table(np.concatenate(parts), "codes")


def _columns(table: Table | None) -> int:
    return 0 if table is None else int(table.shape[1])


def _check_equal(representation: Representation, name: str, partner: str, axis: int, what: str) -> None:
    first, second = getattr(representation, name), getattr(representation, partner)
    if first is not None and second is not None and first.shape[axis] != second.shape[axis]:
        raise InputError(f"{name} and {partner} must {what}, not {first.shape[axis]} and {second.shape[axis]} of them.")
