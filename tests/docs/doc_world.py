"""What the commands of the documents find: tiny data sets under the real names, files, and a trained run."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

import small_songs
from latune.data.dataset import Dataset
from latune.data.packed_items import PackedItems
from latune.data.picture_codec import PictureCodec
from latune.data.regions import SYMBOLS
from latune.data.sprites import SMALL_SPRITE_TABLE, SPRITE_TABLE
from latune.data.store import store_dataset
from latune.data.symbols import SYMBOL_ATTRIBUTES
from latune.images.morphology import DIGIT_ATTRIBUTES
from latune.images.sprites import FACTOR_BASES, draw_all_sprites, sprite_factors
from latune.music.measure import is_note
from latune.music.score import tune_from_ticks, write_tune
from latune.music.songs.synthesis import GENRES

PLACES = (0, 2, 4, 13, 15, 17, 27, 29, 31)  # of 32: three in each band of the regions
INVENTED = {"source": "invented", "licence": "none needed", "rejected": []}


def store_all(synthetic: Dataset) -> None:
    """Store a tiny data set under every name that executed commands train on."""
    tunes = replace(with_leaps(synthetic), sequences=synthetic.groups)
    for name in ("chorales", "folk", "jigs"):
        store_dataset(replace(tunes, name=name))
    for dataset in (digits(), symbols(), *sprites(), songs()):
        store_dataset(dataset)


def with_leaps(dataset: Dataset) -> Dataset:
    """The same melodies, with wider intervals in every other measure."""
    ticks = dataset.codec.ticks(dataset.items)
    wide = is_note(ticks) & (np.arange(len(ticks)) % 2 == 0)[:, None]
    ticks = np.where(wide, 69 + np.clip(3 * (ticks - 69), -13, 13), ticks)
    items = dataset.codec.vocabulary.tokens_from_ticks(ticks)
    return replace(dataset, items=items, attributes=dataset.codec.measure(items).astype(np.float32))


def _dealt(name, items, values, codec, classes=None, **description):
    numbers = np.random.default_rng(0).permutation(len(items)).astype(np.int32)
    tenth = len(items) // 8
    splits = {"test": numbers[:tenth], "validation": numbers[tenth : 2 * tenth], "train": numbers[2 * tenth :]}
    overlap = {"test_items": tenth, "test_items_also_in_train": 0}
    described = {**INVENTED, "overlap": overlap, **description}
    groups = np.arange(len(items), dtype=np.int32)
    return Dataset(name, items, values.astype(np.float32), groups, splits, codec, described, classes)


def digits() -> Dataset:
    """Leaning strokes (N, 1, 28, 28) of ten widths, which stand for the ten digits."""
    generator = np.random.default_rng(1)
    classes = np.arange(300, dtype=np.int16) % 10
    lean, high = (generator.uniform(*ends, (300, 1, 1)) for ends in ((-0.4, 0.4), (7, 11)))
    y, x = np.mgrid[:28, :28] - 13.5
    wide = 2 + 0.6 * classes[:, None, None]
    items = (255 * np.clip(4 * (1.1 - np.hypot((x + lean * y) / wide, y / high)), 0, 1)).astype(np.uint8)[:, None]
    codec = PictureCodec((1, 28, 28), 255, "morphology", DIGIT_ATTRIBUTES)
    return _dealt("digits", items, codec.measure(items), codec, classes)


def symbols() -> Dataset:
    """Twenty pictures of each of 13 invented signs."""
    generator = np.random.default_rng(0)
    classes = np.repeat(np.arange(len(SYMBOLS)), 20).astype(np.int16)
    signs = generator.integers(0, 2, (len(SYMBOLS), 1, 9, 9)).repeat(5, axis=2).repeat(5, axis=3)
    items = (signs[classes] * generator.integers(150, 256, (len(classes), 1, 1, 1))).astype(np.uint8)
    codec = PictureCodec((1, 45, 45), 255, "morphology", SYMBOL_ATTRIBUTES)
    return _dealt("symbols", items, codec.measure(items), codec, classes, class_names=list(SYMBOLS))


def sprites() -> list[Dataset]:
    """The upright sprites of two scales at 9 x 9 places, as both data sets.

    Their attributes are labels here: to match the noise that such trainings decode with drawings takes minutes.
    """
    grid = np.stack(np.meshgrid(range(3), (2, 3), (0,), PLACES, PLACES, indexing="ij"), -1).reshape(-1, 5)
    numbers = (grid * np.array(FACTOR_BASES)[-5:]).sum(axis=1)
    items = PackedItems(draw_all_sprites(numbers), (1, 64, 64))
    factors = sprite_factors(numbers)
    sets = []
    for name, table in (("sprites", SPRITE_TABLE), ("sprites-small", SMALL_SPRITE_TABLE)):
        columns = [SPRITE_TABLE.index(attribute) for attribute in table.names]
        sets.append(_dealt(name, items, factors[:, columns], PictureCodec((1, 64, 64), 1, "none", table)))
    return sets


def songs() -> Dataset:
    """The small songs, as the songs that latune composes, with their genres."""
    small = small_songs.small_songs()
    names = ["disco", "bossa nova", *(name for name in GENRES if name not in ("disco", "bossa nova"))]
    return replace(small, name="midi", description={**small.description, "label_names": names[: small_songs.KNOWN]})


def write_files(folder: Path, synthetic: Dataset, run: Path) -> None:
    """Write the files that the documents name, and the run that they find."""
    from PIL import Image

    from latune.music.songs.synthesis import synthetic_song
    from latune.music.songs.writing import write_song

    ticks = synthetic.codec.ticks(synthetic.items)
    for number, name in enumerate(("tune.mid", "tune.abc", "other.abc")):
        write_tune(tune_from_ticks(ticks[4 * number : 4 * number + 4], title=name), folder / name)
    for own in ("my-folder", "my-abc-files"):
        (folder / own).mkdir()
        for number in range(8):
            tune = tune_from_ticks(ticks[40 * number : 40 * number + 6], title=f"Tune {number}")
            write_tune(tune, folder / own / f"{number}.abc")
    for number, name in enumerate(("song.mid", "a.mid", "b.mid")):
        write_song(synthetic_song(0, number), folder / name)
    pictures = {"seven": digits(), "digits": digits(), "three": symbols(), "four": symbols(), "plus": symbols()}
    for number, (name, dataset) in enumerate(pictures.items()):
        Image.fromarray(dataset.items[20 * number, 0]).save(folder / f"{name}.png")
    upright = sprites()[0].items[:4]
    Image.fromarray(255 * upright[0, 0]).save(folder / "picture.png")
    shutil.copy(folder / "picture.png", folder / "sprite.png")
    np.savez(folder / "pictures.npz", images=upright)
    _write_lamps(folder)
    _write_codes(folder)
    shutil.copytree(run, folder / "runs" / "demo")
    shutil.copytree(run, folder / "runs" / "first")


def _write_lamps(folder: Path) -> None:
    """Ninety coloured pictures and the table of their attributes."""
    from PIL import Image

    generator = np.random.default_rng(2)
    (folder / "lamps").mkdir()
    rows = ["file,size,height,warmth"]
    y, x = np.mgrid[:64, :64]
    for number in range(90):
        size, height, warmth = generator.uniform((6, 15, 0), (20, 45, 1))
        bright = np.clip(size - np.hypot(x - 32, y - (64 - height)), 0, 1)
        picture = bright[..., None] * np.array([255, 255 - 120 * warmth, 255 - 230 * warmth])
        Image.fromarray(picture.astype(np.uint8)).save(folder / "lamps" / f"{number}.png")
        rows.append(f"{number}.png,{size:.2f},{height:.2f},{warmth:.3f}")
    (folder / "lamps.csv").write_text("\n".join(rows) + "\n")


def arrays() -> dict[str, np.ndarray]:
    """Codes, and what is known of their items."""
    generator = np.random.default_rng(3)
    factors = generator.integers(0, 4, (300, 2))
    attributes = factors + generator.normal(0, 0.1, factors.shape)
    codes = np.hstack([attributes, generator.normal(size=(300, 2))])
    return {"codes": codes, "attributes": attributes, "factors": factors}


def _write_codes(folder: Path) -> None:
    for name in ("arrays", "codes"):
        np.savez(folder / f"{name}.npz", **arrays())
