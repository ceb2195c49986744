"""Checks of points and paths in four dimensions."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geofences import (
    Applicability,
    CircleShape,
    DailyPeriod,
    Datum,
    FlatTerrain,
    Limit,
    PathError,
    PolygonShape,
    Restriction,
    Status,
    SunEvent,
    Surface,
    TimePeriod,
    UnknownTerrain,
    Velocity,
    Waypoint,
    Why,
    ZoneSet,
    check_column,
    check_drive,
    check_path,
    check_point,
    distance_to_nearest,
    segments_hit,
    time_to_breach,
)
from geofences.readers.faa_grid import ABOVE
from tests.unit.geofences.make import EARTH, HOME, NOON, SEA, agl, amsl, circle, path, place, square, zone

ACROSS = [(-1000.0, 0.0, 50.0), (1000.0, 0.0, 50.0)]


def test_conflict_says_zone_why_where_and_when() -> None:
    """A square of 200 m in the middle of 2 km flown in a minute."""
    zones = ZoneSet([zone(square(0, 0, 100), zone_id="SQ")])
    result = check_path(zones, path(*ACROSS), SEA)
    (found,) = result.conflicts
    assert (result.status, result.zones_version) == (Status.BLOCKED, zones.version)
    assert (found.zone_id, found.why) == ("SQ", Why.PROHIBITED)
    assert (found.from_m, found.to_m) == pytest.approx((900.0, 1100.0), abs=0.2)
    assert (found.entered_at - NOON).total_seconds() == pytest.approx(27.0, abs=0.1)
    assert (found.left_at - NOON).total_seconds() == pytest.approx(33.0, abs=0.1)


def test_return_through_a_zone_is_its_own_conflict() -> None:
    """Rule E15: every leg counts, the way back too."""
    zones = ZoneSet([zone(square(0, 0, 100))])
    there_and_back = path(*ACROSS, ACROSS[0])
    assert [round(one.from_m, -1) for one in check_path(zones, there_and_back, SEA).conflicts] == [900, 2900]
    # Out along a way that is clear, back through the zone.
    detour = path((-1000, 0, 50), (0, 500, 50), (1000, 0, 50), (-1000, 0, 50))
    assert check_path(zones, detour[:3], SEA).is_clear
    assert not check_path(zones, detour, SEA).is_clear


def test_pieces_of_a_long_leg_are_joined() -> None:
    """20 km in one zone is one conflict, though it is checked in pieces on several planes."""
    zones = ZoneSet([zone(square(0, 0, 14_000))])
    (found,) = check_path(zones, path((-30_000, 0, 50), (30_000, 0, 50)), SEA).conflicts
    assert (found.from_m, found.to_m) == pytest.approx((16_000, 44_000), abs=60)


@pytest.mark.parametrize(("aside", "status"), [(129.0, Status.BLOCKED), (131.0, Status.CLEAR)])
def test_margin_is_metres(aside: float, status: Status) -> None:
    """30 m beside a square of 100 m."""
    zones = ZoneSet([zone(square(0, 0, 100))])
    beside = path((-1000, aside, 50), (1000, aside, 50))
    assert check_path(zones, beside, SEA, margin_m=30.0).status is status
    assert check_path(zones, beside, SEA).is_clear


def test_touching_is_a_conflict() -> None:
    """Along the very edge."""
    shape = square(0, 0, 100)
    ends = [Waypoint(*corner, 50.0, NOON) for corner in shape.outer[:2]]
    assert check_path(ZoneSet([zone(shape)]), ends, SEA).status is Status.BLOCKED


def test_hole_is_free_and_volumes_are_a_union() -> None:
    """Rule E9."""
    ring = replace(square(0, 0, 500), holes=(square(0, 0, 100).outer,))
    zones = ZoneSet([zone(ring, circle(0, 0, 10))])
    assert check_path(zones, path((50, 50, 50)), SEA).is_clear
    assert not check_path(zones, path((300, 0, 50)), SEA).is_clear
    assert not check_path(zones, path((0, 5, 50)), SEA).is_clear


def test_whole_numbers_are_positions_too() -> None:
    """Waypoints by hand are often whole degrees and metres."""
    zones = ZoneSet([zone(CircleShape(-9.0, 41.0, 500.0))])
    assert check_point(zones, Waypoint(-9, 41, 50, NOON), SEA).status is Status.BLOCKED


@pytest.mark.parametrize(("reach", "status"), [(799.5, Status.BLOCKED), (800.6, Status.CLEAR)])
@pytest.mark.parametrize("bearing", [0.0, 33.0, 171.0])
def test_circle_is_geodesic_and_never_smaller(reach: float, status: Status, bearing: float) -> None:
    """Rule E8: radii are metres on the ellipsoid, in every direction."""
    lon, lat, _ = EARTH.fwd(*HOME, bearing, reach)
    zones = ZoneSet([zone(circle(0, 0, 800))])
    assert check_point(zones, Waypoint(lon, lat, 50.0, NOON), SEA).status is status


@pytest.mark.parametrize(("lat", "radius_m"), [(85.0, 500_000.0), (-80.0, 500_000.0), (89.99, 1_000.0)])
def test_circle_is_never_smaller_where_meridians_meet(lat: float, radius_m: float) -> None:
    """Edges straight in longitude and latitude bend away from the pole, into the circle."""
    zones = ZoneSet([zone(CircleShape(10.0, lat, radius_m))])
    to_pole = 0.0 if lat > 0.0 else 180.0
    for step in range(-60, 61):
        lon, at, _ = EARTH.fwd(10.0, lat, to_pole + step / 7.0, radius_m)
        assert check_point(zones, Waypoint(lon, at, 50.0, NOON), SEA).status is Status.BLOCKED


# ---- heights -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("up", "terrain", "status"),
    [
        (100.0, SEA, Status.CLEAR),
        (130.0, SEA, Status.BLOCKED),
        (130.0, FlatTerrain(50.0, 0.0), Status.CLEAR),
        (180.0, FlatTerrain(50.0, 5.0), Status.BLOCKED),
        (172.0, FlatTerrain(50.0, 5.0), Status.UNKNOWN),
        (130.0, UnknownTerrain(), Status.UNKNOWN),
    ],
)
def test_limit_above_ground_follows_the_terrain(up: float, terrain: FlatTerrain, status: Status) -> None:
    """Rules E4 and E13: from 120 to 300 m above ground, and the error of the ground decides what is known."""
    zones = ZoneSet([zone(square(0, 0, 100), lower=agl(120), upper=agl(300))])
    result = check_path(zones, path((0, 0, up)), terrain)
    assert result.status is status
    assert {one.why for one in result.conflicts} <= {Why.PROHIBITED, Why.HEIGHT_UNKNOWN}


def test_mixed_datums() -> None:
    """Rule E4: from 30 m above ground to 100 m above the sea."""
    zones = ZoneSet([zone(square(0, 0, 100), lower=agl(30), upper=amsl(100))])
    hill = FlatTerrain(40.0, 0.0)
    statuses = [check_path(zones, path((0, 0, up)), hill).status for up in (60.0, 80.0, 110.0)]
    assert statuses == [Status.CLEAR, Status.BLOCKED, Status.CLEAR]


def test_ground_as_lower_limit_needs_no_terrain() -> None:
    """0 above ground to 100 above the sea: nothing is unknown about it."""
    zones = ZoneSet([zone(square(0, 0, 100), lower=agl(0), upper=amsl(100))])
    assert check_path(zones, path((0, 0, 50)), UnknownTerrain()).status is Status.BLOCKED
    assert check_path(zones, path((0, 0, 101)), UnknownTerrain()).is_clear


@pytest.mark.parametrize("datum", [Datum.AGL, Datum.AMSL])
def test_no_ceiling_reaches_everywhere(datum: Datum) -> None:
    """Rule E5: 99999 m, whatever the datum and the terrain."""
    zones = ZoneSet([zone(square(0, 0, 100), lower=agl(0), upper=Limit(math.inf, datum))])
    assert check_path(zones, path((0, 0, 30_000)), UnknownTerrain()).status is Status.BLOCKED


def test_limits_not_stated_are_unbounded() -> None:
    """Rule E5."""
    zones = ZoneSet([zone(square(0, 0, 100), upper=amsl(100)), zone(square(500, 0, 100), lower=amsl(100))])
    statuses = [
        check_path(zones, path((east, 0, up)), UnknownTerrain()).status
        for east, up in [(0, -300), (0, 101), (500, 9000), (500, 99)]
    ]
    assert statuses == [Status.BLOCKED, Status.CLEAR, Status.BLOCKED, Status.CLEAR]


def test_height_above_the_ellipsoid_is_unknown_without_a_geoid() -> None:
    """Rule E13: no undulation is built in."""
    zones = ZoneSet([zone(square(0, 0, 100), upper=Limit(100.0, Datum.WGS84))])
    result = check_path(zones, path((0, 0, 500)), SEA)
    assert (result.status, result.conflicts[0].why) == (Status.UNKNOWN, Why.HEIGHT_UNKNOWN)


def test_climb_into_a_zone_is_found_where_it_happens() -> None:
    """From 0 to 200 m over 2 km, a zone from 150 m: reached after 1500 m; with a vertical margin sooner."""
    zones = ZoneSet([zone(square(0, 0, 2000), lower=amsl(150))])
    climb = path((-1000, 0, 0), (1000, 0, 200))
    assert check_path(zones, climb, SEA).conflicts[0].from_m == pytest.approx(1500, abs=1)
    near = check_path(zones, climb, SEA, vertical_margin_m=20.0)
    assert near.conflicts[0].from_m == pytest.approx(1300, abs=1)


# ---- times ---------------------------------------------------------------------------------------


def test_all_dimensions_must_meet_at_the_same_point() -> None:
    """Over the zone while it sleeps, elsewhere while it applies, and the other way round."""
    second_minute = Applicability((TimePeriod(NOON + timedelta(seconds=60), NOON + timedelta(seconds=120)),))
    zones = ZoneSet([zone(square(0, 0, 100), applicability=second_minute)])
    assert check_path(zones, path(*ACROSS), SEA).is_clear
    later = [replace(one, at=one.at + timedelta(seconds=60)) for one in path(*ACROSS)]
    assert check_path(zones, later, SEA).status is Status.BLOCKED


def test_waiting_in_a_zone_until_it_applies() -> None:
    """A loiter has no length, but it has a time."""
    evening = Applicability((TimePeriod(NOON + timedelta(minutes=5), None),))
    zones = ZoneSet([zone(square(0, 0, 100), applicability=evening)])
    wait = path((0, 0, 50), (0, 0, 50), every_s=600.0)
    (found,) = check_path(zones, wait, SEA).conflicts
    assert (found.entered_at, found.from_m, found.to_m) == (NOON + timedelta(minutes=5), 0.0, 0.0)


# ---- approvals and areas -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Restriction.REQ_AUTHORISATION, Why.AUTHORISATION_NOT_HELD),
        (Restriction.CONDITIONAL, Why.CONDITIONS_NOT_MET),
        (Restriction.USPACE, Why.USPACE_NOT_HELD),
    ],
)
def test_approval_lifts_what_can_be_approved(kind: Restriction, why: Why) -> None:
    """Held for this zone only."""
    zones = ZoneSet([zone(square(0, 0, 100), restriction=kind, zone_id="A")])
    refused = check_path(zones, path(*ACROSS), SEA, held={"B"})
    assert (refused.status, refused.conflicts[0].why) == (Status.BLOCKED, why)
    assert check_path(zones, path(*ACROSS), SEA, held={"A"}).is_clear


def test_nothing_lifts_a_prohibition() -> None:
    """And a zone without restriction never blocks."""
    zones = ZoneSet([zone(square(0, 0, 100), zone_id="P")])
    assert not check_path(zones, path(*ACROSS), SEA, held={"P"}).is_clear
    free = ZoneSet([zone(square(0, 0, 100), restriction=Restriction.NO_RESTRICTION)])
    assert check_path(free, path(*ACROSS), SEA).is_clear


def test_faa_ceiling_stops_who_holds_the_automatic_approval() -> None:
    """Rule E16."""
    kind, shape = Restriction.REQ_AUTHORISATION, square(0, 0, 100)
    zones = ZoneSet(
        [
            zone(shape, zone_id="C", restriction=kind, lower=agl(0), upper=agl(60)),
            zone(shape, zone_id="C" + ABOVE, restriction=kind, lower=agl(60)),
        ]
    )
    statuses = [check_path(zones, path((0, 0, up)), SEA, held={"C"}).status for up in (50.0, 70.0)]
    assert statuses == [Status.CLEAR, Status.BLOCKED]


AREA = Restriction.OPERATING_AREA


def test_path_stays_inside_the_union_of_operating_areas() -> None:
    """The seam between two areas is no boundary; the outer edge is, with its margin."""
    zones = ZoneSet(
        [
            zone(square(-500, 0, 500.05), zone_id="W", restriction=AREA),
            zone(square(500, 0, 500.05), zone_id="E", restriction=AREA),
        ]
    )
    inside, out = path((-900, 0, 50), (900, 0, 50)), path((0, 0, 50), (1500, 0, 50))
    assert check_path(zones, inside, SEA, margin_m=50.0).is_clear
    (found,) = check_path(zones, out, SEA, margin_m=50.0).conflicts
    assert (found.why, found.status) == (Why.OUTSIDE_OPERATING_AREA, Status.BLOCKED)
    assert (found.from_m, found.to_m) == pytest.approx((950.0, 1500.0), abs=0.3)
    assert not check_path(zones, inside, SEA, areas={"W"}).is_clear
    assert check_path(zones, out, SEA, areas=()).is_clear
    missing = check_path(zones, inside, SEA, areas={"W", "E", "N"})
    assert (missing.status, missing.conflicts[0].why) == (Status.BLOCKED, Why.NO_SUCH_OPERATING_AREA)
    assert segments_hit(zones, [place(0, 0)], [place(1500, 0)]).tolist() == [True]
    assert segments_hit(zones, [place(100, 0)], [place(900, 0)]).tolist() == [False]
    assert segments_hit(zones, [place(100, 0)], [place(900, 0)], areas={"E", "N"}).tolist() == [True]


def test_operating_area_has_heights_too() -> None:
    """Above its ceiling is outside; where the terrain's error decides, the answer is unknown."""
    zones = ZoneSet([zone(square(0, 0, 500), restriction=AREA, lower=agl(0), upper=agl(120))])
    hill = FlatTerrain(0.0, 5.0)
    statuses = [check_path(zones, path((0, 0, up)), hill).status for up in (100.0, 120.0, 130.0)]
    assert statuses == [Status.CLEAR, Status.UNKNOWN, Status.BLOCKED]
    assert not check_path(zones, path((0, 0, 100)), hill, vertical_margin_m=20.0).is_clear


