"""One computation per score of the suite; what several of them need is computed once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from latune.errors import InputError
from latune.metrics.arrays import FloatArray, IntArray
from latune.metrics.bootstrap import Estimate, bootstrap_mean, bootstrap_weights, interval
from latune.metrics.correlation import correlation_matrix
from latune.metrics.dci import DciResult, dci
from latune.metrics.disentanglement import (
    DisentanglementResult,
    evaluate,
    modularity,
    mutual_information_gap,
    separated_attribute_predictability,
)
from latune.metrics.explicitness import explicitness
from latune.metrics.explicitness_size import explicitness_size
from latune.metrics.factors import discrete_entropies, discrete_information, histogram_bins
from latune.metrics.gaussian import total_correlation_of, wasserstein_correlation_of, weighted_covariance
from latune.metrics.infomec import InfoMecResult, infomec
from latune.metrics.intervention import interventional_robustness
from latune.metrics.posterior import ACTIVE_VARIANCE, divergence_per_item
from latune.metrics.representation import Representation
from latune.metrics.separability import separability
from latune.metrics.shared_factor import beta_vae_score, factor_vae_score

__all__ = ["Estimator", "Score", "Workbench"]

Estimator = Literal["fast", "reference"]


@dataclass(frozen=True)
class Score:
    """A score and what it is made of.

    Attributes:
        estimate: The value with its interval, which is open where none can be had cheaply.
        parts: The value for each factor, attribute or code, by name, where the score is made of such.
    """

    estimate: Estimate
    parts: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers for JSON."""
        return self.estimate.to_dict() | ({"parts": dict(self.parts)} if self.parts else {})


