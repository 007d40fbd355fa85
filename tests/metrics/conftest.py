"""Codes and factors, of training and of test items, that the tests of fitted scores share."""

import json
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "golden"
CLASSES = (3, 4, 5)


@pytest.fixture(scope="session")
def golden_parts():
    """Codes and factors of 2,000 training and 1,000 test items with published scores."""
    path = GOLDEN / "supervised_metrics.npz"
    if not path.exists():
        pytest.skip("the golden supervised metrics are not here")
    with np.load(path) as arrays:
        return tuple(arrays[name] for name in ("codes_train", "factors_train", "codes_test", "factors_test"))


@pytest.fixture(scope="session")
def golden_scores():
    """The scores of `golden_parts`."""
    path = GOLDEN / "supervised_metrics.json"
    if not path.exists():
        pytest.skip("the golden supervised metrics are not here")
    return json.loads(path.read_text())


def _parts(codes_of):
    generator = np.random.default_rng(0)
    factors = np.column_stack([generator.integers(classes, size=900) for classes in CLASSES])
    codes = codes_of(factors, generator)
    return codes[:600], factors[:600], codes[600:], factors[600:]


@pytest.fixture(scope="session")
def perfect_parts():
    """Three factors, each in one code with little noise, and a fourth code that hardly moves."""

    def write(factors, generator):
        idle = np.zeros((len(factors), 1))
        return np.hstack([factors, idle]) + 0.01 * generator.normal(size=(len(factors), 4))

    return _parts(write)


@pytest.fixture(scope="session")
def noise_parts():
    """The same three factors, and codes that know nothing of them."""
    return _parts(lambda factors, generator: generator.normal(size=(len(factors), 4)))
