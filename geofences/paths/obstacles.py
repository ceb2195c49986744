"""What is in the way of a flight at one height during some time: zones and the outside of operating areas, as rings."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geofences.checks.ground import everywhere, protecting
from geofences.checks.heights import widened
from geofences.checks.rules import GroundRisk, Rules
from geofences.geometry.extent import where_of
from geofences.geometry.geodesy import Floats, LocalPlane, bulge_m
from geofences.geometry.planar import REACH_M, TOLERANCE_M, Cell, to_plane
from geofences.model.altitude import Box, Interval, Terrain, lower_amsl, upper_amsl
from geofences.model.spans import intersection
from geofences.model.told import ground_in, step_in, undulation_in
from geofences.paths.bends import Outline, outline
from geofences.zones.walls import Bools, Indices, Rings, Walls, rings_of
from geofences.zones.zoneset import ZoneSet

OUTSIDE = "outside the operating areas"

MOST_DRAWN = 20_000
"""Outlines that are kept around one cell; one takes some kilobytes."""

SPARE_M = 500.0
"""Walls are cut off this much farther out than the margin needs, so that margins that are nearly alike share them."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One height, and the time during which it is flown at."""

    alt_amsl_m: float
    at: datetime
    until: datetime

    def times(self, margin_s: float) -> tuple[float, float]:
        """From when until when, in Unix seconds, and so much longer to both sides."""
        return self.at.timestamp() - margin_s, self.until.timestamp() + margin_s


@dataclass(frozen=True, slots=True, eq=False)
class Obstacles:
    """Edges with the reach within which nothing may come (n, 5), the obstacle of each, and each obstacle's rings, reach
    and name.
    """

    plane: LocalPlane
    edges: Floats
    owners: Indices
    boxes: Floats
    reaches: Floats
    names: tuple[str, ...]
    rings: tuple[tuple[Rings, int], ...]
    walls: Rings
    drawn: dict[tuple[int, float], Outline]
    """Outlines that were asked for before, perhaps for another path, by wall and distance: those of `walls` only."""

    def outline(self, obstacle: int, apart_m: float) -> Outline:
        """The corners of one obstacle that lie so much farther out than its reach."""
        rings, number = self.rings[obstacle]
        away_m = float(self.reaches[obstacle]) + apart_m
        if rings is not self.walls:
            return outline(rings.of(number), away_m)
        found = self.drawn.get((number, away_m))
        if found is None:
            if len(self.drawn) >= MOST_DRAWN:
                self.drawn.clear()
            found = self.drawn[number, away_m] = outline(rings.of(number), away_m)
        return found

    def named(self, numbers: Collection[int]) -> tuple[str, ...]:
        """The names of some obstacles."""
        return tuple(sorted({self.names[number] for number in numbers}))


