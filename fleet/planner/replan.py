"""The plan in force is looked at again: begun with as it stands, repaired, polished with a price for each change.

What does not hold any more, and what is new, goes where it costs least beside all the others. Then parcels near these
are taken out a few at a time and put back, as long as there is effort; what is dearer, with the price of each drafted
mission that does not stay as it is, is undone. All of it is exact: nothing is in the plan that the board did not make.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.planner.apart import Apart
from fleet.planner.draft import Draft, rerouted
from fleet.planner.flights import Flights
from fleet.planner.present import Present
from fleet.planner.pricedboard import PricedBoard
from fleet.planner.problem import Problem
from fleet.planner.search import search
from fleet.planner.seats import Seat
from fleet.planner.settle import LEAST_GAIN, settle
from fleet.planner.sorties import urgency
from fleet.planner.stop import Late, Stop, never
from fleet.planner.ways import Ways

TRIALS = 10
"""So many trials count as one chunk of the stop."""

MOST_IDLE = 20
"""Polishing ends when so many trials in a row have found nothing."""

FEWEST, MOST = 2, 8
"""So many parcels are taken out at once."""

DRIVEN_SHARE = 0.3
"""Of the effort, what searching on with the vans' tours gets."""


NEAREST = 3
"""So many parcels next to each that an event is about are offered other seats."""

MUCH = 0.25
"""From this share of new parcels on a plan made anew may be worth its changes."""

ANEW_SHARE = 0.75
"""Of the time, what that plan gets; of counted iterations it gets as many, and the other its own."""


@dataclass(frozen=True)
class Replanned:
    """What came of it: the board, each drafted mission, and why those do not hold that were let go; ``before`` is what
    of the plan in force held, none where the board owes nothing to that."""

    board: PricedBoard
    present: Present
    before: Draft | None = None

    def touched(self) -> Sequence[int] | None:
        """The parcels that what has changed as it stands now may lead to other seats (none: all)."""
        return None if self.before is None else touched(self.board, self.before)


def replan(problem: Problem, ways: Sequence[Ways], flights: Flights, *, seed: int, stop: Stop) -> Replanned:
    """The plan in force, repaired and polished within ``stop``; where much of it is new, a plan that owes nothing to it
    if that is worth more, all its changes paid for."""
    present = Present(problem, ways, flights)
    draft = present.draft()
    boards = list[PricedBoard]()
    if len(draft.unserved) >= MUCH * len(ways):
        anew = search(problem, ways, flights, seed=seed, stop=stop.beside(ANEW_SHARE), baselines=False)
        boards += [_priced(found, ways, present) for found in anew.drafts]
        for board in boards:
            settle(board, stop.late)
    boards.append(_changed(draft, ways, present, seed=seed, stop=stop))
    board = min(boards, key=PricedBoard.worth)
    return Replanned(board, present, draft if board is boards[-1] else None)


def _changed(draft: Draft, ways: Sequence[Ways], present: Present, *, seed: int, stop: Stop) -> PricedBoard:
    """What of the plan in force holds, with all that nobody brings put into it, polished and settled near that: what is
    far from an event is as good as it was before."""
    board = _priced(draft, ways, present)
    repair(board, draft.unserved, stop.late)
    board = _driven(board, present, seed=seed, stop=stop.part(DRIVEN_SHARE))
    polish(board, draft.unserved, random.Random(seed), stop=stop)
    settle(board, stop.late, touched(board, draft))
    return board


def touched(board: PricedBoard, before: Draft) -> list[int]:
    """The parcels that a change may lead to other seats: those that nobody brought before, those nearest to each of
    them, those of missions that do not stay as they were drafted, and those for whom a changed route is near, a
    machine that has nothing to do, or a locker with room; where somebody is left, those who may make room."""
    found = {order for one in board.changed() for order in one.orders} | set(before.unserved)
    worth = board.worths()
    found |= board.drawn(worth) | board.idle(worth) | board.stored(worth)
    found |= _in_the_way(board)
    if before.unserved:
        apart = Apart(board.problem)
        for order in before.unserved:
            found |= set(np.argsort(apart.from_(order), kind="stable")[:NEAREST].tolist())
    return sorted(found)


def _in_the_way(board: PricedBoard) -> set[int]:
    """The parcels that share their sites or their vans with one that is left."""
    pools, left = board.problem.pools, [order for order, way in enumerate(board.choices) if way is None]
    sites = {pools[way.pool].site.site_id for order in left for way in board.ways[order].sorties}
    bases = {base for order in left for base in board.ways[order].bases}
    flown = {order for order, one in board.sorties.items() if pools[one.way.pool].site.site_id in sites}
    driven = (tour for tour in board.tours.values() if tour.van.base in bases)
    return flown | {o for tour in driven for v in tour.visits for o in tour.case.visits[v].orders}


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


def polish(board: PricedBoard, concerned: Sequence[int], chance: random.Random, *, stop: Stop) -> None:
    """Take related parcels out and put them back, near those that are ``concerned`` (none: anywhere), as long as there
    is effort and that leads anywhere: what is far from an event is as good as it was before."""
    if board.choices:
        _Polish(board, concerned, chance).run(stop)


@dataclass
class _Polish:
    """Takes a few related parcels out and puts them back, and undoes what is dearer."""

    board: PricedBoard
    concerned: Sequence[int]
    chance: random.Random

    def run(self, stop: Stop) -> None:
        """As long as there is effort, and not when many trials in a row were for nothing."""
        self._apart = Apart(self.board.problem)
        worth, idle = self.board.worth(), 0
        while idle < MOST_IDLE and not stop():
            for _ in range(TRIALS):
                before, worth = worth, self._trial(worth)
                idle = 0 if worth < before else idle + 1

    def _trial(self, worth: float) -> float:
        board, mark = self.board, self.board.mark()
        for order in self._in_turn(self._chosen()):
            left = Seat(None, board.problem.penalties[order])
            board.take(order)
            board.put(order, board.cheapest(order, left.cost) or left)
        found = board.worth()
        if found < worth - LEAST_GAIN and board.holds(mark):
            return found
        board.back_to(mark)
        return worth

    def _chosen(self) -> list[int]:
        """Parcels that are lifted: near one that the event is about, if it is about any."""
        everybody = range(len(self.board.choices))
        about = self.concerned or everybody
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
