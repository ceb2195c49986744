"""Vans around closed streets: by tables that are prepared without them, never faster than with them."""

from __future__ import annotations

import json
import os
import pickle
import random
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np
import pytest
import shapely

from fleet.network import closing
from fleet.network.base import Gap
from fleet.network.errors import NetworkError
from fleet.network.manifest import CLOSED_FOLDER, read_manifest
from fleet.network.reach import Question, areas
from fleet.network.sidewalks import Ring
from fleet.network.streets import StreetNetwork, open_streets
from fleet.network.traffic import Hours, SlowedNetwork, Traffic
from fleet.protocol.values import Place
from fleet.trueworld import roads_of
from tests.support.streetmap import Town, apart_m, dijkstra, random_town
from tests.unit.network.streets.conftest import around, built, detour
from tests.unit.planner.town import order, snapshot


def between(a: Place, b: Place) -> Place:
    """The middle of two places that lie together."""
    return Place(lon=(a.lon + b.lon) / 2, lat=(a.lat + b.lat) / 2)


def first(ring: Ring) -> Place:
    return Place(lon=ring[0][0], lat=ring[0][1])


AT = detour().nodes
WORKS = around(between(AT[2], AT[3]))
"""Around the middle of a street that can be gone round."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(detour(), tmp_path_factory.mktemp("detour"))


def prepared(out: Path) -> list[Path]:
    """The tables without closed streets that are there."""
    return sorted((out / read_manifest(out).data / CLOSED_FOLDER).glob("car-*"))


def test_a_closed_street_is_gone_round_by_vans(out: Path) -> None:
    free, closed = open_streets(out), open_streets(out, closed=(WORKS,))
    before, after = free.leg(AT[1], AT[3], "drive"), closed.leg(AT[1], AT[3], "drive")
    assert before is not None
    assert after is not None
    assert before.distance_m == pytest.approx(800, rel=0.01)
    assert after.distance_m == pytest.approx(1400, rel=0.01)
    assert after.duration_s > before.duration_s + 30
    assert closed.leg(AT[1], AT[2], "drive") == free.leg(AT[1], AT[2], "drive")
    for start, end in ((1, 3), (3, 1), (5, 1)):
        line = shapely.linestrings([(p.lon, p.lat) for p in closed.path(AT[start], AT[end], "drive") or ()])
        assert not line.intersects(shapely.polygons(WORKS))
        assert shapely.linestrings([(p.lon, p.lat) for p in free.path(AT[start], AT[end], "drive") or ()])


def test_traffic_slows_the_way_around_as_any(out: Path) -> None:
    closed = open_streets(out, closed=(WORKS,))
    slowed = SlowedNetwork(closed, Traffic(Hours(time(7), time(9)), 0.5))
    slow, full = slowed.leg(AT[1], AT[3], "drive"), closed.leg(AT[1], AT[3], "drive")
    assert slow is not None
    assert full is not None
    assert slow.duration_s == pytest.approx(2 * full.duration_s)
    assert slowed.path(AT[1], AT[3], "drive") == closed.path(AT[1], AT[3], "drive")


def test_simulated_vans_drive_around_in_each_hour_s_own_time(out: Path) -> None:
    closed, jam = open_streets(out, closed=(WORKS,)), Traffic(Hours(time(7), time(9)), 0.5)
    town = snapshot([order("P", AT[1])]).context
    assert roads_of(town) is None, "without streets the world has an estimate of its own"
    roads = roads_of(replace(town, network=SlowedNetwork(closed, jam, (jam,))))
    full = closed.leg(AT[1], AT[3], "drive")
    assert roads is not None
    assert full is not None
    for hour, times in ((8, 2), (12, 1)):
        metres, seconds = roads(AT[1], AT[3], datetime(2026, 11, 24, hour, tzinfo=UTC)) or (0, 0)
        assert metres == full.distance_m
        assert seconds == pytest.approx(times * full.duration_s)
    assert roads(AT[1], between(AT[2], AT[3]), datetime(2026, 11, 24, 8, tzinfo=UTC)) is None


def test_no_van_comes_to_a_door_on_a_closed_street(out: Path) -> None:
    """Neither to one beyond the works, which is at the same street; one at its crossing is at an open one as well."""
    closed = open_streets(out, closed=(WORKS,))
    for door in (between(AT[2], AT[3]), between(AT[2], between(AT[2], AT[3]))):
        assert closed.leg(AT[1], door, "drive") is None
        assert closed.path(AT[1], door, "drive") is None
        assert closed.gap(AT[1], door, "drive") == Gap("closed", part=first(WORKS))
        assert closed.gap(door, door, "drive") == Gap("closed", part=first(WORKS)), "the door alone"
    assert closed.gap(AT[1], AT[2], "drive") is None
    matrix = closed.matrix([AT[1], between(AT[2], AT[3]), AT[5]], "drive")
    assert np.isinf(matrix.distance_m).tolist() == [
        [False, True, False],
        [True, False, True],
        [False, True, False],
    ]
    assert (np.isinf(matrix.distance_m) == np.isinf(matrix.duration_s)).all()


def test_what_lies_behind_the_only_way_names_the_closed_part(out: Path) -> None:
    only, elsewhere = around(between(AT[1], AT[2])), around(between(AT[4], AT[5]))
    closed = open_streets(out, closed=(elsewhere, only))
    assert closed.leg(AT[1], AT[3], "drive") is None
    assert closed.gap(AT[1], AT[3], "drive") == Gap("closed", part=first(only))
    far = Place(lon=AT[1].lon - 0.1, lat=AT[1].lat)
    found = closed.gap(AT[1], far, "drive")
    assert found is not None
    assert found.cause == "off_streets"


def test_where_all_is_closed_there_is_no_way(out: Path) -> None:
    everything = around(AT[2], 5000)
    closed = open_streets(out, closed=(everything,))
    assert np.isinf(closed.matrix([AT[1], AT[3]], "drive").distance_m).tolist() == [
        [False, True],
        [True, False],
    ]


def test_a_van_s_reach_ends_at_a_closed_street(out: Path) -> None:
    """In two minutes it comes to 3 by the street; where that is closed the way round takes longer."""
    doors = {"before": AT[2], "works": between(AT[2], AT[3]), "beyond": AT[3]}
    free, closed = (
        areas(out, {"S": AT[1]}, Question((2.0, 10.0), "van", closed=each), doors) for each in ((), (WORKS,))
    )
    assert [area.doors for area in free] == [("before", "works", "beyond")] * 2
    assert [area.doors for area in closed] == [("before",), ("before", "beyond")]
    works = shapely.Point(between(AT[2], AT[3]).lon, AT[2].lat)
    covers = [shapely.from_geojson(json.dumps(area.geometry)).covers(works) for area in (free[0], closed[0])]
    assert covers == [True, False]


def test_the_whole_map_s_tables_stay_as_they_are(tmp_path: Path) -> None:
    out = built(detour(), tmp_path)
    whole = out / read_manifest(out).data / "car"
    before = {file.name: file.read_bytes() for file in whole.iterdir()}
    assert open_streets(out, closed=(WORKS,)).leg(AT[1], AT[3], "drive") is not None
    assert {file.name: file.read_bytes() for file in whole.iterdir()} == before


def test_tables_are_prepared_once_for_each_set_of_closed_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, told = built(detour(), tmp_path), list[str]()
    closed = open_streets(out, closed=(WORKS,))
    closed.close(told.append)
    assert any("preparing vans' ways around them" in line for line in told)
    monkeypatch.setattr(closing, "run", lambda *_words, **_more: pytest.fail("prepared again"))
    told.clear()
    twin: StreetNetwork = pickle.loads(pickle.dumps(closed))  # noqa: S301
    twin.close(told.append)
    assert not told
    assert twin.leg(AT[1], AT[3], "drive") == closed.leg(AT[1], AT[3], "drive")


def test_a_part_without_streets_needs_no_tables(out: Path) -> None:
    field = around(between(AT[2], AT[5]))
    closed = open_streets(out, closed=(field,))
    assert closed.matrix(list(AT.values()), "drive").duration_s.tolist() == (
        open_streets(out).matrix(list(AT.values()), "drive").duration_s.tolist()
    )
    assert closed.idle() == (field,)


def test_tables_that_were_cut_short_or_left_by_who_was_killed_are_prepared_again(tmp_path: Path) -> None:
    out = built(detour(), tmp_path)
    open_streets(out, closed=(WORKS,)).close()
    (made,) = prepared(out)
    table = made / closing.MADE
    whole = table.read_bytes()
    table.write_bytes(whole[:-100])
    left = made.with_name(f"{closing.PART}car-other")
    left.mkdir()
    open_streets(out, closed=(WORKS,)).close()
    assert len(table.read_bytes()) == len(whole)
    assert not left.exists()


def test_tables_that_nobody_opens_go(tmp_path: Path) -> None:
    out = built(detour(), tmp_path)
    sets = [(WORKS,), (around(between(AT[4], AT[5])),), (around(between(AT[3], AT[5])),)]
    for each in sets[:2]:
        open_streets(out, closed=each).close()
    for folder in prepared(out):
        os.utime(folder, (0, 0))
    open_streets(out, closed=sets[0]).close()  # opened: it is in use
    open_streets(out, closed=sets[2]).close()
    assert len(prepared(out)) == 2
    open_streets(out, closed=sets[0]).close(pytest.fail)


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    out = built(detour(), tmp_path)
    shelf = out / read_manifest(out).data / CLOSED_FOLDER
    shelf.write_text("in the way", encoding="utf-8")
    with pytest.raises(NetworkError, match="vans' ways around closed streets are prepared here"):
        open_streets(out, closed=(WORKS,)).close()


def crossroads(rng: random.Random) -> Town:
    """A random town in which a lane leads off each crossing: what has two streets only is none, and a street goes on
    there."""
    made = random_town(rng)
    for number, at in list(made.nodes.items()):
        lane = 1000 + number
        made.nodes[lane] = Place(lon=at.lon + 0.0003, lat=at.lat + 0.0002)
        made.way(number, lane, highway="residential", maxspeed="30")
    return made


def closures(made: Town, rng: random.Random) -> tuple[Ring, ...]:
    """Parts of a town closed: of streets between crossings, and a block."""
    pairs = [(a, b) for a, b, _ in rng.sample(list(made.legs()), 6)]
    spots = [between(made.nodes[a], made.nodes[b]) for a, b in pairs]
    return (*(around(spot, 8.0) for spot in spots), around(rng.choice(list(made.nodes.values())), 90.0))


@pytest.mark.parametrize("seed", range(4))
def test_no_van_s_way_meets_a_closed_part_nor_gets_faster(tmp_path: Path, seed: int) -> None:
    """Random towns with random parts closed: a way leads where Dijkstra's search, which shares no code, finds one over
    the open streets, in its time, and up to a minute for corners."""
    rng = random.Random(seed)
    made = crossroads(rng)
    parts = closures(made, rng)
    area = shapely.union_all([shapely.Polygon(part) for part in parts])
    seconds: dict[int, dict[int, float]] = {}
    for a, b, tags in made.legs():
        ends = made.nodes[a], made.nodes[b]
        if area.distance(shapely.LineString([(p.lon, p.lat) for p in ends])) > closing.GRAZED_DEG:
            took = apart_m(*ends) / (float(tags["maxspeed"]) / 3.6) / 0.8
            seconds.setdefault(a, {})[b] = took
            if "oneway" not in tags:
                seconds.setdefault(b, {})[a] = took
    out = built(made, tmp_path)
    free, closed = open_streets(out), open_streets(out, closed=parts)
    numbers = sorted({n for a, others in seconds.items() for n in (a, *others)})
    places = [made.nodes[n] for n in numbers]
    before, after = free.matrix(places, "drive").duration_s, closed.matrix(places, "drive").duration_s
    assert (after >= before).all()
    assert (after > before).any()
    for row, start in enumerate(numbers):
        far = dijkstra(seconds, start)
        for column, end in enumerate(numbers):
            assert np.isfinite(after[row, column]) == (end in far), (start, end)
            if end in far:
                assert far[end] * 0.998 - 1 <= after[row, column] <= max(far[end] + 60, before[row, column])
    for here, there in (rng.sample(places, 2) for _ in range(60)):
        path = closed.path(here, there, "drive")
        assert (path is None) == (closed.gap(here, there, "drive") is not None)
        if path is not None:
            assert not shapely.LineString([(p.lon, p.lat) for p in path]).intersects(area)
