"""The studio in a notebook."""

from __future__ import annotations

import functools
import gzip
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latune.errors import InputError, MissingExtraError
from latune.export.source import open_source
from latune.plugins import load_plugins
from latune.studio.single_file import write_single

if TYPE_CHECKING:
    import anywidget

__all__ = ["studio_widget"]

HEIGHT = 880
"""Of the widget, in CSS pixels."""

# The page brings its own content policy; in a sandbox it also shares nothing with the notebook around it.
_SCRIPT = """
async function render({ model, el }) {
  const packed = new Blob([model.get("page")]).stream().pipeThrough(new DecompressionStream("gzip"));
  const page = new Blob([await new Response(packed).arrayBuffer()], { type: "text/html" });
  const address = URL.createObjectURL(page);
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-downloads allow-modals");
  frame.setAttribute("allow", "clipboard-write; autoplay");
  frame.title = "latune studio";
  frame.style.cssText = `width: 100%; height: ${model.get("height")}px; border: 0`;
  frame.src = address;
  el.append(frame);
  return () => URL.revokeObjectURL(address);
}
export default { render };
"""


def studio_widget(*runs: str | Path, height: int = HEIGHT, plugins: Sequence[str | Path] = ()) -> anywidget.AnyWidget:
    """The studio as a widget, for Jupyter and other notebooks: the page that `latune export --to html` writes.

    Everything is computed in the browser, so the widget goes on without a kernel. It travels there as a whole: some
    7 MB, and what the runs take.

    Example: studio_widget("runs/first", "runs/digits")

    Args:
        runs: Folders of finished runs.
        height: Of the widget, in CSS pixels.
        plugins: Python files with attributes of your own, for runs that were trained with such; they are run.

    Raises:
        MissingExtraError: anywidget, or a package that writes graphs, is not installed.
        InputError: No run is named, or the page cannot show one.
        RunError: There is no such run, it is not finished, or the page was not built.
    """
    widget = _widget_class()
    if not runs:
        raise InputError("Expected at least one run folder, got none.")
    loaded = load_plugins([Path(plugin) for plugin in plugins])
    with tempfile.TemporaryDirectory(prefix="latune-") as folder:
        file = Path(folder) / "studio.html"
        write_single([open_source(Path(run), loaded) for run in runs], file)
        page = gzip.compress(file.read_bytes(), 6, mtime=0)
    return widget(page=page, height=height)  # type: ignore[no-any-return]


@functools.cache
def _widget_class() -> Any:
    """The class of the widget, made when it is first wanted: latune does not need anywidget otherwise.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise MissingExtraError("anywidget", "widget") from error

    class StudioWidget(anywidget.AnyWidget):
        """A frame with the studio's page in it."""

        _esm = _SCRIPT
        page = traitlets.Bytes().tag(sync=True)
        height = traitlets.Int(HEIGHT).tag(sync=True)

    return StudioWidget
