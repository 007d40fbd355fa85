"""What happens to the pages of the manual on their way: parts of the README, tables, reference pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import generated_pages
import readme
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from public import NAMED_AS_MODULES, PUBLIC_MODULES
from sources import ROOT

from latune.metrics import METRICS

_PART = re.compile(r"(?m)^<!-- manual: (?P<name>[\w-]+)(?: (?P<argument>.+?))? -->$")
_PLACES: dict[str, str] = {}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the places of the navigation that stand for many pages."""
    several = {
        "methods/*": [f"methods/{name}.md" for name in generated_pages.method_names()],
        "metrics/*": [{metric.key: f"metrics/{metric.key}.md"} for metric in METRICS],
        "reference/*": [{title: _reference_path(title)} for title in PUBLIC_MODULES],
    }
    config.nav = _filled(config.nav, several)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made: one for every metric, the reference, the change log and the licence."""
    made = {f"metrics/{metric.key}.md": generated_pages.metric_page(metric) for metric in METRICS}
    made |= {_reference_path(title): _reference(title, modules) for title, modules in PUBLIC_MODULES.items()}
    made["changes.md"] = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    made["licence.md"] = f"# Licence\n\n```text\n{(ROOT / 'LICENSE').read_text(encoding='utf-8')}```\n"
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    written = {file.src_uri: Path(file.abs_src_path) for file in files.documentation_pages() if file.abs_src_path}
    _PLACES.update(readme.places_of({path: file.read_text(encoding="utf-8") for path, file in written.items()}))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the README's sections and the tables where the page asks for them."""
    markdown = _PART.sub(_part, markdown)
    return readme.expand(markdown, page.file.src_uri, _PLACES)


def _part(match: re.Match[str]) -> str:
    arguments = [match["argument"]] if match["argument"] else []
    return generated_pages.PARTS[match["name"]](*arguments)


def _filled(nav: Any, several: dict[str, list[Any]]) -> Any:
    if isinstance(nav, dict):
        return {title: _filled(below, several) for title, below in nav.items()}
    if isinstance(nav, list):
        return [
            entry
            for each in nav
            for entry in (several[each] if _stands_for(each, several) else [_filled(each, several)])
        ]
    return nav


def _stands_for(entry: Any, several: dict[str, list[Any]]) -> bool:
    return isinstance(entry, str) and entry in several


def _reference_path(title: str) -> str:
    return f"reference/{readme.slug(title)}.md"


def _reference(title: str, modules: tuple[str, ...]) -> str:
    names = [name for module in modules for name in (module, *NAMED_AS_MODULES.get(module, ()))]
    parts = [f"# {title}", *(f"::: {name}" for name in names)]
    constants = generated_pages.constants(modules)
    if constants:
        parts += ["## Constants", constants]
    return "\n\n".join(parts) + "\n"
