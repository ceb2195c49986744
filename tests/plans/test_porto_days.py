"""Days in the middle of Porto over its real streets, by all modes, held against the independent checker: the legs of
vans by the routing engine's answer for each, on a map without what is closed; the paths of robots by the map itself.

`make test` draws a few; `make soak` draws more, and plans on the streets of the whole city.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from fleet.network.build import build
from fleet.network.geodesic import straight_table_m
from fleet.network.streets import open_streets
from fleet.network.survey import crossings
from fleet.planner.atlas import Atlas, Tables
from fleet.protocol.values import Place
from tests.checker import Code, check_plan
from tests.checker.streets import OpenStreets, tables_in, takes_wheels
from tests.plans.city import Inputs
from tests.plans.command import plan_in_a_process
from tests.plans.test_real_plans import demand, silent
from tests.support.extract import Extract, read_extract
from tests.support.soak import SOAK, chosen

MIDDLE = (-8.635, 41.135, -8.595, 41.160)
"""Three by three kilometres on both banks' hills: a tenth of the extract's streets."""
AROUND = (-9.0, 41.0, -8.0, 41.5)
AREA = chosen(MIDDLE, long=AROUND)
PARCELS = chosen(36, long=300)
DAYS = chosen(2, long=12)

pytestmark = [pytest.mark.timeout(chosen(300, long=3600)), pytest.mark.slow]

Ring = list[list[float]]
Document = dict[str, Any]


@dataclass(frozen=True)
class City:
    """The map that plans are made on, its streets for the planner, and the orders, sites and lockers in it."""

    map: Extract
    folder: Path
    inputs: Inputs


@dataclass(frozen=True)
class Day:
    """What a day is planned from, and the map that its plan is checked on."""

    inputs: Inputs
    fleet: Path
    streets: OpenStreets


@pytest.fixture(scope="module")
def porto(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("porto")
    whole = read_extract(shared_data / "osm" / "porto_hybrid.osm.pbf")
    part = whole.within(*AREA)
    source = shared_data / "osm" / "porto_hybrid.osm.pbf" if SOAK else part.write(folder / "porto.osm.pbf")
    build(source, folder / "porto.streets", ("car", "foot"), progress=lambda _said: None)
    zones = shared_data / "zones_osm" / "porto_zones.geojson"
    return City(part, folder / "porto.streets", demand(shared_data, "porto", "porto", zones))


def tables(city: Extract, folder: Path) -> Path:
    """The engine's files for vans on a map, by which a plan is checked."""
    build(city.write(folder / "map.osm.pbf"), folder / "streets", ("car",), progress=lambda _said: None)
    return tables_in(folder / "streets")


def checked_by(city: City, closed: list[Ring], folder: Path) -> OpenStreets:
    """The map without the stretches that meet a closed part."""
    gone = city.map.meeting([shapely.Polygon(ring) for ring in closed])
    left = city.map.without(lambda a, b: (a, b) in gone)
    lines = [left.line(through) for through, tags in left.ways if takes_wheels(tags)]
    return OpenStreets(tables(left, folder), lines)


def square(lon: float, lat: float, half_m: float) -> Ring:
    """Around a place."""
    dx, dy = half_m / 83_700, half_m / 111_195
    return [
        [round(lon + x * dx, 7), round(lat + y * dy, 7)]
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ]


def closures(city: City, rng: random.Random) -> list[Ring]:
    """Works in the middle of some streets, and a block of houses around a crossing."""
    streets = [through for through, tags in city.map.ways if tags["highway"] in STREETS]
    rings = []
    for through, half_m in zip(rng.sample(streets, 5), (8.0, 8.0, 8.0, 8.0, 70.0), strict=True):
        a, b = rng.choice(list(pairwise(through)))
        at = city.map.line((a, b)).interpolate(0.5, normalized=True)
        rings.append(square(at.x, at.y, half_m))
    return rings


STREETS = ("residential", "tertiary", "secondary", "primary", "unclassified")
FLEET = """
[[drone]]
type = "courier-x4"
per_site = 1

[[sidewalk_robot]]
type = "walker-s1"
per_site = {robots}

[[van]]
type = "van-e"
"""
"""Few machines, so that vans and lockers have something to do."""