# ---- ahead ---------------------------------------------------------------------------------------


def test_breach_ahead_is_told_in_seconds() -> None:
    """900 m at 15 m/s."""
    zones = ZoneSet([zone(square(0, 0, 100), zone_id="SQ")])
    here = path((-1000, 0, 50))[0]
    found = time_to_breach(zones, here, Velocity(15.0, 0.0), 120.0, SEA)
    assert found is not None
    assert found.conflict.zone_id == "SQ"
    assert found.after_s == pytest.approx(60.0, abs=0.1)
    assert time_to_breach(zones, here, Velocity(15.0, 0.0), 50.0, SEA) is None
    assert time_to_breach(zones, here, Velocity(-15.0, 0.0), 500.0, SEA) is None
    with pytest.raises(ValueError, match="finite"):
        time_to_breach(zones, here, Velocity(math.nan, 0.0), 50.0, SEA)


def test_climb_is_a_way_to_breach() -> None:
    """From 50 m up to a ceiling of 110 m at 2 m/s."""
    zones = ZoneSet([zone(square(0, 0, 100), lower=amsl(110))])
    found = time_to_breach(zones, path((0, 0, 50))[0], Velocity(0.0, 0.0, 2.0), 60.0, SEA)
    assert found is not None
    assert found.after_s == pytest.approx(30.0, abs=0.1)


