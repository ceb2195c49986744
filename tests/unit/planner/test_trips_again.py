"""Several drafted trips of a van in a plan that begins with them: held against every way to change them, by the tests'
own arithmetic; which of them stay, and when."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import chain, combinations

import pytest

from fleet.domain.breaks import DriverBreak
from fleet.domain.plan import Plan, RoutePlan
from fleet.planner import Snapshot
from fleet.planner.snapshot import Drafted, DraftedStop
from fleet.protocol.values import Order, TimeWindow
from tests.property.test_planner import check_plan
from tests.support.drafted import drafted_of, in_force
from tests.unit.planner.test_trips import Arithmetic, made, parcels, seconds, ways_to_part, with_vans
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot, with_capacity

Stops = tuple[str, ...]
Times = tuple[int, int]


def kept(found: Plan) -> set[str]:
    """The drafts that stay, by id."""
    return {one.mission_id for one in found.revised if one.kept}


def objective(town: Snapshot, found: Plan) -> float:
    """The cost with the price of the drafts that change."""
    changed = len(found.revised) - len(kept(found))
    return found.summary.cost.total + changed * town.context.fleet.change_price


def check_kept(town: Snapshot, before: Plan, found: Plan) -> None:
    """What stays is brought as it was: in a van that makes several trips also at its times."""
    was = {route.route_id: route for route in before.routes}
    for route in found.routes:
        if route.route_id in kept(found):
            assert stops_of(route) == stops_of(was[route.route_id])
            if sum(one.asset_id == route.asset_id for one in found.routes) > 1:
                assert (route.start, route.end) == (was[route.route_id].start, was[route.route_id].end)


def stops_of(route: RoutePlan) -> Stops:
    """Whom a route serves, in order."""
    return tuple(order_id for stop in route.stops for order_id in (*stop.deliver, *stop.collect))


# --- by brute force ---------------------------------------------------------------------------------------------------


class Again(Arithmetic):
    """The least that one van takes with a price for each of its drafted trips that does not stay."""

    def __init__(self, town: Snapshot, before: Plan) -> None:
        super().__init__(town)
        self.price = town.context.fleet.change_price
        self.drafts = {stops_of(one): (seconds(one.start), seconds(one.end)) for one in before.routes}

    def least(self) -> float:
        """In any trips of up to two parcels, one after the other, each draft that is among them at its time or not."""
        return min(
            self.in_turn(trips, [names for names in of_it if names in stay])
            for trips in ways_to_part(self.orders, 2)
            for of_it in [[tuple(o.order_id for o in trip) for trip in trips]]
            for stay in subsets([names for names in of_it if names in self.drafts])
        )

    def in_turn(self, trips: Sequence[Sequence[Order]], stay: Sequence[Stops]) -> float:
        """What these trips cost, some of which stay at their times."""
        at, cost = 0, self.kind.rates.per_trip + self.price * (len(self.drafts) - len(stay))
        for stops in trips:
            names = tuple(o.order_id for o in stops)
            begin, end = self.drafts[names] if names in stay else (at, 0)
            found = self.trip(stops, begin)
            if found is None or begin < at:
                return math.inf
            at, cost = max(end, found[0]), cost + found[1]
        return cost


def subsets(names: Sequence[Stops]) -> Iterator[tuple[Stops, ...]]:
    return chain.from_iterable(combinations(names, count) for count in range(len(names) + 1))


WINDOWS = ((0, 10, 0), (0, 10, 0), (1, 3, 0), (2, 10, 0.5), (4, 10, 2))


@cache
def drawn(seed: int) -> tuple[Snapshot, Plan, Plan]:
    """A van that holds two parcels has a plan for three or four; another is new. The town, that plan, and the repaired
    one."""
    rng = random.Random(seed)
    orders = []
    for i in range(rng.choice((4, 4, 5))):
        start, end, ready = rng.choice(WINDOWS)
        where = place(rng.gauss(0, 1500), rng.gauss(0, 1500))
        orders.append(order(f"O{i}", where, hours=(start, end), ready=ready, locker_ok=False))
    town = snapshot(orders, vans=1, spec=with_capacity(fleet(), 2.0))
    before = made(replace(town, orders=town.orders[1:]), 5)
    return town, before, made(in_force(town, before), 5)


SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_repair_that_is_worth_most_is_found(seed: int) -> None:
    """As every way to make the trips, and to keep or change each draft, shows."""
    town, before, found = drawn(seed)
    assert len(before.routes) > 1
    check_plan(found, town)
    check_kept(town, before, found)
    assert not found.unassigned
    assert objective(town, found) == pytest.approx(Again(town, before).least(), abs=0.02)


def test_repairs_of_all_sorts_were_drawn() -> None:
    """A second trip changes or a further one is made, and others stay; or the test above shows little."""
    second = further = 0
    for seed in SEEDS:
        _, before, found = drawn(seed)
        first = min(before.routes, key=lambda route: route.start).route_id
        second += first in kept(found) and len(kept(found)) < len(before.routes)
        further += len(kept(found)) == len(before.routes) < len(found.routes)
    assert second
    assert further


# --- what stays -------------------------------------------------------------------------------------------------------


def drafts(town: Snapshot, *begins: tuple[str, float]) -> tuple[Drafted, ...]:
    """A drafted route of the one van to each of some parcels, so many hours after eight."""
    asset_id = next(slot.asset_id for slot in town.assets if slot.asset_id.startswith("D/van"))
    return tuple(
        Drafted(f"R-{name}", 1, asset_id, EIGHT + timedelta(hours=hours), (DraftedStop(None, (name,)),))
        for name, hours in begins
    )


def test_two_drafts_of_a_van_stay_at_their_times() -> None:
    """Also where nothing asks for these, and the van could make them at once."""
    town = snapshot([order("A", place(900, 0)), order("B", place(-900, 0))], vans=1)
    now = replace(town, drafted=drafts(town, ("A", 1 / 6), ("B", 2)))
    found = made(priced(now, 1000.0), 2)
    check_plan(found, town)
    assert (found.lost, kept(found)) == ((), {"R-A", "R-B"})
    starts = {route.route_id: route.start for route in found.routes}
    assert starts == {one.mission_id: one.start for one in now.drafted}


def over(town: Snapshot) -> datetime:
    """When a trip to the first parcel alone is over."""
    (alone,) = made(replace(town, orders=town.orders[:1]), 0).routes
    return alone.end


def priced(town: Snapshot, price: float) -> Snapshot:
    """The same with another price for each draft that changes."""
    spec = town.context.fleet.model_copy(update={"change_price": price})
    return replace(town, context=replace(town.context, fleet=spec))


def test_what_is_new_goes_between_two_drafts_or_behind_them() -> None:
    """Wherever it is due; both stay at their times."""
    spec = with_capacity(fleet(), 1.0)
    for hours in ((1, 2), (4, 7)):
        a, b, c = parcels(900, 1000, 1100)
        new = order("N", place(-900, 0), hours=hours, locker_ok=False)
        town = priced(snapshot([a, b, c, new], vans=1, spec=spec), 1000.0)
        now = replace(town, drafted=drafts(town, ("O0", 0.2), ("O1", 2.5), ("O2", 3.5)))
        found = made(now, 2)
        check_plan(found, town)
        assert not found.unassigned
        assert kept(found) == {"R-O0", "R-O1", "R-O2"}
        assert {r.start for r in found.routes} >= {one.start for one in now.drafted}


def test_a_longer_trip_pushes_the_next_one_on_where_it_must() -> None:
    """That one is brought later than was said: it has changed, and is paid for; the one behind it stays."""
    spec = with_capacity(fleet(), 2.0)
    orders = [
        order("A", place(900, 0), hours=(0, 1), locker_ok=False),
        order("B", place(-900, 0), hours=(0, 4), locker_ok=False),
        order("C", place(0, 900), hours=(0, 10), locker_ok=False),
        order("N", place(950, 0), hours=(0, 0.5), locker_ok=False),
    ]
    town = snapshot(orders, vans=1, spec=spec)
    begins = (over(town) - EIGHT).total_seconds() / 3600
    now = replace(town, drafted=drafts(town, ("A", 0.0), ("B", begins), ("C", 5)))
    found = made(priced(now, 20.0), 5)
    check_plan(found, town)
    assert not found.unassigned
    assert kept(found) == {"R-C"}
    by_start = sorted(found.routes, key=lambda route: route.start)
    assert [set(stops_of(route)) for route in by_start] == [{"A", "N"}, {"B"}, {"C"}]
    assert by_start[1].start > now.drafted[1].start


def test_a_draft_that_is_back_later_than_is_worked_out_leaves_the_next_one_that_time() -> None:
    """Its van is under way until then, as whoever drafted it knows."""
    town = snapshot([order("A", place(900, 0)), order("B", place(-900, 0), hours=(0, 3))], vans=1)
    first, second = drafts(town, ("A", 0.0), ("B", 1))
    assert kept(made(replace(town, drafted=(first, second)), 0)) == {"R-A", "R-B"}
    late = replace(first, end=EIGHT + timedelta(hours=1.5))
    found = made(priced(replace(town, drafted=(late, second)), 1.0), 0)
    check_plan(found, town)
    assert kept(found) != {"R-A", "R-B"}
    if "R-A" in kept(found):
        assert all(one.start >= EIGHT + timedelta(hours=1.5) for one in found.routes if one.route_id != "R-A")


def test_what_no_longer_fits_behind_the_first_trip_is_let_go() -> None:
    """The van has other work soon after that: what it can't bring before goes as what waits does."""
    town = snapshot([order("A", place(900, 0)), order("B", place(-3000, 0))], vans=2)
    busy = TimeWindow(start=over(town) + timedelta(minutes=10), end=EIGHT + timedelta(hours=4))
    assets = tuple(
        replace(slot, busy=(busy,)) if slot.asset_id == "D/van-1" else slot for slot in town.assets
    )
    found = made(replace(town, assets=assets, drafted=drafts(town, ("A", 0.0), ("B", 2))), 0)
    assert [one.order_id for one in found.lost] == ["B"]
    assert not found.unassigned
    assert "R-B" not in kept(found)


