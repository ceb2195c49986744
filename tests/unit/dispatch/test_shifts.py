"""A van's routes of one shift count together from plan to plan: its longest shift, its battery, its driver's break."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import StartPlanning
from fleet.dispatch.handlers.timers import resume
from fleet.dispatch.inputs import Resume
from fleet.dispatch.running import Candidate, Stand, free_vans, running_routes
from fleet.domain.events import ExceptionRaised, MissionDrafted, OrderPlaced, PlanRequested
from fleet.protocol.messages import Assign, MissionEnded, Role
from fleet.protocol.mission import Load, Mission, Stop
from tests.support.bench import DAY, ORDER_COLUMNS, Bench, Peer
from tests.support.script import VAN, accepted, desk_after, empty_route, ready, report, sent

DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,1,0,0,0,00:00,23:59
"""
NO_LOCKERS = "locker_id,name,lon,lat,small,medium,large,drone_port\n"


def fleet(stand: str = "", kind: str = "") -> str:
    return f"""[[van]]
type = "own"
{stand}
[types.own]
based_on = "van-e"
load_s = 300
{kind}
[assumptions]
terrain = "flat:60±70"
parcels_at_serving_site = true
drop_at_address = true
sidewalks_everywhere = true
"""


def row(name: str, opens: str, closes: str, *, lon: float = -8.04, ready: str = "07:00") -> str:
    """A parcel that takes five minutes at its door."""
    day = "2026-11-24T"
    return (
        f"{name},acme,delivery,Ana,Rua 1,{lon},41.02,1,0.3,0.2,0.1,standard,10,,"
        f"{day}{ready}:00+00:00,{day}{opens}:00+00:00,{day}{closes}:00+00:00,standard,5,1,false,\n"
    )


def day(
    folder: Path, text: str, *rows: str, soc: bool = True, replans: bool = False
) -> tuple[Bench, Peer, Peer]:
    """An operator, and a van that is there, which has told how full it is or nothing of it."""
    orders = ORDER_COLUMNS + "".join(rows)
    bench = Bench(folder, replans=replans, orders=orders, depots=DEPOTS, lockers=NO_LOCKERS, fleet=text)
    operator = bench.connect("operator-1", Role.OPERATOR)
    if soc:
        return bench, operator, ready(bench, VAN, "D1")
    return bench, operator, bench.connect(VAN)


def begin_with(bench: Bench, operator: Peer, *names: str) -> None:
    """These alone are handed in."""
    found = [order for order in bench.inputs.orders.orders if order.order_id in names]
    bench.submit_more(operator, *found)
    bench.run(0.1)


def routes(bench: Bench) -> list[Mission]:
    """Those that are drafted or under way."""
    state = bench.core.state
    found = (state.missions[m].mission for m in state.live_missions)
    return sorted(found, key=lambda mission: mission.start_at)


def over_at(bench: Bench, mission: Mission) -> datetime:
    """When the van is home, by its stops' times and the way from the last one."""
    last = [step for step in mission.steps if isinstance(step, Stop)][-1]
    way = bench.inputs.context.network.leg(last.place, mission.home, "drive")
    assert way is not None
    return last.eta + timedelta(seconds=last.service_s + way.duration_s)


def done(bench: Bench, van: Peer, assign: Assign) -> None:
    """The van makes its route, each step at its time."""
    accepted(bench, van, assign)
    for step in assign.mission.steps[:-1]:
        if isinstance(step, Stop):
            bench.run(max(1.0, (step.eta - bench.now).total_seconds() + step.service_s))
        orders = step.order_ids if isinstance(step, Load) else step.deliver  # type: ignore[union-attr]
        bench.say(van, report(assign, step.step_id, *orders).model_copy(update={"at": bench.now}))
    bench.run(300)
    unload = assign.mission.steps[-1]
    bench.say(van, report(assign, unload.step_id).model_copy(update={"at": bench.now}))
    ended = MissionEnded(
        mission_id=assign.mission.mission_id, outcome="completed", at=bench.now, site_id="D1"
    )
    bench.say(van, ended)
    bench.run(0.1)


