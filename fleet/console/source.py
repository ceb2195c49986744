"""Where the pages get everything from: committed events, the live feed beside them, the hub for commands.

A source reads and asks; it decides nothing. Views take one ``Ledger`` from it and so always show one moment.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from fleet.console.ledger import Ledger, record_all
from fleet.console.live import Live
from fleet.console.snapshot import changed_rows, rows
from fleet.console.views.assets import samples_after
from fleet.console.views.base import Row, stamp
from fleet.console.views.pilots import pilot_rows
from fleet.console.views.places import site_rows, zones_row
from fleet.console.views.summary import summary
from fleet.console.views.weather import weather_row
from fleet.protocol.messages import AnyMessage, Reply
from fleet.store.base import StoredEvent, StoreError
from fleet.weather.field import Weather
from geofences import ZoneSet

CHUNK = 2_000
"""Events that are taken in at one go; what is shown moves on after each."""


class Events(Protocol):
    """Committed events behind a position (``fleet.store.reader.Reader`` is one)."""

    def events(self, after: int = 0, limit: int = CHUNK) -> Iterator[StoredEvent]:
        """At most ``limit`` events, in order. Raises ``StoreError``."""


Ask = Callable[[AnyMessage], Reply]
"""Asks the hub something and waits for its answer; raises ``HubUnreachable``."""


@dataclass(slots=True)
class Source:
    """What one console shows. ``zones`` and ``weather`` are those of the files, none where the console was not given
    them.
    """

    events: Events
    live: Live
    ask: Ask
    zones: ZoneSet | None = None
    tiles: str | None = None
    weather: Weather | None = None
    ledger: Ledger = field(default_factory=Ledger)
    trouble: str | None = None
    feed_trouble: str | None = None
    stopping: Callable[[], bool] = lambda: False
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def catch_up(self) -> bool:
        """Take in what has been committed since; whether there was anything. May be called from any thread."""
        with self._reading:
            before = self.ledger.position
            try:
                while self._take_chunk() == CHUNK:
                    pass
            except StoreError as error:
                self.trouble = str(error)
            else:
                self.trouble = None
            return self.ledger.position > before

    def _take_chunk(self) -> int:
        stored = list(self.events.events(self.ledger.position, CHUNK))
        self.ledger = record_all(self.ledger, stored)
        return len(stored)


def snapshot(source: Source) -> Row:
    """Everything that the page shows, at one moment."""
    ledger = source.ledger
    tables = ("orders", "assets", "missions", "lockers", "exceptions", "commands")
    return {
        **_heading(source, ledger),
        **_ground(source, ledger),
        "live": samples_after(source.live, 0),
        **{name: rows(ledger, name) for name in tables},
    }


def delta(source: Source, old: Ledger, revision: int) -> Row:
    """What has changed since ``old`` and since that revision of the live samples."""
    new = source.ledger
    ground = {} if _same_ground(old, new) else _ground(source, new)
    return {
        **_heading(source, new),
        **ground,
        "live": samples_after(source.live, revision),
        **changed_rows(old, new),
    }


def _heading(source: Source, ledger: Ledger) -> Row:
    return {
        "position": ledger.position,
        "summary": summary(ledger),
        "weather": weather_row(source.weather, ledger.state, source.live.now or ledger.last_at),
        "pulse": pulse(source),
        "pilots": pilot_rows(ledger.state, source.live.now or ledger.last_at),
    }


def _ground(source: Source, ledger: Ledger) -> Row:
    return {"sites": site_rows(ledger), "zones": zones_row(source.zones, ledger), "tiles": source.tiles}


def _same_ground(old: Ledger, new: Ledger) -> bool:
    before, after = old.state, new.state
    return before.sites is after.sites and before.zones is after.zones


def pulse(source: Source) -> Row:
    """How current everything is: the feed's age, the hub's time and health, and trouble with the store."""
    live = source.live
    return {
        "now": stamp(live.now),
        "feed_age_s": live.age_s(),
        "silent": live.silent(),
        "bad_frames": live.bad,
        "health": None if live.health is None else live.health.model_dump(mode="json"),
        "trouble": source.trouble or source.feed_trouble,
    }


def command_rows(source: Source, ids: Iterable[str]) -> list[Row]:
    """The commands of these ids as far as they are committed."""
    wanted = set(ids)
    return [row for row in rows(source.ledger, "commands") if row["id"] in wanted]
