"""Metrics: arrays in, a small result out; nothing here knows models, files or torch.

Three families:

- **Do codes follow attributes?** `evaluate` takes codes (N, D) and attributes (N, A) of the same N items
  and returns interpretability, modularity, MIG, SAP and SCC, each with a 95 % interval, and the matrices
  behind them. The function of each score is public too. `ceiling_and_chance` gives the scores of perfect
  codes and of noise on the same attributes: print them beside a model's.
- **Does the item come back?** `token_accuracy`, `exact_items`, `onset_f1` and `majority_baseline` compare
  integer tokens (N, T) and return one value per item; `bootstrap_mean` turns those into a mean with an
  interval.

- **What belongs together?** `relate` says how one attribute goes with another in real items, and whether they are
  independent.

Scores everywhere: higher is better; information is in nats; intervals come from a seeded bootstrap, of items or of
whole `groups` (tunes); results depend on nothing but the arguments. Bad input raises
`latune.errors.InputError` with a sentence that names the array.

Example:
    >>> import numpy as np
    >>> generator = np.random.default_rng(0)
    >>> attributes = generator.normal(size=(500, 2))
    >>> codes = oracle_codes(attributes, latent_size=4, noise=0.1)
    >>> result = evaluate(codes, attributes, names=["density", "range"])
    >>> print(f"{result.interpretability.value:.2f}", result.attributes["range"].dimension)
    0.99 1
"""

from latune.metrics.bootstrap import Estimate, bootstrap_mean, bootstrap_weights
from latune.metrics.correlation import correlation_matrix
from latune.metrics.dependence import Relation, relate
from latune.metrics.disentanglement import (
    AttributeFit,
    DisentanglementResult,
    evaluate,
    interpretability,
    modularity,
    mutual_information_gap,
    separated_attribute_predictability,
    spearman_correlation,
)
from latune.metrics.mutual_information import MutualInformation, mutual_information
from latune.metrics.reconstruction import (
    exact_items,
    majority_baseline,
    majority_token,
    onset_f1,
    token_accuracy,
)
from latune.metrics.reference_codes import ReferenceScores, ceiling_and_chance, noise_codes, oracle_codes

__all__ = [
    "AttributeFit",
    "DisentanglementResult",
    "Estimate",
    "MutualInformation",
    "ReferenceScores",
    "Relation",
    "bootstrap_mean",
    "bootstrap_weights",
    "ceiling_and_chance",
    "correlation_matrix",
    "evaluate",
    "exact_items",
    "interpretability",
    "majority_baseline",
    "majority_token",
    "modularity",
    "mutual_information",
    "mutual_information_gap",
    "noise_codes",
    "onset_f1",
    "oracle_codes",
    "relate",
    "separated_attribute_predictability",
    "spearman_correlation",
    "token_accuracy",
]
