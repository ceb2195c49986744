"""A day of forty parcels for small vans, some of whose drivers have a break; some parcels come when all are out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from fleet.app import Setup
from fleet.dispatch.audit import audit
from fleet.domain import events as ev
from fleet.domain.state import FINAL_PARCEL
from fleet.hub.planning import Effort
from fleet.intake.orders import read_orders
from fleet.progress import settled
from fleet.protocol.mission import Mission, Stop
from fleet.simulate import Simulated, simulate
from fleet.trueworld import world_of
from tests.support.bench import ORDER_COLUMNS, WEATHER, ZONES, write_inputs

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
LATER = AT + timedelta(minutes=90)
OPENS, CLOSES = AT + timedelta(minutes=90), AT + timedelta(minutes=105)
HALF_AN_HOUR = timedelta(minutes=30)
PARCELS, HOLDS = 40, 10
DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,4,0,0,0,05:00,22:00
"""
FLEET = f"""
currency = "EUR"
timezone = "UTC"

[[van]]
type = "cargo-bike"
shift = "08:00-18:00"
per_depot = 3
break_minutes = 30
break_between = "09:30-09:45"

[[van]]
type = "cargo-bike"
shift = "08:00-18:00"
per_depot = 1

[types.cargo-bike]
based_on = "van-e"
capacity_kg = {HOLDS}
load_s = 600
"""


@dataclass(frozen=True)
class Run:
    """A simulated day, and which vans' drivers have a break."""

    day: Simulated
    resting: frozenset[str]


def orders() -> str:
    """Parcels of a kilogram around the depot, some of which are there an hour and a half later, and some due within an
    hour around the breaks; they take long."""
    rows = []
    for number in range(PARCELS):
        angle, far = number * 2.4, 0.006 + 0.0004 * number
        ready = LATER if number % 5 == 4 else AT
        hour = number % 5 == 0
        opens, closes = (AT + timedelta(hours=h) for h in ((1, 2) if hour else (0, 4.5)))
        lon, lat = -8.05 + far * math.cos(angle), 41.02 + far * math.sin(angle)
        rows.append(
            f"P-{number:02},acme,delivery,Ana,Rua 1,{lon:.6f},{lat:.6f},1.0,0.3,0.2,0.1,standard,10,,"
            f"{ready.isoformat()},{opens.isoformat()},{closes.isoformat()},standard,12,1,false,\n"
        )
    return ORDER_COLUMNS + "".join(rows)


@pytest.fixture(scope="module", params=[False, True], ids=["drafts-stay", "replans"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The whole day in the simulated world; a fifth of the parcels is handed in when they are there."""
    folder = tmp_path_factory.mktemp("day")
    files = write_inputs(folder, orders=orders(), depots=DEPOTS, weather=WEATHER, zones=ZONES)
    fleet = folder / "fleet.toml"
    fleet.write_text(FLEET, encoding="utf-8")
    setup = Setup(
        name="trips",
        files=files.model_copy(update={"fleet": fleet}),
        at=AT,
        until=AT + timedelta(hours=10),
        lockstep=True,
        replans=request.param,
        effort=Effort(iterations=10, baselines=False),
    )
    inputs = setup.files.read()
    handed_in = read_orders(folder / "orders.csv").accepted
    incoming = tuple((max(AT, order.ready_at), order, contact) for order, contact in handed_in)
    day = simulate(
        setup,
        inputs,
        world_of(inputs, [], setup),
        incoming=incoming,
        incidents="none",
        over=settled,
        latest=timedelta(hours=2),
    )
    types, assets = inputs.context.fleet.types, day.state.assets.values()
    kinds = {asset.record.asset_id: types[asset.record.type_id] for asset in assets}
    resting = frozenset(a for a, kind in kinds.items() if getattr(kind, "driver_break", None) is not None)
    return Run(day, resting)


def test_all_parcels_end_and_nobody_is_called(run: Run) -> None:
    """Custody is unbroken, the world's judge finds nothing, and no exception is raised."""
    raised = [event for event in run.day.events if isinstance(event, ev.ExceptionRaised)]
    assert [(event.code, event.order_id, event.asset_id) for event in raised] == []
    assert {o for o, p in run.day.state.parcels.items() if p.status not in FINAL_PARCEL} == set()
    assert run.day.verdict["ok"], run.day.verdict
    found = audit(run.day.events)
    assert (found.custody_breaks, found.duplicates, found.lost) == ((), (), ())


def sent(events: Iterable[ev.Event]) -> list[Mission]:
    """What was sent to vans, as it was sent first."""
    return [event.mission for event in events if isinstance(event, ev.MissionReleased)]


def test_drivers_have_their_breaks_and_vans_come_back(run: Run) -> None:
    """A van comes back for more, with a break or without; each break is in its window, and in no service."""
    missions = sent(run.day.events)
    assert len(run.resting) == 3
    others = Counter(m.asset_id for m in missions if m.asset_id not in run.resting)
    assert max(others.values()) > 1
    assert any(m.driver_break is not None for m in missions)
    for mission in missions:
        stops = [step for step in mission.steps if isinstance(step, Stop)]
        rest = mission.driver_break
        if mission.asset_id not in run.resting:
            assert rest is None
            continue
        if rest is None:
            over = max(s.eta + timedelta(seconds=s.service_s) for s in stops)
            assert over <= CLOSES or mission.start_at >= OPENS + HALF_AN_HOUR
            continue
        assert OPENS <= rest.start <= CLOSES
        assert rest.end - rest.start >= HALF_AN_HOUR
        served = [(s.eta, s.eta + timedelta(seconds=s.service_s)) for s in stops]
        assert all(end <= rest.start or begin >= rest.end for begin, end in served)
