"""What a stop more costs at least: bounds by which most tours and trips need not be asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fleet.planner.nearby import Nearby
from fleet.planner.nearways import Legs
from fleet.planner.problem import Problem, Van
from fleet.planner.tours import Tour, detours, tour_of
from fleet.planner.visits import Key, door_service_s, locker_service_s
from fleet.planner.ways import Ways
from fleet.protocol.values import Place

METRES_PER_DEGREE = 111_200
"""Of latitude, about."""

Floats = NDArray[np.float64]


@dataclass
class Floors:
    """The least that a stop at each goal (a door, or a locker) adds to a tour, or takes as a trip of its own. Worked
    out for all goals at once, and kept as long as the tour stays; where legs are not kept, for one: of very many tours
    and goals all would take more memory than there is."""

    problem: Problem
    ways: Sequence[Ways]
    doors: Sequence[int] | None = None
    """The parcels whose doors are goals (none: all)."""
    _known: dict[int, tuple[Tour, Floats]] = field(default_factory=dict)
    _round_trips: dict[tuple[str, str], Floats] = field(default_factory=dict)
    _loadings: dict[tuple[str, str], Tour] = field(default_factory=dict)
    _order: int = 0
    _own: dict[int, float] = field(default_factory=dict)

    @cached_property
    def goals(self) -> dict[Key, int]:
        """A number for each door and locker."""
        parcels = range(len(self.problem.orders)) if self.doors is None else self.doors
        doors: list[Key] = [(None, (order,)) for order in parcels]
        lockers: list[Key] = [(locker_id, ()) for locker_id in self.problem.stations]
        return {key: i for i, key in enumerate([*doors, *lockers])}

    def lifted(self, order: int) -> None:
        """A parcel was lifted: of its tour, as it is until it is put again, only its own goals are asked."""
        self._order, self._own = order, {}

    def carry_over(self, before: Tour, after: Tour) -> None:
        """The same stops at other hours: no hour is in what one more costs at least."""
        known = self._known.get(before.van.index)
        if known is not None and known[0] is before:
            self._known[after.van.index] = after, known[1]

    def least(self, tour: Tour, goal: int, *, own: bool) -> float:
        """What a stop at a goal adds at least to the tour; ``own``: the tour that the parcel was lifted from."""
        if not self.problem.keeps_legs:
            return float(self._worked_out(tour, [goal])[0])
        index = tour.van.index
        known = self._known.get(index)
        if known is not None and known[0] is tour:
            return float(known[1][goal])
        if own:
            if goal not in self._own:
                goals = self._goals_of(self._order)
                self._own = dict(zip(goals, self._worked_out(tour, goals).tolist(), strict=True))
            return self._own[goal]
        self._known[index] = tour, self._worked_out(tour, range(len(self.goals)))
        return float(self._known[index][1][goal])

    def round_trip(self, van: Van, goal: int) -> float:
        """What a further trip to a goal alone costs at the least: loading, out and back."""
        by_load = van.type.load_s * van.type.rates.per_hour / 3600
        if not self.problem.keeps_legs:
            return by_load + float(self._worked_out(self._loading(van), [goal])[0])
        known = self._round_trips.get(van.base)
        if known is None:
            loading = self._loading(van)
            known = self._round_trips[van.base] = by_load + self._worked_out(loading, range(len(self.goals)))
        return float(known[goal])

    def _loading(self, van: Van) -> Tour:
        """A tour without any stop, of a van whose day is paid."""
        known = self._loadings.get(van.base)
        if known is None:
            paid = replace(van, slot=replace(van.slot, day_paid=True))
            known = self._loadings[van.base] = tour_of(self.problem, paid, ())
        return known

    def near(self, goal: int, count: int) -> list[int]:
        """About so many parcels that go to places near a goal, the nearest first."""
        return self._nearby.around(self._goal_places[goal], count)

    @cached_property
    def _nearby(self) -> Nearby:
        return Nearby([order.place for order in self.problem.orders])

    @cached_property
    def _goal_places(self) -> list[Place]:
        lockers, orders = self.problem.stations, self.problem.orders
        return [
            orders[key[0]].place if name is None else lockers[name].locker.place for name, key in self.goals
        ]

    @cached_property
    def _goal_service_s(self) -> NDArray[np.int64]:
        """How long a stop takes at least: at a locker with one parcel."""
        kinds = self.problem.route_types
        at_locker = min((locker_service_s(1, kind) for kind in kinds), default=0)
        found = [self._door_s(key[0]) if name is None else at_locker for name, key in self.goals]
        return np.array(found, dtype=np.int64)

    def _door_s(self, order: int) -> int:
        """By whichever van takes the least time: which may come need not be known of all parcels."""
        parcel = self.problem.orders[order]
        return min((door_service_s(parcel, kind) for kind in self.problem.route_types), default=0)

    def _goals_of(self, order: int) -> list[int]:
        ways = self.ways[order]
        keys: list[Key] = [(way.locker_id, ()) for way in ways.lockers]
        return [self.goals[key] for key in (*keys, *([(None, (order,))] if ways.bases else []))]

    def _worked_out(self, tour: Tour, goals: Sequence[int]) -> Floats:
        """The way, and the time that no waiting swallows."""
        places, rates = [self._goal_places[goal] for goal in goals], tour.van.type.rates
        if self.problem.keeps_legs:
            by = detours(tour, places, self.problem.at_least)
        else:
            by = _as_the_crow_flies(tour, places)
        idle = max(0, tour.duration_s - tour.work_s)
        busy = np.maximum(0, np.maximum(0, by.seconds) + self._goal_service_s[list(goals)] - idle)
        cost = np.maximum(0, by.metres) * rates.per_km / 1000 + busy * rates.per_hour / 3600
        least: Floats = cost.min(axis=0) + rates.per_parcel
        return least


def _as_the_crow_flies(tour: Tour, goals: Sequence[Place]) -> Legs:
    """Instead of detours, how far each goal lies from each of the tour's stops: asks no network for the legs."""
    stops = [tour.van.site.place, *(tour.case.visits[v].place for v in tour.visits)]
    lon, lat = np.array([(p.lon, p.lat) for p in stops]).T
    goal_lon, goal_lat = np.array([(p.lon, p.lat) for p in goals]).T
    east = (goal_lon - lon[:, None]) * math.cos(math.radians(tour.van.site.place.lat))
    metres = np.hypot(east, goal_lat - lat[:, None]) * METRES_PER_DEGREE
    return Legs(metres.astype(np.int64), np.zeros(metres.shape, dtype=np.int64))
