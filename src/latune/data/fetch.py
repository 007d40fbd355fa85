"""Checked downloads: kept in the folder of all data sets, fetched again only where they are missing or damaged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from latune.data.store import data_home, require_writable
from latune.errors import DataError, MissingExtraError

__all__ = [
    "MNIST_FILES",
    "MNIST_MIRRORS",
    "SCENES_FILE",
    "SCENES_URL",
    "SPRITES_FILE",
    "SPRITES_URL",
    "fetch",
    "fetch_mnist",
    "fetch_scenes",
    "fetch_sprites",
]

Report = Callable[[int, int], None]

TIMEOUT = 30  # seconds without an answer

MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
MNIST_FILES = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
"""The original files and their SHA-256."""

SPRITES_FILE = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
SPRITES_URL = "https://github.com/google-deepmind/dsprites-dataset/raw/master/" + SPRITES_FILE

SCENES_FILE = "3dshapes.h5"
SCENES_URL = "https://storage.googleapis.com/3d-shapes/" + SCENES_FILE


class _Progress:
    """What pooch's downloader tells its progress to.

    Args:
        report: Told (bytes done, bytes in all).
    """

    def __init__(self, report: Report | None) -> None:
        self.total = 0
        self._report, self._done = report, 0

    def update(self, count: int) -> None:
        """Count bytes."""
        self._done += count
        if self._report is not None:
            self._report(self._done, max(self.total, self._done))

    def reset(self) -> None:
        """Start from the beginning; pooch calls it at the end, too."""
        self._done = 0

    def close(self) -> None:
        """Nothing to close."""


def fetch(urls: Sequence[str], sha256: str | None, report: Report | None = None) -> Path:
    """Download a file, unless it lies there already with the right checksum.

    Args:
        urls: Where it is to be had; one after the other is tried.
        sha256: Its checksum; None where it is not known and the content is checked by the caller.
        report: Told (bytes done, bytes in all).

    Returns:
        The file, under its URL's last name in the folder `downloads` of all data sets.

    Raises:
        DataError: No place has it, its checksum is another one, or there is no network.
        MissingExtraError: pooch is not installed.
    """
    try:
        import pooch
    except ModuleNotFoundError as error:
        raise MissingExtraError("pooch", "images") from error
    require_writable()
    pooch.get_logger().setLevel(logging.ERROR)
    folder, name = data_home() / "downloads", urls[0].rsplit("/", 1)[-1]
    reasons = []
    for url in urls:
        downloader = pooch.HTTPDownloader(progressbar=_Progress(report), timeout=TIMEOUT)
        try:
            return Path(
                pooch.retrieve(url, sha256 and f"sha256:{sha256}", fname=name, path=folder, downloader=downloader)
            )
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong checksum is a ValueError
            reasons.append(f"{url} {_reason(error)}")
    raise DataError(
        f"Cannot download {name}: {', '.join(reasons)}; where there is no network, fetch it elsewhere and use --source."
    )


def fetch_mnist(report: Report | None = None) -> Path:
    """Download the four files of MNIST: the folder where they are.

    Raises:
        DataError: As for `fetch`.
    """
    files = [fetch([m + name for m in MNIST_MIRRORS], checksum, report) for name, checksum in MNIST_FILES.items()]
    return files[0].parent


def fetch_sprites(report: Report | None = None) -> Path:
    """Download the official archive of sprites; the caller checks its content.

    Raises:
        DataError: As for `fetch`.
    """
    return fetch([SPRITES_URL], None, report)


def fetch_scenes(report: Report | None = None) -> Path:
    """Download the official archive of 3D Shapes (255 MB); the caller checks its content.

    Raises:
        DataError: As for `fetch`.
    """
    return fetch([SCENES_URL], None, report)


def _reason(error: Exception) -> str:
    """Why a download failed, in words."""
    response: Any = getattr(error, "response", None)
    if response is not None:
        return f"answered {response.status_code}"
    if isinstance(error, ValueError):
        return "has another checksum than expected"
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"Timeout"}:
        return f"did not answer within {TIMEOUT} seconds"
    if kinds & {"ChunkedEncodingError", "ContentDecodingError"}:
        return "broke off before the end"
    return "cannot be reached"
