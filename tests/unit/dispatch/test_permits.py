"""How many robots may be out in a permit area at once: one more waits at home, and goes when one is back."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

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
RING = [[-8.02, 40.98], [-7.98, 40.98], [-7.98, 41.02], [-8.02, 41.02], [-8.02, 40.98]]


def morning(folder: Path, **terms: Any) -> tuple[Bench, list[Peer]]:
    """Two robots and a parcel for each, in one permit area."""
    area = {
        "type": "Feature",
        "properties": {"id": "town", "restriction": "PERMIT_AREA", **terms},
        "geometry": {"type": "Polygon", "coordinates": [RING]},
    }
    zones = json.dumps({"type": "FeatureCollection", "features": [area]})
    bench = Bench(folder, orders=ORDERS, depots=DEPOTS, zones=zones)
    operator = bench.connect("operator-1", Role.OPERATOR)
    robots = [ready(bench, name) for name in sorted(bench.core.state.assets)]
    bench.submit(operator)
    for _ in range(20):
        if out(robots):
            break
        bench.run(30)
    bench.run(60)
    return bench, robots


def out(robots: list[Peer]) -> list[Peer]:
    """Those that were sent a mission."""
    return [robot for robot in robots if robot.of(Assign)]


def back_at(assign: Assign) -> datetime:
    """When a robot is due back."""
    last = [step for step in assign.mission.steps if isinstance(step, Travel)][-1].path[-1].at
    assert last is not None
    return last


@pytest.mark.parametrize(("most", "sent"), [(None, 2), (2, 2), (1, 1)])
def test_no_more_are_sent_than_may_be_there_at_once(tmp_path: Path, most: int | None, sent: int) -> None:
    """The other mission stays drafted: a later start may be possible."""
    bench, robots = morning(tmp_path, **({} if most is None else {"max_count": most}))
    assert len(out(robots)) == sent
    drafted = [r for r in bench.core.state.missions.values() if r.status is MissionStatus.DRAFTED]
    assert len(drafted) == 2 - sent


def test_the_next_goes_when_one_is_back(tmp_path: Path) -> None:
    """By plan it leaves when the first is back; that one is late, so it waits, no more."""
    bench, robots = morning(tmp_path, max_count=1)
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
    assert [one.code for one in waiting.waits] == ["permit_full"]
    for step in assign.mission.steps:
        orders = [one.order_id for one in assign.mission.items] if step.step in ("load", "drop") else []
        bench.say(first, report(assign, step.step_id, *orders))
    mission_id = assign.mission.mission_id
    bench.say(first, MissionEnded(mission_id=mission_id, outcome="completed", at=DAY, site_id="S1"))
    bench.run(5 * 60)
    assert len(out(robots)) == 2


def test_no_leg_is_planned_faster_than_permitted(tmp_path: Path) -> None:
    """The times of the way that a robot is sent keep the limit."""
    _, robots = morning(tmp_path, max_speed_mps=0.5)
    for robot in out(robots):
        (assign,) = robot.of(Assign)
        assert isinstance(assign, Assign)
        assert assign.mission.energy_wh
        took = [s.path[-1].at - s.path[0].at for s in assign.mission.steps if s.step == "travel"]  # type: ignore[operator]
        assert min(took).total_seconds() > 220 / 0.5
    assert len(out(robots)) == 2


@pytest.mark.parametrize(
    "terms",
    [{"max_weight_kg": 5}, {"surface": "street"}, {"ends_at": "2026-11-24T06:00Z"}],
)
def test_what_no_permit_allows_is_not_sent(tmp_path: Path, terms: dict[str, Any]) -> None:
    """Too heavy, for the street only, over."""
    _, robots = morning(tmp_path, **terms)
    assert not out(robots)
