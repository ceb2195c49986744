"""Where the streets are: closed parts and depots that lie elsewhere are refused, with what is most likely wrong."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from fleet.cli.main import main
from fleet.config import RunFiles, read_inputs
from fleet.network.build import build
from fleet.network.extent import outside
from fleet.network.manifest import read_manifest
from fleet.network.named import told_of_depots
from fleet.network.streets import StreetNetwork, open_streets
from tests.support.streetmap import random_town
from tests.unit.cli.conftest import DEPOTS, LOCKERS, ORDERS, ROW, WEATHER
from tests.unit.network.streets.conftest import town

AUSTIN = DEPOTS.splitlines()[0] + "\nS1,Hub,-97.74,30.27,1,0,1,1,07:00,21:00\n"


def ended(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    assert isinstance(end.value.code, int)
    return end.value.code


def square(lon: float, lat: float, half: float = 0.0003) -> list[list[float]]:
    return [[lon + x * half, lat + y * half] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day's files around 8.6 W, 41.15 N with the streets of that place."""
    folder = tmp_path_factory.mktemp("day")
    rows = ROW.format(name="A-1", lon=-8.602, lat=41.151, locker="false")
    files = {"orders": ORDERS + rows, "depots": DEPOTS, "lockers": LOCKERS, "weather": WEATHER}
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    made = random_town(random.Random(5), size=16, west=-8.63, south=41.132)
    build(made.write(folder / "town.osm.pbf"), folder / "town.streets", progress=lambda _said: None)
    (folder / "fleet.toml").write_text(
        'timezone = "UTC"\n[network]\nstreets = "town.streets"\nclosed = ["works.geojson"]\n',
        encoding="utf-8",
    )
    return folder


def close(day: Path, *rings: list[list[float]]) -> Path:
    file = day / "works.geojson"
    drawn = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    file.write_text(json.dumps(drawn), encoding="utf-8")
    return file


def plan(day: Path, *more: object, depots: Path | None = None) -> int:
    files = [w for n in ("orders", "lockers", "weather") for w in (f"--{n}", day / f"{n}.csv")]
    sites = ("--depots", depots or day / "depots.csv")
    return ended("plan", *files, *sites, "--out", day / "plan.json", "--iterations", 1, *more)


