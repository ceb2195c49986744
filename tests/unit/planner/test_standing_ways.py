"""The ways of parcels that are drafted: asked about when somebody looks at them, the same then as for all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

import pytest

from fleet.feasibility import SortieAssessment
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.problem import Pool, Problem
from fleet.planner.snapshot import Drafted, DraftedStop
from fleet.planner.standingways import StandingWays, ways_in_force
from fleet.planner.ways import SortieWay, Ways
from tests.support.drafted import in_force
from tests.unit.planner.town import EIGHT, place, random_town, snapshot
from tests.unit.planner.town import order as parcel


@dataclass
class Told(Flights):
    """Tells for which parcels it was asked, from which pool and when."""

    asked: list[tuple[int, int, int]] = field(default_factory=list)

    def assess(self, order: int, pool: Pool, locker_id: str | None, depart_s: int) -> SortieAssessment:
        self.asked.append((order, pool.index, depart_s))
        return super().assess(order, pool, locker_id, depart_s)


def standing(seed: int = 2, new: int = 3) -> Snapshot:
    """A town whose plan is in force, but for the first parcels, which are new."""
    town = random_town(seed, 20)
    before = plan(
        replace(town, orders=town.orders[new:]),
        seed=3,
        stop=MaxIterations(2),
        made_at=EIGHT,
        baselines=False,
    )
    return in_force(town, before)


def drafted(town: Snapshot) -> set[int]:
    """The numbers of the parcels that stand."""
    there = {order_id for one in town.drafted for order_id in one.order_ids}
    return {number for number, order in enumerate(town.orders) if order.order_id in there}


def ends(ways: Ways) -> Iterator[tuple[int, str | None]]:
    """From where to where its sorties go."""
    for way in ways.sorties:
        yield way.pool, None if way.locker is None else way.locker.locker_id


def test_whatever_may_be_asked_of_ways_may_be_of_those_that_stand() -> None:
    """Each field of ``Ways`` has an answer that no constructor gave it."""
    town = standing()
    ways = ways_in_force(problem := Problem(town), Flights(problem))
    for order in drafted(town):
        assert {one.name for one in fields(Ways) if not hasattr(ways[order], one.name)} == set()


def test_nobody_asks_for_those_that_stand_until_they_are_looked_at() -> None:
    """The drafted sortie alone is asked for where that is looked for, at its own time."""
    town = standing()
    problem = Problem(town)
    flights, stand = Told(problem), drafted(town)
    ways = ways_in_force(problem, flights)
    assert {order for order, *_ in flights.asked} == set(range(len(ways))) - stand
    assert {order for order, one in enumerate(ways) if isinstance(one, StandingWays)} == stand
    flights.asked.clear()
    pools = {slot.asset_id: pool for pool in problem.pools for slot in pool.slots}
    numbers = {order.order_id: number for number, order in enumerate(town.orders)}
    flown = [one for one in town.drafted if one.asset_id in pools]
    assert flown
    for one in flown:
        order, pool = numbers[one.order_ids[0]], pools[one.asset_id]
        found = ways[order].sortie(pool.index, one.stops[0].locker_id)
        assert found is not None
        assert found.pool == pool.index
        asked = {(o, p) for o, p, _ in flights.asked}
        departs = problem.seconds(one.start) + round(pool.type.load_s)
        assert (asked, {at for *_, at in flights.asked}) == ({(order, pool.index)}, {departs})
        flights.asked.clear()


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_whoever_looks_at_them_finds_what_is_found_for_all(seed: int) -> None:
    """Vans, lockers, and from where sorties go; the drafted one comes first."""
    town = standing(seed)
    problem = Problem(town)
    found, alone = ways_in_force(problem, Flights(problem)), find_ways(problem, Flights(problem))
    for order in drafted(town):
        mine, theirs = found[order], alone[order]
        assert (mine.door, mine.lockers, mine.verdicts) == (theirs.door, theirs.lockers, theirs.verdicts)
        assert set(ends(mine)) == set(ends(theirs))
        assert mine.asked
        for way in theirs.lockers:
            assert mine.locker(way.locker_id) == way


def test_what_is_ruled_out_is_no_way_of_a_drafted_parcel_either() -> None:
    """A drafted sortie of a kind that has failed for its parcel does not stand."""
    town = standing()
    problem = Problem(town)
    pools = {slot.asset_id: pool for pool in problem.pools for slot in pool.slots}
    flown = next(one for one in town.drafted if one.asset_id in pools)
    kind = pools[flown.asset_id].type.kind
    barred = replace(town, excluded={flown.order_ids[0]: frozenset({kind})})
    again = Problem(barred)
    order = next(n for n, one in enumerate(town.orders) if one.order_id == flown.order_ids[0])
    ways = ways_in_force(again, Flights(again))[order]
    assert ways.sortie(pools[flown.asset_id].index, flown.stops[0].locker_id) is None
    assert not any(isinstance(way, SortieWay) and way.kind == kind for way in ways.all)


def test_once_time_is_up_the_drafted_sortie_alone_is_known() -> None:
    """Which its ways say."""
    town = standing()
    problem = Problem(town)
    ways = ways_in_force(problem, Flights(problem), time_up=lambda: True)
    pools = {slot.asset_id for pool in problem.pools for slot in pool.slots}
    order_id = next(one.order_ids[0] for one in town.drafted if one.asset_id in pools)
    order = next(n for n, one in enumerate(town.orders) if one.order_id == order_id)
    assert len(ways[order].sorties) == 1
    assert not ways[order].asked


@pytest.mark.parametrize(("kind", "due_in"), [("drones", (10, 12, 20)), ("robots", (15, 20, 30))])
@pytest.mark.parametrize("minute", [1, 5, 9, 13])
def test_who_stands_and_is_due_soon_is_offered_the_trips_that_a_new_parcel_is(
    minute: int, kind: str, due_in: tuple[int, ...]
) -> None:
    """Those that depart at once: at the next quarter of an hour it would be too late."""
    parcels = [
        parcel(f"O{away}", place(1000 + away, 100), hours=(0, (minute + due) / 60))
        for away, due in zip((200, 300, 900), due_in, strict=True)
    ]
    fly = kind == "drones"
    town = snapshot(parcels, vans=1, drones=2 * fly, robots=2 * (not fly))
    stops = tuple(DraftedStop(None, (one.order_id,)) for one in parcels)
    route = Drafted("route", 0, town.assets[0].asset_id, EIGHT, stops)
    problem = Problem(replace(town, at=EIGHT + timedelta(minutes=minute), drafted=(route,)))
    found, alone = ways_in_force(problem, Flights(problem)), find_ways(problem, Flights(problem))
    assert all(any(ends(ways)) for ways in alone)
    for mine, theirs in zip(found, alone, strict=True):
        assert isinstance(mine, StandingWays)
        assert set(ends(mine)) == set(ends(theirs))