def obstacles_of(zone_set: ZoneSet, cell: Cell, layer: Layer, terrain: Terrain, rules: Rules) -> Obstacles:
    """The zones around a cell that may be active at the layer's height and times; what may not be fallen on; the
    outside of operating areas.
    """
    beyond_m = reach_of_walls_m(rules.margin_m)
    walls = zone_set.walls(cell, beyond_m)
    heights = height_bounds(zone_set, walls, cell, beyond_m, terrain, rules.margin_m)
    parts = [_Part.of(zone_set, walls, _in_the_way(zone_set, walls, layer, heights, rules), rules.margin_m)]
    if rules.ground is not None:
        parts.append(_below(zone_set, cell, layer, terrain, rules, rules.ground))
    if zone_set.operating_areas and rules.areas != frozenset():
        parts.append(_Part.around(rings_of([_outside(zone_set, cell, layer, terrain, rules)])))
    drawn = zone_set.kept(("outlines", cell, beyond_m), dict[tuple[int, float], Outline])
    return _joined(parts, walls, drawn)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Obstacles of one sort: edges (n, 4) with the obstacle of each; and of each obstacle the rest."""

    edges: Floats
    owners: Indices
    boxes: Floats
    reach_m: float
    names: list[str]
    rings: list[tuple[Rings, int]]

    @classmethod
    def of(cls, zone_set: ZoneSet, walls: Walls, in_the_way: Bools, margin_m: float) -> _Part:
        """Those walls that are in the way, with their margin."""
        chosen = np.flatnonzero(in_the_way)
        renumbered = np.full(len(walls.volumes), -1, dtype=np.intp)
        renumbered[chosen] = np.arange(len(chosen))
        kept = renumbered[walls.owners] >= 0
        names = [zone_set.volumes[number].zone.zone_id for number in walls.volumes[chosen].tolist()]
        rings = [(walls.rings, number) for number in chosen.tolist()]
        owners, reach_m = renumbered[walls.owners[kept]], margin_m + TOLERANCE_M
        return cls(walls.edges[kept], owners, walls.boxes[chosen], reach_m, names, rings)

    @classmethod
    def around(cls, beyond: Rings) -> _Part:
        """The outside of the operating areas, which has its margin already."""
        edges, _ = beyond.edges()
        owners = np.zeros(len(edges), dtype=np.intp)
        return cls(edges, owners, beyond.boxes(1), 0.0, [OUTSIDE], [(beyond, 0)])


def _below(
    zone_set: ZoneSet, cell: Cell, layer: Layer, terrain: Terrain, rules: Rules, ground: GroundRisk
) -> _Part:
    """What may not be fallen on, whatever the height."""
    below = everywhere(protecting(zone_set, ground.protects, terrain))
    within = rules.on_the_ground(ground.reach_m)
    walls = below.walls(cell, reach_of_walls_m(ground.reach_m))
    all_heights = np.full(len(walls.volumes), -math.inf), np.full(len(walls.volumes), math.inf)
    return _Part.of(below, walls, _in_the_way(below, walls, layer, all_heights, within), ground.reach_m)


def _joined(parts: Sequence[_Part], walls: Walls, drawn: dict[tuple[int, float], Outline]) -> Obstacles:
    """All parts as one, the obstacles of each counted on from those before."""
    first = np.cumsum([0, *(len(one.names) for one in parts)])
    owners = np.concatenate([one.owners + begin for one, begin in zip(parts, first.tolist(), strict=False)])
    reaches = np.concatenate([np.full(len(one.names), one.reach_m) for one in parts])
    edges = np.concatenate([one.edges for one in parts])
    return Obstacles(
        walls.plane,
        np.column_stack((edges, reaches[owners])),
        owners,
        np.concatenate([one.boxes for one in parts]),
        reaches,
        tuple(name for one in parts for name in one.names),
        tuple(ring for one in parts for ring in one.rings),
        walls.rings,
        drawn,
    )


def reach_of_walls_m(margin_m: float) -> float:
    """How far beyond a cell zones are looked at, with margins of this width."""
    return REACH_M + SPARE_M * math.ceil((margin_m * 1.01 + 10.0) / SPARE_M)


def limits_near(
    zone_set: ZoneSet, cell: Cell, terrain: Terrain, rules: Rules
) -> tuple[list[float], list[float]]:
    """Heights AMSL at or below which something near a cell ends to be in the way, and at or above which."""
    beyond_m = reach_of_walls_m(rules.margin_m)
    walls = zone_set.walls(cell, beyond_m)
    lowest, highest = height_bounds(zone_set, walls, cell, beyond_m, terrain, rules.margin_m)
    level = _level(terrain, cell.window(REACH_M))
    volumes = [one for zone in zone_set.operating_areas for one in zone.volumes]
    below = [*lowest.tolist(), *(upper_amsl(one.upper, *level).low for one in volumes)]
    above = [*highest.tolist(), *(lower_amsl(one.lower, *level).high for one in volumes)]
    return [one - rules.vertical_margin_m for one in below], [one + rules.vertical_margin_m for one in above]


def _in_the_way(
    zone_set: ZoneSet, walls: Walls, layer: Layer, heights: tuple[Floats, Floats], rules: Rules
) -> Bools:
    """Which walls may be met: a zone that may be there (an unknown height or time) counts."""
    lowest, highest = heights
    times = layer.times(rules.time_margin_s)
    chosen = np.asarray(
        (lowest - rules.vertical_margin_m <= layer.alt_amsl_m)
        & (layer.alt_amsl_m <= highest + rules.vertical_margin_m)
        & (zone_set.blocking(rules.held)[walls.volumes] != 0)
    )
    for number in np.flatnonzero(chosen).tolist():
        zone, volume = zone_set.volumes[walls.volumes[number]]
        if not zone.applicability.is_permanent:
            active = zone.applicability.active(*times, where_of(zone, volume))
            chosen[number] = bool(intersection(active.possible, (times,)))
    return chosen


def height_bounds(
    zone_set: ZoneSet, walls: Walls, cell: Cell, beyond_m: float, terrain: Terrain, margin_m: float
) -> tuple[Floats, Floats]:
    """The lowest and the highest, AMSL, that the volume of each wall may reach within the margin beside it."""
    if math.isinf(step_in(terrain)):  # the ground is the same everywhere, as far as anybody knows
        window = cell.window(REACH_M)
        level = _level(terrain, window)
        every = [level] * len(walls.volumes)
        return zone_set.kept(("heights", cell, beyond_m, *level), lambda: _bounds(zone_set, walls, every))
    return _bounds(zone_set, walls, [_level(terrain, box) for box in _boxes(walls, margin_m)])


def _boxes(walls: Walls, margin_m: float) -> list[Box]:
    """Rectangles of longitudes and latitudes that hold everything within the margin of each wall."""
    west, south, east, north = (walls.boxes + np.array([-1.0, -1.0, 1.0, 1.0]) * (margin_m * 1.01 + 10.0)).T
    # Meridians and parallels are bent on the plane: corners and middles of the sides, and by how much between them.
    across, up = (west + east) / 2.0, (south + north) / 2.0
    around = [(west, south), (across, south), (east, south), (east, up), (east, north), (across, north)]
    spots = np.array([*around, (west, north), (west, up)]).transpose(2, 0, 1)
    lonlat = walls.plane.to_lonlat(spots.reshape(-1, 2)).reshape(-1, 8, 2)
    lonlat[:, :, 0] = walls.plane.lon + (lonlat[:, :, 0] - walls.plane.lon + 180.0) % 360.0 - 180.0
    bent = bulge_m(np.maximum(east - west, north - south) / 2.0, np.abs(lonlat[:, :, 1]).max(axis=1))
    boxes = widened(np.hstack((lonlat.min(axis=1), lonlat.max(axis=1))), bent)
    return [Box(*box) for box in boxes.tolist()]


def _level(terrain: Terrain, box: Box) -> tuple[Interval, Interval]:
    return ground_in(terrain, box), undulation_in(terrain, box)


def _bounds(
    zone_set: ZoneSet, walls: Walls, levels: Sequence[tuple[Interval, Interval]]
) -> tuple[Floats, Floats]:
    volumes = [zone_set.volumes[number].volume for number in walls.volumes.tolist()]
    lowest = [lower_amsl(one.lower, *level).low for one, level in zip(volumes, levels, strict=True)]
    highest = [upper_amsl(one.upper, *level).high for one, level in zip(volumes, levels, strict=True)]
    return np.array(lowest, dtype=np.float64), np.array(highest, dtype=np.float64)


def _outside(zone_set: ZoneSet, cell: Cell, layer: Layer, terrain: Terrain, rules: Rules) -> BaseGeometry:
    """Everything but the operating areas, less the margin, that surely hold at the layer's height and all its times."""
    level, times = _level(terrain, cell.window(REACH_M)), layer.times(rules.time_margin_s)
    inside = [
        area
        for (zone, volume, where), area in zone_set.area_maps(cell, rules.margin_m, rules.areas)
        if lower_amsl(volume.lower, *level).high + rules.vertical_margin_m
        <= layer.alt_amsl_m
        <= upper_amsl(volume.upper, *level).low - rules.vertical_margin_m
        and (times,) == intersection(zone.applicability.active(*times, where).certain, (times,))
    ]
    everything = to_plane(shapely.box(*cell.window(REACH_M + 1_000.0)), cell.window(2 * REACH_M), cell.plane)
    return shapely.difference(everything, shapely.union_all(inside))
