"""The plan in force is looked at again: begun with as it stands, repaired, polished with a price for each change.

What does not hold any more, and what is new, goes where it costs least beside all the others. Then parcels near these
are taken out a few at a time and put back, as long as there is effort; what is dearer, with the price of each drafted
mission that does not stay as it is, is undone. All of it is exact: nothing is in the plan that the board did not make.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from fleet.planner.board import Board, Floats, Seat
from fleet.planner.draft import Compartments, Draft, rerouted
from fleet.planner.flights import Flights
from fleet.planner.present import Present, Standing
from fleet.planner.problem import Problem
from fleet.planner.search import search
from fleet.planner.settle import LEAST_GAIN, settle
from fleet.planner.sorties import Sortie, Yard, urgency
from fleet.planner.stop import Late, Stop, never
from fleet.planner.tours import Tour
from fleet.planner.ways import LockerWay, SortieWay, Way, Ways

TRIALS = 10
"""So many trials count as one chunk of the stop."""

FEWEST, MOST = 2, 8
"""So many parcels are taken out at once."""

KM_FOR_AN_HOUR = 8.0
"""Parcels so far apart are as little related as those an hour apart."""

ELSEWHERE_KM = 4.0
"""Parcels that stand at different sites have hardly an asset in common: they count as so much farther apart."""


DRIVEN_SHARE = 0.3
"""Of the effort, what searching on with the vans' tours gets."""


MUCH = 0.25
"""From this share of new parcels on a plan made anew may be worth its changes."""

ANEW_SHARE = 0.75
"""Of the time, what that plan gets; of counted iterations it gets as many, and the other its own."""


@dataclass(frozen=True)
class Mark:
    """A board's parts as they were."""

    choices: list[Way | None]
    yard: Yard
    compartments: Compartments
    sorties: dict[int, Sortie]
    stays: dict[int, LockerWay]
    tours: dict[int, Tour]
    van_of: dict[int, int]


@dataclass
class PricedBoard(Board):
    """A board on which it costs something that a drafted mission does not stay as it is."""

    standing: Sequence[Standing] = ()
    change_price: float = 0.0
    _by_order: dict[int, Standing] = field(default_factory=dict)
    _by_van: dict[int, Standing] = field(default_factory=dict)
    _hand: int = 0
    _was: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._by_order = {order: one for one in self.standing for order in one.orders}
        self._by_van = {one.van: one for one in self.standing if one.van is not None}

    def changed(self) -> list[Standing]:
        """The drafted missions that do not stay as they are."""
        return [one for one in self.standing if not self._is_kept(one)]

    def kept(self) -> list[Standing]:
        """The drafted missions that stay as they are."""
        return [one for one in self.standing if self._is_kept(one)]

    def worth(self) -> float:
        """The plan's cost, with the prices of parcels that are left and of missions that change."""
        trips = math.fsum(sortie.trip_cost for sortie in self.sorties.values())
        tours = math.fsum(tour.cost for tour in self.tours.values())
        fees = math.fsum(way.fee for way in self.stays.values())
        left = sum(way is None for way in self.choices)
        return trips + tours + fees + self.problem.penalty * left + self.change_price * len(self.changed())

    def mark(self) -> Mark:
        """How it stands now, to come back to."""
        return Mark(
            list(self.choices),
            self.yard.copy(),
            self.compartments.copy(),
            dict(self.sorties),
            dict(self.stays),
            dict(self.tours),
            dict(self._van_of),
        )

    def back_to(self, mark: Mark) -> None:
        """Stand again as it did; nothing may be lifted. The mark is used up."""
        self.choices, self.yard, self.compartments = mark.choices, mark.yard, mark.compartments
        self.sorties, self.stays, self.tours, self._van_of = mark.sorties, mark.stays, mark.tours, mark.van_of

    def lift(self, order: int) -> Seat:
        """As on any board; what is changed by that is known before it is."""
        seat = super().lift(order)
        self._hand, self._was = order, 0.0
        self._was = self._toll(seat)
        return seat

    def take(self, order: int) -> None:
        """Have a parcel in hand that was lifted earlier."""
        self._hand, self._was, self._lifted_from = order, 0.0, None

    def price(self, seat: Seat) -> float:
        """The seat's cost, and what it adds to the price of changes beside the seat that the parcel had."""
        return seat.cost + self._toll(seat) - self._was

    def cheapest(self, order: int, limit: float, *, but: Way | None = None) -> Seat | None:
        """The cheapest seat with its price of changes; none that counts for ``limit`` or more."""
        best: Seat | None = None
        for way in self.ways[order].all:
            if way == but or self.floor(order, way) - self._was - self.change_price >= limit:
                continue
            offer = self.offer(order, way, limit + self._was + self.change_price)
            if offer is not None and (price := self.price(offer)) < limit:
                best, limit = offer, price
        return best

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
        own, tour = self._by_order.get(self._hand), seat.tour
        met = None if tour is None else self._by_van.get(tour.van.index)
        count = 0
        if own is not None:
            count += not self._is_kept(own, seat)
        if met is not None and met is not own:
            count += not self._is_kept(met, seat)
            count -= not self._is_kept(met)
        return self.change_price * count

    def _is_kept(self, one: Standing, seat: Seat | None = None) -> bool:
        """Whether a mission stays as it is, with the parcel in hand in a seat."""
        sortie: Sortie | None = None
        tour: Tour | None = None
        if one.van is None:
            order = one.orders[0]
            sortie = seat.sortie if seat is not None and order == self._hand else self.sorties.get(order)
        else:
            with_hand = seat is not None and seat.tour is not None and seat.tour.van.index == one.van
            tour = seat.tour if with_hand and seat is not None else self.tours.get(one.van)
        return one.is_kept(sortie, tour)


