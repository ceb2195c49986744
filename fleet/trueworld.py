"""The true world behind a day's files: what simulated assets move in, and what the judge goes by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fleet.app import Setup, asset_records
from fleet.config import RunInputs
from fleet.domain.fleet import FleetSpec, SortieType
from fleet.feasibility.context import Context
from fleet.feasibility.vehicles import vehicle_of
from fleet.intake.tables import read_text
from fleet.network.traffic import SlowedNetwork, Speeds
from fleet.protocol.values import Place
from fleet.sim import TrueWeather, WorldSpec
from fleet.sim.approvals import Approval, Hours
from fleet.sim.errors import SimError
from fleet.sim.machines import Machine
from fleet.sim.stage import Roads
from fleet.sim.zonefiles import true_zones
from fleet.truemachine import machine_of
from fleet.weather.conditions import Observation
from fleet.weather.field import overall
from geofences import Authorisation, DailyPeriod, Datum, LocalTime, TimePeriod
from geofences.readers import detect, faa_grid


def world_of(inputs: RunInputs, zones: Iterable[dict[str, Any]], setup: Setup) -> WorldSpec:
    """The true world behind a day: the same places, its own machines and air, and zones as they really are."""
    context = inputs.context
    rows = overall(context.weather).rows if context.weather is not None else ()
    return WorldSpec(
        start=setup.at,
        until=setup.until,
        sites=tuple(context.sites.values()),
        lockers=tuple(context.lockers.values()),
        types=context.fleet.types,
        machines=_own_machines(context.fleet),
        spare_packs=context.fleet.spare_packs,
        assets=asset_records(inputs),
        zones=tuple(zones),
        approvals=tuple(_true_approval(one, context.fleet.timezone) for one in context.authorisations),
        weather=tuple(_true_weather(row) for row in rows),
        lateral_m=context.fleet.separation.lateral_m,
        vertical_m=context.fleet.separation.vertical_m,
    )


def roads_of(context: Context) -> Roads | None:
    """The true streets behind a day, around what is closed, by the speed of each hour of which traffic is stated; none
    where ways are estimated, since the world has an estimate of its own."""
    network = context.network
    if network.version is None:
        return None
    slowed = network if isinstance(network, SlowedNetwork) else None
    base = network if slowed is None else slowed.base
    speeds, zone = Speeds(() if slowed is None else slowed.table), ZoneInfo(context.fleet.timezone)

    def way(start: Place, end: Place, at: datetime) -> tuple[float, float] | None:
        leg = base.leg(start, end, "drive")
        return (
            None
            if leg is None
            else (leg.distance_m, speeds.lasts_from_s(at.astimezone(zone), leg.duration_s))
        )

    return way


def zone_documents(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Zone files as they stand: the world reads them in its own way, so that a mistake of the hub's shows. Raises
    ``SimError`` that names the file which it can't read."""
    return [_zone_document(file) for file in files]


def _zone_document(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(read_text(file))
    if detect(document, str(file)) is faa_grid:
        raise SimError(f"{file}: the simulated world knows no grids of heights")
    try:
        true_zones(document, 0.0)
    except SimError as error:
        raise SimError(f"{file}: {error}") from error
    return document


def _own_machines(fleet: FleetSpec) -> dict[str, Machine]:
    """True machines for the types that name a vehicle file of their own, since a world knows only the built-in ones."""
    return {
        one.energy_model: machine_of(vehicle_of(one))
        for _, one in sorted(fleet.types.items())
        if isinstance(one, SortieType) and one.energy_data is not None
    }


def _true_approval(one: Authorisation, timezone: str) -> Approval:
    """An approval as the fleet file states it. The judge does not know the hashes of zones: it takes one that lapses
    with them for one that does not."""
    (period,) = one.valid.periods or (TimePeriod(),)
    return Approval(
        zone_id=one.zone_id,
        country=one.country,
        begins=period.start,
        ends=period.end,
        hours=tuple(_true_hours(daily) for daily in period.schedule),
        below_m=None if one.below is None else one.below.value_m,
        above_ground=one.below is not None and one.below.datum is Datum.AGL,
        vehicles=one.vehicles,
        max_at_once=one.max_at_once,
        max_per_day=one.max_per_day,
        timezone=one.timezone or timezone,
    )


def _true_hours(daily: DailyPeriod) -> Hours:
    start, end = daily.start, daily.end
    if not (isinstance(start, LocalTime) and isinstance(end, LocalTime) and start.zone == end.zone):
        raise ValueError("an approval's hours are told by the clocks of one time zone")
    return Hours(days=daily.days, begins_s=start.seconds, ends_s=end.seconds, timezone=start.zone)


def _true_weather(row: Observation) -> TrueWeather:
    said = row.conditions
    return TrueWeather(
        time=row.time,
        wind_mps=said.wind_mps,
        gust_mps=said.gust_mps,
        wind_from_deg=said.wind_from_deg,
        temperature_c=said.temperature_c,
        precipitation_mm_h=said.precipitation_mm_h,
        visibility_m=said.visibility_m,
        **({} if said.hpa is None else {"pressure_hpa": said.hpa[0]}),
    )
