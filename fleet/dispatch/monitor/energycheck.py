"""What the battery asks of one sample: is it enough for the rest, with margin and reserve, and for a hold besides."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.battery import HOLD_LOOK_S, Energy
from fleet.dispatch.monitor.choosing import Short, chosen
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.progress import Progress, burden_of, progress_of, taken_of
from fleet.dispatch.monitor.remaining import HOLDING
from fleet.feasibility.incident import measured
from fleet.protocol.messages import Telemetry

ENERGY_SHORT = "energy_short"
"""The exception about one whose battery is not enough for the rest."""


def energy(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """Is the battery enough for the rest, with margin and reserve; if not, where can it still go."""
    budget = guard.energy
    if budget is None or sample.soc is None or sample.mission_id != guard.mission_id:
        return None
    progress = progress_of(guard, sample, now)
    if progress is None:
        return None
    available = budget.above_reserve_wh(sample.soc)
    stays_s = HOLD_LOOK_S if sample.state == HOLDING or progress.at_drop else 0.0
    rest = _rest_wh(guard, sample, progress, budget, stays_s)
    if rest > available:
        return _short(guard, sample, now, progress, Short(budget, available, rest))
    if not (progress.at_drop and guard.dropping_s > guard.sortie.drop_s + HOLD_LOOK_S):
        return None
    # Longer than planned, it may have to take its parcel home again.
    home = _home_from_drop_wh(guard, sample, progress, budget)
    if home <= available:
        return None
    return _short(guard, sample, now, progress, Short(budget, available, home, waits=False))


def can_hold(guard: Guard, sample: Telemetry, hold: timedelta, now: datetime) -> bool | None:
    """Whether the battery carries a hold and all that comes after it, with margin and reserve; none where that is not
    known."""
    budget, progress = guard.energy, progress_of(guard, sample, now)
    if budget is None or sample.soc is None or progress is None:
        return None
    needed = _rest_wh(guard, sample, progress, budget, hold.total_seconds() + HOLD_LOOK_S)
    return needed <= budget.above_reserve_wh(sample.soc)


def _short(guard: Guard, sample: Telemetry, now: datetime, progress: Progress, short: Short) -> Finding:
    flyable = math.isfinite(short.rest_wh)
    needs = (
        f"the rest needs {short.rest_wh:.0f} Wh with its margin" if flyable else "the wind forbids the rest"
    )
    reason = measured(
        ENERGY_SHORT,
        f"{needs}, {short.left_wh:.0f} Wh are there above the reserve"
        + _seen(guard, sample, progress, short.budget),
        limit=round(short.left_wh, 1),
        actual=round(short.rest_wh, 1) if flyable else "not to be flown",
        unit="Wh" if flyable else "",
        source="telemetry",
    )
    advice, place_id, way = chosen(guard, sample, now, progress, short)
    return Finding(guard.asset_id, guard.mission_id, ENERGY_SHORT, advice, (reason,), place_id, way)


def _seen(guard: Guard, sample: Telemetry, progress: Progress, budget: Energy) -> str:
    """What of its flight so far raises that figure, in words; empty where nothing does."""
    taken = taken_of(guard, sample, progress, budget)
    said = [
        *(
            [f"it has taken {taken:.1f} times what was expected of it"]
            if taken > 1 + budget.model_error
            else []
        ),
        *([f"its leg takes {progress.pace:.1f} times as long"] if progress.pace > 1 else []),
    ]
    return f" ({', '.join(said)})" if said else ""


def _rest_wh(guard: Guard, sample: Telemetry, progress: Progress, budget: Energy, stays_s: float) -> float:
    """What the rest takes with its margin, after staying for so long; one that went better than planned is not relied
    on. The leg takes as much longer as it lately did, since the power in the air is the same for longer. At its drop
    it stays at least for what is left of the planned time."""
    if progress.at_drop:
        stays_s = max(stays_s, guard.sortie.drop_s - guard.dropping_s)
    rest_wh = progress.left_wh * progress.pace + progress.after_wh
    needs_wh = rest_wh * budget.raised(taken_of(guard, sample, progress, budget))
    return needs_wh + _stays_wh(guard, sample, budget, stays_s) if stays_s > 0 else needs_wh


def _stays_wh(guard: Guard, sample: Telemetry, budget: Energy, seconds: float) -> float:
    """What staying where it is for so long takes, with its margin."""
    return burden_of(guard, sample, budget).watts.stay * seconds / 3600 * (1 + budget.margin_for_a_time)


def _home_from_drop_wh(guard: Guard, sample: Telemetry, progress: Progress, budget: Energy) -> float:
    """What it takes to go home from its drop with its parcel once it is told to, by the way it came."""
    turn_wh = progress.left_wh if guard.turn is None else guard.turn.planned_wh
    stays_wh = _stays_wh(guard, sample, budget, HOLD_LOOK_S)
    return turn_wh * budget.raised(taken_of(guard, sample, progress, budget)) + stays_wh
