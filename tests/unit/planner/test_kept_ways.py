"""Ways by streets of a large day, of which what was asked for is kept: the network's own, within a bound."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest

from fleet.planner import MaxIterations, keptways, plan, problem
from fleet.planner.atlas import Tables
from fleet.planner.keptways import KeptWays
from fleet.planner.problem import Problem
from fleet.protocol.values import Place
from tests.unit.planner.test_large_days import small_tiles
from tests.unit.planner.test_vicinity import Winding, assert_driven_by_streets, streets_town
from tests.unit.planner.town import EIGHT, place, random_town


class Town:
    """Places and the streets between them, which count what they are asked."""

    def __init__(self, seed: int, count: int) -> None:
        self.rng, self.streets = random.Random(seed), Winding(version="w")
        self.places = [
            place(self.rng.uniform(-9000, 9000), self.rng.uniform(-9000, 9000)) for _ in range(count)
        ]
        self.asked = list[int]()

    def table(self, starts: Sequence[Place], ends: Sequence[Place]) -> Tables:
        """As the streets have it."""
        found = self.streets.cross(starts, ends, "drive")
        return np.rint(found.distance_m).astype(np.int64), np.ceil(found.duration_s).astype(np.int64)

    def ask(self, starts: Sequence[Place], ends: Sequence[Place]) -> Tables:
        """The same, counted."""
        self.asked.append(len(starts) * len(ends))
        return self.table(starts, ends)

    def kept(self) -> KeptWays:
        """With nothing asked yet."""
        return KeptWays(self.places, self.ask)

    def tour(self, stops: int) -> list[Place]:
        """Some places around one of them."""
        middle = self.rng.choice(self.places)
        near = sorted(self.places, key=lambda p: (p.lon - middle.lon) ** 2 + (p.lat - middle.lat) ** 2)
        return self.rng.sample(near[: 2 * stops], stops)


def assert_same(found: Tables, whole: Tables) -> None:
    for table, other in zip(found, whole, strict=True):
        np.testing.assert_array_equal(table, other)


@pytest.mark.parametrize("seed", range(4))
def test_every_way_is_the_networks_and_what_is_known_is_not_asked_for(seed: int) -> None:
    """Pair by pair; a place that occurs twice, too."""
    town = Town(seed, 700)
    kept = town.kept()
    for _ in range(30):
        tour = town.tour(town.rng.randint(1, 25))
        kept.cross(tour, tour)
        town.asked.clear()
        assert_same(kept.cross(tour, tour), town.table(tour, tour))
        assert town.asked == []
        more = [*tour[:2], town.rng.choice(town.places), *tour[1:]]
        assert_same(kept.cross(more, more), town.table(more, more))
        assert sum(town.asked) <= len(more) ** 2
        town.asked.clear()
        far = town.rng.sample(town.places, 3)
        assert_same(kept.cross(far, tour[:1]), town.table(far, tour[:1]))
        assert sum(town.asked) <= 3
        town.asked.clear()
        assert_same(kept.cross(more[:3], tour), town.table(more[:3], tour))
        assert town.asked == []


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was needed last is still there; what went is asked for again, and is the same."""
    town = Town(5, 900)
    monkeypatch.setattr(keptways, "KEPT", 2_000_000)
    kept, tours = town.kept(), [town.tour(20) for _ in range(60)]
    for tour in tours * 2:
        assert_same(kept.cross(tour, tour), town.table(tour, tour))
        assert kept.size == sum(square.nbytes for square in kept._squares.values()) <= 2_000_000
    town.asked.clear()
    kept.cross(tours[-1], tours[-1])
    assert town.asked == []
    kept.cross(tours[0], tours[0])
    assert town.asked


def test_places_that_lie_far_apart_take_no_more_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of their ways is in a square of its own."""
    town = Town(6, 1900)
    monkeypatch.setattr(keptways, "KEPT", 1_000_000)
    kept = town.kept()
    near = town.places[:1]
    kept.cross(near, near)
    far = [town.places[int(tile[0])] for tile in kept._tiles]
    tracemalloc.start()
    assert_same(kept.cross(far, far), town.table(far, far))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    smallest = 8 * min(len(tile) for tile in kept._tiles) ** 2
    assert peak < 3_000_000 < len(far) ** 2 * smallest


def test_a_large_table_and_places_of_elsewhere_are_asked_for_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And nothing of them takes the room of others."""
    town, far = Town(6, 200), place(50_000, 0)
    monkeypatch.setattr(keptways, "SMALL", 100)
    kept = town.kept()
    for starts, ends in ((town.places[:20], town.places[:30]), ([far], town.places[:3]), ([], town.places)):
        assert_same(kept.cross(starts, ends), town.table(starts, ends))
        assert town.asked.pop() == len(starts) * len(ends)
    assert kept.size == 0


@pytest.mark.parametrize("seed", [1, 3])
def test_a_large_day_is_planned_as_without_and_asks_for_less(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tours hold by the streets; the same iterations find the same plan."""
    small_tiles(monkeypatch)
    day, asked, measured = streets_town(seed, 90), list[int](), Problem._measured

    def counted(self: Problem, starts: Sequence[Place], ends: Sequence[Place]) -> Tables:
        asked.append(len(starts) * len(ends))
        return measured(self, starts, ends)

    monkeypatch.setattr(Problem, "_measured", counted)
    found = plan(day, seed=1, stop=MaxIterations(10), made_at=EIGHT)
    ours, calls = sum(asked), len(asked)
    assert_driven_by_streets(found, day)
    asked.clear()
    monkeypatch.setattr(Problem, "_kept", None)
    assert plan(day, seed=1, stop=MaxIterations(10), made_at=EIGHT) == found
    assert ours < 0.7 * sum(asked)
    assert calls < 0.7 * len(asked)


def test_estimates_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are worked out no slower than they are found; nor is anything where there is a table of all."""
    day = streets_town(1, 30)
    assert Problem(day)._kept is None
    monkeypatch.setattr(problem, "MAX_ATLAS", 10)
    assert Problem(day)._kept is not None
    assert Problem(random_town(1, 30))._kept is None
