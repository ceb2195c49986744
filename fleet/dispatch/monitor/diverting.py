"""Where one can divert to: by straight ways, and by ways around zones where there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from fleet.dispatch.monitor.around import way_around
from fleet.dispatch.monitor.guard import Guard, Refuge
from fleet.dispatch.monitor.reach import is_carried, to_the_ground
from fleet.dispatch.monitor.remaining import home_of
from fleet.dispatch.separation.flights import path_instead
from fleet.domain.evolve import evolve
from fleet.feasibility.airspace import is_clear
from fleet.feasibility.unplanned import in_any_wind
from fleet.protocol.messages import Telemetry
from fleet.protocol.values import Place
from geofences import Waypoint


def places_elsewhere(guard: Guard, sample: Telemetry) -> list[tuple[str, Place]]:
    """Home, then the alternates from the nearest on."""
    home = home_of(guard.record.mission)
    refuges = ((refuge.place_id, refuge.place) for refuge, _ in refuges_by_distance(guard, sample))
    return [*(() if home is None else (home,)), *refuges]


def diverted(
    guard: Guard, sample: Telemetry, places: Sequence[tuple[str, Place]], now: datetime
) -> tuple[str, tuple[Place, ...]] | None:
    """Straight to the first of the places to which the way is free, else around zones; by what the battery carries.
    Only one that would come down just anywhere else uses its reserve, which is there for that."""
    known = guard.energy is not None and sample.soc is not None
    for keeps_reserve in (True, False) if known else (True,):
        for place_id, place in places:
            if _diversion_is_free(guard, sample, place, now, keeps_reserve=keeps_reserve):
                return place_id, ()
        around = way_around(guard, sample, now, keeps_reserve=keeps_reserve)
        if around is not None:
            return around.place_id, around.way
    return None


def _diversion_is_free(
    guard: Guard, sample: Telemetry, place: Place, now: datetime, *, keeps_reserve: bool
) -> bool:
    """Whether the straight way to a place, down to its own ground, is free and carried by the battery."""
    path = straight_to(guard, sample, place, now)
    if path is None or not is_carried(guard, sample, path, now, keeps_reserve=keeps_reserve):
        return False
    return is_clear(guard.context, guard.sortie, in_any_wind(path))


def straight_to(guard: Guard, sample: Telemetry, place: Place, now: datetime) -> tuple[Waypoint, ...] | None:
    """The straight way to a place, down to its own ground; none where that, or the aircraft's height, is not known."""
    if sample.alt_amsl_m is None:
        return None
    record = evolve(guard.record, diverted_to=place, diverted_way=())
    flown = path_instead(record, guard.sortie, sample.model_copy(update={"state": "diverting"}), now)
    return to_the_ground(guard, flown)


def refuges_by_distance(guard: Guard, sample: Telemetry) -> list[tuple[Refuge, float]]:
    """The alternates and how far they are in m, from the nearest on."""
    x, y = guard.plane.xy(sample.lon, sample.lat)
    away = ((refuge, math.hypot(refuge.x - x, refuge.y - y)) for refuge in guard.refuges)
    return sorted(away, key=lambda one: (one[1], one[0].place_id))
