"""The sorties of the plan in force in the planner's terms: by parcel, from which pool, where to, departing when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.planner.flights import round_up
from fleet.planner.problem import Pool, Problem
from fleet.planner.snapshot import Drafted


@dataclass(frozen=True)
class DraftedSortie:
    """A drafted sortie; ``locker_id``: into which locker's port, none for the door."""

    order: int
    pool: Pool
    locker_id: str | None
    depart_s: int

    @property
    def departures(self) -> tuple[int, int]:
        """When it departs, which may lie between two of the planner's seconds."""
        return self.depart_s, self.depart_s - 1


def pools_by_asset(problem: Problem) -> Mapping[str, Pool]:
    """The pool that each drone or robot is of."""
    return {slot.asset_id: pool for pool in problem.pools for slot in pool.slots}


def drafted_sortie(problem: Problem, order: int, pool: Pool, mission: Drafted) -> DraftedSortie:
    """The one that a mission of an asset of the pool makes for a parcel."""
    depart_s = problem.seconds(mission.start) + round_up(pool.type.load_s)
    return DraftedSortie(order, pool, mission.stops[0].locker_id, depart_s)


def drafted_sorties(problem: Problem) -> Mapping[int, DraftedSortie]:
    """All of them, by the parcel."""
    if not problem.snapshot.drafted:
        return {}
    pools = pools_by_asset(problem)
    numbers = {order.order_id: number for number, order in enumerate(problem.orders)}
    flown = (one for one in problem.snapshot.drafted if one.asset_id in pools)
    found = (drafted_sortie(problem, numbers[one.order_ids[0]], pools[one.asset_id], one) for one in flown)
    return {one.order: one for one in found}
