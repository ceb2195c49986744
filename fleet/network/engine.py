"""The routing engine (OSRM) on one profile's data: points in; tables and shapes out. It is loaded when it is first
asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fleet.network.errors import AGAIN, NetworkError
from fleet.network.extra import TABLES, package_folder
from fleet.protocol.interpreter import collect_at_the_end
from fleet.protocol.values import Place

STEM = "streets.osrm"
"""What the engine's files of one profile begin with."""

Floats = NDArray[np.float64]


Point = tuple[float, float]
"""Longitude and latitude."""

SAME_M = 1.0
"""Streets that are hardly farther from a point than the nearest one meet there."""


@dataclass(frozen=True, slots=True)
class Snap:
    """A point as the engine sees it: what is asked for by, how far the nearest street is, and the spot there."""

    lon: float
    lat: float
    away_m: float
    spot: Point
    barred: Literal["shut", "nowhere"] | None = None
    """Why no way leads there: the street is closed, or there is none around."""

    @property
    def leads(self) -> bool:
        """Whether a way could begin or end there."""
        return self.barred is None


@cache
def opened(folder: Path, apart: tuple[Place, Place]) -> Engine:
    """The engine on this folder's data, once for each process: it holds the files in memory that processes share."""
    return Engine(folder, apart)


class Engine:
    """Answers for one profile. Raises ``NetworkError`` where its files can't be used.

    A small network that leads nowhere, such as a car park's, is passed over for the main one, unless all points of a
    request are near it. Two places that are ``apart``, so that no small network is near both, are among the points of
    each table, though no way is asked of them: so a point's spot never depends on the others.
    """

    def __init__(self, folder: Path, apart: tuple[Place, Place]) -> None:
        package_folder(TABLES)  # says what to install
        import osrm

        collect_at_the_end()  # the engine tells whoever runs it of each of its objects that is left over then
        self._osrm = osrm
        self._apart = [(place.lon, place.lat) for place in apart]
        try:
            self._engine = osrm.OSRM(
                algorithm="CH",
                storage_config=str(folder / STEM),
                use_shared_memory=False,
                use_mmap=True,
                max_locations_distance_table=-1,
                max_locations_viaroute=-1,
                verbosity="NONE",
            )
        except RuntimeError as error:
            raise NetworkError(str(folder), f"cannot be opened ({error}): {AGAIN}") from error

    def snaps(self, places: Sequence[Place]) -> list[Snap]:
        """The spots on streets nearest to the places."""
        if not places:
            return []
        points = [(p.lon, p.lat) for p in places]
        try:
            found = self._table(points, [len(points)], range(len(points)), ["duration"])
        except RuntimeError as error:
            if "NoSegment" in str(error):  # all streets are closed
                return [Snap(*point, np.inf, point, "nowhere") for point in points]
            raise
        spots = zip(points, found["destinations"], strict=True)
        return [Snap(*point, spot["distance"], _spot(spot)) for point, spot in spots]

    def table(self, starts: Sequence[Snap], ends: Sequence[Snap]) -> tuple[Floats, Floats]:
        """Seconds and metres from each of some spots to each of others; not a number where there is no way."""
        begin, end = ([(s.lon, s.lat) for s in spots] for spots in (starts, ends))
        number = {point: k for k, point in enumerate(dict.fromkeys([*begin, *end]))}
        sources, destinations = ([number[point] for point in points] for points in (begin, end))
        found = self._table(list(number), sources, destinations, ["duration", "distance"])
        return _array(found["durations"]), _array(found["distances"])

    def shape(self, start: Snap, end: Snap) -> list[Place] | None:
        """The points along the way between two spots; none where there is no way."""
        found = self._route((start.lon, start.lat), (end.lon, end.lat))
        if found is None or [_spot(each) for each in found["waypoints"]] != [start.spot, end.spot]:
            # Both are near one small network, and no third point can be among those of a drawn way: so it is asked for
            # between the spots themselves. Not always, since they are rounded, and now and then another is nearer then.
            found = self._route(start.spot, end.spot)
        if found is None:
            return None
        drawn: Iterable[Any] = found["routes"][0]["geometry"]["coordinates"]
        return [Place(lon=lon, lat=lat) for lon, lat in map(list, drawn)]

    def _table(
        self, points: list[Point], sources: Sequence[int], destinations: Sequence[int], asked: list[str]
    ) -> Any:
        """What is asked about the ways from some of the points to some; the first of those ``apart`` is the next."""
        return self._engine.Table(
            self._osrm.TableParameters(
                coordinates=[*points, *self._apart],
                sources=list(sources),
                destinations=list(destinations),
                annotations=asked,
                generate_hints=False,  # the engine pays no heed to hints
            )
        )

    def _route(self, start: Point, end: Point) -> Any:
        """The way between two points with its shape; none where there is none."""
        asked = self._osrm.RouteParameters(
            coordinates=[start, end], geometries="geojson", overview="full", generate_hints=False
        )
        try:
            return self._engine.Route(asked)
        except RuntimeError as error:
            if "NoRoute" in str(error):
                return None
            raise


def _spot(told: Any) -> Point:
    lon, lat = told["location"]
    return lon, lat


def _array(rows: Iterable[Any]) -> Floats:
    return np.array([list(row) for row in rows], dtype=np.float64)
