"""Random ways over hills from a grid file, and what may be said of each: the ground interpolated in plain NumPy, by
steps as in `zonewalks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.harness.zoneoracle import Verdict
from benchmarks.harness.zonetimes import DAYS
from benchmarks.harness.zonewalks import (
    CENTRE,
    LEGS,
    SLACK_M,
    Sampled,
    Walk,
    areas,
    bounds_of,
    deep_in,
    permits,
    ring_near,
    some_time,
    sometime,
    throughout,
    walk_among,
)
from geofences import (
    Datum,
    Limit,
    PolygonShape,
    Restriction,
    Volume,
    Zone,
    ZoneSet,
    check_segments,
    read_terrain,
)
from geofences.checks.asked import Codes
from geofences.geometry.geodesy import Floats


@dataclass(frozen=True)
class _Ground:
    """Posts every `POST_DEG` from a corner on, rows from south to north, and by how much they may be wrong."""

    posts: Floats
    error_m: float
    canopy_m: float

    def under(self, lon: Sampled, lat: Sampled) -> Sampled:
        """The height at each place, bilinear between four posts."""
        x, y = (lon - CORNER[0]) / POST_DEG, (lat - CORNER[1]) / POST_DEG
        i, j = x.astype(int), y.astype(int)
        u, v = x - i, y - j
        south = self.posts[j, i] * (1 - u) + self.posts[j, i + 1] * u
        north = self.posts[j + 1, i] * (1 - u) + self.posts[j + 1, i + 1] * u
        return np.asarray(south * (1 - v) + north * v)

    def around(self, lon: Sampled, lat: Sampled, beyond_m: float) -> tuple[Sampled, Sampled]:
        """The lowest and highest post near each leg."""
        by = beyond_m / 80_000.0
        low, high = np.empty((len(lon), 1)), np.empty((len(lon), 1))
        for row in range(len(lon)):
            x = (np.array([lon[row].min() - by, lon[row].max() + by]) - CORNER[0]) / POST_DEG
            y = (np.array([lat[row].min() - by, lat[row].max() + by]) - CORNER[1]) / POST_DEG
            near = self.posts[int(y[0]) - 1 : int(y[1]) + 3, int(x[0]) - 1 : int(x[1]) + 3]
            low[row], high[row] = np.min(near), np.max(near)
        return low, high

    def bounds(self, low: Sampled, high: Sampled) -> tuple[Sampled, Sampled]:
        return low - self.error_m - self.canopy_m, high + self.error_m

    def written(self) -> str:
        """As an Esri grid."""
        count = len(self.posts)
        head = (
            f"ncols {count}\nnrows {count}\nxllcenter {CORNER[0]}\nyllcenter {CORNER[1]}\ncellsize {POST_DEG}"
        )
        return "\n".join([head, *(" ".join(f"{one:g}" for one in row) for row in self.posts[::-1])])


POST_DEG, POSTS = 0.002, 101
CORNER = (CENTRE[0] - POST_DEG * (POSTS // 2), CENTRE[1] - POST_DEG * (POSTS // 2))


def uneven(rng: Random) -> tuple[Codes, Verdict]:
    """Ways over hills from a grid file, among zones with limits above ground."""
    day, hills = rng.choice(DAYS), np.random.default_rng(rng.randrange(2**32))
    waves = hills.normal(size=(POSTS, POSTS)).cumsum(axis=0).cumsum(axis=1) * rng.choice([0.2, 1.0, 3.0])
    ground = _Ground(np.round(np.clip(waves, -50, 600), 1), rng.choice([0.0, 5.0]), rng.choice([0.0, 10.0]))
    margin_m, up_m = rng.choice([0.0, 30.0, 150.0]), rng.choice([0.0, 10.0])
    walk = walk_among(rng, day, 2_000.0, lambda metres: metres / 10.0 + 60.0)
    walk.heights[:] += ground.under(walk.ends[:, ::2], walk.ends[:, 1::2])
    zones = []
    for number in range(rng.randint(1, 3)):
        limits = (
            rng.choice([None, Limit(rng.choice([0.0, 30.0, 90.0]), Datum.AGL)]),
            rng.choice([None, Limit(rng.choice([100.0, 150.0]), Datum.AGL), Limit(250.0, Datum.AMSL)]),
        )
        volumes = (Volume(PolygonShape(ring_near(rng, 3_000)), *limits),)
        zones.append(Zone(f"Z{number}", Restriction.PROHIBITED, volumes, applicability=some_time(rng, day)))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "hills.asc"
        file.write_text(ground.written(), encoding="utf-8")
        terrain = read_terrain(file, datum=Datum.AMSL, error_m=ground.error_m, canopy_m=ground.canopy_m)
        codes = check_segments(
            *(ZoneSet(zones), walk.ends[:, :2], walk.ends[:, 2:], *walk.heights.T, *walk.times.T, terrain),
            margin_m=margin_m,
            vertical_margin_m=up_m,
        )
    return codes, _over_hills(walk, zones, day, ground, margin_m, up_m)


def _over_hills(
    walk: Walk, zones: list[Zone], day: datetime, ground: _Ground, margin_m: float, up_m: float
) -> Verdict:
    """What is so at the ground right below each step, and what is so wherever the ground is within its bounds near the
    leg: `geofences` may know less than the first, and must know the second.
    """
    at, alt = walk.steps(walk.times), walk.steps(walk.heights)
    lon, lat = walk.places
    under = ground.under(lon, lat)
    rises = np.abs(np.diff(under, axis=1)).max(axis=1)[:, None] + walk.half(walk.heights) + 0.5
    below, around = ground.bounds(under, under), ground.bounds(*ground.around(lon, lat, margin_m + 100.0))
    verdict = Verdict(*(np.zeros(len(alt), dtype=np.bool_) for _ in range(4)))
    for zone in zones:
        volume = zone.volumes[0]
        deep = deep_in(volume.shape, walk) + margin_m
        here = (deep >= 0.0) & throughout(zone, day, at, 0.0)
        near = (deep >= -SLACK_M - walk.half_m) & sometime(zone, day, at, walk.half(walk.times))
        for bounds, surely, where, least, found in (
            (below, False, here, 1e-3, verdict.must_stop),
            (around, True, here, 1e-3, verdict.must_block),
            (below, True, near, -rises, verdict.may_block),
            (around, False, near, -rises, verdict.may_stop),
        ):
            floor = bounds_of(volume.lower, -np.inf, *bounds)[1 if surely else 0] - up_m
            ceiling = bounds_of(volume.upper, np.inf, *bounds)[0 if surely else 1] + up_m
            inside = np.minimum(alt - floor, ceiling - alt) >= least
            np.logical_or(found, (where & inside).any(axis=1), out=found)
    np.logical_or(verdict.must_stop, verdict.must_block, out=verdict.must_stop)
    np.logical_or(verdict.may_stop, verdict.may_block, out=verdict.may_stop)
    return verdict


SORTS: tuple[Callable[[Random], tuple[Codes, Verdict]], ...] = (areas, permits, uneven)


def walks(seed: int, cases: int) -> Iterator[tuple[Codes, Verdict]]:
    """What is answered, and what may be, of so many ways; all sorts in turn."""
    for number in range(max(len(SORTS), cases // LEGS)):
        yield SORTS[number % len(SORTS)](Random(seed * 1_000_003 + number))
