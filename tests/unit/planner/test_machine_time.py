"""Of very many parcels those near drones and robots are asked about, as many as these may choose from."""

from __future__ import annotations

import pytest

from fleet.planner import MaxIterations, machinetime, plan, problem
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.problem import Problem
from fleet.protocol.options import Status
from tests.unit.planner.test_budget import assert_complete
from tests.unit.planner.town import EIGHT, order, place, snapshot

PARCELS = 30


def street(**more: object) -> Problem:
    """Parcels at ever greater distances from a launch site with one drone; one counts twice."""
    orders = [
        order(f"O{i:02}", place(1000 + 60 * ((7 * i) % PARCELS), 0), priority=2 if i == 12 else 1)
        for i in range(PARCELS)
    ]
    return Problem(snapshot(orders, vans=2, drones=1, **more))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _many_and_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problem, "MAX_ATLAS", 10)
    monkeypatch.setattr(machinetime, "TIMES", 0.2)


def test_the_nearest_are_asked_about_until_the_time_is_taken() -> None:
    """Whom it is dearest to leave before all others, however far."""
    many = street()
    ways = find_ways(many, Flights(many))
    asked = [o for o, found in enumerate(ways) if not found.nearer]
    (pool,) = many.pools
    assert 1 < len(asked) < PARCELS
    assert all(found.sorties and found.asked for found in (ways[o] for o in asked))
    assert all(
        ways[o].nearer == {pool.type.type_id} and not ways[o].sorties
        for o in set(range(PARCELS)) - set(asked)
    )
    away = {o: many.orders[o].place.lon - pool.site.place.lon for o in range(PARCELS)}
    assert 12 in asked
    nearest = sorted(set(range(PARCELS)) - {12}, key=away.__getitem__)
    assert set(asked) - {12} == set(nearest[: len(asked) - 1])
    time = sum(end - begin for begin, end in pool.open)
    taken = sorted(ways[o].sorties[0].cycle_s for o in asked)
    assert sum(taken[:-1]) <= 0.2 * time <= sum(taken)


def test_all_are_asked_about_where_there_is_time_for_all_or_parcels_are_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machinetime, "TIMES", 50.0)
    many = street()
    roomy = find_ways(many, Flights(many))
    monkeypatch.setattr(machinetime, "TIMES", 0.2)
    monkeypatch.setattr(problem, "MAX_ATLAS", 3000)
    few = street()
    assert roomy == find_ways(few, Flights(few))
    assert not any(found.nearer for found in roomy)


def test_the_plan_says_who_was_not_asked_about() -> None:
    """For each parcel, and how many they are."""
    many = street()
    found = plan(many.snapshot, seed=1, stop=MaxIterations(4), made_at=EIGHT)
    assert_complete(found, many.snapshot)
    said = [
        parcel.order_id
        for parcel in found.parcels
        for other in parcel.alternatives
        if other.mode == "drone" and [reason.code for reason in other.reasons] == ["nearer_first"]
        if other.verdict is Status.UNKNOWN
    ]
    ways = find_ways(many, Flights(many))
    assert said == [many.orders[o].order_id for o, one in enumerate(ways) if one.nearer]
    assert any(f"{len(said)} parcels farther away were not asked about" in one for one in found.assumptions)
