"""The data set of songs: equal files and phrases, splits, genres, the table beside it, resuming, refusals."""

import json

import numpy as np
import pytest

from latune.data import midi
from latune.data.midi import prepare_midi
from latune.data.preparation import Preparation
from latune.data.registry import prepare_dataset
from latune.data.song_labels import labels_of_songs, read_genres
from latune.data.store import data_home
from latune.errors import DataError, InputError
from latune.music.songs.synthesis import GENRES, synthetic_song
from latune.music.songs.tokens import STEPS, TRACKS, plain
from latune.music.songs.writing import song_bytes, song_of

pytest.importorskip("symusic")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def source(tmp_path):
    """12 songs, two damaged files, a copy of a song, and one that shares phrases with another."""
    folder = tmp_path / "source"
    (folder / "more").mkdir(parents=True)
    for seed in range(12):
        (folder / f"{seed:02d}.mid").write_bytes(song_bytes(synthetic_song(seed % len(GENRES), seed)))
    (folder / "more" / "broken.mid").write_bytes(b"MThd")
    (folder / "more" / "copy.mid").write_bytes((folder / "03.mid").read_bytes())
    (folder / "more" / "empty.kar").write_bytes(b"")
    (folder / "notes.txt").write_text("no music")
    return folder


def prepared(source, **options):
    return prepare_dataset("midi", Preparation(source=source, name="band", **options))


def table_of(dataset):
    return pq.read_table(dataset.files["songs.parquet"]).to_pydict()


class TestOwnSongs:
    def test_items_and_table(self, source, own_data_folder):
        dataset = prepared(source)
        items, table = np.asarray(dataset.items), table_of(dataset)
        assert items.shape[1:] == (STEPS, len(TRACKS))
        assert np.array_equal(plain(items), items)
        assert np.array_equal(dataset.attributes, dataset.codec.measure(items).astype(np.float32))
        assert len({item.tobytes() for item in items}) == len(items)
        assert [len(column) for column in table.values()] == [len(items)] * len(table)
        assert set(table["file"]) == {f"{seed:02d}.mid" for seed in range(12)}
        assert dataset.description["songs"] == 12
        assert dataset.labels is None
        assert sorted(path.name for path in own_data_folder.iterdir()) == ["band"]  # no piece is left

    def test_every_file_that_is_left_out_has_a_reason(self, source):
        rejected = {row["name"]: row["reason"] for row in prepared(source).description["rejected"]}
        assert set(rejected) == {"more/broken.mid", "more/copy.mid", "more/empty.kar"}
        assert rejected["more/copy.mid"] == "The file is the same as '03.mid'."
        assert "is damaged" in rejected["more/broken.mid"]
        assert "is not MIDI" in rejected["more/empty.kar"]

    def test_no_song_is_in_two_splits(self, source):
        dataset = prepared(source)
        songs = np.array(table_of(dataset)["song"])
        found = [set(songs[dataset.split(name)].tolist()) for name in ("train", "validation", "test")]
        assert all(found)
        assert sum(map(len, found)) == 12 == len(set.union(*found))
        assert sum(map(len, dataset.splits.values())) == len(dataset.items)

    def test_songs_that_share_a_phrase_are_one_group(self, source):
        alone = prepared(source)
        items, table = np.asarray(alone.items), table_of(alone)
        firsts = [items[table["file"].index(f"{seed:02d}.mid")] for seed in (0, 1)]
        (source / "medley.mid").write_bytes(song_bytes(song_of(np.stack(firsts))))
        (source / "part.mid").write_bytes(song_bytes(song_of(firsts[0][None], tempo=77)))
        dataset = prepare_dataset("midi", Preparation(source=source, name="band"), again=True)
        table = table_of(dataset)
        group = dict(zip(table["file"], table["group"], strict=True))
        assert group["00.mid"] == group["01.mid"] == group["medley.mid"]
        assert len(set(group.values())) == 11
        assert len({item.tobytes() for item in np.asarray(dataset.items)}) == len(dataset.items)
        rejected = {row["name"]: row["reason"] for row in dataset.description["rejected"]}
        assert rejected["part.mid"] == "All its phrases occur in other songs."

    def test_interrupted_and_gone_on_with(self, source, monkeypatch):
        whole = prepared(source)
        expected = np.array(whole.items), np.array(whole.groups)

        def stop(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(midi, "merge_pieces", stop)
            with pytest.raises(KeyboardInterrupt):
                prepare_dataset("midi", Preparation(source=source, name="other"))
        folder = data_home() / ".pieces-other"
        before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
        with monkeypatch.context() as patch:
            patch.setattr(midi, "merge_pieces", stop)
            with pytest.raises(KeyboardInterrupt):
                prepare_dataset("midi", Preparation(source=source, name="other"))
        assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
        again = prepare_dataset("midi", Preparation(source=source, name="other"))
        assert np.array_equal(again.items, expected[0])
        assert np.array_equal(again.groups, expected[1])
        assert not folder.exists()

    def test_pieces_of_other_options_are_not_used(self, source, monkeypatch):
        def stop(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(midi, "merge_pieces", stop)
            with pytest.raises(KeyboardInterrupt):
                prepared(source, hop=4)
        assert set(table_of(prepared(source))["start_bar"]) >= {0, 1, 2, 3}

    def test_options_reach_the_phrases(self, source):
        dataset = prepared(source, hop=4, triples=1, highest=True, silent_bars=1, aligned=True)
        assert set(np.array(table_of(dataset)["start_bar"]) % 4) == {0}
        told = dataset.description["phrases"]
        assert told == {"triples": 1, "hop": 4, "pitch": "highest", "max_silent_bars": 1, "aligned": True, "seed": 0}
        with pytest.raises(DataError, match="prepared from something else"):
            prepared(source)

    def test_a_cluster_changes_nothing_about_the_set(self, source):
        prepared(source)
        assert "cluster" not in prepared(source, cluster="local").description["prepared_with"]


class TestGenres:
    def test_labels_from_a_table(self, source, tmp_path):
        path = tmp_path / "genres.csv"
        rows = [f"{seed:02d}.mid,{'rock;slow' if seed % 2 else 'rock; jazz ;rock'}" for seed in range(11)]
        path.write_text("\n".join(["file,genres", *rows, "unknown.mid,folk"]))
        dataset = prepared(source, labels=path)
        assert dataset.label_names == ("rock", "jazz", "slow")
        names = table_of(dataset)["file"]
        labels = dict(zip(names, np.asarray(dataset.labels).tolist(), strict=True))
        assert labels["00.mid"] == [1, 1, 0]
        assert labels["01.mid"] == [1, 0, 1]
        assert labels["11.mid"] == [0, 0, 0]
        assert set(table_of(dataset)["genres"]) == {"rock;jazz", "rock;slow", ""}
        assert dataset.description["remarks"][0] == "4 of 15 files have no genre in the table."

    def test_the_most_frequent_genres(self):
        genres = [(f"genre {k}", "common") for k in range(40)]
        labels, names = labels_of_songs(genres)
        assert names[0] == "common"
        assert labels.shape == (40, 32)
        assert labels[:, 0].all()
        assert labels[:, 1:].sum() == 31

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("name,genres\n", "has no column 'file'"),
            ("file,genres\na.mid,x\na.mid,y\n", "names the file 'a.mid' twice"),
            ("", "has no column"),
        ],
    )
    def test_bad_tables(self, tmp_path, text, reason):
        path = tmp_path / "genres.csv"
        path.write_text(text)
        with pytest.raises(InputError, match=reason):
            read_genres(path)
        with pytest.raises(InputError, match="cannot be read"):
            read_genres(tmp_path / "missing.csv")

    def test_tables_that_fit_nothing(self, source, tmp_path):
        path = tmp_path / "genres.csv"
        path.write_text("file,genres\nother.mid,rock\n")
        with pytest.raises(InputError, match="a genre for none of the files"):
            prepared(source, labels=path)
        with pytest.raises(InputError, match="expected --source as well"):
            prepare_midi(Preparation(labels=path))


