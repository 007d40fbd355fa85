"""The certificate tells a perfect knob from one that does nothing, turns the wrong way, or moves something else."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from latune.control.editor import Editor
from latune.control.knobs import calibrate
from latune.data.dataset import Dataset
from latune.errors import DataError
from latune.evaluation.certificate import certify, rank_correlation
from latune.evaluation.evaluate import evaluate_run
from latune.models.latent_model import TokenModel, diagonal_normal, token_distribution
from latune.music.measure import HOLD, REST, midi_vocabulary
from latune.recipes.recipe import EvaluationConfig

HOLD_TOKEN, REST_TOKEN = (midi_vocabulary().values.index(value) for value in (HOLD, REST))
LOWEST_TOKEN = 2  # MIDI 55
WAYS = ("alone", "joint", "path", "exact")
CONFIG = EvaluationConfig(items=20, targets=5, sweep=7, bootstrap=20)


class ToyModel(TokenModel):
    """Code 0 is the number of notes; the decoder writes as many notes as `notes_of` makes of it.

    Code 1 is noise of the item, which the decoder ignores.
    """

    def __init__(self, notes_of, pitch_of=lambda notes: 10):
        super().__init__(2)
        self.weight = nn.Parameter(torch.zeros(1))
        self.notes_of, self.pitch_of = notes_of, pitch_of

    def encode(self, items):
        notes = (items >= LOWEST_TOKEN).sum(dim=1).float()
        noise = (items.float() @ torch.arange(24.0)).sin()
        return diagonal_normal(torch.stack([notes, noise], dim=1), torch.full((len(items), 2), 1e-6))

    def decode(self, codes, items=None):
        return token_distribution(1e3 * nn.functional.one_hot(self.generate(codes), 32).float())

    def generate(self, codes, temperature=1.0, top_p=1.0, generator=None):
        notes = self.notes_of(codes[:, 0]).round().clamp(0, 24).long()[:, None]
        ticks = torch.arange(24).expand(len(codes), 24)
        silent = torch.where(ticks == 0, REST_TOKEN, HOLD_TOKEN)
        return torch.where(ticks < notes, LOWEST_TOKEN + self.pitch_of(notes), silent)


@pytest.fixture(scope="module")
def certificate_of(synthetic):
    def build(model):
        train, test = (synthetic.splits[name] for name in ("train", "test"))
        values = synthetic.attributes[train]
        codes = Editor(model, synthetic.codec, None).encode(synthetic.items[train])
        knobs = calibrate(codes, values, synthetic.table, ["note_density"])
        assert knobs["note_density"].dimension == 0
        editor = Editor(model.eval(), synthetic.codec, knobs)
        items, groups = np.asarray(synthetic.items[test]), synthetic.groups[test]
        return certify(editor, items, groups, values.astype(float), CONFIG, seed=0)

    return build


@pytest.fixture(scope="module")
def perfect(certificate_of):
    return certificate_of(ToyModel(lambda code: code))


@pytest.fixture(scope="module")
def deaf(certificate_of):
    return certificate_of(ToyModel(lambda code: torch.full_like(code, 24.0)))


@pytest.mark.parametrize("way", WAYS)
def test_a_perfect_knob_passes(perfect, way):
    entry = perfect["knobs"]["note_density"][way]
    for measure in ("rank_correlation", "hit_rate", "hit_rate_half_tolerance"):
        assert entry[measure]["value"] == pytest.approx(1, abs=1e-6), measure
        assert entry[measure]["low"] == pytest.approx(1, abs=1e-6)
    assert entry["hit_rate_per_target"] == [1.0] * len(perfect["knobs"]["note_density"]["targets"])
    assert entry["measured_mean"] == pytest.approx(perfect["knobs"]["note_density"]["targets"])


@pytest.mark.parametrize("movement", ["alone", "joint"])
def test_the_sweep_of_a_perfect_knob(perfect, movement):
    knob = perfect["knobs"]["note_density"]
    sweep = knob[movement]["sweep"]
    assert sweep["monotonicity"]["value"] == pytest.approx(1, abs=0.02)
    assert sweep["reachable_share"]["value"] == pytest.approx(1, abs=0.02)
    assert sweep["reachable_low"]["value"] == pytest.approx(knob["low"], abs=0.5 / 24)
    assert sweep["reachable_high"]["value"] == pytest.approx(knob["high"], abs=0.5 / 24)
    assert sweep["response"]["note_density"] == pytest.approx(sweep["positions"], abs=0.5 / 24 + 1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_a_knob_that_does_nothing_fails(deaf, way):
    entry = deaf["knobs"]["note_density"][way]
    for measure in ("rank_correlation", "hit_rate", "hit_rate_half_tolerance"):
        assert entry[measure]["value"] == pytest.approx(0, abs=1e-6), measure
    assert entry["cross_talk"]["response"]["note_density"] == pytest.approx(0, abs=1e-6)
    assert ("sweep" in entry) == (way in ("alone", "joint"))
    if "sweep" in entry:
        assert entry["sweep"]["monotonicity"]["value"] == 0
        assert entry["sweep"]["reachable_share"]["value"] == 0


def test_a_knob_that_turns_the_wrong_way_is_told(certificate_of):
    entry = certificate_of(ToyModel(lambda code: 24 - code))["knobs"]["note_density"]["alone"]
    assert entry["rank_correlation"]["value"] == pytest.approx(-1, abs=1e-6)
    assert entry["hit_rate"]["value"] < 0.2
    assert entry["sweep"]["monotonicity"]["value"] < -0.98


def test_a_weak_knob_lies_between(certificate_of):
    knob = certificate_of(ToyModel(lambda code: 5 + 0.4 * (code - 5)))["knobs"]["note_density"]
    assert 0.2 < knob["alone"]["hit_rate"]["value"] < 0.8
    assert 0.2 < knob["alone"]["sweep"]["reachable_share"]["value"] < 0.6
    assert knob["path"]["hit_rate"]["value"] > knob["joint"]["hit_rate"]["value"]
    assert knob["exact"]["hit_rate"]["value"] >= knob["path"]["hit_rate"]["value"]


def test_cross_talk(perfect, certificate_of):
    """Where pitch rises with the number of notes, the knob moves it too."""
    leaky = certificate_of(ToyModel(lambda code: code, pitch_of=lambda notes: notes))
    clean, moved = (c["knobs"]["note_density"]["alone"]["cross_talk"] for c in (perfect, leaky))
    assert clean["response"]["note_density"] == moved["response"]["note_density"] == pytest.approx(1)
    assert clean["response"]["mean_pitch"] == pytest.approx(0, abs=1e-6)
    assert moved["response"]["mean_pitch"] > 0.2
    assert moved["unexplained"]["mean_pitch"]["value"] > clean["unexplained"]["mean_pitch"]["value"]
    assert "note_density" not in moved["unexplained"]


def notes_of_test_items(synthetic):
    """Number of notes of the items that the certificate chooses, (N,)."""
    test = synthetic.splits["test"]
    chosen = test[np.random.default_rng(0).choice(len(test), CONFIG.items, replace=False)]
    return 24 * synthetic.attributes[chosen, synthetic.table.index("note_density")].astype(float)


def test_how_far_another_attribute_moves(perfect, certificate_of, synthetic):
    """A decoder that writes n notes of pitch 55 + n: the mean pitch moves as far as the number of notes."""
    knob = certificate_of(ToyModel(lambda code: code, pitch_of=lambda notes: notes))["knobs"]["note_density"]
    train = synthetic.splits["train"]
    notes = notes_of_test_items(synthetic)
    changes = (24 * np.array(knob["targets"]) - notes[:, None]) / synthetic.attributes[
        train, synthetic.table.index("mean_pitch")
    ].astype(float).std(ddof=1)
    for way in WAYS:
        talk = knob[way]["cross_talk"]
        assert talk["moved"]["mean_pitch"] == pytest.approx(np.abs(changes.mean(axis=0)).max(), rel=1e-4)
        assert talk["moved_each"]["mean_pitch"] == pytest.approx(np.abs(changes).mean(), rel=1e-4)
    clean = perfect["knobs"]["note_density"]["alone"]["cross_talk"]
    assert clean["moved"]["mean_pitch"] == clean["moved_each"]["mean_pitch"] == 0


def test_independence_is_that_of_real_items(perfect):
    knob = perfect["knobs"]["note_density"]
    independent = knob["joint"]["cross_talk"]["independent"]
    assert set(independent) == set(knob["in_real_items"]) == set(perfect["attributes"]) - {"note_density"}
    assert not independent["rhythmic_complexity"]
    assert knob["in_real_items"]["rhythmic_entropy"]["correlation"] > 0.8
    for name, relation in knob["in_real_items"].items():
        strongest = max(abs(relation["correlation"]), abs(relation["partial_correlation"]))
        assert independent[name] == (strongest < 0.1)


def test_what_nothing_can_keep(perfect, deaf, synthetic):
    """As many ticks must change as notes are missing or too many; the bound depends on the requests alone."""
    knob, notes = perfect["knobs"]["note_density"], notes_of_test_items(synthetic)
    tolerance = 24 * CONFIG.tolerance * (knob["high"] - knob["low"])
    missing = np.abs(24 * np.array(knob["targets"]) - notes[:, None]) - tolerance
    least = np.ceil(np.maximum(missing, 0) - 1e-6).mean() / 24
    for certificate, way in ((perfect, "exact"), (perfect, "alone"), (deaf, "path")):
        assert certificate["knobs"]["note_density"][way]["kept_at_most"]["value"] == pytest.approx(1 - least)
    assert knob["exact"]["identity_kept"]["value"] < 1 - least


def test_where_the_least_change_is_not_known(trained_picture_run):
    content = trained_picture_run.read_json("certificate.json")["knobs"]["width"]
    assert content["path"]["kept_at_most"] is None
    assert content["path"]["identity_kept"]["value"] > 0


def test_items_of_a_single_tune_have_no_interval(synthetic):
    train, test = (synthetic.splits[name] for name in ("train", "test"))
    model = ToyModel(lambda code: code)
    codes = Editor(model, synthetic.codec, None).encode(synthetic.items[train])
    knobs = calibrate(codes, synthetic.attributes[train], synthetic.table, ["note_density"])
    items = np.asarray(synthetic.items[test])[:12]
    one_tune = np.zeros(len(items), np.int32)
    editor = Editor(model.eval(), synthetic.codec, knobs)
    certificate = certify(editor, items, one_tune, synthetic.attributes[train], CONFIG, seed=0)
    hits = certificate["knobs"]["note_density"]["joint"]["hit_rate"]
    assert hits["value"] == pytest.approx(1.0)
    assert hits["low"] is None
    assert hits["high"] is None


def test_what_a_certificate_says_of_itself(perfect, synthetic):
    assert (perfect["format"], perfect["items"], perfect["seed"]) == (1, 20, 0)
    assert perfect["tolerance"] == CONFIG.tolerance
    assert perfect["attributes"] == list(synthetic.table.names)
    assert json.loads(json.dumps(perfect, allow_nan=False)) == perfect


def test_rank_correlation():
    left = np.array([[1.0, 2, 3], [1, 2, 3], [1, 2, 3], [5, 5, 5]])
    right = np.array([[10.0, 20, 90], [3, 2, 1], [7, 7, 7], [1, 2, 3]])
    assert rank_correlation(left, right) == pytest.approx([1, -1, np.nan, np.nan], nan_ok=True)


def test_evaluation_of_a_run(trained_run):
    metrics, certificate = (trained_run.read_json(name) for name in ("metrics.json", "certificate.json"))
    assert metrics["data"] == {"name": "chorales", "split": "test", "items": 100, "groups": 4}
    for entry in (metrics["scores"]["means"], metrics["scores"]["samples"]):
        for score in ("interpretability", "modularity", "mig", "sap", "scc"):
            assert entry[score]["low"] <= entry[score]["value"] <= entry[score]["high"] + 1e-9
    assert set(certificate["knobs"]) == set(trained_run.recipe.regularised)
    for knob in certificate["knobs"].values():
        assert knob["exact"]["hit_rate"]["value"] >= knob["joint"]["hit_rate"]["value"]
        assert knob["exact"]["hit_rate"]["value"] > 0.9


def test_evaluation_is_repeatable(trained_run, editor, synthetic, tmp_path):
    from dataclasses import replace

    elsewhere = replace(trained_run, folder=tmp_path)
    evaluate_run(elsewhere, synthetic, editor)
    for name in ("metrics.json", "certificate.json"):
        assert (tmp_path / name).read_bytes() == (trained_run.folder / name).read_bytes()


def test_too_few_items(trained_run, editor, synthetic):
    few = Dataset(**{**vars(synthetic), "splits": {**synthetic.splits, "test": np.arange(9)}})
    with pytest.raises(DataError, match=r"test split of 'chorales' has 9 items: expected at least 10\."):
        evaluate_run(trained_run, few, editor)
