"""Ways over the streets of a small town: what they measure, and what is said where there is none."""

import pickle
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fleet.network.base import Gap, Profile
from fleet.network.build import build
from fleet.network.geodesic import WALKING_MPS, straight_m
from fleet.network.manifest import ATTRIBUTION
from fleet.network.streets import TILE, StreetNetwork, _tiles, open_streets
from fleet.planner.atlas import Atlas, Tables
from fleet.protocol.values import Place
from tests.support.streetmap import Town, apart_m, dijkstra, random_town
from tests.unit.network.streets.conftest import town

AT = town().nodes


def beside(place: Place, metres: float) -> Place:
    """A point so far north of another."""
    return Place(lon=place.lon, lat=place.lat + metres / 111_195.08)


def test_a_van_takes_the_street(streets: StreetNetwork) -> None:
    leg = streets.leg(AT[1], AT[3], "drive")
    assert leg is not None
    assert leg.distance_m == pytest.approx(1000, rel=0.01)
    assert 1000 / 50 * 3.6 < leg.duration_s < 1000 / 30 * 3.6, "no faster than the speed limit"


def test_a_one_way_street_is_long_the_other_way(streets: StreetNetwork) -> None:
    there, back = streets.leg(AT[3], AT[4], "drive"), streets.leg(AT[4], AT[3], "drive")
    assert there is not None and back is not None  # noqa: PT018
    assert there.distance_m == pytest.approx(500, rel=0.01)
    assert back.distance_m == pytest.approx(1100, rel=0.01)
    on_foot = streets.leg(AT[4], AT[3], "walk")
    assert on_foot is not None
    assert on_foot.distance_m == pytest.approx(500, rel=0.01)
    assert on_foot.duration_s == pytest.approx(500 / WALKING_MPS, rel=0.01)


@pytest.mark.parametrize(("number", "rolls"), [(10, False), (11, False), (12, True)])
def test_robots_take_no_steps_and_no_sand(folder: Path, number: int, rolls: bool) -> None:
    """People go there. For a robot the door is only as near as the street that it can use, here 200 m off."""
    streets = open_streets(folder, farthest_m=150)
    walked, rolled = (streets.leg(AT[1], AT[number], profile) for profile in ("walk", "roll"))
    assert walked is not None
    assert (rolled is not None) == rolls
    if rolled is not None:
        assert rolled.distance_m == pytest.approx(walked.distance_m)
    else:
        assert streets.gap(AT[1], AT[number], "roll").cause == "off_streets"  # type: ignore[union-attr]


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
        ({"smoothness": "horrible"}, False),
        ({"smoothness": "bad"}, True),
        ({"surface": "mud"}, False),
        ({"surface": "asphalt"}, True),
    ],
)
def test_what_wheels_can_t_take(tmp_path: Path, tags: dict[str, str], rolls: bool) -> None:
    """People may go there all the same."""
    made = Town()
    for number, north_m in ((1, 0), (2, 300), (3, 600)):
        made.add(number, 0, north_m)
    made.way(1, 2, highway="footway")
    made.way(2, 3, highway="footway", **tags)
    build(made.write(tmp_path / "t.osm"), tmp_path / "out", ["foot", "robot"], progress=lambda _said: None)
    streets = open_streets(tmp_path / "out", farthest_m=50)
    assert streets.leg(made.nodes[1], made.nodes[3], "walk") is not None
    assert (streets.leg(made.nodes[1], made.nodes[3], "roll") is not None) == rolls


def test_a_drawn_way_has_no_more_points_than_it_needs(tmp_path: Path) -> None:
    """A bent street of many points, most of them on a line; ways are drawn within a metre of it."""
    made = town()
    for k in range(1, 40):
        made.add(100 + k, 2000 + 10 * k, 0.2 * (k % 2) + (10 * (k - 20) if k > 20 else 0))
    made.way(5, *range(101, 140), highway="footway")
    build(made.write(tmp_path / "t.osm"), tmp_path / "out", ["foot"], progress=lambda _said: None)
    drawn = open_streets(tmp_path / "out").path(made.nodes[1], made.nodes[139], "walk")
    assert drawn is not None
    assert (drawn[0], drawn[-1]) == (made.nodes[1], made.nodes[139])
    assert len(drawn) == 3
    assert apart_m(drawn[1], made.nodes[120]) < 15


def test_a_door_off_the_street_is_gone_to_on_foot(streets: StreetNetwork) -> None:
    door = beside(AT[2], -80)
    at_kerb, leg = streets.leg(AT[1], AT[2], "drive"), streets.leg(AT[1], door, "drive")
    assert at_kerb is not None and leg is not None  # noqa: PT018
    assert leg.distance_m == pytest.approx(at_kerb.distance_m + 80, abs=1)
    assert leg.duration_s == pytest.approx(at_kerb.duration_s + 80 / WALKING_MPS, abs=1)
    assert streets.path(AT[1], door, "drive")[-1] == door  # type: ignore[index]


