"""A column, and a landing site below a path, are paths: what is held to the same rules is answered alike."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from geofences import (
    Applicability,
    Diverting,
    FlatTerrain,
    GroundRisk,
    LandingSite,
    Limit,
    Restriction,
    Status,
    Terrain,
    TimePeriod,
    UnknownTerrain,
    Waypoint,
    Zone,
    ZoneSet,
    check_column,
    check_path,
    check_point,
    landing_sites,
)
from geofences.checks.rules import Asked
from geofences.model.altitude import Datum
from tests.support.soak import chosen
from tests.unit.geofences.make import NOON, agl, amsl, circle, leave_air, place, zone

HERE = Waypoint(*place(0, 0), 0.0, NOON)
GROUND_M = 50.0
LIMITS_M = (0.0, 60.0, 120.0, 300.0, 1_000.0)
TERRAINS: tuple[Terrain, ...] = (FlatTerrain(GROUND_M, 0.0), FlatTerrain(GROUND_M, 20.0), UnknownTerrain())
REASONS = ((), ("POPULATION",), ("AIR_TRAFFIC",))
SOON = Applicability((TimePeriod(NOON + timedelta(seconds=60), None),))


@dataclass(frozen=True)
class Case:
    """Zones around a place, and what it is held to."""

    zones: ZoneSet
    terrain: Terrain
    margin_m: float
    vertical_margin_m: float
    time_margin_s: float
    ground: GroundRisk | None

    def asked(self) -> Asked:
        """As keywords of a check."""
        return {
            "margin_m": self.margin_m,
            "vertical_margin_m": self.vertical_margin_m,
            "time_margin_s": self.time_margin_s,
            "ground": self.ground,
        }

    def at(self, height_m: float) -> frozenset[tuple[str, str, Status]]:
        """What a path of one point there says, by zone."""
        found = check_point(self.zones, replace(HERE, alt_amsl_m=height_m), self.terrain, **self.asked())
        return frozenset((one.zone_id, one.why.value, one.status) for one in found.conflicts)


limits = st.one_of(st.none(), st.sampled_from(LIMITS_M).map(amsl), st.sampled_from(LIMITS_M).map(agl))


@st.composite
def zones_near(draw: st.DrawFn, number: int) -> Zone:
    """One that the place may be in, or near."""
    lower, upper = draw(st.tuples(limits, limits).filter(lambda both: leave_air(*both)))
    restriction = draw(
        st.sampled_from((Restriction.PROHIBITED, Restriction.PROHIBITED, Restriction.OPERATING_AREA))
    )
    made = zone(
        circle(draw(st.sampled_from((0.0, 150.0, 220.0))), 0.0, 120.0),
        zone_id=f"Z{number}",
        lower=lower,
        upper=upper,
        restriction=restriction,
        applicability=draw(st.sampled_from((Applicability(), Applicability(), SOON))),
    )
    return replace(made, reasons=draw(st.sampled_from(REASONS)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Up to three zones."""
    count = draw(st.integers(1, 3))
    return Case(
        ZoneSet([draw(zones_near(number)) for number in range(count)]),
        draw(st.sampled_from(TERRAINS)),
        draw(st.sampled_from((0.0, 40.0))),
        draw(st.sampled_from((0.0, 30.0, 100.0))),
        draw(st.sampled_from((0.0, 90.0))),
        draw(st.sampled_from((None, GroundRisk(0.0), GroundRisk(110.0)))),
    )


def heights_that_tell(case: Case) -> list[float]:
    """Between all heights at which an answer may change, and on them."""
    marks = {-900.0, 90_000.0}
    for one in case.zones.zones:
        for limit in (each for volume in one.volumes for each in (volume.lower, volume.upper)):
            marks |= set() if limit is None else set(_bounds(limit, case.terrain))
    spread = {mark + by for mark in marks for by in (-case.vertical_margin_m, case.vertical_margin_m)}
    ordered = sorted(marks | spread)
    return [*ordered, *((a + b) / 2.0 for a, b in pairwise(ordered))]


def _bounds(limit: Limit, terrain: Terrain) -> tuple[float, ...]:
    if limit.datum is Datum.AMSL:
        return (limit.value_m,)
    if isinstance(terrain, FlatTerrain):
        return tuple(limit.value_m + GROUND_M + sign * terrain.error_m for sign in (-1, 1))
    return ()


@settings(max_examples=chosen(120, long=300), deadline=None)
@given(cases())
def test_a_column_says_what_paths_of_one_point_say_at_all_heights(case: Case) -> None:
    """With every margin, and what falls: clear where all are; blocked where one thing blocks them all, only there."""
    found = check_column(case.zones, HERE, case.terrain, **case.asked())
    every = [case.at(height) for height in heights_that_tell(case)]
    assert found.is_clear == (not any(every))
    by_zone = [{(zone, why) for zone, why, status in one if status is Status.BLOCKED} for one in every]
    blocked = {(one.zone_id, one.why.value) for one in found.conflicts if one.status is Status.BLOCKED}
    assert blocked == set.intersection(*by_zone)
    if found.status is Status.UNKNOWN:
        assert {zone for one in every for zone, _, _ in one} >= {one.zone_id for one in found.conflicts}


HOVER_S = 30.0
FLYING = Diverting(slowest_mps=5.0, fastest_mps=10.0, range_m=1_000.0, descent_mps=5.0)


@settings(max_examples=chosen(60, long=150), deadline=None)
@given(cases(), st.sampled_from((80.0, 130.0, 400.0)))
def test_a_site_below_a_path_is_landed_at_where_the_way_down_is_clear(case: Case, height_m: float) -> None:
    """Held to the same rules as a path that stands there and leads down: all of them must be clear for it."""
    there = replace(HERE, alt_amsl_m=height_m)
    still = [there, replace(there, at=NOON + timedelta(seconds=HOVER_S))]
    site = LandingSite("below", HERE.lon, HERE.lat, GROUND_M)
    found = landing_sites(
        case.zones, still, [site], case.terrain, FLYING, lambda: False, most_around=0, **case.asked()
    )
    down_s = (height_m - GROUND_M) / FLYING.descent_mps
    down = [
        check_path(
            case.zones,
            [
                replace(HERE, alt_amsl_m=height_m, at=NOON + timedelta(seconds=after_s)),
                replace(HERE, alt_amsl_m=GROUND_M, at=NOON + timedelta(seconds=after_s + down_s)),
            ],
            case.terrain,
            **case.asked(),
        ).status
        for after_s in (0.0, HOVER_S / 2, HOVER_S)
    ]
    if {one.site_id for one in found} == {"below"}:
        assert set(down) == {Status.CLEAR}
    if set(down) == {Status.CLEAR} and case.terrain == TERRAINS[0]:
        assert {one.site_id for one in found} == {"below"}
