"""Whom a change of zones concerns: paths are held against the zones that changed, not against all of them.

What a path meets is found zone by zone, so that two sets which share most of their zones answer alike but for
the others. Boxes around paths and changed zones come first, then the exact check of the few that are left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from geofences.checks.check import check_by
from geofences.checks.result import CheckResult, Conflict, in_order, overall
from geofences.checks.rules import GroundRisk, Rules
from geofences.errors import PathError
from geofences.geometry.geodesy import METRES_PER_DEGREE, Floats, bulge_m, on_every_turn
from geofences.geometry.shapes import lonlat_polygon
from geofences.geometry.track import Waypoint
from geofences.model.altitude import Terrain
from geofences.model.zone import Held, Zone
from geofences.zones.zoneset import ZoneSet

LONGEST_LEG_DEG = 1.0
"""A path with a longer leg, or one across the antimeridian, has no box: it is always checked."""

STEEPEST_LAT = 85.0
"""So near to the poles there are no boxes either."""

SLACK_M = 10.0
"""What is added to a box: by how much zones are drawn larger, and rounding."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A path, and what it is held against: the arguments of `check_path`. One waypoint alone stands still.

    Raises as `Rules` does.
    """

    path: tuple[Waypoint, ...]
    margin_m: float = 0.0
    vertical_margin_m: float = 0.0
    held: frozenset[Held] = frozenset()
    areas: frozenset[str] | None = None
    time_margin_s: float = 0.0
    ground: GroundRisk | None = None

    def __post_init__(self) -> None:
        kept = self.rules
        for name, value in (("path", tuple(self.path)), ("held", kept.held), ("areas", kept.areas)):
            object.__setattr__(self, name, value)

    @property
    def rules(self) -> Rules:
        """What its path is held to."""
        return Rules(
            self.margin_m, self.vertical_margin_m, self.held, self.areas, self.time_margin_s, self.ground
        )

    def check(self, zones: ZoneSet, terrain: Terrain) -> CheckResult:
        """The exact check of it. Raises as `check_path` does."""
        return check_by(zones, self.path, terrain, self.rules)


@dataclass(frozen=True, slots=True)
class Affected:
    """One flight that meets something else than before. `number` counts in the flights that were asked about.

    `before` and `after` are the answers of the whole sets. `entered` are the stretches that come (or begin, end
    or are judged otherwise than before), `freed` those that go.
    """

    number: int
    before: CheckResult
    after: CheckResult
    entered: tuple[Conflict, ...]
    freed: tuple[Conflict, ...]

    @property
    def is_stopped(self) -> bool:
        """Whether it might be flown before and may not any more."""
        return self.before.is_clear and not self.after.is_clear

    @property
    def is_freed(self) -> bool:
        """Whether it may be flown now and might not before."""
        return self.after.is_clear and not self.before.is_clear


def affected(old: ZoneSet, new: ZoneSet, flights: Sequence[Flight], terrain: Terrain) -> tuple[Affected, ...]:
    """The flights whose answers differ between two sets, in their order, with both answers.

    The same as checking every flight twice, in the time that the zones which changed take. Where operating areas
    changed every flight is checked, since what lies outside of them is everywhere.

    Raises `PathError` for a path without a waypoint, and for one near a change that cannot be checked.
    """
    change = _Change.between(old, new)
    near = _candidates(change, flights)
    if not change:
        return ()
    found = (_compared(number, flights[number], old, new, change, terrain) for number in near)
    return tuple(one for one in found if one is not None)


def near_change(old: ZoneSet, new: ZoneSet, flights: Sequence[Flight]) -> tuple[int, ...]:
    """The flights, by number, whose box meets that of a zone that changes: all that may be affected, and some more.

    Times and heights do not count here, so that a path may be given roughly. Raises `PathError` for a path without a
    waypoint.
    """
    change = _Change.between(old, new)
    return tuple(_candidates(change, flights)) if change else ()


def _candidates(change: "_Change", flights: Sequence[Flight]) -> Iterable[int]:
    if any(not flight.path for flight in flights):
        raise PathError("a path needs at least one waypoint")
    if change.areas:
        return range(len(flights))
    return _near(change, flights).tolist() if flights else ()


@dataclass(frozen=True, slots=True)
class _Change:
    """The zones that are only in one set, with those of the same ids that are in both: what is joined by id is seen
    whole. `areas`: operating areas are among them, or what is told of these ("A, B") may be told of a zone too, or
    the sets lack different zones, which may be anywhere.
    """

    ids: frozenset[str]
    old: ZoneSet
    new: ZoneSet
    areas: bool

    @classmethod
    def between(cls, old: ZoneSet, new: ZoneSet) -> "_Change":
        ids = frozenset(zone.zone_id for zone in (*_only_in(old, new), *_only_in(new, old)))
        before, after = (ZoneSet(one for one in zones.zones if one.zone_id in ids) for zones in (old, new))
        joined = bool(old.operating_areas) and any(", " in zone_id for zone_id in ids)
        areas = joined or bool(before.operating_areas or after.operating_areas) or old.missing != new.missing
        return cls(ids, before, after, areas)

    def __bool__(self) -> bool:
        return bool(self.ids) or self.areas

    def concerns_areas(self, flight: Flight) -> bool:
        """Whether what is told of operating areas changes, or is told under an id of a zone that changes."""
        return self.areas or not self.ids.isdisjoint(flight.areas or ())


def _only_in(one: ZoneSet, other: ZoneSet) -> list[Zone]:
    known = set(other.hashes)
    return [zone for zone, code in zip(one.zones, one.hashes, strict=True) if code not in known]


def _compared(
    number: int, flight: Flight, old: ZoneSet, new: ZoneSet, change: _Change, terrain: Terrain
) -> Affected | None:
    if change.concerns_areas(flight):
        return _told_apart(number, flight.check(old, terrain), flight.check(new, terrain))
    inside = replace(flight, areas=frozenset())
    before, after = (inside.check(zones, terrain).conflicts for zones in (change.old, change.new))
    if before == after:
        return None
    # Of the whole answer the part about the changed zones is exchanged.
    whole = flight.check(old, terrain)
    same = [one for one in whole.conflicts if one.zone_id not in change.ids]
    conflicts = in_order((*same, *after))
    changed = replace(whole, status=overall(conflicts), conflicts=conflicts, zones_version=new.version)
    return _told_apart(number, whole, changed)


def _told_apart(number: int, before: CheckResult, after: CheckResult) -> Affected | None:
    if before.conflicts == after.conflicts:
        return None
    return Affected(
        number,
        before,
        after,
        entered=tuple(one for one in after.conflicts if one not in before.conflicts),
        freed=tuple(one for one in before.conflicts if one not in after.conflicts),
    )


def _near(change: _Change, flights: Sequence[Flight]) -> npt.NDArray[np.intp]:
    """The flights whose box meets that of a changed zone."""
    boxes = _zone_boxes((*change.old.zones, *change.new.zones))
    around, boxed = _flight_boxes(flights)
    hit = ~boxed
    if len(boxes):
        tree = shapely.STRtree(shapely.box(*boxes.T))
        found = tree.query(shapely.box(*around.T))[0]
        hit[found] = True
    return np.flatnonzero(hit)


def _zone_boxes(zones: Sequence[Zone]) -> Floats:
    """West, south, east, north of every volume, once for each turn of the globe."""
    bounds = [lonlat_polygon(volume.shape).bounds for zone in zones for volume in zone.volumes]
    boxes = np.array(bounds, dtype=np.float64).reshape(-1, 4)
    return on_every_turn(boxes)


def _flight_boxes(flights: Sequence[Flight]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """A box around each flight, its margin and what geodesics stray from it; and which of the boxes hold."""
    counts = np.array([len(flight.path) for flight in flights])
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    points = np.array([(one.lon, one.lat) for flight in flights for one in flight.path])
    steps = np.abs(np.diff(points, axis=0, prepend=points[:1]))
    steps[first] = 0.0
    low, high = np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)
    longest = np.maximum.reduceat(steps.max(axis=1), first)
    lat = np.abs(np.stack((low[:, 1], high[:, 1]))).max(axis=0)
    # Written so that what is no number has no box: the check says what is wrong with it.
    boxed = (
        (longest <= LONGEST_LEG_DEG) & (lat <= STEEPEST_LAT) & (low[:, 0] >= -180.0) & (high[:, 0] <= 180.0)
    )
    beyond_m = np.array([flight.rules.widest_m for flight in flights]) * 1.01 + SLACK_M
    # No leg is longer than one that leads as far east as north, where its degrees of longitude are widest.
    flattest = np.where(
        low[:, 1] * high[:, 1] > 0.0, np.abs(np.stack((low[:, 1], high[:, 1]))).min(axis=0), 0.0
    )
    long_m = longest * METRES_PER_DEGREE * 1.01 * np.hypot(np.cos(np.radians(flattest)), 1.0)
    beyond_deg = (beyond_m + bulge_m(long_m, lat)) / METRES_PER_DEGREE * 1.02
    narrowed = np.cos(np.radians(np.minimum(lat + 1.0, 89.0)))
    beyond = np.stack((beyond_deg / narrowed, beyond_deg), axis=1)
    return np.concatenate((low - beyond, high + beyond), axis=1), boxed
