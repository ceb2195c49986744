"""Many straight segments at once, in two dimensions: a quick filter for planners, never more lenient than a
check.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import shapely

from geofences.errors import PathError
from geofences.geodesy import Floats, densify
from geofences.planar import Cell, Geometries, LocalMap, lines
from geofences.track import by_cell
from geofences.zoneset import ZoneSet

Bools = npt.NDArray[np.bool_]


def segments_hit(
    zone_set: ZoneSet,
    lonlat_from: npt.ArrayLike,
    lonlat_to: npt.ArrayLike,
    margin_m: float = 0.0,
    *,
    held: Collection[str] = frozenset(),
    areas: Collection[str] | None = None,
) -> Bools:
    """Which of n segments (rows of two (n, 2) arrays) come within the margin of a zone, at any height and
    time.

    False means that `check_path` with the same margin, approvals and areas answers CLEAR at every height
    and time at which the operating areas apply; True may still be clear there at some height or time.
    """
    start, end = _points(lonlat_from), _points(lonlat_to)
    if start.shape != end.shape:
        raise PathError(f"as many ends as starts are needed, got {len(start)} and {len(end)}")
    pieces = densify(start, end)
    wanted = None if areas is None else frozenset(areas)
    hit = np.zeros(len(start), dtype=np.bool_)
    for cell, members in by_cell(pieces.start, pieces.end):
        here = zone_set.local_map(cell, margin_m)
        drawn = lines(here.plane.to_xy(pieces.start[members]), here.plane.to_xy(pieces.end[members]))
        bad = _inside(zone_set, here, drawn, frozenset(held)) | _outside(
            zone_set, cell, drawn, margin_m, wanted
        )
        hit[pieces.leg[members[bad]]] = True
    return hit


def _points(lonlat: npt.ArrayLike) -> Floats:
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    off = ~(np.isfinite(points).all(axis=1) & (np.abs(points) <= (180.0, 90.0)).all(axis=1))
    if off.any():
        row = int(np.flatnonzero(off)[0])
        raise PathError(f"row {row} is no longitude and latitude: {points[row].tolist()}")
    return points


def _inside(zone_set: ZoneSet, here: LocalMap, drawn: Geometries, held: frozenset[str]) -> Bools:
    blocking = np.array(
        [zone_set.volumes[number].zone.blocks(held) for number in here.owners], dtype=np.bool_
    )
    bad = np.zeros(len(drawn), dtype=np.bool_)
    if blocking.any():
        line, polygon = here.tree.query(drawn, predicate="intersects")
        bad[line[blocking[polygon]]] = True
    return bad


def _outside(
    zone_set: ZoneSet, cell: Cell, drawn: Geometries, margin_m: float, areas: frozenset[str] | None
) -> Bools:
    """Which lines lie in no single operating area as a whole."""
    known = {zone.zone_id for zone in zone_set.operating_areas}
    unknown = bool((areas or frozenset()) - known)
    if unknown or not known or areas == frozenset():
        return np.full(len(drawn), unknown, dtype=np.bool_)
    covered = np.zeros(len(drawn), dtype=np.bool_)
    for _, area in zone_set.area_maps(cell, margin_m, areas):
        covered |= shapely.covers(area, drawn)
    return ~covered
