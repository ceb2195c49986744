"""What holds of legs and zones, worked out in another way than `geofences` does, by brute force.

Nothing of the checks is used: shapes are projected by PROJ's transverse Mercator around the scene (exact to a
centimetre within 15 km), edges cut into steps of 90 m, distances taken between each leg and each of these. Heights and
times are solved for the fraction of the leg, and what is left of a leg is measured against the shape.

Where the truth lies within what `geofences` promises to err by (a zone is never smaller, and at most 0.08 m larger, a
circle 0.6 m), either answer is right; so it is where an interval of heights and times is a single moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pyproj import Geod, Transformer

from benchmarks.harness.zonecases import Scene
from benchmarks.harness.zonehours import spans
from benchmarks.harness.zonetimes import ON_APPROVAL, US
from geofences import CircleShape, Datum, FlatTerrain, Limit, PolygonShape, Restriction, Volume, Zone
from geofences.geometry.geodesy import Floats

GEOD = Geod(ellps="WGS84")
SURE_M, LARGER_M, CIRCLE_M = 0.02, 0.08, 0.6
MOMENT = 1e-9
INSTANT_S = 1e-6
"""The first and the last moment of an approval belong to it."""
STEP_DEG = 0.0008
INF = float("inf")
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
AT_ONCE = 2_000_000
"""Pairs of legs and edges that are looked at in one go."""


class Verdict(NamedTuple):
    """Of each leg: whether it must, and whether it may, be called blocked; the same of "not clear"."""

    must_block: Bools
    may_block: Bools
    must_stop: Bools
    may_stop: Bools

    def wrong(self, codes: npt.NDArray[np.uint8]) -> Bools:
        """Which codes (0 clear, 1 unknown, 2 blocked) are wrong."""
        clear, unknown, blocked = (codes == code for code in range(3))
        return np.asarray(
            (clear & self.must_stop)
            | (unknown & (self.must_block | ~self.may_stop))
            | (blocked & ~self.may_block)
        )

    def add(self, part: Part, away: Floats, slack: float, margin_m: float) -> None:
        """Count a part of some legs that comes so near to a volume, which may be drawn larger by the slack."""
        rows, low, high = part.rows, part.low, part.high
        must = (away <= margin_m + (SURE_M if slack == 0.0 else 0.0)) & (high - low > MOMENT)
        must |= (away <= margin_m) & (low <= 0.0) & (high >= 1.0)
        must &= part.must
        may = (away <= margin_m + LARGER_M + slack) & part.may
        if part.surely:
            self.must_block[rows] |= must
            self.may_block[rows] |= may
        self.must_stop[rows] |= must
        self.may_stop[rows] |= may

    def open(self) -> Bools:
        """Which legs are so near to a limit that more than one answer is right."""
        return np.asarray((self.must_block != self.may_block) | (self.must_stop != self.may_stop))


def judge(scene: Scene) -> Verdict:
    """What may be said of each leg of a scene."""
    to_plane = Transformer.from_pipeline(
        f"+proj=tmerc +lon_0={scene.centre[0]!r} +lat_0={scene.centre[1]!r} +ellps=WGS84"
    )
    start = np.column_stack(to_plane.transform(scene.ends[:, 0], scene.ends[:, 1]))
    end = np.column_stack(to_plane.transform(scene.ends[:, 2], scene.ends[:, 3]))
    found = Verdict(*(np.zeros(len(start), dtype=bool) for _ in range(4)))
    for zone in scene.zones:
        if zone.restriction is Restriction.NO_RESTRICTION:
            continue
        if zone.restriction in ON_APPROVAL and zone.zone_id in scene.held:
            continue
        for volume in zone.volumes:
            for part in _parts(scene, zone, volume):
                away, slack = _away(volume.shape, to_plane, start, end, part.rows, part.low, part.high)
                found.add(part, away, slack, scene.margin_m)
    return found


class Part(NamedTuple):
    """Rows of legs with the part of each (fractions) that is between limits while the zone applies: surely, or
    possibly; and whether it must be counted, and may be.
    """

    rows: Rows
    low: Floats
    high: Floats
    surely: bool
    must: bool
    may: bool


class _Where(NamedTuple):
    """The part of a zone that an approval leaves: from when until when, from which height up."""

    after: float = -INF
    before: float = INF
    floor: float = -INF
    lower: bool = True
    must: bool = True
    may: bool = True


def _parts(scene: Scene, zone: Zone, volume: Volume) -> Iterator[Part]:
    margin_m, margin_s = scene.vertical_margin_m, scene.time_margin_s
    for surely in (True, False):
        floor = _bounds(volume.lower, scene, -INF)[1 if surely else 0] - margin_m
        ceiling = _bounds(volume.upper, scene, INF)[0 if surely else 1] + margin_m
        if volume.lower is not None and volume.lower.datum is Datum.AGL and volume.lower.value_m <= 0.0:
            floor = -INF
        for where in _where(scene, zone, volume, surely=surely):
            for span in spans(zone, volume.shape, scene.day, surely=surely):
                must, may = span.must and where.must, span.may and where.may
                begin, until = max(span.begin, where.after), min(span.until, where.before)
                if not (must or may) or begin > until:
                    continue
                low, high = np.zeros(len(scene.ends)), np.ones(len(scene.ends))
                for values, least in (
                    (scene.heights, max(where.floor, floor if where.lower else -INF)),
                    (-scene.heights, -ceiling),
                    (scene.times, begin - margin_s),
                    (-scene.times, -until - margin_s),
                ):
                    low, high = _at_least(values, least, low, high)
                rows = np.flatnonzero(low - MOMENT <= high + MOMENT)
                if len(rows):
                    yield Part(rows, low[rows], high[rows], surely, must, may)


def _where(scene: Scene, zone: Zone, volume: Volume, *, surely: bool) -> Iterator[_Where]:
    """What approvals leave of a volume: before and after they are valid, and from their height up."""
    held = [one for one in scene.approvals if one.zone_id == zone.zone_id and zone.restriction in ON_APPROVAL]
    fitting = [one for one in held if not one.vehicles or US in one.vehicles]
    if not fitting:
        yield _Where()
        return
    (one,) = fitting
    for period in one.valid.periods:
        assert period.start is not None
        assert period.end is not None
        yield _Where(before=period.start.timestamp() - INSTANT_S)
        yield _Where(after=period.end.timestamp() + INSTANT_S)
    if one.below is None:
        return
    lower, upper = volume.lower, volume.upper
    must, may = (upper is None or _may_reach(one.below, upper, spare_m) for spare_m in (0.0, 30.0))
    if not may:
        return
    cap = _bounds(one.below, scene, 0.0)[1 if surely else 0] - scene.vertical_margin_m
    # Where the volume begins above the cap, in another datum, a little more than that is taken.
    mixed = lower is not None and lower.datum is not one.below.datum
    yield _Where(floor=cap, must=must, may=not mixed)
    if mixed:
        yield _Where(floor=cap, lower=False, must=False)


def _may_reach(cap: Limit, upper: Limit, spare_m: float) -> bool:
    """Whether what ends at an upper limit may reach up to a cap anywhere on Earth, or is short of it by so little.

    The ground lies between the shore of the Dead Sea and the top of Everest, the geoid of EGM2008 between 107 m below
    and 86 m above the ellipsoid.
    """
    if upper.datum is cap.datum:
        return upper.value_m >= cap.value_m
    return _on_earth(upper)[1] + spare_m >= _on_earth(cap)[0]


def _on_earth(limit: Limit) -> tuple[float, float]:
    if limit.datum is Datum.FL:
        return _pressure_heights(limit)
    low, high = {Datum.AMSL: (0.0, 0.0), Datum.AGL: (-430.0, 8_849.0), Datum.WGS84: (-86.0, 107.0)}[
        limit.datum
    ]
    return limit.value_m + low, limit.value_m + high


def _pressure_heights(limit: Limit) -> tuple[float, float]:
    """Between which heights a level of pressure lies, by the day's pressure and temperature."""
    ends = [(limit.value_m + shift) * air for shift in (-580.0, 340.0) for air in (0.8, 1.15)]
    return min(ends), max(ends)


