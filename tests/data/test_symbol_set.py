"""Symbols: published folders, enlarged digits with drawn signs, and sources that are neither."""

import numpy as np
import pytest
from PIL import Image

from latune.data.preparation import Preparation
from latune.data.symbols import CLASS_NAMES, FOLDER, prepare_symbols
from latune.errors import DataError, InputError

pytest.importorskip("numba")

EACH = 20  # pictures of a class


def _picture(number, place):
    """Dark bars on white: one more row than the class's number, and a left end that differs from picture to picture."""
    picture = np.full((45, 45), 255, np.uint8)
    picture[10 : 11 + number, 5 + place // 2 : 40 - place % 2] = 0
    return picture


@pytest.fixture
def published(tmp_path):
    """A folder as published, with 20 pictures of each class."""
    for number, name in enumerate(CLASS_NAMES):
        folder = tmp_path / FOLDER / name
        folder.mkdir(parents=True)
        for place in range(EACH):
            Image.fromarray(_picture(number, place)).save(folder / f"{name}_{place}.jpg", quality=95)
    return tmp_path


@pytest.fixture(scope="module")
def embedded():
    return prepare_symbols(Preparation())


def test_published_pictures(published):
    dataset = prepare_symbols(Preparation(source=published))
    assert dataset.items.shape == (13 * EACH, 1, 45, 45)
    assert dataset.class_names == CLASS_NAMES
    assert np.bincount(dataset.classes).tolist() == [EACH] * 13
    ink = dataset.items[:, 0] > 127
    assert np.array_equal(ink.any(axis=2).sum(axis=1), dataset.classes + 1)  # inverted, and of the right class
    assert not ink[:, 0].any()
    assert np.array_equal(dataset.groups, np.arange(13 * EACH))
    assert np.allclose(dataset.attributes, dataset.codec.measure(dataset.items), atol=1e-4)
    assert dataset.description["rejected"] == []
    assert FOLDER in dataset.description["source"]
    assert np.array_equal(dataset.items, prepare_symbols(Preparation(source=published / FOLDER)).items)


def test_what_is_left_out(published):
    folder = published / FOLDER
    (folder / "4" / "exp1.jpg").write_bytes((folder / "4" / "4_0.jpg").read_bytes())
    (folder / "times" / "x_1.jpg").write_bytes((folder / "times" / "times_0.jpg").read_bytes())
    (folder / "7" / "7_9.jpg").write_bytes(b"damaged")
    Image.fromarray(_picture(2, 0)).resize((30, 30)).save(folder / "2" / "2_99.jpg")
    (folder / "div").mkdir()
    dataset = prepare_symbols(Preparation(source=published))
    rejected = {row["name"]: row["reason"] for row in dataset.description["rejected"]}
    assert sorted(rejected) == ["4/exp1.jpg", "7/7_9.jpg", "times/x_1.jpg"]
    assert rejected["4/exp1.jpg"] == "Its name does not begin with '4'."
    assert "damaged" in rejected["7/7_9.jpg"]
    assert np.bincount(dataset.classes).tolist() == [20, 20, 21, 20, 20, 20, 20, 19, 20, 20, 20, 20, 20]
    assert dataset.description["remarks"] == [
        "The folder 'div' is none of the 13 classes: left out.",
        "1 pictures had another size and were brought to 45x45.",
    ]


def test_default_is_digits_and_drawn_signs(embedded):
    counts = np.bincount(embedded.classes)
    assert len(counts) == 13
    assert counts[:10].sum() == 1797
    assert counts[10:].tolist() == [179] * 3
    assert "1,797 packaged 8x8 digits" in embedded.description["source"]
    assert "drawn by latune" in embedded.description["source"]
    assert "CC BY 4.0" in embedded.description["licence"]
    assert "not the published symbols" in embedded.description["remarks"][0]
    assert np.median(embedded.items) == 0  # bright on dark


def test_splits_keep_the_share_of_every_class(embedded):
    parts = [np.bincount(embedded.classes[embedded.splits[name]]) for name in ("train", "validation", "test")]
    shares = np.stack(parts) / np.bincount(embedded.classes)
    assert np.abs(shares - [[0.8], [0.1], [0.1]]).max() < 0.01
    assert np.array_equal(np.sort(np.concatenate(list(embedded.splits.values()))), np.arange(len(embedded.items)))


def test_signs_are_as_thick_as_digits(embedded):
    thickness = embedded.attributes[:, embedded.table.index("thickness")]
    digits = np.median(thickness[embedded.classes < 10])
    for number in (10, 11, 12):
        assert np.median(thickness[embedded.classes == number]) == pytest.approx(digits, rel=0.15)


def test_a_classifier_tells_the_classes_apart(embedded):
    from sklearn.svm import SVC

    pooled = embedded.items.reshape(-1, 15, 3, 15, 3).mean(axis=(2, 4)).reshape(len(embedded.items), -1) / 255
    train, test = embedded.split("train"), embedded.split("test")
    guess = SVC(C=10).fit(pooled[train], embedded.classes[train]).predict(pooled[test])
    right = guess == embedded.classes[test]
    assert right.mean() > 0.95
    assert right[embedded.classes[test] >= 10].mean() > 0.95


def test_mnist_files_and_seeds(tmp_path):
    from latune.data.digits import embedded_digits

    raw = embedded_digits()
    for part, chosen in (("train", slice(0, 200)), ("t10k", slice(200, 260))):
        for what, values in (("images-idx3", raw.images[chosen]), ("labels-idx1", raw.labels[chosen])):
            sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
            content = bytes((0, 0, 8, values.ndim)) + sizes + values.astype(np.uint8).tobytes()
            (tmp_path / f"{part}-{what}-ubyte").write_bytes(content)
    first, again, other = (prepare_symbols(Preparation(source=tmp_path), seed) for seed in (0, 0, 1))
    assert np.array_equal(first.classes[:260], raw.labels[:260])
    assert np.bincount(first.classes)[10:].tolist() == [26] * 3
    assert "MNIST (LeCun" in first.description["source"]
    assert np.array_equal(first.items, again.items)
    assert all(np.array_equal(first.splits[name], again.splits[name]) for name in first.splits)
    assert np.array_equal(first.items[:260], other.items[:260])
    assert not np.array_equal(first.items[260:], other.items[260:])
    assert not np.array_equal(first.splits["test"], other.splits["test"])


def _empty(folder):
    for path in (folder / FOLDER / "5").iterdir():
        path.unlink()


def _invert(folder):
    for path in (folder / FOLDER).glob("*/*.jpg"):
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)


def _rename(folder):
    (folder / FOLDER / "+").rename(folder / FOLDER / "plus")


@pytest.mark.parametrize(
    ("change", "kind", "part"),
    [
        (_empty, DataError, "expected at least 10 pictures whose names begin with '5', got 0"),
        (_invert, InputError, "expected dark ink on a bright ground"),
        (_rename, InputError, "expected a folder of PNG or JPEG files"),
        (lambda f: (f / FOLDER).rename(f / "elsewhere"), InputError, f"expected a folder with {FOLDER}, or with the"),
    ],
)
def test_refused_folders(published, change, kind, part):
    change(published)
    with pytest.raises(kind, match=part):
        prepare_symbols(Preparation(source=published))


def test_refused_options(published):
    with pytest.raises(InputError, match="exclude each other"):
        prepare_symbols(Preparation(source=published, download=True))
    with pytest.raises(InputError, match="absent: expected a folder with"):
        prepare_symbols(Preparation(source=published / "absent"))
