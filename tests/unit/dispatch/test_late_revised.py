"""A route that is late and is given more parcels: how late it is counts once, whatever was changed meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet.dispatch.expected import expected
from fleet.domain.state import ExceptionRecord
from fleet.protocol.messages import FailedItem
from fleet.protocol.mission import Stop
from tests.support.script import desk_after, report
from tests.unit.dispatch.test_late_vans import Day
from tests.unit.dispatch.test_shifts import row

ROWS = (
    row("A", "08:15", "12:00"),
    row("B", "08:15", "12:00", lon=-8.03),
    row("C", "08:15", "12:00", lon=-8.02),
    row("D", "08:15", "12:00", lon=-8.01),
    row("F", "08:15", "12:00", lon=-8.0),
)
WINDOWS = (("B", "08:45", -8.03), ("C", "09:00", -8.02))
JOINED = [240, 0, -120]
"""So late is a route that more parcels join; one that is later is spared."""


def late_day(folder: Path, late_s: float) -> Day:
    """A route of five stops whose first was over so late."""
    day = Day(folder, early=ROWS)
    day.loaded()
    day.stopped(0, late_s)
    return day


def joins(day: Day, name: str, *, like: str) -> None:
    """One more parcel, next door to one that the van brings."""
    (order,) = [one for one in day.bench.inputs.orders.orders if one.order_id == like]
    place = order.place.model_copy(update={"lat": order.place.lat + 0.0005})
    day.bench.submit_more(day.operator, order.model_copy(update={"order_id": name, "place": place}))
    day.bench.run(0.1)


def told(day: Day) -> dict[str, datetime]:
    """When each parcel is to be there, as whoever waits for it was told."""
    parcels = day.bench.core.state.parcels
    return {name: eta for name, parcel in parcels.items() if (eta := parcel.eta) is not None}


def driven(day: Day) -> dict[str, datetime]:
    """When each is expected, driven stop by stop from the last one that was told."""
    desk = desk_after(day.bench)
    found = expected(desk, desk.state.missions[day.first.mission.mission_id])
    return {name: one.at for one in found.arrivals for name in one.serves}


@pytest.mark.parametrize("late_s", JOINED)
def test_parcels_that_join_a_late_route_in_turn_are_told_when_it_comes(tmp_path: Path, late_s: int) -> None:
    """The second one is told no later for what the first one's place had counted already."""
    day = late_day(tmp_path, late_s)
    for name in ("E1", "E2", "E3"):
        joins(day, name, like="D")
        assert day.bench.core.state.parcels[name].mission_id == day.first.mission.mission_id
        assert abs(told(day)[name] - driven(day)[name]) < timedelta(minutes=1), name


@pytest.mark.parametrize("late_s", JOINED)
def test_what_is_expected_of_a_changed_route_is_its_times_and_how_late_it_is(
    tmp_path: Path, late_s: int
) -> None:
    """Of each stop that is still to be made, the added ones too."""
    day = late_day(tmp_path, late_s)
    joins(day, "E1", like="D")
    joins(day, "E2", like="C")
    check(day, late_s, stops=6)


SOON_OVER = (ROWS[0], *(row(name, "08:15", until, lon=lon) for name, until, lon in WINDOWS), *ROWS[3:])
"""The windows of two stops are over before the late van is there."""


@pytest.mark.parametrize("rows", [ROWS, SOON_OVER], ids=["within windows", "windows are over"])
def test_a_door_that_stays_shut_is_tried_again_by_a_late_route(tmp_path: Path, rows: tuple[str, ...]) -> None:
    """However late it is; what is expected of those behind it counts that once."""
    day = Day(tmp_path, early=rows)
    day.loaded()
    shut(day, 1800)
    check(day, 1800, stops=5)


def shut(day: Day, late_s: float) -> None:
    """Nobody is at the first door, where the van is so late."""
    stop = day.stops[0]
    due = stop.eta + timedelta(seconds=stop.service_s + late_s)
    day.bench.run((due - day.bench.now).total_seconds())
    absent = FailedItem(order_id=stop.deliver[0], code="recipient_absent")
    over = report(day.first, stop.step_id)
    day.bench.say(day.van, over.model_copy(update={"at": day.bench.now, "failed": (absent,)}))
    day.bench.run(0.1)


def test_what_is_put_into_a_late_route_after_its_window_is_as_planned(tmp_path: Path) -> None:
    """Nobody is warned of what was known when it was put there, once the door is over that it was late at."""
    day = Day(tmp_path, early=(row("A", "08:15", "08:25"), *ROWS[1:]))
    assert day.stops[0].deliver == ("A",)
    day.loaded()
    shut(day, 1800)
    assert day.bench.core.state.parcels["A"].mission_id == day.first.mission.mission_id
    assert driven(day)["A"] > datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
    assert not warned(day)
    day.stopped(1, 1800)
    assert not warned(day)


def warned(day: Day) -> list[ExceptionRecord]:
    """Warnings of late stops that are open."""
    return [one for one in day.told() if one.outcome is None]


def check(day: Day, late_s: float, *, stops: int) -> None:
    """Its times and how late it is are what is driven."""
    record = day.bench.core.state.missions[day.first.mission.mission_id]
    assert record.mission.revision > day.first.mission.revision
    assert record.late_s == pytest.approx(late_s, abs=2)
    there = driven(day)
    doors = (step for step in record.mission.steps if isinstance(step, Stop) and step.deliver)
    left = [stop for stop in doors if stop.step_id not in record.ended]
    assert len(left) == stops
    for stop in left:
        by = stop.eta + timedelta(seconds=record.late_s)
        assert abs(by - there[stop.deliver[0]]) < timedelta(minutes=1), stop.deliver
