import json
import re
import shutil
import sys
from html import unescape

import pytest
from pages import Page, with_knobs

from latune.errors import DataError, InputError
from latune.report import build_report, build_traversals
from latune.report.music_sweeps import choose_items, make_sweeps
from latune.report.tables import usual_way
from latune.training.run_folder import open_run, write_json, write_text

NAMES = ("note_density", "contour")  # fewer knobs, faster reports


@pytest.fixture(scope="module")
def copy_of(trained_run, tmp_path_factory):
    """A function from file names to leave out to a copy of the trained run."""

    def copy(*without):
        folder = tmp_path_factory.mktemp("copies") / "run"
        shutil.copytree(trained_run.folder, folder, ignore=shutil.ignore_patterns(*without))
        return open_run(folder)

    return copy


@pytest.fixture(scope="module")
def two_knobs(editor):
    return with_knobs(editor, NAMES)


@pytest.fixture(scope="module")
def one_knob(editor):
    return with_knobs(editor, NAMES[:1])


@pytest.fixture(scope="module")
def run(copy_of):
    run = copy_of()
    certificate = run.read_json("certificate.json")
    certificate["knobs"] = {name: certificate["knobs"][name] for name in NAMES}
    write_json(run.folder / "certificate.json", certificate)
    return run


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def text(run, synthetic, two_knobs, told):
    path = build_report(run, synthetic, two_knobs, lambda *report: told.append(report))
    assert path == run.folder / "report.html"
    return path.read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_needs_nothing_else(text):
    page = Page(text)
    assert page.open == []
    assert all(reference.startswith(("#", "data:")) for reference in page.references)
    addresses = re.findall(r"\w+://[^\s\"'<>)]+", re.sub(r'xmlns(:\w+)?="[^"]*"', "", text))
    assert [address for address in addresses if "www.w3.org/2000/svg" not in address] == []
    assert "@import" not in text
    assert len(text) < 6_000_000


def test_targets_within_the_page_exist(text):
    page = Page(text)
    inner = {reference[1:] for reference in page.references if reference.startswith("#")}
    assert inner <= set(page.identifiers)


def test_the_page_names_every_knob_and_its_numbers(run, text):
    certificate = run.read_json("certificate.json")
    for name in NAMES:
        assert f"{name.replace('_', ' ')} <small>" in text
        for way in ("alone", "joint", "exact"):
            rate = certificate["knobs"][name][way]["hit_rate"]["value"]
            assert f"{100 * rate:.1f} %" in text
    metrics = run.read_json("metrics.json")
    for score in ("interpretability", "modularity", "mig", "sap", "scc"):
        assert f"{metrics['scores']['means'][score]['value']:.3f}" in text
        assert f"{metrics['scores']['ceiling'][score]:.3f}" in text
    for score in ("token_accuracy", "majority_baseline", "exact_items"):
        assert f"{100 * metrics['reconstruction'][score]['value']:.1f} %" in text


def test_every_sweep_has_a_score_a_roll_a_button_and_midi(text):
    sounds = json.loads(re.search(r'id="sounds">(.*?)</script>', text).group(1))
    assert len(sounds["sweeps"]) == len(NAMES) * 2 * 3
    for key, sweep in sounds["sweeps"].items():
        assert f'data-sweep="{key}"' in text
        assert f'id="{key}-roll"' in text
        assert f'id="{key}-note-{len(sweep["notes"])}"' not in text
        for number, (onset, duration, pitch) in enumerate(sweep["notes"]):
            assert f'id="{key}-note-{number}"' in text
            assert 0 <= onset < 20
            assert 0 < duration <= 4
            assert 0 <= pitch < 128
    assert text.count("data:audio/midi;base64,TVRoZ") == len(sounds["sweeps"])  # "MThd"
    assert text.count('class="engraved"') == len(sounds["sweeps"])


def test_the_files_lie_beside_the_page(run, text):
    figures = {path.name for path in (run.folder / "figures").iterdir()}
    for name in ("loss_curves", "response_curves", "hit_rates", "cross_talk", "attribute_scatter", "latent_surfaces"):
        assert {f"{name}.png", f"{name}.svg"} <= figures
    suffixes = [path.suffix for path in (run.folder / "traversals").iterdir()]
    assert suffixes.count(".svg") == suffixes.count(".mid") == len(NAMES) * 2 * 3


def test_cross_talk_is_that_of_the_usual_way(text):
    assert 'Cross-talk ("path")' in unescape(text)


