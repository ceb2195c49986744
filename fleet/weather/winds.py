"""Bounds of the winds that count for something: how weak, how strong, and from which arc of directions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

WHOLE_DEG: Final = 180.0
"""Half of the whole circle: the wind may come from anywhere."""

LIGHT_MPS: Final = 1.0
"""A wind weaker than this has no direction that matters: beside others it counts from anywhere."""


EQUAL: Final = 1e-6
"""Strengths that differ by a smaller share may be the same."""


class Winds(NamedTuple):
    """A set in which all winds lie that count: each blows with ``weakest_mps`` to ``strongest_mps`` from within
    ``turns_deg`` to either side of ``from_deg``, or from anywhere with ``stray_mps`` at most.

    From 90° to either side on the arc is the whole circle (``turns_deg`` 180): between two winds that lie 180° apart
    nobody knows which way it turned.
    """

    strongest_mps: float
    weakest_mps: float
    from_deg: float
    turns_deg: float = 0.0
    stray_mps: float = 0.0

    @property
    def anywhere(self) -> bool:
        """Whether the direction is not known."""
        return self.turns_deg >= WHOLE_DEG

    def hold(self, mps: float, from_deg: float) -> bool:
        """Whether one wind lies among them."""
        within = self.anywhere or abs(turn_deg(self.from_deg, from_deg)) <= self.turns_deg
        return mps <= self.stray_mps or (within and self.weakest_mps <= mps <= self.strongest_mps)

    def times(self, factor: float, most_mps: float) -> Winds:
        """The same winds so many times as strong, none stronger than ``most_mps``."""
        strongest, weakest, stray = (
            min(mps * factor, most_mps) for mps in (self.strongest_mps, self.weakest_mps, self.stray_mps)
        )
        return self._replace(strongest_mps=strongest, weakest_mps=weakest, stray_mps=stray)

    def blown(self, more_mps: float, from_deg: float) -> Winds:
        """A set that holds all of them with a wind of so many m/s from one direction added."""
        weakest, strongest = self.weakest_mps, self.strongest_mps
        stray = self.stray_mps + more_mps if self.stray_mps > 0 else 0.0
        if self.anywhere:
            return self._replace(
                strongest_mps=strongest + more_mps, weakest_mps=max(0.0, weakest - more_mps), stray_mps=stray
            )
        off = abs(turn_deg(self.from_deg, from_deg))
        near, far = (
            math.radians(max(off - self.turns_deg, 0.0)),
            math.radians(min(off + self.turns_deg, 180.0)),
        )
        kindest = min(max(-more_mps * math.cos(far), weakest), strongest)
        if self.turns_deg > 0 and weakest <= more_mps * (1 + EQUAL):
            # Each sum blows from between one of these directions and that of the other wind. Of two as strong it turns
            # about at once where they are opposite.
            middle, turns = arc_of([(self.from_deg, self.turns_deg), (from_deg, 0.0)])
        else:
            middle, turns = self._turned(more_mps, from_deg)
        return Winds(
            max(_length(mps, more_mps, near) for mps in (weakest, strongest)),
            _length(kindest, more_mps, far),
            middle,
            turns,
            stray,
        )

    def _turned(self, more_mps: float, other_deg: float) -> tuple[float, float]:
        """The arc that the sums with another wind blow from, which is weaker than any of these, or these are of one
        direction: at the ends of strength and direction a sum turns most. Counted on past half the circle, since nearly
        opposite to a wind as strong the sum turns much faster than the direction does."""
        ends = [
            side + _turn_by(mps, more_mps, turn_deg(self.from_deg + side, other_deg))
            for mps in (self.weakest_mps, self.strongest_mps)
            for side in (-self.turns_deg, self.turns_deg)
        ]
        low, high = min(ends), max(ends)
        if high - low >= WHOLE_DEG:
            return self.from_deg, WHOLE_DEG
        return (self.from_deg + (low + high) / 2) % 360.0, (high - low) / 2


def turn_deg(from_deg: float, to_deg: float) -> float:
    """By how much one turns from one direction to another on the short way; -180 up to 180, with the clock above 0."""
    return (to_deg - from_deg + 180.0) % 360.0 - 180.0


def arc_of(arcs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The smallest arc that holds several, each a middle and how far it reaches to either side; the whole circle,
    around the first middle, where that is 180° or more.

    In an arc of less the short way between any two of its directions lies within it.
    """
    known = list(arcs)
    first = known[0][0]
    low = min(turn_deg(first, middle) - half for middle, half in known)
    high = max(turn_deg(first, middle) + half for middle, half in known)
    if high - low >= WHOLE_DEG:
        return first, WHOLE_DEG
    return (first + (low + high) / 2) % 360.0, (high - low) / 2