def rows_in(
    source: Path, out: Path, keep: Callable[[dict[str, str]], bool], rng: random.Random, n: int
) -> Path:
    """At most so many rows of a table, drawn from those that are to be kept."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if keep(row)]
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(
            sorted(rng.sample(rows, min(n, len(rows))), key=lambda row: next(iter(row.values())))
        )
    return out


def inside(row: dict[str, str]) -> bool:
    """Whether it lies where the day is."""
    west, south, east, north = AREA
    return west < float(row["lon"]) < east and south < float(row["lat"]) < north


def drawn(city: City, seed: int, folder: Path, *, quiet: bool = False) -> Day:
    """Orders and lockers of the city, with hours of traffic and closed streets unless it is a ``quiet`` day."""
    rng = random.Random(seed)
    folder.mkdir()
    whole = city.inputs
    closed = [] if quiet else closures(city, rng)
    inputs = Inputs(
        rows_in(whole.orders, folder / "orders.csv", inside, rng, PARCELS),
        rows_in(whole.depots, folder / "depots.csv", inside, rng, 6),
        rows_in(whole.lockers, folder / "lockers.csv", inside, rng, rng.randint(3, 8)),
        whole.weather,
        whole.zones,
    )
    shut = folder / "closed.geojson"
    shut.write_text(
        json.dumps({"type": "MultiPolygon", "coordinates": [[r] for r in closed]}), encoding="utf-8"
    )
    named = '\nclosed = ["closed.geojson"]' if closed else ""
    slow = [f'{{ hours = "{h:02}:00-{h + 2:02}:30", speed = {rng.uniform(0.4, 0.95):.2f} }}' for h in (7, 16)]
    jams = ", ".join(slow[: 0 if quiet else rng.randint(0, 2)])
    fleet = folder / "fleet.toml"
    fleet.write_text(
        f'[network]\nstreets = "{city.folder}"{named}\ntraffic = [{jams}]\n'
        + FLEET.format(robots=rng.randint(1, 2)),
        encoding="utf-8",
    )
    return Day(inputs, fleet, checked_by(city, closed, folder))


def found_in(made: Path, day: Day) -> list[Any]:
    """What the checker finds."""
    inputs = day.inputs
    return check_plan(
        made,
        inputs.orders,
        inputs.depots,
        inputs.lockers,
        day.fleet,
        inputs.zones,
        inputs.weather,
        day.streets,
    )


@pytest.fixture(scope="module")
def planned(porto: City, repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Day, Path]:
    """A day on which no street is closed and no traffic slows, and its plan."""
    folder = tmp_path_factory.mktemp("open")
    day = drawn(porto, 100, folder / "day", quiet=True)
    made = plan_in_a_process(
        repo_root, day.inputs, folder / "plan.json", "--iterations", "5", "--fleet", str(day.fleet)
    )
    return day, made.file


def test_drawn_days_hold(porto: City, repo_root: Path, tmp_path: Path) -> None:
    """Vans, robots, drones and lockers; what is closed and when traffic slows differ."""
    used: set[str] = set()
    for seed in range(DAYS):
        day, out = drawn(porto, seed, tmp_path / f"{seed}"), tmp_path / f"{seed}.json"
        words = "--iterations", "5", "--fleet", str(day.fleet)
        made = plan_in_a_process(repo_root, day.inputs, out, *words).file
        found = found_in(made, day)
        assert not found, f"seed {seed}\n" + "\n".join(map(str, found[:20]))
        document = json.loads(made.read_text(encoding="utf-8"))
        assert not list(silent(document)), seed
        assert any(said.startswith("streets: ") for said in document["assumptions"])
        used |= {mode for mode, count in document["summary"]["by_mode"].items() if count}
    assert used >= {"van", "sidewalk_robot", "drone", "locker"}


def test_a_replan_asks_the_streets_for_new_places_alone(porto: City) -> None:
    """The city's own doors and lockers: each way that is taken over is the one of the whole table."""
    tables = (porto.inputs.orders, porto.inputs.lockers)
    rows = [row for table in tables for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())]
    found = (Place(lon=float(row["lon"]), lat=float(row["lat"])) for row in rows if inside(row))
    places, streets, asked = list(dict.fromkeys(found))[:400], open_streets(porto.folder), list[int]()

    def ask(starts: Sequence[Place], ends: Sequence[Place]) -> Tables:
        asked.append(len(starts) * len(ends))
        table = streets.cross(starts, ends, "drive")
        metres, seconds = (np.nan_to_num(t, posinf=10**7) for t in (table.distance_m, table.duration_s))
        return np.rint(metres).astype(np.int64), np.ceil(seconds).astype(np.int64)

    count, atlas = len(places), Atlas()
    assert count > 60, "or nothing was shown"
    atlas.between(places[: count - 10], streets, ask)
    later = places[5:]
    random.Random(1).shuffle(later)
    asked.clear()
    known = atlas.between(later, streets, ask)
    assert sum(asked) == (count - 5) ** 2 - (count - 15) ** 2
    for table, whole in zip(known, ask(later, later), strict=True):
        assert (table == whole).all()


