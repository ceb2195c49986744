"""How near two moving pieces come to each other while both their heights and their times agree; many pairs at once.

On a plane the distance of a point `s` (0..1) of one piece from a point `u` of the other is the root of a convex
quadratic in `s` and `u`. That their heights, and their times, differ by no more than so much are strips of the same
unit square: what is left of it is a convex polygon. The least distance over a polygon is found in its inside, where the
quadratic is flat, or on one of its edges, where it is a parabola. All of that is exact.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofences.geometry.geodesy import Floats

Bools = npt.NDArray[np.bool_]

_NEXT_TO = 1e-9
"""Rounding that is forgiven in shares of a piece: 5 micrometres on the longest one."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of pieces, one a row. `apart` (n, 2) leads from the other's start to one's own, `own` and `other` (n, 2)
    along the pieces, in metres. `low` (n, 8), `by_own`, `by_other`: a pair of points agrees where
    `by_own * s + by_other * u <= low` for all of them: within both pieces, in height and in time.
    """

    apart: Floats
    own: Floats
    other: Floats
    by_own: Floats
    by_other: Floats
    low: Floats

    @classmethod
    def of(
        cls,
        points: tuple[Floats, Floats, Floats, Floats],
        height: tuple[Floats, Floats, Floats],
        time: tuple[Floats, Floats, Floats],
        within: tuple[Floats, Floats],
    ) -> "Pairs":
        """From the ends of both pieces in metres, and how height and time differ: at both starts, and how much it grows
        along one's own and the other piece; `within` are the differences at which they still agree."""
        start, end, other_start, other_end = points
        ones, zeros = np.ones(len(start)), np.zeros(len(start))
        (height0, height_own, height_other), (time0, time_own, time_other) = height, time
        by_own = (ones, -ones, zeros, zeros, height_own, -height_own, time_own, -time_own)
        by_other = (zeros, zeros, ones, -ones, -height_other, height_other, -time_other, time_other)
        low = (
            *(ones, zeros, ones, zeros),
            *(within[0] - height0, within[0] + height0, within[1] - time0, within[1] + time0),
        )
        columns = (np.stack(each, axis=1) for each in (by_own, by_other, low))
        return cls(start - other_start, end - start, other_end - other_start, *columns)

    def since(self, own: tuple[Floats, Floats], other: tuple[Floats, Floats], after: float) -> "Pairs":
        """Only what is not before a time, of either piece: given are its start and how long it takes."""
        none = np.zeros(len(self.apart))
        return Pairs(
            self.apart,
            self.own,
            self.other,
            np.column_stack((self.by_own, -own[1], none)),
            np.column_stack((self.by_other, none, -other[1])),
            np.column_stack((self.low, own[0] - after, other[0] - after)),
        )

    def take(self, rows: npt.NDArray[np.intp]) -> "Pairs":
        """Some of the pairs."""
        return Pairs(
            *(each[rows] for each in (self.apart, self.own, self.other, self.by_own, self.by_other, self.low))
        )

    def square(self, s: Floats, u: Floats) -> Floats:
        """The square of the distance in m at shares `s` and `u`; several of each pair where these are (n, k)."""
        (apart_x, apart_y), (own_x, own_y), (other_x, other_y) = (
            each.T if s.ndim == 1 else each.T[:, :, None] for each in (self.apart, self.own, self.other)
        )
        east = apart_x + s * own_x - u * other_x
        north = apart_y + s * own_y - u * other_y
        return np.asarray(east * east + north * north)


def closest(pairs: Pairs) -> tuple[Floats, Floats, Floats]:
    """The least distance of each pair while heights and times agree (infinite where they never do), and where that is:
    the shares `s` and `u`."""
    flat_s, flat_u = _flat(pairs)
    agrees = _agree(pairs, flat_s, flat_u)
    edge_s, edge_u, there = _along_edges(pairs)
    s, u = np.column_stack((flat_s, edge_s)), np.column_stack((flat_u, edge_u))
    square = np.where(np.column_stack((agrees, there)), pairs.square(s, u), np.inf)
    rows, best = np.arange(len(square)), square.argmin(axis=1)
    return np.sqrt(square[rows, best]), s[rows, best], u[rows, best]


def _flat(pairs: Pairs) -> tuple[Floats, Floats]:
    """Where the quadratic is flat; anywhere for pieces that are parallel, whose least is on an edge too."""
    own, other, apart = pairs.own, pairs.other, pairs.apart
    a, b, c = (own * own).sum(1), (own * other).sum(1), (other * other).sum(1)
    d, e = (own * apart).sum(1), (other * apart).sum(1)
    span = a * c - b * b
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        s, u = (b * e - c * d) / span, (a * e - b * d) / span
    # Anything outside of the unit square will do where it is there, or nowhere.
    return np.nan_to_num(s, nan=-1.0).clip(-1.0, 2.0), np.nan_to_num(u, nan=-1.0).clip(-1.0, 2.0)


