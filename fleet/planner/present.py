"""The plan in force as a draft: each drafted mission as it stands, as far as it still holds.

What does not hold any more (a zone, the weather, a van that comes too late) is let go, with the reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from fleet.feasibility.incident import incident
from fleet.planner.asdrafted import DraftedSortie, drafted_sortie, pools_by_asset
from fleet.planner.buildings import door_visits, gathered
from fleet.planner.draft import Compartments, Draft
from fleet.planner.flights import Flights
from fleet.planner.late import as_late_as_driven
from fleet.planner.polish import eased
from fleet.planner.problem import Pool, Problem, Van
from fleet.planner.routes import Routing
from fleet.planner.snapshot import Drafted, DraftedStop
from fleet.planner.sorties import Sortie, Yard
from fleet.planner.spans import Span
from fleet.planner.tours import Case, Stops, Tour
from fleet.planner.trips import over_s, settled_in_turn
from fleet.planner.visits import Visit, locker_visits
from fleet.planner.ways import LockerWay, SortieWay, Way, Ways
from fleet.protocol.values import Reason


@dataclass(frozen=True)
class Standing:
    """A drafted mission in the planner's terms: a sortie (``booked`` with all that it needs, or kept as drafted), or
    the ``tour`` of a van (``drives``), with what of it still holds."""

    mission: Drafted
    orders: tuple[int, ...]
    sortie: Sortie | None = None
    booked: bool = True
    drives: bool = False
    tour: Tour | None = None

    def is_flown(self, sortie: Sortie | None) -> bool:
        """Whether it stays as it is where its parcel flies so."""
        return self.sortie is not None and sortie is not None and _same(sortie, self.sortie)

    @cached_property
    def stops(self) -> Stops:
        """What its van stops for, in order; nothing where not all of it holds any more."""
        if self.tour is None:
            return ()
        stops = self.tour.stops
        return stops if sum(len(orders) for _, orders in stops) == len(self.orders) else ()

    @cached_property
    def span(self) -> Span | None:
        """When its van is out, as it was drafted; none where not all of it holds any more."""
        if self.tour is None or not self.stops:
            return None
        problem = self.tour.case.problem
        begin_s = problem.floor_seconds(self.mission.start)
        ends_s = over_s(self.tour, begin_s)
        return begin_s, ends_s if self.mission.end is None else max(ends_s, problem.seconds(self.mission.end))


def _same(one: Sortie, other: Sortie) -> bool:
    """Whether two sorties are one trip of one asset; a second is the planner's rounding."""
    apart_s = abs(one.depart_s - other.depart_s)
    return one.slot.asset_id == other.slot.asset_id and one.way == other.way and apart_s <= 1


