"""The ways of a plan that begins with the one in force: of parcels that stand only those are asked about that somebody
looks at.

A drafted mission is asked for at its own time. What else its parcel could do costs most of the time that there is, and
matters only where something has changed nearby: it is asked when the parcel is offered other seats.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fleet.feasibility import Verdict
from fleet.feasibility.least import least_flight_cost
from fleet.planner.asdrafted import DraftedSortie, drafted_sorties
from fleet.planner.candidates import (
    Door,
    Doors,
    ends,
    find_ways,
    locker_way,
    locker_ways,
    may_go,
    near_lockers,
    sortie_way,
    way_of,
)
from fleet.planner.flights import Flights
from fleet.planner.nearpools import near_pools
from fleet.planner.problem import Pool, Problem
from fleet.planner.stop import Late, never
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Way, Ways

EVERY_S = 900
"""Whether a parcel that stands could go by another sortie is asked for departures at whole quarters of an hour, by the
clock: the next plan, a little later, need not ask again. Of one that is due soon also for those in between."""

LEAST_SLACK = 1e-6
"""So much more a way may cost at the least and still be asked about: whoever looks at it decides."""


def ways_in_force(
    problem: Problem, flights: Flights, late: Late = never, *, time_up: Late = never
) -> tuple[Ways, ...]:
    """Every parcel's ways: of those that nobody brings at once, as in any plan, until it is ``late``; of those that are
    drafted when they are asked for, until ``time_up``."""
    drafted = {order_id for one in problem.snapshot.drafted for order_id in one.order_ids}
    stand = [order for order, one in enumerate(problem.orders) if one.order_id in drafted]
    asking = _Asking(problem, flights, time_up, stand)
    found: dict[int, Ways] = {order: StandingWays(asking, order) for order in stand}
    new = [order for order in range(len(problem.orders)) if order not in found]
    found |= zip(new, find_ways(problem, flights, late, orders=new), strict=True)
    return tuple(found[order] for order in range(len(problem.orders)))


@dataclass
class _Asking:
    """What the parcels that stand have in common."""

    problem: Problem
    flights: Flights
    late: Late
    stand: Sequence[int]
    cut: set[int] = field(default_factory=set)
    """Whose sorties were not asked about, as it was late."""

    @cached_property
    def doors(self) -> Doors:
        return Doors(self.problem, kept=True)

    @cached_property
    def drafted(self) -> Mapping[int, DraftedSortie]:
        return drafted_sorties(self.problem)

    @cached_property
    def near_lockers(self) -> Mapping[int, list[str]]:
        return near_lockers(self.problem, self.stand)

    @cached_property
    def near_pools(self) -> Mapping[int, list[Pool]]:
        return near_pools(self.problem, self.stand)


class StandingWays(Ways):
    """Those of one parcel that is drafted, each sort asked about when it is looked at first."""

    def __init__(self, asking: _Asking, order: int) -> None:
        object.__setattr__(self, "_asking", asking)
        object.__setattr__(self, "_order", order)

    _asking: _Asking
    _order: int

    @cached_property
    def sorties(self) -> tuple[SortieWay, ...]:
        """The drafted one first."""
        return self._flown(math.inf)

    def below(self, limit: float) -> tuple[Way, ...]:
        """Without flights that cost no less, whatever the weather: these need not be asked about."""
        if "sorties" in self.__dict__:
            return self.all
        door = () if self.door is None else (self.door,)
        return (*self._flown(limit), *self.lockers, *door)

    def flown_below(self, limit: float, pools: Container[int]) -> bool:
        """By what its two places tell: none is asked about."""
        return any(pool.index in pools and self._least(pool, locker) < limit for pool, locker in self._ends)

    def _flown(self, limit: float) -> tuple[SortieWay, ...]:
        """The drafted sortie, and those that may cost less than ``limit``."""
        asking, order = self._asking, self._order
        own = () if self._own is None else (self._own,)
        if asking.near_pools[order] and asking.late():
            asking.cut.add(order)
            return own
        found = (self._found(*end) for end in self._ends if self._least(*end) < limit + LEAST_SLACK)
        return (*own, *(way for way in found if way is not None))

    @cached_property
    def _ends(self) -> list[tuple[Pool, LockerWay | None]]:
        """From where and where to it could be flown or driven but for the drafted way."""
        asked = ends(self._asking.problem, self._asking.near_pools[self._order], self._possible_lockers)
        own = None if self._own is None else (self._own.pool, self._own.locker)
        return [end for end in asked if (end[0].index, end[1]) != own]

    def _least(self, pool: Pool, locker: LockerWay | None) -> float:
        """What a sortie costs at the least, which its two places tell."""
        problem = self._asking.problem
        place = (
            problem.orders[self._order].place if locker is None else problem.locker(locker.locker_id).place
        )
        fee = 0.0 if locker is None else locker.fee
        return least_flight_cost(pool.type, pool.site.place, place, pool.least.pace) + fee

    def _found(self, pool: Pool, locker: LockerWay | None) -> SortieWay | None:
        """Asked about once."""
        key = (pool.index, None if locker is None else locker.locker_id)
        if key not in self._known:
            problem, flights = self._asking.problem, self._asking.flights
            way = sortie_way(problem, flights, self._order, pool, locker, EVERY_S)
            self._known[key] = way if way is not None and may_go(problem, self._order, way) else None
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple[int, str | None], SortieWay | None]:
        return {}

    @cached_property
    def lockers(self) -> tuple[LockerWay, ...]:
        """Those that a van may fill."""
        problem, order = self._asking.problem, self._order
        return tuple(
            way for way in self._possible_lockers if self._door.bases and may_go(problem, order, way)
        )

    def kept_below(self, limit: float, stops: Mapping[str, float]) -> bool:
        """Which lockers it may wait in is asked only where a stop there alone costs less."""
        near = self._asking.near_lockers.get(self._order, ())
        least = min((stops.get(locker_id, math.inf) for locker_id in near), default=math.inf)
        return least < limit and super().kept_below(limit, stops)

    @cached_property
    def _possible_lockers(self) -> list[LockerWay]:
        near = self._asking.near_lockers.get(self._order, ())
        return locker_ways(self._asking.problem, self._order, near)

    @cached_property
    def _door(self) -> Door:
        return self._asking.doors.of(self._order)

    @cached_property
    def door(self) -> DoorWay | None:
        """By the vans that may."""
        return self._asking.doors.way(self._order, self._door)

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """What each type of van answers."""
        return self._door.verdicts

    @property
    def asked(self) -> bool:
        """Not where somebody wanted to know too late."""
        return self._order not in self._asking.cut

    @property
    def nearer(self) -> frozenset[str]:
        """None: where parcels stand, machines are asked about all of them."""
        return frozenset()

    @cached_property
    def _own(self) -> SortieWay | None:
        """The drafted sortie's, as it is when that departs; none where it is not possible then."""
        own = self._asking.drafted.get(self._order)
        return None if own is None else self._as_drafted(own)

    def _as_drafted(self, own: DraftedSortie) -> SortieWay | None:
        problem, flights = self._asking.problem, self._asking.flights
        locker = None if own.locker_id is None else locker_way(problem, own.order, own.locker_id)
        if own.locker_id is not None and locker is None:
            return None
        trips = (flights.trip(own.order, own.pool, own.locker_id, depart) for depart in own.departures)
        trip = next((trip for trip in trips if trip is not None), None)
        way = None if trip is None else way_of(problem, own.pool, locker, trip)
        return way if way is not None and may_go(problem, own.order, way) else None

    def sortie(self, pool: int, locker_id: str | None) -> SortieWay | None:
        """The drafted one alone is asked about, where it is that."""
        own = self._asking.drafted.get(self._order)
        if own is not None and (own.pool.index, own.locker_id) == (pool, locker_id):
            return self._own
        return super().sortie(pool, locker_id)

    def locker(self, locker_id: str) -> LockerWay | None:
        """That one alone is asked about."""
        found = locker_way(self._asking.problem, self._order, locker_id)
        may = found is not None and self._door.bases and may_go(self._asking.problem, self._order, found)
        return found if may else None
