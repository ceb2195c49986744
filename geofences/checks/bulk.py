"""Many legs, or a whole fleet, at once: the same answers as `check_path`, as arrays of codes."""

from collections.abc import Collection
from dataclasses import replace
from typing import Unpack

import numpy as np
import numpy.typing as npt
import shapely

from geofences.checks.asked import (
    BAD,
    CLEAR,
    LONG,
    UNKNOWN,
    Codes,
    Legs,
    is_even,
    statuses,
    terms_of,
)
from geofences.checks.check import code_of, code_on_the_ground
from geofences.checks.ground import everywhere, protecting
from geofences.checks.rules import Asked, GroundRisk, Rules, rules_of
from geofences.errors import PathError
from geofences.geometry.geodesy import Floats, Pieces, densify, distances_m
from geofences.geometry.planar import lines
from geofences.geometry.track import Track, by_cell
from geofences.kernels.kernel import Terms
from geofences.model.altitude import NO_TERRAIN, Terrain, UnknownTerrain
from geofences.model.refused import missed_in_the_air
from geofences.model.zone import Held
from geofences.zones.timetable import NO_TIMES
from geofences.zones.zoneset import ZoneSet

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
    **asked: Unpack[Asked],
) -> Codes:
    """The status of each of n legs, each by itself, in four dimensions: codes that `STATUSES` explains.

    Positions are rows of (n, 2) arrays; heights (metres AMSL) and times (Unix seconds) are arrays of n, or one number
    for all. Raises `PathError` for rows that cannot be checked; see `check_path` for the rest.
    """
    rules = rules_of(**asked)
    start, end = _places(lonlat_from, lonlat_to)
    heights = (_column(len(start), "height", value) for value in (alt_from_m, alt_to_m))
    times = (_column(len(start), "time", value) for value in (time_from_s, time_to_s))
    legs = Legs(start, end, *heights, *times)
    found = _answers(zone_set, legs, terrain, replace(rules, ground=None))
    if rules.ground is not None:
        below = protecting(zone_set, rules.ground.protects, terrain)
        within = rules.on_the_ground(rules.ground.reach_m)
        np.maximum(found, _on_the_ground(below, legs, terrain, within), out=found)
    return found


def check_points(
    zone_set: ZoneSet,
    lonlat: npt.ArrayLike,
    alt_amsl_m: npt.ArrayLike,
    time_s: npt.ArrayLike,
    terrain: Terrain,
    **asked: Unpack[Asked],
) -> Codes:
    """The status of each of n places at a height and a time; a fleet at once. See `check_segments`."""
    return check_segments(zone_set, lonlat, lonlat, alt_amsl_m, alt_amsl_m, time_s, time_s, terrain, **asked)


def segments_hit(
    zone_set: ZoneSet,
    lonlat_from: npt.ArrayLike,
    lonlat_to: npt.ArrayLike,
    margin_m: float = 0.0,
    *,
    held: Collection[Held] = frozenset(),
    areas: Collection[str] | None = None,
    ground: GroundRisk | None = None,
    terrain: Terrain = NO_TERRAIN,
) -> Bools:
    """Which of n segments (rows of two (n, 2) arrays) come within the margin of a zone, at any height and
    time.

    False means that `check_path` with the same margin, approvals, areas and ground risk answers CLEAR at every height
    and time at which the operating areas apply; True may still be clear there at some height or time. In a set that
    lacks zones which may matter every answer is True. Terrain says only which zones begin above the ground and so
    protect nothing on it; without it more count than any terrain leaves.
    """
    rules = rules_of(margin_m=margin_m, held=held, areas=areas, ground=ground)
    start, end = _places(lonlat_from, lonlat_to)
    terms, _ = terms_of(zone_set, rules, NO_TIMES)
    hit = _hit(zone_set, terms, start, end)
    hit |= bool(missed_in_the_air(zone_set.missing, rules.areas))
    if rules.is_bounded(zone_set):
        pieces = densify(start, end)
        hit[pieces.leg[_outside(zone_set, pieces, rules)]] = True
    if rules.ground is not None:
        below = everywhere(protecting(zone_set, rules.ground.protects, terrain))
        within = rules.on_the_ground(rules.ground.reach_m)
        hit |= _hit(below, terms_of(below, within, NO_TIMES)[0], start, end)
    return hit


def _places(lonlat_from: npt.ArrayLike, lonlat_to: npt.ArrayLike) -> tuple[Floats, Floats]:
    start, end = (_rows(side) for side in (lonlat_from, lonlat_to))
    if start.shape != end.shape:
        raise PathError(f"as many ends as starts are needed, got {len(start)} and {len(end)}")
    return start, end


def _rows(places: npt.ArrayLike) -> Floats:
    found = _numbers(places, "a longitude or latitude is a number of degrees")
    if found.shape == (0,):
        return np.empty((0, 2))
    if found.ndim != 2 or found.shape[1] != 2:
        raise PathError(f"positions are rows of longitude and latitude, an array (n, 2), got {found.shape}")
    return found


