"""At which of the permitted heights a path is cheapest: its length, and what leaving the preferred height costs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import isfinite
from typing import Unpack

from geofences.checks.rules import AskedBeside, Rules, rules_of
from geofences.errors import PathError
from geofences.geometry.geodesy import distance_m
from geofences.geometry.track import Waypoint, judge_path
from geofences.model.altitude import Interval, Terrain
from geofences.model.zone import Position
from geofences.paths.around import ANY_TIME, middle_cell, path_around
from geofences.paths.obstacles import limits_near
from geofences.paths.search import NoPath, NoPathWhy
from geofences.zones.zoneset import ZoneSet

BESIDE_M = 0.1
"""A height is taken this much above or below a limit and its margin: touching is a conflict."""


@dataclass(frozen=True, slots=True)
class AtHeight:
    """A path, its height, and its cost in metres: its length, and the weighted difference from the preferred height."""

    alt_amsl_m: float
    path: tuple[Position, ...]
    cost_m: float


def path_at_best_height(
    zone_set: ZoneSet,
    start: Position,
    goal: Position,
    permitted: Interval,
    preferred_m: float,
    at: datetime,
    margin_m: float,
    terrain: Terrain,
    stop: Callable[[], bool],
    *,
    climb_weight: float = 5.0,
    until: datetime | None = None,
    turn_radius_m: float = 0.0,
    **asked: Unpack[AskedBeside],
) -> AtHeight | NoPath:
    """The cheapest path at one of the permitted heights (metres AMSL); a metre away from the preferred height, which
    must be one of them, costs as much as `climb_weight` metres of way.

    What is possible changes only at the limits of zones, so these heights alone are tried, nearest first, until none
    can be cheaper. Climb and descent at the ends are the caller's to check. Where no height has a path, the answer is
    that of the preferred one. Where the search is stopped it is the cheapest path until then, or STOPPED. Raises as
    `path_around` does, and `PathError` for heights that are none.
    """
    if not (
        isfinite(permitted.low)
        and isfinite(permitted.high)
        and permitted.low <= preferred_m <= permitted.high
    ):
        raise PathError(f"heights must be numbers, low <= preferred <= high, got {permitted}, {preferred_m}")
    if not (isfinite(climb_weight) and climb_weight >= 0.0):
        raise ValueError(f"climb_weight must be 0 or more, got {climb_weight}")
    rules = rules_of(margin_m=margin_m, **asked)
    best: AtHeight | None = None
    first: NoPath | None = None
    for alt in _heights(zone_set, start, goal, permitted, preferred_m, terrain, rules):
        extra_m = climb_weight * abs(alt - preferred_m)
        if best is not None and distance_m(*start, *goal) + extra_m >= best.cost_m:
            break
        found = path_around(
            zone_set,
            start,
            goal,
            alt,
            at,
            margin_m,
            terrain,
            stop,
            until=until,
            turn_radius_m=turn_radius_m,
            **asked,
        )
        if isinstance(found, NoPath):
            if found.why is NoPathWhy.STOPPED:
                return best or found
            first = first or found
            continue
        cost_m = sum(distance_m(*a, *b) for a, b in pairwise(found)) + extra_m
        if best is None or cost_m < best.cost_m:
            best = AtHeight(alt, tuple(found), cost_m)
    return best or first or NoPath(NoPathWhy.ENCLOSED)


def _heights(
    zone_set: ZoneSet,
    start: Position,
    goal: Position,
    permitted: Interval,
    preferred_m: float,
    terrain: Terrain,
    rules: Rules,
) -> list[float]:
    """The preferred height, and those just beyond a limit; the nearest to the preferred one first."""
    judge_path([Waypoint(*end, preferred_m, ANY_TIME) for end in (start, goal)])
    below, above = limits_near(zone_set, middle_cell(start, goal), terrain, rules)
    beside = {one - BESIDE_M for one in below} | {one + BESIDE_M for one in above}
    heights = {preferred_m} | {one for one in beside if permitted.low <= one <= permitted.high}
    return sorted(heights, key=lambda one: (abs(one - preferred_m), one))
