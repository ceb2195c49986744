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
    from fleet.planner.kernels.fairness import longer, one_more
    from fleet.planner.kernels.resting import ask_between, fits, fits_alone
    from fleet.planner.kernels.routes import NEVER
    from fleet.planner.kernels.trips import change_van, cheapest_type, open_trip, unused_van

if TYPE_CHECKING:
    from fleet.planner.kernels.chance import Chance
    from fleet.planner.kernels.routes import Routes


def ask(routes: Routes, node: int, trip: int, i: int, kind: int, d1: float, d2: float) -> None:
    """Whether a stop fits into a trip behind node `i`, for less than what was found so far; it is remembered. A van of
    the type `kind` makes the trip then, which adds `routes.dearer` if it is not that trip's; the way to the stop is
    `d1` long, and the one from it `d2`."""
    j = routes.next[i]
    if routes.fixed[j] != 0:
        return
    gain = routes.dearer + routes.vans.per_metre[kind] * (d1 + d2 - routes.step[j])
    if routes.toll > 0.0:
        gain += routes.toll_of(trip)
    if gain >= routes.found:
        return
    lead = routes.pre_span[i] + routes.metric.duration(routes.place[i], routes.place[node], d1)
    overdue = overdue_behind(routes, node, trip, i, lead) if node < routes.doors else 0.0
    closes = closing(routes.closes[node], overdue)
    gain += routes.late_price * overdue
    if routes.pre_early[i] + lead > closes:
        return
    wait = routes.opens[node] - lead - routes.pre_late[i]
    wait = wait if wait > 0.0 else 0.0
    early = max(routes.opens[node] - lead, routes.pre_early[i]) - wait
    late = min(closes - lead, routes.pre_late[i])
    span = lead + wait + routes.service[node]
    lead = span + routes.metric.duration(routes.place[node], routes.place[j], d2)
    if early + lead > routes.post_late[j]:
        return
    wait = routes.post_early[j] - lead - late
    wait = wait if wait > 0.0 else 0.0
    early = max(routes.post_early[j] - lead, early) - wait
    late = min(routes.post_late[j] - lead, late)
    span = lead + wait + routes.post_span[j]
    if routes.vans.break_s[kind] > 0.0:
        if not _fits(routes, node, trip, i, kind, d1, d2, overdue):
            return
        span, early, late = routes.choice.span, routes.choice.early, routes.choice.late
    gain += routes.vans.per_second[kind] * (span - routes.span[trip])
    if routes.unfair > 0.0:
        gain += longer(routes, routes.van[trip], span - routes.span[trip])
    if gain >= routes.found or span > routes.vans.longest[kind]:
        return
    if routes.vans.far(kind, routes.metres[trip] + d1 + d2 - routes.step[j], span):
        return
    release = max(routes.release[trip], routes.stops.release[node])
    if not in_turn(routes, trip, span, early, late, release):
        return
    routes.found, routes.found_trip, routes.found_after, routes.found_kind = gain, trip, i, kind
    routes.found_late = overdue


def overdue_behind(routes: Routes, node: int, trip: int, i: int, lead: float) -> float:
    """How long after it closes a door would be served at the earliest, behind node `i` and so long after the trip's
    begin (s); see `overdue_at`."""
    start = max(routes.pre_early[i], routes.release[trip], routes.stops.release[node])
    return overdue_at(routes, node, max(start, routes.ready[trip]) + lead)


def overdue_at(routes: Routes, node: int, moment: float) -> float:
    """How long after it closes a door is served at a moment (s): 0 where it is in time, or later than it may be."""
    overdue = max(0.0, moment - routes.closes[node])
    return overdue if overdue <= routes.late_most else 0.0


def closing(closes: float, overdue: float) -> float:
    """When a door closes for a van that is so late (s): a nanosecond after it is there, as sums of fractions of seconds
    in other orders differ by far less."""
    return closes + overdue + 1e-9 if overdue > 0.0 else closes


