"""A path in four dimensions, cut into pieces on the planes of the cells that it passes."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from geofences.errors import PathError
from geofences.geometry.geodesy import METRES_PER_DEGREE, Floats, Pieces, densify
from geofences.geometry.planar import REACH_M, Cell, cell_of
from geofences.model.moments import utc

ONE_CELL_M = REACH_M - 2_000.0
"""A path that stays this close to its middle is checked on one plane."""


MOST_WITHIN_S = 86_400.0
"""A path that may be earlier or later by more than a day is no plan."""


FIRST_YEAR, LAST_YEAR = 2, 9998
"""Schedules look at the days around a time, which must be in the calendar too."""

TOO_LARGE = 1e300
"""The difference of two numbers that are smaller is a number."""


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where a path is at a time: degrees, metres above mean sea level, an aware time, which is kept in UTC.

    It may be there up to `within_s` earlier or later; between two waypoints that changes evenly.
    """

    lon: float
    lat: float
    alt_amsl_m: float
    at: datetime
    within_s: float = 0.0

    def __post_init__(self) -> None:
        if getattr(self.at, "tzinfo", None) is UTC:  # as nearly always
            return
        with suppress(PathError):  # `judge_path` says so, and which of the waypoints it is
            object.__setattr__(self, "at", utc(self.at, "a waypoint"))


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Pieces of a path: heights, times (Unix seconds), by how many seconds these may be wrong, and distances along the
    path, at both ends of each.
    """

    start: Floats
    end: Floats
    alt0: list[float]
    alt1: list[float]
    time0: list[float]
    time1: list[float]
    within0: list[float]
    within1: list[float]
    along0: list[float]
    along1: list[float]

    def only(self, piece: int) -> "Track":
        """One piece, by itself."""
        end = piece + 1
        return Track(*(getattr(self, one.name)[piece:end] for one in fields(self)))

    def along(self, piece: int, fraction: float) -> float:
        """Distance along the path, in metres, of a point of a piece."""
        return self.along0[piece] + (self.along1[piece] - self.along0[piece]) * fraction

    def earliest(self, piece: int, margin_s: float = 0.0) -> tuple[float, float]:
        """When the path is at both ends of a piece, if it is early by all that it may be and by the margin."""
        return (
            self.time0[piece] - self.within0[piece] - margin_s,
            self.time1[piece] - self.within1[piece] - margin_s,
        )

    def latest(self, piece: int, margin_s: float = 0.0) -> tuple[float, float]:
        """The same if it is late."""
        return (
            self.time0[piece] + self.within0[piece] + margin_s,
            self.time1[piece] + self.within1[piece] + margin_s,
        )

    @property
    def most_within_s(self) -> float:
        """By how many seconds its times may be wrong at the most."""
        return max(*self.within0, *self.within1)

    def time(self, piece: int, fraction: float) -> datetime:
        """When the path is at a point of a piece."""
        seconds = self.time0[piece] + (self.time1[piece] - self.time0[piece]) * fraction
        return datetime.fromtimestamp(seconds, UTC)


def track_of(path: Sequence[Waypoint]) -> Track:
    """Cut a path into pieces; one waypoint alone is a path that stands still. Raises `PathError`."""
    judge_path(path)
    points = list(path) if len(path) > 1 else [path[0], path[0]]
    lonlat = np.array([(point.lon, point.lat) for point in points], dtype=np.float64)
    pieces = densify(lonlat[:-1], lonlat[1:])
    alt = np.array([point.alt_amsl_m for point in points], dtype=np.float64)
    time = np.array([point.at.timestamp() for point in points])
    within = np.array([point.within_s for point in points], dtype=np.float64)
    along = np.concatenate(([0.0], np.cumsum(pieces.leg_m)))
    columns = (each for values in (alt, time, within, along) for each in _ends(pieces, values))
    return Track(pieces.start, pieces.end, *columns)


def judge_path(path: Sequence[Waypoint]) -> None:
    """Raise `PathError` unless the path can be checked."""
    if not path:
        raise PathError("a path needs at least one waypoint")
    for number, point in enumerate(path):
        if not all(abs(value) < TOO_LARGE for value in (point.lon, point.lat, point.alt_amsl_m)):
            raise PathError(f"waypoint {number} holds a number that is none: {point}")
        if abs(point.lon) > 180.0 or abs(point.lat) > 90.0:
            raise PathError(
                f"waypoint {number} is off the globe (longitude, latitude): {point.lon}, {point.lat}"
            )
        utc(point.at, f"the time of waypoint {number}")
        if not FIRST_YEAR <= point.at.year <= LAST_YEAR:
            raise PathError(f"waypoint {number} is not in the years {FIRST_YEAR} to {LAST_YEAR}: {point.at}")
        if not 0.0 <= point.within_s <= MOST_WITHIN_S:
            raise PathError(
                f"waypoint {number} may be reached within 0 to {MOST_WITHIN_S:.0f} s of its time, got {point.within_s}"
            )
        if number and point.at < path[number - 1].at:
            raise PathError(f"waypoint {number} is earlier than the one before it: {point.at}")


def _ends(pieces: Pieces, values: Floats) -> tuple[list[float], list[float]]:
    first, change = values[:-1][pieces.leg], np.diff(values)[pieces.leg]
    return (first + change * pieces.u0).tolist(), (first + change * pieces.u1).tolist()


def by_cell(start: Floats, end: Floats) -> Iterator[tuple[Cell, npt.NDArray[np.intp]]]:
    """Cells, and which pieces are checked on the plane of each; one cell for a path that fits around it."""
    if len(start) == 0:
        return
    middle = _common_middle(start, end)
    if middle is not None:
        yield cell_of(*middle), np.arange(len(start))
        return
    groups: dict[Cell, list[int]] = {}
    lon = start[:, 0] + _short_way(end[:, 0] - start[:, 0]) / 2.0
    for piece, where in enumerate(zip(lon.tolist(), ((start[:, 1] + end[:, 1]) / 2.0).tolist(), strict=True)):
        groups.setdefault(cell_of(*where), []).append(piece)
    for cell, members in groups.items():
        yield cell, np.array(members, dtype=np.intp)


def _common_middle(start: Floats, end: Floats) -> tuple[float, float] | None:
    low = np.minimum(start.min(axis=0), end.min(axis=0))
    high = np.maximum(start.max(axis=0), end.max(axis=0))
    (west, south), (east, north) = low.tolist(), high.tolist()
    lat = (south + north) / 2.0
    half_lat, half_lon = (north - south) / 2.0, (east - west) / 2.0 * math.cos(math.radians(lat))
    near = math.hypot(half_lat, half_lon) * METRES_PER_DEGREE <= ONE_CELL_M
    return ((west + east) / 2.0, lat) if near else None


def _short_way(step: Floats) -> Floats:
    return np.asarray((step + 180.0) % 360.0 - 180.0)
