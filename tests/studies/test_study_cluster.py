"""A study on a Ray cluster: as without one, also where a node dies in the middle, and without shared storage."""

import json
import threading
import time
from collections import Counter

import pytest
import yaml

from latune.errors import InputError, RunError
from latune.studies import cluster as cluster_module
from latune.studies.archive import pack, unpack
from latune.studies.cluster import JOURNAL, Resources, run_on_cluster
from latune.studies.folder import create_study
from latune.studies.halving import EarlyStopping
from latune.studies.plan import different_runs
from latune.studies.study import study_from_dict
from latune.studies.work import OpenItems, perform
from latune.training.checkpoint import checkpoints

ray = pytest.importorskip("ray", reason="needs Ray")

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own warnings are none of ours

RECIPE = {
    "name": "tests/cluster",
    "data": {"name": "chorales"},
    "model": {"name": "measure_mlp", "latent_size": 6, "embedding_size": 4, "hidden_size": 16},
    "method": {"name": "ar_vae", "beta": 0.001, "reconstruction": "mean"},
    "attributes": {"names": ["rhythmic_complexity", "note_density"]},
    "training": {
        "steps": 600,
        "batch_size": 64,
        "learning_rate": 0.003,
        "validate_every": 50,
        "checkpoint_every": 50,
        "log_every": 50,
    },
    "evaluation": {"items": 10, "targets": 2, "sweep": 3, "bootstrap": 5},
}
RUNS = 4


@pytest.fixture(scope="module")
def make_study(tmp_path_factory):
    """A function from keys of a study to the folder of one."""
    recipe = tmp_path_factory.mktemp("recipe") / "tiny.yaml"
    recipe.write_text(yaml.safe_dump(RECIPE))

    def make(**values):
        study = {"name": "tests", "recipes": [str(recipe)], "seeds": RUNS, "evaluate": False, **values}
        return create_study(tmp_path_factory.mktemp("study") / "study", study_from_dict(study, "test"))

    return make


@pytest.fixture(scope="module")
def alone(make_study):
    """The weights of a study that was done in this process, by key."""
    study, items = make_study(), OpenItems()
    for run in different_runs(study.runs):
        assert perform(run.recipe.model_dump(mode="json"), str(study.run_folder(run.key)), False, items=items)
    return weights(study)


@pytest.fixture(scope="module")
def nodes():
    """A cluster of one node with one processor, to which others may be added."""
    from ray.cluster_utils import Cluster

    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    ray.init(address=found.address, log_to_driver=False)
    yield found
    ray.shutdown()
    found.shutdown()


def weights(study):
    folders = (study.run_folder(run.key) for run in different_runs(study.runs))
    return {folder.name: (folder / "weights.safetensors").read_bytes() for folder in folders}


def journal(study):
    return [json.loads(line) for line in (study.folder / JOURNAL).read_text().splitlines()]


def counted(study, what):
    return Counter(line["run"] for line in journal(study) if line["what"] == what)


def begun_checkpoints(study):
    return {path.parts[-3] for path in study.folder.glob("runs/*/checkpoint/step-*")}


@pytest.mark.slow
@pytest.mark.parametrize("collect", [False, True])
def test_a_node_that_dies_loses_and_doubles_nothing(make_study, alone, nodes, collect):
    """With a folder that both nodes see, and without shared storage, where what died begins again."""
    study, second = make_study(), nodes.add_node(num_cpus=1)
    killed, told = [], []

    def kill():
        while not (study.folder / JOURNAL).is_file() or len(journal(study)) < 2:
            time.sleep(0.01)
        while not collect and len(begun_checkpoints(study)) < 2:
            time.sleep(0.01)
        time.sleep(0.2)
        killed.append(len(counted(study, "ended")))
        nodes.remove_node(second, allow_graceful=False)

    killer = threading.Thread(target=kill)
    killer.start()
    run_on_cluster(study, study.pending(), address=nodes.address, collect=collect, report=told.append)
    killer.join()
    keys = {run.key for run in study.runs}
    assert killed[0] < RUNS  # it died while there was work to do
    assert sum(counted(study, "died").values()) >= 1
    assert counted(study, "ended") == dict.fromkeys(keys, 1)
    assert weights(study) == alone
    assert set(study.states().values()) == {"measured"}
    assert (told[-1].done, told[-1].failed, told[-1].working) == (RUNS, 0, {})
    assert {path.name for path in (study.folder / "runs").iterdir()} == keys  # no temporary folders, no locks


