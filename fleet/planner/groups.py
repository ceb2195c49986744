"""Which few parcels are worth looking at together: those of one small tour or stop, those who want what others have,
neighbours; ranked by what there could be to be had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np

from fleet.planner.apart import Apart
from fleet.planner.pricedboard import PricedBoard
from fleet.planner.settle import LEAST_GAIN
from fleet.planner.tours import Tour
from fleet.planner.ways import LockerWay, SortieWay, Way

AT_ONCE = 4
"""So many parcels are looked at together at the most."""

ROW_STEP = 2
"""Along a tour, a group begins at every so many parcels."""

COVER = 2
"""Once a parcel is in so many groups of neighbours, none is made around it."""

MOST_LOSS = 5.0
"""In units of money: what a parcel is asked at the most that gives up what it has."""

Group = tuple[int, ...]
"""Parcels, in order."""


@dataclass(frozen=True)
class Wish:
    """What a parcel would save at the most by a way that is no gain, or can't be had, by itself."""

    gain: float
    order: int
    way: Way


def ranked(board: PricedBoard, over: Callable[[], bool]) -> list[Group]:
    """Groups for which more than nothing could be had, of those who want something and of neighbours in turn, those
    first for which it is most; those found until it is ``over``. The board is as it was."""
    groups, known = _Groups(board, over), dict[Group, float]()
    kinds = [_potentials(board, some, over, known) for some in (groups.wanting(), groups.neighbours())]
    sorted_ = [sorted(kind, key=lambda one: (-one[0], one[1])) for kind in kinds]
    return [one[1] for pair in zip_longest(*sorted_) for one in pair if one is not None]


def _potentials(
    board: PricedBoard, groups: Iterable[Sequence[int]], over: Callable[[], bool], known: dict[Group, float]
) -> list[tuple[float, Group]]:
    """What can be had of each group that is not known yet, those left out of which nothing can."""
    found = []
    for some in groups:
        group = tuple(sorted(set(some)))
        if len(group) > 1 and group not in known:
            known[group] = _potential(board, group)
            if known[group] > LEAST_GAIN:
                found.append((known[group], group))
        if over():
            break
    return found


def _potential(board: PricedBoard, group: Group) -> float:
    """What the plan can save at the most if these go other ways."""
    seats = [(order, board.lift(order)) for order in group]
    least = sum(leasts(board, group).values())
    for order, seat in reversed(seats):
        board.put(order, seat)
    return sum(seat.cost for _, seat in seats) - least


def leasts(board: PricedBoard, group: Sequence[int]) -> dict[int, float]:
    """What each of some lifted parcels adds at the least, where no other one of them goes along. Of a locker that
    several may use it is counted that another's stop may be there; of doors beside each other it is not, so a group
    that a van would bring for less only all together is passed over: the search before finds those."""
    lockers = Counter(way.locker_id for order in group for way in board.ways[order].lockers)
    common = {name for name, count in lockers.items() if count > 1}
    return {order: _least(board, order, common) for order in group}


def _least(board: PricedBoard, order: int, common: Collection[str]) -> float:
    board.take(order)
    each = (
        way.fee if isinstance(way, LockerWay) and way.locker_id in common else board.floor(order, way)
        for way in board.ways[order].all
    )
    return min(each, default=board.problem.penalties[order])


@dataclass
class _Groups:
    board: PricedBoard
    over: Callable[[], bool]
    _losses: dict[int, float] = field(default_factory=dict)

    def wanting(self) -> Iterator[Sequence[int]]:
        """All of a small tour or stop, which may fall away; whoever wants something, with those who have it or who want
        it too."""
        for tour in list(self.board.tours.values()):
            yield from self._whole(tour)
        wishes = sorted(self._wishes(), key=lambda wish: (-wish.gain, wish.order))
        for wish in wishes:
            yield [wish.order, *self._rivals(wish), *self._allies(wish, wishes)][:AT_ONCE]

    def neighbours(self) -> Iterator[Sequence[int]]:
        """Parcels with those that have most to do with them, and those that follow each other in a tour."""
        yield from self._near()
        for tour in list(self.board.tours.values()):
            orders = _orders(tour)
            yield from (orders[i : i + AT_ONCE] for i in range(0, len(orders) - 1, ROW_STEP))

    def _whole(self, tour: Tour) -> Iterator[list[int]]:
        """The tour and its stops, where they are of a few parcels."""
        stops = [list(tour.case.visits[v].orders) for v in tour.visits]
        yield from (some for some in (_orders(tour), *stops) if len(some) <= AT_ONCE)

    def _near(self) -> Iterator[list[int]]:
        apart, covered = Apart(self.board.problem), Counter[int]()
        for order, way in enumerate(self.board.choices):
            if way is not None and covered[order] < COVER:
                near = np.argsort(apart.from_(order), kind="stable").tolist()
                some = [order, *[o for o in near if o != order][: AT_ONCE - 1]]
                covered.update(some)
                yield some

    def _wishes(self) -> Iterator[Wish]:
        board = self.board
        for order in range(len(board.choices)):
            if self.over():
                return
            seat = board.lift(order)
            ways = [way for way in board.ways[order].all if way != seat.way]
            gains = [seat.cost - board.floor(order, way) for way in ways]
            board.put(order, seat)
            yield from (
                Wish(gain, order, way) for gain, way in zip(gains, ways, strict=True) if gain > LEAST_GAIN
            )

    def _rivals(self, wish: Wish) -> list[int]:
        """Who has what the wish is for and loses less by giving it up than the wish is worth, the least first."""
        choices = enumerate(self.board.choices)
        has = [o for o, way in choices if way is not None and o != wish.order and _is_for(wish.way, way)]
        losses = sorted((self._loss(other), other) for other in has)
        return [other for loss, other in losses if loss < wish.gain][: AT_ONCE - 1]

    def _loss(self, order: int) -> float:
        """What the plan loses if a parcel goes its next best way."""
        if order not in self._losses:
            board = self.board
            seat = board.lift(order)
            other = board.cheapest(order, seat.cost + MOST_LOSS, but=seat.way)
            board.put(order, seat)
            self._losses[order] = MOST_LOSS if other is None else other.cost - seat.cost
        return self._losses[order]

    def _allies(self, wish: Wish, wishes: Sequence[Wish]) -> list[int]:
        """Who has the same wish, where it is for a stop at a locker that nobody makes, the most eager first."""
        way = wish.way
        if not isinstance(way, LockerWay) or self.board.stops_at(way.locker_id):
            return []
        same = (o for o in wishes if isinstance(o.way, LockerWay) and o.way.locker_id == way.locker_id)
        return [one.order for one in same if one.order != wish.order]


def _orders(tour: Tour) -> list[int]:
    return [order for v in tour.visits for order in tour.case.visits[v].orders]


def _is_for(way: Way, has: Way) -> bool:
    """Whether what one parcel has is what another's way needs: a pool's machine, a locker's room, a van."""
    wanted, own = (one.locker if isinstance(one, SortieWay) else one for one in (way, has))
    if isinstance(wanted, LockerWay) and isinstance(own, LockerWay) and wanted.locker_id == own.locker_id:
        return True
    if isinstance(way, SortieWay) and isinstance(has, SortieWay):
        return has.pool == way.pool
    return not isinstance(way, SortieWay) and not isinstance(has, SortieWay)
