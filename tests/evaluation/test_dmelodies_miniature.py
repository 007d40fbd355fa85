"""The melodies recipes in miniature: every method learns them, and knobs work on what is decoded."""

import numpy as np
import pytest

from latune.control.editor import calibrate_run, open_editor
from latune.data.dataset import Dataset
from latune.data.dmelody_codec import DMelodyCodec
from latune.evaluation.evaluate import evaluate_run
from latune.music.dmelodies import melody_factors, render_melodies
from latune.recipes import load_recipe
from latune.report import build_report, build_traversals
from latune.report.music_sweeps import make_sweeps
from latune.training.trainer import train

SIZES = ("training.batch_size=64", "training.learning_rate=0.003", "training.validate_every=200")
SMALL = ("model.hidden_size=128", "model.embedding_size=8", "model.latent_size=12", *SIZES)
EVALUATION = ("evaluation.items=12", "evaluation.targets=3", "evaluation.sweep=3", "evaluation.bootstrap=5")
FADER = "method={name: fader, attributes: [octave, arp_chord1], reconstruction: mean, ramp_steps: 20}"
GLSR = "method={name: glsr_vae, attributes: [octave, arp_chord1], reconstruction: mean, beta: 0.003}"
RNN = "model={name: measure_rnn, hidden_size: 32, latent_size: 12, layers: 1, dropout: 0}"
KNOBS = ["octave", "arp_chord1"]


@pytest.fixture(scope="module")
def melodies():
    """The 432 melodies of 3 octaves, 3 scales, 3 rhythms of the first bar and 4 directions."""
    factors = melody_factors()
    factors = factors[(factors[:, 0] == 0) & (factors[:, 3] < 3) & (factors[:, 4] == 0)]
    codec = DMelodyCodec()
    items = codec.tokens(render_melodies(factors))
    numbers = np.arange(len(items))
    order = np.random.default_rng(0).permutation(numbers)
    splits = {"train": np.sort(order[:332]), "validation": np.sort(order[332:352]), "test": np.sort(order[352:])}
    description = {"source": "computed", "licence": "none needed"}
    return Dataset("dmelodies", items, factors.astype(np.float32), numbers.astype(np.int32), splits, codec, description)


def names(*chosen):
    return f"attributes.names=[{', '.join(chosen)}]"


def test_knobs_of_melodies_work(melodies, tmp_path):
    recipe = load_recipe("dmelodies/ar-vae", (*SMALL, *EVALUATION, names(*KNOBS), "training.steps=300"))
    run = train(recipe, melodies, tmp_path / "run")
    calibrate_run(run, melodies)
    editor = open_editor(run.folder)
    metrics = evaluate_run(run, melodies, editor)
    floor = metrics["reconstruction"]["majority_baseline"]["value"]
    assert metrics["reconstruction"]["token_accuracy"]["value"] > floor + 0.5
    assert metrics["reconstruction"]["nearest_melody"]["value"] > 0.8
    assert metrics["scores"]["means"]["interpretability"]["value"] > 0.9
    items = melodies.items[melodies.split("test")[:30]]
    for name, ends in (("octave", (0, 2)), ("arp_chord1", (0, 1))):
        low, high = (editor.turn(items, {name: value}).values[:, melodies.table.index(name)] for value in ends)
        assert (high - low).mean() > 0.5 * (ends[1] - ends[0])

    start = int(melodies.split("test")[3])
    sweep = make_sweeps(editor, melodies, "octave", [3], "joint", seed=0)[0]
    assert sweep.requested.tolist() == [0, 1, 2]  # nothing lies between
    assert sweep.ticks.shape == (3, 2, 24)
    assert sweep.quarters == 8
    assert [onset for onset, _, _ in sweep.notes() if onset >= 8] == sorted(
        onset + 8 * place for place in (1, 2) for onset in np.flatnonzero(sweep.ticks[place, :, ::3] >= 0) / 2
    )
    assert (sweep.ticks[sweep.own] >= 0).sum() == (editor.decode(editor.encode(melodies.items[[start]])) > 0).sum()
    files = {path.name for path in build_traversals(run, melodies, editor, ["octave"], [3]).files}
    assert "octave_3.png" in files
    assert '"quarters": 8.0' in build_report(run, melodies, editor).read_text(encoding="utf-8")


@pytest.mark.parametrize("change", [FADER, GLSR, RNN], ids=["fader", "glsr_vae", "recurrent"])
def test_other_methods_and_networks_learn(melodies, tmp_path, change):
    sizes = SIZES if change == RNN else SMALL
    known = "evaluation.attributes=[octave, arp_chord1]"
    recipe = load_recipe("dmelodies/beta-vae", (*sizes, change, known, "training.steps=120"))
    run = train(recipe, melodies, tmp_path / "run")
    rows = [row.split(",") for row in (run.folder / "history.csv").read_text().splitlines()]
    assert float(rows[-1][rows[0].index("validation_accuracy")]) > 0.5  # always resting gives 0.25
