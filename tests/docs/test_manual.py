"""The manual builds without a warning, holds everything that latune has, and loads nothing from elsewhere."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import generated_pages
import pytest
import typer
from public import PUBLIC_MODULES

from latune.cli.app import app
from latune.data.registry import DATASETS
from latune.metrics import METRICS
from latune.recipes import list_recipes
from latune.studies.study import list_studies

pytest.importorskip("mkdocs")
pytest.importorskip("material")
pytest.importorskip("mkdocstrings")
for extra in ("music21", "numba"):
    pytest.importorskip(extra)

ROOT = Path(__file__).parents[2]
HTML_REQUEST = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=[\"']?(?:https?:)?//"
    r"|<link\b(?![^>]*rel=[\"']?canonical)[^>]*\bhref=[\"']?(?:https?:)?//",
)
CSS_REQUEST = re.compile(r"@import\s+[\"']?(?:url\([\"']?)?(?:https?:)?//|url\([\"']?(?:https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built manual."""
    folder = tmp_path_factory.mktemp("manual")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "NO_MKDOCS_2_WARNING": "1"}
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "WARNING" not in finished.stderr
    return folder


def text_of(page):
    """What a page says, without its tags."""
    content = page.read_text(encoding="utf-8")
    return html.unescape(re.sub(r"<[^>]+>", "", content))


def main_part(page):
    """The article of a page, without the navigation, which names every page everywhere."""
    return page.read_text(encoding="utf-8").partition("<article")[2].partition("</article>")[0]


@pytest.mark.parametrize("name", generated_pages.method_names())
def test_a_method_has_its_page(site, name):
    shown = main_part(site / "methods" / f"{name}.html")
    for wanted in ('id="settings"', 'id="recipes"', 'id="pitfalls"', "arXiv|2017|2014"):
        assert re.search(wanted, shown), wanted
    assert f'"{name}.html"' in main_part(site / "methods" / "index.html")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_a_metric_has_its_page(site, metric):
    shown = " ".join(text_of(site / "metrics" / f"{metric.key}.html").split())
    for wanted in (metric.source, metric.pitfall, "How it is computed", f"--only {metric.key}"):
        assert wanted in shown
    assert f'"metrics/{metric.key}.html"' in main_part(site / "metrics.html")


def test_every_recipe_is_listed(site):
    shown = main_part(site / "recipes.html")
    assert [name for name in list_recipes() if f"<code>{name}</code>" not in shown] == []


@pytest.mark.parametrize("title", generated_pages.TABLES)
def test_every_attribute_is_listed(site, title):
    shown = main_part(site / "reference" / "attributes.html")
    assert [each.name for each in generated_pages.TABLES[title] if f"<code>{each.name}</code>" not in shown] == []


def test_no_attribute_table_is_forgotten():
    import latune.data.codec_registry
    from latune.attributes import AttributeTable

    assert latune.data.codec_registry
    known = {name for table in generated_pages.TABLES.values() for name in table.names}
    tables = [
        (module, value)
        for module, content in list(sys.modules.items())
        if module.startswith("latune.") and content is not None
        for value in vars(content).values()
        if isinstance(value, AttributeTable)
    ]
    assert len(tables) >= len(generated_pages.TABLES)
    assert [(module, name) for module, table in tables for name in table.names if name not in known] == []


def test_every_command_is_listed(site):
    shown = main_part(site / "reference" / "commands.html")
    leaves = generated_pages.leaves(typer.main.get_command(app), "latune")
    assert len(leaves) > 20
    for name, command in leaves:
        assert f'id="{name.replace(" ", "-")}"' in shown, name
        section = shown.partition(f'id="{name.replace(" ", "-")}"')[2].partition("<h2")[0]
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        assert [option for option in options - {"--help"} if f"<code>{option}</code>" not in section] == []


def test_every_data_set_and_study_is_listed(site):
    sets, studies = (main_part(site / page) for page in ("reference/data-sets.html", "studies.html"))
    assert [name for name in DATASETS if f"<code>{name}</code>" not in sets] == []
    assert [name for name in list_studies() if f"<code>{name}</code>" not in studies] == []


@pytest.mark.parametrize("title", PUBLIC_MODULES)
def test_every_public_name_is_in_the_reference(site, title):
    import importlib

    shown = (site / "reference" / f"{title.lower().replace(' ', '-')}.html").read_text(encoding="utf-8")
    missing = []
    for module in PUBLIC_MODULES[title]:
        names = set(importlib.import_module(module).__all__) - {"__version__"}
        told = rf'id="[\w.]*\b{{name}}"|<code>{re.escape(module)}\.{{name}}</code>'
        missing += [f"{module}.{name}" for name in names if not re.search(told.format(name=name), shown)]
    assert missing == []


def test_pages_load_nothing_from_elsewhere(site):
    found = {}
    for page in site.rglob("*.html"):
        if request := HTML_REQUEST.search(page.read_text(encoding="utf-8")):
            found[page.name] = request[0]
    for sheet in site.rglob("*.css"):
        if request := CSS_REQUEST.search(sheet.read_text(encoding="utf-8")):
            found[sheet.name] = request[0]
    assert found == {}


def test_a_browser_asks_for_nothing_from_elsewhere(site):
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("there is no Chromium here")
    asked = []
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=flags)
        tab = browser.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        for name in ("index.html", "concepts.html", "methods/ar_vae.html", "reference/metrics.html"):
            tab.goto((site / name).as_uri())
            tab.wait_for_load_state("networkidle")
        browser.close()
    assert len(asked) > 4
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_the_change_log_has_this_version():
    import latune

    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{latune.__version__}]" in log
    assert f"\n[{latune.__version__}]: " in log
