"""Moves of pictures: what becomes of them, what is said of it, and what is refused."""

import numpy as np
import pytest
from PIL import Image

import small_moves
from latune.control.move_pictures import move_pictures, write_moved
from latune.control.moves import open_mover
from latune.errors import InputError


@pytest.fixture(scope="module")
def blobs():
    return small_moves.blobs()


@pytest.fixture(scope="module")
def signs():
    return small_moves.symbols()


@pytest.fixture(scope="module")
def mover(blobs, tmp_path_factory):
    return open_mover(small_moves.trained(blobs, tmp_path_factory.mktemp("runs") / "blobs"))


@pytest.fixture(scope="module")
def calculator(signs, tmp_path_factory):
    return open_mover(small_moves.trained(signs, tmp_path_factory.mktemp("runs") / "signs"))


def test_moves_are_applied_to_codes_in_turn(mover, blobs):
    images = blobs.items[::50]
    moved = move_pictures(mover, blobs.codec, images, ["right", "shape"])
    chain = mover.chain(mover.encode(images), ["right", "shape"])
    assert moved.images.shape == (3, *images.shape)
    assert np.array_equal(moved.images, mover.decode(chain))
    assert np.array_equal(moved.before, mover.places(chain[0]))
    tables = {relation.name: relation.table for relation in mover.regions.relations}
    assert np.array_equal(moved.wanted[0], tables["right"][moved.before])
    assert np.array_equal(moved.wanted[1], tables["shape"][tables["right"][moved.before]])
    assert np.array_equal(moved.reached[1], mover.places(mover.encode(moved.images[2])))
    again = move_pictures(mover, blobs.codec, images, ["right", "shape"])
    assert np.array_equal(again.images, moved.images)


def test_pictures_outside_of_all_regions_are_named_and_moved(mover, blobs):
    noise = np.random.default_rng(0).integers(0, 256, (3, 1, 16, 16), np.uint8)
    images = np.concatenate([blobs.items[:300:100], noise])
    inside = mover.places(mover.encode(images), 0.001) >= 0
    assert not inside[3:].any()
    moved = move_pictures(mover, blobs.codec, images, ["up"])
    assert np.array_equal(moved.inside, inside)
    count = int((~inside).sum())
    assert moved.remarks == (f"{count} of 6 pictures lie in no region: moved as if they lay in the nearest one.",)
    assert moved.images.shape[1] == 6


def test_binary_moves_take_operands_and_operators(calculator, signs):
    three, four = (signs.items[signs.classes == digit] for digit in (3, 4))
    moved = move_pictures(calculator, signs.codec, three, ["add"], [four])
    codes = [calculator.encode(part) for part in (three, four)]
    assert np.array_equal(moved.images[1], calculator.decode(calculator.move(codes[0], "add", codes[1])))
    left, right = (calculator.places(part, entities=True) for part in codes)
    assert np.array_equal(moved.wanted[0], (left + right) % 10)
    alone = move_pictures(calculator, signs.codec, three, ["add"], [four[:1]])
    each = move_pictures(calculator, signs.codec, three, ["add"], [four[:1].repeat(len(three), axis=0)])
    assert np.array_equal(alone.images, each.images)
    plus = signs.items[signs.classes == 10][:1]
    told = move_pictures(calculator, signs.codec, three, ["add"], [four], [plus])
    middle = calculator.encode(plus).repeat(len(three), axis=0)
    assert np.array_equal(told.images[1], calculator.decode(calculator.move(*codes[:1], "add", codes[1], middle)))


def test_an_operator_that_is_read_as_something_else_is_named(calculator, signs):
    three, read = signs.items[signs.classes == 3][:2], calculator.places(calculator.encode(signs.items))
    other = signs.items[read != 10][:1]
    moved = move_pictures(calculator, signs.codec, three, ["add"], [three], [other])
    assert "2 of 2 operators of add are not read as '+'." in moved.remarks


def test_what_does_not_fit_is_refused(mover, calculator, blobs, signs):
    image, sign = blobs.items[:2], signs.items[:2]
    for arguments, message in (
        ((mover, blobs.codec, image, []), "at least one move"),
        ((mover, blobs.codec, image, ["sideways"]), "There is no move 'sideways': expected one of left, right"),
        ((mover, blobs.codec, image[:, :, 1:], ["up"]), "The pictures are 15x16: expected 1 channel.* of 16x16 pixels"),
        ((mover, blobs.codec, image, ["up"], [image]), "leave out other operands"),
        ((calculator, signs.codec, sign, ["add", "add"], [sign]), "needs a right operand: expected 2, got 1"),
        ((calculator, signs.codec, sign, ["add"], [signs.items[:3]]), "3 operands: expected one picture, or 2"),
        ((calculator, signs.codec, sign, ["add"], [sign[:, :, :, 1:]]), "The operands are 16x15"),
        ((calculator, signs.codec, sign, ["add"], [sign], [sign, sign]), "an operator for each of 1 moves"),
    ):
        with pytest.raises(InputError, match=message):
            move_pictures(*arguments)


def test_an_animation_shows_the_chain(mover, blobs, tmp_path):
    moved = move_pictures(mover, blobs.codec, blobs.items[::200], ["down", "down", "shape"])
    write_moved(tmp_path / "chain.gif", moved)
    with Image.open(tmp_path / "chain.gif") as animation:
        frames = []
        for frame in range(animation.n_frames):
            animation.seek(frame)
            frames.append(np.asarray(animation.convert("L")))
    assert frames[0].shape == (2 * 80 + 6, 2 * 80 + 6)  # four pictures, five times as large, and gaps
    distinct = [0] + [step for step in range(1, 4) if (moved.images[step] != moved.images[step - 1]).any()]
    assert len(frames) == len(distinct)
    for frame, step in zip(frames, distinct, strict=True):
        shown = moved.images[step, 1, 0].repeat(5, axis=0).repeat(5, axis=1)
        assert np.abs(frame[2:82, 84:164].astype(int) - shown).max() <= 4  # GIF has 256 colours