class Workbench:
    """Computes the scores of a representation; each method that returns a `Score` is one entry of the suite.

    Args:
        representation: Codes, with factors, attributes and scales where there are such.
        estimator: What fits the scores that fit a model.
        bootstrap: Number of repetitions for intervals; 0 leaves them open.
        seed: Seed of splits, draws, fits and bootstrap.
    """

    def __init__(self, representation: Representation, estimator: Estimator, bootstrap: int, seed: int) -> None:
        self.codes: FloatArray = representation.codes
        self.representation = representation
        self.estimator = estimator
        self.bootstrap = bootstrap
        self.seed = seed

    # What several scores need

    @cached_property
    def factors(self) -> IntArray:
        """Class numbers (N, K)."""
        if self.representation.factors is None:
            raise InputError("There are no factors.")
        return self.representation.factors

    @cached_property
    def split(self) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
        """Codes and factors of the items that scores are fitted on, then of others."""
        return self.representation.split("factors", self.seed)

    @cached_property
    def bins(self) -> IntArray:
        """Bins of the codes (N, D)."""
        return histogram_bins(self.codes)

    @cached_property
    def information(self) -> FloatArray:
        """Information of codes and factors (D, K) in nats."""
        return discrete_information(self.bins, self.factors)

    @cached_property
    def entropies(self) -> FloatArray:
        """Entropies of the factors (K,) in nats."""
        return discrete_entropies(self.factors)

    @cached_property
    def information_draws(self) -> FloatArray:
        """The information in each bootstrap repetition (B, D, K)."""
        return self._draws(lambda weights: discrete_information(self.bins, self.factors, weights))

    @cached_property
    def covariance(self) -> FloatArray:
        """Covariance of the codes that vary."""
        return weighted_covariance(self.codes)

    @cached_property
    def covariance_draws(self) -> FloatArray:
        """The covariance in each bootstrap repetition."""
        return self._draws(lambda weights: weighted_covariance(self.codes, weights))

    @cached_property
    def dci(self) -> DciResult:
        """Importances and accuracies of models of the factors."""
        return dci(*self.split, estimator=self.estimator, seed=self.seed)

    @cached_property
    def infomec(self) -> InfoMecResult:
        """Normalised information of codes and factors."""
        return infomec(*self.split, seed=self.seed)

    @cached_property
    def attribute_result(self) -> DisentanglementResult:
        """The five scores of `evaluate`, and their matrices."""
        given = self.representation
        if given.attributes is None:
            raise InputError("There are no attributes.")
        return evaluate(self.codes, given.attributes, given.attribute_names, bootstrap=self.bootstrap, seed=self.seed)

    # Codes against attributes

    def attribute_interpretability(self) -> Score:
        """Variance of the attributes that a line on one code explains."""
        fits = self.attribute_result.attributes
        return Score(self.attribute_result.interpretability, {name: fit.r_squared.value for name, fit in fits.items()})

    def attribute_modularity(self) -> Score:
        """Modularity with nearest-neighbour information."""
        return Score(self.attribute_result.modularity)

    def attribute_mig(self) -> Score:
        """MIG with nearest-neighbour information."""
        return Score(self.attribute_result.mig)

    def attribute_sap(self) -> Score:
        """SAP of attributes."""
        return Score(self.attribute_result.sap)

    def attribute_scc(self) -> Score:
        """Spearman correlation."""
        return Score(self.attribute_result.scc)

    # Codes against factors, nothing fitted

    def factor_mig(self) -> Score:
        """MIG with counted information."""
        gaps = [
            mutual_information_gap(column[:, None], entropy[None])
            for column, entropy in zip(self.information.T, self.entropies, strict=True)
        ]
        entropies = self._draws(lambda weights: discrete_entropies(self.factors, weights))
        draws = mutual_information_gap(self.information_draws, entropies)
        return Score(_estimate(np.mean(gaps), draws), self._per_factor(gaps))

    def factor_modularity(self) -> Score:
        """Modularity with counted information."""
        each = [modularity(row[None]) for row in self.information]
        return Score(_estimate(np.mean(each), modularity(self.information_draws)), self._per_code(each))

    def factor_sap(self) -> Score:
        """SAP from squared correlations."""
        numbers = self.factors.astype(np.float64)
        squared = correlation_matrix(self.codes, numbers) ** 2
        gaps = [separated_attribute_predictability(column[:, None]) for column in squared.T]
        draws = self._draws(
            lambda weights: separated_attribute_predictability(correlation_matrix(self.codes, numbers, weights) ** 2)
        )
        return Score(_estimate(np.mean(gaps), draws), self._per_factor(gaps))

    def irs(self) -> Score:
        """Interventional robustness."""
        result = interventional_robustness(self.codes, self.factors)
        return Score(Estimate(result.score), self._per_code(result.matrix.max(axis=1)))

    def factor_vae(self) -> Score:
        """FactorVAE score."""
        return Score(Estimate(factor_vae_score(self.codes, self.factors, seed=self.seed)))

    def beta_vae(self) -> Score:
        """Beta-VAE score."""
        return Score(Estimate(beta_vae_score(self.codes, self.factors, seed=self.seed)))

    # Codes against factors, with a model that is fitted on some items and scored on others

    def sap_classifier(self) -> Score:
        """SAP from accuracies of classifiers of single codes."""
        return Score(Estimate(separability(*self.split, seed=self.seed).sap))

    def explicitness(self) -> Score:
        """Areas under the curves of linear classifiers."""
        result = explicitness(*self.split)
        return Score(Estimate(result.explicitness_test), self._per_factor(result.area_test))

    def dci_disentanglement(self) -> Score:
        """Does a code serve one factor only?"""
        return Score(Estimate(self.dci.disentanglement))

    def dci_completeness(self) -> Score:
        """Does a factor need one code only?"""
        return Score(Estimate(self.dci.completeness))

    def dci_informativeness(self) -> Score:
        """Accuracy on test items."""
        return Score(Estimate(self.dci.informativeness_test), self._per_factor(self.dci.accuracy_test))

    def explicitness_size(self) -> Score:
        """DCI-ES: how simple a probe may be."""
        result = explicitness_size(*self.split, seed=self.seed)
        return Score(Estimate(result.explicitness), self._per_factor(result.explicitness_per_factor))

    def infomec_modularity(self) -> Score:
        """InfoM, of active codes."""
        return Score(Estimate(self.infomec.modularity))

    def infomec_compactness(self) -> Score:
        """InfoC, of active codes."""
        return Score(Estimate(self.infomec.compactness))

    def infomec_explicitness(self) -> Score:
        """InfoE, on test items."""
        return Score(Estimate(self.infomec.explicitness), self._per_factor(self.infomec.explicitness_per_factor))

    # Codes alone

    def total_correlation(self) -> Score:
        """Total correlation of Gaussian codes."""
        value = total_correlation_of(self.covariance)
        if not np.isfinite(value):
            raise InputError("Some codes are sums of others, or there are too few items: it is infinite.")
        return Score(_estimate(value, total_correlation_of(self.covariance_draws)))

    def wasserstein_correlation(self) -> Score:
        """Wasserstein distance of Gaussian codes from independent ones."""
        return Score(
            _estimate(wasserstein_correlation_of(self.covariance), wasserstein_correlation_of(self.covariance_draws))
        )

    def wasserstein_correlation_normalised(self) -> Score:
        """The same over the total variance."""
        value = wasserstein_correlation_of(self.covariance, normalised=True)
        return Score(_estimate(value, wasserstein_correlation_of(self.covariance_draws, normalised=True)))

    def active_units(self) -> Score:
        """Codes whose mean varies."""
        variances = self.codes.var(axis=0)
        return Score(Estimate(float((variances > ACTIVE_VARIANCE).sum())), self._per_code(variances))

    def prior_divergence(self) -> Score:
        """Divergence from the prior, summed over codes."""
        if self.representation.scales is None:
            raise InputError("There are no scales.")
        each = divergence_per_item(self.codes, self.representation.scales)
        total = bootstrap_mean(each.sum(axis=1), repetitions=self.bootstrap, seed=self.seed)
        return Score(total, self._per_code(each.mean(axis=0)))

    # Small things

    def _draws(self, statistic: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Return a statistic of item weights (b, N) for every bootstrap repetition, (B, ...)."""
        blocks = bootstrap_weights(len(self.codes), self.bootstrap, self.seed)
        # Without repetitions, a single draw that is cut off again gives the shape.
        found = [statistic(weights) for weights in blocks]
        return np.concatenate(found) if found else statistic(self._equal_weights)[:0]

    @property
    def _equal_weights(self) -> FloatArray:
        return np.full((1, len(self.codes)), 1 / len(self.codes))

    def _per_factor(self, values: Iterable[Any]) -> dict[str, float]:
        names = self.representation.factor_names or ()
        return {name: float(value) for name, value in zip(names, values, strict=True)}

    def _per_code(self, values: Iterable[Any]) -> dict[str, float]:
        return {f"z{index}": float(value) for index, value in enumerate(values)}


def _estimate(value: Any, repetitions: FloatArray) -> Estimate:
    """Return a value with the spread of its repetitions about it.

    Counting and covariances are biased by the number of distinct items, of which a draw has fewer: the repetitions
    tell the spread, not the place.
    """
    if not np.isfinite(repetitions).all():
        return Estimate(float(value))
    centred = value + repetitions - repetitions.mean() if repetitions.size else repetitions
    return interval(float(value), centred)
