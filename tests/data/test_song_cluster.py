"""Songs prepared on a Ray cluster: as in one process, also where a node dies in the middle."""

import threading
import time

import numpy as np
import pytest

from latune.data.song_merge import merge_pieces
from latune.data.song_pieces import PieceOptions, is_prepared
from latune.data.song_workers import prepare_pieces
from latune.errors import InputError
from latune.music.songs.phrases import PhraseOptions
from latune.music.songs.synthesis import synthetic_song
from latune.music.songs.writing import song_bytes

pytest.importorskip("symusic")
pytest.importorskip("pyarrow")
ray = pytest.importorskip("ray", reason="needs Ray")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray's own warnings are none of ours

PIECES = 8


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    for seed in range(2 * PIECES):
        (folder / f"{seed:02d}.mid").write_bytes(song_bytes(synthetic_song(seed % 4, seed)))
    return folder


@pytest.fixture
def cluster():
    """Two nodes with one processor each, of which the second one may be killed."""
    from ray.cluster_utils import Cluster

    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = found.add_node(num_cpus=1)
    ray.init(address=found.address, log_to_driver=False)
    yield found, second
    ray.shutdown()
    found.shutdown()


def content(folder):
    merged = merge_pieces(folder, PIECES)
    rows = [(row.name, row.md5, row.reason) for row in merged.files]
    return rows, merged.songs.tolist(), merged.start_bars.tolist(), np.concatenate(list(merged.tokens())).tobytes()


def becomes_true(condition, seconds=60):
    """Whether the condition holds soon; a cluster takes a while to notice that a node is gone."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


def test_a_node_that_dies_loses_and_doubles_nothing(tmp_path, source, cluster):
    from latune.data.tune_sources import tune_files

    files, (nodes, second) = tune_files(source, (".mid",)), cluster
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()
    prepare_pieces(files, alone, PieceOptions(files=2))
    killed_after = []

    def kill():
        while not is_prepared(together, 0):
            time.sleep(0.01)
        killed_after.append(sum(is_prepared(together, number) for number in range(PIECES)))
        nodes.remove_node(second, allow_graceful=False)

    killer = threading.Thread(target=kill)
    killer.start()
    assert prepare_pieces(files, together, PieceOptions(files=2), cluster=nodes.address) == PIECES
    killer.join()
    assert killed_after[0] < PIECES  # it died while there was work to do
    assert becomes_true(lambda: sum(node["Alive"] for node in ray.nodes()) == 1)
    assert content(together) == content(alone)
    names = [row[0] for row in content(together)[0]]
    assert names == [file.name for file in files]


def test_a_cluster_that_is_started_here(tmp_path, source):
    from latune.data.tune_sources import tune_files

    files = tune_files(source, (".mid",))[:4]
    told = []
    options = PieceOptions(PhraseOptions(hop=4), files=2)
    count = prepare_pieces(files, tmp_path, options, 1, "local", lambda done, total: told.append((done, total)))
    assert count == 2
    assert told == [(2, 4), (4, 4)]
    assert not ray.is_initialized()


def test_no_cluster_at_the_address(tmp_path, source):
    from latune.data.tune_sources import tune_files

    with pytest.raises(InputError, match=r"--cluster 127\.0\.0\.1:1: expected the address of a Ray cluster"):
        prepare_pieces(tune_files(source, (".mid",)), tmp_path, PieceOptions(), cluster="127.0.0.1:1")