def _numbers(values: npt.ArrayLike, what: str) -> Floats:
    """As floats, unless they would have to be made of something else: numpy counts dates in units of their own."""
    try:
        found = np.asarray(values)
    except ValueError as error:  # rows of different length
        raise PathError(f"{what}: {error}") from None
    if np.ma.is_masked(values):
        raise PathError(f"{what}: values are masked; leave their rows out")
    if found.dtype.kind not in "fiu":
        raise PathError(f"{what}, got {found.dtype}")
    return found.astype(np.float64, copy=False)


_COLUMNS = {
    "height": "a height is a number of metres above mean sea level",
    "time": "a time is a number of Unix seconds (a datetime's timestamp())",
}


def _column(count: int, what: str, value: npt.ArrayLike) -> Floats:
    found = _numbers(value, _COLUMNS[what])
    try:
        return np.broadcast_to(found, (count,))
    except ValueError:
        raise PathError(f"one {what} for each of {count} rows is needed, or one for all") from None


def _refuse_bad(start: Floats, end: Floats, left: Codes) -> None:
    """Raise `PathError` for the first row that the kernel could make nothing of."""
    if not (left == BAD).any():
        return
    row = int(np.flatnonzero(left == BAD)[0])
    for place in (start[row], end[row]):
        if not (abs(place[0]) <= 180.0 and abs(place[1]) <= 90.0):
            raise PathError(f"row {row} is no longitude and latitude: {place.tolist()}")
    raise PathError(f"row {row} has a height or a time that is no number, or ends before it begins")


def _answers(zone_set: ZoneSet, legs: Legs, terrain: Terrain, rules: Rules) -> Codes:
    found, left = statuses(zone_set, legs, terrain, rules)
    if missed_in_the_air(zone_set.missing, rules.areas):
        found = np.maximum(found, np.uint8(UNKNOWN))
    _refuse_bad(legs.start, legs.end, left)
    whole = left != LONG
    if not whole.all():
        found[~whole] = _in_pieces(zone_set, legs.only(np.flatnonzero(~whole)), terrain, rules)
    bounded = rules.is_bounded(zone_set)
    if bounded or not is_even(terrain):
        rows = np.flatnonzero(whole if bounded else whole & (found == UNKNOWN))
        track = _track(legs.only(rows))
        found[rows] = [code_of(zone_set, track, piece, terrain, rules) for piece in range(len(rows))]
    return found


def _on_the_ground(below: ZoneSet, legs: Legs, terrain: Terrain, rules: Rules) -> Codes:
    """What may be fallen on; legs that are near something with a floor are worked out in full."""
    flat = everywhere(below)
    found = _answers(flat, legs, UnknownTerrain(), rules)
    rows = np.flatnonzero(found != CLEAR)
    if flat is not below and len(rows):
        pieces, cut = _pieces_of(legs.only(rows))
        track = _track(cut)
        codes = [code_on_the_ground(below, track, piece, terrain, rules) for piece in range(len(cut.start))]
        found[rows] = CLEAR
        np.maximum.at(found, rows[pieces.leg], np.array(codes, dtype=np.uint8))
    return found


def _in_pieces(zone_set: ZoneSet, legs: Legs, terrain: Terrain, rules: Rules) -> Codes:
    """Of legs that are too long for one plane: the worst of their pieces."""
    pieces, cut = _pieces_of(legs)
    found = np.zeros(len(legs.start), dtype=np.uint8)
    np.maximum.at(found, pieces.leg, _answers(zone_set, cut, terrain, rules))
    return found


def _pieces_of(legs: Legs) -> tuple[Pieces, Legs]:
    pieces = densify(legs.start, legs.end)
    heights, times = _cut(legs.alt, legs.to_alt, pieces), _cut(legs.time, legs.to_time, pieces)
    return pieces, Legs(pieces.start, pieces.end, *heights, *times)


def _cut(first: Floats, last: Floats, pieces: Pieces) -> tuple[Floats, Floats]:
    """Values at both ends of legs, at both ends of their pieces."""
    begin, change = first[pieces.leg], (last - first)[pieces.leg]
    return begin + change * pieces.u0, begin + change * pieces.u1


def _track(legs: Legs) -> Track:
    """Legs as pieces of a path, each measured by itself."""
    length = distances_m(legs.start, legs.end)
    none = np.zeros(len(length))
    columns = (legs.alt, legs.to_alt, legs.time, legs.to_time, none, none, none, length)
    return Track(legs.start, legs.end, *(column.tolist() for column in columns))


def _hit(zone_set: ZoneSet, terms: Terms, start: Floats, end: Floats) -> Bools:
    codes, left = (np.zeros(len(start), dtype=np.uint8) for _ in range(2))
    zone_set.kernel.beside(terms, start, end, codes, left)
    _refuse_bad(start, end, left)
    hit = np.asarray(codes != CLEAR)
    rows = np.flatnonzero(left == LONG)
    if len(rows):
        pieces = densify(start[rows], end[rows])
        hit[rows[pieces.leg[_hit(zone_set, terms, pieces.start, pieces.end)]]] = True
    return hit


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
