"""Shortest paths among polygons in the plane: corners as nodes, only tangent lines as edges, A* over them.

A shortest path bends only at corners that stick out into free space, and touches each of them: both
neighbours of the corner on its ring lie on the same side of the line. All other pairs are dropped before
anything is tested exactly.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import polygon as rings
from shapely.geometry.base import BaseGeometry

from geofences.errors import GeofenceError
from geofences.geodesy import Floats
from geofences.planar import Geometries, lines

CLEARANCE_M = 4.0
"""Corners lie about this far outside the obstacle, and lines between them at least a quarter of it."""

Bools = npt.NDArray[np.bool_]


class Exhausted(GeofenceError):
    """The search was told to stop."""


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """Corners of obstacles with their neighbours on the ring, arrays of shape (n, 2) in metres."""

    at: Floats
    before: Floats
    after: Floats

    @classmethod
    def none(cls) -> "Corners":
        """No corner."""
        empty = np.empty((0, 2))
        return cls(empty, empty, empty)

    def joined(self, *others: "Corners") -> "Corners":
        """These and the others."""
        every = (self, *others)
        return Corners(
            np.concatenate([one.at for one in every]),
            np.concatenate([one.before for one in every]),
            np.concatenate([one.after for one in every]),
        )

    def only(self, chosen: Bools) -> "Corners":
        """Some of them."""
        return Corners(self.at[chosen], self.before[chosen], self.after[chosen])


def corners_of(obstacle: BaseGeometry) -> Corners:
    """The corners around which a path may bend, just outside the obstacle."""
    outside = shapely.buffer(obstacle, CLEARANCE_M, join_style="mitre", mitre_limit=2.0)
    plain = shapely.simplify(outside, CLEARANCE_M * 0.75)
    found = Corners.none()
    for part in shapely.get_parts(plain).tolist():
        turned = rings.orient(part)  # the obstacle to the left of each ring, holes included
        found = found.joined(*(_convex(shapely.get_coordinates(ring)) for ring in shapely.get_rings(turned)))
    return found


def _convex(ring: Floats) -> Corners:
    at = ring[:-1]
    before, after = np.roll(at, 1, axis=0), np.roll(at, -1, axis=0)
    return Corners(at, before, after).only(_cross(at - before, after - at) > 0.0)


def _cross(first: Floats, second: Floats) -> Floats:
    return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])


def shortest(
    ends: Floats, corners: Corners, blocked: Callable[[Geometries], Bools], stop: Callable[[], bool]
) -> Floats | None:
    """The shortest path from `ends[0]` to `ends[1]` over corners along lines that are not blocked, or None.

    Raises `Exhausted` when `stop` says so; it is asked once for each node expanded.
    """
    # Start and goal come first and are their own neighbours: any line is tangent to them.
    graph = Corners(ends, ends, ends).joined(corners)
    to_goal = np.hypot(*(graph.at - ends[1]).T)
    best = np.full(len(graph.at), math.inf)
    best[0] = 0.0
    parent = np.zeros(len(graph.at), dtype=np.intp)
    closed = np.zeros(len(graph.at), dtype=np.bool_)
    queue = [(float(to_goal[0]), 0)]
    while queue:
        _, node = heapq.heappop(queue)
        if node == 1:
            return graph.at[_chain(parent)]
        if closed[node]:
            continue
        if stop():
            raise Exhausted
        closed[node] = True
        length = np.hypot(*(graph.at - graph.at[node]).T) + best[node]
        for other in _seen(graph, node, ~closed & (length < best), blocked).tolist():
            best[other], parent[other] = length[other], node
            heapq.heappush(queue, (float(length[other] + to_goal[other]), other))
    return None


def _seen(
    graph: Corners, node: int, wanted: Bools, blocked: Callable[[Geometries], Bools]
) -> npt.NDArray[np.intp]:
    """The wanted nodes to which a tangent line from a node is free."""
    line = graph.at - graph.at[node]
    there = _cross(line, graph.before - graph.at) * _cross(line, graph.after - graph.at) >= -1e-9
    here = _cross(line, graph.before[node] - graph.at[node]) * _cross(
        line, graph.after[node] - graph.at[node]
    )
    others = np.flatnonzero(wanted & there & (here >= -1e-9))
    if not len(others):
        return others
    drawn = lines(np.broadcast_to(graph.at[node], (len(others), 2)), graph.at[others])
    return others[~blocked(drawn)]


def _chain(parent: npt.NDArray[np.intp]) -> list[int]:
    chain = [1]
    while chain[-1] != 0:
        chain.append(int(parent[chain[-1]]))
    return chain[::-1]
