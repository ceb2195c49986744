"""Corners of a line in the plane as arcs of one radius, and the discs around which to go where arcs do not fit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from geofences.geometry.geodesy import Floats

Point = tuple[float, float]

SAGITTA_M = 0.05
"""Chords stray no farther than this from the arc that they stand for."""

LARGEST_STEP = math.radians(30.0)
"""No chord stands for more of an arc, however small its radius is."""

WIDEST = math.radians(160.0)
"""Corners are drawn together to one arc where they turn by so much at most: beyond, their lines meet far away."""

STRAIGHT = 1e-7
"""A turn below this is none."""

CLEAR_OF_ENDS_M = 0.5
"""A disc to go around stays so far from both ends."""

TILTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.1, 1.25)
"""How a disc is tilted to keep it off an end, in halves of the turn: at 1 it begins, or ends, at the corner."""


class Turn(NamedTuple):
    """Corners of a line that are flown as one arc: these, the directions before and after, where the lines before and
    after meet, and the turn in radians, positive to the left.
    """

    chain: tuple[Point, ...]
    way_in: Point
    way_out: Point
    tip: Point
    angle: float

    def tangent_m(self, radius_m: float) -> float:
        """How far before and after the tip the arc begins and ends."""
        return radius_m * math.tan(abs(self.angle) / 2.0)

    def halves(self) -> tuple[Turn, Turn]:
        """The turn in two, of several corners."""
        middle = len(self.chain) // 2
        (ax, ay), (bx, by) = self.chain[middle - 1 : middle + 1]
        length = math.hypot(bx - ax, by - ay)
        between = ((bx - ax) / length, (by - ay) / length)
        return (
            _turn(self.chain[:middle], self.way_in, between),
            _turn(self.chain[middle:], between, self.way_out),
        )


@dataclass(frozen=True, slots=True)
class Rounded:
    """A line with its turns, and which of these have no room: arcs would overlap, or reach beyond an end."""

    ends: tuple[Point, Point]
    turns: tuple[Turn, ...]
    misfits: frozenset[int]


class Disc(NamedTuple):
    """A disc not to come into, and where its rim is met."""

    x: float
    y: float
    radius_m: float
    out_x: float
    out_y: float

    def wider(self, share: float) -> Disc:
        """A larger one that reaches as far out."""
        more_m = self.radius_m * (share - 1.0)
        x, y = self.x - more_m * self.out_x, self.y - more_m * self.out_y
        return Disc(x, y, self.radius_m + more_m, self.out_x, self.out_y)


def rounded(points: Floats, radius_m: float) -> Rounded:
    """The turns of a line; neighbours of one direction whose arcs would overlap are drawn together to one."""
    line = _bent(points)
    turns: list[Turn] = []
    for a, b, c in zip(line[:-2], line[1:-1], line[2:], strict=True):
        now = _turn((b,), _towards(a, b), _towards(b, c))
        while turns and not _fit(turns[-1], now, radius_m) and _joins(turns[-1], now):
            before = turns.pop()
            now = _turn(before.chain + now.chain, before.way_in, now.way_out)
        turns.append(now)
    return Rounded((line[0], line[-1]), tuple(turns), frozenset(_misfits(line, turns, radius_m)))


def drawn(curve: Rounded, radius_m: float) -> tuple[Floats, Floats, list[tuple[float, float]]]:
    """The curve as chords, and as the tangents between which and the chords each arc lies; and how far along it each
    turn begins and ends.
    """
    chords, tangents, spans, along = [curve.ends[0]], [curve.ends[0]], [], 0.0
    for turn in curve.turns:
        on, about = _arc(turn, radius_m)
        begin = along + math.dist(chords[-1], on[0])
        along = begin + radius_m * abs(turn.angle)
        spans.append((begin, along))
        chords += on
        tangents += [on[0], *about, on[-1]]
    chords.append(curve.ends[1])
    tangents.append(curve.ends[1])
    return _apart(chords), _apart(tangents), spans


def discs_for(turn: Turn, ends: Sequence[Point], radius_m: float) -> Iterator[Disc]:
    """Discs that hold the corners of a turn, so that whoever goes around them keeps outside of these corners too."""
    found = [disc for disc in _candidates(turn, radius_m) if disc is not None]
    for disc in found:
        if all(math.dist((disc.x, disc.y), end) > radius_m + CLEAR_OF_ENDS_M for end in ends):
            yield disc
            return
    if len(turn.chain) > 1 and not found:
        for half in turn.halves():
            yield from discs_for(half, ends, radius_m)
    elif found:
        yield found[0]


def _candidates(turn: Turn, radius_m: float) -> Iterator[Disc | None]:
    """Discs whose rim is met in the middle of the turn, and then nearer to its begin and its end."""
    side = math.copysign(1.0, turn.angle)
    ix, iy = turn.way_in
    heading = math.atan2(iy, ix) + turn.angle / 2.0
    if abs(turn.angle) < WIDEST:
        yield _holding(turn.chain, turn.tip, heading - side * math.pi / 2.0, radius_m)
    for tilt in TILTS:
        for way in (1.0, -1.0) if tilt else (1.0,):
            out = heading - side * math.pi / 2.0 + way * tilt * turn.angle / 2.0
            ux, uy = math.cos(out), math.sin(out)
            _, farthest = max((x * ux + y * uy, (x, y)) for x, y in turn.chain)
            yield _holding(turn.chain, farthest, out, radius_m)


def _holding(chain: Sequence[Point], on: Point, out: float, radius_m: float) -> Disc | None:
    """The disc with its middle on a line in direction `out` that holds a chain and reaches out least; none does where
    the chain is too wide.
    """
    ux, uy = math.cos(out), math.sin(out)
    least, most = -math.inf, math.inf
    for x, y in chain:
        dx, dy = x - on[0], y - on[1]
        along, square = dx * ux + dy * uy, radius_m**2 - (dx * uy - dy * ux) ** 2
        if square < 0.0:
            return None
        half = math.sqrt(square)
        least, most = max(least, along - half), min(most, along + half)
    if least > most:
        return None
    return Disc(on[0] + least * ux, on[1] + least * uy, radius_m, ux, uy)


def _bent(points: Floats) -> list[Point]:
    """The points of a line without those at which it does not bend, or stands still."""
    line: list[Point] = []
    for x, y in points.tolist():
        if line and math.dist(line[-1], (x, y)) < 1e-6:
            continue
        if len(line) > 1 and abs(_angle(_towards(*line[-2:]), _towards(line[-1], (x, y)))) < STRAIGHT:
            line.pop()
        line.append((x, y))
    return line if len(line) > 1 else [line[0], line[0]]


def _towards(a: Point, b: Point) -> Point:
    length = math.dist(a, b)
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length


def _angle(before: Point, after: Point) -> float:
    cross, dot = before[0] * after[1] - before[1] * after[0], before[0] * after[0] + before[1] * after[1]
    return math.atan2(cross, dot)


def _turn(chain: tuple[Point, ...], way_in: Point, way_out: Point) -> Turn:
    legs = [way_in, *(_towards(a, b) for a, b in pairwise(chain)), way_out]
    angle = sum(_angle(a, b) for a, b in pairwise(legs))
    tip = chain[0]
    if len(chain) > 1 and abs(angle) < math.pi:
        dx, dy = chain[-1][0] - chain[0][0], chain[-1][1] - chain[0][1]
        along = (dx * way_out[1] - dy * way_out[0]) / math.sin(angle)
        tip = (chain[0][0] + along * way_in[0], chain[0][1] + along * way_in[1])
    return Turn(chain, way_in, way_out, tip, angle)


def _fit(before: Turn, after: Turn, radius_m: float) -> bool:
    """Whether one arc ends before the next begins."""
    dx, dy = after.tip[0] - before.tip[0], after.tip[1] - before.tip[1]
    room_m = dx * after.way_in[0] + dy * after.way_in[1]
    return before.tangent_m(radius_m) + after.tangent_m(radius_m) <= room_m + 1e-6


def _joins(before: Turn, after: Turn) -> bool:
    return before.angle * after.angle > 0.0 and abs(before.angle + after.angle) <= WIDEST


def _misfits(line: Sequence[Point], turns: Sequence[Turn], radius_m: float) -> Iterator[int]:
    for number, (before, after) in enumerate(pairwise(turns)):
        if not _fit(before, after, radius_m):
            yield from (number, number + 1)
    for number, end, sign in ((0, line[0], -1.0), (len(turns) - 1, line[-1], 1.0)):
        if turns:
            turn = turns[number]
            way = turn.way_in if sign < 0.0 else turn.way_out
            room_m = sign * ((end[0] - turn.tip[0]) * way[0] + (end[1] - turn.tip[1]) * way[1])
            if turn.tangent_m(radius_m) > room_m + 1e-6:
                yield number


def _arc(turn: Turn, radius_m: float) -> tuple[list[Point], list[Point]]:
    """Points on an arc, its ends among them, and where the tangents at neighbours meet."""
    side, tangent_m = math.copysign(1.0, turn.angle), turn.tangent_m(radius_m)
    ix, iy = turn.way_in
    begin = (turn.tip[0] - tangent_m * ix, turn.tip[1] - tangent_m * iy)
    middle = (begin[0] - side * radius_m * iy, begin[1] + side * radius_m * ix)
    parts = max(1, math.ceil(abs(turn.angle) / _step(radius_m) - 1e-9))
    first, each = math.atan2(begin[1] - middle[1], begin[0] - middle[0]), turn.angle / parts
    about_m = radius_m / math.cos(each / 2.0)
    on = [_at(middle, radius_m, first + each * number) for number in range(parts + 1)]
    return on, [_at(middle, about_m, first + each * (number + 0.5)) for number in range(parts)]


def _step(radius_m: float) -> float:
    """How much of an arc a chord may stand for."""
    return min(LARGEST_STEP, 2.0 * math.acos(max(0.0, 1.0 - SAGITTA_M / radius_m)))


def _at(middle: Point, radius_m: float, angle: float) -> Point:
    return middle[0] + radius_m * math.cos(angle), middle[1] + radius_m * math.sin(angle)


def _apart(points: Sequence[Point]) -> Floats:
    """Points without repetitions; both ends stay."""
    kept = [a for a, b in pairwise(points) if math.dist(a, b) > 1e-3] if len(points) > 2 else [points[0]]
    kept = kept if kept and kept[0] == points[0] else [points[0], *kept]
    return np.array([*kept, points[-1]])
