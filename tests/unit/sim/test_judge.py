"""The judge sees planted violations, and only those."""

import math
from datetime import timedelta
from typing import Any

import pytest

from fleet.protocol.messages import Action
from fleet.sim.errors import SimError
from fleet.sim.geo import Piece, moved, on_ground
from fleet.sim.judge import Judge
from fleet.sim.locker import Kept
from fleet.sim.zonefiles import true_zones
from tests.unit.sim.small_world import BANK, DAY, DOOR, DRONE, HOME, SIZE, START, Play, command, sortie

HALFWAY = moved(HOME, 0, 1500)


def square(half_m: float, **properties: Any) -> dict[str, Any]:
    """A square half way to the door."""
    corners = [
        moved(HALFWAY, e * half_m, n * half_m) for e, n in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"id": "Z", **properties},
                "geometry": {"type": "Polygon", "coordinates": [[[p.lon, p.lat] for p in corners]]},
            }
        ],
    }


def ed318(lower: float, upper: float, reference: str = "AGL", uom: str = "m") -> dict[str, Any]:
    """A circle half way, with limits, as ED-318 has it."""
    layer = {
        "lower": lower,
        "lowerReference": reference,
        "upper": upper,
        "upperReference": reference,
        "uom": uom,
    }
    properties = {"identifier": "Z", "type": "PROHIBITED", "variant": "COMMON", "zoneAuthority": []}
    geometry = {
        "type": "Point",
        "coordinates": [HALFWAY.lon, HALFWAY.lat],
        "extent": {"subType": "Circle", "radius": 200},
        "layer": layer,
    }
    return {"type": "FeatureCollection", "features": [{"properties": properties, "geometry": geometry}]}


def ed269(lower: float, upper: float) -> dict[str, Any]:
    """The same as ED-269 has it."""
    part = {
        "lowerLimit": lower,
        "lowerVerticalReference": "AMSL",
        "upperLimit": upper,
        "upperVerticalReference": "AMSL",
        "uomDimensions": "M",
        "horizontalProjection": {"type": "Circle", "center": [HALFWAY.lon, HALFWAY.lat], "radius": 200},
    }
    zone = {
        "identifier": "Z",
        "restriction": "PROHIBITED",
        "applicability": [{"permanent": "YES"}],
        "geometry": [part],
    }
    return {"features": [zone]}


LATER = (START + timedelta(hours=2)).isoformat()


@pytest.mark.parametrize(
    ("zone", "breached"),
    [
        (square(100), True),
        (square(100, restriction="NO_RESTRICTION"), False),
        (square(100, starts_at=LATER), False),
        (square(100, ends_at=LATER), True),
        (square(100, lower_m=100, lower_datum="AGL"), False),
        (square(100, upper_m=50, upper_datum="AMSL"), False),
        (ed318(0, 60), False),
        (ed318(0, 120), True),
        (ed318(150, 400, uom="ft"), True),
        (ed269(70, 120), False),
        (ed269(0, 70), True),
    ],
)
def test_flight_through_a_zone(zone: dict[str, Any], breached: bool) -> None:
    """A breach exactly where height and time overlap; noted once for each flight and zone."""
    play = Play(zones=(zone,))
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "mission_ended")
    assert [b["zone_id"] for b in play.verdict["zone_breaches"]] == (["Z"] if breached else [])
    assert play.verdict["ok"] is not breached


def test_a_zone_that_is_held_may_be_entered() -> None:
    """The operator has the authorisation."""
    play = Play(zones=(square(100, restriction="REQ_AUTHORISATION"),), held=frozenset({"Z"}))
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "mission_ended")
    assert play.verdict["ok"]


def test_hovering_into_a_zones_time_is_a_breach() -> None:
    """The drone does not move; the zone begins around it."""
    begins = START + timedelta(minutes=6)
    play = Play(zones=(square(300, starts_at=begins.isoformat()),))
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(seconds=16 + 94)
    play.tell(DRONE, command(Action.HOLD))
    play.run(6)
    assert [b["at"] for b in play.verdict["zone_breaches"]] == [begins.isoformat()]


