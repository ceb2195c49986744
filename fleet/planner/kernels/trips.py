# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""The trips of vans: a new one, one less, and whether they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.kernels.breaks import EARLIER, LATER, LOST
    from fleet.planner.kernels.routes import NEVER

if TYPE_CHECKING:
    from fleet.planner.kernels.chance import Chance
    from fleet.planner.kernels.routes import Routes


def unused_van(routes: Routes, kind: int) -> int:
    """A van of the type that makes no trip and may make one, or -1."""
    first, beyond = routes.first_van[kind], routes.first_van[kind + 1]
    if routes.idle[kind] == 0:
        return -1
    van = routes.van_hint[kind]
    for _ in range(beyond - first):
        if van >= beyond:
            van = first
        if routes.head[van] < 0 and routes.shut[van] == 0:
            routes.van_hint[kind] = van
            return van
        van += 1
    return -1


def free_slot(routes: Routes) -> int:
    """A trip that no van makes; there always is one."""
    while routes.van[routes.slot_hint] >= 0:
        routes.slot_hint = routes.slot_hint + 1 if routes.slot_hint + 1 < routes.slots else 0
    return routes.slot_hint


def open_trip(routes: Routes, van: int, behind: int) -> int:
    """A new trip without stops, behind another one of the van or, at -1, before all of them."""
    trip = free_slot(routes)
    routes.touch(trip)
    following = routes.head[van] if behind < 0 else routes.after[behind]
    if following < 0 and behind < 0:
        routes.cost += routes.vans.fixed[routes.van_type[van]]
    _join(routes, van, behind, trip)
    _join(routes, van, trip, following)
    routes.van[trip] = van
    routes.set_ends(trip)
    routes.link(routes.start_of(trip), routes.end_of(trip))
    routes.price[trip] = 0.0
    routes.refresh(trip)
    return trip


def close_trip(routes: Routes, trip: int) -> None:
    """Take a trip without stops from its van."""
    van = routes.van[trip]
    routes.cost -= routes.price[trip]
    _join(routes, van, routes.before[trip], routes.after[trip])
    if routes.head[van] < 0:
        routes.cost -= routes.vans.fixed[routes.van_type[van]]
    routes.van[trip] = -1
    routes.rechain(van)


def dearer(routes: Routes, trip: int, kind: int) -> float:
    """What it adds to the cost that a van of another type makes a trip."""
    own, tolls = routes.type[trip], 0.0
    if routes.toll > 0.0:
        tolls = routes.toll + routes.toll_of(trip)
    return (
        tolls
        + routes.vans.fixed[kind]
        - routes.vans.fixed[own]
        + (routes.vans.per_metre[kind] - routes.vans.per_metre[own]) * routes.metres[trip]
        + (routes.vans.per_second[kind] - routes.vans.per_second[own]) * routes.span[trip]
    )


def cheapest_type(routes: Routes, trip: int, weight: float, volume: float) -> int:
    """Of the types of van that differ from a trip's in capacity and price only and that have one without trips, the one
    that would carry so much for the least; -1 if there is none. `routes.dearer` is what that adds to the cost."""
    best, least, own = -1, NEVER, routes.type[trip]
    if not _may_change(routes, trip):
        return -1
    for kind in range(routes.vans.count):
        if kind == own or routes.vans.alike[kind] != routes.vans.alike[own] or routes.idle[kind] == 0:
            continue
        if weight <= routes.vans.weight[kind] and volume <= routes.vans.volume[kind]:
            more = dearer(routes, trip, kind)
            if more < least:
                best, least = kind, more
    routes.dearer = least
    return best


def change_van(routes: Routes, trip: int, kind: int) -> None:
    """Give a van's only trip to one of another type that makes none; `cheapest_type` has said that it may."""
    routes.touch(trip)
    routes.cost += routes.vans.fixed[kind] - routes.vans.fixed[routes.type[trip]]
    routes.set_head(routes.van[trip], -1)
    routes.van[trip] = unused_van(routes, kind)
    routes.set_head(routes.van[trip], trip)
    routes.set_ends(trip)
    routes.reprice(trip)


