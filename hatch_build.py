"""Build hook: puts the studio's page into wheels, source distributions and editable installations."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "studio"))

from page_build import NoPageError, build_page  # found beside this file, not installed


class PageBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the page where Node is; latune works without it but for the studio."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before files are collected."""
        try:
            if build_page():
                self.app.display_info("The studio's page was built.")
        except NoPageError as error:
            self.app.display_warning(f"latune is built without the studio's page: {error}.")
