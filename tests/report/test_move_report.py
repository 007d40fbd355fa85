"""Figures of a run with moves: what is drawn is what the run does."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

import small_moves
from latune.control.moves import open_mover
from latune.data.regions import regions_of
from latune.report import moves
from latune.report.media import Subject
from latune.report.move_scores import move_score_charts
from latune.report.moves import move_charts
from latune.report.pictures import PICTURES
from latune.training.run_folder import open_run

EDITOR = SimpleNamespace(knobs=SimpleNamespace(names=()))
UNARY = {"move_rows", "relation_maps", "region_sheet", "region_interpolation", "region_map"}
SURE = {"value": 0.5, "low": 0.4, "high": 0.6}
UNKNOWN = {"value": None, "low": None, "high": None}
MEASURED = {
    "chains": {
        "lengths": [1, 2],
        "chains": 7,
        "chance": 0.1,
        "latent": [SURE, SURE],
        "pictures": [SURE, UNKNOWN],
        "encoded_again": [SURE, SURE],
    },
    "region_accuracy": {"all": [{"alpha": a, "accepted": SURE, "accuracy": UNKNOWN} for a in (0.0, 0.1)]},
}


@pytest.fixture(scope="module")
def blobs():
    return small_moves.blobs()


@pytest.fixture(scope="module")
def subject(blobs, tmp_path_factory):
    run = small_moves.trained(blobs, tmp_path_factory.mktemp("runs") / "blobs")
    return Subject(run, blobs, EDITOR, [])


@pytest.fixture(scope="module")
def calculator(tmp_path_factory):
    signs = small_moves.symbols()
    run = small_moves.trained(signs, tmp_path_factory.mktemp("runs") / "signs")
    return Subject(run, signs, EDITOR, [])


@pytest.fixture
def drawn(monkeypatch):
    """A function that draws a figure of a subject and returns it with what its drawing function was given."""

    def draw(name, subject):
        given = []

        def keep(*arguments):
            given.extend(arguments)
            return real(*arguments)

        real = getattr(moves, name)
        monkeypatch.setattr(moves, name, keep)
        return move_charts(subject)[name][1](), given

    return draw


def test_pages_of_runs_with_moves_have_their_figures(subject, blobs, trained_picture_run, ellipses):
    assert set(PICTURES.charts(subject)) >= UNARY
    others = PICTURES.charts(Subject(trained_picture_run, ellipses, EDITOR, []))
    assert not set(others) & UNARY
    assert all(caption for caption, _ in move_charts(subject).values())


def test_rows_show_real_counterparts(subject, blobs, drawn):
    _, (sources, chains, truths, names, read, wanted) = drawn("move_rows", subject)
    assert (sources.shape[0], chains.shape[1], len(names)) == (5, 3, 5)
    regions, places = regions_of(blobs)
    flat = blobs.items.reshape(len(blobs.items), -1)
    columns = {name: blobs.attributes[:, place] for place, name in enumerate(blobs.table.names)}
    for row, source in enumerate(sources):
        (start,) = np.flatnonzero((flat == source.ravel()).all(axis=1))
        region = places[start]
        for step in range(3):
            region = regions.relations[row].table[region]
            assert wanted[row][step] == regions.names[region]
            (truth,) = np.flatnonzero((flat == truths[row, step].ravel()).all(axis=1))
            assert places[truth] == region
            assert columns["scale"][truth] == columns["scale"][start]
            for name in ("posx", "posy"):  # the same place of the three in each band
                numbers = [small_moves.PLACES.index(round(31 * columns[name][item])) % 3 for item in (truth, start)]
                assert numbers[0] == numbers[1]
    assert np.asarray(read).shape == (5, 3)


def test_maps_count_all_moves(subject, drawn):
    _, (shares, truths, _, _, starts) = drawn("relation_maps", subject)
    assert shares.shape == (5, 27, 27)
    assert np.allclose(shares.sum(axis=2), 1)
    assert np.array_equal(truths[1], open_mover(subject.run).regions.relations[1].table)
    assert starts is None


def test_ways_between_regions_begin_alike_and_pairs_differ(subject, drawn):
    _, (ways, pairs) = drawn("region_interpolation", subject)
    assert np.array_equal(ways["linear"][:, 0], ways["geodesic"][:, 0])
    assert len(pairs) == 3
    assert all(first != last for first, last in pairs)


def test_plane_groups_regions_by_shape(subject, drawn):
    figure, given = drawn("region_map", subject)
    assert given[-1] == ["shape 1"] * 9 + ["shape 2"] * 9 + ["shape 3"] * 9
    assert figure.axes[0].get_xlabel().startswith("first principal component")


def test_formulas_are_right(calculator, drawn):
    _, (left, operator, right, result, wanted, texts, read) = drawn("symbol_triplets", calculator)
    assert left.shape == operator.shape == right.shape == result.shape
    for text, target in zip(texts, wanted, strict=True):
        first, sign, second = text.split()
        answer = {"+": int(first) + int(second), "-": int(first) - int(second), "times": int(first) * int(second)}
        assert int(target) == answer[sign] % 10
    assert len(read) == len(texts)


def test_maps_of_binary_moves_have_a_row_for_each_pair(calculator, drawn):
    _, (shares, truths, _, _, starts) = drawn("relation_maps", calculator)
    assert shares.shape == (3, 100, 13)
    assert np.allclose(shares.sum(axis=2), 1)
    assert starts[37] == "3, 7"
    assert truths[:, 37].tolist() == [0, 6, 1]  # 3 + 7, 3 - 7, 3 * 7
    assert set(move_charts(calculator)) == UNARY - {"move_rows"} | {"symbol_triplets"}


def test_scores_are_drawn_where_they_were_measured(subject, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(subject.run.folder, folder)
    (folder / "metrics.json").write_text(json.dumps({"regions": MEASURED}))
    charts = move_charts(Subject(open_run(folder), subject.dataset, EDITOR, []))
    assert set(charts) == UNARY | {"chain_accuracy", "rejection_curves"}
    caption, draw = charts["chain_accuracy"]
    assert caption.startswith("7 test pictures")
    lines = [line for line in draw().axes[0].get_lines() if len(line.get_xdata()) == 2 and line.get_marker() != "None"]
    assert [line.get_ydata()[0] for line in lines] == [0.5] * 3
    accepted, accuracy = charts["rejection_curves"][1]().axes
    assert [line.get_ydata().tolist() for line in accepted.get_lines()] == [[0.5, 0.5], [1, 0.9]]
    assert np.isnan(accuracy.get_lines()[0].get_ydata()).all()
    (folder / "metrics.json").write_text("{}")
    assert set(move_charts(Subject(open_run(folder), subject.dataset, EDITOR, []))) == UNARY
    assert move_score_charts({"chains": {"lengths": [1]}, "draws": {}}) == {}
