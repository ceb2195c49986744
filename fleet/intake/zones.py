"""Reads zone files into one set, with an eye on where they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from fleet.intake.errors import FieldError, IntakeError
from fleet.protocol.values import Place
from geofences.errors import ZoneFileError
from geofences.geometry.geodesy import distances_m
from geofences.geometry.shapes import lonlat_polygon
from geofences.model.altitude import Box
from geofences.model.refused import named
from geofences.model.zone import OURS, Zone
from geofences.readers import ZoneFile, read_zones_file
from geofences.zones.zoneset import ZoneSet

FAR_KM = 300
"""Zones that are farther than this from every depot can't matter to a day of the last mile: who reads them is told."""


@dataclass(frozen=True, slots=True)
class ZonesRead:
    """The zones of some files. ``refused`` are those that a tolerant reading did not take: the set knows that it lacks
    them. ``empty`` are the files that hold none.
    """

    zones: ZoneSet
    refused: tuple[FieldError, ...] = ()
    empty: tuple[str, ...] = ()


def read_zone_files(
    paths: Iterable[Path], *, tolerant: bool = False, near: Sequence[Place] = ()
) -> ZonesRead:
    """All zones of the files. Raises ``IntakeError`` for a broken file (tolerantly: an unreadable one).

    ``near`` are the places where zones matter: a zone that would be there with its coordinates swapped is refused.
    """
    expect = box_around(near)
    found: list[ZoneFile] = []
    refused: list[FieldError] = []
    errors: list[FieldError] = []
    for path in paths:
        try:
            read = read_zones_file(path, strict=not tolerant, expect=expect)
        except ZoneFileError as error:
            errors.append(_fault(error))
            continue
        found.append(read)
        refused += [FieldError(read.source, None, each.zone, None, each.reason) for each in read.refused]
    if errors:
        raise IntakeError(errors)
    empty = tuple(each.source for each in found if not (each.zones or each.refused))
    return ZonesRead(ZoneSet.of(*found), tuple(refused), empty)


def box_around(places: Sequence[Place]) -> Box | None:
    """The smallest box with all the places, its east beyond 180 where it lies across the antimeridian; none without
    any.
    """
    if not places:
        return None
    lons, lats = sorted(place.lon for place in places), [place.lat for place in places]
    south, north = min(lats), max(lats)
    gaps = [after - before for before, after in pairwise(lons)]
    if not gaps or lons[0] + 360.0 - lons[-1] >= max(gaps):
        return Box(lons[0], south, lons[-1], north)
    widest = gaps.index(max(gaps))
    return Box(lons[widest + 1], south, lons[widest] + 360.0, north)


def told_of_far_zones(zones: ZoneSet, depots: Sequence[Place]) -> str | None:
    """What to tell whoever reads zones that are far from every depot; none when all are near, or there is no depot."""
    far = [zone.zone_id for zone in zones.zones if depots and not _is_near(zone, depots)]
    if not far:
        return None
    count = f"{len(far)} of {len(zones)} zones"
    return f"{count} are over {FAR_KM} km from every depot ({named(far)}): are they the right files?"


def told_of_empty_files(read: ZonesRead) -> Iterator[str]:
    """What to tell whoever reads files without any zone."""
    yield from (f"{name}: holds 0 zones: is it the right file?" for name in read.empty)


def told_of_far_files(read: ZonesRead, near: Sequence[Place], what: str) -> Iterator[str]:
    """What to tell whoever reads files with no zone in reach of the places, which are called ``what``."""
    by_file: dict[str, list[Zone]] = {}
    for zone in read.zones.zones if near else ():
        by_file.setdefault(zone.source, []).append(zone)
    for name, zones in by_file.items():
        if not any(_is_near(zone, near) for zone in zones):
            count = f"all of its zones ({len(zones)})"
            yield f"{name}: {count} are over {FAR_KM} km from {what}: is it the right file?"


def told_of_missing_zones(zones: ZoneSet) -> str | None:
    """What to tell whoever reads a set that lacks zones; none where it is whole."""
    if not zones.missing:
        return None
    count = f"{len(zones.missing)} zone{'s were' if len(zones.missing) > 1 else ' was'} refused"
    areas = [one.zone for one in zones.missing if one.restriction in OURS]
    if areas:
        return f"{count}, areas that allow among them ({named(areas)}): nothing is clear until they are read"
    return f"{count} ({named([one.zone for one in zones.missing])}): nothing is known to be clear of them"


def _is_near(zone: Zone, depots: Sequence[Place]) -> bool:
    """Whether the box around some volume of the zone is within reach of a depot, on any turn of the globe."""
    boxes = np.array([lonlat_polygon(volume.shape).bounds for volume in zone.volumes])
    for place in depots:
        for turn in (-360.0, 0.0, 360.0):
            at = np.array([place.lon + turn, place.lat])
            nearest = np.clip(at, boxes[:, :2], boxes[:, 2:])
            if (distances_m(nearest, np.broadcast_to(at, nearest.shape)) <= FAR_KM * 1000).any():
                return True
    return False


def _fault(error: ZoneFileError) -> FieldError:
    where = ", ".join(part for part in (error.zone and f"zone {error.zone}", error.field) if part)
    return FieldError(error.file, error.line, where or None, None, error.message)
