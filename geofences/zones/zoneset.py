"""An immutable set of zones with a version, an index, and what checks of it have already worked out."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon

from geofences.errors import NoSuchZone
from geofences.geometry.planar import Cell, LocalMap
from geofences.geometry.shapes import lonlat_polygon, polygons_of
from geofences.kernels.flat import Flat, compiled, flatten
from geofences.kernels.kernel import Kernel
from geofences.model.approvals import countries_of, numbers_on_approval
from geofences.model.refused import ReadZones, Refused
from geofences.model.zone import NEVER_BLOCKS, Held, Restriction, Zone
from geofences.zones.areas import Area as Area  # noqa: PLC0414 - part of what a set answers with
from geofences.zones.areas import ZoneVolume as ZoneVolume  # noqa: PLC0414
from geofences.zones.areas import narrowed
from geofences.zones.timetable import Days, Timetable, timetable, whole_days
from geofences.zones.walls import Walls, index_of, map_around, walls_around

MOST_CACHED = 256

T = TypeVar("T")


class ZoneSet:
    """Zones that are checked together. Two zones may share an id (national files do that): both apply.

    Equal content gives equal sets and versions, whatever the order. May be pickled: another process works
    out its own index. Threads may share one: its geometries are never prepared, and its caches only ever
    gain entries.

    `missing` are zones that belong to it and were refused in reading: a set that lacks any is incomplete, and
    what is not BLOCKED is UNKNOWN wherever they may matter (`Why.ZONE_REFUSED`). `ZoneSet.of` takes them from files.

    Raises `ZoneError` for a zone with a shape that encloses nothing or something ambiguous.
    """

    def __init__(self, zones: Iterable[Zone] = (), *, missing: Iterable[Refused] = ()) -> None:
        given = tuple(zones)
        drawn = [polygons_of(zone) for zone in given]
        self._fill(given, tuple(missing))
        # As `_polygons` would be worked out when it is first needed.
        self.__dict__["_polygons"] = tuple(
            polygon
            for zone, polygons in zip(given, drawn, strict=True)
            if zone.restriction not in NEVER_BLOCKS
            for polygon in polygons
        )

    @classmethod
    def of(cls, *files: ReadZones) -> "ZoneSet":
        """The zones of files that were read, with what is missing of them."""
        return cls(
            (zone for one in files for zone in one.zones),
            missing=(refused for one in files for refused in one.refused),
        )

    def _fill(
        self, zones: tuple[Zone, ...], missing: tuple[Refused, ...], hashes: tuple[str, ...] | None = None
    ) -> None:
        self._zones, self._missing = zones, missing
        self._hashes = tuple(zone.content_hash() for zone in zones) if hashes is None else hashes
        self._areas: dict[tuple[Cell, float, frozenset[str] | None], tuple[tuple[Area, Polygon], ...]]
        self._areas = {}
        self._blocking: dict[frozenset[Held], npt.NDArray[np.uint8]] = {}
        self._timetables: dict[Days, Timetable] = {}
        self.resolved: dict[object, ZoneSet] = {}
        """As they apply to whoever holds authorisations, by what is held: kept by `authorised`."""
        self._stem: ZoneSet | None = None
        self._more: tuple[Zone, ...] = ()
        self._kept: dict[object, Any] = {}

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones, in the order in which they were given."""
        return self._zones

    @property
    def missing(self) -> tuple[Refused, ...]:
        """The zones that belong to it and were refused; none is a set that is complete."""
        return self._missing

    @property
    def hashes(self) -> tuple[str, ...]:
        """What each of `zones` says, as its content hash."""
        return self._hashes

    @cached_property
    def version(self) -> str:
        """`sha256:` and the hash of all that the zones say, and of which are missing; not of their order, files and
        flags (rule E14).
        """
        lacks = sorted(f"missing {one.zone!r} {one.restriction}" for one in self._missing)
        return "sha256:" + hashlib.sha256("\n".join([*sorted(self._hashes), *lacks]).encode()).hexdigest()

    def find(self, zone_id: str) -> tuple[Zone, ...]:
        """All zones with this id."""
        return tuple(zone for zone in self._zones if zone.zone_id == zone_id)

    def with_zone(self, zone: Zone) -> "ZoneSet":
        """A set with one zone more; zones that share its id stay (rule E10: the old set is untouched). Raises
        `ZoneError` as the constructor does.
        """
        polygons_of(zone)
        made = self._derived((*self._zones, zone), (*self._hashes, zone.content_hash()))
        # What this set has worked out holds for its zones in the new set too, where they come first.
        if "_flat" in self.__dict__:
            made._stem, made._more = self, (zone,)
        elif self._stem is not None:
            made._stem, made._more = self._stem, (*self._more, zone)
        return made

    def without_zone(self, zone_id: str) -> "ZoneSet":
        """A set without the zones of this id. Raises `NoSuchZone` if there is none."""
        kept = [
            (zone, code)
            for zone, code in zip(self._zones, self._hashes, strict=True)
            if zone.zone_id != zone_id
        ]
        if len(kept) == len(self._zones):
            raise NoSuchZone(zone_id)
        return self._derived(tuple(zone for zone, _ in kept), tuple(code for _, code in kept))

    @property
    def grown_from(self) -> tuple["ZoneSet | None", tuple[Zone, ...]]:
        """The set that this one has grown from with `with_zone`, if what that worked out is used, and by which."""
        return self._stem, self._more

    def with_hashes(self, zones: Iterable[tuple[Zone, str]]) -> "ZoneSet":
        """A set of zones whose content hashes are known."""
        both = tuple(zones)
        return self._derived(tuple(zone for zone, _ in both), tuple(code for _, code in both))

    def _derived(self, zones: tuple[Zone, ...], hashes: tuple[str, ...]) -> "ZoneSet":
        made = ZoneSet.__new__(ZoneSet)
        made._fill(zones, self._missing, hashes)
        return made

    # What checks need; worked out once and kept.

    @cached_property
    def volumes(self) -> tuple[ZoneVolume, ...]:
        """Every volume of every zone that may block, in order; `LocalMap.owners` counts in it."""
        return tuple(
            ZoneVolume(zone, volume)
            for zone in self._zones
            if zone.restriction not in NEVER_BLOCKS
            for volume in zone.volumes
        )

    @cached_property
    def operating_areas(self) -> tuple[Zone, ...]:
        """The zones to stay inside of."""
        return tuple(zone for zone in self._zones if zone.restriction is Restriction.OPERATING_AREA)

    @cached_property
    def kernel(self) -> Kernel:
        """`volumes` as the compiled checks know them."""
        return compiled(self._flat)

    @cached_property
    def _flat(self) -> Flat:
        stem, self._stem = self._stem, None  # once it has served it need not be kept
        if stem is None:
            return flatten([one.volume for one in self.volumes], self._polygons)
        more = ZoneSet(self._more)
        return stem._flat.followed_by(more._flat) if more.volumes else stem._flat

    def blocking(self, held: frozenset[Held]) -> npt.NDArray[np.uint8]:
        """Which of `volumes` may not be entered by somebody who holds these approvals: 1, else 0. An id alone that
        zones of several countries have says of none that it is meant.
        """
        relevant = held.intersection(self._on_approval)
        found = self._blocking.get(relevant)
        if found is None:
            found = np.ones(len(self.volumes), dtype=np.uint8)
            for one in relevant:
                found[self._on_approval[one]] = 0
            _keep(self._blocking, relevant, found)
        return found

    @cached_property
    def _on_approval(self) -> Mapping[Held, list[int]]:
        return numbers_on_approval([one.zone for one in self.volumes], self.countries)

    @cached_property
    def countries(self) -> Mapping[str, frozenset[str]]:
        """The countries whose zones on approval have an id, by id."""
        stem, more = self.grown_from
        return countries_of(self._zones) if stem is None else countries_of(more, stem.countries)

    def timetable(self, start_s: float, end_s: float) -> Timetable:
        """When `volumes` apply on the days that hold these times, as far as it was asked so far."""
        days = whole_days(start_s, end_s)
        found = self._timetables.get(days)
        if found is None:
            found = timetable(self.volumes, days)
            _keep(self._timetables, days, found)
        return found

    def list_times(self, table: Timetable, wanted: list[int]) -> Timetable:
        """A timetable with the times of more volumes; it is kept."""
        found = table.listing(self.volumes, wanted)
        _keep(self._timetables, found.days, found)
        return found

    @cached_property
    def _polygons(self) -> tuple[Polygon, ...]:
        return tuple(lonlat_polygon(one.volume.shape) for one in self.volumes)

    @cached_property
    def _index(self) -> shapely.STRtree:
        return index_of(self._polygons)

    def volumes_near(self, cell: Cell, beyond_m: float) -> list[int]:
        """Which of `volumes` have a bounding box within `beyond_m` of the cell."""
        if not self.volumes:
            return []
        found = self._index.query(shapely.box(*cell.window(beyond_m)))
        return sorted({int(number) % len(self.volumes) for number in found})

    def plain_map(self, cell: Cell, beyond_m: float) -> LocalMap:
        """The blocking zones within `beyond_m` of a cell, not widened."""
        return self.kept(("plain", cell, beyond_m), lambda: self._plain_map(cell, beyond_m))

    def _plain_map(self, cell: Cell, beyond_m: float) -> LocalMap:
        near = self.volumes_near(cell, beyond_m)
        return map_around(cell, beyond_m, [self._polygons[number] for number in near], near)

    def walls(self, cell: Cell, beyond_m: float) -> Walls:
        """The blocking zones within `beyond_m` of a cell as rings, not widened."""
        return self.kept(("walls", cell, beyond_m), lambda: self._walls(cell, beyond_m))

    def _walls(self, cell: Cell, beyond_m: float) -> Walls:
        near = self.volumes_near(cell, beyond_m)
        return walls_around(cell, beyond_m, [self._polygons[number] for number in near], near)

    def kept(self, key: object, make: Callable[[], T]) -> T:
        """What `make` works out of the zones, done once for each key."""
        found: T | None = self._kept.get(key)
        if found is None:
            found = make()
            _keep(self._kept, key, found)
        return found

    def area_maps(
        self, cell: Cell, margin_m: float, areas: frozenset[str] | None
    ) -> tuple[tuple[Area, Polygon], ...]:
        """The operating areas (all, or those named) around a cell, narrowed by the margin.

        Volumes with the same limits and times are joined first: a seam between two areas is no boundary.
        """
        key = (cell, margin_m, areas)
        found = self._areas.get(key)
        if found is None:
            found = narrowed(self.operating_areas, cell, margin_m, areas)
            _keep(self._areas, key, found)
        return found

    def __len__(self) -> int:
        return len(self._zones)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ZoneSet) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    def __repr__(self) -> str:
        lacks = f", {len(self._missing)} missing" if self._missing else ""
        return f"ZoneSet({len(self)} zones{lacks}, {self.version[:19]}…)"

    def __reduce__(self) -> "tuple[Callable[..., ZoneSet], tuple[tuple[Zone, ...], tuple[Refused, ...]]]":
        return _unpickled, (self._zones, self._missing)


def _unpickled(zones: tuple[Zone, ...], missing: tuple[Refused, ...]) -> ZoneSet:
    made = ZoneSet.__new__(ZoneSet)
    made._fill(zones, missing)  # they were judged when the set was made
    return made


def _keep(cache: dict[Any, Any], key: object, value: object) -> None:
    if len(cache) >= MOST_CACHED:
        cache.clear()
    cache[key] = value
