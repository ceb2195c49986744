"""A driver's break goes with the mission: into the assignment, through revisions, into the manifest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from fleet.dispatch.desk import Desk
from fleet.dispatch.manifestfiles import to_csv, to_geojson, to_gpx
from fleet.dispatch.manifests import manifest
from fleet.dispatch.planning import busy_time
from fleet.dispatch.revising import without_order
from fleet.dispatch.running import Stand, running_routes
from fleet.protocol.messages import Assign, Role
from fleet.protocol.mission import Mission, Stop
from tests.support.bench import DAY, ORDER_COLUMNS, Bench, Peer
from tests.support.script import VAN, accepted, desk_after, ready, report, sent

DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,1,0,0,0,05:00,22:00
"""
NO_LOCKERS = "locker_id,name,lon,lat,small,medium,large,drone_port\n"
FLEET = """[[van]]
type = "van-e"
break_minutes = 30
break_between = "09:30-10:30"
[assumptions]
terrain = "flat:60±70"
parcels_at_serving_site = true
drop_at_address = true
sidewalks_everywhere = true
"""


def orders(count: int) -> str:
    """Parcels along a street, some due early and some late, each of half an hour's work."""
    due = (
        "2026-11-24T08:00:00+00:00,2026-11-24T09:30:00+00:00",
        "2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00",
    )
    rows = (
        f"{chr(65 + i)},acme,delivery,Ana,Rua {i},{-8.04 + i / 500},41.01,3,0.3,0.2,0.1,standard,10,,"
        f"2026-11-24T07:00:00+00:00,{due[i > 1]},standard,25,1,false,\n"
        for i in range(count)
    )
    return ORDER_COLUMNS + "".join(rows)


def begun(tmp_path: Path) -> tuple[Bench, Peer, Assign]:
    """A van on its way to its first stop, whose driver has a break on the route."""
    bench = Bench(tmp_path, orders=orders(5), depots=DEPOTS, lockers=NO_LOCKERS, fleet=FLEET)
    operator, van = bench.connect("operator-1", Role.OPERATOR), ready(bench, VAN, "D1")
    bench.submit(operator)
    assign = sent(bench, van)
    accepted(bench, van, assign)
    loaded = assign.mission.steps[0]
    bench.say(van, report(assign, loaded.step_id, *loaded.order_ids))  # type: ignore[union-attr]
    return bench, van, assign


def stops(mission: Mission) -> list[Stop]:
    return [s for s in mission.steps if isinstance(s, Stop)]


def check(mission: Mission) -> int:
    """The break is between two services, for half an hour from a time in its window; behind how many stops it is."""
    rest = mission.driver_break
    assert rest is not None
    assert rest.end - rest.start == timedelta(minutes=30)
    assert rest.begins.start <= rest.start <= rest.begins.end
    ids = [step.step_id for step in mission.steps]
    after = ids.index(rest.after)
    there = stops(mission)
    assert all(s.eta + timedelta(seconds=s.service_s) <= rest.start for s in there[:after])
    assert all(s.eta >= rest.end for s in there[after:])
    return after


def test_a_driver_is_told_of_his_break(tmp_path: Path) -> None:
    _, _, assign = begun(tmp_path)
    rest = assign.mission.driver_break
    assert rest is not None
    window = timedelta(hours=9.5), timedelta(hours=10.5)
    for moment, told in zip(window, (rest.begins.start, rest.begins.end), strict=True):
        assert abs(told - DAY - moment) < timedelta(seconds=1)
    assert 0 < check(assign.mission) < len(stops(assign.mission))


def test_a_parcel_that_comes_on_the_way_leaves_the_break_its_time(tmp_path: Path) -> None:
    bench, van, first = begun(tmp_path)
    (order,) = [o for o in bench.inputs.orders.orders if o.order_id == "B"]
    bench.submit_more(bench.peers["operator-1"], order.model_copy(update={"order_id": "N"}))
    revised = sent(bench, van, 1).mission
    assert any("N" in s.deliver for s in stops(revised))
    assert revised.revision == first.mission.revision + 1
    check(revised)


