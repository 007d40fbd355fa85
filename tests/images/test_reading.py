"""Pictures from files: every kind that is read, and one sentence for every kind that is not."""

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latune.errors import InputError
from latune.images.idx import is_idx, read_idx_images, read_idx_labels
from latune.images.reading import is_pictures, picture_files, read_folder, read_npz, read_picture, read_pictures
from latune.images.resizing import border, bright_on_dark, fit

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
RAMP = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8) * 5


def idx(shape, values=None, kind=8):
    sizes = b"".join(size.to_bytes(4, "big") for size in shape)
    body = bytes(int(np.prod(shape))) if values is None else values.tobytes()
    return bytes((0, 0, kind, len(shape))) + sizes + body


@pytest.fixture
def file(tmp_path):
    """A function that writes bytes, or arrays as npz, under a name."""

    def write(name, content=None, **arrays):
        path = tmp_path / name
        if content is None:
            np.savez(path, **arrays)
        else:
            path.write_bytes(content)
        return path

    return write


def refusal(function, path):
    with pytest.raises(InputError) as caught:
        function(path)
    message = str(caught.value)
    assert str(path) in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["a.idx", "train-images-idx3-ubyte", "t.idx3-ubyte", "a.idx.gz", "a-idx3-ubyte.gz"])
def test_idx(file, name):
    values = np.random.default_rng(0).integers(0, 256, (3, 4, 5), np.uint8)
    content = idx(values.shape, values)
    path = file(name, gzip.compress(content) if name.endswith(".gz") else content)
    assert is_idx(path)
    assert np.array_equal(read_idx_images(path), values)
    assert np.array_equal(read_pictures(path), values[:, None])
    assert read_pictures(path, colour=True).shape == (3, 3, 4, 5)
    assert "expected labels (N), got an array of shape (3, 4, 5)" in refusal(read_idx_labels, path)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (None, "does not exist"),
        (b"", "got an empty file"),
        (b"\x00\x00", "got (0, 0)"),
        (idx((2, 3, 4), kind=13), "expected an IDX file of bytes (0, 0, 8, dimensions), got (0, 0, 13, 3)"),
        (idx((2, 3, 4))[:9], "expected a header of 16 bytes, got a file of 9"),
        (idx((2, 3, 4))[:-1], "expected 24 bytes after the header, got 23"),
        (idx((2, 3, 4)) + b"0", "expected 24 bytes after the header, got 25"),
        (bytes((0, 0, 8, 3)) + b"\xff" * 12, "after the header, got 0"),
        (idx((24,)), "expected pictures (N, height, width), got an array of shape (24,)"),
        (idx((0, 3, 4)), "got an array of shape (0, 3, 4)"),
    ],
)
def test_damaged_idx(file, tmp_path, content, part):
    path = tmp_path / "a.idx" if content is None else file("a.idx", content)
    assert part in refusal(read_idx_images, path)


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(idx((2, 3, 4)), mtime=0)[:-9]])
def test_damaged_gzip(file, content):
    assert "expected a gzipped IDX file, got a damaged one" in refusal(read_idx_images, file("a.idx.gz", content))


def test_mnist():
    folder = SHARED / "mnist"
    if not folder.is_dir():
        pytest.skip("MNIST is not here")
    assert read_idx_images(folder / "t10k-images-idx3-ubyte.gz").shape == (10_000, 28, 28)
    assert read_idx_labels(folder / "t10k-labels-idx1-ubyte.gz")[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def picture(mode):
    """The ramp in a mode of Pillow's."""
    if mode == "I;16":
        return Image.fromarray(RAMP.astype(np.uint16) * 257)
    image = Image.fromarray(RAMP)
    if mode == "1":
        return Image.fromarray(RAMP >= 128)
    return image.convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png(file, mode):
    buffer = io.BytesIO()
    picture(mode).save(buffer, "PNG")
    path = file("a.PNG", buffer.getvalue())
    expected = (RAMP >= 128) * 255 if mode == "1" else RAMP
    assert is_pictures(path)
    assert np.array_equal(read_picture(path)[0], expected)
    assert np.array_equal(read_pictures(path, colour=True)[0], np.stack([expected] * 3))


def test_colour_jpeg_and_rotation(file):
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, :16, 0] = 200
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, subsampling=0, exif=exif)
    read = read_picture(file("a.jpg", buffer.getvalue()), colour=True)
    assert read.shape == (3, 32, 16)
    assert abs(int(read[0, 5, 8]) - 200) < 6
    assert read[0, 28, 8] < 6


def test_transparent_is_white(file):
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2, :, 3] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    read = read_picture(file("a.png", buffer.getvalue()))[0]
    assert read[:2].max() == 0
    assert read[2:].min() == 255


@pytest.mark.parametrize("content", [None, b"", b"GIF89a", b"\x89PNG\r\n\x1a\n rest", "cut", "gif"])
def test_damaged_pictures(file, tmp_path, content):
    if content in ("cut", "gif"):
        buffer = io.BytesIO()
        Image.effect_noise((60, 60), 50).save(buffer, "PNG" if content == "cut" else "GIF")
        content = buffer.getvalue()[: 2000 if content == "cut" else None]
    path = tmp_path / "a.png" if content is None else file("a.png", content)
    assert "a PNG or JPEG" in refusal(read_picture, path)


