"""Worlds of random zones around one place, for the figures of `geofences`; seeded, lengths in metres."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from geofences import PolygonShape, Restriction, Volume, Zone, ZoneSet
from geofences.geometry.geodesy import LocalPlane

HOME = (-8.61, 41.15)
VERTICES = 40
WIDE_M, HIGH_M = 9_000.0, 6_500.0
"""The rectangle in which zones lie."""

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class World:
    """Zones, and pairs of start and goal 6 km apart."""

    zones: ZoneSet
    rings: tuple[tuple[Spot, ...], ...]
    """The zones' rings in longitude and latitude, closed, for whoever checks by other means."""
    trips: tuple[tuple[Spot, Spot], ...]


def world(
    count: int, covered: float, margin_m: float, seed: int, trips: int, trip_m: float = 6_000.0
) -> World:
    """So many zones of 40 vertices that, widened by the margin, they would cover a share of the rectangle did they not
    overlap. Starts and goals are anywhere, inside zones too."""
    rng = random.Random(f"{seed} {count}")
    plane = LocalPlane(*HOME)
    reach_m = math.sqrt(covered * WIDE_M * HIGH_M / (math.pi * count))
    rings = [_ring(rng, max(10.0, reach_m * rng.uniform(0.5, 1.4) - margin_m)) for _ in range(count)]
    lonlat = [tuple((lon, lat) for lon, lat in plane.to_lonlat(ring).tolist()) for ring in rings]
    zones = ZoneSet(
        Zone(f"Z{number}", Restriction.PROHIBITED, (Volume(PolygonShape(ring)),))
        for number, ring in enumerate(lonlat)
    )
    ends = [_trip(rng, plane, trip_m) for _ in range(trips)]
    return World(zones, tuple(lonlat), tuple(ends))


def _ring(rng: random.Random, reach_m: float) -> list[Spot]:
    """A ring that sees its middle from each vertex: concave here and there."""
    middle = rng.uniform(-WIDE_M, WIDE_M) / 2.0, rng.uniform(-HIGH_M, HIGH_M) / 2.0
    points = [
        (middle[0] + reach * math.cos(angle), middle[1] + reach * math.sin(angle))
        for angle, reach in _spokes(rng, reach_m)
    ]
    return [*points, points[0]]


def _spokes(rng: random.Random, reach_m: float) -> Iterator[tuple[float, float]]:
    for number in range(VERTICES):
        yield math.tau * number / VERTICES, reach_m * rng.uniform(0.75, 1.0)


def _trip(rng: random.Random, plane: LocalPlane, trip_m: float) -> tuple[Spot, Spot]:
    half, aside = trip_m / 2.0, rng.uniform(-0.3, 0.3) * HIGH_M
    bearing = rng.uniform(-0.15, 0.15)
    dx, dy = half * math.cos(bearing), half * math.sin(bearing)
    (a, b), (c, d) = plane.to_lonlat([(-dx, aside - dy), (dx, aside + dy)]).tolist()
    return (a, b), (c, d)
