"""A day on which traffic stands for an hour: what waits for the van that is late is brought by another."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import cos, hypot, radians
from typing import TypeVar

import pytest

from fleet.dispatch.audit import audit
from fleet.dispatch.lateness import ASSET_LATE
from fleet.domain import events as ev
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.values import Place
from fleet.simulate import Simulated
from tests.support.bikes import AT, bike_day, parcel

STANDS_FROM, STANDS_UNTIL = AT + timedelta(minutes=25), AT + timedelta(hours=1.5)
SLOWER = 15
MPS = 5.0
FIRST, SECOND = 8, 8
STANDS = """
[[van]]
type = "cargo-bike"
shift = "08:00-18:00"
"""


def jam(here: Place, there: Place, now: datetime) -> tuple[float, float]:
    """Ways by the straight line; those that are begun while traffic stands take fifteen times as long."""
    east = (there.lon - here.lon) * 111_320 * cos(radians(here.lat))
    metres = 1.3 * hypot(east, (there.lat - here.lat) * 111_320)
    return metres, metres / MPS * (SLOWER if STANDS_FROM <= now < STANDS_UNTIL else 1)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """One bike's first trip is slowed; behind it waits a second one, with parcels of which half have time."""
    hours = timedelta(hours=1)
    first = (parcel(n, AT, AT, AT + 3 * hours, minutes=3) for n in range(FIRST))
    second = (
        parcel(n, AT, AT + 1.5 * hours, AT + (3 if n % 2 else 9) * hours, minutes=3)
        for n in range(FIRST, FIRST + SECOND)
    )
    folder = tmp_path_factory.mktemp("late")
    return bike_day(folder, (*first, *second), STANDS, bikes=2, iterations=20, roads=jam)[0]


E = TypeVar("E", bound=ev.Event)


def _of(day: Simulated, kind: type[E]) -> list[E]:
    return [event for event in day.events if isinstance(event, kind)]


def test_nobody_is_lost_or_brought_twice(day: Simulated) -> None:
    """All are brought, custody is unbroken, and the world's judge finds nothing."""
    assert {p.status for p in day.state.parcels.values()} == {ParcelStatus.DELIVERED}
    assert day.verdict["ok"], day.verdict
    found = audit(day.events)
    assert (found.custody_breaks, found.duplicates, found.lost) == ((), (), ())


def test_what_the_late_van_could_not_bring_comes_with_another_in_time(day: Simulated) -> None:
    """It was let go before its trip was due, while the van was still out."""
    (slowed,) = {e.mission_id for e in _of(day, ev.ParcelAssigned) if e.order_id == "P-00"}
    let_go = [e for e in _of(day, ev.ParcelFreed) if e.why and e.why[0].code == ASSET_LATE]
    over = next(e.at for e in _of(day, ev.MissionOver) if e.mission_id == slowed)
    assert let_go
    for freed in let_go:
        parcel = day.state.parcels[freed.order_id]
        assert freed.at < over
        assert parcel.asset_id != day.state.missions[slowed].mission.asset_id
        assert parcel.served_at is not None
        assert parcel.served_at <= parcel.order.due.end


def test_nothing_is_asked_again_and_again(day: Simulated) -> None:
    """One plan for the day, one for the delay; what parcels are told changes only by much."""
    assert len(_of(day, ev.PlanRequested)) == 2
    told: dict[str, datetime] = {}
    for event in day.events:
        if isinstance(event, ev.ParcelAssigned):
            told[event.order_id] = event.eta
        if isinstance(event, ev.ArrivalsMoved):
            for order_id, eta in event.etas.items():
                assert abs(eta - told[order_id]) > timedelta(minutes=5)
                told[order_id] = eta


def test_parcels_that_stay_are_told_when_they_come(day: Simulated) -> None:
    """What was told of a parcel of the slowed trip is within ten minutes of when it came, at the latest when the one
    before it was brought."""
    (slowed,) = {e.mission_id for e in _of(day, ev.ParcelAssigned) if e.order_id == "P-00"}
    times = sorted(
        (p.served_at, p.eta)
        for p in day.state.parcels.values()
        if p.mission_id == slowed and p.served_at is not None and p.eta is not None
    )
    assert len(times) > 2
    assert times[-1][1] > STANDS_UNTIL
    for served_at, eta in times[1:]:
        assert abs(served_at - eta) < timedelta(minutes=10)
