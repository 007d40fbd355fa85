"""`latune edit --move`: pictures of a file, one move after the other."""

import json

import numpy as np
import pytest
from outcomes import refuse, succeed
from PIL import Image

import small_moves
from latune.control.move_pictures import move_pictures
from latune.control.moves import open_mover
from latune.images.reading import read_pictures


@pytest.fixture(scope="module")
def blobs():
    return small_moves.blobs()


@pytest.fixture(scope="module")
def weak(blobs, tmp_path_factory):
    return small_moves.trained(blobs, tmp_path_factory.mktemp("runs") / "blobs")


@pytest.fixture(scope="module")
def signs():
    return small_moves.symbols()


@pytest.fixture(scope="module")
def calculator(signs, tmp_path_factory):
    return small_moves.trained(signs, tmp_path_factory.mktemp("runs") / "signs")


@pytest.fixture
def picture(blobs, tmp_path):
    Image.fromarray(blobs.items[100, 0]).save(tmp_path / "blob.png")
    return tmp_path / "blob.png"


@pytest.fixture
def pictures(blobs, tmp_path):
    np.savez(tmp_path / "blobs.npz", images=blobs.items[::150])
    return tmp_path / "blobs.npz"


def test_one_picture(latune, weak, blobs, picture, tmp_path):
    shown = succeed(latune("edit", weak.folder, picture, "--move", "right", "--move", "shape", "--output", "out.png"))
    moved = move_pictures(open_mover(weak), blobs.codec, blobs.items[100:101], ["right", "shape"])
    assert np.array_equal(read_pictures(tmp_path / "out.png"), moved.images[-1])
    names = open_mover(weak).regions.names
    row = next(line for line in shown.splitlines() if line.startswith("│"))
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    steps = [f"{names[wanted[0]]}, {names[got[0]]}" for wanted, got in zip(moved.wanted, moved.reached, strict=True)]
    assert cells[2:] == steps
    assert cells[1].removeprefix("near ") == names[moved.before[0]]
    assert cells[1].startswith("near ") != bool(moved.inside[0])
    assert "shape: wanted, reached" in shown
    assert "Written: out.png" in shown


def test_many_pictures_as_array_animation_and_json(latune, weak, blobs, pictures, tmp_path):
    arguments = "edit", weak.folder, pictures, "--move", "up"
    told = json.loads(succeed(latune(*arguments, "--output", "out.npz", "--json")))
    moved = move_pictures(open_mover(weak), blobs.codec, blobs.items[::150], ["up"])
    with np.load(tmp_path / "out.npz") as content:
        assert np.array_equal(content["images"], moved.images[-1])
    names = open_mover(weak).regions.names
    assert told["remarks"] == list(moved.remarks)
    assert [entry["before"] for entry in told["pictures"]] == [names[place] for place in moved.before]
    assert [entry["inside"] for entry in told["pictures"]] == moved.inside.tolist()
    for entry, wanted, reached in zip(told["pictures"], moved.wanted[0], moved.reached[0], strict=True):
        assert entry["after"] == [{"move": "up", "wanted": names[wanted], "reached": names[reached]}]
    for name in ("a.gif", "b.gif"):
        succeed(latune(*arguments, "--output", name))
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF8")


def test_formulas(latune, calculator, signs, tmp_path):
    paths = [tmp_path / f"{name}.png" for name in ("three", "four", "plus")]
    for path, sign in zip(paths, (3, 4, 10), strict=True):
        Image.fromarray(signs.items[signs.classes == sign][0, 0]).save(path)
    three, four, plus = paths
    arguments = "edit", calculator.folder, three, "--move", "add", "--output", "sum.npz"
    shown = succeed(latune(*arguments, "--operand", four, "--operator", plus))
    images = [read_pictures(path) for path in paths]
    moved = move_pictures(open_mover(calculator), signs.codec, images[0], ["add"], images[1:2], images[2:])
    with np.load(tmp_path / "sum.npz") as content:
        assert np.array_equal(content["images"], moved.images[-1])
    assert "add: wanted, reached" in shown
    assert refuse(latune(*arguments)) == "Each move of this run needs a right operand: expected 1, got 0."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Expected --knob NAME=VALUE or --move NAME, one of the two."),
        (("--move", "up", "--knob", "scale=1"), "Expected --knob NAME=VALUE or --move NAME, one of the two."),
        (("--move", "up", "--hold", "scale", "--exact"), "--exact, --hold: expected only beside --knob."),
        (("--move", "up", "--nearest"), "--nearest: expected only beside --knob."),
        (("--knob", "scale=1", "--operand", "blob.png"), "--operand: expected only beside --move."),
        (("--move", "add"), "There is no move 'add': expected one of left, right, up, down, shape."),
    ],
)
def test_options_that_do_not_fit_are_refused(latune, weak, picture, options, message):
    assert refuse(latune("edit", weak.folder, picture, *options, "--output", "out.png")) == message


def test_files_that_do_not_fit_are_refused(latune, weak, picture, pictures, trained_picture_run, tmp_path):
    up = "--move", "up", "--output"
    assert refuse(latune("edit", trained_picture_run.folder, picture, *up, "out.png")) == (
        f"{trained_picture_run.folder} has no moves: expected a run of a recipe such as sprites/weak."
    )
    Image.new("L", (17, 16)).save(tmp_path / "wide.png")
    assert refuse(latune("edit", weak.folder, tmp_path / "wide.png", *up, "out.png")) == (
        "The pictures are 16x17: expected 1 channel(s) of 16x16 pixels."
    )
    assert refuse(latune("edit", weak.folder, pictures, *up, "out.png")) == (
        "out.png: expected a name that ends in .npz or .gif for 5 pictures."
    )
    assert "ends in .png, .npz, .gif" in refuse(latune("edit", weak.folder, picture, *up, "out.jpg"))
    assert not list(tmp_path.glob("out*"))
