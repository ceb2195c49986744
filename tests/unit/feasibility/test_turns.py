"""Types that do not turn on the spot: their ways around zones and past other flights have arcs in place of corners."""

import math
from itertools import pairwise

import pytest
from pydantic import ValidationError

from fleet.domain.fleet import SortieType
from fleet.feasibility import Verdict
from fleet.feasibility.motion import Departure, plan_trip
from geofences import Waypoint
from geofences.geometry.geodesy import EARTH
from tests.unit.feasibility.test_airspace import codes, fly
from tests.unit.feasibility.world import CAPS, DRONE, NOON, SITE, away, context, order, trip_of, zone

WINGED = DRONE.model_copy(update={"bank_deg": 30.0})


def sharpest_m(path: tuple[Waypoint, ...]) -> float:
    """The smallest radius of a circle through three neighbours of a path that is flown level and bends there."""
    found = math.inf
    level = [one for one in path if one.alt_amsl_m == max(each.alt_amsl_m for each in path)]
    legs = [EARTH.inv(a.lon, a.lat, b.lon, b.lat) for a, b in pairwise(level)]
    for (_, back, before_m), (ahead, _, after_m) in pairwise(legs):
        if before_m < 1.0 or after_m < 1.0 or abs(abs(after_m / before_m) - 1.0) > 0.01:
            continue  # the drop, or where an arc begins
        turn = abs((ahead - back) % 360.0 - 180.0)
        if 0.01 < turn < 179.0:
            found = min(found, (before_m + after_m) / 4.0 / math.sin(math.radians(turn / 2.0)))
    return found


def test_the_radius_is_that_of_the_turn_in_the_strongest_wind() -> None:
    """16 m/s and 10 m/s of wind; what is stated counts before; without either it turns on the spot."""
    assert WINGED.turns_m == pytest.approx(26.0**2 / (9.80665 * math.tan(math.radians(30.0))))
    assert DRONE.turns_m == 0.0
    assert WINGED.model_copy(update={"turn_radius_m": 80.0}).turns_m == 80.0
    calm = CAPS.model_copy(update={"max_wind_mps": None})
    assert WINGED.model_copy(update={"weather": calm}).turns_m == pytest.approx(45.2, abs=0.1)


@pytest.mark.parametrize("change", [{"bank_deg": 0.0}, {"bank_deg": 90.0}, {"turn_radius_m": -1.0}])
def test_a_turn_that_is_none_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        SortieType.model_validate(DRONE.model_dump() | change)


def test_a_detour_has_arcs_which_the_trip_follows() -> None:
    """No bend of the flown path is tighter; it is about as long as that of one that turns on the spot."""
    ctx = context(zone())
    around, cornered = trip_of(fly(ctx, kind=WINGED)), trip_of(fly(ctx))
    assert len(around.path) > len(cornered.path)
    assert around.out_m == pytest.approx(cornered.out_m, rel=0.01)
    assert 0.95 * WINGED.turns_m < sharpest_m(around.path) < math.inf


def test_where_turns_have_no_room_it_is_refused() -> None:
    """Two zones in a row leave a way for corners only."""
    wide = DRONE.model_copy(update={"turn_radius_m": 3000.0})
    ctx = context(zone())
    assert fly(ctx).verdict.feasible
    assert codes(fly(ctx, kind=wide)) == ["zone_blocked"]


def test_a_point_beside_is_flown_by_in_an_arc() -> None:
    """One that has no room for it is refused with the radius."""
    beside = away(north_m=1000, east_m=120)
    planned = plan_trip(context(), order(), WINGED, Departure(SITE, NOON, via=(beside,)))
    assert not isinstance(planned, Verdict)
    assert 0.95 * WINGED.turns_m < sharpest_m(planned.trip.path) < math.inf
    wide = DRONE.model_copy(update={"turn_radius_m": 9_000.0})
    refused = plan_trip(context(), order(), wide, Departure(SITE, NOON, via=(beside,)))
    assert isinstance(refused, Verdict)
    assert [(one.code, one.limit) for one in refused.reasons] == [("turn_too_wide", 9_000.0)]
