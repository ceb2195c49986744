# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""What drivers were shown, and which vans do something else now: each of them costs a toll."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.kernels.fairness import weigh_hours

if TYPE_CHECKING:
    from fleet.planner.joint.state import State
    from fleet.planner.kernels.routes import Routes


def compare(state: State) -> None:
    """Find out anew which vans do something else than was shown; nothing was shown: none."""
    routes = state.routes
    for van in range(routes.head.shape[0]):
        routes.changed[van] = 1 if state.shown_first.shape[0] > 0 and _differs(state, routes, van) else 0


def weigh(state: State, routes: Routes) -> None:
    """Count what is no matter of one trip: how uneven vans' hours are, and the tolls of those whose trips were touched
    since `begin`."""
    if routes.unfair > 0.0:
        weigh_hours(routes)
    if routes.toll <= 0.0:
        return
    for k in range(routes.touches):
        trip = routes.touched[k]
        if routes.log_van[trip] >= 0:
            _mark(state, routes, routes.log_van[trip])
        if routes.van[trip] >= 0:
            _mark(state, routes, routes.van[trip])


def _mark(state: State, routes: Routes, van: int) -> None:
    """Whether a van has changed, counted."""
    differs = _differs(state, routes, van)
    if differs == (routes.changed[van] != 0):
        return
    routes.flipped[routes.flips] = van
    routes.flips += 1
    routes.changed[van] = 1 if differs else 0
    routes.cost += routes.toll if differs else -routes.toll


def unweigh(routes: Routes) -> None:
    """Which vans had changed before `weigh`; the cost is put back with the routes."""
    for k in range(routes.flips):
        van = routes.flipped[k]
        routes.changed[van] = 1 - routes.changed[van]
    routes.flips = 0


def tolls(routes: Routes) -> float:
    """What all that has changed costs."""
    cost = 0.0
    for van in range(routes.changed.shape[0]):
        if routes.changed[van] != 0:
            cost += routes.toll
    return cost


def _differs(state: State, routes: Routes, van: int) -> bool:
    """Whether a van stops elsewhere, in another order, or with other parcels for a locker."""
    expected, node = state.shown_first[van], -1
    if routes.head[van] >= 0:
        node = routes.next[routes.start_of(routes.head[van])]
    while node >= 0 and node < routes.size:
        if node != expected or (node >= state.size and _visit_differs(state, node - state.size)):
            return True
        expected = state.shown_next[node]
        node = routes.next[node]
    return expected >= 0


def _visit_differs(state: State, visit: int) -> bool:
    """Whether other parcels are brought by a visit."""
    if state.held[visit] != state.shown_held[visit]:
        return True
    parcel = state.first[visit]
    while parcel >= 0:
        if state.shown_visit[parcel] != visit:
            return True
        parcel = state.behind[parcel]
    return False
