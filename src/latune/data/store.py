"""Data sets on disk: a folder of `.npy` arrays and one `dataset.json`, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

import latune
from latune.data.codec_registry import codec_from_dict
from latune.data.codecs import Codec
from latune.data.dataset import Dataset
from latune.data.packed_items import PackedItems
from latune.errors import DataError

__all__ = [
    "FORMAT",
    "checksum",
    "data_home",
    "is_stored",
    "items_on_disk",
    "load_dataset",
    "new_file",
    "require_writable",
    "store_dataset",
    "stored_names",
    "write_array",
]

FORMAT = 1
"""Version of the folder's layout; a folder of another version is prepared anew."""

FILLED = ".items-"
"""How names of files begin that no data set has taken over yet."""

Report = Callable[[int, int], None]


def data_home() -> Path:
    """Folder of all data sets: `LATUNE_DATA`, or the user's cache folder."""
    home = os.environ.get("LATUNE_DATA")
    return Path(home) if home else user_cache_path("latune") / "data"


def is_stored(name: str) -> bool:
    """Whether a data set of this name and this version's layout is stored."""
    try:
        return bool(_read_description(name)["format"] == FORMAT)
    except DataError:
        return False


def stored_names() -> list[str]:
    """Names of all data sets that are stored."""
    home = data_home()
    folders = home.iterdir() if home.is_dir() else ()
    return sorted(folder.name for folder in folders if not folder.name.startswith(".") and is_stored(folder.name))


def require_writable() -> None:
    """Check, before any work, that data sets can be stored.

    Raises:
        DataError: The folder of all data sets cannot be written.
    """
    home = data_home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise DataError(f"Cannot write to {home}: {error.strerror}; set LATUNE_DATA to another folder.") from error


def items_on_disk(
    shape: tuple[int, ...], pieces: Iterable[NDArray[np.uint8]], report: Report | None = None
) -> NDArray[np.uint8]:
    """Write items that are too many for memory to a file; `store_dataset` makes it a part of the data set.

    Args:
        shape: Of all items, (N, ...).
        pieces: Items in order, N in all.
        report: Told (items written, all).

    Returns:
        The items, memory-mapped.

    Raises:
        DataError: The file cannot be written.
    """
    require_writable()
    path, done = new_file(".npy"), 0
    try:
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
            for piece in pieces:
                file.write(np.ascontiguousarray(piece).data)
                done += len(piece)
                if report is not None:
                    report(done, shape[0])
        if done != shape[0]:
            raise ValueError(f"expected {shape[0]} items, got {done}")
        items: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    except BaseException as error:  # an interruption, too, leaves no file of gigabytes behind
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise DataError(f"Cannot write items to {data_home()}: {error.strerror}.") from error
        raise
    return items


def new_file(suffix: str) -> Path:
    """An empty file beside the data sets, which `store_dataset` moves into the one that has it."""
    handle, name = tempfile.mkstemp(prefix=FILLED, suffix=suffix, dir=data_home())
    os.close(handle)
    return Path(name)


