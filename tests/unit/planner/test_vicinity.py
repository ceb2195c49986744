"""Legs by streets of many places: what neighbours need is as the whole table has it, and little else is asked for."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fleet.domain.plan import Plan
from fleet.network.base import Matrix, Profile
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import MaxIterations, Snapshot, plan, tiled, vicinity
from fleet.planner.legs import Floats, Indexes
from fleet.planner.problem import NO_WAY_S
from fleet.planner.vicinity import Vicinity
from fleet.protocol.values import Place
from tests.unit.planner.test_large_days import small_tiles
from tests.unit.planner.town import EIGHT, random_town

DEPOTS = 3


class Crooked:
    """Streets of which each leg has a detour of its own, longer one way than the other; some places lie off them."""

    def __init__(self, seed: int, count: int, off: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.xy = rng.uniform(0, 20_000, (2, count))
        detour = rng.uniform(1.1, 2.0, (count, count))
        self.metres = np.rint(self.straight(np.arange(count), np.arange(count)) * detour)
        self.seconds = np.ceil(self.metres / 7.0)
        for table in (self.metres, self.seconds):
            table[count - off :], table[:, count - off :] = NO_WAY_S, NO_WAY_S
            np.fill_diagonal(table, 0)
        self.asked = 0

    def straight(self, start: Indexes, end: Indexes) -> Floats:
        """As the crow flies."""
        line = self.xy[:, start][:, :, None] - self.xy[:, end][:, None, :]
        return np.asarray(np.hypot(*line))

    def ask(self, start: Indexes, end: Indexes) -> tuple[Floats, Floats]:
        """The streets' own legs; counted."""
        self.asked += len(start) * len(end)
        return self.metres[np.ix_(start, end)], self.seconds[np.ix_(start, end)]

    def guess(self, start: Indexes, end: Indexes) -> tuple[Floats, Floats]:
        """Without streets."""
        line = self.straight(start, end)
        return line, line / 10.0

    def vicinity(self) -> Vicinity:
        """Legs as they are asked for."""
        return Vicinity(self.xy, DEPOTS, self.ask, self.guess)


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_and_depots_have_the_legs_of_the_whole_table(seed: int) -> None:
    """Of any part of the places; each leg once, however often parts are cut out."""
    count, rng = 1500, random.Random(seed)
    made = Crooked(seed, count)
    legs = made.vicinity()
    straight = made.straight(np.arange(count), np.arange(count))
    near = np.argsort(straight, axis=1)[:, :16]
    for size in (count, 700, 90):
        part = np.sort(np.array(rng.sample(range(count), size)))
        metres, seconds = legs.look_up(part, part)
        known = np.isin(np.arange(count), part)
        at = np.cumsum(known) - 1
        same, pairs = 0, 0
        for row, place in enumerate(part.tolist()):
            ends = near[place][known[near[place]]]
            both = metres[row, at[ends]] == made.metres[place, ends]
            same, pairs = same + int(both.sum()), pairs + len(ends)
            assert (seconds[row, at[ends]] == made.seconds[place, ends])[both].all()
        assert same > 0.98 * pairs, "a tile seldom touches more than eight others"
        depots = np.flatnonzero(part < DEPOTS)
        assert (metres[depots] == made.metres[np.ix_(part[depots], part)]).all()
        assert (seconds[:, depots] == made.seconds[np.ix_(part, part[depots])]).all()
    assert made.asked < 0.5 * count * count
    before = made.asked
    legs.look_up(np.arange(count), np.arange(count))
    assert made.asked == before


