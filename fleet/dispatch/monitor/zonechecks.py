"""What zones ask of one sample: is it inside of one, and may the way ahead of it be flown still."""

from __future__ import annotations

from datetime import datetime

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.diverting import diverted, places_elsewhere, refuges_by_distance
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.separation.flights import path_instead
from fleet.feasibility.airspace import is_clear
from fleet.feasibility.incident import measured
from fleet.feasibility.unplanned import in_any_wind
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.values import Place, Reason
from geofences import CheckResult, Status, Waypoint, Why, check_column, check_point


def zone_here(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """It is inside a zone now, or may be."""
    if not guard.flies or not may_be_inside(sample):
        return None
    lon, lat, height_m, watch = sample.lon, sample.lat, sample.alt_amsl_m, guard.context.watch
    if height_m is not None and watch.status(lon, lat, height_m, now.timestamp()) is Status.CLEAR:
        return None
    result = _here(guard, sample, now)
    if result.is_clear:
        return None
    inside = result.status is Status.BLOCKED
    return _breach(guard, sample, now, result) if inside else _unsure(guard, sample, now, result)


def _here(guard: Guard, sample: Telemetry, now: datetime) -> CheckResult:
    """What the zones say of where it is. Without a height of its own it may be at any."""
    context = guard.context
    if sample.alt_amsl_m is None:
        at = Waypoint(sample.lon, sample.lat, 0.0, now)
        return check_column(context.airspace, at, context.terrain, held=context.held)
    at = Waypoint(sample.lon, sample.lat, sample.alt_amsl_m, now)
    return check_point(context.airspace, at, context.terrain, held=context.held)


def _breach(guard: Guard, sample: Telemetry, now: datetime, result: CheckResult) -> Finding:
    """Out of it by the way it came, or down where that leads deeper in."""
    zone = next(one for one in result.conflicts if one.status is Status.BLOCKED).zone_id
    reason = measured(
        "zone_entered", f"inside {zone}", limit=zone, actual="inside", unit="", source=result.zones_version
    )
    return Finding(guard.asset_id, guard.mission_id, ZONE_BREACH, *way_out(guard, sample, (reason,), now))


def _unsure(guard: Guard, sample: Telemetry, now: datetime, result: CheckResult) -> Finding:
    """As what is unknown does not fly, it leaves as if it were inside. One that does not tell its height can't be shown
    a way that is surely free: a person looks."""
    met = result.conflicts[0]
    code, what = _NOT_KNOWN.get(met.why, _NOT_KNOWN[Why.HEIGHT_UNKNOWN])
    if sample.alt_amsl_m is None and met.why is Why.HEIGHT_UNKNOWN:
        what = "it does not tell its height"
    reason = measured(
        code,
        f"may be inside {met.zone_id}: {what}",
        limit=met.zone_id,
        actual="not known",
        unit="",
        source=result.zones_version,
    )
    ids = (guard.asset_id, guard.mission_id, ZONE_UNSURE)
    if sample.alt_amsl_m is None:
        return Finding(*ids, None, (reason,))
    advice, reasons, place_id, way = way_out(guard, sample, (reason,), now)
    return Finding(*ids, advice, reasons, place_id, way)


ZONE_BREACH, ZONE_UNSURE = "zone_breach", "zone_unsure"
"""The exceptions about one that is inside a zone, and about one that may be."""

_NOT_KNOWN = {
    Why.HEIGHT_UNKNOWN: ("zone_height_unknown", "the heights of the zone's limits are not known well enough"),
    Why.TIME_UNKNOWN: ("zone_time_unknown", "whether it applies now is not known"),
    Why.ZONE_REFUSED: ("zone_refused", "it can't be read"),
}


def may_be_inside(sample: Telemetry) -> bool:
    """Whether it moves: what stands on the ground is in no zone's way."""
    return sample.state not in ("idle", "charging", "landed")


def zone_ahead(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """What it is about to fly through may not be flown any more."""
    if not guard.blocked:
        return None
    if is_leaving(sample):
        return _instead(guard, sample, now)
    return Finding(
        guard.asset_id, guard.mission_id, "zone_ahead", *way_out(guard, sample, guard.blocked, now)
    )


def _instead(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """Across the way on which it breaks its trip off there is a zone: straight home if that is free, else the nearest
    alternate, else around zones to either, else down. Each is told once for the zones as they are. Who is coming down
    anyway has nothing better to do.
    """
    code = _GIVEN_UP.get(guard.doing)
    if code is None or sample.alt_amsl_m is None:
        return None
    ids = (guard.asset_id, guard.mission_id, code)
    target = guard.record.diverted_to if guard.doing == "diverting" else None
    places = [one for one in places_elsewhere(guard, sample) if one[1] != target]
    aside = diverted(guard, sample, places, now)
    if aside is not None:
        return Finding(*ids, Action.DIVERT, guard.blocked, *aside)
    return Finding(*ids, Action.LAND, guard.blocked)


_GIVEN_UP = {"returning": "zone_on_return", "diverting": "zone_on_diversion"}
GIVEN_UP_CODES = frozenset(_GIVEN_UP.values())


def way_out(
    guard: Guard, sample: Telemetry, reasons: tuple[Reason, ...], now: datetime
) -> tuple[Action, tuple[Reason, ...], str | None, tuple[Place, ...]]:
    """Home if the way back is free, else straight to the nearest alternate, else around zones to either, else down
    where it is.
    """
    if _return_is_free(guard, sample, now):
        return Action.RETURN, reasons, None, ()
    places = [(refuge.place_id, refuge.place) for refuge, _ in refuges_by_distance(guard, sample)]
    aside = diverted(guard, sample, places, now)
    return (Action.LAND, reasons, None, ()) if aside is None else (Action.DIVERT, reasons, *aside)


def is_leaving(sample: Telemetry) -> bool:
    """Whether it is breaking its trip off."""
    return sample.state in ("returning", "diverting", "landing")


def _return_is_free(guard: Guard, sample: Telemetry, now: datetime) -> bool:
    """Whether the way home from where it is, down to the ground at its end (rule E15), is free of zones at all times at
    which it may fly it."""
    if not guard.flies:
        return True
    if sample.alt_amsl_m is None:
        return False
    would = sample.model_copy(update={"state": "returning"})
    path = path_instead(guard.record, guard.sortie, would, now)
    return is_clear(guard.context, guard.sortie, in_any_wind(path))


ZONE_CODES = frozenset({ZONE_BREACH, ZONE_UNSURE, "zone_ahead", *GIVEN_UP_CODES})
