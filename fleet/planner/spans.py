"""Intervals of time, in planner seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Span = tuple[int, int]
"""An interval of time, in planner seconds."""


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans' union, in order."""
    current: Span | None = None
    for start, end in sorted(spans):
        if current is not None and start <= current[1] + 1:
            current = (current[0], max(current[1], end))
        else:
            if current is not None:
                yield current
            current = (start, end)
    if current is not None:
        yield current


def overlaps(first: Iterable[Span], second: Sequence[Span]) -> Iterator[Span]:
    """What two sets of spans share."""
    for a in first:
        for b in second:
            start, end = max(a[0], b[0]), min(a[1], b[1])
            if start < end:
                yield (start, end)


def gaps(span: Span, busy: Iterable[Span]) -> Iterator[Span]:
    """What is left of a span without the busy times."""
    start = span[0]
    for begin, end in sorted(busy):
        if begin > start:
            yield from _positive(start, min(begin, span[1]))
        start = max(start, end)
    yield from _positive(start, span[1])


def _positive(start: int, end: int) -> Iterator[Span]:
    if start < end:
        yield (start, end)
