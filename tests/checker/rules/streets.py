"""Ways over real streets: no van is faster or goes less far than its streets allow, no robot leaves those for wheels.

Nothing is asked of a plan that was made without streets (``Case.streets``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from math import ceil, inf

import shapely

from tests.checker.context import Case
from tests.checker.document import Route, Sortie
from tests.checker.geo import distance_m
from tests.checker.rules.travel import Call, calls
from tests.checker.streets import Drive, Streets
from tests.checker.violation import Code, Violation

SLACK_S = 2.0
"""A plan's times are whole seconds, and the engine rounds its own to tenths at each stretch."""
_SHARE = 0.99
EVERY_M = 10.0
BESIDE_M = 3.0
CROSSED = 3
"""Paths are drawn within a metre of their streets, whose own points the engine rounds."""


def check_drives(case: Case) -> Iterator[Violation]:
    """Each leg has a way, and there is time for it at the speeds of the hours in which it is driven."""
    for route, leg, (a, b), way in _legs(case):
        where = f"route {route.route_id}"
        if way is None:
            yield Violation(Code.STREETS, where, f"leg {leg}: no way over open streets from {a[0]} to {b[0]}")
            continue
        there = _earliest(case, route, leg, a[2], way)
        if (there - b[1]).total_seconds() > SLACK_S:
            detail = f"leg {leg}: there at {b[1]}, over its streets at {there}"
            yield Violation(Code.TRAVEL_TIME, where, detail)


def check_driven_distances(case: Case) -> Iterator[Violation]:
    """A route is as long as the fastest ways over its streets. With streets closed, ways that are open here may be
    closed to the planner, which closes streets up to the next crossing: nothing is said of their lengths."""
    if case.fleet.streets.closed:
        return
    driven: dict[str, float] = {}
    for route, _, _, way in _legs(case):
        driven[route.route_id] = driven.get(route.route_id, 0.0) + (way.distance_m if way else 0.0)
    for route in case.plan.routes:
        least = _SHARE * driven.get(route.route_id, 0.0)
        if route.distance_m < least:
            detail = f"says {route.distance_m:.0f} m, its streets make {driven[route.route_id]:.0f} m"
            yield Violation(Code.DISTANCE, f"route {route.route_id}", detail)


def _legs(case: Case) -> Iterator[tuple[Route, int, tuple[Call, Call], Drive | None]]:
    if case.streets is None:
        return
    for route, facts in case.drives():
        for leg, (a, b) in enumerate(pairwise(calls(case, route, facts.load_s))):
            yield route, leg, (a, b), case.streets.drive(a[0], b[0], case.fleet.streets.farthest_m)


def _earliest(case: Case, route: Route, leg: int, leave: datetime, way: Drive) -> datetime:
    """When the end of a leg is reached that is left at a moment. A break on it, which lies between two stops, comes on
    top: whatever part of the way is before it, the rest is driven no faster than without it."""
    local = leave.astimezone(case.local_time(route.depot_id))
    there = case.fleet.streets.reached(local, way.street_s) + timedelta(seconds=way.afoot_s)
    if route.rest is None or route.rest[0] != leg:
        return there
    _, start, end = route.rest
    behind = max(local, end)
    driven_s = _driven_s(case, local, start, way)
    rested = case.fleet.streets.reached(
        behind.astimezone(local.tzinfo), max(0.0, way.street_s + way.afoot_s - driven_s)
    )
    return there if there <= start else rested


def _driven_s(case: Case, leave: datetime, until: datetime, way: Drive) -> float:
    """The most of a way, in seconds without traffic, that lies behind one who left at a moment and drives until
    another: on foot nothing slows him."""
    seconds, now = 0.0, leave
    while now < until:
        step = min(60.0 - now.second, (until - now).total_seconds())
        seconds += step * case.fleet.streets.speed(now)
        now += timedelta(seconds=step)
    return seconds + way.afoot_s


def check_wheelways(case: Case) -> Iterator[Violation]:
    """A robot's path lies along ways that wheels can take, but for the last metres to a door, and meets nothing that
    is closed."""
    if case.streets is None:
        return
    for sortie in case.plan.sorties:
        if sortie.kind != "sidewalk_robot":
            continue
        line = shapely.LineString([(p.lon, p.lat) for p in sortie.path])
        if any(line.intersects(part) for part in case.fleet.streets.closed):
            yield Violation(Code.STREETS, f"sortie {sortie.sortie_id}", "its path meets a closed part")
        off_m = _off_m(case, case.streets, sortie)
        if off_m > case.fleet.streets.farthest_m + 2 * EVERY_M:
            detail = f"{off_m:.0f} m of its path on end lie along no way for wheels"
            yield Violation(Code.STREETS, f"sortie {sortie.sortie_id}", detail)


def _off_m(case: Case, streets: Streets, sortie: Sortie) -> float:
    """How far from its site or its drop a path leads off the ways for wheels at most, in one piece; infinitely far
    where it leaves them elsewhere."""
    doors = [case.sites[sortie.depot_id].point, *((drop.lon, drop.lat) for drop in sortie.drops)]
    points = [(p.lon, p.lat) for p in sortie.path]
    spots: list[tuple[float, float]] = []
    for a, b in pairwise(points):
        steps = max(1, ceil(distance_m(a, b) / EVERY_M))
        spots += [(a[0] + (b[0] - a[0]) * k / steps, a[1] + (b[1] - a[1]) * k / steps) for k in range(steps)]
    off = streets.off_wheelways([*spots, points[-1]], BESIDE_M)
    return max((_from_doors_m(piece, doors) for piece in _pieces([*spots, points[-1]], off)), default=0.0)


def _from_doors_m(piece: list[tuple[float, float]], doors: list[tuple[float, float]]) -> float:
    """How far a piece of a path leads from the nearest door on it; infinitely far where there is none on it."""
    along = [0.0, *accumulate(distance_m(a, b) for a, b in pairwise(piece))]
    at = [
        far
        for far, spot in zip(along, piece, strict=True)
        if any(distance_m(d, spot) < EVERY_M for d in doors)
    ]
    if not at:
        return inf if along[-1] >= EVERY_M else 0.0
    return max(min(abs(far - door) for door in at) for far in along)


def _pieces(spots: list[tuple[float, float]], off: list[bool]) -> Iterator[list[tuple[float, float]]]:
    """The spots in a row that are off. A way that is only crossed, since it leads nowhere, parts none."""
    piece: list[tuple[float, float]] = []
    for k, (spot, gone) in enumerate(zip(spots, off, strict=True)):
        if gone or (piece and any(off[k : k + CROSSED])):
            piece.append(spot)
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece
