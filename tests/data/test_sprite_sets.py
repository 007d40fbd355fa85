"""The sets of sprites: groups, splits, size, and reading the official archive in pieces."""

import numpy as np
import pytest

from latune.data import sprites_archive
from latune.data.preparation import Preparation
from latune.data.registry import prepare_dataset
from latune.data.sprites import FRACTIONS, SMALL_SPRITE_TABLE, _groups, _splits, prepare_small_sprites
from latune.data.sprites_archive import read_archive
from latune.errors import InputError
from latune.images.sprites import SPRITES, render_sprites, sprite_factors

pytest.importorskip("numba")

SIZES, BASES, COUNT = (3, 1, 2, 2, 2), (8, 8, 4, 2, 1), 24
PICTURES = (np.random.default_rng(0).random((COUNT, 64, 64)) < 0.1).astype(np.uint8)
CLASSES = np.stack([np.zeros(COUNT, int), *(np.arange(COUNT) // b % s for s, b in zip(SIZES, BASES, strict=True))], 1)


def test_the_small_set(monkeypatch, tmp_path):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path))
    dataset = prepare_dataset("sprites-small", Preparation(workers=2))
    assert dataset.items.shape == (18_432, 1, 64, 64)
    assert dataset.table.names == SMALL_SPRITE_TABLE.names == ("shape", "scale", "posx", "posy")
    assert [len(np.unique(column)) for column in dataset.attributes.T] == [3, 6, 32, 32]
    assert sum(len(indices) for indices in dataset.splits.values()) == 18_432
    assert dataset.description["overlap"]["test_items_also_in_train"] == 0
    assert sum(path.stat().st_size for path in (tmp_path / "sprites-small").iterdir()) < 10_000_000
    chosen = dataset.split("test")[:20]
    factors = np.insert(np.asarray(dataset.attributes[chosen], float), 2, 0.0, axis=1)
    factors[:, 1] = np.round(factors[:, 1], 1)
    factors[:, 3:] = np.round(factors[:, 3:] * 31) / 31
    assert np.array_equal(dataset.items[chosen][:, 0], render_sprites(factors).reshape(-1, 64, 64))


def test_groups_and_size_of_the_whole_set():
    numbers = np.arange(SPRITES)
    groups = _groups(numbers)
    orientation = sprite_factors()[:, 2]
    first, last = np.flatnonzero(orientation == 0), np.flatnonzero(orientation == orientation.max())
    assert np.array_equal(groups[last], groups[first])
    assert np.array_equal(sprite_factors(first)[:, [0, 1, 3, 4]], sprite_factors(last)[:, [0, 1, 3, 4]])
    assert len(np.unique(groups)) == SPRITES - len(last)
    splits = _splits(groups, FRACTIONS)
    assert all(len(splits[name]) / SPRITES == pytest.approx(share, abs=2e-3) for name, share in FRACTIONS.items())
    assert np.array_equal(np.sort(np.concatenate(list(splits.values()))), numbers)
    parts = [set(groups[indices].tolist()) for indices in splits.values()]
    assert sum(map(len, parts)) == len(set().union(*parts))
    split_bytes = sum(indices.nbytes for indices in splits.values())
    assert SPRITES * 512 + SPRITES * 5 * 4 + groups.nbytes + split_bytes < 400_000_000


@pytest.fixture
def archive(monkeypatch, tmp_path):
    """A function that writes a small archive, npz or HDF5, some of it changed."""
    for name, value in {
        "SPRITES": COUNT,
        "FACTOR_SIZES": SIZES,
        "FACTOR_BASES": BASES,
        "CHUNK": 5,
        "MEAN_PIXEL": PICTURES.mean(),
    }.items():
        monkeypatch.setattr(sprites_archive, name, value)

    def write(kind, pictures=PICTURES, classes=CLASSES):
        path = tmp_path / f"sprites.{kind}"
        if kind == "npz":
            np.savez_compressed(path, imgs=pictures, latents_classes=classes, latents_values=classes * 0.5)
        else:
            h5py = pytest.importorskip("h5py")
            with h5py.File(path, "w") as file:
                file["imgs"], file["latents/classes"] = pictures, classes
        return path

    return write


@pytest.mark.parametrize("kind", ["npz", "hdf5"])
@pytest.mark.parametrize("numbers", [np.arange(COUNT), np.array([0, 4, 5, 9, 10, 23]), np.array([], int)])
def test_the_archive(archive, kind, numbers):
    told = []
    rows = read_archive(archive(kind), numbers, lambda *at: told.append(at))
    assert np.array_equal(rows, np.packbits(PICTURES.reshape(COUNT, -1)[numbers], axis=1))
    assert told[-1] == (COUNT, COUNT)


@pytest.mark.parametrize("kind", ["npz", "hdf5"])
@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"pictures": PICTURES[:-1]}, r"expected bytes of shape \(24, 64, 64\), got uint8 of \(23, 64, 64\)"),
        ({"pictures": PICTURES.astype(np.int16)}, "got int16 of"),
        ({"pictures": PICTURES * 255}, "expected pixels 0 and 1, got 255"),
        ({"pictures": PICTURES * 0}, "expected pictures with a mean pixel of 0.0999349, got 0.0000000"),
        ({"classes": CLASSES[:, 1:]}, r"expected latent classes of shape \(24, 6\), got \(24, 5\)"),
        ({"classes": CLASSES[::-1]}, "expected latent classes in the official order"),
    ],
)
def test_other_archives(archive, kind, changed, part):
    if "mean pixel" in part:
        part = part.replace("0.0999349", f"{PICTURES.mean():.7f}")
    with pytest.raises(InputError, match=part):
        read_archive(archive(kind, **changed), np.arange(COUNT))


@pytest.mark.parametrize(
    "content", [None, b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", "cut npz", "cut hdf5", "other npz"]
)
def test_damaged_archives(archive, tmp_path, content):
    path = tmp_path / "a.npz"
    if content == "other npz":
        np.savez(path, a=CLASSES)
    elif isinstance(content, str):
        whole = archive(content.split()[1]).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npz.* expected .*\.$"):
        read_archive(path, np.arange(COUNT))


def test_a_damaged_stream_inside_a_whole_npz(archive):
    path = archive("npz")
    content = bytearray(path.read_bytes())
    content[2000:2400] = bytes(400)
    path.write_bytes(content)
    with pytest.raises(InputError, match="got a damaged file"):
        read_archive(path, np.arange(COUNT))


def test_refused_options(tmp_path):
    with pytest.raises(InputError, match="exclude each other"):
        prepare_small_sprites(Preparation(source=tmp_path, download=True))
