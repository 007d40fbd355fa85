"""Candidates for the measures of a tune: phrases of it with their knobs swept, perturbed, or partly hidden, decoded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.inference import Codes
from latune.control.knobs import Movement
from latune.data.phrase_codec import of_measure
from latune.models.phrase_mlp import PhraseMlp

__all__ = ["candidate_measures", "hidden_logits"]

SWEEP = 31  # positions of a sweep
BEYOND = 0.25  # a sweep reaches beyond the knob's range by this share of it, at either end
PERTURBED = 96  # random candidates per phrase and size
PERTURBATIONS = (0.6, 0.35, 0.15)  # their size in standard deviations of the codes

Tokens = NDArray[np.uint8]


def candidate_measures(
    editor: Editor, codes: Codes, moved: Codes, names: Sequence[str], generator: np.random.Generator
) -> Tokens:
    """Candidates for every measure of W phrases: (W, C, M, T).

    Args:
        editor: A run with a phrase model.
        codes: Codes of the phrases, (W, D).
        moved: The same with the knobs turned as wanted, (W, D).
        names: Attributes that are turned.
        generator: Source of the random candidates.
    """
    size = editor.codec.item_shape[0]
    jointly = _swept(editor, codes, names, size, "joint")
    tried = [jointly, _swept(editor, codes, names, size, "alone"), _swept(editor, codes, names, 0, "joint")]
    decoded = editor.decode(np.concatenate([*tried, _perturbed(editor, moved, generator)], axis=1))
    return np.concatenate([decoded, _expected(editor, jointly)], axis=1)


def hidden_logits(editor: Editor, codes: Codes, hidden: NDArray[np.bool_]) -> torch.Tensor:
    """Logits (N, M, T, V) of phrases of which some measures (N, M) are drawn from their surroundings."""
    assert isinstance(editor.model, PhraseMlp)
    with torch.no_grad():
        flat = np.ascontiguousarray(codes, dtype=np.float32)
        return editor.model.expected_logits(torch.from_numpy(flat), torch.from_numpy(hidden))


def _swept(editor: Editor, codes: Codes, names: Sequence[str], measures: int, way: Movement) -> Codes:
    """One knob after the other over its range: of all measures together, or, with 0, of the phrase: (W, P, D)."""
    swept = []
    for name in names:
        turned = [of_measure(name, number) for number in range(1, measures + 1)] or [name]
        knob = editor.knobs[turned[0]]
        ends = (knob.low - BEYOND * knob.span, knob.high + BEYOND * knob.span)
        positions = knob.code_of(np.linspace(*ends, SWEEP))
        swept += [editor.knobs.move(codes, dict.fromkeys(turned, position), (), way) for position in positions]
    return np.stack(swept, axis=1)


def _perturbed(editor: Editor, codes: Codes, generator: np.random.Generator) -> Codes:
    """Random codes around the given ones, few dimensions at a time, so that part of the phrase stays: (W, P, D)."""
    parts = []
    for size in PERTURBATIONS:
        noise = generator.normal(size=(len(codes), PERTURBED, codes.shape[1])) * editor.knobs.spread * size
        noise *= generator.random(noise.shape) < generator.uniform(0.05, 1, (*noise.shape[:2], 1))
        parts.append((codes[:, None] + noise).astype(np.float32))
    return np.concatenate(parts, axis=1)


def _expected(editor: Editor, codes: Codes) -> Tokens:
    """What the model expects of each measure from its surroundings: codes (W, P, D) to (W, P, M, T)."""
    flat, size = codes.reshape(-1, codes.shape[-1]), editor.codec.item_shape[0]
    parts = []
    for slot in range(size):
        hidden = np.zeros((len(flat), size), bool)
        hidden[:, slot] = True
        parts.append(hidden_logits(editor, flat, hidden)[:, slot].argmax(dim=-1).to(torch.uint8).numpy())
    stacked = np.stack(parts, axis=1)
    return stacked.reshape(*codes.shape[:2], *stacked.shape[1:])