# --- the longest shift ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first_is_over", [False, True])
@pytest.mark.parametrize(("longest_h", "routes_made"), [(1.5, 1), (6, 2)])
def test_a_second_route_of_a_later_plan_ends_within_the_shift_of_the_first(
    tmp_path: Path, *, first_is_over: bool, longest_h: float, routes_made: int
) -> None:
    """Whether the first is still out, or over when the second is planned."""
    rows = row("A", "08:15", "08:40"), row("B", "11:00", "11:40")
    bench, operator, van = day(tmp_path, fleet(f"max_shift_hours = {longest_h}"), *rows)
    begin_with(bench, operator, "A")
    assign = sent(bench, van)
    if first_is_over:
        done(bench, van, assign)
    begin_with(bench, operator, "B")
    bench.run(60)
    found = list({m.mission_id: m for m in (assign.mission, *routes(bench))}.values())
    assert len(found) == routes_made
    took = max(over_at(bench, m) for m in found) - min(m.start_at for m in found)
    assert took <= timedelta(hours=longest_h)
    codes = {e.code for e in bench.core.state.open_exceptions()}
    assert ("no_van_left" in codes) == (routes_made == 1)


def test_what_is_put_into_a_later_route_leaves_all_routes_one_shift(tmp_path: Path) -> None:
    """The route ends where the longest shift that the earlier one began does."""
    rows = row("A", "08:15", "08:40"), row("B", "11:00", "11:40")
    bench, operator, _ = day(tmp_path, fleet("max_shift_hours = 6"), *rows)
    begin_with(bench, operator, "A")
    bench.run(10)
    begin_with(bench, operator, "B")
    first, second = routes(bench)
    latest = {c.record.mission.mission_id: c.running.latest_end for c in candidates(desk_after(bench))}
    assert latest[second.mission_id] == first.start_at + timedelta(hours=6)
    assert latest[first.mission_id] == second.start_at


def candidates(desk: Desk, **stand: str) -> list[Candidate]:
    return running_routes(desk, Stand(**stand))  # type: ignore[arg-type]


# --- the battery ------------------------------------------------------------------------------------------------------


FAR = -7.85
"""Seventeen kilometres to the east: there and back takes some 7 kWh."""


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("first_is_over", [False, True])
@pytest.mark.parametrize(("start_soc", "routes_made"), [(0.7, 1), (1.0, 2)])
def test_two_routes_take_no_more_than_one_battery_gives(
    tmp_path: Path, *, first_is_over: bool, told: bool, start_soc: float, routes_made: int
) -> None:
    """Of two plans, as nothing is charged that anybody was told of: by the van's word of the morning, or without it."""
    rows = row("A", "08:30", "09:20", lon=FAR), row("B", "10:30", "11:40", lon=FAR)
    text = fleet(kind=f"battery = {{start_soc = {start_soc}}}")
    bench, operator, van = day(tmp_path, text, *rows, soc=told)
    begin_with(bench, operator, "A")
    assign = sent(bench, van)
    if first_is_over:
        done(bench, van, assign)
    begin_with(bench, operator, "B")
    bench.run(60)
    found = {m.mission_id for m in (assign.mission, *routes(bench))}
    assert len(found) == routes_made


# --- the driver's break -----------------------------------------------------------------------------------------------

RESTS = 'break_minutes = 30\nbreak_between = "{}"'


def test_a_driver_who_had_his_break_on_his_way_has_none_in_the_next_plan(tmp_path: Path) -> None:
    """He is back when one could still begin at the depot, and goes out again at once."""
    rows = row("A", "08:15", "08:40"), row("B", "09:50", "10:05"), row("C", "10:05", "10:24")
    bench, operator, van = day(tmp_path, fleet(RESTS.format("08:45-09:55")), *rows)
    begin_with(bench, operator, "A", "B")
    assign = sent(bench, van)
    assert assign.mission.driver_break is not None
    done(bench, van, assign)
    begin_with(bench, operator, "C")
    (second,) = routes(bench)
    assert second.driver_break is None
    assert over_at(bench, second) < DAY + timedelta(hours=10.4)


def test_a_route_behind_a_break_at_the_depot_need_not_be_back_for_another(tmp_path: Path) -> None:
    """The driver had it before he set out, in a window that is open for longer."""
    bench, operator, _ = day(tmp_path, fleet(RESTS.format("08:30-11:30")), row("A", "10:00", "10:40"))
    begin_with(bench, operator, "A")
    (mission,) = routes(bench)
    assert mission.driver_break is None
    assert mission.start_at >= DAY + timedelta(hours=9)
    (one,) = candidates(desk_after(bench))
    assert one.running.back_by is None


