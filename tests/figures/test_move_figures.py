import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.collections import PatchCollection

from latune.errors import InputError
from latune.figures import (
    chain_accuracy,
    figure_svg,
    label_sweep,
    move_rows,
    nuisance_change,
    region_interpolation,
    region_map,
    region_sheet,
    rejection_curves,
    relation_maps,
    symbol_triplets,
)
from latune.figures.labels import Label, label_where_free
from latune.figures.style import INK, VERMILION, new_figure

KINDS = [(1, 16, 16), (3, 16, 12)]  # channels, height, width


def pictures(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def texts(figure):
    return [element.text for element in ET.fromstring(figure_svg(figure)).iter("{http://www.w3.org/2000/svg}text")]


def written(figure):
    """Text to its element, of a figure with one panel."""
    (axes,) = figure.axes
    return {text.get_text(): text for text in axes.texts}


def shows(page, picture):
    """Whether a drawn page (height, width) or (height, width, 3) holds a picture (C, H, W)."""
    page = np.atleast_3d(np.asarray(page.get_array()))
    wanted = np.moveaxis(picture, 0, -1)
    windows = np.lib.stride_tricks.sliding_window_view(page, wanted.shape)
    return bool((windows == wanted).all(axis=(-1, -2, -3)).any())


@pytest.mark.parametrize("kind", KINDS)
def test_moves_have_a_row_each_with_source_steps_and_what_was_wanted(kind):
    sources, chains, truths = pictures(2, *kind), pictures(2, 3, *kind), pictures(2, *kind)
    figure = move_rows(sources, chains, truths, ["more_hue", "shape"])
    assert {"source", "1", "2", "3", "wanted", "more hue", "shape"} == set(written(figure))
    images = figure.axes[0].images
    assert len(images) == 6  # a block for each of the three parts of each row
    blocks = [(sources[0], 0), (chains[0, 2], 1), (truths[0], 2), (sources[1], 3), (chains[1, 0], 4), (truths[1], 5)]
    assert all(shows(images[place], picture) for picture, place in blocks)
    assert not shows(images[1], pictures(3, *kind)[2] ^ 1)
    (rule,) = figure.axes[0].lines
    assert images[1].get_extent()[1] < rule.get_xdata()[0] < images[2].get_extent()[0]
    assert figure_svg(figure) == figure_svg(move_rows(sources, chains, truths, ["more_hue", "shape"]))


def test_a_move_that_arrives_elsewhere_is_marked():
    kind = KINDS[0]
    parts = pictures(1, *kind), pictures(1, 2, *kind), pictures(1, 2, *kind)
    labels = written(move_rows(*parts, ["left"], [["<xS", "xxS"]], [["<xS", ">xS"]]))
    assert {"wanted 1", "wanted 2"} < set(labels)
    assert labels["xxS"].get_color() == VERMILION
    assert labels[">xS"].get_color() == labels["left"].get_color() == INK


def test_moves_that_do_not_belong_together_are_refused():
    kind = KINDS[0]
    with pytest.raises(InputError, match="got 2, 1, 2, 2"):
        move_rows(pictures(2, *kind), pictures(1, 3, *kind), pictures(2, *kind), ["a", "b"])
    with pytest.raises(InputError, match="each of 3; got 2"):
        move_rows(pictures(1, *kind), pictures(1, 3, *kind), pictures(1, 2, *kind), ["a"])
    with pytest.raises(InputError, match="float64"):
        move_rows(pictures(1, *kind) / 1.0, pictures(1, 3, *kind), pictures(1, *kind), ["a"])


@pytest.mark.parametrize(("count", "bands"), [(2, 1), (27, 1), (31, 2), (120, 6)])
def test_a_sheet_wraps_where_there_are_many_regions(count, bands):
    means, samples = pictures(count, *KINDS[0]), pictures(count, 2, *KINDS[0])
    names = [f"HU{place},SH0" for place in range(count)]
    figure = region_sheet(means, samples, names)
    images = figure.axes[0].images
    assert len(images) == 2 * bands
    assert set(names) < set(written(figure))
    assert shows(images[0], means[0])
    assert shows(images[-2], means[-1])
    assert shows(images[-1], samples[-1, 1])
    assert all(image.get_extent()[1] <= 10 for image in images)
    assert {text.get_rotation() for text in figure.axes[0].texts} == ({0.0, 90.0} if count in (27, 120) else {0.0})


@pytest.mark.parametrize("count", [10, 27, 120])
def test_maps_frame_the_targets_and_name_what_fits(count):
    truths = np.stack([(np.arange(count) + 1) % count, np.full(count, -1)])
    shares = np.stack([0.75 * np.eye(count)[truths[0]] + 0.25 * np.eye(count), np.eye(count)])
    names = [f"HU{place},SH" for place in range(count)]
    figure = relation_maps(shares, truths, names, ["more_hue", "nothing"])
    first, second, bar = figure.axes
    assert first.get_title(loc="left") == "more hue: 75 % arrive"
    assert second.get_title(loc="left") == "nothing: none arrive"
    frames = [next(c for c in axes.collections if isinstance(c, PatchCollection)) for axes in (first, second)]
    middles = np.array([path.get_extents().corners().mean(axis=0) for path in frames[0].get_paths()])
    assert middles == pytest.approx(np.stack([truths[0], np.arange(count)], axis=1))
    assert not frames[1].get_paths()
    ticks = [label.get_text() for label in first.get_yticklabels()]
    assert ticks == names[:: len(names) // len(ticks)]
    assert len(ticks) == count or count == 120
    assert bar.get_xlabel() == "share of the moves from a start"
    np.testing.assert_array_equal(first.images[0].get_array(), shares[0])


def test_a_binary_relation_has_pairs_as_starts():
    pairs = [f"{left} {right}" for left in range(3) for right in range(3)]
    truths = np.array([[(left + right) % 3 for left in range(3) for right in range(3)]])
    figure = relation_maps(np.eye(3)[truths], truths, list("012"), ["add"], pairs)
    assert figure.axes[0].get_title(loc="left") == "add: 100 % arrive"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == pairs


@pytest.mark.parametrize("kind", KINDS)
def test_formulas_show_their_result_and_what_was_wanted(kind):
    left, operator, right, result = (pictures(3, *kind) + part for part in range(4))
    wanted, read = ["7", "6", "5"], ["7", "1", "5"]
    figure = symbol_triplets(left, operator, right, result, wanted, ["3 + 4", "2 × 3", "9 − 4"], read)
    images = figure.axes[0].images
    assert len(images) == 6
    assert all(shows(images[2], part[1]) for part in (left, operator, right))
    assert shows(images[3], result[1])
    labels = written(figure)
    assert {"3 + 4", "2 × 3", "9 − 4", "wanted 6", "=", "read 1"} < set(labels)
    assert labels["read 1"].get_color() == VERMILION
    assert labels["read 7"].get_color() == INK


@pytest.mark.parametrize("kind", KINDS)
def test_ways_between_regions_are_rows_with_their_name(kind):
    rows = {"linear": pictures(2, 5, *kind), "geodesic": pictures(2, 5, *kind) + 1}
    figure = region_interpolation(rows, [("<^S", ">vH"), ("xxE", "xxS")])
    assert {"linear", "geodesic", "<^S → >vH", "xxE → xxS", "0.00", "0.25", "1.00"} < set(written(figure))
    images = figure.axes[0].images
    assert len(images) == 4
    assert shows(images[3], rows["geodesic"][1, 4])
    with pytest.raises(InputError, match="for every way"):
        region_interpolation({"linear": rows["linear"], "geodesic": rows["geodesic"][:, :3]}, [("a", "b")] * 2)


def gaussians(count=3, dimensions=4):
    """Regions far apart along dimension 0 and less so along dimension 1, with codes drawn from them."""
    generator = np.random.default_rng(0)
    means = np.zeros((count, dimensions))
    means[:, 0], means[:, 1] = 30 * np.arange(count), 5 * (-1) ** np.arange(count)
    covariances = np.broadcast_to(np.diag([4.0, 1.0, 0.01, 0.01]), (count, dimensions, dimensions))
    regions = generator.integers(0, count, 600)
    codes = means[regions] + generator.normal(size=(600, dimensions)) @ np.sqrt(covariances[0])
    return codes, regions, means, covariances


def test_a_map_shows_the_principal_plane_with_ellipses_of_two_deviations():
    codes, regions, means, covariances = gaussians()
    regions[:10] = -1
    figure = region_map(codes, regions, means, covariances, ["a", "b_c", "d"])
    (axes,) = figure.axes
    outlines = [line.get_xydata() for line in axes.lines]
    assert len(outlines) == 3
    assert np.ptp(outlines[1], axis=0) == pytest.approx([8, 4], rel=0.05)  # twice two deviations of 2 and 1
    assert [np.ptp(outlines[k][:, 0] - outlines[0][:, 0]) < 1e-9 for k in (1, 2)] == [True, True]
    assert {text.get_text() for text in axes.texts} == {"a", "b c", "d"}
    outside, inside = axes.collections
    assert len(outside.get_offsets()) == 10
    assert len(inside.get_offsets()) == 590
    variances = np.sort(np.linalg.eigvalsh(np.cov(codes.T)))[::-1]
    share = 100 * variances[1] / variances.sum()
    assert axes.get_xlabel().startswith("first principal component (9")
    assert f"({share:.0f} %" in axes.get_ylabel()


def test_regions_of_a_group_share_a_colour_and_a_map_needs_a_plane():
    codes, regions, means, covariances = gaussians(8)
    figure = region_map(codes, regions, means, covariances, list("abcdefgh"), ["even", "odd"] * 4)
    drawn = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 0]
    assert len({tuple(line.get_color()) for line in drawn[::2]}) == 1
    assert tuple(drawn[0].get_color()) != tuple(drawn[1].get_color())
    assert {"even", "odd"} < set(texts(figure))
    alone = region_map(codes, regions, means, covariances, list("abcdefgh"))
    assert len({tuple(line.get_color()) for line in alone.axes[0].lines}) == 8
    with pytest.raises(InputError, match="two dimensions"):
        region_map(codes[:, :1], regions, means, covariances, list("abcdefgh"))


def test_names_that_would_lie_on_others_are_left_out():
    axes = new_figure("", 4).subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    places = {"first": (0.5, 0.5), "on it": (0.505, 0.5), "apart": (0.9, 0.5), "below": (0.5, 0.3)}
    label_where_free(axes, [Label(x, y, name, INK) for name, (x, y) in places.items()])
    assert [text.get_text() for text in axes.texts] == ["first", "apart", "below"]


def test_chains_have_a_line_for_each_way_and_the_chance():
    lengths = np.arange(1, 21)
    accuracies = np.stack([0.99**lengths, 0.9**lengths])
    accuracies[1, 10:] = np.nan
    intervals = np.stack([accuracies - 0.01, accuracies + 0.01], axis=-1)
    figure = chain_accuracy(lengths, accuracies, intervals, ["latent", "re-encoded"], 1 / 27)
    (axes,) = figure.axes
    chance, first, second = axes.lines
    assert chance.get_linestyle() == "--"
    assert chance.get_ydata()[0] == 1 / 27
    np.testing.assert_array_equal(first.get_ydata(), accuracies[0])
    np.testing.assert_array_equal(second.get_ydata(), accuracies[1])
    assert axes.get_ylim() == (0, 1)
    assert len(axes.collections) == 2
    places = {text.get_text(): text.xy[1] for text in axes.texts}
    assert set(places) == {"latent", "re-encoded", "chance: 3.7 %"}
    assert places["re-encoded"] == pytest.approx(0.9**10)  # where its line ends


def test_a_sweep_over_labels_is_logarithmic_and_shows_the_seeds():
    labels, scores = [1, 5, 10, 50, 450], np.linspace(0.5, 1, 10).reshape(2, 5)
    seeds = np.stack([scores - 0.02, scores, scores + 0.02], axis=-1)
    figure = label_sweep(labels, scores, None, ["region accuracy", "relation accuracy"], seeds)
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert axes.get_xlim() == (1, 450)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "5", "10", "50", "450"]
    points = [line for line in axes.lines if line.get_marker() == "."]
    assert len(points) == 6
    assert len(axes.lines) == 8
    assert {"region accuracy", "relation accuracy"} < set(texts(figure))


