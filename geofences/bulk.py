"""Many legs, or a whole fleet, at once: the same answers as `check_path`, as arrays of codes."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import shapely

from geofences.altitude import Terrain
from geofences.asked import CLEAR, UNKNOWN, Codes, Legs, Rules, is_even, rules_of, statuses, terms_of
from geofences.check import code_of
from geofences.errors import PathError
from geofences.geodesy import Floats, Pieces, densify
from geofences.planar import lines
from geofences.timetable import NO_TIMES
from geofences.track import Track, by_cell
from geofences.zoneset import ZoneSet

Bools = npt.NDArray[np.bool_]


def check_segments(
    zone_set: ZoneSet,
    lonlat_from: npt.ArrayLike,
    lonlat_to: npt.ArrayLike,
    alt_from_m: npt.ArrayLike,
    alt_to_m: npt.ArrayLike,
    time_from_s: npt.ArrayLike,
    time_to_s: npt.ArrayLike,
    terrain: Terrain,
    *,
    margin_m: float = 0.0,
    vertical_margin_m: float = 0.0,
    held: Collection[str] = frozenset(),
    areas: Collection[str] | None = None,
) -> Codes:
    """The status of each of n legs, each by itself, in four dimensions: codes that `STATUSES` explains.

    Positions are rows of (n, 2) arrays; heights (metres AMSL) and times (Unix seconds) are arrays of n, or one number
    for all. Raises `PathError` for rows that cannot be checked; see `check_path` for the rest.
    """
    rules = rules_of(margin_m, vertical_margin_m, held, areas)
    start, end = _points(lonlat_from), _points(lonlat_to)
    if start.shape != end.shape:
        raise PathError(f"as many ends as starts are needed, got {len(start)} and {len(end)}")
    heights = _columns(len(start), "height", alt_from_m, alt_to_m)
    times = _columns(len(start), "time", time_from_s, time_to_s)
    backwards = times[:, 1] < times[:, 0]
    if backwards.any():
        raise PathError(f"row {int(np.flatnonzero(backwards)[0])} ends before it begins")
    pieces = densify(start, end)
    legs = Legs(
        np.ascontiguousarray(np.hstack((pieces.start, pieces.end))),
        _cut(heights, pieces),
        _cut(times, pieces),
    )
    found = np.zeros(len(start), dtype=np.uint8)
    np.maximum.at(found, pieces.leg, _answers(zone_set, legs, pieces, terrain, rules))
    return found


def check_points(
    zone_set: ZoneSet,
    lonlat: npt.ArrayLike,
    alt_amsl_m: npt.ArrayLike,
    time_s: npt.ArrayLike,
    terrain: Terrain,
    *,
    margin_m: float = 0.0,
    vertical_margin_m: float = 0.0,
    held: Collection[str] = frozenset(),
    areas: Collection[str] | None = None,
) -> Codes:
    """The status of each of n places at a height and a time; a fleet at once. See `check_segments`."""
    return check_segments(
        zone_set,
        lonlat,
        lonlat,
        alt_amsl_m,
        alt_amsl_m,
        time_s,
        time_s,
        terrain,
        margin_m=margin_m,
        vertical_margin_m=vertical_margin_m,
        held=held,
        areas=areas,
    )


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
    rules = rules_of(margin_m, 0.0, held, areas)
    start, end = _points(lonlat_from), _points(lonlat_to)
    if start.shape != end.shape:
        raise PathError(f"as many ends as starts are needed, got {len(start)} and {len(end)}")
    pieces = densify(start, end)
    bad = _outside(zone_set, pieces, rules)
    if zone_set.volumes and len(bad):
        terms, _ = terms_of(zone_set, rules, NO_TIMES)
        codes = np.zeros(len(bad), dtype=np.uint8)
        zone_set.kernel.beside(terms, np.ascontiguousarray(np.hstack((pieces.start, pieces.end))), codes)
        bad |= codes != CLEAR
    hit = np.zeros(len(start), dtype=np.bool_)
    hit[pieces.leg[bad]] = True
    return hit


def _points(lonlat: npt.ArrayLike) -> Floats:
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    off = ~(np.isfinite(points).all(axis=1) & (np.abs(points) <= (180.0, 90.0)).all(axis=1))
    if off.any():
        row = int(np.flatnonzero(off)[0])
        raise PathError(f"row {row} is no longitude and latitude: {points[row].tolist()}")
    return points


def _columns(count: int, what: str, *ends: npt.ArrayLike) -> Floats:
    """Values at both ends as two columns."""
    try:
        both = [np.broadcast_to(np.asarray(end, dtype=np.float64), (count,)) for end in ends]
    except ValueError:
        raise PathError(f"one {what} for each of {count} rows is needed, or one for all") from None
    columns = np.column_stack(both)
    off = ~np.isfinite(columns).all(axis=1)
    if off.any():
        raise PathError(f"row {int(np.flatnonzero(off)[0])} has a {what} that is no number")
    return columns


def _cut(values: Floats, pieces: Pieces) -> Floats:
    """Values at both ends of legs, at both ends of their pieces."""
    first, change = values[pieces.leg, 0], (values[:, 1] - values[:, 0])[pieces.leg]
    return np.column_stack((first + change * pieces.u0, first + change * pieces.u1))


def _answers(zone_set: ZoneSet, legs: Legs, pieces: Pieces, terrain: Terrain, rules: Rules) -> Codes:
    found = statuses(zone_set, legs, terrain, rules)
    bounded = bool(rules.areas) or (rules.areas is None and bool(zone_set.operating_areas))
    hanging = np.zeros(0, dtype=np.intp) if is_even(terrain) else np.flatnonzero(found == UNKNOWN)
    rows = np.arange(len(found)) if bounded else hanging
    if len(rows):
        track = _track(legs, pieces)
        for row in rows.tolist():
            found[row] = code_of(zone_set, track, row, terrain, rules)
    return found


def _track(legs: Legs, pieces: Pieces) -> Track:
    """The legs as pieces of a path, each measured by itself."""
    length = pieces.leg_m[pieces.leg]
    columns = (*legs.heights.T, *legs.times.T, length * pieces.u0, length * pieces.u1)
    return Track(pieces.start, pieces.end, *(column.tolist() for column in columns))


def _outside(zone_set: ZoneSet, pieces: Pieces, rules: Rules) -> Bools:
    """Which pieces lie in no single operating area as a whole."""
    known = {zone.zone_id for zone in zone_set.operating_areas}
    unknown = bool((rules.areas or frozenset()) - known)
    outside = np.full(len(pieces.start), unknown, dtype=np.bool_)
    if unknown or not known or rules.areas == frozenset():
        return outside
    for cell, members in by_cell(pieces.start, pieces.end):
        drawn = lines(cell.plane.to_xy(pieces.start[members]), cell.plane.to_xy(pieces.end[members]))
        covered = np.zeros(len(drawn), dtype=np.bool_)
        for _, area in zone_set.area_maps(cell, rules.margin_m, rules.areas):
            covered |= shapely.covers(area, drawn)
        outside[members] = ~covered
    return outside
