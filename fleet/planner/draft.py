"""A complete solution: which way each parcel goes, the booked sorties, the tours; made from choices of ways."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from fleet.planner.assignment import Choices, larger_classes
from fleet.planner.buildings import door_visits
from fleet.planner.flights import Flights
from fleet.planner.hours import unevenness
from fleet.planner.overdue import late_price, later, none_later
from fleet.planner.problem import Problem
from fleet.planner.routes import Routing, Warm, route
from fleet.planner.sorties import Sortie, Yard, book_all
from fleet.planner.stop import Late, Stop, never
from fleet.planner.visits import Visit, door_visit, locker_visits
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Way, Ways
from fleet.protocol.values import CompartmentSize

Ranking = Callable[[int], Sequence[Way]]
"""A parcel's ways, the best first."""


@dataclass(frozen=True)
class Draft:
    """A solution. ``stays`` says which locker each parcel waits in; ``unserved`` are the parcels that nobody brings;
    ``yard`` holds the bookings of the sorties.
    """

    problem: Problem
    choices: Choices
    sorties: dict[int, Sortie]
    routing: Routing
    stays: dict[int, LockerWay]
    unserved: tuple[int, ...]
    yard: Yard
    cut: bool = False
    """Whether time was up before it was tried to serve every parcel."""
    troubles: tuple[str, ...] = ()
    """What went wrong in parts of the search that it comes from, which ended none."""

    @cached_property
    def cost(self) -> float:
        """What trips, routes and stays in lockers cost."""
        trips = sum(s.trip_cost for s in self.sorties.values())
        return trips + self.routing.cost + sum(way.fee for way in self.stays.values())

    @property
    def objective(self) -> float:
        """The cost with the price of what is left, of what drivers are out longer than the mean of them, and of what
        is late."""
        uneven = unevenness(self.routing.tours, self.problem.fleet.fairness.per_hour)
        late = late_price(self.problem, self.routing.tours)
        return self.cost + self.problem.left_price(self.unserved) + uneven + late


@dataclass
class Compartments:
    """What is still free in each locker, counting that a parcel may lie in a larger compartment than it needs."""

    problem: Problem
    _taken: dict[str, Counter[CompartmentSize]] = field(default_factory=lambda: defaultdict(Counter))

    def room(self, way: LockerWay) -> bool:
        """Whether there is a compartment left."""
        taken = self._taken[way.locker_id] + Counter([way.size])
        free = self.problem.stations[way.locker_id].free
        return all(sum(taken[s] for s in sizes) <= sum(free[s] for s in sizes) for sizes in larger_classes())

    def has_room(self, locker_id: str) -> bool:
        """Whether there is a compartment of some class left."""
        free, taken = self.problem.stations[locker_id].free, self._taken.get(locker_id, Counter())
        return sum(taken.values()) < sum(free.values())

    def take(self, way: LockerWay) -> bool:
        """Keep a compartment; false when there is none."""
        fits = self.room(way)
        if fits:
            self._taken[way.locker_id][way.size] += 1
        return fits

    def copy(self) -> Compartments:
        """The same, to be changed apart."""
        taken = {locker_id: Counter(sizes) for locker_id, sizes in self._taken.items()}
        return Compartments(self.problem, defaultdict(Counter, taken))

    def release(self, way: LockerWay) -> None:
        """Give a compartment back."""
        self._taken[way.locker_id][way.size] -= 1