@dataclass(frozen=True)
class Replanned:
    """What came of it: the board, each drafted mission, and why those do not hold that were let go."""

    board: PricedBoard
    present: Present


def replan(problem: Problem, ways: Sequence[Ways], flights: Flights, *, seed: int, stop: Stop) -> Replanned:
    """The plan in force, repaired and polished within ``stop``; where much of it is new, a plan that owes nothing to it
    if that is worth more, all its changes paid for."""
    present = Present(problem, ways, flights)
    draft = present.draft()
    boards = []
    if len(draft.unserved) >= MUCH * len(ways):
        anew = search(problem, ways, flights, seed=seed, stop=stop.beside(ANEW_SHARE), baselines=False).best
        boards.append(_priced(anew, ways, present))
    boards.append(_changed(draft, ways, present, seed=seed, stop=stop))
    for board in boards:
        settle(board, stop.late)
    return Replanned(min(boards, key=PricedBoard.worth), present)


def _changed(draft: Draft, ways: Sequence[Ways], present: Present, *, seed: int, stop: Stop) -> PricedBoard:
    """What of the plan in force holds, with all that nobody brings put into it, and polished."""
    board = _priced(draft, ways, present)
    repair(board, draft.unserved, stop.late)
    board = _driven(board, present, seed=seed, stop=stop.part(DRIVEN_SHARE))
    _Polish(board, draft.unserved, random.Random(seed)).run(stop)
    return board


def _priced(draft: Draft, ways: Sequence[Ways], present: Present) -> PricedBoard:
    price = draft.problem.fleet.change_price
    return PricedBoard(draft, ways, standing=present.standing, change_price=price)


def _driven(board: PricedBoard, present: Present, *, seed: int, stop: Stop) -> PricedBoard:
    """With the vans' tours searched on, where that pays: parcels are put where they fit best, one by one, and a tour
    that got many may be driven in another order."""
    if not board.changed() or stop.used >= 1:
        return board
    found = _priced(rerouted(board.draft(), board.ways, seed=seed, stop=stop), board.ways, present)
    return found if found.worth() < board.worth() - LEAST_GAIN else board


def repair(board: PricedBoard, orders: Iterable[int], late: Late = never) -> None:
    """Put parcels that nobody brings where each costs least, the most urgent first."""
    for order in sorted(orders, key=lambda o: urgency(board.problem, o)):
        if late():
            return
        left = board.lift(order)
        board.put(order, board.cheapest(order, left.cost) or left)


@dataclass
class _Polish:
    """Takes a few related parcels out and puts them back, and undoes what is dearer."""

    board: PricedBoard
    concerned: Sequence[int]
    chance: random.Random

    def run(self, stop: Stop) -> None:
        """As long as there is effort; without a parcel nothing."""
        if not self.board.choices:
            return
        self._apart = _Apart(self.board.problem)
        worth = self.board.worth()
        while not stop():
            for _ in range(TRIALS):
                worth = self._trial(worth)

    def _trial(self, worth: float) -> float:
        board, mark = self.board, self.board.mark()
        for order in self._in_turn(self._chosen()):
            left = Seat(None, board.problem.penalty)
            board.take(order)
            board.put(order, board.cheapest(order, left.cost) or left)
        found = board.worth()
        if found < worth - LEAST_GAIN:
            return found
        board.back_to(mark)
        return worth

    def _chosen(self) -> list[int]:
        """Parcels that are lifted: every second time near one that the event is about."""
        everybody = range(len(self.board.choices))
        about = self.concerned if self.concerned and self.chance.random() < 0.5 else everybody
        centre, count = self.chance.choice(about), self.chance.randint(FEWEST, MOST)
        apart = self._apart.from_(centre)
        noise = np.array([self.chance.random() for _ in everybody])
        near = np.argsort(apart * (0.5 + noise), kind="stable")[:count].tolist()
        chosen = dict.fromkeys([centre, *near])
        for order in chosen:
            self.board.lift(order)
        return list(chosen)

    def _in_turn(self, orders: list[int]) -> list[int]:
        """By chance, or the most urgent first."""
        if self.chance.random() < 0.5:
            return sorted(orders, key=lambda o: urgency(self.board.problem, o))
        self.chance.shuffle(orders)
        return orders


class _Apart:
    """How little parcels have to do with each other: the way and the time between them, and whether they stand at one
    site; in kilometres."""

    def __init__(self, problem: Problem) -> None:
        orders = problem.orders
        lon, lat = np.array([(o.place.lon, o.place.lat) for o in orders]).T
        self._east = (lon - lon.mean()) * 111.2 * math.cos(math.radians(float(lat.mean())))
        self._north = (lat - lat.mean()) * 111.2
        self._due = np.array([sum(due) / 2 for due in problem.due]) / 3600
        names: dict[str | None, int] = {None: 0}
        self._site = np.array([names.setdefault(problem.standing(o), len(names)) for o in range(len(orders))])

    def from_(self, order: int) -> Floats:
        """Of all parcels, from one of them."""
        way = np.hypot(self._east - self._east[order], self._north - self._north[order])
        hours = np.abs(self._due - self._due[order])
        return way + hours * KM_FOR_AN_HOUR + (self._site != self._site[order]) * ELSEWHERE_KM  # type: ignore[no-any-return]
