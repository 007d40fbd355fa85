"""Peak memory of a training on all 737,280 sprites, in a process of its own.

The pictures take 377 MB packed; as float32 they would take 12.1 GB. Needs the data set: latune data prepare sprites.

    python benchmarks/training_memory.py [protocol] [steps]
"""

from __future__ import annotations

import json
import subprocess
import sys

TRAINING = """
import json, resource, sys, tempfile
from pathlib import Path

protocol, steps = sys.argv[1:]
highest = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
from latune.data.store import load_dataset
from latune.recipes import load_recipe
from latune.recipes.items import items_of
from latune.training.trainer import train

peaks = {"imports": highest()}
settings = [f"data.protocol={protocol}", f"training.steps={steps}", f"training.validate_every={steps}"]
settings += ["data.fold=0"] if protocol == "kfold" else []
recipe = load_recipe("sprites/beta-vae", [*settings, "recording={}"])
dataset = items_of(load_dataset("sprites"), recipe.data)
peaks["data set"] = highest()
with tempfile.TemporaryDirectory() as folder:
    train(recipe, dataset, Path(folder) / "run")
peaks["training"] = highest()
print(json.dumps(peaks))
"""


def peak_megabytes(protocol: str, steps: int) -> dict[str, float]:
    """Peak resident memory so far, in MiB, after the imports, opening the data and training."""
    command = [sys.executable, "-c", TRAINING, protocol, str(steps)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(printed)


def main() -> None:
    protocol = sys.argv[1] if len(sys.argv) > 1 else "full"
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    peaks = peak_megabytes(protocol, steps)
    listed = ", ".join(f"{name} {peak:,.0f} MiB" for name, peak in peaks.items())
    print(f"peak memory, protocol {protocol}, {steps} steps: {listed}")


if __name__ == "__main__":
    main()
