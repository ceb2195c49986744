"""Whom a change of zones concerns, against checking every flight with both sets and comparing."""

from datetime import UTC, datetime, timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geofences import (
    Applicability,
    CircleShape,
    Datum,
    FlatTerrain,
    Flight,
    Limit,
    PolygonShape,
    Restriction,
    TimePeriod,
    UnknownTerrain,
    Volume,
    Waypoint,
    Zone,
    ZoneSet,
    affected,
    check_path,
    near_change,
)

EARTH = Geod(ellps="WGS84")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLACES = [(-8.61, 41.15), (179.995, -17.0), (24.9, 69.5), (0.0, 0.0), (10.0, 85.5)]
FAR_M = (300.0, 3_000.0, 3_000.0, 30_000.0, 200_000.0)
"""How far apart things are: in one town, in one cell, in several, and with legs that have no box."""


def offset(home: tuple[float, float], bearing: float, distance: float) -> tuple[float, float]:
    lon, lat, _ = EARTH.fwd(*home, bearing, distance)
    return float(lon), float(lat)


@st.composite
def zones(draw: st.DrawFn, home: tuple[float, float], far_m: float) -> Zone:
    """A small zone near a place. Few ids, so that zones share them."""
    middle = offset(home, draw(st.floats(0, 360)), draw(st.floats(0, far_m)))
    reach = draw(st.floats(10.0, far_m / 2))
    corners = [offset(middle, bearing, reach) for bearing in (20.0, 110.0, 200.0, 290.0)]
    circle = CircleShape(*middle, min(reach, 20_000.0))
    shape = circle if draw(st.booleans()) else PolygonShape((*corners, corners[0]))
    lower, upper = sorted((draw(st.floats(0.0, 150.0)), draw(st.floats(0.0, 150.0))))
    datum = st.sampled_from([Datum.AGL, Datum.AMSL])
    limits = [draw(st.one_of(st.none(), st.builds(Limit, st.just(v), datum))) for v in (lower, upper)]
    start = NOON + timedelta(seconds=draw(st.integers(-100, 200)))
    period = TimePeriod(start, start + timedelta(seconds=draw(st.integers(1, 200))))
    applicability = draw(st.sampled_from([Applicability(), Applicability((period,))]))
    restriction = draw(st.sampled_from([*Restriction, Restriction.PROHIBITED, Restriction.PROHIBITED]))
    zone_id = draw(st.sampled_from("ABCD"))
    return Zone(zone_id, restriction, (Volume(shape, *limits),), applicability=applicability)


@st.composite
def flights(draw: st.DrawFn, home: tuple[float, float], far_m: float) -> Flight:
    points = draw(st.lists(st.tuples(st.floats(0, 360), st.floats(0, 2 * far_m)), min_size=1, max_size=3))
    path = tuple(
        Waypoint(*offset(home, *point), draw(st.floats(0.0, 160.0)), NOON + timedelta(seconds=60 * number))
        for number, point in enumerate(points)
    )
    held = draw(st.sets(st.sampled_from("ABCD")))
    areas = draw(st.sampled_from([None, None, frozenset[str](), frozenset("A"), frozenset("AB")]))
    return Flight(path, draw(st.sampled_from([0.0, 25.0, 300.0])), 0.0, frozenset(held), areas)


@st.composite
def changes(draw: st.DrawFn) -> tuple[ZoneSet, ZoneSet, list[Flight]]:
    """A set, another that has some of its zones and some more, and flights."""
    home, far_m = draw(st.sampled_from(PLACES)), draw(st.sampled_from(FAR_M))
    near = zones(home, far_m)
    stay, go, come = (draw(st.lists(near, max_size=most)) for most in (3, 2, 2))
    asked = draw(st.lists(flights(home, far_m), min_size=1, max_size=3))
    return ZoneSet([*go, *stay]), ZoneSet(draw(st.permutations([*stay, *come]))), asked


@settings(max_examples=60)
@given(changes(), st.sampled_from([FlatTerrain(10.0, 3.0), UnknownTerrain()]))
def test_it_tells_what_checking_everything_twice_tells(
    case: tuple[ZoneSet, ZoneSet, list[Flight]], terrain: FlatTerrain | UnknownTerrain
) -> None:
    old, new, asked = case
    near = near_change(old, new, asked)
    found = {one.number: one for one in affected(old, new, asked, terrain)}
    event(f"{len(found)} of {len(asked)}")
    for number, flight in enumerate(asked):
        before, after = (
            check_path(
                zones, flight.path, terrain, margin_m=flight.margin_m, held=flight.held, areas=flight.areas
            )
            for zones in (old, new)
        )
        assert (number in found) == (before.conflicts != after.conflicts)
        assert number not in found or number in near
        if number in found:
            one = found[number]
            assert (one.before, one.after) == (before, after)
            assert set(one.entered) == set(after.conflicts) - set(before.conflicts)
            assert set(one.freed) == set(before.conflicts) - set(after.conflicts)
