"""What the definitions of the metrics demand of the cases of the battery, and why some of that misleads.

Ranges follow from how a case is made (R squared of a class number given its pair is 0.914, the information in one of
two halves of six classes is ln 2 of ln 6, and so on) with room for 600 items or more.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Expectation", "expectations_of", "misleading_reason"]


@dataclass(frozen=True)
class Expectation:
    """The range in which a metric's own definition puts its value.

    Attributes:
        low: Smallest value.
        high: Largest value.
        reason: Why, in one sentence.
    """

    low: float
    high: float
    reason: str

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def expectations_of(case: str) -> dict[str, Expectation]:
    """Return what is demanded of a case, by the metric's key."""
    return {
        metric: Expectation(low, high, reason)
        for cases, metrics, low, high, reason in _EXPECTED
        if case in cases.split()
        for metric in metrics.split()
    }


def misleading_reason(metric: str, case: str) -> str:
    """Say why a metric misleads on a case, as the end of a sentence; empty where no cause is known."""
    causes = (cause for cases, metrics, cause in _CAUSES if case in cases.split() and metric in metrics.split())
    return next(causes, "")


_MIG = "factor_mig attribute_mig "
_SAP = "factor_sap attribute_sap "
_GAPS = _MIG + _SAP
_MODULARITY = "factor_modularity attribute_modularity infomec_modularity "
_FOLLOWED = "attribute_interpretability attribute_scc "
_VOTES = "factor_vae beta_vae "
_DCI = "dci_disentanglement dci_completeness dci_informativeness "
_TOP = 1.03  # MIG with nearest neighbours is a ratio of two estimates, which may pass 1
_EVERY = (
    "perfect permuted rescaled idle monotone shuffled correlated duplicated split periodic noisy quantised missing "
    "leaky packed locked"
)
_COUNTED = "factor_modularity attribute_modularity irs "

