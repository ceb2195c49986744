"""The corners around which a path may bend that keeps away from rings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely

from geofences.geometry.geodesy import Floats

LARGEST_TURN = math.radians(18.0)
"""A corner stands for so much of a round at most: its tip is 1.2 % farther out, the way around 0.9 % longer."""

STRAIGHT = 1e-8
"""A turn below this is none."""

SLACK_M = 1.0
"""Small turns of a ring are drawn together where the common tip is at most this much farther out."""

Corner = tuple[float, float, float, float, float, float]
"""Position, direction of the way along the wall before, and after."""


def overhang_m(away_m: float) -> float:
    """How far the tip of a corner may stand out beyond the round that it stands for."""
    return away_m * (1.0 / math.cos(LARGEST_TURN / 2.0) - 1.0) + SLACK_M


class Edge(NamedTuple):
    """Where an edge ends, its direction, and the turn to the left into the next."""

    x: float
    y: float
    dx: float
    dy: float
    turn: float


class Turn(NamedTuple):
    """The part of the round at an edge's end from one angle to another, counted from the edge's direction."""

    edge: Edge
    begin: float
    end: float


class Bend:
    """A corner, the turns that it stands for, and the way over it: from beside the wall before, past the tip, to beside
    the wall after, as far out as tips of other corners may reach towards it.
    """

    __slots__ = ("_finer", "away_m", "corner", "over", "turns")

    def __init__(self, corner: Corner, turns: list[Turn], away_m: float) -> None:
        self.corner, self.turns, self.away_m = corner, turns, away_m
        self.over = _over(corner, turns, away_m)
        self._finer: dict[float, list[Bend]] = {}

    def finer(self, largest: float) -> list[Bend]:
        """Bends for such turns at most in place of this one; none where it stands for no more itself."""
        if len(self.turns) == 1 and self.turns[0].end - self.turns[0].begin <= largest:
            return []
        if largest not in self._finer:
            self._finer = {largest: rounds(self.turns, largest, self.away_m)}
        return self._finer[largest]


class Pocket(NamedTuple):
    """What lies behind a straight stretch of the hull: its bends are of use to a path only if the bridge over it is not
    free, or if the path begins or ends behind it.
    """

    bridge: tuple[float, float, float, float]
    bends: list[Bend]


class Outline(NamedTuple):
    """The corners of one obstacle, and its pockets."""

    bends: list[Bend]
    pockets: list[Pocket]


def outline(rings: Sequence[Floats], away_m: float) -> Outline:
    """Corners at a distance from rings that have what is to be avoided on their left."""
    bends: list[Bend] = []
    pockets: list[Pocket] = []
    for ring in rings:
        points = _apart(ring)
        hull = _hull(ring)
        kept = [number for number, point in enumerate(points) if point in hull]
        if len(kept) > 2 and _area(ring) > 0.0:
            bends += _bends(_edges([points[number] for number in kept]), away_m)
            pockets += _pockets(points, kept, away_m)
        else:
            bends += _bends(_edges(points), away_m)
    return Outline(bends, pockets)


def rounds(turns: Sequence[Turn], largest: float, away_m: float) -> list[Bend]:
    """The corners of lines that touch the circles around edges' ends, each for so much of a turn at most."""
    return [bend for turn in turns for bend in _round(turn, largest, away_m)]


def _over(
    corner: Corner, turns: list[Turn], away_m: float
) -> tuple[float, float, float, float, float, float]:
    x, y, in_x, in_y, out_x, out_y = corner
    over_m = overhang_m(away_m)
    first, last, far_m, width = (
        turns[0].edge,
        turns[-1].edge,
        away_m + over_m,
        math.hypot(in_x + out_x, in_y + out_y),
    )
    return (
        first.x + far_m * in_y,
        first.y - far_m * in_x,
        x + over_m * (in_y + out_y) / width,
        y - over_m * (in_x + out_x) / width,
        last.x + far_m * out_y,
        last.y - far_m * out_x,
    )


def _apart(ring: Floats) -> list[tuple[float, float]]:
    """The points of a closed ring, each once."""
    points = [(x, y) for x, y in ring.tolist()]
    return [b for a, b in pairwise(points) if math.dist(a, b) > 1e-9]


def _hull(ring: Floats) -> set[tuple[float, float]]:
    corners = shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(ring))).tolist()
    return {(x, y) for x, y in corners}


def _area(ring: Floats) -> float:
    (x0, y0), (x1, y1) = ring[:-1].T - ring[0][:, None], ring[1:].T - ring[0][:, None]
    return float(np.dot(x0, y1) - np.dot(x1, y0))


