"""Whole days in one process: every parcel ends, the judge finds nothing, custody is unbroken, seeds repeat."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from fleet.demo import DemoOptions, build_day, incoming_of
from fleet.dispatch.audit import audit
from fleet.dispatch.separation.told import untold
from fleet.domain.apply import apply_all
from fleet.domain.state import FINAL_PARCEL, State
from fleet.progress import settled
from fleet.protocol.lifecycle import ParcelStatus
from fleet.simulate import Simulated, simulate
from fleet.store.rows import event_from, event_text
from fleet.store.statecodec import decode, encode
from tests.support.soak import chosen

pytestmark = pytest.mark.slow

ALL = tuple(product((1, 2, 3), ("none", "some", "hard")))
DAYS = chosen(((1, "none"), (2, "some"), (1, "hard"), (2, "hard"), (3, "hard")), long=ALL)
"""Seeds and incidents. What the others have happens on a hard day too."""

NOT_UNDERSTOOD = frozenset(
    {"contradiction", "foreign_mission", "unknown_step", "unexpected_compartment_report"}
)
"""Exceptions that mean that hub and world disagree, which no incident explains."""


def day(
    folder: Path, seed: int, incidents: str, *, pace: float | None = None, parcels: int = 24
) -> Simulated:
    """A small day of the seeded city."""
    options = DemoOptions(seed=seed, parcels=parcels, hours=3, incidents=incidents, iterations=10)
    setup, world = build_day(folder, options)
    return simulate(
        setup.model_copy(update={"pace": pace}),
        setup.files.read(),
        world,
        incoming=incoming_of(setup),
        incidents=incidents,
        over=settled,
        latest=timedelta(hours=3),
    )


@pytest.fixture(scope="module")
def free_day(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """A day as fast as it goes."""
    return day(tmp_path_factory.mktemp("free"), 3, "hard", parcels=12)


@pytest.mark.parametrize(("seed", "incidents"), DAYS)
def test_a_day_ends_well(tmp_path: Path, seed: int, incidents: str) -> None:
    """Nothing is lost, doubled or broken, and the stored events alone give the state that the hub ended in; so does a
    snapshot of it."""
    run = day(tmp_path, seed, incidents)
    unfinished = {
        order_id: parcel.status.value
        for order_id, parcel in run.state.parcels.items()
        if parcel.status not in FINAL_PARCEL and parcel.status is not ParcelStatus.IN_LOCKER
    }
    assert unfinished == {}
    assert len(run.state.parcels) == 24
    assert run.verdict["ok"], run.verdict
    assert untold(run.state, run.verdict["too_near"]) == []
    found = audit(run.events)
    assert (found.custody_breaks, found.duplicates, found.lost) == ((), (), ())
    strange = [e for e in run.state.exceptions.values() if e.code in NOT_UNDERSTOOD]
    assert strange == []
    stored = [event_from(event_text(e), e.version, i) for i, e in enumerate(run.events, 1)]
    assert apply_all(State(), stored) == run.state
    assert decode(encode(run.state)) == run.state


def test_the_same_seed_gives_the_same_events(free_day: Simulated, tmp_path: Path) -> None:
    """To the letter, incidents included."""
    again = day(tmp_path, 3, "hard", parcels=12)
    assert free_day.verdict["incidents"]
    assert [event_text(e) for e in free_day.events] == [event_text(e) for e in again.events]


@pytest.mark.parametrize("pace", chosen((1000,), long=(1000, 6000)))
def test_the_same_events_at_any_pace(free_day: Simulated, tmp_path: Path, pace: float) -> None:
    """How long grants are held back by the wall clock changes nothing in what is decided, nor when."""
    paced = day(tmp_path, 3, "hard", pace=pace, parcels=12).events
    assert [event_text(e) for e in free_day.events] == [event_text(e) for e in paced]
