"""The folder of a study: states of runs, what is reused, and what cannot stand in one folder."""

import json
import shutil

import pytest

from latune.errors import RecipeError, RunError
from latune.studies.folder import StudyFolder, create_study, holds, is_study, open_study
from latune.studies.work import OpenItems, perform
from latune.training.run_folder import open_run

SHORT = {"training.steps": 20, "training.validate_every": 20}


@pytest.fixture(scope="module")
def items():
    return OpenItems()


def do(study_folder, run, items, **options):
    folder = str(study_folder.run_folder(run.key))
    return perform(run.recipe.model_dump(mode="json"), folder, study_folder.study.evaluate, items=items, **options)


def test_what_was_written_is_opened_again(tiny_study, tmp_path):
    made = create_study(tmp_path / "out", tiny_study(seeds=2, grid={"training.steps": [20, 30]}))
    assert is_study(made.folder)
    opened = open_study(made.folder)
    assert opened.study == made.study
    assert opened.runs == made.runs
    assert len(opened.runs) == 4
    assert set(opened.states().values()) == {"waiting"}
    assert [run.key for run in opened.pending()] == list(opened.states())


def test_states(tiny_folder, items):
    study_folder = tiny_folder(seeds=3, set=SHORT)
    first, second, third = study_folder.runs
    asked = iter(range(100))
    assert not do(study_folder, first, items, stop=lambda: next(asked) == 4)
    assert study_folder.state(first) == "training"
    told = []
    assert do(study_folder, first, items, report=told.append)
    assert study_folder.state(first) == "measured"
    assert {entry["phase"] for entry in told} == {"training", "calibrating"}
    assert told[-2] | {"items_per_second": 0, "losses": {}} == {
        "phase": "training", "step": 20, "steps": 20, "items_per_second": 0, "losses": {}
    }  # fmt: skip
    (study_folder.run_folder(first.key) / "knobs.json").unlink()
    assert study_folder.state(first) == "trained"
    study_folder.record_failure(second.key, "A sentence.", "a trace")
    study_folder.record_failure(second.key, "Another one.")
    study_folder.record_stop(third.key, {"rung": 1})
    assert list(study_folder.states().values()) == ["trained", "failed", "stopped"]
    assert study_folder.failure(second.key) == {"error": "Another one.", "trace": "", "attempts": 2}
    assert study_folder.pending() == [first]
    assert study_folder.pending(retry_failed=True) == [first, second]
    study_folder.clear_failure(second.key)
    assert study_folder.state(second) == "waiting"


def test_a_run_of_another_recipe_does_not_count(tiny_folder, items):
    study_folder = tiny_folder(seeds=2, set=SHORT)
    first, second = study_folder.runs
    do(study_folder, first, items)
    shutil.copytree(study_folder.run_folder(first.key), study_folder.run_folder(second.key))
    assert study_folder.state(second) == "waiting"
    with pytest.raises(RunError, match="holds the run of another recipe"):
        do(study_folder, second, items)


def test_what_a_kill_left_of_a_new_folder_is_removed(tiny_folder, items):
    study_folder = tiny_folder(set=SHORT)
    (run,) = study_folder.runs
    folder = study_folder.run_folder(run.key)
    folder.mkdir()
    (folder / "recipe.yaml").write_text("half")
    assert do(study_folder, run, items)
    assert study_folder.state(run) == "measured"


def test_measuring_is_stopped_and_taken_up(trained_run, tiny_study, tmp_path, items):
    """A measured run with its knobs, but without what was measured."""
    recipe = str(trained_run.folder / "recipe.yaml")
    study_folder = create_study(
        tmp_path / "out", tiny_study(recipes=[recipe], evaluate=True), reuse=[trained_run.folder]
    )
    (run,) = study_folder.runs
    assert study_folder.state(run) == "measured"
    folder = study_folder.run_folder(run.key)
    for name in ("metrics.json", "certificate.json"):
        (folder / name).unlink()
    assert study_folder.state(run) == "trained"
    assert not do(study_folder, run, items, stop=lambda: True)
    assert not (folder / "certificate.json").exists()
    assert do(study_folder, run, items)
    assert study_folder.state(run) == "measured"
    for name in ("metrics.json", "certificate.json"):
        assert json.loads((folder / name).read_text()) == trained_run.read_json(name)


