"""A simulated day on which remote pilots are short: no more machines are out than they supervise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fleet.demo import DemoOptions, build_day, incoming_of
from fleet.dispatch.audit import audit
from fleet.domain.events import Event, MissionOver, MissionReleased
from fleet.domain.state import FINAL_PARCEL
from fleet.progress import settled
from fleet.protocol.lifecycle import ParcelStatus
from fleet.sim.city import TIMEZONE
from fleet.simulate import Simulated, simulate

ROWS = """
[[pilots]]
kind = "drone"
pilots = 1
machines_each = 2

[[pilots]]
kind = "sidewalk_robot"
pilots = 1
machines_each = 3
shift = "10:00-20:00"
"""
CLOCKS = ZoneInfo(TIMEZONE)
MOST = {"drone": 2, "sidewalk_robot": 3}


def piloted(folder: Path, rows: str) -> Simulated:
    """A day of the demo's city, which opens at nine."""
    setup, world = build_day(folder, DemoOptions(seed=3, parcels=40, hours=3, iterations=10))
    file = folder / "input" / "fleet.toml"
    file.write_text(file.read_text(encoding="utf-8") + rows, encoding="utf-8")
    return simulate(
        setup,
        setup.files.read(),
        world,
        incoming=incoming_of(setup),
        incidents="none",
        over=settled,
        latest=setup.until - setup.at,
    )


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return piloted(tmp_path_factory.mktemp("piloted"), ROWS)


def outings(events: tuple[Event, ...]) -> Iterator[tuple[str, datetime, datetime | None]]:
    """Of each mission that was sent its kind of machine, from when and until when it was out."""
    over = {event.mission_id: event.at for event in events if isinstance(event, MissionOver)}
    for event in events:
        if isinstance(event, MissionReleased) and event.mission.is_sortie:
            kind = "drone" if "/drone-" in event.mission.asset_id else "sidewalk_robot"
            yield kind, event.at, over.get(event.mission.mission_id)


def test_no_more_are_out_than_pilots_supervise(day: Simulated) -> None:
    """At each release, those that are not back counted with it; the limit is reached."""
    trips = list(outings(tuple(day.events)))
    for kind, most in MOST.items():
        own = [(begin, end) for name, begin, end in trips if name == kind]
        deepest = [
            sum(begin <= moment and (end is None or moment < end) for begin, end in own) for moment, _ in own
        ]
        assert own
        assert max(deepest) == most


def test_nothing_is_released_while_nobody_is_on_shift(day: Simulated) -> None:
    robots = [begin for kind, begin, _ in outings(tuple(day.events)) if kind == "sidewalk_robot"]
    clocks = [begin.astimezone(CLOCKS).time() for begin in robots]
    assert all(time(10) <= clock < time(20) for clock in clocks)


def test_the_day_ends_well(day: Simulated) -> None:
    """Each parcel has an end or lies in its locker, custody is unbroken, and the world's judge finds nothing."""
    open_still = {p.status for p in day.state.parcels.values() if p.status not in FINAL_PARCEL}
    assert open_still <= {ParcelStatus.IN_LOCKER}
    assert day.verdict["ok"], day.verdict
    found = audit(day.events)
    assert (found.custody_breaks, found.duplicates, found.lost) == ((), (), ())
