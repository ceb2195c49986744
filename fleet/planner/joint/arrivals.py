# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Parcels that come while a search stands: each one's neighbours, as `fleet.planner.neighbours` finds them for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleet.planner.joint.state import State
    from fleet.planner.kernels.columns import Floats
    from fleet.planner.kernels.routes import Routes

WAITING = 0.2
"""What a second of waiting counts against one of driving, as in `fleet.planner.neighbours`."""


def arrive(state: State, parcel: int, far: Floats) -> None:
    """Take in the parcel behind the last one, whose columns are filled already: nobody brings it yet. `far` is room for
    as many numbers as there are neighbours."""
    routes, held = state.routes, 0
    for v in range(routes.size):
        if v == parcel or (v >= state.count and v < state.size):
            continue
        apart = _apart(routes, parcel, v)
        if held == routes.breadth and (held == 0 or apart >= far[held - 1]):
            continue
        k = held if held < routes.breadth else held - 1
        held = k + 1
        while k > 0 and far[k - 1] > apart:
            far[k], routes.stops.near[parcel, k] = far[k - 1], routes.stops.near[parcel, k - 1]
            k -= 1
        far[k], routes.stops.near[parcel, k] = apart, v
    for k in range(routes.breadth):
        v = routes.stops.near[parcel, k] if k < held else -1
        routes.stops.near[parcel, k] = v
        if v >= 0:
            routes.near_metres[parcel, k] = routes.metric.distance(routes.place[parcel], routes.place[v])
            _hear(routes, v, parcel)
    state.count += 1
    state.miss(parcel)
    routes.cost += state.parcels.penalty[parcel]


def _apart(routes: Routes, u: int, v: int) -> float:
    """How far two stops are from each other in time, in the better of the two orders."""
    there = routes.metric.distance(routes.place[u], routes.place[v])
    there = routes.metric.duration(routes.place[u], routes.place[v], there)
    back = routes.metric.distance(routes.place[v], routes.place[u])
    back = routes.metric.duration(routes.place[v], routes.place[u], back)
    return min(_order(routes, u, v, there), _order(routes, v, u, back))


def _order(routes: Routes, u: int, v: int, leg: float) -> float:
    """What it is worth to go from one stop to another: the leg, and what is waited and late at least."""
    waits = routes.opens[v] - (routes.closes[u] + routes.service[u] + leg)
    late = routes.opens[u] + routes.service[u] + leg - routes.closes[v]
    return leg + WAITING * (waits if waits > 0.0 else 0.0) + (late if late > 0.0 else 0.0)


def _hear(routes: Routes, v: int, node: int) -> None:
    """Hold a stop among those near another one, in the place of the last, if it is nearer than that."""
    metres, k = routes.metric.distance(routes.place[v], routes.place[node]), routes.breadth - 1
    if routes.stops.near[v, k] >= 0 and routes.near_metres[v, k] <= metres:
        return
    while k > 0 and (routes.stops.near[v, k - 1] < 0 or routes.near_metres[v, k - 1] > metres):
        routes.stops.near[v, k], routes.near_metres[v, k] = (
            routes.stops.near[v, k - 1],
            routes.near_metres[v, k - 1],
        )
        k -= 1
    routes.stops.near[v, k], routes.near_metres[v, k] = node, metres
