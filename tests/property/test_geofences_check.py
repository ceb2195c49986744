"""Exact checks against an oracle that shares no code: geodesic samples, even-odd rule, distances to edges."""

import itertools
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod

from geofences import (
    Applicability,
    CircleShape,
    Datum,
    FlatTerrain,
    Limit,
    PolygonShape,
    Restriction,
    Status,
    TimePeriod,
    Volume,
    Waypoint,
    Zone,
    ZoneSet,
    check_path,
    segments_hit,
)

EARTH = Geod(ellps="WGS84")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
STEP_M = 4.0
SLACK_M = 0.6  # the oracle's own errors, the tolerance of the check, a rounded corner of the margin
PLACES = [(-8.61, 41.15), (179.995, -17.0), (24.9, 69.5), (0.0, 0.0), (-73.9, 40.76)]


@dataclass(frozen=True)
class Case:
    """One zone and one path."""

    zone: Zone
    path: list[Waypoint]
    terrain: FlatTerrain
    margin_m: float


def offset(home: tuple[float, float], bearing: float, distance: float) -> tuple[float, float]:
    lon, lat, _ = EARTH.fwd(*home, bearing, distance)
    return float(lon), float(lat)


@st.composite
def stars(draw: st.DrawFn, home: tuple[float, float], low: float, high: float) -> list[tuple[float, float]]:
    """A ring that sees its centre from every vertex: simple, often concave, sometimes with slivers."""
    count = draw(st.integers(3, 12))
    reaches = draw(st.lists(st.floats(low, high), min_size=count, max_size=count))
    ring = [offset(home, 360.0 * i / count, reach) for i, reach in enumerate(reaches)]
    return [*ring, ring[0]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    home = draw(st.sampled_from(PLACES))
    if draw(st.booleans()):
        shape: PolygonShape | CircleShape = CircleShape(*home, draw(st.floats(20.0, 800.0)))
    else:
        outer = draw(stars(home, 150.0, 1200.0))
        holes = (tuple(draw(stars(home, 20.0, 60.0))),) if draw(st.booleans()) else ()
        shape = PolygonShape(tuple(outer), holes)
    lower, upper = sorted((draw(st.floats(1.0, 150.0)), draw(st.floats(1.0, 150.0))))
    datums = st.sampled_from([Datum.AGL, Datum.AMSL])
    limits = [draw(st.one_of(st.none(), st.builds(Limit, st.just(v), datums))) for v in (lower, upper)]
    start_s, length_s = draw(st.integers(-200, 400)), draw(st.integers(0, 300))
    window = TimePeriod(NOON + timedelta(seconds=start_s), NOON + timedelta(seconds=start_s + length_s))
    applicability = Applicability((window,)) if draw(st.booleans()) else Applicability()
    made = Zone("Z", Restriction.PROHIBITED, (Volume(shape, *limits),), applicability=applicability)
    points = draw(
        st.lists(
            st.tuples(st.floats(0.0, 360.0), st.floats(0.0, 2500.0), st.floats(0.0, 160.0)),
            min_size=1,
            max_size=4,
        )
    )
    flown = [
        Waypoint(*offset(home, bearing, reach), alt, NOON + timedelta(seconds=60 * number))
        for number, (bearing, reach, alt) in enumerate(points)
    ]
    terrain = FlatTerrain(draw(st.floats(0.0, 30.0)), draw(st.sampled_from([0.0, 5.0])))
    return Case(made, flown, terrain, draw(st.sampled_from([0.0, 10.0, 50.0])))


# ---- the oracle ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """A point of the path."""

    along_m: float
    lon: float
    lat: float
    alt: float
    time: float


def samples(path: list[Waypoint]) -> list[Sample]:
    found, along = [], 0.0
    legs = list(itertools.pairwise(path)) or [(path[0], path[0])]
    for a, b in legs:
        azimuth, _, length = EARTH.inv(a.lon, a.lat, b.lon, b.lat)
        count = max(1, math.ceil(length / STEP_M))
        for i in range(count + 1):
            u = i / count
            lon, lat, _ = EARTH.fwd(a.lon, a.lat, azimuth, length * u)
            seconds = a.at.timestamp() + (b.at - a.at).total_seconds() * u
            alt = a.alt_amsl_m + (b.alt_amsl_m - a.alt_amsl_m) * u
            found.append(Sample(along + length * u, lon, lat, alt, seconds))
        along += length
    return found


def signed_distance(shape: PolygonShape | CircleShape, lon: float, lat: float) -> float:
    """Metres outside the shape; negative inside."""
    if isinstance(shape, CircleShape):
        return float(EARTH.inv(shape.lon, shape.lat, lon, lat)[2]) - shape.radius_m
    inside, nearest = False, math.inf
    scale_x, scale_y = metres_per_degree(lat)
    for ring in (shape.outer, *shape.holes):
        xy = np.array(ring)
        x = ((xy[:, 0] - lon + 180.0) % 360.0 - 180.0) * scale_x
        y = (xy[:, 1] - lat) * scale_y
        x0, y0, x1, y1 = x[:-1], y[:-1], x[1:], y[1:]
        crosses = (y0 > 0) != (y1 > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x0 - y0 * (x1 - x0) / (y1 - y0)
        inside ^= bool(np.count_nonzero(crosses & (at > 0)) % 2)
        length2 = (x1 - x0) ** 2 + (y1 - y0) ** 2
        t = np.clip(-(x0 * (x1 - x0) + y0 * (y1 - y0)) / np.maximum(length2, 1e-12), 0.0, 1.0)
        nearest = min(nearest, float(np.hypot(x0 + t * (x1 - x0), y0 + t * (y1 - y0)).min()))
    return -nearest if inside else nearest


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Of longitude and latitude on the ellipsoid, from its radii of curvature."""
    e2, phi = 0.00669437999014, math.radians(lat)
    w = math.sqrt(1.0 - e2 * math.sin(phi) ** 2)
    return (
        math.radians(6378137.0 / w * math.cos(phi)),
        math.radians(6378137.0 * (1.0 - e2) / w**3),
    )


def bounds(limit: Limit | None, terrain: FlatTerrain, missing: float) -> tuple[float, float]:
    if limit is None:
        return missing, missing
    if limit.datum is Datum.AMSL:
        return limit.value_m, limit.value_m
    middle = limit.value_m + terrain.height_m
    return middle - terrain.error_m, middle + terrain.error_m


def verdict(case: Case, one: Sample, far_m: float) -> Status:
    """What holds at a sample, with all limits moved outward by `far_m` metres (and seconds)."""
    volume = case.zone.volumes[0]
    if signed_distance(volume.shape, one.lon, one.lat) > case.margin_m + far_m:
        return Status.CLEAR
    for period in case.zone.applicability.periods:
        assert period.start
        assert period.end
        if not period.start.timestamp() - far_m <= one.time <= period.end.timestamp() + far_m:
            return Status.CLEAR
    low = bounds(volume.lower, case.terrain, -math.inf)
    high = bounds(volume.upper, case.terrain, math.inf)
    if low[1] - far_m <= one.alt <= high[0] + far_m:
        return Status.BLOCKED
    return Status.UNKNOWN if low[0] - far_m <= one.alt <= high[1] + far_m else Status.CLEAR


# ---- the properties ------------------------------------------------------------------------------


@given(case=cases())
def test_answer_agrees_with_the_oracle(case: Case) -> None:
    """Nothing that is surely in conflict is missed, and nothing clear by far is refused."""
    result = check_path(ZoneSet([case.zone]), case.path, case.terrain, margin_m=case.margin_m)
    taken = samples(case.path)
    inner = [(one, verdict(case, one, -SLACK_M)) for one in taken]
    for one, status in inner:
        if status is not Status.CLEAR:
            assert result.status is not Status.CLEAR
            assert any(c.from_m - 1.0 <= one.along_m <= c.to_m + 1.0 for c in result.conflicts)
    if any(status is Status.BLOCKED for _, status in inner):
        assert result.status is Status.BLOCKED
    # Between two samples a path gets nearer by half a step at most, and climbs as steeply as it climbs.
    far = STEP_M + SLACK_M + case.margin_m * 0.002 + steepest(case.path)
    outer = {verdict(case, one, far) for one in taken}
    if outer == {Status.CLEAR}:
        assert result.status is Status.CLEAR
    if Status.BLOCKED not in outer:
        assert result.status is not Status.BLOCKED


def steepest(path: list[Waypoint]) -> float:
    """Metres of height, and seconds, that pass between two samples at most."""
    worst = 0.0
    for a, b in itertools.pairwise(path):
        count = max(1, math.ceil(EARTH.inv(a.lon, a.lat, b.lon, b.lat)[2] / STEP_M))
        climb, seconds = abs(b.alt_amsl_m - a.alt_amsl_m), (b.at - a.at).total_seconds()
        worst = max(worst, climb / count, seconds / count)
    return worst


@given(case=cases())
def test_bulk_filter_is_never_more_lenient_than_a_check(case: Case) -> None:
    """A leg that conflicts at its height and time is hit in two dimensions."""
    assume(len(case.path) > 1)
    zones = ZoneSet([case.zone])
    ends = [(one.lon, one.lat) for one in case.path]
    hit = segments_hit(zones, ends[:-1], ends[1:], case.margin_m)
    for leg, a, b in zip(hit, case.path, case.path[1:], strict=False):
        if not check_path(zones, [a, b], case.terrain, margin_m=case.margin_m).is_clear:
            assert leg


@given(case=cases(), extra=st.floats(0.0, 100.0))
def test_wider_margin_never_clears(case: Case, extra: float) -> None:
    """What conflicts with a margin conflicts with a wider one."""
    zones = ZoneSet([case.zone])
    narrow = check_path(zones, case.path, case.terrain, margin_m=case.margin_m)
    wide = check_path(zones, case.path, case.terrain, margin_m=case.margin_m + extra, vertical_margin_m=extra)
    assert narrow.is_clear or not wide.is_clear