def test_places_near_small_networks_have_one_way_each(porto: City) -> None:
    """Crossings that are off the main network, three of which lie together at a time: alone and all in one table."""
    network = open_streets(porto.folder)
    nodes = crossings(network.folder / network.manifest.data / "car") / 1e6
    off = [
        place
        for place in (Place(lon=lon, lat=lat) for lon, lat in nodes.tolist())
        if 1.0 < network.away_m(place, "drive") < network.farthest_m
    ][: chosen(300, long=2000)]
    assert len(off) > 50, "or nothing was shown"
    whole = network.matrix(off, "drive")
    for row, near in enumerate(np.argsort(straight_table_m(off, off), kind="stable")[:, :3].tolist()):
        found = network.cross([off[row]], [off[k] for k in near], "drive")
        assert (found.duration_s[0] == whole.duration_s[row, near]).all()
        assert (found.distance_m[0] == whole.distance_m[row, near]).all()


def changed(planned: tuple[Day, Path], out: Path, change: Callable[[Document], object]) -> set[Code]:
    """What the checker finds in the plan after a change."""
    day, made = planned
    document = json.loads(made.read_text(encoding="utf-8"))
    change(document)
    out.write_text(json.dumps(document), encoding="utf-8")
    return {violation.code for violation in found_in(out, day)}


def tightest(document: Document, day: Day) -> tuple[int, int]:
    """The route and the stop whose leg is the longest of those after which nobody waits for a window."""
    with day.inputs.orders.open(encoding="utf-8", newline="") as file:
        opens = {datetime.fromisoformat(row["due_from"]) for row in csv.DictReader(file)}
    legs = {
        (datetime.fromisoformat(b["arrive"]) - datetime.fromisoformat(a["depart"]), r, k)
        for r, route in enumerate(document["routes"])
        for k, (a, b) in enumerate(pairwise(route["stops"]), 1)
        if datetime.fromisoformat(b["arrive"]) not in opens
    }
    return max(legs)[1:]


def test_a_plan_is_found_whose_van_is_too_fast(planned: tuple[Day, Path], tmp_path: Path) -> None:
    """One leg takes a fifth less than its streets do; as the plan was made, nothing is found."""
    day, made = planned
    assert not found_in(made, day)

    def faster(document: Document) -> None:
        route, stop = tightest(document, day)
        before, here = document["routes"][route]["stops"][stop - 1 : stop + 1]
        arrive, left = (datetime.fromisoformat(at) for at in (here["arrive"], before["depart"]))
        here["arrive"] = (arrive - (arrive - left) / 5).isoformat()

    assert Code.TRAVEL_TIME in changed(planned, tmp_path / "faster.json", faster)


def test_a_plan_is_found_that_goes_through_a_closed_street(
    porto: City, planned: tuple[Day, Path], tmp_path: Path
) -> None:
    """The streets around the middle of a leg's way are closed once the plan is made."""
    day, made = planned
    document = json.loads(made.read_text(encoding="utf-8"))
    route, stop = tightest(document, day)
    a, b = ((s["lon"], s["lat"]) for s in document["routes"][route]["stops"][stop - 1 : stop + 1])
    way = day.streets.line(a, b)
    at = way.interpolate(0.5, normalized=True)
    shut = checked_by(porto, [square(at.x, at.y, 15)], tmp_path)
    found = found_in(made, replace(day, streets=shut))
    assert {violation.code for violation in found} & {Code.TRAVEL_TIME, Code.STREETS}


def test_a_plan_is_found_whose_robot_goes_straight(planned: tuple[Day, Path], tmp_path: Path) -> None:
    """Through the houses, slowly enough for the way that it had."""

    def straight(document: Document) -> None:
        longest = max(
            (s for s in document["sorties"] if s["kind"] == "sidewalk_robot"), key=lambda s: len(s["path"])
        )
        ends = [(d["lon"], d["lat"]) for d in longest["drops"]]
        path = longest["path"]
        kept = [path[0], *(p for p in path if (p["lon"], p["lat"]) in ends), path[-1]]
        longest["path"] = kept

    assert Code.STREETS in changed(planned, tmp_path / "straight.json", straight)