def together(several: Iterable[Winds]) -> Winds:
    """The winds of all of one or more sets. The directions of light winds are left out beside others."""
    known = list(several)
    if len(known) == 1:
        return known[0]
    blowing = [one for one in known if one.strongest_mps >= LIGHT_MPS] or known
    strongest_first = sorted(blowing, key=lambda one: -one.strongest_mps)
    middle, turns = arc_of((one.from_deg, one.turns_deg) for one in strongest_first)
    light = [one.strongest_mps for one in known if one.strongest_mps < LIGHT_MPS]
    return Winds(
        strongest_first[0].strongest_mps,
        min(one.weakest_mps for one in known),
        middle,
        turns,
        max([one.stray_mps for one in known] + (light if len(light) < len(known) else [])),
    )


def between(before: Winds, after: Winds, share: float) -> Winds:
    """The winds at a moment between two, ``share`` 0..1 of the way: of each that counts at both, strength and direction
    change evenly and each for itself, the direction the short way round; next to a light wind or a calm it is the
    other's.
    """
    if share in (0, 1):  # itself, from where it was told
        return after if share else before
    stray = max(before.stray_mps, after.stray_mps)
    strongest, weakest = (
        even(one, other, share)
        for one, other in (
            (before.strongest_mps, after.strongest_mps),
            (before.weakest_mps, after.weakest_mps),
        )
    )
    if _counts(before) != _counts(after):
        light, blows = (before, after) if _counts(before) < _counts(after) else (after, before)
        # Where only one counts it is light at that end alone; of several others may stay so.
        left = max(stray, light.strongest_mps) if _several(before) or _several(after) else stray
        return Winds(strongest, weakest, blows.from_deg, blows.turns_deg, left)
    middle, turns = arc_of([(before.from_deg, before.turns_deg), (after.from_deg, after.turns_deg)])
    if stray == 0 and turns < WHOLE_DEG:
        turn = turn_deg(before.from_deg, after.from_deg)
        middle = (before.from_deg + turn * share) % 360.0
        turns = even(before.turns_deg, after.turns_deg, share)
    elif not _several(before) and not _several(after):
        middle = (before.from_deg + turn_deg(before.from_deg, after.from_deg) * share) % 360.0
        turns = 0.0
    return Winds(strongest, weakest, middle, turns, stray)


def even(first: float, second: float, share: float) -> float:
    """A number between two; exact at both ends and never outside them."""
    low, high = min(first, second), max(first, second)
    return min(max(first * (1 - share) + second * share, low), high)


def _counts(winds: Winds) -> int:
    """How much its direction is worth: nothing in a calm, little while it is light."""
    return (winds.strongest_mps > 0) + (winds.strongest_mps >= LIGHT_MPS)


def _several(winds: Winds) -> bool:
    return winds.turns_deg > 0 or winds.stray_mps > 0 or winds.weakest_mps < winds.strongest_mps


def _turn_by(mps: float, more_mps: float, apart_deg: float) -> float:
    """By how much a wind turns when another is added that blows from so far beside it."""
    apart = math.radians(apart_deg)
    return math.degrees(math.atan2(more_mps * math.sin(apart), mps + more_mps * math.cos(apart)))


def _length(mps: float, more_mps: float, apart: float) -> float:
    return math.sqrt(max(mps**2 + more_mps**2 + 2 * mps * more_mps * math.cos(apart), 0.0))
