"""The report of a study: of runs that are there, of a study that is not complete, and of one without any run."""

import json
import re
import shutil

import numpy as np
import pytest
import yaml

import latune.studies.report as reporting
from latune.errors import RunError
from latune.studies.folder import create_study
from latune.studies.quantities import KNOB_HIT_RATE, RECONSTRUCTION_ACCURACY
from latune.studies.report import build_study_report
from latune.studies.results import collect
from latune.studies.study import study_from_dict

SEEDS, GAIN = 3, 0.1


def measured_copy(run, folder, planned, shift):
    """The folder of a planned run, with the files of another one and its scores moved."""
    shutil.copytree(run.folder, folder)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(planned.recipe.model_dump(mode="json")))
    content = json.loads((folder / "metrics.json").read_text())
    for name in ("interpretability", "mig"):
        content["scores"]["means"][name]["value"] += shift
    content["reconstruction"]["token_accuracy"]["value"] -= shift / 10
    (folder / "metrics.json").write_text(json.dumps(content))


@pytest.fixture(scope="module")
def study_of_two(trained_run, small_recipe, tmp_path_factory):
    """Two labels and three seeds, five runs measured, one failed."""
    folder = tmp_path_factory.mktemp("studies")
    (folder / "recipe.yaml").write_text(yaml.safe_dump(small_recipe().model_dump(mode="json")))
    entry = {"recipe": str(folder / "recipe.yaml"), "label": "plain <b>"}
    other = {**entry, "label": "strong", "set": {"attributes.gamma": 3.0}}
    published = {
        "group": "chorales",
        "label": "strong",
        "metric": "scores.means.mig",
        "value": 0.2,
        "source": "A paper",
    }
    values = {
        "name": "two",
        "title": "Two of a kind",
        "seeds": SEEDS,
        "recipes": [entry, other],
        "published": [published],
    }
    made = create_study(folder / "out", study_from_dict(values, "two"))
    for run in made.runs[:-1]:
        shift = 0.01 * run.seed + (GAIN if run.label == "strong" else 0)
        measured_copy(trained_run, made.run_folder(run.key), run, -shift)
    made.record_failure(made.runs[-1].key, "It ran out of notes.")
    return made


@pytest.fixture(scope="module")
def page(study_of_two):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "RESOLUTION", 40)
        told = []
        path = build_study_report(study_of_two, lambda *what: told.append(what))
    assert {what for what, _, _ in told} == {"numbers", "figures", "codes"}
    return path


def test_results_hold_every_number(study_of_two, trained_run):
    results = collect(study_of_two)
    assert len(results) == 5
    assert results.variants == ("plain <b>", "strong")
    metrics = json.loads((trained_run.folder / "metrics.json").read_text())
    certificate = json.loads((trained_run.folder / "certificate.json").read_text())
    expected = [
        metrics["scores"]["means"]["mig"]["value"] - 0.01 * p.seed - GAIN * (p.label == "strong")
        for p in results.places
    ]
    assert results.column("scores.means.mig") == pytest.approx(expected)
    assert results.column(RECONSTRUCTION_ACCURACY) == pytest.approx(results.column("reconstruction.token_accuracy"))
    rates = [knob["path"]["hit_rate"]["value"] for knob in certificate["knobs"].values()]
    assert results.column(KNOB_HIT_RATE) == pytest.approx([np.mean(rates)] * 5)
    assert results.column("certificate.tolerance") == pytest.approx([certificate["tolerance"]] * 5)
    assert results.column("finished.steps") == pytest.approx([600] * 5)
    assert np.isnan(results.column("no.such.number")).all()
    assert set(results.media) == {"music"}


def test_paired_values_go_by_seed(study_of_two):
    one, other = collect(study_of_two).paired("scores.means.mig", "chorales", "plain <b>", "strong")
    assert len(one) == 2  # one run has failed
    assert one - other == pytest.approx([GAIN, GAIN])


def test_a_damaged_run_is_named(study_of_two, tmp_path):
    made = create_study(tmp_path / "copy", study_of_two.study, reuse=[study_of_two.folder])
    damaged = made.run_folder(made.runs[0].key) / "metrics.json"
    damaged.write_text("{")
    with pytest.raises(RunError, match=r"metrics\.json is damaged"):
        collect(made)


def test_the_page_holds_all_it_shows(page):
    text = page.read_text()
    assert not re.search(r"(src|href)=\"(https?:)?//", text)
    assert "<script" not in text
    assert "@import" not in text
    assert "{{" not in text
    for link in re.findall(r'<a href="([^"#]+)"', text):
        assert (page.parent / link).is_file(), link
    for anchor in re.findall(r'href="#([^"]+)"', text):
        assert f'id="{anchor}"' in text


def test_the_page_says_what_became_of_the_runs(page, study_of_two):
    text = page.read_text()
    assert "5 of 6 different runs are measured" in text
    assert "It ran out of notes." in text
    assert "Published values: A paper." in text
    assert "plain &lt;b&gt;" in text
    assert "plain <b>" not in text
    assert "Settings of the grid</b>. The study has no grid." in text
    assert "Class accuracy of decoded pictures</b>. No run" in text
    assert f"latune study run {study_of_two.folder / 'study.yaml'}" in text


def test_figures_and_tables_are_files(page):
    figures = {path.stem for path in (page.parent / "figures").glob("*.png")}
    assert figures == {path.stem for path in (page.parent / "figures").glob("*.pdf")}
    assert {
        "box_plots",
        "reconstruction",
        "paired_differences",
        "pair_plot",
        "rank_correlations",
        "learning_curves",
    } <= figures
    tables = {path.name for path in (page.parent / "tables").iterdir()}
    expected = {"summary.md", "summary.tex", "summary.csv", "comparisons.csv", "correlations.csv", "runs.csv"}
    assert tables - {"runs.parquet"} == expected


def test_equal_models_have_equal_codes(page):
    """All runs of this study have the same weights, of which the published score says 0.9."""
    content = json.loads((page.parent / "ranking.json").read_text())
    assert {one["variant"]: len(one["keys"]) for one in content} == {"plain <b>": 3, "strong": 2}
    assert np.concatenate([one["scores"] for one in content]) == pytest.approx(0.9, abs=0.01)


def test_a_new_report_takes_the_place_of_the_old_one(page, study_of_two, monkeypatch):
    before = {path.relative_to(page.parent) for path in page.parent.rglob("*")}
    (page.parent / "stray.txt").write_text("of an earlier report")

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reporting, "_draw", broken)
    with pytest.raises(RunError, match="No space left"):
        build_study_report(study_of_two)
    assert page.is_file()  # the old one is whole
    assert [path.name for path in study_of_two.folder.glob(".report*")] == []
    monkeypatch.setattr(reporting, "_draw", lambda *_: ([], []))
    opened = []
    monkeypatch.setattr("latune.studies.ranking.encode_posteriors", lambda *_: opened.append(1))
    build_study_report(study_of_two)
    assert not opened  # the ranking of the same runs is not computed again
    assert not (page.parent / "stray.txt").exists()
    after = {path.relative_to(page.parent) for path in page.parent.rglob("*")}
    assert {path for path in before if path.parts[0] != "figures"} == {
        path for path in after if path.parts[0] != "figures"
    }


def test_a_study_without_a_measured_run_has_a_report(study_of_two, tmp_path):
    made = create_study(tmp_path / "new", study_of_two.study)
    text = build_study_report(made).read_text()
    assert "0 of 6 different runs are measured" in text
    assert text.count("No run is measured yet.") == 8
    assert "there are no tables of them" in text
