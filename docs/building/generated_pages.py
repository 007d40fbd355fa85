"""Parts of the manual that are made from registries: tables of recipes, attributes, methods, metrics and commands."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import typer
from sources import ROOT, config_name, configs, description, find, module_docstring, settings

from latune.attributes import AttributeTable
from latune.cli.app import app
from latune.data.dmelody_codec import DMELODY_TABLE
from latune.data.registry import DATASETS
from latune.data.shapes3d import SCENE_TABLE
from latune.data.sprites import SPRITE_TABLE
from latune.data.symbols import SYMBOL_ATTRIBUTES
from latune.images.morphology import DIGIT_ATTRIBUTES
from latune.methods.registry import MethodConfig
from latune.metrics import METRICS, Metric
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.songs.attributes import SONG_ATTRIBUTES
from latune.recipes import list_recipes, load_recipe
from latune.studies.study import list_studies, load_study

LONGEST_VALUE = 80  # characters
SHIPPED = ROOT / "src" / "latune" / "recipes"

TABLES: dict[str, AttributeTable] = {
    "Measures of music": MUSIC_ATTRIBUTES,
    "Melodies of dMelodies": DMELODY_TABLE,
    "Phrases of songs": SONG_ATTRIBUTES,
    "Digits": DIGIT_ATTRIBUTES,
    "Symbols": SYMBOL_ATTRIBUTES,
    "Sprites": SPRITE_TABLE,
    "Scenes": SCENE_TABLE,
}
"""Attribute tables by the kind of item they measure."""

FUNCTIONS = {
    "attribute_interpretability": "latune.metrics.interpretability",
    "attribute_modularity": "latune.metrics.modularity",
    "attribute_mig": "latune.metrics.mutual_information_gap",
    "attribute_sap": "latune.metrics.separated_attribute_predictability",
    "attribute_scc": "latune.metrics.spearman_correlation",
    "irs": "latune.metrics.interventional_robustness",
    "factor_vae": "latune.metrics.factor_vae_score",
    "beta_vae": "latune.metrics.beta_vae_score",
    "sap_classifier": "latune.metrics.separability.separability",
    "explicitness": "latune.metrics.explicitness.explicitness",
    "explicitness_size": "latune.metrics.explicitness_size.explicitness_size",
    "dci_disentanglement": "latune.metrics.dci.dci",
    "dci_completeness": "latune.metrics.dci.dci",
    "dci_informativeness": "latune.metrics.dci.dci",
    "infomec_modularity": "latune.metrics.infomec.infomec",
    "infomec_compactness": "latune.metrics.infomec.infomec",
    "infomec_explicitness": "latune.metrics.infomec.infomec",
    "total_correlation": "latune.metrics.gaussian_total_correlation",
    "wasserstein_correlation": "latune.metrics.gaussian_wasserstein_correlation",
    "wasserstein_correlation_normalised": "latune.metrics.gaussian_wasserstein_correlation",
}
"""Functions whose name is not the metric's key."""

WITH_MODULE = {"dci", "infomec", "explicitness", "explicitness_size"}
"""Functions whose formula stands in the docstring of their module."""


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in line)} |" for line in lines)


def method_names() -> list[str]:
    """Names of all methods that a recipe can have."""
    return [config_name(config) for config in configs(MethodConfig)]


