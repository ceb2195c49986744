"""Drivers' breaks: each driver has his own, once a shift, in the window that the fleet file says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from tests.checker.context import Case
from tests.checker.document import Route
from tests.checker.fleet import RouteFacts
from tests.checker.rules.travel import legs_of
from tests.checker.violation import Code, Violation

SLACK = timedelta(seconds=1)

Drive = tuple[Route, RouteFacts]


def check_breaks(case: Case) -> Iterator[Violation]:
    """Of all routes of a van: one has the break on its way, or the van stands at its depot for so long, from a moment
    in the window on. What a route says of its break holds."""
    drives = defaultdict[str, list[Drive]](list)
    for route, facts in case.drives():
        drives[route.asset_id].append((route, facts))
        if route.rest is not None:
            yield from _stated(case, route, facts)
    for asset_id, own in drives.items():
        facts = own[0][1]
        if facts.rest is not None and not any(route.rest for route, _ in own):
            window = _window(case, own[0][0], facts)
            if window is not None and not _stands([route for route, _ in own], facts, window):
                yield Violation(Code.DRIVER_BREAK, asset_id, f"its driver has no break in {window}")


def _window(case: Case, route: Route, facts: RouteFacts) -> tuple[datetime, datetime] | None:
    """When the break begins, on the local day of the route's start (night shifts are not looked at)."""
    if facts.rest is None or facts.shift_end <= facts.shift_start:
        return None
    zone: tzinfo = case.local_time(route.depot_id)
    day = route.start.astimezone(zone).date()
    _, earliest, latest = facts.rest
    return datetime.combine(day, earliest, zone), datetime.combine(day, latest, zone)


def _stands(routes: Sequence[Route], facts: RouteFacts, window: tuple[datetime, datetime]) -> bool:
    """Whether the van is at its depot for a break that begins in the window."""
    assert facts.rest is not None
    lasts = facts.rest[0] - SLACK
    begins = [window[0], *(route.end for route in routes if window[0] <= route.end <= window[1] + SLACK)]
    return any(
        all(route.end <= begin or route.start >= begin + lasts for route in routes) for begin in begins
    )


def _stated(case: Case, route: Route, facts: RouteFacts) -> Iterator[Violation]:
    """Long enough, in its window, on one leg, beside the time for its way."""
    where, window = f"route {route.route_id}", _window(case, route, facts)
    assert route.rest is not None
    after, start, end = route.rest
    if facts.rest is None:
        yield Violation(Code.DRIVER_BREAK, where, "states a break that its type has none of")
        return
    if abs(end - start - facts.rest[0]) > SLACK:
        yield Violation(Code.DRIVER_BREAK, where, f"{end - start} is not {facts.rest[0]}")
    if window is not None and not window[0] - SLACK <= start <= window[1] + SLACK:
        yield Violation(Code.DRIVER_BREAK, where, f"begins at {start}, not in {window}")
    least, leaves, arrives = legs_of(case, route, facts.load_s)[after]
    if not leaves <= start <= end <= arrives or arrives - leaves < least + (end - start) - SLACK:
        yield Violation(
            Code.DRIVER_BREAK, where, f"{start} to {end} is not free between {leaves} and {arrives}"
        )
