"""Figures that compare several runs: rate against distortion, score against reconstruction, and folds.

    python benchmarks/family_figures.py runs/beta-0 runs/capacity-0 runs/factor-0 runs/folds --out figures

Runs of one data set and one likelihood are measured on at most 10,000 items of their test split: the divergence of the
codes from the prior, and -ln p(x|z) at one draw of z per item. FactorVAE scores are those of `latune evaluate`; runs
without one are left out of that figure. Runs of one recipe share a name and a colour. The folder of a cross-validation
gets a figure of its folds, `folds-NAME.png`.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.store import load_dataset
from latune.errors import InputError
from latune.evaluation.folds import scalars
from latune.figures import Folded, Trained, fold_summary, rate_distortion, save_figure, score_against_reconstruction
from latune.losses.vae import divergence, reconstruction
from latune.models.latent_model import LatentModel
from latune.recipes.items import items_of
from latune.training.folds import is_folds
from latune.training.run_folder import Run, open_run

ITEMS, BATCH = 10_000, 500
SCORE = "representation.scores.factor_vae"
NUMBERS = {
    SCORE: "FactorVAE score",
    "scores.means.mig": "MIG",
    "scores.means.sap": "SAP",
    "scores.means.modularity": "modularity",
    "scores.means.interpretability": "interpretability",
    "reconstruction.pixel_accuracy": "pixel accuracy",
    "reconstruction.token_accuracy": "token accuracy",
}


def measured(run: Run) -> Trained:
    """Rate, distortion and, if it was evaluated, score of a run on its test split."""
    dataset, indices = held_out(run)
    rate, distortion = passed_through(run.load_model(), dataset, indices)
    scores = scalars(run.read_json("metrics.json")) if (run.folder / "metrics.json").is_file() else {}
    return Trained(run.recipe.name.rpartition("/")[2], rate, distortion, scores.get(SCORE))


def held_out(run: Run) -> tuple[Dataset, NDArray[np.int64]]:
    """The data of a run, and where in them the items lie that it is measured on, at most `ITEMS`."""
    dataset = items_of(load_dataset(run.recipe.data.name), run.recipe.data)
    indices = dataset.split("test")
    if len(indices) > ITEMS:
        indices = np.sort(np.random.default_rng(0).choice(indices, ITEMS, replace=False))
    return dataset, indices


@torch.no_grad()
def passed_through(model: LatentModel, dataset: Dataset, indices: NDArray[np.int64]) -> tuple[float, float]:
    """Mean divergence and mean -ln p(x|z), in nats per item."""
    torch.manual_seed(0)
    rate = distortion = 0.0
    for part in np.array_split(indices, -(-len(indices) // BATCH)):
        items = model.to_input(torch.from_numpy(np.ascontiguousarray(dataset.items[part])))
        posterior = model.encode(items)
        decoded = model.decode(posterior.sample(), items)
        share = len(part) / len(indices)
        rate += share * divergence(posterior, model.prior).item()
        distortion += share * reconstruction(decoded, items, "sum").item()
    return rate, distortion


def folded(folder: Path) -> dict[str, Folded]:
    """The numbers of every fold with their means and intervals, by title."""
    content = json.loads((folder / "folds.json").read_text(encoding="utf-8"))
    if "metrics" not in content:
        raise InputError(f"{folder} is not measured yet: latune evaluate {folder}.")
    files = [folder / fold / "metrics.json" for fold in content["folds"]]
    numbers = [scalars(json.loads(file.read_text(encoding="utf-8"))) for file in files]
    return {
        title: Folded([fold[name] for fold in numbers], entry["mean"], entry["low"], entry["high"])
        for name, title in NUMBERS.items()
        if (entry := content["metrics"].get(name)) is not None
    }


def check_comparable(runs: list[Run]) -> None:
    kinds = {(run.recipe.data.name, getattr(run.recipe.model, "likelihood", "")) for run in runs}
    if len(kinds) > 1:
        found = "; ".join(f"{name} {likelihood}".strip() for name, likelihood in sorted(kinds))
        raise InputError(f"Expected runs of one data set and one likelihood, got {found}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    runs = [open_run(folder) for folder in options.folders if not is_folds(folder)]
    check_comparable(runs)
    options.out.mkdir(parents=True, exist_ok=True)
    for folder in filter(is_folds, options.folders):
        save_figure(fold_summary(folded(folder)), options.out / f"folds-{folder.resolve().name}.png")
    if not runs:
        return
    points = [measured(run) for run in runs]
    for run, point in zip(runs, points, strict=True):
        print(run.folder, point)
    save_figure(rate_distortion(points), options.out / "rate-distortion.png")
    if any(point.score is not None for point in points):
        save_figure(score_against_reconstruction(points), options.out / "score-against-reconstruction.png")


if __name__ == "__main__":
    main()
