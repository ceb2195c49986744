# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""What a search keeps: the way back from a change that it does not accept, and the best plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.kernels.routes import ABSENT, MOVED

if TYPE_CHECKING:
    from fleet.planner.kernels.routes import Routes

SAME = 1e-9
"""Costs that differ by less are the same."""


def take_back(routes: Routes) -> None:
    """Put all that was changed since `begin` back as it was."""
    for k in range(routes.heads):
        routes.begin_with(routes.log_heads[k], routes.log_head[k])
    for k in range(routes.touches):
        trip = routes.touched[k]
        if routes.van[trip] >= 0:
            node = routes.next[routes.start_of(trip)]
            while node < routes.size:
                routes.trip[node] = MOVED
                node = routes.next[node]
    for k in range(routes.touches):
        _restore(routes, routes.touched[k])
    for k in range(routes.came):
        if routes.trip[routes.log_came[k]] == MOVED:
            routes.miss(routes.log_came[k])
    for k in range(routes.touches):
        if routes.many and routes.van[routes.touched[k]] >= 0:
            routes.rechain(routes.van[routes.touched[k]])
    routes.cost, routes.uneven = routes.log_cost, routes.log_uneven


def _restore(routes: Routes, trip: int) -> None:
    """Van, stops, times and place among the van's trips as they were written down."""
    routes.van[trip] = routes.log_van[trip]
    routes.after[trip], routes.before[trip] = routes.log_after[trip], routes.log_before[trip]
    if routes.van[trip] < 0:
        return
    routes.set_ends(trip)
    i = routes.start_of(trip)
    _take_down(routes, routes.log_row[trip])
    for row in range(routes.log_row[trip] + 1, routes.log_end[trip]):
        node = routes.log_nodes[row]
        if node < routes.size and routes.trip[node] == ABSENT:
            routes.found_again(node)
        _take_down(routes, row)
        routes.next[i], routes.prev[node], routes.trip[node] = node, i, trip
        routes.onward[i] = routes.step[node]
        i = node
    routes.length[trip] = routes.log_end[trip] - routes.log_row[trip] - 2
    routes.weight[trip], routes.volume[trip] = routes.log_trip[trip, 0], routes.log_trip[trip, 1]
    routes.metres[trip], routes.release[trip] = routes.log_trip[trip, 2], routes.log_trip[trip, 3]
    routes.price[trip] = routes.log_trip[trip, 4]
    routes.span[trip], routes.early[trip] = routes.pre_span[i], routes.pre_early[i]
    routes.late[trip] = routes.pre_late[i]
    if routes.vans.breaks:
        routes.as_logged(trip)


def _take_down(routes: Routes, row: int) -> None:
    """Times of a node as they were."""
    node = routes.log_nodes[row]
    routes.pre_span[node], routes.pre_early[node] = routes.log_times[row, 0], routes.log_times[row, 1]
    routes.pre_late[node], routes.post_span[node] = routes.log_times[row, 2], routes.log_times[row, 3]
    routes.post_early[node], routes.post_late[node] = routes.log_times[row, 4], routes.log_times[row, 5]
    routes.step[node] = routes.log_times[row, 6]
    if routes.vans.breaks:
        for k in range(3):
            routes.choice.pre[node, k] = routes.log_rest[row, k]
            routes.choice.post[node, k] = routes.log_rest[row, 3 + k]


def accept(routes: Routes) -> None:
    """What was changed since `begin` stays."""
    for k in range(routes.touches):
        trip = routes.touched[k]
        if routes.dirty[trip] == 0:
            routes.dirty[trip] = 1
            routes.dirty_list[routes.dirties] = trip
            routes.dirties += 1


def better(routes: Routes) -> bool:
    """Whether the present plan is better than the best so far, penalties counting whole."""
    cost = routes.cost + SAME
    if cost < routes.best_cost and routes.lenience < 1.0:
        for k in range(routes.missing):
            cost += (1.0 - routes.lenience) * routes.stops.penalty[routes.absent[k]]
    return cost < routes.best_cost


def keep(routes: Routes) -> None:
    """Write the present plan down as the best, from what changed since the last time."""
    routes.best_cost = routes.cost
    if routes.lenience < 1.0:
        for k in range(routes.missing):
            routes.best_cost += (1.0 - routes.lenience) * routes.stops.penalty[routes.absent[k]]
    for k in range(routes.dirties):
        trip = routes.dirty_list[k]
        routes.dirty[trip] = 0
        routes.best_van[trip] = routes.van[trip]
        routes.best_before[trip], routes.best_rest[trip] = routes.before[trip], routes.rest_at[trip]
        if routes.van[trip] < 0:
            continue
        node = routes.start_of(trip)
        while node != routes.end_of(trip):
            routes.best_next[node] = routes.next[node]
            node = routes.next[node]
    routes.dirties = 0


def counted(routes: Routes) -> float:
    """The cost of the present plan, added up anew; it replaces the sum that the search keeps."""
    cost = 0.0
    for k in range(routes.missing):
        cost += routes.lenience * routes.stops.penalty[routes.absent[k]]
    for trip in range(routes.slots):
        if routes.van[trip] >= 0:
            cost += routes.price[trip]
            if routes.before[trip] < 0:
                cost += routes.vans.fixed[routes.type[trip]]
    routes.cost = cost
    return cost


def mean_length(routes: Routes) -> float:
    """Stops of a trip, on average; 1 where there are no trips."""
    trips = 0
    for trip in range(routes.slots):
        if routes.van[trip] >= 0:
            trips += 1
    served = 1.0 * (routes.size - routes.missing)  # else C would divide whole numbers
    return served / trips if trips > 0 else 1.0


def best(routes: Routes) -> list[tuple[int, list[list[int]]]]:
    """The best plan: each van that is used, with the stops of its trips in turn."""
    return [(van, [_best_stops(routes, trip) for trip in trips]) for van, trips in best_trips(routes)]


def best_breaks(routes: Routes) -> dict[int, tuple[int, int]]:
    """Of the best plan the vans whose drivers take their break under way: on which of the trips, behind how many
    stops."""
    return {
        van: (number, int(routes.best_rest[trip]))
        for van, trips in best_trips(routes)
        for number, trip in enumerate(trips)
        if routes.best_rest[trip] >= 0
    }


def best_trips(routes: Routes) -> list[tuple[int, list[int]]]:
    """The best plan: each van that is used, with its trips in turn."""
    behind: dict[int, int] = {}
    first: dict[int, int] = {}
    for trip in range(routes.slots):
        if routes.best_van[trip] >= 0:
            if routes.best_before[trip] >= 0:
                behind[routes.best_before[trip]] = trip
            else:
                first[routes.best_van[trip]] = trip
    found = []
    for van in sorted(first):
        trip, trips = first[van], []
        while trip >= 0:
            trips.append(trip)
            trip = behind.get(trip, -1)
        found.append((van, trips))
    return found


def _best_stops(routes: Routes, trip: int) -> list[int]:
    stops, node = [], routes.best_next[routes.start_of(trip)]
    while node != routes.end_of(trip):
        stops.append(node)
        node = routes.best_next[node]
    return stops
