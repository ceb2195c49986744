"""How a way over ground rises and falls with the terrain that is loaded, and what a metre of rise is worth on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, isfinite
from typing import NamedTuple

from fleet.domain.fleet import SortieType
from fleet.energy.airframe import Airframe
from fleet.energy.ground import Drive, drive_energy_wh
from fleet.feasibility.overground import box_of
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.values import Place
from geofences import Terrain
from geofences.geometry.geodesy import distance_m

STEP_M = 50.0
"""Between two points of a way the ground is looked at every so many metres: a ramp is longer."""
SMOOTH_M = 1.0
"""Heights that lie no farther from a straight slope are on it: terrain models err by as much from point to point, and
each error would count as a climb."""


class Profile(NamedTuple):
    """The points of a way, those between them at which its slope changes, and how high the ground is at each, in metres
    above the sea."""

    points: tuple[Place, ...]
    ground_m: tuple[float, ...]


def profile_of(terrain: Terrain, points: Sequence[Place]) -> Profile | None:
    """The ground below a way; none where it is not known at some of its points, or is level."""
    found = [_ground_m(terrain, points[0])]
    kept = [points[0]]
    for a, b in pairwise(points):
        between = _between(a, b)
        heights = [found[-1], *(_ground_m(terrain, one) for one in between)]
        if not all(map(isfinite, heights)):
            return None
        numbers = sorted({*_bends(heights, 0, len(heights) - 1), len(heights) - 1})
        kept += [between[number - 1] for number in numbers]
        found += [heights[number] for number in numbers]
    if len(set(found)) == 1 or not all(map(isfinite, found)):
        return None
    return Profile(tuple(kept), tuple(found))


def climbs_m(ground_m: Sequence[float]) -> float:
    """The sum of all that it climbs."""
    return sum(max(0.0, b - a) for a, b in pairwise(ground_m))


def level_metres(asset_type: SortieType, payload_kg: float) -> float:
    """How many level metres take a robot with so much on board as much as a metre of rise; 0 for what flies."""
    vehicle = vehicle_of(asset_type)
    if isinstance(vehicle, Airframe):
        return 0.0
    level_wh = float(drive_energy_wh(vehicle, Drive(1000.0, payload_kg)))
    rising_wh = float(drive_energy_wh(vehicle, Drive(1000.0, payload_kg, uphill_m=100.0)))
    return (rising_wh - level_wh) / level_wh * 1000.0 / 100.0


def _ground_m(terrain: Terrain, place: Place) -> float:
    low, high = terrain.ground_within(box_of(place, place))
    return (low + high) / 2


def _between(a: Place, b: Place) -> list[Place]:
    """Points on the way to the next one, and that one."""
    if abs(b.lon - a.lon) > 180:
        return [b]
    steps = max(1, ceil(distance_m(a.lon, a.lat, b.lon, b.lat) / STEP_M))
    shares = (number / steps for number in range(1, steps))
    along = [Place(lon=a.lon + s * (b.lon - a.lon), lat=a.lat + s * (b.lat - a.lat)) for s in shares]
    return [*along, b]


def _bends(heights: Sequence[float], first: int, last: int) -> list[int]:
    """Where a row of heights leaves a straight slope by more than ``SMOOTH_M`` (Douglas and Peucker 1973)."""
    if last - first < 2:
        return []
    rise = (heights[last] - heights[first]) / (last - first)
    off = [abs(heights[n] - heights[first] - rise * (n - first)) for n in range(first + 1, last)]
    worst = max(off)
    if worst <= SMOOTH_M:
        return []
    middle = first + 1 + off.index(worst)
    return [*_bends(heights, first, middle), middle, *_bends(heights, middle, last)]
