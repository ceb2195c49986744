"""Where operational intents meet: who, where, when, how near; and how long to wait until they do not."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from geofences.deconfliction.intents import ABOVE, ALT, BESIDE, COLUMNS, END, SLACK, START, TIME, Intent, Room
from geofences.geometry.closest import Pairs, closest, stretch
from geofences.geometry.geodesy import DENSIFY_OVER_M, METRES_PER_DEGREE, Floats, LocalPlane, bulge_m
from geofences.geometry.track import Waypoint, by_cell
from geofences.model.moments import utc

TOLERANCE_M = 0.1
"""Two that come this much nearer than both their rooms beside them count as meeting: it covers the plane's error."""

POLAR_LAT = 89.0
"""From here on a geodesic may pass the pole, far from the box of its ends."""

CLOCK_S = 1e-3
"""How finely the time of a position can be told."""

SHORTEST_WAIT_S = 1.0
"""A wait is lengthened by at least so much at a time."""

Index = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Encounter:
    """Two intents that meet, as one of them sees it.

    `other_id` is whom it meets. `from_at` and `until` are when its own aircraft is due where they meet. `nearest_m` is
    the least distance over ground while heights and times agree; `lon`, `lat` and `alt_amsl_m` are its own place there,
    and `at` and `other_at` when each is due at its own.
    """

    other_id: str
    from_at: datetime
    until: datetime
    nearest_m: float
    lon: float
    lat: float
    alt_amsl_m: float
    at: datetime
    other_at: datetime


def encounters(
    intent: Intent, others: Iterable[Intent], *, after: datetime | None = None
) -> tuple[Encounter, ...]:
    """Whom it meets, one for each other intent, in the order of the time at which it comes there, then of ids.

    Exact: two meet if and only if they have points whose distance is not more than both rooms beside them (and 0.1 m),
    whose heights differ by no more than both rooms above, and whose times by no more than both of time. One with the
    same id is not asked. `after`: what is due before that time does not count, of any of them. Raises `PathError` for a
    time without offset.
    """
    table = _Table.of(intent, others, after=after)
    met = [one for group in table.near() for one in _met(table, *group)]
    firsts: dict[str, list[Encounter]] = {}
    for one in met:
        firsts.setdefault(one.other_id, []).append(one)
    return tuple(sorted((_joined(each) for each in firsts.values()), key=lambda e: (e.from_at, e.other_id)))


def are_apart(intent: Intent, others: Iterable[Intent], *, after: datetime | None = None) -> bool:
    """Whether it meets nobody; `after` as for `encounters`."""
    table = _Table.of(intent, others, after=after)
    return all(_hits(table.pairs(*group), _limits(table, *group[:2]))[0].size == 0 for group in table.near())


def conforms(intent: Intent, point: Waypoint) -> bool:
    """Whether an aircraft that is there at that time, to a millisecond, is within the volumes of its intent."""
    return not are_apart(Intent("", (point,), Room(0.0, 0.0, CLOCK_S)), (intent,))