def _edges(points: list[tuple[float, float]]) -> list[Edge]:
    """The edges between points in a circle."""
    found = [_towards(a, b) for a, b in zip(points, points[1:] + points[:1], strict=True)]
    return [_turning(edge, after) for edge, after in zip(found, found[1:] + found[:1], strict=True)]


def _towards(a: tuple[float, float], b: tuple[float, float]) -> Edge:
    length = math.dist(a, b)
    return Edge(*b, (b[0] - a[0]) / length, (b[1] - a[1]) / length, 0.0)


def _turning(edge: Edge, after: Edge) -> Edge:
    cross, dot = edge.dx * after.dy - edge.dy * after.dx, edge.dx * after.dx + edge.dy * after.dy
    return Edge(edge.x, edge.y, edge.dx, edge.dy, math.atan2(cross, dot))


def _pockets(points: list[tuple[float, float]], kept: list[int], away_m: float) -> Iterator[Pocket]:
    for low, high in pairwise([*kept, kept[0] + len(points)]):
        if high - low > 1:
            chain = [points[number % len(points)] for number in range(low, high + 1)]
            chord = _towards(chain[0], chain[-1])
            edges = [_towards(a, b) for a, b in pairwise(chain)]
            begin = Edge(*chain[0], chord.dx, chord.dy, 0.0)
            turning = [_turning(edge, after) for edge, after in pairwise([begin, *edges, chord])]
            aside_m = away_m + overhang_m(away_m)
            aside_x, aside_y = aside_m * chord.dy, -aside_m * chord.dx
            bridge = (begin.x + aside_x, begin.y + aside_y, chord.x + aside_x, chord.y + aside_y)
            turns = [Turn(edge, 0.0, edge.turn) for edge in turning if edge.turn > STRAIGHT]
            yield Pocket(bridge, rounds(turns, LARGEST_TURN, away_m))


def _bends(edges: list[Edge], away_m: float) -> Iterator[Bend]:
    """Corners around a ring, and what part of it each stands for."""
    alone = [number + 1 for number, edge in enumerate(edges) if not STRAIGHT < edge.turn <= LARGEST_TURN]
    begin = alone[0] if alone else 0  # a run of small turns is not cut in two where the ring begins
    ordered = edges[begin:] + edges[:begin]
    number = 0
    while number < len(ordered):
        edge, taken = ordered[number], 1
        if edge.turn > LARGEST_TURN:
            yield from _round(Turn(edge, 0.0, edge.turn), LARGEST_TURN, away_m)
        elif edge.turn > STRAIGHT:
            taken, corner = _together(ordered, number, away_m)
            yield Bend(corner, [Turn(one, 0.0, one.turn) for one in ordered[number : number + taken]], away_m)
        number += taken


def _round(turn: Turn, largest: float, away_m: float) -> Iterator[Bend]:
    edge, begin, end = turn
    parts = math.ceil((end - begin) / largest - 1e-9)
    heading, each = math.atan2(edge.dy, edge.dx) + begin, (end - begin) / parts
    tip_m = away_m / math.cos(each / 2.0)
    for part in range(parts):
        before, after = heading + each * part, heading + each * (part + 1)
        middle = (before + after) / 2.0
        x, y = edge.x + tip_m * math.sin(middle), edge.y - tip_m * math.cos(middle)
        corner = (x, y, math.cos(before), math.sin(before), math.cos(after), math.sin(after))
        yield Bend(corner, [Turn(edge, begin + each * part, begin + each * (part + 1))], away_m)


def _together(edges: list[Edge], number: int, away_m: float) -> tuple[int, Corner]:
    """One corner for as many small turns as the slack allows, and how many these are."""
    first, taken, total = edges[number], 1, edges[number].turn
    best = _meeting(first, first, edges[(number + 1) % len(edges)], total, away_m)
    for last in edges[number + 1 :]:
        total += last.turn
        if last.turn <= STRAIGHT or total > LARGEST_TURN:
            break
        found = _meeting(first, last, edges[(number + taken + 1) % len(edges)], total, away_m)
        nearest = min(
            math.hypot(found[0] - one.x, found[1] - one.y) for one in edges[number : number + taken + 1]
        )
        if nearest > away_m + overhang_m(away_m):
            break
        best, taken = found, taken + 1
    return taken, best


def _meeting(first: Edge, last: Edge, after: Edge, turn: float, away_m: float) -> Corner:
    """Where the line beside `first` meets that beside `after`, which begins at the end of `last`."""
    beside_x, beside_y = first.x + away_m * first.dy, first.y - away_m * first.dx
    to_x, to_y = last.x + away_m * after.dy - beside_x, last.y - away_m * after.dx - beside_y
    along = (to_x * after.dy - to_y * after.dx) / math.sin(turn)
    return beside_x + along * first.dx, beside_y + along * first.dy, first.dx, first.dy, after.dx, after.dy
