"""The public interface is frozen: names and signatures of the modules that the manual describes.

Where it is changed on purpose, `python tests/test_public_api.py` writes the new state; add a line to CHANGELOG.md.
"""

import difflib
import enum
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
FROZEN = Path(__file__).parent / "data" / "public_api.txt"
sys.path.insert(0, str(ROOT / "docs" / "building"))

from public import PUBLIC_MODULES  # noqa: E402  (the manual's list)

MODULES = [module for modules in PUBLIC_MODULES.values() for module in modules]
CHANGED = """The public interface has changed (+ new, - gone):

{difference}

If that is not meant, undo it. If it is: run `python tests/test_public_api.py`, look at what it changes in
tests/data/public_api.txt, and add a line to CHANGELOG.md. What is gone breaks programs of others."""


def signature(function) -> str:
    """Names, kinds and defaults of the parameters; annotations are checked by mypy."""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(function).parameters.values()
    ]
    text = str(inspect.Signature(parameters))
    return re.sub(r" at 0x[0-9a-f]+", "", re.sub(r"<function (\S+)[^>]*>", r"\1", text))


def members(name: str, cls: type) -> Iterator[str]:
    """Public methods and properties that a class of latune defines or inherits from one."""
    owners = [owner for owner in cls.__mro__ if owner.__module__.startswith("latune")]
    names = {member for owner in owners for member in vars(owner) if not member.startswith("_")}
    fields = set(getattr(cls, "__dataclass_fields__", ())) | set(getattr(cls, "model_fields", ()))
    for member in sorted(names | fields):
        value = inspect.getattr_static(cls, member, None)
        if isinstance(value, staticmethod | classmethod):
            yield f"{name}.{member}{signature(value.__func__)}"
        elif inspect.isfunction(value):
            yield f"{name}.{member}{signature(value)}"
        elif member != "model_config":
            yield f"{name}.{member}"


def described(name: str, value: object) -> Iterator[str]:
    """Lines for one public name."""
    if isinstance(value, ModuleType):
        yield f"{name} (module)"
    elif isinstance(value, type) and issubclass(value, enum.Enum):
        yield f"{name} = {', '.join(repr(each.value) for each in value)}"
    elif isinstance(value, type):
        is_error = issubclass(value, Exception)
        is_open = is_error and value.__init__ is Exception.__init__
        yield f"class {name}{'' if is_open else signature(value)}"
        yield from members(name, value)
    elif inspect.isfunction(value):
        yield f"{name}{signature(value)}"
    else:
        yield f"{name}: {type(value).__name__}"


def interface() -> list[str]:
    """Every public name with its signature, a line each."""
    lines = []
    for module in MODULES:
        content = importlib.import_module(module)
        for name in sorted(content.__all__):
            lines.extend(described(f"{module}.{name}", getattr(content, name)))
    return lines


def test_the_public_interface_is_as_frozen():
    frozen = FROZEN.read_text(encoding="utf-8").splitlines()
    difference = [
        line
        for line in difflib.unified_diff(frozen, interface(), lineterm="", n=0)
        if line[:2] not in ("--", "++", "@@")
    ]
    assert not difference, CHANGED.format(difference="\n".join(difference))


def test_a_changed_signature_is_told():
    lines = interface()
    assert "latune.load(source, plugins=())" in lines
    assert any(line.startswith("latune.api.Model.edit(self, ") for line in lines)
    assert any(line.startswith("class latune.attributes.Attribute(name, unit, low, high, ") for line in lines)
    assert not any("0x" in line for line in lines)


def test_every_public_name_has_a_docstring():
    silent = []
    for module in MODULES:
        content = importlib.import_module(module)
        values = [(name, getattr(content, name)) for name in content.__all__]
        silent += [
            f"{module}.{n}" for n, value in values if callable(value) and inspect.isroutine(value) and not value.__doc__
        ]
        silent += [f"{module}.{n}" for n, value in values if isinstance(value, type) and not value.__doc__]
    assert silent == []


if __name__ == "__main__":
    FROZEN.write_text("\n".join(interface()) + "\n", encoding="utf-8")
    print(f"Written: {FROZEN}")
