"""`latune studio`: the server on an address, until it is stopped."""

from __future__ import annotations

import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latune.errors import InputError, MissingExtraError
from latune.plugins import Plugin
from latune.studio.bundle import run_keys
from latune.studio.page import require_page

__all__ = ["Address", "Report", "listening", "require_server", "serve_studio"]

Report = Callable[[str, int, int], None]
"""Told (what is being done, done, total)."""

_SECONDS_TO_END = 3


@dataclass(frozen=True)
class Address:
    """Where the server listens.

    Args:
        host: Name or number.
        port: Number; 0 chooses a free one.
    """

    host: str = "127.0.0.1"
    port: int = 8080

    def __str__(self) -> str:
        host = "localhost" if self.host in ("0.0.0.0", "::", "") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def require_server() -> None:
    """Check, before any work, that the extra and the page are there.

    Raises:
        MissingExtraError: A package is missing.
        RunError: The page was not built.
    """
    for package in ("starlette", "uvicorn"):
        try:
            __import__(package)
        except ImportError as error:
            raise MissingExtraError(package, "studio") from error
    require_page()


@contextmanager
def listening(address: Address) -> Iterator[tuple[socket.socket, Address]]:
    """A socket that listens, and its address.

    Raises:
        InputError: The address cannot be had.
    """
    try:
        # 0 is the protocol: whatever the name leads to, of version 4 or 6.
        family, kind, protocol, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        ear = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InputError(f"--host {address.host}: expected a name or an address of this machine.") from error
    with ear:
        try:
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ear.bind(place)
            ear.listen(128)
        except OSError as error:
            raise InputError(
                f"{address.host}, port {address.port}, cannot be used: {error.strerror}; choose another --port."
            ) from error
        yield ear, Address(address.host, ear.getsockname()[1])


def serve_studio(
    runs: Sequence[Path],
    plugins: Sequence[Plugin],
    address: Address,
    ready: Callable[[Address], None],
    report: Report | None = None,
) -> None:
    """Prepare the files of runs and serve them until the process is told to stop (Ctrl-C).

    Args:
        runs: Folders of finished runs.
        plugins: Where the user's own attributes come from.
        address: Where to listen.
        ready: Told the address when the server answers.
        report: Told the progress of preparing.

    Raises:
        RunError: The page was not built, or a folder holds no finished run.
        InputError: The address cannot be had, or the page cannot show a run.
        MissingExtraError: A package is missing.
    """
    require_server()
    with listening(address) as (ear, found), tempfile.TemporaryDirectory(prefix="latune-studio-") as temporary:
        app = _application(runs, plugins, found.host, Path(temporary), report or (lambda *_: None))
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a kill ends it as Ctrl-C does, tidily
        with suppress(KeyboardInterrupt):  # which the server raises again when it has ended
            _server(app, lambda: ready(found)).run(sockets=[ear])


def _application(runs: Sequence[Path], plugins: Sequence[Plugin], host: str, elsewhere: Path, report: Report) -> Any:
    from latune.studio.kept_bundles import prepare_run
    from latune.studio.server import create_app

    prepared = []
    for number, (folder, key) in enumerate(zip(runs, run_keys(runs), strict=True)):

        def tell(done: int, total: int, before: int = number) -> None:
            report("Preparing runs", before * total + done, len(runs) * total)

        prepared.append(prepare_run(folder, key, plugins, elsewhere, tell))
    return create_app(prepared, host)


def _server(app: Any, ready: Callable[[], None]) -> Any:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_SECONDS_TO_END,
    )
    return Server(config)
