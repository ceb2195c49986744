# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""A plan that stands already: how the search takes it over."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.joint.boxes import book, link
    from fleet.planner.joint.changes import accept, counted, keep, locker_of
    from fleet.planner.joint.pads import chain
    from fleet.planner.joint.state import LOCKER, NOBODY, SORTIE
    from fleet.planner.kernels.trips import open_trip

if TYPE_CHECKING:
    from fleet.planner.joint.state import State
    from fleet.planner.kernels.columns import Indexes
    from fleet.planner.kernels.routes import Routes


def restore(state: State, first: Indexes, van: Indexes, following: Indexes) -> None:
    """Make the plan that is written down as the best the present one, whoever wrote it down: of each trip the first
    node and the van, and behind each node the next, or -1. Nothing may have been planned before."""
    routes = state.routes
    state.lenience = 1.0
    with cython.nogil:
        state.begin()
        _bring(state, routes)
        for trip in range(first.shape[0]):
            _drive(routes, first[trip], van[trip], following)
    counted(state)
    with cython.nogil:
        accept(state)
        keep(state)


def _bring(state: State, routes: Routes) -> None:
    """How each parcel is brought, in the lockers and on the machines."""
    for parcel in range(state.size):
        state.mode[parcel], state.way[parcel] = state.best_whole[parcel, 0], state.best_whole[parcel, 1]
        state.at[parcel], state.box[parcel] = state.best_whole[parcel, 2], state.best_whole[parcel, 3]
        state.slot[parcel] = state.best_whole[parcel, 4]
        state.since[parcel], state.until[parcel] = state.best_time[parcel, 0], state.best_time[parcel, 1]
        if state.mode[parcel] == NOBODY:
            continue
        state.found_again(parcel)
        if state.mode[parcel] == LOCKER:
            _visit(state, routes, parcel, state.at[parcel])
        elif state.mode[parcel] == SORTIE and state.sorties.port[state.way[parcel]] >= 0:
            port = state.sorties.port[state.way[parcel]]
            state.port[port, state.queue[port]] = parcel
            state.queue[port] += 1
        if state.box[parcel] >= 0:
            book(state, parcel, locker_of(state, parcel), 1)
    for machine in range(state.machines.count):
        state.length[machine] = state.best_length[machine]
        for k in range(state.length[machine]):
            state.row[machine, k] = state.best_row[machine, k]
        chain(state, machine)


def _visit(state: State, routes: Routes, parcel: int, visit: int) -> None:
    """One parcel more at a locker stop that no van makes yet."""
    node, locker = state.size + visit, state.lockers.visit_locker[visit]
    if state.held[visit] == 0:
        routes.stops.weight[node], routes.stops.volume[node] = 0.0, 0.0
        routes.service[node] = state.lockers.stop_s[locker]
    link(state, parcel, visit)
    routes.stops.weight[node] += state.parcels.weight[parcel]
    routes.stops.volume[node] += state.parcels.volume[parcel]
    routes.service[node] += state.lockers.each_s[locker]


def _drive(routes: Routes, node: int, van: int, following: Indexes) -> None:
    """One van's trip, from its first stop on."""
    trip = open_trip(routes, van, -1)
    i = routes.start_of(trip)
    while node >= 0:
        routes.found_again(node)
        routes.trip[node] = trip
        routes.link(i, node)
        i, node = node, following[node]
    routes.link(i, routes.end_of(trip))
    routes.refresh(trip)
