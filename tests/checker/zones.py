"""A reader for plain GeoJSON, ED-269 and ED-318 zones: what blocks a flight, where, how high and when.

It reads the basics and leans to the strict side: what it can't evaluate (sun times, heights above the
ellipsoid, an unknown restriction) blocks. Edges are straight in longitude and latitude, as RFC 7946 says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from tests.checker.geo import Floats, Samples, distances_m

Json = dict[str, Any]
_HARMLESS = {"NO_RESTRICTION"}
_NO_CEILING_M = 99999.0
_METRES = {"m": 1.0, "ft": 0.3048}
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True, slots=True)
class Ground:
    """Flat terrain: ``height_m`` above mean sea level, give or take ``error_m``."""

    height_m: float
    error_m: float


@dataclass(frozen=True, slots=True)
class Limit:
    """A vertical limit in metres over ``reference`` (AGL, AMSL or WGS84)."""

    value_m: float
    reference: str

    def offset_m(self, ground: Ground) -> tuple[float, float] | None:
        """Its height above mean sea level and that height's error; none where it can't be told."""
        if self.reference == "AGL":
            return self.value_m + ground.height_m, ground.error_m
        return (self.value_m, 0.0) if self.reference == "AMSL" else None


@dataclass(frozen=True, slots=True)
class Circle:
    """A geodesic circle."""

    centre: tuple[float, float]
    radius_m: float


@dataclass(frozen=True, slots=True)
class Volume:
    """One body of a zone: an area and its two limits (none where not stated: then it reaches on)."""

    area: Any
    lower: Limit | None
    upper: Limit | None

    def holds(self, samples: Samples, alts_amsl_m: Floats, ground: Ground) -> NDArray[np.bool_]:
        """Which samples lie in it."""
        return self._covers(samples.lons, samples.lats) & self._spans(alts_amsl_m, ground)

    def _covers(self, lons: Floats, lats: Floats) -> NDArray[np.bool_]:
        if isinstance(self.area, Circle):
            return np.asarray(distances_m(lons, lats, self.area.centre) < self.area.radius_m)
        west, south, east, north = self.area.bounds
        near = (lons >= west) & (lons <= east) & (lats >= south) & (lats <= north)
        if near.any():
            near[near] = shapely.contains_xy(self.area, lons[near], lats[near])
        return np.asarray(near)

    def _spans(self, alts_amsl_m: Floats, ground: Ground) -> NDArray[np.bool_]:
        inside = np.ones(len(alts_amsl_m), dtype=np.bool_)
        low = self.lower.offset_m(ground) if self.lower else None
        high = self.upper.offset_m(ground) if self.upper else None
        if low:
            inside &= alts_amsl_m > low[0] - low[1]
        if high:
            inside &= alts_amsl_m < high[0] + high[1]
        return inside


@dataclass(frozen=True, slots=True)
class Period:
    """When a zone applies: between two moments (none: open), and on the weekly times when there are any."""

    start: datetime | None
    end: datetime | None
    weekly: tuple[tuple[frozenset[str], time, time], ...]

    def active(self, at: datetime) -> bool:
        """Whether it applies at ``at``."""
        if (self.start and at < self.start) or (self.end and at > self.end):
            return False
        return not self.weekly or any(self._runs(slot, at.astimezone(UTC)) for slot in self.weekly)

    @staticmethod
    def _runs(slot: tuple[frozenset[str], time, time], at: datetime) -> bool:
        days, begins, ends = slot
        on_day = "ANY" in days or _DAYS[at.weekday()] in days
        moment = at.time()
        if begins <= ends:
            return on_day and begins <= moment <= ends
        return moment >= begins or moment <= ends  # over midnight: either day, to be on the safe side


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone that blocks. ``periods`` empty means always."""

    name: str
    volumes: tuple[Volume, ...]
    periods: tuple[Period, ...]

    def breach(self, samples: Samples, alts_amsl_m: Floats, ground: Ground) -> int | None:
        """The first sample that lies in the zone while it is active; none when there is no such."""
        for volume in self.volumes:
            for index in np.flatnonzero(volume.holds(samples, alts_amsl_m, ground)):
                if self._active(samples.moment(int(index))):
                    return int(index)
        return None

    def _active(self, at: datetime) -> bool:
        return not self.periods or any(period.active(at) for period in self.periods)


