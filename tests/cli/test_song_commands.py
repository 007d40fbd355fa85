"""What commands do with songs and runs of them."""

import json

import numpy as np
import pytest
from outcomes import refuse, succeed
from PIL import Image

import small_songs
from latune.music.songs.reading import read_song
from latune.music.songs.synthesis import synthetic_song
from latune.music.songs.tokens import STEPS
from latune.music.songs.writing import write_song

pytest.importorskip("symusic")

DIMENSIONS = small_songs.RECIPE["model"]["latent_size"]


@pytest.fixture
def song(tmp_path):
    """Two bars more than one phrase, with a first part of another program."""
    write_song(synthetic_song(0, 100), tmp_path / "song.mid")
    return tmp_path / "song.mid"


@pytest.fixture
def other(tmp_path):
    write_song(synthetic_song(2, 101), tmp_path / "other.mid")
    return tmp_path / "other.mid"


def tokens(path):
    with np.load(path) as arrays:
        return arrays["tokens"]


def phrases(path):
    return read_song(path.read_bytes(), path.name).steps // STEPS


def test_a_song_comes_back(latune, song_run, song, tmp_path):
    told = json.loads(succeed(latune("reconstruct", song_run.folder, song, "--output", "back.mid", "--json")))
    assert 0 <= told["token_accuracy"] <= 1
    assert {"accuracy_drums", "note_f1"} <= set(told)
    assert phrases(tmp_path / "back.mid") in (told["phrases"], told["phrases"] - 1)  # the end may be silent
    assert "phrase" in succeed(latune("reconstruct", song_run.folder, song, "--output", "back.npz"))
    with np.load(tmp_path / "back.npz") as arrays:
        assert arrays["tokens"].shape == arrays["source"].shape == (told["phrases"], STEPS, 4)


def test_new_phrases_of_a_genre(latune, song_run, tmp_path):
    arguments = ("sample", song_run.folder, "--count", 3)
    shown = succeed(latune(*arguments, "--genre", "disco", "--output", "new.png"))
    assert shown.count("disco") == 3
    with Image.open(tmp_path / "new.png") as drawn:
        assert drawn.size[0] > 1000
    told = json.loads(succeed(latune(*arguments, "--output", "new.mid", "--json")))
    assert len({phrase["genre"] for phrase in told["phrases"]}) == 3
    succeed(latune(*arguments, "--temperature", 1, "--seed", 1, "--output", "drawn.npz"))
    succeed(latune(*arguments, "--temperature", 1, "--seed", 1, "--output", "again.npz"))
    succeed(latune(*arguments, "--temperature", 1, "--seed", 2, "--output", "others.npz"))
    first, again, others = (tokens(tmp_path / f"{name}.npz") for name in ("drawn", "again", "others"))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, others)


def test_between_songs(latune, song_run, song, other, tmp_path):
    told = json.loads(
        succeed(latune("interpolate", song_run.folder, song, other, "--steps", 3, "--output", "way.npz", "--json"))
    )
    assert [step["share"] for step in told["steps"]] == [0, 0.5, 1]
    assert len(tokens(tmp_path / "way.npz")) % 3 == 0


def test_a_song_in_another_genre(latune, song_run, song, tmp_path):
    arguments = ("transfer", song_run.folder, song, "--genre", "disco")
    told = json.loads(succeed(latune(*arguments, "--own", "rock", "--output", "disco.mid", "--json")))
    assert set(told["genres"]) == {"rock", "disco", "funk"}
    assert 0 <= told["tokens_kept"] <= 1
    assert "of the tokens stay" in succeed(latune(*arguments, "--output", "disco.png"))
    assert (tmp_path / "disco.png").stat().st_size > 10_000


def test_a_sweep_is_a_folder(latune, song_run, song, tmp_path):
    arguments = ("sweep", song_run.folder, song, "--output", "swept", "--steps", 3)
    assert "What changes most" in succeed(latune(*arguments, "--dimension", 2))
    assert {path.name for path in (tmp_path / "swept").iterdir()} == {
        "correlations.png",
        "dimension-2-matrix.png",
        "dimension-2.mid",
        "dimension-2.png",
        "sweep.json",
    }
    rows = json.loads((tmp_path / "swept" / "sweep.json").read_text())["dimensions"]
    assert len(rows) == DIMENSIONS
    assert len(rows[0]["values"]) == 3
    assert len(rows[0]["correlation"]) == 30
    assert "expected a new or empty folder" in refuse(latune(*arguments))


def test_knobs_of_songs(latune, song_run, song, tmp_path):
    told = json.loads(
        succeed(
            latune(
                "edit", song_run.folder, song, "--knob", "drums_notes=100", "--nearest", "--output", "out.mid", "--json"
            )
        )
    )
    assert told["answers"][0]["name"] == "drums_notes"
    assert len(told["before"]) == len(told["after"])
    assert (tmp_path / "out.mid").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("reconstruct", "RUN", "song.mid", "--output", "out.xyz"), "expected a name that ends in .mid"),
        (("reconstruct", "RUN", "song.mid", "--output", "nowhere/out.mid"), "there is no folder"),
        (("reconstruct", "RUN", "missing.mid", "--output", "out.mid"), "Cannot read"),
        (("reconstruct", "RUN", "text.mid", "--output", "out.mid"), "is not MIDI"),
        (("transfer", "RUN", "song.mid", "--genre", "polka", "--output", "out.mid"), "There is no genre 'polka'"),
        (("sample", "RUN", "--count", "0", "--output", "out.mid"), "expected at least 1"),
        (("sample", "RUN", "--knob", "drums_notes=3", "--output", "out.mid"), "leave out --knob"),
        (("sweep", "RUN", "song.mid", "--phrase", "99", "--output", "swept"), "--phrase 99: the song has"),
        (
            ("sweep", "RUN", "song.mid", "--dimension", "99", "--output", "swept"),
            f"--dimension 99: expected 0 to {DIMENSIONS - 1}",
        ),
        (("sweep", "RUN", "song.mid", "--steps", "2", "--output", "swept"), "expected 3 steps or more"),
    ],
)
def test_bad_input_is_one_sentence(latune, song_run, song, tmp_path, arguments, sentence):
    (tmp_path / "text.mid").write_text("no music")
    assert sentence in refuse(latune(*(song_run.folder if one == "RUN" else one for one in arguments)))
    assert not list(tmp_path.glob("out.*"))
    assert not (tmp_path / "swept").exists()


def test_other_runs_are_no_runs_of_songs(latune, trained_run, song):
    assert "not trained on songs" in refuse(latune("reconstruct", trained_run.folder, song, "--output", "out.mid"))
    refused = refuse(latune("sample", trained_run.folder, "--genre", "rock", "--output", "out.mid"))
    assert "not trained on songs" in refused