@dataclass
class Builder:
    """Turns choices into a draft; what can't be booked goes the parcel's next best way."""

    problem: Problem
    ways: Sequence[Ways]
    flights: Flights
    ranking: Ranking
    yard: Yard = field(init=False)
    compartments: Compartments = field(init=False)
    sorties: dict[int, Sortie] = field(default_factory=dict)
    stays: dict[int, LockerWay] = field(default_factory=dict)
    doors: set[int] = field(default_factory=set)
    unserved: set[int] = field(default_factory=set)
    apart: set[int] = field(default_factory=set)
    """Parcels that get a stop of their own at their building: with the others no van could make it."""
    departures: Mapping[int, int] = field(default_factory=dict)
    """When some parcels' sorties depart, where that was planned already; each is asked for anew, then or later."""
    overdue: Mapping[int, int] = field(default_factory=dict)
    """How long after their windows some parcels may be served at their doors (s), where that was planned already."""
    late: Late = never
    """Once it is late no more sorties are booked and no more stops put into tours."""

    def __post_init__(self) -> None:
        self.yard = Yard(self.problem, self.flights)
        self.compartments = Compartments(self.problem)

    def build(self, choices: Choices, warm: Warm, *, seed: int, stop: Stop | None) -> Draft:
        """Book sorties and compartments, route the vans, and find other ways for what was left out."""
        self._keep_lockers(choices)
        self._book_sorties(choices)
        for order in self._dearest_first:
            if isinstance(choices[order], DoorWay):
                self.doors.add(order)
            elif choices[order] is None:
                self._next_best(order, without=None)
        routing = route(self.problem, self._visits(), warm, seed=seed, stop=stop, late=self.late)
        mended = self._mended(routing, seed)
        return self._draft(replace(mended, tours=none_later(mended.tours)))

    def _keep_lockers(self, choices: Choices) -> None:
        for order in self._dearest_first:
            way = choices[order]
            if isinstance(way, LockerWay) and not self._stay(order, way):
                self._next_best(order, without=way)

    @cached_property
    def _dearest_first(self) -> list[int]:
        """The parcels, those first that it is dearest to leave."""
        return self.problem.dearest_first(range(len(self.ways)))

    def _book_sorties(self, choices: Choices) -> None:
        chosen = ((order, choices[order]) for order in self._dearest_first)
        wanted = [(order, way) for order, way in chosen if isinstance(way, SortieWay)]
        roomy = [(o, w) for o, w in wanted if w.locker is None or self._stay(o, w.locker)]
        booked, left = book_all(self.yard, roomy, self.departures, self.late)
        self.sorties |= booked
        failed = {o for o, _ in wanted} - booked.keys()
        for order in left:
            self._leave_locker(order)
        for order, way in wanted:
            if order in failed:
                self._next_best(order, without=way)

    def _stay(self, order: int, way: LockerWay) -> bool:
        if not self.compartments.take(way):
            return False
        self.stays[order] = way
        return True

    def _leave_locker(self, order: int) -> None:
        way = self.stays.pop(order, None)
        if way is not None:
            self.compartments.release(way)

    def _next_best(self, order: int, *, without: Way | None) -> None:
        """The best of the parcel's ways that can still be had."""
        for way in self.ranking(order):
            if way != without and self._try(order, way):
                return
        self.unserved.add(order)

    def _try(self, order: int, way: Way) -> bool:
        match way:
            case DoorWay():
                self.doors.add(order)
                return True
            case LockerWay():
                return self._stay(order, way)
            case SortieWay():
                return self._try_sortie(order, way)

    def _try_sortie(self, order: int, way: SortieWay) -> bool:
        if self.late():
            return False
        if way.locker is not None and not self._stay(order, way.locker):
            return False
        sortie = self.yard.book(order, way)
        if sortie is None:
            self._leave_locker(order)
            return False
        self.sorties[order] = sortie
        return True

    def _visits(self) -> list[Visit]:
        return [*self._door_visits(self.doors), *self._locker_stops()]

    def _door_visits(self, orders: Iterable[int]) -> list[Visit]:
        able = [(o, self.ways[o].bases) for o in sorted(orders) if self.ways[o].bases]
        apart = self.apart | self.overdue.keys()
        together = door_visits(self.problem, [one for one in able if one[0] not in apart])
        alone = (door_visit(self.problem, *one) for one in able if one[0] in apart)
        return [*together, *(later(one, self.overdue.get(one.orders[0], 0)) for one in alone)]

    def _locker_stops(self) -> list[Visit]:
        by_locker: dict[str, list[int]] = defaultdict(list)
        for order, way in sorted(self.stays.items()):
            if order not in self.sorties:
                by_locker[way.locker_id].append(order)
        return [
            visit
            for locker_id, orders in sorted(by_locker.items())
            for visit in locker_visits(
                self.problem, self.problem.stations[locker_id], [(o, self.ways[o].bases) for o in orders]
            )
        ]

    def _mended(self, routing: Routing, seed: int) -> Routing:
        """Parcels of stops that no van can make go by sortie or to the door instead, as far as there is room and
        time. Of a large problem the last moves see to them: all stops would be gone through again for these few."""
        if self.late() or not self.problem.keeps_legs:
            self._give_up({order for visit in routing.left for order in visit.orders} - self.sorties.keys())
            return Routing(routing.tours, ())
        self.apart |= {o for v in routing.left if v.locker_id is None and len(v.orders) > 1 for o in v.orders}
        if self.apart:
            routing = route(self.problem, self._visits(), routing.warm, seed=seed, stop=None, late=self.late)
        left = self.problem.dearest_first(sorted(order for visit in routing.left for order in visit.orders))
        again = [order for order in left if self._turned(order)]
        self._give_up(set(left) - set(again) - self.sorties.keys())
        if again:
            routing = route(self.problem, self._visits(), routing.warm, seed=seed, stop=None, late=self.late)
            self._give_up(order for visit in routing.left for order in visit.orders)
        return Routing(routing.tours, ())

    def _turned(self, order: int) -> bool:
        """Try a left parcel by sortie; true when it is to go to the door instead of into a locker."""
        was_door = order in self.doors
        self.doors.discard(order)
        self._leave_locker(order)
        ways = [way for way in self.ranking(order) if isinstance(way, SortieWay)]
        if any(self._try_sortie(order, way) for way in ways) or was_door:
            return False
        self.doors.add(order)
        return True

    def _give_up(self, orders: Iterable[int]) -> None:
        for order in orders:
            self.doors.discard(order)
            self._leave_locker(order)
            self.unserved.add(order)

    def _draft(self, routing: Routing) -> Draft:
        choices = tuple(self._choice(order) for order in range(len(self.ways)))
        left = tuple(sorted(self.unserved))
        return Draft(
            self.problem, choices, self.sorties, routing, self.stays, left, self.yard, cut=self.late()
        )

    def _choice(self, order: int) -> Way | None:
        if order in self.sorties:
            return self.sorties[order].way
        return self.stays.get(order) or (self.ways[order].door if order in self.doors else None)


