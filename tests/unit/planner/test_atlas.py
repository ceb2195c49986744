"""The table of all ways by streets from plan to plan: as the network has it, of which only what is new is asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fleet.domain.plan import Plan
from fleet.network.base import Matrix, Network, Profile
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.atlas import Ask, Atlas, KnownWays, Tables
from fleet.planner.problem import Problem
from fleet.planner.recent import Recent
from fleet.protocol.values import Place
from tests.support.drafted import in_force
from tests.unit.planner.test_recent import sent
from tests.unit.planner.test_vicinity import Winding
from tests.unit.planner.town import EIGHT, order, place, random_town

ASKED: list[int] = []
"""How many ways each question was about: of a class, since networks come to another process as copies."""


class Counted(Winding):
    """Streets whose questions about vans' ways are counted."""

    def cross(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Matrix:
        """All ways from some points to others."""
        if profile == "drive":
            ASKED.append(len(starts) * len(ends))
        return super().cross(starts, ends, profile)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    ASKED.clear()


def streets_town(seed: int, count: int) -> Snapshot:
    """A town whose vans go by streets that count what they are asked."""
    day = random_town(seed, count)
    return replace(day, context=replace(day.context, network=Counted(version="counted")))


def ask_of(network: Network) -> Ask:
    """As the planner asks: whole units."""

    def ask(starts: Sequence[Place], ends: Sequence[Place]) -> Tables:
        found = network.cross(starts, ends, "drive")
        return np.rint(found.distance_m).astype(np.int64), np.ceil(found.duration_s).astype(np.int64)

    return ask


@pytest.mark.parametrize("seed", range(6))
def test_what_is_taken_over_is_the_whole_table_pair_by_pair(seed: int) -> None:
    """Places come, go and change their order; each way between two that stay is asked for once, and nothing is held of
    places that are gone."""
    rng, network, atlas = random.Random(seed), Counted(version="a"), Atlas()
    ask, town = ask_of(network), [place(rng.gauss(0, 4000), rng.gauss(0, 4000)) for _ in range(60)]
    before: set[Place] = set()
    for size in (20, 31, 31, 12, 1, 45, 0, 9):
        places = rng.sample(town, size)
        ASKED.clear()
        metres, seconds = atlas.between(places, network, ask)
        stay = len(before & set(places))
        assert sum(ASKED) == size * size - stay * stay
        whole = ask(places, places)
        np.testing.assert_array_equal(metres, whole[0])
        np.testing.assert_array_equal(seconds, whole[1])
        last = atlas._last
        assert last is not None
        assert list(last.number) == places
        assert last.ways.nbytes == 8 * size * size
        before = set(places)


def test_other_streets_are_asked_for_everything() -> None:
    """A closed street makes another network of them; an equal one in another process's copy does not."""
    atlas, places = Atlas(), [place(500 * i, 90 * i) for i in range(8)]
    for version, asked in (("a", 64), ("a", 0), ("b", 64), ("a", 64)):
        network = Counted(version=version)
        ASKED.clear()
        atlas.between(places, network, ask_of(network))
        assert sum(ASKED) == asked


def made(day: Snapshot) -> Plan:
    return plan(day, seed=3, stop=MaxIterations(4), made_at=EIGHT, baselines=False)


def places_of(day: Snapshot) -> int:
    """How many places the day's table has."""
    return len(Problem(day)._atlas_index)


@pytest.mark.parametrize("changes", ["nothing", "authorisation"])
def test_a_replan_asks_for_new_places_alone_and_is_the_same(changes: str) -> None:
    """Two parcels more, a minute later, of a copy of the snapshot, as the hub's planner gets it; also where something
    else of the context has changed, which leaves nothing of what rests on it."""
    day, recent = streets_town(2, 24), Recent()
    first = made(recent.known(sent(day)))
    assert max(ASKED) == places_of(day) ** 2
    new = tuple(order(f"new{i}", place(1500 - 900 * i, 700)) for i in range(2))
    later = in_force(replace(day, orders=(*day.orders, *new), at=day.at + timedelta(minutes=1)), first)
    if changes == "authorisation":
        later = replace(later, context=replace(later.context, held=frozenset({"any"})))
    count = places_of(later)
    ASKED.clear()
    fresh = made(sent(later))
    assert max(ASKED) == count**2
    alone = sum(ASKED)
    ASKED.clear()
    assert made(recent.known(sent(later))) == fresh
    assert sum(ASKED) == alone - (count - 2) ** 2
    ASKED.clear()
    assert made(recent.known(sent(later))) == fresh
    assert sum(ASKED) == alone - count**2


def test_without_streets_nothing_is_kept() -> None:
    """An estimate is no dearer than its way from a table."""
    day, recent = random_town(2, 12), Recent()
    known = recent.known(sent(day))
    made(known)
    assert recent.atlas._last is None
    assert known.context.memory.get(Atlas, Atlas) is not recent.atlas


@pytest.mark.parametrize("copied", [False, True])
def test_a_way_of_which_half_is_known_yet_is_asked_for(copied: bool) -> None:
    """As of another thread, which has written down the metres, or copied what was known before it wrote these: nobody
    takes what stands for ways that are not known."""
    places = [place(100 * i, 70 * i * i) for i in range(5)]
    ask, everywhere = ask_of(Counted(version="counted")), np.arange(5)
    known, true = KnownWays.nothing(Counted(version="counted"), places), ask(places, places)
    known.ways[int(copied)] = true[int(copied)]
    for found, whole in zip(known.cross(everywhere, everywhere, ask), true, strict=True):
        np.testing.assert_array_equal(found, whole)
