"""Streets of one extract: what is asked of them against what could be, one engine against the other, and how far off an
estimate is that knows no streets.

The extract is an argument (`streets.py EXTRACT.osm.pbf`), since none is part of the repository; without one a crooked
grid is made from the seed, which shows that all works. `--streets DIR` takes a folder that `fleet network build` has
made of the extract with the profiles car and foot, whose building takes minutes for a city.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness.figure import Figure
from fleet.network.base import Profile
from fleet.network.build import build
from fleet.network.errors import NetworkError
from fleet.network.geodesic import GeodesicNetwork, straight_table_m
from fleet.network.streets import StreetNetwork, open_streets
from fleet.network.survey import crossings
from fleet.protocol.values import Place
from tests.support.streetmap import random_town

NEIGHBOURS = 24
"""So many of the nearest other stops are what a search for routes asks for, about."""

FLAT = 1.3
"""The circuity that is often taken for all distances."""

EXPECTED: dict[Profile, tuple[float, float]] = {"drive": (0.15, 0.24), "walk": (0.08, 0.13)}
"""How far off circuity by band is said to be in a city, in the middle and at most (docs/streets.md)."""

CLOSED, ENDS = 100, 200
"""Stops around which a part is closed, and stops of which ways are asked for; fewer where there are not so many."""
ROUNDS = 3


def main() -> int:
    """Print the figures; 0 where all floors hold, 2 where there are no streets to measure."""
    said = _arguments()
    with tempfile.TemporaryDirectory() as named:
        try:
            streets, took_s = _streets(said, Path(named))
        except NetworkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        rng = random.Random(said.seed)
        stops = _stops(streets, rng, said.stops)
        figures = [
            _neighbours(streets, stops),
            _engines(streets, stops[: said.table]),
            *(_error(streets, stops[: said.table], profile) for profile in ("drive", "walk")),
            _closures(streets, stops),
            _vans_closures(streets, stops),
        ]
    more = {"extract": streets.manifest.source, "stops": len(stops), "build_s": took_s}
    print(json.dumps({"figures": [f.as_json() for f in figures], **more}, indent=1))
    return 0 if all(figure.holds for figure in figures) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extract", nargs="?", type=Path)
    parser.add_argument("--streets", type=Path, help="A folder that was built of the extract before.")
    parser.add_argument("--stops", type=int, default=2000)
    parser.add_argument(
        "--table", type=int, default=60, help="Stops of the tables that engines are compared by."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="Show that all works; measures nothing.")
    parser.add_argument("--json", action="store_true", help="The output is JSON anyway.")
    said = parser.parse_args()
    if said.quick:
        said.stops, said.table = 60, 12
    return said


def _streets(said: argparse.Namespace, folder: Path) -> tuple[StreetNetwork, float | None]:
    """The streets, and how long they took to build; none where they were there."""
    if said.streets is not None:
        return open_streets(said.streets), None
    source = said.extract
    if source is None:
        town = random_town(random.Random(said.seed), size=16 if said.quick else 60, block_m=120.0)
        source = town.write(folder / "town.osm.pbf")
    begun = time.monotonic()
    build(source, folder / "streets", ["car", "foot"], progress=_note)
    return open_streets(folder / "streets"), round(time.monotonic() - begun, 1)


def _note(text: str) -> None:
    print(text, file=sys.stderr)


def _stops(streets: StreetNetwork, rng: random.Random, count: int) -> list[Place]:
    """Crossings of the middle half of the extract, as doors lie along streets; its edges distort ways."""
    nodes = crossings(streets.folder / streets.manifest.data / "car") / 1e6
    low, high = np.quantile(nodes, 0.25, axis=0), np.quantile(nodes, 0.75, axis=0)
    middle = nodes[((nodes >= low) & (nodes <= high)).all(axis=1)]
    picked = rng.sample(range(len(middle)), min(count, len(middle)))
    return [Place(lon=float(lon), lat=float(lat)) for lon, lat in middle[picked]]


def _seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of this process, the least of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def _neighbours(streets: StreetNetwork, stops: list[Place]) -> Figure:
    """What neighbours need, pair by pair, against all ways between all stops."""
    near = np.argsort(straight_table_m(stops, stops), axis=1)[:, 1 : NEIGHBOURS + 1]
    pairs = [(row, int(column)) for row, columns in enumerate(near) for column in columns]
    starts, ends = [stops[a] for a, _ in pairs], [stops[b] for _, b in pairs]
    some = _seconds(lambda: streets.legs(starts, ends, "drive"))
    whole = _seconds(lambda: streets.matrix(stops, "drive"))
    _note(f"{len(pairs)} ways of neighbours {some:.2f} s, {len(stops) ** 2} in all {whole:.2f} s")
    return Figure(
        f"ways to {NEIGHBOURS} neighbours of {len(stops)} stops, against the full matrix",
        some / whole,
        "ratio of CPU",
        0.5,
        1.0,
        most=True,
        more={
            "neighbours_s": round(some, 3),
            "matrix_s": round(whole, 3),
            "legs_a_second": round(len(pairs) / some),
            "matrix_mb": round(len(stops) ** 2 * 16 / 1e6, 1),
        },
    )


def _engines(streets: StreetNetwork, stops: list[Place]) -> Figure:
    """One table of walks by OSRM, of rolls by Valhalla, of the same stops in the same process."""
    tables = _seconds(lambda: streets.matrix(stops, "walk"))
    tiles = _seconds(lambda: streets.matrix(stops, "roll"))
    _note(f"{len(stops)} x {len(stops)}: OSRM {tables:.3f} s, Valhalla {tiles:.3f} s")
    return Figure(
        f"a table of {len(stops)} x {len(stops)} on foot: OSRM in process against Valhalla",
        tables / tiles,
        "ratio of CPU",
        0.1,
        0.5,
        most=True,
        more={"osrm_s": round(tables, 4), "valhalla_s": round(tiles, 4)},
    )


def _error(streets: StreetNetwork, stops: list[Place], profile: Profile) -> Figure:
    """By how much distances that are estimated are off, as a mean of their absolute share; banded circuity against a
    flat one."""
    straight_m = straight_table_m(stops, stops)
    real_m = streets.matrix(stops, profile).distance_m
    counts = np.isfinite(real_m) & (straight_m > 200) & (straight_m < 30_000)
    banded_m = GeodesicNetwork().matrix(stops, profile).distance_m
    off = {
        name: float(np.mean(np.abs(made[counts] - real_m[counts]) / real_m[counts]))
        for name, made in (("banded", banded_m), ("flat", straight_m * FLAT))
    }
    ratios = {
        f"{low / 1000:g} to {high / 1000:g} km": _median(real_m, straight_m, counts, low, high)
        for low, high in ((200, 1000), (1000, 3000), (3000, 10_000), (10_000, 30_000))
    }
    return Figure(
        f"distances estimated without streets ({profile}): how far off, circuity by band",
        off["banded"],
        "mean of absolute share",
        *EXPECTED[profile],
        most=True,
        more={
            "flat_error": round(off["flat"], 3),
            "against_flat": round(off["banded"] / off["flat"], 3),
            "median_circuity": ratios,
        },
    )


def _median(
    real_m: np.ndarray[Any, Any],
    straight_m: np.ndarray[Any, Any],
    counts: np.ndarray[Any, Any],
    low: float,
    high: float,
) -> float | None:
    here = counts & (straight_m >= low) & (straight_m < high)
    return round(float(np.median(real_m[here] / straight_m[here])), 3) if here.any() else None


def parted(stops: list[Place]) -> tuple[list[Place], list[Place]]:
    """Stops of which ways are asked for, and others around which a part is closed."""
    parting = max(len(stops) - CLOSED, 2 * len(stops) // 3)
    return stops[:parting][:ENDS], stops[parting:]


def _closed(streets: StreetNetwork, stops: list[Place]) -> tuple[list[Place], StreetNetwork]:
    """Some of the stops, and the streets with parts closed around others."""
    half = 0.0001
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ends, shut = parted(stops)
    parts = tuple(tuple((p.lon + x * half, p.lat + y * half) for x, y in corners) for p in shut)
    return ends, open_streets(streets.folder, streets.farthest_m, parts)


def _vans_closures(streets: StreetNetwork, stops: list[Place]) -> Figure:
    """A table of vans' ways with parts closed all over the map, against the same without; how long it took to prepare
    is told beside, and is nothing where it was prepared before."""
    ends, closed = _closed(streets, stops)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    closed.close(_note)
    prepared_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    with_s = _seconds(lambda: closed.matrix(ends, "drive"))
    without_s = _seconds(lambda: streets.matrix(ends, "drive"))
    free, held = (network.matrix(ends, "drive").duration_s for network in (streets, closed))
    _note(f"{len(ends)} x {len(ends)} by van: {without_s:.3f} s, with closed parts {with_s:.3f} s")
    return Figure(
        f"a table of vans' ways with {len(closed.closed)} parts closed, against none",
        with_s / without_s,
        "ratio of CPU",
        2.5,
        4.0,
        most=True,
        more={
            "prepared_cpu_s": round(prepared_s, 1),
            "longer_share": round(float(np.mean(held > free)), 4),
            "faster": int(np.sum(held < free)),
        },
    )


def _closures(streets: StreetNetwork, stops: list[Place]) -> Figure:
    """A robot's way, with its shape, with parts closed all over the map, against the same without."""
    ends, closed = _closed(streets, stops)
    parts = closed.closed
    straight_m = straight_table_m(ends, ends)
    near = [(a, b) for a, b in np.argwhere((straight_m > 300) & (straight_m < 3000)).tolist()][::97][:60]

    def work(network: StreetNetwork) -> Callable[[], None]:
        def ways() -> None:
            for a, b in near:
                network.leg(ends[a], ends[b], "roll")
                network.path(ends[a], ends[b], "roll")

        return ways

    with_s, without_s = _seconds(work(closed)), _seconds(work(streets))
    _note(f"{len(near)} robots' ways: {without_s:.2f} s, with {len(parts)} closed parts {with_s:.2f} s")
    return Figure(
        f"robots' ways with {len(parts)} parts closed, against none",
        with_s / without_s,
        "ratio of CPU",
        1.5,
        4.0,
        most=True,
        more={"ms_a_way": round(1000 * without_s / max(1, len(near)), 1)},
    )


if __name__ == "__main__":
    sys.exit(main())
