"""Ground risk over hills, against an oracle that walks: where the ground within reach of a path, in a zone, is as high
as that zone's floor, what falls may hit what it is for. Distances are geodesics, heights those of the posts themselves.
"""

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import Polygon

from geofences import (
    STATUSES,
    Datum,
    GroundRisk,
    Interval,
    Limit,
    Margins,
    PolygonShape,
    Restriction,
    Status,
    Terrain,
    Volume,
    Watch,
    Waypoint,
    Zone,
    ZoneSet,
    check_column,
    check_flight,
    check_path,
    check_segments,
    protecting,
)
from geofences.model.altitude import Box
from tests.unit.geofences.make import NOON, place

EARTH = Geod(ellps="WGS84")
CELL_DEG = 0.001
WEST, SOUTH = -8.62, 41.14
SIZE = 20
"""Cells of about 84 by 111 m."""


@dataclass(frozen=True)
class Steps(Terrain):
    """Ground in steps: one height for each cell, rows from the south; beyond them none is known."""

    heights: tuple[tuple[float, ...], ...]

    def ground_within(self, box: Box) -> Interval:
        """Of all the cells that a box touches."""
        cols = self._cells(box.west - WEST, box.east - WEST)
        rows = self._cells(box.south - SOUTH, box.north - SOUTH)
        if cols[0] < 0 or rows[0] < 0 or cols[-1] >= SIZE or rows[-1] >= SIZE:
            return Interval(-math.inf, math.inf)
        found = [self.heights[row][col] for row in rows for col in cols]
        return Interval(min(found), max(found))

    @staticmethod
    def _cells(low: float, high: float) -> range:
        return range(math.floor(low / CELL_DEG - 1e-9), math.floor(high / CELL_DEG + 1e-9) + 1)

    @property
    def step_m(self) -> float:
        """A cell."""
        return 80.0

    def at(self, lon: float, lat: float) -> float:
        """At a place, in plain Python."""
        return self.heights[math.floor((lat - SOUTH) / CELL_DEG)][math.floor((lon - WEST) / CELL_DEG)]


@st.composite
def grounds(draw: st.DrawFn) -> Steps:
    """A plain at 100 m with a few hills of one cell or some."""
    heights = [[100.0] * SIZE for _ in range(SIZE)]
    for _ in range(draw(st.integers(1, 4))):
        row, col = draw(st.integers(3, SIZE - 4)), draw(st.integers(3, SIZE - 4))
        wide, up = draw(st.integers(0, 2)), draw(st.sampled_from((250.0, 350.0, 500.0)))
        for north in range(row, row + wide + 1):
            for east in range(col, min(SIZE, col + wide + 1)):
                heights[min(north, SIZE - 1)][east] = up
    return Steps(tuple(map(tuple, heights)))


inside = st.floats(0.004, 0.016)


@st.composite
def zones_there(draw: st.DrawFn) -> tuple[ZoneSet, Polygon, float]:
    """A zone that says not what it is for, its shape and its floor."""
    lon, lat, half = WEST + draw(inside), SOUTH + draw(inside), draw(st.floats(0.0005, 0.004))
    ring = [
        (lon - half, lat - half),
        (lon + half, lat - half),
        (lon + half, lat + half),
        (lon - half, lat + half),
    ]
    floor = draw(st.sampled_from((200.0, 300.0, 400.0)))
    volume = Volume(
        PolygonShape((*ring, ring[0])), Limit(floor, Datum.AMSL), Limit(floor + 1_000.0, Datum.AMSL)
    )
    return ZoneSet([Zone("Z", Restriction.PROHIBITED, (volume,))]), Polygon(ring), floor


@st.composite
def ways(draw: st.DrawFn) -> list[Waypoint]:
    """Low over the plain: below the zone, which is not flown into."""
    spots = draw(st.lists(st.tuples(inside, inside), min_size=2, max_size=3))
    return [
        Waypoint(WEST + east, SOUTH + north, 150.0, NOON + timedelta(seconds=60 * number))
        for number, (east, north) in enumerate(spots)
    ]


def along(path: list[Waypoint], every_m: float) -> list[tuple[float, float]]:
    """Places on the path's geodesics."""
    found = []
    for a, b in pairwise(path):
        bearing, _, length = EARTH.inv(a.lon, a.lat, b.lon, b.lat)
        for share in np.linspace(0.0, 1.0, max(2, math.ceil(length / every_m))):
            lon, lat, _ = EARTH.fwd(a.lon, a.lat, bearing, length * share)
            found.append((lon, lat))
    return found


def may_hit(
    ground: Steps, shape: Polygon, floor: float, place_at: tuple[float, float], reach_m: float
) -> bool:
    """Whether some ground in the shape that is as high as the floor lies within reach of a place."""
    west, south, east, north = shape.bounds
    posts = [(lon, lat) for lon in np.linspace(west, east, 17) for lat in np.linspace(south, north, 17)]
    high = np.array([post for post in posts if ground.at(*post) >= floor]).reshape(-1, 2)
    here = np.broadcast_to(place_at, high.shape)
    away = EARTH.inv(here[:, 0], here[:, 1], high[:, 0], high[:, 1])[2]
    return bool((np.asarray(away) <= reach_m).any())


def highest(ground: Steps, place_at: tuple[float, float], within_m: float) -> float:
    """The highest ground that may be within reach of a place, zone or not: of all the cells in a square around it."""
    east_deg, north_deg = within_m / 83_000.0, within_m / 111_000.0
    return ground.ground_within(
        Box(place_at[0] - east_deg, place_at[1] - north_deg, place_at[0] + east_deg, place_at[1] + north_deg)
    ).high


