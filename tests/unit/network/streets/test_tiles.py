"""Tiles: what wheels can't take, streets that are closed to robots, and how far one comes in a time."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely

from fleet.network.base import Gap, Profile
from fleet.network.build import build
from fleet.network.errors import NetworkError
from fleet.network.extra import Package
from fleet.network.manifest import TILES_FOLDER, read_manifest
from fleet.network.pbf import mark
from fleet.network.sidewalks import SidewalkEngine, opened_tiles
from fleet.network.streets import StreetNetwork, open_streets
from fleet.network.wheels import NOT_FOR_WHEELS
from fleet.protocol.values import Place
from tests.support.pbf import pbf_of
from tests.support.streetmap import Town, apart_m, dijkstra, random_town
from tests.unit.network.streets.conftest import around, built, detour, town


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(town(), tmp_path_factory.mktemp("tiles"), "car", "foot", "robot")


AT = town().nodes


def test_robots_need_no_profile_beside_tiles(folder: Path) -> None:
    made = read_manifest(folder)
    assert made.tiles is not None
    assert made.tiles.engine.startswith("pyvalhalla ")
    assert sorted(made.profiles) == ["car", "foot"]
    assert open_streets(folder).lacks(["drive", "walk", "roll"]) == ()


@pytest.mark.parametrize(("number", "rolls"), [(10, False), (11, False), (12, True)])
def test_robots_take_no_steps_and_no_sand(folder: Path, number: int, rolls: bool) -> None:
    streets = open_streets(folder, farthest_m=150)
    walked, rolled = (streets.leg(AT[1], AT[number], profile) for profile in ("walk", "roll"))
    assert walked is not None
    assert (rolled is not None) == rolls
    if rolled is None:
        assert streets.gap(AT[1], AT[number], "roll").cause == "off_streets"  # type: ignore[union-attr]
    else:
        assert rolled.distance_m == pytest.approx(walked.distance_m, rel=0.01)


@pytest.mark.parametrize(
    ("tags", "rolls"),
    [
        ({"incline": "15%"}, False),
        ({"incline": "-15 %"}, False),
        ({"incline": "5%"}, True),
        ({"incline": "up"}, True),
        ({"incline": "10°"}, False),
        ({"wheelchair": "no"}, False),
        ({"wheelchair": "yes"}, True),
        ({"wheelchair": "yes", "highway": "steps"}, False),
        ({"smoothness": "horrible"}, False),
        ({"smoothness": "bad"}, True),
        ({"surface": "mud"}, False),
        ({"surface": "asphalt"}, True),
    ],
)
def test_what_wheels_can_t_take(tmp_path: Path, tags: dict[str, str], rolls: bool) -> None:
    """People may go there all the same. The same ways as those of the other engine's profile, in its tests."""
    made = Town()
    for number, north_m in ((1, 0), (2, 300), (3, 600)):
        made.add(number, 0, north_m)
    made.way(1, 2, highway="footway")
    made.way(2, 3, **{"highway": "footway", **tags})
    streets = open_streets(built(made, tmp_path, "foot"), farthest_m=50)
    assert streets.leg(made.nodes[1], made.nodes[3], "walk") is not None
    assert (streets.leg(made.nodes[1], made.nodes[3], "roll") is not None) == rolls


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
@pytest.mark.parametrize(
    ("kerb", "passes"),
    [("raised", False), ("regular", False), ("rolled", False), ("lowered", True), ("flush", True)],
)
def test_kerbs(tmp_path: Path, kerb: str, passes: bool, suffix: str) -> None:
    """A crossing with a kerb, and a long way round without one: by tiles and, without them, by tables."""
    made = Town()
    for number, at in {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (0, 400), 5: (200, 400)}.items():
        made.add(number, *map(float, at))
    made.node_tags[2] = {"barrier": "kerb", "kerb": kerb, "wheelchair": "yes"}
    made.way(1, 2, 3, highway="footway")
    made.way(1, 4, 5, 3, highway="footway")
    build(made.write(tmp_path / f"t{suffix}"), tmp_path / "out", ["robot"], progress=lambda _said: None)
    leg = open_streets(tmp_path / "out").leg(made.nodes[1], made.nodes[3], "roll")
    assert leg is not None
    assert leg.distance_m == pytest.approx(200 if passes else 1000, rel=0.02)