def clear_after_s(
    intent: Intent, others: Sequence[Intent], most_s: float, *, from_s: float = 0.0
) -> float | None:
    """By how much later it meets nobody: the least such delay from `from_s` on (earlier where negative), to within a
    second; none where that is more than `most_s`. Raises `ValueError` for a `from_s` or a `most_s` that is no number,
    and `PathError` for a `from_s` that is earlier than any calendar.

    Of each pair that meets it is known how long it still would, if one's own times moved on: so far is gone at once.
    """
    if not math.isfinite(from_s) or math.isnan(most_s):
        raise ValueError(f"delays must be numbers of seconds, got from {from_s} to {most_s}")
    if from_s < 0.0:
        found = clear_after_s(intent.later(from_s), others, most_s - from_s)
        return None if found is None else found + from_s
    table = _Table.of(intent, others, later_s=most_s)
    groups = [(table.pairs(*group), _limits(table, *group[:2])) for group in table.near(later_s=most_s)]
    delay = from_s
    while delay <= most_s:
        more = max((_still_s(_delayed(pairs, delay), limit) for pairs, limit in groups), default=0.0)
        if more <= 0.0:
            return delay
        delay += max(more, SHORTEST_WAIT_S)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The pieces of an intent, and those of all others that may matter to it, with whose they are."""

    own: Floats
    rows: Floats
    whose: Index
    others: tuple[Intent, ...]
    after: float | None

    @classmethod
    def of(
        cls,
        intent: Intent,
        others: Iterable[Intent],
        *,
        later_s: float = 0.0,
        after: datetime | None = None,
    ) -> "_Table":
        """`later_s`: by how much its own times may move on."""
        asked = tuple(one for one in others if one.intent_id != intent.intent_id)
        since = -np.inf if after is None else utc(after, "after").timestamp()
        own = intent.pieces[intent.pieces[:, TIME + 1] >= since]
        if not asked or not len(own):
            return cls(own, np.empty((0, len(COLUMNS))), np.empty(0, dtype=np.intp), (), None)
        tables = [one.pieces for one in asked]
        rows = np.concatenate(tables)
        whose = np.repeat(np.arange(len(asked)), [len(each) for each in tables])
        kept = _overlap(_whole(own), rows, later_s=later_s) & (rows[:, TIME + 1] >= since)
        return cls(own, rows[kept], whose[kept], asked, None if after is None else since)

    def near(self, *, later_s: float = 0.0) -> Iterable[tuple[Index, Index, LocalPlane]]:
        """Own pieces and others' whose boxes overlap, in parts that fit on one plane each."""
        if len(self.rows) == 0:
            return
        for cell, members in by_cell(self.own[:, START], self.own[:, END]):
            own, other = np.nonzero(
                _overlap(self.own[members][:, None, :], self.rows[None, :, :], later_s=later_s)
            )
            if len(own):
                yield members[own], other, cell.plane

    def pairs(self, own: Index, other: Index, plane: LocalPlane) -> Pairs:
        """The pairs on a plane."""
        a, b = self.own[own], self.rows[other]
        points = [plane.to_xy(each) for each in (a[:, START], a[:, END], b[:, START], b[:, END])]
        pairs = Pairs.of(
            (points[0], points[1], points[2], points[3]),
            _difference(a, b, ALT),
            _difference(a, b, TIME),
            (a[:, ABOVE] + b[:, ABOVE], a[:, SLACK] + b[:, SLACK]),
        )
        return pairs if self.after is None else pairs.since(_lasts(a), _lasts(b), self.after)


def _difference(a: Floats, b: Floats, column: int) -> tuple[Floats, Floats, Floats]:
    """By how much own and other differ at their starts, and what that grows by along each."""
    start, other_start = a[:, column], b[:, column]
    return start - other_start, a[:, column + 1] - start, b[:, column + 1] - other_start


def _lasts(rows: Floats) -> tuple[Floats, Floats]:
    return rows[:, TIME], rows[:, TIME + 1] - rows[:, TIME]


def _limits(table: _Table, own: Index, other: Index) -> Floats:
    return np.asarray(table.own[own, BESIDE] + table.rows[other, BESIDE] + TOLERANCE_M)


def _hits(pairs: Pairs, limit: Floats) -> tuple[Index, Floats, Floats, Floats]:
    """The pairs that meet: which, how near, and where on both."""
    distance, s, u = closest(pairs)
    rows = np.flatnonzero(distance <= limit)
    return rows, distance[rows], s[rows], u[rows]


def _met(table: _Table, own: Index, other: Index, plane: LocalPlane) -> Iterable[Encounter]:
    pairs, limit = table.pairs(own, other, plane), _limits(table, own, other)
    rows, distance, s, u = _hits(pairs, limit)
    if rows.size == 0:
        return
    first, last = stretch(pairs.take(rows), s, limit[rows])
    a, b = table.own[own[rows]], table.rows[other[rows]]
    where = plane.to_lonlat(plane.to_xy(a[:, START]) + s[:, None] * pairs.own[rows])
    for n, whose in enumerate(table.whose[other[rows]].tolist()):
        yield Encounter(
            other_id=table.others[whose].intent_id,
            from_at=_when(a[n], first[n]),
            until=_when(a[n], last[n]),
            nearest_m=float(distance[n]),
            lon=float(where[n, 0]),
            lat=float(where[n, 1]),
            alt_amsl_m=_between(a[n], ALT, s[n]),
            at=_when(a[n], s[n]),
            other_at=_when(b[n], u[n]),
        )


def _between(row: Floats, column: int, share: float) -> float:
    return float(row[column] + share * (row[column + 1] - row[column]))


def _when(row: Floats, share: float) -> datetime:
    return datetime.fromtimestamp(_between(row, TIME, share), UTC)


def _joined(met: Sequence[Encounter]) -> Encounter:
    """All pieces at which one meets another, as one encounter: told of is where they come nearest."""
    nearest = min(met, key=lambda one: (one.nearest_m, one.from_at, one.at))
    return Encounter(
        nearest.other_id,
        min(one.from_at for one in met),
        max(one.until for one in met),
        nearest.nearest_m,
        nearest.lon,
        nearest.lat,
        nearest.alt_amsl_m,
        nearest.at,
        nearest.other_at,
    )


