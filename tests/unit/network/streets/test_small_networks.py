"""Places near streets that lead nowhere, such as a car park's: the answer about two of them depends on no third."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.network.base import Matrix
from fleet.network.manifest import Box, Built
from fleet.network.streets import StreetNetwork, open_streets
from fleet.protocol.values import Place
from tests.support.streetmap import Town, apart_m, random_town
from tests.unit.network.streets.conftest import around, built

SIZE, BLOCK_M = 26, 120.0
"""A town that is large enough for the engine to tell it from a car park: a thousand streets in either direction."""

PARKS = 10
FIRST = 10_000
"""The number of the first car park's first crossing; each has ten numbers, of which it uses four."""


def town() -> Town:
    """A crooked grid, and in some of its blocks a car park: a ring that is joined to nothing, or, of every second, left
    by a one-way street to a crossing of the town."""
    made, rng = random_town(random.Random(7), size=SIZE, block_m=BLOCK_M), random.Random(8)
    for park, block in enumerate(rng.sample(range(3, SIZE - 4), PARKS)):
        east_m, north_m, number = BLOCK_M * (block + 0.5), BLOCK_M * (SIZE / 2 + 0.5), FIRST + 10 * park
        for corner, (x, y) in enumerate(((0, 0), (40, 0), (40, 40), (0, 40))):
            made.add(number + corner, east_m + x, north_m + y)
        made.way(number, number + 1, number + 2, number + 3, number, highway="residential")
        if park % 2:
            made.way(number, exit_of(block), highway="residential", oneway="yes")
    return made


def exit_of(block: int) -> int:
    """The crossing that lies south-west of a block."""
    return 1 + SIZE // 2 * SIZE + block


TOWN = town()
BLOCKS = random.Random(8).sample(range(3, SIZE - 4), PARKS)


def places() -> list[Place]:
    """Four around each car park, and crossings of the town."""
    rng = random.Random(9)
    found = [
        Place(lon=at.lon + rng.uniform(-5e-5, 5e-5), lat=at.lat + rng.uniform(-5e-5, 5e-5))
        for number, at in TOWN.nodes.items()
        if number >= FIRST
    ]
    return [*found, *rng.sample([at for number, at in TOWN.nodes.items() if number < FIRST], 20)]


PLACES = places()
CLOSED = (around(TOWN.nodes[exit_of(BLOCKS[0])], 30.0),)
"""A crossing beside a car park."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(TOWN, tmp_path_factory.mktemp("parks"), "car", "foot")


@pytest.fixture(scope="module", params=["open", "closed"])
def network(out: Path, request: pytest.FixtureRequest) -> StreetNetwork:
    """The town's streets, and those around a closed part."""
    return open_streets(out, closed=CLOSED if request.param == "closed" else ())


@pytest.fixture(scope="module")
def whole(network: StreetNetwork) -> Matrix:
    """All vans' ways between the places."""
    return network.matrix(PLACES, "drive")


def test_two_places_near_a_car_park_have_the_ways_of_the_whole_table(
    network: StreetNetwork, whole: Matrix
) -> None:
    """Alone and with all others, with spots known from before and looked for anew."""
    fresh = StreetNetwork(network.folder, network.manifest, network.farthest_m, network.closed)
    for first in range(0, 4 * PARKS, 4):
        four = PLACES[first : first + 4]
        for asked in (network, fresh):
            found = asked.matrix(four, "drive")
            rows = slice(first, first + 4)
            np.testing.assert_array_equal(found.duration_s, whole.duration_s[rows, rows])
            np.testing.assert_array_equal(found.distance_m, whole.distance_m[rows, rows])


@given(data=st.data())
def test_any_part_of_a_table_is_the_table_s(
    network: StreetNetwork, whole: Matrix, data: st.DataObject
) -> None:
    """Places picked in any order, some of them twice."""
    number = st.integers(0, len(PLACES) - 1)
    few = st.lists(number, min_size=1, max_size=6)
    near = st.integers(0, PARKS - 1).flatmap(
        lambda park: st.lists(st.integers(4 * park, 4 * park + 3), min_size=1, max_size=4)
    )
    either = near.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))) | st.tuples(few, few)
    rows, columns = data.draw(either)
    found = network.cross([PLACES[k] for k in rows], [PLACES[k] for k in columns], "drive")
    np.testing.assert_array_equal(found.duration_s, whole.duration_s[np.ix_(rows, columns)])
    np.testing.assert_array_equal(found.distance_m, whole.distance_m[np.ix_(rows, columns)])


def test_walks_near_a_car_park_are_the_whole_table_s(out: Path) -> None:
    network = open_streets(out)
    table = network.matrix(PLACES, "walk")
    for row, column in pairwise(range(4 * PARKS)):
        leg = network.leg(PLACES[row], PLACES[column], "walk")
        assert leg is not None
        assert (leg.distance_m, leg.duration_s) == (
            table.distance_m[row, column],
            table.duration_s[row, column],
        )


def test_the_way_that_is_drawn_near_a_car_park_is_the_table_s(network: StreetNetwork, whole: Matrix) -> None:
    """It is as long, goes nowhere over the car park, and is there if the table's is."""
    drawn = 0
    for first in range(0, 4 * PARKS, 4):
        for row, column in ((first, first + 2), (first + 2, first), (first + 1, first + 3)):
            path = network.path(PLACES[row], PLACES[column], "drive")
            assert (path is not None) == np.isfinite(whole.distance_m[row, column])
            if path is not None:
                length_m = sum(apart_m(a, b) for a, b in pairwise(path))
                assert length_m == pytest.approx(whole.distance_m[row, column], rel=0.005, abs=6)
                drawn += 1
    assert drawn > PARKS


def test_a_place_that_a_small_network_touches_holds_no_other_there(out: Path) -> None:
    """The place that stands for the main network is a crossing, and the one-way street of a car park may end there: so
    a second one, far off, is asked for with it."""
    network = open_streets(out)
    made = network.manifest.profiles["car"]
    park = next(park for park in range(PARKS) if park % 2)
    start, end = TOWN.nodes[FIRST + 10 * park], TOWN.nodes[exit_of(BLOCKS[park])]
    near = made.model_copy(update={"anchor": end})
    beside = StreetNetwork(
        network.folder,
        network.manifest.model_copy(update={"profiles": {**network.manifest.profiles, "car": near}}),
    )
    on_it = [along(start, end, share) for share in (0.4, 0.6)]
    expected, found = network.matrix([*on_it, *PLACES], "drive"), beside.matrix(on_it, "drive")
    np.testing.assert_array_equal(found.duration_s, expected.duration_s[:2, :2])


def along(start: Place, end: Place, share: float) -> Place:
    """A point on the line between two."""
    return Place(lon=start.lon + share * (end.lon - start.lon), lat=start.lat + share * (end.lat - start.lat))


def test_the_far_corner_of_the_box_is_asked_for_with_the_place_on_the_main_network() -> None:
    box = Box(west=-8.7, south=41.0, east=-8.3, north=41.4)
    made = Built(sha256="0" * 64, box=box, anchor=Place(lon=-8.4, lat=41.1))
    assert made.apart == (made.anchor, Place(lon=-8.7, lat=41.4))