def test_legs_are_kept_up_to_a_bound_and_asked_for_again_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same legs as with room for all; what was needed last is still there."""
    made, everywhere = Crooked(5, 1500), np.arange(1500)
    parts = [np.sort(part) for part in np.array_split(np.argsort(made.xy[0]), 6)]
    roomy = made.vicinity()
    known = [roomy.look_up(part, part) for part in parts]
    held, tile = roomy._blocks.size, roomy._block(0).size
    monkeypatch.setattr(vicinity, "KEPT", held // 3)
    bounded = made.vicinity()
    for _ in range(2):
        for part, tables in zip(parts, known, strict=True):
            found = bounded.look_up(part, part)
            assert all((one == other).all() for one, other in zip(found, tables, strict=True))
            assert bounded._blocks.size <= held // 3
    assert bounded._blocks.size > held // 3 - 2 * tile, "no more goes than must"
    before = made.asked
    bounded.look_up(parts[-1][:40], parts[-1][:40])
    assert made.asked == before
    bounded.look_up(everywhere, everywhere)
    assert made.asked > before


def test_a_part_takes_no_more_memory_however_many_places_there_are() -> None:
    """Nothing of a look-up is as long as the day, for each tile of which there were so many more."""
    made, count = Crooked(6, 2), 60_000
    made.xy = np.random.default_rng(6).uniform(0, 80_000, (2, count))
    legs = Vicinity(made.xy, 1, made.guess, made.guess)
    part = np.sort(np.argsort(np.hypot(*(made.xy - 40_000)))[:100])
    first = legs.look_up(part, part)
    tracemalloc.start()
    again = legs.look_up(part, part)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 * count
    assert all((one == other).all() for one, other in zip(first, again, strict=True))


def test_a_small_part_asks_for_its_own_surroundings_only() -> None:
    made = Crooked(7, 4000)
    part = np.sort(np.argsort(made.straight(np.array([50]), np.arange(4000))[0])[:200])
    made.vicinity().look_up(part, part)
    assert made.asked < 4000 * 2 * DEPOTS + 30 * 64 * 64 * 8


def test_estimates_are_seldom_too_short_and_nobody_drives_to_places_off_the_streets() -> None:
    """What a search takes for a short way must not be one only by estimate."""
    made, everywhere = Crooked(9, 900, off=20), np.arange(900)
    metres, seconds = made.vicinity().look_up(everywhere, everywhere)
    on = everywhere[:-20]
    for table, known in ((metres, made.metres), (seconds, made.seconds)):
        short = table[np.ix_(on, on)] < known[np.ix_(on, on)]
        assert 0.0 < short.mean() < 0.13
        off = table[np.ix_(on, everywhere[-20:])]
        assert (off >= NO_WAY_S).all()
        assert (table[np.ix_(everywhere[-20:], on)] >= NO_WAY_S).all()


class Winding(GeodesicNetwork):
    """Estimates that are stretched by up to a half, each leg's otherwise, as the streets of a town would."""

    def cross(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Matrix:
        """All ways from some points to others."""
        found = super().cross(starts, ends, profile)
        lon, lat = (np.array([p.lon for p in starts]), np.array([p.lat for p in starts]))
        to_lon, to_lat = (np.array([p.lon for p in ends]), np.array([p.lat for p in ends]))
        mixed = (lon + 7 * lat)[:, None] + 3 * to_lon + 5 * to_lat
        stretch = 1.0 + 0.5 * (np.rint(1e5 * mixed) % 97) / 97
        return Matrix(found.distance_m * stretch, found.duration_s * stretch)


def streets_town(seed: int, count: int) -> Snapshot:
    """A town whose vans go by streets."""
    day = random_town(seed, count)
    return replace(day, context=replace(day.context, network=Winding(version="winding")))


@pytest.mark.parametrize("seed", [1, 3])
def test_a_day_beyond_the_limit_by_streets(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tour holds by the streets' own legs, with a search that knew those of neighbours alone, and the plan costs
    hardly more than one whose search knew all."""
    small_tiles(monkeypatch)
    monkeypatch.setattr(tiled, "ONE_TABLE", 500)
    monkeypatch.setattr(vicinity, "NEAR", 16)
    day = streets_town(seed, 150)
    found = plan(day, seed=1, stop=MaxIterations(30), made_at=EIGHT)
    assert_driven_by_streets(found, day)
    assert sum(len(route.stops) for route in found.routes) > 20
    assert plan(day, seed=1, stop=MaxIterations(30), made_at=EIGHT) == found
    monkeypatch.setattr("fleet.planner.citylegs.CityLegs._vicinity", None)
    whole = plan(day, seed=1, stop=MaxIterations(30), made_at=EIGHT)
    assert len(found.unassigned) <= len(whole.unassigned) + 2
    assert found.summary.cost.total < 1.05 * whole.summary.cost.total


def assert_driven_by_streets(found: Plan, day: Snapshot) -> None:
    """No van is at a stop before the streets bring it there, and its way is as long as they are."""
    network, sites = day.context.network, day.context.sites
    for route in found.routes:
        home = sites[route.depot_id].place
        places = [home, *(Place(lon=stop.lon, lat=stop.lat) for stop in route.stops), home]
        legs = [network.cross([a], [b], "drive") for a, b in pairwise(places)]
        left = [route.start, *(stop.depart for stop in route.stops)]
        there = [*(stop.arrive for stop in route.stops), route.end]
        for begin, end, leg in zip(left, there, legs, strict=True):
            assert (end - begin).total_seconds() >= float(leg.duration_s[0, 0]) - 1.0
        assert abs(route.distance_m - sum(float(leg.distance_m[0, 0]) for leg in legs)) <= len(legs)
