"""Formulas: the published file, the generator that draws like it, and their values."""

import gzip
import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2_contingency, chisquare

from latune.data.formulas import (
    LENGTH_SHARES,
    LENGTHS,
    SIGNS,
    evaluate_formula,
    formula_classes,
    generate_formulas,
    read_formulas,
)
from latune.errors import InputError

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hwf_expressions" / "expr_test.json.gz"
ENTRY = {"id": "a", "img_paths": ["6/6_1.jpg", "div/div_2.jpg", "9/9_3.jpg"], "expr": "6/9", "res": 0.6666666666666666}
ALPHA = 0.001  # of the tests of distributions, whose draws are seeded


@pytest.fixture(scope="module")
def published():
    if not PUBLISHED.is_file():
        pytest.skip("the published expressions are not here")
    return read_formulas(PUBLISHED)


@pytest.fixture(scope="module")
def generated():
    return generate_formulas(20_000, 0, SIGNS)


def _symbols(expressions, step):
    return Counter(character for expression in expressions for character in expression[step::2])


def _probability(first, second):
    """How likely two counts differ as much as they do if both are drawn from the same shares."""
    keys = sorted(first | second)
    return chi2_contingency([[counts[key] for key in keys] for counts in (first, second)]).pvalue


def test_published_file(published):
    assert Counter(len(formula.expression) for formula in published) == {1: 200, 3: 200, 5: 400, 7: 1200}
    assert len({picture for formula in published for picture in formula.pictures}) == 7505
    assert any(formula.result.denominator > 1 for formula in published)


def test_generator_agrees_with_the_published_file(published, generated):
    expressions = [formula.expression for formula in published]
    lengths = [Counter(map(len, formulas)) for formulas in (expressions, generated)]
    assert _probability(*lengths) > ALPHA
    assert _probability(_symbols(expressions, 0), _symbols(generated, 0)) > ALPHA  # digits
    assert (
        _probability(*(Counter(f[1::2] for f in formulas if len(f) == 5) for formulas in (expressions, generated)))
        > ALPHA
    )
    assert chisquare([_symbols(expressions, 1)[sign] for sign in SIGNS]).pvalue > ALPHA


def test_generator_draws_what_it_says(generated):
    counts = Counter(map(len, generated))
    expected = np.array(LENGTH_SHARES) * len(generated)
    assert chisquare([counts[length] for length in LENGTHS], expected).pvalue > ALPHA
    assert chisquare([_symbols(generated, 0)[digit] for digit in "123456789"]).pvalue > ALPHA
    assert chisquare([_symbols(generated, 1)[sign] for sign in SIGNS]).pvalue > ALPHA
    assert set("".join(generated)) == set("123456789" + SIGNS)


def test_generator_options():
    assert generate_formulas(5, 1) == generate_formulas(5, 1) != generate_formulas(5, 2)
    assert set("".join(generate_formulas(300, 0))) == set("123456789+-*")
    assert {len(formula) for formula in generate_formulas(50, 0, "-", [3, 9], [0.5, 0.5])} == {3, 9}
    assert generate_formulas(0, 0) == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"count": -1}, "0 or more, got -1"),
        ({"signs": "+x"}, "signs '\\+x': expected some of \\+ - \\* /"),
        ({"signs": ""}, "signs ''"),
        ({"lengths": [2], "shares": [1]}, "lengths \\[2\\]: expected odd numbers"),
        ({"shares": [0.5, 0.5]}, "expected 4 numbers"),
        ({"shares": [0.5, 0.5, 0.5, -0.5]}, "that sum to 1"),
    ],
)
def test_refused_options(arguments, part):
    with pytest.raises(InputError, match=part):
        generate_formulas(**{"count": 3, "seed": 0, **arguments})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("7", 7),
        ("2+3*4", 14),
        ("2*3+4", 10),
        ("9-4-3", 2),
        ("8/4/2", 1),
        ("8/4*2", 4),
        ("1-2*3-4", -9),
        ("6/9-8", Fraction(-22, 3)),
        ("0*5", 0),
    ],
)
def test_values(expression, value):
    assert evaluate_formula(expression) == value


@pytest.mark.parametrize("expression", ["", "12", "1+", "-1", "1++2", "1 + 2", "a", "1+2\n", "٣"])
def test_no_formulas(expression):
    with pytest.raises(InputError, match="is no formula"):
        evaluate_formula(expression)


def test_division():
    with pytest.raises(InputError, match="'1/0' divides by zero"):
        evaluate_formula("1/0")
    with pytest.raises(InputError, match="has no such sign"):
        formula_classes("4/2")


def test_classes():
    assert formula_classes("0+9*3-1").tolist() == [0, 10, 9, 12, 3, 11, 1]


def test_plain_and_gzipped_files(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([ENTRY]))
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps([ENTRY]).encode()))
    for name in ("a.json", "a.json.gz"):
        (formula,) = read_formulas(tmp_path / name)
        assert formula.result == Fraction(2, 3)
        assert formula.pictures == tuple(ENTRY["img_paths"])


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"{", "cannot be read: expected JSON"),
        (b"{}", "expected a list of formulas, got dict"),
        ([3], "formula 0: expected an object with 'id', 'img_paths', 'expr' and 'res'"),
        ([ENTRY, {**ENTRY, "res": "1"}], "formula 1: expected an object with"),
        ([{**ENTRY, "res": 0.7}], "formula 0: expected the result 0.666667 of 6/9, got 0.7"),
        ([{**ENTRY, "expr": "6/9+"}], "formula 0: '6/9\\+' is no formula"),
        ([{**ENTRY, "expr": "6/0"}], "formula 0: '6/0' divides by zero"),
        (
            [{**ENTRY, "img_paths": ["6/6_1.jpg", "+/+_2.jpg", "9/9_3.jpg"]}],
            "expected pictures of 6 div 9, got 6 \\+ 9",
        ),
        ([{**ENTRY, "img_paths": ["6/6_1.jpg"]}], "expected pictures of 6 div 9, got 6"),
    ],
)
def test_refused_files(tmp_path, content, part):
    path = tmp_path / "formulas.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(InputError, match=part):
        read_formulas(path)


def test_absent_and_damaged_files(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_formulas(tmp_path / "absent.json")
    damaged = bytearray(gzip.compress(json.dumps([ENTRY] * 50).encode()))
    damaged[20:40] = bytes(20)
    (tmp_path / "damaged.gz").write_bytes(bytes(damaged))
    with pytest.raises(InputError, match="cannot be read"):
        read_formulas(tmp_path / "damaged.gz")
