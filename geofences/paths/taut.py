# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""The shortest path among walls in the plane: A* over tangents, obstacles looked at only when they are met.

A shortest path bends only at corners that stick out into free space, touches each of them, and bends towards the wall
that it passes. A corner is therefore two nodes (wall to the left, wall to the right), and from a node only lines within
the angle between its way in and the way on along its wall are of use. An obstacle's corners become nodes once a line
that would be part of the shortest path meets the obstacle; until then it does not exist for the search. That loses
nothing: a path that is best among some of the obstacles and free of all of them is best among all.

`taut.pxd` beside this file gives the names C types, and setup.py compiles both with Cython. Where that was not done
this file runs as it is: the same answers, slower.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython
import numpy as np

if not cython.compiled:
    from math import sqrt

from geofences.paths.corners import FREE, Corners

if TYPE_CHECKING:
    from geofences.paths.bends import Corner
    from geofences.paths.wallgrid import WallGrid

PARALLEL = 1e-7
"""Sines below this are none: lines along one edge meet both of its corners."""

LONGEST_M = 1e5
"""No line is longer."""

INFINITE = 1e300

FOUND, ENCLOSED, SEARCHING = 1, 0, -1

START, GOAL = 0, 2
"""Node `2 * corner` passes a corner with the wall to the left, `2 * corner + 1` to the right; these two have none."""


