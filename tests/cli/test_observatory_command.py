"""`latune metrics --observatory`."""

import json

import pytest
from outcomes import refuse, succeed

FEW = ("--only", "factor_mig", "--only", "attribute_scc")


def test_the_table_says_where_scores_mislead(latune):
    out = succeed(latune("metrics", "--observatory", *FEW))
    assert "Does each code speak of one factor only?" in out
    assert "each factor twice 0.00" in out
    assert "classes out of order" in out


def test_json_and_figure_hold_every_case(latune, tmp_path):
    figure = tmp_path / "observatory.svg"
    content = json.loads(succeed(latune("metrics", "--observatory", "--json", "--figure", figure, *FEW)))
    cases = {case["key"]: case for case in content["cases"]}
    assert {"perfect", "duplicated", "rotated", "noise"} <= set(cases)
    assert cases["perfect"]["findings"]["factor_mig"]["value"] > 0.98
    assert cases["duplicated"]["findings"]["factor_mig"]["status"] == "too low"
    assert cases["periodic"]["findings"]["attribute_scc"]["value"] is None
    drawn = figure.read_text(encoding="utf-8")
    for case in cases.values():
        assert f">{case['title']}<" in drawn
    assert ">SCC (attributes)<" in drawn


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["arrays.npz", "--observatory"], "codes of its own"),
        (["--observatory", "--figure", "a.jpg"], ".png or .svg"),
        (["--observatory", "--figure", "nowhere/a.png"], "nowhere does not exist"),
        (["--observatory", "--only", "beauty"], "has no metric beauty"),
        (["--observatory", "--estimator", "slow"], "not slow"),
        (["arrays.npz", "--figure", "a.png"], "--observatory too"),
        ([], "or --observatory"),
    ],
)
def test_refusals(latune, arguments, sentence):
    assert sentence in refuse(latune("metrics", *arguments))