def test_runs_of_other_folders_are_reused(tiny_study, tmp_path, items):
    before = create_study(tmp_path / "before", tiny_study(seeds=2, set=SHORT))
    for run in before.runs:
        do(before, run, items)
    unfinished = create_study(tmp_path / "unfinished", tiny_study(seeds=[2], set=SHORT))
    do(unfinished, unfinished.runs[0], items, stop=lambda: True)

    study = tiny_study(name="other", seeds=3, set=SHORT)
    after = create_study(tmp_path / "after", study, reuse=[before.folder, unfinished.folder])
    assert list(after.states().values()) == ["measured", "measured", "waiting"]
    source, target = (one.run_folder(one.runs[1].key) for one in (before, after))
    assert {path.name: path.read_bytes() for path in source.glob("*.*")} == {
        path.name: path.read_bytes() for path in target.glob("*.*")
    }
    record = json.loads((after.folder / "reused" / f"{after.runs[1].key}.json").read_text())
    assert record == {"from": str(source)}
    assert after.reuse([before.folder]) == {}
    single = create_study(tmp_path / "single", study, reuse=[source])
    assert list(single.states().values()) == ["waiting", "measured", "waiting"]
    with pytest.raises(RunError, match="holds no runs to reuse"):
        create_study(tmp_path / "none", study, reuse=[tmp_path / "nothing"])
    assert not (tmp_path / "none").exists()


def test_measures_of_other_items_are_not_reused(trained_run, tiny_study, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(trained_run.folder, source)
    certificate = trained_run.read_json("certificate.json")
    (source / "certificate.json").write_text(json.dumps({**certificate, "items": certificate["items"] - 1}))
    study = tiny_study(recipes=[str(source / "recipe.yaml")], evaluate=True)
    other = create_study(tmp_path / "other", study, reuse=[source])
    assert list(other.states().values()) == ["trained"]
    (source / "metrics.json").unlink()  # measured runs come first
    measured = create_study(tmp_path / "measured", study, reuse=[source, trained_run.folder])
    assert list(measured.states().values()) == ["measured"]


def test_a_study_is_extended(tiny_study, tmp_path, items):
    folder = tmp_path / "out"
    before = create_study(folder, tiny_study(set=SHORT))
    do(before, before.runs[0], items)
    assert create_study(folder, tiny_study(set=SHORT, title="New title")).study.title == "New title"
    with pytest.raises(RunError, match=r"holds 'tiny' with other runs \(seeds and grid differ\): .* --extend"):
        create_study(folder, tiny_study(seeds=2, set=SHORT, grid={"training.batch_size": [64]}))
    assert len(open_study(folder).runs) == 1
    # The same run has another key now: the grid stands in it.
    after = create_study(folder, tiny_study(seeds=2, set=SHORT, grid={"training.batch_size": [64]}), extend=True)
    assert list(after.states().values()) == ["measured", "waiting"]
    assert holds(folder / "runs" / before.runs[0].key, after.runs[0].recipe)


def test_recipes_that_name_no_attributes(tiny_folder, items):
    """A run's own recipe names all attributes, where the planned one leaves that open."""
    study_folder = tiny_folder(set={**SHORT, "attributes.names": []})
    (run,) = study_folder.runs
    assert not do(study_folder, run, items, stop=lambda: True)
    assert len(open_run(study_folder.run_folder(run.key)).recipe.attributes.names) > 4
    assert study_folder.state(run) == "training"


def test_two_processes_cannot_work_on_one_study(tiny_folder):
    study_folder = tiny_folder()
    other = StudyFolder(study_folder.folder)
    with study_folder.lock(), pytest.raises(RunError, match="is in work by another process"), other.lock():
        pass
    with other.lock():
        pass


def test_what_is_refused(tiny_study, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(RunError, match="is not empty and holds no study"):
        create_study(tmp_path / "full", tiny_study())
    with pytest.raises(RunError, match=r"expected study.yaml and plan.json"):
        open_study(tmp_path / "full")
    with pytest.raises(RecipeError, match=r"unknown key 'training.stps'"):
        create_study(tmp_path / "new", tiny_study(set={"training.stps": 1}))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("study.yaml", "["),
        ("study.yaml", "name: x"),
        ("plan.json", ""),
        ("plan.json", "{}"),
        ("plan.json", '{"format": 2, "runs": []}'),
        ("plan.json", '{"format": 1}'),
        ("plan.json", '{"format": 1, "runs": [{"key": "x"}]}'),
        ("plan.json", '{"format": 1, "runs": [{"key": "x", "recipe": {}}]}'),
    ],
)
def test_damaged_folders(tiny_folder, name, content):
    folder = tiny_folder().folder
    (folder / name).write_text(content)
    with pytest.raises(RunError, match=r"\.$"):
        open_study(folder)