def recipes() -> str:
    """All recipes by data set, with the first words of their files."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    for name in list_recipes():
        recipe = load_recipe(name)
        length = f"{recipe.training.steps} steps" if recipe.training.steps else f"{recipe.training.epochs} epochs"
        method = f"[`{recipe.method.name}`](methods/{recipe.method.name}.md)"
        cells = (f"`{name}`", method, f"`{recipe.model.name}`", length, _heading(SHIPPED / f"{name}.yaml"))
        rows.setdefault(recipe.data.name, []).append(cells)
    columns = ["recipe", "method", "network", "length", "what it is"]
    return "\n\n".join(f"## {name}\n\n{table(columns, rows[name])}" for name in sorted(rows))


def recipe_file(name: str) -> str:
    """A shipped recipe as it is."""
    return f"```yaml\n{(SHIPPED / f'{name}.yaml').read_text(encoding='utf-8').strip()}\n```"


def attributes() -> str:
    """All attributes that come with latune, by kind of item."""
    parts = []
    for title, attribute_table in TABLES.items():
        rows = [
            (f"`{each.name}`", each.unit, f"{each.low:.4g} to {each.high:.4g}", each.kind, each.description)
            for each in attribute_table
        ]
        parts.append(f"## {title}\n\n{table(['attribute', 'unit', 'range', 'kind', 'what it is'], rows)}")
    return "\n\n".join(parts)


def data_sets() -> str:
    """All data sets that can be prepared by name."""
    rows = [(f"`{name}`", source.description, ", ".join(_options(source.options))) for name, source in DATASETS.items()]
    return table(["data set", "what it is", "options of `latune data prepare`"], rows)


def studies() -> str:
    """All studies that come with latune."""
    rows = []
    for name in list_studies():
        study = load_study(name)
        seeds = study.seeds if isinstance(study.seeds, int) else len(study.seeds)
        rows.append((f"`{name}`", study.title, len(study.recipes), seeds))
    return table(["study", "title", "recipes", "seeds"], rows)


def methods() -> str:
    """All methods, each with the first sentence of its file."""
    rows = []
    for config in configs(MethodConfig):
        name = config_name(config)
        first = module_docstring(config.__module__).split("\n\n")[0].replace("\n", " ")
        rows.append((f"[`{name}`]({name}.md)", first))
    return table(["method", "what it is"], rows)


def method(name: str) -> str:
    """Of one method: docstring, settings, recipes."""
    config = next(each for each in configs(MethodConfig) if config_name(each) == name)
    docstring = module_docstring(config.__module__)
    if name.startswith("musae"):
        docstring += f"\n\n## What both variants share\n\n{module_docstring('latune.methods.musae')}"
    rows = [(f"`{setting}`", default, comment) for setting, default, comment in settings(config)]
    parts = [docstring, "## Settings", f"In the recipe's `method:` block, beside `name: {name}`."]
    parts += [table(["setting", "default", "what it is"], rows), "## Recipes", _recipes_of(name)]
    return "\n\n".join(parts)


def settings_of(dotted: str) -> str:
    """The settings of a block of the recipe, by the dotted name of its class."""
    rows = [(f"`{name}`", default, comment) for name, default, comment in settings(find(dotted))]
    return table(["setting", "default", "what it is"], rows)


def metrics() -> str:
    """Links to the pages of all scores."""
    links = (f"[{each.title}](metrics/{each.key}.md)" for each in METRICS)
    return f"A page for each, with formula, source and pitfalls: {', '.join(links)}."


def metric_function(key: str) -> str:
    """Dotted name of the function that computes a score."""
    return FUNCTIONS.get(key, f"latune.metrics.{key}")


def metric_page(metric: Metric) -> str:
    """The page of one score."""
    dotted = metric_function(metric.key)
    function = find(dotted)
    parts = [f"# {metric.title[:1].upper()}{metric.title[1:]}", _facts(metric), f"**Beware.** {metric.pitfall}"]
    parts.append("## How it is computed")
    if dotted.rpartition(".")[2] in WITH_MODULE:
        parts.append(module_docstring(function.__module__))
    parts.append(description(function))
    if metric.key.startswith("attribute_"):
        parts += ["## What the attribute scores share", module_docstring("latune.metrics.disentanglement")]
    parts += ["## Use", f"```sh\nlatune metrics codes.npz --only {metric.key}\n```"]
    parts.append(f"From Python: [`{dotted}`][{dotted}]. {_see(metric)}")
    return "\n\n".join(parts) + "\n"


def commands() -> str:
    """All commands with their arguments and options, as `--help` says them."""
    return "\n\n".join(_command(command, name) for name, command in leaves(typer.main.get_command(app), "latune"))


def leaves(command: Any, name: str) -> list[tuple[str, Any]]:
    """Commands without subcommands, by the words that call them."""
    below = getattr(command, "commands", None)
    if below is None:
        return [(name, command)]
    return [leaf for word, each in below.items() for leaf in leaves(each, f"{name} {word}")]


def shown(title: str) -> str:
    """Attributes of one table, for the page about this kind of item."""
    return ", ".join(f"`{name}`" for name in TABLES[title].names)


def constants(modules: Iterable[str]) -> str:
    """Public names that are neither functions nor classes, with their values where these are short."""
    rows = []
    for module in modules:
        content = importlib.import_module(module)
        for name in content.__all__:
            value = getattr(content, name)
            if not (inspect.isroutine(value) or inspect.isclass(value) or inspect.ismodule(value)):
                written = repr(value)
                shown = f"`{written}`" if len(written) <= LONGEST_VALUE and "|" not in written else type(value).__name__
                rows.append((f"`{module}.{name}`", shown))
    return table(["constant", "value or type"], rows) if rows else ""


def docstring(dotted: str) -> str:
    """What the docstring of a function or module says, without its arguments."""
    return description(find(dotted))


PARTS: dict[str, Callable[..., str]] = {
    "recipes": recipes,
    "recipe": recipe_file,
    "attributes": attributes,
    "data-sets": data_sets,
    "studies": studies,
    "docstring": docstring,
    "methods": methods,
    "method": method,
    "metrics": metrics,
    "settings": settings_of,
    "commands": commands,
    "attribute-names": shown,
}
"""What `<!-- manual: NAME ARGUMENT -->` on a page stands for."""


def _heading(path: Path) -> str:
    """The comment at the head of a recipe."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def _options(fields: Iterable[str]) -> list[str]:
    return [f"`--{field.replace('_', '-')}`" for field in fields]


