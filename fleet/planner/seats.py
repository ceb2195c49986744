"""What a board deals in: the seat of a parcel, what parcels share, and what one board has worked out for the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fleet.planner.floors import Floors
from fleet.planner.problem import Problem
from fleet.planner.sorties import Sortie
from fleet.planner.tours import Tour
from fleet.planner.trips import in_turn
from fleet.planner.ways import LockerWay, SortieWay, Way

Thing = str
"""Something that parcels share: a van, a launch site or a locker, by its id."""


@dataclass(frozen=True)
class Seat:
    """How a parcel is served or could be: its way (none when it stays behind), what that adds to the plan's cost, and
    the sortie or the van's whole tour that goes with it.
    """

    way: Way | None
    cost: float
    sortie: Sortie | None = None
    tour: Tour | None = None


InTurn = Callable[[Sequence[Tour]], list[Tour] | None]
"""A van's trips, each with the span that the others leave it; none where they do not fit so."""


@dataclass
class Known:
    """What a board has worked out that another one of the same ways need not."""

    floors: Floors | None = None
    in_turn: InTurn = in_turn


def things(problem: Problem, way: Way | None, tour: Tour | None = None) -> set[Thing]:
    """What a way, and the tour that goes with it, share with other parcels."""
    locker = way.locker if isinstance(way, SortieWay) else way
    found: set[Thing] = set() if tour is None else {tour.van.slot.asset_id}
    if isinstance(way, SortieWay):
        found.add(problem.pools[way.pool].site.site_id)
    return found | {locker.locker_id} if isinstance(locker, LockerWay) else found
