"""Remote pilots over time: whether one more machine may be out, each from its release to its return.

At no moment may more machines be out than the pilots who are then on shift supervise together. A trip may pass from one
shift to the next: it needs a pilot all the time, not the same one. Pilots of several sites help out whoever has no
pilots of his own left: teams are nested (``fleet.domain.pilots.crossing``), so giving each machine to the smallest team
that may have it is the best that can be done, and the answer is exact.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fleet.domain.fleet import FleetSpec
from fleet.domain.pilots import DAY, Sites
from fleet.protocol.values import Reason

SOURCE = "pilots"

LACKS_PILOT = frozenset({"no_pilot", "pilots_busy"})
"""The codes of the reasons that are made here."""

Out = tuple[int, int, str]
"""A machine that is out: since when, until when (s), and from which site."""


@dataclass(frozen=True, slots=True)
class Rota:
    """How many machines of a kind each of the ``teams`` supervises, smaller teams first: from each of the ``begins`` on
    (s after some moment, rising; nobody before the first) as many as are in the same row of ``most``."""

    kind: str
    teams: tuple[Sites, ...]
    begins: tuple[float, ...]
    most: tuple[tuple[int, ...], ...]

    def at(self, moment: float) -> tuple[int, ...]:
        """How many machines each team supervises then."""
        row = bisect_right(self.begins, moment) - 1
        return self.most[row] if row >= 0 else (0,) * len(self.teams)

    def changes(self, start: float, end: float) -> tuple[float, ...]:
        """When shifts begin or end between two moments."""
        return self.begins[bisect_right(self.begins, start) : bisect_left(self.begins, end)]

    def enough(self, moment: float, out: Mapping[str, int]) -> bool:
        """Whether all machines that are out then have a pilot; ``out`` counts them by site."""
        return sum(self.supervised(moment, out)) == sum(out.values())

    def supervised(self, moment: float, out: Mapping[str, int]) -> tuple[int, ...]:
        """How many of the machines that are out then each team has, the smallest that may have it each."""
        left, taken = dict(out), []
        for team, machines in zip(self.teams, self.at(moment), strict=True):
            free = machines
            for site_id in left if team is None else team:
                theirs = min(free, left.get(site_id, 0))
                if theirs:
                    left[site_id] -= theirs
                    free -= theirs
            taken.append(machines - free)
        return tuple(taken)

    def of_site(self, site_id: str, moment: float) -> int:
        """How many machines of a site may be out then where no other site has any out."""
        return sum(
            n for team, n in zip(self.teams, self.at(moment), strict=True) if team is None or site_id in team
        )


def rota(fleet: FleetSpec, kind: str, since: datetime, until: datetime) -> Rota | None:
    """The pilots of a kind from a moment (its second 0) to another; none where machines of the kind need no pilot."""
    rows = fleet.pilots_of(kind)
    if not rows:
        return None
    teams = sorted({one.of_sites for one in rows}, key=_smaller_first)
    changes: dict[float, list[int]] = {}
    for one in rows:
        column = teams.index(one.of_sites)
        for shift in one.shifts(since, until + DAY, fleet.timezone):
            for at, machines in ((shift.start, one.machines), (shift.end, -one.machines)):
                row = changes.setdefault((at - since).total_seconds(), [0] * len(teams))
                row[column] += machines
    begins = sorted(changes)
    most, now = [], [0] * len(teams)
    for moment in begins:
        now = [a + b for a, b in zip(now, changes[moment], strict=True)]
        most.append(tuple(now))
    return Rota(kind, tuple(teams), tuple(begins), tuple(most))


def _smaller_first(team: Sites) -> tuple[bool, int, list[str]]:
    return team is None, len(team or ()), sorted(team or ())


@dataclass
class PilotRoom:
    """The machines of a kind that are out over time, under those who supervise them. Times are whole seconds of the
    rota. Time is parted where a shift or a trip begins or ends: from each of ``_begins`` on so many of each site are
    out as are in the same row of ``_counts``."""

    rota: Rota
    _out: Counter[Out] = field(default_factory=Counter)
    _begins: list[float] = field(default_factory=lambda: [-math.inf])
    _counts: list[Counter[str]] = field(default_factory=lambda: [Counter()])

    @classmethod
    def of(cls, rota: Rota, out: Sequence[Out] = ()) -> PilotRoom:
        """With some machines out."""
        room = cls(rota)
        for moment in rota.begins:
            room._part(moment)
        for begin, until, site_id in out:
            room.book(site_id, begin, until - begin)
        return room

    def first_fit(self, site_id: str, start: int, length: int) -> int | None:
        """The earliest time from ``start`` on at which one more machine of a site has a pilot for so long; none where
        it never has."""
        for row in range(bisect_right(self._begins, start) - 1, len(self._begins)):
            following = self._begins[row + 1] if row + 1 < len(self._begins) else math.inf
            there = dict(self._counts[row])
            there[site_id] = there.get(site_id, 0) + 1
            if not self.rota.enough(self._begins[row], there):
                if following == math.inf:
                    return None
                start = math.ceil(following)
            elif following >= start + length:
                return start
        return None

    def book(self, site_id: str, start: int, length: int) -> None:
        """Have one more machine out."""
        if length > 0:
            self._out[start, start + length, site_id] += 1
            self._add(site_id, start, start + length, 1)

    def release(self, site_id: str, start: int, length: int) -> None:
        """Take one out again; ``ValueError`` when none is booked so."""
        if length <= 0:
            return
        if not self._out[start, start + length, site_id]:
            raise ValueError(f"no machine of {site_id} is booked from {start} for {length} s")
        self._out[start, start + length, site_id] -= 1
        self._add(site_id, start, start + length, -1)

    def copy(self) -> PilotRoom:
        """The same bookings, to be changed apart."""
        counts = [each.copy() for each in self._counts]
        return PilotRoom(self.rota, self._out.copy(), list(self._begins), counts)

    def _add(self, site_id: str, start: int, end: int, machines: int) -> None:
        for row in range(self._part(start), self._part(end)):
            self._counts[row][site_id] += machines

    def _part(self, moment: float) -> int:
        """The row that begins at a moment, parted from the one before where there is none yet."""
        row = bisect_left(self._begins, moment)
        if row == len(self._begins) or self._begins[row] != moment:
            self._begins.insert(row, moment)
            self._counts.insert(row, self._counts[row - 1].copy())
        return row


def no_pilot(rota: Rota, site_id: str, start: float, end: float, out: Sequence[Out] = ()) -> Reason | None:
    """Why a machine of a site can't be out over a time beside those that are; none where it can."""
    begin, until = math.floor(start), math.ceil(end)
    if PilotRoom.of(rota, out).first_fit(site_id, begin, until - begin) == begin:
        return None
    most = min(rota.of_site(site_id, moment) for moment in (begin, *rota.changes(begin, until)))
    return off_shift(rota.kind, site_id) if most == 0 else all_busy(rota.kind, site_id, most)


def all_busy(kind: str, site_id: str, most: int) -> Reason:
    """The pilots on shift have as many machines out as they may supervise: at most so many of the site."""
    return Reason(
        code="pilots_busy",
        detail=f"the remote pilots of a {kind} of {site_id} have as many out then as they may supervise",
        limit=most,
        unit="machines",
        source=SOURCE,
    )


def off_shift(kind: str, site_id: str) -> Reason:
    """Nobody is on shift for all of a trip."""
    return Reason(
        code="no_pilot",
        detail=f"no remote pilot of a {kind} of {site_id} is on shift from its release to its return",
        source=SOURCE,
    )
