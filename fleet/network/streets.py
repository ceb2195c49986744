"""Real streets: a ``Network`` from a folder that ``fleet network build`` has made of an OpenStreetMap extract.

A point counts as being at the nearest street of the main network, if that is no farther than ``farthest_m``. What lies
between the two is gone at walking pace, along the straight line, and belongs to the way. A point that is farther off is
``off_streets``, and no number is made up for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite, isqrt
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from fleet.network.base import BARRED, FASTEST_MPS, Gap, Leg, Legs, Matrix, Profile
from fleet.network.closing import around
from fleet.network.detours import DetourEngine, opened_around
from fleet.network.engine import Engine, Snap, opened
from fleet.network.errors import NetworkError
from fleet.network.geodesic import EARTH_RADIUS_M, WALKING_MPS, lonlat, straight_table_m
from fleet.network.manifest import (
    PROFILE_OF,
    TILES_FOLDER,
    Manifest,
    ProfileName,
    check_whole,
    read_manifest,
)
from fleet.network.programs import Progress, silently
from fleet.network.sidewalks import Ring, SidewalkEngine, opened_tiles
from fleet.protocol.values import Place

FARTHEST_M = 250.0
"""How far from the nearest street a point may lie, unless the fleet file says otherwise."""

MOST_SNAPS = 200_000
"""So many points are kept with their streets; then all are asked for anew."""

TILE = 1_000_000
"""So many ways are asked of the engine at once."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Spots:
    """Points at their streets, and how far from them."""

    snaps: tuple[Snap, ...]
    away_m: Floats

    def part(self, some: slice) -> _Spots:
        """Some of them."""
        return _Spots(self.snaps[some], self.away_m[some])