def test_nearest_zone() -> None:
    """Sideways, and only what blocks."""
    zones = ZoneSet(
        [
            zone(circle(0, 0, 100), zone_id="near", restriction=Restriction.REQ_AUTHORISATION),
            zone(circle(3000, 0, 100), zone_id="far"),
        ]
    )
    found = distance_to_nearest(zones, *place(400, 0))
    assert found is not None
    assert found.zone_id == "near"
    assert found.distance_m == pytest.approx(300.0, abs=0.4)
    other = distance_to_nearest(zones, *place(400, 0), held={"near"})
    assert other is not None
    assert other.zone_id == "far"
    assert other.distance_m == pytest.approx(2500.0, abs=0.4)
    assert distance_to_nearest(zones, *place(400, 0), within_m=200.0) is None
    inside = distance_to_nearest(zones, *place(10, 0))
    assert inside is not None
    assert inside.distance_m == 0.0
    with pytest.raises(ValueError, match="within_m"):
        distance_to_nearest(zones, 0.0, 0.0, within_m=1e6)


# ---- the globe, and bad input --------------------------------------------------------------------


def test_antimeridian_is_no_edge() -> None:
    """A zone and a path across 180 degrees."""
    shape = PolygonShape(((179.9, -17.1), (-179.9, -17.1), (-179.9, -16.9), (179.9, -16.9), (179.9, -17.1)))
    zones = ZoneSet([zone(shape)])
    for lon in (179.95, -179.95, 180.0, -180.0):
        assert not check_point(zones, Waypoint(lon, -17.0, 50.0, NOON), SEA).is_clear
    for lon in (179.85, -179.85, 0.0):
        assert check_point(zones, Waypoint(lon, -17.0, 50.0, NOON), SEA).is_clear
    over = [Waypoint(179.8, -17.0, 50.0, NOON), Waypoint(-179.8, -17.0, 50.0, NOON)]
    (found,) = check_path(zones, over, SEA).conflicts
    assert found.to_m - found.from_m == pytest.approx(EARTH.inv(179.9, -17, -179.9, -17)[2], abs=60)


