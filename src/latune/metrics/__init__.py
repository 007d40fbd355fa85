"""Metrics: arrays in, a small result out; nothing here knows models, files or torch.

Four families:

- **Do codes follow attributes?** `evaluate` takes codes (N, D) and attributes (N, A) of the same N items
  and returns interpretability, modularity, MIG, SAP and SCC, each with a 95 % interval, and the matrices
  behind them. The function of each score is public too. `ceiling_and_chance` gives the scores of perfect
  codes and of noise on the same attributes: print them beside a model's.
- **Does the item come back?** `token_accuracy`, `exact_items`, `onset_f1` and `majority_baseline` compare
  integer tokens (N, T) and return one value per item; `bootstrap_mean` turns those into a mean with an
  interval.

- **The suite**: `score` takes a `Representation` (codes with classes, `factors`, or continuous `attributes`) and
  returns every score that applies; `METRICS` says what each needs, its range, source and pitfall. The function of each
  score is public too.

- **What belongs together?** `relate` says how one attribute goes with another in real items, and whether they are
  independent.

Higher is better unless a score says otherwise; information is in nats; intervals come from a seeded bootstrap, of
items or of whole `groups` (tunes); results depend on nothing but the arguments. Bad input raises
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
from latune.metrics.catalogue import METRICS, Metric
from latune.metrics.correlation import correlation_matrix
from latune.metrics.dci import DciResult, dci
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
from latune.metrics.explicitness import ExplicitnessResult, explicitness
from latune.metrics.explicitness_size import ExplicitnessSizeResult, explicitness_size
from latune.metrics.factors import (
    check_factor_parts,
    check_factors,
    discrete_entropies,
    discrete_information,
    histogram_bins,
)
from latune.metrics.gaussian import gaussian_total_correlation, gaussian_wasserstein_correlation
from latune.metrics.histogram_scores import factor_mig, factor_modularity, factor_sap
from latune.metrics.infomec import InfoMecResult, infomec
from latune.metrics.intervention import Robustness, interventional_robustness
from latune.metrics.mutual_information import MutualInformation, mutual_information
from latune.metrics.posterior import active_units, prior_divergence
from latune.metrics.reconstruction import (
    exact_items,
    majority_baseline,
    majority_token,
    onset_f1,
    token_accuracy,
)
from latune.metrics.reference_codes import ReferenceScores, ceiling_and_chance, noise_codes, oracle_codes
from latune.metrics.representation import Representation
from latune.metrics.separability import SeparabilityResult, separability
from latune.metrics.shared_factor import beta_vae_score, factor_vae_score
from latune.metrics.song_quality import (
    drum_regularity,
    empty_bar_ratio,
    groove_similarity,
    interpolation_monotonicity,
    key_consistency,
    note_length_histogram,
    note_length_overlap,
    pitch_class_entropy,
)
from latune.metrics.suite import SuiteResult, score, score_representation
from latune.metrics.unsupervised_ranking import UnsupervisedRankingResult, unsupervised_ranking
from latune.metrics.workbench import Score

__all__ = [
    "METRICS",
    "AttributeFit",
    "DciResult",
    "DisentanglementResult",
    "Estimate",
    "ExplicitnessResult",
    "ExplicitnessSizeResult",
    "InfoMecResult",
    "Metric",
    "MutualInformation",
    "ReferenceScores",
    "Relation",
    "Representation",
    "Robustness",
    "Score",
    "SeparabilityResult",
    "SuiteResult",
    "UnsupervisedRankingResult",
    "active_units",
    "beta_vae_score",
    "bootstrap_mean",
    "bootstrap_weights",
    "ceiling_and_chance",
    "check_factor_parts",
    "check_factors",
    "correlation_matrix",
    "dci",
    "discrete_entropies",
    "discrete_information",
    "drum_regularity",
    "empty_bar_ratio",
    "evaluate",
    "exact_items",
    "explicitness",
    "explicitness_size",
    "factor_mig",
    "factor_modularity",
    "factor_sap",
    "factor_vae_score",
    "gaussian_total_correlation",
    "gaussian_wasserstein_correlation",
    "groove_similarity",
    "histogram_bins",
    "infomec",
    "interpolation_monotonicity",
    "interpretability",
    "interventional_robustness",
    "key_consistency",
    "majority_baseline",
    "majority_token",
    "modularity",
    "mutual_information",
    "mutual_information_gap",
    "noise_codes",
    "note_length_histogram",
    "note_length_overlap",
    "onset_f1",
    "oracle_codes",
    "pitch_class_entropy",
    "prior_divergence",
    "relate",
    "score",
    "score_representation",
    "separability",
    "separated_attribute_predictability",
    "spearman_correlation",
    "token_accuracy",
    "unsupervised_ranking",
]
