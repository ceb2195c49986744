"""How a hub lets itself be watched: its status pages, its watchdog, and what it tells systemd."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from pydantic import BaseModel, ConfigDict, Field

from fleet.hub.observability.status import OFF, StatusServer
from fleet.hub.observability.systemd import READY, STOPPING, notify
from fleet.hub.observability.vitals import Pulse
from fleet.hub.observability.watchdog import END_S, Watchdog


class Observing(BaseModel):
    """Where the status pages are (``HOST:PORT``, port 0: any that is free; ``off``), whether other machines may be
    able to read them, and after how many seconds the watchdog ends a hub whose loop hangs (0: never).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: str = "127.0.0.1:0"
    beyond_loopback: bool = False
    watchdog_s: float = Field(default=END_S, ge=0, allow_inf_nan=False)


@contextmanager
def status_pages(how: Observing, pulse: Pulse) -> Iterator[str | None]:
    """Serve the status pages; their address, none where they are off. Raises ``BindError``."""
    if how.status == OFF:
        yield None
        return
    with closing(StatusServer(pulse, how.status, beyond_loopback=how.beyond_loopback)) as server:
        yield server.url


@contextmanager
def watched(how: Observing, pulse: Pulse) -> Iterator[None]:
    """Watch the loop that the caller's thread is about to run; tell systemd that the hub is up, then that it ends."""
    dog = Watchdog(pulse, end_s=how.watchdog_s)
    dog.start()
    notify(READY)
    try:
        yield
    finally:
        notify(STOPPING)
        dog.stop()


class Laps:
    """How long each part of a start took, in seconds."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}
        self._at_s = time.monotonic()

    def lap(self, name: str) -> None:
        """A part is done."""
        now_s = time.monotonic()
        self.took[f"{name}_s"] = round(now_s - self._at_s, 4)
        self._at_s = now_s