def _recipes_of(method_name: str) -> str:
    own = [name for name in list_recipes() if load_recipe(name).method.name == method_name]
    return ", ".join(f"`{name}`" for name in own) + ". All of them: [recipes](../recipes.md)."


def _facts(metric: Metric) -> str:
    high = "no upper end" if math.isinf(metric.high) else f"{metric.high:g}"
    better = {"higher": "higher", "lower": "lower", None: "neither: it describes"}[metric.better]
    rows = [
        ("key", f"`{metric.key}`"),
        ("needs", ", ".join(("codes", *(f"`{need}`" for need in metric.needs)))),
        ("range", f"{metric.low:g} to {high}"),
        ("better", better),
        ("fits a model", "yes: to training items; scored on test items" if metric.fitted else "no"),
        ("95 % interval", "by bootstrap" if metric.resampled else "none"),
        ("source", metric.source),
    ]
    return table(rows[0], rows[1:])


def _see(metric: Metric) -> str:
    if not metric.needs or metric.needs == ("scales",):
        return "It describes codes alone and is no part of the [observatory](../metrics.md#the-observatory)."
    return "What it says of codes whose answers are known: [the observatory](../metrics.md#the-observatory)."


def _command(command: Any, name: str) -> str:
    context = typer.Context(command, info_name=name)
    rows = [row for row in (_parameter(each, context) for each in command.params) if row]
    parts = [f"## {name}", f"```text\n{command.get_usage(context)}\n```", inspect.cleandoc(command.help or "")]
    if rows:
        parts.append(table(["argument or option", "what it is", "default"], rows))
    return "\n\n".join(parts)


def _parameter(parameter: Any, context: Any) -> tuple[str, str, str] | None:
    if getattr(parameter, "hidden", False) or "--help" in parameter.opts:
        return None
    is_option = parameter.param_type_name == "option"
    names = (
        ", ".join(f"`{each}`" for each in parameter.opts)
        if is_option
        else f"`{(parameter.metavar or parameter.name).upper()}`"
    )
    default = parameter.default
    written = (
        "" if default is None or default is False or callable(default) else f"`{getattr(default, 'value', default)}`"
    )
    return names, (parameter.help or "").replace("\n", " "), "must be given" if parameter.required else written
