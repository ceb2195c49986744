"""Days on which the plan in force is changed: parcels come in a burst, vehicles fail; what is shown to nobody moves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.demo import DemoOptions, build_day, incoming_of
from fleet.dispatch.audit import audit
from fleet.dispatch.history import read_history
from fleet.dispatch.incurred import incurred
from fleet.domain import events as ev
from fleet.domain.state import FINAL_PARCEL
from fleet.network.base import Network
from fleet.progress import settled
from fleet.protocol.lifecycle import ParcelStatus
from fleet.simulate import Simulated, simulate

pytestmark = pytest.mark.slow

BURST = timedelta(minutes=5)


def burst(
    folder: Path,
    *,
    seed: int,
    parcels: int,
    hours: float,
    incidents: str,
    iterations: int,
    replans: bool = True,
) -> tuple[Simulated, Network]:
    """A day of the seeded city, every third parcel of which is handed in five minutes after the others were planned."""
    options = DemoOptions(seed=seed, parcels=parcels, hours=hours, incidents=incidents, iterations=iterations)
    setup, world = build_day(folder, options)
    setup = setup.model_copy(update={"replans": replans})
    inputs, known = setup.files.read(), incoming_of(setup)
    late = {order.order_id for _, order, _ in known[::3]}
    incoming = tuple(
        (max(moment, setup.at + BURST) if order.order_id in late else moment, order, contact)
        for moment, order, contact in known
    )
    latest = timedelta(hours=3)
    run = simulate(setup, inputs, world, incoming=incoming, incidents=incidents, over=settled, latest=latest)
    return run, inputs.context.network


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """A hard day of 24 parcels."""
    folder = tmp_path_factory.mktemp("day")
    return burst(folder, seed=2, parcels=24, hours=3, incidents="hard", iterations=5)[0]


def test_a_burst_costs_less_than_planned_beside_drafts_that_stay(tmp_path: Path) -> None:
    """The same parcels come into routes and between sorties that nobody has seen yet, and need no van of their own; no
    more of them are late."""
    costs, late = {}, {}
    for replans in (False, True):
        folder = tmp_path / str(replans)
        run, network = burst(
            folder, seed=1, parcels=24, hours=4, incidents="none", iterations=10, replans=replans
        )
        costs[replans] = sum(trip.cost for trip in incurred(read_history(run.events), network))
        served = [p for p in run.state.parcels.values() if p.served_at is not None]
        assert len(served) == len(run.state.parcels)
        late[replans] = sum(p.served_at > p.order.due.end for p in served if p.served_at is not None)
    assert costs[True] < costs[False]
    assert late[True] <= late[False]


def revisions(run: Simulated) -> list[ev.PlanRevised]:
    """What the hub has said of each change of its plan."""
    return [event for event in run.events if isinstance(event, ev.PlanRevised)]


def test_nobody_is_lost_or_brought_twice(day: Simulated) -> None:
    """Every parcel ends, custody is unbroken, and the world's judge finds nothing."""
    ended = FINAL_PARCEL | {ParcelStatus.IN_LOCKER}
    assert {o for o, p in day.state.parcels.items() if p.status not in ended} == set()
    assert day.verdict["ok"], day.verdict
    found = audit(day.events)
    assert (found.custody_breaks, found.duplicates, found.lost) == ((), (), ())


def test_only_drafts_change_and_none_that_was_ever_sent(day: Simulated) -> None:
    """Each mission that a plan took back was drafted, and nobody was sent it before or after."""
    changed = {mission_id for said in revisions(day) for mission_id in said.changed}
    assert changed
    assert changed <= _missions(day.events, ev.MissionDrafted)
    assert changed.isdisjoint(_missions(day.events, ev.MissionReleased))


def _missions(events: Iterable[ev.Event], kind: type[ev.MissionDrafted | ev.MissionReleased]) -> set[str]:
    return {event.mission.mission_id for event in events if isinstance(event, kind)}


def test_what_is_said_of_a_move_is_what_the_log_has(day: Simulated) -> None:
    """By whom a parcel was to be brought before is its assignment before; by whom now is its newest one."""
    assigned: dict[str, list[tuple[str, str]]] = {}
    told = 0
    for event in day.events:
        if isinstance(event, ev.ParcelAssigned):
            assigned.setdefault(event.order_id, []).append((event.mode, event.asset_id))
        if isinstance(event, ev.PlanRevised):
            for one in event.moved:
                told += 1
                assert one.was is not None
                assert (one.was.mode, one.was.asset_id) in assigned[one.order_id]
                assert one.now is None or (one.now.mode, one.now.asset_id) == assigned[one.order_id][-1]
                assert one.why
    assert told
