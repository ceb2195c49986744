"""What is expected of a route, by what its driver has told and what he has not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from fleet.dispatch.expected import Expected, expected
from fleet.protocol.values import Place
from tests.support.script import desk_after
from tests.unit.dispatch.test_late_vans import Day
from tests.unit.dispatch.test_shifts import row


def _expected(day: Day) -> Expected:
    desk = desk_after(day.bench)
    return expected(desk, desk.state.missions[day.first.mission.mission_id])


def _way(day: Day, start: Place, end: Place) -> timedelta:
    leg = day.bench.inputs.context.network.leg(start, end, "drive")
    assert leg is not None
    return timedelta(seconds=leg.duration_s)


def _near(one: datetime, other: datetime) -> bool:
    return abs(one - other) < timedelta(seconds=5)


def test_a_van_is_where_it_made_its_last_stop_whatever_was_its_order(tmp_path: Path) -> None:
    """The way home is from there, from when it was made; it is behind as so many stops should have been made."""
    early = (
        row("A", "08:15", "09:00"),
        row("F", "08:20", "12:00", lon=-8.035),
        row("B", "10:30", "12:00", lon=-8.03),
    )
    day = Day(tmp_path, early=early)
    day.loaded()
    first, _, last = day.stops
    day.bench.run(600)
    day.made(2)
    found, now = _expected(day), day.bench.now
    assert [one.stop for one in found.arrivals] == day.stops[:2]
    assert _near(found.arrivals[0].at, now + _way(day, last.place, first.place))
    record = day.bench.core.state.missions[day.first.mission.mission_id]
    assert abs(record.late_s - (now - first.eta).total_seconds() + first.service_s) < 1
    day.bench.run(600)
    day.made(0)
    found, now = _expected(day), day.bench.now
    assert _near(found.arrivals[0].at, now + _way(day, first.place, day.stops[1].place))
    day.bench.run(600)
    day.made(1)
    found, now = _expected(day), day.bench.now
    assert _near(found.home, now + _way(day, day.stops[1].place, day.first.mission.home))


def test_a_van_that_is_not_loaded_has_not_left(tmp_path: Path) -> None:
    """It leaves now at the earliest; once it is loaded, when that was."""
    day = Day(tmp_path, row("C", "09:30", "12:00"))
    first, home = day.stops[0], day.first.mission.home
    day.loaded(late_s=1500)
    left_at, way = day.bench.now, _way(day, home, first.place)
    assert _near(_expected(day).arrivals[0].at, left_at + way)
    told = day.bench.core.state.parcels["A"].eta
    assert told is not None
    assert _near(told, left_at + way)
    day.bench.run(60)
    assert _near(_expected(day).arrivals[0].at, left_at + way)