def test_too_far_from_any_street_nothing_is_made_up(streets: StreetNetwork) -> None:
    far = beside(AT[5], -400)
    assert streets.leg(AT[1], far, "drive") is None
    assert streets.path(AT[1], far, "drive") is None
    gap = streets.gap(AT[1], far, "drive")
    assert gap is not None
    assert (gap.cause, gap.limit_m, gap.end) == ("off_streets", 250.0, True)
    assert gap.away_m == pytest.approx(400, rel=0.01)
    back = streets.gap(far, AT[1], "drive")
    assert back is not None
    assert not back.end
    assert streets.gap(AT[1], AT[5], "drive") is None
    matrix = streets.matrix([AT[1], far], "drive")
    assert np.isinf(matrix.distance_m[[0, 1], [1, 0]]).all()
    assert np.isinf(matrix.duration_s[[0, 1], [1, 0]]).all()


def test_the_same_point_is_no_way_at_all(streets: StreetNetwork) -> None:
    door = beside(AT[2], -80)
    leg = streets.leg(door, door, "drive")
    assert leg is not None
    assert (leg.distance_m, leg.duration_s) == (0.0, 0.0)
    assert streets.path(door, door, "drive") == (door, door)


def test_streets_that_nothing_leads_to_are_a_gap(streets: StreetNetwork) -> None:
    assert streets.leg(AT[1], AT[20], "drive") is None
    assert streets.path(AT[1], AT[20], "drive") is None
    assert streets.gap(AT[1], AT[20], "drive") == Gap("no_way")
    assert streets.leg(AT[20], AT[21], "drive") is not None


@pytest.mark.parametrize("profile", ["drive", "walk", "roll"])
def test_leg_legs_cross_and_matrix_agree(
    streets: StreetNetwork, profile: Profile, rng: random.Random
) -> None:
    """The same two points have the same way, whatever else is asked with them."""
    places = [*AT.values(), *(beside(p, rng.uniform(-120, 120)) for p in AT.values())]
    matrix = streets.matrix(places, profile)
    pairs = [(rng.randrange(len(places)), rng.randrange(len(places))) for _ in range(40)]
    legs = streets.legs([places[a] for a, _ in pairs], [places[b] for _, b in pairs], profile)
    for k, (a, b) in enumerate(pairs):
        leg = streets.leg(places[a], places[b], profile)
        assert legs.distance_m[k] == matrix.distance_m[a, b]
        assert legs.duration_s[k] == matrix.duration_s[a, b]
        assert (leg is None) == bool(np.isinf(matrix.distance_m[a, b]))
        assert leg is None or (leg.distance_m, leg.duration_s) == (
            matrix.distance_m[a, b],
            matrix.duration_s[a, b],
        )
        assert matrix.distance_m[a, b] >= straight_m(places[a], places[b]) * (1 - 1e-9)
    cross = streets.cross(places[:3], places[5:9], profile)
    np.testing.assert_array_equal(cross.distance_m, matrix.distance_m[:3, 5:9])


