"""What is expected of a route, by what its driver has told and what he has not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from fleet.dispatch.drafting import route_type
from fleet.dispatch.expected import Expected, expected
from fleet.domain.events import ArrivalsMoved
from fleet.protocol.messages import AssetReport, MissionEnded
from fleet.protocol.mission import Stop
from fleet.protocol.values import Place
from tests.support.bench import DAY
from tests.support.script import accepted, desk_after, ready, report, sent
from tests.unit.dispatch.test_hand_on import bench_with, driving, orders
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


def test_a_parcel_that_is_fetched_on_the_way_is_expected_where_it_is_brought(tmp_path: Path) -> None:
    """Another van takes over what one that broke down has aboard: on its times nobody is told another one."""
    bench = bench_with(tmp_path, orders("A", "B", "C", "D"), vans=2)
    broken, first = driving(bench)
    other, where = ready(bench, "D1/van-2", "D1"), Place(lon=-8.01, lat=41.09)
    ended = MissionEnded(
        mission_id=first.mission.mission_id,
        outcome="failed",
        at=DAY,
        place=where,
        on_board=("A", "B", "C", "D"),
        code="breakdown",
    )
    bench.say(broken, AssetReport(condition="faulted", at=DAY, place=where, code="breakdown"), ended)
    fetches = sent(bench, other, 0)
    accepted(bench, other, fetches)
    mission = fetches.mission
    load, first_stop = mission.steps[0], next(step for step in mission.steps if isinstance(step, Stop))
    assert first_stop.collect
    loads_s = route_type(desk_after(bench), "D1/van-2").load_s
    bench.run((mission.start_at - bench.now).total_seconds() + loads_s)
    bench.say(other, report(fetches, load.step_id).model_copy(update={"at": bench.now}))
    bench.run((first_stop.eta - bench.now).total_seconds() + first_stop.service_s)
    over = report(fetches, first_stop.step_id, *first_stop.collect)
    bench.say(other, over.model_copy(update={"at": bench.now}))
    bench.run(1)
    desk = desk_after(bench)
    found = expected(desk, desk.state.missions[mission.mission_id])
    brought = {o: one.at for one in found.arrivals for o in one.stop.deliver}
    assert set(brought) == {"A", "B", "C", "D"}
    moved = (one.event for one in bench.store.events() if isinstance(one.event, ArrivalsMoved))
    assert [one for one in moved if one.mission_id == mission.mission_id] == []
    for order_id, at in brought.items():
        eta = bench.core.state.parcels[order_id].eta
        assert eta is not None
        assert abs(eta - at) < timedelta(minutes=6)  # what differs by five from what was told is left
