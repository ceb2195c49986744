"""Two robots of a site with a parcel for each, of which only so many may be out at once."""

from __future__ import annotations

from datetime import datetime

from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Assign, MissionEnded, Role
from fleet.protocol.mission import Travel
from tests.support.bench import DAY, ORDER_COLUMNS, Bench, Peer
from tests.support.script import accepted, ready, report, still_full

DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
S1,Launch site,-8.0,41.0,0,0,2,2,07:00,21:00
"""
ORDERS = ORDER_COLUMNS + "".join(
    f"P-{number},acme,delivery,Ana,Rua 1,-8.00{number},41.002,0.8,0.3,0.2,0.1,standard,10,,"
    "2026-11-24T07:00:00+00:00,2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,false,\n"
    for number in (1, 2)
)


def set_off(bench: Bench) -> list[Peer]:
    """The robots, a minute after the first of them was sent."""
    operator = bench.connect("operator-1", Role.OPERATOR)
    robots = [ready(bench, name) for name in sorted(bench.core.state.assets)]
    bench.submit(operator)
    for _ in range(20):
        if out(robots):
            break
        bench.run(30)
    bench.run(60)
    return robots


def out(robots: list[Peer]) -> list[Peer]:
    """Those that were sent a mission."""
    return [robot for robot in robots if robot.of(Assign)]


def back_at(assign: Assign) -> datetime:
    """When a robot is due back."""
    last = [step for step in assign.mission.steps if isinstance(step, Travel)][-1].path[-1].at
    assert last is not None
    return last


def waits_for_the_first(bench: Bench, robots: list[Peer], code: str) -> None:
    """The second is to leave when the first is back by plan; as that one is late, it waits for the reason of that code,
    and goes when the first is back."""
    (first,) = out(robots)
    (assign,) = first.of(Assign)
    assert isinstance(assign, Assign)
    accepted(bench, first, assign)
    (drafted,) = [r for r in bench.core.state.missions.values() if r.status is MissionStatus.DRAFTED]
    assert not drafted.waits
    assert drafted.mission.start_at > back_at(assign)
    bench.run((drafted.release_at - bench.now).total_seconds() - 5)
    for robot in robots:
        still_full(bench, robot)
    bench.run(10)
    assert len(out(robots)) == 1
    (waiting,) = [r for r in bench.core.state.missions.values() if r.status is MissionStatus.DRAFTED]
    assert [one.code for one in waiting.waits] == [code]
    for step in assign.mission.steps:
        orders = [one.order_id for one in assign.mission.items] if step.step in ("load", "drop") else []
        bench.say(first, report(assign, step.step_id, *orders))
    mission_id = assign.mission.mission_id
    bench.say(first, MissionEnded(mission_id=mission_id, outcome="completed", at=DAY, site_id="S1"))
    bench.run(5 * 60)
    assert len(out(robots)) == 2
