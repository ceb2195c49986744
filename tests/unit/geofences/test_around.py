"""Ways around zones."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from geofences import (
    Applicability,
    NoPath,
    NoPathWhy,
    PolygonShape,
    Restriction,
    TimePeriod,
    UnknownTerrain,
    Waypoint,
    Zone,
    ZoneSet,
    check_path,
    path_around,
)
from tests.unit.geofences.make import EARTH, NOON, SEA, agl, amsl, circle, place, square, zone

START, GOAL = place(-1000, 0), place(1000, 0)


def find(zones: list[Zone], **options: Any) -> list[tuple[float, float]] | NoPath:
    """From 1 km to the west to 1 km to the east, 60 m up, 20 m from everything."""
    given: dict[str, Any] = {"terrain": SEA, "stop": lambda: False, "start": START, "goal": GOAL, **options}
    return path_around(ZoneSet(zones), alt_amsl_m=60.0, at=NOON, margin_m=20.0, **given)


def length(path: list[tuple[float, float]] | NoPath) -> float:
    """Metres of a path that must be one."""
    assert not isinstance(path, NoPath)
    return sum(float(EARTH.inv(*a, *b)[2]) for a, b in pairwise(path))


def why(path: list[tuple[float, float]] | NoPath) -> NoPathWhy:
    """The reason of what must be no path."""
    assert isinstance(path, NoPath)
    return path.why


def test_straight_where_nothing_is_in_the_way() -> None:
    """No bend without need."""
    assert find([zone(square(0, 500, 100))]) == [START, GOAL]


def test_around_a_square_at_its_margin() -> None:
    """By the nearer side; safe by a check of its own."""
    zones = [zone(square(0, 50, 200))]
    found = find(zones)
    assert 2000 < length(found) < 2090
    assert not isinstance(found, NoPath)
    flown = [Waypoint(*one, 60.0, NOON) for one in found]
    assert check_path(ZoneSet(zones), flown, SEA, margin_m=20.0).is_clear


def test_out_of_a_pocket() -> None:
    """A shape open to the west with the start inside: back out and around."""
    east, north = 400.0, 400.0
    corners = [(-600, -north), (east, -north), (east, north), (-600, north), (-600, north - 50)]
    corners += [(east - 50, north - 50), (east - 50, 50 - north), (-600, 50 - north), (-600, -north)]
    pocket = zone(PolygonShape(tuple(place(*one) for one in corners)))
    assert length(find([pocket], start=place(0, 0))) > 1500


@pytest.mark.parametrize("end", ["start", "goal"])
def test_end_inside_a_zone_is_told(end: str) -> None:
    """With the zone's name."""
    found = find([zone(circle(0, 0, 100), zone_id="C")], **{end: place(0, 0)})
    assert found == NoPath(NoPathWhy(f"{end}_blocked"), ("C",))


def test_enclosed_goal_has_no_path() -> None:
    """In the hole of a ring; several overlapping zones enclose as well."""
    ring = replace(square(1000, 0, 300), holes=(square(1000, 0, 100).outer,))
    assert find([zone(ring, zone_id="R")]) == NoPath(NoPathWhy.ENCLOSED, ("R",))
    walls = [
        zone(square(1000 + x, y, 60), zone_id=f"{x},{y}")
        for x in (-200, -100, 0, 100, 200)
        for y in (-200, -100, 0, 100, 200)
        if max(abs(x), abs(y)) == 200
    ]
    assert why(find(walls)) is NoPathWhy.ENCLOSED


def test_stop_is_obeyed() -> None:
    """A budget used up is no proof that there is no path."""
    assert find([zone(circle(0, 0, 100))], stop=lambda: True) == NoPath(NoPathWhy.STOPPED)


def test_too_far_is_told() -> None:
    """Beyond one plane only the straight way is tried."""
    far = place(20_000, 0)
    assert find([], goal=far) == [START, far]
    both = [zone(circle(x, 0, 100), zone_id=name) for x, name in ((900, "b"), (0, "a"), (0, "a"))]
    beside = zone(circle(0, 900, 100), zone_id="beside")
    assert find([*both, beside], goal=far) == NoPath(NoPathWhy.TOO_FAR, ("a", "b"))


def test_only_zones_at_that_height_and_time_count() -> None:
    """A zone above, one of tomorrow, one approved."""
    tomorrow = Applicability((TimePeriod(NOON + timedelta(days=1)),))
    free = [
        zone(circle(0, 0, 100), lower=amsl(100)),
        zone(circle(0, 0, 100), applicability=tomorrow),
        zone(circle(0, 0, 100), zone_id="held", restriction=Restriction.REQ_AUTHORISATION),
    ]
    assert find(free, held={"held"}) == [START, GOAL]
    assert length(find(free)) > 2001
    assert length(find(free, held={"held"}, until=NOON + timedelta(days=2))) > 2001


def test_unknown_height_is_avoided() -> None:
    """Rule E13: what may be there is in the way."""
    above = [zone(circle(0, 0, 100), lower=agl(100))]
    assert find(above) == [START, GOAL]
    assert length(find(above, terrain=UnknownTerrain())) > 2001


def test_path_stays_in_the_operating_area() -> None:
    """An L: around its inner corner; and none where the area does not reach."""
    corners = [
        (-1200, -100),
        (200, -100),
        (200, 1200),
        (-200, 1200),
        (-200, 100),
        (-1200, 100),
        (-1200, -100),
    ]
    area = zone(PolygonShape(tuple(place(*one) for one in corners)), restriction=Restriction.OPERATING_AREA)
    bent = find([area], goal=place(0, 1100))
    assert not isinstance(bent, NoPath)
    assert len(bent) >= 3
    assert why(find([area])) is NoPathWhy.GOAL_BLOCKED
