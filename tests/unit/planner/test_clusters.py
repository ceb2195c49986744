"""Vans' tours of a large day, searched on cluster by cluster: the same stops in cheaper tours, and never more legs at
once than one cluster's."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from fleet.network.base import Matrix, Profile
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import MaxIterations, clusters
from fleet.planner.clusters import clustered
from fleet.planner.draft import Draft, nothing
from fleet.planner.flights import Flights
from fleet.planner.problem import Problem
from fleet.planner.routes import Routing
from fleet.planner.stop import Deadline
from fleet.planner.tours import Tour, tour_of
from fleet.planner.trips import all_in_turn, behind, together
from fleet.planner.visits import Key, Visit, door_visit
from fleet.protocol.values import Place
from tests.unit.planner.town import order, place, snapshot

EACH = 8
"""Stops of each van."""


def drafted(seed: int, vans: int, *, trips: int = 1) -> Draft:
    """Vans that each go by stops of a neighbourhood in whatever order, each trip some of them."""
    rng = random.Random(seed)
    middles = [(rng.uniform(-8000, 8000), rng.uniform(-8000, 8000)) for _ in range(vans)]
    orders = [
        order(f"O{i}", place(east + rng.gauss(0, 900), north + rng.gauss(0, 900)), locker_ok=False)
        for i, (east, north) in enumerate(middle for middle in middles for _ in range(EACH))
    ]
    town = Problem(snapshot(orders, vans=vans))
    tours = [tour for i in range(vans) for tour in _driven(town, i, trips)]
    assert all(tour.feasible for tour in tours)
    ways = [None] * len(orders)
    base = nothing(town, ways, Flights(town))  # type: ignore[arg-type]  # nobody asks for ways here
    return Draft(town, base.choices, {}, Routing(tuple(tours), ()), {}, (), base.yard)


def _driven(town: Problem, number: int, trips: int) -> list[Tour]:
    """A van's trips by its stops."""
    van = town.vans[number]
    stops = [door_visit(town, o, town.bases) for o in range(number * EACH, number * EACH + EACH)]
    made = list[Tour]()
    for i in range(trips):
        free = behind(town, made) if made else van
        assert free is not None
        made.append(tour_of(town, free, stops[i::trips]))
        made = all_in_turn(made)
    return made


def stops_of(draft: Draft) -> Counter[Key]:
    """All that the vans stop at."""
    return Counter(visit.key for tour in draft.routing.tours for visit in visits(tour))


def visits(tour: Tour) -> list[Visit]:
    """A tour's stops, in order."""
    return [tour.case.visits[v] for v in tour.visits]


@pytest.mark.parametrize("trips", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_tours_are_cheaper_by_the_same_vans_and_each_holds_its_own_legs(
    seed: int, trips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stops in an order as they were drawn can all be driven for less, by clusters of three vans of many."""
    monkeypatch.setattr(clusters, "STOPS", 3 * EACH)
    before = drafted(seed, 12, trips=trips)
    after = clustered(before, seed=1, stop=MaxIterations(60))
    assert stops_of(after) == stops_of(before)
    assert after.cost < 0.9 * before.cost
    assert after.choices == before.choices
    vans = together(before.routing.tours).keys()
    for name, made in together(after.routing.tours).items():
        assert name in vans
        assert all(tour.feasible for tour in made)
        ends = [tour.times_s[-1] for tour in made]
        assert all(tour.start_s >= end for end, tour in zip(ends, made[1:], strict=False))
    assert all(len(tour.case.visits) == len(tour.visits) for tour in after.routing.tours)


@pytest.mark.parametrize("vans", [9, 12])
@pytest.mark.parametrize("seed", range(2))
def test_hours_above_the_mean_never_cost_more_than_is_saved(
    seed: int, vans: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vans that each go by their own stops the best way are alike; fewer of them save less than their hours cost. No
    cluster is better left alone for what it takes from the mean when all together are better."""
    before = fairly_priced(drafted(seed, vans), 1000.0)
    monkeypatch.setattr(clusters, "STOPS", EACH)
    alike = clustered(before, seed=1, stop=MaxIterations(20 * vans))
    assert alike.objective < before.objective
    monkeypatch.setattr(clusters, "STOPS", 3 * EACH)
    after = clustered(alike, seed=1, stop=MaxIterations(300))
    assert after.objective <= alike.objective + 1e-6
    assert stops_of(after) == stops_of(before)
    free = clustered(fairly_priced(alike, 0.0), seed=1, stop=MaxIterations(300))
    assert fairly_priced(free, 1000.0).objective > alike.objective, "otherwise nothing was at stake"


def fairly_priced(draft: Draft, per_hour: float) -> Draft:
    """The same tours on a day on which drivers' hours above their mean cost so much."""
    day = draft.problem.snapshot
    spec = draft.problem.fleet
    spec = spec.model_copy(update={"fairness": spec.fairness.model_copy(update={"per_hour": per_hour})})
    return replace(draft, problem=Problem(replace(day, context=replace(day.context, fleet=spec))))


def test_no_table_is_larger_than_a_cluster_and_the_same_again_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, asked = drafted(4, 12), list[int]()
    cross = GeodesicNetwork.cross

    def counted(
        self: GeodesicNetwork, starts: Sequence[Place], ends: Sequence[Place], profile: Profile
    ) -> Matrix:
        asked.append(len(starts) * len(ends))
        return cross(self, starts, ends, profile)

    monkeypatch.setattr(clusters, "STOPS", 3 * EACH)
    vars(before.problem).update(_atlas_index={})  # as of a day of more places
    monkeypatch.setattr(GeodesicNetwork, "cross", counted)
    once, again = (clustered(before, seed=2, stop=MaxIterations(40)) for _ in range(2))
    assert max(asked) == (3 * EACH + 1) ** 2
    found = [[(t.van.index, [v.key for v in visits(t)]) for t in d.routing.tours] for d in (once, again)]
    assert found[0] == found[1]


def test_without_time_tours_stay_as_they_are() -> None:
    before = drafted(5, 6)
    for stop in (MaxIterations(0), Deadline(lambda: 1.0, 1.0)):
        after = clustered(before, seed=1, stop=stop)
        assert list(after.routing.tours) == list(before.routing.tours)
    assert not clustered(
        Draft(before.problem, (), {}, Routing((), ()), {}, (), before.yard), seed=1, stop=stop
    ).routing.tours


def test_a_cluster_of_which_a_stop_would_be_left_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it would save: each parcel was promised a van."""
    before = drafted(6, 6)
    lost = before.routing.tours[0].without(0)

    def losing(case: object, tours: Sequence[Tour], *_: object, **__: object) -> tuple[list[Tour], list[int]]:
        return [tours[0].without(0), *tours[1:]], [0]

    monkeypatch.setattr(clusters, "improved", losing)
    assert lost.cost < before.routing.tours[0].cost
    assert clustered(before, seed=1, stop=MaxIterations(9)).routing.tours == before.routing.tours
