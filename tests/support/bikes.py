"""Simulated days of cargo bikes that hold ten parcels of a kilogram, around one depot."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fleet.app import Setup
from fleet.domain.fleet import FleetSpec
from fleet.hub.planning import Effort
from fleet.intake.orders import read_orders
from fleet.progress import settled
from fleet.sim.stage import Roads
from fleet.simulate import Simulated, simulate
from fleet.trueworld import world_of
from tests.support.bench import ORDER_COLUMNS, WEATHER, ZONES, write_inputs

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOLDS = 10
BIKES = f"""
currency = "EUR"
timezone = "UTC"

[types.cargo-bike]
based_on = "van-e"
capacity_kg = {HOLDS}
load_s = 600
"""


def parcel(number: int, ready: datetime, opens: datetime, closes: datetime, minutes: int) -> str:
    """A row of the order file: on a spiral around the depot, at the door for so many minutes."""
    angle, far = number * 2.4, 0.006 + 0.0004 * number
    lon, lat = -8.05 + far * math.cos(angle), 41.02 + far * math.sin(angle)
    return (
        f"P-{number:02},acme,delivery,Ana,Rua 1,{lon:.6f},{lat:.6f},1.0,0.3,0.2,0.1,standard,10,,"
        f"{ready.isoformat()},{opens.isoformat()},{closes.isoformat()},standard,{minutes},1,false,\n"
    )


def bike_day(
    folder: Path,
    parcels: Iterable[str],
    stands: str,
    *,
    bikes: int,
    iterations: int,
    replans: bool = True,
    when_ready: bool = False,
    roads: Roads | None = None,
) -> tuple[Simulated, FleetSpec]:
    """The whole day in the simulated world, and its fleet.

    ``stands``: the fleet file's ``[[van]]`` tables; ``when_ready``: parcels are handed in when they are there, else all
    in the beginning; ``roads``: what ways truly take.
    """
    depots = (
        "depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes\n"
        f"D1,Depot,-8.05,41.02,{bikes},0,0,0,05:00,22:00\n"
    )
    orders = ORDER_COLUMNS + "".join(parcels)
    files = write_inputs(folder, orders=orders, depots=depots, weather=WEATHER, zones=ZONES)
    fleet = folder / "fleet.toml"
    fleet.write_text(BIKES + stands, encoding="utf-8")
    setup = Setup(
        name="bikes",
        files=files.model_copy(update={"fleet": fleet}),
        at=AT,
        until=AT + timedelta(hours=10),
        lockstep=True,
        effort=Effort(iterations=iterations, baselines=False),
        replans=replans,
    )
    inputs = setup.files.read()
    handed_in = read_orders(folder / "orders.csv").accepted
    incoming = tuple(
        (max(AT, order.ready_at) if when_ready else AT, order, contact) for order, contact in handed_in
    )
    day = simulate(
        setup,
        inputs,
        world_of(inputs, [], setup),
        incoming=incoming,
        incidents="none",
        over=settled,
        latest=timedelta(hours=2),
        roads=roads,
    )
    return day, inputs.context.fleet
