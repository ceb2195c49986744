"""Which kind of van tiles had better begin without: what a few parcels say of many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.harness.cityjudge import faults
from benchmarks.harness.citymaker import made
from fleet.planner import tiled
from fleet.planner.city import City
from fleet.planner.jointly import Kind, Run, kinds
from fleet.planner.legs import Straight
from fleet.planner.routing import Budget, Iterations
from fleet.planner.scouts import spared
from fleet.planner.tilecity import Cuts
from fleet.planner.tiled import plan_city
from fleet.planner.tiling import Ground
from tests.support.soak import chosen


def asked(city: City, seed: int, used: float = 0.0) -> dict[frozenset[Kind], Kind | None]:
    """What scouts say of a city, of whose time so much is used up."""
    assert isinstance(city.legs, Straight)
    return dict(spared(Cuts(Ground(city, city.legs), city.legs), 400, seed, lambda: used))


def priced(city: City, large: float, small: float) -> City:
    """The same city, in which a large van and a small one cost so many times what they did."""
    most = max(van.weight for van in city.vans)
    return replace(
        city,
        vans=tuple(replace(v, fixed=v.fixed * (large if v.weight == most else small)) for v in city.vans),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_kind_is_spared_that_costs_more_in_the_end(seed: int) -> None:
    """A small van costs two thirds of a large one that holds twice as much; then a tenth of what it did."""
    city = made(1600, seed)
    small, large = sorted(kinds(city))
    assert asked(city, seed) == {frozenset((large, small)): small}
    cheap = priced(city, 2.0, 0.1)
    ((there, kind),) = asked(cheap, seed).items()
    assert kind == max(there, key=lambda kind: kind[0])


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


def test_time_that_is_up_ends_the_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """First plans tell then what they can."""
    went_on = list[float]()

    def started(_: Run, budget: Budget, used: float, until: float, price: float) -> float:
        went_on.append(budget())
        return until

    monkeypatch.setattr(Run, "started", started)
    assert len(asked(made(900, 1), 1, used=1.0)) == 1
    assert min(went_on) >= 1.0


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
