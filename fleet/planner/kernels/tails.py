# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Two trips exchange their tails (2-opt*: Potvin and Rousseau, "An exchange heuristic for routeing problems with time
windows", 1995). Strings that are taken out and put back are short; a long trip's half moves by this alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.kernels.fairness import uneven
    from fleet.planner.kernels.resting import fits
    from fleet.planner.kernels.routes import NEVER
    from fleet.planner.kernels.trips import close_trip, open_trip, suit_all, unused_van
    from fleet.planner.kernels.undo import accept

if TYPE_CHECKING:
    from fleet.planner.kernels.chance import Chance
    from fleet.planner.kernels.routes import Routes


def propose(routes: Routes, chance: Chance, temperature: float) -> bool:
    """Try to exchange the tails behind a stop and before another that is near it, drawn by chance."""
    u = chance.below(routes.size)
    v = routes.stops.near[u, chance.below(routes.breadth)]
    return v >= 0 and exchange(routes, u, v, chance.bearable(temperature))


def exchange(routes: Routes, u: int, v: int, most: float) -> bool:
    """Let `v` and all behind it follow `u`, and what followed `u` come in its place, if that adds less than `most` to
    the cost. The change is accepted then; it can't be taken back.

    Both trips must be of vans of one type that make one trip only.
    """
    t1, t2 = routes.trip[u], routes.trip[v]
    if t1 < 0 or t2 < 0 or t1 == t2:
        return False
    if routes.fixed[v] != 0 or routes.fixed[routes.next[u]] != 0:
        return False
    kind = routes.type[t1]
    if kind != routes.type[t2] or routes.vans.trips[kind] > 1:
        return False
    routes.begin()
    i, j = routes.prev[v], routes.next[u]
    empty = i >= routes.size and j >= routes.size
    d1, d2 = routes.metric.distance(routes.place[u], routes.place[v]), 0.0
    if not empty:
        d2 = routes.metric.distance(routes.place[i], routes.place[j])
    cost = routes.vans.per_metre[kind] * (d1 + d2 - routes.step[j] - routes.step[v])
    if empty:
        cost -= routes.vans.fixed[kind]
    if routes.toll > 0.0:
        cost += routes.toll_of(t1) + routes.toll_of(t2)
    if cost >= most and routes.vans.per_second[kind] + routes.unfair <= 0.0:
        return False
    first1, first2 = routes.next[routes.start_of(t1)], routes.next[routes.start_of(t2)]
    span1, span2 = _joined(routes, u, v, d1, max(_awaited(routes, first1, j), _awaited(routes, v, -1))), 0.0
    if not empty:
        span2 = _joined(routes, i, j, d2, max(_awaited(routes, first2, v), _awaited(routes, j, -1)))
    if max(span1, span2) >= NEVER or max(span1, span2) > routes.vans.longest[kind]:
        return False
    cost += routes.vans.per_second[kind] * (span1 + span2 - routes.span[t1] - routes.span[t2])
    if routes.unfair > 0.0:
        cost += _fairer(routes, routes.van[t1], span1, routes.van[t2], -1.0 if empty else span2)
    if cost >= most or not _holds(routes, u, v):
        return False
    shift = _behind(routes, v) - _behind(routes, j)
    if routes.vans.far(kind, routes.metres[t1] + shift + d1 - routes.step[v], span1) or routes.vans.far(
        kind, routes.metres[t2] - shift + d2 - routes.step[j], span2
    ):
        return False
    _apply(routes, u, v)
    accept(routes)
    return True


def split(routes: Routes, u: int, most: float) -> bool:
    """Let a van of the same type that makes no trip serve all behind a stop, if that adds less than `most` to the cost.
    The change is accepted then; it can't be taken back. Trips are joined by `exchange` alone, so without this there
    would be ever fewer."""
    trip = routes.trip[u]
    if trip < 0 or routes.next[u] >= routes.size or routes.fixed[routes.next[u]] != 0:
        return False
    kind, j, start, end = routes.type[trip], routes.next[u], routes.start_of(trip), routes.end_of(trip)
    if routes.vans.trips[kind] > 1 or routes.idle[kind] == 0:
        return False
    d1 = routes.metric.distance(routes.place[u], routes.place[end])
    d2 = routes.metric.distance(routes.place[start], routes.place[j])
    cost = routes.vans.fixed[kind] + routes.vans.per_metre[kind] * (d1 + d2 - routes.step[j])
    if routes.toll > 0.0:
        cost += routes.toll_of(trip) + routes.toll
    if cost >= most and routes.vans.per_second[kind] + routes.unfair <= 0.0:
        return False
    span1 = _joined(routes, u, end, d1, _awaited(routes, routes.next[start], j))
    span2 = _joined(routes, start, j, d2, _awaited(routes, j, -1))
    if max(span1, span2) >= NEVER or max(span1, span2) > routes.vans.longest[kind]:
        return False
    cost += routes.vans.per_second[kind] * (span1 + span2 - routes.span[trip])
    if routes.unfair > 0.0:
        cost += _fairer(routes, routes.van[trip], span1, unused_van(routes, kind), span2)
    if cost >= most:
        return False
    tail = _behind(routes, j)
    if routes.vans.far(kind, routes.metres[trip] - tail + d1, span1):
        return False
    if routes.vans.far(kind, d2 + tail - routes.step[j], span2):
        return False
    routes.begin()
    _part(routes, u, unused_van(routes, kind))
    accept(routes)
    return True


