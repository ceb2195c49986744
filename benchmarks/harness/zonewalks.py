"""Random ways among operating areas and permit areas, and what may be said of each: by walking along it in small steps,
with the shapes and hours of `zoneoracle.py`. `zonehills.py` walks over uneven ground.

Between two steps anything may happen that fits between them: what must be said is seen at a step itself, what may be
said within half a step around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import numpy.typing as npt
from pyproj import Geod, Transformer

from benchmarks.harness.zonehours import spans
from benchmarks.harness.zoneoracle import CIRCLE_M, Bools, Verdict, edges_of, to_segments
from benchmarks.harness.zonetimes import DAYS
from geofences import (
    Applicability,
    CircleShape,
    Datum,
    FlatTerrain,
    Limit,
    Permit,
    PolygonShape,
    Restriction,
    Surface,
    TimePeriod,
    Volume,
    Waypoint,
    Zone,
    ZoneSet,
    check_drive,
    check_segments,
)
from geofences.checks.asked import STATUSES, Codes
from geofences.geometry.geodesy import Floats

GEOD = Geod(ellps="WGS84")
CENTRE = (-8.61, 41.15)
STEPS = 80
LEGS = 100
SLACK_M = 0.2
Point = tuple[float, float]
Sampled = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Walk:
    """Legs, and each in steps: rows of legs, columns of steps. `half_*` is half a step."""

    ends: Floats
    heights: Floats
    times: Floats

    @property
    def shares(self) -> Floats:
        return np.linspace(0.0, 1.0, STEPS + 1)

    def steps(self, values: Floats) -> Sampled:
        return np.asarray(values[:, :1] + (values[:, 1:] - values[:, :1]) * self.shares)

    @property
    def places(self) -> tuple[Sampled, Sampled]:
        """Longitudes and latitudes along geodesics."""
        bearing, _, metres = GEOD.inv(*self.ends.T)
        rows = np.repeat(np.arange(len(self.ends)), STEPS + 1)
        away = (np.asarray(metres)[:, None] * self.shares).ravel()
        lon, lat, _ = GEOD.fwd(self.ends[rows, 0], self.ends[rows, 1], np.asarray(bearing)[rows], away)
        shape = (len(self.ends), STEPS + 1)
        return np.asarray(lon).reshape(shape), np.asarray(lat).reshape(shape)

    @property
    def half_m(self) -> Sampled:
        return np.asarray(GEOD.inv(*self.ends.T)[2])[:, None] / STEPS / 2.0

    def half(self, values: Floats) -> Sampled:
        return np.asarray(np.abs(values[:, 1:] - values[:, :1]) / STEPS / 2.0)


def _at(place: Point, bearing: float, metres: float) -> Point:
    lon, lat, _ = GEOD.fwd(*place, bearing, metres)
    return float(lon), float(lat)


def ring_near(rng: Random, reach_m: float) -> tuple[Point, ...]:
    """A ring around some place near the middle."""
    middle, count = _at(CENTRE, rng.uniform(0, 360), rng.uniform(0, 1_500)), rng.randint(3, 15)
    ring = [_at(middle, 360.0 * n / count, rng.uniform(0.4, 1.0) * reach_m) for n in range(count)]
    return (*ring, ring[0])


def walk_among(rng: Random, day: datetime, longest_m: float, seconds: Callable[[float], float]) -> Walk:
    """Legs that begin anywhere near the middle; some stand still, some keep their height."""
    starts = [_at(CENTRE, rng.uniform(0, 360), rng.uniform(0, 2_500)) for _ in range(LEGS)]
    metres = [rng.choice([0.0, rng.uniform(1, 100), rng.uniform(100, longest_m)]) for _ in starts]
    both = zip(starts, metres, strict=True)
    ends = np.array(
        [(*start, *(_at(start, rng.uniform(0, 360), far) if far else start)) for start, far in both]
    )
    heights = np.array([(rng.uniform(0, 300), rng.uniform(0, 300)) for _ in starts])
    level = np.array([rng.random() < 0.5 for _ in starts])
    heights[level, 1] = heights[level, 0]
    begun = np.array([day.timestamp() + rng.uniform(0, 86_400) for _ in starts])
    return Walk(ends, heights, np.column_stack((begun, begun + [seconds(one) for one in metres])))


def some_time(rng: Random, day: datetime) -> Applicability:
    """Always, or for some hours."""
    begin = day + timedelta(hours=rng.uniform(0, 12))
    lasts = TimePeriod(begin, begin + timedelta(hours=rng.uniform(1, 20)))
    return Applicability((lasts,) if rng.random() < 0.5 else ())


def deep_in(shape: PolygonShape | CircleShape, walk: Walk) -> Sampled:
    """How far inside of a shape each step is; outside: less than 0."""
    lon, lat = walk.places
    if isinstance(shape, CircleShape):
        middle = np.full(lon.size, shape.lon), np.full(lon.size, shape.lat)
        away = np.asarray(GEOD.inv(lon.ravel(), lat.ravel(), *middle)[2])
        return (shape.radius_m - away).reshape(lon.shape)
    flat = Transformer.from_pipeline(f"+proj=tmerc +lon_0={CENTRE[0]!r} +lat_0={CENTRE[1]!r} +ellps=WGS84")
    points = np.column_stack(flat.transform(lon.ravel(), lat.ravel()))
    a, b = edges_of(shape.outer, flat)
    away = to_segments(points, a, b).min(axis=1)
    above = (a[None, :, 1] > points[:, None, 1]) != (b[None, :, 1] > points[:, None, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (points[:, None, 1] - a[:, 1]) / (b[:, 1] - a[:, 1])
    east = a[:, 0] + share * (b[:, 0] - a[:, 0]) > points[:, None, 0]
    inside = np.count_nonzero(above & east, axis=1) % 2 == 1
    return np.where(inside, away, -away).reshape(lon.shape)


def throughout(zone: Zone, day: datetime, at: Sampled, margin_s: Sampled | float) -> Bools:
    """Whether a zone applies at all moments so near to each step."""
    whole = np.zeros(at.shape, dtype=np.bool_)
    for span in spans(zone, zone.volumes[0].shape, day, surely=True):
        whole |= (at - margin_s >= span.begin) & (at + margin_s <= span.until)
    return whole


def sometime(zone: Zone, day: datetime, at: Sampled, half_s: Sampled) -> Bools:
    """Whether it applies at some moment so near to each step; no span is shorter than a step."""
    before, now, after = (throughout(zone, day, at + by, 0.0) for by in (-half_s, 0.0 * half_s, half_s))
    return np.asarray(before | now | after)


def bounds_of(limit: Limit | None, missing: float, low: Sampled, high: Sampled) -> tuple[Sampled, Sampled]:
    """Of a limit, where the ground is known to lie between two values at each step."""
    if limit is None or (limit.datum is Datum.AGL and limit.value_m <= 0.0 and missing < 0.0):
        return np.full_like(low, missing), np.full_like(low, missing)
    if limit.datum is Datum.AGL:
        return low + limit.value_m, high + limit.value_m
    return np.full_like(low, limit.value_m), np.full_like(low, limit.value_m)


def areas(rng: Random) -> tuple[Codes, Verdict]:
    """Ways that must stay inside of one or two areas with heights and times of their own."""
    day, terrain = rng.choice(DAYS), FlatTerrain(20.0, rng.choice([0.0, 5.0]))
    margin_m, up_m, margin_s = rng.choice([0.0, 5.0, 60.0]), rng.choice([0.0, 10.0]), rng.choice([0.0, 300.0])
    walk = walk_among(rng, day, 2_000.0, lambda metres: metres / 10.0 + 60.0)
    zones = []
    for number in range(rng.randint(1, 2)):
        radius_m = rng.uniform(800, 3_000)
        shape: CircleShape | PolygonShape = CircleShape(*CENTRE, radius_m)
        if rng.random() < 0.5:
            shape = PolygonShape(ring_near(rng, 4_000))
        elif rng.random() < 0.5:  # half of the legs begin at the rim, less the margin, and stay there
            _to_the_rim(rng, walk, radius_m - margin_m)
        # Each has limits of its own: areas that share theirs are joined, and have no margin at a seam.
        lower = rng.choice(
            [None, Limit(0.0, Datum.AGL), Limit(30.0 + number, rng.choice([Datum.AGL, Datum.AMSL]))]
        )
        upper = Limit(200.0 + 40.0 * number, rng.choice([Datum.AGL, Datum.AMSL]))
        volumes = (Volume(shape, lower, upper),)
        zones.append(
            Zone(f"A{number}", Restriction.OPERATING_AREA, volumes, applicability=some_time(rng, day))
        )
    codes = check_segments(
        *(ZoneSet(zones), walk.ends[:, :2], walk.ends[:, 2:], *walk.heights.T, *walk.times.T, terrain),
        margin_m=margin_m,
        vertical_margin_m=up_m,
        time_margin_s=margin_s,
    )
    at, alt = walk.steps(walk.times), walk.steps(walk.heights)
    low = np.full_like(alt, terrain.height_m - terrain.error_m)
    high = np.full_like(alt, terrain.height_m + terrain.error_m)
    near = {key: np.zeros(alt.shape, dtype=np.bool_) for key in ("sure", "possible", "held", "perhaps held")}
    for zone in zones:
        volume = zone.volumes[0]
        deep = deep_in(volume.shape, walk) - margin_m
        floor, ceiling = (
            bounds_of(volume.lower, -np.inf, low, high),
            bounds_of(volume.upper, np.inf, low, high),
        )
        here, spare = deep >= -0.03, deep >= 0.0015 * margin_m + 1.0 + walk.half_m
        now = throughout(zone, day, at, margin_s - 1e-3 if margin_s else 0.0)
        longer = throughout(zone, day, at, margin_s + walk.half(walk.times) + 1e-3)
        for surely, names in ((True, ("sure", "held")), (False, ("possible", "perhaps held"))):
            side = (floor[1], ceiling[0]) if surely else (floor[0], ceiling[1])
            clearance = np.minimum(alt - side[0], side[1] - alt) - up_m
            near[names[0]] |= here & now & (clearance >= -1e-6)
            near[names[1]] |= spare & longer & (clearance >= walk.half(walk.heights) + 1e-6)
    return codes, Verdict(
        must_block=(~near["possible"]).any(axis=1),
        may_block=(~near["perhaps held"]).any(axis=1),
        must_stop=(~near["sure"]).any(axis=1),
        may_stop=(~near["held"]).any(axis=1),
    )


def _to_the_rim(rng: Random, walk: Walk, reach_m: float) -> None:
    """Have every other leg stand still at the rim of a circle, up to half a metre to either side of it."""
    for row in range(0, len(walk.ends), 2):
        place = _at(CENTRE, rng.uniform(0, 360), reach_m + rng.choice([-0.5, 0.05, 0.1, 0.3, 0.5]))
        walk.ends[row] = (*place, *place)


def _near(rng: Random) -> PolygonShape | CircleShape:
    return (
        CircleShape(*CENTRE, rng.uniform(800, 2_500))
        if rng.random() < 0.3
        else PolygonShape(ring_near(rng, 4_000))
    )


def permits(rng: Random) -> tuple[Codes, Verdict]:
    """Drives among permit areas: outside of all of them, too fast or too heavy in one."""
    day, weight_kg = rng.choice(DAYS), rng.choice([20.0, 60.0])
    speed_mps = rng.choice([1.0, 2.0, 4.0])
    walk = walk_among(rng, day, 1_500.0, lambda metres: metres / speed_mps if metres else 30.0)
    zones = [
        Zone(
            f"P{number}",
            Restriction.PERMIT_AREA,
            (Volume(_near(rng)),),
            applicability=some_time(rng, day),
            permit=Permit(
                rng.choice(list(Surface)), rng.choice([None, 1.5, 3.0]), None, rng.choice([None, 30.0])
            ),
        )
        for number in range(rng.randint(1, 3))
    ]
    held = ZoneSet(zones)
    rows = zip(walk.ends, walk.times, strict=True)
    codes = np.array([_driven(held, *row, weight_kg) for row in rows], dtype=np.uint8)
    at, half_m, half_s = walk.steps(walk.times), walk.half_m, walk.half(walk.times)
    is_still = half_m < 1e-6
    allowed, well, broken, perhaps = (np.zeros(at.shape, dtype=np.bool_) for _ in range(4))
    for zone in zones:
        terms = zone.permit
        assert terms is not None
        if terms.surface is Surface.STREET:
            continue
        shape = zone.volumes[0].shape
        deep, drawn_m = deep_in(shape, walk), CIRCLE_M if isinstance(shape, CircleShape) else 0.0
        allowed |= (deep >= -SLACK_M) & throughout(zone, day, at, 0.0)
        well |= (deep >= SLACK_M + drawn_m + half_m) & throughout(zone, day, at, half_s + 1e-3)
        too_heavy = terms.max_weight_kg is not None and weight_kg > terms.max_weight_kg
        too_fast = np.full(is_still.shape, speed_mps > (terms.max_speed_mps or np.inf)) & ~is_still
        if terms.max_speed_mps is None and not too_heavy:
            continue
        bad = too_fast | too_heavy
        broken |= bad & (deep >= SLACK_M) & throughout(zone, day, at, 0.0)
        perhaps |= bad & (deep >= -SLACK_M - drawn_m - half_m) & sometime(zone, day, at, half_s)
    must, may = (broken | ~allowed).any(axis=1), (perhaps | ~well).any(axis=1)
    return codes, Verdict(must, may, must.copy(), may.copy())


def _driven(zones: ZoneSet, ends: Floats, times: Floats, weight_kg: float) -> int:
    sides = ((*ends[:2], times[0]), (*ends[2:], times[1]))
    path = [Waypoint(lon, lat, 0.0, datetime.fromtimestamp(at, UTC)) for lon, lat, at in sides]
    return STATUSES.index(check_drive(zones, path, Surface.SIDEWALK, weight_kg).status)
