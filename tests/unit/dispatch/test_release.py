"""A mission goes out only if it holds against what is true now: each way in which it may not, and what follows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fleet.dispatch.desk import Settings
from fleet.protocol.lifecycle import MissionStatus, ParcelStatus
from fleet.protocol.messages import AddZone, AssetReport, Assign, Role
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE, ready, sent
from tests.unit.dispatch.separated import orders

PATIENCE_S = Settings().patience_s
OVER_THE_DOOR = {
    "type": "Feature",
    "properties": {"name": "Fire"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[-8.02, 41.0], [-8.02, 41.02], [-8.0, 41.02], [-8.0, 41.005], [-8.02, 41.0]]],
    },
}


def planned(tmp_path: Path, *, soc: float | None = 1.0) -> tuple[Bench, Peer, Peer]:
    """A drone's mission is drafted and not yet due; the van is there as well."""
    bench = Bench(tmp_path)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=soc, site_id="S1"))
    ready(bench, "D1/van-1", "D1")
    bench.submit(operator)
    return bench, operator, drone


def draft(bench: Bench) -> str:
    """The drone's mission."""
    (found,) = [m for m, r in bench.core.state.missions.items() if r.kind == "drone"]
    return found


def test_a_full_drone_in_calm_air_goes(tmp_path: Path) -> None:
    """The branch that all others are held against; what the verdict rests on is recorded with it."""
    bench, _, drone = planned(tmp_path)
    assign = sent(bench, drone)
    released = [s.event for s in bench.store.events() if getattr(s.event, "type", "") == "mission_released"]
    assert [e.mission.mission_id for e in released] == [assign.mission.mission_id]  # type: ignore[attr-defined]
    assert any("terrain" in text for text in released[0].assumptions)  # type: ignore[attr-defined]


def test_a_battery_that_is_low_is_waited_for(tmp_path: Path) -> None:
    """What it lacks now it may have in a while: the mission is looked at again and goes once the battery is full."""
    bench, _, drone = planned(tmp_path)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.15, site_id="S1"))
    bench.run(15 * 60)
    assert not drone.of(Assign)
    assert bench.core.state.missions[draft(bench)].status is MissionStatus.DRAFTED
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    assert sent(bench, drone).mission.mission_id == draft(bench)


def test_an_area_that_was_closed_meanwhile_hands_the_parcel_on(tmp_path: Path) -> None:
    """No later start helps: the mission is taken off with the zone's reason, and the van has the parcel."""
    bench, operator, drone = planned(tmp_path)
    bench.say(operator, AddZone(request_id="z", by="ana", zone_id="fire", feature=OVER_THE_DOOR))
    mission_id = draft(bench)
    bench.run(20 * 60)
    assert not drone.of(Assign)
    record, parcel = bench.core.state.missions[mission_id], bench.core.state.parcels["P-1"]
    assert (record.status, record.code) == (MissionStatus.CANCELLED, "zone_blocked")
    assert (parcel.mode, parcel.status) == ("van", ParcelStatus.PLANNED)
    assert parcel.handed_on[0].code == "zone_blocked"


@pytest.mark.parametrize("away", [True, False])
def test_an_asset_that_is_elsewhere_or_gone_is_waited_for_up_to_the_limit(tmp_path: Path, away: bool) -> None:
    """It stands at another site, or is silent: after the patience its parcel finds another way."""
    bench, _, drone = planned(tmp_path)
    mission_id = draft(bench)
    if away:
        bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="D1"))
    else:
        bench.say(drone, AssetReport(condition="faulted", at=bench.now, soc=1.0, site_id="S1", code="motor"))
    bench.run(PATIENCE_S + 15 * 60)
    assert not drone.of(Assign)
    parcel = bench.core.state.parcels["P-1"]
    assert bench.core.state.missions[mission_id].status is MissionStatus.CANCELLED
    assert parcel.mission_id not in (None, mission_id)
    assert parcel.handed_on[0].code == "asset_unavailable"


def test_a_battery_that_stays_low_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """After the patience the mission is taken off, and the parcel finds another way."""
    bench, _, drone = planned(tmp_path)
    mission_id = draft(bench)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.15, site_id="S1"))
    bench.run(PATIENCE_S + timedelta(minutes=15).total_seconds())
    assert not drone.of(Assign)
    assert bench.core.state.missions[mission_id].status is MissionStatus.CANCELLED
    assert bench.core.state.parcels["P-1"].mission_id not in (None, mission_id)


@pytest.mark.parametrize(("radius_m", "sent_with"), [(None, ["S2", "S3"]), (3_000, ["S2"]), (300, [])])
def test_no_alternate_beyond_the_radius_of_its_type_goes_with_a_mission(
    tmp_path: Path, radius_m: int | None, sent_with: list[str]
) -> None:
    """By one rule with the energy that a trip keeps for its alternate: nearest to the drop first."""
    depots = (
        "depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes\n"
        "S1,Launch site,-8.0,41.0,0,1,0,1,07:00,21:00\n"
        "S3,Far away,-8.1,41.0,0,1,0,1,07:00,21:00\n"
        "S2,Beside,-8.0,41.02,0,1,0,1,07:00,21:00\n"
    )
    limit = "" if radius_m is None else f"max_radius_m = {radius_m}"
    fleet = f'[[drone]]\ntype = "near"\n[types.near]\nbased_on = "courier-x4"\n{limit}\n'
    bench = Bench(tmp_path, depots=depots, fleet=fleet, orders=orders((-8.0, 41.002)))
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect("S1/drone-1")
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    bench.submit(operator)
    assert [one.place_id for one in sent(bench, drone).mission.alternates] == sent_with
