"""Small exact parts of a plan, once no parcel can change its way by itself: a few parcels that have to do with each
other are taken out at once, and CP-SAT says how each goes so that together they cost least.

Two that have to change places are found so, the two for whom a stop at a locker pays together, and the few for whom a
van goes out alone. What is chosen from are sorties, and tours of a van with some of them, worked out exactly. The
answer is made on the board, and stays where the plan is cheaper by that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleet.planner.buildings import gathered
from fleet.planner.groups import Group, leasts, ranked
from fleet.planner.pricedboard import PricedBoard
from fleet.planner.seats import Seat
from fleet.planner.settle import LEAST_GAIN
from fleet.planner.sharing import Answer, Column, Flight, Part, Sharing
from fleet.planner.stop import Stop
from fleet.planner.ways import SortieWay, Way

MOST_GROUPS = 40
"""So many groups are looked at, however much effort there is."""

TOGETHER = 3
"""So many parcels of a group are put into one van's tour at the most."""

SEATS_TRIED = 3
"""Of each parcel, the cheapest seats in vans that are tried."""

ANSWERS = 3
"""So often another answer is asked for, where the sorties of one do not hold together."""


def exchange(board: PricedBoard, stop: Stop) -> int:
    """Give groups of parcels the ways that are cheapest for all of them together; how many gained by it. ``stop`` is
    asked once for each group."""
    if not board.choices or not board.problem.keeps_legs or stop.used >= 1:
        return 0
    made = 0
    for group in ranked(board, lambda: stop.used >= 1)[:MOST_GROUPS]:
        if stop():
            break
        made += _better(board, group, stop)
    return made


def _better(board: PricedBoard, group: Group, stop: Stop) -> bool:
    """Whether a group was given ways by which the plan is cheaper."""
    mark, worth = board.mark(), board.worth()
    now = sum(board.lift(order).cost for order in group)
    made = board.holds(mark) and _Exchange(board, group, now - LEAST_GAIN, stop).made()
    if made and board.worth() < worth - LEAST_GAIN and board.holds(mark):
        return True
    board.back_to(mark)
    return False


class _Exchange:
    """A group of lifted parcels that are to cost less than ``most`` together."""

    def __init__(self, board: PricedBoard, group: Group, most: float, stop: Stop) -> None:
        self.board, self.group, self.most, self.stop = board, group, most, stop
        self._least = leasts(board, group)

    def made(self) -> bool:
        """Whether there are such ways; then the parcels have them."""
        board = self.board
        if sum(self._least.values()) >= self.most:
            return False
        flights = [flight for order in self.group for flight in self._flights(order)]
        columns = list(self._columns())
        if self.stop.late():
            return False
        sharing = Sharing(Part(board.problem, self.group, flights, columns, board.sorties, board.stays))
        for _ in range(ANSWERS):
            answer = sharing.cheapest(self.most)
            if answer is None:
                return False
            if self._flown(answer):
                self._driven(answer)
                return True
            sharing.forbid(answer)
        return False

    # --- what there is to choose from --------------------------------------------------------------------------------

    def _limit(self, orders: Sequence[int]) -> float:
        """What some of the group may cost together, the others costing as little as they can."""
        return self.most - sum(least for order, least in self._least.items() if order not in orders)

    def _room(self, orders: Sequence[int], others: Sequence[int]) -> float:
        """What some may cost in one tour, where some of the others may come along for nothing."""
        along = sorted((self._least[one] for one in others), reverse=True)[: TOGETHER - len(orders)]
        return self._limit(orders) + sum(max(0.0, each) for each in along)

    def _flights(self, order: int) -> Iterator[Flight]:
        board, limit = self.board, self._limit([order])
        board.take(order)
        for way in board.ways[order].sorties:
            if way.least < limit and not self.stop.late():
                seat = board.offer(order, way)
                if seat is not None and seat.sortie is not None and seat.cost < limit:
                    yield Flight(order, way, seat.sortie)

    def _columns(self) -> Iterator[Column]:
        """Some of the group that one van takes besides what it has."""
        for i, order in enumerate(self.group):
            others = self.group[i + 1 :]
            for seat in self._seats(order, self._room([order], others)):
                yield from self._with_more(Column((order,), (seat,)), others)

    def _with_more(self, column: Column, others: Sequence[int]) -> Iterator[Column]:
        """A column, and all in which others come along."""
        if column.cost < self._limit(column.orders):
            yield column
        if len(column.orders) == TOGETHER or not others:
            return
        board, (*_, order), (*_, seat) = self.board, column.orders, column.seats
        before = board.tours.copy()
        board.take(order)
        board.put(order, seat)
        for i, other in enumerate(others):
            orders = (*column.orders, other)
            limit = self._room(orders, others[i + 1 :]) - column.cost
            for more in self._seats(other, limit, column.van):
                yield from self._with_more(Column(orders, (*column.seats, more)), others[i + 1 :])
        board.lift(order)
        board.tours = before

    def _seats(self, order: int, limit: float, van: int | None = None) -> list[Seat]:
        """The cheapest seats by van below a limit, one of each way in each tour; those in one van's tour, if told."""
        board, best = self.board, dict[tuple[int | None, Way | None], Seat]()
        board.take(order)
        for way in board.ways[order].all:
            if isinstance(way, SortieWay) or self.stop.late() or board.floor(order, way) >= limit:
                continue
            for seat in board.on_vans(order, way, limit, van):
                key = None if seat.tour is None else seat.tour.van.index, way
                if seat.cost < min(limit, best[key].cost if key in best else limit):
                    best[key] = seat
        return sorted(best.values(), key=lambda seat: seat.cost)[:SEATS_TRIED]

    # --- the answer on the board -------------------------------------------------------------------------------------

    def _flown(self, answer: Answer) -> bool:
        """Book an answer's sorties, one after the other; whether all hold, else none is booked."""
        board, booked = self.board, list[int]()
        for flight, depart_s, asset_id in answer.flown:
            order, way = flight.order, flight.way
            board.take(order)
            sortie = board.yard.on(order, way, depart_s, asset_id) or board.yard.find(order, way)
            if sortie is None:
                for one in booked:
                    board.lift(one)
                return False
            board.put(order, Seat(way, sortie.cost, sortie=sortie))
            booked.append(order)
        return True

    def _driven(self, answer: Answer) -> None:
        """Have the vans drive an answer's tours, with one stop at a building where several cost more: parcels were put
        in one by one."""
        tours = self.board.tours
        for column in answer.columns:
            for order, seat in zip(column.orders, column.seats, strict=True):
                self.board.take(order)
                self.board.put(order, seat)
            if column.van is not None:
                tours[column.van] = gathered(tours[column.van])
