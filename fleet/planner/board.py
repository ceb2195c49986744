"""A draft that changes parcel by parcel, exactly: what leaving one out saves, what each of its ways would add.

All figures are of one sort: the cost of the whole plan with the parcel, less its cost without it, all else unchanged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from fleet.planner.buildings import door_visits, gathered, meets, shared, with_parcel, without
from fleet.planner.draft import Compartments, Draft
from fleet.planner.driven import Driven
from fleet.planner.floors import Floors
from fleet.planner.longer import tried, with_stop
from fleet.planner.overdue import late_prices, no_later, none_later
from fleet.planner.problem import Problem, Van
from fleet.planner.routes import Routing
from fleet.planner.seats import Known, Seat, Thing, things
from fleet.planner.sorties import Sortie, Yard
from fleet.planner.tours import Tour, tour_of
from fleet.planner.trips import Openings
from fleet.planner.visits import Bases, Key, Visit, door_visit, locker_visits
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Way, Ways

NEAR_TOURS = 4
"""Where the legs are too many to be kept, the tours that are tried: those that come nearest to the stop."""

NEAR_PARCELS = 60
"""Of so many parcels that go to places near it, the tours are looked at."""


@dataclass
class Board:
    """A draft's sorties, tours and compartments while single parcels are lifted out and put elsewhere.

    ``asked`` gathers what the offers so far depended on.
    """

    start: Draft
    ways: Sequence[Ways]
    choices: list[Way | None] = field(init=False)
    yard: Yard = field(init=False)
    compartments: Compartments = field(init=False)
    sorties: dict[int, Sortie] = field(init=False)
    stays: dict[int, LockerWay] = field(init=False)
    tours: Driven = field(init=False)
    _van_of: dict[int, int] = field(default_factory=dict)
    _cuts: dict[int, tuple[Tour, Tour | None]] = field(default_factory=dict)
    _lifted_from: int | None = None
    asked: set[Thing] = field(default_factory=set)
    known: Known = field(default_factory=Known)

    def __post_init__(self) -> None:
        draft = self.start
        self.choices, self.yard = list(draft.choices), draft.yard.copy()
        self.sorties, self.stays = dict(draft.sorties), dict(draft.stays)
        self.compartments = Compartments(self.problem)
        for way in self.stays.values():
            self.compartments.take(way)
        self.tours = Driven(map(gathered, draft.routing.tours))
        for tour in draft.routing.tours:
            self._van_of |= {order: tour.van.index for visit in _visits(tour) for order in visit.orders}

    @property
    def problem(self) -> Problem:
        """What is planned."""
        return self.start.problem

    def draft(self) -> Draft:
        """The draft as it stands now."""
        unserved = tuple(order for order, way in enumerate(self.choices) if way is None)
        tours = tuple(tour for _, tour in sorted(self.tours.items()))
        return replace(
            self.start,
            choices=tuple(self.choices),
            sorties=dict(self.sorties),
            routing=Routing(tours, ()),
            stays=dict(self.stays),
            unserved=unserved,
            yard=self.yard,
        )

    def price(self, seat: Seat) -> float:
        """What a seat for the parcel that was lifted last counts for when it is held against others: its cost."""
        return seat.cost

    def least_price(self, seat: Seat) -> float:
        """What a seat counts for at the least, as far as that is told at once."""
        return seat.cost

    @property
    def leaving_toll(self) -> float:
        """What it counts for at most, beside its cost, that a parcel gives its seat up: nothing here."""
        return 0.0

    def overdue(self, order: int, seat: Seat) -> float:
        """What it counts for, beside its cost, that a parcel is late in a seat."""
        return 0.0 if seat.tour is None else late_prices(self.problem, seat.tour).get(order, 0.0)

    def toll(self, tours: Sequence[Tour]) -> float:  # noqa: ARG002 - of a board where changes have a price
        """What it counts for, beside their cost, that vans drive these tours in place of their own: nothing here."""
        return 0.0

    # --- lift and put ------------------------------------------------------------------------------------------------

    def lift(self, order: int) -> Seat:
        """Take a parcel out; the seat that it had, with what that saves. To be put somewhere again."""
        way = self.choices[order]
        fee = self._leave_locker(order)
        self.choices[order] = None
        if way is None:
            return Seat(None, self.problem.penalties[order])
        if isinstance(way, SortieWay):
            sortie = self.sorties.pop(order)
            self.yard.release(sortie)
            return Seat(way, sortie.cost, sortie=sortie)
        before = self.tours[self._van_of.pop(order)]
        self._lifted_from = before.van.index
        self._floors.lifted(order)
        return Seat(way, self._left(before, self._without(before, order), fee), tour=before)

    def _left(self, before: Tour, after: Tour | None, fee: float) -> float:
        """Have a van drive what is left of its tour; what that saves with the fee of a stay."""
        was = sum(tour.cost for tour in self._trips(before))
        if after is None:
            del self.tours[before.van.index]
        else:
            self.tours[before.van.index] = after
        # Where driving past a stop breaks the tour (streets know no triangle inequality) it saves nothing.
        if after is not None and not after.feasible:
            return 0.0
        self._turn(before)
        return was - sum(tour.cost for tour in self._trips(before)) + fee

    def _trips(self, one: Tour) -> list[Tour]:
        """All trips of a tour's van, that one among them if it is driven."""
        return self.tours.of_asset(one.van.slot.asset_id)

    def _turn(self, one: Tour) -> None:
        """Give each trip of a van what its others leave free."""
        trips = self._trips(one)
        if not trips or (len(trips) == 1 and trips[0].van is self.problem.whole(one.van)):
            return
        made = self._in_turn(trips)
        # None where one lost a stop past which it does not hold: they stay until it has that again.
        for tour in made or ():
            self._floors.carry_over(self.tours[tour.van.index], tour)
            self.tours[tour.van.index] = tour

    def take(self, order: int) -> None:  # noqa: ARG002 - of a board where changes have a price
        """Have a parcel in hand that was lifted earlier, before others."""
        self._lifted_from = None

    def put(self, order: int, seat: Seat) -> None:
        """Give a lifted parcel a seat: an offer just made for it, or the one that it had."""
        self.choices[order], self._lifted_from = seat.way, None
        locker = seat.way.locker if isinstance(seat.way, SortieWay) else seat.way
        if isinstance(locker, LockerWay):
            self.compartments.take(locker)
            self.stays[order] = locker
        if seat.sortie is not None:
            self.yard.keep(seat.sortie)
            self.sorties[order] = seat.sortie
        if seat.tour is not None:
            self.tours[seat.tour.van.index] = seat.tour
            self._van_of[order] = seat.tour.van.index
            self._turn(seat.tour)

    def drive(self, tour: Tour) -> None:
        """Have a van drive another tour instead of its own; whoever lost a stop by that gives it to another."""
        self.tours[tour.van.index] = tour
        self._van_of |= {order: tour.van.index for visit in _visits(tour) for order in visit.orders}
        self._turn(tour)

    def hasten(self) -> None:
        """Have late stops made as early as they can be, once nobody is lifted: those before them may have gone."""
        for tour in none_later(tuple(self.tours.values())):
            if tour is not self.tours[tour.van.index]:
                self.drive(tour)

    def hastened(self, tour: Tour) -> Tour:
        """A seat's tour with late stops made as early as they can be, if the van's other trips hold beside that."""
        made = no_later(tour)
        return made if made is tour or self._turns(made) else tour

    def _leave_locker(self, order: int) -> float:
        """Give a parcel's compartment back; what the stay costs."""
        way = self.stays.pop(order, None)
        if way is None:
            return 0.0
        self.compartments.release(way)
        return way.fee

    def _without(self, tour: Tour, order: int) -> Tour | None:
        """The tour without a parcel; none when nothing is left of it. Kept: most parcels are lifted several times."""
        known = self._cuts.get(order)
        if known is None or known[0] is not tour:
            known = self._cuts[order] = tour, self._cut(tour, order)
        return known[1]

    def _cut(self, tour: Tour, order: int) -> Tour | None:
        visits = _visits(tour)
        at = next(i for i, visit in enumerate(visits) if order in visit.orders)
        others = [o for o in visits[at].orders if o != order]
        if not others:
            return tour.without(at) if len(visits) > 1 else None
        if visits[at].locker_id is None:
            return _tour(tour, [*visits[:at], without(self.problem, visits[at], order), *visits[at + 1 :]])
        return _tour(tour, [*visits[:at], *self._stops(visits[at].locker_id, others), *visits[at + 1 :]])

    def _stops(self, locker_id: str | None, orders: Sequence[int]) -> list[Visit]:
        parcels = [(o, self.ways[o].bases) for o in orders]
        if locker_id is None:
            return door_visits(self.problem, parcels)
        return locker_visits(self.problem, self.problem.stations[locker_id], parcels)

    # --- offers ------------------------------------------------------------------------------------------------------

    def stands_well(self, order: int, gain: float) -> bool:
        """Whether a parcel's sortie is known to be within ``gain`` of its cheapest way without lifting it: by what the
        others add at the least. Of parcels in vans only lifting tells."""
        sortie = self.sorties.get(order)
        if sortie is None:
            return False
        limit = sortie.cost - gain
        others = (way for way in self.ways_below(order, limit) if way != sortie.way)
        return not any(self.may_count_below(order, way, limit) for way in others)

    def ways_below(self, order: int, limit: float) -> Sequence[Way]:
        """The ways that a parcel may be asked about: sorties that can't count for less than ``limit`` may be left
        out."""
        return self.ways[order].below(limit)

    def may_count_below(self, order: int, way: Way, limit: float) -> bool:
        """Whether a way may count for less than ``limit``, by what it adds at the least."""
        return self.floor(order, way) < limit

    def cheapest(self, order: int, limit: float, *, but: Way | None = None) -> Seat | None:
        """The cheapest seat for a lifted parcel that costs less than ``limit``, ``but`` left out; none without one."""
        best: Seat | None = None
        for way in self.ways_below(order, limit):
            if way != but and self.may_count_below(order, way, limit):
                offer = self.offer(order, way, limit, below=limit)
                if offer is not None and offer.cost < limit:
                    best, limit = offer, offer.cost
        return best

    def offer(self, order: int, way: Way, limit: float = math.inf, *, below: float = math.inf) -> Seat | None:
        """A seat for a lifted parcel this way beside all the others; none when there is no room.

        Vans' routes that can't cost less than ``limit`` are not looked at, nor seats that can't count for less than
        ``below``.
        """
        self.asked |= things(self.problem, way)
        match way:
            case SortieWay():
                return self._sortie(order, way)
            case LockerWay():
                return self._locker(order, way, limit, below)
            case DoorWay():
                joined = list(self._joined(order, way))
                limit = min([limit, *(seat.cost for seat in joined)])
                visit = door_visit(self.problem, order, way.bases)
                return self._best([*joined, *self._stops_at(way, visit, 0.0, limit)], below)

    def on_vans(
        self, order: int, way: LockerWay | DoorWay, limit: float, van: int | None = None
    ) -> Iterator[Seat]:
        """All seats by van for a lifted parcel this way; vans that can't take it for less than ``limit`` are not looked
        at. With a ``van`` (its tour's number) those in the tour that it drives."""
        locker_id, fee = (way.locker_id, way.fee) if isinstance(way, LockerWay) else (None, 0.0)
        if isinstance(way, LockerWay) and not self.compartments.room(way):
            return
        for seat in self._joined(order, way):
            if van is None or (seat.tour is not None and seat.tour.van.index == van):
                yield seat
        for visit in self._stops(locker_id, [order]):
            if van is None:
                yield from self.stops(way, visit, fee, limit)
            else:
                tour = self.tours[van]
                longer = islice((t for t in with_stop(tour, visit) if self._turns(t)), 1)
                yield from (Seat(way, t.cost - tour.cost + fee, tour=t) for t in longer)

    def _sortie(self, order: int, way: SortieWay) -> Seat | None:
        if way.locker is not None and not self.compartments.room(way.locker):
            return None
        sortie = self.yard.find(order, way)
        return None if sortie is None else Seat(way, sortie.cost, sortie=sortie)

    def _locker(self, order: int, way: LockerWay, limit: float, below: float) -> Seat | None:
        """Into the compartment from a stop that is made there anyway, or from a stop of its own.

        The latter is left out where legs are not kept: a parcel has many lockers, and each would ask for all legs.
        """
        if not self.compartments.room(way):
            return None
        joined = list(self._joined(order, way))
        if not self.problem.keeps_legs:
            return min(joined, key=self.price, default=None)
        limit = min([limit, *(seat.cost for seat in joined)])
        visits = self._stops(way.locker_id, [order])
        alone = [s for visit in visits for s in self._stops_at(way, visit, way.fee, limit)]
        return self._best([*joined, *alone], below)

    def _best(self, seats: Sequence[Seat], below: float) -> Seat | None:
        """The seat that counts for least of those that hold, the first of such as count alike. Whether one holds is
        asked where it can count for less than ``below`` and than those that do."""
        best: Seat | None = None
        least = [(self.least_price(seat), place) for place, seat in enumerate(seats)]
        found = math.inf, len(seats)
        for bound, place in sorted(one for one in least if one[0] < below):
            if bound > found[0]:
                break
            if self._holds(seats[place]) and (price := (self.price(seats[place]), place)) < found:
                best, found = seats[place], price
        return best

    def _holds(self, seat: Seat) -> bool:
        """Whether its van can drive it, and its other trips beside it."""
        return seat.tour is None or (seat.tour.feasible and self._turns(seat.tour))

    def _joined(self, order: int, way: LockerWay | DoorWay) -> Iterator[Seat]:
        """Into a stop that is made there anyway: at the locker, or at the building of the door."""
        locker_id, fee = (way.locker_id, way.fee) if isinstance(way, LockerWay) else (None, 0.0)
        for tour, i, visit in self._stops_there(order, locker_id):
            changed = self._with(visit, order)
            visits = _visits(tour)
            larger = _tour(tour, [*visits[:i], *changed, *visits[i + 1 :]])
            if len(changed) == 1 and larger.feasible and self._turns(larger):
                self.asked.add(tour.van.slot.asset_id)
                yield Seat(way, larger.cost - tour.cost + fee, tour=larger)

    def _with(self, visit: Visit, order: int) -> list[Visit]:
        """A stop with one more parcel: one where they can share it, else none or several."""
        if visit.locker_id is not None:
            return self._stops(visit.locker_id, [*visit.orders, order])
        made = with_parcel(self.problem, visit, order, self.ways[order].bases)
        return [] if made is None else [made]

    def _stops_there(self, order: int, locker_id: str | None) -> list[tuple[Tour, int, Visit]]:
        """The stops that are made at a locker or, without one, at a parcel's building."""
        if locker_id is None and order not in self._shared:
            return []
        vans = [self._van_of.get(one) for one in self._shared[order]] if locker_id is None else []
        tours = self.tours.some(vans) if locker_id is None else self.tours.at_locker(locker_id)
        return [
            (tour, i, visit)
            for tour in tours
            for i, visit in enumerate(_visits(tour))
            if (visit.locker_id == locker_id if locker_id is not None else meets(self.problem, visit, order))
        ]

    @cached_property
    def _shared(self) -> dict[int, tuple[int, ...]]:
        """All at the building of each parcel that is not the only one there."""
        return shared(self.problem)

    def stops(self, way: Way, visit: Visit, fee: float, limit: float) -> Iterator[Seat]:
        """Seats with the stop put into a tour that there is, or made by a van that still stands."""
        return filter(self._holds, self._stops_at(way, visit, fee, limit))

    def _stops_at(self, way: Way, visit: Visit, fee: float, limit: float) -> Iterator[Seat]:
        """The same, whether they hold or not. Of very many vans few others are looked at once one holds."""
        for tour in self._near(visit, fee, limit):
            self.asked.add(tour.van.slot.asset_id)
            for longer in tried(tour, visit):
                yield (seat := Seat(way, longer.cost - tour.cost + fee, tour=longer))
                if not self.problem.keeps_legs and self._holds(seat):
                    limit = min(limit, seat.cost)
                    break
        for van in self._standing(visit.key, visit.bases):
            if van.fixed_cost + fee < limit:
                alone = tour_of(self.problem, van, (visit,))
                yield Seat(way, alone.cost + fee, tour=alone)
        yield from self._further(way, visit, fee, limit)

    def _further(self, way: Way, visit: Visit, fee: float, limit: float) -> Iterator[Seat]:
        """Seats on a further trip of a van that is out, whether they hold or not."""
        goal = self._floors.goals[visit.key]

        def pays(van: Van) -> bool:
            self.asked.add(van.slot.asset_id)
            return van.base in visit.bases and self._floors.round_trip(van, goal) + fee < limit

        for van in self._openings.of(self._out(goal), pays):
            alone = tour_of(self.problem, van, (visit,))
            yield Seat(way, alone.cost + fee, tour=alone)

    def _turns(self, changed: Tour) -> bool:
        """Whether the van's other trips hold beside a changed one, or a further one."""
        others = [tour for tour in self._trips(changed) if tour.van.index != changed.van.index]
        return not others or self._in_turn([*others, changed]) is not None

    def _in_turn(self, trips: Sequence[Tour]) -> list[Tour] | None:
        """A van's trips, each with the span that the others leave it; none where they do not fit so."""
        return self.known.in_turn(trips)

    @cached_property
    def _openings(self) -> Openings:
        return Openings(self.problem)

    # --- what a way costs at least -----------------------------------------------------------------------------------

    def floor(self, order: int, way: Way) -> float:
        """What the way adds at least, all room given; for a sortie at whatever time of the day."""
        match way:
            case SortieWay():
                return way.least
            case LockerWay():
                return way.fee + (0.0 if self.stops_at(way.locker_id) else self._floor((way.locker_id, ())))
            case DoorWay():
                return 0.0 if self._stops_there(order, None) else self._floor((None, (order,)))

    def stops_at(self, locker_id: str) -> bool:
        """Whether some van stops at the locker."""
        return bool(self.tours.at_locker(locker_id))

    def _floor(self, key: Key) -> float:
        standing = [van.fixed_cost for van in self._standing(key)]
        goal = self._floors.goals[key]
        driving = [self._least(tour, goal) for tour in self._around(goal)]
        least = min([*standing, *driving], default=math.inf)
        further = self._openings.of(self._out(goal), lambda van: self._floors.round_trip(van, goal) < least)
        return min([least, *(self._floors.round_trip(van, goal) for van in further)])

    def _around(self, goal: int) -> list[Tour]:
        """The tours that a stop may be put into: all, or, of very many, those that stop near it."""
        if self.problem.keeps_legs:
            return list(self.tours.values())
        near = (self._van_of.get(order) for order in self._floors.near(goal, NEAR_PARCELS))
        return [
            self.tours[index] for index in dict.fromkeys(near) if index is not None and index in self.tours
        ]

    def _out(self, goal: int) -> list[Tour]:
        """All trips of the vans that may go out again for a stop."""
        if self.problem.keeps_legs:
            return list(self.tours.values())
        names = dict.fromkeys(tour.van.slot.asset_id for tour in self._around(goal))
        return [tour for asset_id in names for tour in self.tours.of_asset(asset_id)]

    def _standing(self, key: Key, bases: Bases | None = None) -> list[Van]:
        """The vans that may go out for a stop, one of such as are alike: all, or, of very many, the nearest able."""
        if self.problem.keeps_legs:
            return self.tours.standing(self.problem.vans)
        name, orders = key
        to = self.problem.orders[orders[0]].place if name is None else self.problem.locker(name).place
        return self.tours.standing_near(self.problem.vans, to, bases)

    def _least(self, tour: Tour, goal: int) -> float:
        return self._floors.least(tour, goal, own=tour.van.index == self._lifted_from)

    @cached_property
    def _floors(self) -> Floors:
        return self.known.floors or Floors(self.problem, self.ways)

    def _near(self, visit: Visit, fee: float, limit: float) -> list[Tour]:
        """The tours into which the stop might be put for less than ``limit``, the most promising first."""
        goal = self._floors.goals[visit.key]
        able = [tour for tour in self._around(goal) if tour.van.base in visit.bases]
        found = sorted((self._least(tour, goal) + fee, tour.van.index) for tour in able)
        most = len(found) if self.problem.keeps_legs else NEAR_TOURS
        return [self.tours[index] for floor, index in found[:most] if floor < limit]


def _visits(tour: Tour) -> list[Visit]:
    return [tour.case.visits[v] for v in tour.visits]


def _tour(like: Tour, visits: Sequence[Visit]) -> Tour:
    """A tour of the same van over these visits, in order."""
    return tour_of(like.case.problem, like.van, visits)
