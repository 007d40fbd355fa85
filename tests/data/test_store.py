"""Data sets on disk: written whole or not at all, and checked when read."""

import json
from dataclasses import replace

import numpy as np
import pytest

from latune.data import store
from latune.data.codec_registry import codec_from_dict
from latune.data.dataset import Dataset
from latune.data.registry import prepare_dataset
from latune.data.store import data_home, is_stored, items_on_disk, load_dataset, store_dataset
from latune.errors import DataError, RunError


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "mélodies de Noël"
    monkeypatch.setenv("LATUNE_DATA", str(folder))
    return folder


def describe(home, **changes):
    path = home / "chorales" / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_round_trip(home, synthetic):
    assert not is_stored("chorales")
    assert store_dataset(synthetic) == home / "chorales"
    assert is_stored("chorales")
    loaded = load_dataset("chorales")
    for name in ("items", "attributes", "groups"):
        assert np.array_equal(getattr(loaded, name), getattr(synthetic, name))
        assert isinstance(getattr(loaded, name), np.memmap)
    assert {name: part.tolist() for name, part in loaded.splits.items()} == {
        name: part.tolist() for name, part in synthetic.splits.items()
    }
    assert loaded.codec.to_dict() == synthetic.codec.to_dict()
    assert loaded.description["licence"] == "none needed"
    assert [path.name for path in home.iterdir()] == ["chorales"]


def test_labels_come_back(home, synthetic):
    labels = np.eye(2, dtype=np.uint8)[np.arange(len(synthetic.items)) % 2]
    names = {**synthetic.description, "label_names": ["rock", "disco"]}
    store_dataset(replace(synthetic, labels=labels, description=names))
    loaded = load_dataset("chorales")
    assert np.array_equal(loaded.labels, labels)
    assert loaded.label_names == ("rock", "disco")
    assert synthetic.label_names == ()


def test_storing_again_replaces(home, synthetic):
    store_dataset(synthetic)
    (home / "chorales" / "stray").touch()
    store_dataset(synthetic)
    assert not (home / "chorales" / "stray").exists()


@pytest.mark.parametrize("earlier", [False, True], ids=["new", "over an earlier one"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), RuntimeError("bug"), KeyboardInterrupt()])
def test_all_or_nothing(home, synthetic, monkeypatch, failure, earlier):
    if earlier:
        store_dataset(synthetic)
    save = store.write_array

    def fail_late(array, path):
        if path.name == "split_test.npy":
            raise failure
        save(array, path)

    monkeypatch.setattr(store, "write_array", fail_late)
    with pytest.raises(DataError if isinstance(failure, OSError) else type(failure)):
        store_dataset(synthetic)
    assert [path.name for path in home.iterdir()] == ["chorales"] * earlier
    assert is_stored("chorales") == earlier
    if earlier:
        load_dataset("chorales")


@pytest.mark.parametrize("array", ["items", "attributes", "groups", "split_train"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damaged_arrays(home, synthetic, array, damage):
    store_dataset(synthetic)
    path = home / "chorales" / f"{array}.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(content if damage == "flip" else content[:-8])
    with pytest.raises(DataError, match=rf"{array}.npy is missing or damaged: latune data prepare chorales --again\.$"):
        load_dataset("chorales")


def test_other_layout(home, synthetic, monkeypatch):
    store_dataset(synthetic)
    monkeypatch.setattr(store, "FORMAT", 2)
    assert not is_stored("chorales")
    with pytest.raises(DataError, match=r"has layout 1, expected 2: latune data prepare chorales\.$"):
        load_dataset("chorales")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null", '{"format": 1}', '{"format": 1, "checksums": []}'])
def test_damaged_description(home, synthetic, content):
    store_dataset(synthetic)
    (home / "chorales" / "dataset.json").write_text(content)
    with pytest.raises(DataError, match=r"latune data prepare chorales --again\.$"):
        load_dataset("chorales")


def test_codec_of_another_kind(home, synthetic):
    store_dataset(synthetic)
    describe(home, codec={"kind": "sculpture"})
    with pytest.raises(RunError, match="Unknown kind of codec 'sculpture'"):
        load_dataset("chorales")


def test_not_prepared(home):
    with pytest.raises(DataError, match=r"'chorales' is not prepared: latune data prepare chorales\.$"):
        load_dataset("chorales")


def test_unwritable_folder(tmp_path, monkeypatch, synthetic):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(DataError, match=r"Cannot write to .*: Not a directory; set LATUNE_DATA\.$"):
        store_dataset(synthetic)


def test_unknown_name(home):
    with pytest.raises(DataError, match="Unknown data set 'chorals': expected one of chorales, chorales-parity"):
        prepare_dataset("chorals")
    assert not home.exists()


def test_home_is_the_users_cache_by_default(monkeypatch):
    monkeypatch.delenv("LATUNE_DATA")
    assert data_home().parts[-2:] == ("latune", "data")


def test_codec_round_trip(synthetic):
    description = json.loads(json.dumps(synthetic.codec.to_dict()))
    assert codec_from_dict(description).to_dict() == synthetic.codec.to_dict()


def test_an_attribute_that_is_not_a_number_is_refused(synthetic):
    columns = synthetic.attributes.copy()
    columns[3, 2] = np.nan
    with pytest.raises(DataError, match="'note_density' is not a finite number"):
        Dataset(**{**vars(synthetic), "attributes": columns})


def test_items_are_written_piece_by_piece_and_taken_over(home, synthetic):
    told = []
    pieces = (np.asarray(synthetic.items[start : start + 170]) for start in range(0, 500, 170))
    items = items_on_disk(synthetic.items.shape, pieces, lambda *at: told.append(at))
    assert told == [(170, 500), (340, 500), (500, 500)]
    assert isinstance(items, np.memmap)
    assert np.array_equal(items, synthetic.items)
    (file,) = home.iterdir()
    inode = file.stat().st_ino
    folder = store_dataset(replace(synthetic, items=items))
    assert list(home.iterdir()) == [folder]  # moved, not copied
    assert (folder / "items.npy").stat().st_ino == inode
    again = load_dataset("chorales")
    assert np.array_equal(again.items, synthetic.items)
    store_dataset(replace(again, name="copy"))  # items of a stored set stay where they are
    assert np.array_equal(load_dataset("chorales").items, load_dataset("copy").items)


@pytest.mark.parametrize(
    ("error", "expected"), [(OSError(28, "No space left"), DataError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_no_half_written_items_stay(home, error, expected):
    def pieces():
        yield np.zeros((2, 3), np.uint8)
        raise error

    with pytest.raises(expected):
        items_on_disk((4, 3), pieces())
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("counts", [[], [3], [3, 2]])
def test_as_many_items_as_announced(home, counts):
    with pytest.raises(ValueError, match=f"expected 4 items, got {sum(counts)}"):
        items_on_disk((4, 3), (np.zeros((count, 3), np.uint8) for count in counts))
    assert list(home.iterdir()) == []