def nothing(problem: Problem, ways: Sequence[Ways], flights: Flights) -> Draft:
    """The draft of a search that had no time at all."""
    everybody = tuple(range(len(ways)))
    none, yard = tuple(None for _ in ways), Yard(problem, flights)
    return Draft(problem, none, {}, Routing((), ()), {}, everybody, yard, cut=True)


def rerouted(draft: Draft, ways: Sequence[Ways], *, seed: int, stop: Stop) -> Draft:
    """The same choices with the vans searched on, for unserved parcels too; the draft itself if that is no better, or
    there is no time left."""
    if stop.late():
        return draft
    problem = draft.problem
    left_behind = problem.dearest_first(draft.unserved)
    doors = [door_visit(problem, o, ways[o].bases) for o in left_behind if ways[o].bases]
    visits = [*(tour.case.visits[v] for tour in draft.routing.tours for v in tour.visits), *doors]
    routing = route(problem, visits, draft.routing.warm, seed=seed, stop=stop, late=stop.late)
    left = {order for visit in routing.left for order in visit.orders}
    if left - set(draft.unserved):
        return draft
    choices = tuple(
        ways[o].door if o in draft.unserved and o not in left else c for o, c in enumerate(draft.choices)
    )
    unserved = tuple(o for o in draft.unserved if o in left or not ways[o].bases)
    tours = Routing(none_later(routing.tours), ())
    found = replace(draft, choices=choices, routing=tours, unserved=unserved)
    return min((draft, found), key=lambda d: d.objective)
