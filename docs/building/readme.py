"""Parts of the README in the manual, so that nothing is written twice.

A line that is nothing but a link, `[README: Turning a knob](../../README.md#turning-a-knob)`, stands for the section
of that name: where the files are read as they are it is a link, in the manual the section takes its place.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from sources import ROOT

INCLUDE = re.compile(r"(?m)^\[README: (?P<title>[^\]]+)\]\((?:\.\./)+README\.md#(?P<anchor>[\w-]+)\)$")
_LINK = re.compile(r"\]\((?P<target>(?:docs/|LICENSE|#)[^)\s]*)\)")
_BACK = re.compile(r"\]\((?:\.\./)+README\.md(?:#(?P<anchor>[\w-]+))?\)")
_FENCE = re.compile(r"^(```|~~~)")
_HEADING = re.compile(r"^(#+) (.+)$")


def slug(title: str) -> str:
    """Anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def section(title: str) -> str:
    """Text of a section of the README, with its subsections one level below the page's headings.

    Raises:
        KeyError: There is no such section.
    """
    lines: list[str] = []
    level = 0
    fenced = False
    for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading and level and len(heading[1]) <= level:
            break
        if heading and level:
            lines.append(f"#{'#' * (len(heading[1]) - level)} {heading[2]}")
        elif level:
            lines.append(line)
        elif heading and heading[2] == title:
            level = len(heading[1])
    if not level:
        raise KeyError(f"the README has no section '{title}'")
    return "\n".join(lines).strip()


def anchors_below(title: str) -> list[str]:
    """Anchors of the headings within a section, its own first."""
    headings = re.findall(r"(?m)^#+ (.+)$", section(title))
    return [slug(title), *(slug(heading) for heading in headings)]


def expand(text: str, page: str, places: Mapping[str, str]) -> str:
    """Put sections of the README where a page asks for them, and turn links to the README into links within the manual.

    Args:
        text: Markdown of the page.
        page: Its path within docs.
        places: For each anchor of the README the page that has this section.
    """
    here = posixpath.dirname(page)

    def link(match: re.Match[str]) -> str:
        target = match["target"]
        if target.startswith("#"):
            return f"]({_to_place(target[1:], here, page, places)})"
        if target == "LICENSE":
            return f"]({posixpath.relpath('licence.md', here or '.')})"
        return f"]({posixpath.relpath(target.removeprefix('docs/'), here or '.')})"

    text = INCLUDE.sub(lambda match: _LINK.sub(link, section(match["title"])), text)
    return _BACK.sub(lambda match: f"]({_to_place(match['anchor'] or '', here, page, places)})", text)


def _to_place(anchor: str, here: str, page: str, places: Mapping[str, str]) -> str:
    target = places.get(anchor, "index.md")
    if target == page:
        return f"#{anchor}"
    path = posixpath.relpath(target, here or ".")
    included = anchor in places
    return f"{path}#{anchor}" if included and anchor not in {slug(title) for title in _titles(target)} else path


def _titles(page: str) -> list[str]:
    """Sections that a page takes in whole: their own headings are the page's, so no anchor is left of them."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [match["title"] for match in INCLUDE.finditer(text)]


def places_of(pages: Mapping[str, str]) -> dict[str, str]:
    """For each anchor of the README the page that has this section.

    Args:
        pages: Markdown of all pages, by path.
    """
    places: dict[str, str] = {}
    for page, text in pages.items():
        for match in INCLUDE.finditer(text):
            for anchor in anchors_below(match["title"]):
                places.setdefault(anchor, page)
    return places
