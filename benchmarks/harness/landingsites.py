"""Where to land from each part of a flight of 6 km: 50, 500 and 3,000 sites among 1,000 zones that cover a sixth of the
plane. Times are those of this thread's CPU. Each answer is flown: from five points of each stretch, at the slowest and
the fastest speed, `check_path` with the same margin must call the way clear.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from benchmarks.harness.figure import Figure, percentile
from benchmarks.harness.zonechecks import Load
from benchmarks.harness.zoneworlds import HIGH_M, HOME, WIDE_M, World, world
from geofences import Diverting, FlatTerrain, LandingSite, LandingStretch, Waypoint, check_path, landing_sites
from geofences.geometry.geodesy import LocalPlane, bearing_deg, destination, distance_m

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
MARGIN_M, COVERED, ALT_M = 30.0, 0.17, 80.0
SPEED_MPS = 15.0
FLYING = Diverting(slowest_mps=8.0, fastest_mps=16.0, range_m=6_000.0, descent_mps=3.0)
SEA = FlatTerrain(0.0, 0.0)
GOAL_MS = 1_000.0
WITHIN_M = 0.01
"""A stretch begins where the path leaves a zone's margin: so near to its ends nothing is flown."""


def landing(load: Load) -> list[Figure]:
    """The p95 of a whole flight, for each number of sites; it holds only if no way that is named is unsafe."""
    zones, counts = (1_000, (50, 500, 3_000)) if load.rounds > 1 else (30, (20,))
    one = world(zones, COVERED, MARGIN_M, 0, max(4, load.trips // 4))
    return [_figure(one, count) for count in counts]


def _figure(one: World, count: int) -> Figure:
    sites = _sites(count)
    cpu: list[float] = []
    stretches = unsafe = 0
    for start, goal in one.trips:
        path = _flown(start, goal)
        begun = time.thread_time()
        found = landing_sites(one.zones, path, sites, SEA, FLYING, lambda: False, margin_m=MARGIN_M)
        cpu.append((time.thread_time() - begun) * 1e3)
        stretches += len(found)
        unsafe += sum(not _is_clear(one, way) for each in found for way in _ways(path, each, sites))
    return Figure(
        f"landing_sites_{count}_p95",
        percentile(cpu, 0.95),
        "ms",
        GOAL_MS,
        2.0 * GOAL_MS,
        most=True,
        and_also=unsafe == 0,
        more={
            "p50_ms": round(percentile(cpu, 0.5), 1),
            "flights": len(cpu),
            "stretches": stretches,
            "unsafe": unsafe,
        },
    )


def _sites(count: int) -> list[LandingSite]:
    rng, plane = random.Random(count), LocalPlane(*HOME)
    spots = [(rng.uniform(-WIDE_M, WIDE_M) / 2.0, rng.uniform(-HIGH_M, HIGH_M) / 2.0) for _ in range(count)]
    return [
        LandingSite(f"S{number}", lon, lat, 0.0)
        for number, (lon, lat) in enumerate(plane.to_lonlat(spots).tolist())
    ]


def _flown(start: tuple[float, float], goal: tuple[float, float]) -> list[Waypoint]:
    lasts_s = distance_m(*start, *goal) / SPEED_MPS
    return [Waypoint(*start, ALT_M, AT), Waypoint(*goal, ALT_M, AT + timedelta(seconds=lasts_s))]


def _ways(
    path: Sequence[Waypoint], each: LandingStretch, sites: Sequence[LandingSite]
) -> Iterator[list[Waypoint]]:
    """The ways that a stretch names, as they are flown."""
    if each.site_id is None or each.to_m - each.from_m < 2.0 * WITHIN_M:
        return
    site = sites[int(each.site_id[1:])]
    (lon, lat), bearing = (path[0].lon, path[0].lat), bearing_deg(*_ends(path))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        along_m = each.from_m + WITHIN_M + (each.to_m - each.from_m - 2.0 * WITHIN_M) * share
        points = [destination(lon, lat, bearing, along_m), *each.via, (site.lon, site.lat)]
        for speed_mps in FLYING.speeds:
            at = AT + timedelta(seconds=along_m / SPEED_MPS)
            way = [Waypoint(*points[0], ALT_M, at)]
            for before, after in pairwise(points):
                at += timedelta(seconds=distance_m(*before, *after) / speed_mps)
                way.append(Waypoint(*after, ALT_M, at))
            yield [
                *way,
                Waypoint(site.lon, site.lat, 0.0, at + timedelta(seconds=ALT_M / FLYING.descent_mps)),
            ]


def _ends(path: Sequence[Waypoint]) -> tuple[float, float, float, float]:
    return path[0].lon, path[0].lat, path[-1].lon, path[-1].lat


def _is_clear(one: World, way: Sequence[Waypoint]) -> bool:
    return check_path(one.zones, way, SEA, margin_m=MARGIN_M).is_clear
