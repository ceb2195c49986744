# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Compartments of lockers, and the visits in which vans fill them.

A compartment is taken from the slot of the hand-over to the last slot in which the parcel is kept; which size it has
is chosen then. So whether one is left is a count for each size and slot: intervals that nowhere lie more than n deep
can be given n compartments."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.kernels.fairness import longer
    from fleet.planner.kernels.places import find, in_turn
    from fleet.planner.kernels.resting import fits
    from fleet.planner.kernels.routes import NEVER
    from fleet.planner.kernels.trips import close_trip

if TYPE_CHECKING:
    from fleet.planner.joint.state import State
    from fleet.planner.kernels.chance import Chance
    from fleet.planner.kernels.routes import Routes


def room(state: State, parcel: int, locker: int, slot: int) -> int:
    """The smallest size of compartment that is left for a parcel from a slot on, or -1."""
    last = state.parcels.last[parcel]
    if last < slot:
        return -1
    for size in range(state.parcels.size[parcel], state.lockers.room.shape[1]):
        k = slot
        while k <= last and state.used[locker, size, k] < state.lockers.room[locker, size, k]:
            k += 1
        if k > last:
            return size
    return -1


def book(state: State, parcel: int, locker: int, change: int) -> None:
    """Take a parcel's compartment (1), or give it back (-1)."""
    for k in range(state.slot[parcel], state.parcels.last[parcel] + 1):
        state.used[locker, state.box[parcel], k] += change


def link(state: State, parcel: int, visit: int) -> None:
    """Count a parcel among those of a visit."""
    following = state.first[visit]
    state.behind[parcel], state.ahead[parcel] = following, -1
    if following >= 0:
        state.ahead[following] = parcel
    state.first[visit] = parcel
    state.held[visit] += 1


def unlink(state: State, parcel: int, visit: int) -> None:
    """Count a parcel no more among those of a visit."""
    ahead, behind = state.ahead[parcel], state.behind[parcel]
    if ahead >= 0:
        state.behind[ahead] = behind
    else:
        state.first[visit] = behind
    if behind >= 0:
        state.ahead[behind] = ahead
    state.held[visit] -= 1


def price_of_joining(state: State, parcel: int, visit: int) -> float:
    """What one parcel more costs at a stop that a van makes anyway; `NEVER` where it does not fit."""
    return _price_of_load(state, state.routes, parcel, visit, state.size + visit)


def _price_of_load(state: State, routes: Routes, parcel: int, visit: int, node: int) -> float:
    trip = routes.trip[node]
    kind = routes.type[trip]
    if routes.fixed[node] != 0:
        return NEVER
    if (
        routes.weight[trip] + state.parcels.weight[parcel] > routes.vans.weight[kind]
        or routes.volume[trip] + state.parcels.volume[parcel] > routes.vans.volume[kind]
    ):
        return NEVER
    each = state.lockers.each_s[state.lockers.visit_locker[visit]]
    price, release = routes.toll_of(trip) if routes.toll > 0.0 else 0.0, state.parcels.release[parcel]
    if each <= 0.0 and release <= routes.release[trip]:
        return price
    return price + _longer(routes, node, trip, each, max(release, routes.release[trip]))


def _longer(routes: Routes, node: int, trip: int, more: float, release: float) -> float:
    """What it costs that a stop takes longer, on a trip that waits for a release; `NEVER` where it does not hold."""
    i, j, kind = routes.prev[node], routes.next[node], routes.type[trip]
    lead = routes.pre_span[i] + routes.metric.duration(routes.place[i], routes.place[node], routes.step[node])
    wait = routes.opens[node] - lead - routes.pre_late[i]
    wait = wait if wait > 0.0 else 0.0
    early = max(routes.opens[node] - lead, routes.pre_early[i]) - wait
    late = min(routes.closes[node] - lead, routes.pre_late[i])
    span = lead + wait + routes.service[node] + more
    lead = span + routes.metric.duration(routes.place[node], routes.place[j], routes.step[j])
    if early + lead > routes.post_late[j]:
        return NEVER
    wait = routes.post_early[j] - lead - late
    wait = wait if wait > 0.0 else 0.0
    early = max(routes.post_early[j] - lead, early) - wait
    late = min(routes.post_late[j] - lead, late)
    span = lead + wait + routes.post_span[j]
    if routes.vans.break_s[kind] > 0.0:
        if not _fits(routes, node, trip, kind, more, release):
            return NEVER
        span, early, late = routes.choice.span, routes.choice.early, routes.choice.late
    if not in_turn(routes, trip, span, early, late, release):
        return NEVER
    if span > routes.vans.longest[kind] or routes.vans.far(kind, routes.metres[trip], span):
        return NEVER
    price = routes.vans.per_second[kind] * (span - routes.span[trip])
    if routes.unfair > 0.0:
        price += longer(routes, routes.van[trip], span - routes.span[trip])
    return price


