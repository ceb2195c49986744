"""A day on which a van that holds ten parcels brings thirty, some of which come when it is out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

import pytest

from fleet.dispatch.audit import audit
from fleet.dispatch.manifests import manifest
from fleet.domain import events as ev
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.mission import Load
from fleet.simulate import Simulated
from tests.support.bikes import AT, HOLDS, bike_day, parcel

LATE = AT + timedelta(hours=3)
PARCELS = 30
STANDS = """
[[van]]
type = "cargo-bike"
shift = "08:00-18:00"
"""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """The last five parcels are there three hours after the others."""
    parcels = (
        parcel(n, LATE if n >= PARCELS - 5 else AT, AT, AT + timedelta(hours=10), minutes=3)
        for n in range(PARCELS)
    )
    return bike_day(tmp_path_factory.mktemp("trips"), parcels, STANDS, bikes=1, iterations=20)[0]


def _of(events: Iterable[ev.Event], kind: type[ev.MissionReleased]) -> list[ev.MissionReleased]:
    return [event for event in events if isinstance(event, kind)]


def test_all_are_brought_by_one_van_that_comes_back(day: Simulated) -> None:
    """In as few trips as its room asks for, each sent when the one ahead of it is over."""
    assert {p.status for p in day.state.parcels.values()} == {ParcelStatus.DELIVERED}
    assert day.verdict["ok"], day.verdict
    found = audit(day.events)
    assert (found.custody_breaks, found.duplicates, found.lost) == ((), (), ())
    sent = _of(day.events, ev.MissionReleased)
    assert len({event.mission.mission_id for event in sent}) == PARCELS // HOLDS
    over = {e.mission_id: e.at for e in day.events if isinstance(e, ev.MissionOver)}
    for before, behind in pairwise(sent):
        assert over[before.mission.mission_id] <= behind.at


def test_no_trip_holds_more_than_the_van_or_what_is_not_there_yet(day: Simulated) -> None:
    """Late parcels are loaded when they have come; nothing is loaded twice."""
    loaded: list[str] = []
    for event in _of(day.events, ev.MissionReleased):
        load = next(step for step in event.mission.steps if isinstance(step, Load))
        assert len(load.order_ids) <= HOLDS
        ready = max(day.state.parcels[o].order.ready_at for o in load.order_ids)
        assert event.mission.start_at >= ready
        loaded += load.order_ids
    assert sorted(loaded) == sorted(day.state.parcels)


def test_each_trip_has_a_manifest_of_its_own(day: Simulated) -> None:
    """Under its own number, with its own stops."""
    sheets = [manifest(record, day.state) for record in day.state.missions.values()]
    assert len({sheet.route_id for sheet in sheets}) == len(sheets) == PARCELS // HOLDS
    assert {sheet.asset_id for sheet in sheets} == {"D1/van-1"}
    stops = [order_id for sheet in sheets for stop in sheet.stops for order_id in stop.deliver]
    assert sorted(stops) == sorted(day.state.parcels)