def test_a_closed_street_is_gone_round_by_robots(tmp_path: Path) -> None:
    made = detour()
    at, out = made.nodes, built(made, tmp_path, "car", "foot")
    middle = Place(lon=(at[2].lon + at[3].lon) / 2, lat=at[2].lat)
    free, closed = open_streets(out), open_streets(out, closed=(around(middle),))
    assert free.leg(at[1], at[3], "roll").distance_m == pytest.approx(800, rel=0.01)  # type: ignore[union-attr]
    assert closed.leg(at[1], at[3], "roll").distance_m == pytest.approx(1400, rel=0.01)  # type: ignore[union-attr]
    for start, end in ((1, 3), (3, 1), (5, 1)):
        line = shapely.linestrings([(p.lon, p.lat) for p in closed.path(at[start], at[end], "roll") or ()])
        assert not line.intersects(shapely.polygons(around(middle)))
    assert closed.leg(at[1], at[3], "walk") == free.leg(at[1], at[3], "walk"), "people go there all the same"
    assert free.version != closed.version
    assert "1 parts closed to vans and robots" in closed.assumption


def test_a_door_on_a_closed_street_can_t_be_reached(tmp_path: Path) -> None:
    made = detour()
    at, out = made.nodes, built(made, tmp_path)
    middle = Place(lon=(at[2].lon + at[3].lon) / 2, lat=at[2].lat)
    closed = open_streets(out, closed=(around(middle),))
    assert closed.leg(at[1], middle, "roll") is None
    assert closed.path(at[1], middle, "roll") is None
    first = Place(lon=around(middle)[0][0], lat=around(middle)[0][1])
    assert closed.gap(at[1], middle, "roll") == Gap("closed", part=first)
    matrix = closed.matrix([at[1], middle, at[5]], "roll")
    assert np.isinf(matrix.distance_m).sum() == 4
    assert np.isfinite(matrix.distance_m[0, 2])


def test_in_the_sea_nothing_is_made_up(folder: Path) -> None:
    streets, sea = open_streets(folder), Place(lon=-9.4, lat=41.15)
    profiles: tuple[Profile, ...] = ("drive", "walk", "roll")
    for profile in profiles:
        gap = streets.gap(AT[1], sea, profile)
        assert gap is not None
        assert (gap.cause, gap.end) == ("off_streets", True)
        assert streets.leg(AT[1], sea, profile) is None
        assert streets.path(AT[1], sea, profile) is None
    matrix = streets.matrix([AT[1], sea, AT[4]], "roll")
    assert np.isinf(matrix.distance_m).tolist() == [
        [False, True, False],
        [True, False, True],
        [False, True, False],
    ]


def test_without_tiles_nothing_can_be_closed(tmp_path: Path) -> None:
    build(detour().write(tmp_path / "t.osm"), tmp_path / "out", ["car"], progress=lambda _said: None)
    with pytest.raises(
        NetworkError, match=r"has no tiles, so nothing can be closed: build it of an \.osm\.pbf"
    ):
        open_streets(tmp_path / "out", closed=(around(AT[1]),))


