"""Rings of points and arcs as polygons that contain what they draw.

An arc lies at a geodesic distance from its centre. Where the zone is on the centre's side, its corners are drawn
outside the arc; where the zone is on the other side, inside it. Either way the polygon is never smaller than the zone,
and reaches at most about 0.3 m beyond it (0.7 m at the largest radius).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from geofences.geometry.geodesy import EARTH
from geofences.geometry.shapes import circle_sides, edge_bend_m
from geofences.model.zone import PolygonShape, Position, Ring

SPARE_M = 0.05
"""Corners are moved this much more: edges are straight in longitude and latitude, not along the geodesic."""

MOST_VERTICES = 50_000


@dataclass(frozen=True, slots=True)
class Arc:
    """Around `centre` from `start` to `end`, leaving at `bearing` and turning by `sweep` degrees (above 0 clockwise).

    `nearest_m` and `farthest_m` are the distances of its ends: where they differ, the arc may lie anywhere between.
    """

    centre: Position
    start: Position
    end: Position
    bearing: float
    sweep: float
    nearest_m: float
    farthest_m: float

    @property
    def pieces(self) -> int:
        """In how many pieces it is drawn."""
        return max(1, math.ceil(abs(self.sweep) / 360.0 * circle_sides(self.farthest_m)))

    def drawn(self, *, zone_on_the_right: bool) -> list[Position]:
        """The ends and corners between them, for a zone to the right of whoever follows the arc, or to the left."""
        step = self.sweep / self.pieces
        spare_m = SPARE_M + edge_bend_m(self.centre[1], self.farthest_m, circle_sides(self.farthest_m))
        if zone_on_the_right == (self.sweep > 0.0):  # the zone is on the centre's side
            turns = (np.arange(self.pieces) + 0.5) * step
            reach = self.farthest_m / math.cos(math.radians(step / 2.0)) + spare_m
        else:
            turns = np.arange(1, self.pieces) * step
            reach = max(self.nearest_m - spare_m, 0.0)
        count = len(turns)
        lon, lat, _ = EARTH.fwd(
            np.full(count, self.centre[0]),
            np.full(count, self.centre[1]),
            self.bearing + turns,
            np.full(count, reach),
        )
        return [self.start, *zip(lon.tolist(), lat.tolist(), strict=True), self.end]


def arc_by_bearings(centre: Position, radius_m: float, start: float, end: float, *, clockwise: bool) -> Arc:
    """From one bearing to another; from 0 to 360 is all around. Raises `ValueError` for an arc of no length."""
    sweep = _sweep(start, end, clockwise=clockwise)
    if sweep == 0.0:
        if start == end:
            raise ValueError("the arc ends where it starts")
        sweep = 360.0 if clockwise else -360.0
    ends = [_ahead(centre, bearing, radius_m) for bearing in (start, end)]
    return Arc(centre, ends[0], ends[0] if abs(sweep) == 360.0 else ends[1], start, sweep, radius_m, radius_m)


def arc_by_ends(centre: Position, start: Position, end: Position, *, clockwise: bool) -> Arc:
    """From one position to another. Raises `ValueError` for an arc of no length or of no radius."""
    bearings, distances = zip(*(_from(centre, one) for one in (start, end)), strict=True)
    sweep = _sweep(*bearings, clockwise=clockwise)
    if start == end or sweep == 0.0:
        raise ValueError("the arc ends where it starts")
    if min(distances) == 0.0:
        raise ValueError("the arc starts or ends at its centre")
    return Arc(centre, start, end, bearings[0], sweep, min(distances), max(distances))


def _sweep(start: float, end: float, *, clockwise: bool) -> float:
    return (end - start) % 360.0 if clockwise else -((start - end) % 360.0)


def _ahead(centre: Position, bearing: float, distance_m: float) -> Position:
    lon, lat, _ = EARTH.fwd(*centre, bearing, distance_m)
    return float(lon), float(lat)


def _from(centre: Position, to: Position) -> tuple[float, float]:
    bearing, _, distance = EARTH.inv(*centre, *to)
    return float(bearing) % 360.0, float(distance)


def ring_of(parts: Sequence[Position | Arc]) -> Ring:
    """The closed ring that points and arcs make. Raises `ValueError` for more corners than a zone can need."""
    if sum(one.pieces if isinstance(one, Arc) else 1 for one in parts) > MOST_VERTICES:
        raise ValueError(f"more than {MOST_VERTICES} corners")
    clockwise = _area(_joined(parts, zone_on_the_right=True)) < 0.0
    return _joined(parts, zone_on_the_right=clockwise)


def _joined(parts: Sequence[Position | Arc], *, zone_on_the_right: bool) -> Ring:
    drawn = [
        point
        for one in parts
        for point in (one.drawn(zone_on_the_right=zone_on_the_right) if isinstance(one, Arc) else [one])
    ]
    ring = [point for point, _ in itertools.groupby(drawn)]
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    return tuple(ring)


def _area(ring: Ring) -> float:
    """Twice the area in square degrees, above 0 where the ring runs counter-clockwise."""
    lons = [0.0]
    for (before, _), (lon, _) in itertools.pairwise(ring):
        lons.append(lons[-1] + (lon - before + 180.0) % 360.0 - 180.0)
    flat = list(zip(lons, (lat - ring[0][1] for _, lat in ring), strict=True)) if ring else []
    return math.fsum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in itertools.pairwise(flat))


def filled(ring: Ring) -> list[PolygonShape]:
    """All that a ring that crosses itself encloses in any reading; nothing where it crosses the antimeridian."""
    if any(abs(lon - before) > 180.0 for (before, _), (lon, _) in itertools.pairwise(ring)):
        return []
    whole = shapely.get_parts(shapely.make_valid(Polygon(ring)))
    areas = [Polygon(one.exterior) for one in whole.tolist() if one.geom_type == "Polygon"]
    parts = shapely.get_parts(shapely.union_all(areas)) if areas else []
    return [PolygonShape(tuple((x, y) for x, y in Polygon(one.exterior).exterior.coords)) for one in parts]