def test_zone_that_spans_the_world_but_for_a_hole() -> None:
    """As a national file has it: everything outside the country."""
    world = ((-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0), (-180.0, -90.0))
    country = ((22.0, 57.5), (28.0, 57.5), (28.0, 59.7), (22.0, 59.7), (22.0, 57.5))
    zones = ZoneSet([zone(PolygonShape(world, (country,)))])
    for lon, lat, clear in [
        (25.0, 58.5, True),
        (21.9, 58.5, False),
        (-120.0, 40.0, False),
        (180.0, 0.0, False),
    ]:
        assert check_point(zones, Waypoint(lon, lat, 50.0, NOON), SEA).is_clear is clear


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([], "at least one"),
        ([Waypoint(math.nan, 0.0, 0.0, NOON)], "waypoint 0"),
        ([Waypoint(0.0, 0.0, math.inf, NOON)], "waypoint 0"),
        ([Waypoint(41.0, 181.0, 0.0, NOON)], "off the globe"),
        ([Waypoint(0.0, 0.0, 0.0, datetime(2026, 1, 1))], "no offset from UTC"),  # noqa: DTZ001
        (
            [Waypoint(0.0, 0.0, 0.0, NOON), Waypoint(0.0, 0.0, 0.0, datetime(2026, 1, 1, tzinfo=UTC))],
            "earlier",
        ),
    ],
)
def test_path_that_cannot_be_checked_is_refused(points: list[Waypoint], words: str) -> None:
    """Never clear by accident."""
    with pytest.raises(PathError, match=words):
        check_path(ZoneSet(), points, SEA)