def suit(routes: Routes, trip: int) -> None:
    """Give a trip to a van of another type if that is cheaper."""
    kind = cheapest_type(routes, trip, routes.weight[trip], routes.volume[trip])
    if kind >= 0 and routes.dearer < 0.0:
        change_van(routes, trip, kind)


def suit_all(routes: Routes) -> None:
    """Give each trip that was touched to the type of van that makes it for the least."""
    for k in range(routes.touches):
        if routes.van[routes.touched[k]] >= 0:
            suit(routes, routes.touched[k])


def draw_vans(routes: Routes, chance: Chance) -> None:
    """Give some of the trips that were touched, at most half of them, to a larger type of van that is drawn by chance,
    whatever it costs. Stop by stop a larger van never pays: each stop would rather go with a small one."""
    for k in range(routes.touches):
        trip = routes.touched[k]
        kind = chance.below(2 * routes.vans.count)
        if kind < routes.vans.count and routes.van[trip] >= 0 and _larger(routes, trip, kind):
            change_van(routes, trip, kind)


def _larger(routes: Routes, trip: int, kind: int) -> bool:
    """Whether a type that may make a trip has more room than the present one, and a van without trips."""
    own = routes.type[trip]
    return (
        _may_change(routes, trip)
        and routes.idle[kind] > 0
        and routes.vans.alike[kind] == routes.vans.alike[own]
        and routes.vans.weight[kind] >= routes.vans.weight[own]
        and routes.vans.volume[kind] >= routes.vans.volume[own]
        and kind != own
    )


def _may_change(routes: Routes, trip: int) -> bool:
    """Whether another van may make a trip: it is its van's only one, and nothing of it is held."""
    end = routes.end_of(trip)
    return (
        routes.before[trip] < 0
        and routes.after[trip] < 0
        and routes.held[trip] == 0
        and routes.fixed[end] == 0
    )


def whole(routes: Routes) -> bool:
    """Whether all vans hold whose trips were touched. Where legs are looked up, a way past a stop that is left out may
    be longer than the way by it."""
    for k in range(routes.touches):
        van = routes.van[routes.touched[k]]
        if van >= 0 and not _in_time(routes, van):
            return False
    return True


def _in_time(routes: Routes, van: int) -> bool:
    """Whether a van that leaves as early as it may is nowhere late, and no trip of it too long."""
    trip, now = routes.head[van], -NEVER
    while trip >= 0:
        kind = routes.type[trip]
        if routes.span[trip] > routes.vans.longest[kind]:
            return False
        if routes.vans.far(kind, routes.metres[trip], routes.span[trip]):
            return False
        now = driven(routes, trip, max(now, routes.opens[routes.start_of(trip)], routes.release[trip]), kind)
        if now >= NEVER:
            return False
        trip = routes.after[trip]
    return True


def driven(routes: Routes, trip: int, now: float, kind: int) -> float:
    """When a trip is over that may begin from then on, with the break where it is; `NEVER` where it is late, at the
    node `routes.stuck`."""
    i, at, lasts = routes.start_of(trip), 0, routes.vans.break_s[kind]
    opens, closes = routes.vans.break_opens[kind], routes.vans.break_closes[kind]
    if routes.how[trip] == LATER:
        now = max(now if routes.gap_before(trip) <= 0.0 else max(now, opens) + lasts, opens + lasts)
    while i != routes.end_of(trip):
        j = routes.next[i]
        now += routes.service[i]
        leg = routes.metric.duration(routes.place[i], routes.place[j], routes.step[j])
        routes.stuck = j
        if routes.rest_at[trip] == at:
            if now > closes:
                return NEVER
            now = max(now + leg, opens) + lasts
        else:
            now += leg
        now = max(now, routes.opens[j])
        if now > routes.closes[j]:
            return NEVER
        i = j
        at += 1
    late = routes.how[trip] == LOST or (routes.how[trip] == EARLIER and now > closes)
    return NEVER if late else now


def _join(routes: Routes, van: int, trip: int, following: int) -> None:
    """One trip follows another of the van; -1 is before the first and behind the last."""
    if trip >= 0:
        routes.touch(trip)
        routes.after[trip] = following
    else:
        routes.set_head(van, following)
    if following >= 0:
        routes.touch(following)
        routes.before[following] = trip
