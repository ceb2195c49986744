"""The engine of tiles (Valhalla): ways that wheels can take around closed streets, and how far one comes in a time. It
is loaded when it is first asked."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from fleet.network.base import BARRED, Profile
from fleet.network.engine import SAME_M, Snap
from fleet.network.errors import AGAIN, NetworkError
from fleet.network.geodesic import straight_m
from fleet.network.tiles import config
from fleet.protocol.values import Place

Floats = NDArray[np.float64]
Ring = tuple[tuple[float, float], ...]
"""The border of a closed part of the map: longitudes and latitudes, the first point once more at the end."""

SEARCHED_M = 5000
"""So far around a point its street is looked for: as far as a fleet file may let a door lie from one."""

MOST_AT_ONCE = 500
"""So many points are asked for their streets at once."""

MOST_REGIONED = 200_000
"""So many spots are kept with their regions; then all are asked for anew."""

SPREAD = 7
"""Points along each side of a grid over a closed part, from which its streets are looked for."""

COSTING: Mapping[Profile, str] = MappingProxyType(
    {"drive": "auto", "walk": "pedestrian", "roll": "pedestrian"}
)

_NONE = ("No path could be found", "No suitable edges", "unconnected regions", "exceeds the max distance")
"""What the engine says where there is no way."""


@cache
def opened_tiles(folder: Path, closed: tuple[Ring, ...] = ()) -> SidewalkEngine:
    """The engine on these tiles, once for each process."""
    return SidewalkEngine(folder, closed)


class SidewalkEngine:
    """Answers for wheels, around ``closed`` streets. Raises ``NetworkError`` where the tiles can't be used."""

    def __init__(self, folder: Path, closed: tuple[Ring, ...] = ()) -> None:
        self._folder = folder
        self._regions: dict[tuple[Profile, float, float], int] = {}
        self._first: dict[Profile, list[Snap]] = {}
        self._closed = [[list(point) for point in ring] for ring in closed]
        self._shut = shapely.union_all([shapely.Polygon(ring) for ring in closed])
        shapely.prepare(self._shut)
        if not any(folder.rglob("*.gph")):
            raise NetworkError(str(folder), f"holds no tiles: {AGAIN}")
        settings = config(folder)
        import valhalla

        self._error: type[Exception] = valhalla.ValhallaError
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(settings, file)
            file.flush()
            self._actor = valhalla.Actor(file.name)

    def snaps(self, places: Sequence[Place], profile: Profile = "roll") -> list[Snap]:
        """The spots nearest to the places on streets that lead somewhere; infinitely far where there is none around.

        The engine passes over small networks by itself. A spot on a street that is closed stays there, and has no way:
        the next street would be another door's.
        """
        shut = bool(self._closed) and profile in BARRED
        found: list[Snap] = []
        for first in range(0, len(places), MOST_AT_ONCE):
            part = places[first : first + MOST_AT_ONCE]
            asked = {
                "locations": [_at(p.lon, p.lat, SEARCHED_M) for p in part],
                "verbose": shut,
            }
            answers = self._asked("locate", asked | _costing(profile))
            found += map(self._shut_spot if shut else _spot, part, answers)
        return found

    def table(
        self,
        starts: Sequence[Snap],
        ends: Sequence[Snap],
        profile: Profile = "roll",
        speed_kmh: float | None = None,
    ) -> tuple[Floats, Floats]:
        """Seconds (of a person in a wheelchair, unless another ``profile`` or speed is asked for) and metres from each
        of some spots to each of others; not a number where there is no way."""
        seconds, metres = np.full((2, len(starts), len(ends)), np.nan)
        rows, columns = ([k for k, s in enumerate(spots) if s.leads] for spots in (starts, ends))
        if not rows or not columns:
            return seconds, metres
        found = self._table([starts[k] for k in rows], [ends[k] for k in columns], profile, speed_kmh)
        if found is not None:
            seconds[np.ix_(rows, columns)], metres[np.ix_(rows, columns)] = found
            return seconds, metres
        regions = [
            [self._region(spots[k], profile) for k in some]
            for spots, some in ((starts, rows), (ends, columns))
        ]
        for region in set(regions[0]) & set(regions[1]):
            here = [k for k, each in zip(rows, regions[0], strict=True) if each == region]
            there = [k for k, each in zip(columns, regions[1], strict=True) if each == region]
            found = self._table([starts[k] for k in here], [ends[k] for k in there], profile, speed_kmh)
            if found is not None:
                seconds[np.ix_(here, there)], metres[np.ix_(here, there)] = found
        return seconds, metres

    def _table(
        self, starts: Sequence[Snap], ends: Sequence[Snap], profile: Profile, speed_kmh: float | None
    ) -> tuple[Floats, Floats] | None:
        """None where some of the spots lie in other regions than the rest: the engine answers for none of them then."""
        asked = {
            "sources": [_at(spot.lon, spot.lat) for spot in starts],
            "targets": [_at(spot.lon, spot.lat) for spot in ends],
            "verbose": False,
        }
        found = self._answer("matrix", asked, profile, speed_kmh)
        if found is None:
            return None
        told = found["sources_to_targets"]
        took = np.array(told["durations"], dtype=np.float64)  # null becomes not a number
        far = np.array(told["distances"], dtype=np.float64) * 1000
        return took, np.where(np.isnan(took), np.nan, far)

    def _region(self, spot: Snap, profile: Profile) -> int:
        """In which of the regions a spot lies that no streets of the map lead between, such as islands. The first spot
        that is seen of a region stands for it."""
        key = profile, spot.lon, spot.lat
        if key not in self._regions:
            known = self._first.setdefault(profile, [])
            if len(self._regions) > MOST_REGIONED:
                self._regions.clear()
            here = (
                n for n, first in enumerate(known) if self._table([first], [spot], profile, None) is not None
            )
            self._regions[key] = number = next(here, len(known))
            if number == len(known):
                known.append(spot)
        return self._regions[key]

    def shape(self, start: Snap, end: Snap) -> list[Place] | None:
        """The points along the way between two spots; none where there is no way."""
        if not (start.leads and end.leads):
            return None
        spots = [_at(spot.lon, spot.lat) for spot in (start, end)]
        found = self._answer("route", {"locations": spots, "directions_type": "none"})
        return None if found is None else _decoded(found["trip"]["legs"][0]["shape"])

    def reach(
        self, start: Snap, minutes: Sequence[float], profile: Profile, speed_kmh: float | None = None
    ) -> list[dict[str, Any]]:
        """The areas (GeoJSON geometries) within so many minutes of a spot, in their order; none where no way leads from
        it. ``speed_kmh`` counts where one goes or rolls; a drive keeps to speed limits."""
        asked = {
            "locations": [_at(start.lon, start.lat)],
            "contours": [{"time": each} for each in sorted(minutes)],
            "polygons": True,
            "denoise": 0.0,  # also the islands beside the main area are reached
        }
        found = self._answer("isochrone", asked, profile, speed_kmh)
        if found is None:
            return []
        drawn = {float(each["properties"]["contour"]): each["geometry"] for each in found["features"]}
        # The engine counts in single precision: its numbers are near ours, not the same.
        return [drawn[min(drawn, key=lambda told: abs(told - each))] for each in minutes]

    def idle(self, profile: Profile = "roll") -> tuple[Ring, ...]:
        """The closed parts that meet no street that one may take so: neither do those nearest to points all over
        them."""
        found: list[Ring] = []
        for ring in self._closed:
            part = shapely.Polygon(ring)
            asked = {"locations": [_at(lon, lat) for lon, lat in _spread(part)], "verbose": True}
            answers = self._asked("locate", asked | _costing(profile))
            edges = (edge for answer in answers for edge in answer["edges"] or ())
            if not any(part.intersects(_line(edge)) for edge in edges):
                found.append(tuple((lon, lat) for lon, lat in ring))
        return tuple(found)

    def _shut_spot(self, place: Place, answer: dict[str, Any]) -> Snap:
        """A spot; it is shut if all streets that meet there are."""
        spot = _spot(place, answer)
        met = [
            edge for edge in answer["edges"] or () if straight_m(place, _where(edge)) <= spot.away_m + SAME_M
        ]
        return replace(spot, barred="shut") if met and all(map(self._is_shut, met)) else spot

    def _is_shut(self, edge: dict[str, Any]) -> bool:
        return bool(self._shut.intersects(_line(edge)))

    def _answer(
        self, action: str, asked: dict[str, Any], profile: Profile = "roll", speed_kmh: float | None = None
    ) -> Any:
        """What the engine answers; none where it finds no way."""
        asked |= _costing(profile, speed_kmh)
        if self._closed and profile in BARRED:
            asked["exclude_polygons"] = self._closed
        try:
            return self._asked(action, asked)
        except self._error as error:
            if any(words in str(error) for words in _NONE):
                return None
            raise

    def _asked(self, action: str, asked: dict[str, Any]) -> Any:
        """Raises ``NetworkError`` where the engine finds a tile damaged, which it reads only when it comes to it."""
        try:
            return json.loads(getattr(self._actor, action)(json.dumps(asked)))
        except self._error:
            raise
        except RuntimeError as error:
            message = f"can't be read ({error}): {AGAIN}"
            raise NetworkError(str(self._folder), message) from error


