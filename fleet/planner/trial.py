"""Whether one parcel more would be served if something were otherwise: tried on the board of the finished plan.

Everything else stays as the plan has it: sorties at their times, vans with their tours, what lies in the lockers. The
parcel's ways are found anew under the change, and offered to the board as any parcel's are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from fleet.domain.fleet import RouteType
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.draft import Draft
from fleet.planner.flights import Flights
from fleet.planner.floors import Floors
from fleet.planner.problem import Pool, Problem
from fleet.planner.routes import Routing
from fleet.planner.seats import Seat
from fleet.planner.snapshot import AssetSlot, Snapshot
from fleet.planner.sorties import Sortie, Yard
from fleet.planner.tours import Tour, tour_of
from fleet.planner.trips import in_turn, together
from fleet.planner.ways import Ways

Apply = Callable[[Snapshot], Snapshot]
"""The snapshot as it were with a change."""


@dataclass(frozen=True)
class Change:
    """Something that could be otherwise, in words, and what it asks for: the less, the earlier it is tried.

    ``sorties``: whether it may let a drone or a robot take the parcel. ``van``: a van that comes in addition; all
    others were asked when the plan was made.
    """

    text: str
    effort: float
    apply: Apply
    sorties: bool = False
    van: AssetSlot | None = None

    def beside(self, other: Change) -> Change:
        """Both together."""
        return Change(
            f"{self.text} and {other.text}",
            self.effort + other.effort,
            lambda snapshot: other.apply(self.apply(snapshot)),
            self.sorties or other.sorties,
            other.van or self.van,
        )


@dataclass
class _TrialBoard(Board):
    """A board on which one parcel alone is offered seats: no other's stops are asked what they cost at least."""

    order: int = 0

    @cached_property
    def _floors(self) -> Floors:
        return Floors(self.problem, self.ways, doors=(self.order,))


def seat_with(board: Board, order: int, change: Change) -> Seat | None:
    """A seat for a parcel that the board leaves behind, were the change made; none where it would still have none."""
    snapshot = change.apply(board.problem.snapshot)
    if change.van is not None:
        snapshot = replace(snapshot, assets=_without_other_vans(board.problem, snapshot, change.van))
    problem = board.problem.altered(snapshot)
    own = _ways_of(problem, order, sorties=change.sorties)
    if not own.all:
        return None
    draft = _draft_in(board, problem, change)
    if draft is None:
        return None
    ways = [own if o == order else ways for o, ways in enumerate(board.ways)]
    return _TrialBoard(draft, ways, order=order).cheapest(order, problem.penalties[order])


def _without_other_vans(problem: Problem, snapshot: Snapshot, van: AssetSlot) -> tuple[AssetSlot, ...]:
    """The assets with one van alone: of the others each was asked, as it is."""
    types = problem.fleet.types
    return tuple(
        slot for slot in snapshot.assets if slot == van or not isinstance(types[slot.type_id], RouteType)
    )


def _ways_of(problem: Problem, order: int, *, sorties: bool) -> Ways:
    """The one parcel's ways, as they are found for all when a plan is made."""
    alone = problem.altered(replace(problem.snapshot, orders=(problem.orders[order],), drafted=()))
    (ways,) = find_ways(alone, Flights(alone), sorties=sorties)
    return ways if sorties else replace(ways, sorties=())


def _draft_in(board: Board, problem: Problem, change: Change) -> Draft | None:
    """The board's draft as a solution of the altered problem; none where it would not hold there."""
    tours = () if change.van is not None else _tours_in(board, problem)
    if tours is None:
        return None
    return replace(
        board.start,
        problem=problem,
        choices=tuple(board.choices),
        sorties=dict(board.sorties),
        stays=dict(board.stays),
        routing=Routing(tours, ()),
        yard=_yard_in(board, problem) if change.sorties else board.yard,
    )


def _tours_in(board: Board, problem: Problem) -> tuple[Tour, ...] | None:
    """The vans' tours, of vans as they are in the altered problem; none where these can't drive them."""
    if problem.vans == board.problem.vans:
        return tuple(board.tours.values())
    if not problem.keeps_legs:  # to ask for all of them anew would take too long
        return None
    vans, made = {van.slot.asset_id: van for van in problem.vans}, list[Tour]()
    for asset_id, trips in together(board.tours.values()).items():
        if asset_id not in vans:
            return None
        whole = vans[asset_id]
        again = [_of_van(trip, problem, i) for i, trip in enumerate(trips)]
        turned = in_turn([replace(t, van=replace(whole, index=t.van.index, trip=t.van.trip)) for t in again])
        if turned is None or not all(tour.feasible for tour in turned):
            return None
        made += turned if len(turned) > 1 else [replace(turned[0], van=whole)]
    return tuple(made)


def _of_van(tour: Tour, problem: Problem, number: int) -> Tour:
    """A tour in the altered problem, as the trip with that number of its van, with the legs of its own stops alone."""
    base = next(van.index for van in problem.vans if van.slot.asset_id == tour.van.slot.asset_id)
    van = replace(tour.van, index=base + number * len(problem.vans))
    return tour_of(problem, van, [tour.case.visits[v] for v in tour.visits])


def _yard_in(board: Board, problem: Problem) -> Yard:
    """What is booked, on the sites and assets of the altered problem."""
    yard = Yard(problem, Flights(problem))
    number = {_pool_key(pool): pool.index for pool in problem.pools}
    for sortie in board.sorties.values():
        yard.keep(_in_pool(sortie, number[_pool_key(board.problem.pools[sortie.way.pool])]))
    return yard


def _in_pool(sortie: Sortie, index: int) -> Sortie:
    return replace(sortie, way=replace(sortie.way, pool=index))


def _pool_key(pool: Pool) -> tuple[str, str, float, float]:
    """What a pool is recognised by: one asset more may give it another number."""
    return pool.type.type_id, pool.site.site_id, pool.state_of_health, pool.least.pace
