"""One plan over all modes: against brute force on tiny cities, by a judge of its own on larger ones, the same twice."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.harness.cityjudge import cost, faults
from benchmarks.harness.citymaker import made
from fleet.planner import jointly
from fleet.planner.city import City, Groups, Lockers, LockerWays, Parcels, SortieWays
from fleet.planner.citycolumns import Columns
from fleet.planner.jointly import JointPlan, Run, plan_jointly
from fleet.planner.kernels import columns
from fleet.planner.legs import BadCase, Straight
from fleet.planner.routing import CHUNK, Iterations, Seconds
from fleet.planner.tiled import Job, searched
from tests.support.cities import cheapest, harder, random_city
from tests.support.plainkernels import FOLDER, JOINT, plain


@pytest.mark.parametrize("seed", range(16))
def test_tiny_cities_are_planned_as_well_as_by_brute_force(seed: int) -> None:
    """All ways of three parcels, with loads, windows, skills, ports, compartments, pilots and chargers."""
    city = random_city(seed, 3)
    found = plan_jointly(city, seed=1, budget=Iterations(3000))
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cheapest(city), rel=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_what_is_found_holds_and_costs_what_is_said(seed: int) -> None:
    """By a judge that walks each route, row, port and compartment; every parcel is brought or named."""
    city = random_city(seed, 14, lockers=seed % 4, groups=seed % 3)
    found = plan_jointly(city, seed=seed, budget=Iterations(1000))
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cost(city, found), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_tiny_cities_with_breaks_trips_and_releases_are_planned_as_well_as_by_brute_force(seed: int) -> None:
    """Which parts every order of stops into trips, with the driver's break anywhere."""
    city = harder(random_city(seed, 3), seed)
    found = plan_jointly(city, seed=1, budget=Iterations(3000))
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cheapest(city), rel=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_breaks_trips_and_releases_hold_and_cost_what_is_said(seed: int) -> None:
    """By the judge, who walks each van's trips in turn."""
    city = harder(random_city(seed, 14, lockers=seed % 4, groups=seed % 3), seed)
    found = plan_jointly(city, seed=seed, budget=Iterations(1000))
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cost(city, found), rel=1e-9)


def test_looked_up_legs_that_are_longer_past_a_stop_than_by_it_keep_trips_in_time() -> None:
    """Taking a stop out makes a trip late there: it is asked about, too."""
    city = random_city(448, 42, lockers=0, groups=1)
    found = plan_jointly(city, seed=448, budget=Iterations(1000))
    assert faults(city, found) == []


def test_a_made_city_is_planned_in_every_way() -> None:
    """Doors, shared locker stops, sorties to doors and to ports; better than the first plan."""
    city = made(150, 1)
    first, found = (plan_jointly(city, seed=1, budget=Iterations(count)) for count in (0, 8000))
    assert faults(city, first) == faults(city, found) == []
    assert first.unserved == found.unserved == ()
    assert found.cost < 0.95 * first.cost
    stops = [stop for route in found.routes for stop in route.stops]
    assert any(stop.locker < 0 for stop in stops)
    assert any(len(stop.parcels) > 1 for stop in stops)
    ports = Counter(bool(city.sortie_ways.locker[sortie.way] >= 0) for sortie in found.sorties)
    assert ports[False] > 5


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_short_starts_tell_which_kind_of_van_to_begin_without(seed: int) -> None:
    """Of less than an iteration for each parcel. A large van costs what three halves of a small one do and holds twice
    as much. With vans sacked no more often than in the search that goes on, city 4 keeps 11 small ones and costs a
    sixth more."""
    city = made(600, seed)
    found = plan_jointly(city, seed=1, budget=Iterations(6000))
    assert faults(city, found) == []
    most = max(van.weight for van in city.vans)
    large = sum(city.vans[route.van_type].weight == most for route in found.routes)
    assert large >= 4
    assert len(found.routes) <= 6


def only_flown(seed: int, count: int = 40) -> City:
    """Three machines, two pilots and two chargers, all of whose times are drawn by chance."""
    rng, none = np.random.default_rng(seed), np.zeros(count)
    opens, there = rng.uniform(0.0, 20000.0, count), rng.uniform(200.0, 600.0, count)
    whole = np.zeros(count, np.int64)
    columns = none, none, none, whole, np.full(count, 36000.0), whole, np.full(count, 50.0)
    return City(
        Straight(none, none),
        Parcels(np.arange(count), opens, opens + 14400.0, *columns),
        (),
        np.array([0.0, 36000.0]),
        Lockers(whole[:0], np.zeros((0, 1, 1), np.int64), *np.zeros((3, 0))),
        LockerWays(whole[:0], whole[:0], *np.zeros((3, 0))),
        Groups(*(np.array([value]) for value in (3, 1800.0, 34200.0, 2, 2))),
        SortieWays(
            np.arange(count), whole, there, 2.0 * there, 1.8 * there, rng.uniform(0.5, 2.0, count), whole - 1
        ),
    )


@pytest.mark.parametrize("seed", [259, 265, 285, 292, 330, 369, 456])
def test_a_charger_that_is_free_by_rounding_only_is_not_free(seed: int) -> None:
    """One that is freed by another's departure, to the last bit: what is added to a moment and subtracted again may
    not lead back to it."""
    city = only_flown(seed)
    assert faults(city, plan_jointly(city, seed=1, budget=Iterations(0))) == []


