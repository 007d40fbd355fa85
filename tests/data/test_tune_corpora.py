"""Folk tunes and your own: filters with reasons, splits by melody, every metre, few measures, round trips."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from latune.data.folk import prepare_folk, why_not_folk
from latune.data.preparation import Preparation
from latune.data.registry import prepare_dataset
from latune.data.tune_corpus import read_corpus
from latune.data.tune_sources import tune_files
from latune.data.tunes import prepare_tunes
from latune.errors import InputError
from latune.music.measure import HOLD, midi_vocabulary, ticks_from_events, transposed
from latune.music.metre import COMMON_TIME, Metre
from latune.music.near_duplicates import melody_groups
from latune.music.score import write_tune
from latune.music.tune import tune_from_ticks
from latune.music.tune_writing import WRITABLE

pytest.importorskip("symusic")
pytest.importorskip("music21")

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FOLK = SHARED / "folk"
TUNE = "X:{0}\nT:Tune {0}\nM:{1}\nL:1/8\nK:{2}\n{3}\n"
MELODY = "GABc d2B2|c2A2 G4|GABc d2B2|e2d2 B4|gfed c2B2|A2F2 G4|"


def random_melody(seed, measures=8):
    generator = np.random.default_rng(seed)
    return "|".join("".join(generator.choice(list("GABcdefg"), 8)) for _ in range(measures)) + "|"


def write_abc(folder, tunes):
    folder.mkdir(exist_ok=True)
    path = folder / "tunes.abc"
    path.write_text("\n".join(tunes), encoding="latin-1")
    return folder


class TestFolk:
    tunes = (
        TUNE.format(1, "4/4", "G", MELODY),
        TUNE.format(2, "C|", "A", random_melody(0)),
        TUNE.format(3, "6/8", "D", "def gfe|def a3|"),
        TUNE.format(4, "4/4", "D", "d/4e/4f/4g/4 a2 d4|"),
        "X:5\nM:4/4\nL:1/8\nK:G\nGABc d4|\n",
        TUNE.format(6, "4/4", "G", "[V:1]G8|[V:2]B8|"),
        TUNE.format(7, "4/4", "C", "C,,4 c''4|"),
        TUNE.format(8, "4/4", "G", "z8|"),
    )

    def test_every_rejected_tune_has_a_reason(self, tmp_path):
        dataset = prepare_folk(Preparation(source=write_abc(tmp_path / "folk", self.tunes)))
        assert dataset.description["tunes"] == ["tunes.abc#1", "tunes.abc#2"]
        reasons = {entry["name"]: entry["reason"] for entry in dataset.description["rejected"]}
        assert set(reasons) == {f"tunes.abc#{number}" for number in range(3, 9)}
        for number, words in {
            3: "6/8",
            4: "too short for the grid",
            5: "no title",
            6: "2 voices",
            8: "no notes",
        }.items():
            assert words in reasons[f"tunes.abc#{number}"]
        assert all(reason.endswith(".") and "\n" not in reason for reason in reasons.values())

    def test_chord_symbols_and_latin_1_are_read_past(self, tmp_path):
        tunes = [TUNE.format(1, "4/4", "G", f'"G"{MELODY}').replace("Tune", "Mus\xe9e")]
        assert prepare_folk(Preparation(source=write_abc(tmp_path / "folk", tunes))).description["melodies"] == 1

    def test_another_metre_can_be_asked_for(self, tmp_path):
        source = write_abc(tmp_path / "folk", self.tunes)
        dataset = prepare_folk(Preparation(source=source, metre="6/8"))
        assert dataset.codec.metre == Metre(6, 8)
        assert dataset.items.shape[1:] == (12,)
        with pytest.raises(InputError, match="expected one such as 2/4"):
            prepare_folk(Preparation(source=source, metre="7/8"))
        with pytest.raises(InputError, match="No tune is left of 8"):
            prepare_folk(Preparation(source=source, metre="3/4"))

    def test_versions_of_a_melody_are_in_one_split(self, tmp_path):
        tunes = []
        for seed in range(30):
            body = random_melody(seed)
            tunes += [TUNE.format(2 * seed + 1, "4/4", "C", body), TUNE.format(2 * seed + 2, "C", "C", f"{body}{body}")]
        dataset = prepare_folk(Preparation(source=write_abc(tmp_path / "folk", tunes)))
        assert dataset.description["melodies"] == 30
        parts = [set(dataset.groups[dataset.split(name)].tolist()) for name in ("train", "validation", "test")]
        assert sum(map(len, parts)) == 30 == len(set.union(*parts))
        assert all(parts)

    def test_training_tunes_are_transposed_and_sequences_are_whole(self, tmp_path):
        tunes = [TUNE.format(seed, "4/4", "C", random_melody(seed)) for seed in range(30)]
        dataset = prepare_folk(Preparation(source=write_abc(tmp_path / "folk", tunes)))
        counts = np.bincount(dataset.sequences)
        assert (counts == 8).all()
        assert (np.diff(dataset.sequences) >= 0).all()
        copies = {int(g): len(set(dataset.sequences[dataset.groups == g])) for g in np.unique(dataset.groups)}
        train = set(dataset.groups[dataset.split("train")].tolist())
        assert all((n > 1) == (group in train) for group, n in copies.items())

    def test_what_music21_ships_is_the_default(self, monkeypatch):
        monkeypatch.setattr("latune.data.folk.COLLECTIONS", {"airdsAirs": "Aird"})
        dataset = prepare_folk(Preparation(workers=1))
        assert len(dataset.description["tunes"]) > 400
        assert "Aird" in dataset.description["source"]


class TestOwnTunes:
    def write(self, folder, metre, count, suffix, measures=8):
        folder.mkdir(exist_ok=True)
        for seed in range(count):
            ticks = np.full((measures, metre.ticks), HOLD, np.int16)
            ticks[:, ::3] = np.random.default_rng(seed).integers(60, 80, ticks[:, ::3].shape)
            write_tune(tune_from_ticks(ticks, f"Tune {seed}", metre=metre), folder / f"{seed}{suffix}")
        return folder

    @pytest.mark.parametrize("suffix", [".mid", ".musicxml", ".abc"])
    @pytest.mark.parametrize("metre", [Metre(3, 4), Metre(6, 8), Metre(9, 8), Metre(2, 4)], ids=lambda m: m.name)
    def test_every_metre_and_format(self, tmp_path, metre, suffix):
        source = self.write(tmp_path / "own", metre, 4, suffix)
        dataset = prepare_tunes(Preparation(source=source, name="mine"))
        assert dataset.codec.metre == metre
        assert dataset.items.shape[1] == metre.ticks
        assert len(dataset.description["tunes"]) == 4
        assert dataset.attributes[:, dataset.table.index("note_density")].max() <= 1

    def test_six_measures_are_enough_and_it_is_said(self, tmp_path):
        source = write_abc(tmp_path / "own", [TUNE.format(1, "4/4", "G", MELODY)])
        dataset = prepare_tunes(Preparation(source=source, name="mine"))
        assert dataset.description["measures"] == 6
        assert "too little to hold anything back (1 melody)" in dataset.description["remarks"][-1]
        assert len(dataset.split("test")) == len(dataset.split("train"))

    def test_the_metre_is_that_of_most_tunes(self, tmp_path):
        tunes = [TUNE.format(n, "2/2" if n == 1 else "4/4", "G", random_melody(n)) for n in range(1, 6)]
        tunes.append(TUNE.format(6, "3/4", "G", "GAB cde|gfedcB|"))
        dataset = prepare_tunes(Preparation(source=write_abc(tmp_path / "own", tunes), name="mine"))
        assert dataset.codec.metre == Metre(4, 4)
        assert len(dataset.description["tunes"]) == 5  # 2/2 has the same grid

    def test_quantisation_is_reported(self, tmp_path):
        from symusic import Note, Score, Track

        score = Score(480)
        score.tracks.append(Track("Melody"))
        score.tracks[0].notes.extend([Note(480 * beat + 13 * (beat % 3), 400, 60 + beat, 80) for beat in range(16)])
        path = tmp_path / "played.mid"
        score.dump_midi(path)
        dataset = prepare_tunes(Preparation(source=path, name="mine"))
        counts = dataset.description["quantisation"]
        assert (counts["notes"], counts["moved"]) == (16, 10)
        assert counts["largest_shift"] == pytest.approx(26 / 480)
        assert "10 of 16 onsets were moved to the grid" in dataset.description["remarks"][0]

    def test_the_melody_s_track_can_be_chosen(self, tmp_path):
        from symusic import Note, Score, Track

        score = Score(480)
        for name, low in (("Bass", 55), ("Flute", 76)):
            score.tracks.append(Track(name))
            score.tracks[-1].notes.extend([Note(480 * beat, 480, low + beat % 4, 80) for beat in range(16)])
        path = tmp_path / "two.mid"
        score.dump_midi(path)
        highest = {}
        for track in (None, "2", "flute", "all", "1"):
            dataset = prepare_tunes(Preparation(source=path, track=track, name="mine"))
            pitches = dataset.codec.ticks(np.asarray(dataset.items[:4]))
            highest[track] = len(dataset.description["tunes"])
            assert (pitches >= 0).any()
        assert set(highest.values()) == {1}
        with pytest.raises(InputError, match=r"no track '3': expected one of 1 \(Bass\), 2 \(Flute\)"):
            prepare_tunes(Preparation(source=path, track="3", name="mine"))

    def test_wrong_sources(self, tmp_path):
        with pytest.raises(InputError, match="expected --source"):
            prepare_tunes(Preparation())
        with pytest.raises(InputError, match="does not exist"):
            prepare_tunes(Preparation(source=tmp_path / "nowhere"))
        (tmp_path / "a.txt").write_text("x")
        with pytest.raises(InputError, match="holds no tunes"):
            prepare_tunes(Preparation(source=tmp_path))
        (tmp_path / "a.mid").write_bytes(b"MThd")
        with pytest.raises(InputError, match=r"could be read\. The first reason: The file 'a\.mid' is damaged"):
            prepare_tunes(Preparation(source=tmp_path))

    def test_archives_are_opened(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "tunes.zip", "w") as archive:
            archive.writestr("deep/one.abc", TUNE.format(1, "4/4", "G", MELODY))
        dataset = prepare_tunes(Preparation(source=tmp_path, name="mine"))
        assert dataset.description["tunes"] == ["tunes.zip/deep/one.abc#1"]

    def test_kern(self, tmp_path):
        lines = ["**kern", "*M3/4", "*k[f#]", "4g", "8a", "8b", "4cc", "=2", "2.dd", "=3", "4r", "2b", "==", "*-"]
        (tmp_path / "a.krn").write_text("!!!OTL: A waltz\n" + "\n".join(lines) + "\n")
        dataset = prepare_tunes(Preparation(source=tmp_path, name="mine"))
        ticks = dataset.codec.ticks(np.asarray(dataset.items[:3]))
        assert dataset.codec.metre == Metre(3, 4)
        first = ticks[0, 0]
        assert [int(p - first) for p in ticks[ticks >= 0]] == [0, 2, 4, 5, 7, 4]

    def test_the_same_commands_through_the_registry(self, tmp_path, monkeypatch):
        monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "data"))
        source = write_abc(tmp_path / "own", [TUNE.format(1, "4/4", "G", MELODY)])
        dataset = prepare_dataset("tunes", Preparation(source=source, name="mine"))
        assert dataset.name == "mine"
        np.testing.assert_array_equal(np.unique(dataset.sequences), np.arange(len(np.unique(dataset.sequences))))


def test_near_duplicates_ignore_key_octave_and_ornaments():
    generator = np.random.default_rng(0)
    tunes = []
    for _ in range(20):
        ticks = np.full((8, 24), HOLD, np.int16)
        ticks[:, ::3] = generator.integers(60, 75, (8, 8))
        tunes.append(ticks)
    ornamented = tunes[3].copy()
    ornamented[::4, 4] = 77
    versions = [transposed(tunes[0], 7), transposed(tunes[1], -12), tunes[2][:5], ornamented]
    groups = melody_groups([*tunes, *versions], COMMON_TIME)
    assert groups.tolist() == [*range(20), 0, 1, 2, 3]
    assert len(melody_groups([], COMMON_TIME)) == 0


@pytest.fixture(scope="module")
def corpus():
    found, refused = read_corpus(tune_files(FOLK, (".abc",)), workers=os.cpu_count() or 1)
    return [one for one in found if why_not_folk(one) is None], refused


@pytest.mark.skipif(not FOLK.exists(), reason=f"the collections in {FOLK} are not here")
class TestRealFolk:
    def test_nearly_all_tunes_are_read(self, corpus):
        accepted, refused = corpus
        assert len(accepted) > 4800
        assert len(refused) < 200
        assert len({one.tune.metre.name for one in accepted}) >= 8

    def test_tune_items_tune_is_the_identity(self, corpus):
        vocabulary = midi_vocabulary()
        for one in corpus[0]:
            tune = one.tune
            if np.ptp(tune.ticks[tune.ticks >= 0]) > 29:
                continue
            shift = 55 - int(tune.ticks[tune.ticks >= 0].min())
            for ticks in (tune.performed, tune.ticks):
                items = vocabulary.tokens_from_ticks(transposed(ticks, shift))
                back = transposed(vocabulary.ticks_from_tokens(items), -shift)
                np.testing.assert_array_equal(back, ticks)
            again = tune.with_ticks(back)
            np.testing.assert_array_equal(again.ticks, tune.ticks)
            np.testing.assert_array_equal(again.events.onsets, tune.events.onsets)
            np.testing.assert_array_equal(ticks_from_events(tune.events, tune.metre), tune.performed)


def test_writable_formats():
    assert {".mid", ".musicxml", ".abc", ".svg", ".pdf", ".wav"} <= set(WRITABLE)
