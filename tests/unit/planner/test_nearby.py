"""Which places lie near one, of very many."""

import math
import random

import pytest

from fleet.planner.nearby import Nearby
from fleet.protocol.values import Place


def scattered(seed: int, count: int, spread: float) -> list[Place]:
    rng = random.Random(seed)
    return [Place(lon=rng.gauss(-8.6, spread), lat=rng.gauss(41.1, spread)) for _ in range(count)]


@pytest.mark.parametrize(("seed", "count", "spread"), [(1, 2000, 0.1), (2, 300, 0.001), (3, 5, 0.1)])
def test_the_nearest_are_found(seed: int, count: int, spread: float) -> None:
    """All but a few of the ten nearest by the ground are among those that are found, and the nearest of all."""
    places = scattered(seed, count, spread)
    near = Nearby(places)
    narrow = math.cos(math.radians(41.1))
    for at in scattered(seed + 10, 30, spread):
        apart = [math.hypot((p.lon - at.lon) * narrow, p.lat - at.lat) for p in places]
        nearest = sorted(range(count), key=apart.__getitem__)[:10]
        found = near.around(at, 60)
        assert len(found) >= min(60, count)
        assert found[0] == nearest[0]
        assert len(set(nearest) & set(found)) >= len(nearest) - 1


@pytest.mark.parametrize(
    ("seed", "count", "spread"), [(1, 300, 0.03), (2, 61, 0.02), (3, 4, 0.1), (4, 100, 0.001)]
)
def test_the_nearest_few_are_exactly_those(seed: int, count: int, spread: float) -> None:
    """Also where one's own cell has as many and a nearer one lies just beyond its side."""
    places = scattered(seed, count, spread)
    near = Nearby(places)
    narrow = math.cos(math.radians(sum(p.lat for p in places) / count))
    by_cells = set[bool]()
    for at in scattered(seed + 10, 200, spread):
        apart = [math.hypot((p.lon - at.lon) * narrow, p.lat - at.lat) for p in places]
        wanted = sorted(range(count), key=apart.__getitem__)[:6]
        assert near.nearest(at, 6) == wanted
        by_cells.add(near.around(at, 6)[:6] == wanted)
    assert by_cells == {True, count < 6}, "for some parcels the cells around them do not do"


def test_whoever_lies_far_off_has_few_or_none_near() -> None:
    places = [*scattered(4, 500, 0.01), Place(lon=0, lat=0)]
    assert Nearby(places).around(Place(lon=0, lat=0), 3)[0] == 500
    assert Nearby(places).nearest(Place(lon=0.001, lat=0), 1) == [500]
    assert Nearby(places).around(Place(lon=100, lat=-60), 3) == []
    assert Nearby(places).nearest(Place(lon=100, lat=-60), 3) == []
    assert Nearby([]).around(Place(lon=1, lat=1), 3) == []