# Waiting

_OWN_LATER, _OTHER_LATER = 6, 7
"""The two of the eight conditions of a pair that are about time: own not too late, and not too early."""


def _delayed(pairs: Pairs, seconds: float) -> Pairs:
    low = pairs.low.copy()
    low[:, _OWN_LATER] -= seconds
    low[:, _OTHER_LATER] += seconds
    return Pairs(pairs.apart, pairs.own, pairs.other, pairs.by_own, pairs.by_other, low)


def _still_s(pairs: Pairs, limit: Floats) -> float:
    """How long at least the pairs that meet still would if one's own times moved on; 0 where none meets."""
    rows, _, s, u = _hits(pairs, limit)
    if rows.size == 0:
        return 0.0
    late = pairs.by_own[rows, _OWN_LATER] * s + pairs.by_other[rows, _OWN_LATER] * u
    return float((pairs.low[rows, _OWN_LATER] - late).max()) + 1e-3


# Boxes


def _whole(rows: Floats) -> Floats:
    """One row whose box is around those of all rows."""
    row = np.empty(len(COLUMNS))
    ends = (rows[:, 0], rows[:, 1]), (rows[:, 2], rows[:, 3])
    turned = [lon + 360.0 * np.round((rows[0, 0] - lon) / 360.0) for lon, _ in ends]
    row[0], row[2] = _extent(*turned)
    row[1], row[3] = _extent(ends[0][1], ends[1][1])
    for first in (ALT, TIME):
        row[first], row[first + 1] = _extent(rows[:, first], rows[:, first + 1])
    for column in (BESIDE, ABOVE, SLACK):
        row[column] = float(np.max(rows[:, column]))
    return row


def _extent(*values: Floats) -> tuple[float, float]:
    return min(float(np.min(each)) for each in values), max(float(np.max(each)) for each in values)


def _overlap(a: Floats, b: Floats, *, later_s: float) -> npt.NDArray[np.bool_]:
    """Whether the boxes of rows overlap, with the room around both, if `a` comes up to so much later; never no where
    rows meet."""
    beyond = (a[..., BESIDE] + b[..., BESIDE] + TOLERANCE_M) * 1.01 + _STRAY_M
    lat = np.maximum(_steepest(a), _steepest(b))
    narrowed = np.cos(np.radians(np.minimum(lat + 1.0, 90.0)))
    beyond_deg = np.where(lat < POLAR_LAT, beyond / METRES_PER_DEGREE, np.inf)
    with np.errstate(divide="ignore"):
        beyond_lon = np.where(narrowed > 1e-3, beyond_deg / narrowed, np.inf)
    apart = np.abs(_remainder(_middle(a, 0, 2) - _middle(b, 0, 2)))
    found = apart <= _half(a, 0, 2) + _half(b, 0, 2) + beyond_lon
    found &= np.abs(_middle(a, 1, 3) - _middle(b, 1, 3)) <= _half(a, 1, 3) + _half(b, 1, 3) + beyond_deg
    found &= _near(a, b, ALT, a[..., ABOVE] + b[..., ABOVE])
    return np.asarray(found & _near(a, b, TIME, a[..., SLACK] + b[..., SLACK], later_s / 2.0))


_STRAY_M = float(bulge_m(DENSIFY_OVER_M, POLAR_LAT))
"""How far a piece strays at most from the box of its ends, short of the poles."""


def _near(a: Floats, b: Floats, column: int, room: Floats, on: float = 0.0) -> npt.NDArray[np.bool_]:
    """Whether two intervals are no farther apart than the room; `on`: half of what is put to the end of the first."""
    apart = np.abs(_middle(a, column, column + 1) + on - _middle(b, column, column + 1))
    halves = _half(a, column, column + 1) + on + _half(b, column, column + 1)
    return np.asarray(apart <= halves + room + 1e-6)


def _steepest(rows: Floats) -> Floats:
    return np.asarray(np.maximum(np.abs(rows[..., 1]), np.abs(rows[..., 3])))


def _middle(rows: Floats, low: int, high: int) -> Floats:
    return np.asarray((rows[..., low] + rows[..., high]) / 2.0)


def _half(rows: Floats, low: int, high: int) -> Floats:
    return np.asarray(np.abs(rows[..., high] - rows[..., low]) / 2.0)


def _remainder(lon: Floats) -> Floats:
    return np.asarray((lon + 180.0) % 360.0 - 180.0)


__all__ = ["Encounter", "are_apart", "clear_after_s", "conforms", "encounters"]
