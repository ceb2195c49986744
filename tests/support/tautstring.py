"""How long the shortest way around zones is, worked out the slow way: every corner, every line, shapely and a plane of
its own. Shares no code with `geofences`.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely
from pyproj import Geod, Transformer

EARTH = Geod(ellps="WGS84")
SHRUNK_M = 0.01
"""Lines may touch: obstacles are this much smaller when lines are tried."""

FAR_DEG = 0.005
"""A ring that is farther off, some 400 m, is near to nothing."""

Spot = tuple[float, float]


@dataclass
class Widened:
    """Rings, widened by a margin and joined, on a plane around a place."""

    rings: Sequence[Sequence[Spot]]
    margin_m: float
    around: Spot
    shape: shapely.Geometry = field(init=False)

    def __post_init__(self) -> None:
        lon, lat = self.around
        self._flat = Transformer.from_pipeline(f"+proj=aeqd +lon_0={lon} +lat_0={lat} +ellps=WGS84")
        # Rounds are drawn with chords, inside: what is widened this way is never larger than it should be.
        zones = [shapely.Polygon(self.flat(ring)).buffer(self.margin_m, quad_segs=4) for ring in self.rings]
        self.shape = shapely.union_all(zones)

    def flat(self, lonlat: Sequence[Spot]) -> np.ndarray:
        """Metres on the plane."""
        return np.column_stack(self._flat.transform(*np.array(lonlat).T))

    def shortest_m(self, start: Spot, goal: Spot, at_most_m: float) -> float:
        """The length of the shortest way, infinite where there is none of at most so many metres."""
        ends = self.flat([start, goal])
        parts = shapely.get_parts(self.shape.buffer(-SHRUNK_M, quad_segs=4))
        tree = shapely.STRtree(parts)
        nodes = np.vstack((ends, self._corners(ends, at_most_m)))
        best = np.full(len(nodes), np.inf)
        best[0] = 0.0
        to_goal = np.hypot(*(nodes - ends[1]).T)
        queue, done = [(to_goal[0], 0)], set[int]()
        while queue:
            _, node = heapq.heappop(queue)
            if node == 1:
                return float(best[1])
            if node in done:
                continue
            done.add(node)
            length = best[node] + np.hypot(*(nodes - nodes[node]).T)
            wanted = np.flatnonzero((length < best) & (length + to_goal <= at_most_m + 1.0))
            lines = shapely.linestrings(
                np.stack((np.broadcast_to(nodes[node], (len(wanted), 2)), nodes[wanted]), axis=1)
            )
            free = np.ones(len(wanted), dtype=bool)
            free[tree.query(lines, predicate="intersects")[0]] = False
            for other in wanted[free].tolist():
                best[other] = length[other]
                heapq.heappush(queue, (length[other] + to_goal[other], other))
        return math.inf

    def _corners(self, ends: np.ndarray, at_most_m: float) -> np.ndarray:
        """Corners that stick out, as far as a way of this length could get to them."""
        found = [np.empty((0, 2))]
        for part in shapely.get_parts(self.shape):
            for number, ring in enumerate((part.exterior, *part.interiors)):
                points = np.array(ring.coords)[:-1]
                if ring.is_ccw != (number == 0):
                    points = points[::-1]
                came, goes = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
                found.append(points[came[:, 0] * goes[:, 1] - came[:, 1] * goes[:, 0] > 0.0])
        corners = np.vstack(found)
        detour = np.hypot(*(corners - ends[0]).T) + np.hypot(*(corners - ends[1]).T)
        near: np.ndarray = corners[detour <= at_most_m + 1.0]
        return near


def length_m(path: Sequence[Spot]) -> float:
    """Along geodesics."""
    lon, lat = np.array(path).T
    return float(EARTH.line_length(lon, lat))


def nearest_m(path: Sequence[Spot], rings: Sequence[Sequence[Spot]], step_m: float) -> float:
    """How near samples along the path's geodesics come to any ring: metres, 0 inside, infinite where none is near.

    Each sample is the middle of a plane of its own, on which a ring's edges are straight in longitude and latitude.
    """
    nearest = math.inf
    arrays = [np.array(ring) for ring in rings]
    bounds = np.array([(*ring.min(axis=0), *ring.max(axis=0)) for ring in arrays]).reshape(-1, 4)
    for (lon, lat), (to_lon, to_lat) in pairwise(path):
        count = max(1, math.ceil(EARTH.inv(lon, lat, to_lon, to_lat)[2] / step_m))
        between = EARTH.npts(lon, lat, to_lon, to_lat, count - 1) if count > 1 else []
        for spot in [(lon, lat), *between, (to_lon, to_lat)]:
            far = np.maximum(bounds[:, :2] - spot, spot - bounds[:, 2:]).max(axis=1) > FAR_DEG
            nearest = min([nearest, *(_distance_m(spot, arrays[number]) for number in np.flatnonzero(~far))])
    return nearest


def _distance_m(spot: Spot, ring: np.ndarray) -> float:
    e2, phi = 0.00669437999014, math.radians(spot[1])
    w = math.sqrt(1.0 - e2 * math.sin(phi) ** 2)
    scale = np.radians([6378137.0 / w * math.cos(phi), 6378137.0 * (1.0 - e2) / w**3])
    xy = (ring - spot) * scale
    a, along = xy[:-1], np.diff(xy, axis=0)
    up = (a[:, 1] > 0.0) != (xy[1:, 1] > 0.0)
    crossings = np.count_nonzero(a[up, 0] - a[up, 1] * along[up, 0] / along[up, 1] > 0.0)
    if crossings % 2:
        return 0.0
    share = np.clip(-(a * along).sum(axis=1) / (along**2).sum(axis=1), 0.0, 1.0)
    return float(np.hypot(*(a + share[:, None] * along).T).min())
