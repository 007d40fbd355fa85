"""`latune study` on the command line."""

import json
import signal

import pytest
import yaml
from outcomes import refuse, succeed

from latune.studies import local

SMALL = {
    "name": "small",
    "recipes": ["chorales/vae", {"recipe": "chorales/vae", "label": "broken", "set": {"data.name": "nowhere"}}],
    "set": {"model.hidden_size": 16, "training.steps": 20, "evaluation.attributes": ["note_density"]},
    "evaluate": False,
    "quick": {"recipes": ["chorales/vae"]},
}


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    return path


def test_list(latune):
    content = json.loads(succeed(latune("study", "list", "--json")))
    entry = next(entry for entry in content if entry["name"] == "ar-vae-paper")
    assert (entry["runs"], entry["quick_runs"]) == (120, 24)
    assert entry["time"]
    assert "beta-family" in succeed(latune("study", "list"))


def test_run_status_and_retry(latune, study, tmp_path):
    out = tmp_path / "out"
    done = latune("study", "run", study, "--out", out, "--workers", 1)
    assert done.code == 2
    assert f"{out}: 1 measured, 1 failed" in done.out
    assert done.errors.splitlines()[-1] == (
        f"1 of 2 runs failed: see latune study status {out}, and latune study run {out} --retry-failed."
    )
    assert "Traceback" not in done.errors

    content = json.loads(succeed(latune("study", "status", out, "--json")))
    assert content["counts"] == {"measured": 1, "failed": 1}
    assert [run["state"] for run in content["runs"]] == ["measured", "failed"]
    assert "Unknown data set 'nowhere'" in content["runs"][1]["error"]
    assert "small: 1 measured, 1 failed" in succeed(latune("study", "status", out))

    assert "goes on with its own study" in refuse(latune("study", "run", out, "--quick"))
    assert "with other runs (seeds differ)" in refuse(latune("study", "run", study, "--out", out, "--set", "seeds=2"))
    again = latune("study", "run", out)  # nothing is left to do
    assert (again.code, f"{out}: 1 measured, 1 failed" in again.out) == (2, True)
    smaller = latune("study", "run", study, "--quick", "--out", tmp_path / "quick", "--reuse", out)
    assert "1 measured" in succeed(smaller)
    assert json.loads(next((tmp_path / "quick" / "reused").glob("*.json")).read_text())["from"].startswith(str(out))


def test_interrupt(latune, study, tmp_path, monkeypatch):
    run_local = local.run_local

    def interrupted(*arguments, **options):
        signal.raise_signal(signal.SIGINT)
        run_local(*arguments, **options)

    monkeypatch.setattr(local, "run_local", interrupted)
    stopped = latune("study", "run", study)
    assert stopped.code == 130
    assert "2 waiting" in stopped.out
    assert stopped.errors.splitlines()[-1].endswith("Go on with: latune study run runs/studies/small")


def test_budget_of_time(latune, study):
    shown = succeed(latune("study", "run", study, "--set", "budget.minutes=1e-9"))
    assert "The budget is spent, 2 runs are left. Go on with: latune study run runs/studies/small" in shown


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "smal.yaml"], "There is no study 'smal.yaml': "),
        (["run", "small.yaml", "--set", "sedes=3"], "unknown key 'sedes': did you mean 'seeds'?"),
        (["run", "small.yaml", "--set", "set.training.stps=3"], "unknown key 'training.stps': did you mean 'steps'?"),
        (["run", "small.yaml", "--set", "seeds"], "--set seeds: expected NAME=VALUE"),
        (["run", "small.yaml", "--reuse", "nothing"], "nothing holds no runs to reuse"),
        (["run", "small.yaml", "--early-stop", "9"], "--early-stop is for a cluster: expected --executor ray with it"),
        (["run", "small.yaml", "--only", "choral"], "--only choral: did you mean 'chorales'?"),
        (["status", "."], ". is not the folder of a study"),
        (["report", "."], ". is not the folder of a study"),
    ],
)
def test_mistakes(latune, study, tmp_path, arguments, sentence):
    result = latune("study", *arguments)
    assert result.code == 2
    (line,) = result.errors.splitlines()
    assert sentence in line
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]
