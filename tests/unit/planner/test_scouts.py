"""Which kind of van tiles had better begin without: what a few parcels say of many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.harness.cityjudge import faults
from benchmarks.harness.citymaker import made
from fleet.planner import tiled
from fleet.planner.city import City
from fleet.planner.jointly import Run, kinds, plan_jointly
from fleet.planner.legs import Straight
from fleet.planner.routing import CHUNK, Budget, Iterations
from fleet.planner.scouts import Spared, spared
from fleet.planner.tilecity import Cut, Cuts
from fleet.planner.tiled import Job, plan_city, searched
from fleet.planner.tiling import Ground
from tests.support.soak import chosen


def asked(city: City, seed: int, time: Budget = lambda: 0.0) -> Spared:
    """What scouts say of a city within a time."""
    assert isinstance(city.legs, Straight)
    return spared(Cuts(Ground(city, city.legs), city.legs), 400, seed, time)


def priced(city: City, large: float, small: float) -> City:
    """The same city, in which a large van and a small one cost so many times what they did."""
    most = max(van.weight for van in city.vans)
    return replace(
        city,
        vans=tuple(replace(v, fixed=v.fixed * (large if v.weight == most else small)) for v in city.vans),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_kind_is_spared_that_costs_more_in_the_end(seed: int) -> None:
    """A small van costs two thirds of a large one that holds twice as much."""
    city = made(1600, seed)
    small, large = sorted(kinds(city))
    assert asked(city, seed) == {frozenset((large, small)): small}


def test_large_vans_are_spared_where_small_ones_are_cheap() -> None:
    """A small van costs a thirtieth of a large one. Where no search takes a large one, none need be spared."""
    cities = [priced(made(1600, seed), 2.0, 0.1) for seed in (1, 2, 3)]
    small, large = sorted(kinds(cities[0]))
    answers = [kind for city in cities for kind in asked(city, 1).values()]
    assert len(answers) == 3
    assert large in answers
    assert small not in answers


def test_where_there_is_no_choice_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one kind of van none is spared, and no piece is cut out: its legs might have to be looked up."""
    city = made(900, 1)
    monkeypatch.setattr(Cuts, "cut", None)
    assert asked(replace(city, vans=city.vans[:1]), 1) == {}


def test_a_fault_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles begin with all kinds then, and the plan says so."""
    for name in ("AT_ONCE", "SIZE", "FIRST_SIZE"):
        monkeypatch.setattr(tiled, name, 100)

    def broken(*_: object) -> None:
        raise ValueError("no room")

    monkeypatch.setattr(tiled, "spared", broken)
    city = made(300, 1)
    found = plan_city(city, seed=1, budget=Iterations(2000))
    assert faults(city, found) == []
    assert found.iterations == 2000
    assert [trouble for trouble in found.troubles if "no room" in trouble]


class Ticks:
    """A time that moves on by one of so many parts whenever it is asked."""

    def __init__(self, parts: float) -> None:
        self.parts, self.asked = parts, 0

    def __call__(self) -> float:
        """The share that is used up."""
        self.asked += 1
        return self.asked / self.parts


@pytest.mark.parametrize("parts", [2, 6, 12])
def test_what_is_cut_short_says_nothing(parts: int) -> None:
    """The first search of a piece would seem better than those that had less time for the same parcels."""
    assert asked(made(900, 1), 1, Ticks(parts)) == {}


def test_pieces_that_are_whole_say_what_they_would_with_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search is another one for the time that others have used before it."""
    found, started = list[float](), Run.started

    def noted(run: Run, budget: Budget, used: float, until: float, price: float) -> float:
        used = started(run, budget, used, until, price)
        found.append(run.state.routes.best_cost)
        return used

    monkeypatch.setattr(Run, "started", noted)
    city = made(900, 1)
    whole = asked(city, 1)
    forever = found.copy()
    found.clear()
    assert asked(city, 1, Ticks(40)) == whole
    cut = len(found)
    assert 3 <= cut < len(forever)
    assert found[: cut - 1] == forever[: cut - 1]


def test_no_piece_is_cut_out_when_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its legs might have to be looked up."""
    monkeypatch.setattr(Cut, "tile", None)
    assert asked(made(900, 1), 1, Ticks(1)) == {}


@pytest.mark.parametrize(("parts", "asks"), [(40, 0), (150, 1)])
def test_tiles_begin_anew_if_a_first_plan_is_quick(
    parts: int, asks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has three tiles, at each of which time is asked for a few times."""
    for name in ("AT_ONCE", "SIZE", "FIRST_SIZE"):
        monkeypatch.setattr(tiled, name, 100)
    times = list[float]()

    def noted(_: Cuts, size: int, seed: int, time: Budget) -> Spared:
        times.append(time())
        return {}

    monkeypatch.setattr(tiled, "spared", noted)
    plan_city(made(200, 1), seed=1, budget=Ticks(parts))
    assert len(times) == asks
    assert all(0.0 <= time < 0.2 for time in times)


@pytest.mark.parametrize("seed", chosen((1,), long=(1, 2, 3)))
def test_tiles_with_few_iterations_begin_without_it(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an iteration for each parcel tells tiles nothing: with scouts their plans cost less, and hold."""
    for name in ("AT_ONCE", "SIZE", "FIRST_SIZE"):
        monkeypatch.setattr(tiled, name, 1000)
    city = made(3000, seed)
    found = plan_city(city, seed=1, budget=Iterations(12000))
    monkeypatch.setattr(tiled, "spared", lambda *_: {})
    without = plan_city(city, seed=1, budget=Iterations(12000))
    assert faults(city, found) == []
    assert found.iterations == without.iterations == 12000
    assert found.cost < 0.97 * without.cost, (
        found.cost,
        without.cost,
        len(found.routes),
        len(without.routes),
    )


def test_what_is_begun_anew_and_costs_more_is_left() -> None:
    """The plan that stood stays then, and the iterations are counted."""
    city = made(200, 1)
    standing = plan_jointly(city, seed=1, budget=Iterations(4000))
    for types in kinds(city).values():
        job = Job(city, standing, 1, Iterations(CHUNK), 0.0, 0.2, starts=True, spared=types)
        found = searched(job)
        assert faults(city, found) == []
        assert found.cost == pytest.approx(standing.cost, rel=1e-9)
        assert found.iterations == CHUNK