def _costing(profile: Profile, speed_kmh: float | None = None) -> dict[str, Any]:
    name = COSTING[profile]
    options: dict[str, Any] = {"type": "wheelchair"} if profile == "roll" else {}
    if speed_kmh is not None and profile != "drive":
        options["walking_speed"] = speed_kmh
    return {"costing": name, "costing_options": {name: options}}


def _at(lon: float, lat: float, searched_m: int = SEARCHED_M) -> dict[str, float]:
    return {"lon": lon, "lat": lat, "search_cutoff": searched_m}


def _line(edge: dict[str, Any]) -> shapely.Geometry:
    return shapely.linestrings([(p.lon, p.lat) for p in _decoded(edge["edge_info"]["shape"])])


def _spread(part: shapely.Polygon) -> list[tuple[float, float]]:
    """Points all over a part of the map: of a grid, of its border and one that is inside whatever its form."""
    west, south, east, north = part.bounds
    lon, lat = np.meshgrid(np.linspace(west, east, SPREAD), np.linspace(south, north, SPREAD))
    grid = np.column_stack((lon.ravel(), lat.ravel()))
    inside = grid[shapely.intersects_xy(part, *grid.T)]
    border = [part.exterior.interpolate(at, normalized=True) for at in np.linspace(0, 1, 4 * SPREAD)]
    spots = (part.representative_point(), *border)
    return [*((spot.x, spot.y) for spot in spots), *((float(x), float(y)) for x, y in inside)]


def _spot(place: Place, answer: dict[str, Any]) -> Snap:
    """Of the streets that the engine names the nearest."""
    far = {straight_m(place, where): where for where in map(_where, answer["edges"] or ())}
    if not far:
        return Snap(place.lon, place.lat, np.inf, (place.lon, place.lat), "nowhere")
    near = far[min(far)]
    return Snap(near.lon, near.lat, min(far), (near.lon, near.lat))


def _where(edge: dict[str, Any]) -> Place:
    return Place(lon=edge["correlated_lon"], lat=edge["correlated_lat"])


def _decoded(line: str) -> list[Place]:
    """The points of a line in the engine's form: differences in millionths of a degree, five bits a character."""
    points: list[Place] = []
    at = [0, 0]
    which = value = shift = 0
    for character in line:
        bits = ord(character) - 63
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits < 0x20:
            at[which] += ~(value >> 1) if value & 1 else value >> 1
            which, value, shift = 1 - which, 0, 0
            if which == 0:
                points.append(Place(lon=at[1] / 1e6, lat=at[0] / 1e6))
    return points