def test_of_a_van_whose_driver_has_a_break_the_second_draft_is_let_go() -> None:
    """Where his break is between trips is not known in a plan."""
    rest = DriverBreak(
        minutes=30, earliest=(EIGHT + timedelta(hours=2)).time(), latest=(EIGHT + timedelta(hours=4)).time()
    )
    spec = with_vans(fleet(), driver_break=rest)
    town = snapshot([order("A", place(900, 0)), order("B", place(-900, 0))], vans=1, spec=spec)
    found = made(replace(town, drafted=drafts(town, ("A", 0.1), ("B", 2))), 0)
    assert [one.order_id for one in found.lost] == ["B"]
    assert not found.unassigned
    assert "R-B" not in kept(found)


def test_a_plan_of_trips_is_kept_whole_where_nothing_happens() -> None:
    """Under their own ids, at their times, twice over."""
    town = snapshot(parcels(500, 600, 700, 800, 900), vans=1, spec=with_capacity(fleet(), 2.0))
    before = made(town)
    assert len(before.routes) == 3
    again = made(in_force(town, before), 10)
    assert kept(again) == {route.route_id for route in before.routes}
    assert again.summary.cost.total == pytest.approx(before.summary.cost.total)
    assert drafted_of(town, again) == drafted_of(town, before)
