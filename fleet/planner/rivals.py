"""The modes that a parcel was not given, held against the one that it was: like with like, and why not when cheaper.

A parcel's ``cost`` may be its share of a route; what counts against another mode is its ``saving``, what leaving it out
of the plan would save. An alternative's cost is what it would add to the rest of the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from fleet.feasibility import planned
from fleet.feasibility.pilots import off_shift
from fleet.planner.assignment import way_price
from fleet.planner.board import Board
from fleet.planner.prices import Prices
from fleet.planner.problem import Problem
from fleet.planner.seats import Seat
from fleet.planner.settle import LEAST_GAIN
from fleet.planner.sorties import Yard
from fleet.planner.stop import Late, never
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Way
from fleet.protocol.values import Reason

ESTIMATED = planned.out_of_time("it was worked out: the cost is an estimate, and room was not asked for")
UNSETTLED = planned.out_of_time("every parcel was offered its other ways")


@dataclass(frozen=True)
class Rival:
    """Another mode that could serve a parcel: what that would add to the plan, and why it was not chosen if that is
    less than what the chosen one costs or saves.
    """

    cost: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Rivals:
    """Answers about the parcels of a settled board; ``prices`` stand in where nothing exact need be known.

    ``van_reasons`` says why no van's route takes a parcel to its door.
    """

    board: Board
    prices: Prices
    van_reasons: Callable[[int], tuple[Reason, ...]]
    late: Late = never
    """From then on rivals are estimated, and say so."""
    settled: bool = True
    """Whether each parcel was offered all its ways; else a cheaper one may have been missed, which is said."""

    @property
    def problem(self) -> Problem:
        """What is planned."""
        return self.board.problem

    def of(self, order: int, modes: Iterable[str], share: float) -> tuple[float | None, dict[str, Rival]]:
        """The parcel's saving (none when the board leaves it behind, or it is late), and the modes that could serve it.

        ``share`` is the cost that the plan states for the parcel.
        """
        if self.late():
            found, saving = {mode: self._estimated(order, mode) for mode in modes}, None
        else:
            seat = self.board.lift(order)
            found = {mode: self._said(self._rival(order, mode, seat, share), seat, share) for mode in modes}
            self.board.put(order, seat)
            saving = None if seat.way is None else max(0.0, seat.cost)
        return saving, {mode: rival for mode, rival in found.items() if rival is not None}

    def _rival(self, order: int, mode: str, seat: Seat, share: float) -> Rival | None:
        """The mode's cheapest way that can be had, else the cheapest that there is no room for."""
        ways = [way for way in self.board.ways[order].all if way.mode == mode]
        limit = max(share, seat.cost)
        near = [way for way in ways if self.board.floor(order, way) < limit]
        # A parcel that stays behind was offered every way when the board was settled, and there was none.
        offers = {way: self._offer(order, way, limit) if seat.way else None for way in near}
        open_at = [offer.cost for offer in offers.values() if offer is not None]
        full = [way for way, offer in offers.items() if offer is None and self.usual(order, way) < limit]
        if full and min(open_at, default=limit) >= limit:
            cost = min(self.usual(order, way) for way in full)
            why = _distinct(reason for way in full for reason in self.why_full(order, way))
            return Rival(cost, why + self._no_gain(cost, seat, share))
        if min(open_at, default=limit) < limit:
            cost = max(0.0, min(open_at))
            return Rival(cost, self._no_gain(cost, seat, share))
        costs = [*open_at, *(self.usual(order, way) for way in ways if offers.get(way) is None)]
        return Rival(min(costs, default=limit)) if ways else None

    def _estimated(self, order: int, mode: str) -> Rival | None:
        """What the mode costs by the prices of the plan's routes, whether there is room or not."""
        ways = [way for way in self.board.ways[order].all if way.mode == mode]
        prices = [self._priced(order, way, self._filled.__contains__) for way in ways]
        return Rival(min(prices), (ESTIMATED,)) if prices else None

    def _said(self, rival: Rival | None, seat: Seat, share: float) -> Rival | None:
        """That a cheaper one was missed because time was up, where that is so."""
        if self.settled or rival is None or rival.reasons or rival.cost >= max(share, seat.cost):
            return rival
        return Rival(rival.cost, (UNSETTLED,))

    def _offer(self, order: int, way: Way, limit: float) -> Seat | None:
        """A seat this way; where vans that could be cheaper have none, any van's."""
        found = self.board.offer(order, way, limit)
        return self.board.offer(order, way) if found is None and not isinstance(way, SortieWay) else found

    def _no_gain(self, cost: float, seat: Seat, share: float) -> tuple[Reason, ...]:
        """That the mode adds no less than the seat saves, where that is so."""
        if seat.way is None or cost < seat.cost - LEAST_GAIN:
            return ()
        return (planned.no_gain(cost, seat.cost, share, self.problem.fleet.currency),)

    def usual(self, order: int, way: Way) -> float:
        """What the way costs where there is room for it; a locker's stop, too, unless a van stops there anyway."""
        return max(self._priced(order, way, self.board.stops_at), self.board.floor(order, way))

    @cached_property
    def _filled(self) -> frozenset[str]:
        """The lockers that vans stop at, while no parcel is lifted."""
        stops = (tour.case.visits[v] for tour in self.board.tours.values() for v in tour.visits)
        return frozenset(stop.locker_id for stop in stops if stop.locker_id is not None)

    def _priced(self, order: int, way: Way, stops_at: Callable[[str], bool]) -> float:
        price = way_price(way, order, self.prices)
        if isinstance(way, LockerWay) and not stops_at(way.locker_id):
            price += self.prices.locker.get(way.locker_id, 0.0)
        return price

    def why_full(self, order: int, way: Way) -> tuple[Reason, ...]:
        """Why a parcel that is not on the board can't be put there this way, beside all the others."""
        match way:
            case SortieWay():
                return self._no_sortie(order, way)
            case LockerWay():
                return (self._no_stay(way),)
            case DoorWay():
                return self.van_reasons(order)

    def _no_sortie(self, order: int, way: SortieWay) -> tuple[Reason, ...]:
        site = self.problem.pools[way.pool].site.site_id
        if way.locker is not None and not self.board.compartments.room(way.locker):
            return (self._no_stay(way.locker),)
        alone = self._idle_yard.find(order, way)
        if alone is None and self.problem.fleet.pilots_of(way.kind):
            unpiloted = Yard.idle(self.problem, self.board.yard.flights, piloted=False)
            if unpiloted.find(order, way) is not None:
                return (off_shift(way.kind, site),)
        if alone is None:
            return (planned.no_departure(way.kind, site),)
        place = "" if way.locker is None else f", or the port of {way.locker.locker_id}"
        taken = f"every {way.kind} at {site}{place} is taken at the times that suit the parcel"
        return self.board.yard.why_full(alone) or (planned.no_room(way.mode, taken),)

    def _no_stay(self, way: LockerWay) -> Reason:
        if not self.board.compartments.room(way):
            what = f"{way.locker_id} has no compartment left for a {way.size} parcel"
        else:
            what = f"no van has time or room to stop at {way.locker_id} for it"
        return planned.no_room(way.mode, what)

    @cached_property
    def _idle_yard(self) -> Yard:
        """All assets with nothing planned for them: what fits in here is only kept out by other parcels."""
        return Yard.idle(self.problem, self.board.yard.flights)


def _distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