class Tautening:
    """A search from one point to another, done in portions."""

    def __init__(
        self, grid: WallGrid, start: Sequence[float], goal: Sequence[float], corners: Corners, obstacles: int
    ) -> None:
        self.edge: Sequence[float] = _held(grid.edges)
        self.owner: Sequence[int] = _held(grid.owners)
        self.first: Sequence[int] = _held(grid.first)
        self.items: Sequence[int] = _held(grid.items)
        self.columns, self.rows, self.step = grid.columns, grid.rows, grid.step_m
        self.west, self.south = grid.west, grid.south
        self.stamp = _held(np.zeros(len(grid.owners), dtype=np.int32))
        self.calls = 0
        self.active = _held(np.zeros(obstacles, dtype=np.int32))
        self.source = corners
        self.count = 0
        none = _held(np.zeros(0))
        self.x = self.y = self.in_x = self.in_y = self.out_x = self.out_y = none
        self.way_x = self.way_y = self.cost = none
        self.parent = _held(np.zeros(0, dtype=np.int32))
        self.goal_x, self.goal_y = goal[0], goal[1]
        self.queue: list[tuple[float, float, float, int, int]] = []
        self.expanded: list[int] = []
        self._append([(start[0], start[1], 0.0, 0.0, 0.0, 0.0), (goal[0], goal[1], 0.0, 0.0, 0.0, 0.0)])
        self.cost[START] = 0.0
        self._expand(START)

    def path(self) -> list[tuple[float, float]]:
        """The path that was found."""
        chain, node = [], GOAL
        while True:
            corner = node // 2
            chain.append((self.x[corner], self.y[corner]))
            if node == START:
                return chain[::-1]
            node = self.parent[node]

    def met(self) -> list[int]:
        """The obstacles that stood in the way of some line."""
        return [number for number, one in enumerate(self.active) if one]

    def advance(self, pops: int) -> int:
        """Go on for so many steps: FOUND, ENCLOSED or SEARCHING."""
        for _ in range(pops):
            if not self.queue:
                return ENCLOSED
            _, cost, before, node, other = heapq.heappop(self.queue)
            if cost >= self.cost[other] or before != self.cost[node]:
                continue
            u, v = node // 2, other // 2
            hit = self._hit(self.x[u], self.y[u], self.x[v], self.y[v])
            if hit >= 0:
                if not self.active[hit]:
                    self._activate(hit)
                continue
            self.cost[other] = cost
            self.parent[other] = node
            if other == GOAL:
                return FOUND
            dx, dy = self.x[v] - self.x[u], self.y[v] - self.y[u]
            length = sqrt(dx * dx + dy * dy)
            self.way_x[other], self.way_y[other] = dx / length, dy / length
            self._expand(other)
        return SEARCHING

    def blocking(self, ax: float, ay: float, bx: float, by: float) -> int:
        """The obstacle that a line meets, one that takes part if there is any; FREE where there is none."""
        return self._hit(ax, ay, bx, by)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies on the grid."""
        east, north = self.west + self.columns * self.step, self.south + self.rows * self.step
        return self.west < x < east and self.south < y < north

    def _activate(self, obstacle: int) -> None:
        first = self.count
        self.active[obstacle] = 1
        self._append(self.source.of(obstacle, self))
        for node in self.expanded:
            self._offer(node, first, self.count)

    def _expand(self, node: int) -> None:
        self.expanded.append(node)
        self._offer(node, 1, self.count)

    def _append(self, corners: Sequence[Corner]) -> None:
        if self.count + len(corners) > len(self.x):
            self._room(2 * (self.count + len(corners)))
        for corner in corners:
            self.x[self.count], self.y[self.count] = corner[0], corner[1]
            self.in_x[self.count], self.in_y[self.count] = corner[2], corner[3]
            self.out_x[self.count], self.out_y[self.count] = corner[4], corner[5]
            self.count += 1

    def _room(self, size: int) -> None:
        """Make room for so many corners."""
        self.x, self.y = _grown(self.x, size, 0.0), _grown(self.y, size, 0.0)
        self.in_x, self.in_y = _grown(self.in_x, size, 0.0), _grown(self.in_y, size, 0.0)
        self.out_x, self.out_y = _grown(self.out_x, size, 0.0), _grown(self.out_y, size, 0.0)
        self.way_x, self.way_y = _grown(self.way_x, 2 * size, 0.0), _grown(self.way_y, 2 * size, 0.0)
        self.cost, self.parent = _grown(self.cost, 2 * size, INFINITE), _grown(self.parent, 2 * size, -1)

    def _offer(self, node: int, first: int, last: int) -> None:
        """Queue the lines from a node to corners of a range that may be part of a shortest path."""
        u = node // 2
        x, y, before = self.x[u], self.y[u], self.cost[node]
        # Useful lines leave between the way in and the way on along the wall; `turn` is 1 where that is to the left.
        turn, on_x, on_y = 1.0, self.out_x[u], self.out_y[u]
        if node % 2:
            turn, on_x, on_y = -1.0, -self.in_x[u], -self.in_y[u]
        way_x, way_y = turn * self.way_x[node], turn * self.way_y[node]
        turned_x, turned_y = turn * on_x, turn * on_y
        for corner in range(first, last):
            dx, dy = self.x[corner] - x, self.y[corner] - y
            # Most are refused here, without their length.
            if (
                way_x * dy - way_y * dx < -PARALLEL * LONGEST_M
                or dx * turned_y - dy * turned_x < -PARALLEL * LONGEST_M
            ):
                continue
            length = sqrt(dx * dx + dy * dy)
            slack = PARALLEL * length
            if node != START and (
                way_x * dy - way_y * dx < -slack
                or dx * turned_y - dy * turned_x < -slack
                or dx * on_x + dy * on_y < 0.0
            ):
                continue
            other = 2 * corner
            if other != GOAL:
                if length < 1e-6:
                    continue
                enter = self.in_x[corner] * dy - self.in_y[corner] * dx
                leave = dx * self.out_y[corner] - dy * self.out_x[corner]
                if dx * self.out_x[corner] + dy * self.out_y[corner] > 0.0:
                    if enter < -slack or leave < -slack:
                        continue
                else:
                    if enter > slack or leave > slack:
                        continue
                    other += 1
            cost = before + length
            if cost < self.cost[other]:
                dx, dy = self.goal_x - self.x[corner], self.goal_y - self.y[corner]
                heapq.heappush(self.queue, (cost + sqrt(dx * dx + dy * dy), cost, before, node, other))

    def _hit(self, ax: float, ay: float, bx: float, by: float) -> int:
        """An obstacle that a line meets, one that takes part already if there is any; FREE where there is none."""
        dx, dy = bx - ax, by - ay
        length = sqrt(dx * dx + dy * dy)
        column, row = self._column(ax), self._row(ay)
        across_left, aside_left = self._column(bx) - column, self._row(by) - row
        right, up = (1 if dx > 0.0 else -1), (1 if dy > 0.0 else -1)
        across_left, aside_left = abs(across_left), abs(aside_left)
        # The shares of the line at which it comes into the next column, and row, and how far they are from each other.
        across = aside = each_across = each_aside = INFINITE
        if across_left:
            each_across = self.step / abs(dx)
            across = (self.west + (column + (1 if dx > 0.0 else 0)) * self.step - ax) / dx
        if aside_left:
            each_aside = self.step / abs(dy)
            aside = (self.south + (row + (1 if dy > 0.0 else 0)) * self.step - ay) / dy
        if length > 0.0:
            dx, dy = dx / length, dy / length
        found = FREE
        self.calls += 1
        while True:
            cell = row * self.columns + column
            for number in range(self.first[cell], self.first[cell + 1]):
                edge = self.items[number]
                if self.stamp[edge] == self.calls:
                    continue
                self.stamp[edge] = self.calls
                if self._near(5 * edge, ax, ay, dx, dy, length):
                    if self.active[self.owner[edge]]:
                        return self.owner[edge]
                    if found == FREE:
                        found = self.owner[edge]
            if across_left == 0 and aside_left == 0:
                return found
            if aside_left == 0 or (across_left != 0 and across < aside):
                across_left -= 1
                column += right
                across += each_across
            else:
                aside_left -= 1
                row += up
                aside += each_aside

    def _column(self, x: float) -> int:
        return min(self.columns - 1, max(0, int((x - self.west) / self.step)))

    def _row(self, y: float) -> int:
        return min(self.rows - 1, max(0, int((y - self.south) / self.step)))

    def _near(self, edge: int, ax: float, ay: float, dx: float, dy: float, length: float) -> bool:
        """Whether a line (from a, in direction d) comes within the edge's reach of the edge."""
        px, py = self.edge[edge] - ax, self.edge[edge + 1] - ay
        qx, qy = self.edge[edge + 2] - ax, self.edge[edge + 3] - ay
        reach = self.edge[edge + 4]
        square = reach * reach
        if length == 0.0:
            return apart(px, py, qx, qy, 0.0, 0.0) <= square
        p_off, q_off = dx * py - dy * px, dx * qy - dy * qx
        if (p_off > reach and q_off > reach) or (p_off < -reach and q_off < -reach):
            return False
        p_on, q_on = dx * px + dy * py, dx * qx + dy * qy
        if (p_on < -reach and q_on < -reach) or (p_on > length + reach and q_on > length + reach):
            return False
        if (p_off > 0.0) != (q_off > 0.0):
            crossed = p_on + (q_on - p_on) * p_off / (p_off - q_off)
            if 0.0 <= crossed <= length:
                return True
        return (
            beyond(p_on, length, p_off) <= square
            or beyond(q_on, length, q_off) <= square
            or apart(px, py, qx, qy, 0.0, 0.0) <= square
            or apart(px, py, qx, qy, dx * length, dy * length) <= square
        )


def beyond(on: float, length: float, off: float) -> float:
    """Squared distance from the line 0..length of a point that is so far along it and so far beside it."""
    out = max(-on, on - length, 0.0)
    return out * out + off * off


def apart(px: float, py: float, qx: float, qy: float, x: float, y: float) -> float:
    """Squared distance of a point from the line p..q."""
    ex, ey = qx - px, qy - py
    square, share = ex * ex + ey * ey, 0.0
    if square > 0.0:
        share = min(1.0, max(0.0, ((x - px) * ex + (y - py) * ey) / square))
    ex, ey = px + share * ex - x, py + share * ey - y
    return ex * ex + ey * ey


def _held(array: Any) -> Any:
    """An array as the compiled form takes it; lists are what plain Python is quick with."""
    return array if cython.compiled else array.tolist()


def _grown(old: Any, size: int, value: float) -> Any:
    made = np.full(size, value, dtype=np.int32 if isinstance(value, int) else np.float64)
    made[: len(old)] = old
    return _held(made)
