"""Days far too large for the time that there is: what a parcel costs then is little, and the same however large the
fleet is. Work is counted, not timed."""

from __future__ import annotations

import sys
from collections import Counter
from types import FrameType

import pytest

from fleet.domain.plan import Plan
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import (
    Deadline,
    Snapshot,
    candidates,
    explain,
    plan,
)
from fleet.planner.flights import Flights
from tests.unit.planner.town import EIGHT, locker, order, place, snapshot


def town(parcels: int, *, lockers: int = 40, machines: int = 6) -> Snapshot:
    """A street of parcels, of which all modes could serve some."""
    orders = [order(f"O{i}", place(100 + i % 5000, i % 700)) for i in range(parcels)]
    shelves = tuple(locker(f"L{i}", place(150 * i, 90), port=i % 2 == 0) for i in range(lockers))
    return snapshot(orders, vans=machines, drones=machines, robots=machines, lockers=shelves)


def without_time(day: Snapshot) -> tuple[Plan, int]:
    """Its plan when time is up from the beginning, and how often the clock was asked."""
    asked = 0

    def clock() -> float:
        nonlocal asked
        asked += 1
        return 1.0

    return plan(day, seed=1, stop=Deadline(clock, 0.0), made_at=EIGHT), asked


def test_twenty_thousand_parcels_without_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is asked about, all are named with a reason and a change; the clock is asked some times for each."""
    asked = Counter[str]()
    exact = (
        (candidates, "assess_route"),
        (candidates, "assess_locker"),
        (explain, "assess_locker"),
        (explain, "assess_route"),
        (Flights, "assess"),
        (GeodesicNetwork, "cross"),
        (GeodesicNetwork, "legs"),
    )
    for owner, name in exact:
        monkeypatch.setattr(owner, name, lambda *_, name=name, **__: asked.update([name]))
    found, questions = without_time(town(20_000))
    assert not asked
    assert questions <= 16 * 20_000
    assert len(found.unassigned) == len(found.parcels) == 20_000
    assert all("out_of_time" in {r.code for r in left.reasons} for left in found.unassigned)
    assert {left.nearest_change for left in found.unassigned} == {"more time for planning"}
    assert any("time was up" in one for one in found.assumptions)


def test_without_time_a_parcel_costs_the_same_whatever_the_fleet() -> None:
    """Counted are all calls of functions: another hundred parcels are as many more, be there few lockers, vans, drones
    and robots or many."""

    def calls(day: Snapshot) -> int:
        count = 0

        def called(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal count
            count += event == "call"

        before = sys.getprofile()
        sys.setprofile(called)
        try:
            without_time(day)
        finally:
            sys.setprofile(before)
        return count

    without_time(town(1))  # what is worked out once for a process
    fleets = ((2, 1), (80, 12))
    more = [
        calls(town(300, lockers=shelves, machines=machines))
        - calls(town(200, lockers=shelves, machines=machines))
        for shelves, machines in fleets
    ]
    assert 0 < more[0] <= 100 * 250
    assert abs(more[1] - more[0]) <= 0.1 * more[0]
