"""Drivers' breaks in exact tours, held against arithmetic of its own over all orders of stops and places of breaks."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import time, timedelta
from itertools import pairwise, permutations

import pytest

from fleet.domain.breaks import DriverBreak
from fleet.domain.fleet import FleetSpec, RouteType
from fleet.planner import AssetSlot, MaxIterations, plan
from fleet.planner.construct import leg_costs
from fleet.planner.problem import Problem
from fleet.planner.tours import Case, Tour
from fleet.planner.visits import door_visit
from fleet.protocol.values import Order, TimeWindow
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot, type_of

HOUR = 3600


def spec(rest: DriverBreak | None, **changes: object) -> FleetSpec:
    """The default fleet whose vans' drivers have a break, without batteries."""
    types = {
        name: kind.model_copy(update={"driver_break": rest, "battery": None, **changes})
        if isinstance(kind, RouteType)
        else kind
        for name, kind in fleet().types.items()
    }
    return fleet().model_copy(update={"types": types})


def noon(minutes: float, earliest: tuple[int, int], latest: tuple[int, int]) -> DriverBreak:
    """A break between two times of day."""
    return DriverBreak(minutes=minutes, earliest=time(*earliest), latest=time(*latest))


@dataclass(frozen=True)
class Known:
    """What the arithmetic of its own goes by: seconds after eight o'clock."""

    case: Case
    load_s: int
    early_s: int
    late_s: int
    lasts_s: int
    opens_s: int
    closes_s: int
    been_out: bool

    @property
    def rested_s(self) -> int:
        """When a break at the depot is over, of who is there from the beginning, or only since he is free."""
        there = max(self.opens_s, min(self.early_s, self.closes_s)) if self.been_out else self.opens_s
        return there + self.lasts_s

    def times(self, visits: tuple[int, ...], start_s: int, place: str | int) -> list[int] | None:
        """When each service begins and the van is back, for a start of loading; none where that does not hold."""
        nodes = [0, *(1 + v for v in visits), 0]
        clock, found = start_s + self.load_s, list[int]()
        if place == "before" and start_s < self.rested_s:
            return None
        for leg, (here, there) in enumerate(pairwise(nodes)):
            way = int(self.case.legs.seconds[here, there])
            arrives = self.arrives(clock, way) if place == leg else clock + way
            if arrives is None:
                return None
            if there == 0:
                found.append(arrives)
                break
            visit = self.case.visits[there - 1]
            begins = max(arrives, visit.early_s)
            if begins > visit.late_s:
                return None
            found.append(begins)
            clock = begins + visit.service_s
        late_s = min(self.late_s, self.closes_s) if place == "after" else self.late_s
        return found if found[-1] <= late_s else None

    def arrives(self, leaves: int, way: int) -> int | None:
        """At the end of a leg with the break on it: taken before it, on it, or after it, whichever is over first."""
        ends = []
        for begins, left in (
            (max(leaves, self.opens_s), way),
            (max(leaves + way, self.opens_s), 0),
            (self.opens_s, leaves + way - self.opens_s),
        ):
            if begins <= self.closes_s and begins >= leaves and 0 <= left <= way:
                ends.append(begins + self.lasts_s + left)
        return min(ends, default=None)

    def shortest(self, visits: tuple[int, ...], place: str | int) -> int | None:
        """How long the tour takes that begins as late as it may and ends as early as it may."""
        ready = max([self.early_s, *(self.case.visits[v].release_s for v in visits)])
        if place == "before":
            ready = max(ready, self.rested_s)
        first = self.times(visits, ready, place)
        if first is None:
            return None
        low, high = ready, self.late_s
        while low < high:  # the latest start that ends no later
            middle = (low + high + 1) // 2
            then = self.times(visits, middle, place)
            low, high = (middle, high) if then is not None and then[-1] == first[-1] else (low, middle - 1)
        return first[-1] - low

    def best(self, visits: tuple[int, ...]) -> int | None:
        """The shortest with the break anywhere."""
        places = ["before", "after", *range(len(visits) + 1)]
        found = [took for place in places if (took := self.shortest(visits, place)) is not None]
        return min(found, default=None)


