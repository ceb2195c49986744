"""Plans of random small towns whose fleet file prices lateness, held against a checker of their own."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.domain.objective import Lateness
from fleet.domain.plan import Plan
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.protocol.values import Order, TimeWindow
from tests.property.test_planner import check_each_once, check_lockers, check_plan, check_sorties
from tests.unit.planner.town import EIGHT, random_town, snapshot

rules = st.builds(Lateness, per_hour=st.sampled_from((0.0, 4.0, 20.0, 200.0)), at_most_min=st.integers(1, 60))


def hasty_town(seed: int, count: int, capacity_kg: float | None, rule: Lateness | None) -> Snapshot:
    """A town with few machines, most of whose parcels are due within some minutes of each other."""
    rng, town = random.Random(seed), random_town(seed, count, capacity_kg)
    return snapshot(
        [_hastened(parcel, rng) for parcel in town.orders],
        vans=rng.randint(1, 3),
        crew_vans=rng.randint(0, 1),
        drones=rng.randint(0, 1),
        robots=rng.randint(0, 1),
        lockers=tuple(town.context.lockers.values()),
        spec=town.context.fleet.model_copy(update={"lateness": rule}),
    )


def _hastened(parcel: Order, rng: random.Random) -> Order:
    begin = EIGHT + timedelta(minutes=rng.choice((0, 30, 60, 90)))
    due = TimeWindow(start=begin, end=begin + timedelta(minutes=rng.choice((25, 40, 60, 240))))
    return parcel.model_copy(update={"due": due, "ready_at": EIGHT, "priority": rng.choice((1.0, 1.0, 3.0))})


def made(town: Snapshot) -> Plan:
    return plan(town, seed=3, stop=MaxIterations(30), made_at=EIGHT)


def late_s(found: Plan, town: Snapshot) -> dict[str, float]:
    """By how much services at doors by van are late, from routes and windows alone: those that are longer than their
    window when they begin, others when they end."""
    due, over = {each.order_id: each.due for each in town.orders}, dict[str, float]()
    stops = [s for route in found.routes for s in route.stops if s.site_id is None and s.locker_id is None]
    for stop in stops:
        for name in (*stop.deliver, *stop.collect):
            fits = stop.depart - stop.arrive <= due[name].end - due[name].start
            over[name] = ((stop.depart if fits else stop.arrive) - due[name].end).total_seconds()
    return {name: seconds for name, seconds in over.items() if seconds > 0}


def total(found: Plan, town: Snapshot, rule: Lateness) -> float:
    """What the plan is weighed by: money, what is left, and what is late."""
    priority = {each.order_id: each.priority for each in town.orders}
    left = sum(priority[each.order_id] for each in found.unassigned)
    late = sum(late_s(found, town).values()) / 3600
    each = 10 * town.context.fleet.unserved_penalty
    return found.summary.cost.total + each * left + rule.per_hour * late


def check_late_plan(found: Plan, town: Snapshot, rule: Lateness) -> None:
    """All rules hold, of doors by van with windows that end so much later; the others' are their own; and the plan says
    who is late, and how late."""
    orders, late = {each.order_id: each for each in town.orders}, late_s(found, town)
    more = timedelta(minutes=rule.at_most_min)
    longer = tuple(
        each.model_copy(update={"due": TimeWindow(start=each.due.start, end=each.due.end + more)})
        for each in town.orders
    )
    check_plan(found, replace(town, orders=longer))
    check_each_once(found, orders)
    check_sorties(found, town, orders)
    check_lockers(found, town, orders)
    for stop in (s for route in found.routes for s in route.stops if s.locker_id is not None):
        assert all(stop.depart <= orders[name].due.end for name in stop.deliver)
    assert all(seconds <= rule.at_most_min * 60 for seconds in late.values())
    said = {each.order_id: each.late_s for each in found.parcels if each.late_s is not None}
    assert said == pytest.approx(late, abs=1.0)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 20),
    capacity_kg=st.sampled_from((None, None, 12.0)),
    rule=rules,
)
def test_lateness_keeps_every_other_rule_and_makes_no_plan_worse(
    seed: int, count: int, capacity_kg: float | None, rule: Lateness
) -> None:
    """Nobody is later than he may be, and with the price of that the plan is no worse than where windows hold."""
    strict, priced = (hasty_town(seed, count, capacity_kg, each) for each in (None, rule))
    found = made(priced)
    check_late_plan(found, priced, rule)
    assert total(found, priced, rule) <= total(made(strict), strict, rule) + 0.01


@pytest.mark.parametrize("seed", [5, 6])
def test_late_plans_are_made_the_same_again(seed: int) -> None:
    """Nothing depends on a clock, on hashing or on an earlier run."""
    town = hasty_town(seed, 16, None, Lateness(per_hour=10, at_most_min=45))
    found = made(town)
    assert late_s(found, town)
    assert made(town) == found
