"""Your own pictures with your own table: what is taken, and every way in which the two may not fit."""

import csv

import numpy as np
import pytest
from PIL import Image

from latune.data.pictures import prepare_pictures
from latune.data.preparation import Preparation
from latune.data.registry import ensure_dataset, prepare_dataset
from latune.errors import DataError, InputError, LatuneError

COUNT = 60


@pytest.fixture
def own(tmp_path):
    """Sixty ellipses in a folder and in an npz file, and their widths and heights: a function that changes the table.

    It returns what `prepare_pictures` is told; `folder` and `rows` are the attributes of the function.
    """
    generator = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    y, x = np.mgrid[:32, :32] - 15.5
    rows, images = [["file", "width", "height", "steps", "mood"]], []
    for k in range(COUNT):
        width, height = generator.uniform(10, 28, 2)
        reach = np.hypot(2 * x / width, 2 * y / height)
        images.append(np.clip((1.2 - reach) * 500, 0, 255).astype(np.uint8))
        Image.fromarray(images[-1]).save(folder / f"{k:02}.png")
        rows.append([f"{k:02}.png", f"{width:.4f}", f"{height:.4f}", str(k % 3), "calm"])
    np.savez(tmp_path / "pictures.npz", images=np.stack(images))

    def write(change=None, source=folder, **options):
        table = [list(row) for row in rows]
        table = (change(table) or table) if change else table
        with (tmp_path / "table.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(table)
        return Preparation(source=source, attributes=tmp_path / "table.csv", **{"size": 32, **options})

    write.folder, write.rows, write.npz, write.images = folder, rows, tmp_path / "pictures.npz", np.stack(images)
    return write


def column(name, values):
    """A change: one more column."""

    def change(table):
        for row, value in zip(table, [name, *values], strict=True):
            row.append(str(value))

    return change


def cell(row, number, value):
    """A change: one cell, the header being row 1."""

    def change(table):
        table[row - 1][number] = value

    return change


@pytest.mark.parametrize("source", ["folder", "npz"])
def test_a_folder_and_an_npz_file(own, source):
    dataset = prepare_pictures(own(source=getattr(own, source)))
    assert dataset.name == "images"
    assert np.array_equal(dataset.items[:, 0], own.images)
    values = np.array([row[1:4] for row in own.rows[1:]], np.float32)
    assert np.array_equal(dataset.attributes, values)
    width, _, steps = dataset.table
    assert (width.kind, steps.kind) == ("continuous", "ordinal")
    assert (steps.low, steps.high) == (0, 2)
    assert width.low == pytest.approx(values[:, 0].min())
    assert dataset.codec.item_shape == (1, 32, 32)
    assert dataset.codec.levels == 255
    assert not dataset.codec.measurable
    assert [len(dataset.splits[name]) for name in ("train", "validation", "test")] == [48, 3, 9]
    assert "'mood'" in " ".join(dataset.description["remarks"])


def test_size_and_colour(own):
    dataset = prepare_pictures(own(size=64, colour=True))
    assert dataset.items.shape == (COUNT, 3, 64, 64)
    assert f"{COUNT} pictures were brought to 64x64" in dataset.description["remarks"][-1]
    assert prepare_pictures(own(source=own.npz, size=None)).items.shape == (COUNT, 1, 64, 64)


def test_splits_and_groups_of_the_table(own):
    splits = ["train"] * 40 + ["validation"] * 8 + ["test"] * 12
    dataset = prepare_pictures(own(column("split", splits)))
    assert dataset.splits["test"].tolist() == list(range(48, 60))
    groups = [f"g{k // 3}" for k in range(COUNT)]
    dataset = prepare_pictures(own(column("group", groups)))
    assert dataset.table.names == ("width", "height", "steps")
    for indices in dataset.splits.values():
        assert np.array_equal(np.flatnonzero(np.isin(dataset.groups, dataset.groups[indices])), indices)


def test_damaged_and_untold_pictures_are_left_out(own):
    for k in range(4):
        (own.folder / f"{k:02}.png").write_bytes(b"damaged")
    Image.new("L", (8, 8)).save(own.folder / "zz.png")
    dataset = prepare_pictures(own())
    assert len(dataset.items) == COUNT - 4
    assert dataset.attributes[0, 0] == np.float32(own.rows[5][1])
    rejected = {row["name"]: row["reason"] for row in dataset.description["rejected"]}
    assert list(rejected) == ["00.png", "01.png", "02.png", "03.png", "zz.png"]
    assert "has no row" in rejected["zz.png"]
    for k in range(4, 12):
        (own.folder / f"{k:02}.png").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"expected at least 50 pictures, got 48, the first one left out: .*00\.png"):
        prepare_pictures(own())


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (cell(5, 1, "wide"), "row 5, column 'width': expected a number, got 'wide'"),
        (cell(5, 1, ""), "row 5, column 'width': expected a number, it is missing"),
        (cell(5, 1, "nan"), "row 5, column 'width': expected a number, got 'nan'"),
        (cell(5, 0, "02.png"), "row 5, column 'file': '02.png' stands in row 4 already"),
        (cell(5, 0, ""), "row 5, column 'file': expected a value, it is missing"),
        (cell(5, 0, "lost.png"), "it has no 'lost.png'."),
        (cell(1, 1, "height"), "expected a name of its own for every column, got file, height, height"),
        (cell(1, 1, ""), "expected a name of its own for every column"),
        (cell(1, 1, "how wide"), "column 'how wide': expected a name of letters, digits and underscores"),
        (lambda t: t[6].pop() and None, "row 7: expected 5 cells as in the header, got 4"),
        (lambda t: t[:1], "expected a header and a row per picture, got 1 rows"),
        (lambda t: [[row[0], row[4]] for row in t], "expected a column of numbers, found none among file, mood"),
        (column("flat", [3] * COUNT), "column 'flat': expected different values, all are 3"),
        (column("blank", [""] * COUNT), "column 'blank': expected values, found none"),
        (column("split", ["training"] * COUNT), "row 2, column 'split': expected train, validation, test, got 'traini"),
        (column("split", ["train"] * COUNT), "the split 'validation' has no picture: expected rows of it"),
        (column("group", ["a"] * 30 + ["b"] * 30), "has no picture: expected more groups, or a column 'split'"),
        (column("group", ["a"] * 59 + [""]), "row 61, column 'group': expected a value"),
    ],
)
def test_refused_tables(own, change, part):
    options = own(change)
    with pytest.raises(LatuneError) as caught:
        prepare_pictures(options)
    assert str(options.attributes) in str(caught.value)
    assert part in str(caught.value)


