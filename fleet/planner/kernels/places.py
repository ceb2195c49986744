# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Where a stop fits, and what it costs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.kernels.columns import TABLE
    from fleet.planner.kernels.routes import NEVER
    from fleet.planner.kernels.trips import open_trip, unused_van

if TYPE_CHECKING:
    from fleet.planner.kernels.chance import Chance
    from fleet.planner.kernels.routes import Routes


def ask(routes: Routes, node: int, trip: int, i: int) -> None:
    """Whether a stop fits into a trip behind node `i`, for less than what was found so far; it is remembered."""
    j = routes.next[i]
    kind = routes.type[trip]
    d1 = routes.metric.distance(routes.place[i], routes.place[node])
    d2 = routes.metric.distance(routes.place[node], routes.place[j])
    gain = routes.vans.per_metre[kind] * (d1 + d2 - routes.step[j])
    if gain >= routes.found:
        return
    lead = routes.pre_span[i] + routes.metric.duration(routes.place[i], routes.place[node], d1)
    if routes.pre_early[i] + lead > routes.closes[node]:
        return
    wait = routes.opens[node] - lead - routes.pre_late[i]
    wait = wait if wait > 0.0 else 0.0
    early = max(routes.opens[node] - lead, routes.pre_early[i]) - wait
    late = min(routes.closes[node] - lead, routes.pre_late[i])
    span = lead + wait + routes.service[node]
    lead = span + routes.metric.duration(routes.place[node], routes.place[j], d2)
    if early + lead > routes.post_late[j]:
        return
    wait = routes.post_early[j] - lead - late
    wait = wait if wait > 0.0 else 0.0
    early = max(routes.post_early[j] - lead, early) - wait
    late = min(routes.post_late[j] - lead, late)
    span = lead + wait + routes.post_span[j]
    gain += routes.vans.per_second[kind] * (span - routes.span[trip])
    if gain >= routes.found or span > routes.vans.longest[kind]:
        return
    if routes.vans.far(kind, routes.metres[trip] + d1 + d2 - routes.step[j], span):
        return
    if routes.many or routes.stops.released:
        start = max(routes.ready[trip], routes.release[trip], routes.stops.release[node])
        if start > late or max(start, early) + span > routes.due[trip]:
            return
    routes.found, routes.found_trip, routes.found_after = gain, trip, i


def takes(routes: Routes, node: int, trip: int) -> bool:
    """Whether a trip has room and skills for one more stop."""
    kind = routes.type[trip]
    return (
        routes.weight[trip] + routes.stops.weight[node] <= routes.vans.weight[kind]
        and routes.volume[trip] + routes.stops.volume[node] <= routes.vans.volume[kind]
        and (routes.stops.needs[node] & ~routes.vans.has[kind]) == 0
    )


def find(routes: Routes, node: int, chance: Chance, blink: float) -> bool:
    """Where a stop costs least: beside those that are near it, or on a trip of its own; each place is overlooked
    with the probability `blink`. Where none of these fits, all places of the routes nearby are asked.

    Of two legs in place of one, both can't be shorter than the one: where legs are straight, a place whose leg is
    too short for its neighbour's distance is passed over unasked.
    """
    routes.found, routes.found_trip, routes.found_van = NEVER, -1, -1
    straight, worth = routes.metric.kind != TABLE, NEVER
    for k in range(routes.breadth):
        v = routes.stops.near[node, k]
        if v < 0:
            break
        trip = routes.trip[v]
        if trip < 0:
            continue
        reach = routes.near_metres[node, k] - worth
        after, before = reach <= routes.step[routes.next[v]], reach <= routes.step[v]
        if not (after or before) or not takes(routes, node, trip):
            continue
        if after and (blink <= 0.0 or chance.share() >= blink):
            ask(routes, node, trip, v)
        if before and (blink <= 0.0 or chance.share() >= blink):
            ask(routes, node, trip, routes.prev[v])
        if straight:
            worth = routes.found * routes.half_per_metre
    ask_new(routes, node)
    if routes.found >= NEVER:
        scan(routes, node)
    return routes.found < NEVER


def scan(routes: Routes, node: int) -> None:
    """Ask every place of each trip that a stop nearby is in."""
    routes.seeing += 1
    for k in range(routes.breadth):
        v = routes.stops.near[node, k]
        if v < 0:
            break
        trip = routes.trip[v]
        if trip < 0 or routes.seen[trip] == routes.seeing or not takes(routes, node, trip):
            continue
        routes.seen[trip] = routes.seeing
        i = routes.start_of(trip)
        while i != routes.end_of(trip):
            ask(routes, node, trip, i)
            i = routes.next[i]


def ask_new(routes: Routes, node: int) -> None:
    """Whether a trip with this stop alone costs less than what was found so far."""
    for kind in range(routes.vans.count):
        if (
            routes.stops.weight[node] > routes.vans.weight[kind]
            or routes.stops.volume[node] > routes.vans.volume[kind]
        ):
            continue
        if (routes.stops.needs[node] & ~routes.vans.has[kind]) != 0:
            continue
        van = unused_van(routes, kind)
        if van >= 0:
            ask_trip(routes, node, van, -1)
        if routes.vans.trips[kind] > 1:
            for van in range(routes.first_van[kind], routes.first_van[kind + 1]):
                ask_more(routes, node, van)


def ask_more(routes: Routes, node: int, van: int) -> None:
    """One more trip of a van that makes some, before, between or behind them."""
    trip, count = routes.head[van], 0
    while trip >= 0:
        count += 1
        trip = routes.after[trip]
    if count == 0 or count >= routes.vans.trips[routes.van_type[van]]:
        return
    ask_trip(routes, node, van, -1)
    trip = routes.head[van]
    while trip >= 0:
        ask_trip(routes, node, van, trip)
        trip = routes.after[trip]


def ask_trip(routes: Routes, node: int, van: int, behind: int) -> None:
    """A trip with one stop, behind another of the van or before all of them."""
    kind = routes.van_type[van]
    home, to, at = routes.vans.start[kind], routes.vans.end[kind], routes.place[node]
    d1, d2 = routes.metric.distance(home, at), routes.metric.distance(at, to)
    following = routes.head[van] if behind < 0 else routes.after[behind]
    gain = routes.vans.per_metre[kind] * (d1 + d2)
    if behind < 0 and following < 0:
        gain += routes.vans.fixed[kind]
    lead = routes.metric.duration(home, at, d1)
    span = lead + routes.service[node] + routes.metric.duration(at, to, d2)
    gain += routes.vans.per_second[kind] * span
    if gain >= routes.found or span > routes.vans.longest[kind] or routes.vans.far(kind, d1 + d2, span):
        return
    start = max(routes.vans.opens[kind], routes.opens[node] - lead, routes.stops.release[node])
    if behind >= 0:
        start = max(
            start,
            max(routes.early[behind], routes.ready[behind], routes.release[behind]) + routes.span[behind],
        )
    end = routes.vans.closes[kind]
    if following >= 0:
        end = min(end, routes.late[following], routes.due[following] - routes.span[following])
    if start + lead > routes.closes[node] or start + span > end:
        return
    routes.found, routes.found_trip, routes.found_van, routes.found_behind = gain, -1, van, behind


def insert(routes: Routes, node: int) -> None:
    """Put a stop where it was found to fit."""
    trip, after = routes.found_trip, routes.found_after
    if trip < 0:
        trip = open_trip(routes, routes.found_van, routes.found_behind)
        after = routes.start_of(trip)
    routes.put_in(node, trip, after)
