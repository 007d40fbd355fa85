"""SAP with classifiers: golden value, perfect codes, noise, two codes for one factor."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.metrics.separability import separability


def test_golden_value(golden_parts, golden_scores):
    result = separability(*golden_parts, n_jobs=1)
    assert result.sap == pytest.approx(golden_scores["sap_discrete"]["SAP_score"], abs=0.002)
    assert result.accuracy.shape == (8, 5)


def test_two_classes_in_one_code_each(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    outer, outer_test = factors[:, :1] > 0, factors_test[:, :1] > 0
    perfect = separability(codes, outer, codes_test, outer_test, n_jobs=1)
    assert perfect.accuracy[0, 0] == 1
    assert perfect.sap == pytest.approx(1 - np.sort(perfect.accuracy[:, 0])[-2])
    doubled = separability(codes[:, [0, 0]], outer, codes_test[:, [0, 0]], outer_test, n_jobs=1)
    assert doubled.sap == 0
    alone = separability(codes[:, :1], outer, codes_test[:, :1], outer_test, n_jobs=1)
    assert alone.sap == 1


def test_noise_and_order(noise_parts, perfect_parts):
    assert separability(*noise_parts, n_jobs=1).sap < 0.06
    codes, factors, codes_test, factors_test = perfect_parts
    order = [2, 3, 0, 1]
    moved = separability(-codes[:, order], factors, -codes_test[:, order], factors_test, n_jobs=1)
    still = separability(*perfect_parts, n_jobs=1)
    assert still.sap > 0.2
    assert moved.sap == pytest.approx(still.sap, abs=0.01)
    assert moved.to_dict()["accuracy"] == moved.accuracy.tolist()


def test_refusal(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    with pytest.raises(InputError, match="codes_train must be finite"):
        separability(np.where(codes > 2, np.nan, codes), factors, codes_test, factors_test)