@settings(max_examples=80, deadline=None)
@given(grounds(), zones_there(), ways(), st.sampled_from((30.0, 120.0)))
def test_what_falls_is_judged_by_the_ground_that_it_may_hit(
    ground: Steps, there: tuple[ZoneSet, Polygon, float], path: list[Waypoint], reach_m: float
) -> None:
    """Never less than there is, and no more than the ground around the path allows. By all checks alike."""
    zones, shape, floor = there
    risk = GroundRisk(reach_m)
    found = check_path(zones, path, ground, ground=risk)
    spots = along(path, 25.0)
    if any(may_hit(ground, shape, floor, spot, reach_m - 0.1) for spot in spots[::3]):
        assert found.status is Status.BLOCKED
    if all(highest(ground, spot, reach_m + 220.0) < floor for spot in spots):
        assert found.is_clear
    legs = check_segments(
        zones,
        [(one.lon, one.lat) for one in path[:-1]],
        [(one.lon, one.lat) for one in path[1:]],
        150.0,
        150.0,
        NOON.timestamp(),
        NOON.timestamp() + 60.0,
        ground,
        ground=risk,
    )
    assert STATUSES[max(legs)] is found.status
    margins = Margins(0.0, 0.0, 200.0, reach_m)
    flown = check_flight(zones, path, ground, margins=margins, below=protecting(zones, terrain=ground))
    assert flown.conflicts == found.conflicts
    grown = ZoneSet([replace(zones.zones[0], zone_id="far", volumes=far())])
    assert check_path(
        grown, path, ground, ground=risk
    ).is_clear  # worked out, so that what grows from it uses it
    assert check_path(grown.with_zone(zones.zones[0]), path, ground, ground=risk).conflicts == found.conflicts
    first = check_path(zones, path[:1], ground, ground=risk).status
    watch = Watch(zones, ground, ground=risk)
    assert watch.status(path[0].lon, path[0].lat, 150.0, NOON.timestamp()) is first
    column = check_column(zones, path[0], ground, ground=risk)
    assert (Status.BLOCKED in {one.status for one in column.conflicts}) is (first is Status.BLOCKED)


@pytest.mark.parametrize("side", ["south", "north", "west", "east"])
@pytest.mark.parametrize(("reach_m", "status"), [(55.0, Status.CLEAR), (60.5, Status.BLOCKED)])
def test_a_hill_beside_the_path_counts_within_reach(side: str, reach_m: float, status: Status) -> None:
    """60 m beside the only cell that is as high as the zone's floor, on each side of it."""
    heights = [[100.0] * SIZE for _ in range(SIZE)]
    heights[10][10] = 500.0
    west, south, east, north = WEST + 0.01, SOUTH + 0.01, WEST + 0.011, SOUTH + 0.011
    ring = ((west - 0.005, south - 0.005), (east + 0.005, south - 0.005), (east, north + 0.005))
    zones = ZoneSet(
        [
            Zone(
                "Z",
                Restriction.PROHIBITED,
                (Volume(PolygonShape((*ring, ring[0])), Limit(300.0, Datum.AMSL)),),
            )
        ]
    )
    edge = {
        "south": ((west, south), (east, south), 180.0),
        "north": ((west, north), (east, north), 0.0),
        "west": ((west, south), (west, north), 270.0),
        "east": ((east, south), (east, north), 90.0),
    }[side]
    places = [EARTH.fwd(*spot, edge[2], 60.0)[:2] for spot in edge[:2]]
    way = [
        Waypoint(*spot, 150.0, NOON + timedelta(seconds=20 * number)) for number, spot in enumerate(places)
    ]
    found = check_path(zones, way, Steps(tuple(map(tuple, heights))), ground=GroundRisk(reach_m))
    assert found.status is status


def far() -> tuple[Volume, ...]:
    """A zone at the ground that nothing here reaches."""
    lon, lat = place(50_000.0, 0.0)
    ring = ((lon, lat), (lon + 0.01, lat), (lon, lat + 0.01), (lon, lat))
    return (Volume(PolygonShape(ring)),)


def test_a_hill_far_from_the_path_in_a_wide_zone_does_not_block_all_of_it() -> None:
    """It did: the highest ground of the whole box counted everywhere."""
    heights = [[100.0] * SIZE for _ in range(SIZE)]
    heights[17][17] = 500.0
    ground = Steps(tuple(map(tuple, heights)))
    ring = tuple(
        (WEST + x, SOUTH + y) for x, y in ((0.004, 0.004), (0.018, 0.004), (0.018, 0.018), (0.004, 0.018))
    )
    volume = Volume(PolygonShape((*ring, ring[0])), Limit(300.0, Datum.AMSL))
    zones = ZoneSet([Zone("Z", Restriction.PROHIBITED, (volume,))])
    way = [
        Waypoint(WEST + 0.005, SOUTH + 0.005, 150.0, NOON),
        Waypoint(WEST + 0.0175, SOUTH + 0.0175, 150.0, NOON + timedelta(minutes=2)),
    ]
    (conflict,) = check_path(zones, way, ground, ground=GroundRisk(60.0)).conflicts
    length = EARTH.inv(way[0].lon, way[0].lat, way[1].lon, way[1].lat)[2]
    assert 0.75 * length < conflict.from_m < length - 30.0
    assert check_path(
        zones, [way[0], replace(way[0], at=way[1].at)], ground, ground=GroundRisk(60.0)
    ).is_clear