def parcels(rng: random.Random, count: int) -> list[Order]:
    """Some with narrow windows around noon."""
    found = []
    for number in range(count):
        opens = rng.choice((0, 0, 1, 2.5, 4))
        hours = (opens, opens + rng.choice((1, 2, 6)))
        where = place(rng.uniform(-9000, 9000), rng.uniform(-9000, 9000))
        minutes = rng.choice((3, 20, 45))
        found.append(order(f"O{number}", where, hours=hours, service_minutes=minutes, locker_ok=False))
    return found


def breaks(rng: random.Random) -> DriverBreak:
    """At any time from half past eight on, in windows from a moment to hours."""
    opens = rng.choice((8.5, 9.5, 11, 12.25))
    closes = opens + rng.choice((0, 0.5, 1.5, 3))
    earliest, latest = ((int(h), int(h % 1 * 60)) for h in (opens, closes))
    return noon(rng.choice((15, 30, 60)), earliest, latest)


def known(rng: random.Random, count: int, free_h: float = 0) -> tuple[Known, Tour]:
    """A case of a van that is free from so many hours on, and its empty tour."""
    rest, busy = breaks(rng), TimeWindow(start=EIGHT, end=EIGHT + timedelta(hours=free_h))
    van = AssetSlot("D/van-1", type_of("van"), "D", busy=(busy,) if free_h else (), day_paid=free_h > 0)
    town = snapshot(parcels(rng, count), vans=0, spec=spec(rest, load_s=600))
    problem = Problem(snapshot(list(town.orders), vans=0, spec=town.context.fleet, assets=(van,)))
    (one,) = problem.vans
    visits = tuple(door_visit(problem, o, frozenset({one.base})) for o in range(count))
    case = Case(problem, visits)
    opens, closes = (h.hour * HOUR + h.minute * 60 - 8 * HOUR for h in (rest.earliest, rest.latest))
    facts = Known(case, 600, one.early_s, one.late_s, round(rest.minutes * 60), opens, closes, free_h > 0)
    return facts, Tour(case, one, ())


CASES = [(seed, (0, 0, 1.7, 4)[seed % 4]) for seed in range(24)]
"""Seeds, and hours from which on the van is free, out before."""


@pytest.mark.parametrize(("seed", "free_h"), CASES)
def test_tours_are_the_shortest_that_hold(seed: int, free_h: float) -> None:
    """Every order of up to five stops: whether it holds with the break anywhere, and how long it takes at the least."""
    facts, empty = known(random.Random(seed), 5, free_h)
    for count in (1, 2, 4):
        for visits in permutations(range(5), count):
            tour, best = Tour(empty.case, empty.van, visits), facts.best(visits)
            assert tour.feasible == (best is not None)
            if best is not None:
                assert tour.duration_s == best
                check_times(facts, tour)


def check_times(facts: Known, tour: Tour) -> None:
    """The tour's own times, with its break where it says, are those that the arithmetic finds for them."""
    span, start = tour.break_s, tour.start_s
    where = tour.break_leg
    places = ["before", "after"] if where is None else [where]
    assert list(tour.times_s[1:]) in [facts.times(tour.visits, start, place) for place in places]
    if where is not None:
        assert span is not None
        left = tour.times_s[where] + int(tour.line.service_s[where])
        assert facts.opens_s <= span[0] <= facts.closes_s
        assert left <= span[0] <= span[0] + facts.lasts_s == span[1] <= tour.times_s[where + 1]


