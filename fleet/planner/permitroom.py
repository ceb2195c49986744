"""How many robots may be in each permit area at once, over time: what has a count there is booked like a charger."""

from __future__ import annotations

from dataclasses import dataclass, field

from fleet.domain.fleet import SortieType
from fleet.feasibility import Trip
from fleet.feasibility.sidewalk import counted_areas
from fleet.kinds import kind_of
from fleet.planner.problem import Problem, Span
from fleet.planner.timetable import Chargers
from geofences import Zone

BEFORE_S = 60
"""A robot counts so long before it loads: release is 30 s before, and one that comes back is not always in time."""


@dataclass
class PermitRoom:
    """The robots that are out by plan in each area with a count. Each counts from its release to its return, as
    ``feasibility.sidewalk.permit_full`` asks then. Robots that are out when the plan is made are counted only there.
    """

    problem: Problem
    _out: dict[Zone, Chargers] = field(default_factory=dict)

    def areas(self, kind: SortieType, trip: Trip) -> tuple[Zone, ...]:
        """The areas with a count that a trip meets; none of one through the air."""
        if kind_of(kind.kind).profile != "walk":
            return ()
        return counted_areas(self.problem.snapshot.context, trip.path)

    def first_fit(self, areas: tuple[Zone, ...], away: Span) -> int | None:
        """When a robot that is out for as long may set out at the earliest; none where it never may."""
        start, length = away[0], away[1] - away[0]
        while True:
            fits = [self._room(area).first_fit(start, length) for area in areas]
            found = [each for each in fits if each is not None]
            if len(found) < len(fits):
                return None
            latest = max(found, default=start)
            if latest == start:
                return start
            start = latest

    def book(self, areas: tuple[Zone, ...], away: Span) -> None:
        """Count a robot in."""
        for area in areas:
            self._room(area).book(away[0], away[1] - away[0])

    def release(self, areas: tuple[Zone, ...], away: Span) -> None:
        """Count a robot out again; ``ValueError`` when none was booked so."""
        for area in areas:
            self._room(area).release(away[0], away[1] - away[0])

    def copy(self) -> PermitRoom:
        """The same bookings, to be changed apart."""
        return PermitRoom(self.problem, {area: room.copy() for area, room in self._out.items()})

    def _room(self, area: Zone) -> Chargers:
        most = None if area.permit is None else area.permit.max_count
        return self._out.setdefault(area, Chargers(most or 0))
