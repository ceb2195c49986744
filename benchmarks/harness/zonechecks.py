"""The figures of checks: legs, fleets and single samples against thousands of zones, wrong answers, loading."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import shapely

from benchmarks.harness.figure import Figure, in_turns, median, percentile, ratio
from benchmarks.harness.zonecases import scenes
from benchmarks.harness.zonehills import walks
from benchmarks.harness.zoneoracle import judge
from geofences import (
    Applicability,
    DailyPeriod,
    Datum,
    FlatTerrain,
    Limit,
    PolygonShape,
    Restriction,
    TimeOfDay,
    TimePeriod,
    Volume,
    Watch,
    Zone,
    ZoneSet,
    check_points,
    check_segments,
    read_zones,
)
from geofences.geometry.geodesy import Floats

NOON_S = datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp()
TERRAIN = FlatTerrain(20.0, 5.0)
MARGIN_M = 10.0
VERTICES = 40
KM2_A_ZONE = 9.0
"""As dense as in a country that publishes ten thousand."""

CENTRE = (10.0, 49.0)
_LIMITS = (
    None,
    Limit(0.0, Datum.AGL),
    Limit(60.0, Datum.AGL),
    Limit(120.0, Datum.AGL),
    Limit(150.0, Datum.AMSL),
)
_WORKDAYS = Applicability(
    (TimePeriod(schedule=(DailyPeriod(frozenset(range(5)), TimeOfDay(8 * 3600.0), TimeOfDay(18 * 3600.0)),)),)
)


@dataclass(frozen=True)
class Load:
    """How much is measured."""

    rounds: int = 5
    legs: int = 100_000
    zones: tuple[int, ...] = (1_000, 10_000, 100_000)
    cases: int = 1_000_000
    samples: int = 200_000
    trips: int = 100
    judged: tuple[tuple[int, int], ...] = ((30, 40), (300, 8), (1000, 1))
    """Around how many zones paths are looked for, and how many of them are held against the oracle, which takes its
    time: minutes for one among 1000 zones."""


SMOKE = Load(rounds=1, legs=500, zones=(300,), cases=1_500, samples=500, trips=10, judged=((30, 3), (300, 1)))
"""A smoke run: it shows that everything works, and measures nothing."""


def legs_against_shapely(load: Load) -> list[Figure]:
    """Legs in four dimensions with a margin, against what Shapely's tree does with the same legs in two without one.

    Shapely's lines are made beforehand, ours are arrays; both trees are.
    """
    return [_legs(load, count) for count in load.zones]


def _legs(load: Load, count: int) -> Figure:
    rng = np.random.default_rng(count)
    zones = random_zones(rng, count)
    held, start = ZoneSet(zones), spread(rng, load.legs, count)
    end = moved(start, rng.uniform(0.0, 2.0 * np.pi, load.legs), rng.uniform(1_000.0, 5_000.0, load.legs))
    low, high = (rng.uniform(0.0, 200.0, load.legs) for _ in range(2))
    begun = rng.uniform(-36_000.0, 36_000.0, load.legs) + NOON_S
    tree = shapely.STRtree([shapely.Polygon(zone.volumes[0].shape.outer) for zone in zones])  # type: ignore[union-attr]
    lines = shapely.linestrings(np.stack((start, end), axis=1))

    def ours() -> dict[str, float]:
        began = time.process_time()
        codes = check_segments(held, start, end, low, high, begun, begun + 300.0, TERRAIN, margin_m=MARGIN_M)
        return {"per_s": load.legs / (time.process_time() - began), "clear": float(np.mean(codes == 0))}

    def shapelys() -> dict[str, float]:
        began = time.process_time()
        hits = tree.query(lines, predicate="intersects")
        taken = time.process_time() - began
        return {"per_s": load.legs / taken, "clear": 1.0 - len(np.unique(hits[0])) / load.legs}

    ours()
    arms = in_turns(load.rounds, ours=ours, shapely=shapelys)
    times, spread_of = ratio(arms["ours"], arms["shapely"], "per_s")
    more = {
        "ours_per_s": round(median(arms["ours"], "per_s")),
        "shapely_per_s": round(median(arms["shapely"], "per_s")),
        "from_to": spread_of,
        "clear_share": round(median(arms["ours"], "clear"), 3),
        "clear_in_2d": round(median(arms["shapely"], "clear"), 3),
    }
    return Figure(f"legs_4d_{count}_zones_over_shapely_2d", times, "times", 3.0, 3.0, more=more)


WALKED = 20
"""One case in so many more is walked along, among areas, permits and hills: that takes six times as long."""


def wrong_answers(load: Load) -> list[Figure]:
    """Random cases whose answer is wrong, by an oracle that shares no code; see `zoneoracle.py`."""
    wrong = still_open = total = 0
    answers = np.zeros(3, dtype=int)
    for scene in scenes(2026, load.cases):
        codes = check_segments(
            scene.zone_set,
            scene.ends[:, :2],
            scene.ends[:, 2:],
            scene.heights[:, 0],
            scene.heights[:, 1],
            scene.times[:, 0],
            scene.times[:, 1],
            scene.terrain,
            **scene.asked,
        )
        verdict = judge(scene)
        wrong += int(verdict.wrong(codes).sum())
        still_open += int(verdict.open().sum())
        total += len(codes)
        answers += np.bincount(codes, minlength=3)
    for codes, verdict in walks(2026, load.cases // WALKED):
        wrong += int(verdict.wrong(codes).sum())
        still_open += int(verdict.open().sum())
        total += len(codes)
        answers += np.bincount(codes, minlength=3)
    more = {"cases": total, "either_is_right": still_open, "clear_unknown_blocked": answers.tolist()}
    return [Figure("wrong_answers", float(wrong), "cases", 0.0, 0.0, most=True, more=more)]


def fleet_share(load: Load) -> list[Figure]:
    """What share of a core 5,000 vehicles take that report five times a second, against 10,000 zones."""
    vehicles, rng, count = 5_000, np.random.default_rng(5), max(load.zones[:2])
    held, places = ZoneSet(random_zones(rng, count)), spread(rng, vehicles, count)
    heights = rng.uniform(20.0, 150.0, vehicles)

    def second() -> dict[str, float]:
        began = time.process_time()
        for fifth in range(5):
            check_points(held, places, heights, NOON_S + fifth / 5.0, TERRAIN, margin_m=MARGIN_M)
        return {"share": 100.0 * (time.process_time() - began)}

    second()
    found = in_turns(max(load.rounds, 2), ours=second)["ours"]
    return [Figure("fleet_5000_at_5hz", median(found, "share"), "% of a core", 20.0, 20.0, most=True)]


def single_samples(load: Load) -> list[Figure]:
    """One sample in a loop of Python's: mean and 99th percentile, beside Shapely's tree alone."""
    rng, count = np.random.default_rng(6), max(load.zones[:2])
    zones = random_zones(rng, count)
    watch = Watch(ZoneSet(zones), TERRAIN)
    places = list(
        zip(*spread(rng, load.samples, count).T.tolist(), rng.uniform(0, 200, load.samples), strict=True)
    )
    tree = shapely.STRtree([shapely.Polygon(zone.volumes[0].shape.outer) for zone in zones])  # type: ignore[union-attr]

    def ours() -> dict[str, float]:
        return _timed(lambda lon, lat, alt: watch.status(lon, lat, alt, NOON_S), places)

    def shapelys() -> dict[str, float]:
        few = places[: load.samples // 10]
        return _timed(lambda lon, lat, _alt: tree.query(shapely.Point(lon, lat), predicate="intersects"), few)

    arms = in_turns(load.rounds, ours=ours, shapely=shapelys)
    more = {"shapely_us": round(median(arms["shapely"], "mean_us"), 2)}
    mean, late = (median(arms["ours"], what) for what in ("mean_us", "p99_us"))
    return [
        Figure("sample_mean", mean, "us", 2.0, 2.0, most=True, more=more),
        Figure("sample_p99", late, "us", 50.0, 50.0, most=True),
    ]


def _timed(
    ask: Callable[[float, float, float], object], places: list[tuple[float, float, float]]
) -> dict[str, float]:
    """The mean in processor time, which does not count when others had the core; the percentile by the clock."""
    began = time.process_time()
    for lon, lat, alt in places:
        ask(lon, lat, alt)
    mean_s, taken, clock = (time.process_time() - began) / len(places), [], time.perf_counter_ns
    for lon, lat, alt in places:
        started = clock()
        ask(lon, lat, alt)
        taken.append(clock() - started)
    return {"mean_us": mean_s * 1e6, "p99_us": percentile(taken, 0.99) / 1e3}


def loading(load: Load) -> list[Figure]:
    """From the bytes of an ED-269 file of 10,000 zones to the first answer."""
    raw = ed269(np.random.default_rng(7), max(load.zones[:2]))

    def once() -> dict[str, float]:
        began = time.process_time()
        held = ZoneSet(read_zones(raw, "zones.json").zones)
        check_points(held, [CENTRE], 50.0, NOON_S, TERRAIN)
        return {"s": time.process_time() - began, "version": float(len(held.version))}

    found = in_turns(load.rounds, ours=once)["ours"]
    more = {"bytes": len(raw), "zones": max(load.zones[:2])}
    return [Figure("loading_10000_ed269", median(found, "s"), "s", 2.0, 2.0, most=True, more=more)]


def random_zones(rng: np.random.Generator, count: int) -> list[Zone]:
    """Zones of 40 vertices with limits; one in ten on workdays only."""
    return [
        Zone(
            f"Z{number}",
            Restriction.PROHIBITED,
            (Volume(PolygonShape(ring), _LIMITS[number % 3], _LIMITS[2 + number % 3]),),
            applicability=_WORKDAYS if number % 10 == 0 else Applicability(),
        )
        for number, ring in enumerate(_rings(rng, count))
    ]


def _rings(rng: np.random.Generator, count: int) -> Iterator[tuple[tuple[float, float], ...]]:
    for place in spread(rng, count, count):
        reach = rng.uniform(100.0, 1_000.0) * rng.uniform(0.6, 1.0, VERTICES)
        around = moved(
            np.tile(place, (VERTICES, 1)), np.linspace(0.0, 2.0 * np.pi, VERTICES, endpoint=False), reach
        )
        ring = [(round(lon, 7), round(lat, 7)) for lon, lat in around.tolist()]
        yield (*ring, ring[0])


def spread(rng: np.random.Generator, count: int, zones: int) -> Floats:
    """Places over the land that so many zones cover."""
    half_m = math.sqrt(zones * KM2_A_ZONE * 1e6) / 2.0
    middle = np.tile(np.array(CENTRE), (count, 1))
    return moved(
        moved(middle, 0.0, rng.uniform(-half_m, half_m, count)),
        np.pi / 2,
        rng.uniform(-half_m, half_m, count),
    )


def moved(places: Floats, bearing: Floats | float, metres: Floats) -> Floats:
    """Places so far away, roughly: only where things lie depends on it."""
    east, north = np.sin(bearing) * metres, np.cos(bearing) * metres
    wide = 111_320.0 * np.cos(np.radians(places[:, 1]))
    return places + np.column_stack((east / wide, north / 111_000.0))


def ed269(rng: np.random.Generator, count: int) -> bytes:
    """A file as states publish it."""
    features = [
        {
            "identifier": f"Z{number:05d}",
            "country": "DEU",
            "name": f"Zone {number}",
            "type": "COMMON",
            "restriction": "PROHIBITED",
            "reason": ["SENSITIVE"],
            "applicability": [{"permanent": "YES"}],
            "zoneAuthority": [{"name": "Authority", "purpose": "AUTHORIZATION"}],
            "geometry": [
                {
                    "uomDimensions": "M",
                    "lowerLimit": 0,
                    "lowerVerticalReference": "AGL",
                    "upperLimit": 120,
                    "upperVerticalReference": "AGL",
                    "horizontalProjection": {"type": "Polygon", "coordinates": [ring]},
                }
            ],
        }
        for number, ring in enumerate(_rings(rng, count))
    ]
    return json.dumps(
        {"title": "zones", "description": "made for a benchmark", "features": features}
    ).encode()
