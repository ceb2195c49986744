"""The console as a process of its own, beside a hub: reads its store, listens to its feed, sends it commands."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import uvicorn

from fleet.console.app import make_app
from fleet.console.errors import ConsoleError
from fleet.console.guard import is_loopback
from fleet.console.live import Live
from fleet.console.source import Ask, Source
from fleet.hub.client import HubClient
from fleet.hub.rundir import RunDir
from fleet.hub.security.keyring import CONSOLE, key_for
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.messages import AnyMessage, Reply
from fleet.store.reader import Reader
from fleet.weather.field import Weather
from geofences import ZoneSet

COMMAND_TIMEOUT_S = 10.0


def serve(
    run_dir: RunDir,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    zones: ZoneSet | None = None,
    weather: Weather | None = None,
    tiles: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> None:
    """Serve the console of a running hub until the process is told to stop.

    ``tell`` is given the address once it is open (port 0 takes a free one); without it ``run.json`` gets it.
    ``zones`` and ``weather`` are those of the files that the hub was started with. ``tiles`` is the URL template of a
    tile server of your own.
    Raises ``ConsoleError`` and ``RunDirError``.
    """
    running, key = run_dir.running(), key_for(run_dir, CONSOLE)
    live = Live(time.monotonic)
    source = Source(Reader(run_dir.place), live, asker(running.control, key), zones, tiles, weather)
    with open_socket(host, port) as listening:
        address = address_of(listening)
        (tell or _write_to(run_dir))(address)
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(source, feed=running.feed, key=key, plain=running.plain),
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=2,
            )
        )
        source.stopping = lambda: server.should_exit
        server.run(sockets=[listening])


def asker(control: str, key: KeyFile | None = None) -> Ask:
    """Asks the hub at this endpoint, over a connection for each question."""

    def ask(message: AnyMessage) -> Reply:
        with HubClient(control, by="console", key=key, timeout_s=COMMAND_TIMEOUT_S) as client:
            return client.request(message)

    return ask


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket on this machine's own address. Raises ``ConsoleError``."""
    if not is_loopback(host):
        raise ConsoleError(
            f"the console has no login yet, so it listens on this machine only (127.0.0.1), not on {host!r}; "
            "reach it from elsewhere through `ssh -L`"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConsoleError(
            f"{host}:{port} can't be opened: {error.strerror}; choose another port, or 0 for any that is free"
        ) from error


def address_of(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _write_to(run_dir: RunDir) -> Callable[[str], None]:
    def write(address: str) -> None:
        run_dir.write_running(run_dir.running().model_copy(update={"console": address}))

    return write
