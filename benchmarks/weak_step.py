"""How long a training step of weak disentanglement takes, and how much of it is drawing from the regions.

    OMP_NUM_THREADS=1 python benchmarks/weak_step.py sprites/weak [SECONDS]

The data set of the recipe must be prepared. Steps are those of the second phase, with every player's turn; drawing is
what the discriminator and the learner of relations draw from the Gaussians, with the lookup of targets.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch

from latune.data.batches import Batches
from latune.data.labelled import labelled_items
from latune.data.store import load_dataset
from latune.methods.absae_rel import AbsAeRel, AbsAeRelConfig
from latune.methods.relation_losses import draw_pairs
from latune.models.registry import build_model
from latune.recipes import load_recipe
from latune.recipes.items import items_of


def milliseconds(work: Callable[[], object], seconds: float) -> float:
    """Median time of a call."""
    work()
    times, begin = [], time.perf_counter()
    while time.perf_counter() - begin < seconds or len(times) < 5:
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main(name: str, seconds: float) -> None:
    recipe = load_recipe(name)
    assert isinstance(recipe.method, AbsAeRelConfig)
    dataset = items_of(load_dataset(recipe.data.name), recipe.data)
    torch.manual_seed(0)
    model = build_model(recipe.model, dataset.codec)
    method = AbsAeRel(model, recipe.method, labelled_items(dataset, recipe.method.labels_per_region, 0))
    batch = Batches(dataset, "train", recipe.training.batch_size, 0, torch.device("cpu"), model.to_input).at(0)
    half = torch.autocast("cpu", torch.bfloat16, enabled=recipe.training.precision == "bfloat16")
    players = [(player, torch.optim.Adam(player.parameters, 1e-4, fused=True)) for player in method.players()]
    first = recipe.method.warm_up  # fits the regions
    step = first

    def turn() -> None:
        nonlocal step
        for player, optimiser in players:
            with half:
                loss = player.loss(batch, step)["loss"]
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        step = first + 1

    turn()
    moves = method.moves
    assert moves is not None
    unlabelled = torch.full((recipe.training.batch_size + recipe.method.labelled_batch_size,), -1)
    whole = milliseconds(turn, seconds)
    draws = milliseconds(lambda: method.prior.sample(unlabelled), seconds / 4)
    pairs = milliseconds(lambda: draw_pairs(moves, method.allowed, recipe.method.relations.batch_size), seconds / 4)
    print(f"{name}: step {whole:.1f} ms; draws for the discriminator {draws:.2f} ms; relational batch {pairs:.2f} ms")
    print(f"drawing is {100 * (draws + pairs) / whole:.1f} % of a step")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "sprites/weak", float(sys.argv[2]) if len(sys.argv) > 2 else 10.0)