def test_tables_are_asked_in_tiles(streets: StreetNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    places = list(AT.values())
    whole = streets.matrix(places, "drive")
    pairs = streets.legs(places, places[::-1], "drive")
    monkeypatch.setattr("fleet.network.streets.TILE", 30)  # several columns of tiles, the last ones smaller
    assert len({columns.start for _, columns in _tiles(len(places), len(places))}) > 1
    monkeypatch.setattr("fleet.network.streets.MOST_TABLE", 5)
    tiled = streets.matrix(places, "drive")
    np.testing.assert_array_equal(tiled.duration_s, whole.duration_s)
    np.testing.assert_array_equal(tiled.distance_m, whole.distance_m)
    np.testing.assert_array_equal(streets.legs(places, places[::-1], "drive").duration_s, pairs.duration_s)


@pytest.mark.parametrize(
    ("starts", "ends"), [(1, 1), (3000, 3000), (512, 10_000), (7, 4000), (2, 3_000_000), (3_000_000, 2)]
)
def test_tables_of_streets_are_asked_in_tiles_of_few_searches(starts: int, ends: int) -> None:
    """Each way once, in bounded tiles, with fewer searches from ends than by whole rows."""
    tiles = list(_tiles(starts, ends))
    sides = [
        (len(range(*rows.indices(starts))), len(range(*columns.indices(ends)))) for rows, columns in tiles
    ]
    assert sum(tall * wide for tall, wide in sides) == starts * ends
    assert len({(rows.start, columns.start) for rows, columns in tiles}) == len(tiles)
    assert max(tall * wide for tall, wide in sides) <= TILE
    by_rows = starts + ends * -(-starts // max(1, TILE // ends))
    assert sum(map(sum, sides)) <= by_rows


def test_ways_that_a_plan_takes_over_from_the_one_before_are_those_of_the_whole_table(
    streets: StreetNetwork, rng: random.Random
) -> None:
    """Off the streets and on ones that lead nowhere, too: pair by pair, however the places came together."""
    town, atlas = [*AT.values(), *(beside(p, rng.uniform(-400, 400)) for p in AT.values())], Atlas()
    asked: list[int] = []

    def ask(starts: Sequence[Place], ends: Sequence[Place]) -> Tables:
        asked.append(len(starts) * len(ends))
        found = streets.cross(starts, ends, "drive")
        whole = [np.nan_to_num(table, posinf=10**7) for table in (found.distance_m, found.duration_s)]
        return np.rint(whole[0]).astype(np.int64), np.ceil(whole[1]).astype(np.int64)

    before: set[Place] = set()
    for size in (9, 15, len(town), 12):
        places = rng.sample(town, size)
        asked.clear()
        known = atlas.between(places, streets, ask)
        assert sum(asked) == size**2 - len(before & set(places)) ** 2
        for table, whole in zip(known, ask(places, places), strict=True):
            np.testing.assert_array_equal(table, whole)
        assert (known[1] == 10**7).any()
        before = set(places)


def test_no_points_give_empty_answers(streets: StreetNetwork) -> None:
    assert streets.matrix([], "drive").duration_s.shape == (0, 0)
    assert streets.cross([AT[1]], [], "walk").distance_m.shape == (1, 0)
    assert streets.legs([], [], "roll").distance_m.shape == (0,)


def test_another_process_opens_the_same_streets(streets: StreetNetwork) -> None:
    twin = pickle.loads(pickle.dumps(streets))  # noqa: S301 - our own bytes
    assert twin == streets
    assert twin.leg(AT[1], AT[5], "drive") == streets.leg(AT[1], AT[5], "drive")
    assert open_streets(streets.folder, 100) != streets


def test_it_says_what_it_rests_on(streets: StreetNetwork) -> None:
    assert "town.osm" in streets.assumption
    assert "without traffic" in streets.assumption
    assert ATTRIBUTION in streets.assumption


@pytest.mark.parametrize("seed", range(3))
def test_shortest_walks_are_dijkstra_s(tmp_path: Path, seed: int) -> None:
    """All walks of a random town, held against a search that shares no code: the same speed everywhere, so the fastest
    way is the shortest."""
    made = random_town(random.Random(seed))
    build(made.write(tmp_path / "t.osm"), tmp_path / "out", ["foot"], progress=lambda _said: None)
    edges: dict[int, dict[int, float]] = {}
    for a, b, _ in made.legs():
        edges.setdefault(a, {})[b] = edges.setdefault(b, {})[a] = apart_m(made.nodes[a], made.nodes[b])
    numbers = sorted(edges)
    found = open_streets(tmp_path / "out").matrix([made.nodes[n] for n in numbers], "walk")
    for row, start in enumerate(numbers):
        far = dijkstra(edges, start)
        wanted = np.array([far.get(n, np.inf) for n in numbers])
        np.testing.assert_allclose(found.distance_m[row], wanted, rtol=2e-3, atol=2.0)
        np.testing.assert_allclose(found.duration_s[row], wanted / WALKING_MPS, rtol=5e-3, atol=3.0)


@pytest.mark.parametrize("seed", range(3))
def test_drives_keep_speed_limits_and_one_way_streets(tmp_path: Path, seed: int) -> None:
    """A drive takes as long as Dijkstra's at four fifths of the limits, as the engine's profile has it, and up to a
    minute for its corners; where one-way streets leave no way, there is none."""
    made = random_town(random.Random(seed))
    build(made.write(tmp_path / "t.osm"), tmp_path / "out", ["car"], progress=lambda _said: None)
    seconds: dict[int, dict[int, float]] = {}
    for a, b, tags in made.legs():
        took = apart_m(made.nodes[a], made.nodes[b]) / (float(tags["maxspeed"]) / 3.6)
        seconds.setdefault(a, {})[b] = took
        if "oneway" not in tags:
            seconds.setdefault(b, {})[a] = took
    numbers = sorted({n for a, b, _ in made.legs() for n in (a, b)})
    found = open_streets(tmp_path / "out").matrix([made.nodes[n] for n in numbers], "drive")
    for row, start in enumerate(numbers):
        far = dijkstra(seconds, start)
        for column, end in enumerate(numbers):
            took = found.duration_s[row, column]
            assert np.isfinite(took) == (end in far), (start, end)
            if end in far:
                assert far[end] / 0.8 * 0.998 - 1 <= took <= far[end] / 0.8 + 60, (start, end)
