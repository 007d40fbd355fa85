"""`latune train`, `evaluate`, `report`, `recipes` and `demo`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from latune.cli.arguments import RunFolder
from latune.cli.data import prepare_items
from latune.cli.folds import evaluate_all_folds, train_all_folds
from latune.cli.interruption import stop_on_interrupt, stopped_early, training_progress
from latune.cli.output import console, format_estimate, print_json, progress_bar, table
from latune.cli.plugins import PluginFiles, load, open_run_with, tell_without_knob
from latune.cli.regions import show_regions
from latune.cli.several_devices import with_other_devices
from latune.cli.song_scores import show_songs

__all__ = ["demo", "evaluate", "recipes", "report", "train"]

DEMO_RECIPE = "chorales/ar-vae"
DEMO_EPOCHS = 20
MOST_CROSS_TALK = 0.1  # standard deviations that an independent attribute may move


class Directions(StrEnum):
    """What a knob is: one latent dimension, or a direction found from codes and attributes."""

    dimension = "dimension"
    difference_of_means = "difference_of_means"
    linear_regression = "linear_regression"
    ridge_inverse = "ridge_inverse"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def recipes() -> None:
    """List the recipes that come with latune.

    Example: latune recipes
    """
    from latune.recipes import list_recipes, load_recipe

    rows = []
    for name in list_recipes():
        recipe = load_recipe(name)
        length = recipe.training.steps or f"{recipe.training.epochs} epochs"
        rows.append((name, recipe.data.name, recipe.model.name, recipe.method.name, length))
    table("Recipes", ["name", "data", "network", "method", "length"], rows)


@with_other_devices()
def train(
    recipe: Annotated[str | None, typer.Argument(help="Recipe name or YAML file, see: latune recipes")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Replaces the recipe's seed.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a key: --set training.steps=200", metavar="KEY=VALUE"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; default: runs/RECIPE-seedN")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    plugin: PluginFiles = None,
) -> None:
    """Train a recipe and calibrate its knobs.

    Example: latune train chorales/ar-vae --seed 1 --set training.epochs=10 --out runs/first

    Cross-validation, a fresh network for each of ten folds: latune train digits/ar-vae --set data.protocol=kfold

    On two devices: torchrun --nproc-per-node 2 -m latune train digits/ar-vae --set training.device=cuda
    """
    from latune.errors import RunError
    from latune.training.folds import is_folds

    if resume and out is not None and (is_folds(out) or (out / "run.json").is_file()):
        if set_ or seed is not None:
            raise RunError(f"{out} is resumed with its own recipe: leave out --set and --seed.")
        if is_folds(out):
            train_all_folds(out, plugin_files=plugin)
        else:
            _train(out, plugin_files=plugin)
        return
    if recipe is None:
        wanted = "a run folder in --out" if resume else "a recipe (see: latune recipes)"
        raise RunError(f"Nothing to train: expected {wanted}.")
    from latune.recipes import load_recipe

    loaded = load_recipe(recipe, set_ or (), seed)
    folder = out or Path("runs") / f"{loaded.name.replace('/', '-')}-seed{loaded.seed}"
    if loaded.data.every_fold:
        train_all_folds(folder, loaded, plugin)
    else:
        _train(folder, loaded, plugin)


def evaluate(
    run: RunFolder,
    items: Annotated[int | None, typer.Option(min=10, help="Held-out items that the certificate decodes.")] = None,
    directions: Annotated[Directions, typer.Option(help="What a knob is.")] = Directions.dimension,
    plugin: PluginFiles = None,
    as_json: AsJson = False,
) -> None:
    """Measure a run on held-out items: metrics.json and the control certificate, certificate.json.

    Example: latune evaluate runs/first

    Other directions than dimensions are found first (knobs-KIND.json) and have a certificate of their own
    (certificate-KIND.json); nothing else is measured: latune evaluate runs/first --directions linear_regression

    Of a cross-validation every fold is measured; means and intervals over folds are in its folds.json.
    """
    from latune.training.folds import is_folds

    if is_folds(run):
        evaluate_all_folds(run, items, directions.value, plugin, as_json)
        return
    if directions != Directions.dimension:
        certificate = _certify(run, directions, items, plugin)
        if as_json:
            print_json({"certificate": certificate})
        else:
            _show_certificate(certificate)
        return
    metrics, certificate = _evaluate(run, items, plugin)
    if as_json:
        print_json({"metrics": metrics, "certificate": certificate})
        return
    _show_scores(metrics)
    _show_certificate(certificate)


def report(run: RunFolder, plugin: PluginFiles = None) -> None:
    """Draw all figures of a run and write report.html: one page to send to a colleague.

    Example: latune report runs/first
    """
    console.print(f"Report: {_report(run, plugin)}")


def demo(
    out: Annotated[Path, typer.Option(help="Run folder; must be new.")] = Path("runs/demo"),
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training data.")] = DEMO_EPOCHS,
) -> None:
    """The main job on built-in data: prepare, train, measure, calibrate, report.

    Example: latune demo --out runs/demo
    """
    from latune.errors import RunError
    from latune.recipes import load_recipe

    if (out / "run.json").is_file():
        console.print(f"{out} is there already: going on with it.")
    elif out.exists() and any(out.iterdir()):
        raise RunError(f"{out} is not empty: choose another --out.")
    console.print(f"1/4 Training {DEMO_RECIPE} for {epochs} epochs into {out}")
    recipe = load_recipe(DEMO_RECIPE, [f"training.epochs={epochs}"])
    _train(out, None if (out / "run.json").is_file() else recipe)
    console.print("2/4 Measuring scores and control on unseen chorales")
    metrics, certificate = _evaluate(out)
    _show_scores(metrics)
    _show_certificate(certificate)
    console.print("3/4 Drawing the report")
    path = _report(out)
    console.print("4/4 Done")
    console.print(f"Open {path.resolve()} in a browser: see and hear the knobs.")
    console.print(f"Turn them yourself: latune studio {out}")
    console.print(f"Next: latune edit {out} TUNE.mid --knob note_density=0.25 --output edited.mid")


def _train(folder: Path, recipe: Any | None = None, plugin_files: Sequence[Path] | None = None) -> None:
    """Train a recipe into a new folder, or go on with the folder's own; then calibrate."""
    from latune.control.editor import calibrate_run
    from latune.training.distributed import in_turn, is_first
    from latune.training.trainer import resume, train

    plugins = load(plugin_files)
    data = (recipe or open_run_with(folder, plugins).recipe).data
    dataset = in_turn(lambda: prepare_items(data, plugins))
    if recipe is not None:
        tell_without_knob(recipe, dataset)
    with stop_on_interrupt() as stopped, progress_bar("Training") as bar:
        options: dict[str, Any] = {"report": training_progress(bar), "stop": lambda: bool(stopped)}
        if recipe is None:
            run = resume(folder, dataset, **options)
        else:
            run = train(recipe, dataset, folder, **options)
    if not is_first():
        return
    if not run.finished:
        raise stopped_early(folder)
    with progress_bar("Learning to measure the attributes") as bar:
        calibrate_run(run, dataset, bar.update)
    result = run.read_json("finished.json")
    console.print(
        f"Trained {result['steps']} steps in {result['seconds']:.0f} s"
        f" ({result['items_per_second']:.0f} items/s); weights of step {result['best_step']}: {folder}"
    )


