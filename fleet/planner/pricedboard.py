"""A board on which it costs something that a drafted mission does not stay as it is, and which can go back to how it
stood."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fleet.planner.board import Board
from fleet.planner.draft import Compartments, Draft
from fleet.planner.driven import Driven
from fleet.planner.overdue import late_price, late_prices, none_later
from fleet.planner.present import Standing
from fleet.planner.routes import Routing
from fleet.planner.seats import Known, Seat
from fleet.planner.sorties import Sortie, Yard
from fleet.planner.standingtrips import StandingTrips
from fleet.planner.tours import Tour, savings
from fleet.planner.trips import in_turn, together
from fleet.planner.visits import Visit
from fleet.planner.ways import LockerWay, SortieWay, Way


@dataclass(frozen=True)
class Mark:
    """A board's parts as they were."""

    choices: list[Way | None]
    yard: Yard
    compartments: Compartments
    sorties: dict[int, Sortie]
    stays: dict[int, LockerWay]
    tours: Driven
    van_of: dict[int, int]


@dataclass
class PricedBoard(Board):
    """A board on which it costs something that a drafted mission does not stay as it is."""

    standing: Sequence[Standing] = ()
    change_price: float = 0.0
    _by_order: dict[int, Standing] = field(default_factory=dict)
    _drafts: dict[str, StandingTrips] = field(default_factory=dict)
    _most: int = 1
    _hand: int = 0
    _was: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._by_order = {order: one for one in self.standing for order in one.orders}
        routes: dict[str, list[Standing]] = defaultdict(list)
        for one in self.standing:
            if one.drives:
                routes[one.mission.asset_id].append(one)
        self._drafts = {name: StandingTrips(of_it) for name, of_it in routes.items()}
        self._most = max(map(len, routes.values()), default=1)

    def changed(self) -> list[Standing]:
        """The drafted missions that do not stay as they are."""
        stay = self._stay()
        return [one for one in self.standing if one.mission.mission_id not in stay]

    def kept(self) -> list[Standing]:
        """The drafted missions that stay as they are."""
        stay = self._stay()
        return [one for one in self.standing if one.mission.mission_id in stay]

    def as_driven(self) -> Draft:
        """The draft as it stands now; of a van that makes several trips, those that stay at their drafted times."""
        tours = list[Tour]()
        for name, trips in together(self.tours.values()).items():
            drafts = self._drafts.get(name)
            tours += trips if drafts is None else drafts.driven(trips)
        tours.sort(key=lambda tour: tour.van.index)
        return replace(self.draft(), routing=Routing(tuple(tours), ()))

    def plain(self) -> Board:
        """The same on a board where nothing but costs counts, to which what was worked out on this one is known."""
        return Board(self.draft(), self.ways, known=Known(self._floors, self._in_turn))

    def _stay(self) -> set[str]:
        """The drafted missions that stay as they are, by id."""
        sorties = (one for one in self.standing if not one.drives)
        found = {one.mission.mission_id for one in sorties if one.is_flown(self.sorties.get(one.orders[0]))}
        for name, trips in together(self.tours.values()).items():
            found |= self._stay_of(name, trips)
        return found

    def _stay_of(self, name: str, trips: Sequence[Tour]) -> frozenset[str]:
        """Those of a van that makes these trips."""
        drafts = self._drafts.get(name)
        return frozenset() if drafts is None else drafts.stay(trips)

    def _in_turn(self, trips: Sequence[Tour]) -> list[Tour] | None:
        """As on any board; of a van with drafts it is known for a while."""
        drafts = self._drafts.get(trips[0].van.slot.asset_id)
        return super()._in_turn(trips) if drafts is None else drafts.in_turn(trips)

    def _trips_of(self, name: str, *changed: Tour) -> list[Tour]:
        """A van's trips, with those that would be others, or further ones, as they would be."""
        numbers = {tour.van.index for tour in changed}
        own = self.tours.of_asset(name)
        return [*(tour for tour in own if tour.van.index not in numbers), *changed]

    def drawn(self, worth: Mapping[int, float]) -> set[int]:
        """The parcels whose doors one of the tours that are not as drafted may serve for less than what they cost now,
        by what a stop adds at the least."""
        found, stay = set[int](), self._stay()
        stops = {one.orders[0] for one in self.standing if one.drives and one.mission.mission_id in stay}
        for index, tour in self.tours.items():
            if stops.isdisjoint(order for v in tour.visits for order in tour.case.visits[v].orders):
                least = {order: self._floors.least(tour, self._door(order), own=False) for order in worth}
                found |= {o for o, cost in worth.items() if self._van_of.get(o) != index and least[o] < cost}
        return found

    def idle(self, worth: Mapping[int, float]) -> set[int]:
        """The parcels that a machine without any sortie may bring for less than what they cost now, by what its trip
        costs at the least: it may have come back since the plan was made."""
        busy = {sortie.slot.asset_id for sortie in self.sorties.values()}
        pools = {
            pool.index for pool in self.problem.pools if any(slot.asset_id not in busy for slot in pool.slots)
        }
        return {order for order, cost in worth.items() if self.ways[order].flown_below(cost, pools)}

    def stored(self, worth: Mapping[int, float]) -> set[int]:
        """The parcels that a van may bring into a locker with a compartment left for less than what they cost now, by
        what a stop there adds at the least: it may have been full, or out of service, when the plan was made."""
        roomy = (name for name in self.problem.stations if self.compartments.has_room(name))
        stops = {name: 0.0 if self.stops_at(name) else self._floor((name, ())) for name in roomy}
        return {order for order, cost in worth.items() if self._may_be_stored(order, cost, stops)}

    def _may_be_stored(self, order: int, cost: float, stops: Mapping[str, float]) -> bool:
        """Whether one of these lockers may take it for less; who waits in one gives up its fee, and a stop for it
        alone."""
        own = None if order in self.sorties else self.stays.get(order)
        if own is None:
            return self.ways[order].kept_below(cost, stops)
        visit = next(visit for visit in self._stops_of(order) if order in visit.orders)
        limit = own.fee + (cost if len(visit.orders) == 1 else 0.0)
        others = {name: least for name, least in stops.items() if name != own.locker_id}
        return self.ways[order].kept_below(limit, others)

    def _stops_of(self, order: int) -> Iterator[Visit]:
        """Those of the tour that brings it."""
        tour = self.tours[self._van_of[order]]
        return (tour.case.visits[v] for v in tour.visits)

    def worths(self) -> dict[int, float]:
        """What each parcel that is brought counts for now: its sortie, or what leaving out its stop saves, and how late
        it is there."""
        found = {order: sortie.cost for order, sortie in self.sorties.items()}
        for tour in self.tours.values():
            for visit, saved in zip(tour.visits, savings(tour), strict=True):
                found |= dict.fromkeys(tour.case.visits[visit].orders, saved)
            for order, price in late_prices(self.problem, tour).items():
                found[order] += price
        return found

    def _door(self, order: int) -> int:
        return self._floors.goals[None, (order,)]

    def worth(self) -> float:
        """The plan's cost, with the prices of parcels that are left or late and of missions that change."""
        trips = math.fsum(sortie.trip_cost for sortie in self.sorties.values())
        tours = math.fsum(tour.cost for tour in self.tours.values())
        fees = math.fsum(way.fee for way in self.stays.values())
        left = self.problem.left_price(order for order, way in enumerate(self.choices) if way is None)
        late = late_price(self.problem, self.tours.values())
        return trips + tours + fees + left + late + self.change_price * len(self.changed())

    def mark(self) -> Mark:
        """How it stands now, to come back to."""
        return Mark(
            list(self.choices),
            self.yard.copy(),
            self.compartments.copy(),
            dict(self.sorties),
            dict(self.stays),
            self.tours.copy(),
            dict(self._van_of),
        )

    def holds(self, mark: Mark) -> bool:
        """Whether each tour that is another than it was can be driven: streets know no triangle inequality, and one
        without a stop may come too late to the next, or to its van's next trip."""
        others = [tour for van, tour in self.tours.items() if tour is not mark.tours.get(van)]
        if not all(tour.feasible for tour in others):
            return False
        trips = map(self._trips, others)
        return all(in_turn(of_it) is not None for of_it in trips if len(of_it) > 1)

    def back_to(self, mark: Mark) -> None:
        """Stand again as it did; nothing may be lifted. The mark is used up."""
        self.choices, self.yard, self.compartments = mark.choices, mark.yard, mark.compartments
        self.sorties, self.stays, self.tours, self._van_of = mark.sorties, mark.stays, mark.tours, mark.van_of

    def hasten(self) -> None:
        """As on any board; of a van only where no more of its drafts change by that."""
        if self.problem.fleet.lateness is None:
            return
        for trips in together(self.tours.values()).values():
            made = [tour for tour in none_later(trips) if tour is not self.tours[tour.van.index]]
            if made:
                changed, mark = len(self.changed()), self.mark()
                for tour in made:
                    self.drive(tour)
                if len(self.changed()) > changed:
                    self.back_to(mark)

    @property
    def leaving_toll(self) -> float:
        """The price of the one mission that the parcel is in."""
        return self.change_price

    def toll(self, tours: Sequence[Tour]) -> float:
        """The price of the drafted routes that would change by it, without that of those that would be as drafted
        again."""
        count = 0
        for name in self._drafts.keys() & {tour.van.slot.asset_id for tour in tours}:
            changed = (tour for tour in tours if tour.van.slot.asset_id == name)
            count += len(self._stay_of(name, self._trips_of(name)))
            count -= len(self._stay_of(name, self._trips_of(name, *changed)))
        return self.change_price * count

    def lift(self, order: int) -> Seat:
        """As on any board; what is changed by that is known before it is. Where the tour does not hold without the
        parcel, nothing is worth moving it."""
        seat = super().lift(order)
        self._hand, self._was = order, 0.0
        rest = None if seat.tour is None else self.tours.get(seat.tour.van.index)
        self._was = self._toll(seat) if rest is None or rest.feasible else -math.inf
        return seat

    def take(self, order: int) -> None:
        """As on any board; the price of changes is that of this parcel from now on."""
        super().take(order)
        self._hand, self._was = order, 0.0

    def price(self, seat: Seat) -> float:
        """The seat's cost, and what it adds to the price of changes beside the seat that the parcel had."""
        return seat.cost + self._toll(seat) - self._was

    def least_price(self, seat: Seat) -> float:
        """The same as if all drafts of a van were as drafted again by it."""
        return seat.cost - self.change_price * self._most - self._was

    def cheapest(self, order: int, limit: float, *, but: Way | None = None) -> Seat | None:
        """The cheapest seat with its price of changes; none that counts for ``limit`` or more."""
        best: Seat | None = None
        for way in self.ways_below(order, limit):
            if way == but or not self.may_count_below(order, way, limit):
                continue
            offer = self.offer(order, way, limit + self._was + self.change_price * self._most, below=limit)
            if offer is not None and (price := self.price(offer)) < limit:
                best, limit = offer, price
        return best

    def stands_well(self, order: int, gain: float) -> bool:
        """As on any board, with the price of changes."""
        sortie = self.sorties.get(order)
        if sortie is None:
            return False
        self._hand, self._was = order, 0.0
        self._was = self._toll(Seat(sortie.way, sortie.cost, sortie=sortie))
        return super().stands_well(order, gain)

    def ways_below(self, order: int, limit: float) -> Sequence[Way]:
        """As on any board: all sorties but the drafted one have its price of a change."""
        return self.ways[order].below(limit + self._was - self._leaving(order))

    def may_count_below(self, order: int, way: Way, limit: float) -> bool:
        """As on any board, with the price of changes."""
        return self.floor(order, way) + self._least_toll(order, way) - self._was < limit

    def _least_toll(self, order: int, way: Way) -> float:
        """What a way adds to the price of changes at the least: of a drafted sortie all others, but a van's routes may
        be as drafted again with the parcel."""
        own = self._by_order.get(order)
        stays = own is not None and own.sortie is not None and way == own.sortie.way
        back = not isinstance(way, SortieWay)
        return (0.0 if stays else self._leaving(order)) - self.change_price * self._most * back

    def _leaving(self, order: int) -> float:
        """The price of a drafted sortie where its parcel goes another way."""
        own = self._by_order.get(order)
        return self.change_price if own is not None and not own.drives else 0.0

    def _sortie(self, order: int, way: SortieWay) -> Seat | None:
        """The one that was drafted where it can still be had and counts for less, else the earliest."""
        found, own = super()._sortie(order, way), self._by_order.get(order)
        if found is None or own is None or own.sortie is None or own.sortie.way != way:
            return found
        book = self.yard.on if own.booked else self.yard.drafted
        same = book(order, way, own.sortie.depart_s, own.sortie.slot.asset_id)
        if same is None:
            return found
        return min(Seat(way, same.cost, sortie=same), found, key=self.price)

    def _toll(self, seat: Seat) -> float:
        """The price of the changes that the parcel's own mission and the seat's van come to have."""
        own, tour, count = self._by_order.get(self._hand), seat.tour, 0
        if own is not None and not own.drives:
            count += not own.is_flown(seat.sortie)
        if tour is not None and tour.van.slot.asset_id in self._drafts:
            name = tour.van.slot.asset_id
            mine = frozenset() if own is None else frozenset([own.mission.mission_id])
            count += len(self._stay_of(name, self._trips_of(name)) - mine)
            count -= len(self._stay_of(name, self._trips_of(name, tour)) - mine)
        if own is not None and own.drives:
            name = own.mission.asset_id
            there = () if tour is None or tour.van.slot.asset_id != name else (tour,)
            count += own.mission.mission_id not in self._stay_of(name, self._trips_of(name, *there))
        return self.change_price * count
