"""What a robot has drawn by what it did, behind a gauge that is doubted or silent: its way, and its waiting."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from fleet.dispatch.monitor.battery import Energy
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.progress import Progress, progress_of
from fleet.dispatch.monitor.way import Way
from fleet.energy.ground import GroundRobot
from fleet.feasibility.slowness import waiting_s
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.messages import Telemetry

Doing = tuple[str, float, float]


class Since(NamedTuple):
    """From where on it is counted: at which way (by the state in which it breaks its trip off, and where that ends),
    when, what the rest took by plan in s (none: not known) and in Wh, and which share of a full battery was drawn until
    then. What is left says the same of a way that is worked out anew, which begins where it is by then."""

    doing: Doing
    at: datetime
    left_s: float | None
    left_wh: float
    drawn: float


def driven(
    guard: Guard, since: Since | None, drawn: float, sample: Telemetry, now: datetime
) -> tuple[Since | None, float]:
    """The share of a full battery that it has drawn by now, of which ``drawn`` was so by its last sample.

    Each metre takes what it takes by plan, with its share of what is always on. For longer than that, and than the
    waiting that the plan's energy holds, it stood: that takes what is always on.
    """
    budget, progress = guard.energy, progress_of(guard, sample, now)
    if budget is None or progress is None:
        return since, drawn
    left_s, left_wh = _left_s(guard, sample, progress), progress.left_wh + progress.after_wh
    if since is None or since.doing != _doing(guard):
        since = _begins(guard, budget, drawn, now, left_s, left_wh)
    went_wh = max(0.0, since.left_wh - left_wh)
    stood_wh = budget.out.watts.stay * _stood_s(guard, budget, since, left_s, now) / 3600
    return since, max(drawn, since.drawn + (went_wh + stood_wh) / budget.full_wh)


def unseen(guard: Guard, at: datetime | None, now: datetime) -> float:
    """The share of a full battery that one which breaks its trip off may have drawn from ``at`` on, where nobody has
    seen how far it came meanwhile, as before a restart: it counts as driving all the time. On its mission its way tells
    that (``Since``)."""
    budget = guard.energy
    if budget is None or at is None or not guard.doing:
        return 0.0
    gone_s = max(0.0, (now - at).total_seconds())
    drives_w = max(budget.per_m_wh * guard.sortie.cruise_mps * 3600, budget.out.watts.stay)
    return drives_w * gone_s / 3600 / budget.full_wh


def _doing(guard: Guard) -> Doing:
    if not guard.doing or guard.instead is None:
        return guard.doing, 0.0, 0.0
    ends = guard.instead.path[-1]
    return guard.doing, ends.lon, ends.lat


def _begins(
    guard: Guard, budget: Energy, drawn: float, now: datetime, left_s: float | None, left_wh: float
) -> Since:
    """On its mission from when it left, where that is known; on another way from now on."""
    left_at, out = guard.record.left_at, guard.out
    if guard.doing or out is None:
        return Since(_doing(guard), now, left_s, left_wh, drawn)
    at, left_s = (now, left_s) if left_at is None else (left_at, _until(guard.back, out.path[0].at))
    return Since(_doing(guard), at, left_s, budget.planned_wh, 0.0)


def _stood_s(guard: Guard, budget: Energy, since: Since, left_s: float | None, now: datetime) -> float:
    vehicle = vehicle_of(guard.sortie)
    if left_s is None or since.left_s is None or not isinstance(vehicle, GroundRobot):
        return 0.0
    planned_s = max(0.0, since.left_s - left_s)
    holds_s = waiting_s(vehicle, guard.sortie, planned_s / budget.pace)
    return max(0.0, (now - since.at).total_seconds() - planned_s - holds_s)


def _left_s(guard: Guard, sample: Telemetry, progress: Progress) -> float | None:
    """How long it is by plan from where it is to the end of its trip, or of the way that it takes instead; at its drop
    from when it was to leave it."""
    way = _way_of(guard, sample, progress)
    if way is None:
        return None
    if progress.at_drop:
        return _until(guard.back, way.path[0].at)
    along = way.track.locate(*guard.plane.xy(sample.lon, sample.lat))[0]
    due = way.due_at(way.reached(along, sample.alt_amsl_m))
    return _until(way if guard.doing else guard.back, due)


def _until(way: Way | None, due: datetime | None) -> float | None:
    ends = None if way is None else way.path[-1].at
    return None if ends is None or due is None else (ends - due).total_seconds()


def _way_of(guard: Guard, sample: Telemetry, progress: Progress) -> Way | None:
    if guard.doing:
        return guard.instead
    return guard.out if progress.before_drop else guard.back
