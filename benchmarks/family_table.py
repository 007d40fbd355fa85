"""The table of the beta-VAE family in docs/results.md, out of evaluated runs on sprites.

    python benchmarks/family_table.py runs/results/b-* runs/results/factor-*

A row per run, measured on at most 10,000 held-out pictures: nats of KL, dimensions of more than 0.1 nats, for each
factor the rank correlation with its best dimension, that of scale also within each shape (the lowest), scores of
`latune evaluate`, -ln p(x|z) at one draw of z per picture, and pixels decoded right.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from family_figures import held_out, passed_through
from latune.control.inference import encode_posteriors
from latune.evaluation.folds import scalars
from latune.metrics.posterior import prior_divergence
from latune.training.run_folder import Run, open_run

FACTORS = ("scale", "posx", "posy")
SCORES = ("factor_vae", "beta_vae", "factor_mig", "dci_disentanglement")
IN_USE = 0.1  # nats


def row(run: Run) -> list[str]:
    """The cells of a run."""
    dataset, indices = held_out(run)
    model = run.load_model()
    means, deviations = encode_posteriors(model, np.asarray(dataset.items[indices]))
    nats = prior_divergence(means, deviations)
    values = {name: dataset.attributes[indices, dataset.table.index(name)] for name in (*FACTORS, "shape")}
    best = {name: _following(means, values[name]) for name in FACTORS}
    dimension = int(np.argmax(best["scale"]))
    within = [
        _following(means[chosen], values["scale"][chosen])[dimension]
        for chosen in (values["shape"] == shape for shape in np.unique(values["shape"]))
    ]
    metrics = scalars(run.read_json("metrics.json"))
    _, distortion = passed_through(model, dataset, indices)
    return [
        f"{run.recipe.name}, {run.recipe.seed}",
        f"{nats.sum():.2f}",
        str(np.count_nonzero(nats > IN_USE)),
        *(f"{best[name].max():.3f}".lstrip("0") for name in FACTORS),
        f"{min(within):.3f}".lstrip("0"),
        *(f"{metrics[f'representation.scores.{score}']:.3f}" for score in SCORES),
        f"{distortion:.1f}",
        f"{100 * metrics['reconstruction.pixel_accuracy']:.2f}",
    ]


def _following(codes: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.float64]:
    """How well each dimension follows values, as a rank correlation without sign, (D,)."""
    return np.array([abs(spearmanr(column, values).statistic) for column in codes.T])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="RUN")
    heads = ["recipe, seed", "KL, nats", "dimensions over 0.1 nats", *FACTORS, "scale within a shape"]
    heads += ["FactorVAE score", "beta-VAE score", "MIG", "DCI disentanglement", "nats per picture", "pixels %"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for folder in parser.parse_args().folders:
        print(f"| {' | '.join(row(open_run(folder)))} |")


if __name__ == "__main__":
    main()
