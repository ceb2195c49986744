"""Hub and assets on virtual time while everything goes wrong: a hundred seeds, and proof that faults are noticed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

from tests.faultsim.mutations import FAILING_STORE, MUTATIONS, PUT_BACKS
from tests.faultsim.run import Fleet, Outcome, Simulation

SEEDS = int(os.environ.get("SEEDS") or 60)
"""How many seeds a run of the small fleet has; `make soak` asks for thousands. Every fault of `MUTATIONS` is noticed
within the first 40."""
RARE = (64, 90, 122, 123, 137)
"""Of the first 150 the only ones that come to lines of the product which the first 60 do not, such as those of a link
that is lost while all else goes wrong, and of a trip's charge that a new hub takes up."""
CHUNKS = 10


def run(simulation: Simulation, seeds: Iterable[int], again: str) -> list[Outcome]:
    """Run seeds; a failing one says how to run just it."""
    outcomes = []
    for seed in seeds:
        try:
            outcomes.append(simulation.run(seed))
        except BaseException as error:
            error.add_note(f"run just this seed: .venv/bin/python -m tests.faultsim {seed} {again}".rstrip())
            raise
    return outcomes


Small = Callable[[int], Outcome]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """What has become of a small fleet with a seed, run when it is first asked for."""
    simulation = Simulation(Fleet.of(4), tmp_path_factory.mktemp("small"))
    return cache(lambda seed: run(simulation, [seed], "")[0])


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_all_agree_in_the_end_whatever_goes_wrong(small: Small, chunk: int) -> None:
    """Nothing is lost, nothing is done twice, nothing is said before it is stored, in any seed."""
    for seed in sorted({*range(SEEDS), *RARE})[chunk::CHUNKS]:
        small(seed)


@pytest.mark.slow
def test_the_same_on_a_real_store(tmp_path: Path) -> None:
    """The hub's store is an SQLite file, opened anew after each of its deaths; most of them with a snapshot."""
    outcomes = run(Simulation(Fleet.of(4, sql=True), tmp_path), range(1000, 1000 + SEEDS // 6), "--sql")
    assert sum(o.snapshots for o in outcomes) > 5


@pytest.mark.parametrize("seed", range(1 + SEEDS // 1000))
def test_hundreds_of_assets(tmp_path: Path, seed: int) -> None:
    """Three hundred assets and one hub."""
    (outcome,) = run(Simulation(Fleet.of(300), tmp_path), [seed], "--assets 300")
    assert outcome.reports > 1000


def test_a_store_that_fails_again_and_again(tmp_path: Path) -> None:
    """In each of these seeds it can't be written for seconds, and now and then nobody knows whether it was."""
    outcomes = run(Simulation(FAILING_STORE, tmp_path), range(2000, 2000 + SEEDS // 3), "--failing-store")
    assert sum(o.store_failures > 0 for o in outcomes) > 0.9 * len(outcomes)
    assert sum(o.delivered for o in outcomes) > len(outcomes) // 2


def test_a_seed_is_the_same_twice(small: Small, tmp_path: Path) -> None:
    """A failure can be repeated: everything comes from the seed."""
    first = [small(seed) for seed in range(8)]
    assert run(Simulation(Fleet.of(4), tmp_path), range(8), "") == first
    assert len(set(first)) > 4


def test_what_the_seeds_are_like(small: Small) -> None:
    """The seeds are as bad as they are meant to be, and work is done all the same."""
    outcomes = [small(seed) for seed in range(20)]
    assert sum(o.hub_crashes for o in outcomes) > 20
    assert sum(o.memory_losses for o in outcomes) > 0
    assert sum(o.reports for o in outcomes) > 500
    assert sum(o.executed for o in outcomes) > 200
    assert sum(o.delivered for o in outcomes) > 10
    assert sum(o.put_backs for o in outcomes) > 0
    assert sum(o.store_failures for o in outcomes) > 20


def test_a_hub_that_is_put_back_again_and_again(tmp_path: Path) -> None:
    """While assets are out of reach: what is said after the last time arrives and is carried out."""
    outcomes = run(Simulation(PUT_BACKS, tmp_path), range(SEEDS // 5), "--put-backs")
    assert sum(o.put_backs for o in outcomes) > len(outcomes)


@pytest.mark.parametrize("fault", MUTATIONS)
def test_the_simulation_notices(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fault put into the code, one of a few seeds fails."""
    mutate, fleet = MUTATIONS[fault]
    simulation = Simulation(fleet, tmp_path)
    mutate(monkeypatch)
    for seed in range(40):
        try:
            simulation.run(seed)
        except Exception:  # noqa: BLE001 - whatever notices it
            return
    raise AssertionError("no seed has noticed it")
