"""The console as tests run it: uvicorn in a thread of its own over a fake hub."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from fleet.console.app import make_app
from fleet.console.live import Live
from fleet.console.serve import address_of, asker, open_socket
from fleet.console.source import Ask, Source
from fleet.store.reader import Reader
from geofences import ZoneSet
from tests.browser.fakehub import FakeHub

STARTS_WITHIN_S = 20


@contextmanager
def console_beside(hub: FakeHub, zones: ZoneSet | None = None, *, ask: Ask | None = None) -> Iterator[str]:
    """The address of a console beside the hub; ``ask`` takes the place of its line for commands."""
    source = Source(Reader(hub.path), Live(time.monotonic), ask or asker(hub.control), zones)
    app = make_app(source, feed=hub.feed)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    source.stopping = lambda: server.should_exit
    with open_socket("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="console")
        thread.start()
        try:
            _wait_for(server, thread)
            yield address_of(listening)
        finally:
            server.should_exit = True
            thread.join()


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the console did not start")
        time.sleep(0.02)
