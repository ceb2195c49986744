"""Paths around 30, 300 and 1000 zones over 6 km: how long a search takes, how much longer than the shortest a path is
by an oracle that shares no code, and whether samples along it ever come nearer to a zone than the margin.

About a third of the plane is covered. Ends lie anywhere: some in a zone, some enclosed. Times are those of this
thread's CPU, so that others on the machine do not count; `wall_ms` is the p95 by the clock. The first search in a
world, which draws the zones on the plane, is given by itself; the first that comes near a zone works out its corners,
and counts.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.harness.figure import Figure, percentile
from benchmarks.harness.zonechecks import Load
from benchmarks.harness.zoneworlds import HOME, World, world
from geofences import FlatTerrain, NoPath, path_around
from tests.support.tautstring import Widened, length_m, nearest_m

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
MARGIN_M, COVERED = 30.0, 0.35
GOALS_MS = {30: 5.0, 300: 30.0, 1000: 200.0}
MOST_LONGER = 1.01


@dataclass(frozen=True, slots=True)
class Searched:
    """One search: CPU and clock in ms, and what it found."""

    cpu_ms: float
    wall_ms: float
    found: list[tuple[float, float]] | NoPath


def paths_around(load: Load) -> list[Figure]:
    """The p95 for each number of zones; it holds only if no path is unsafe or longer than 1 % over the shortest."""
    return [_figure(count, load.trips, load.rounds, judged) for count, judged in load.judged]


def _figure(count: int, trips: int, rounds: int, judged: int) -> Figure:
    worlds = [world(count, COVERED, MARGIN_M, seed, trips) for seed in range(rounds)]
    first = [_searched(one, *one.trips[0]) for one in worlds]
    every = [(one, _searched(one, *trip)) for one in worlds for trip in one.trips]
    cpu = [search.cpu_ms for _, search in every]
    paths = [(one, search.found) for one, search in every if not isinstance(search.found, NoPath)]
    bent = [(one, path) for one, path in paths if len(path) > 2]
    unsafe = sum(nearest_m(path, one.rings, 20.0) < MARGIN_M for one, path in bent[:50])
    longer = sorted(_longer(bent[:judged]))
    kinds = Counter(str(search.found.why) for _, search in every if isinstance(search.found, NoPath))
    return Figure(
        f"path_around_{count}_zones_p95",
        percentile(cpu, 0.95),
        "ms",
        GOALS_MS[count],
        GOALS_MS[count],
        most=True,
        and_also=unsafe == 0 and (not longer or longer[-1] <= MOST_LONGER),
        more={
            "p50_ms": round(percentile(cpu, 0.5), 2),
            "worst_ms": round(max(cpu), 1),
            "wall_ms": round(percentile([search.wall_ms for _, search in every], 0.95), 2),
            "first_ms": round(max(search.wall_ms for search in first), 1),
            "searches": len(every),
            "bent": len(bent),
            "no_path": dict(sorted(kinds.items())),
            "longer_than_shortest_worst": round(longer[-1], 5) if longer else None,
            "judged": len(longer),
            "unsafe": unsafe,
        },
    )


def _searched(one: World, start: tuple[float, float], goal: tuple[float, float]) -> Searched:
    cpu, wall = time.thread_time(), time.perf_counter()
    found = path_around(one.zones, start, goal, 80.0, AT, MARGIN_M, FlatTerrain(0.0, 0.0), lambda: False)
    return Searched((time.thread_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3, found)


def _longer(paths: list[tuple[World, list[tuple[float, float]]]]) -> Iterator[float]:
    """Each path's length over that of the shortest."""
    widened: dict[int, Widened] = {}
    for one, path in paths:
        oracle = widened.setdefault(id(one), Widened(one.rings, MARGIN_M, HOME))
        flown_m = length_m(path)
        yield flown_m / oracle.shortest_m(path[0], path[-1], flown_m)