@pytest.mark.parametrize(("starts_h", "back_h"), [(22.5, 26), (25, 26), (27, None)])
def test_a_night_s_break_is_the_one_of_the_night_that_a_route_begins_in(
    tmp_path: Path, starts_h: float, back_h: float | None
) -> None:
    """A shift from ten to six with a break from one to two: whether the route begins before midnight or behind it."""
    stand = 'shift = "22:00-06:00"\n' + RESTS.format("01:00-02:00")
    bench, *_ = day(tmp_path, fleet(stand), row("A", "08:15", "08:40"))
    start = DAY + timedelta(hours=starts_h)
    mission = empty_route(bench, "night").model_copy(update={"start_at": start})
    drafted = MissionDrafted(at=bench.now, mission=mission, kind="van", release_at=start)
    (one,) = candidates(desk_after(bench, drafted))
    assert one.running.latest_end == DAY + timedelta(hours=30)
    assert one.running.back_by == (None if back_h is None else DAY + timedelta(hours=back_h))


@pytest.mark.parametrize(("now_h", "early_h", "late_h"), [(25.5, 25.5, 30), (34, 46, 54)])
def test_a_van_of_a_night_shift_is_free_until_the_morning(
    tmp_path: Path, now_h: float, early_h: float, late_h: float
) -> None:
    """And, once that is over and nobody works overtime any more, from the next evening on."""
    bench, *_ = day(tmp_path, fleet('shift = "22:00-06:00"'), row("A", "08:15", "08:40"))
    desk = replace(desk_after(bench), now=DAY + timedelta(hours=now_h))
    (van,) = free_vans(desk)
    assert (van.early, van.late) == (DAY + timedelta(hours=early_h), DAY + timedelta(hours=late_h))


# --- plans beside the drafts ------------------------------------------------------------------------------------------


def test_what_is_ready_when_a_drafted_route_has_left_is_fetched_by_the_next_one(tmp_path: Path) -> None:
    """By the plan that may change the drafts: none is made beside them, and nobody is asked to hand it on."""
    rows = row("A", "09:00", "09:30"), row("B", "09:30", "11:40", ready="09:20")
    bench, operator, _ = day(tmp_path, fleet(), *rows, replans=True)
    begin_with(bench, operator, "A")
    begin_with(bench, operator, "B")
    bench.run(1)
    first, second = routes(bench)
    assert [[i.order_id for i in m.items] for m in (first, second)] == [["A"], ["B"]]
    events = [one.event for one in bench.store.events()]
    assert [e.code for e in events if isinstance(e, ExceptionRaised)] == []
    assert sum(isinstance(e, PlanRequested) for e in events) == 2


@pytest.mark.parametrize("revise", [False, True])
def test_a_plan_that_is_being_made_when_the_hub_dies_is_made_so_again(
    tmp_path: Path, *, revise: bool
) -> None:
    """Beside the drafts where it was: else it would leave again what the one before has left."""
    rows = row("A", "09:00", "09:30"), row("B", "09:30", "11:40", ready="09:20")
    bench, operator, _ = day(tmp_path, fleet(), *rows, replans=True)
    begin_with(bench, operator, "A")
    desk = desk_after(bench)
    desk = replace(desk, settings=replace(desk.settings, replans=True))
    placed = next(
        one.event for one in bench.store.events() if isinstance(one.event, OrderPlaced)
    ).model_dump() | {"order": next(o for o in bench.inputs.orders.orders if o.order_id == "B")}
    desk.emit(OrderPlaced.model_validate(placed))
    desk.emit(PlanRequested(at=desk.now, plan_id="plan-9", order_ids=("B",), revise=revise))
    resume(desk, Resume())
    (job,) = (one.snapshot for one in desk.effects if isinstance(one, StartPlanning))
    assert bool(job.drafted) == revise


@pytest.mark.parametrize(("stand", "plans"), [("", 2), (RESTS.format("11:00-12:00"), 3)])
def test_what_no_plan_can_bring_is_handed_on(tmp_path: Path, stand: str, plans: int) -> None:
    """It is not planned again and again: once more beside the drafts, where a driver has a break and the van has one
    trip in a plan."""
    rows = row("A", "09:00", "09:30"), row("B", "08:05", "08:06", lon=-7.5)
    bench, operator, _ = day(tmp_path, fleet(stand), *rows, replans=True)
    begin_with(bench, operator, "A")
    begin_with(bench, operator, "B")
    bench.run(5)
    events = [one.event for one in bench.store.events()]
    assert sum(isinstance(e, PlanRequested) for e in events) == plans
    assert bench.core.state.parcels["B"].handed_on or "B" in bench.core.state.waiting
