"""What of a sortie is still to be travelled: its legs from where it is, at the times at which it will get there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple

import geofences
from fleet.dispatch.monitor.track import Plane, Track
from fleet.dispatch.monitor.way import Way
from fleet.dispatch.separation.flights import (
    BREAKS_OFF,
    nearest,
    path_instead,
    rest_of_leg,
    waypoints,
)
from fleet.domain.fleet import SortieType
from fleet.domain.state import MissionRecord
from fleet.feasibility.unplanned import in_any_wind
from fleet.protocol.messages import Telemetry
from fleet.protocol.mission import Mission, Travel, Unload
from fleet.protocol.values import Place, Waypoint

ASTRAY_TIMES = 3.0
"""An asset that is farther beside a leg than so many corridors is not on it: all of the leg counts as ahead."""

ON_TIME = timedelta(0)

HOLDING = "holding"
"""What a sample says of one that stays where it is because it was told to."""


class Leg(NamedTuple):
    """A leg that is not over, as a path that can be checked."""

    step_id: str
    path: tuple[geofences.Waypoint, ...]


def travels_of(mission: Mission) -> list[Travel]:
    """The legs of a mission."""
    return [step for step in mission.steps if isinstance(step, Travel)]


def home_of(mission: Mission) -> tuple[str, Place] | None:
    """The site that a mission ends at by plan, and its place."""
    last = mission.steps[-1]
    return (last.site_id, mission.home) if isinstance(last, Unload) else None


def way_of(travel: Travel, plane: Plane, planned_wh: float, rise: float = 0.0) -> Way:
    """A leg that takes the same for each metre, which is all that is known of it without the weather; on the ground a
    metre of rise takes as much as ``rise`` level ones."""
    track = Track.of(plane, travel.path)
    done = along_m(track, travel.path, rise)
    whole = done[-1] or 1.0
    return Way(travel.step_id, travel.path, track, tuple(planned_wh * (1 - each / whole) for each in done))


def along_m(track: Track, path: Sequence[Waypoint], rise: float) -> tuple[float, ...]:
    """How far along its way each point is, each metre of rise counted as so many level ones besides."""
    ups = (max(0.0, b.alt_amsl_m - a.alt_amsl_m) for a, b in pairwise(path))
    climbed = accumulate(ups, initial=0.0)
    return tuple(along + rise * up for along, up in zip(track.along_m, climbed, strict=True))


def turned(way: Way, plane: Plane, rise: float = 0.0) -> Way:
    """The same way the other way round, without times; it takes as much for each metre, and for each metre of rise."""
    path = tuple(point.model_copy(update={"at": None}) for point in reversed(way.path))
    track = Track.of(plane, path)
    if not rise:
        return Way("", path, track, tuple(way.planned_wh - wh for wh in reversed(way.left_wh)))
    done, out = along_m(track, path, rise), along_m(way.track, way.path, rise)
    per_m_wh = way.planned_wh / (out[-1] or 1.0)
    return Way("", path, track, tuple(per_m_wh * (done[-1] - each) for each in done))


def legs_ahead(
    record: MissionRecord, kind: SortieType, sample: Telemetry | None, now: datetime, before: str = ""
) -> Iterator[Leg]:
    """The legs that are not over. Of the one that it is on, what lies behind its last sample is left out, and how far
    it is behind its times moves all that follows. Of one that breaks its trip off, the way that it takes instead;
    ``before`` is as in `doing_instead`.
    """
    doing = doing_instead(record, sample, before)
    if sample is not None and doing:
        off = sample if sample.state == doing else sample.model_copy(update={"state": doing})
        yield Leg(doing, in_any_wind(path_instead(record, kind, off, now)))
        return
    late = ON_TIME
    for travel in _not_over(record, sample):
        rest = None if sample is None else _rest(record, travel, kind, sample, now)
        if rest is None:
            begun = record.current == travel.step_id
            shift = _past(travel.path, now) if begun else max(late, now - (travel.path[0].at or now), ON_TIME)
            path = tuple(_moved(point, now, shift) for point in travel.path)
        else:
            path, late = rest
        yield Leg(travel.step_id, path)


def path_home(
    record: MissionRecord, kind: SortieType, sample: Telemetry, now: datetime
) -> tuple[geofences.Waypoint, ...]:
    """The way of one on the ground that breaks its trip off. Where it does not tell its height, it is as high as its
    leg is where it is: what it climbs from there on counts."""
    path = path_instead(record, kind, sample, now)
    if sample.alt_amsl_m is not None:
        return path
    here = min(
        (nearest(waypoints(travel), sample, now) for travel in travels_of(record.mission)),
        key=lambda one: one.beside_m,
    )
    first = path[0]
    return (geofences.Waypoint(first.lon, first.lat, here.height_m, first.at), *path[1:])


def doing_instead(record: MissionRecord, sample: Telemetry | None, before: str = "") -> str:
    """By which state it says that it breaks this mission off; empty where it does not.

    One that is told to hold on such a way is at no step, and still breaks it off: ``before`` is how it did so until
    then, empty where that is not known. After a restart it is told by where it was sent.
    """
    if sample is None or sample.mission_id != record.mission.mission_id:
        return ""
    if sample.state in BREAKS_OFF:
        return sample.state
    if sample.state != HOLDING or sample.step_id is not None or not (before or record.astray):
        return ""
    return before or ("returning" if record.diverted_to is None else "diverting")


def _not_over(record: MissionRecord, sample: Telemetry | None) -> list[Travel]:
    """Neither by what it has reported nor by where it says it is: a report may come later than a sample."""
    travels = travels_of(record.mission)
    if sample is not None and sample.mission_id == record.mission.mission_id:
        on = next((n for n, travel in enumerate(travels) if travel.step_id == sample.step_id), 0)
        travels = travels[on:]
    return [travel for travel in travels if travel.step_id not in record.ended]


def _rest(
    record: MissionRecord, travel: Travel, kind: SortieType, sample: Telemetry, now: datetime
) -> tuple[tuple[geofences.Waypoint, ...], timedelta] | None:
    """What is left of the leg from the sample on, and how late it is; none where it is not on it."""
    on_it = (sample.mission_id, sample.step_id) == (record.mission.mission_id, travel.step_id)
    if not on_it or any(point.at is None for point in travel.path):
        return None
    here, rest, late = rest_of_leg(waypoints(travel), sample, now)
    if here.beside_m > ASTRAY_TIMES * kind.corridor_m:
        return None
    return (geofences.Waypoint(here.lon, here.lat, here.height_m, now), *rest), late


def _moved(point: Waypoint, now: datetime, shift: timedelta) -> geofences.Waypoint:
    at = now if point.at is None else point.at + shift
    return geofences.Waypoint(point.lon, point.lat, point.alt_amsl_m, at)


def _past(path: tuple[Waypoint, ...], now: datetime) -> timedelta:
    """Where all its times are past, it is checked as if it ended now: a zone that is there now counts."""
    return max(ON_TIME, now - (path[-1].at or now))