@pytest.mark.slow
def test_a_cluster_that_is_started_here(make_study, tmp_path):
    """Runs that fail do not hold up the others; a stop leaves checkpoints, and the next session goes on with them."""
    if ray.is_initialized():
        ray.shutdown()
    broken = tmp_path / "broken.yaml"
    broken.write_text(yaml.safe_dump({**RECIPE, "training": {**RECIPE["training"], "learning_rate": 1e30}}))
    whole = tmp_path / "whole.yaml"
    whole.write_text(yaml.safe_dump(RECIPE))
    study = make_study(recipes=[str(broken), str(whole)], seeds=1, evaluate=True)
    (failing, fine) = different_runs(study.runs)
    stop = lambda: bool(begun_checkpoints(study))  # noqa: E731
    run_on_cluster(study, [fine], workers=1, stop=stop)
    assert not ray.is_initialized()
    assert study.states()[fine.key] == "training"
    run_on_cluster(study, study.pending(), workers=1, collect=True)
    assert study.states() == {failing.key: "failed", fine.key: "measured"}
    assert "lower training.learning_rate" in study.failure(failing.key)["error"]
    told = [line["what"] for line in journal(study) if line["run"] == fine.key]
    assert told == ["begun", "stopped", "begun", "ended"]


@pytest.mark.slow
def test_runs_that_fall_behind_are_ended_early(make_study, tmp_path):
    if ray.is_initialized():
        ray.shutdown()
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(RECIPE))
    study = make_study(recipes=[str(recipe)], seeds=1, grid={"training.learning_rate": [0.003, 1e-6, 1e-7, 1e-8]})
    run_on_cluster(study, study.pending(), workers=1, asha=EarlyStopping(first_rung=100))
    states = [study.states()[run.key] for run in study.runs]
    assert states == ["measured", "stopped", "stopped", "stopped"]
    for run in study.runs[1:]:
        folder = study.run_folder(run.key)
        assert json.loads((study.folder / "stopped" / f"{run.key}.json").read_text())["step"] == 100
        assert checkpoints(folder)[-1].name == "step-000000100"
        assert not (folder / "finished.json").exists()
    assert study.pending() == []


def test_no_cluster_at_the_address(make_study):
    study = make_study(seeds=1)
    with pytest.raises(InputError, match=r"--address 127\.0\.0\.1:1: expected the address of a Ray cluster"):
        run_on_cluster(study, study.pending(), address="127.0.0.1:1")


@pytest.mark.parametrize(
    ("resources", "room"), [(Resources(1), 6), (Resources(2), 2), (Resources(1, 1), 2), (Resources(0.5, 0.5), 4)]
)
def test_room_on_nodes(resources, room):
    nodes = [
        {"Alive": True, "Resources": {"CPU": 3.0}},
        {"Alive": True, "Resources": {"CPU": 3.0, "GPU": 2.0}},
        {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}},
    ]
    assert cluster_module._room(nodes, resources) == room


@pytest.mark.parametrize("values", [(0, 0), (-1, 0), (1, -1)])
def test_resources_that_are_none(values):
    with pytest.raises(InputError, match="more than no CPU"):
        Resources(*values)


def test_archives(tmp_path):
    source = tmp_path / "source"
    (source / "checkpoint").mkdir(parents=True)
    (source / "checkpoint/weights").write_bytes(bytes(range(256)))
    (source / "recipe.yaml").write_text("name: x")
    target = tmp_path / "runs/target"
    target.mkdir(parents=True)
    (target / "old").write_text("old")
    unpack(pack(source), target)
    assert sorted(path.name for path in target.rglob("*")) == ["checkpoint", "recipe.yaml", "weights"]
    assert (target / "checkpoint/weights").read_bytes() == bytes(range(256))
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_archives_that_reach_beyond_their_folder(tmp_path):
    import io
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../../outside"))
    for content in (buffer.getvalue(), b"no archive"):
        with pytest.raises(RunError, match="Cannot put a run into"):
            unpack(content, tmp_path / "runs/target")
    assert not (tmp_path / "runs/target").exists()
    assert not (tmp_path / "outside").exists()
