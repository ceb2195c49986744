"""Sets of closed intervals on the real line, kept sorted and apart: the algebra of "from where to where"."""

import math
from collections.abc import Iterable
from typing import NamedTuple

Span = tuple[float, float]
Spans = tuple[Span, ...]

EVERYWHERE: Spans = ((-math.inf, math.inf),)
NOWHERE: Spans = ()


def union(*sets: Iterable[Span]) -> Spans:
    """All points that lie in any of the sets; spans that touch become one."""
    merged: list[Span] = []
    for low, high in sorted(span for spans in sets for span in spans):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def intersection(first: Spans, second: Spans) -> Spans:
    """All points that lie in both sets; a common end point counts (closed intervals)."""
    common = (
        (max(low, other_low), min(high, other_high))
        for low, high in first
        for other_low, other_high in second
    )
    return tuple((low, high) for low, high in common if low <= high)


def difference(first: Spans, second: Spans) -> Spans:
    """The points of `first` outside `second`, closed; a piece that shrinks to a point is dropped, unless it
    was one.
    """
    left = first
    for low, high in second:
        left = tuple(rest for span in left for rest in _cut(span, low, high))
    return left


def _cut(span: Span, low: float, high: float) -> Spans:
    start, end = span
    if high < start or low > end:
        return (span,)
    pieces = ((start, min(end, low)), (max(start, high), end))
    return tuple((a, b) for a, b in pieces if a < b)


def linear_at_least(at_start: float, at_end: float, floor: float) -> Spans:
    """Where in 0..1 the straight line from `at_start` to `at_end` is at or above `floor`."""
    if at_start >= floor and at_end >= floor:
        return ((0.0, 1.0),)
    if at_start < floor and at_end < floor:
        return NOWHERE
    crossing = min(1.0, max(0.0, (floor - at_start) / (at_end - at_start)))
    return ((crossing, 1.0),) if at_end >= floor else ((0.0, crossing),)


def linear_at_most(at_start: float, at_end: float, ceiling: float) -> Spans:
    """Where in 0..1 the straight line from `at_start` to `at_end` is at or below `ceiling`."""
    return linear_at_least(-at_start, -at_end, -ceiling)


class Sure(NamedTuple):
    """What holds surely, and what may hold: the difference is what could not be evaluated."""

    certain: Spans
    possible: Spans

    def meet(self, other: "Sure") -> "Sure":
        """Where both hold."""
        return Sure(intersection(self.certain, other.certain), intersection(self.possible, other.possible))