class StreetNetwork:
    """See the module. It reads its folder once; another process that is handed one opens the same data."""

    def __init__(
        self, folder: Path, manifest: Manifest, farthest_m: float = FARTHEST_M, closed: tuple[Ring, ...] = ()
    ) -> None:
        self.folder, self.manifest, self.farthest_m, self.closed = folder, manifest, farthest_m, closed
        self._snaps: dict[tuple[Profile, float, float], Snap] = {}
        self._around: dict[Profile, Path | None] = {}

    def __reduce__(self) -> tuple[type[StreetNetwork], tuple[Path, Manifest, float, tuple[Ring, ...]]]:
        return StreetNetwork, (self.folder, self.manifest, self.farthest_m, self.closed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StreetNetwork) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    @property
    def assumption(self) -> str:
        """From which extract the streets are, and that nothing is known of the traffic on them."""
        known = self.manifest
        closed = f", {len(self.closed)} parts closed to vans and robots" if self.closed else ""
        return (
            f"streets: {known.source} ({known.source_sha256[:8]}), at four fifths of their speed limits, "
            f"without traffic, up to {self.farthest_m:g} m off them on foot{closed}; {known.attribution}"
        )

    @property
    def version(self) -> str:
        """A hash of extract, engine and profiles, how far off its streets a point may lie, and what is closed."""
        closed = hashlib.sha256(repr(self.closed).encode()).hexdigest()[:12] if self.closed else ""
        return f"{self.manifest.version}/{self.farthest_m:g}" + (f"/{closed}" if closed else "")

    @property
    def credit(self) -> str:
        """As the extract's licence wants it."""
        return self.manifest.attribution

    def lacks(self, profiles: Iterable[Profile]) -> tuple[ProfileName, ...]:
        """Which of these profiles were not built."""
        needed = {PROFILE_OF[p] for p in profiles if not (p == "roll" and self.manifest.tiles)}
        return tuple(sorted(needed - self.manifest.profiles.keys()))

    def away_m(self, place: Place, profile: Profile) -> float:
        """How far a place is from the nearest street; robots' streets are looked for around it only, and infinitely
        far beyond."""
        return float(self._spots((place,), profile).away_m[0])

    def close(self, tell: Progress = silently) -> None:
        """Prepare vans' ways around closed streets, which takes its time and is done once; else it happens when the
        first of them is asked for. Raises ``NetworkError`` where that fails."""
        if self.closed and PROFILE_OF["drive"] in self.manifest.profiles:
            around(self.folder / self.manifest.data / PROFILE_OF["drive"], self.closed, tell)

    def idle(self) -> tuple[Ring, ...]:
        """The closed parts that meet no street which is open to vans or robots otherwise."""
        engine = self._engine("roll") if self.closed else None
        if not isinstance(engine, SidewalkEngine):
            return ()
        left = set(engine.idle("roll")) & set(engine.idle("drive"))
        return tuple(ring for ring in self.closed if ring in left)

    def leg(self, start: Place, end: Place, profile: Profile) -> Leg | None:
        """The fastest way between two points; none where ``gap`` says why."""
        found = self.cross((start,), (end,), profile)
        distance_m, duration_s = float(found.distance_m[0, 0]), float(found.duration_s[0, 0])
        return Leg(distance_m, duration_s) if np.isfinite(distance_m) else None

    def legs(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Legs:
        """The fastest ways, pair by pair. They are picked from tables of the points that occur, which takes the engine
        far less time than pair by pair."""
        distance_m, duration_s = np.empty(len(starts)), np.empty(len(starts))
        for part in _parts(starts, ends):
            rows = {place: i for i, place in enumerate(dict.fromkeys(starts[k] for k in part))}
            columns = {place: i for i, place in enumerate(dict.fromkeys(ends[k] for k in part))}
            table = self.cross(tuple(rows), tuple(columns), profile)
            picked = [rows[starts[k]] for k in part], [columns[ends[k]] for k in part]
            distance_m[part], duration_s[part] = table.distance_m[picked], table.duration_s[picked]
        return Legs(distance_m, duration_s)

    def cross(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Matrix:
        """The fastest ways from each of some points to each of others, in tiles that bound the memory."""
        distance_m, duration_s = np.full((2, len(starts), len(ends)), np.inf)
        if len(starts) and len(ends):
            begin, end = self._spots(starts, profile), self._spots(ends, profile)
            for rows, columns in _tiles(len(starts), len(ends)):
                here, there = begin.part(rows), end.part(columns)
                straight_m = straight_table_m(starts[rows], ends[columns])
                found = self._tile(here, there, straight_m, profile)
                duration_s[rows, columns], distance_m[rows, columns] = found
        return Matrix(distance_m, duration_s)

    def matrix(self, points: Sequence[Place], profile: Profile) -> Matrix:
        """All ways between the points."""
        return self.cross(points, points, profile)

    def path(self, start: Place, end: Place, profile: Profile) -> tuple[Place, ...] | None:
        """The fastest way's points, from ``start`` over the streets to ``end``."""
        if start == end:
            return (start, end)
        spots = self._spots((start, end), profile)
        if (spots.away_m > self.farthest_m).any():
            return None
        drawn = self._engine(profile).shape(*spots.snaps)
        if drawn is None:
            return None
        simpler = _simpler([start, *drawn, end])
        # What is left out must not cut a closed part's corner.
        grazes = profile in BARRED and _meeting(simpler, self.closed)
        return (start, *drawn, end) if grazes else tuple(simpler)

    def gap(self, start: Place, end: Place, profile: Profile) -> Gap | None:
        """Why there is no way between two points."""
        from_m, to_m = self._spots((start, end), profile).away_m.tolist()
        for away_m, is_end in ((to_m, True), (from_m, False)):
            if away_m > self.farthest_m:
                found_m = away_m if isfinite(away_m) else None
                return Gap("off_streets", found_m, self.farthest_m, end=is_end)
        shut = any(not snap.leads for snap in self._spots((start, end), profile).snaps)
        if not shut and self.leg(start, end, profile) is not None:
            return None
        return self._closed_gap(start, end, profile) or Gap("no_way")

    def _closed_gap(self, start: Place, end: Place, profile: Profile) -> Gap | None:
        """Which closed part is in the way, of two points that all streets would lead between."""
        if not self.closed or profile not in BARRED:
            return None
        before = StreetNetwork(self.folder, self.manifest, self.farthest_m).path(start, end, profile)
        if before is None:
            return None
        line = shapely.linestrings([(point.lon, point.lat) for point in before])
        lon, lat = min(self.closed, key=lambda ring: shapely.distance(line, shapely.Polygon(ring)))[0]
        return Gap("closed", part=Place(lon=lon, lat=lat))

    def _tile(
        self, starts: _Spots, ends: _Spots, straight_m: Floats, profile: Profile
    ) -> tuple[Floats, Floats]:
        """Seconds and metres; infinite where there is no way."""
        seconds, metres = self._engine(profile).table(starts.snaps, ends.snaps)
        afoot_m = starts.away_m[:, None] + ends.away_m[None, :]
        off = (starts.away_m > self.farthest_m)[:, None] | (ends.away_m > self.farthest_m)[None, :]
        gone = (off | np.isnan(seconds)) & (straight_m > 0)
        here = straight_m == 0  # a point and itself: nobody goes to the street and back
        # A limit that a map states wrongly makes nobody faster than others.
        took_s = np.maximum(seconds + afoot_m / WALKING_MPS, straight_m / FASTEST_MPS)
        duration_s = np.where(here, 0.0, np.where(gone, np.inf, took_s))
        # The engine's earth is a little smaller than ours.
        distance_m = np.where(here, 0.0, np.where(gone, np.inf, np.maximum(metres + afoot_m, straight_m)))
        return duration_s, distance_m

    def _engine(self, profile: Profile) -> Engine | DetourEngine | SidewalkEngine:
        data = self.folder / self.manifest.data
        if self._by_tiles(profile):
            return opened_tiles(data / TILES_FOLDER, self.closed)
        name = self._name(profile)
        tables, apart = data / name, self.manifest.profiles[name].apart
        if not self.closed or profile not in BARRED:
            return opened(tables, apart)
        if profile not in self._around:
            self._around[profile] = around(tables, self.closed, silently)
        found = self._around[profile]
        return opened(tables, apart) if found is None else opened_around(tables, found, apart)

    def _by_tiles(self, profile: Profile) -> bool:
        """Whether these ways come from the engine that knows wheels and closed streets."""
        return profile == "roll" and self.manifest.tiles is not None

    def _name(self, profile: Profile) -> ProfileName:
        name = PROFILE_OF[profile]
        if name not in self.manifest.profiles:
            raise NetworkError(str(self.folder), f"was built without the profile {name!r}")
        return name

    def _spots(self, places: Sequence[Place], profile: Profile) -> _Spots:
        at = {(profile, p.lon, p.lat): p for p in places}
        known = {key: snap for key in at if (snap := self._snaps.get(key)) is not None}
        if len(known) < len(at):
            fresh = {key: place for key, place in at.items() if key not in known}
            found = dict(zip(fresh, self._engine(profile).snaps(list(fresh.values())), strict=True))
            if len(self._snaps) + len(found) > MOST_SNAPS:
                self._snaps.clear()
            self._snaps.update(found)
            known |= found
        snaps = tuple(known[profile, p.lon, p.lat] for p in places)
        return _Spots(snaps, np.array([snap.away_m for snap in snaps]))


def open_streets(
    folder: Path, farthest_m: float = FARTHEST_M, closed: tuple[Ring, ...] = ()
) -> StreetNetwork:
    """The streets of a folder; ``closed`` are parts of the map in which no street is open to vans or robots. Raises
    ``NetworkError`` where it is none or no more whole, the engine to read it is missing, or nothing can be closed in
    it."""
    manifest = read_manifest(folder)
    check_whole(folder, manifest)
    if closed and manifest.tiles is None:
        message = "has no tiles, so nothing can be closed: build it of an .osm.pbf with `fleet network build`"
        raise NetworkError(str(folder), message)
    slim = manifest.model_copy(update={"files": {}})  # workers are handed it, and it may name thousands
    network = StreetNetwork(folder.absolute(), slim, farthest_m, closed)
    for name, made in manifest.profiles.items():
        opened(network.folder / manifest.data / name, made.apart)
    if manifest.tiles is not None:
        opened_tiles(network.folder / manifest.data / TILES_FOLDER, closed)
    return network


def _meeting(points: Sequence[Place], parts: Iterable[Ring]) -> bool:
    """Whether a line through the points meets one of the parts."""
    line = shapely.linestrings([(point.lon, point.lat) for point in points])
    return any(shapely.intersects(line, shapely.Polygon(part)) for part in parts)


def _tiles(starts: int, ends: int) -> Iterator[tuple[slice, slice]]:
    """The rows and columns of a table's tiles, as square as can be: for each tile the engine searches once from each of
    its starts, and once from each of its ends."""
    wide = min(ends, max(isqrt(TILE), TILE // starts))
    tall = max(1, TILE // wide)
    for first, left in product(range(0, starts, tall), range(0, ends, wide)):
        yield slice(first, first + tall), slice(left, left + wide)


def _parts(starts: Sequence[Place], ends: Sequence[Place]) -> list[list[int]]:
    """The pairs' numbers, in parts whose tables stay small: pairs that share a start stay together, and starts that lie
    together, whose ends are often the same."""
    by_start: dict[Place, list[int]] = {}
    for number, start in enumerate(starts):
        by_start.setdefault(start, []).append(number)
    parts: list[list[int]] = []
    rows, columns = 0, set[Place]()
    for start in sorted(by_start, key=_along):
        numbers = by_start[start]
        columns |= {ends[k] for k in numbers}
        rows += 1
        if not parts or rows * len(columns) > MOST_TABLE:
            parts.append([])
            rows, columns = 1, {ends[k] for k in numbers}
        parts[-1] += numbers
    return parts


def _along(place: Place) -> int:
    """A place's number along a curve that passes places which lie together one after the other (Morton's)."""
    cells = round((place.lon + 180) * CELLS_A_DEGREE), round((place.lat + 90) * CELLS_A_DEGREE)
    return sum(
        ((cell >> bit) & 1) << (2 * bit + k) for k, cell in enumerate(cells) for bit in range(CELL_BITS)
    )


CELLS_A_DEGREE, CELL_BITS = 1000, 19
"""Cells of the curve: a hundred metres, all around the earth."""

MOST_TABLE = 40_000
"""Ways in one table of ``legs``: more would be asked for than are needed."""


DRAWN_M = 1.0
"""So far a drawn way may stray from the middle of its streets."""


def _simpler(points: Sequence[Place]) -> list[Place]:
    """The points without those that add nothing to be seen (Douglas and Peucker); both ends stay."""
    lon, lat = lonlat(points)
    metres = np.radians(np.column_stack((lon * np.cos(np.radians(lat[0])), lat))) * EARTH_RADIUS_M
    line = shapely.simplify(shapely.linestrings(metres), DRAWN_M, preserve_topology=False)
    kept = [points[0]]
    at = {tuple(spot): point for spot, point in zip(metres.tolist(), points, strict=True)}
    for spot in shapely.get_coordinates(line).tolist():
        point = at[tuple(spot)]
        if point != kept[-1]:
            kept.append(point)
    return kept if len(kept) > 1 else [points[0], points[-1]]


__all__ = ["FARTHEST_M", "StreetNetwork", "open_streets"]
