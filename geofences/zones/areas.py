"""Volumes with their zones, and operating areas around a cell as polygons in metres."""

from collections.abc import Iterable
from typing import NamedTuple

import shapely
from shapely.geometry import Polygon

from geofences.geometry.extent import where_of
from geofences.geometry.planar import REACH_M, Cell, narrow, to_plane
from geofences.geometry.shapes import inner_polygon
from geofences.model.applicability import Extent
from geofences.model.zone import Volume, Zone


class ZoneVolume(NamedTuple):
    """One volume of a zone."""

    zone: Zone
    volume: Volume


class Area(NamedTuple):
    """Volumes of operating areas that are as high and apply at the same times, seen as one: by one of them.

    `where` they are matters where the times follow the sun.
    """

    zone: Zone
    volume: Volume
    where: Extent


def narrowed(
    zones: Iterable[Zone], cell: Cell, margin_m: float, areas: frozenset[str] | None
) -> tuple[tuple[Area, Polygon], ...]:
    """The operating areas (all, or those named) around a cell, narrowed by the margin; volumes with the same limits and
    times are joined first.
    """
    window = cell.window(REACH_M + margin_m * 1.01 + 10.0)
    alike: dict[object, list[ZoneVolume]] = {}
    for zone in zones:
        if areas is None or zone.zone_id in areas:
            for volume in zone.volumes:
                same = (volume.lower, volume.upper, zone.applicability)
                alike.setdefault(same, []).append(ZoneVolume(zone, volume))
    joined = []
    for group in alike.values():
        flat = [to_plane(inner_polygon(one.volume.shape), window, cell.plane) for one in group]
        near = [one.volume for one, drawn in zip(group, flat, strict=True) if not drawn.is_empty]
        if near:
            area = Area(*group[0], where_of(group[0].zone, *near))
            joined.append((area, narrow(shapely.union_all(flat), margin_m)))
    return tuple(joined)
