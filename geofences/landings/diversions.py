"""Ways from a part of a path to landing sites, and which of them is the shortest clear one where.

A part is halved until one way is proved clear from all of it and every shorter one is proved blocked, or until it is
as short as the tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from geofences.geometry.geodesy import Floats
from geofences.landings.regions import XY, Region, Verdict, leg, triangle, upright
from geofences.landings.swept import Air, Cast, Near
from geofences.model.altitude import Interval
from geofences.model.zone import Position

Verdicts = dict[int, Verdict]


@dataclass(frozen=True, slots=True)
class Diverting:
    """How a vehicle flies to a site: level, at a speed over ground between two, not farther than a range; then
    straight down.
    """

    slowest_mps: float
    fastest_mps: float
    range_m: float
    descent_mps: float = 2.0

    @property
    def speeds(self) -> Interval:
        """Slowest and fastest."""
        return Interval(self.slowest_mps, self.fastest_mps)


@dataclass(frozen=True, slots=True)
class Part:
    """A straight part of a path: metres along it, heights, times (Unix seconds) and places of both ends, and by how
    many seconds the times may be wrong at most.
    """

    along: Interval
    alts: tuple[float, float]
    times: Interval
    places: tuple[Position, Position]
    within_s: float = 0.0

    def between(self, low: float, high: float) -> Part:
        """What lies between two fractions of it."""
        if (low, high) == (0.0, 1.0):
            return self
        (lon, lat), (to_lon, to_lat) = self.places
        east, north = (to_lon - lon + 180.0) % 360.0 - 180.0, to_lat - lat
        places = [((lon + east * each + 180.0) % 360.0 - 180.0, lat + north * each) for each in (low, high)]
        alts = [self.alts[0] + (self.alts[1] - self.alts[0]) * each for each in (low, high)]
        begin, long_m = self.along.low, self.along.high - self.along.low
        along = Interval(begin + long_m * low, begin + long_m * high)
        return Part(
            along, (alts[0], alts[1]), self.times_between(low, high), (places[0], places[1]), self.within_s
        )

    def size_m(self, flying: Diverting) -> float:
        """How much changes from end to end, as metres."""
        flown_m = (self.times.high - self.times.low) * flying.fastest_mps
        return max(self.along.high - self.along.low, abs(self.alts[1] - self.alts[0]), flown_m)

    def heights(self, low: float, high: float) -> Interval:
        """The heights between two fractions of it."""
        both = [self.alts[0] + (self.alts[1] - self.alts[0]) * each for each in (low, high)]
        return Interval(min(both), max(both))

    def when(self, low: float, high: float) -> Interval:
        """From when until when a vehicle may be between two fractions of it."""
        begin, end = self.times_between(low, high)
        return Interval(begin - self.within_s, end + self.within_s)

    def times_between(self, low: float, high: float) -> Interval:
        """When it is due at two fractions of it."""
        begin, lasts = self.times.low, self.times.high - self.times.low
        return Interval(begin + lasts * low, begin + lasts * high)


@dataclass(frozen=True, eq=False)
class Way:
    """A way from a part of a path, whose ends on the plane are given: straight to a gate, then along legs to a site."""

    site: int
    air: Air
    ends: tuple[XY, XY]
    points: tuple[XY, ...]
    """From the gate to the site, which is the gate of a straight way."""
    via: tuple[Position, ...]
    ground: Interval
    met: set[str] = field(default_factory=set)
    """The zones that were found to be in the way."""
    judged: dict[tuple[float, float], Verdict] = field(default_factory=dict)

    @cached_property
    def down(self) -> Cast:
        """What stands in the way down."""
        return self.air.down(self.points[-1])

    @cached_property
    def cast(self) -> Cast:
        """What stands in the way, from which points of the part."""
        return self.air.cast(self.ends, self.points)

    @cached_property
    def rest_m(self) -> float:
        """How long it is from the gate on."""
        return sum(math.dist(a, b) for a, b in pairwise(self.points))

    def at(self, share: float) -> XY:
        """A point of the part on the plane."""
        (x0, y0), (x1, y1) = self.ends
        return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share

    def length_m(self, share: float) -> float:
        """How long it is from a point of the part."""
        return math.dist(self.at(share), self.points[0]) + self.rest_m

    def lengths_m(self, low: float, high: float) -> Interval:
        """The shortest and longest that it is between two fractions of the part."""
        a, b, gate = self.at(low), self.at(high), self.points[0]
        nearest = _away_m(a, b, gate)
        longest = max(math.dist(a, gate), math.dist(b, gate))
        return Interval(nearest + self.rest_m, longest + self.rest_m)

    def slope(self, share: float) -> float:
        """By how much its length grows for the whole part, at a point of it."""
        (x, y), (gx, gy) = self.at(share), self.points[0]
        away = math.dist((x, y), (gx, gy))
        (x0, y0), (x1, y1) = self.ends
        return ((x - gx) * (x1 - x0) + (y - gy) * (y1 - y0)) / away if away > 0.0 else 0.0

    def regions(
        self, part: Part, flying: Diverting, low: float, high: float
    ) -> Iterator[tuple[Near, Region]]:
        """All that is flown through from between two fractions of a part and may meet anything, with what that is:
        where it is most likely in the way first.
        """
        heights, leave, speeds = part.heights(low, high), part.when(low, high), flying.speeds
        lengths = self.lengths_m(low, high)
        bottom = min(self.ground.low, heights.low)
        lasts_s = (heights.high - bottom) / flying.descent_mps
        there = Interval(
            leave.low + lengths.low / speeds.high, leave.high + lengths.high / speeds.low + lasts_s
        )
        (down,), (fanned, *rest) = self.down.rest, self.cast.rest
        if not self.air.is_free(down):
            yield down, upright(self.points[-1], bottom, heights, there)
        if not self.air.is_free(fanned):
            yield fanned, triangle(self.at(low), self.at(high), self.points[0], heights, leave, speeds)
        flown = Interval(lengths.low - self.rest_m, lengths.high - self.rest_m)
        for (a, b), near in zip(pairwise(self.points), rest, strict=True):
            begun = Interval(leave.low + flown.low / speeds.high, leave.high + flown.high / speeds.low)
            if not self.air.is_free(near):
                yield near, leg(a, b, heights, begun, speeds)
            flown = flown.shifted(math.dist(a, b))

    def judge(self, part: Part, flying: Diverting, low: float, high: float) -> Verdict:
        """Whether it is clear, and short enough, from all points between two fractions of a part; or from none."""
        found = self.judged.get((low, high))
        if found is None:
            found = self.judged[low, high] = self._judge(part, flying, low, high)
        return found

    def _shaded(self, part: Part, low: float, high: float) -> Verdict:
        """What is known by shadows alone."""
        heights = part.heights(low, high)
        bottom = min(self.ground.low, heights.low)
        down = self._down(low, high, bottom, heights)
        if down is Verdict.BLOCKED:
            return down
        return max(down, self.cast.met.judge(low, high, heights, heights, self.met))

    def _down(self, low: float, high: float, bottom_m: float, tops: Interval) -> Verdict:
        # All heights are passed from the lowest top to the bottom: to be met at one of them is enough.
        passed = Interval(tops.low, bottom_m)
        return self.down.met.judge(low, high, Interval(bottom_m, tops.high), passed, self.met)

    def is_shut(self, bottom_m: float, tops: Interval, times: Interval) -> bool:
        """Whether nothing can come down at its end, from any of these heights at any of these times."""
        if self._down(0.0, 1.0, bottom_m, tops) is Verdict.BLOCKED:
            return True
        region = upright(self.points[-1], bottom_m, tops, times)
        return self.air.judge(region, self.down.rest[0], self.met) is Verdict.BLOCKED

    def _judge(self, part: Part, flying: Diverting, low: float, high: float) -> Verdict:
        lengths = self.lengths_m(low, high)
        if lengths.low > flying.range_m or self.ground.low > part.heights(low, high).high:
            return Verdict.BLOCKED
        within = lengths.high <= flying.range_m and self.ground.low <= part.heights(low, high).low
        worst = max(Verdict.CLEAR if within else Verdict.MIXED, self._shaded(part, low, high))
        if worst is Verdict.BLOCKED:
            return worst
        for near, region in self.regions(part, flying, low, high):
            worst = max(worst, self.air.judge(region, near, self.met))
            if worst is Verdict.BLOCKED:
                break
        return worst


@dataclass(frozen=True, eq=False)
class Beginning:
    """A part itself on the plane of some air: where it comes too near to a zone, no way that begins there is clear."""

    air: Air
    ends: tuple[XY, XY]
    met: set[str] = field(default_factory=set)

    @cached_property
    def near(self) -> Near:
        """What lies near it."""
        return self.air.near((self.ends[0], self.ends[0]), self.ends[1])

    def judge(self, part: Part, flying: Diverting, low: float, high: float) -> Verdict:
        """CLEAR where all between two fractions of the part is."""
        if self.air.is_free(self.near):
            return Verdict.CLEAR
        (x0, y0), (x1, y1) = self.ends
        a, b = ((x0 + (x1 - x0) * each, y0 + (y1 - y0) * each) for each in (low, high))
        region = triangle(a, b, b, part.heights(low, high), part.when(low, high), flying.speeds)
        return self.air.judge(region, self.near, self.met)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The way that is taken between two fractions of a part, or none; and what would be shorter but is not clear."""

    low: float
    high: float
    way: Way | None
    missed: tuple[Way, ...]
    stopped: bool = False
    from_zone: bool = False
    """Whether no way can be proved clear as the part itself comes too near to a zone."""


