"""Two drones of one site, or of two, whose hub is moved by hand: what several tests of separation share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from fleet.protocol.messages import AssetReport, Assign, MissionReply, Role, StepReport, Telemetry
from fleet.protocol.mission import Mission, Travel
from geofences.geometry.geodesy import distance_m
from tests.support.bench import DAY, ORDER_COLUMNS, ZONES, Bench

FIRST, SECOND, THIRD = "S1/drone-1", "S1/drone-2", "S1/drone-3"


def orders(*places: tuple[float, float]) -> str:
    """A light parcel for each place, all in the same window."""
    rows = (
        f"P-{n},acme,delivery,Ana,Rua {n},{lon},{lat},0.8,0.3,0.2,0.1,standard,10,,2026-11-24T07:00:00+00:00,"
        "2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,false,\n"
        for n, (lon, lat) in enumerate(places, 1)
    )
    return ORDER_COLUMNS + "".join(rows)


DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,0,0,0,0,05:00,22:00
S1,Launch site,-8.0,41.0,0,2,0,2,07:00,21:00
"""


def bench_of(
    folder: Path, *places: tuple[float, float], fleet: str = "", zones: str = ZONES, drones: int = 2
) -> Bench:
    """A hub with two or three drones at one site that are full and ready, and the parcels handed in."""
    depots = DEPOTS.replace("0,2,0,2", f"0,{drones},0,{drones}")
    bench = Bench(folder, orders=orders(*places), depots=depots, fleet=fleet, zones=zones)
    operator = bench.connect("operator-1", Role.OPERATOR)
    for asset_id in (FIRST, SECOND, THIRD)[:drones]:
        drone = bench.connect(asset_id)
        bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    bench.submit(operator)
    return bench


def assigned(bench: Bench) -> dict[str, Mission]:
    """The mission that each drone was sent."""
    found = {}
    for asset_id in (FIRST, SECOND, THIRD):
        for message in bench.peers[asset_id].of(Assign) if asset_id in bench.peers else ():
            assert isinstance(message, Assign)
            found[asset_id] = message.mission
    return found


def run_until_sent(bench: Bench, count: int, *, most_s: float = 1800) -> dict[str, Mission]:
    """Let time go on until so many have a mission."""
    for _ in range(int(most_s // 10)):
        if len(assigned(bench)) >= count:
            break
        bench.run(10)
    return assigned(bench)


def begin(bench: Bench, asset_id: str, mission: Mission, *, flying: bool = True) -> None:
    """Have a drone take its mission, load, and set out."""
    peer = bench.peers[asset_id]
    bench.say(peer, MissionReply(mission_id=mission.mission_id, revision=0, accepted=True))
    reports = [("load", "started"), *([("load", "done"), ("out", "started")] if flying else [])]
    order_ids = tuple(item.order_id for item in mission.items)
    for step_id, state in reports:
        moved = order_ids if (step_id, state) == ("load", "done") else ()
        report: dict[str, Any] = {"step_id": step_id, "state": state, "order_ids": moved}
        bench.say(peer, StepReport(mission_id=mission.mission_id, at=DAY, **report))


def out_of(mission: Mission) -> Travel:
    """Its way out."""
    return next(step for step in mission.steps if isinstance(step, Travel))


def sample(mission: Mission, share: float, now: datetime, **values: Any) -> Telemetry:
    """A sample at cruise height, so far along the way out."""
    _, up, over, _ = out_of(mission).path
    known: dict[str, Any] = {
        "at": now,
        "lon": up.lon + share * (over.lon - up.lon),
        "lat": up.lat + share * (over.lat - up.lat),
        "alt_amsl_m": up.alt_amsl_m,
        "soc": 0.9,
        "mission_id": mission.mission_id,
        "step_id": "out",
        "state": "travelling",
    }
    return Telemetry(**known | values)


def due_at(mission: Mission, share: float) -> datetime:
    """When it is to be so far along the cruise of its way out."""
    _, up, over, _ = out_of(mission).path
    assert up.at is not None
    assert over.at is not None
    return up.at + share * (over.at - up.at)


def share_at(mission: Mission, metres: float) -> float:
    """The share of the cruise of its way out that so many metres are."""
    _, up, over, _ = out_of(mission).path
    return metres / distance_m(up.lon, up.lat, over.lon, over.lat)
