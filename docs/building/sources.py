"""What the manual takes from the sources: docstrings, settings and their comments."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

from pydantic import BaseModel

ROOT = Path(__file__).parents[2]


def module_docstring(module: str) -> str:
    """Docstring of a module of latune, read without importing it."""
    path = ROOT / "src" / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def description(thing: Any) -> str:
    """The docstring of a function or module without its lists of arguments, results and errors."""
    text = inspect.getdoc(thing) or ""
    for heading in ("Args", "Returns", "Raises", "Attributes"):
        text = re.sub(rf"(?ms)^{heading}:\n(?:    .*\n|\n)+", "", f"{text}\n")
    return text.strip()


def configs(union: Any) -> list[type[BaseModel]]:
    """Members of an annotated union of configurations, by name."""
    return sorted(get_args(get_args(union)[0]), key=config_name)


def config_name(config: type[BaseModel]) -> str:
    """What a recipe calls a configuration: the default of its field `name`."""
    return str(config.model_fields["name"].default)


def settings(config: type[BaseModel]) -> list[tuple[str, str, str]]:
    """Settings of a configuration: name, default as it is written, comment; inherited ones too."""
    found: dict[str, tuple[str, str]] = {}
    for owner in reversed(config.__mro__):
        if issubclass(owner, BaseModel) and owner is not BaseModel:
            for name, (default, comment) in _written_settings(owner).items():
                found[name] = default, comment or found.get(name, ("", ""))[1]
    return [
        (name, *found[name])
        for name, field in config.model_fields.items()
        if name in found and (name != "name" or field.is_required())  # a method's name is what the page is about
    ]


def _written_settings(owner: type[BaseModel]) -> dict[str, tuple[str, str]]:
    """What stands in the body of one class: default and comment by name."""
    source = inspect.getsource(owner)
    lines = source.splitlines()
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    fields = [node for node in body.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
    return {
        node.target.id: (_default(node), _comment(lines, node)) for node in fields if isinstance(node.target, ast.Name)
    }


def _default(node: ast.AnnAssign) -> str:
    return "must be given" if node.value is None else f"`{ast.unparse(node.value)}`"


def _comment(lines: list[str], node: ast.AnnAssign) -> str:
    written = lines[node.lineno - 1 : node.end_lineno]
    comments = [line.partition("  # ")[2] for line in written if "  # " in line]
    return " ".join(comment for comment in comments if not comment.startswith("type: "))


def find(dotted: str) -> Any:
    """The function or module behind a dotted name."""
    module, _, name = dotted.rpartition(".")
    parent: ModuleType = importlib.import_module(module)
    return getattr(parent, name, None) or importlib.import_module(dotted)