def choose(
    part: Part,
    own: Beginning,
    ways: Sequence[Way],
    flying: Diverting,
    tolerance_m: float,
    stop: Callable[[], bool],
) -> list[Chosen]:
    """The shortest way that is clear, from each point of a part; what it says is clear is so for all of it. `stop` is
    asked before each stretch.
    """
    smallest = tolerance_m / max(part.size_m(flying), tolerance_m)
    every = _Ways(ways)
    waiting: list[tuple[float, float, Verdicts]] = [(0.0, 1.0, {})]
    chosen = []
    while waiting:
        low, high, known = waiting.pop()
        if stop():
            chosen.append(Chosen(low, high, None, (), stopped=True))
            continue
        from_zone = own.judge(part, flying, low, high) is not Verdict.CLEAR
        best, rivals = (
            (None, []) if from_zone else _shortest(part, every, flying, tolerance_m, low, high, known)
        )
        open_ = from_zone or any(known[number] is not Verdict.BLOCKED for number in rivals)
        if high - low > smallest and open_:
            middle = (low + high) / 2.0
            left = {number: each for number, each in known.items() if each is not Verdict.MIXED}
            waiting += [(middle, high, dict(left)), (low, middle, dict(left))]
        else:  # at the tolerance, what is not proved to be clear counts as blocked
            missed = tuple(ways[number] for number in rivals if known[number] is not Verdict.CLEAR)
            way = None if best is None else ways[best]
            chosen.append(Chosen(low, high, way, missed, from_zone=from_zone))
    return chosen