@pytest.mark.parametrize("margin", [-1.0, math.nan, math.inf, 20_000.0])
def test_margin_out_of_range_is_refused(margin: float) -> None:
    """A margin that means nothing."""
    with pytest.raises(ValueError, match="margins"):
        check_path(ZoneSet(), path((0, 0, 0)), SEA, margin_m=margin)


def test_bulk_refuses_bad_rows() -> None:
    """By number."""
    with pytest.raises(PathError, match="row 1"):
        segments_hit(ZoneSet(), [(0.0, 0.0), (0.0, 91.0)], [(0.0, 0.0), (0.0, 0.0)])
    with pytest.raises(PathError, match="as many ends"):
        segments_hit(ZoneSet(), [(0.0, 0.0)], [])


def test_empty_set_is_clear() -> None:
    """Nothing forbids, and the version says so."""
    result = check_path(ZoneSet(), path(*ACROSS), UnknownTerrain())
    assert (result.status, result.conflicts, result.zones_version[:7]) == (Status.CLEAR, (), "sha256:")
    assert segments_hit(ZoneSet(), [], []).tolist() == []


@pytest.mark.parametrize("radius_m", [40.0, 800.0, 20_000.0])
def test_nothing_beyond_the_circle_of_an_operating_area_is_inside(radius_m: float) -> None:
    """Not by a hand's breadth, in any direction; half a metre less is enough to be inside."""
    area = ZoneSet([zone(circle(0, 0, radius_m), restriction=Restriction.OPERATING_AREA)])
    for bearing in range(0, 360, 7):
        for beyond_m, is_clear in ((0.02, False), (-0.6, True)):
            lon, lat, _ = EARTH.fwd(*HOME, bearing, radius_m + beyond_m)
            assert check_point(area, Waypoint(lon, lat, 50.0, NOON), SEA).is_clear is is_clear