_EXPECTED: tuple[tuple[str, str, float, float, str], ...] = (
    (
        "perfect permuted",
        _GAPS + _COUNTED + _FOLLOWED + _VOTES + _DCI,
        0.95,
        _TOP,
        "Each code is one factor: every score is at its top, whatever the order and signs of the codes.",
    ),
    (
        "rescaled idle",
        _GAPS + _FOLLOWED + _VOTES + _DCI,
        0.9,
        _TOP,
        "Scale does not matter, and codes that inform about nothing are never the best nor the second-best.",
    ),
    (
        "rescaled idle",
        "factor_modularity",
        0.5,
        0.85,
        "Half of the codes inform by chance only, and count as much as the others.",
    ),
    ("rescaled", "irs", 0.95, 1.0, "Codes count by how far they move, and the inactive ones move little."),
    ("idle", "irs", 0.35, 0.65, "Noise moves further than the codes of factors and counts by that."),
    ("monotone", "attribute_mig attribute_scc", 0.95, _TOP, "Ranks and nearest neighbours do not see the bend."),
    ("monotone", _COUNTED + _VOTES + _DCI, 0.95, 1.0, "A code that holds still when its factor does is all they ask."),
    (
        "monotone",
        "factor_mig",
        0.44,
        0.54,
        "Four of six classes fall into the first of twenty bins of equal width: 1 − (4/6) ln 4 / ln 6 is left.",
    ),
    (
        "monotone",
        _SAP + "attribute_interpretability",
        0.5,
        0.64,
        "A straight line through 5, 25, ... explains 0.579 of the variance.",
    ),
    ("shuffled", _MIG + _COUNTED + _VOTES + _DCI, 0.95, _TOP, "The order of the classes does not matter to them."),
    (
        "shuffled",
        _SAP + _FOLLOWED,
        0.0,
        0.15,
        "Neither a straight line nor ranks see an order that is uncorrelated with the true one.",
    ),
    ("correlated", _FOLLOWED, 0.98, 1.0, "One code is the factor, and they look at nothing else."),
    (
        "correlated",
        _GAPS,
        0.4,
        0.92,
        "The second-best code knows what the two factors share.",
    ),
    ("duplicated", _GAPS, 0.0, 0.03, "The second-best code knows as much as the best."),
    (
        "duplicated split periodic",
        "factor_modularity factor_vae beta_vae dci_disentanglement",
        0.95,
        1.0,
        "Each code is about one factor; how many share it is not asked.",
    ),
    (
        "duplicated",
        "dci_completeness",
        0.62,
        1.0,
        "1 − ln 2 / ln 8 where a model uses both copies, 1 where it uses one: that is up to the estimator.",
    ),
    ("duplicated", _FOLLOWED, 0.98, 1.0, "One code is the factor, and they look at nothing else."),
    ("split", _MIG, 0.18, 0.27, "One code holds ln 3, the other ln 2 of ln 6: the gap is 0.226."),
    (
        "split",
        "factor_sap attribute_sap",
        0.75,
        0.9,
        "The pair explains 0.914 of the variance and the place in it 0.086.",
    ),
    ("split", "attribute_interpretability", 0.88, 0.94, "The pair explains 0.914 of the variance."),
    ("split", "attribute_scc", 0.93, 0.97, "The pair's rank correlation is 0.956."),
    (
        "periodic",
        "factor_mig",
        0.08,
        0.18,
        "The sine tells three groups of classes and the cosine four: the gap is 0.129.",
    ),
    (
        "periodic",
        "factor_sap",
        0.27,
        0.42,
        "Class numbers correlate with a sine (0.514 of the variance) and less with a cosine (0.171).",
    ),
    (
        "split periodic",
        "dci_completeness",
        0.4,
        0.85,
        "Two of eight codes are needed for each factor: 1 − ln 2 / ln 8 = 0.67 where they are needed equally.",
    ),
    ("noisy", _SAP + "attribute_interpretability", 0.55, 0.73, "A line explains 1 / (1 + 0.75²) = 0.64."),
    ("noisy", "attribute_scc", 0.74, 0.86, "The correlation is 0.8."),
    ("noisy", _MIG, 0.15, 0.4, "Noise takes information."),
    ("noisy", "factor_modularity factor_vae beta_vae", 0.95, 1.0, "Noise takes information from each code alike."),
    ("quantised", _MIG, 0.34, 0.43, "The half is ln 2 of ln 6."),
    ("quantised", _SAP + "attribute_interpretability", 0.72, 0.82, "The half explains 0.771 of the variance."),
    ("quantised", "attribute_scc", 0.85, 0.91, "The half's rank correlation is 0.878."),
    ("quantised", _COUNTED + _VOTES, 0.95, 1.0, "Each code holds still when its factor does."),
    ("missing", _GAPS + _FOLLOWED + "factor_vae", 0.68, 0.83, "Three of four factors at the top, one at 0."),
    (
        "missing",
        "beta_vae",
        0.95,
        1.0,
        "The missing factor is told by no code holding still.",
    ),
    ("missing", _COUNTED, 0.95, 1.0, "They average over codes, and none is about a factor that is not there."),
    (
        "leaky",
        "attribute_interpretability",
        0.68,
        0.82,
        "Each code's own factor is 1 / (1 + 3/9) = 0.75 of its variance.",
    ),
    ("leaky", _SAP, 0.55, 0.75, "The own factor explains 0.75, and another 0.083."),
    ("leaky", _VOTES, 0.95, 1.0, "A code varies least when its own factor is held, whatever else it holds."),
    ("packed", "beta_vae", 0.9, 1.0, "Each factor leaves its own trace in how far codes differ."),
    ("packed", "dci_completeness", 0.9, 1.0, "Each factor is in one code."),
    (
        "locked",
        _SAP + _FOLLOWED + "factor_mig",
        0.42,
        0.58,
        "Two of four factors are in a code of their own; of the others a single code tells nothing.",
    ),
    (
        "locked",
        "dci_informativeness",
        0.9,
        1.0,
        "Trees see both codes.",
    ),
    ("rotated", _GAPS, 0.0, 0.1, "Two codes tell as much of each factor."),
    (
        "rotated",
        "factor_modularity attribute_modularity",
        0.6,
        0.74,
        "Each code is about two of four factors alike: 1 − 1/3.",
    ),
    ("rotated", "attribute_interpretability", 0.42, 0.58, "Each of two codes explains half."),
    (
        "rotated",
        _VOTES + "dci_disentanglement",
        0.4,
        0.6,
        "The pair is told apart from the other pair, and the two factors within it are not.",
    ),
    ("mixed", "attribute_interpretability", 0.45, 0.62, "The best code explains 16/30."),
    ("mixed", _SAP, 0.15, 0.32, "The best code explains 16/30, the next 9/30."),
    (
        "mixed",
        _VOTES,
        0.88,
        1.0,
        "Each code varies least when the factor that it holds most of is held, and that is another one for each code.",
    ),
    ("noise", _GAPS + _FOLLOWED, 0.0, 0.08, "Nothing is known."),
    ("noise", _VOTES, 0.18, 0.33, "Chance is one of four."),
    ("noise", "dci_disentanglement dci_completeness", 0.0, 0.1, "Importances are spread evenly."),
    ("noise", "dci_informativeness", 0.1, 0.24, "Chance is one of six."),
    ("noise", "factor_modularity", 0.1, 0.75, "Counting finds a little information about every factor."),
    (
        "perfect permuted duplicated",
        "infomec_modularity infomec_explicitness explicitness explicitness_size",
        0.9,
        1.0,
        "Each code is about one factor, and a linear model reads it.",
    ),
    ("perfect permuted", "infomec_compactness", 0.9, 1.0, "One code holds all information about a factor."),
    (
        "duplicated",
        "infomec_compactness",
        0.37,
        0.47,
        "Half of the information is in the best of eight codes: (1/2 − 1/8) / (7/8).",
    ),
    ("split", "infomec_compactness", 0.46, 0.62, "ln 3 / ln 6 of the information is in the best of eight codes."),
    ("periodic", "infomec_compactness", 0.4, 0.55, "The cosine has 0.548 of the information."),
    ("rotated", "infomec_modularity", 0.24, 0.42, "Half of a code's information is about its best factor of four."),
    ("noise", "infomec_explicitness explicitness_size", 0.0, 0.1, "There is nothing to read."),
    ("noise", "explicitness", 0.42, 0.58, "Chance is one half."),
    (
        "perfect permuted",
        "sap_classifier",
        0.05,
        0.3,
        "A line against the rest finds the outer two of six classes: their third, less the sixth of other codes.",
    ),
    ("duplicated noise", "sap_classifier", 0.0, 0.06, "The second-best code is as good as the best."),
    ("noise", "irs", 0.1, 0.5, "Within a class, noise is seldom as far off as at its furthest."),
)
"""Cases, metrics, smallest and largest value, and why."""