def _at_least(values: Floats, least: float, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    change = values[:, 1] - values[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (least - values[:, 0]) / change
    low = np.where(change > 0.0, np.maximum(low, crossing), low)
    high = np.where(change < 0.0, np.minimum(high, crossing), high)
    return np.where((change == 0.0) & (values[:, 0] < least), INF, low), high


def _bounds(limit: Limit | None, scene: Scene, missing: float) -> tuple[float, float]:
    if limit is None:
        return missing, missing
    if limit.datum is Datum.AMSL:
        return limit.value_m, limit.value_m
    if limit.datum is Datum.FL:
        return _pressure_heights(limit)
    if limit.datum is Datum.WGS84 or not isinstance(scene.terrain, FlatTerrain):
        return -INF, INF
    ground = scene.terrain.height_m
    return limit.value_m + ground - scene.terrain.error_m, limit.value_m + ground + scene.terrain.error_m


def _away(
    shape: PolygonShape | CircleShape,
    to_plane: Transformer,
    start: Floats,
    end: Floats,
    rows: Rows,
    low: Floats,
    high: Floats,
) -> tuple[Floats, float]:
    """Metres from part of each leg to the shape (0: inside), and by how much that shape may be drawn larger."""
    low, high = np.clip(low, 0.0, 1.0)[:, None], np.clip(high, 0.0, 1.0)[:, None]
    step = end[rows] - start[rows]
    begin, until = start[rows] + step * low, start[rows] + step * high
    if isinstance(shape, CircleShape):
        middle = np.column_stack(to_plane.transform([shape.lon], [shape.lat]))
        nearest = to_segments(middle, begin, until)[0]
        return np.maximum(0.0, nearest - shape.radius_m), CIRCLE_M
    edges = [edges_of(ring, to_plane) for ring in (shape.outer, *shape.holes)]
    a, b = (np.vstack([pair[side] for pair in edges]) for side in (0, 1))
    away = np.full(len(rows), INF)
    box = (np.minimum(a, b).min(axis=0) - 1_000.0, np.maximum(a, b).max(axis=0) + 1_000.0)
    near = np.flatnonzero(
        ((np.maximum(begin, until) >= box[0]) & (np.minimum(begin, until) <= box[1])).all(axis=1)
    )
    size = max(1, AT_ONCE // len(a))
    for part in (near[first : first + size] for first in range(0, len(near), size)):
        away[part] = _to_polygon(a, b, begin[part], until[part])
    return away, 0.0


def edges_of(ring: tuple[tuple[float, float], ...], to_plane: Transformer) -> tuple[Floats, Floats]:
    """A ring, straight in longitude and latitude, in short steps on the plane."""
    points = []
    for (lon, lat), (to_lon, to_lat) in pairwise(ring):
        over = (to_lon - lon + 180.0) % 360.0 - 180.0 if abs(to_lon - lon) < 360.0 else to_lon - lon
        count = max(1, int(max(abs(over), abs(to_lat - lat)) / STEP_DEG))
        share = np.arange(count) / count
        points.append(np.column_stack((lon + over * share, lat + (to_lat - lat) * share)))
    lonlat = np.vstack([*points, points[0][:1]])
    flat = np.column_stack(to_plane.transform(lonlat[:, 0], lonlat[:, 1]))
    return flat[:-1], flat[1:]


def _to_polygon(a: Floats, b: Floats, begin: Floats, until: Floats) -> Floats:
    """From each line `begin` to `until` to a polygon by its edges, all against all."""
    away = np.minimum(to_segments(begin, a, b).min(axis=1), to_segments(until, a, b).min(axis=1))
    away = np.minimum(
        away, np.minimum(to_segments(a, begin, until), to_segments(b, begin, until)).min(axis=0)
    )
    crossing = _sides(a, b, begin) * _sides(a, b, until) < 0.0
    crossing &= (_sides(begin, until, a) * _sides(begin, until, b) < 0.0).T
    above = (a[None, :, 1] > begin[:, None, 1]) != (b[None, :, 1] > begin[:, None, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (begin[:, None, 1] - a[:, 1]) / (b[:, 1] - a[:, 1])
    east = a[:, 0] + share * (b[:, 0] - a[:, 0]) > begin[:, None, 0]
    inside = np.count_nonzero(above & east, axis=1) % 2 == 1
    return np.where(inside | crossing.any(axis=1), 0.0, away)


def to_segments(points: Floats, a: Floats, b: Floats) -> Floats:
    """Distance of each point (rows) to each segment (columns)."""
    step = b - a
    square = np.maximum((step**2).sum(axis=1), 1e-18)
    x, y = points[:, None, 0] - a[:, 0], points[:, None, 1] - a[:, 1]
    share = np.clip((x * step[:, 0] + y * step[:, 1]) / square, 0.0, 1.0)
    return np.hypot(x - share * step[:, 0], y - share * step[:, 1])


def _sides(a: Floats, b: Floats, points: Floats) -> Floats:
    """On which side of each line (columns) each point (rows) lies."""
    x, y = points[:, None, 0] - a[:, 0], points[:, None, 1] - a[:, 1]
    return (b[:, 0] - a[:, 0]) * y - (b[:, 1] - a[:, 1]) * x