class TestComposedSongs:
    def test_genres_are_labels(self):
        dataset = prepare_dataset("midi", Preparation(songs=2))
        assert dataset.description["songs"] == 2 * len(GENRES)
        assert dataset.description["source"].startswith("2 songs of each genre")
        assert sorted(dataset.label_names) == sorted(GENRES)
        assert np.asarray(dataset.labels).sum(axis=1).tolist() == [1] * len(dataset.items)
        table = table_of(dataset)
        for row in (0, len(dataset.items) - 1):
            (label,) = np.flatnonzero(dataset.labels[row])
            assert dataset.label_names[label] == table["genres"][row] == table["file"][row].split("/")[0]
        assert dataset.description["rejected"] == []
        assert set(table["start_bar"]) <= set(range(0, 25, 4))

    def test_phrases_begin_at_any_bar_where_asked_for(self):
        assert 1 in table_of(prepare_dataset("midi", Preparation(hop=1, songs=1)))["start_bar"]

    def test_how_many_are_composed(self, tmp_path):
        with pytest.raises(InputError, match="--songs: expected 1 to 100000 of each genre, got -1"):
            prepare_midi(Preparation(songs=-1))
        for options in ({"songs": 1}, {"any_key": True}):
            with pytest.raises(InputError, match="--songs and --any-key are for songs that are composed"):
                prepare_midi(Preparation(source=tmp_path, **options))

    def test_composed_songs_have_no_sharps_unless_asked_for(self):
        def black(dataset):
            tokens = np.asarray(dataset.items)[..., 1:]
            return bool(np.isin(tokens[tokens < 128] % 12, (1, 3, 6, 8, 10)).any())

        plain = prepare_dataset("midi", Preparation(songs=3))
        assert not black(plain)
        assert "without sharps and flats" in plain.description["source"]
        assert black(prepare_dataset("midi", Preparation(songs=3, any_key=True), again=True))


class TestRefusals:
    def test_nothing_is_left(self, tmp_path):
        folder = tmp_path / "bad"
        folder.mkdir()
        (folder / "a.mid").write_bytes(b"MThd")
        with pytest.raises(InputError, match=r"No phrase is left of 1 files\. The first reason: The file 'a\.mid'"):
            prepared(folder)
        with pytest.raises(InputError, match=r"holds no tunes: expected files that end in \.mid, \.midi, \.kar"):
            prepared(tmp_path / "data")

    def test_options_of_songs_are_for_songs(self, tmp_path):
        with pytest.raises(InputError, match="'folk' does not take --silent-bars: only midi can"):
            prepare_dataset("folk", Preparation(silent_bars=1))

    def test_a_damaged_table_is_noticed(self, source):
        dataset = prepared(source)
        description = json.loads((data_home() / "band" / "dataset.json").read_text())
        assert list(description["files"]) == ["songs.parquet"]
        dataset.files["songs.parquet"].write_bytes(b"")
        with pytest.raises(DataError, match=r"songs\.parquet is missing or damaged"):
            prepared(source)
