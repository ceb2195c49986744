"""The checks of one sample against its guard: each a small function that returns a finding or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.energycheck import energy
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.zonechecks import is_leaving, way_out, zone_ahead, zone_here
from fleet.feasibility.incident import measured
from fleet.protocol.messages import Action, Telemetry

DEVIATION_TIMES = 3.0
"""An asset is off its way when it is farther beside it than so many corridors: one alone is gusts and position
noise.
"""


def weather(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """Its type may not be out in the weather that is known now: home, or down; it stays where it has not left yet.

    While it hands a parcel over nothing is said: on its way back it is asked again.
    """
    if not guard.weather or is_leaving(sample) or sample.mission_id != guard.mission_id:
        return None
    ids = (guard.asset_id, guard.mission_id, "weather_limit")
    if sample.step_id is None or sample.step_id in guard.before:
        return Finding(*ids, Action.RETURN, guard.weather)
    if sample.step_id not in {way.step_id for way in (guard.out, guard.back) if way is not None}:
        return None
    advice, reasons, place_id, way = way_out(guard, sample, guard.weather, now)
    homeward = guard.back is not None and sample.step_id == guard.back.step_id
    # Who is on the way home already is not told to go there: the trip would count as broken off.
    return Finding(*ids, None if homeward and advice is Action.RETURN else advice, reasons, place_id, way)


def deviation(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """It is not where it should be: an operator looks, and the hub has it come home when it flies."""
    way = next((w for w in (guard.out, guard.back) if w is not None and w.step_id == sample.step_id), None)
    if way is None or sample.mission_id != guard.mission_id or sample.state != "travelling":
        return None
    x, y = guard.plane.xy(sample.lon, sample.lat)
    away = way.track.locate(x, y)[1]
    limit = DEVIATION_TIMES * guard.sortie.corridor_m
    if away <= limit:
        return None
    reason = measured(
        "off_its_way",
        f"{away:.0f} m beside its way",
        limit=limit,
        actual=round(away),
        unit="m",
        source="telemetry",
    )
    advice = Action.RETURN if guard.flies else None
    return Finding(guard.asset_id, guard.mission_id, "deviation", advice, (reason,))


Check = Callable[[Guard, Telemetry, datetime], Finding | None]

ZONE_CHECKS: tuple[Check, ...] = (zone_here, zone_ahead)
"""Those that ask for zones."""

CHECKS: tuple[Check, ...] = (
    *ZONE_CHECKS,
    energy,
    weather,
    deviation,
)
"""Every check, in the order of its urgency."""