def test_a_group_in_two_splits(own):
    both = own(
        lambda t: [
            [*row, *more]
            for row, more in zip(
                t, [["split", "group"], *([["train", "a"]] * 50), *([["test", "a"]] * 10)], strict=True
            )
        ]
    )
    with pytest.raises(DataError, match="the group 'a' is in the splits 'train' and 'test'"):
        prepare_pictures(both)


def test_rows_of_an_npz_file(own):
    with pytest.raises(DataError, match=r"expected 60 rows, one per picture of .*pictures\.npz, got 59"):
        prepare_pictures(own(lambda t: t[:-1], source=own.npz))


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"size": 33}, "--size 33: expected one of 32, 64, 128"),
        ({"name": "Mine/../x"}, "--name Mine/../x: expected small letters"),
        ({"name": "digits"}, "--name digits: expected a name that no data set of latune has"),
        ({"source": None}, "need --source FOLDER or FILE.npz and --attributes TABLE.csv"),
        ({"download": True}, "'images' does not take --download: only digits, "),
    ],
)
def test_refused_options(own, options, part, monkeypatch, tmp_path):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "data"))
    with pytest.raises(InputError) as caught:
        prepare_dataset("images", own(**options))
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("content", "part"), [(None, "does not exist"), (b"\xff\xfe\x00", "as UTF-8 text"), (b"", "got 0 rows in all")]
)
def test_unreadable_tables(own, content, part):
    options = own()
    options.attributes.unlink()
    if content is not None:
        options.attributes.write_bytes(content)
    with pytest.raises(InputError, match=part):
        prepare_pictures(options)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_a_byte_order_mark(own, separator):
    options = own()
    text = options.attributes.read_text().replace(",", separator)
    options.attributes.write_text("\ufeff" + text, encoding="utf-8")
    assert prepare_pictures(options).table.names == ("width", "height", "steps")


def test_stored_under_their_name(own, monkeypatch, tmp_path):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "data"))
    stored = prepare_dataset("images", own(name="ellipses"))
    assert stored.name == "ellipses"
    assert np.array_equal(ensure_dataset("ellipses").items, stored.items)
    assert len(prepare_dataset("images", own(name="ellipses")).items) == COUNT
    with pytest.raises(InputError, match=r"'ellipses' is your own: .*images --name ellipses --again"):
        prepare_dataset("ellipses", again=True)
    with pytest.raises(InputError, match="need --source"):
        ensure_dataset("images")
