"""The wind that aircraft under way show by how they move, where it is surely stronger than was thought."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import atan2, degrees, hypot, isfinite

from fleet.dispatch.inputs import WindSeen
from fleet.dispatch.monitor.guard import Guard
from fleet.feasibility.sky import sky_over, way_in
from fleet.feasibility.verdict import Verdict
from fleet.protocol.messages import Telemetry
from fleet.protocol.values import Place
from fleet.weather.conditions import HEIGHT_M
from fleet.weather.inflight import CERTAIN, Motion, Shown, wind_shown
from geofences.model.altitude import Box

SAMPLE_EVERY = timedelta(seconds=3)
LOOKED_AT_EVERY = timedelta(seconds=30)
"""Of an aircraft's samples one every so often is kept, and the wind is worked out as seldom: most cost nothing."""
KEPT = 20
"""A minute of samples: a gust is no wind."""
TOLD_EVERY = timedelta(seconds=120)
"""For so long after a wind was told of none of the same aircraft is."""
SLOWEST_MPS, NEAREST_M = 2.0, 5.0
"""Slower, and between positions that are nearer, the direction over ground is noise."""
AUTOPILOT_SD_MPS = 1.0
"""How wrong an autopilot's own estimate of the wind is thought to be (one standard deviation; assumption)."""


@dataclass(slots=True)
class _Kept:
    since: datetime
    last: datetime
    x: float
    y: float
    motions: deque[Motion] = field(default_factory=lambda: deque(maxlen=KEPT))
    told: datetime | None = None


class Winds:
    """What is kept of each aircraft's last minute."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def forget(self, asset_id: str) -> None:
        """It is not out any more."""
        self._kept.pop(asset_id, None)

    def check(self, guard: Guard, sample: Telemetry, now: datetime) -> WindSeen | None:
        """The wind around an aircraft, where it is surely stronger than the weather that decisions rest on."""
        kept = self._kept.get(guard.asset_id)
        if kept is not None and now - kept.last < SAMPLE_EVERY:
            return None
        if not guard.flies or sample.state != "travelling" or sample.mission_id != guard.mission_id:
            return None
        x, y = guard.plane.xy(sample.lon, sample.lat)
        if kept is None:
            self._kept[guard.asset_id] = _Kept(now, now, x, y)
            return None
        motion = _motion(sample, x - kept.x, y - kept.y)
        kept.last, kept.x, kept.y = now, x, y
        if motion is not None:
            kept.motions.append(motion)
        if now - kept.since < LOOKED_AT_EVERY:
            return None
        kept.since = now
        if kept.told is not None and now - kept.told < TOLD_EVERY:
            return None
        shown = _own_word(sample) or wind_shown(kept.motions)
        found = None if shown is None else _stronger(guard, sample, shown, now)
        if found is not None:
            kept.told = now
        return found


def _motion(sample: Telemetry, east_m: float, north_m: float) -> Motion | None:
    """How it moves. The direction over ground is that of its positions, for a nose points elsewhere."""
    ground_mps, heading_deg = sample.ground_speed_mps, sample.heading_deg
    if ground_mps is None or heading_deg is None or ground_mps < SLOWEST_MPS:
        return None
    if hypot(east_m, north_m) < NEAREST_M:
        return None
    return Motion(degrees(atan2(east_m, north_m)) % 360.0, ground_mps, heading_deg, sample.airspeed_mps)


def _own_word(sample: Telemetry) -> Shown | None:
    if sample.wind_mps is None or sample.wind_from_deg is None:
        return None
    return Shown(sample.wind_mps, sample.wind_from_deg, AUTOPILOT_SD_MPS)


def _stronger(guard: Guard, sample: Telemetry, shown: Shown, now: datetime) -> WindSeen | None:
    """None where the weather knows of as much, or where none is known or assumed: a wind alone is no weather."""
    height_m = _height_m(guard, sample)
    if height_m is None:
        return None
    place = Place(lon=sample.lon, lat=sample.lat)
    known = sky_over(guard.context, now, now, way_in(guard.context, (place,), height_m))
    if isinstance(known, Verdict) or shown.wind_mps <= known.wind_mps + CERTAIN * shown.sd_mps:
        return None
    return WindSeen(guard.asset_id, place, height_m, *shown)


def _height_m(guard: Guard, sample: Telemetry) -> float | None:
    """How far above the ground it is, at the least: the wind is thought to grow from there."""
    if sample.alt_amsl_m is None:
        return None
    ground = guard.context.terrain.ground_within(Box(sample.lon, sample.lat, sample.lon, sample.lat))
    height_m = sample.alt_amsl_m - ground.high
    return min(max(height_m, HEIGHT_M[0]), HEIGHT_M[1]) if isfinite(height_m) else None
