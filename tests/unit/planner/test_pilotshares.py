"""Pilots shared out among machines for the search, and as time for the assignment, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from fleet.domain.pilots import Pilots
from fleet.planner.permitroom import BEFORE_S
from fleet.planner.pilotshares import MachineGroup, apportioned, machine_groups, machine_seconds, site_sets
from fleet.planner.problem import Problem
from tests.unit.planner.town import fleet, slots, snapshot

HOUR = 3600


def row(pilots: int, begins: int = 0, ends: int = 0, *sites: str, each: int = 1) -> Pilots:
    clocks = {"begins": time(begins), "ends": time(ends)}
    return Pilots(kind="drone", sites=sites, pilots=pilots, machines_each=each, **clocks)


def problem(*rows: Pilots, drones: tuple[int, int] = (4, 2)) -> Problem:
    """Drones at the depot and at the launch site, and robots that need nobody; from eight to twenty o'clock."""
    found = snapshot([], vans=0, spec=fleet().model_copy(update={"pilots": rows}))
    assets = (
        *slots("drone", "D", drones[0]),
        *slots("drone", "S", drones[1]),
        *slots("sidewalk_robot", "S", 3),
    )
    return Problem(replace(found, assets=assets))


def groups(
    of: Problem, wanted: dict[str, int] | None = None
) -> dict[str, list[tuple[float, float, int, int]]]:
    """By kind and site: from and to which hour how many machines are there, and how many may be away."""
    machines = {(pool.index, (0, 12 * HOUR)): len(pool.slots) for pool in of.pools}
    sites = {pool.index: pool.site.site_id for pool in of.pools}
    drones = {p.index: (wanted or {}).get(sites[p.index], 1) for p in of.pools if p.type.kind == "drone"}
    found: dict[str, list[tuple[float, float, int, int]]] = {}
    for one in machine_groups(of, machines, drones):
        pool = of.pools[one.pool]
        begins = one.span[0] - (BEFORE_S if one.span[0] else 0)
        hours = begins / HOUR, one.span[1] / HOUR
        found.setdefault(f"{pool.type.kind} {pool.site.site_id}", []).append((*hours, one.machines, one.away))
    return found


@pytest.mark.parametrize(
    ("count", "wants", "weights", "given"),
    [
        (9, [4, 2], [1, 1], [4, 2]),
        (3, [4, 2], [2, 1], [2, 1]),
        (3, [4, 2], [9, 1], [3, 0]),
        (5, [4, 2], [9, 1], [4, 1]),
        (1, [4, 2], [0, 0], [1, 0]),
        (0, [4, 2], [1, 1], [0, 0]),
    ],
)
def test_what_is_short_is_shared_out_by_weight(
    count: int, wants: list[int], weights: list[int], given: list[int]
) -> None:
    """Seats by highest averages, to nobody more than he wants."""
    assert apportioned(count, wants, weights) == given


def test_without_pilots_all_may_be_away() -> None:
    found = groups(problem())
    assert found["drone D"] == [(0, 12, 4, 4)]
    assert found["sidewalk_robot S"] == [(0, 12, 3, 3)]


def test_machines_are_there_while_somebody_is_on_shift() -> None:
    """From ten to sixteen, with pilots enough: two hours after the beginning to eight."""
    found = groups(problem(row(6, 10, 16)))
    assert found["drone D"] == [(2, 8, 4, 4)]
    assert found["drone S"] == [(2, 8, 2, 2)]
    assert found["sidewalk_robot S"] == [(0, 12, 3, 3)]


def test_pilots_of_both_sites_go_where_more_is_wanted() -> None:
    """Three for six machines; a second shift adds three more from noon on, and then all may fly."""
    found = groups(problem(row(3), row(3, 12, 20)), {"D": 20, "S": 10})
    assert found["drone D"] == [(0, 4, 4, 2), (4, 12, 4, 4)]
    assert found["drone S"] == [(0, 4, 2, 1), (4, 12, 2, 2)]


def test_a_site_s_own_pilots_come_first() -> None:
    """Two of the launch site's own are enough for it; the one for all is left to the depot."""
    found = groups(problem(row(2, 0, 0, "S"), row(1)))
    assert found["drone S"] == [(0, 12, 2, 2)]
    assert found["drone D"] == [(0, 12, 4, 1)]


def test_who_has_nobody_has_no_group() -> None:
    found = groups(problem(row(9, 0, 0, "S")))
    assert "drone D" not in found


def test_time_of_pilots_is_that_of_all_who_may_supervise() -> None:
    """One of the site's own from ten to twelve, two for all from eleven on, each with two machines."""
    rota = problem(row(1, 10, 12, "S", each=2), row(2, 11, 20, each=2)).rotas["drone"]
    whole = 0, 12 * HOUR
    assert machine_seconds(rota, frozenset({"S"}), whole) == (2 * 2 + 4 * 9) * HOUR
    assert machine_seconds(rota, frozenset({"D"}), whole) == 4 * 9 * HOUR
    assert machine_seconds(rota, frozenset({"S", "D"}), (2 * HOUR, 4 * HOUR)) == (2 + 2 + 4) * HOUR
    assert site_sets(rota, frozenset({"S", "D"})) == [
        frozenset({"D"}),
        frozenset({"S"}),
        frozenset({"D", "S"}),
    ]


def test_a_group_is_a_pool_s_machines() -> None:
    """Their numbers are those of the table that is shared out."""
    of = problem(row(1))
    machines = {(0, (0, HOUR)): 2, (0, (2 * HOUR, 3 * HOUR)): 1}
    assert machine_groups(of, machines, {}) == [
        MachineGroup(0, (0, HOUR), 2, 1),
        MachineGroup(0, (2 * HOUR, 3 * HOUR), 1, 1),
    ]
