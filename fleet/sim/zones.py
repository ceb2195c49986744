"""The true zones, as plain polygons with heights and times, read by code of this package's own.

The judge must not share the hub's reading or checking of zones. What this code can't read for certain it refuses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from fleet.sim.geo import Piece, Point

Ring = tuple[tuple[float, float], ...]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class TrueZone:
    """One forbidden volume. ``rings`` are an outline and its holes; it counts from ``since`` (added while the day runs)
    within its own ``times`` (none: always). ``on_approval``: whether an approval lifts it, for the zone of this
    ``country`` (in capitals)."""

    zone_id: str
    rings: tuple[Ring, ...]
    low_m: float
    high_m: float
    times: tuple[tuple[datetime | None, datetime | None], ...] = ()
    since: datetime | None = None
    country: str = ""
    on_approval: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the outline."""
        lons, lats = zip(*self.rings[0], strict=True)
        return min(lons), min(lats), max(lons), max(lats)

    def entered_by(self, piece: Piece) -> datetime | None:
        """The first moment at which the piece of track is inside while height and time fit; none when it never is."""
        spans = self.within(piece)
        return piece.begins + (piece.ends - piece.begins) * spans[0][0] if spans else None

    def within(self, piece: Piece) -> list[Span]:
        """The shares of the piece of track that are inside while height and time fit, in order; those that touch are
        one."""
        heights = shares_within(piece, self.low_m, self.high_m)
        if heights is None or not self._may_touch(piece):
            return []
        inside = [s for area in self._inside(piece) if (s := _both(area, heights)) is not None]
        found: list[Span] = []
        for low, high in sorted(
            s for a in inside for t in self._active(piece) if (s := _both(a, t)) is not None
        ):
            if found and low <= found[-1][1]:
                found[-1] = found[-1][0], max(found[-1][1], high)
            else:
                found.append((low, high))
        return found

    def holds(self, point: Point) -> bool:
        """Whether a position lies in the outline and in none of the holes (even-odd rule), whatever its height."""
        return sum(_crossings(ring, point) for ring in self.rings) % 2 == 1

    def _may_touch(self, piece: Piece) -> bool:
        west, south, east, north = self.box
        a, b = piece.start, piece.end
        apart_lon = max(a.lon, b.lon) < west or min(a.lon, b.lon) > east
        return not (apart_lon or max(a.lat, b.lat) < south or min(a.lat, b.lat) > north)

    def _inside(self, piece: Piece) -> Iterator[Span]:
        """The shares of the piece that lie inside the outline."""
        cuts = sorted({0.0, 1.0, *(s for ring in self.rings for s in _cuts(ring, piece))})
        for low, high in pairwise(cuts):
            middle = (low + high) / 2
            a, b = piece.start, piece.end
            if self.holds(Point(a.lon + (b.lon - a.lon) * middle, a.lat + (b.lat - a.lat) * middle, 0.0)):
                yield low, high

    def _active(self, piece: Piece) -> Iterator[Span]:
        """The shares of the piece during which the zone counts."""
        for start, end in self.times or ((None, None),):
            begin = max((t for t in (start, self.since) if t is not None), default=None)
            low = 0.0 if begin is None or begin <= piece.begins else share_at(piece, begin)
            high = 1.0 if end is None or end >= piece.ends else share_at(piece, end)
            if 0.0 <= low <= high <= 1.0:
                yield low, high


def share_at(piece: Piece, at: datetime) -> float:
    """Where a moment lies, 0 at the beginning of a piece and 1 at its end; outside of these before and after it."""
    span = (piece.ends - piece.begins).total_seconds()
    passed = (at - piece.begins).total_seconds()
    return passed / span if span > 0 else math.copysign(2.0, passed)


def shares_within(piece: Piece, low: float, high: float) -> Span | None:
    """The shares of a piece at which its height lies within low..high; none where it never does."""
    start, end = piece.start.alt_m, piece.end.alt_m
    if start == end:
        return (0.0, 1.0) if low <= start <= high else None
    at = sorted(((low - start) / (end - start), (high - start) / (end - start)))
    return _both((at[0], at[1]), (0.0, 1.0))


def _both(one: Span, other: Span) -> Span | None:
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else None


def _crossings(ring: Ring, point: Point) -> int:
    """How often a ray to the east crosses the ring."""
    crossed = 0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > point.lat) != (y2 > point.lat):
            crossed += point.lon < x1 + (point.lat - y1) / (y2 - y1) * (x2 - x1)
    return crossed


def _cuts(ring: Ring, piece: Piece) -> Iterator[float]:
    """The shares of the piece at which it crosses the ring."""
    a, dx, dy = piece.start, piece.end.lon - piece.start.lon, piece.end.lat - piece.start.lat
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        ex, ey = x2 - x1, y2 - y1
        cross = dx * ey - dy * ex
        if cross == 0.0:
            continue
        share = ((x1 - a.lon) * ey - (y1 - a.lat) * ex) / cross
        along = ((x1 - a.lon) * dy - (y1 - a.lat) * dx) / cross
        if 0.0 < share < 1.0 and 0.0 <= along <= 1.0:
            yield share
