"""Plans that begin with the one in force: every rule holds, nobody is lost, and what is kept is as it was."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.domain.breaks import DriverBreak
from fleet.domain.plan import Plan
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.recent import Recent
from fleet.protocol.values import TimeWindow
from tests.property.test_planner import (
    SLACK,
    breaks,
    busy_town,
    check_each_once,
    check_lockers,
    check_money,
    check_routes,
    check_sorties,
)
from tests.support.drafted import drafted_of, in_force
from tests.unit.planner.town import EIGHT, random_town


def made(snapshot: Snapshot, iterations: int = 6) -> Plan:
    return plan(snapshot, seed=3, stop=MaxIterations(iterations), made_at=EIGHT, baselines=False)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), count=st.integers(2, 16))
def test_whatever_happens_every_rule_holds_and_what_is_kept_is_as_it_was(seed: int, count: int) -> None:
    """A part of the parcels comes later, and some asset is lost; twice in a row."""
    town, rng = random_town(seed, count), random.Random(seed)
    first = made(replace(town, orders=town.orders[: count // 2]))
    now = in_force(town, first, but=_some(town, rng))
    then = made(now)
    _holds(now, then)
    after = in_force(now, then, but=_some(now, rng))
    _holds(after, made(after))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(4, 16),
    rest=breaks,
    capacity_kg=st.sampled_from((None, 15.0, 30.0)),
)
def test_drivers_keep_their_breaks_in_routes_that_are_planned_again(
    seed: int, count: int, rest: DriverBreak, capacity_kg: float | None
) -> None:
    """Parcels that come later, also into vans that are soon full; then a van is lost."""
    town = replace(busy_town(seed, count, rest, capacity_kg), standing={})
    now = in_force(town, made(replace(town, orders=town.orders[: count // 2])))
    then = made(now)
    _holds(now, then)
    after = in_force(now, then, but=_some(now, random.Random(seed)))
    _holds(after, made(after))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), count=st.integers(6, 20), minutes=st.integers(1, 40))
def test_what_a_planner_has_worked_out_before_only_saves_work(seed: int, count: int, minutes: int) -> None:
    """Parcels come and assets are lost, some time apart: each plan is the one of a planner that knows nothing."""
    town, rng, recent = random_town(seed, count), random.Random(seed), Recent()
    now = replace(town, orders=town.orders[: count // 2])
    for _ in range(3):
        found = made(recent.known(now), iterations=2)
        alone = replace(now, context=replace(now.context))
        assert made(alone, iterations=2) == found
        _holds(now, found)
        later = replace(town, at=now.at + timedelta(minutes=minutes))
        due = {o.order_id for o in later.orders if o.due.end > later.at + timedelta(minutes=30)}
        after = in_force(later, found, but=_some(now, rng))
        kept = (m for m in after.drafted if m.start > later.at and due.issuperset(m.order_ids))
        orders = tuple(o for o in after.orders if o.order_id in due)
        now = replace(after, drafted=tuple(kept), orders=orders)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), count=st.integers(6, 18), capacity_kg=st.sampled_from((6.0, 10.0)))
def test_trips_of_small_vans_that_are_planned_again_keep_every_rule(
    seed: int, count: int, capacity_kg: float
) -> None:
    """Parcels come later, vans are back late and a locker is closed; then some asset is lost. In a van of several trips
    what stays is brought at its time."""
    town, rng = random_town(seed, count, capacity_kg), random.Random(seed)
    first = made(replace(town, orders=town.orders[: count * 2 // 3]))
    closed = {next((slot.asset_id for slot in town.assets if slot.asset_id == slot.site_id), "")}
    now = _late(in_force(town, first, but=closed), rng)
    then = made(now)
    _holds(now, then)
    _trips_stay_at_their_times(first, then)
    after = in_force(now, then, but=_some(now, rng))
    found = made(after)
    _holds(after, found)
    _trips_stay_at_their_times(then, found)
    anew = made(replace(after, drafted=()))
    assert len(found.unassigned) <= len(anew.unassigned) + 1


def _late(town: Snapshot, rng: random.Random) -> Snapshot:
    """Some vans are free an hour later only."""
    busy = (TimeWindow(start=town.at, end=town.at + timedelta(hours=1)),)
    late = {slot.asset_id for slot in town.assets if "/van" in slot.asset_id and rng.random() < 0.5}
    assets = tuple(replace(slot, busy=busy) if slot.asset_id in late else slot for slot in town.assets)
    return replace(town, assets=assets)


def _trips_stay_at_their_times(before: Plan, found: Plan) -> None:
    was = {route.route_id: (route.start, route.end) for route in before.routes}
    trips = Counter(route.asset_id for route in found.routes)
    for route in found.routes:
        if route.route_id in was and trips[route.asset_id] > 1:
            assert abs(route.start - was[route.route_id][0]) <= SLACK
            assert abs(route.end - was[route.route_id][1]) <= SLACK


def _some(town: Snapshot, rng: random.Random) -> set[str]:
    """One drone, robot or van that is lost; none where there is none."""
    able = sorted(slot.asset_id for slot in town.assets if slot.asset_id != slot.site_id)
    return {rng.choice(able)} if able else set()


def _holds(town: Snapshot, found: Plan) -> None:
    orders = {o.order_id: o for o in town.orders}
    check_each_once(found, orders)
    check_routes(found, town, orders)
    check_sorties(found, town, orders)
    check_lockers(found, town, orders)
    check_money(found)
    _kept_is_as_it_was(town, found)


def _kept_is_as_it_was(town: Snapshot, found: Plan) -> None:
    """The mission's asset, parcels and places, and a sortie's start; each draft is either kept or not in the plan."""
    assert {one.mission_id for one in found.revised} == {one.mission_id for one in town.drafted}
    kept = {one.mission_id for one in found.revised if one.kept}
    before = {one.mission_id: one for one in town.drafted}
    after = {one.mission_id: one for one in drafted_of(town, found)}
    assert kept == before.keys() & after.keys()
    for mission_id in kept:
        was, now = before[mission_id], after[mission_id]
        assert (was.asset_id, sorted(was.order_ids)) == (now.asset_id, sorted(now.order_ids))
        assert [stop.locker_id for stop in was.stops] == [stop.locker_id for stop in now.stops]
        if any(sortie.sortie_id == mission_id for sortie in found.sorties):
            assert abs(was.start - now.start) <= SLACK