class _Ways:
    """Ways from one part, and how long they are, all at once."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self.each = ways
        rows = [(*way.ends[0], *way.ends[1], *way.points[0], way.rest_m) for way in ways]
        x, y, to_x, to_y, gate_x, gate_y, self._rest = np.array(rows, dtype=np.float64).reshape(-1, 7).T
        # Seen from each gate.
        self._x, self._y, self._east, self._north = x - gate_x, y - gate_y, to_x - x, to_y - y
        self._square = np.maximum(self._east**2 + self._north**2, 1e-12)

    def lengths_m(self, low: float, high: float) -> tuple[Floats, Floats]:
        """The shortest and the longest that each is between two fractions of the part."""
        nearest = -(self._x * self._east + self._y * self._north) / self._square
        least, first, last = (self._away(each) for each in (np.clip(nearest, low, high), low, high))
        return least + self._rest, np.maximum(first, last) + self._rest

    def _away(self, share: Floats | float) -> Floats:
        return np.hypot(self._x + self._east * share, self._y + self._north * share)


def _shortest(
    part: Part,
    ways: _Ways,
    flying: Diverting,
    tolerance_m: float,
    low: float,
    high: float,
    known: Verdicts,
) -> tuple[int | None, list[int]]:
    """The clear way that is shortest at its longest, and all that may be shorter somewhere; what is found out about
    them goes into `known`.
    """
    shortest, longest = ways.lengths_m(low, high)
    best: int | None = None
    limit_m, looked = math.inf, list[int]()
    for number in np.argsort(shortest, kind="stable").tolist():
        if shortest[number] > limit_m:
            break
        if number not in known:
            known[number] = ways.each[number].judge(part, flying, low, high)
        looked.append(number)
        if known[number] is Verdict.CLEAR and longest[number] < limit_m:
            best, limit_m = number, float(longest[number])
    if best is None:
        return None, looked
    mine = ways.each[best]
    return best, [
        number
        for number in looked
        if number != best and not _never_longer(mine, ways.each[number], low, high, tolerance_m)
    ]


def _never_longer(one: Way, other: Way, low: float, high: float, tolerance_m: float) -> bool:
    """Whether a way is nowhere longer than another one, by more than the tolerance.

    Lengths are convex along a straight part: below their chord, above their tangents.
    """
    mine = one.length_m(low), one.length_m(high)
    other_low, other_high = other.length_m(low), other.length_m(high)
    step = high - low
    from_low = max(mine[0] - other_low, mine[1] - (other_low + other.slope(low) * step))
    from_high = max(mine[1] - other_high, mine[0] - (other_high - other.slope(high) * step))
    return min(from_low, from_high) <= tolerance_m


def _away_m(a: XY, b: XY, point: XY) -> float:
    """How far a point is from a straight line between two."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    long = dx * dx + dy * dy
    share = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / long if long > 0.0 else 0.0
    share = min(1.0, max(0.0, share))
    return math.dist(point, (a[0] + dx * share, a[1] + dy * share))


def ends_on(air: Air, part: Part) -> tuple[XY, XY]:
    """Both ends of a part on the plane of some air."""
    (x0, y0), (x1, y1) = air.plane.to_xy(part.places).tolist()
    return (x0, y0), (x1, y1)


def on_plane(air: Air, places: Sequence[Position] | Floats) -> tuple[XY, ...]:
    """Places on the plane of some air."""
    points: Floats = air.plane.to_xy(np.array(places))
    return tuple((x, y) for x, y in points.tolist())
