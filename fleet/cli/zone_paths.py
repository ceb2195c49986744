"""Paths and terrain as ``fleet zones check`` and ``draw`` are given them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from fleet.cli.output import BadInput
from fleet.intake import cells
from fleet.intake.terrain import parse_terrain
from fleet.protocol.values import Place
from geofences.geometry.geodesy import distance_m
from geofences.geometry.track import Waypoint
from geofences.model.altitude import Terrain, UnknownTerrain

DEFAULT_SPEED_MPS = 10.0
Coordinate = tuple[str, Callable[[str], float]]

_COORDINATES: tuple[Coordinate, ...] = (
    ("lon", cells.within(-180, 180)),
    ("lat", cells.within(-90, 90)),
)
ALTITUDE: Coordinate = ("alt_amsl", cells.within(-1_000, 100_000))


def speeds_option(text: str) -> tuple[float, ...]:
    """The speeds of ``--speed-mps``: one, or one for each leg. Raises ``BadInput`` for what is none."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"--speed-mps: must be a number, or one for each leg (found {text!r})") from None


def places(points: Sequence[Waypoint]) -> list[Place]:
    """Where a path is: that is where zones matter."""
    return [Place(lon=one.lon, lat=one.lat) for one in points]


def waypoints(text: str, at: datetime, speeds_mps: float | Sequence[float]) -> Iterator[Waypoint]:
    """The points of ``--path`` with the times at which they are passed, climbs included: at a constant speed, or at one
    for each leg.

    Raises ``BadInput`` for a point that is none, for a speed that is not above 0, and for too few or too many of them.
    """
    stated = (speeds_mps,) if isinstance(speeds_mps, int | float) else tuple(speeds_mps)
    for speed_mps in stated:
        if not (math.isfinite(speed_mps) and speed_mps > 0):
            raise BadInput(f"--speed-mps: must be above 0 (found {speed_mps:g})")
    words = enumerate(text.split(), start=1)
    points = [point_of(f"--path, point {number}", word) for number, word in words]
    if not points:
        raise BadInput("--path: is empty; write lon,lat,alt_amsl for each point")
    legs = len(points) - 1
    if len(stated) not in (1, legs):
        raise BadInput(f"--speed-mps: the path has {legs} legs, and {len(stated)} speeds are given")
    speeds = stated if len(stated) == legs else stated * legs
    yield Waypoint(*points[0], at)
    # What was travelled is summed up, not the times: moments have whole microseconds.
    after_s = 0.0
    for (before, here), speed_mps in zip(pairwise(points), speeds, strict=True):
        after_s += math.hypot(distance_m(*before[:2], *here[:2]), here[2] - before[2]) / speed_mps
        yield Waypoint(*here, _later(at, after_s, speed_mps))


def _later(at: datetime, after_s: float, speed_mps: float) -> datetime:
    try:
        return at + timedelta(seconds=after_s)
    except OverflowError:
        raise BadInput(
            f"--speed-mps: the path would last longer than time is counted (found {speed_mps:g})"
        ) from None


def point_of(option: str, text: str, *, third: Coordinate = ALTITUDE) -> tuple[float, float, float]:
    """A longitude, a latitude and one number more, as an option gives them. Raises ``BadInput``."""
    coordinates = (*_COORDINATES, third)
    parts = text.split(",")
    if len(parts) != len(coordinates):
        names = ",".join(name for name, _ in coordinates)
        raise BadInput(f"{option}: must be {names} (found {text!r})")
    values = []
    for (name, parse), part in zip(coordinates, parts, strict=True):
        try:
            values.append(parse(part))
        except cells.CellError as error:
            raise BadInput(f"{option}: {name}: {error} (found {part!r})") from None
    lon, lat, more = values
    return lon, lat, more


def terrain_option(text: str | None) -> Terrain:
    """The terrain of ``--terrain``; unknown where it is not given. Raises ``BadInput``."""
    if text is None:
        return UnknownTerrain()
    try:
        return parse_terrain(text)
    except ValueError as error:
        raise BadInput(f"--terrain: {error} (found {text!r})") from None
