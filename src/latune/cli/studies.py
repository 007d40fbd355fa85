"""`latune study`: list, run, status and report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latune.cli.interruption import INTERRUPTED, stop_on_interrupt
from latune.cli.output import console, errors, print_json, progress_bar, table
from latune.cli.study_display import study_display

if TYPE_CHECKING:
    from latune.studies.folder import StudyFolder

__all__ = ["app"]

SOME_FAILED = 2

app = typer.Typer(
    help="Many runs and what they say together: recipes x seeds x grid.", no_args_is_help=True, rich_markup_mode=None
)

OutFolder = Annotated[Path, typer.Argument(help="Study folder, as latune study run leaves it")]
Cluster = tuple[str | None, float, float, bool, int | None]
"""Address, processors and GPUs of a run, whether nodes share no storage, steps until runs are first compared."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Executor(StrEnum):
    """Who does the runs: processes here, stacked networks in one process, or a Ray cluster."""

    local = "local"
    ensemble = "ensemble"
    ray = "ray"


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the studies that come with latune.

    Example: latune study list
    """
    from latune.studies.plan import different_runs, plan_runs
    from latune.studies.study import list_studies, load_study

    studies = [(load_study(name), load_study(name, quick=True)) for name in list_studies()]
    entries = [
        {
            "name": whole.name,
            "title": whole.title,
            "runs": len(different_runs(plan_runs(whole))),
            "time": whole.full.time if whole.full else "",
            "machine": whole.full.machine if whole.full else "",
            "quick_runs": len(different_runs(plan_runs(quick))),
            "quick_time": whole.quick.time if whole.quick else "",
        }
        for whole, quick in studies
    ]
    if as_json:
        print_json(entries)
        return
    columns = {"name": "name", "title": "title", "runs": "runs", "time": "time", "quick_runs": "quick runs"}
    columns["quick_time"] = "time of these"
    table("Studies", list(columns.values()), [[entry[key] for key in columns] for entry in entries])


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="Study name, YAML file, or study folder to go on with")],
    quick: Annotated[bool, typer.Option("--quick", help="The size that finishes in minutes.")] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a key of the study: --set seeds=3", metavar="KEY=VALUE"),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="GROUP", help="Do the part about this data set.")] = None,
    out: Annotated[Path | None, typer.Option(help="Study folder; default: runs/studies/NAME")] = None,
    executor: Annotated[Executor, typer.Option(help="Who does the runs.")] = Executor.local,
    workers: Annotated[int | None, typer.Option(min=1, help="Runs at a time; default: one per core.")] = None,
    members: Annotated[int, typer.Option(min=1, help="Runs that --executor ensemble trains at once.")] = 8,
    address: Annotated[str | None, typer.Option(help="Ray cluster, such as ray://head:10001; default: here.")] = None,
    cpus_per_run: Annotated[float, typer.Option(min=0.01, help="With --executor ray: CPUs of a run, and threads.")] = 1,
    gpus_per_run: Annotated[
        float, typer.Option(min=0, help="With --executor ray: GPUs of a run, or a part of one.")
    ] = 0,
    collect: Annotated[
        bool, typer.Option("--collect", help="With --executor ray: nodes share no storage, runs are sent back.")
    ] = False,
    early_stop: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="STEPS",
            help="With --executor ray: end runs that fall behind, compared from this step (ASHA).",
        ),
    ] = None,
    reuse: Annotated[
        list[Path] | None, typer.Option(help="Folder whose finished runs of equal recipes are copied.")
    ] = None,
    extend: Annotated[bool, typer.Option("--extend", help="The study of --out takes up new runs.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try failed runs again.")] = False,
    report: Annotated[bool, typer.Option(help="Make tables and figures at the end.")] = True,
) -> None:
    """Train and measure every run of a study; run it again to go on where it was stopped.

    Example: latune study run ar-vae-paper --quick

    Own numbers of seeds and own lengths: latune study run beta-family --set seeds=2 --set set.training.steps=500
    """
    work = _executor(executor, members, (address, cpus_per_run, gpus_per_run, collect, early_stop))
    study_folder = _open(study, quick, set_ or [], only or [], out, reuse or [], extend)
    with study_folder.lock(), stop_on_interrupt() as stopped, study_display() as show:
        runs = study_folder.pending(retry_failed=retry_failed)
        work(study_folder, runs, workers=workers, report=show, stop=lambda: bool(stopped))
    states = study_folder.states()
    counts = Counter(states.values())
    console.print(f"{study_folder.folder}: {_counted(counts)}", markup=False)
    again = f"latune study run {study_folder.folder}"
    if stopped:
        errors.print(f"Stopped after checkpoints. Go on with: {again}", markup=False)
        raise typer.Exit(INTERRUPTED)
    if counts["measured"] and study_folder.study.evaluate and report:
        _report(study_folder)
    open_runs = counts["waiting"] + counts["training"] + counts["trained"]
    if open_runs:
        console.print(f"The budget is spent, {open_runs} runs are left. Go on with: {again}", markup=False)
    if counts["failed"]:
        errors.print(
            f"{counts['failed']} of {len(states)} runs failed: see latune study status {study_folder.folder}, and"
            f" {again} --retry-failed.",
            markup=False,
        )
        raise typer.Exit(SOME_FAILED)


@app.command()
def status(out: OutFolder, as_json: AsJson = False) -> None:
    """Show what became of every run of a study.

    Example: latune study status runs/studies/ar-vae-paper-quick
    """
    from latune.studies.folder import open_study
    from latune.studies.plan import different_runs

    study_folder = open_study(out)
    states = study_folder.states()
    rows = []
    for entry in different_runs(study_folder.runs):
        reason = (study_folder.failure(entry.key) or {}).get("error", "") if states[entry.key] == "failed" else ""
        rows.append({"key": entry.key, "state": states[entry.key], "error": reason})
    if as_json:
        print_json({"name": study_folder.study.name, "counts": Counter(states.values()), "runs": rows})
        return
    table(
        f"{study_folder.study.name}: {_counted(Counter(states.values()))}",
        ["run", "state", "why"],
        [list(row.values()) for row in rows],
    )


@app.command()
def report(out: OutFolder) -> None:
    """Make the tables and figures of a study, of the runs that are measured so far.

    Example: latune study report runs/studies/ar-vae-paper-quick
    """
    from latune.studies.folder import open_study

    _report(open_study(out))


def _open(
    name: str,
    quick: bool,
    overrides: list[str],
    only: list[str],
    out: Path | None,
    reuse: list[Path],
    extend: bool,
) -> StudyFolder:
    """The study folder that is to be worked on."""
    from latune.errors import InputError
    from latune.studies.folder import create_study, is_study, open_study
    from latune.studies.plan import with_groups
    from latune.studies.study import load_study

    if is_study(Path(name)):
        if quick or overrides or only or out is not None or extend:
            raise InputError(
                f"{name} goes on with its own study: leave out --quick, --set, --only, --out and --extend."
            )
        study_folder = open_study(Path(name))
        with study_folder.lock():
            study_folder.reuse(reuse)
        return study_folder
    study = load_study(name, quick=quick, overrides=overrides)
    if only:
        study = with_groups(study, only)
    return create_study(out or Path("runs") / "studies" / study.name, study, reuse=reuse, extend=extend)


def _executor(executor: Executor, members: int, cluster: Cluster) -> Callable[..., None]:
    """A function of study folder, runs, workers, report and stop."""
    from latune.errors import InputError

    address, cpus, gpus, collect, first_rung = cluster
    given = {"--address": address, "--gpus-per-run": gpus, "--collect": collect, "--early-stop": first_rung}
    for option, value in given.items():
        if value and executor != Executor.ray:
            raise InputError(f"{option} is for a cluster: expected --executor ray with it.")
    if executor == Executor.ensemble:
        from latune.studies.ensemble import run_ensemble

        return partial(run_ensemble, members=members)
    if executor == Executor.ray:
        from latune.studies.cluster import Resources, run_on_cluster
        from latune.studies.halving import EarlyStopping

        asha = None if first_rung is None else EarlyStopping(first_rung=first_rung)
        return partial(run_on_cluster, address=address, resources=Resources(cpus, gpus), asha=asha, collect=collect)
    from latune.studies.local import run_local

    return run_local


def _report(study_folder: StudyFolder) -> None:
    from latune.studies.report import build_study_report

    with progress_bar("Drawing") as bar:
        path = build_study_report(study_folder, lambda what, d, t: bar.update(d, t, title=f"Drawing {what}"))
    console.print(f"Report: {path}", markup=False)


def _counted(counts: Counter[Any]) -> str:
    """Such as "10 measured, 1 failed"."""
    return ", ".join(f"{count} {state}" for state, count in counts.most_common())
