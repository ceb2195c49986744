"""The way around for one whose straight ways are all blocked: to its home or an alternate, whichever is least far."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.reach import is_carried, to_the_ground
from fleet.dispatch.monitor.remaining import home_of
from fleet.dispatch.separation.flights import cruise_amsl_m, path_instead
from fleet.domain.evolve import evolve
from fleet.feasibility.airspace import is_clear
from fleet.feasibility.clearance import clearance_at
from fleet.feasibility.detour import search_around
from fleet.feasibility.unplanned import SLOWEST, in_any_wind
from fleet.protocol.messages import MOST_PASSED, Telemetry
from fleet.protocol.values import Place
from geofences.geometry.geodesy import distance_m

MOST_PLACES = 3
"""Ways are sought to so many of the nearest places; one search takes milliseconds."""

MOST_STEPS = 100
"""Steps of one search; counted, not timed."""

LONGEST_TIMES = 3.0
"""Zones count that come within the time for a way so many times as long as the straight one."""


class Around(NamedTuple):
    """Where to, and the way: where it is now, and the points to pass."""

    place_id: str
    way: tuple[Place, ...]
    length_m: float


def way_around(
    guard: Guard, sample: Telemetry, now: datetime, *, keeps_reserve: bool = True
) -> Around | None:
    """The shortest way around, free at all times at which it may be flown and down to the ground, that the battery
    carries (see ``is_carried``); none where none was found, or none that could be told.
    """
    if not guard.flies or sample.alt_amsl_m is None:
        return None
    return min(
        _ways(guard, sample, now, keeps_reserve), key=lambda one: (one.length_m, one.place_id), default=None
    )


def _ways(guard: Guard, sample: Telemetry, now: datetime, keeps_reserve: bool) -> Iterator[Around]:
    here = Place(lon=sample.lon, lat=sample.lat)
    for place_id, place in _nearest(guard, sample):
        points = _search(guard, here, place, now)
        if points is None or len(points) - 2 > MOST_PASSED:
            continue
        way = (here, *points[1:-1])
        record = evolve(guard.record, diverted_to=place, diverted_way=way)
        would = sample.model_copy(update={"state": "diverting"})
        flown = path_instead(record, guard.sortie, would, now)
        carried = is_carried(guard, sample, flown, now, keeps_reserve=keeps_reserve)
        path = to_the_ground(guard, flown) if carried else None
        if path is not None and is_clear(guard.context, guard.sortie, in_any_wind(path)):
            legs = pairwise((*way, place))
            yield Around(place_id, way, sum(distance_m(a.lon, a.lat, b.lon, b.lat) for a, b in legs))


def _nearest(guard: Guard, sample: Telemetry) -> list[tuple[str, Place]]:
    """Home and the alternates, from the nearest on."""
    home = home_of(guard.record.mission)
    places = [*(() if home is None else (home,)), *((one.place_id, one.place) for one in guard.refuges)]
    x, y = guard.plane.xy(sample.lon, sample.lat)
    away = [(math.dist((x, y), guard.plane.xy(place.lon, place.lat)), name, place) for name, place in places]
    return [(name, place) for _, name, place in sorted(away, key=lambda one: one[:2])[:MOST_PLACES]]


def _search(guard: Guard, here: Place, place: Place, now: datetime) -> tuple[Place, ...] | None:
    ctx, kind = guard.context, guard.sortie
    alt_amsl_m = cruise_amsl_m(guard.record.mission)
    ends = (here.lon, here.lat), (place.lon, place.lat)
    keeps = clearance_at(ctx, kind, alt_amsl_m, ends)
    longest_s = LONGEST_TIMES * distance_m(*ends[0], *ends[1]) / (kind.cruise_mps * SLOWEST)
    until = now + timedelta(seconds=longest_s)
    return search_around(ctx, kind, keeps, alt_amsl_m, here, place, (now, until), MOST_STEPS)