def _fits(routes: Routes, node: int, trip: int, kind: int, more: float, release: float) -> bool:
    """Whether the trip has room for a longer stop and the driver's break; `routes.choice` knows the times then."""
    i, j = routes.prev[node], routes.next[node]
    routes.ask_about(trip, kind, release)
    there = routes.metric.duration(routes.place[i], routes.place[node], routes.step[node])
    on = routes.metric.duration(routes.place[node], routes.place[j], routes.step[j])
    return fits(routes, i, node, j, there, on, routes.service[node] + more)


def price_of_visiting(state: State, parcel: int, visit: int, chance: Chance, blink: float) -> float:
    """What a new stop at a locker costs, for this parcel alone; `routes.found` says where it would be."""
    node, locker = state.size + visit, state.lockers.visit_locker[visit]
    begin_visit(state, parcel, visit, node, locker)
    return state.routes.found if find(state.routes, node, chance, blink) else NEVER


def begin_visit(state: State, parcel: int, visit: int, node: int, locker: int) -> None:
    """Let a stop at a locker be for one parcel."""
    state.touch_visit(visit)
    state.routes.stops.weight[node] = state.parcels.weight[parcel]
    state.routes.stops.volume[node] = state.parcels.volume[parcel]
    state.routes.stops.release[node] = state.parcels.release[parcel]
    state.routes.service[node] = state.lockers.stop_s[locker] + state.lockers.each_s[locker]


def join(state: State, parcel: int, visit: int) -> None:
    """Let the van that stops at a locker bring one parcel more."""
    state.touch_visit(visit)
    node = state.size + visit
    _load(state, state.routes, parcel, visit, node, 1.0)
    state.routes.stops.release[node] = max(state.routes.stops.release[node], state.parcels.release[parcel])
    state.routes.refresh(state.routes.trip[state.size + visit])


def _load(state: State, routes: Routes, parcel: int, visit: int, node: int, change: float) -> None:
    """One parcel more (1) or less (-1) at a stop; its trip is not worked out anew."""
    routes.touch(routes.trip[node])
    routes.stops.weight[node] += change * state.parcels.weight[parcel]
    routes.stops.volume[node] += change * state.parcels.volume[parcel]
    routes.service[node] += change * state.lockers.each_s[state.lockers.visit_locker[visit]]


def part(state: State, parcel: int, visit: int) -> None:
    """Take a parcel from the van that stops at a locker; without parcels it stops there no more."""
    node = state.size + visit
    unlink(state, parcel, visit)
    if state.routes.trip[node] < 0:
        return
    state.touch_visit(visit)
    _load(state, state.routes, parcel, visit, node, -1.0)
    if state.held[visit] == 0:
        leave(state.routes, node)
    else:
        state.routes.stops.release[node] = _release(state, visit)
        state.routes.refresh(state.routes.trip[node])


def _release(state: State, visit: int) -> float:
    """When all parcels of a visit are there."""
    release, parcel = 0.0, state.first[visit]
    while parcel >= 0:
        release = max(release, state.parcels.release[parcel])
        parcel = state.behind[parcel]
    return release


def leave(routes: Routes, node: int) -> None:
    """Take one stop from its trip."""
    trip = routes.trip[node]
    routes.touch(trip)
    routes.leave_out(node)
    if routes.length[trip] <= 1:
        close_trip(routes, trip)
    else:
        routes.refresh(trip)
