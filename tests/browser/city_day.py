"""A day of a made-up city, planned by the planner from files: as many parcels as a small operator has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fleet.config import RunFiles, read_inputs, snapshot_of
from fleet.domain import events as ev
from fleet.planner import MaxIterations, plan
from geofences import ZoneSet
from tests.browser.recording import Day, Recording, fly_back, hold, lose_link, record_day
from tests.plans.city import write_city

MADE_AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def city_day(folder: Path, *, parcels: int = 150, seed: int = 5) -> tuple[Day, ZoneSet]:
    """The day before anything has happened, and the zones that it was planned with."""
    files = write_city(folder, seed, parcels)
    inputs = read_inputs(
        RunFiles(files.orders, files.depots, files.lockers, None, files.weather, files.zones)
    )
    snapshot = snapshot_of(inputs)
    made = plan(snapshot, seed=seed, stop=MaxIterations(40), made_at=MADE_AT, baselines=False)
    context = inputs.context
    assets = tuple(
        ev.AssetRecord(
            asset_id=slot.asset_id,
            type_id=slot.type_id,
            kind=context.fleet.types[slot.type_id].kind,
            site_id=slot.site_id,
        )
        for slot in inputs.assets
    )
    day = Day(
        at=snapshot.at,
        until=snapshot.until,
        fleet=context.fleet,
        sites=tuple(context.sites.values()),
        lockers=tuple(context.lockers.values()),
        assets=assets,
        orders=snapshot.orders,
        plan=made,
    )
    return day, context.zones


def city_recording(day: Day, until: datetime) -> Recording:
    """The day up to a moment, with wind for some flights, a lost link and a robot on hold shortly before it."""
    made = record_day(day)
    flights = [s for s in day.plan.sorties if s.kind == "drone" and s.return_at < until]
    van = max((r for r in day.plan.routes if r.stops), key=lambda r: r.end)
    for flight in flights[5:40:9]:
        wind = flight.depart + (flight.drops[0].at - flight.depart) / 2
        made.after(wind, lambda f=flight, w=wind: fly_back(made, f, w, van))  # type: ignore[misc]
    made.play(until - timedelta(seconds=40))
    _trouble(made, until)
    made.play(until)
    return made


def _trouble(made: Recording, until: datetime) -> None:
    under_way = [m for m in sorted(made.state.live_missions) if _goes_on(made, m, until)]
    robots = [m for m in under_way if made.state.missions[m].kind == "sidewalk_robot"]
    drones = [m for m in under_way if made.state.missions[m].kind == "drone"]
    if drones:
        lose_link(made, drones[0], until - timedelta(seconds=30))
    if robots:
        hold(made, robots[0], until - timedelta(seconds=20))


def _goes_on(made: Recording, mission_id: str, until: datetime) -> bool:
    ends = {s.sortie_id: s.return_at for s in made.day.plan.sorties}
    record = made.state.missions[mission_id]
    return record.status.value == "active" and ends.get(mission_id, until) > until + timedelta(minutes=1)