def in_turn(routes: Routes, trip: int, span: float, early: float, late: float, release: float) -> bool:
    """Whether a trip that takes so long and begins so suits the van's other trips, and what it waits for. What a break
    between two of them takes is known already."""
    if not routes.many and not routes.stops.released:
        return True
    if routes.vans.break_s[routes.type[trip]] > 0.0:
        return True
    start = max(routes.ready[trip], release)
    return start <= late and max(start, early) + span <= routes.due[trip]


def _fits(
    routes: Routes, node: int, trip: int, i: int, kind: int, d1: float, d2: float, overdue: float
) -> bool:
    """Whether a stop that may be so late (s) and the driver's break fit into a trip behind node `i`; `routes.choice`
    knows the times then."""
    j, at = routes.next[i], routes.place[node]
    routes.ask_about(trip, kind, max(routes.release[trip], routes.stops.release[node]))
    there = routes.metric.duration(routes.place[i], at, d1)
    on = routes.metric.duration(at, routes.place[j], d2)
    closed = routes.closes[node]
    routes.closes[node] = closing(closed, overdue)
    holds = fits(routes, i, node, j, there, on, routes.service[node])
    routes.closes[node] = closed
    return holds


def taker(routes: Routes, node: int, trip: int) -> int:
    """The type of van that makes a trip with one more stop: its own where that has room and skills, else another one if
    trips may change vans; -1 where there is none. `routes.dearer` is what the change adds to the cost."""
    kind, routes.dearer = routes.type[trip], 0.0
    weight = routes.weight[trip] + routes.stops.weight[node]
    volume = routes.volume[trip] + routes.stops.volume[node]
    if (routes.stops.needs[node] & ~routes.vans.has[kind]) != 0:
        return -1
    if weight <= routes.vans.weight[kind] and volume <= routes.vans.volume[kind]:
        return kind
    return _changed(routes, trip, weight, volume) if routes.swaps else -1


def _changed(routes: Routes, trip: int, weight: float, volume: float) -> int:
    """As `cheapest_type`, which is asked once for each trip and stop."""
    if routes.judged[trip] != routes.judging:
        routes.judged[trip] = routes.judging
        routes.judged_kind[trip] = cheapest_type(routes, trip, weight, volume)
        routes.judged_dearer[trip] = routes.dearer
    routes.dearer = routes.judged_dearer[trip]
    return routes.judged_kind[trip]


def find(routes: Routes, node: int, chance: Chance, blink: float) -> bool:
    """Where a stop costs least: beside those that are near it, or on a trip of its own; each place is overlooked
    with the probability `blink`. Where none of these fits, all places of the routes nearby are asked.

    Of two legs in place of one, both can't be shorter than the one: where legs are straight, a place whose leg is
    too short for its neighbour's distance is passed over unasked.
    """
    routes.found, routes.found_trip, routes.found_van = NEVER, -1, -1
    straight = routes.metric.kind != TABLE
    routes.judging += 1
    for k in range(routes.breadth):
        v = routes.stops.near[node, k]
        if v < 0:
            break
        if straight:  # for most that is all: it is too far even where a metre costs least
            reach = routes.near_metres[node, k] - max(routes.found, 0.0) * routes.most_per_price
            if reach > routes.step[v] and reach > routes.onward[v]:
                continue
        trip = routes.trip[v]
        if trip < 0:
            continue
        worth = routes.found * routes.half_per_metre[routes.type[trip]] if straight else NEVER
        reach = routes.near_metres[node, k] - worth
        after, before = reach <= routes.onward[v], reach <= routes.step[v]
        kind = taker(routes, node, trip) if after or before else -1
        if kind < 0:
            continue
        if after and (blink <= 0.0 or chance.share() >= blink):
            d1 = routes.near_metres[node, k]
            if not straight:
                d1 = routes.metric.distance(routes.place[v], routes.place[node])
            d2 = routes.metric.distance(routes.place[node], routes.place[routes.next[v]])
            ask(routes, node, trip, v, kind, d1, d2)
        if before and (blink <= 0.0 or chance.share() >= blink):
            d1 = routes.metric.distance(routes.place[routes.prev[v]], routes.place[node])
            ask(routes, node, trip, routes.prev[v], kind, d1, routes.near_metres[node, k])
    if not routes.no_new:
        ask_new(routes, node)
    if routes.found >= NEVER:
        scan(routes, node)
    return routes.found < NEVER


