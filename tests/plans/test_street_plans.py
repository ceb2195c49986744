"""Plans over real and made-up streets, held against the independent checker."""

from __future__ import annotations

import csv
import json
import random
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely

from fleet.network.build import build
from fleet.network.manifest import ATTRIBUTION, ProfileName
from fleet.network.streets import open_streets
from fleet.protocol.values import Place
from tests.checker import check_plan
from tests.plans.city import CENTRE, Inputs, write_city
from tests.plans.test_real_plans import assert_sound, demand, first, plan
from tests.support.streetmap import random_town

AROUND_A_SQUARE = [
    [-8.6112, 41.1458],
    [-8.6108, 41.1458],
    [-8.6108, 41.1462],
    [-8.6112, 41.1462],
    [-8.6112, 41.1458],
]
"""A part of Porto that is closed. If it were not, a sixth of robots' ways would lead through it."""

FLEET = """\
[[van]]
type = "van-e"

[[sidewalk_robot]]
type = "walker-s1"

[network]
streets = "porto.streets"
closed = ["closed.geojson"]
"""

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]


def streets(source: Path, out: Path, *profiles: ProfileName) -> Path:
    """Streets for some profiles, or all."""
    build(source, out, profiles or ("car", "foot", "robot"), progress=lambda _said: None)
    return out


def says_streets(document: dict[str, Any], source: str) -> bool:
    """Whether the plan names its streets, and whose data they are, and no estimate besides."""
    said = [one for one in document["assumptions"] if one.startswith("streets: ")]
    return len(said) == 1 and source in said[0] and ATTRIBUTION in said[0]


def test_a_made_up_city_on_made_up_streets(repo_root: Path, tmp_path: Path) -> None:
    """All modes over a crooked grid, with one-way streets."""
    inputs = write_city(tmp_path, 3)
    town = random_town(random.Random(3), size=48, west=CENTRE[0] - 0.077, south=CENTRE[1] - 0.056)
    folder = streets(town.write(tmp_path / "city.osm.pbf"), tmp_path / "city.streets")
    made = plan(repo_root, inputs, tmp_path / "plan.json", "--iterations", "60", "--network", str(folder))
    document = assert_sound(made, inputs)
    assert says_streets(document, "city.osm.pbf")
    used = {mode for mode, count in document["summary"]["by_mode"].items() if count}
    assert used >= {"sidewalk_robot", "van"}
    robots = [s for s in document["sorties"] if s["kind"] == "sidewalk_robot"]
    assert any(len(s["path"]) > 6 for s in robots), "they go round corners"


def test_porto_s_vans_and_robots(repo_root: Path, shared_data: Path, tmp_path: Path) -> None:
    """300 parcels on the real streets of Porto, by vans and robots, without lockers: the streets of people on foot take
    minutes to prepare, and are not asked for."""
    whole = demand(shared_data, "porto", "porto")
    fleet = tmp_path / "fleet.toml"
    streets(shared_data / "osm" / "porto_hybrid.osm.pbf", tmp_path / "porto.streets", "car")
    closed = {"type": "Polygon", "coordinates": [AROUND_A_SQUARE]}
    (tmp_path / "closed.geojson").write_text(json.dumps(closed), encoding="utf-8")
    fleet.write_text(FLEET, encoding="utf-8")
    lockers = tmp_path / "lockers.csv"
    lockers.write_text(whole.lockers.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    some = first(whole, 300, tmp_path)
    inputs = Inputs(some.orders, whole.depots, lockers, whole.weather)
    made = plan(repo_root, inputs, tmp_path / "plan.json", "--iterations", "20", "--fleet", str(fleet))
    document = json.loads(made.read_text(encoding="utf-8"))
    # The checker wants a count of every mode, also of those that this fleet has not.
    document["summary"]["by_mode"] |= {"drone": 0}
    made.write_text(json.dumps(document), encoding="utf-8")
    found = check_plan(made, inputs.orders, inputs.depots, inputs.lockers, fleet, (), inputs.weather)
    assert not found, "\n".join(map(str, found[:20]))
    assert document["summary"]["by_mode"]["van"] > 50
    robots = [sortie for sortie in document["sorties"] if sortie["kind"] == "sidewalk_robot"]
    assert len(robots) > 50
    assert any(len(sortie["path"]) > 6 for sortie in robots), "round corners"
    shut = shapely.Polygon(AROUND_A_SQUARE)
    for sortie in robots:
        line = shapely.LineString([(point["lon"], point["lat"]) for point in sortie["path"]])
        assert not line.intersects(shut), sortie["sortie_id"]
    assert says_streets(document, "porto_hybrid.osm.pbf")
    assert_vans_go_around(document, whole.depots, tmp_path / "porto.streets")


def assert_vans_go_around(document: dict[str, Any], depots: Path, folder: Path) -> None:
    """No leg of a van leads through what is closed, and none takes less time than with all streets open."""
    shut = shapely.Polygon(AROUND_A_SQUARE)
    ring = tuple((lon, lat) for lon, lat in AROUND_A_SQUARE)
    free, closed = open_streets(folder), open_streets(folder, closed=(ring,))
    with depots.open(encoding="utf-8", newline="") as file:
        homes = {
            row["depot_id"]: Place(lon=float(row["lon"]), lat=float(row["lat"]))
            for row in csv.DictReader(file)
        }
    for route in document["routes"]:
        home = homes[route["depot_id"]]
        places = [home, *(Place(lon=stop["lon"], lat=stop["lat"]) for stop in route["stops"]), home]
        left = [stop["depart"] for stop in route["stops"]]
        reached = [*(stop["arrive"] for stop in route["stops"][1:]), route["end"]]
        for number, (a, b) in enumerate(pairwise(places)):
            way = shapely.LineString([(p.lon, p.lat) for p in closed.path(a, b, "drive") or ()])
            assert not way.is_empty
            assert not way.intersects(shut), (a, b)
            if number:
                took = datetime.fromisoformat(reached[number - 1]) - datetime.fromisoformat(left[number - 1])
                usual = free.leg(a, b, "drive")
                assert usual is not None
                assert took.total_seconds() >= usual.duration_s - 1, (a, b)
    assert len(document["routes"]) > 1
