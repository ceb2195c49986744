# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""How parcels come to be brought in a way and cease to, the way back from what a search does not accept, and the best
plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.joint.boxes import book, leave, link, part, unlink
    from fleet.planner.joint.pads import chain, drop
    from fleet.planner.joint.shown import tolls, unweigh
    from fleet.planner.joint.state import DOOR, LOCKER, NOBODY, SORTIE
    from fleet.planner.kernels.fairness import uneven
    from fleet.planner.kernels.places import closing
    from fleet.planner.kernels.undo import accept as accept_routes
    from fleet.planner.kernels.undo import counted as count_routes
    from fleet.planner.kernels.undo import keep as keep_routes
    from fleet.planner.kernels.undo import take_back as take_back_routes

if TYPE_CHECKING:
    from fleet.planner.joint.state import State


def own_cost(state: State, parcel: int) -> float:
    """What a parcel costs by itself, the van's way aside."""
    if state.mode[parcel] == SORTIE:
        return state.sorties.cost[state.way[parcel]]
    if state.mode[parcel] == LOCKER:
        return state.lockers.cost[state.way[parcel]]
    if state.mode[parcel] == DOOR:
        return state.routes.late_price * state.since[parcel] if state.routes.doors > 0 else 0.0
    return state.lenience * state.parcels.penalty[parcel]


def close_late(state: State, parcel: int) -> None:
    """Let a parcel's door close for vans when the one that brings it is there, or else when it does. How late that is
    (s) is the `since` of a parcel that goes to its door by van, where lateness has a price."""
    if state.routes.doors > 0:
        overdue = state.since[parcel] if state.mode[parcel] == DOOR else 0.0
        state.routes.closes[parcel] = closing(state.routes.stops.closes[parcel], overdue)


def locker_of(state: State, parcel: int) -> int:
    """The locker in which a parcel has a compartment."""
    if state.mode[parcel] == SORTIE:
        return state.sorties.port[state.way[parcel]]
    return state.lockers.visit_locker[state.at[parcel]]


def free(state: State, parcel: int) -> None:
    """Let nobody bring a parcel. Its stop may have left the route already."""
    mode = state.mode[parcel]
    if mode == NOBODY:
        return
    state.touch(parcel)
    state.routes.cost += state.lenience * state.parcels.penalty[parcel] - own_cost(state, parcel)
    if state.box[parcel] >= 0:
        book(state, parcel, locker_of(state, parcel), -1)
    if mode == SORTIE:
        drop(state, parcel)
    elif mode == LOCKER:
        part(state, parcel, state.at[parcel])
    elif state.routes.trip[parcel] >= 0:
        leave(state.routes, parcel)
    state.box[parcel] = -1
    state.miss(parcel)
    close_late(state, parcel)
    state.freed += 1


def take_back(state: State) -> None:
    """Put all that was changed since `begin` back as it was."""
    for k in range(state.touches):
        _clear(state, state.touched[k])
    take_back_routes(state.routes)
    unweigh(state.routes)
    for k in range(state.machine_touches):
        machine = state.machine_touched[k]
        state.length[machine] = state.log_length[machine]
        for i in range(state.length[machine]):
            state.row[machine, i] = state.log_row[machine, i]
    for k in range(state.port_touches):
        port = state.port_touched[k]
        state.queue[port] = state.log_queue[port]
        for i in range(state.queue[port]):
            state.port[port, i] = state.log_port[port, i]
    for k in range(state.visit_touches):
        visit = state.visit_touched[k]
        node = state.size + visit
        state.routes.stops.weight[node] = state.log_load[visit, 0]
        state.routes.stops.volume[node] = state.log_load[visit, 1]
        state.routes.service[node] = state.log_load[visit, 2]
        state.routes.stops.release[node] = state.log_load[visit, 3]
    for k in range(state.touches):
        _restore(state, state.touched[k])
    for k in range(state.machine_touches):
        chain(state, state.machine_touched[k])


def _clear(state: State, parcel: int) -> None:
    """Give back what a parcel has taken of a locker."""
    if state.box[parcel] >= 0:
        book(state, parcel, locker_of(state, parcel), -1)
    if state.mode[parcel] == LOCKER:
        unlink(state, parcel, state.at[parcel])


def _restore(state: State, parcel: int) -> None:
    """How a parcel was brought, as it was written down."""
    was = state.log_whole[parcel, 0]
    if state.mode[parcel] == NOBODY and was != NOBODY:
        state.found_again(parcel)
    elif state.mode[parcel] != NOBODY and was == NOBODY:
        state.miss(parcel)
    state.mode[parcel], state.way[parcel] = was, state.log_whole[parcel, 1]
    state.at[parcel], state.box[parcel] = state.log_whole[parcel, 2], state.log_whole[parcel, 3]
    state.slot[parcel] = state.log_whole[parcel, 4]
    state.since[parcel], state.until[parcel] = state.log_time[parcel, 0], state.log_time[parcel, 1]
    close_late(state, parcel)
    if was == LOCKER:
        link(state, parcel, state.at[parcel])
    if state.box[parcel] >= 0:
        book(state, parcel, locker_of(state, parcel), 1)


def accept(state: State) -> None:
    """What was changed since `begin` stays."""
    accept_routes(state.routes)
    for k in range(state.touches):
        parcel = state.touched[k]
        if state.dirty[parcel] == 0:
            state.dirty[parcel] = 1
            state.dirty_list[state.dirties] = parcel
            state.dirties += 1
    for k in range(state.machine_touches):
        machine = state.machine_touched[k]
        if state.stale[machine] == 0:
            state.stale[machine] = 1
            state.stale_list[state.stales] = machine
            state.stales += 1


def keep(state: State) -> None:
    """Write the present plan down as the best, from what changed since the last time, if it is better at full
    penalties and prices."""
    cost = state.routes.cost
    if state.routes.unfair > 0.0:
        cost += (1.0 - state.routes.counts) * state.routes.uneven
    for k in range(state.left):
        cost += (1.0 - state.lenience) * state.parcels.penalty[state.alone[k]]
    if cost >= state.routes.best_cost:
        return
    keep_routes(state.routes)
    state.routes.best_cost = cost
    for k in range(state.dirties):
        parcel = state.dirty_list[k]
        state.dirty[parcel] = 0
        state.best_whole[parcel, 0], state.best_whole[parcel, 1] = state.mode[parcel], state.way[parcel]
        state.best_whole[parcel, 2], state.best_whole[parcel, 3] = state.at[parcel], state.box[parcel]
        state.best_whole[parcel, 4] = state.slot[parcel]
        state.best_time[parcel, 0], state.best_time[parcel, 1] = state.since[parcel], state.until[parcel]
    for k in range(state.stales):
        machine = state.stale_list[k]
        state.stale[machine] = 0
        state.best_length[machine] = state.length[machine]
        for i in range(state.length[machine]):
            state.best_row[machine, i] = state.row[machine, i]
    state.dirties, state.stales = 0, 0


def counted(state: State) -> float:
    """The cost of the present plan, added up anew; it replaces the sum that the search keeps."""
    cost = count_routes(state.routes) + tolls(state.routes)
    for parcel in range(state.count):
        cost += own_cost(state, parcel)
    state.routes.uneven = uneven(state.routes, -1, 0.0, -1, 0.0) if state.routes.unfair > 0.0 else 0.0
    state.routes.cost = cost + state.routes.counts * state.routes.uneven
    return state.routes.cost