@pytest.mark.parametrize(
    ("lon", "lat", "advice"),
    [
        (
            41.15,
            -8.61,
            "it would lie inside with its coordinates exchanged, and GeoJSON has the longitude first",
        ),
        (-97.74, 30.27, "is it of another place?"),
        (-8.7, 41.15, "is it of another place?"),
    ],
)
def test_a_closed_part_elsewhere_is_refused(
    day: Path, lon: float, lat: float, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = close(day, square(-8.61, 41.15), square(lon, lat))
    assert plan(day, "--fleet", day / "fleet.toml") == 2
    said = capsys.readouterr().err
    assert f"{file}: polygon 2: lies at" in said
    assert "outside the streets of town.osm.pbf (longitude -8.63" in said
    assert advice in said
    words = ("network", "reach", day / "town.streets", "--from", "-8.61,41.15", "--minutes", "5")
    assert ended(*words, "--closed", file) == 2
    assert advice in capsys.readouterr().err


def test_at_the_border_a_part_is_taken(day: Path) -> None:
    made = read_manifest(day / "town.streets")
    box = made.profiles["car"].box
    assert outside(made, tuple((x, y) for x, y in square(box.west - 0.005, box.south))) is None
    assert outside(made, tuple((x, y) for x, y in square(box.west - 0.02, box.south))) is not None


def test_a_closed_part_without_any_street_is_told(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Between four streets, 260 m apart; the other part lies over many."""
    town = random_town(random.Random(5), size=16, west=-8.63, south=41.132)
    corners = [town.nodes[number] for number in (52, 53, 68, 69)]
    lon, lat = sum(p.lon for p in corners) / 4, sum(p.lat for p in corners) / 4
    file = close(day, square(lon, lat, 0.0001), square(-8.61, 41.15, 0.004))
    assert plan(day, "--fleet", day / "fleet.toml") == 0
    said = capsys.readouterr().err
    told = f"warning: the part at {lon - 0.0001:g},{lat - 0.0001:g} that is closed meets no street"
    assert said.count("meets no street") == 1
    assert told in said
    words = ("network", "reach", day / "town.streets", "--from", "-8.62,41.15", "--minutes", "5")
    assert ended(*words, "--closed", file) == 0
    assert told in capsys.readouterr().err


def test_a_part_around_one_street_is_not_told(day: Path) -> None:
    """A narrow one, drawn around the middle of each of some streets."""
    town = random_town(random.Random(5), size=16, west=-8.63, south=41.132)
    rings = []
    for a, b, _ in list(town.legs())[::20]:
        lon, lat = ((getattr(town.nodes[a], k) + getattr(town.nodes[b], k)) / 2 for k in ("lon", "lat"))
        rings.append(tuple((x, y) for x, y in square(lon, lat, 0.00005)))
    assert len(rings) > 15
    assert open_streets(day / "town.streets", closed=tuple(rings)).idle() == ()


def test_streets_of_another_place_are_refused(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    depots = day / "austin.csv"
    depots.write_text(AUSTIN, encoding="utf-8")
    network = ("--network", day / "town.streets")
    assert plan(day, *network, depots=depots) == 2
    wrong = "town.streets: holds streets of town.osm.pbf (longitude -8.63"
    far = "and depot 'S1' at -97.74,30.27 is more than 5 km from the nearest street: name those of where the depots"
    said = capsys.readouterr().err
    assert wrong in said
    assert far in said
    sites = ("--depots", depots, "--lockers", day / "lockers.csv")
    words = ("hub", *sites, "--at", "2026-11-24T05:00:00Z", "--root", day / "runs", "--name", "day")
    assert ended(*words, *network) == 2
    assert far in capsys.readouterr().err
    assert not (day / "runs" / "day").exists()
    assert ended("simulate", "--parcels", 3, *network) == 2
    assert wrong in capsys.readouterr().err


def test_a_demo_of_another_place_costs_no_earlier_one(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo's city is where it is: streets of elsewhere are refused before anything makes room."""
    words = ("demo", "--headless", "--parcels", 3, "--root", day / "demos")
    assert ended(*words, "--network", day / "town.streets") == 2
    said = capsys.readouterr().err
    assert "town.streets: holds streets of town.osm.pbf" in said
    assert "no depot is at one of them: even" in said
    assert not (day / "demos").exists()


def test_a_depot_far_off_its_street_is_told_of_the_limit(
    day: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    depots, fleet = day / "off.csv", day / "near.toml"
    west = read_manifest(day / "town.streets").profiles["car"].box.west
    depots.write_text(AUSTIN.replace("-97.74,30.27", f"{west - 0.006:.4f},41.1325"), encoding="utf-8")
    fleet.write_text('timezone = "UTC"\n[network]\nstreets = "town.streets"\n', encoding="utf-8")
    assert plan(day, "--fleet", fleet, depots=depots) == 2
    said = capsys.readouterr().err
    assert (
        " m from the nearest street: name those of where the depots are, or let a point lie so far off"
        in said
    )
    fleet.write_text(fleet.read_text(encoding="utf-8") + "farthest_m = 900\n", encoding="utf-8")
    assert plan(day, "--fleet", fleet, depots=depots) == 0


def test_one_depot_at_a_street_is_enough_and_the_other_is_named(
    day: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To who plans, in the plan, and in the hub's log; with how many vans nobody gets away from there."""
    depots = day / "two.csv"
    sea = AUSTIN.replace("S1,Hub,-97.74,30.27,1,0,1,1", "SEA,Hub,-9.5,41.15,5,1,0,2")
    depots.write_text(sea + DEPOTS.splitlines()[1] + "\n", encoding="utf-8")
    network = ("--network", day / "town.streets")
    assert plan(day, *network, depots=depots) == 0
    far = "depot 'SEA' at -9.5,41.15 is more than 5 km from the nearest street, more than the 250 m of [network]"
    told = f"{far} farthest_m: nothing is planned for its 5 vans"
    said = capsys.readouterr()
    assert f"warning: {told}\n" in said.err
    assert f"assumes: {told}\n" in said.out
    made = json.loads((day / "plan.json").read_text(encoding="utf-8"))
    assert [one for one in made["assumptions"] if "'SEA'" in one] == [told]
    assert not any("'D1'" in one or "'S1'" in one for one in made["assumptions"])
    assert not [route for route in made["routes"] if route["asset_id"].startswith("SEA/")]
    assert read_inputs(RunFiles(None, depots, day / "lockers.csv", network=network[1])).stranded == (told,)


def test_a_depot_with_streets_of_its_own_is_named(streets: StreetNetwork) -> None:
    """Two streets to which nothing leads are streets, too; and one parcel there, behind many elsewhere, is a way."""
    kinds = {"D1": {"van": 2, "drone": 3}, "D2": {"van": 1}, "L1": {"locker": 1}}
    spots = town().nodes
    depots, doors = {"D1": spots[2], "D2": spots[20]}, [spots[1], spots[3]] * 60
    (told,) = told_of_depots(streets, kinds, depots, doors)
    assert told.startswith("no street leads from depot 'D2' at ")
    assert told.endswith(" to any of the day's 120 doors and back: nothing is planned for its 1 van")
    assert list(told_of_depots(streets, kinds, depots, [*doors, spots[21]])) == []
    assert list(told_of_depots(streets, kinds, depots, [])) == []
