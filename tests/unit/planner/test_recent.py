"""What one plan has worked out and the next one takes over: the same plan, for less."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

import fleet.planner.flights as flights_of
from fleet.domain.plan import Plan
from fleet.feasibility import assess_sortie
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.flights import Flights
from fleet.planner.problem import Problem
from fleet.planner.recent import Recent
from fleet.planner.standingways import ways_in_force
from fleet.planner.ways import SortieWay, Ways
from tests.support.drafted import drafted_of, in_force
from tests.unit.feasibility.world import weather
from tests.unit.planner.town import EIGHT, order, place, random_town, snapshot


def made(town: Snapshot) -> Plan:
    return plan(town, seed=3, stop=MaxIterations(5), made_at=EIGHT, baselines=False)


def sent(town: Snapshot) -> Snapshot:
    """As it comes to another process."""
    copy: Snapshot = pickle.loads(pickle.dumps(town))  # noqa: S301 - our own
    return copy


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the exact checks were asked."""
    found: list[object] = []

    def counted(*args: object, **more: object) -> object:
        found.append(args)
        return assess_sortie(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(flights_of, "assess_sortie", counted)
    return found


@pytest.mark.parametrize("seed", [2, 3])
def test_a_replan_is_the_same_with_what_is_known_and_asks_less(asked: list[object], seed: int) -> None:
    """A minute later, of a copy of the snapshot, as the hub's planner gets it."""
    town, recent = random_town(seed, 24), Recent()
    first = made(recent.known(sent(town)))
    later = replace(in_force(town, first), at=town.at + timedelta(minutes=1), snapshot_id="later")
    asked.clear()
    fresh = made(sent(later))
    alone = len(asked)
    asked.clear()
    assert made(recent.known(sent(later))) == fresh
    assert first.sorties
    assert len(asked) < 0.7 * alone


def test_flights_that_can_not_be_cheaper_are_not_asked_about() -> None:
    """Whatever may cost less than the limit is among the ways below it; none is free."""
    town = snapshot([order(f"O{i}", place(500 + 250 * i, 90 * i)) for i in range(6)], vans=1, drones=2)
    vans = tuple(slot for slot in town.assets if slot.type_id == "van-e")
    problem = Problem(replace(town, drafted=drafted_of(town, made(replace(town, assets=vans)))))

    def ways() -> Sequence[Ways]:
        return ways_in_force(problem, Flights(problem))

    whole, others = [(*one.all,) for one in ways()], 0
    for number, known in enumerate(whole):
        flights = [
            way
            for way in known
            if isinstance(way, SortieWay) and problem.pools[way.pool].type.kind == "drone"
        ]
        for limit in (0.0, *(way.least for way in flights)):
            found = ways()[number].below(limit)
            assert set(found) <= set(known)
            assert {way for way in flights if way.least < limit} <= set(found)
            assert list(found) == [way for way in known if way in found]
        assert not set(flights) & set(ways()[number].below(0.0))
        others += len(flights)
    assert others > 3, "or nothing was shown"


def test_other_weather_leaves_the_shapes_and_no_verdict() -> None:
    """Whatever else has changed leaves nothing."""
    town, recent = random_town(3, 12), Recent()
    first = recent.known(sent(town)).context
    made(replace(town, context=first))
    assert len(first.memory) > 0
    assert len(first.verdicts) > 0
    stormy = replace(town, context=town.context.in_weather(weather(wind_mps=7.0, gust_mps=9.0)))
    other = recent.known(sent(stormy)).context
    assert other == stormy.context
    assert other.memory is first.memory
    assert len(other.verdicts) == 0
    closed = replace(town, context=replace(town.context, held=frozenset({"any"})))
    assert len(recent.known(sent(closed)).context.memory) == 0


def test_a_plan_in_other_weather_is_the_one_of_a_fresh_planner() -> None:
    """Shapes that are kept change nothing."""
    town, recent = random_town(2, 16), Recent()
    made(recent.known(sent(town)))
    windy = replace(town, context=town.context.in_weather(weather(wind_mps=7.0, gust_mps=9.0)))
    assert made(recent.known(sent(windy))) == made(sent(windy))