def test_thresholds_are_named_and_lines_of_several_relations_too():
    alphas, accepted = [0, 0.001, 0.1], np.array([1.0, 0.9, 0.6])
    figure = rejection_curves(alphas, accepted, np.array([0.9, 0.95, np.nan]), expected=1 - np.array(alphas))
    left, right = figure.axes
    assert [label.get_text() for label in left.get_xticklabels()] == ["0", "0.001", "0.1"]
    np.testing.assert_array_equal(left.lines[0].get_ydata(), accepted)
    np.testing.assert_array_equal(left.lines[1].get_ydata(), [1, 0.999, 0.9])
    assert left.get_ylim() == pytest.approx((0.5, 1))
    assert right.get_ylim() == pytest.approx((0.8, 1))
    assert "if codes were Gaussian" in texts(figure)
    several = rejection_curves(alphas, np.stack([accepted] * 2), np.stack([accepted] * 2), ["more_hue", "shape"])
    assert [len(axes.lines) for axes in several.axes] == [2, 2]
    assert {"more hue", "shape"} < set(texts(several))


@pytest.mark.parametrize("modes", [("mse", "transport"), ("mse", "likelihood", "transport")])
def test_what_moves_change_besides_stands_beside_what_arrives(modes):
    changes = np.linspace(0.1, 1.1, 2 * len(modes)).reshape(len(modes), 2)
    accuracies = np.linspace(0.2, 0.99, len(modes))
    intervals = np.stack([changes - 0.05, changes + 0.05], axis=-1)
    figure = nuisance_change(changes, accuracies, modes, ["scale", "exact_x"], intervals, np.array([1.1, 1.2]))
    left, right = figure.axes
    for line, change in zip(left.lines, changes, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), change)
    assert [bar.get_width() for bar in right.patches] == accuracies.tolist()
    assert right.texts[0].get_text() == "20.0 %"
    assert [label.get_text() for label in left.get_yticklabels()] == ["scale", "exact x"]
    assert left.get_xlim()[0] == 0
    assert left.get_xlim()[1] > 1.2
    assert {*modes, "another item, at random"} < set(texts(figure))
