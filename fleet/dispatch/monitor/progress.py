"""How far a trip is, what is still to take, and what its flight so far says of that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from fleet.dispatch.monitor.battery import MODEL_ERROR, Burden, Energy
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.remaining import HOLDING, doing_instead
from fleet.dispatch.monitor.way import OVERHEAD_M, Reached, Way
from fleet.energy.margin import SHRINK_AFTER_CRUISE
from fleet.protocol.messages import Telemetry

PACE_AT_LEAST = timedelta(seconds=30)
"""A shorter stretch of a way that was worked out anew says nothing of the wind: it may be a gust."""


class Progress(NamedTuple):
    """How far a trip is: what its leg still takes as expected, and the leg after it, in Wh; how many times longer than
    expected the leg has taken lately; the share of the trip that is flown (none: it has left its trip). ``at_drop``:
    it is where it hands its parcel over, and ``left_wh`` is the way home from there."""

    before_drop: bool
    left_wh: float
    after_wh: float
    pace: float
    flown: float | None
    at_drop: bool = False


def progress_of(guard: Guard, sample: Telemetry, now: datetime) -> Progress | None:
    """How far its trip is; none where it is neither on one of its legs, nor at its drop, nor on the way on which it
    breaks its trip off."""
    out, back = guard.out, guard.back
    if out is None or back is None:
        return None
    if guard.instead is not None and guard.doing == doing_instead(guard.record, sample, guard.doing):
        way = guard.instead
        reached = _reached(guard, way, sample)
        pace = _pace(guard, way, sample, reached, now, way.path[0].at)
        return Progress(False, way.left_at(reached), 0.0, pace, None)
    if sample.step_id == guard.drop_id:
        return Progress(False, back.planned_wh, 0.0, 1.0, 0.5, at_drop=True)
    if sample.step_id not in (out.step_id, back.step_id):
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
        pace=_pace(guard, way, sample, reached, now),
        flown=share if before_drop else 0.5 + share,
    )


def _reached(guard: Guard, way: Way, sample: Telemetry) -> Reached:
    along = way.track.locate(*guard.plane.xy(sample.lon, sample.lat))[0]
    return way.reached(along, sample.alt_amsl_m)


def _pace(
    guard: Guard,
    way: Way,
    sample: Telemetry,
    reached: Reached,
    now: datetime,
    worked_out: datetime | None = None,
) -> float:
    """How many times longer than expected the last stretch has taken: in the air that is the wind as it is, minutes
    before a station tells of it. 1 where it went as expected or better, or there is nothing to go by: it holds, so that
    what it seems to go is the error of its positions, or these stand still. One that gets no farther, or is blown back,
    has made the least way that can be told from that error.

    ``worked_out`` is when a way was worked out that begins where it was then: what it flew before is no part of that.
    """
    if guard.earlier is None or not guard.flies or sample.state == HOLDING:
        return 1.0
    then, before = guard.earlier
    if (before.lon, before.lat) == (sample.lon, sample.lat):
        return 1.0
    since = _reached(guard, way, before)
    if worked_out is not None and then < worked_out:
        if now - worked_out < PACE_AT_LEAST:
            return 1.0
        then, since = worked_out, way.reached(0.0, way.path[0].alt_amsl_m)
    begun, due = way.due_at(since), way.due_at(reached)
    if begun is None or due is None or since.upright or reached.upright:
        return 1.0
    least = timedelta(seconds=OVERHEAD_M / guard.sortie.cruise_mps)
    pace = (now - then) / (max(due - begun, least) * way.slower)
    return pace if pace > 1 + MODEL_ERROR else 1.0


def taken_of(guard: Guard, sample: Telemetry, progress: Progress, budget: Energy) -> float:
    """How many times what was expected of this asset its trip has taken so far; 1 while too little is flown to say, or
    where that is not known. What it took to hold and at its drop says nothing of the rest. Of one that has left its
    trip it is what it was then.
    """
    if progress.flown is None:
        return guard.taken
    planned_wh = budget.planned_wh - progress.left_wh - progress.after_wh
    if not progress.before_drop and guard.out is not None:
        planned_wh -= guard.out.left_wh[-1]
    if guard.start_soc is None or sample.soc is None or planned_wh <= 0:
        return 1.0
    if 2 * progress.flown < SHRINK_AFTER_CRUISE:
        return 1.0
    return (guard.start_soc - sample.soc - guard.held_soc) * budget.full_wh / (planned_wh * budget.expected)


def burden_of(guard: Guard, sample: Telemetry, budget: Energy) -> Burden:
    """With what on board it is, and what power that takes."""
    homeward = guard.back is not None and sample.step_id == guard.back.step_id
    return budget.back if homeward or guard.handed_over else budget.out