def test_huge_pictures_are_refused(file, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    for height in (5, 20):  # a warning and an error of Pillow's
        buffer = io.BytesIO()
        Image.new("L", (8, height)).save(buffer, "PNG")
        assert "expected a picture of less than 30 pixels" in refusal(read_picture, file("a.png", buffer.getvalue()))


@pytest.mark.parametrize("shape", [(5, 6, 8), (5, 6, 8, 1), (5, 6, 8, 3), (5, 1, 6, 8), (5, 3, 6, 8)])
@pytest.mark.parametrize("kind", [np.uint8, np.bool_, np.float32, np.float64])
@pytest.mark.parametrize("name", ["images", "other"])
def test_npz(file, shape, kind, name):
    values = np.random.default_rng(0).integers(0, 2, shape).astype(kind)
    expected = values.astype(np.uint8) * 255  # bytes of 0 and 1 too are off and on
    if len(shape) == 3:
        expected = expected[:, None]
    elif shape[3] in (1, 3):
        expected = np.moveaxis(expected, 3, 1)
    path = file("a.npz", **{name: values})
    grey, colour = read_npz(path), read_npz(path, colour=True)
    assert grey.shape == (5, 1, 6, 8)
    assert colour.shape == (5, 3, 6, 8)
    assert grey.dtype == colour.dtype == np.uint8
    assert np.array_equal(colour, np.broadcast_to(expected, colour.shape))
    weights = [1] if expected.shape[1] == 1 else [0.299, 0.587, 0.114]
    assert np.abs(grey[:, 0] - np.tensordot(expected, weights, (1, 0))).max() <= 0.51


def test_other_bytes_of_npz_stay_as_they_are(file):
    values = np.array([[[0, 1], [2, 255]]], np.uint8)
    assert np.array_equal(read_npz(file("a.npz", images=values))[0, 0], values[0])


@pytest.mark.parametrize(
    ("arrays", "part"),
    [
        ({"a": RAMP, "b": RAMP}, "expected an array 'images', got a, b"),
        ({"images": RAMP}, "got (6, 8)"),
        ({"images": np.zeros((2, 5, 6, 4), np.uint8)}, "got (2, 5, 6, 4)"),
        ({"images": np.zeros((0, 5, 6), np.uint8)}, "got (0, 5, 6)"),
        ({"images": np.zeros((2, 5, 6), np.int64)}, "expected 'images' as uint8, bool or float from 0 to 1, got int64"),
        ({"images": np.full((2, 5, 6), 3.5)}, "expected 'images' as numbers from 0 to 1, got 3.5 to 3.5"),
        ({"images": np.full((2, 5, 6), np.nan)}, "got nan to nan"),
        ({"images": np.array([object()])}, "expected an .npz file of plain arrays"),
        (b"PK\x03\x04", "expected an .npz file of plain arrays"),
        (None, "does not exist"),
    ],
)
def test_refused_npz(file, tmp_path, arrays, part):
    if arrays is None:
        path = tmp_path / "a.npz"
    else:
        path = file("a.npz", arrays) if isinstance(arrays, bytes) else file("a.npz", **arrays)
    assert part in refusal(read_npz, path)


def test_unknown_suffix(tmp_path):
    assert not is_pictures(tmp_path / "a.mid")
    assert "expected a name that ends in .png" in refusal(read_pictures, tmp_path / "a.mid")


def test_a_folder_with_damaged_files(file, tmp_path):
    for k, size in enumerate([(8, 8), (16, 8), (20, 30)]):
        Image.new("L", size, 40 * k).save(tmp_path / f"{k}.png")
    file("1a.png", b"damaged")
    file("notes.txt", b"no picture")
    names = picture_files(tmp_path)
    assert names == ["0.png", "1.png", "1a.png", "2.png"]
    told = []
    read = read_folder(tmp_path, names, 8, 8, report=lambda *at: told.append(at))
    assert read.kept.tolist() == [0, 1, 3]
    assert read.images[:, 0, 4, 4].tolist() == [0, 40, 80]
    assert read.resized == 2
    assert [row["name"] for row in read.rejected] == ["1a.png"]
    assert "got a damaged file" in read.rejected[0]["reason"]
    assert told == [(k, 4) for k in range(1, 5)]
    assert "expected a folder" in refusal(picture_files, tmp_path / "nowhere")


def test_fit_keeps_the_aspect_and_goes_on_with_the_ground():
    disc = np.hypot(*(np.mgrid[:60, :60] - 29.5)) < 20
    wide = np.full((1, 60, 120), 200, np.uint8)
    wide[0, :, 30:90][disc] = 10
    small = fit(wide, 32, 32)
    assert small.shape == (1, 32, 32)
    dark = small[0] < 105
    assert (small[0, :8] == 200).all()  # the ground goes on
    assert abs(np.ptp(np.flatnonzero(dark.any(0))) - np.ptp(np.flatnonzero(dark.any(1)))) <= 1  # still round
    assert fit(small, 32, 32) is small
    assert fit(np.zeros((3, 1, 500), np.uint8), 32, 32).shape == (3, 32, 32)
    assert np.ptp(fit(np.indices((64, 64)).sum(0).astype(np.uint8)[None] % 2 * 255, 16, 16)) < 40  # no moire


def test_bright_grounds_are_inverted():
    pictures = np.full((3, 1, 6, 6), 255, np.uint8)
    pictures[1] = 0
    pictures[:, :, 2:4, 2:4] = 100
    result, inverted = bright_on_dark(pictures)
    assert inverted.tolist() == [True, False, True]
    assert result[0, 0, 0, 0] == result[1, 0, 0, 0] == 0
    assert result[0, 0, 2, 2] == 155
    assert border(pictures[1]).tolist() == [0]
