"""`fleet network` and plans over streets, as a user meets them."""

import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fleet.cli.main import main
from fleet.cli.runnetwork import network_of_run
from fleet.hub.rundir import RunDir
from fleet.network.geodesic import WALKING_MPS, GeodesicNetwork
from fleet.network.manifest import read_manifest
from fleet.network.streets import open_streets
from fleet.protocol.values import Place
from tests.support.streetmap import random_town
from tests.unit.cli.conftest import DEPOTS, LOCKERS, ORDERS, ROW, WEATHER


def ended(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a day's files, and streets that were built on the command line."""
    folder = tmp_path_factory.mktemp("day")
    spots = [(-8.6 - at / 1000, 41.15 + at / 2000) for at in range(1, 7)]
    rows = [ROW.format(name=f"A-{at}", lon=x, lat=y, locker="false") for at, (x, y) in enumerate(spots, 1)]
    rows.append(ROW.format(name="A-OUT", lon=-8.5, lat=41.15, locker="false"))
    files = {
        "orders.csv": ORDERS + "".join(rows),
        "depots.csv": DEPOTS,
        "lockers.csv": LOCKERS,
        "weather.csv": WEATHER,
        "fleet.toml": 'timezone = "UTC"\n\n[network]\nstreets = "town.streets"\n',
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    made = random_town(random.Random(5), size=16, west=-8.63, south=41.132)
    source = made.write(folder / "town.osm")
    assert ended("network", "build", source, "--out", folder / "town.streets") == 0
    return folder


def plan(town: Path, name: str, *more: object) -> dict[str, Any]:
    files = [w for n in ("orders", "depots", "lockers", "weather") for w in (f"--{n}", town / f"{n}.csv")]
    assert ended("plan", *files, "--out", town / name, "--iterations", 30, *more) == 0
    found: dict[str, Any] = json.loads((town / name).read_text(encoding="utf-8"))
    return found


def test_a_folder_says_what_it_is(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("network", "show", town / "town.streets") == 0
    said = capsys.readouterr().out
    assert "streets of town.osm" in said
    assert "sidewalk robots" in said
    assert said.rstrip().endswith("© OpenStreetMap contributors")
    assert ended("network", "show", town / "town.streets", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["version"] == read_manifest(town / "town.streets").version


def test_progress_is_on_stderr_and_data_alone_on_stdout(
    town: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The engine's own programs and library write to the descriptors, not to Python's streams."""
    source = town / "town.osm"
    words = ("network", "build", source, "--out", tmp_path / "out", "--profiles", "car", "--json")
    assert ended(*words) == 0
    out, err = capfd.readouterr()
    assert json.loads(out)["source"] == "town.osm"
    assert "car (vans): taking the streets out" in err
    assert "[info]" not in err


def test_a_plan_by_the_option_and_by_the_fleet_file_is_the_same(
    town: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    by_option = plan(town, "a.json", "--network", town / "town.streets")
    by_file = plan(town, "b.json", "--fleet", town / "fleet.toml")
    assert by_option["routes"] or by_option["sorties"]
    assert "streets: town.osm" in capfd.readouterr().out
    for part in ("summary", "parcels", "unassigned"):
        assert by_option[part] == by_file[part], part
    without = plan(town, "c.json")
    assert without["snapshot_id"] != by_option["snapshot_id"]
    assert any("circuity" in one for one in without["assumptions"])
    assert not any("circuity" in one for one in by_option["assumptions"])


def test_a_run_knows_the_streets_that_it_was_planned_by(
    town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reports measure routes by them, and manifests draw them; without them both say what they do instead."""
    run = RunDir(tmp_path / "run")
    run.path.mkdir()
    assert network_of_run(run) == GeodesicNetwork(), "a folder without a setup"
    files = {name: str(town / f"{name}.csv") for name in ("depots", "lockers")}
    files["fleet"] = str(town / "fleet.toml")
    run.setup.write_text(json.dumps({"files": files}), encoding="utf-8")
    assert network_of_run(run) == open_streets(town / "town.streets")
    assert not capsys.readouterr().err
    files["fleet"] = str(tmp_path / "gone.toml")
    run.setup.write_text(json.dumps({"files": files}), encoding="utf-8")
    assert network_of_run(run) == GeodesicNetwork()
    assert "straight distances with circuity" in capsys.readouterr().err


def test_a_parcel_off_the_map_is_left_with_its_reason(town: Path) -> None:
    made = plan(town, "d.json", "--network", town / "town.streets")
    assert [left["order_id"] for left in made["unassigned"]] == ["A-OUT"]
    (parcel,) = [p for p in made["parcels"] if p["order_id"] == "A-OUT"]
    (van,) = [a for a in parcel["alternatives"] if a["mode"] == "van"]
    assert van["verdict"] == "unknown"
    (reason,) = van["reasons"]
    assert (reason["code"], reason["limit"], reason["unit"]) == ("off_streets", 250.0, "m")
    assert reason["actual"] > 5000


def test_streets_without_what_the_fleet_needs_are_refused(
    town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cars.streets"
    assert ended("network", "build", town / "town.osm", "--out", out, "--profiles", "car") == 0
    files = [w for n in ("orders", "depots", "lockers", "weather") for w in (f"--{n}", town / f"{n}.csv")]
    capsys.readouterr()
    assert ended("plan", *files, "--out", town / "e.json", "--network", out) == 2
    said = capsys.readouterr().err
    assert "was built without foot and robot" in said
    assert "--profiles car,foot,robot" in said
    assert not (town / "e.json").exists()


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same day's files, and streets with tiles."""
    folder = tmp_path_factory.mktemp("tiled")
    spots = [(-8.6 - at / 1000, 41.15 + at / 2000) for at in range(1, 7)]
    rows = [ROW.format(name=f"A-{at}", lon=x, lat=y, locker="false") for at, (x, y) in enumerate(spots, 1)]
    rows.append(ROW.format(name="A-SEA", lon=-8.8, lat=41.15, locker="false"))
    files = {"orders.csv": ORDERS + "".join(rows), "depots.csv": DEPOTS}
    for name, text in {**files, "lockers.csv": LOCKERS, "weather.csv": WEATHER}.items():
        (folder / name).write_text(text, encoding="utf-8")
    made = random_town(random.Random(5), size=16, west=-8.63, south=41.132)
    made.write(folder / "town.osm.pbf")
    source = folder / "town.osm.pbf"
    assert ended("network", "build", source, "--out", folder / "town.streets") == 0
    return folder


def test_who_is_reached_in_so_many_minutes(tiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        "network",
        "reach",
        tiled / "town.streets",
        "--depots",
        tiled / "depots.csv",
        "--minutes",
        "5,20",
    )
    out = tiled / "reach.geojson"
    assert ended(*words, "--orders", tiled / "orders.csv", "--by", "robot", "--out", out) == 0
    said = capsys.readouterr().out
    drawn = json.loads(out.read_text(encoding="utf-8"))
    near, far = (
        set(each["properties"]["orders"]) for each in drawn["features"] if each["properties"]["from"] == "S1"
    )
    assert near < far <= {f"A-{at}" for at in range(1, 7)}, "nobody out at sea"
    assert f"{len(far)} of 7" in said
    assert said.rstrip().endswith("© OpenStreetMap contributors")
    assert ended(*words, "--orders", tiled / "orders.csv", "--by", "van", "--json") == 0
    driven = json.loads(capsys.readouterr().out)["features"]
    assert [each["properties"]["minutes"] for each in driven] == [5, 20, 5, 20]
    assert set(driven[-1]["properties"]["orders"]) >= far


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "-8.6,41.15", "--minutes", "0"), "--minutes: up to 12 numbers from 0.1 to 600"),
        (("--from", "-8.6,41.15", "--minutes", "ten"), "--minutes: must be numbers"),
        (("--from", "-8.6", "--minutes", "5"), "--from: must be LON,LAT"),
        (("--minutes", "5"), "give --from LON,LAT or --depots FILE"),
        (("--from", "-8.6,41.15", "--minutes", "5", "--by", "ship"), "--by: must be one of van, robot, foot"),
        (
            ("--from", "-8.6,41.15", "--minutes", "5", "--by", "van", "--speed-kmh", "9"),
            "--speed-kmh: is of a",
        ),
        (("--from", "-8.8,41.15", "--minutes", "5"), "from the nearest street"),
        (("--from", "-9.8,41.15", "--minutes", "5"), "more than 5 km from the nearest street"),
    ],
)
def test_what_reach_is_not_asked(
    tiled: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("network", "reach", tiled / "town.streets", *words) == 2
    assert said in capsys.readouterr().err


def test_reach_without_tiles_says_what_to_build(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("network", "reach", town / "town.streets", "--from", "-8.6,41.15", "--minutes", "5")
    assert ended(*words) == 2
    assert "has no tiles, which areas come from" in capsys.readouterr().err


def closed_around(lon: float, lat: float, half: float) -> str:
    ring = [[lon + x * half, lat + y * half] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def test_a_fleet_file_closes_streets(tiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Around the launch site all is closed: no robot gets out, and no van comes to doors there; the plan says so, and
    names what is closed."""
    fleet, closed = tiled / "fleet.toml", tiled / "works.geojson"
    closed.write_text(closed_around(-8.60, 41.15, 0.004), encoding="utf-8")
    stated = (
        'timezone = "UTC"\n[assumptions]\nsidewalks_everywhere = true\n[network]\nstreets = "town.streets"\n'
    )
    fleet.write_text(stated, encoding="utf-8")
    open_day = plan(tiled, "open.json", "--fleet", fleet)
    fleet.write_text(stated + 'closed = ["works.geojson"]\n', encoding="utf-8")
    shut_day = plan(tiled, "shut.json", "--fleet", fleet)

    def reasons(day: dict[str, Any], mode: str) -> set[str]:
        ways = [way for each in day["parcels"] for way in each["alternatives"] if mode in way["mode"]]
        return {reason["code"] for way in ways for reason in way["reasons"]}

    left = {each["order_id"]: {one["code"] for one in each["reasons"]} for each in open_day["unassigned"]}
    assert "off_streets" in left["A-SEA"], "nobody goes into the sea, and the plan says why"
    for mode in ("robot", "van"):
        assert "streets_closed" not in reasons(open_day, mode)
        assert "streets_closed" in reasons(shut_day, mode)
    assert any("1 parts closed to vans and robots" in one for one in shut_day["assumptions"])
    fleet.write_text('[network]\nclosed = ["works.geojson"]\n', encoding="utf-8")
    files = [w for n in ("orders", "depots", "lockers") for w in (f"--{n}", tiled / f"{n}.csv")]
    assert ended("plan", *files, "--out", tiled / "p.json", "--fleet", fleet) == 2
    assert "network.closed: needs streets" in capsys.readouterr().err


def test_a_hub_s_run_remembers_its_streets(tiled: Path, tmp_path: Path) -> None:
    """Given on the command line they are in the run's setup, as an absolute path, and reports measure on them."""
    from fleet.app import Files

    files = Files(depots=tiled / "depots.csv", lockers=tiled / "lockers.csv", network=tiled / "town.streets")
    read = files.read().context.network
    assert read == open_streets(tiled / "town.streets")
    run = RunDir(tmp_path)
    run.setup.write_text(json.dumps({"files": files.absolute().model_dump(mode="json")}), encoding="utf-8")
    assert network_of_run(run) == read


def test_a_day_is_simulated_on_streets(tiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same parcels cost otherwise on streets than by the estimate, which these streets are longer than."""
    files = [w for n in ("orders", "depots", "lockers", "weather") for w in (f"--{n}", tiled / f"{n}.csv")]
    costs = []
    for more in ((), ("--network", tiled / "town.streets")):
        words = ("simulate", *files, "--runs", 1, "--iterations", 5, "--workers", 1, "--json", *more)
        assert ended(*words) == 0
        costs.append(json.loads(capsys.readouterr().out))
    assert costs[0] != costs[1]


def test_a_van_is_parked_once_for_a_building_and_its_driver_walks_to_the_door(
    tiled: Path, tmp_path: Path
) -> None:
    """Two parcels of one building some way off its street, and one elsewhere: a stop takes its parking once and each
    parcel's service, and the way between the doors has the walks to the van and from it."""
    streets = open_streets(tiled / "town.streets")
    spots = {"B-1": Place(lon=-8.6012, lat=41.1506), "B-2": Place(lon=-8.6012, lat=41.1506)}
    spots["C"] = Place(lon=-8.606, lat=41.153)
    rows = [ROW.format(name=name, lon=at.lon, lat=at.lat, locker="false") for name, at in spots.items()]
    files = {"orders.csv": ORDERS + "".join(rows), "depots.csv": DEPOTS, "lockers.csv": LOCKERS}
    slow = 'timezone = "UTC"\n[[van]]\ntype = "slow"\n[types.slow]\nbased_on = "van-e"\nstop_s = 77\n'
    files |= {"weather.csv": WEATHER, "fleet.toml": slow}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    made = plan(tmp_path, "p.json", "--fleet", tmp_path / "fleet.toml", "--network", tiled / "town.streets")
    (route,) = made["routes"]
    stops = [
        (set(each["deliver"]), datetime.fromisoformat(each["arrive"]), datetime.fromisoformat(each["depart"]))
        for each in route["stops"]
    ]
    (near, _, left), (far, reached, _) = stops
    assert sorted(near | far) == ["B-1", "B-2", "C"]
    for served, arrive, depart in stops:
        assert served in ({"B-1", "B-2"}, {"C"})
        assert (depart - arrive).total_seconds() == 77 + 180 * len(served)
    a, b = (spots[min(served)] for served in (near, far))
    leg = streets.leg(a, b, "drive")
    assert leg is not None
    assert (reached - left).total_seconds() == pytest.approx(leg.duration_s, abs=1)
    walked_m = streets.away_m(a, "drive") + streets.away_m(b, "drive")
    assert walked_m > 60
    assert leg.duration_s > walked_m / WALKING_MPS + 20, "and the drive"


def test_what_a_closure_costs_is_a_what_if(tiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same day with and without a street closed, by vans alone: the way around costs money."""
    stated = 'timezone = "UTC"\n[[van]]\ntype = "van-e"\n[network]\nstreets = "town.streets"\n'
    (tiled / "open.toml").write_text(stated, encoding="utf-8")
    (tiled / "shut.toml").write_text(stated + 'closed = ["river.geojson"]\n', encoding="utf-8")
    # Between the depot and the doors, with a gap in the west.
    ring = [[-8.618, 41.1455], [-8.5, 41.1455], [-8.5, 41.1457], [-8.618, 41.1457], [-8.618, 41.1455]]
    river = {"type": "Polygon", "coordinates": [ring]}
    (tiled / "river.geojson").write_text(json.dumps(river), encoding="utf-8")
    files = [w for n in ("orders", "depots", "lockers", "weather") for w in (f"--{n}", tiled / f"{n}.csv")]
    words = ("simulate", *files, "--fleet", tiled / "open.toml", "--against", tiled / "shut.toml")
    assert ended(*words, "--runs", 1, "--iterations", 5, "--workers", 1, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    free, shut = (each["figures"] for each in told["fleets"])
    for name in ("cost", "cost_of_distance", "driving_hours"):
        assert shut[name]["mean"]["value"] > free[name]["mean"]["value"], name
    assert shut["served_share"] == free["served_share"], "all doors can be reached"


def test_streets_that_are_not_there_are_refused_by_every_command(
    tiled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = ("--network", tmp_path / "no.streets")
    sites = ("--depots", tiled / "depots.csv", "--lockers", tiled / "lockers.csv")
    demo = ("demo", "--headless", "--root", tmp_path / "runs", "--parcels", 3)
    hub = ("hub", *sites, "--root", tmp_path / "runs", "--name", "day", "--at", "2026-11-24T05:00:00Z")
    for words in (("simulate", "--parcels", 3), demo, hub):
        assert ended(*words, *none) == 2
        assert "no.streets: is not there: build one with `fleet network build" in capsys.readouterr().err
    assert not (tmp_path / "runs" / "day" / "events.db").exists()