def test_a_stop_that_falls_away_leaves_the_break(tmp_path: Path) -> None:
    """It is behind the stop before, at the same time."""
    bench, _, first = begun(tmp_path)
    after = check(first.mission)
    assert after > 1
    gone, desk = stops(first.mission)[after - 1], desk_after(bench)
    mission_id = first.mission.mission_id
    without_order(desk, desk.state.missions[mission_id], gone.deliver[0], "as the test says")
    revised = desk.state.missions[mission_id].mission
    assert gone.step_id not in [s.step_id for s in revised.steps]
    assert check(revised) == after - 1


def test_a_draft_that_is_planned_again_has_the_break(tmp_path: Path) -> None:
    """Nobody has seen the route yet: the one that takes its place, with a parcel more, has it in its window, and so has
    what the driver is sent."""
    due = orders(4).replace("T08:00", "T09:00").replace("T09:30", "T10:30")
    bench = Bench(tmp_path, replans=True, orders=due, depots=DEPOTS, lockers=NO_LOCKERS, fleet=FLEET)
    operator, van = bench.connect("operator-1", Role.OPERATOR), ready(bench, VAN, "D1")
    bench.submit(operator)
    bench.run(0.1)
    (before,) = bench.core.state.live_missions
    check(bench.core.state.missions[before].mission)
    (order,) = [o for o in bench.inputs.orders.orders if o.order_id == "B"]
    more = order.model_copy(update={"order_id": "N", "service_minutes": 10})
    bench.submit_more(operator, more)
    bench.run(0.1)
    (after,) = bench.core.state.live_missions
    assert after != before
    assert bench.core.state.missions[before].code == "replanned"
    told = sent(bench, van).mission
    assert told.mission_id == after
    assert {o for s in stops(told) for o in s.deliver} == {"A", "B", "C", "D", "N"}
    check(told)


def test_a_break_on_the_way_home_keeps_the_van(tmp_path: Path) -> None:
    """Nobody counts with it before, and it is not overdue for that."""
    bench, _, first = begun(tmp_path)
    record = desk_after(bench).state.missions[first.mission.mission_id]
    last, rest = stops(first.mission)[-1], first.mission.driver_break
    assert rest is not None
    start = last.eta + timedelta(seconds=last.service_s)
    late = rest.model_copy(
        update={"after": last.step_id, "start": start, "end": start + timedelta(minutes=30)}
    )
    mission = first.mission.model_copy(update={"driver_break": late})
    usual = busy_time(desk_after(bench), record).end
    kept = busy_time(desk_after(bench), replace(record, mission=mission)).end
    assert kept == usual + timedelta(minutes=30)


def test_the_manifest_has_the_break(tmp_path: Path) -> None:
    bench, _, assign = begun(tmp_path)
    state, after = bench.core.state, check(assign.mission)
    made = manifest(state.missions[assign.mission.mission_id], state)
    rest = made.driver_break
    assert rest is not None
    assert (rest.after, rest.minutes) == (after, 30)
    assert isinstance(rest.expected, datetime)
    lines = to_csv([made]).splitlines()
    assert [line.split(",")[3] for line in lines].index("break") == after + 1
    assert rest.text in to_gpx([made])
    assert f'"after_stop": {after}' in to_geojson([made])


def test_a_route_without_a_break_ends_so_long_before_the_van_s_next_one(tmp_path: Path) -> None:
    """The driver has it at the depot in between, however many parcels are put into the first route, where the next one
    begins in the break's window and is not over when that closes."""
    bench, _, assign = begun(tmp_path)
    desk, first = desk_after(bench), assign.mission.mission_id
    later = assign.mission.start_at + timedelta(hours=2)

    def latest(**changes: object) -> datetime:
        record = desk.state.missions[first]
        one = replace(record, mission=record.mission.model_copy(update=changes))
        two = replace(
            record, mission=one.mission.model_copy(update={"mission_id": "later", "start_at": later})
        )
        missions = desk.state.missions.set(first, one).set("later", two)
        state = replace(
            desk.state, missions=missions, live_missions=desk.state.live_missions.set("later", VAN)
        )
        both = Desk(state, desk.now, desk.live, desk.settings, lambda _: desk.context)
        routes = running_routes(both, Stand())
        return next(c.running.latest_end for c in routes if c.record.mission.mission_id == first)

    assert latest() == later
    assert latest(driver_break=None) == later - timedelta(minutes=30)
