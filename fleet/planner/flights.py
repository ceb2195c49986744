"""Exact sorties, asked of the feasibility checks once for each departure and remembered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from fleet.feasibility import SortieAssessment, Trip, assess_sortie
from fleet.feasibility.appetite import margin_left_wh
from fleet.planner.problem import Pool, Problem
from fleet.planner.spans import Span
from geofences import Waypoint

NEAR_S = 3600
"""Within so long trips are about the same: weather comes by the hour."""

Key = tuple[int, int, str | None, int]


@dataclass
class Flights:
    """The answers so far, by parcel, pool, locker and departure."""

    problem: Problem
    _known: dict[Key, SortieAssessment] = field(default_factory=dict)
    _first: dict[Key, tuple[int, Trip]] = field(default_factory=dict)
    """Of each parcel's ways and each hour the trip that was found possible first, and when it departs."""

    def assess(self, order: int, pool: Pool, locker_id: str | None, depart_s: int) -> SortieAssessment:
        """May the parcel go out from the pool's site at that time?"""
        key = (order, pool.index, locker_id, depart_s)
        if key not in self._known:
            self._known[key] = answer = self._asked(*key)
            if answer.trip is not None and answer.verdict.feasible:
                self._first.setdefault(_hour(key), (depart_s, answer.trip))
        return self._known[key]

    def guessed(self, order: int, pool: Pool, locker_id: str | None, depart_s: int) -> Trip | None:
        """About the trip that departs then: the first that was found possible in the same hour, moved. None where the
        exact one is known, or none of the hour."""
        key = (order, pool.index, locker_id, depart_s)
        first = None if key in self._known else self._first.get(_hour(key))
        return None if first is None else _moved(first[1], timedelta(seconds=depart_s - first[0]))

    def trip(self, order: int, pool: Pool, locker_id: str | None, depart_s: int) -> Trip | None:
        """The trip, if it is feasible at that time."""
        answer = self.assess(order, pool, locker_id, depart_s)
        return answer.trip if answer.verdict.feasible else None

    def _asked(self, order: int, pool_index: int, locker_id: str | None, depart_s: int) -> SortieAssessment:
        """Asked once for all plans of one context (``recent.py``): the verdict depends on nothing else."""
        pool, parcel = self.problem.pools[pool_index], self.problem.orders[order]
        context, depart_at = self.problem.snapshot.context, self.problem.moment(depart_s)
        its = pool.type.type_id, pool.site.site_id, pool.state_of_health, pool.least
        return context.verdicts.get(
            (parcel, *its, locker_id, depart_at),
            lambda: assess_sortie(
                context,
                parcel,
                pool.type,
                pool.site,
                depart_at,
                locker=None if locker_id is None else self.problem.locker(locker_id),
                state_of_health=pool.state_of_health,
                appetite=pool.least,
            ),
        )

    def on_slot(self, pool: Pool, number: int, trip: Trip) -> Trip | None:
        """The pool's trip as it is for one of its assets; none where that one's battery does not reach."""
        its = pool.appetites[number]
        if its == pool.least:
            return trip
        left_wh = margin_left_wh(self.problem.fleet, pool.type, trip, its)
        return replace(trip, margin_wh=left_wh) if left_wh >= 0 else None


def _hour(key: Key) -> Key:
    return (*key[:3], key[3] // NEAR_S)


def _moved(trip: Trip, by: timedelta) -> Trip:
    """The trip so much later."""
    path = tuple(Waypoint(one.lon, one.lat, one.alt_amsl_m, one.at + by) for one in trip.path)
    times = (moment + by for moment in (trip.depart_at, trip.drop_at, trip.return_at))
    depart_at, drop_at, return_at = times
    return replace(trip, path=path, depart_at=depart_at, drop_at=drop_at, return_at=return_at)


def earliest_departure(problem: Problem, order: int, pool: Pool, opening: Span) -> int:
    """When the parcel can leave the site at the earliest within an opening span: loaded, and not before it is ready."""
    load = round_up(pool.type.load_s)
    return max(problem.ready[order], opening[0]) + load


def round_up(seconds: float) -> int:
    """Whole seconds, rounded up."""
    return -int(-seconds // 1)


def first_departure(problem: Problem, order: int, pool: Pool) -> int:
    """As early as the parcel's window allows, in the pool's first opening (seconds)."""
    opening = pool.open[0] if pool.open else (0, 0)
    return max(earliest_departure(problem, order, pool, opening), problem.due[order][0])
