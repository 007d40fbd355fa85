"""Content kept: a reader judges what decoded items show."""

from types import SimpleNamespace

import numpy as np
import pytest

from latune.evaluation.identity import RANGE, STEPS, identity_kept

CLASSES = np.array([0, 1, 1, 0, 1], np.int16)


class Editor:
    """Decodes a code to one pixel: its first dimension's sign; large second dimensions turn it round."""

    knobs = SimpleNamespace(names=("turned",), knobs=(SimpleNamespace(name="turned", low=0.0, high=9.0),))

    def encode(self, items):
        return np.column_stack([np.where(items.reshape(len(items)) == 1, 1.0, -1.0), np.zeros((len(items), 3))])

    def move(self, codes, targets):
        moved = codes.copy()
        moved[:, 1] = targets["turned"]
        return moved

    def decode(self, codes):
        flipped = np.abs(codes[:, 1]) > 2
        return ((codes[:, 0] > 0) ^ flipped).astype(np.uint8)[:, None, None, None]


READER = SimpleNamespace(classes=lambda items: items[:, 0, 0, 0].astype(np.int16), score=0.99)


@pytest.fixture
def arguments():
    codes = np.zeros((5, 4), np.float32)
    codes[:, 0] = np.where(CLASSES == 1, 1.0, -1.0)
    return READER, Editor(), Editor().decode(codes), CLASSES, codes


def test_shares_by_hand(arguments):
    kept = identity_kept(*arguments, {"turned": 1, "idle": 2}, repetitions=20)
    within = np.mean(np.abs(np.linspace(*RANGE, STEPS)) <= 2)
    assert kept["classifier_accuracy"]["value"] == kept["reconstructed"]["value"] == 1.0
    assert kept["per_attribute"] == pytest.approx({"turned": within, "idle": 1.0})
    assert kept["interpolated"]["value"] == pytest.approx((within + 1) / 2)
    assert kept["turned"]["value"] == pytest.approx(0.3)  # 0, 1 and 2 of 0, 1 ... 9
    assert kept["turned_per_knob"] == pytest.approx({"turned": 0.3})


def test_the_published_defect_can_be_had(arguments):
    kept = identity_kept(*arguments, {"turned": 1}, last_dimension=True, repetitions=20)
    assert list(kept["per_attribute"]) == ["turned", "last dimension"]
    assert kept["attributes"] == ["turned"]


def test_all_decodings_are_reported(arguments):
    told = []
    identity_kept(*arguments, {"turned": 1}, repetitions=20, report=lambda done, total: told.append((done, total)))
    assert told == [(n, 2 * STEPS) for n in range(1, 2 * STEPS + 1)]