def test_a_hole_in_a_zone_is_free() -> None:
    """Flying inside the hole only is no breach; crossing the ring around it is."""
    outer, inner = square(400)["features"][0], square(200)["features"][0]
    rings = [outer["geometry"]["coordinates"][0], inner["geometry"]["coordinates"][0]]
    (zone,) = true_zones({**outer, "geometry": {"type": "Polygon", "coordinates": rings}}, 0.0)
    inside = Piece(
        on_ground(HALFWAY, 65),
        on_ground(moved(HALFWAY, 0, 150), 65),
        START,
        START + timedelta(seconds=10),
        150,
    )
    through = Piece(
        on_ground(HALFWAY, 65),
        on_ground(moved(HALFWAY, 0, 500), 65),
        START,
        START + timedelta(seconds=50),
        500,
    )
    assert zone.entered_by(inside) is None
    at = zone.entered_by(through)
    assert at is not None
    assert (at - START).total_seconds() == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(
    "feature",
    [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        },
        {"type": "nothing"},
        square(100, restriction="OPERATING_AREA"),
        square(100, schedule=[{"day": ["MON"]}]),
    ],
)
def test_what_the_judge_cannot_read_it_refuses(feature: dict[str, Any]) -> None:
    """A zone that is not understood must not be left out in silence."""
    with pytest.raises(SimError):
        true_zones(feature, 0.0)


def test_reserve_that_is_broken_into() -> None:
    """A mission whose reserve can't be kept is noted when it lands."""
    play = Play()
    play.tell(DRONE, sortie(to=moved(HOME, 0, 6500), reserve_wh=300.0))
    play.run_until(DRONE, "mission_ended")
    (breach,) = play.verdict["reserve_breaches"]
    assert breach["left_wh"] < breach["reserve_wh"] == 300.0


def test_a_drone_that_runs_empty_falls() -> None:
    """It says so, and the judge has it."""
    play = Play()
    play.tell(DRONE, sortie(to=moved(HOME, 0, 14_000)))
    ended = play.run_until(DRONE, "mission_ended")
    assert (ended.outcome, ended.code) == ("failed", "battery_empty")
    assert [c["asset_id"] for c in play.verdict["crashes"]] == [DRONE]
    assert [b["asset_id"] for b in play.verdict["reserve_breaches"]] == [DRONE]
    assert play.last(DRONE, "asset_report").condition == "faulted"


def test_overfull_compartments_are_noted() -> None:
    """Two parcels behind one door can't be."""
    play = Play()
    locker = play.world._stage.lockers[BANK]
    locker.kept = {o: Kept(SIZE, DAY, inside=True) for o in ("P1", "P2")}
    locker._look(SIZE)
    assert [(o["held"], o["count"]) for o in play.verdict["overfull"]] == [(2, 1)]


def test_rounding_is_no_breach() -> None:
    """Energies are rounded on the wire."""
    judge = Judge(())
    judge.came_down(START, DRONE, "M", left_wh=139.99, reserve_wh=140.0, planned_wh=1, used_wh=1)
    judge.came_down(START, DRONE, "M", left_wh=-math.inf, reserve_wh=None, planned_wh=1, used_wh=1)
    assert judge.verdict()["ok"]
    judge.came_down(START, DRONE, "M", left_wh=139.0, reserve_wh=140.0, planned_wh=1, used_wh=1)
    assert not judge.verdict()["ok"]


def test_a_landing_at_the_door_is_judged_too() -> None:
    """A drone told to land early has kept its reserve."""
    play = Play()
    play.tell(DRONE, sortie(to=DOOR))
    play.run(3)
    play.tell(DRONE, command(Action.LAND))
    play.run_until(DRONE, "mission_ended")
    assert play.verdict["ok"]
    assert play.verdict["energy_wh"]["drone"] > 30