def _part(routes: Routes, u: int, van: int) -> None:
    """Give all behind a stop to a van that makes no trip."""
    trip, j = routes.trip[u], routes.next[u]
    routes.touch(trip)
    last, new = routes.prev[routes.end_of(trip)], open_trip(routes, van, -1)
    node = j
    while node < routes.size:
        routes.trip[node] = new
        node = routes.next[node]
    routes.link(u, routes.end_of(trip))
    routes.link(routes.start_of(new), j)
    routes.link(last, routes.end_of(new))
    routes.refresh(trip)
    routes.refresh(new)
    if routes.swaps:
        suit_all(routes)


def _fairer(routes: Routes, first: int, first_s: float, second: int, second_s: float) -> float:
    """What it adds to the price of uneven hours that two vans of one trip each are out for so long (below 0: not)."""
    return routes.counts * (uneven(routes, first, first_s, second, second_s) - routes.uneven)


def _awaited(routes: Routes, node: int, beyond: int) -> float:
    """When all stops of a trip are there from a node on, up to the one before another (-1: to the end)."""
    release = 0.0
    if routes.stops.released:
        while node < routes.size and node != beyond:
            release = max(release, routes.stops.release[node])
            node = routes.next[node]
    return release


def _joined(routes: Routes, i: int, j: int, metres: float, release: float) -> float:
    """How long a trip takes that goes up to `i` as it does, and from `j` on as that one does, and waits for a release;
    `NEVER` if it can't."""
    leg, kind = routes.metric.duration(routes.place[i], routes.place[j], metres), routes.type[routes.trip[i]]
    lead = routes.pre_span[i] + leg
    if routes.pre_early[i] + lead > routes.post_late[j]:
        return NEVER
    if routes.vans.break_s[kind] > 0.0:
        routes.ask_about(routes.trip[i], kind, release)
        return routes.choice.span if fits(routes, i, -1, j, leg, 0.0, 0.0) else NEVER
    if release > min(routes.pre_late[i], routes.post_late[j] - lead):
        return NEVER
    wait = routes.post_early[j] - lead - routes.pre_late[i]
    return lead + routes.post_span[j] + (wait if wait > 0.0 else 0.0)


def _behind(routes: Routes, node: int) -> float:
    """The metres of a trip from the leg to a node on."""
    metres = routes.step[node]
    while node < routes.size:
        node = routes.next[node]
        metres += routes.step[node]
    return metres


def _holds(routes: Routes, u: int, v: int) -> bool:
    """Whether the loads fit."""
    t1, t2 = routes.trip[u], routes.trip[v]
    kind, weight, volume, node = routes.type[t1], 0.0, 0.0, routes.next[u]
    while node < routes.size:
        weight += routes.stops.weight[node]
        volume += routes.stops.volume[node]
        node = routes.next[node]
    node = v
    while node < routes.size:
        weight -= routes.stops.weight[node]
        volume -= routes.stops.volume[node]
        node = routes.next[node]
    return (
        routes.weight[t1] - weight <= routes.vans.weight[kind]
        and routes.weight[t2] + weight <= routes.vans.weight[kind]
        and routes.volume[t1] - volume <= routes.vans.volume[kind]
        and routes.volume[t2] + volume <= routes.vans.volume[kind]
    )


def _apply(routes: Routes, u: int, v: int) -> None:
    """Exchange the tails; a trip without stops is closed."""
    t1, t2 = routes.trip[u], routes.trip[v]
    routes.touch(t1)
    routes.touch(t2)
    i, j = routes.prev[v], routes.next[u]
    last1, last2 = routes.prev[routes.end_of(t1)], routes.prev[routes.end_of(t2)]
    node = v
    while node < routes.size:
        routes.trip[node] = t1
        node = routes.next[node]
    routes.link(u, v)
    routes.link(last2, routes.end_of(t1))
    if j >= routes.size:
        routes.link(i, routes.end_of(t2))
    else:
        node = j
        while node < routes.size:
            routes.trip[node] = t2
            node = routes.next[node]
        routes.link(i, j)
        routes.link(last1, routes.end_of(t2))
    routes.refresh(t1)
    if i >= routes.size and j >= routes.size:
        close_trip(routes, t2)
    else:
        routes.refresh(t2)
    if routes.swaps:
        suit_all(routes)
