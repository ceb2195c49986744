"""Doors that a van's driver walks to from where the van stands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.checker.context import Case
from tests.checker.document import Stop
from tests.checker.fleet import RouteFacts
from tests.checker.geo import distance_m
from tests.checker.violation import Code, Violation

SAME_HOUSE_M = 2.0
"""Doors of one building, to which nobody is said to walk: the way there is part of parking."""

OTHER_STREET_M = 150.0
"""Farther off, the stop is not where it serves at all (``travel.check_stop_places``)."""


def check_walks(case: Case) -> Iterator[Violation]:
    """Each parcel of a stop at doors is for where the van stands, or for a door no farther than its driver walks, and
    what he carries away from the van is no heavier than it may be."""
    for route, facts in case.drives():
        for index, stop in enumerate(route.stops):
            away = {} if stop.site_id or stop.locker_id else _away_m(case, stop)
            farthest_m = facts.walk.farthest_m if facts.walk else 0.0
            for name, far_m in away.items():
                if max(SAME_HOUSE_M, farthest_m * 1.01) < far_m <= OTHER_STREET_M:
                    detail = (
                        f"the door of {name} is {far_m:.0f} m from the van, {farthest_m:.0f} m are walked"
                    )
                    yield Violation(Code.WALK, route.where(index), detail)
            carried = sum(case.order(name).weight_kg for name, far_m in away.items() if far_m > SAME_HOUSE_M)
            if facts.walk and carried > facts.walk.carry_kg + 0.005:
                detail = f"{carried:.2f} kg are carried, {facts.walk.carry_kg:.2f} kg may be"
                yield Violation(Code.WALK, route.where(index), detail)


def _away_m(case: Case, stop: Stop) -> dict[str, float]:
    return {n: distance_m(stop.point, case.order(n).address) for n in (*stop.deliver, *stop.collect)}


def walk_s(case: Case, stop: Stop, facts: RouteFacts) -> float:
    """The least that the driver walks at a stop, in the order in which its parcels are listed, and back to the van: no
    way on foot is shorter than the straight line."""
    if facts.walk is None or stop.site_id or stop.locker_id:
        return 0.0
    doors = [case.order(name).address for name in (*stop.deliver, *stop.collect)]
    metres = [distance_m(a, b) for a, b in pairwise([stop.point, *doors, stop.point])]
    return sum(length for length in metres if length > SAME_HOUSE_M) / facts.walk.speed_mps