# ---- what no computer holds ----------------------------------------------------------------------


@pytest.mark.parametrize("year", [1, 9999])
def test_times_at_the_end_of_the_calendar_are_refused_by_every_check(year: int) -> None:
    """Schedules look at the days around."""
    daily = TimePeriod(None, None, (DailyPeriod(frozenset({0}), SunEvent.SR, SunEvent.SS),))
    zones = ZoneSet([zone(square(0, 0, 100), applicability=Applicability((daily,)))])
    here = Waypoint(*HOME, 50.0, datetime(year, 6, 1, tzinfo=UTC))
    permits = ZoneSet([replace(zones.zones[0], restriction=Restriction.PERMIT_AREA)])
    words = "not in the years 2 to 9998"
    with pytest.raises(PathError, match=words):
        check_point(zones, here, SEA)
    with pytest.raises(PathError, match=words):
        check_column(zones, here, SEA)
    with pytest.raises(PathError, match=words):
        check_drive(permits, [here], Surface.SIDEWALK, 10.0)


def test_horizon_beyond_the_calendar_is_refused() -> None:
    """No crash."""
    here = Waypoint(*HOME, 50.0, NOON)
    with pytest.raises(PathError, match="beyond the calendar"):
        time_to_breach(ZoneSet(), here, Velocity(0.0, 0.0), 1e18, SEA)


def test_heights_whose_difference_is_no_number_are_refused() -> None:
    """A climb from -1.7e308 to 1.7e308 m passes every zone and was called clear."""
    zones = ZoneSet([zone(square(0, 0, 100), lower=agl(10), upper=agl(100))])
    with pytest.raises(PathError, match="holds a number that is none"):
        check_path(zones, path((-500, 0, -1.7e308), (500, 0, 1.7e308)), SEA)