def _evaluate(
    folder: Path, items: int | None = None, plugin_files: Sequence[Path] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    from latune.control.editor import open_editor
    from latune.evaluation.evaluate import evaluate_run

    plugins = load(plugin_files)
    run, editor = open_run_with(folder, plugins), open_editor(folder, plugins)
    dataset = prepare_items(run.recipe.data, plugins)
    with progress_bar("Measuring") as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.update(done, total, title=f"Measuring {what}")

        metrics = evaluate_run(run, dataset, editor, show, items)
    return metrics, run.read_json("certificate.json")


def _certify(
    folder: Path, directions: Directions, items: int | None, plugin_files: Sequence[Path] | None
) -> dict[str, Any]:
    """Calibrate knobs along directions and measure them."""
    from latune.control.editor import calibrate_run, open_editor
    from latune.evaluation.evaluate import certify_run

    plugins = load(plugin_files)
    run = open_run_with(folder, plugins)
    dataset = prepare_items(run.recipe.data, plugins)
    with progress_bar("Calibrating") as bar:
        calibrate_run(run, dataset, bar.update, directions.value)
    with progress_bar("Measuring control") as bar:
        editor = open_editor(folder, plugins, directions.value)

        def show(_: str, done: int, total: int) -> None:
            bar.update(done, total)

        return certify_run(run, dataset, editor, show, items, directions.value)


def _report(folder: Path, plugin_files: Sequence[Path] | None = None) -> Path:
    from latune.control.editor import open_editor
    from latune.report import build_report

    plugins = load(plugin_files)
    run, editor = open_run_with(folder, plugins), open_editor(folder, plugins)
    dataset = prepare_items(run.recipe.data, plugins)
    with progress_bar("Drawing") as bar:
        return Path(build_report(run, dataset, editor, lambda what, d, t: bar.update(d, t, title=f"Drawing {what}")))


def _show_scores(metrics: dict[str, Any]) -> None:
    scores = metrics["scores"]
    names = {
        "interpretability": "Interpretability",
        "modularity": "Modularity",
        "mig": "MIG",
        "sap": "SAP",
        "scc": "SCC",
    }
    rows = [
        (
            label,
            format_estimate(scores["means"][key]),
            format_estimate(scores["samples"][key]),
            scores["ceiling"][key],
            scores["chance"][key],
        )
        for key, label in names.items()
    ]
    items = metrics["data"]["items"]
    known = metrics["reconstruction"]["items_also_in_training"] == items
    which = f"{items} items, all of which also occur in training" if known else f"{items} unseen items"
    table(f"Scores on {which}", ["score", "on means", "on samples", "ceiling", "chance"], rows)
    _show_representation(metrics["representation"])
    reconstruction = metrics["reconstruction"]
    measures = [
        (name.replace("_", " "), format_estimate(value))
        for name, value in reconstruction.items()
        if isinstance(value, dict)
    ]
    table("Reconstruction", ["measure", "value"], measures)
    if "identity" in metrics:
        identity = metrics["identity"]
        kept = [
            ("clean items", format_estimate(identity["classifier_accuracy"])),
            ("reconstructed", format_estimate(identity["reconstructed"])),
            ("codes swept from -4 to 4", format_estimate(identity["interpolated"])),
            ("knobs turned over their range", format_estimate(identity["turned"])),
        ]
        table(f"Read as their own class, of {identity['items']} unseen items", ["items", "share"], kept)
    if "regions" in metrics:
        show_regions(metrics["regions"])
    if "songs" in metrics:
        show_songs(metrics["songs"])
    if "attribute_reader" in metrics:
        rows = list(metrics["attribute_reader"]["per_attribute"].items())
        table("Decoded items are measured by a reader; on real unseen items:", ["attribute", "R squared"], rows)


def _show_representation(representation: dict[str, Any]) -> None:
    """What the codes are by themselves, and how they go with factors where there are such."""
    from latune.metrics import METRICS

    rows = [
        (metric.title, format_estimate(representation["scores"][metric.key]))
        for metric in METRICS
        if metric.key in representation["scores"]
    ]
    table(f"Codes of {representation['items']} of these items", ["score", "value"], rows)


def _show_certificate(certificate: dict[str, Any]) -> None:
    rows = []
    for name, knob in certificate["knobs"].items():
        for way in ("alone", "joint", "path", "exact"):
            entry = knob[way]
            keys = ("rank_correlation", "hit_rate", "identity_kept")
            rows.append((name if way == "alone" else "", way, *(format_estimate(entry[key]) for key in keys)))
    hit = f"a hit is within {100 * certificate['tolerance']:g} % of the range"
    title = f"Control on {certificate['items']} of these items ({hit})"
    table(title, ["knob", "set", "rank correlation", "hit rate", "identity kept"], rows)
    for name, knob in certificate["knobs"].items():
        for other, moved in _unwanted(knob["path"]["cross_talk"]):
            console.print(f"{name} moves {other}, which is independent of it, by {moved:.2f} standard deviations.")


def _unwanted(cross_talk: dict[str, Any]) -> list[tuple[str, float]]:
    """Attributes that are independent of the turned one in real items and yet move, and how far."""
    moved = {name: cross_talk["moved"][name] for name, independent in cross_talk["independent"].items() if independent}
    return [(name, far) for name, far in moved.items() if far is not None and far > MOST_CROSS_TALK]