def store_dataset(dataset: Dataset) -> Path:
    """Write a data set; the folder appears complete or not at all.

    Returns:
        The folder.

    Raises:
        DataError: The folder cannot be written, or the data set has attributes of the user's own.
    """
    if dataset.plugins:
        raise DataError(f"Data set '{dataset.name}': own attributes are measured when it is opened, never stored.")
    folder = data_home() / dataset.name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{dataset.name}-", dir=folder.parent))
    except OSError as error:
        raise DataError(f"Cannot write to {folder.parent}: {error.strerror}; set LATUNE_DATA.") from error
    try:
        arrays: dict[str, NDArray[Any]] = {
            "items": dataset.rows,
            "attributes": dataset.attributes,
            "groups": dataset.groups,
        }
        if dataset.classes is not None:
            arrays["classes"] = dataset.classes
        if dataset.sequences is not None:
            arrays["sequences"] = dataset.sequences
        if dataset.labels is not None:
            arrays["labels"] = dataset.labels
        arrays |= {f"split_{name}": indices for name, indices in dataset.splits.items()}
        for name, array in arrays.items():
            _save(array, temporary / f"{name}.npy")
        for name, path in dataset.files.items():
            _keep(path, temporary / name)
        description = {
            "format": FORMAT,
            "latune_version": latune.__version__,
            "name": dataset.name,
            "codec": dataset.codec.to_dict(),
            "attributes": list(dataset.table.names),
            "splits": {name: len(indices) for name, indices in dataset.splits.items()},
            "checksums": {name: checksum(temporary / f"{name}.npy") for name in arrays},
            "files": {name: checksum(temporary / name) for name in dataset.files},
            **dataset.description,
        }
        (temporary / "dataset.json").write_text(json.dumps(description, indent=1), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    except OSError as error:
        raise DataError(f"Cannot write the data set to {folder}: {error.strerror}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def load_dataset(name: str) -> Dataset:
    """Open a stored data set; arrays are memory-mapped.

    Raises:
        DataError: It is not prepared, damaged, or of another version.
    """
    description = _read_description(name)
    if description["format"] != FORMAT:
        raise DataError(
            f"Data set '{name}' has layout {description['format']}, expected {FORMAT}: latune data prepare {name}."
        )
    missing = [key for key in ("checksums", "splits", "codec") if not isinstance(description.get(key), dict)]
    if missing:
        raise DataError(f"Data set '{name}': dataset.json lacks {missing[0]}: latune data prepare {name} --again.")
    folder = data_home() / name
    arrays = {
        array_name: np.load(_intact(folder / f"{array_name}.npy", recorded, name), mmap_mode="r", allow_pickle=False)
        for array_name, recorded in description["checksums"].items()
    }
    files = {
        file_name: _intact(folder / file_name, recorded, name)
        for file_name, recorded in description.get("files", {}).items()
    }
    codec = codec_from_dict(description["codec"])
    return Dataset(
        name=name,
        items=PackedItems(arrays["items"], codec.item_shape) if codec.binary else arrays["items"],
        attributes=_columns(arrays, codec, description.get("attributes")),
        groups=arrays["groups"],
        splits={split: arrays[f"split_{split}"] for split in description["splits"]},
        codec=codec,
        description=description,
        classes=arrays.get("classes"),
        sequences=arrays.get("sequences"),
        labels=arrays.get("labels"),
        files=files,
    )


def _intact(path: Path, recorded: str, name: str) -> Path:
    """The path of a file that is as it was stored.

    Raises:
        DataError: It is not.
    """
    if not path.is_file() or checksum(path) != recorded:
        raise DataError(f"{path} is missing or damaged: latune data prepare {name} --again.")
    return path


def _save(array: NDArray[Any], path: Path) -> None:
    """Write an array, or move the file that `items_on_disk` has written."""
    file = Path(array.filename) if isinstance(array, np.memmap) and array.filename else None
    if file and file.name.startswith(FILLED):
        file.rename(path)
    else:
        write_array(array, path)


def write_array(array: NDArray[Any], path: Path) -> None:
    """As `np.save`, whose errors do not say why a disk took less than was written."""
    contiguous = np.ascontiguousarray(array)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(contiguous))
        file.write(contiguous.data if contiguous.size else b"")


def _keep(file: Path, path: Path) -> None:
    """Move a file that was made for the data set; copy any other one."""
    if file.name.startswith(FILLED):
        file.rename(path)
    else:
        shutil.copyfile(file, path)


def _columns(arrays: dict[str, NDArray[Any]], codec: Codec, names: list[str] | None) -> NDArray[np.float32]:
    """The attributes: as stored, or measured again where this version measures others than the one that stored them."""
    if names == list(codec.table.names) or not codec.measurable:
        return arrays["attributes"]
    return codec.measure(arrays["items"]).astype(np.float32)


def _read_description(name: str) -> dict[str, Any]:
    path = data_home() / name / "dataset.json"
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"Data set '{name}' is not prepared: latune data prepare {name}.") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: latune data prepare {name} --again.") from error
    if not isinstance(description, dict) or "format" not in description:
        raise DataError(f"{path} is not a data set description: latune data prepare {name} --again.")
    return description


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
