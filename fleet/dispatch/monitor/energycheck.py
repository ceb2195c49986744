"""What the battery asks of one sample: is it enough for the rest, with margin and reserve, and for a hold besides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.battery import HOLD_LOOK_S, MODEL_ERROR, Energy
from fleet.dispatch.monitor.diverting import nearest_refuge
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.way import Reached, Way
from fleet.energy.margin import SHRINK_AFTER_CRUISE
from fleet.feasibility.incident import measured
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.values import Reason

HOLDING = "holding"
"""What a sample says of one that stays where it is because it was told to."""


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


def _rest_wh(guard: Guard, sample: Telemetry, progress: Progress, budget: Energy) -> float:
    """What the rest takes with its margin; one that went better than planned is not relied on.

    The leg takes as much longer as it lately did, since the power in the air is the same for longer. What the trip took
    more than planned besides is the model's error as far as the margin goes, and the margin on the rest holds that
    already: added to it, it called back trips home that were planned to the end of their range. What goes beyond is a
    fault, and counts in full. What it took to hold says nothing of the rest. A trial that scales the margin scales this
    too: it is margin that the flight itself has asked for.
    """
    left_wh = (progress.left_wh * progress.pace + progress.after_wh) * (1 + budget.margin)
    planned_so_far = budget.planned_wh - progress.left_wh - progress.after_wh
    if guard.start_soc is None or sample.soc is None or planned_so_far <= 0:
        return left_wh
    if 2 * progress.flown < SHRINK_AFTER_CRUISE:
        return left_wh
    used = (guard.start_soc - sample.soc - guard.held_soc) * budget.full_wh
    fault = used / (planned_so_far * (1 + budget.model_error))
    return left_wh * (1 + budget.trial_share * max(0.0, fault - 1))
