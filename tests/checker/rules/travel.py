"""A van's way: no leg faster or shorter than a road could be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from tests.checker.context import Case
from tests.checker.document import Route
from tests.checker.geo import distance_m
from tests.checker.violation import Code, Violation

TOP_SPEED_MPS = 130 / 3.6
_SHARE = 0.99
"""Roads are longer than geodesics; spheres for ellipsoids cost 0.6 %."""

Call = tuple[tuple[float, float], datetime, datetime]
"""Where, arrival, departure."""


def check_legs(case: Case) -> Iterator[Violation]:
    """Between two stops there is time for the geodesic at ``TOP_SPEED_MPS``; loading comes first."""
    for route, facts in case.drives():
        for index, (a, b) in enumerate(pairwise(calls(case, route, facts.load_s))):
            length, seconds = distance_m(a[0], b[0]), (b[1] - a[2]).total_seconds()
            if length > TOP_SPEED_MPS * (seconds + 1):
                detail = f"leg {index}: {length:.0f} m in {seconds:.0f} s"
                yield Violation(Code.TRAVEL_TIME, f"route {route.route_id}", detail)


def check_distances(case: Case) -> Iterator[Violation]:
    """A route's distance is at least that of the geodesics from its depot through its stops and back."""
    for route in case.plan.routes:
        shortest = sum(distance_m(a[0], b[0]) for a, b in pairwise(calls(case, route)))
        if route.distance_m < _SHARE * shortest:
            detail = f"says {route.distance_m:.0f} m, straight lines make {shortest:.0f} m"
            yield Violation(Code.DISTANCE, f"route {route.route_id}", detail)


def check_stop_places(case: Case) -> Iterator[Violation]:
    """A stop is where its parcels, its locker or its site are."""
    for route in case.plan.routes:
        for index, stop in enumerate(route.stops):
            if stop.site_id:
                wanted = [case.sites[stop.site_id].point]
            elif stop.locker_id:
                wanted = [case.lockers[stop.locker_id].point]
            else:
                wanted = [case.order(name).address for name in (*stop.deliver, *stop.collect)]
            off_m = max((distance_m(stop.point, point) for point in wanted), default=0.0)
            if off_m > 150:
                yield Violation(Code.PATH, route.where(index), f"is {off_m:.0f} m from where it serves")


def legs_of(case: Case, route: Route, load_s: float) -> list[tuple[timedelta, datetime, datetime]]:
    """Of each leg the least time that it takes, when it is left, and when its end is reached."""
    return [
        (timedelta(seconds=distance_m(a[0], b[0]) / TOP_SPEED_MPS), a[2], b[1])
        for a, b in pairwise(calls(case, route, load_s))
    ]


def calls(case: Case, route: Route, load_s: float = 0.0) -> list[Call]:
    """Where a route begins, stops and ends; its beginning is left when the van is loaded."""
    depot = case.sites[route.depot_id].point
    stops = [(stop.point, stop.arrive, stop.depart) for stop in route.stops]
    return [
        (depot, route.start, route.start + timedelta(seconds=load_s)),
        *stops,
        (depot, route.end, route.end),
    ]
