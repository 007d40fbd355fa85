import xml.etree.ElementTree as ET

import numpy as np
import pytest

from latune.errors import InputError
from latune.figures import (
    Folded,
    Trained,
    divergence_curves,
    factor_responses,
    figure_svg,
    fold_summary,
    latent_traversals,
    loss_curves,
    rate_distortion,
    reconstructions,
    score_against_reconstruction,
)
from latune.figures.labels import spread

SHAPES = ("square", "ellipse", "heart")


def texts(figure):
    return [element.text for element in ET.fromstring(figure_svg(figure)).iter("{http://www.w3.org/2000/svg}text")]


def grid():
    """A grid of 3 shapes, 2 scales, 4 orientations (squares have none), 5 columns and 6 rows, by factor."""
    axes = np.arange(1, 4), [0.5, 1.0], np.linspace(0, 2 * np.pi, 4), np.linspace(0, 1, 5), np.linspace(0, 1, 6)
    names = ("shape", "scale", "orientation", "posx", "posy")
    factors = {n: a.ravel() for n, a in zip(names, np.meshgrid(*axes, indexing="ij"), strict=True)}
    factors["orientation"] = np.where(factors["shape"] == 1, np.nan, factors["orientation"])
    return factors


def responses(factors, **arguments):
    """Dimension 0 is the scale, by shape, 1 says nothing, 2 is the row; their KL makes the order 2, 0, 1."""
    means = np.stack(
        [factors["scale"] * factors["shape"], np.zeros(len(factors["posx"])), 2 * factors["posy"] - 1], axis=1
    )
    return factor_responses(means, factors, np.array([1.5, 0.0, 4.25]), shapes=SHAPES, **arguments)


def test_places_that_are_too_close_are_moved_apart_in_order_and_around_where_they_were():
    places = np.array([0.5, 0.1, 0.52, 0.9, 0.51])
    moved = spread(places, 0.1)
    assert (np.argsort(moved) == np.argsort(places)).all()
    assert np.diff(np.sort(moved)).min() == pytest.approx(0.1)
    assert moved[[1, 3]] == pytest.approx(np.array([0.1, 0.9]))
    assert moved[[0, 2, 4]].mean() == pytest.approx(0.51)
    assert spread([], 0.1).tolist() == []


def test_places_stay_inside_unless_there_are_too_many():
    assert spread([0.0, 0.0, 0.01, 1.0, 1.0], 0.1) == pytest.approx(np.array([0.0, 0.1, 0.2, 0.9, 1.0]))
    assert spread([0.5, 0.5, 0.5], 0.6) == pytest.approx(np.array([0.0, 0.6, 1.2]))


def test_dimensions_are_named_with_their_last_divergence_the_largest_on_top():
    divergences = np.linspace(0, 1, 5)[:, None] * [0.05, 3.0, 0.0, 6.1, 2.9]
    figure = divergence_curves(np.arange(5) * 100, divergences)
    (axes,) = figure.axes
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert set(heights) == {"dimension 3: 6.10", "dimension 1: 3.00", "dimension 4: 2.90", "not in use: 0, 2"}
    named = sorted(heights, key=heights.get, reverse=True)
    assert named == ["dimension 3: 6.10", "dimension 1: 3.00", "dimension 4: 2.90", "not in use: 0, 2"]
    assert len(axes.lines) == 5
    assert "KL from the prior (nats per item)" in texts(figure)
    assert figure.get_suptitle().endswith("3 of 5 are in use at the end")


def test_more_dimensions_than_colours_differ_in_their_lines():
    lines = divergence_curves([0, 1], np.ones((2, 16))).axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 16


def test_responses_are_sorted_by_divergence_and_lie_on_common_axes():
    figure = responses(grid(), units={"orientation": "radians"})
    rows = [axes for axes in figure.axes if axes.images]
    assert [axes.get_ylabel().split("\n")[0] for axes in rows] == ["dimension 2", "dimension 0", "dimension 1"]
    assert rows[0].get_ylabel().endswith("4.25 nats")
    curves = [axes for axes in figure.axes if axes.lines]
    assert len(curves) == 6
    assert len({axes.get_ylim() for axes in curves}) == 1
    assert {"against scale", "orientation (radians)", "π", "posterior mean", *SHAPES} <= set(texts(figure))


def test_the_map_of_a_dimension_has_x_across_and_y_down():
    image = np.asarray(responses(grid()).axes[0].images[0].get_array())
    assert image.shape == (6, 5)
    assert image == pytest.approx(np.tile(2 * np.linspace(0, 1, 6)[:, None] - 1, (1, 5)))


def test_the_curves_are_means_by_shape_and_leave_out_what_is_missing():
    rows = np.array(responses(grid()).axes[:9]).reshape(3, 3)
    _, scale, orientation = rows[1]
    assert [line.get_ydata().tolist() for line in scale.lines] == [[0.5, 1.0], [1.0, 2.0], [1.5, 3.0]]
    assert [len(line.get_xdata()) for line in orientation.lines] == [0, 4, 4]  # squares have none


def test_responses_without_orientation_or_shape():
    factors = grid()
    figure = factor_responses(
        factors["posx"][:, None], {name: factors[name] for name in ("posx", "posy", "scale")}, np.array([1.0])
    )
    shown = texts(figure)
    assert "against scale" in shown
    assert not {"against orientation", "square"} & set(shown)
    only_place = {name: factors[name] for name in ("posx", "posy")}
    assert "over the place" in texts(factor_responses(factors["posx"][:, None], only_place, np.array([1.0])))


def test_responses_need_a_place():
    with pytest.raises(InputError, match="factors are scale: expected posx and posy"):
        factor_responses(np.zeros((2, 1)), {"scale": np.zeros(2)}, np.zeros(1))


@pytest.mark.parametrize("channels", [1, 3])
def test_traversals_have_a_panel_for_each_start_and_a_row_for_each_dimension(channels):
    pictures = np.zeros((3, 4, 8, 8, channels), np.uint8)
    pictures[1] = 200
    dimensions, divergences = np.array([7, 2, 4]), np.array([5.0, 1.25, 0.0])
    sweeps = {"square": pictures, "z = 0": pictures, "random": pictures}
    figure = latent_traversals(sweeps, np.linspace(-3, 3, 4), dimensions, divergences)
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(sweeps)
    for axes in figure.axes:
        assert [label.get_text() for label in axes.get_yticklabels()] == ["7: 5.00", "2: 1.25", "4: 0.00"]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["−3.0", "−1.0", "1.0", "3.0"]
        (image,) = axes.images
        page = np.asarray(image.get_array())
        assert page.shape[:2] == (3 * 10 + 2, 4 * 10 + 2)
        top, bottom = axes.get_yticks()[:2].astype(int)
        assert (page[bottom, 4] == 200).all()
        assert (page[top, 4] == 0).all()


def test_reconstructions_show_where_they_are_too_bright_and_too_dark():
    originals = np.full((1, 2, 2, 1), 128, np.uint8)
    decoded = originals.copy()
    decoded[0, 0, 0], decoded[0, 1, 1] = 255, 0
    figure = reconstructions(originals, decoded)
    assert {"picture", "comes back", "difference"} <= set(texts(figure))
    difference = np.asarray(figure.axes[0].images[2].get_array()).astype(int)
    red, _, blue = difference[0, 0]
    assert red > blue + 50
    red, _, blue = difference[1, 1]
    assert blue > red + 50
    assert np.ptp(difference[0, 1]) < 3  # grey


RUNS = [Trained("A", 20.0, 40.0, 0.5), Trained("A", 21.0, 39.0, 0.6), Trained("B", 30.0, 20.0), Trained("C", 25, 30, 1)]


def test_runs_of_a_method_look_alike_and_are_named_once():
    figure = rate_distortion(RUNS)
    (axes,) = figure.axes
    assert [len(points.get_offsets()) for points in axes.collections] == [2, 1, 1]
    assert axes.collections[0].get_offsets().tolist() == [[20.0, 40.0], [21.0, 39.0]]
    shown = texts(figure)
    assert [shown.count(name) for name in "ABC"] == [1, 1, 1]
    assert "rate: KL from the prior (nats per item)" in shown


def test_lines_of_equal_sum_have_their_sum():
    lines = rate_distortion(RUNS).axes[0].lines
    sums = [line.get_xdata() + line.get_ydata() for line in lines]
    assert len(sums) > 2
    assert all(np.ptp(both) == pytest.approx(0) for both in sums)


def test_runs_without_a_score_are_left_out():
    axes = score_against_reconstruction(RUNS).axes[0]
    assert [points.get_offsets().tolist() for points in axes.collections] == [[[40, 0.5], [39, 0.6]], [[30, 1]]]
    assert axes.get_ylabel() == "FactorVAE score"
    with pytest.raises(InputError, match="expected at least one run"):
        score_against_reconstruction(RUNS[2:3])


def test_one_run_alone_is_drawn():
    assert "A" in texts(rate_distortion(RUNS[:1]))


def test_folds_have_a_panel_each_with_mean_and_interval():
    figure = fold_summary(
        {"factor_vae": Folded([0.7, 0.8, 0.9], 0.8, 0.55, 1.05), "kl": Folded([24.0], 24.0, None, None)}
    )
    first, second = figure.axes
    assert first.get_title(loc="left") == "factor vae\n0.80 [0.55, 1.05]"
    assert first.lines[1].get_ydata().tolist() == [0.7, 0.8, 0.9]
    assert [patch.get_y() for patch in first.patches] == [0.55]
    assert second.get_title(loc="left") == "kl\n24.00"
    assert not second.patches


def test_the_capacity_is_drawn_beside_the_divergence_and_the_discriminator_in_its_band():
    rows = [
        {
            "step": float(step),
            "loss": 900.0 / step,
            "kl": 0.01 * step,
            "capacity": 0.02 * step,
            "total_correlation": -0.1 + 1 / step,
            "discriminator_accuracy": 0.7,
        }
        for step in (1, 50, 100)
    ]
    figure = loss_curves(rows)
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes}
    divergence = panels["divergence of the codes from the prior (KL)"]
    assert [line.get_label() for line in divergence.lines] == ["training", "capacity that the KL is drawn to"]
    assert divergence.get_yscale() == "linear"
    assert panels["what is minimised"].get_yscale() == "log"
    assert panels["total correlation of the codes (estimate)"].get_yscale() == "linear"
    (band,) = panels["discriminator's right guesses (shaded: sound)"].patches
    assert (band.get_y(), band.get_height()) == pytest.approx((0.5, 0.4))
