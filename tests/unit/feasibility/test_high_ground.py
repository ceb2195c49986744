"""A flight stays above the ground wherever it leads: around a zone, by way of a point beside, on to an alternate."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from fleet.feasibility import Context, SortieAssessment, assess_sortie
from fleet.feasibility.overground import box_around
from fleet.feasibility.shape import TripShape, by_way_of, sortie_shape
from fleet.protocol.options import Status
from geofences import Terrain, Waypoint
from geofences.model.altitude import ANYTHING, Box, Interval
from tests.unit.feasibility.world import DRONE, LOCKER, NOON, SITE, away, context, order, trip_of, zone

PLAIN = Interval(-5.0, 5.0)


@dataclass(frozen=True)
class Hill(Terrain):
    """Flat ground with a steep hill in one box; ``high`` none is a place of which nothing is known."""

    box: Box
    high: float | None = 300.0

    def ground_within(self, box: Box) -> Interval:
        mine = self.box
        apart = (
            box.east < mine.west or box.west > mine.east or box.north < mine.south or box.south > mine.north
        )
        if apart:
            return PLAIN
        return ANYTHING if self.high is None else Interval(-5.0, self.high)


def beside(
    east_m: float, to_m: float, high: float | None = 300.0, south_m: float = 700, north_m: float = 1300
) -> Hill:
    """A hill along the middle of the way north, so far to its east or west."""
    low, far = sorted((east_m, to_m))
    south, north = away(north_m=south_m, east_m=low), away(north_m=north_m, east_m=far)
    return Hill(Box(south.lon, south.lat, north.lon, north.lat), high)


def fly(ctx: Context, **changes: Any) -> SortieAssessment:
    return assess_sortie(ctx, order(), DRONE, SITE, NOON, **changes)


def above_ground_m(terrain: Terrain, path: tuple[Waypoint, ...]) -> float:
    """The least height above the highest ground, between the climb and the descents; every few metres are looked at."""
    least = float("inf")
    for a, b in pairwise(path):
        if (a.lon, a.lat) == (b.lon, b.lat):
            continue  # up, down, or a stay
        for step in range(201):
            share = step / 200
            lon, lat = a.lon + (b.lon - a.lon) * share, a.lat + (b.lat - a.lat) * share
            height = a.alt_amsl_m + (b.alt_amsl_m - a.alt_amsl_m) * share
            least = min(least, height - terrain.ground_within(Box(lon, lat, lon, lat)).high)
    return least


def walled(terrain: Terrain) -> Context:
    """A zone across the straight way; the way around leads to either side, by some 200 m."""
    return context(zone(), terrain=terrain)


def test_a_way_around_leads_over_a_hill_only_above_it() -> None:
    """On one side of the zone, then on the other; the straight way has none."""
    for hill in (beside(-2000, -100), beside(100, 2000)):
        found = fly(walled(hill))
        path = trip_of(found).path
        assert above_ground_m(hill, path) >= DRONE.cruise_height_agl_m - 1e-6


def test_where_the_ground_is_not_known_no_way_leads() -> None:
    """The straight way is blocked, and what lies beside is anything."""
    west, east = away(north_m=700, east_m=-5000), away(north_m=1300, east_m=-80)
    nowhere = Hill(Box(west.lon, west.lat, east.lon, east.lat), None)
    barred = zone(centre=away(north_m=1000, east_m=400), radius_m=480)
    assert fly(context(barred, terrain=nowhere)).trip is None
    assert fly(context(barred)).verdict.feasible


def test_by_way_of_a_point_beside_it_flies_above_the_hill_there() -> None:
    """As flights that are kept apart do."""
    hill = beside(100, 400)
    ctx = context(terrain=hill)
    assert above_ground_m(hill, trip_of(fly(ctx)).path) >= DRONE.cruise_height_agl_m
    over = trip_of(fly(ctx, via=(away(north_m=1000, east_m=200),)))
    assert above_ground_m(hill, over.path) >= DRONE.cruise_height_agl_m - 1e-6
    shape = sortie_shape(ctx, DRONE, SITE, away(north_m=2000), NOON)
    assert isinstance(shape, TripShape)
    unknown = context(terrain=beside(100, 400, None))
    answer = by_way_of(unknown, DRONE, shape, (away(north_m=1000, east_m=200),))
    assert not isinstance(answer, TripShape)
    assert answer.status is Status.UNKNOWN


@pytest.mark.parametrize(("high", "there"), [(5.0, True), (50.0, True), (300.0, False), (None, False)])
def test_no_alternate_lies_behind_a_hill(high: float | None, there: bool) -> None:
    """The leg to it is flown as high as the trip; the trip's own way is free of the hill."""
    locker = LOCKER.model_copy(update={"place": away(north_m=2000, east_m=800)})
    hill = beside(300, 500, high, south_m=1900, north_m=2100)
    trip = trip_of(fly(context(terrain=hill, lockers={"L": locker})))
    assert (trip.alternate is not None) == there


@pytest.mark.parametrize(
    ("lons", "west", "east"),
    [
        ((179.99, -179.99), 179.99, 180.01),
        ((-179.99, 179.98, 180.0), 179.98, 180.01),
        ((-8.6, -8.5), -8.6, -8.5),
    ],
)
def test_the_box_around_a_flight_is_the_small_one(lons: tuple[float, ...], west: float, east: float) -> None:
    """Across the antimeridian too: it held the highest ground of the whole globe there."""
    box = box_around((lon, 10.0 + lon / 1000) for lon in lons)
    assert (box.west, box.east) == pytest.approx((west, east))
    assert box.south <= box.north
