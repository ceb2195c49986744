"""How far one comes from a place in a time: areas on the map (isochrones), and who lies in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import shapely

from fleet.network.base import Profile
from fleet.network.errors import NetworkError
from fleet.network.manifest import TILES_FOLDER, Manifest, check_whole, read_manifest
from fleet.network.sidewalks import Ring, opened_tiles
from fleet.network.streets import FARTHEST_M
from fleet.protocol.values import Place

By = Literal["van", "robot", "foot"]

PROFILES: Mapping[By, Profile] = {"van": "drive", "robot": "roll", "foot": "walk"}
SPEED_KMH: Mapping[By, float | None] = {"van": None, "robot": 5.0, "foot": 5.0}
"""How fast one is unless told; vans keep to what the engine knows of their streets."""

LEAST_MINUTES, MOST_MINUTES = 0.1, 600


@dataclass(frozen=True, slots=True)
class Area:
    """All within so many minutes of a place (by its name), as a GeoJSON geometry."""

    start: str
    minutes: float
    geometry: dict[str, Any]

    def holds(self, places: Sequence[Place]) -> list[bool]:
        """Which of the places lie in it."""
        shape = shapely.from_geojson(json.dumps(self.geometry))
        found = shapely.intersects_xy(shape, [p.lon for p in places], [p.lat for p in places])
        return [bool(each) for each in found]


@dataclass(frozen=True, slots=True)
class Question:
    """In how many minutes, by what, how fast, and around which closed parts of the map."""

    minutes: tuple[float, ...]
    by: By
    speed_kmh: float | None = None
    closed: tuple[Ring, ...] = ()


def areas(folder: Path, starts: Mapping[str, Place], asked: Question) -> tuple[Area, ...]:
    """The areas around each start, for each number of minutes. Raises ``NetworkError`` for a folder without tiles, and
    for a start that is off the streets."""
    made = read_manifest(folder)
    if made.tiles is None:
        raise NetworkError(
            str(folder),
            "has no tiles, which areas come from: build it of an .osm.pbf with `fleet network build`",
        )
    check_whole(folder, made)
    engine = opened_tiles(folder.absolute() / made.data / TILES_FOLDER, asked.closed)
    spots = engine.snaps(list(starts.values()), None)
    found: list[Area] = []
    speed = asked.speed_kmh or SPEED_KMH[asked.by]
    for (name, place), spot in zip(starts.items(), spots, strict=True):
        if spot.away_m > FARTHEST_M:
            raise NetworkError(str(folder), _off(name, place, spot.away_m))
        drawn = engine.reach(place, asked.minutes, PROFILES[asked.by], speed)
        found += (Area(name, *each) for each in zip(asked.minutes, drawn, strict=True))
    return tuple(found)


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


def _off(name: str, place: Place, away_m: float) -> str:
    far = f"{away_m:.0f} m" if away_m < float("inf") else "more than 5 km"
    return (
        f"{name} ({place.lon:g},{place.lat:g}) is {far} from the nearest street, and {FARTHEST_M:g} m count "
        "as being at it: is it inside the extract, longitude first?"
    )
