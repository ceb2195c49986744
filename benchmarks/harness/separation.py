"""One new flight among many: whom does it meet? Against volumes held against each other, as ASTM F3548 has them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import shapely

from benchmarks.harness.figure import Figure, in_turns, median, ratio
from benchmarks.harness.zonechecks import Load
from geofences import Intent, Room, Waypoint, encounters
from geofences.geometry.geodesy import LocalPlane, destination

CENTRE = (-8.6, 41.15)
PLANE = LocalPlane(*CENTRE)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROOM = Room(beside_m=25.0, above_m=7.5, time_s=15.0, upright_s=22.5)
ACTIVE, ASKED, ASKED_QUICKLY = 1_000, 300, 20
"""Flights in the air or to be flown soon, and how many new ones are asked about."""


def flight(rng: random.Random, number: int) -> Intent:
    """Up, out over 1 to 6 km, down to the drop, and back: at one of three heights, within an hour, in a wide town."""
    home = destination(*CENTRE, rng.uniform(0.0, 360.0), 10_000.0 * rng.random() ** 0.5)
    away_m, height_m = rng.uniform(1_000.0, 6_000.0), rng.choice((60.0, 75.0, 90.0))
    drop = destination(*home, rng.uniform(0.0, 360.0), away_m)
    at, path = NOON + timedelta(seconds=rng.uniform(0.0, 3_600.0)), []
    cruise_s, climb_s = away_m / 15.0, height_m / 3.0
    for place, alt_m, takes_s in (
        (home, 0.0, 0.0),
        (home, height_m, climb_s),
        (drop, height_m, cruise_s),
        (drop, 10.0, climb_s),
        (drop, 10.0, 30.0),
        (drop, height_m, climb_s),
        (home, height_m, cruise_s),
        (home, 0.0, climb_s),
    ):
        at += timedelta(seconds=takes_s)
        path.append(Waypoint(*place, alt_m, at))
    return Intent(f"F{number}", tuple(path), ROOM)


@dataclass(frozen=True, slots=True, eq=False)
class Volumes:
    """Volumes of flights: capsules on a plane, with heights and times; whose each is."""

    shapes: np.ndarray
    lows: np.ndarray
    highs: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    whose: np.ndarray

    @classmethod
    def of(cls, flights: Sequence[Intent]) -> Volumes:
        """As ASTM F3548 has them: each leg whole, for as long as it is flown."""
        every = [(n, one) for n, each in enumerate(flights) for one in each.volumes]
        ends = np.array([PLANE.to_xy((one.start, one.end)) for _, one in every])
        radii = np.array([one.radius_m for _, one in every])
        return cls(
            shapely.buffer(shapely.linestrings(ends), radii),
            np.array([one.lower_amsl_m for _, one in every]),
            np.array([one.upper_amsl_m for _, one in every]),
            np.array([one.starts_at.timestamp() for _, one in every]),
            np.array([one.ends_at.timestamp() for _, one in every]),
            np.array([n for n, _ in every]),
        )

    def met_by(self, tree: shapely.STRtree, new: Volumes) -> set[int]:
        """The flights whose volumes meet any of another's, in space, height and time."""
        mine, theirs = tree.query(new.shapes, predicate="intersects")
        meet = (new.lows[mine] <= self.highs[theirs]) & (self.lows[theirs] <= new.highs[mine])
        meet &= (new.begins[mine] <= self.ends[theirs]) & (self.begins[theirs] <= new.ends[mine])
        return set(self.whose[theirs[meet]].tolist())


def new_flights(load: Load) -> list[Figure]:
    """What one new flight costs among 1,000 active ones, and whom it meets. Volumes, their shapes and the tree of the
    active ones are made beforehand for the peer, as the pieces are for us; those of the new one are too.
    """
    rng = random.Random(7)
    active = [flight(rng, number) for number in range(ACTIVE)]
    asked = [flight(rng, ACTIVE + n) for n in range(ASKED if load.rounds > 1 else ASKED_QUICKLY)]
    held = Volumes.of(active)
    tree, volumes = shapely.STRtree(held.shapes), [Volumes.of([one]) for one in asked]
    for one in (*active, *asked):
        assert len(one.pieces)  # worked out once, when a flight is planned

    ours: dict[int, set[int]] = {}
    theirs: dict[int, set[int]] = {}

    def exact(n: int) -> None:
        ours[n] = {int(one.other_id[1:]) for one in encounters(asked[n], active)}

    def by_volumes(n: int) -> None:
        theirs[n] = held.met_by(tree, volumes[n])

    found = in_turns(
        load.rounds,
        exact=lambda: _timed(exact, len(asked)),
        volumes=lambda: _timed(by_volumes, len(asked)),
    )
    exactly, coarsely = sum(map(len, ours.values())), sum(map(len, theirs.values()))
    times, spread = ratio(found["exact"], found["volumes"], "p50_ms")
    return [
        Figure(
            "one new flight among 1,000 active, p99",
            median(found["exact"], "p99_ms"),
            "ms",
            goal=20.0,
            floor=60.0,
            most=True,
            and_also=all(ours[n] <= theirs[n] for n in ours),
            more={
                "p50_ms": round(median(found["exact"], "p50_ms"), 3),
                "volumes_p50_ms": round(median(found["volumes"], "p50_ms"), 3),
                "volumes_p99_ms": round(median(found["volumes"], "p99_ms"), 3),
                "times_the_volumes": round(times, 2),
                "times_from_to": spread,
                "met": exactly,
                "met_by_volumes": coarsely,
                "asked": len(asked),
            },
        )
    ]


def _timed(ask: Callable[[int], None], count: int) -> dict[str, float]:
    took = []
    for number in range(count):
        begun = time.perf_counter()
        ask(number)
        took.append(1e3 * (time.perf_counter() - begun))
    return {"p50_ms": float(np.percentile(took, 50)), "p99_ms": float(np.percentile(took, 99))}
