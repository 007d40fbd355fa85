"""The sets of scenes: order, splits, file on disk, and reading the official archive in pieces."""

import hashlib

import numpy as np
import pytest

from latune.data import fetch, shapes3d, shapes3d_archive, store
from latune.data.preparation import Preparation
from latune.data.registry import prepare_dataset
from latune.data.shapes3d import SCENE_TABLE, prepare_scenes, prepare_small_scenes
from latune.data.shapes3d_archive import read_scenes
from latune.data.store import load_dataset
from latune.errors import InputError
from latune.images.scenes import FACTORS, render_scenes, scene_factors

pytest.importorskip("numba")
h5py = pytest.importorskip("h5py")

SIZES, BASES, COUNT = (2, 1, 3, 1, 2, 2), (12, 12, 4, 4, 2, 1), 24
PICTURES = np.random.default_rng(0).integers(0, 256, (COUNT, 64, 64, 3), dtype=np.uint8)
LABELS = np.stack([np.arange(COUNT) // b % s / 7 - 1 for s, b in zip(SIZES, BASES, strict=True)], axis=1)


@pytest.fixture
def home(monkeypatch, tmp_path):
    """An empty folder of data sets."""
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path))
    return tmp_path


def small_numbers(hues):
    return np.flatnonzero(np.isin(scene_factors()[:, :2], hues).all(axis=1))


def test_the_small_set(home, monkeypatch):
    assert len(small_numbers(shapes3d.SMALL_HUES)) == 19_200
    monkeypatch.setattr(shapes3d, "SMALL_HUES", (0.5,))  # a quarter of it
    told = []
    dataset = prepare_dataset("shapes3d-small", Preparation(workers=2, report=lambda *at: told.append(at)))
    assert dataset.items.shape == (4800, 3, 64, 64)
    assert isinstance(dataset.items, np.memmap)
    assert dataset.table.names == SCENE_TABLE.names == FACTORS
    assert [len(np.unique(column)) for column in dataset.attributes.T] == [1, 1, 10, 8, 4, 15]
    for attribute, column in zip(dataset.table, dataset.attributes.T, strict=True):
        assert attribute.low - 1e-6 <= column.min() <= column.max() <= attribute.high + 1e-6
    assert np.array_equal(np.sort(np.concatenate(list(dataset.splits.values()))), np.arange(4800))
    assert len(np.unique(dataset.groups)) == 4800
    assert dataset.description["overlap"] == {"test_items": 720, "test_items_also_in_train": 0}
    assert told[-1] == (4800, 4800)
    assert [path.name for path in home.iterdir()] == ["shapes3d-small"]  # no second copy of the items
    chosen = dataset.split("test")[::80]
    factors = scene_factors(small_numbers((0.5,))[chosen])
    assert np.array_equal(dataset.items[chosen], render_scenes(factors))
    assert np.allclose(dataset.attributes[chosen], factors)


@pytest.fixture
def archive(monkeypatch, tmp_path):
    """A function that writes a small archive, some of it changed."""
    for module in (shapes3d, shapes3d_archive):
        monkeypatch.setattr(module, "SCENES", COUNT)
    for name, value in {"FACTOR_SIZES": SIZES, "FACTOR_BASES": BASES, "CHUNK": 5}.items():
        monkeypatch.setattr(shapes3d_archive, name, value)

    def write(images=PICTURES, labels=LABELS, names=("images", "labels")):
        path = tmp_path / "scenes.h5"
        with h5py.File(path, "w") as file:
            for name, content in zip(names, (images, labels), strict=True):
                file.create_dataset(name, data=content, compression="gzip")
        return path

    return write


@pytest.mark.parametrize("numbers", [np.arange(COUNT), np.array([0, 4, 5, 9, 20, 23]), np.array([], int)])
def test_the_archive(archive, numbers):
    pieces = list(read_scenes(archive(), numbers))
    assert sum(map(len, pieces)) == len(numbers)
    if pieces:
        assert np.array_equal(np.concatenate(pieces), PICTURES[numbers].transpose(0, 3, 1, 2))


def test_the_whole_set_from_the_archive(archive, home):
    path = archive()
    dataset = prepare_dataset("shapes3d", Preparation(source=path))
    assert np.array_equal(dataset.items, PICTURES.transpose(0, 3, 1, 2))
    assert np.allclose(dataset.attributes, scene_factors(np.arange(COUNT)))
    assert dataset.description["source_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "official archive scenes.h5" in dataset.description["source"]
    assert np.array_equal(load_dataset("shapes3d").items, dataset.items)


def test_the_download(archive, home, monkeypatch):
    path = archive()
    monkeypatch.setattr(shapes3d, "fetch_scenes", lambda report: path)
    assert len(prepare_scenes(Preparation(download=True)).items) == COUNT
    assert fetch.SCENES_URL.endswith("/3d-shapes/3dshapes.h5")


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"images": PICTURES[:-1]}, r"expected bytes of shape \(24, 64, 64, 3\), got uint8 of \(23, 64, 64, 3\)"),
        ({"images": PICTURES.astype(np.float32)}, "got float32 of"),
        ({"labels": LABELS[:, 1:]}, r"expected labels of shape \(24, 6\), got \(24, 5\)"),
        ({"labels": LABELS[::-1]}, "expected labels in the official order"),
        ({"names": ("imgs", "labels")}, "expected data sets images and labels, lacks images"),
    ],
)
def test_other_archives(archive, home, changed, part):
    path = archive(**changed)
    with pytest.raises(InputError, match=part):
        prepare_scenes(Preparation(source=path))
    assert list(home.glob(f"{store.FILLED}*")) == []  # nothing half written stays


@pytest.mark.parametrize("content", [None, b"", b"\x89HDF\r\n\x1a\n", "cut"])
def test_damaged_archives(archive, tmp_path, content):
    path = tmp_path / "a.h5"
    if content == "cut":
        whole = archive().read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.h5.* expected the official archive of 3D Shapes, HDF5"):
        list(read_scenes(path, np.arange(COUNT)))


def test_refused_options(home, tmp_path):
    with pytest.raises(InputError, match="exclude each other"):
        prepare_small_scenes(Preparation(source=tmp_path, download=True))
    with pytest.raises(InputError, match="does not exist"):
        prepare_small_scenes(Preparation(source=tmp_path / "none.h5"))
