"""Attributes as the decoder expects them: one place that knows which kind of item has which closed forms.

A decoder gives a distribution over items. Where the expectation of an attribute under it has a closed form, it can be
differentiated, so that a loss can ask for attributes of what is decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution, Independent
from torch.nn import functional as F

from latune.data.codecs import Codec
from latune.data.dmelody_codec import DMelodyCodec
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.errors import RecipeError
from latune.losses.expected_attributes import expected_attributes
from latune.losses.expected_factors import expected_factors

__all__ = ["Expectation", "certain_tokens", "expectation", "tempered"]

Expectation = Callable[[Distribution], Tensor]
"""From a distribution over B items to their expected attributes (B, K), in the attributes' own units."""


def expectation(codec: Codec, names: Sequence[str]) -> Expectation:
    """The expected attributes of what a decoder gives, differentiable.

    Args:
        codec: What the items are.
        names: Which attributes, K of them.

    Returns:
        A function of the decoder's distribution over items, whose elements must be independent.

    Raises:
        RecipeError: Such items have no expected attributes, or one of the attributes has none.
    """
    closed_form = _closed_form(codec, names)

    def measure(decoded: Distribution) -> Tensor:
        return closed_form(_probabilities(decoded))

    measure(certain_tokens(torch.zeros(1, *codec.item_shape, dtype=torch.long), codec.symbols))  # refuses early
    return measure


def _closed_form(codec: Codec, names: Sequence[str]) -> Callable[[Tensor], Tensor]:
    """From the probabilities of symbols (B, ..., V) to expected attributes (B, K)."""
    if isinstance(codec, MeasureCodec):
        values, metre = codec.vocabulary.values, codec.metre
        return lambda probabilities: expected_attributes(probabilities, values, names, metre)
    if isinstance(codec, PhraseCodec):
        return _of_phrases(codec, names)
    if isinstance(codec, DMelodyCodec):
        return lambda probabilities: expected_factors(probabilities, names)
    raise RecipeError("Expected attributes exist for music only, not for the items of this data set.")


def _of_phrases(codec: PhraseCodec, names: Sequence[str]) -> Callable[[Tensor], Tensor]:
    """Those of the measures one by one, from (B, M, T, V); the phrase has their mean."""
    base = codec.measure_codec.table.names
    columns = [codec.table.index(name) for name in names]
    wanted = sorted({column % len(base) for column in columns})
    of_measures = _closed_form(codec.measure_codec, [base[index] for index in wanted])
    # Where in [mean | measure 1 | measure 2 ...] of the wanted attributes each name stands.
    places = [column // len(base) * len(wanted) + wanted.index(column % len(base)) for column in columns]

    def measure(probabilities: Tensor) -> Tensor:
        flat = of_measures(probabilities.flatten(0, 1))
        values = flat.reshape(-1, codec.measures, flat.shape[1])
        return torch.cat([values.mean(dim=1), values.flatten(1)], dim=1)[:, places]

    return measure


def certain_tokens(items: Tensor, symbols: int) -> Distribution:
    """The distribution that is sure of its tokens: what `expectation` measures of it are the items' own attributes.

    Args:
        items: Tokens (B, ...).
        symbols: Size of the vocabulary.
    """
    probabilities = F.one_hot(items, symbols).float()
    return Independent(Categorical(probs=probabilities, validate_args=False), items.ndim - 1, validate_args=False)


def tempered(decoded: Distribution, temperature: float) -> Distribution:
    """Independent symbols whose probabilities are raised to the power 1 / temperature: below 1 they are more decided.

    Args:
        decoded: Of B items, (B, ..., V) probabilities of symbols.
        temperature: Positive; 1 changes nothing.
    """
    assert isinstance(decoded, Independent)
    assert isinstance(decoded.base_dist, Categorical)
    if temperature == 1:
        return decoded
    sharper = Categorical(logits=decoded.base_dist.logits / temperature, validate_args=False)
    return Independent(sharper, decoded.reinterpreted_batch_ndims, validate_args=False)


def _probabilities(decoded: Distribution) -> Tensor:
    """Of each symbol at each place, (B, ..., V)."""
    assert isinstance(decoded, Independent)
    assert isinstance(decoded.base_dist, Categorical)
    return decoded.base_dist.probs
