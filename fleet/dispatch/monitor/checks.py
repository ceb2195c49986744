"""The checks of one sample against its guard: each a small function that returns a finding or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.battery import HOLD_LOOK_S, MODEL_ERROR, Energy
from fleet.dispatch.monitor.diverting import diverted, nearest_refuge, places_elsewhere, refuges_by_distance
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.way import Reached, Way
from fleet.dispatch.separation.flights import path_instead
from fleet.energy.margin import corrected_remaining
from fleet.feasibility.airspace import is_clear
from fleet.feasibility.incident import measured
from fleet.feasibility.unplanned import in_any_wind
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.values import Place, Reason
from geofences import CheckResult, Status, Waypoint, Why, check_column, check_point

HOLDING = "holding"
"""What a sample says of one that stays where it is because it was told to."""

DEVIATION_TIMES = 3.0
"""An asset is off its way when it is farther beside it than so many corridors: one alone is gusts and position
noise.
"""


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
    return Finding(guard.asset_id, guard.mission_id, ZONE_BREACH, *_way_out(guard, sample, (reason,), now))


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
    advice, reasons, place_id, way = _way_out(guard, sample, (reason,), now)
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
        guard.asset_id, guard.mission_id, "zone_ahead", *_way_out(guard, sample, guard.blocked, now)
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


def _way_out(
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


def energy(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """Is the battery enough for the rest, with margin and reserve; if not, where can it still go."""
    budget = guard.energy
    if budget is None or sample.soc is None or sample.mission_id != guard.mission_id:
        return None
    progress = progress_of(guard, sample, now)
    if progress is None:
        return None
    available = budget.above_reserve_wh(sample.soc)
    rest = _rest_wh(guard, sample, progress, budget)
    if sample.state == HOLDING:
        rest += budget.hold_wh(HOLD_LOOK_S)
    if rest <= available:
        return None
    reason = measured(
        "energy_short",
        f"the rest needs {rest:.0f} Wh with its margin, {available:.0f} Wh are there above the reserve",
        limit=round(available, 1),
        actual=round(rest, 1),
        unit="Wh",
        source="telemetry",
    )
    return _short(guard, sample, now, reason, progress, available)


def can_hold(guard: Guard, sample: Telemetry, hold: timedelta, now: datetime) -> bool | None:
    """Whether the battery carries a hold and all that comes after it, with margin and reserve; none where that is not
    known."""
    budget, progress = guard.energy, progress_of(guard, sample, now)
    if budget is None or sample.soc is None or progress is None:
        return None
    needed = _rest_wh(guard, sample, progress, budget) + budget.hold_wh(hold.total_seconds() + HOLD_LOOK_S)
    return needed <= budget.above_reserve_wh(sample.soc)


def _rest_wh(guard: Guard, sample: Telemetry, progress: Progress, budget: Energy) -> float:
    return _corrected(guard, sample, progress) * (1 + budget.margin)


def _short(
    guard: Guard,
    sample: Telemetry,
    now: datetime,
    reason: Reason,
    progress: Progress,
    available: float,
) -> Finding:
    """Turn round before the drop; afterwards the nearest alternate that is nearer than home; down only if nothing
    reaches.
    """
    ids = (guard.asset_id, guard.mission_id, "energy_short")
    budget = guard.energy
    if progress.before_drop or budget is None:
        return Finding(*ids, Action.RETURN, (reason,))
    refuge = nearest_refuge(guard, sample, now)
    if refuge is not None and refuge[1] * budget.per_m_wh < progress.left_wh:
        return Finding(*ids, Action.DIVERT, (reason,), refuge[0].place_id)
    out_of_reach = progress.left_wh * progress.pace > available + budget.reserve_wh
    return Finding(*ids, Action.LAND if out_of_reach else None, (reason,))


class Progress(NamedTuple):
    """How far a trip is: what its leg still takes as planned, and the leg after it, in Wh; how many times longer than
    expected the leg has taken lately; the share of the trip that is flown."""

    before_drop: bool
    left_wh: float
    after_wh: float
    pace: float
    flown: float


def progress_of(guard: Guard, sample: Telemetry, now: datetime) -> Progress | None:
    """How far its trip is; none where it is on neither of its legs."""
    out, back = guard.out, guard.back
    if out is None or back is None or sample.step_id not in (out.step_id, back.step_id):
        return None
    before_drop = sample.step_id == out.step_id
    way = out if before_drop else back
    along = way.track.locate(*guard.plane.xy(sample.lon, sample.lat))[0]
    reached = way.reached(along, sample.alt_amsl_m)
    length_m = way.track.length_m
    share = along / length_m / 2 if length_m > 0 else 0.5
    return Progress(
        before_drop=before_drop,
        left_wh=way.left_at(reached),
        after_wh=back.planned_wh if before_drop else 0.0,
        pace=_pace(guard, way, reached, now),
        flown=share if before_drop else 0.5 + share,
    )


def _pace(guard: Guard, way: Way, reached: Reached, now: datetime) -> float:
    """How many times longer than expected the last stretch has taken: in the air that is the wind as it is, minutes
    before a station tells of it. 1 where it went as expected or better, or there is nothing to go by.
    """
    if guard.earlier is None or not guard.flies:
        return 1.0
    then, before = guard.earlier
    along = way.track.locate(*guard.plane.xy(before.lon, before.lat))[0]
    since = way.reached(along, before.alt_amsl_m)
    begun, due = way.due_at(since), way.due_at(reached)
    if begun is None or due is None or due <= begun or since.upright or reached.upright:
        return 1.0
    pace = (now - then) / ((due - begun) * way.slower)
    return pace if pace > 1 + MODEL_ERROR else 1.0


def _corrected(guard: Guard, sample: Telemetry, progress: Progress) -> float:
    """What the rest takes by how the trip went so far; one that went better than planned is not relied on.

    The leg takes as much longer as it lately did, since the power in the air is the same for longer. What the trip took
    more than planned besides is the model's error or a fault, and counts as ``corrected_remaining`` says; what it took
    to hold says nothing of the rest. A trial that scales the margin scales this too: it is margin that the flight
    itself has asked for.
    """
    budget = guard.energy
    left_wh = progress.left_wh * progress.pace + progress.after_wh
    if budget is None or guard.start_soc is None or sample.soc is None:
        return left_wh
    planned_so_far = budget.planned_wh - progress.left_wh - progress.after_wh
    used = (guard.start_soc - sample.soc - guard.held_soc) * budget.full_wh
    if used <= 0 or planned_so_far <= 0:
        return left_wh
    flown = min(1.0, 2 * progress.flown)
    corrected_wh = corrected_remaining(left_wh, used, planned_so_far, flown, budget.model_error)
    return left_wh + budget.trial_share * max(0.0, corrected_wh - left_wh)


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
    advice, reasons, place_id, way = _way_out(guard, sample, guard.weather, now)
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


Check = Callable[[Guard, Telemetry, datetime], Finding | None]

ZONE_CHECKS: tuple[Check, ...] = (zone_here, zone_ahead)
"""Those that ask for zones, and the codes of what they find."""

ZONE_CODES = frozenset({ZONE_BREACH, ZONE_UNSURE, "zone_ahead", *GIVEN_UP_CODES})

CHECKS: tuple[Check, ...] = (
    *ZONE_CHECKS,
    energy,
    weather,
    deviation,
)
"""Every check, in the order of its urgency."""
