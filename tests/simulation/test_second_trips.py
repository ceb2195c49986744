"""A day on which a van that holds ten parcels brings thirty, some of which come when it is out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from fleet.app import Setup
from fleet.dispatch.audit import audit
from fleet.dispatch.manifests import manifest
from fleet.domain import events as ev
from fleet.hub.planning import Effort
from fleet.intake.orders import read_orders
from fleet.progress import settled
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.mission import Load
from fleet.simulate import Simulated, simulate
from fleet.trueworld import world_of
from tests.support.bench import ORDER_COLUMNS, WEATHER, ZONES, write_inputs

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
LATE = AT + timedelta(hours=3)
PARCELS, HOLDS = 30, 10
DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,1,0,0,0,05:00,22:00
"""
FLEET = f"""
currency = "EUR"
timezone = "UTC"

[[van]]
type = "cargo-bike"
shift = "08:00-18:00"

[types.cargo-bike]
based_on = "van-e"
capacity_kg = {HOLDS}
load_s = 600
"""


def orders() -> str:
    """Parcels of a kilogram around the depot, the last five of which are there three hours later."""
    rows = []
    for number in range(PARCELS):
        angle, far = number * 2.4, 0.006 + 0.0004 * number
        ready = LATE if number >= PARCELS - 5 else AT
        lon, lat = -8.05 + far * math.cos(angle), 41.02 + far * math.sin(angle)
        rows.append(
            f"P-{number:02},acme,delivery,Ana,Rua 1,{lon:.6f},{lat:.6f},1.0,0.3,0.2,0.1,standard,10,,"
            f"{ready.isoformat()},{AT.isoformat()},{(AT + timedelta(hours=10)).isoformat()},standard,3,1,false,\n"
        )
    return ORDER_COLUMNS + "".join(rows)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """The whole day in the simulated world."""
    folder = tmp_path_factory.mktemp("trips")
    files = write_inputs(folder, orders=orders(), depots=DEPOTS, weather=WEATHER, zones=ZONES)
    handed_in = read_orders(folder / "orders.csv").accepted
    fleet = folder / "fleet.toml"
    fleet.write_text(FLEET, encoding="utf-8")
    setup = Setup(
        name="trips",
        files=files.model_copy(update={"fleet": fleet}),
        at=AT,
        until=AT + timedelta(hours=10),
        lockstep=True,
        effort=Effort(iterations=20, baselines=False),
    )
    inputs = setup.files.read()
    incoming = tuple((AT, order, contact) for order, contact in handed_in)
    return simulate(
        setup,
        inputs,
        world_of(inputs, [], setup),
        incoming=incoming,
        incidents="none",
        over=settled,
        latest=timedelta(hours=2),
    )


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