def test_the_same_seed_and_iterations_give_the_same_plan() -> None:
    """And another seed another one."""
    city = random_city(2, 30, lockers=3)
    first, again, other = (plan_jointly(city, seed=s, budget=Iterations(1000)) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_no_time_at_all_still_gives_a_complete_plan() -> None:
    """Rather than none; and a budget of time is asked once a chunk."""
    city = random_city(6, 20)
    found = plan_jointly(city, seed=1, budget=Seconds(lambda: 0.0, 0.0))
    assert found.iterations == 0
    assert faults(city, found) == []
    ticks = iter(range(1000))
    found = plan_jointly(city, seed=1, budget=Seconds(lambda: float(next(ticks)), 30.0))
    assert found.iterations == 29 * CHUNK
    assert next(ticks) == 31


def test_nothing_to_bring_and_nobody_to_bring_it() -> None:
    """Nothing is nothing; and all are named."""
    assert plan_jointly(random_city(1, 0), seed=1, budget=Iterations(100)) == JointPlan(
        (), (), (), (), 0.0, 0
    )
    city = random_city(1, 5, lockers=0, groups=0)
    found = plan_jointly(replace(city, vans=()), seed=1, budget=Iterations(100))
    assert found.unserved == (0, 1, 2, 3, 4)
    assert found.cost == pytest.approx(float(city.parcels.penalty.sum()))


def changed(table: str, column: str, value: float) -> dict[str, Any]:
    """A city's table with one value of its first row changed."""
    whole = getattr(random_city(1, 6), table)
    values = np.array(getattr(whole, column))
    values.flat[0] = value
    return {table: replace(whole, **{column: values})}


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("parcels", "place", 99, "parcel 0: place must be from 0"),
        ("parcels", "size", 2, "parcel 0: size must be from 0, below 2"),
        ("parcels", "weight", -1.0, "parcel 0: weight must be from 0"),
        ("parcels", "opens", float("nan"), "parcel 0: opens must be finite"),
        ("parcels", "needs", -1, "parcel 0: needs must be from 0"),
        ("lockers", "port_s", 0.0, "locker 0: port_s must be above 0"),
        ("lockers", "room", -1, "locker 0: room must be from 0"),
        ("locker_ways", "locker", 2, "locker way 0: locker must be from 0"),
        ("groups", "machines", -1, "group 0: machines must be from 0"),
        ("sortie_ways", "group", 2, "sortie way 0: group must be from 0"),
        ("sortie_ways", "away", 0.0, "sortie way 0: away must be above 0"),
        ("sortie_ways", "locker", -2, "sortie way 0: locker must be from -1"),
    ],
)
def test_a_city_without_sense_is_refused(table: str, column: str, value: float, said: str) -> None:
    """With the number of the row."""
    with pytest.raises(BadCase, match=said):
        replace(random_city(1, 6), **changed(table, column, value))


def test_columns_slots_and_vans_without_sense_are_refused() -> None:
    """Columns of different lengths, slots that do not rise, a table of compartments for another day, no trips."""
    city = random_city(1, 6)
    with pytest.raises(BadCase, match="parcel: columns of different lengths"):
        replace(city, parcels=replace(city.parcels, weight=np.ones(2)))
    with pytest.raises(BadCase, match="slots"):
        replace(city, slots=np.array([0.0, 900.0, 600.0, 1000.0]))
    with pytest.raises(BadCase, match="room must be a table"):
        replace(city, slots=np.array([0.0, 900.0]))
    with pytest.raises(BadCase, match="van type 1: vans from 0, trips from 1"):
        replace(city, vans=(city.vans[0], replace(city.vans[1], trips=0)))


def test_kernels_are_compiled_where_the_others_are() -> None:
    """All of them, or none."""
    files = {Path(str(sys.modules[f"fleet.planner.joint.{name}"].__file__)).suffix for name in JOINT}
    assert files == {Path(str(columns.__file__)).suffix}
    assert sorted(file.stem for file in FOLDER.glob("*.pxd")) == sorted(JOINT)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_both_forms_give_the_same_plan(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, with every sort of constraint."""
    city: City = random_city(seed, 14, lockers=3)

    def planned() -> list[JointPlan]:
        """From none, and on from there."""
        first = plan_jointly(city, seed=seed, budget=Iterations(400))
        return [first, searched(Job(city, first, seed, Iterations(200), 0.0, 1.0, starts=False))]

    compiled = planned()
    with plain(monkeypatch):
        found = planned()
    for one, other in zip(found, compiled, strict=True):
        for field in fields(JointPlan):
            assert getattr(one, field.name) == getattr(other, field.name), field.name


def test_a_few_high_priorities_do_not_make_the_others_cheap_to_leave() -> None:
    """What penalties count at first is told by what parcels usually cost that are left."""
    city = made(100, 1)
    penalty = city.parcels.penalty.copy()
    penalty[:5] *= 50.0
    dear = replace(city, parcels=replace(city.parcels, penalty=penalty))
    state = Run(Columns(city), 1).state
    usual = jointly._mildest(city, state)
    assert usual * city.parcels.penalty[50] == pytest.approx(jointly.MILD * state.routes.best_cost / 100)
    assert jointly._mildest(dear, state) == usual
