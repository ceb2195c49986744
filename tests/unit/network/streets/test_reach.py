"""Who is reached in so many minutes: doors off a street, starts on closed streets, and vans, which take no footways."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from fleet.network.build import build
from fleet.network.errors import NetworkError
from fleet.network.geodesic import WALKING_MPS
from fleet.network.reach import By, Question, areas
from fleet.protocol.values import Place
from tests.support.streetmap import Town, apart_m


def straight() -> Town:
    """A street of two kilometres to the east; from its beginning a footway leads 400 m north, along another one."""
    made = Town()
    for number in range(21):
        made.add(1 + number, 100.0 * number, 0)
    for number in range(5):
        made.add(101 + number, 300.0 * number, 400)
    made.way(*range(1, 22), highway="residential")
    made.way(1, 101, 102, 103, 104, 105, highway="footway")
    made.add(999, 500, -100)  # a door
    return made


AT = straight().nodes
DOOR = AT.pop(999)
"""A hundred metres south of the street, 500 m along it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = straight()
    made.nodes.pop(999)
    home = tmp_path_factory.mktemp("reach")
    build(made.write(home / "t.osm.pbf"), home / "out", ["car"], progress=lambda _said: None)
    return home / "out"


@pytest.mark.parametrize("by", ["robot", "foot"])
def test_a_door_off_the_street_is_reached_by_street_and_on_foot(folder: Path, by: str) -> None:
    """As plans count: so many metres along the street at the speed that was asked for, the rest at walking pace."""
    took_min = 500 / (6 / 3.6) / 60 + 100 / WALKING_MPS / 60
    asked = Question((took_min - 0.5, took_min + 0.5), by, 6.0)  # type: ignore[arg-type]
    near, far = areas(folder, {"S": AT[1]}, asked, {"door": DOOR})
    assert (near.doors, far.doors) == ((), ("door",))


def test_who_starts_off_the_street_walks_to_it_first(folder: Path) -> None:
    walk_min = 100 / WALKING_MPS / 60
    asked = Question((walk_min / 2, walk_min + 3), "robot", 6.0)
    doors = {"own": DOOR, "200 m along": AT[8], "400 m along": AT[10]}
    near, far = areas(folder, {"S": DOOR}, asked, doors)
    assert (near.doors, far.doors) == (("own",), ("own", "200 m along"))
    assert near.geometry["coordinates"] == [], "the street is not reached"
    shape = shapely.from_geojson(str(far.geometry).replace("'", '"'))
    assert shapely.intersects_xy(shape, AT[8].lon, AT[8].lat)
    assert not shapely.intersects_xy(shape, AT[11].lon, AT[11].lat)


def test_a_door_that_no_street_is_near_is_not_reached(folder: Path) -> None:
    sea = Place(lon=AT[1].lon - 0.01, lat=AT[1].lat)
    assert apart_m(sea, AT[1]) > 800
    (area,) = areas(folder, {"S": AT[1]}, Question((60,), "robot"), {"sea": sea})
    assert area.doors == ()


def test_a_door_across_the_country_hides_no_other(tmp_path: Path) -> None:
    """The engine answers nothing at all when one of the ends is farther off than it ever goes."""
    made = straight()
    del made.nodes[999]
    far = {number: Place(lon=AT[1].lon + 9 + number / 1000, lat=AT[1].lat) for number in range(201, 281)}
    made.nodes.update(far)
    made.way(*far, highway="residential")
    build(made.write(tmp_path / "t.osm.pbf"), tmp_path / "out", ["car"], progress=lambda _said: None)
    doors = {"far": far[202], "near": AT[3]}
    for minutes in (10, 600):
        (area,) = areas(tmp_path / "out", {"S": AT[1]}, Question((minutes,), "robot"), doors)
        assert area.doors == ("near",)
    (area,) = areas(tmp_path / "out", {"S": AT[1]}, Question((600,), "van"), doors)
    assert area.doors == ("near",)


def test_minutes_may_come_in_any_order(folder: Path) -> None:
    walk_min = 100 / WALKING_MPS / 60
    far, near = areas(folder, {"S": DOOR}, Question((walk_min + 3, walk_min / 2), "robot", 6.0))
    assert far.geometry["coordinates"] != []
    assert near.geometry["coordinates"] == []


def test_vans_begin_and_end_at_vans_streets(folder: Path) -> None:
    """The footway is 400 m off the street: a robot starts there, and a van does not."""
    (rolled,) = areas(folder, {"S": AT[103]}, Question((30,), "robot"), {"along": AT[104], "street": AT[3]})
    assert rolled.doors == ("along", "street")
    with pytest.raises(NetworkError, match=r"S \(.*\) is 400 m from the nearest street, and 250 m count"):
        areas(folder, {"S": AT[103]}, Question((30,), "van"))
    (driven,) = areas(folder, {"S": AT[1]}, Question((30,), "van"), {"along": AT[104], "street": AT[3]})
    assert driven.doors == ("street",)


@pytest.mark.parametrize("by", ["robot", "van"])
def test_from_a_closed_street_nobody_comes_away(folder: Path, by: By) -> None:
    at, half = AT[12], 0.0001
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ring = tuple((at.lon + x * half, at.lat + y * half) for x, y in corners)
    with pytest.raises(NetworkError, match=r"S \(.*\) is at a street that is closed \(--closed\)"):
        areas(folder, {"S": at}, Question((10,), by, closed=(ring,)))
