"""Doors near one another: the van is parked once, and the driver walks from it to each and back.

A door is walked to where that takes no longer than parking once more would (``stop_s``), so that it pays whatever is
driven between; what it saves on the way comes on top. Who may walk how far with how much is the type's to say
(``RouteType.walking``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, floor, inf, radians

from fleet.domain.fleet import RouteType
from fleet.network.geodesic import straight_m
from fleet.planner.problem import Problem, is_delivery
from fleet.planner.visits import Bases, Visit, types_of
from fleet.protocol.values import Place

METRES_A_DEGREE = 111_000.0
"""Of latitude, a little less than there are: cells are a little larger than they need to be."""

SAME_DEGREES = 1e-5
"""Doors whose coordinates agree to within about a metre are those of one building."""

Spot = tuple[int, int]


def spot(place: Place) -> Spot:
    """What doors of one building have in common."""
    return round(place.lon / SAME_DEGREES), round(place.lat / SAME_DEGREES)


@dataclass(frozen=True)
class Limits:
    """What holds for each of some types of vans."""

    farthest_m: float
    carry_kg: float
    speed_mps: float
    parking_s: float

    @staticmethod
    def of(kinds: Iterable[RouteType]) -> Limits | None:
        """None where a driver of some type does not walk."""
        found = [(kind.walking, kind.stop_s) for kind in kinds]
        said = [walking for walking, _ in found if walking is not None]
        if not said or len(said) < len(found):
            return None
        return Limits(
            min(each.farthest_m for each in said),
            min(each.carry_kg for each in said),
            min(each.speed_mps for each in said),
            min(stop_s for _, stop_s in found),
        )


def afoot_m(problem: Problem, a: Place, b: Place) -> float:
    """How far one walks between two doors, by the network's ways for people; infinitely far where there is none."""
    if spot(a) == spot(b):
        return 0.0
    if (known := problem.walked.get((a, b))) is None:
        leg = problem.snapshot.context.network.leg(a, b, "walk")
        known = problem.walked[a, b] = inf if leg is None else leg.distance_m
    return known


def round_m(problem: Problem, place: Place, orders: Sequence[int]) -> float:
    """The walk from the van to these parcels' doors, in order, and back."""
    calls = [place, *(problem.orders[order].place for order in orders), place]
    return sum(afoot_m(problem, a, b) for a, b in pairwise(calls))


def with_door(problem: Problem, visit: Visit, order: int, bases: Bases) -> tuple[int, ...] | None:
    """A stop's parcels, in the order in which they are walked to, with one more where it adds least to the walk; none
    where its door is too far, what is carried too heavy, or parking once more takes less time."""
    limits = Limits.of(types_of(problem, visit.bases & bases))
    door = problem.orders[order].place
    if limits is None or straight_m(visit.place, door) > limits.farthest_m:
        return None
    if afoot_m(problem, visit.place, door) > limits.farthest_m:
        return None
    ways = [(*visit.orders[:k], order, *visit.orders[k:]) for k in range(len(visit.orders), -1, -1)]
    walks = {way: round_m(problem, visit.place, way) for way in ways}
    best = min(ways, key=lambda way: walks[way])
    added_s = (walks[best] - round_m(problem, visit.place, visit.orders)) / limits.speed_mps
    carried_kg = sum(
        problem.orders[o].weight_kg for o in best if spot(problem.orders[o].place) != spot(visit.place)
    )
    return best if added_s <= limits.parking_s and carried_kg <= limits.carry_kg else None


def walk_s(problem: Problem, kind: RouteType, place: Place, orders: Sequence[int]) -> float:
    """How long a driver of a type walks at a stop."""
    metres = round_m(problem, place, orders)
    return metres / kind.walking.speed_mps if kind.walking is not None and metres > 0 else 0.0


class Cells:
    """Places in squares that are as wide as the farthest walk, each with its neighbours."""

    def __init__(self, problem: Problem) -> None:
        self._farthest_m = farthest_m(problem)
        lat = max((abs(order.place.lat) for order in problem.orders), default=0.0)
        self._lat = self._farthest_m / METRES_A_DEGREE
        self._lon = self._lat / max(0.01, cos(radians(lat)))
        self._at: dict[tuple[int, int], list[tuple[Place, int]]] = defaultdict(list)

    def add(self, place: Place, number: int) -> None:
        """Something that is there."""
        self._at[self._cell(place)].append((place, number))

    def near(self, place: Place) -> Iterator[int]:
        """What lies no farther than a walk leads, the nearest first."""
        x, y = self._cell(place)
        around = ((x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
        found = [(straight_m(place, at), number) for cell in around for at, number in self._at.get(cell, ())]
        return (number for far, number in sorted(found) if far <= self._farthest_m)

    def _cell(self, place: Place) -> tuple[int, int]:
        return floor(place.lon / self._lon), floor(place.lat / self._lat)


def farthest_m(problem: Problem) -> float:
    """The farthest walk of any driver; 0 where none walks."""
    return max((k.walking.farthest_m for k in problem.route_types if k.walking is not None), default=0.0)


def within_a_walk(problem: Problem, visit: Visit, order: int) -> bool:
    """Whether a parcel's door is so near to a stop's van that its driver might walk there for it, too."""
    same_task = is_delivery(problem.orders[order]) == is_delivery(problem.orders[visit.orders[0]])
    return same_task and straight_m(visit.place, problem.orders[order].place) <= farthest_m(problem)
