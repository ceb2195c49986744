"""The routing engine (OSRM) on one profile's data: points in; tables and shapes out. It is loaded when it is first
asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.network.errors import AGAIN, NetworkError
from fleet.network.extra import TABLES, package_folder
from fleet.protocol.interpreter import collect_at_the_end
from fleet.protocol.values import Place

STEM = "streets.osrm"
"""What the engine's files of one profile begin with."""

Floats = NDArray[np.float64]


SHUT, NOWHERE = "shut", "nowhere"
"""Hints of spots that no way leads to: on a closed street, or without any street around."""

SAME_M = 1.0
"""Streets that are hardly farther from a point than the nearest one meet there."""


@dataclass(frozen=True, slots=True)
class Snap:
    """A point as the engine sees it: how far the nearest street is, and the engine's own name of the spot there."""

    lon: float
    lat: float
    away_m: float
    hint: str

    @property
    def leads(self) -> bool:
        """Whether a way could begin or end there."""
        return self.hint not in (SHUT, NOWHERE)


@cache
def opened(folder: Path) -> Engine:
    """The engine on this folder's data, once for each process: it holds the files in memory that processes share."""
    return Engine(folder)


class Engine:
    """Answers for one profile. Raises ``NetworkError`` where its files can't be used."""

    def __init__(self, folder: Path) -> None:
        package_folder(TABLES)  # says what to install
        import osrm

        collect_at_the_end()  # the engine tells whoever runs it of each of its objects that is left over then
        self._osrm = osrm
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

    def snaps(self, places: Sequence[Place], anchor: Place | None) -> list[Snap]:
        """The spots on streets nearest to the places.

        A small network that leads nowhere, such as a car park's, is passed over for the main one, unless all points of
        a request are on it: with the ``anchor``, which is on the main one, no point's spot depends on the others.
        """
        if not places:
            return []
        assert anchor is not None
        asked = self._osrm.TableParameters(
            coordinates=[(p.lon, p.lat) for p in (anchor, *places)],
            sources=[0],
            destinations=list(range(1, len(places) + 1)),
            annotations=["duration"],
        )
        try:
            found = self._engine.Table(asked)
        except RuntimeError as error:
            if "NoSegment" in str(error):  # all streets are closed
                return [Snap(p.lon, p.lat, np.inf, NOWHERE) for p in places]
            raise
        spots = zip(places, found["destinations"], strict=True)
        return [Snap(p.lon, p.lat, spot["distance"], spot["hint"]) for p, spot in spots]

    def table(self, starts: Sequence[Snap], ends: Sequence[Snap]) -> tuple[Floats, Floats]:
        """Seconds and metres from each of some spots to each of others; not a number where there is no way."""
        both = [*starts, *ends]
        found = self._engine.Table(
            self._osrm.TableParameters(
                coordinates=[(s.lon, s.lat) for s in both],
                hints=[s.hint for s in both],
                sources=list(range(len(starts))),
                destinations=list(range(len(starts), len(both))),
                annotations=["duration", "distance"],
                generate_hints=False,
            )
        )
        return _array(found["durations"]), _array(found["distances"])

    def shape(self, start: Snap, end: Snap) -> list[Place] | None:
        """The points along the way between two spots; none where there is no way."""
        asked = self._osrm.RouteParameters(
            coordinates=[(start.lon, start.lat), (end.lon, end.lat)],
            hints=[start.hint, end.hint],
            geometries="geojson",
            overview="full",
            generate_hints=False,
        )
        try:
            found = self._engine.Route(asked)
        except RuntimeError as error:
            if "NoRoute" in str(error):
                return None
            raise
        drawn: Iterable[Any] = found["routes"][0]["geometry"]["coordinates"]
        return [Place(lon=lon, lat=lat) for lon, lat in map(list, drawn)]


def _array(rows: Iterable[Any]) -> Floats:
    return np.array([list(row) for row in rows], dtype=np.float64)
