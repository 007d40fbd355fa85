"""Trainings by several processes, each as `torchrun` starts it: python several_processes.py JOBS.json RESULTS.json.

A job is {"recipe": values, "folder": path} and may have "stop_at", after how many steps this process asks to stop.
"""

import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist

import small_moves
from latune.data.store import load_dataset
from latune.errors import LatuneError
from latune.recipes.items import items_of
from latune.recipes.loading import recipe_from_dict
from latune.training.distributed import is_first, process_group
from latune.training.trainer import resume, train


def done(job):
    """Train, or go on with a run that has begun; what became of it."""
    recipe, folder = recipe_from_dict(job["recipe"], "job"), Path(job["folder"])
    dataset = small_moves.blobs() if recipe.data.name == "blobs" else load_dataset(recipe.data.name)
    told, reported = [], []
    options = {
        "report": reported.append,
        "stop": lambda: told.append(0) or (not is_first() and len(told) == job.get("stop_at")),
    }
    begun = (folder / "run.json").is_file()
    dist.barrier()  # all have looked before the first one makes the folder
    try:
        if begun:
            resume(folder, items_of(dataset, recipe.data), **options)
        else:
            train(recipe, items_of(dataset, recipe.data), folder, **options)
    except LatuneError as error:
        return {"error": str(error)}
    return {"steps": len(told), "reports": len(reported)}


def main():
    jobs = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(1)
    with process_group():
        results = [done(job) for job in jobs]
        everyone = [None] * dist.get_world_size()
        dist.all_gather_object(everyone, results)
        if is_first():
            Path(sys.argv[2]).write_text(json.dumps(everyone))


if __name__ == "__main__":
    main()
