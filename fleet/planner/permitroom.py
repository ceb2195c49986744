"""How many may be out at once, or on a day, in permit areas, by approvals and under remote pilots: booked over time
like a charger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial

from fleet.domain.fleet import SortieType
from fleet.feasibility import Trip, planned
from fleet.feasibility.approvals import Sent, Use, covered_without, days_by, uses_of
from fleet.feasibility.pilots import PilotRoom
from fleet.feasibility.sidewalk import counted_areas
from fleet.kinds import kind_of
from fleet.planner.problem import Pool, Problem
from fleet.planner.spans import Span
from fleet.planner.timetable import Chargers
from fleet.protocol.values import Reason
from geofences import Authorisation, Waypoint, Zone

BEFORE_S = 60
"""A trip counts so long before it loads: release is 30 s before, and one that comes back is not always in time."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a trip counts for: permit areas with a number of robots, approvals with one of flights, and the pilots of a
    kind of machines at a site (``piloted``; none where it needs no pilot)."""

    areas: tuple[Zone, ...] = ()
    uses: tuple[Use, ...] = ()
    piloted: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        return bool(self.areas or self.uses or self.piloted)


NOTHING = Counted()


@dataclass
class PermitRoom:
    """The trips that count by plan, those of earlier plans with them. Each counts from its release to its return, a
    flight also on its days, as ``feasibility.sidewalk.permit_full``, ``feasibility.approvals.approval_full`` and
    ``feasibility.pilots.no_pilot`` ask at release.
    """

    problem: Problem
    _out: dict[Zone | Authorisation, Chargers] = field(default_factory=dict)
    _flights: Counter[tuple[Authorisation, date]] = field(default_factory=Counter)
    _pilots: dict[str, PilotRoom] = field(default_factory=dict)
    """By kind; a kind that is not here needs none."""

    @classmethod
    def empty(cls, problem: Problem) -> PermitRoom:
        """With no trip in it."""
        return cls(problem, _pilots={kind: PilotRoom.of(one) for kind, one in problem.rotas.items()})

    @classmethod
    def of(cls, problem: Problem) -> PermitRoom:
        """With the trips in it that were sent or drafted before."""
        room, memory = cls.empty(problem), problem.snapshot.context.memory
        for one in problem.snapshot.sent:
            # By its path: a mission that is released keeps the revision of its draft.
            key = ("counted", one.kind.type_id, one.site_id, one.path, one.late_s)
            counted = memory.get(key, partial(room._counted, one.kind, one.site_id, one.path, one.late_s))
            room.book(counted, room._away(one))
        return room

    def counted(self, pool: Pool, trip: Trip) -> Counted:
        """What a trip counts for."""
        return self._counted(pool.type, pool.site.site_id, trip.path, 0.0)

    def _counted(self, kind: SortieType, site_id: str, path: tuple[Waypoint, ...], late_s: float) -> Counted:
        context, how = self.problem.snapshot.context, kind_of(kind.kind)
        piloted = (kind.kind, site_id) if kind.kind in self._pilots else None
        if how.needs_airspace:
            return Counted(uses=uses_of(context, kind, path, late_s), piloted=piloted)
        return Counted(counted_areas(context, path) if how.profile == "walk" else (), piloted=piloted)

    def _away(self, one: Sent) -> Span:
        """When a trip that was sent before is out; one that is over is out no more, and counts on its days only."""
        if not one.is_out:
            return 0, 0
        late = timedelta(seconds=max(0.0, one.late_s))
        begins = one.path[0].at - timedelta(seconds=one.kind.load_s + BEFORE_S)
        return self.problem.floor_seconds(begins), self.problem.seconds(one.path[-1].at + late)

    def first_fit(self, counted: Counted, kind: SortieType, trip: Trip, away: Span) -> int | None:
        """When a trip that is out for as long may be released: the start of ``away`` where it may then, else a later
        time at which to ask again; none where it never may.
        """
        start = self._all_fit(counted, away)
        if start is None or start > away[0]:
            return start
        return min(self._later(counted, kind, trip, away).values(), default=away[0])

    def why_full(self, counted: Counted, kind: SortieType, trip: Trip, away: Span) -> tuple[Reason, ...]:
        """Why a trip may not be made then; nothing where it may."""
        length = away[1] - away[0]
        areas = [area for area in counted.areas if self._room(area).first_fit(away[0], length) != away[0]]
        busy = counted.piloted is not None and self._pilot_fit(*counted.piloted, away) != away[0]
        return (
            *((planned.pilots_taken(*counted.piloted),) if busy and counted.piloted is not None else ()),
            *(planned.permit_taken(area) for area in areas),
            *(planned.authorisation_taken(one) for one in self._later(counted, kind, trip, away)),
        )

    def _later(self, counted: Counted, kind: SortieType, trip: Trip, away: Span) -> dict[Authorisation, int]:
        """The approvals without room for a flight, each with when to ask again; none where others cover it."""
        found = {use.approval: at for use in counted.uses if (at := self._fits(use, away)) > away[0]}
        if found and covered_without(self.problem.snapshot.context, found, kind, trip.path):
            return {}
        return found

    def _pilot_fit(self, kind: str, site_id: str, away: Span) -> int | None:
        return self._pilots[kind].first_fit(site_id, away[0], away[1] - away[0])

    def _all_fit(self, counted: Counted, away: Span) -> int | None:
        """When all areas and the pilots have room for a trip; none where they never have."""
        start, length = away[0], away[1] - away[0]
        while True:
            fits = [self._room(area).first_fit(start, length) for area in counted.areas]
            if counted.piloted is not None:
                fits.append(self._pilot_fit(*counted.piloted, (start, start + length)))
            found = [each for each in fits if each is not None]
            if len(found) < len(fits):
                return None
            latest = max(found, default=start)
            if latest == start:
                return start
            start = latest

    def _fits(self, use: Use, away: Span) -> int:
        """When a flight more may be released by an approval, as far as can be told from this one."""
        one, start = use.approval, away[0]
        if one.max_at_once is not None:
            fit = self._room(one).first_fit(start, away[1] - away[0])
            start = start if fit is None else fit
        if one.max_per_day is not None:
            full = [day for day in use.days if self._flights[one, day] >= one.max_per_day]
            start = max([start, *(away[0] + self._until_next(use, day) for day in full)])
        return start

    def _until_next(self, use: Use, day: date) -> int:
        """By how much later a flight enters on the next day, in s; at least one."""
        fleet = self.problem.fleet
        midnight = datetime.combine(day + timedelta(days=1), time(), days_by(use.approval, fleet))
        margin_s = fleet.zone_time_margin_s
        return max(1, int((midnight - min(use.entries)).total_seconds() + margin_s) + 1)

    def book(self, counted: Counted, away: Span) -> None:
        """Count a trip in."""
        for key in _at_once(counted):
            self._room(key).book(away[0], away[1] - away[0])
        if counted.piloted is not None:
            kind, site_id = counted.piloted
            self._pilots[kind].book(site_id, away[0], away[1] - away[0])
        self._flights.update(_days(counted))

    def release(self, counted: Counted, away: Span) -> None:
        """Count a trip out again; ``ValueError`` when none was booked so."""
        for key in _at_once(counted):
            self._room(key).release(away[0], away[1] - away[0])
        if counted.piloted is not None:
            kind, site_id = counted.piloted
            self._pilots[kind].release(site_id, away[0], away[1] - away[0])
        self._flights.subtract(_days(counted))

    def copy(self) -> PermitRoom:
        """The same bookings, to be changed apart."""
        out = {key: room.copy() for key, room in self._out.items()}
        pilots = {kind: room.copy() for kind, room in self._pilots.items()}
        return PermitRoom(self.problem, out, self._flights.copy(), pilots)

    def _room(self, key: Zone | Authorisation) -> Chargers:
        if isinstance(key, Zone):
            most = None if key.permit is None else key.permit.max_count
        else:
            most = key.max_at_once
        return self._out.setdefault(key, Chargers(most or 0))


def _at_once(counted: Counted) -> list[Zone | Authorisation]:
    """Where only so many may be out at once."""
    return [
        *counted.areas,
        *(use.approval for use in counted.uses if use.approval.max_at_once is not None),
    ]


def _days(counted: Counted) -> list[tuple[Authorisation, date]]:
    return [(use.approval, day) for use in counted.uses for day in use.days]