def read_zones(path: Path) -> list[Zone]:
    """The zones of a file that block; ``ValueError`` where it is in none of the three formats."""
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    entries = document.get("features") or document.get("UASZoneList")
    if not isinstance(entries, list):
        raise ValueError(f"{path}: neither features nor UASZoneList")
    return [zone for index, entry in enumerate(entries) for zone in _zone(entry, f"{path.name}#{index}")]


def _zone(entry: Json, fallback: str) -> Iterator[Zone]:
    properties = entry.get("properties") or {} if entry.get("type") == "Feature" else entry
    restriction = properties.get("restriction") or properties.get("type") or "PROHIBITED"
    if restriction in _HARMLESS:
        return
    geometry = entry["geometry"]
    volumes = map(_ed269_volume, geometry) if isinstance(geometry, list) else _geojson_volumes(geometry)
    name = str(properties.get("identifier") or properties.get("name") or "?")
    yield Zone(f"{name} ({fallback})", tuple(volumes), tuple(_periods(properties)))


def _geojson_volumes(geometry: Json) -> Iterator[Volume]:
    if geometry["type"] == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _geojson_volumes(part)
        return
    layer = geometry.get("layer") or {}
    scale = _METRES[str(layer.get("uom") or "m").lower()]
    lower = _limit(layer.get("lower"), layer.get("lowerReference"), scale)
    upper = _limit(layer.get("upper"), layer.get("upperReference"), scale)
    extent = geometry.get("extent")
    area = _circle(geometry["coordinates"], extent["radius"]) if extent else shape(geometry)
    yield Volume(area, lower, upper)


def _ed269_volume(part: Json) -> Volume:
    scale = _METRES[str(part.get("uomDimensions") or "m").lower()]
    projection = part["horizontalProjection"]
    round_one = projection["type"] == "Circle"
    area = _circle(projection["center"], projection["radius"] * scale) if round_one else shape(projection)
    lower = _limit(part.get("lowerLimit"), part.get("lowerVerticalReference"), scale)
    return Volume(area, lower, _limit(part.get("upperLimit"), part.get("upperVerticalReference"), scale))


def _circle(centre: list[float], radius_m: float) -> Circle:
    return Circle((centre[0], centre[1]), radius_m)


def _limit(value: float | None, reference: str | None, scale: float) -> Limit | None:
    if value is None or value >= _NO_CEILING_M:
        return None
    return Limit(value * scale, reference or "unstated")


def _periods(properties: Json) -> Iterator[Period]:
    entries = properties.get("applicability") or properties.get("limitedApplicability") or []
    for entry in [entries] if isinstance(entries, dict) else entries:
        if entry.get("permanent") == "YES":
            yield Period(None, None, ())
        else:
            weekly = tuple(_slot(slot) for slot in entry.get("schedule") or [])
            yield Period(_moment(entry.get("startDateTime")), _moment(entry.get("endDateTime")), weekly)


def _slot(slot: Json) -> tuple[frozenset[str], time, time]:
    begins = _clock(slot.get("startTime"), time.min)
    return frozenset(slot.get("day") or ["ANY"]), begins, _clock(slot.get("endTime"), time.max)


def _clock(text: str | None, default: time) -> time:
    """A time of day in UTC; a sun event has none, so the whole side counts."""
    if not text:
        return default
    parsed = time.fromisoformat(text.replace("Z", "+00:00"))
    return datetime.combine(datetime(2000, 1, 2, tzinfo=UTC), parsed).astimezone(UTC).time()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
