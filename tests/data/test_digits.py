"""Digits: from scikit-learn, from IDX files, and from a folder that lacks something."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from latune.data import digits
from latune.data.digits import embedded_digits, prepare_digits, read_mnist
from latune.data.preparation import Preparation
from latune.data.registry import prepare_dataset
from latune.errors import DataError, InputError

pytest.importorskip("numba")

MNIST = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "mnist"


@pytest.fixture(scope="module")
def embedded():
    return embedded_digits()


def idx(values):
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes((0, 0, 8, values.ndim)) + sizes + values.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path, embedded):
    """A small MNIST: 60 digits to train, gzipped, and 20 to test."""
    images, labels = embedded.images, embedded.labels
    for name, part, kind in (("train", slice(0, 60), ".gz"), ("t10k", slice(60, 80), "")):
        for what, values in (("images-idx3", images[part]), ("labels-idx1", labels[part])):
            content = idx(values)
            (tmp_path / f"{name}-{what}-ubyte{kind}").write_bytes(gzip.compress(content) if kind else content)
    return tmp_path


def test_embedded_digits(embedded):
    assert embedded.images.shape == (1797, 28, 28)
    assert embedded.images[:, :4].max() == 0  # a margin as in MNIST
    parts = [np.bincount(embedded.labels[embedded.splits[name]]) for name in ("train", "validation", "test")]
    shares = np.stack(parts) / np.bincount(embedded.labels)
    assert np.abs(shares - [[0.7], [0.1], [0.2]]).max() < 0.01
    assert np.array_equal(np.sort(np.concatenate(list(embedded.splits.values()))), np.arange(1797))
    assert "not MNIST" in embedded.description["source"]
    assert "not MNIST" in embedded.description["remarks"][0]


def test_from_idx_files(folder, embedded):
    told = []
    dataset = prepare_digits(Preparation(source=folder, report=lambda *at: told.append(at)))
    assert {name: len(indices) for name, indices in dataset.splits.items()} == {
        "train": 58,
        "validation": 2,
        "test": 20,
    }
    assert dataset.splits["test"].tolist() == list(range(60, 80))
    assert dataset.items.shape == (80, 1, 28, 28)
    assert np.array_equal(dataset.classes, embedded.labels[:80])
    assert np.allclose(dataset.attributes, dataset.codec.measure(dataset.items), atol=1e-5)
    assert dataset.description["overlap"] == {"test_items": 20, "test_items_also_in_train": 0}
    assert told[-1] == (80, 80)


def test_stored_anew_only_when_asked(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "data"))
    options = Preparation(source=folder)
    first = prepare_dataset("digits", options)
    assert first.description["prepared_with"] == {"source": str(folder)}
    assert np.array_equal(prepare_dataset("digits").classes, first.classes)
    monkeypatch.setattr(digits, "read_mnist", None)  # would fail
    assert len(prepare_dataset("digits", options).items) == 80
    with pytest.raises(DataError, match="'digits' is stored already, prepared from something else: add --again"):
        prepare_dataset("digits", Preparation(download=True))


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda f: (f / "t10k-labels-idx1-ubyte").unlink(), "expected a folder with t10k-labels-idx1-ubyte.gz or"),
        (
            lambda f: (f / "t10k-labels-idx1-ubyte").write_bytes(idx(np.zeros(19))),
            "expected 20 labels, one per picture, got 19",
        ),
        (
            lambda f: (f / "t10k-labels-idx1-ubyte").write_bytes(idx(np.full(20, 10))),
            "expected labels from 0 to 9, got 10",
        ),
        (
            lambda f: (f / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((20, 28, 27)))),
            "expected pictures of 28x28, got 28x27",
        ),
        (lambda f: (f / "t10k-images-idx3-ubyte").write_bytes(b"damaged"), "expected an IDX file of bytes"),
    ],
)
def test_refused_folders(folder, change, part):
    change(folder)
    with pytest.raises(InputError, match=part):
        read_mnist(folder)


def test_refused_options(tmp_path):
    with pytest.raises(InputError, match="exclude each other"):
        prepare_digits(Preparation(source=tmp_path, download=True))
    with pytest.raises(InputError, match="'digits' does not take --colour: only images can"):
        prepare_dataset("digits", Preparation(colour=True))


def test_mnist_splits():
    if not MNIST.is_dir():
        pytest.skip("MNIST is not here")
    raw = read_mnist(MNIST)
    assert [len(raw.splits[name]) for name in ("train", "validation", "test")] == [58_000, 2_000, 10_000]
    assert np.array_equal(np.sort(np.concatenate(list(raw.splits.values()))), np.arange(70_000))
    assert raw.labels[60_000:60_005].tolist() == [7, 2, 1, 0, 4]
