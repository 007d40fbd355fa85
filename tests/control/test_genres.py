"""Genres: draws of the prior, and codes carried from one genre to another."""

import numpy as np
import pytest
import torch

from latune.control.genres import Genres
from latune.errors import InputError
from latune.models.petals import PetalsConfig, build_petals

NAMES = ("rock", "disco", "march")


def flower(axes="plane"):
    return Genres(NAMES, 8, petals=build_petals(PetalsConfig(axes=axes), 3, 8))


@pytest.mark.parametrize("axes", ["plane", "orthonormal"])
def test_draws_of_a_genre_are_in_its_petal(axes):
    genres = flower(axes)
    for place in range(3):
        assert (genres.of(genres.draw(200, 0, place)) == place).mean() > 0.98
    assert (genres.of(genres.draw(6, 0)) == [0, 1, 2, 0, 1, 2]).all()
    assert np.array_equal(genres.draw(5, 3, 1), genres.draw(5, 3, 1))
    assert not np.array_equal(genres.draw(5, 3, 1), genres.draw(5, 4, 1))


@pytest.mark.parametrize("axes", ["plane", "orthonormal"])
def test_carried_codes_arrive_and_the_rest_stays(axes):
    genres = flower(axes)
    codes = genres.draw(100, 0, 0)
    carried = genres.carry(codes, np.zeros(100, np.int64), 2)
    assert (genres.of(carried) == 2).mean() > 0.98
    assert np.allclose(carried[:, :4], codes[:, :4], atol=1e-6)
    assert np.allclose(genres.carry(carried, np.full(100, 2), 0), codes, atol=1e-5)
    assert np.allclose(np.linalg.norm(carried, axis=1), np.linalg.norm(codes, axis=1), atol=1e-5)
    assert np.array_equal(genres.carry(codes, np.full(100, 1), 1), codes)


def test_the_prior_follows_the_labels():
    genres, labels = flower(), np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]] * 300, np.uint8)
    drawn = genres.petals.responsibilities(torch.from_numpy(genres.draw_prior(labels, 0))).argmax(1).numpy()
    assert set(drawn[::3]) == {0}
    assert set(drawn[1::3]) == {1, 2}
    assert set(drawn[2::3]) == {3}


def test_styles_change_places():
    genres = Genres(NAMES, 2, 3, from_labels=True)
    codes = np.array([[0.5, -1, 0.9, 0.2, 0.1], [1, 2, 0.1, 0.3, 0.8]], np.float32)
    carried = genres.carry(codes, genres.of(codes), 1)
    assert np.allclose(carried, [[0.5, -1, 0.2, 0.9, 0.1], [1, 2, 0.1, 0.8, 0.3]])
    assert genres.draw(2, 0, 1)[:, 2:].tolist() == [[0, 1, 0], [0, 1, 0]]
    assert genres.draw(2, 0, 3)[:, 2:].tolist() == [[0, 0, 0], [0, 0, 0]]
    labels = np.eye(3, dtype=np.uint8)
    assert sorted(genres.draw_prior(labels, 0)[:, 2:].tolist()) == sorted(labels.tolist())


def test_styles_that_are_no_genres_are_zeros_and_ones():
    genres = Genres((), 2, 3)
    drawn = genres.draw(400, 0)
    assert set(np.unique(drawn[:, 2:])) == {0.0, 1.0}
    assert abs(drawn[:, 2:].mean() - 0.5) < 0.05
    with pytest.raises(InputError, match="knows no genres"):
        genres.index("rock")


def test_an_unknown_genre_names_the_known_ones():
    with pytest.raises(InputError, match="no genre 'polka': expected one of rock, disco, march"):
        flower().index("polka")