@dataclass
class Present:
    """Makes the draft. ``lost`` says of each parcel that was let go why its mission does not hold."""

    problem: Problem
    ways: Sequence[Ways]
    flights: Flights
    standing: list[Standing] = field(default_factory=list)
    lost: dict[int, tuple[Reason, ...]] = field(default_factory=dict)
    _choices: dict[int, Way] = field(default_factory=dict)
    _sorties: dict[int, Sortie] = field(default_factory=dict)
    _trips: dict[str, list[Tour]] = field(default_factory=dict)

    def draft(self) -> Draft:
        """What of the plan in force holds; all other parcels are left."""
        self._yard = Yard(self.problem, self.flights)
        self._compartments = Compartments(self.problem)
        for mission in sorted(self.problem.snapshot.drafted, key=lambda m: (m.start, m.mission_id)):
            pool = self._pools.get(mission.asset_id)
            self.standing.append(
                self._stand_route(mission) if pool is None else self._stand_sortie(mission, pool)
            )
        tours = [tour for trips in self._trips.values() for tour in self._together(trips)]
        choices = tuple(self._choices.get(order) for order in range(len(self.ways)))
        lockers = [way.locker if isinstance(way, SortieWay) else way for way in choices]
        stays = {order: way for order, way in enumerate(lockers) if isinstance(way, LockerWay)}
        left = tuple(order for order, way in enumerate(choices) if way is None)
        routing = Routing(tuple(tours), ())
        return Draft(self.problem, choices, self._sorties, routing, stays, left, self._yard)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {order.order_id: number for number, order in enumerate(self.problem.orders)}

    @cached_property
    def _pools(self) -> dict[str, Pool]:
        return dict(pools_by_asset(self.problem))

    @cached_property
    def _vans(self) -> dict[str, Van]:
        return {van.slot.asset_id: van for van in self.problem.vans}

    # --- sorties -----------------------------------------------------------------------------------------------------

    def _stand_sortie(self, mission: Drafted, pool: Pool) -> Standing:
        order = self._numbers[mission.order_ids[0]]
        own = drafted_sortie(self.problem, order, pool, mission)
        sortie, booked = self._booked(own, mission.asset_id)
        if sortie is None:
            verdict = self.flights.assess(order, pool, own.locker_id, own.depart_s).verdict
            self._let_go(mission, (order,), verdict.reasons)
        else:
            self._yard.keep(sortie)
            self._sorties[order], self._choices[order] = sortie, sortie.way
        return Standing(mission, (order,), sortie=sortie, booked=booked)

    def _booked(self, own: DraftedSortie, asset_id: str) -> tuple[Sortie | None, bool]:
        """On its asset at its time, which may lie between two of the planner's seconds; whether all of it is booked.
        What only its battery, or a count, speaks against now stays drafted: that is looked at before it is sent."""
        way = self.ways[own.order].sortie(own.pool.index, own.locker_id)
        if way is None:
            return None, True
        exact = (self._yard.on(own.order, way, depart, asset_id) for depart in own.departures)
        booked = next((sortie for sortie in exact if sortie is not None), None)
        found = booked or self._yard.drafted(own.order, way, own.depart_s, asset_id)
        if found is None or not (way.locker is None or self._compartments.take(way.locker)):
            return None, True
        return found, booked is not None

    # --- routes ------------------------------------------------------------------------------------------------------

    def _stand_route(self, mission: Drafted) -> Standing:
        orders = tuple(self._in_order(mission))
        van = self._van(mission)
        if van is None:
            self._let_go(mission, orders, ())
            return Standing(mission, orders, drives=True)
        visits = [visit for stop in mission.stops for visit in self._visits(stop)]
        case = Case(self.problem, tuple(visits))
        whole = Tour(case, van, tuple(range(len(visits))))
        if not whole.feasible:
            whole = as_late_as_driven(whole, self.problem.fleet.lateness)
        tour = whole if whole.feasible else eased(whole)
        if tour.visits:
            tour = gathered(_over(tour))
            self._trips.setdefault(mission.asset_id, []).append(tour)
        self._leave(mission, set(orders) - _brought([tour]))
        return Standing(mission, orders, drives=True, tour=tour)

    def _van(self, mission: Drafted) -> Van | None:
        """The one of a drafted route: of several of its van each begins at its own time, or when the one before is
        over; none where there is none for it."""
        van, before = self._vans.get(mission.asset_id), self._trips.get(mission.asset_id, [])
        if van is None or self._routes[mission.asset_id] == 1:
            return van
        if before and van.driver_break is not None:  # where the break is between trips is not known
            return None
        early_s = max(van.early_s, self.problem.floor_seconds(mission.start))
        if before:
            early_s = max(early_s, before[-1].times_s[-1])
        number = len(before)
        index = van.index + number * len(self.problem.vans)
        return replace(van, index=index, trip=float(number), early_s=early_s)

    def _together(self, trips: list[Tour]) -> list[Tour]:
        """A van's drafted routes, each in what the others leave free; what does not fit beside them is let go."""
        asset_id = trips[0].van.slot.asset_id
        if self._routes[asset_id] == 1:
            return trips
        found = settled_in_turn(trips)
        lost = _brought(trips) - _brought(found)
        for number, one in enumerate(self.standing):
            if one.drives and lost.intersection(one.orders):
                self._leave(one.mission, lost.intersection(one.orders))
                self.standing[number] = replace(one, tour=None)
        return found

    @cached_property
    def _routes(self) -> Counter[str]:
        """How many missions each asset has in the plan in force."""
        return Counter(mission.asset_id for mission in self.problem.snapshot.drafted)

    def _leave(self, mission: Drafted, orders: Collection[int]) -> None:
        """Let parcels of a drafted route go, and the compartments that they had."""
        for order in orders:
            way = self._choices.pop(order, None)
            if isinstance(way, LockerWay):
                self._compartments.release(way)
        self._let_go(mission, tuple(order for order in self._in_order(mission) if order in orders), ())

    def _in_order(self, mission: Drafted) -> Iterator[int]:
        return (self._numbers[order_id] for order_id in mission.order_ids)

    def _visits(self, stop: DraftedStop) -> list[Visit]:
        """A stop's visits, of the parcels that a van may still bring there."""
        ways: dict[int, Way] = {}
        for order in (self._numbers[order_id] for order_id in stop.order_ids):
            way = self._by_van(order, stop.locker_id)
            if way is not None:
                ways[order] = way
        self._choices |= ways
        parcels = [(order, self.ways[order].bases) for order in ways]
        if stop.locker_id is None:
            return door_visits(self.problem, parcels)
        return locker_visits(self.problem, self.problem.stations[stop.locker_id], parcels) if parcels else []

    def _by_van(self, order: int, locker_id: str | None) -> Way | None:
        ways = self.ways[order]
        if locker_id is None or not ways.bases:
            return ways.door
        found = ways.locker(locker_id)
        return found if found is not None and self._compartments.take(found) else None

    def _let_go(self, mission: Drafted, orders: tuple[int, ...], why: tuple[Reason, ...]) -> None:
        plain = incident("does_not_hold", f"{mission.mission_id} can't be made as drafted", source="planner")
        for order in orders:
            self.lost[order] = why or (plain,)


def _brought(tours: Sequence[Tour]) -> set[int]:
    """The parcels of some tours."""
    return {order for tour in tours for v in tour.visits for order in tour.case.visits[v].orders}


def _over(tour: Tour) -> Tour:
    """The tour over a case of its own, with nothing else in it."""
    visits = tuple(tour.case.visits[v] for v in tour.visits)
    return Tour(Case(tour.case.problem, visits), tour.van, tuple(range(len(visits))))
