"""A late van whose driver tells nothing, one that is back earlier than expected, and what people have locked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fleet.dispatch.expected import behind_s, expected
from fleet.dispatch.lateness import ASSET_LATE, LOCKED_LATE
from fleet.domain.punctuality import is_late
from fleet.protocol.messages import LockOrders, MissionReply, Role
from fleet.protocol.mission import Stop, Travel
from tests.support.bench import ORDERS, Bench
from tests.support.script import desk_after, flying, report
from tests.unit.dispatch.test_late_vans import OTHER, Day
from tests.unit.dispatch.test_shifts import over_at, row


def test_a_van_that_does_not_come_home_is_late_too(tmp_path: Path) -> None:
    """What waits for it begins later, and goes to another before it is too late; nobody counts on it."""
    day = Day(tmp_path, row("C", "09:30", "12:00"), vans=2)
    day.loaded()
    day.stopped(0, 0)
    day.stopped(1, 0)
    before = day.second
    day.bench.run(5400)
    assert day.second.mission_id == before.mission_id
    assert day.second.start_at > day.bench.now - timedelta(minutes=10)
    desk = desk_after(day.bench)
    first = desk.state.missions[day.first.mission.mission_id]
    silent_s = (desk.now - over_at(day.bench, first.mission)).total_seconds()
    assert abs(behind_s(desk, first) - silent_s) < 5
    day.bench.run(6900)
    parcel = day.bench.core.state.parcels["C"]
    assert parcel.asset_id == OTHER
    assert parcel.handed_on[0].code == ASSET_LATE
    assert not is_late(parcel)


def test_a_route_that_is_changed_under_way_is_looked_at_by_the_stops_that_are_left(tmp_path: Path) -> None:
    """Its driver does not take the last revision, and is sent it anew."""
    day = Day(tmp_path, row("C", "09:30", "12:00"))
    day.loaded()
    day.stopped(0, 0)
    mission_id = day.first.mission.mission_id
    looked_at = f"late:{mission_id}"
    before = day.bench.core.state.timers[looked_at]
    refused = MissionReply(mission_id=mission_id, revision=0, accepted=False, code="stale", detail="of old")
    day.bench.say(day.van, refused)
    day.bench.run(0.1)
    assert day.bench.core.state.missions[mission_id].mission.revision == 1
    last, look_s = day.stops[1], desk_after(day.bench).settings.late_look_s
    due = last.eta + timedelta(seconds=last.service_s + look_s)
    assert before < day.bench.core.state.timers[looked_at]
    assert abs(day.bench.core.state.timers[looked_at] - due) < timedelta(minutes=1)


def test_a_van_that_is_back_earlier_than_expected_lets_what_waits_begin_earlier(tmp_path: Path) -> None:
    """Its driver had told nothing, and tells it all at once: what waits begins as it was to, and nobody is late."""
    early = row("A", "08:15", "08:40"), row("B", "08:40", "09:40", lon=-7.85)
    day = Day(tmp_path, row("C", "09:30", "14:00", ready="09:00"), early=early)
    before = day.second
    day.loaded()
    day.bench.run((over_at(day.bench, day.first.mission) - day.bench.now).total_seconds() + 1800)
    assert day.second.start_at > before.start_at + timedelta(minutes=30)
    assert [one.outcome for one in day.told()] == [None]
    day.made(0)
    day.made(1)
    back = expected(desk := desk_after(day.bench), desk.state.missions[day.first.mission.mission_id]).home
    assert day.second.mission_id == before.mission_id
    assert abs(day.second.start_at - max(back, before.start_at)) < timedelta(minutes=5)
    assert all(one.outcome for one in day.told())
    (stop,) = (step for step in day.second.steps if isinstance(step, Stop))
    parcel = day.bench.core.state.parcels["C"]
    assert parcel.eta is not None
    assert abs(parcel.eta - stop.eta) <= timedelta(minutes=5)
    record = day.bench.core.state.missions[day.second.mission_id]
    assert record.release_at == day.second.start_at - timedelta(seconds=600)


@pytest.mark.parametrize("locked", [True, False])
def test_a_locked_parcel_stays_though_the_drivers_break_fits_no_more(tmp_path: Path, *, locked: bool) -> None:
    """A person is told of it, once; where nothing is locked the route is planned again."""
    later = (
        row("C", "09:30", "09:50", ready="09:00"),
        row("D", "10:20", "12:00", lon=-8.03, ready="09:00"),
    )
    rests = 'break_minutes = 30\nbreak_between = "09:45-10:30"'
    day = Day(tmp_path, *later, stand=rests)
    before = day.second
    assert before.driver_break is not None
    if locked:
        lock = LockOrders(request_id="l", by="ana", order_ids=("C", "D"), why="promised")
        day.bench.say(day.operator, lock)
    day.loaded()
    day.stopped(0, 6600)
    day.stopped(1, 6700)
    day.bench.run(2)
    state = day.bench.core.state
    assert (before.mission_id in state.live_missions) == locked
    told = [one for one in state.exceptions.values() if one.code == LOCKED_LATE]
    assert len(told) == locked
    if locked:
        assert day.second.mission_id == before.mission_id
        assert day.second.start_at > before.start_at
        assert (told[0].mission_id, told[0].owner) == (before.mission_id, "operator")
        rest = day.second.driver_break
        assert rest is not None
        assert rest.start > rest.begins.end


def test_a_locked_parcel_of_a_late_drone_stays_and_a_person_is_told(tmp_path: Path) -> None:
    """Its window is over when its drone is back."""
    second = ORDERS.splitlines()[1].replace("P-1", "P-2").replace("T08:00:00", "T08:20:00")
    bench = Bench(tmp_path, orders=f"{ORDERS}{second.replace('T12:00:00', 'T09:05:00')}\n")
    _, drone, assign = flying(bench)
    waits = bench.core.state.parcels["P-2"]
    operator = bench.connect("operator-2", Role.OPERATOR)
    bench.say(operator, LockOrders(request_id="l", by="ana", order_ids=("P-2",), why="promised"))
    assert bench.core.state.parcels["P-2"].locked
    out = next(step for step in assign.mission.steps if isinstance(step, Travel))
    assert out.path[-1].at is not None
    due = out.path[-1].at + timedelta(minutes=53)
    bench.run((due - bench.now).total_seconds())
    bench.say(drone, report(assign, out.step_id).model_copy(update={"at": bench.now}))
    bench.run(0.1)
    state = bench.core.state
    assert state.parcels["P-2"].mission_id == waits.mission_id
    (told,) = (one for one in state.exceptions.values() if one.code == LOCKED_LATE)
    assert told.mission_id == waits.mission_id
