"""Real streets, asked without the product's code: the routing engine's own answer for one way at a time, and the lines
of the map itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import shapely

Point = tuple[float, float]

WALKING_MPS = 5 / 3.6
"""Between a door and its street one walks, as `docs/streets.md` says."""

_METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Drive:
    """A van's way without traffic: seconds on the streets, seconds on foot at both ends, metres of both."""

    street_s: float
    afoot_s: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Rules:
    """What a fleet file says of its streets: how far off them a door may lie, the slow hours, what is closed."""

    farthest_m: float = 250.0
    traffic: tuple[tuple[time, time, float], ...] = ()
    closed: tuple[Any, ...] = ()

    def speed(self, local: datetime) -> float:
        """By how much of their streets' speed vans drive at a moment of the local day: the slowest entry counts."""
        at = local.time()
        return min((speed for start, end, speed in self.traffic if _within(at, start, end)), default=1.0)

    def reached(self, leave: datetime, street_s: float) -> datetime:
        """When a way ends that is left at a local moment, each minute of it at its own hour's speed."""
        now, left = leave, street_s
        while left > 0:
            until = (now + timedelta(minutes=1)).replace(second=0, microsecond=0)
            speed = self.speed(now)
            there_s = min((until - now).total_seconds(), left / speed)
            now, left = now + timedelta(seconds=there_s), left - there_s * speed
            if left < 1e-6:
                break
        return now


def _within(at: time, start: time, end: time) -> bool:
    return start <= at < end if start < end else at >= start or at < end


class Streets(Protocol):
    """What rules ask of a map."""

    def drive(self, a: Point, b: Point, farthest_m: float) -> Drive | None:
        """The fastest way of a van; none where there is none, or where a street is farther off than it may be."""

    def off_wheelways(self, points: Sequence[Point], within_m: float) -> list[bool]:
        """Of each point whether no line for wheels is as near as that."""


@dataclass(frozen=True)
class OpenStreets:
    """The map of one plan. ``tables`` is a folder of the engine's files (``streets.osrm``) in which nothing that is
    closed is left; ``wheelways`` are the lines, in degrees, along which wheels may go."""

    tables: Path
    wheelways: Sequence[Any]

    @cached_property
    def _osrm(self) -> tuple[Any, Any]:
        import osrm

        files = str(self.tables / "streets.osrm")
        return osrm, osrm.OSRM(
            algorithm="CH", storage_config=files, use_shared_memory=False, verbosity="NONE"
        )

    def drive(self, a: Point, b: Point, farthest_m: float) -> Drive | None:
        """By the engine's answer for this one way."""
        if a == b:
            return Drive(0.0, 0.0, 0.0)
        osrm, engine = self._osrm
        try:
            found = engine.Route(osrm.RouteParameters(coordinates=[a, b], overview="false"))
        except RuntimeError as error:
            if "NoRoute" in str(error) or "NoSegment" in str(error):
                return None
            raise
        off_m = [spot["distance"] for spot in found["waypoints"]]
        way = found["routes"][0]
        if max(off_m) > farthest_m + 1:
            return None
        return Drive(way["duration"], sum(off_m) / WALKING_MPS, way["distance"] + sum(off_m))

    def line(self, a: Point, b: Point) -> shapely.LineString:
        """Where that way leads."""
        osrm, engine = self._osrm
        asked = osrm.RouteParameters(coordinates=[a, b], overview="full", geometries="geojson")
        return shapely.LineString(
            [list(at) for at in engine.Route(asked)["routes"][0]["geometry"]["coordinates"]]
        )

    @cached_property
    def _scale(self) -> np.ndarray[Any, Any]:
        """Metres a degree of longitude and of latitude, where the map is."""
        lat = np.radians(shapely.get_coordinates(list(self.wheelways))[:, 1].mean())
        return np.array([_METRES_A_DEGREE * np.cos(lat), _METRES_A_DEGREE])

    @cached_property
    def _tree(self) -> shapely.STRtree:
        lines = shapely.transform(list(self.wheelways), lambda at: at * self._scale)
        return shapely.STRtree(lines)

    def off_wheelways(self, points: Sequence[Point], within_m: float) -> list[bool]:
        """By a tree of the lines."""
        spots = shapely.points(np.array(points) * self._scale)
        near = self._tree.query(spots, predicate="dwithin", distance=within_m)[0]
        return np.isin(np.arange(len(points)), near, invert=True).tolist()  # type: ignore[no-any-return]


def tables_in(folder: Path) -> Path:
    """Where the engine's files for vans are in a folder of built streets."""
    found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return folder / str(found["data"]) / "car"


_SOFT = {"sand", "mud", "snow", "ice", "stepping_stones", "woodchips"}
_ROUGH = {"very_bad", "horrible", "very_horrible", "impassable"}
_NO_WAY = {"steps", "motorway", "motorway_link", "proposed", "construction", "raceway"}


def takes_wheels(tags: dict[str, str]) -> bool:
    """Whether wheels may go along a way of these tags of OpenStreetMap, by the rules of `docs/streets.md`."""
    return (
        tags.get("highway", "steps") not in _NO_WAY
        and tags.get("wheelchair") != "no"
        and tags.get("surface") not in _SOFT
        and tags.get("smoothness") not in _ROUGH
    )