def test_the_usual_way_of_a_certificate_without_paths_is_joint(run):
    certificate = run.read_json("certificate.json")
    assert usual_way(certificate) == "path"
    for knob in certificate["knobs"].values():
        del knob["path"]
    assert usual_way(certificate) == "joint"


def test_progress_is_told(text, told):
    assert {what for what, _, _ in told} == {"figures", "hear and see"}
    assert all(0 <= done <= total for _, done, total in told)
    assert any(done == total for what, done, total in told if what == "hear and see")


def test_a_run_without_numbers_gets_a_page_that_says_so(copy_of, synthetic, one_knob):
    run = copy_of("metrics.json", "certificate.json", "history.csv", "finished.json")
    text = build_report(run, synthetic, one_knob).read_text(encoding="utf-8")
    assert "has not been evaluated:" in text
    assert "Training of this run is not finished." in text
    assert "note density <small>" in text
    assert 'id="certificate"' not in text
    assert Page(text).open == []
    assert build_report(run, synthetic, one_knob).read_text(encoding="utf-8") == text


def test_missing_extras_are_named(copy_of, synthetic, one_knob, monkeypatch):
    monkeypatch.setitem(sys.modules, "verovio", None)
    monkeypatch.setitem(sys.modules, "symusic", None)
    text = build_report(copy_of("certificate.json"), synthetic, one_knob).read_text(encoding="utf-8")
    assert text.count("pip install &#39;latune[music]&#39;") == 2
    assert 'class="engraved"' not in text
    assert "data:audio/midi" not in text
    assert text.count('class="play"') == 2 * 3


def test_a_beta_vae_with_a_harmful_name(copy_of, synthetic, one_knob):
    run = copy_of("metrics.json", "certificate.json")
    harm = "<script>alert(1)</script>"
    changes = {"name": harm, "attributes": None, "method": {"name": "beta_vae"}}
    write_text(run.folder / "recipe.yaml", json.dumps(run.recipe.model_dump(mode="json") | changes))
    lines = ["step,reconstruction,kl,accuracy", "1,2.0,3.0,0.5", "2,1.0,4.0,0.6"]
    write_text(run.folder / "history.csv", "\n".join(lines) + "\n")
    text = build_report(open_run(run.folder), synthetic, one_knob).read_text(encoding="utf-8")
    assert harm not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "none took part in training" in text
    assert "nats per item" in text
    assert ">attribute term<" not in text


def test_traversals_as_files(run, synthetic, editor):
    found = build_traversals(run, synthetic, editor, ["contour"], items=[4, 7])
    names = [f"contour_{item}{suffix}" for item in (4, 7) for suffix in (".png", ".svg", ".mid")]
    assert [path.name for path in found.files] == names
    assert all(path.stat().st_size > 100 for path in found.files)
    assert found.remarks == ()
    other = build_traversals(run, synthetic, editor, ["contour"], items=[4], way="exact")
    assert other.files[0].name == "contour_4_exact.png"


def test_traversals_without_the_music_extra(run, synthetic, editor, monkeypatch):
    monkeypatch.setitem(sys.modules, "verovio", None)
    monkeypatch.setitem(sys.modules, "symusic", None)
    found = build_traversals(run, synthetic, editor, ["contour"], items=[4, 7])
    assert [path.suffix for path in found.files] == [".png", ".png"]
    assert len(found.remarks) == 2


def test_bad_requests_are_refused(run, synthetic, editor):
    with pytest.raises(InputError, match="There is no knob 'mood'"):
        build_traversals(run, synthetic, editor, ["mood"])
    with pytest.raises(DataError, match="has no item 100: expected 0 to 99"):
        build_traversals(run, synthetic, editor, items=[3, 100])


def test_items_are_drawn_by_seed_and_rich_ones_first(synthetic, editor):
    items, _ = choose_items(synthetic, editor, 3, seed=0)
    assert items == choose_items(synthetic, editor, 3, seed=0)[0]
    assert items == sorted(set(items))
    index = synthetic.split("test")[items]
    assert ((editor.codec.ticks(synthetic.items[index]) >= 0).sum(axis=1) >= 3).all()


def test_a_sweep_plays_what_it_shows(synthetic, editor):
    (sweep,) = make_sweeps(editor, synthetic, "note_density", [5], "joint", seed=0)
    onsets = (sweep.ticks >= 0).sum(axis=(1, 2))
    assert len(sweep.notes()) == onsets.sum()
    assert sweep.measured == pytest.approx(onsets / 24)
    assert sweep.tune().events.length == 20
    assert sweep.labels[sweep.own][1] == f"{sweep.measured[sweep.own]:.2f}"