def _agree(pairs: Pairs, s: Floats, u: Floats) -> Bools:
    over = pairs.by_own * s[:, None] + pairs.by_other * u[:, None] - pairs.low
    size = np.abs(pairs.by_own) + np.abs(pairs.by_other)
    return np.asarray((over <= _NEXT_TO * np.maximum(size, 1.0)).all(axis=1))


def _along_edges(pairs: Pairs) -> tuple[Floats, Floats, Bools]:
    """The least distance on each edge of each polygon: where, and whether there is such an edge at all."""
    a, b = pairs.by_own, pairs.by_other
    size = np.hypot(a, b)
    there = size > _NEXT_TO  # else it holds everywhere in the square, or nowhere
    size = np.where(there, size, 1.0)
    a, b = a / size, b / size
    s0, u0 = a * pairs.low / size, b * pairs.low / size
    first, last = _clipped(pairs, s0, u0, -b, a)
    first, last = np.where(there, first, 1.0), np.where(there, last, 0.0)
    own, other = pairs.own[:, :, None], pairs.other[:, :, None]
    step = -own * b[:, None, :] - other * a[:, None, :]
    from_there = pairs.apart[:, :, None] + own * s0[:, None, :] - other * u0[:, None, :]
    length = (step * step).sum(1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        least = np.where(length > 0.0, -(from_there * step).sum(1) / length, first)
    at = np.clip(least, first, np.maximum(first, last))
    return s0 - at * b, u0 + at * a, np.asarray(first <= last + _NEXT_TO)


def _clipped(pairs: Pairs, s0: Floats, u0: Floats, ds: Floats, du: Floats) -> tuple[Floats, Floats]:
    """Between which lengths along each edge's line through (s0, u0) all the other conditions hold: (1, 0) where never.

    The condition whose edge it is holds all along it, whatever rounding makes of that.
    """
    a, b = pairs.by_own[:, None, :], pairs.by_other[:, None, :]
    others = ~np.eye(pairs.low.shape[1], dtype=np.bool_)
    left = np.where(others, pairs.low[:, None, :] - a * s0[:, :, None] - b * u0[:, :, None], 0.0)
    return _interval(np.where(others, a * ds[:, :, None] + b * du[:, :, None], 0.0), left)


def _interval(slope: Floats, left: Floats) -> tuple[Floats, Floats]:
    """Between which `x` all `slope * x <= left` of a row hold; from above its end where none does."""
    rising, falling = slope > 0.0, slope < 0.0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        at = left / slope
    last = np.where(rising, at, np.inf).min(axis=-1)
    first = np.where(falling, at, -np.inf).max(axis=-1)
    never = (~rising & ~falling & (left < -_NEXT_TO)).any(axis=-1)
    return np.where(never, 1.0, first), np.where(never, 0.0, last)


STEPS = 16
"""How often an interval is halved: to less than 0.1 m on the longest piece."""


def stretch(pairs: Pairs, s: Floats, within_m: Floats) -> tuple[Floats, Floats]:
    """Between which shares of one's own piece the pair is that near, for pairs that are so at `s`.

    Towards either end, the last share at which it still is: what is near is one stretch, since all is convex.
    """
    count = len(s)
    both = pairs.take(np.tile(np.arange(count), 2))
    limit, near = np.tile(within_m * within_m, 2), np.tile(s, 2)
    far = np.repeat((0.0, 1.0), count)
    near = np.where(_nearest_at(both, far) <= limit, far, near)
    for _ in range(STEPS):
        middle = (near + far) / 2.0
        holds = _nearest_at(both, middle) <= limit
        near, far = np.where(holds, middle, near), np.where(holds, far, middle)
    return near[:count], near[count:]


def _nearest_at(pairs: Pairs, s: Floats) -> Floats:
    """The square of the least distance with one's own share fixed."""
    first, last = _interval(pairs.by_other, pairs.low - pairs.by_own * s[:, None])
    gap = pairs.apart + pairs.own * s[:, None]
    length = (pairs.other * pairs.other).sum(1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        least = np.where(length > 0.0, (gap * pairs.other).sum(1) / length, first)
    u = np.clip(least, first, np.maximum(first, last))
    return np.where(first <= last + _NEXT_TO, pairs.square(s, u), np.inf)
