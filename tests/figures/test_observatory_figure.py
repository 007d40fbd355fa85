"""The observatory as a figure, drawn from plain dictionaries."""

import xml.etree.ElementTree as ET

import pytest

from latune.figures import figure_svg
from latune.figures.observatory import observatory_table
from latune.figures.style import VERMILION


def make_observatory(statuses, values=(1.0, 0.25, None, -0.44)):
    metrics = [
        {"key": f"m{i}", "title": f"metric {i}", "question": "separate" if i < 2 else "readable"} for i in range(4)
    ]
    findings = {
        metric["key"]: {"value": value, "status": status, "reason": "Because."}
        for metric, value, status in zip(metrics, values, statuses, strict=True)
    }
    truth = {"separate": "yes", "compact": "no", "readable": "partly"}
    return {
        "items": 600,
        "questions": {"separate": "One each?", "compact": "In one?", "readable": "Read?"},
        "metrics": metrics,
        "cases": [{"key": "a", "title": "case a", "made": "Made.", "truth": truth, "findings": findings}],
    }


@pytest.fixture(scope="module")
def svg():
    return figure_svg(observatory_table(make_observatory(["as it should", "too low", "undefined", "too high"])))


def test_it_shows_cases_metrics_answers_and_values(svg):
    shown = {element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}
    assert {"case a", "metric 0", "metric 3", "yes", "partly", "1.00", "0.25", "–", "−0.4", "One each?"} <= shown
    assert "In one?" not in shown  # no metric answers it
    assert "no" not in shown


def test_what_misleads_has_a_frame(svg):
    assert svg.count(VERMILION) == 2
    right = make_observatory(["as it should", "as it should", "undefined", "as it should"])
    assert VERMILION not in figure_svg(observatory_table(right))