@pytest.mark.parametrize(("seed", "free_h"), CASES)
def test_no_place_that_holds_is_passed_over(seed: int, free_h: float) -> None:
    """Every leg on which one more stop holds has a cost, as the break may go elsewhere for it; what is said to hold
    does."""
    _, empty = known(random.Random(seed), 5, free_h)
    for visits in permutations(range(5), 2):
        tour = Tour(empty.case, empty.van, visits)
        for visit in set(range(5)) - set(visits):
            legs = list(range(len(visits) + 1))
            holds = [tour.with_visit(visit, leg).feasible for leg in legs]
            costs = leg_costs(tour.case, tour, visit)
            assert tour.slack.holds(visit, legs) == holds
            if tour.feasible:
                assert all(math.isfinite(costs[leg]) for leg in legs if holds[leg])


@pytest.mark.parametrize(
    ("begins_h", "late_h"), [(4.5, 4.0), (5.25, 4.75), (5.5, 5.5), (4.0, 4.0), (3.0, 3.0), (7.0, 7.0)]
)
def test_a_mission_that_begins_in_the_break_s_time_leaves_the_driver_his_break_before_it(
    begins_h: float, late_h: float
) -> None:
    """It may have been planned for one who has it at the depot until then. Half an hour, from twelve to one o'clock."""
    rest = noon(30, (12, 0), (13, 0))
    window = TimeWindow(start=EIGHT + timedelta(hours=begins_h), end=EIGHT + timedelta(hours=10))
    van = AssetSlot("D/van-1", type_of("van"), "D", busy=(window,), day_paid=True)
    (one,) = Problem(snapshot([], vans=0, spec=spec(rest), assets=(van,))).vans
    assert one.late_s == late_h * HOUR


def test_a_late_tour_of_a_driver_who_had_his_break_has_no_other() -> None:
    """Its times are those of the ways, so it is the late stop that is late, by no more than it is."""
    rest = noon(30, (9, 0), (10, 0))
    van = AssetSlot("D/van-1", type_of("van"), "D")
    late = order("late", place(3000, 0), hours=(0, 3))
    problem = Problem(snapshot([late], vans=0, spec=spec(rest, load_s=600), assets=(van,)))
    (one,) = problem.vans
    case = Case(problem, (door_visit(problem, 0, frozenset({one.base})),))
    afternoon = replace(one, early_s=4 * HOUR)
    tour = Tour(case, afternoon, (0,))
    assert not tour.feasible
    assert tour.break_leg is None
    assert tour.line.begin_s[0] <= tour.line.late_s[0]
    assert tour.line.begin_s[1] == 4 * HOUR + 600 + case.legs.seconds[0, 1]


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_costs_what_the_best_tour_does(seed: int) -> None:
    """One van and five parcels that it can bring, but not after a late start: the plan is as cheap as the best of all
    their orders."""
    rng = random.Random(seed)
    orders = [
        order(f"O{i}", place(rng.gauss(0, 4000), rng.gauss(0, 4000)), hours=(0, 6), service_minutes=45)
        for i in range(5)
    ]
    town = snapshot(orders, spec=spec(noon(45, (10, 0), (11, 0)), load_s=600))
    problem = Problem(town)
    (van,) = problem.vans
    case = Case(problem, tuple(door_visit(problem, o, frozenset({van.base})) for o in range(5)))
    facts = Known(case, 600, van.early_s, van.late_s, 45 * 60, 2 * HOUR, 3 * HOUR, been_out=False)
    rates, costs = van.type.rates, []
    for visits in permutations(range(5)):
        took = facts.best(visits)
        if took is not None:
            nodes = [0, *(1 + v for v in visits), 0]
            metres = sum(int(case.legs.metres[a, b]) for a, b in pairwise(nodes))
            costs.append(took / HOUR * rates.per_hour + metres / 1000 * rates.per_km)
    found = plan(town, seed=1, stop=MaxIterations(60), made_at=EIGHT)
    assert not found.unassigned
    (route,) = found.routes
    assert route.driver_break is not None
    assert route.cost == pytest.approx(min(costs) + rates.per_trip + 5 * rates.per_parcel)
