"""What lies in the room that is swept by straight ways from a part of a path to one point: nothing, something that
stops each of them, or something between.

A region is judged by what it holds, not by samples: CLEAR is a proof for all the ways in it, and so is BLOCKED.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geofences.checks.asked import is_even
from geofences.checks.ground import everywhere, protecting
from geofences.checks.heights import WIDER_M, widened
from geofences.checks.rules import Rules
from geofences.geometry.extent import where_of
from geofences.geometry.geodesy import LocalPlane, bulge_m
from geofences.geometry.planar import TOLERANCE_M, Cell, LocalMap
from geofences.landings.regions import NOTHING, TOUCH_M, XY, Indices, Region, Verdict, fan, spot
from geofences.landings.shadows import NO_SHADOWS, Shadows, has_width, thrown
from geofences.landings.steady import Around, depends_on_ground
from geofences.model.altitude import ANYTHING, Box, Interval, Terrain, lower_amsl, upper_amsl
from geofences.model.spans import intersection
from geofences.model.told import ground_in, step_in, undulation_in
from geofences.model.zone import Volume
from geofences.paths.obstacles import OUTSIDE, reach_of_walls_m
from geofences.zones.zoneset import Area, ZoneSet, ZoneVolume

MOST_TILES = 400
"""A region is never asked about in more parts than this."""


class Near(NamedTuple):
    """What lies within reach of a shape: which zones, and which of those that nothing may fall on; numbers of `Air`."""

    own: Indices
    below: Indices


class Cast(NamedTuple):
    """What stands in the ways from a part, as shadows on it; and near the fan of ways to the first point, and near each
    leg after it, what has to be looked at by regions.
    """

    met: Shadows
    rest: tuple[Near, ...]


class Air:
    """The zones around one cell, and what their rules say."""

    def __init__(
        self, zone_set: ZoneSet, cell: Cell, terrain: Terrain, rules: Rules, *, at_any_height: bool = False
    ) -> None:
        self.plane: LocalPlane = cell.plane
        self._zones, self._cell, self._terrain, self._rules = zone_set, cell, terrain, rules
        self._map: LocalMap = zone_set.plain_map(cell, reach_of_walls_m(rules.margin_m))
        self._blocking = zone_set.blocking(rules.held)
        self._around = Around(zone_set, self._map, terrain, rules, at_any_height=at_any_height)
        self._down: dict[XY, Cast] = {}
        self._is_bounded = rules.is_bounded(zone_set)
        known = {zone.zone_id for zone in zone_set.operating_areas}
        self._at_any_height, self._below = at_any_height, None
        if rules.ground is not None:
            below, within = (
                everywhere(protecting(zone_set, rules.ground.protects, terrain)),
                rules.on_the_ground(rules.ground.reach_m),
            )
            self._below = Air(below, cell, terrain, within, at_any_height=True)
        self._misses_area = bool((rules.areas or frozenset()) - known)

    def near(self, ends: tuple[XY, XY], to: XY) -> Near:
        """What may lie near the straight ways from a part to a point: regions within them need look at no more."""
        reach = self._rules.margin_m + TOLERANCE_M
        found = self._around.near(ends, to, reach)
        own = found[self._blocking[self._map.owners[found]] != 0]
        return Near(own, NOTHING if self._below is None else self._below.near(ends, to).own)

    def down(self, at: XY) -> Cast:
        """What stands in the way down at a place; worked out once for each."""
        found = self._down.get(at)
        if found is None:
            found = self._down[at] = self.cast((at, at), (at,))
        return found

    def cast(self, ends: tuple[XY, XY], points: Sequence[XY]) -> Cast:
        """What stands in the ways from a part straight to the first of some points, and along the others."""
        spots = [(ends, points[0]), *(((a, a), b) for a, b in pairwise(points))]
        near = [self.near(*each) for each in spots]
        met, rest = self._cast(spots, [one.own for one in near])
        below = [NOTHING] * len(near)
        if self._below is not None:
            more, below = self._below._cast(spots, [one.below for one in near])
            met = met.plus(more)
        return Cast(met, tuple(Near(*both) for both in zip(rest, below, strict=True)))

    def _cast(
        self, spots: Sequence[tuple[tuple[XY, XY], XY]], near: Sequence[Indices]
    ) -> tuple[Shadows, list[Indices]]:
        """Shadows, and what throws none that can be known beforehand."""
        found, rest = NO_SHADOWS, [one[~self._around.is_steady[one]] for one in near]
        for number, ((ends, to), some) in enumerate(zip(spots, near, strict=True)):
            met = self._crossed(ends, to, some)
            if not len(met):
                continue
            if ends[0] == ends[1]:
                found = found.plus(Shadows.everywhere(self._around.bounds(met), self._names(met)))
            elif has_width(ends, to):
                bounds, names = self._around.bounds(met), self._names(met)
                found = found.plus(thrown(ends, to, self._around.wide(met), bounds, names))
            else:
                rest[number] = some
        return found, rest

    def _crossed(self, ends: tuple[XY, XY], to: XY, near: Indices) -> Indices:
        """The steady ones that stand in straight ways."""
        steady = near[self._around.is_steady[near]]
        return (
            steady[shapely.intersects(self._around.wide(steady), fan(*ends, to))] if len(steady) else steady
        )

    def _names(self, numbers: Indices) -> list[str]:
        return [self._owner(number).zone.zone_id for number in numbers.tolist()]

    def is_free(self, near: Near) -> bool:
        """Whether nothing can be in the way, at any height and time, where no more than this is near."""
        return not (self._is_bounded or len(near.own) or len(near.below))

    def judge(self, region: Region, near: Near, met: set[str]) -> Verdict:
        """What is known of all the ways of a region, which has no more than `near` around it; zones that are in the way
        are added to `met`.
        """
        worst = self._meets_any(region, near.own, met) if len(near.own) else Verdict.CLEAR
        if worst is Verdict.BLOCKED:
            return worst
        if self._is_bounded:
            worst = max(worst, self._leaves(region, met))
        if self._below is None or not len(near.below):
            return worst
        return max(worst, self._below.judge(region, Near(near.below, NOTHING), met))

    def _meets_any(self, region: Region, among: Indices, met: set[str]) -> Verdict:
        close = self._around.beside(region, among, self._rules.margin_m + TOLERANCE_M)
        steady = self._around.is_steady[close]
        worst, found = self._around.judge(region, close[steady])
        met.update(self._owner(number).zone.zone_id for number in found.tolist())
        others = close[~steady] if worst is not Verdict.BLOCKED else NOTHING
        for number, wide in zip(others.tolist(), self._around.wide(others), strict=True):
            owner = self._owner(number)
            verdict = self._meets(owner, wide, region)
            if verdict is not Verdict.CLEAR:
                met.add(owner.zone.zone_id)
                worst = max(worst, verdict)
                if worst is Verdict.BLOCKED:
                    break
        return worst

    def _owner(self, number: int) -> ZoneVolume:
        return self._zones.volumes[int(self._map.owners[number])]

    def _meets(self, owner: ZoneVolume, wide: BaseGeometry, region: Region) -> Verdict:
        worst = Verdict.CLEAR
        if not shapely.intersects(wide, region.shape):
            return worst
        for part in shapely.get_parts(shapely.intersection(wide, region.shape)):
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
        local = depends_on_ground(volume)
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
            end = spot(region.to)
            if any(shapely.intersects(area, end) for _, area in inside):
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
        bent = float(bulge_m(max(east - west, north - south), np.abs(lonlat[:, 1]).max()))
        rows = np.array([[*lonlat.min(axis=0), *lonlat.max(axis=0)]])
        return Box(*widened(rows, self._rules.margin_m * 1.01 + WIDER_M + bent)[0].tolist())
