"""A small data set of invented songs with genres, and the recipe of a run on it that is trained in seconds."""

import numpy as np

from latune.data.dataset import Dataset
from latune.data.song_codec import SongCodec
from latune.music.songs.phrases import PhraseOptions, phrases_of
from latune.music.songs.synthesis import GENRES, synthetic_song

KNOWN = 3  # genres
SONGS, PHRASES = 10, 2  # of each genre, of each song
SPLITS = {"train": range(6), "validation": range(6, 7), "test": range(7, 10)}  # songs of each genre
RECIPE = {
    "name": "tests/songs",
    "data": {"name": "small-songs"},
    "model": {
        "name": "song_bars",
        "latent_size": 8,
        "embedding_size": 8,
        "bar_size": 32,
        "bar_code_size": 16,
        "hidden_size": 32,
    },
    "method": {
        "name": "musae_mixture",
        "weights": [[0, 0.0], [10, 0.1]],
        "critic_steps": 1,
        "critic_sizes": [32],
        "petals": {"along": 0.1, "across": 0.02, "width": 0.05},
    },
    "attributes": {"names": ["drums_notes", "strings_mean_pitch"], "gamma": 0.5, "delta": 1.0},
    "training": {
        "steps": 30,
        "batch_size": 18,
        "learning_rate": 0.004,
        "validate_every": 15,
        "checkpoint_every": 30,
        "keep": "last",
    },
    "evaluation": {
        "attributes": ["drums_notes", "strings_mean_pitch"],
        "items": 2,
        "targets": 2,
        "sweep": 3,
        "bootstrap": 10,
    },
}


def small_songs():
    """60 phrases of 30 songs of three genres; no song is in two splits."""
    labelled = [(genre, seed) for genre in range(KNOWN) for seed in range(SONGS)]
    options = PhraseOptions(hop=4)
    items = np.concatenate([phrases_of(synthetic_song(*song), options).tokens[:PHRASES] for song in labelled])
    groups = np.repeat(np.arange(len(labelled), dtype=np.int32), PHRASES)
    splits = {name: np.flatnonzero(np.isin(groups % SONGS, part)) for name, part in SPLITS.items()}
    labels = np.eye(KNOWN, dtype=np.uint8)[groups // SONGS]
    description = {
        "source": "invented",
        "licence": "none needed",
        "label_names": list(GENRES[:KNOWN]),
        "rejected": [],
        "overlap": {"test_items": len(splits["test"]), "test_items_also_in_train": 0},
    }
    codec = SongCodec()
    values = codec.measure(items).astype(np.float32)
    return Dataset("small-songs", items, values, groups, splits, codec, description, labels=labels)
