"""A plan with several trips of a van becomes missions that leave each other their time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from fleet.dispatch.inputs import PlanReady
from fleet.hub.planning import Effort, make_plan
from fleet.protocol.messages import Role
from fleet.protocol.mission import Load, Mission, Stop
from tests.support.bench import ORDER_COLUMNS, Bench
from tests.support.script import VAN, ready

DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,1,0,0,0,05:00,22:00
"""
NO_LOCKERS = "locker_id,name,lon,lat,small,medium,large,drone_port\n"
HOLDS = 3
FLEET = f"""[[van]]
type = "cargo-bike"
[types.cargo-bike]
based_on = "van-e"
capacity_kg = {HOLDS}
load_s = 600
[assumptions]
terrain = "flat:60±70"
parcels_at_serving_site = true
drop_at_address = true
sidewalks_everywhere = true
"""


def orders() -> str:
    """Two parcels due early and three that a second trip brings, a kilogram each, of a quarter of an hour's work."""
    day = "2026-11-24T"
    rows = (
        f"{name},acme,delivery,Ana,Rua 1,{-8.045 + i / 1000},41.02,1,0.3,0.2,0.1,standard,10,,"
        f"{day}07:00:00+00:00,{day}08:00:00+00:00,{day}{due}:00+00:00,standard,15,1,false,\n"
        for i, (name, due) in enumerate(
            zip("ABCDE", ("09:00", "09:00", "11:00", "11:00", "11:00"), strict=True)
        )
    )
    return ORDER_COLUMNS + "".join(rows)


def planned(tmp_path: Path) -> tuple[Bench, PlanReady]:
    """A bench that waits for its plan, and that plan."""
    bench = Bench(tmp_path, orders=orders(), depots=DEPOTS, lockers=NO_LOCKERS, fleet=FLEET)
    operator, _ = bench.connect("operator-1", Role.OPERATOR), ready(bench, VAN, "D1")
    bench.planner_answers = False
    bench.submit(operator)
    (job,) = bench.core.plans
    bench.core.plans.clear()
    made = make_plan(job, Effort(iterations=20, baselines=False), job.snapshot.at)
    return bench, PlanReady(made)


def home_at(bench: Bench, mission: Mission) -> datetime:
    """When the van is home at the earliest, by its stops' times and the way from the last one."""
    last = [step for step in mission.steps if isinstance(step, Stop)][-1]
    assert mission.home is not None
    way = bench.inputs.context.network.leg(last.place, mission.home, "drive")
    assert way is not None
    return last.eta + timedelta(seconds=last.service_s + way.duration_s)


def test_what_joins_an_earlier_trip_leaves_the_later_ones_their_time(tmp_path: Path) -> None:
    """The earlier trip has room for a parcel of the later one, for less than that one's share, but no time for it."""
    bench, answer = planned(tmp_path)
    trips = sorted(answer.plan.routes, key=lambda route: route.start)
    assert [len(route.stops) for route in trips] == [2, 3]
    bench.core.tell(answer, bench.wall)
    bench.run(0.1)
    state = bench.core.state
    missions = sorted((state.missions[m].mission for m in state.live_missions), key=lambda m: m.start_at)
    first, second = missions
    assert home_at(bench, first) <= second.start_at
    loaded = [o for m in missions for s in m.steps if isinstance(s, Load) for o in s.order_ids]
    assert sorted(loaded) == ["A", "B", "C", "D", "E"]
