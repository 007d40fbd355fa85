"""Training throughput of every recipe, and how near it comes to the arithmetic of its step.

    python benchmarks/recipe_throughput.py [--seconds 5] [RECIPE ...]

Every recipe trains for some steps as `latune train` does, with the terms and players that it begins with later; the
median over intervals counts. The floor of a step is its matrix products and convolutions, as PyTorch counts them while
the recipe trains, at the speed of the fastest matrix product of this machine in the recipe's precision. Recurrent
layers of MusAE's paper presets run in a fused kernel that PyTorch does not count: they have no floor here.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from latune.cli.data import prepare_items
from latune.data.dataset import Dataset
from latune.errors import LatuneError
from latune.models.gru import linear
from latune.recipes import Recipe, list_recipes, load_recipe
from latune.training.trainer import train
from timing import Clock, operations_per_second

LEFT_OUT = {
    "shapes3d": "drawing its 480,000 pictures takes 5.9 GB",
    "images": "it is for pictures of your own",
}
STEPS = 40  # at most
FEWEST = 4  # however long they take
ONE_DNN = getattr(torch.ops.mkldnn, "_linear_pointwise", None)  # some builds of PyTorch lack it, and use none


def main() -> None:
    options = argparse.ArgumentParser(description="Throughput of recipes.")
    options.add_argument("recipes", nargs="*", default=list_recipes())
    options.add_argument("--seconds", type=float, default=5, help="of training, at most, per recipe")
    chosen = options.parse_args()
    peaks = {
        "float32": max(operations_per_second(F.linear), operations_per_second(linear)),
        "bfloat16": operations_per_second(F.linear, torch.bfloat16),
    }
    listed = ", ".join(f"{name} {peak / 1e9:,.0f}" for name, peak in peaks.items())
    print(f"{torch.get_num_threads()} threads; fastest matrix product, GFLOP/s: {listed}")
    print("| recipe | batch | ms a step | items/s | GFLOP a step | share reached |")
    print("|---|---|---|---|---|---|")
    for name in chosen.recipes:
        if (data := load_recipe(name).data.name) in LEFT_OUT:
            print(f"| {name} | - | - | - | - | not run: {LEFT_OUT[data]} |")
            continue
        try:
            print(row(name, chosen.seconds, peaks), flush=True)
        except LatuneError as error:
            print(f"| {name} | - | - | - | - | not run: {error} |")


def row(name: str, seconds: float, peaks: dict[str, float]) -> str:
    """What a recipe's line of the table says."""
    recipe = prepared(name, STEPS)
    dataset = prepare_items(recipe.data, ())
    with tempfile.TemporaryDirectory() as folder:
        clock, end = Clock(1), time.perf_counter() + seconds
        train(
            recipe,
            dataset,
            Path(folder) / "timed",
            report=lambda progress: clock.tick(),
            stop=lambda: clock.count >= FEWEST and time.perf_counter() > end,
        )
        taken = statistics.median(wall for wall, _ in clock.intervals(1))
        start = (
            f"| {name} | {recipe.training.batch_size} | {1e3 * taken:.1f} | {recipe.training.batch_size / taken:,.0f}"
        )
        if recipe.model.name == "song_lstm":
            return f"{start} | - | - |"
        counted = operations(prepared(name, FEWEST), dataset, Path(folder) / "counted")
    return f"{start} | {counted / 1e9:.2f} | {counted / peaks[recipe.training.precision] / taken:.0%} |"


def prepared(name: str, steps: int) -> Recipe:
    """The recipe for so many steps, with all its terms and players from the first one on."""
    settings = [f"training.steps={steps}", "training.epochs=null", "training.log_every=1"]
    settings += ["training.validate_every=1000000", "training.checkpoint_every=1000000"]
    recipe = load_recipe(name)
    if recipe.control is not None:
        settings += ["control.from_step=0"]
    settings += [f"method.{key}=null" for key in ("begin", "wake") if getattr(recipe.method, key, None) is not None]
    if hasattr(recipe.method, "warm_up"):
        settings += ["method.warm_up=0"]
    return load_recipe(name, settings)


class Counter(TorchDispatchMode):
    """Counts multiplications and additions of products and convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        result = function(*arguments, **(named or {}))
        packet = function.overloadpacket
        if packet == ONE_DNN:
            self.total += 2 * arguments[0].numel() * arguments[1].shape[0]
        elif packet in flop_registry:
            self.total += flop_registry[packet](*arguments, **(named or {}), out_val=result)
        return result


def operations(recipe: Recipe, dataset: Dataset, folder: Path) -> float:
    """Multiplications and additions of a step, forward and backward."""
    seen: list[int] = []
    with Counter() as counter:
        train(recipe, dataset, folder, report=lambda progress: seen.append(counter.total))
    return (seen[-2] - seen[0]) / (len(seen) - 2)  # the last interval holds the validation


if __name__ == "__main__":
    main()
