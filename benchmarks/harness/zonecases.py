"""Random zones and legs for `zoneoracle.py`: holes, slivers, touching and long edges, circles, several volumes, limits
in every datum, times and approvals (`zonetimes.py`), margins; legs that start on vertices and run along edges, heights
and times that are exactly a limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random

import numpy as np
from pyproj import Geod

from benchmarks.harness.zonetimes import DAYS, HOURS, US, approvals, times
from geofences import (
    Authorisation,
    CircleShape,
    Datum,
    FlatTerrain,
    Limit,
    PolygonShape,
    Restriction,
    Terrain,
    UnknownTerrain,
    Volume,
    Zone,
    ZoneSet,
    authorised,
)
from geofences.checks.rules import Asked
from geofences.geometry.geodesy import Floats
from geofences.model.altitude import below_at_sea_level, is_ground, never_above

GEOD = Geod(ellps="WGS84")
CENTRES = (
    (-8.61, 41.15),
    (179.99, -17.0),
    (24.9, 69.5),
    (0.0, 0.0),
    (-73.9, 40.76),
    (15.6, 78.2),
    (-180.0, -55.0),
)
Point = tuple[float, float]
Shape = PolygonShape | CircleShape


@dataclass(frozen=True)
class Scene:
    """Zones, what is asked of them, and legs (rows: ends, heights, times)."""

    centre: Point
    day: datetime
    zones: list[Zone]
    terrain: Terrain
    margin_m: float
    vertical_margin_m: float
    time_margin_s: float
    held: frozenset[str]
    approvals: tuple[Authorisation, ...]
    ends: Floats
    heights: Floats
    times: Floats

    @property
    def zone_set(self) -> ZoneSet:
        """The zones as they hold for us."""
        return authorised(ZoneSet(self.zones), self.approvals, {US})

    @property
    def asked(self) -> Asked:
        """What legs are held to."""
        return {
            "margin_m": self.margin_m,
            "vertical_margin_m": self.vertical_margin_m,
            "time_margin_s": self.time_margin_s,
            "held": self.held,
        }


def scenes(seed: int, cases: int, legs: int = 500) -> Iterator[Scene]:
    """Scenes with so many legs in all."""
    rng = Random(seed)
    for begun in range(0, cases, legs):
        yield _scene(rng, min(legs, cases - begun))


def _scene(rng: Random, legs: int) -> Scene:
    centre, day = rng.choice(CENTRES), rng.choice(DAYS)
    shapes = [shape for _ in range(8) for shape in rng.choice(_KINDS)(rng, centre)]
    has_sun = abs(centre[0]) < 170.0 and abs(centre[1]) < 60.0
    groups = enumerate(_grouped(rng, shapes))
    zones = [_zone(rng, number, group, day, has_sun=has_sun) for number, group in groups]
    held = frozenset(f"Z{number}" for number in range(0, len(zones), 3))
    margin_m = rng.choice([0.0, 0.0, 5.0, 30.0, 150.0])
    rows = [(*_ends(rng, centre, shapes, margin_m), *_flown(rng, day)) for _ in range(legs)]
    return Scene(
        centre,
        day,
        zones,
        rng.choice([FlatTerrain(0.0, 0.0), FlatTerrain(20.0, 4.0), UnknownTerrain()]),
        margin_m,
        rng.choice([0.0, 0.0, 10.0]),
        rng.choice([0.0, 0.0, 60.0, 1800.0]),
        held,
        approvals(rng, day, zones, held, HEIGHTS),
        np.array([row[:4] for row in rows]),
        np.array([row[4:6] for row in rows]),
        np.array([row[6:] for row in rows]),
    )


def _at(place: Point, bearing: float, metres: float) -> Point:
    lon, lat, _ = GEOD.fwd(*place, bearing, metres)
    return float(lon), float(lat)


def _somewhere(rng: Random, centre: Point, reach_m: float = 5_000.0) -> Point:
    return _at(centre, rng.uniform(0, 360), rng.uniform(0, reach_m))


def _ring(rng: Random, middle: Point, low_m: float, high_m: float, least: int = 3) -> tuple[Point, ...]:
    count, turned = rng.randint(least, 40), rng.uniform(0, 360)
    ring = [_at(middle, turned + 360.0 * i / count, rng.uniform(low_m, high_m)) for i in range(count)]
    return (*ring, ring[0])


def _star(rng: Random, centre: Point) -> list[Shape]:
    middle, size = _somewhere(rng, centre), rng.uniform(50, 2500)
    hole = (_ring(rng, middle, size * 0.05, size * 0.25),) if rng.random() < 0.5 else ()
    return [PolygonShape(_ring(rng, middle, size * 0.6, size), hole)]


def _in_a_hole(rng: Random, centre: Point) -> list[Shape]:
    """A ring of land that is free, with a zone in the middle of it."""
    middle = _somewhere(rng, centre)
    around = PolygonShape(_ring(rng, middle, 1200, 1500, least=8), (_ring(rng, middle, 700, 900),))
    return [around, PolygonShape(_ring(rng, middle, 20, 150))]


def _sliver(rng: Random, centre: Point) -> list[Shape]:
    start, bearing = _somewhere(rng, centre), rng.uniform(0, 360)
    end, width = _at(start, bearing, rng.uniform(200, 4000)), rng.choice([0.02, 0.5, 5.0])
    beside = [_at(one, bearing + 90.0, width) for one in (end, start)]
    return [PolygonShape((start, end, *beside, start))]


def _neighbours(rng: Random, centre: Point) -> list[Shape]:
    """Two zones with one edge in common, to the last bit."""
    west, south = _somewhere(rng, centre)
    width, height = rng.uniform(0.001, 0.02), rng.uniform(0.001, 0.01)
    west = min(west, 180.0 - 2.0 * width)
    return [_box(west + width * i, south, west + width * (i + 1), south + height) for i in (0, 1)]


def _long_edges(rng: Random, centre: Point) -> list[Shape]:
    """Edges of many kilometres, which are no geodesics."""
    lon, lat = _somewhere(rng, centre)
    lon = min(max(lon, -180.0), 179.0)
    return [_box(lon, lat - 0.3, min(180.0, lon + rng.uniform(0.05, 0.9)), lat + rng.uniform(0.0, 0.02))]


def _box(west: float, south: float, east: float, north: float) -> PolygonShape:
    return PolygonShape(((west, south), (east, south), (east, north), (west, north), (west, south)))


def _circle(rng: Random, centre: Point) -> list[Shape]:
    return [CircleShape(*_somewhere(rng, centre), rng.uniform(5, 2000))]


_KINDS = (_star, _star, _in_a_hole, _sliver, _neighbours, _long_edges, _circle)

HEIGHTS = (0.0, 30.0, 50.0, 60.0, 100.0, 120.0, 150.0)
_DATUMS = (Datum.AGL, Datum.AGL, Datum.AMSL, Datum.AMSL, Datum.WGS84, Datum.FL)
_RESTRICTIONS = (
    *[Restriction.PROHIBITED] * 6,
    *[Restriction.REQ_AUTHORISATION] * 2,
    Restriction.CONDITIONAL,
    Restriction.NO_RESTRICTION,
)


def _zone(rng: Random, number: int, shapes: list[Shape], day: datetime, *, has_sun: bool) -> Zone:
    """A zone of one volume or more, each with limits of its own."""
    volumes = tuple(_volume(rng, shape) for shape in shapes)
    when = times(rng, day, has_sun=has_sun)
    return Zone(f"Z{number}", rng.choice(_RESTRICTIONS), volumes, applicability=when)


def _volume(rng: Random, shape: Shape) -> Volume:
    low, high = sorted((rng.choice(HEIGHTS), rng.choice(HEIGHTS)))
    lower = Limit(low, rng.choice(_DATUMS)) if rng.random() < 0.5 else None
    upper = Limit(high, rng.choice(_DATUMS)) if rng.random() < 0.5 else None
    if upper is not None and (is_ground(upper) or below_at_sea_level(lower, upper)):
        upper = None
    if lower is not None and upper is not None and never_above(lower, upper):
        upper = None
    return Volume(shape, lower, upper)


def _grouped(rng: Random, shapes: list[Shape]) -> Iterator[list[Shape]]:
    """Shapes in the order in which they come, one to three for each zone."""
    rest = list(shapes)
    while rest:
        count = rng.choice([1, 1, 1, 2, 3])
        yield rest[:count]
        del rest[:count]


def _ends(rng: Random, centre: Point, shapes: list[Shape], margin_m: float) -> tuple[float, ...]:
    """Both ends of a leg: anywhere, from or to a vertex, along an edge, or just touching a margin."""
    kind = rng.random()
    if kind < 0.3:
        found = _grazing(rng, rng.choice(shapes), margin_m)
        return found if GEOD.inv(*centre, found[0], found[1])[2] < 9_000.0 else (*centre, *centre)
    ring = next(
        (one.outer for one in rng.sample(shapes, len(shapes)) if isinstance(one, PolygonShape)), (centre,) * 2
    )
    here = rng.randrange(len(ring) - 1)
    start = ring[here] if rng.random() < 0.2 else _somewhere(rng, centre, 6_000.0)
    if kind < 0.4:
        end = start
    elif kind < 0.55:  # to a vertex, often along the edge
        end = ring[here + 1] if rng.random() < 0.5 else rng.choice(ring)
    else:
        end = _at(
            start, rng.uniform(0, 360), rng.choice([rng.uniform(0, 5_000), rng.uniform(0, 50), 9_000.0])
        )
    return (*start, *(end if GEOD.inv(*start, *end)[2] < 12_000.0 else start))


BESIDE_M = (-1.0, -0.1, -0.01, 0.0, 0.01, 0.1, 0.15, 1.0)
"""How far beyond the margin a grazing leg passes."""


def _grazing(rng: Random, shape: Shape, margin_m: float) -> tuple[float, ...]:
    """A leg that passes a circle, a vertex or an edge at the margin, give or take a hand's breadth."""
    beside = margin_m + rng.choice(BESIDE_M)
    if isinstance(shape, CircleShape):
        bearing = rng.uniform(0, 360)
        foot = _at((shape.lon, shape.lat), bearing, shape.radius_m + beside + rng.choice([0.0, 0.6]))
    else:
        number = rng.randrange(len(shape.outer) - 1)
        (lon, lat), (to_lon, to_lat) = shape.outer[number : number + 2]
        share = rng.choice([0.0, 0.5])
        over = (to_lon - lon + 180.0) % 360.0 - 180.0
        on_edge = ((lon + over * share + 180.0) % 360.0 - 180.0, lat + (to_lat - lat) * share)
        bearing = GEOD.inv(*on_edge, to_lon, to_lat)[0] - 90.0 if share else rng.uniform(0, 360)
        foot = _at(on_edge, bearing, beside)
    reach = rng.choice([0.0, 5.0, 300.0])
    return (*_at(foot, bearing + 90.0, reach), *_at(foot, bearing - 90.0, rng.choice([reach, 2_000.0])))


def _flown(rng: Random, day: datetime) -> tuple[float, ...]:
    """Heights and times at both ends, often exactly at a limit."""
    alt = rng.choice(HEIGHTS) if rng.random() < 0.4 else rng.uniform(-20.0, 600.0)
    to_alt = (
        alt if rng.random() < 0.5 else rng.choice(HEIGHTS) if rng.random() < 0.5 else rng.uniform(0.0, 600.0)
    )
    at = day.timestamp() + 3600.0 * (rng.choice(HOURS) if rng.random() < 0.4 else rng.uniform(-24.0, 48.0))
    return alt, to_alt, at, at + rng.choice([0.0, 60.0, 600.0, 7200.0])
