"""MusAE through the training loop: a stopped run ends like an unstopped one, and codes come near the prior."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from latune.data.dataset import Dataset
from latune.data.song_codec import SongCodec
from latune.errors import RecipeError
from latune.methods.method import Player
from latune.models.petals import Petals
from latune.music.songs.tokens import HOLD, SILENCE
from latune.recipes.loading import recipe_from_dict
from latune.training.history import read_history
from latune.training.trainer import _clip_gradients, resume, train

PHRASES, GENRES = 96, 2
KNOBS = ["all_notes", "drums_notes"]


def musae(**changes):
    return {
        "name": "tests/musae",
        "data": {"name": "invented"},
        "model": {
            "name": "song_bars",
            "latent_size": 4,
            "embedding_size": 4,
            "bar_size": 32,
            "bar_code_size": 8,
            "hidden_size": 32,
        },
        "method": {
            "name": "musae_mixture",
            "weights": [[0, 0.0], [5, 0.2]],
            "critic_steps": 2,
            "critic_sizes": [16, 16],
            "critic_memory": 40,
            "critic_batch_size": 16,
            "petals": {"radius": 3.0, "along": 1.0, "across": 0.25, "width": 1.0},
        }
        | changes,
        "training": {
            "steps": 20,
            "batch_size": 16,
            "learning_rate": 0.003,
            "validate_every": 10,
            "checkpoint_every": 10,
            "log_every": 10,
            "keep": "last",
        },
        "evaluation": {"attributes": KNOBS},
    }


@pytest.fixture(scope="module")
def invented():
    """Phrases of two genres: each repeats one of its rhythms in all tracks, at a pitch of its own."""
    generator = np.random.default_rng(0)
    labels = np.eye(GENRES, dtype=np.uint8)[np.arange(PHRASES) % GENRES]
    items = np.full((PHRASES, 256, 4), HOLD, np.uint8)
    for number, phrase in enumerate(items):
        phrase[:: 4 + 4 * (number % GENRES) - 2 * int(generator.integers(2))] = generator.integers(40, 50, 4)
        phrase[15::16] = SILENCE
    codec, numbers = SongCodec(), np.arange(PHRASES)
    splits = {"train": numbers[:64], "validation": numbers[64:80], "test": numbers[80:]}
    values = codec.measure(items).astype(np.float32)
    description = {"label_names": ["slow", "fast"]}
    return Dataset("invented", items, values, numbers.astype(np.int32), splits, codec, description, labels=labels)


def test_a_stopped_run_ends_like_an_unstopped_one(invented, tmp_path):
    recipe = recipe_from_dict(musae(), "test")
    whole = train(recipe, invented, tmp_path / "whole")
    told = []
    stopped = train(recipe, invented, tmp_path / "parts", stop=lambda: told.append(0) or len(told) == 13)
    assert not stopped.finished
    resume(tmp_path / "parts", invented)
    for file in ("weights.safetensors", "petals.safetensors"):
        assert (whole.folder / file).read_bytes() == (tmp_path / "parts" / file).read_bytes()
    last = read_history(whole.folder)[-1]
    assert {"regularity", "critic_loss", "critic_penalty", "validation_accuracy_bass"} <= set(last)
    petals = Petals(**load_file(whole.folder / "petals.safetensors"))
    assert petals.genres == GENRES


def test_a_run_with_a_flow_goes_on_like_an_unstopped_one(invented, tmp_path):
    settings = musae(regulariser="kl", weights=[[0, 0.01]], content_weight=0.3, content_items=5)
    settings["method"] |= {"flow_from_step": 11, "transport_weight": 0.01}
    settings["model"] |= {"flow": {"layers": 2, "hidden_size": 8}}
    recipe = recipe_from_dict(settings, "test")
    whole = train(recipe, invented, tmp_path / "whole")
    told = []
    train(recipe, invented, tmp_path / "parts", stop=lambda: told.append(0) or len(told) == 13)
    resume(tmp_path / "parts", invented)
    for file in ("weights.safetensors", "petals.safetensors"):
        assert (whole.folder / file).read_bytes() == (tmp_path / "parts" / file).read_bytes()
    assert {"regularity", "content"} <= set(read_history(whole.folder)[0])
    assert {"flow_likelihood", "flow_transport"} <= set(read_history(whole.folder)[-1])
    bent = [name for name, value in load_file(whole.folder / "weights.safetensors").items() if ".out." in name]
    assert len(bent) == 4
    assert whole.load_model().flow.couplings[0].out.weight.any()


def test_training_reconstructs_and_brings_codes_near_their_petals(invented, tmp_path):
    settings = musae(weights=[[0, 3.0]], regulariser="mmd")
    settings["training"] |= {"steps": 250, "validate_every": 125, "checkpoint_every": 250, "learning_rate": 0.006}
    model_before = train(
        recipe_from_dict(settings | {"training": settings["training"] | {"steps": 1}}, "test"),
        invented,
        tmp_path / "before",
    ).load_model()
    run = train(recipe_from_dict(settings, "test"), invented, tmp_path / "run")
    test = invented.split("test")
    tokens = np.asarray(invented.items[test])
    majority = invented.codec.baseline(invented.items[invented.split("train")], tokens).mean()
    model = run.load_model().eval()
    petals = Petals(**load_file(run.folder / "petals.safetensors"))
    items, own = torch.from_numpy(tokens).long(), torch.from_numpy(invented.labels[test].argmax(axis=1))
    with torch.no_grad():
        decoded = model.decode(model.encode(items).mean)
        assert model.right_elements(decoded, items).float().mean() > majority + 0.05
        density = [
            m.eval() and petals.log_density(m.encode(items).mean)[range(len(own)), own].mean()
            for m in (model_before, model)
        ]
    assert density[1] > density[0] + 1
    assert (petals.responsibilities(model.encode(items).mean)[:, :GENRES].argmax(dim=1) == own).float().mean() > 0.9


def test_genres_are_asked_for_before_training(invented, tmp_path):
    bare = Dataset(**{**vars(invented), "labels": None})
    with pytest.raises(RecipeError, match="labelled with genres"):
        train(recipe_from_dict(musae(), "test"), bare, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_gradients_are_cut():
    def cut(**limits):
        parameter = torch.nn.Parameter(torch.zeros(2))
        parameter.grad = torch.tensor([3.0, -4.0])
        _clip_gradients(Player("test", [parameter], lambda batch, step: {}, **limits))
        return parameter.grad.tolist()

    assert cut() == [3, -4]
    assert cut(clip_norm=1.0) == pytest.approx([0.6, -0.8], rel=1e-4)
    assert cut(clip_value=0.5) == [0.5, -0.5]
    assert cut(clip_norm=1.0, clip_value=0.7) == pytest.approx([0.6, -0.7], rel=1e-4)