def find_new(routes: Routes, node: int) -> bool:
    """Where a trip with this stop alone costs least."""
    routes.found, routes.found_trip, routes.found_van = NEVER, -1, -1
    ask_new(routes, node)
    return routes.found < NEVER


def scan(routes: Routes, node: int) -> None:
    """Ask every place of each trip that a stop nearby is in."""
    routes.seeing += 1
    for k in range(routes.breadth):
        v = routes.stops.near[node, k]
        if v < 0:
            break
        trip = routes.trip[v]
        if trip >= 0 and routes.seen[trip] != routes.seeing:
            routes.seen[trip] = routes.seeing
            ask_all(routes, node, trip)


def ask_all(routes: Routes, node: int, trip: int) -> None:
    """Ask every place of a trip."""
    kind = taker(routes, node, trip)
    if kind < 0:
        return
    i = routes.start_of(trip)
    while i != routes.end_of(trip):
        d1 = routes.metric.distance(routes.place[i], routes.place[node])
        d2 = routes.metric.distance(routes.place[node], routes.place[routes.next[i]])
        ask(routes, node, trip, i, kind, d1, d2)
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
        if routes.changed[van] == 0:
            gain += routes.toll
    lead = routes.metric.duration(home, at, d1)
    span = lead + routes.service[node] + routes.metric.duration(at, to, d2)
    if routes.vans.break_s[kind] > 0.0:
        ask_between(routes, van, behind, routes.stops.release[node])
        if not fits_alone(routes, van, node, lead, span - lead - routes.service[node], routes.service[node]):
            return
        span = routes.choice.span
    gain += routes.vans.per_second[kind] * span
    if routes.unfair > 0.0:
        gain += longer(routes, van, span) if routes.head[van] >= 0 else one_more(routes, span)
    if gain >= routes.found or span > routes.vans.longest[kind] or routes.vans.far(kind, d1 + d2, span):
        return
    if routes.vans.break_s[kind] > 0.0:
        _remember(routes, gain, van, behind, 0.0)
        return
    start = max(routes.vans.opens[kind], routes.leaves[van])
    start = max(start, routes.opens[node] - lead, routes.stops.release[node])
    if behind >= 0:
        start = max(start, routes.over(behind))
    end = routes.vans.closes[kind]
    if following >= 0:
        end = min(end, routes.latest(following))
    overdue = overdue_at(routes, node, start + lead) if node < routes.doors else 0.0
    gain += routes.late_price * overdue
    if gain >= routes.found or start + lead > closing(routes.closes[node], overdue) or start + span > end:
        return
    _remember(routes, gain, van, behind, overdue)


def _remember(routes: Routes, gain: float, van: int, behind: int, overdue: float) -> None:
    """A trip with one stop, which would be so late (s), is the cheapest that was found."""
    routes.found, routes.found_trip, routes.found_van, routes.found_behind = gain, -1, van, behind
    routes.found_late = overdue


def insert(routes: Routes, node: int) -> None:
    """Put a stop where it was found to fit."""
    trip, after = routes.found_trip, routes.found_after
    if trip < 0:
        trip = open_trip(routes, routes.found_van, routes.found_behind)
        after = routes.start_of(trip)
    elif routes.swaps and routes.found_kind != routes.type[trip]:
        change_van(routes, trip, routes.found_kind)
    routes.put_in(node, trip, after)