_CAUSES: tuple[tuple[str, str, str], ...] = (
    ("rescaled idle", "factor_modularity", "codes of noise inform by chance, and count as much as the others."),
    (
        "leaky packed rotated mixed",
        _MODULARITY,
        "information is squared before it is compared, so that a smaller share of another factor hardly counts.",
    ),
    (
        "locked noise",
        "attribute_modularity",
        "where nothing is known the estimate is 0 for some factors by chance, and the rest stands out.",
    ),
    ("idle", "irs", "codes count by how far they move, and noise moves furthest."),
    ("noisy", "irs", "noise moves a code while its factor is held."),
    ("packed", "irs", "the second factor moves the code only a little."),
    (
        "leaky packed mixed",
        _VOTES,
        "to name the factor that is held, a code need not be free of the others.",
    ),
    ("noisy", "dci_disentanglement dci_completeness", "trees fit the noise of the other codes too."),
    (
        "missing",
        "dci_disentanglement",
        "the model of the missing factor spreads its importance over the codes of the others.",
    ),
    ("duplicated", "dci_completeness", "boosted trees take one of two equal codes and never look at the other."),
    ("split periodic", "dci_completeness", "two codes out of eight still leave 1 − ln 2 / ln 8."),
    (
        "missing locked noise",
        "infomec_compactness infomec_modularity",
        "of a factor that no code tells, chance is compared with chance.",
    ),
    ("monotone", "factor_mig", "bins of equal width put four of six classes together."),
    ("packed", _MIG, "what else a code holds is not asked."),
    ("duplicated split periodic", _GAPS, "a second code of the same factor closes the gap, and nothing is mixed."),
    ("noisy quantised", _GAPS, "what is lost counts like what is mixed."),
    ("monotone shuffled", _SAP + _FOLLOWED, "a straight line, or an order, is all that is looked for."),
    ("correlated", _GAPS, "the second-best code knows what the factors share."),
    ("split", _FOLLOWED, "the outer order is right, and the classes within a pair are forgiven."),
    (
        _EVERY,
        "sap_classifier",
        "one line per class through one code finds the outer two of six ordered classes at best.",
    ),
    ("locked", "infomec_explicitness explicitness", "a linear model cannot take a remainder."),
    ("shuffled periodic locked", "explicitness_size", "it asks how small a model suffices, not whether one does."),
    ("noisy quantised", "explicitness_size", "the little that can be read is read by a small model."),
    ("monotone", "infomec_explicitness", "a linear model of few items does not undo the bend."),
)
"""Cases, metrics, and why the value misleads."""
