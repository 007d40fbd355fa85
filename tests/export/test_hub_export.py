"""A run as a folder for the hub: what is in it, what the card says, and that it loads where the data are not."""

import json
import shutil
import sys

import numpy as np
import pytest
import yaml

import latune
from latune.errors import InputError, MissingExtraError, RunError
from latune.export.card import model_card
from latune.export.hub import FILES, export_hub, push_folder
from latune.export.source import RunSource, open_source
from latune.figures.style import percent


@pytest.fixture(scope="module")
def exported(trained_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "run"
    export_hub(open_source(trained_run.folder), folder, "cc-by-4.0")
    return folder


def test_the_files(exported, trained_run):
    names = {path.name for path in exported.iterdir()}
    assert names == set(FILES) & {*(path.name for path in trained_run.folder.iterdir()), "README.md", "codes.json"}
    assert names >= {"recipe.yaml", "run.json", "weights.safetensors", "knobs.json", "certificate.json", "metrics.json"}
    assert {name.rsplit(".", 1)[1] for name in names} == {"json", "md", "safetensors", "yaml"}
    assert (exported / "weights.safetensors").read_bytes() == (trained_run.folder / "weights.safetensors").read_bytes()
    assert exported.stat().st_mode & 0o777 == 0o755


def test_it_loads_and_samples_without_the_data(exported, trained_run, synthetic, tmp_path, monkeypatch):
    here = latune.load(trained_run.folder)
    moved = shutil.copytree(exported, tmp_path / "moved")
    expected = here.sample(4, note_density=0.2, seed=3)
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "nothing"))
    there = latune.load(moved)
    assert np.array_equal(there.sample(4, note_density=0.2, seed=3).items, expected.items)
    ticks = synthetic.codec.ticks(synthetic.items[:3])
    assert np.array_equal(there.edit(ticks, note_density=0.2).items, here.edit(ticks, note_density=0.2).items)
    assert there.card() == (exported / "README.md").read_text()
    with pytest.raises(RunError, match=r"^New items need codes\.json in the run's folder or its data"):
        latune.load(trained_run.folder).sample(2)


def test_companions_and_readers_travel(song_run, tmp_path):
    export_hub(open_source(song_run.folder), tmp_path / "songs")
    assert (tmp_path / "songs" / "petals.safetensors").is_file()
    assert (tmp_path / "songs" / "genres.json").is_file()
    assert latune.load(tmp_path / "songs").sample(2).items.shape == (2, 256, 4)


def test_the_head_of_the_card(exported):
    card = (exported / "README.md").read_text()
    head = yaml.safe_load(card.split("---\n")[1])
    assert head["license"] == "cc-by-4.0"
    assert head["library_name"] == "latune"
    assert head["datasets"] == ["chorales"]
    assert {"latune", "symbolic-music", "ar_vae"} <= set(head["tags"])


def test_the_card_says_what_was_measured(exported, trained_run):
    card = (exported / "README.md").read_text()
    certificate = json.loads((trained_run.folder / "certificate.json").read_text())
    for name, knob in certificate["knobs"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` |") and "%" in line]
        for way in ("alone", "joint", "path", "exact"):
            assert f" {percent(knob[way]['hit_rate']['value'])} |" in row
    assert f"{certificate['items']} held-out items" in card
    assert "Source: invented." in card
    assert "Licence of the data: none needed." in card
    assert "arXiv 2004.05485" in card
    assert 'latune.load("run")' in card
    assert "latune edit run tune.mid --knob " in card
    assert "published under cc-by-4.0" in card
    assert "{{" not in card
    assert "None" not in card


@pytest.mark.parametrize(
    ("licence", "words"),
    [("as the user's files are licensed", "is not clear** (\"as the user's"), ("unknown", "is not clear**")],
)
def test_a_licence_that_is_not_clear(trained_run, synthetic, licence, words):
    source = open_source(trained_run.folder)
    dataset = source.dataset
    dataset.description["licence"] = licence
    card = model_card(source, None, "run")
    assert words in card
    assert "No licence was chosen for the weights" in card
    assert "license" not in card.split("---\n")[1]


def test_a_card_without_data_or_evaluation(trained_run, tmp_path):
    run = shutil.copytree(trained_run.folder, tmp_path / "run")
    for name in ("certificate.json", "metrics.json"):
        (run / name).unlink()
    opened = open_source(run)
    card = model_card(RunSource(opened.run, opened.editor), None, "run")
    assert "This run was not evaluated" in card
    assert "Its source is not recorded with the run." in card
    assert "Network: measure_mlp; method: ar_vae; seed 0." in card


def test_an_unfinished_run_is_refused(trained_run, tmp_path):
    run = shutil.copytree(trained_run.folder, tmp_path / "run")
    (run / "finished.json").unlink()
    with pytest.raises(RunError, match=r"run is not finished: go on with latune train --resume --out .*run\.$"):
        open_source(run)


class Hub:
    """Stands in for the upload of huggingface_hub, which needs an account; it notes what it is asked for."""

    def __init__(self, monkeypatch, error=None):
        import huggingface_hub

        self.asked, self.error = [], error
        monkeypatch.setattr(huggingface_hub, "create_repo", self.create_repo)
        monkeypatch.setattr(huggingface_hub, "upload_folder", self.upload_folder)

    def create_repo(self, repository, **options):
        if self.error is not None:
            raise self.error
        self.asked.append((repository, options))

    def upload_folder(self, **options):
        self.asked.append(options)
        return "https://hub/me/run"


def test_uploading(exported, monkeypatch):
    hub = Hub(monkeypatch)
    assert push_folder(exported, "me/run") == "https://hub/me/run"
    made, uploaded = hub.asked
    assert made == ("me/run", {"exist_ok": True})
    assert uploaded == {"repo_id": "me/run", "folder_path": exported, "allow_patterns": list(FILES)}


def test_an_upload_that_fails_is_one_sentence(exported, monkeypatch):
    Hub(monkeypatch, OSError("no token\nsee the manual"))
    with pytest.raises(RunError, match=r"^me/run was not uploaded: no token\.$"):
        push_folder(exported, "me/run")
    with pytest.raises(InputError, match=r"^--push run: expected NAME/REPOSITORY\.$"):
        push_folder(exported, "run")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'latune\[hub\]'"):
        push_folder(exported, "me/run")
