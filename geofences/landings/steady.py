"""The zones around a cell that are the same everywhere and always: permanent, between heights that hang on no place.

Most zones are; of many of them at once it is soon said whether all ways of a region meet one, or some may.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geofences.checks.asked import ground_everywhere, is_even
from geofences.checks.heights import depends_on_place
from geofences.checks.rules import Rules
from geofences.geometry.geodesy import Floats
from geofences.geometry.planar import Geometries, LocalMap, widen
from geofences.landings.regions import TOUCH_M, XY, Indices, Region, Verdict
from geofences.model.altitude import ANYTHING, Interval, Terrain, lower_amsl, upper_amsl
from geofences.model.zone import Volume
from geofences.zones.zoneset import ZoneSet

Bools = npt.NDArray[np.bool_]


class Around:
    """The zones of a map with their margin, drawn when they are first needed; and which of them are steady."""

    def __init__(
        self, zone_set: ZoneSet, drawn: LocalMap, terrain: Terrain, rules: Rules, *, at_any_height: bool
    ) -> None:
        self._map, self._margin_m = drawn, rules.margin_m
        self._boxes = shapely.bounds(drawn.polygons).reshape(-1, 4)
        (west, south, east, north) = self._boxes.T
        self._x, self._y = (west + east) / 2.0, (south + north) / 2.0
        self._round = np.hypot(east - west, north - south) / 2.0
        self._wide = np.empty(len(drawn.polygons), dtype=object)
        self._is_drawn = np.zeros(len(drawn.polygons), dtype=np.bool_)
        even, level = is_even(terrain), ground_everywhere(terrain)
        key = ("steady", at_any_height, even, level)
        steady, low, high = zone_set.kept(key, lambda: _steady(zone_set, level, even=even or at_any_height))
        spare = math.inf if at_any_height else rules.vertical_margin_m
        self.is_steady: Bools = steady[drawn.owners]
        self._low, self._high = low[drawn.owners] - spare, high[drawn.owners] + spare

    def near(self, ends: tuple[XY, XY], to: XY, reach_m: float) -> Indices:
        """Those that may lie within reach of the straight ways from a part to a point: none that does is missing.

        By circles around their boxes, and around the middle one of the ways, from which none is farther than half the
        part.
        """
        (x, y), (other_x, other_y) = ends
        from_x, from_y = (x + other_x) / 2.0, (y + other_y) / 2.0
        east, north = to[0] - from_x, to[1] - from_y
        px, py = self._x - from_x, self._y - from_y
        share = np.clip((px * east + py * north) / max(east * east + north * north, 1e-12), 0.0, 1.0)
        away = np.hypot(px - east * share, py - north * share)
        found: Indices = np.flatnonzero(away <= self._round + (reach_m + math.dist(*ends) / 2.0))
        return found

    def bounds(self, numbers: Indices) -> Floats:
        """Between which heights some steady ones are met, with the margin."""
        return np.column_stack((self._low[numbers], self._high[numbers]))

    def beside(self, region: Region, among: Indices, reach_m: float) -> Indices:
        """Those of some whose boxes a region comes near to."""
        (west, south, east, north), boxes = region.bounds, self._boxes[among]
        found: Indices = among[
            (boxes[:, 0] <= east + reach_m)
            & (boxes[:, 2] >= west - reach_m)
            & (boxes[:, 1] <= north + reach_m)
            & (boxes[:, 3] >= south - reach_m)
        ]
        return found

    def wide(self, numbers: Indices) -> Geometries:
        """Some of them with their margin."""
        for number in numbers[~self._is_drawn[numbers]].tolist():
            self._wide[number] = widen(self._map.polygons[number], self._margin_m)
            shapely.prepare(self._wide[number])  # nobody else has it
            self._is_drawn[number] = True
        found: Geometries = self._wide[numbers]
        return found

    def judge(self, region: Region, numbers: Indices) -> tuple[Verdict, Indices]:
        """What is known of all the ways of a region as far as some steady zones go, and which are in the way."""
        low, high = self._low[numbers], self._high[numbers]
        met = (low <= region.heights.high) & (high >= region.heights.low)
        numbers, low, high = numbers[met], low[met], high[met]
        if not len(numbers):
            return Verdict.CLEAR, numbers
        wide, (first, other) = self.wide(numbers), region.sides
        least, most = region.heights if region.passed is None else (region.passed.high, region.passed.low)
        of_all = (low <= least) & (high >= most) & shapely.intersects(wide, first)
        if other is not first:
            of_all &= shapely.intersects(wide, other)
        for row in np.flatnonzero(of_all).tolist():
            if other is first or _leads_across(wide[row], region.shape, first, other):
                return Verdict.BLOCKED, numbers[row : row + 1]
        numbers = numbers[shapely.intersects(wide, region.shape)]
        return Verdict.MIXED if len(numbers) else Verdict.CLEAR, numbers


def _steady(zone_set: ZoneSet, ground: Interval, *, even: bool) -> tuple[Bools, Floats, Floats]:
    """Which of a set's volumes are steady, and between which heights they may be met."""
    volumes, level = zone_set.volumes, (ground, ANYTHING)
    steady = [
        one.zone.applicability.is_permanent and (even or not depends_on_ground(one.volume)) for one in volumes
    ]
    low = [lower_amsl(one.volume.lower, *level).low for one in volumes]
    high = [upper_amsl(one.volume.upper, *level).high for one in volumes]
    return np.array(steady, dtype=np.bool_), np.array(low), np.array(high)


def _leads_across(wide: BaseGeometry, shape: BaseGeometry, side: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether one part of what lies in a shape leads from one of its sides to the other: no way passes it."""
    parts = shapely.get_parts(shapely.intersection(wide, shape))
    return bool(np.any(shapely.dwithin(parts, side, TOUCH_M) & shapely.dwithin(parts, other, TOUCH_M)))


def depends_on_ground(volume: Volume) -> bool:
    """Whether terrain or geoid say where a volume's limits are."""
    return depends_on_place(volume.lower, is_lower=True) or depends_on_place(volume.upper)
