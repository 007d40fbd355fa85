"""`latune studio`: runs in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from latune.cli.arguments import RunFolders
from latune.cli.output import console, progress_bar
from latune.cli.plugins import PluginFiles, load

__all__ = ["studio"]


def studio(
    run: RunFolders,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 chooses a free one.")] = 8080,
    host: Annotated[
        str, typer.Option(help="Name or address to listen on; others can reach only what is not local.")
    ] = ("127.0.0.1"),
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    plugin: PluginFiles = None,
) -> None:
    """Serve a page on which the knobs of finished runs are turned by hand, until Ctrl-C.

    The page computes in the browser; this server reads files of any format, searches as --exact does, and measures.

    Example: latune studio runs/first runs/digits
    """
    import webbrowser

    from latune.studio.serving import Address, serve_studio

    def ready(address: Address) -> None:
        console.print(f"The studio is at {address} (Ctrl-C ends it).", markup=False)
        if browser:
            webbrowser.open(str(address))

    with progress_bar("Preparing runs") as bar:
        serve_studio(run, load(plugin), Address(host, port), ready, lambda what, d, t: bar.update(d, t, title=what))
