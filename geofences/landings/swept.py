"""What lies in the room that is swept by straight ways from a part of a path to one point: nothing, something that
stops each of them, or something between.

A region is judged by what it holds, not by samples: CLEAR is a proof for all the ways in it, and so is BLOCKED.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Point
from shapely.geometry.base import BaseGeometry

from geofences.checks.asked import is_even
from geofences.checks.ground import protecting
from geofences.checks.heights import WIDER_M, depends_on_place, widened
from geofences.checks.rules import Rules
from geofences.geometry.extent import where_of
from geofences.geometry.geodesy import LocalPlane
from geofences.geometry.planar import TOLERANCE_M, Cell, LocalMap, widen
from geofences.model.altitude import ANYTHING, Box, Interval, Terrain, lower_amsl, upper_amsl
from geofences.model.spans import Span, intersection
from geofences.model.told import ground_in, step_in, undulation_in
from geofences.model.zone import Volume
from geofences.paths.obstacles import OUTSIDE, reach_of_walls_m
from geofences.zones.zoneset import Area, ZoneSet, ZoneVolume

XY = tuple[float, float]

MOST_TILES = 400
"""A region is never asked about in more parts than this."""

TOUCH_M = 1e-6


class Verdict(IntEnum):
    """Of all the ways in a region: all are clear, some may be, none is."""

    CLEAR = 0
    MIXED = 1
    BLOCKED = 2


@dataclass(frozen=True, slots=True)
class Region:
    """Where ways from a part of a path lead on the plane: between two heights, at distances from its `begin` that are
    flown at speeds between two, leaving between two times (Unix seconds). `sides` are the outermost ways.
    """

    shape: BaseGeometry
    begin: BaseGeometry
    sides: tuple[BaseGeometry, BaseGeometry]
    heights: Interval
    leave: Interval
    speeds: Interval
    passed: Interval | None = None
    """The heights that each way passes all of, where it leads up or down; without, each is flown at one height."""

    def window(self, part: BaseGeometry) -> Span:
        """When a part of it may be flown through."""
        away = shapely.distance(self.begin, shapely.points(shapely.get_coordinates(part)))
        nearest = float(shapely.distance(self.begin, part))
        farthest = float(away.max()) + float(shapely.length(self.begin))  # a way may begin at its other end
        low = self.leave.low + nearest / self.speeds.high
        return low, self.leave.high + farthest / self.speeds.low


def triangle(a: XY, b: XY, to: XY, heights: Interval, leave: Interval, speeds: Interval) -> Region:
    """The straight ways from all points between two to a third."""
    sides = LineString((a, to)), LineString((b, to))
    return Region(MultiPoint((a, b, to)).convex_hull, LineString((a, b)), sides, heights, leave, speeds)


def leg(a: XY, b: XY, heights: Interval, leave: Interval, speeds: Interval) -> Region:
    """One straight way."""
    line = LineString((a, b))
    return Region(line, Point(a), (line, line), heights, leave, speeds)


def upright(at: XY, low_m: float, tops: Interval, times: Interval) -> Region:
    """Straight down at one place, from a height between two."""
    spot, still = Point(at), Interval(1.0, 1.0)  # nothing is flown sideways
    heights, passed = Interval(low_m, tops.high), Interval(low_m, tops.low)
    return Region(spot, spot, (spot, spot), heights, times, still, passed)


class Air:
    """The zones around one cell, and what their rules say."""

    def __init__(
        self, zone_set: ZoneSet, cell: Cell, terrain: Terrain, rules: Rules, *, at_any_height: bool = False
    ) -> None:
        self.plane: LocalPlane = cell.plane
        self._zones, self._cell, self._terrain, self._rules = zone_set, cell, terrain, rules
        self._map: LocalMap = zone_set.plain_map(cell, reach_of_walls_m(rules.margin_m))
        self._blocking = zone_set.blocking(rules.held)
        self._widened: dict[int, BaseGeometry] = {}
        self._is_bounded = rules.is_bounded(zone_set)
        known = {zone.zone_id for zone in zone_set.operating_areas}
        self._at_any_height, self._below = at_any_height, None
        if rules.ground is not None:
            below, within = (
                protecting(zone_set, rules.ground.protects, terrain),
                rules.on_the_ground(rules.ground.reach_m),
            )
            self._below = Air(below, cell, terrain, within, at_any_height=True)
        self._misses_area = bool((rules.areas or frozenset()) - known)

    def judge(self, region: Region, met: set[str]) -> Verdict:
        """What is known of all the ways of a region; zones that are in the way are added to `met`."""
        worst = Verdict.CLEAR
        for number in self._near(region.shape):
            owner = self._zones.volumes[int(self._map.owners[number])]
            found = self._meets(owner, self._wide(number), region)
            if found is not Verdict.CLEAR:
                met.add(owner.zone.zone_id)
                worst = max(worst, found)
                if worst is Verdict.BLOCKED:
                    return worst
        if self._is_bounded:
            worst = max(worst, self._leaves(region, met))
        return worst if self._below is None else max(worst, self._below.judge(region, met))

    def _near(self, shape: BaseGeometry) -> list[int]:
        reach = self._rules.margin_m + TOLERANCE_M
        found = self._map.tree.query(shape, predicate="dwithin", distance=reach)
        return [number for number in found.tolist() if self._blocking[self._map.owners[number]]]

    def _wide(self, number: int) -> BaseGeometry:
        found = self._widened.get(number)
        if found is None:
            found = self._widened[number] = widen(self._map.polygons[number], self._rules.margin_m)
        return found

    def _meets(self, owner: ZoneVolume, wide: BaseGeometry, region: Region) -> Verdict:
        inside = shapely.intersection(wide, region.shape)
        worst = Verdict.CLEAR
        for part in shapely.get_parts(inside):
            possible, sure = self._heights(owner.volume, part, region)
            if possible:
                worst = max(worst, self._in_time(owner, part, region, sure=sure))
        return worst

    def _in_time(self, owner: ZoneVolume, part: BaseGeometry, region: Region, *, sure: bool) -> Verdict:
        if not owner.zone.applicability.is_permanent:
            window = region.window(part)
            active = owner.zone.applicability.active(*window, where_of(owner.zone, owner.volume))
            common = intersection(active.possible, (window,))
            if not common:
                return Verdict.CLEAR
            sure = sure and common == (window,)
        if sure and all(shapely.distance(part, side) <= TOUCH_M for side in region.sides):
            return Verdict.BLOCKED
        return Verdict.MIXED

    def _heights(self, volume: Volume, part: BaseGeometry, region: Region) -> tuple[bool, bool]:
        """Whether the volume may be met at some of a region's heights, and whether it is at each of them."""
        if self._at_any_height:
            return True, True
        spare, (low, high) = self._rules.vertical_margin_m, region.heights
        local = depends_on_place(volume.lower, is_lower=True) or depends_on_place(volume.upper)
        tiles = list(self._tiles(part)) if local else [(part, None)]
        even = not local or is_even(self._terrain)
        possible, sure = False, True
        for _, box in tiles:
            lower, upper = self._limits(volume, box)
            possible = possible or (lower.low - spare <= high and upper.high + spare >= low)
            floor, ceiling = (lower.low, upper.high) if even else (lower.high, upper.low)
            if region.passed is not None:
                sure = sure and floor - spare <= region.passed.high and ceiling + spare >= region.passed.low
            else:
                sure = sure and floor - spare <= low and ceiling + spare >= high
        return possible, sure

    def _limits(self, volume: Volume, box: Box | None) -> tuple[Interval, Interval]:
        if box is None:
            level = ANYTHING, ANYTHING
        else:
            level = ground_in(self._terrain, box), undulation_in(self._terrain, box)
        return lower_amsl(volume.lower, *level), upper_amsl(volume.upper, *level)

    def _leaves(self, region: Region, met: set[str]) -> Verdict:
        """Whether ways are outside the operating areas, or may be."""
        inside = self._zones.area_maps(self._cell, self._rules.margin_m, self._rules.areas)
        if not self._misses_area:
            if all(self._covered(inside, shape, box, region) for shape, box in self._tiles(region.shape)):
                return Verdict.CLEAR
            ends = [Point(shapely.get_coordinates(side)[-1]) for side in region.sides]
            if any(shapely.intersects(area, end) for _, area in inside for end in ends):
                met.add(OUTSIDE)
                return Verdict.MIXED
        met.add(OUTSIDE)
        return Verdict.BLOCKED

    def _covered(
        self, inside: Sequence[tuple[Area, BaseGeometry]], shape: BaseGeometry, box: Box, region: Region
    ) -> bool:
        """Whether areas that surely hold at all the heights and times of a region cover a part of it."""
        spare, window = self._rules.vertical_margin_m, region.window(region.shape)
        holding = []
        for (zone, volume, where), area in inside:
            lower, upper = self._limits(volume, box)
            if lower.high + spare <= region.heights.low and region.heights.high <= upper.low - spare:
                active = zone.applicability.active(*window, where).certain
                if intersection(active, (window,)) == (window,):
                    holding.append(area)
        return bool(holding) and bool(shapely.covers(shapely.union_all(holding), shape))

    def _tiles(self, shape: BaseGeometry) -> Iterator[tuple[BaseGeometry, Box]]:
        """A shape in parts as fine as the terrain, each with the box around all from where it may be flown."""
        west, south, east, north = shapely.bounds(shape).tolist()
        step = max(step_in(self._terrain), max(east - west, north - south) / math.sqrt(MOST_TILES))
        if math.isinf(step):
            yield shape, self._box(west, south, east, north)
            return
        for x in np.arange(west, east + TOUCH_M, step).tolist():
            for y in np.arange(south, north + TOUCH_M, step).tolist():
                part = shapely.intersection(shape, shapely.box(x, y, x + step, y + step))
                if not part.is_empty:
                    yield part, self._box(*shapely.bounds(part).tolist())

    def _box(self, west: float, south: float, east: float, north: float) -> Box:
        across, up = (west + east) / 2.0, (south + north) / 2.0
        spots = [(west, south), (across, south), (east, south), (east, up), (east, north)]
        lonlat = self.plane.to_lonlat([*spots, (across, north), (west, north), (west, up)])
        lonlat[:, 0] = self.plane.lon + (lonlat[:, 0] - self.plane.lon + 180.0) % 360.0 - 180.0
        # A side of some kilometres is bent by less than a metre for each 4 km of it, squared.
        bent = (max(east - west, north - south) / 4_000.0) ** 2
        rows = np.array([[*lonlat.min(axis=0), *lonlat.max(axis=0)]])
        return Box(*widened(rows, self._rules.margin_m * 1.01 + WIDER_M + bent * 4.0)[0].tolist())
