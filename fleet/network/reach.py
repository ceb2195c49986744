"""How far one comes from a place in a time: areas on the map (isochrones), and who lies in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Literal

from fleet.network.base import Profile
from fleet.network.engine import Floats, Snap
from fleet.network.errors import NetworkError
from fleet.network.geodesic import WALKING_MPS, straight_table_m
from fleet.network.manifest import TILES_FOLDER, Manifest, check_whole, read_manifest
from fleet.network.sidewalks import Ring, SidewalkEngine, opened_tiles
from fleet.network.streets import FARTHEST_M
from fleet.protocol.values import Place

By = Literal["van", "robot", "foot"]

PROFILES: Mapping[By, Profile] = {"van": "drive", "robot": "roll", "foot": "walk"}
SPEED_KMH: Mapping[By, float | None] = {"van": None, "robot": 5.0, "foot": 5.0}
"""How fast one is unless told; vans keep to what the engine knows of their streets."""

FASTEST_VAN_KMH = 200.0
"""No van's way is faster than this, on any street that the engine knows."""

SLACK = 1.5
"""By so much those who go or roll may be faster than was asked for, downhill, without being missed."""

LEAST_MINUTES, MOST_MINUTES = 0.1, 600

NOTHING: dict[str, Any] = {"type": "Polygon", "coordinates": []}
"""An area without anything in it."""


@dataclass(frozen=True, slots=True)
class Area:
    """All within so many minutes of a place (by its name): the streets, as a GeoJSON geometry around them, and of the
    doors that were asked for those that are reached, which may lie off the streets."""

    start: str
    minutes: float
    geometry: dict[str, Any]
    doors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """In how many minutes, by what, how fast, and around which closed parts of the map."""

    minutes: tuple[float, ...]
    by: By
    speed_kmh: float | None = None
    closed: tuple[Ring, ...] = ()


def areas(
    folder: Path, starts: Mapping[str, Place], asked: Question, doors: Mapping[str, Place] | None = None
) -> tuple[Area, ...]:
    """The areas around each start, for each number of minutes. Ways are those of plans: between a place and its street
    one goes at walking pace. Raises ``NetworkError`` for a folder without tiles, and for a start that is off the
    streets or on a closed one."""
    engine = _tiles(folder, asked.closed)
    profile, speed = PROFILES[asked.by], asked.speed_kmh or SPEED_KMH[asked.by]
    begun = engine.snaps(list(starts.values()), profile)
    for (name, place), spot in zip(starts.items(), begun, strict=True):
        if (wrong := _wrong(name, place, spot)) is not None:
            raise NetworkError(str(folder), wrong)
    ends = dict(zip(doors or (), engine.snaps(list((doors or {}).values()), profile), strict=True))
    found: list[Area] = []
    for (name, place), spot in zip(starts.items(), begun, strict=True):
        to_street = spot.away_m / WALKING_MPS / 60
        drawn = _drawn(engine, spot, [each - to_street for each in asked.minutes], profile, speed)
        near = _near(place, doors or {}, max(asked.minutes), speed or FASTEST_VAN_KMH)
        seconds, _ = engine.table([spot], [ends[door] for door in near], profile, speed)
        took = _minutes(spot, {door: ends[door] for door in near}, seconds[0])
        own = {door for door in near if (doors or {})[door] == place}
        for minutes, geometry in zip(asked.minutes, drawn, strict=True):
            reached = tuple(door for door in near if door in own or took.get(door, inf) <= minutes)
            found.append(Area(name, minutes, geometry, reached))
    return tuple(found)


def idle(folder: Path, asked: Question) -> tuple[Ring, ...]:
    """The closed parts that meet no street. Raises ``NetworkError`` for a folder without tiles."""
    return _tiles(folder, asked.closed).idle(PROFILES[asked.by])


def _tiles(folder: Path, closed: tuple[Ring, ...]) -> SidewalkEngine:
    made = read_manifest(folder)
    if made.tiles is None:
        raise NetworkError(
            str(folder),
            "has no tiles, which areas come from: build it of an .osm.pbf with `fleet network build`",
        )
    check_whole(folder, made)
    return opened_tiles(folder.absolute() / made.data / TILES_FOLDER, closed)


def _drawn(
    engine: SidewalkEngine, spot: Snap, minutes: Sequence[float], profile: Profile, speed_kmh: float | None
) -> list[dict[str, Any]]:
    """The areas for the minutes that are left at the street; nothing where none are."""
    left = [each for each in minutes if each >= LEAST_MINUTES]
    drawn = dict(zip(left, engine.reach(spot, left, profile, speed_kmh) if left else [], strict=False))
    return [drawn.get(each, NOTHING) for each in minutes]


def _near(start: Place, doors: Mapping[str, Place], minutes: float, speed_kmh: float) -> list[str]:
    """The doors that can't be too far along the straight line: one across the country would stop the engine, which
    has a farthest, from answering for any."""
    if not doors:
        return []
    farthest_m = 2 * FARTHEST_M + SLACK * minutes / 60 * speed_kmh * 1000
    away_m = straight_table_m([start], list(doors.values()))[0].tolist()
    return [door for door, each_m in zip(doors, away_m, strict=True) if each_m <= farthest_m]


def _minutes(spot: Snap, ends: Mapping[str, Snap], seconds: Floats) -> dict[str, float]:
    """How long it takes to each of the doors that lie at streets; no number where no way leads there."""
    return {
        door: (on_streets_s + (spot.away_m + end.away_m) / WALKING_MPS) / 60
        for (door, end), on_streets_s in zip(ends.items(), seconds.tolist(), strict=True)
        if end.away_m <= FARTHEST_M
    }


def geojson(found: Iterable[Area], asked: Question, made: Manifest) -> dict[str, Any]:
    """The areas as a collection of features, with whose data they are."""
    features = [
        {
            "type": "Feature",
            "properties": {"from": area.start, "minutes": area.minutes, "by": asked.by},
            "geometry": area.geometry,
        }
        for area in found
    ]
    return {"type": "FeatureCollection", "attribution": made.attribution, "features": features}


def _wrong(name: str, place: Place, spot: Snap) -> str | None:
    """Why nothing is reached from a start; none where something is."""
    where = f"{name} ({place.lon:g},{place.lat:g})"
    if spot.away_m <= FARTHEST_M:
        shut = f"{where} is at a street that is closed (--closed): nobody comes away from there"
        return shut if spot.barred == "shut" else None
    far = f"{spot.away_m:.0f} m" if spot.away_m < float("inf") else "more than 5 km"
    return (
        f"{where} is {far} from the nearest street, and {FARTHEST_M:g} m count "
        "as being at it: is it inside the extract, longitude first?"
    )
