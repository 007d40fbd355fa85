"""The entries of the metric suite: what each score needs, its range, its source, and what to beware of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from latune.metrics.representation import Representation
from latune.metrics.workbench import Score, Workbench

__all__ = ["METRICS", "Metric", "Need"]

Need = Literal["factors", "attributes", "scales"]

_WHAT = {
    "factors": "factors, the classes of each item",
    "attributes": "attributes, continuous numbers of each item",
    "scales": "scales, the standard deviations of the codes",
}


@dataclass(frozen=True)
class Metric:
    """An entry of the suite.

    Attributes:
        key: Its name in results.
        title: Its name in tables.
        needs: What it needs beside codes.
        low: Its smallest value.
        high: Its largest value, which may be infinite.
        better: Whether more or less of it is better; None where it only describes.
        source: Paper.
        pitfall: What to beware of, in one sentence.
        compute: What computes it.
        fitted: Whether a model is fitted to training items and scored on test items.
        resampled: Whether a bootstrap gives its interval; else it stays open.
    """

    key: str
    title: str
    needs: tuple[Need, ...]
    low: float
    high: float
    better: Literal["higher", "lower"] | None
    source: str
    pitfall: str
    compute: Callable[[Workbench], Score]
    fitted: bool = False
    resampled: bool = True

    def missing(self, representation: Representation) -> str:
        """Say what it lacks, in one sentence; empty where it applies."""
        lacks = [_WHAT[need] for need in self.needs if need not in representation.has]
        return f"It needs {' and '.join(lacks)}." if lacks else ""


_LOCATELLO = "Locatello et al. 2019"
_PATI = "Pati and Lerch 2020"
_INFINITE = float("inf")

METRICS: tuple[Metric, ...] = (
    Metric(
        "attribute_interpretability",
        "interpretability (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        f"Adel et al. 2018; {_PATI}",
        "One code may serve several attributes and still score 1 for each.",
        Workbench.attribute_interpretability,
    ),
    Metric(
        "attribute_modularity",
        "modularity (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        f"Ridgeway and Mozer 2018; {_PATI}",
        "Noise does not score 0, and unused codes count like others: compare with chance.",
        Workbench.attribute_modularity,
    ),
    Metric(
        "attribute_mig",
        "MIG (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        f"Chen et al. 2018; {_PATI}",
        "It divides by an entropy that grows with the number of items: compare at equal numbers only.",
        Workbench.attribute_mig,
    ),
    Metric(
        "attribute_sap",
        "SAP (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        f"Kumar et al. 2018; {_PATI}",
        "Correlated attributes bound it from above: compare with the ceiling.",
        Workbench.attribute_sap,
    ),
    Metric(
        "attribute_scc",
        "SCC (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        _PATI,
        "The largest of many correlations is above 0 by chance.",
        Workbench.attribute_scc,
    ),
    Metric(
        "factor_mig",
        "MIG",
        ("factors",),
        0,
        1,
        "higher",
        "Chen et al. 2018, section 4",
        "A factor that takes two codes, such as an angle, counts near 0; far-off items widen the bins.",
        Workbench.factor_mig,
    ),
    Metric(
        "factor_modularity",
        "modularity",
        ("factors",),
        0,
        1,
        "higher",
        "Ridgeway and Mozer 2018",
        "Information is overestimated by counting, so noise does not score 0; unused codes count like others.",
        Workbench.factor_modularity,
    ),
    Metric(
        "factor_sap",
        "SAP (correlation)",
        ("factors",),
        0,
        1,
        "higher",
        "Kumar et al. 2018, section 3",
        "It takes class numbers for quantities: it means nothing for classes without order.",
        Workbench.factor_sap,
    ),
    Metric(
        "irs",
        "IRS",
        ("factors",),
        0,
        1,
        "higher",
        "Suter et al. 2019",
        "Noise scores well above 0, and one far-off item raises it.",
        Workbench.irs,
        resampled=False,
    ),
    Metric(
        "factor_vae",
        "FactorVAE score",
        ("factors",),
        0,
        1,
        "higher",
        "Kim and Mnih 2018, section 4",
        "Codes with a standard deviation below 0.05 are dropped; a code may hold further factors unseen.",
        Workbench.factor_vae,
        resampled=False,
    ),
    Metric(
        "beta_vae",
        "beta-VAE score",
        ("factors",),
        0,
        1,
        "higher",
        "Higgins et al. 2017, section 3",
        "Entangled codes reach 1 too; read it as a lower bar.",
        Workbench.beta_vae,
        resampled=False,
    ),
    Metric(
        "sap_classifier",
        "SAP (classifier)",
        ("factors",),
        0,
        1,
        "higher",
        "Kumar et al. 2018, section 3",
        "A line through one code separates only the outer of many ordered classes; small scales score lower.",
        Workbench.sap_classifier,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "dci_disentanglement",
        "DCI disentanglement",
        ("factors",),
        0,
        1,
        "higher",
        "Eastwood and Williams 2018, section 2",
        "The model that is fitted decides the value; correlated codes share importance by chance.",
        Workbench.dci_disentanglement,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "dci_completeness",
        "DCI completeness",
        ("factors",),
        0,
        1,
        "higher",
        "Eastwood and Williams 2018, section 2",
        "A factor that takes two codes, such as an angle, is punished; two codes that say the same may not be.",
        Workbench.dci_completeness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "dci_informativeness",
        "DCI informativeness",
        ("factors",),
        0,
        1,
        "higher",
        "Eastwood and Williams 2018, section 2",
        "An accuracy on test items: chance is the share of the largest class.",
        Workbench.dci_informativeness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "explicitness",
        "explicitness",
        ("factors",),
        0,
        1,
        "higher",
        "Ridgeway and Mozer 2018",
        "An area under curves: 0.5 is chance, and it says nothing of single codes.",
        Workbench.explicitness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "explicitness_size",
        "DCI-ES explicitness",
        ("factors",),
        -1,
        1,
        "higher",
        "Eastwood et al. 2023",
        "It says how simply, not how well, factors can be read: read DCI informativeness beside it.",
        Workbench.explicitness_size,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "infomec_modularity",
        "InfoM",
        ("factors",),
        0,
        1,
        "higher",
        "Hsu et al. 2023",
        "Which codes count as active decides; an unused code that moves adds chance.",
        Workbench.infomec_modularity,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "infomec_compactness",
        "InfoC",
        ("factors",),
        0,
        1,
        "higher",
        "Hsu et al. 2023",
        "Which codes count as active decides; a factor that takes two codes, such as an angle, is punished.",
        Workbench.infomec_compactness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "infomec_explicitness",
        "InfoE",
        ("factors",),
        0,
        1,
        "higher",
        "Hsu et al. 2023",
        "It is linear: an angle in one code, or ordered classes with a gap, cost it.",
        Workbench.infomec_explicitness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "total_correlation",
        "total correlation, nats",
        (),
        0,
        _INFINITE,
        "lower",
        _LOCATELLO,
        "It sees correlation only, and grows with the number of codes.",
        Workbench.total_correlation,
    ),
    Metric(
        "wasserstein_correlation",
        "Wasserstein correlation",
        (),
        0,
        _INFINITE,
        "lower",
        _LOCATELLO,
        "It grows with the square of the codes' scale.",
        Workbench.wasserstein_correlation,
    ),
    Metric(
        "wasserstein_correlation_normalised",
        "Wasserstein correlation / variance",
        (),
        0,
        2,
        "lower",
        _LOCATELLO,
        "It sees correlation only; codes of a large scale dominate.",
        Workbench.wasserstein_correlation_normalised,
    ),
    Metric(
        "active_units",
        "active units",
        (),
        0,
        _INFINITE,
        None,
        "Burda et al. 2015, section 5.2",
        "The threshold, a variance of 0.01, belongs to codes with a standard normal prior.",
        Workbench.active_units,
        resampled=False,
    ),
    Metric(
        "prior_divergence",
        "KL from the prior, nats",
        ("scales",),
        0,
        _INFINITE,
        None,
        "Kingma and Welling 2014, appendix B",
        "It bounds the information that codes carry from above.",
        Workbench.prior_divergence,
    ),
)
"""All scores, in the order of tables."""
