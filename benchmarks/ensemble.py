"""Throughput of an ensemble beside that of separate runs, per recipe: the same steps, in turn, medians over intervals.

Usage: python benchmarks/ensemble.py [--members 8] [--steps 60] [RECIPE[,KEY=VALUE...] ...]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import torch

from latune.cli.data import prepare_items
from latune.recipes import load_recipe
from latune.training.ensemble import train_ensemble
from latune.training.trainer import train
from timing import Clock

INTERVAL = 10  # steps
RECIPES = (
    "chorales/ar-vae,model.hidden_size=64,model.embedding_size=8,model.latent_size=8,training.batch_size=32",
    "chorales/ar-vae",
    "chorales/beta-vae",
    "chorales/factor-vae",
    "chorales/beta-tcvae",
    "chorales/dip-vae",
    "chorales/fader",
    "chorales/conditional-vae",
    "dmelodies/ar-vae",
    "digits/ar-vae",
    "digits/beta-vae-b",
    "sprites-small/ar-vae",
    "sprites-small/beta-vae",
    "sprites-small/factor-vae,method.begin=null",
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("recipes", nargs="*", default=RECIPES)
    options.add_argument("--members", type=int, default=8)
    options.add_argument("--steps", type=int, default=60)
    chosen = options.parse_args()
    print(f"{chosen.members} members, {torch.get_num_threads()} threads, {torch.__version__}")
    print("| recipe | separate, member-steps a second | ensemble | ratio | ratio of processor times |")
    print("|---|---|---|---|---|")
    for text in chosen.recipes:
        name, *changes = text.split(",")
        alone, together = measure(name, changes, chosen.members, chosen.steps)
        wall, processor = (a / b for a, b in zip(alone, together, strict=True))
        label = name + (f" with {', '.join(changes)}" if changes else "")
        print(f"| {label} | {1 / alone[0]:.1f} | {1 / together[0]:.1f} | {wall:.2f} | {processor:.2f} |", flush=True)


def measure(name: str, changes: list[str], members: int, steps: int) -> tuple[tuple[float, float], ...]:
    """Seconds and processor seconds per member and step: alone, and in an ensemble."""
    fixed = [f"training.steps={steps}", "training.epochs=null", f"training.log_every={INTERVAL}"]
    fixed += ["training.validate_every=1000000"]
    if load_recipe(name).control is not None:
        fixed += ["control.from_step=0"]
    recipes = [load_recipe(name, [*fixed, *changes], seed) for seed in range(members)]
    dataset = prepare_items(recipes[0].data, ())
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        alone: list[tuple[float, float]] = []
        for turn in range(2):  # in turn: separate, ensemble, separate
            seen = clock = Clock(INTERVAL)
            train(recipes[turn], dataset, root / f"alone-{turn}", report=lambda progress, seen=seen: seen.tick())
            alone += clock.intervals(1)
            if turn == 0:
                clock = Clock(INTERVAL)
                folders = [root / f"together-{seed}" for seed in range(members)]
                train_ensemble(recipes, dataset, folders, report=lambda number, _, seen=clock: number or seen.tick())
                together = clock.intervals(members)
    return tuple(tuple(statistics.median(column) for column in zip(*times, strict=True)) for times in (alone, together))


if __name__ == "__main__":
    main()
