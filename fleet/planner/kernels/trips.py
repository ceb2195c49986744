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
    from fleet.planner.kernels.routes import NEVER

if TYPE_CHECKING:
    from fleet.planner.kernels.routes import Routes


def unused_van(routes: Routes, kind: int) -> int:
    """A van of the type that makes no trip, or -1."""
    first, beyond = routes.first_van[kind], routes.first_van[kind + 1]
    van = routes.van_hint[kind]
    for _ in range(beyond - first):
        if van >= beyond:
            van = first
        if routes.head[van] < 0:
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
        i = routes.start_of(trip)
        now = max(now, routes.opens[i], routes.release[trip])
        while i != routes.end_of(trip):
            j = routes.next[i]
            now += routes.service[i] + routes.metric.duration(
                routes.place[i], routes.place[j], routes.step[j]
            )
            now = max(now, routes.opens[j])
            if now > routes.closes[j]:
                return False
            i = j
        trip = routes.after[trip]
    return True


def _join(routes: Routes, van: int, trip: int, following: int) -> None:
    """One trip follows another of the van; -1 is before the first and behind the last."""
    if trip >= 0:
        routes.touch(trip)
        routes.after[trip] = following
    else:
        routes.log_heads[routes.heads] = van
        routes.log_head[routes.heads] = routes.head[van]
        routes.heads += 1
        routes.head[van] = following
    if following >= 0:
        routes.touch(following)
        routes.before[following] = trip
