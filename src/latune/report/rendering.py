"""Pages from their templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["rendered"]


def rendered(template: Path, **content: Any) -> str:
    """A page of HTML; text is escaped, and a name that nobody gives is an error.

    Args:
        template: A Jinja template; it finds others beside it.
        content: What it is filled with.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template.name).render(**content)
