"""A route is handed to its driver only if the van's battery, as it was told last, is enough for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.dispatch.report import report as report_of
from fleet.protocol.lifecycle import MissionStatus, ParcelStatus
from fleet.protocol.messages import AssetReport, Assign, MissionEnded, Role
from tests.support.bench import DAY, ORDERS, Bench, Peer
from tests.support.script import VAN, accepted, sent
from tests.support.script import report as done

FLEET = """
[types.electric]
based_on = "van-e"
battery = {{start_soc = {soc}}}

[[van]]
type = "electric"
"""

BARE = """
[types.bare]
archetype = "route"
kind = "van"
energy_model = "van-e"
capacity_kg = 900
capacity_m3 = 9.5

[types.bare.carriage]
max_parcel_kg = 70
hold = { length_m = 3.2, width_m = 1.7, height_m = 1.8 }
goods = ["standard"]
services = ["standard"]

[[van]]
type = "bare"
"""
"""A type that stands on no other and states no battery."""

LATER = ORDERS.replace("2026-11-24T08:00:00", "2026-11-24T10:30:00")
"""Due so late that the route is planned some time before it is handed out."""


def planned(folder: Path, *, soc: float | None, start_soc: float = 1.0) -> tuple[Bench, Peer]:
    """A van's route is drafted, for nobody else is there; it tells its charge after that."""
    bench = Bench(folder, fleet=FLEET.format(soc=start_soc), orders=LATER)
    operator, van = bench.connect("operator-1", Role.OPERATOR), bench.connect(VAN)
    bench.say(van, AssetReport(condition="ready", at=DAY, soc=None, site_id="D1"))
    bench.submit(operator)
    bench.run(60)
    if soc is not None:
        bench.say(van, AssetReport(condition="ready", at=DAY, soc=soc, site_id="D1"))
    return bench, van


def route_of(bench: Bench) -> str:
    (found,) = [m for m, r in bench.core.state.missions.items() if r.kind == "van"]
    return found


def test_a_route_within_range_goes_and_says_what_it_takes(tmp_path: Path) -> None:
    """And what that rests on: nobody has told how full the van is."""
    bench, van = planned(tmp_path, soc=None)
    mission = sent(bench, van).mission
    assert mission.energy_wh is not None
    assert 1000 < mission.energy_wh < 10_000
    assert mission.reserve_wh is not None
    released = [s.event for s in bench.store.events() if getattr(s.event, "type", "") == "mission_released"]
    assert "electric begins its routes 100% full" in released[0].assumptions  # type: ignore[attr-defined]


def test_without_a_battery_nobody_asks_and_the_mission_says_so(tmp_path: Path) -> None:
    """Whatever the van tells."""
    bench = Bench(tmp_path, fleet=BARE)
    operator, van = bench.connect("operator-1", Role.OPERATOR), bench.connect(VAN)
    bench.say(van, AssetReport(condition="ready", at=DAY, soc=0.01, site_id="D1"))
    bench.submit(operator)
    assert sent(bench, van).mission.energy_wh is None
    released = [s.event for s in bench.store.events() if getattr(s.event, "type", "") == "mission_released"]
    assert "range of bare: not asked, the fleet file states no battery of it" in released[0].assumptions  # type: ignore[attr-defined]


def test_a_van_that_is_low_is_waited_for(tmp_path: Path) -> None:
    """It told of little after it was planned: the route waits with the reason, and goes when the van is full."""
    bench, van = planned(tmp_path, soc=0.3)
    mission_id = route_of(bench)
    while not bench.core.state.missions[mission_id].waits and bench.wall < 4 * 3600:
        bench.run(60)
    record = bench.core.state.missions[mission_id]
    assert not van.of(Assign)
    assert record.status is MissionStatus.DRAFTED
    assert [reason.code for reason in record.waits] == ["route_out_of_range"]
    bench.say(van, AssetReport(condition="ready", at=DAY, soc=1.0, site_id="D1"))
    assert sent(bench, van).mission.mission_id == record.mission.mission_id


def test_a_route_that_no_charge_carries_is_not_planned(tmp_path: Path) -> None:
    """Its parcel is nobody's, with the reason."""
    bench, van = planned(tmp_path, soc=None, start_soc=0.3)
    bench.run(3600)
    assert not van.of(Assign)
    parcel = bench.core.state.parcels["P-1"]
    assert parcel.status is not ParcelStatus.PLANNED
    assert any("route_out_of_range" in repr(stored.event) for stored in bench.store.events())


def test_the_report_says_what_routes_were_predicted_to_take(tmp_path: Path) -> None:
    """Once they are driven; the meter of a van that has none is not guessed."""
    bench, van = planned(tmp_path, soc=None)
    assign = sent(bench, van)
    accepted(bench, van, assign)
    steps = [s.step_id for s in assign.mission.steps]
    for step_id in steps:
        bench.say(van, done(assign, step_id, *(() if step_id == "unload" else ("P-1",))))
    bench.say(
        van,
        MissionEnded(mission_id=assign.mission.mission_id, outcome="completed", at=bench.now, site_id="D1"),
    )
    told = report_of([s.event for s in bench.store.events()], judge=None, wall_s=1.0, seed=1)["energy_wh"]
    assert told["routes"] == {"predicted": pytest.approx(assign.mission.energy_wh, abs=0.06), "missions": 1}
    assert told["missions"] == 0
