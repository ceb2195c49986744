"""Hub and assets on virtual time while everything goes wrong: hundreds of seeds, and proof that faults are noticed."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from adapters.sdk.journal import Journal
from fleet.protocol.stream import Incoming, Outgoing
from fleet.store import MemoryStore
from fleet.store.base import Batch
from tests.faultsim.hub import HubNode
from tests.faultsim.run import Fleet, Outcome, Simulation
from tests.faultsim.store import FailingStore
from tests.faultsim.trouble import Trouble, drawn

SEEDS = int(os.environ.get("SEEDS") or 150)
"""How many seeds a run of the small fleet has; `make soak` asks for thousands."""
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


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_all_agree_in_the_end_whatever_goes_wrong(tmp_path: Path, chunk: int) -> None:
    """Nothing is lost, nothing is done twice, nothing is said before it is stored, in any seed."""
    run(Simulation(Fleet.of(4), tmp_path), range(chunk, SEEDS, CHUNKS), "")


def test_the_same_on_a_real_store(tmp_path: Path) -> None:
    """The hub's store is an SQLite file, opened anew after each of its deaths."""
    run(Simulation(Fleet.of(4, sql=True), tmp_path), range(1000, 1000 + SEEDS // 6), "--sql")


@pytest.mark.parametrize("seed", range(1 + SEEDS // 1000))
def test_hundreds_of_assets(tmp_path: Path, seed: int) -> None:
    """Three hundred assets and one hub."""
    (outcome,) = run(Simulation(Fleet.of(300), tmp_path), [seed], "--assets 300")
    assert outcome.reports > 1000


def test_a_store_that_fails_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In each of a hundred seeds it can't be written for seconds, and now and then nobody knows whether it was."""

    def failing(rng: random.Random, *, assets: int) -> Trouble:
        trouble = drawn(rng, assets=assets)
        trouble.store_fails = 0.05
        return trouble

    monkeypatch.setattr("tests.faultsim.run.drawn", failing)
    outcomes = run(
        Simulation(Fleet.of(4), tmp_path), range(2000, 2100), "with its store failing all the time"
    )
    assert sum(o.store_failures > 0 for o in outcomes) > 90
    assert sum(o.delivered for o in outcomes) > 50


def test_a_seed_is_the_same_twice(tmp_path: Path) -> None:
    """A failure can be repeated: everything comes from the seed."""
    simulation = Simulation(Fleet.of(4), tmp_path)
    first = run(simulation, range(8), "")
    assert run(simulation, range(8), "") == first
    assert len(set(first)) > 4


def test_what_the_seeds_are_like(tmp_path: Path) -> None:
    """The seeds are as bad as they are meant to be, and work is done all the same."""
    outcomes = run(Simulation(Fleet.of(4), tmp_path), range(20), "")
    assert sum(o.hub_crashes for o in outcomes) > 20
    assert sum(o.memory_losses for o in outcomes) > 0
    assert sum(o.reports for o in outcomes) > 500
    assert sum(o.executed for o in outcomes) > 200
    assert sum(o.delivered for o in outcomes) > 10
    assert sum(o.put_backs for o in outcomes) > 0
    assert sum(o.store_failures for o in outcomes) > 20


Mutation = Callable[[pytest.MonkeyPatch], None]


def _acknowledged_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HubNode, "commit_first", False)


def _told_though_not_stored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HubNode, "waits_for_store", False)


def _stored_twice_where_the_outcome_was_unknown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FailingStore, "written_once", False)


def _numbers_run_on_in_a_new_boot(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outgoing, "renumber", lambda _: None)


def _taken_twice(patch: pytest.MonkeyPatch) -> None:
    accept = Incoming.accept

    def eager(self: Incoming, seq: int) -> bool:
        return accept(self, seq) or seq == self.taken

    patch.setattr(Incoming, "accept", eager)


def _a_gap_is_passed_over(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Incoming, seq: int) -> bool:
        new = seq > self.delivered
        self.delivered = max(self.delivered, seq)
        return new

    patch.setattr(Incoming, "accept", careless)


def _never_sent_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outgoing, "rewind", lambda _: None)


def _what_was_executed_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Journal, "executed", lambda _self, _key: None)


def _an_old_memory_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Journal, "_not_met", lambda self, _reached: self._set("reached", "1000000"))


def _stored_without(field: str) -> Mutation:
    """The store forgets a part of each batch."""

    def mutate(patch: pytest.MonkeyPatch) -> None:
        commit = MemoryStore.commit

        def forgetful(self: MemoryStore, batch: Batch) -> int:
            parts = {name: getattr(batch, name) for name in Batch.__dataclass_fields__}
            return commit(self, Batch(**{**parts, field: type(parts[field])()}))

        patch.setattr(MemoryStore, "commit", forgetful)

    return mutate


@pytest.mark.parametrize(
    "mutate",
    [
        pytest.param(_acknowledged_before_the_commit, id="acknowledged_before_the_commit"),
        pytest.param(_told_though_not_stored, id="told_though_not_stored"),
        pytest.param(_stored_twice_where_the_outcome_was_unknown, id="stored_twice"),
        pytest.param(_numbers_run_on_in_a_new_boot, id="numbers_run_on_in_a_new_boot"),
        pytest.param(_taken_twice, id="taken_twice"),
        pytest.param(_a_gap_is_passed_over, id="a_gap_is_passed_over"),
        pytest.param(_never_sent_again, id="never_sent_again"),
        pytest.param(_what_was_executed_is_forgotten, id="what_was_executed_is_forgotten"),
        pytest.param(_an_old_memory_is_not_noticed, id="an_old_memory_is_not_noticed"),
        pytest.param(_stored_without("events"), id="events_not_stored"),
        pytest.param(_stored_without("received"), id="received_not_stored"),
        pytest.param(_stored_without("outbox"), id="outbox_not_stored"),
        pytest.param(_stored_without("boots"), id="boots_not_stored"),
    ],
)
def test_the_simulation_notices(mutate: Mutation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fault put into the code, some seed fails."""
    mutate(monkeypatch)
    simulation = Simulation(Fleet.of(4), tmp_path)
    for seed in range(200):
        try:
            simulation.run(seed)
        except Exception:  # noqa: BLE001 - whatever notices it
            return
    raise AssertionError("no seed has noticed it")
