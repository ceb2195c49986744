"""Several heights at one place: which of them count for the one that is flown, also when one of them falls silent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from fleet.weather.conditions import Observation

Rows = tuple[Observation, ...]
Span = tuple[datetime, datetime]


def that_count(by_height: Mapping[float, Rows], height_m: float, stale_after_s: float) -> dict[float, Rows]:
    """Of several heights those next to the one that is flown, below and above it: of each the rows that count.

    Where the next one below has no row that counts, being dead or not yet born, the one below that stands in, and so
    on; above as well. A row stands in from when it was said, so the two may count together for a while: the worse of
    both then does.
    """
    below = sorted((each for each in by_height if each < height_m), reverse=True)
    above = sorted(each for each in by_height if each >= height_m)
    lasts = timedelta(seconds=stale_after_s)
    found = [(each, rows) for side in (below, above) for each, rows in _in_turn(by_height, side, lasts)]
    return {each: rows for each, rows in found if rows}


def _in_turn(
    by_height: Mapping[float, Rows], nearest_first: Iterable[float], lasts: timedelta
) -> Iterator[tuple[float, Rows]]:
    known: list[Span] = []
    for height_m in nearest_first:
        lives = list(_lives(by_height[height_m], lasts))
        yield height_m, tuple(row for row, life in lives if not any(_holds(span, life) for span in known))
        known = _joined([*known, *(life for _, life in lives)])


def _lives(rows: Rows, lasts: timedelta) -> Iterator[tuple[Observation, Span]]:
    """Each row with the time for which it is the newest that counts."""
    for row, following in zip(rows, (*rows[1:], None), strict=True):
        end = row.time + lasts
        yield row, (row.time, end if following is None else min(end, following.time))


def _joined(spans: list[Span]) -> list[Span]:
    """The same times as spans that do not touch, in order."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def _holds(span: Span, life: Span) -> bool:
    return span[0] <= life[0] and life[1] <= span[1]
