"""Where one that diverts gets to: down to the ground of the place where it lands, as far as its battery carries it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.instead import flown_on
from fleet.dispatch.monitor.progress import burden_of, progress_of, taken_of
from fleet.feasibility.shape import ground_at
from fleet.feasibility.unplanned import straight_on
from fleet.protocol.messages import Telemetry
from fleet.protocol.values import Place
from geofences import Waypoint


def to_the_ground(guard: Guard, path: tuple[Waypoint, ...]) -> tuple[Waypoint, ...] | None:
    """A way in still air, on to the ground of the place where it ends: no leg of the mission need end there. None where
    that ground is not known."""
    last = path[-1]
    ground_m = ground_at(guard.context, Place(lon=last.lon, lat=last.lat))
    if not math.isfinite(ground_m):
        return None
    return (*path[:-1], *straight_on(last, ((last.lon, last.lat, ground_m),), guard.sortie.cruise_mps))


def is_carried(
    guard: Guard, sample: Telemetry, path: Sequence[Waypoint], now: datetime, *, keeps_reserve: bool
) -> bool:
    """Whether the battery is enough for a way that was not planned, with its margin, and leaves the reserve, or the
    floor at least. What is not known of the battery refuses nothing: the other choice is to come down just anywhere."""
    budget = guard.energy
    if budget is None or sample.soc is None:
        return True
    available_wh = budget.above_reserve_wh(sample.soc) + (0.0 if keeps_reserve else budget.reserve_wh)
    return needed_wh(guard, sample, path, now) <= available_wh


def needed_wh(guard: Guard, sample: Telemetry, path: Sequence[Waypoint], now: datetime) -> float:
    """What a way that was not planned takes in the wind that is known, laden as it is, with margin and with what the
    flight so far says; infinite where the wind forbids it, 0 where the mission says nothing of energy. Where its last
    minute took longer than expected, so does a way that leads on from there."""
    budget = guard.energy
    if budget is None:
        return 0.0
    progress = progress_of(guard, sample, now)
    takes_wh = flown_on(guard.sortie, path, budget, burden_of(guard, sample, budget)).left_wh[0]
    if progress is None:
        return takes_wh * budget.raised(guard.taken)
    pace = progress.pace if _leads_on(guard, sample, path[-1]) else 1.0
    return takes_wh * pace * budget.raised(taken_of(guard, sample, progress, budget))


def _leads_on(guard: Guard, sample: Telemetry, to: Waypoint) -> bool:
    """Whether it went towards there in its last minute: what slows it down there blows against it still."""
    if guard.earlier is None:
        return False
    before = guard.earlier[1]
    x, y = guard.plane.xy(sample.lon, sample.lat)
    from_x, from_y = guard.plane.xy(before.lon, before.lat)
    to_x, to_y = guard.plane.xy(to.lon, to.lat)
    return (x - from_x) * (to_x - x) + (y - from_y) * (to_y - y) > 0
