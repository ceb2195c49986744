# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""A plan that stands already: how the search takes it over, and what no longer holds is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.joint.boxes import book, link
    from fleet.planner.joint.changes import accept, close_late, counted, free, keep, locker_of
    from fleet.planner.joint.pads import chain
    from fleet.planner.joint.shown import compare, weigh
    from fleet.planner.joint.state import LOCKER, NOBODY, SORTIE
    from fleet.planner.kernels.breaks import ANYTIME
    from fleet.planner.kernels.routes import NEVER
    from fleet.planner.kernels.trips import driven

if TYPE_CHECKING:
    from fleet.planner.joint.state import State
    from fleet.planner.kernels.columns import Indexes
    from fleet.planner.kernels.routes import Routes


def restore(state: State) -> None:
    """Make the plan that is written down as the best the present one, whoever wrote it down."""
    routes = state.routes
    with cython.nogil:
        _empty(state, routes)
        _bring(state, routes)
        _drive(routes)
    compare(state)
    state.lenience, routes.counts = 1.0, 1.0
    routes.best_cost = counted(state)


def _empty(state: State, routes: Routes) -> None:
    """No plan at all, and nothing that differs from the best."""
    for locker in range(state.lockers.count):
        state.queue[locker] = 0
        for size in range(state.used.shape[1]):
            for slot in range(state.used.shape[2]):
                state.used[locker, size, slot] = 0
    for visit in range(state.lockers.visit_count):
        node = state.size + visit
        state.first[visit], state.held[visit] = -1, 0
        routes.stops.weight[node], routes.stops.volume[node], routes.stops.release[node] = 0.0, 0.0, 0.0
        routes.service[node] = state.lockers.stop_s[state.lockers.visit_locker[visit]]
    for machine in range(state.machines.count):
        state.stale[machine], state.length[machine] = 0, state.best_length[machine]
        for k in range(state.length[machine]):
            state.row[machine, k] = state.best_row[machine, k]
    for k in range(state.size):
        state.dirty[k] = 0
    for k in range(routes.slots):
        routes.dirty[k], routes.van[k] = 0, -1
    for k in range(routes.head.shape[0]):
        routes.begin_with(k, -1)
    state.left, state.dirties, state.stales, routes.missing, routes.dirties = 0, 0, 0, 0, 0
    for node in range(routes.size):
        routes.miss(node)


def _bring(state: State, routes: Routes) -> None:
    """How each parcel is brought, in the lockers and on the machines."""
    for parcel in range(state.count):
        state.mode[parcel], state.way[parcel] = state.best_whole[parcel, 0], state.best_whole[parcel, 1]
        state.at[parcel], state.box[parcel] = state.best_whole[parcel, 2], state.best_whole[parcel, 3]
        state.slot[parcel] = state.best_whole[parcel, 4]
        state.since[parcel], state.until[parcel] = state.best_time[parcel, 0], state.best_time[parcel, 1]
        close_late(state, parcel)
        if state.mode[parcel] == NOBODY:
            state.miss(parcel)
            continue
        if state.mode[parcel] == LOCKER:
            visit = state.at[parcel]
            node = state.size + visit
            link(state, parcel, visit)
            routes.stops.weight[node] += state.parcels.weight[parcel]
            routes.stops.volume[node] += state.parcels.volume[parcel]
            routes.stops.release[node] = max(routes.stops.release[node], state.parcels.release[parcel])
            routes.service[node] += state.lockers.each_s[state.lockers.visit_locker[visit]]
        elif state.mode[parcel] == SORTIE and state.sorties.port[state.way[parcel]] >= 0:
            port = state.sorties.port[state.way[parcel]]
            state.port[port, state.queue[port]] = parcel
            state.queue[port] += 1
        if state.box[parcel] >= 0:
            book(state, parcel, locker_of(state, parcel), 1)
    for machine in range(state.machines.count):
        chain(state, machine)


def _drive(routes: Routes) -> None:
    """The trips of the vans, one behind the other. Drivers' breaks go where they suit best."""
    for trip in range(routes.slots):
        if routes.best_van[trip] >= 0:
            routes.van[trip] = routes.best_van[trip]
            routes.after[trip], routes.before[trip] = -1, routes.best_before[trip]
            routes.how[trip], routes.rest_at[trip], routes.span[trip] = ANYTIME, -1, 0.0
            routes.set_ends(trip)
    for trip in range(routes.slots):
        if routes.van[trip] >= 0 and routes.before[trip] >= 0:
            routes.after[routes.before[trip]] = trip
        elif routes.van[trip] >= 0:
            routes.begin_with(routes.van[trip], trip)
    _stop_by_stop(routes)
    # Where a break suits depends on the van's other trips, of which the first ones knew nothing yet.
    for trip in range(routes.slots if routes.many or routes.vans.breaks else 0):
        if routes.van[trip] >= 0:
            routes.refresh(trip)
    for trip in range(routes.slots):
        routes.best_rest[trip] = routes.rest_at[trip]


def _stop_by_stop(routes: Routes) -> None:
    """The stops of all trips, and what each trip takes."""
    for trip in range(routes.slots):
        if routes.van[trip] < 0:
            continue
        i, node = routes.start_of(trip), routes.best_next[routes.start_of(trip)]
        while node < routes.size:
            routes.found_again(node)
            routes.trip[node] = trip
            routes.link(i, node)
            i, node = node, routes.best_next[node]
        routes.link(i, routes.end_of(trip))
        routes.price[trip] = 0.0
        routes.refresh(trip)


def release(state: State, parcels: Indexes, vans: Indexes) -> None:
    """Let nobody bring some parcels, work out some vans anew whose stops' windows have changed, and take out of each
    trip what comes too late then. It can't be taken back: what is left is the best plan there is."""
    routes = state.routes
    state.begin()
    for k in range(parcels.shape[0]):
        free(state, parcels[k])
    for k in range(vans.shape[0]):
        trip = routes.head[vans[k]]
        while trip >= 0:
            routes.touch(trip)
            routes.set_ends(trip)
            routes.refresh(trip)
            trip = routes.after[trip]
    k = 0
    while k < routes.touches:
        _hold(state, routes, routes.touched[k])
        k += 1
    weigh(state, routes)
    accept(state)
    counted(state)
    routes.best_cost = NEVER
    keep(state)


def _hold(state: State, routes: Routes, trip: int) -> None:
    """Take out of a trip what comes too late, or makes it too long or lead too far, until it holds; what is fixed
    stays."""
    while routes.van[trip] >= 0:
        node = late_at(routes, trip)
        if node < 0:
            return
        if node >= routes.size:
            node = routes.prev[routes.end_of(trip)]
        if node >= routes.size or routes.fixed[node] != 0:
            return
        if node < state.size:
            free(state, node)
        else:
            while state.held[node - state.size] > 1:
                free(state, state.first[node - state.size])
            free(state, state.first[node - state.size])


def late_at(routes: Routes, trip: int) -> int:
    """The first node at which a van comes too late that leaves as early as it may; the trip's end where it is too long
    or leads too far, or has no room for the break; -1 where it holds."""
    kind, end = routes.type[trip], routes.end_of(trip)
    now = max(routes.opens[routes.start_of(trip)], routes.release[trip], routes.ready[trip])
    if driven(routes, trip, now, kind) >= NEVER:
        return routes.stuck
    if routes.span[trip] > routes.vans.longest[kind]:
        return end
    return end if routes.vans.far(kind, routes.metres[trip], routes.span[trip]) else -1
