"""Where one that diverts gets to: down to the ground of the place where it lands, as far as its battery carries it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from fleet.dispatch.monitor.guard import Guard
from fleet.feasibility.shape import ground_at
from fleet.feasibility.unplanned import straight_on
from fleet.protocol.messages import Telemetry
from fleet.protocol.values import Place
from geofences import Waypoint
from geofences.geometry.geodesy import distance_m


def to_the_ground(guard: Guard, path: tuple[Waypoint, ...]) -> tuple[Waypoint, ...] | None:
    """A way in still air, on to the ground of the place where it ends: no leg of the mission need end there. None where
    that ground is not known."""
    last = path[-1]
    ground_m = ground_at(guard.context, Place(lon=last.lon, lat=last.lat))
    if not math.isfinite(ground_m):
        return None
    return (*path[:-1], *straight_on(last, ((last.lon, last.lat, ground_m),), guard.sortie.cruise_mps))


def is_carried(guard: Guard, sample: Telemetry, path: Sequence[Waypoint], *, keeps_reserve: bool) -> bool:
    """Whether the battery is enough for a way that was not planned, with its margin, and leaves the reserve, or the
    floor at least. What is not known of the battery refuses nothing: the other choice is to come down just anywhere."""
    budget = guard.energy
    if budget is None or sample.soc is None:
        return True
    available_wh = budget.above_reserve_wh(sample.soc) + (0.0 if keeps_reserve else budget.reserve_wh)
    return _length_m(path) * budget.per_m_wh * (1 + budget.margin) <= available_wh


def _length_m(path: Sequence[Waypoint]) -> float:
    """Along the path, climbs and descents included: for each metre the dearest of the mission's own ways is taken,
    whose energy holds a climb and a descent."""
    legs = pairwise(path)
    return sum(
        math.hypot(distance_m(a.lon, a.lat, b.lon, b.lat), b.alt_amsl_m - a.alt_amsl_m) for a, b in legs
    )
