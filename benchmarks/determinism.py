"""What is the same twice: trainings of one recipe and seed, again and with other numbers of threads.

    python benchmarks/determinism.py [--steps 100]

For every recipe it trains in processes of their own: twice with one thread, twice with two. Prints the largest
difference of a weight, and that of the validation loss, beside the largest weight.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

RECIPES = ("chorales/ar-vae", "chorales/glsr-vae", "sprites-small/ar-vae")
THREADS = (1, 1, 2, 2)
PAIRS = (("one thread, twice", 0, 1), ("two threads, twice", 2, 3), ("one and two threads", 0, 2))


def trained(recipe: str, steps: int, threads: int, folder: Path) -> tuple[dict[str, np.ndarray], float]:
    """Weights and the last validation loss."""
    shorter = [f"--set=training.{key}={steps}" for key in ("steps", "validate_every", "checkpoint_every")]
    command = [sys.executable, "-m", "latune", "train", recipe, "--out", str(folder), "--set=training.keep=last"]
    counts = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    subprocess.run([*command, *shorter], check=True, capture_output=True, env={**os.environ, **counts})
    with (folder / "history.csv").open() as file:
        losses = [row["validation_loss"] for row in csv.DictReader(file) if row["validation_loss"]]
    return load_file(folder / "weights.safetensors"), float(losses[-1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    options = parser.parse_args()
    print(f"{options.steps} steps.\n")
    print("| recipe | compared | weights | validation loss |")
    print("|---|---|---|---|")
    for recipe in options.recipes:
        with tempfile.TemporaryDirectory() as home:
            runs = [trained(recipe, options.steps, threads, Path(home) / str(i)) for i, threads in enumerate(THREADS)]
        largest = max(np.abs(weights).max() for weights in runs[0][0].values())
        for what, a, b in PAIRS:
            (first, loss), (second, other) = runs[a], runs[b]
            apart = max(np.abs(first[name] - second[name]).max() for name in first)
            said = f"up to {apart:.1g} apart (largest: {largest:.2g})" if apart else "bitwise equal"
            print(f"| {recipe} | {what} | {said} | {abs(loss - other) / abs(loss):.1g} |", flush=True)


if __name__ == "__main__":
    main()