def test_tiles_that_are_gone_are_said(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "tiles"
    empty.mkdir()
    with pytest.raises(NetworkError, match="holds no tiles: build the streets again"):
        SidewalkEngine(empty)


@pytest.mark.parametrize("seed", range(3))
def test_shortest_rolls_are_dijkstra_s(tmp_path: Path, seed: int) -> None:
    """Ways of a random town, some of it barred to wheels, held against a search that shares no code. The engine takes
    the easiest way, which may be a little longer than the shortest; it gives whole metres, never fewer."""
    rng = random.Random(seed)
    made = random_town(rng)
    for _, said in made.ways[::9]:
        said.update(rng.choice(({"wheelchair": "no"}, {"surface": "mud"}, {"incline": "20%"})))
    edges: dict[int, dict[int, float]] = {}
    for a, b, tags in made.legs():
        if not {"wheelchair", "surface", "incline"} & tags.keys():
            edges.setdefault(a, {})[b] = edges.setdefault(b, {})[a] = apart_m(made.nodes[a], made.nodes[b])
    streets = open_streets(built(made, tmp_path))
    numbers = sorted(dijkstra(edges, 1))
    found = streets.matrix([made.nodes[n] for n in numbers], "roll").distance_m
    for row, start in enumerate(numbers):
        far = dijkstra(edges, start)
        for column, end in enumerate(numbers):
            assert far[end] * 0.997 - 3 <= found[row, column] <= far[end] * 1.15 + 60, (start, end)
    inner = [n for n in numbers if n != 1]
    for start, end in ((rng.choice(inner), rng.choice(inner)) for _ in range(20)):
        path = streets.path(made.nodes[start], made.nodes[end], "roll")
        assert path is not None
        length = sum(apart_m(a, b) for a, b in pairwise(path))
        assert length == pytest.approx(found[numbers.index(start), numbers.index(end)], rel=0.01, abs=5)


def test_it_says_nothing_on_the_descriptors(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    streets = open_streets(folder)
    assert streets.leg(AT[1], AT[4], "roll") is not None
    assert streets.path(AT[1], AT[4], "roll") is not None
    assert capfd.readouterr() == ("", "")


def test_an_island_stops_no_ways_elsewhere(tmp_path: Path) -> None:
    """Two towns that no street joins, 30 km apart: ways within each are told, and none between them."""
    here, there = random_town(random.Random(3), size=5), random_town(random.Random(4), size=5, west=-8.2)
    both = Town(nodes=dict(here.nodes), ways=list(here.ways))
    both.nodes |= {1000 + number: place for number, place in there.nodes.items()}
    both.ways += [(tuple(1000 + number for number in through), tags) for through, tags in there.ways]
    streets = open_streets(built(both, tmp_path))
    numbers = [1, 1001, 2, 1002, 25, 1025]
    rolls = streets.matrix([both.nodes[number] for number in numbers], "roll").distance_m
    for row, a in enumerate(numbers):
        for column, b in enumerate(numbers):
            assert np.isfinite(rolls[row, column]) == ((a > 1000) == (b > 1000)), (a, b)
    alone = streets.matrix([both.nodes[number] for number in (1, 2, 25)], "roll").distance_m
    assert (rolls[::2, ::2] == alone).all()
    assert streets.gap(both.nodes[1], both.nodes[1001], "roll") == Gap("no_way")
    assert streets.path(both.nodes[1], both.nodes[1001], "roll") is None


def test_more_pairs_than_the_engine_s_own_limit(tmp_path: Path) -> None:
    made = random_town(random.Random(4))
    places = list(made.nodes.values())
    streets: StreetNetwork = open_streets(built(made, tmp_path))
    assert streets.cross(places, places * 2, "roll").distance_m.shape == (49, 98)


@pytest.mark.parametrize("profile", ["walk", "roll"])
def test_an_area_is_as_far_as_one_comes(tmp_path: Path, profile: Profile) -> None:
    """Places along a straight street are inside as far as one goes in the time, and none is beyond."""
    made = Town()
    for number in range(1, 42):
        made.add(number, 100.0 * (number - 1), 0.0)
    made.way(*range(1, 42), highway="residential")
    tiles = built(made, tmp_path)
    engine = opened_tiles(tiles / read_manifest(tiles).data / TILES_FOLDER)
    (start,) = engine.snaps([made.nodes[1]])
    near, far = engine.reach(start, [10.001, 29.333], profile, 6.0)
    for area, reached_m in ((near, 1000), (far, 2933)):
        shape = shapely.from_geojson(json.dumps(area))
        inside = [n for n, place in made.nodes.items() if shape.covers(shapely.Point(place.lon, place.lat))]
        assert inside == list(range(1, max(inside) + 1))
        assert max(inside) * 100 - 100 == pytest.approx(reached_m, abs=150)


def test_tiles_are_built_once_and_again_when_wheels_rules_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, said = town().write(tmp_path / "t.osm.pbf"), list[str]()
    build(source, tmp_path / "out", ["car"], progress=said.append)
    assert any(line.startswith("tiles (robots, areas): taking") for line in said)
    said.clear()
    build(source, tmp_path / "out", ["car", "foot"], progress=said.append)
    assert not any(line.startswith(("tiles", "car")) for line in said)
    monkeypatch.setattr("fleet.network.build.package_version", lambda package: f"{package.name} 99")
    build(source, tmp_path / "out", ["car", "foot"], progress=said.append)
    assert any(line.startswith("tiles") for line in said)


def test_without_the_engine_of_tiles_the_rest_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = Package("the engine of tiles", "no-such", "no_such_module")
    monkeypatch.setattr("fleet.network.build.TILES", missing)
    said: list[str] = []
    made = build(town().write(tmp_path / "t.osm.pbf"), tmp_path / "out", ["robot"], progress=said.append)
    assert made.tiles is None
    assert "robot" in made.profiles
    assert any("no tiles" in line and "pip install 'lastmile-fleet[streets]'" in line for line in said)


@pytest.mark.parametrize("dense", [True, False])
def test_kerbs_are_marked_however_nodes_are_written(dense: bool, tmp_path: Path) -> None:
    """All of a block together, or one by one, which is as valid and seldom."""
    made = town()
    first = min(made.nodes)
    source, target = tmp_path / "t.osm.pbf", tmp_path / "marked.osm.pbf"
    tags = {**made.node_tags, first: {"kerb": "raised"}}
    plain, raised = (pbf_of(made.nodes, said, made.ways, dense=dense) for said in (made.node_tags, tags))
    counts = []
    for each in (plain, raised):
        source.write_bytes(each)
        counts.append(mark(source, target, NOT_FOR_WHEELS))
    assert counts[1] == counts[0] + 1
