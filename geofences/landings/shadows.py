"""From which points of a part of a path zones stand in straight ways to a gate: exact, worked out once for all of it.

Seen from the gate, what lies between it and the part throws a shadow on the part: a stretch of it, as whatever hangs
together leaves no gap. That is for zones that are the same everywhere and always; of others it depends on when one is
there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geofences.geometry.geodesy import Floats
from geofences.geometry.planar import Geometries
from geofences.landings.regions import XY, Verdict, fan
from geofences.model.altitude import Interval

FLAT_M = 0.01
"""A part that is seen as narrower than this has no shadows."""

_NEXT_TO = 1e-9
"""Shares by which shadows are drawn longer than rounding could make them."""


@dataclass(frozen=True, slots=True, eq=False)
class Shadows:
    """Stretches of a part (`begin` to `end`, fractions) from which a zone is met between two heights."""

    begin: Floats
    end: Floats
    low: Floats
    high: Floats
    names: tuple[str, ...]

    @classmethod
    def everywhere(cls, bounds: Floats, names: Sequence[str]) -> Shadows:
        """Of zones that are met from everywhere; `bounds` (n, 2) are their heights."""
        endless = np.full(len(bounds), math.inf)
        return cls(-endless, endless, bounds[:, 0], bounds[:, 1], tuple(names))

    def plus(self, other: Shadows) -> Shadows:
        """Both."""
        return Shadows(
            np.concatenate((self.begin, other.begin)),
            np.concatenate((self.end, other.end)),
            np.concatenate((self.low, other.low)),
            np.concatenate((self.high, other.high)),
            self.names + other.names,
        )

    def judge(self, low: float, high: float, some: Interval, every: Interval, met: set[str]) -> Verdict:
        """What is known of the ways from between two fractions, flown at `some` heights: a zone stops all of them that
        reaches at least from the lower to the upper end of `every` (turned round: that meets what is between the two).
        Zones that are in the way are added to `met`.
        """
        rows = (self.begin <= high) & (self.end >= low) & (self.low <= some.high) & (self.high >= some.low)
        if not rows.any():
            return Verdict.CLEAR
        of_all = rows & (self.begin <= low) & (self.end >= high)
        of_all &= (self.low <= every.low) & (self.high >= every.high)
        if of_all.any():
            met.add(self.names[int(np.argmax(of_all))])
            return Verdict.BLOCKED
        met.update(self.names[row] for row in np.flatnonzero(rows).tolist())
        return Verdict.MIXED


_NONE: Floats = np.empty(0)
NO_SHADOWS = Shadows(_NONE, _NONE, _NONE, _NONE, ())


def has_width(ends: tuple[XY, XY], gate: XY) -> bool:
    """Whether a part is wide enough, as seen from a gate, for shadows."""
    (x, y), (to_x, to_y) = ends
    across = (to_x - x) * (gate[1] - y) - (to_y - y) * (gate[0] - x)
    return abs(across) > FLAT_M * max(math.dist(*ends), math.dist(ends[0], gate), 1.0)


def thrown(ends: tuple[XY, XY], gate: XY, wide: Geometries, bounds: Floats, names: Sequence[str]) -> Shadows:
    """The shadows of shapes on a part that has a width; `bounds` (n, 2) are the heights of each."""
    parts, owner = shapely.get_parts(wide, return_index=True)
    if not len(parts):
        return NO_SHADOWS
    first, last, nearest, farthest = _seen(ends, gate, parts)
    # Behind the gate, or beyond the part: nothing stands in the way.
    between = (farthest > 0.0) & (nearest < 1.0 + _NEXT_TO)
    whole = between & (nearest > _NEXT_TO) & (farthest < 1.0)
    numbers, begin, end = owner[whole], first[whole], last[whole]
    others = np.flatnonzero(between & ~whole)
    cut, of = shapely.get_parts(shapely.intersection(parts[others], fan(*ends, gate)), return_index=True)
    cut, of = cut[~shapely.is_empty(cut)], of[~shapely.is_empty(cut)]
    if len(cut):
        low, high, near, _ = _seen(ends, gate, cut)
        around = near <= _NEXT_TO  # it holds the gate
        begin = np.concatenate((begin, np.where(around, -math.inf, low)))
        end = np.concatenate((end, np.where(around, math.inf, high)))
        numbers = np.concatenate((numbers, owner[others[of]]))
    return Shadows(
        begin - _NEXT_TO,
        end + _NEXT_TO,
        bounds[numbers, 0],
        bounds[numbers, 1],
        tuple(names[number] for number in numbers.tolist()),
    )


def _seen(ends: tuple[XY, XY], gate: XY, parts: Geometries) -> tuple[Floats, Floats, Floats, Floats]:
    """Of each shape: the fractions of the part between which it is seen from the gate, and the shares of the way to the
    part's line at which it begins and ends."""
    points, of = shapely.get_coordinates(parts, return_index=True)
    at = np.searchsorted(of, np.arange(len(parts)))
    (x, y), (to_x, to_y) = ends
    own_x, own_y, east, north = x - gate[0], y - gate[1], to_x - x, to_y - y
    px, py = points[:, 0] - gate[0], points[:, 1] - gate[1]
    square = own_x * north - own_y * east
    share = (px * north - py * east) / square
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = np.where(share > _NEXT_TO, (own_x * py - own_y * px) / square / share, 0.0)
    return (
        np.minimum.reduceat(fraction, at),
        np.maximum.reduceat(fraction, at),
        np.minimum.reduceat(share, at),
        np.maximum.reduceat(share, at),
    )
