"""The drafted trips of a van that makes several: those that nothing is changed of stay at their times where the others
leave them that.

Whoever looks for room in a trip has it in all that its others can leave it (``trips.py``), drafted or not. Which of
these stay is asked of the trips together: at its drafted time each that can be, all else around them. A trip that is
pushed on by one that got longer is brought at another time than was said, and has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fleet.planner.present import Standing
from fleet.planner.spans import Span
from fleet.planner.tours import Stops, Tour
from fleet.planner.trips import ANY_TIME, Times, begun_s, in_turn, over_s

Key = tuple[tuple[tuple[int, float, int, tuple[int, ...]], ...], frozenset[tuple[int, Span]]]
"""Trips (of which number and place, over which case, in which order) and times."""

MOST_KNOWN = 1000
"""So many answers are kept."""


@dataclass
class StandingTrips:
    """The drafted routes of one van. What was asked of its trips is remembered: parcels are lifted, and put where they
    were, again and again."""

    routes: Sequence[Standing]
    _turned: dict[Key, tuple[Sequence[Tour], list[Tour] | None]] = field(default_factory=dict)

    def stay(self, trips: Sequence[Tour]) -> frozenset[str]:
        """The drafted missions that stay as they are where the van makes these trips, by id. A lone one does with its
        stops: nothing else asks for its time."""
        found = self._as_stopped(trips)
        if found and len(trips) > 1:
            kept = self._at_times(trips, _times(found))[1]
            found = {number: found[number] for number in kept}
        return frozenset(one.mission.mission_id for one in found.values())

    def driven(self, trips: Sequence[Tour]) -> Sequence[Tour]:
        """The trips at the times at which they are made."""
        found = self._as_stopped(trips) if len(trips) > 1 else {}
        return self._at_times(trips, _times(found))[0] if found else trips

    def in_turn(self, trips: Sequence[Tour], times: Times = ANY_TIME) -> list[Tour] | None:
        """As of any trips."""
        each = ((tour.van.index, tour.van.trip, id(tour.case), tour.visits) for tour in trips)
        key = tuple(sorted(each)), frozenset(times.items())
        if key not in self._turned:
            if len(self._turned) >= MOST_KNOWN:
                self._turned.clear()
            self._turned[key] = trips, in_turn(trips, times)  # holds the cases, whose ids are in the key
        return self._turned[key][1]

    def _at_times(self, trips: Sequence[Tour], times: Times) -> tuple[Sequence[Tour], Times]:
        """The trips with as many as can be at the times that they were drafted for, and which these are."""
        for kept in _most_first(trips, times):
            made = self.in_turn(trips, kept)
            if made is not None:
                return made, kept
        return trips, ANY_TIME

    def _as_stopped(self, trips: Sequence[Tour]) -> dict[int, Standing]:
        """The drafted routes with whose stops trips are made, by the numbers of these."""
        found = ((tour.van.index, self._by_stops.get(tour.stops)) for tour in trips)
        return {number: one for number, one in found if one is not None}

    @cached_property
    def _by_stops(self) -> dict[Stops, Standing]:
        return {one.stops: one for one in self.routes if one.stops}


def _times(routes: Mapping[int, Standing]) -> Times:
    return {number: one.span for number, one in routes.items() if one.span is not None}


def _most_first(trips: Sequence[Tour], times: Times) -> Iterator[Times]:
    """Which trips may stay at their times: all, else those that are reached in time from the begin of the day, or those
    that leave time until its end, the more of these first."""
    yield times
    if times:
        trips = sorted(trips, key=lambda tour: tour.van.trip)
        whole = trips[0].case.problem.whole(trips[0].van)
        reached = _reached(trips, times, whole.early_s)
        left = _leaving(trips, times, whole.late_s)
        yield from (
            some for some in sorted((reached, left), key=len, reverse=True) if 0 < len(some) < len(times)
        )


def _reached(trips: Iterable[Tour], times: Times, early_s: int) -> Times:
    """Those whose time has not come yet when all before them is over."""
    kept = dict[int, Span]()
    for tour in trips:
        own = times.get(tour.van.index)
        if own is not None and early_s <= own[0]:
            kept[tour.van.index], early_s = own, own[1]
        else:
            early_s = over_s(tour, early_s)
    return kept


def _leaving(trips: Sequence[Tour], times: Times, late_s: int) -> Times:
    """Those whose time is over when all behind them must begin."""
    kept = dict[int, Span]()
    for tour in reversed(trips):
        own = times.get(tour.van.index)
        if own is not None and own[1] <= late_s:
            kept[tour.van.index], late_s = own, own[0]
        else:
            late_s = begun_s(tour, late_s)
    return kept
