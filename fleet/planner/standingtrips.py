"""The drafted trips of a van that makes several: those that nothing is changed of stay at their times where the others
leave them that.

Whoever looks for room in a trip has it in all that its others can leave it (``trips.py``), drafted or not. Which of
these stay is asked of the trips together: at its drafted time each that can be, all else around them. A trip that is
pushed on by one that got longer is brought at another time than was said, and has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fleet.planner.present import Standing, stops_of
from fleet.planner.spans import Span
from fleet.planner.tours import Tour
from fleet.planner.trips import Times, begun_s, in_turn, over_s


@dataclass
class StandingTrips:
    """The drafted routes of one van; the last answer is remembered, as it is asked for again and again."""

    routes: Sequence[Standing]
    _asked: tuple[Sequence[Tour], frozenset[str]] = ((), frozenset())

    def stay(self, trips: Sequence[Tour]) -> frozenset[str]:
        """The drafted missions that stay as they are where the van makes these trips, by id. A lone one does with its
        stops: nothing else asks for its time."""
        before, stay = self._asked
        if len(before) != len(trips) or any(a is not b for a, b in zip(before, trips, strict=True)):
            stay = self._staying(trips)
            self._asked = trips, stay
        return stay

    def _staying(self, trips: Sequence[Tour]) -> frozenset[str]:
        found = self._as_stopped(trips)
        if len(trips) > 1:
            turned = as_drafted(trips, _times(found))
            found = {} if turned is None else {number: found[number] for number in turned[1]}
        return frozenset(one.mission.mission_id for one in found.values())

    def driven(self, trips: Sequence[Tour]) -> Sequence[Tour]:
        """The trips at the times at which they are made."""
        found = self._as_stopped(trips)
        turned = as_drafted(trips, _times(found)) if found and len(trips) > 1 else None
        return trips if turned is None else turned[0]

    def _as_stopped(self, trips: Sequence[Tour]) -> dict[int, Standing]:
        """The drafted routes with whose stops trips are made, by the numbers of these."""
        routes = {one.stops: one for one in self.routes if one.stops}
        found = ((tour.van.index, routes.get(stops_of(tour))) for tour in trips)
        return {number: one for number, one in found if one is not None}


def _times(routes: Mapping[int, Standing]) -> Times:
    return {number: one.span for number, one in routes.items() if one.span is not None}


def as_drafted(trips: Sequence[Tour], times: Times) -> tuple[list[Tour], Times] | None:
    """A van's trips in turn, with as many as can be at the ``times`` that they were drafted for, and which these are;
    none where the trips do not fit into its day at any time."""
    trips = sorted(trips, key=lambda tour: tour.van.trip)
    for kept in _most_first(trips, times):
        made = in_turn(trips, kept)
        if made is not None:
            return made, kept
    return None


def _most_first(trips: Sequence[Tour], times: Times) -> Iterator[Times]:
    """Which trips may stay at their times: all, else those that are reached in time from the begin of the day, or those
    that leave time until its end, the more of these first, else none."""
    yield times
    if times:
        whole = trips[0].case.problem.whole(trips[0].van)
        reached = _reached(trips, times, whole.early_s)
        left = _leaving(trips, times, whole.late_s)
        yield from (
            some for some in sorted((reached, left), key=len, reverse=True) if 0 < len(some) < len(times)
        )
        yield {}


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
