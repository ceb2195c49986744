"""Several trips of a van: held against every way to make them, by the tests' own arithmetic, and what must not be."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations, pairwise, permutations

import pytest

from fleet.domain.fleet import FleetSpec, RouteType
from fleet.domain.plan import Plan
from fleet.feasibility.route_energy import range_of
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.protocol.values import Order
from tests.property.test_planner import check_plan
from tests.unit.planner.test_van_range import by_hand, margin, spread_out, with_battery
from tests.unit.planner.town import CENTRE, EIGHT, fleet, order, place, snapshot, type_of, with_capacity


def made(town: Snapshot, iterations: int = 30) -> Plan:
    return plan(town, seed=1, stop=MaxIterations(iterations), made_at=EIGHT, baselines=False)


def van_type(town: Snapshot) -> RouteType:
    kind = town.context.fleet.types[type_of("van")]
    assert isinstance(kind, RouteType)
    return kind


def with_vans(spec: FleetSpec, **more: object) -> FleetSpec:
    """The fleet with other vans."""
    types = {
        name: kind.model_copy(update=more) if isinstance(kind, RouteType) else kind
        for name, kind in spec.types.items()
    }
    return spec.model_copy(update={"types": types})


def parcels(*far_m: float, hours: tuple[float, float] = (0, 10), ready: float = 0) -> list[Order]:
    """One kilogram to each of some doors, so far to the east."""
    return [
        order(f"O{i}", place(far, 100 * i), locker_ok=False, hours=hours, ready=ready)
        for i, far in enumerate(far_m)
    ]


# --- by brute force ---------------------------------------------------------------------------------------------------


WINDOWS = ((0, 10, 0), (0, 10, 0), (0, 2.5, 0), (4, 10, 0), (3, 4, 1.5), (0, 10, 3))
"""From and to which hour a parcel is due, and when it is there."""


def tiny(seed: int) -> Snapshot:
    """Four parcels, two vans that hold two; some due in the morning or the afternoon, some there later."""
    rng = random.Random(seed)
    orders = []
    for i in range(4):
        start, end, ready = rng.choice(WINDOWS)
        where = place(rng.gauss(0, 1500), rng.gauss(0, 1500))
        orders.append(order(f"O{i}", where, hours=(start, end), ready=ready, locker_ok=False))
    return snapshot(orders, vans=2, spec=with_capacity(fleet(), 2.0))


class Arithmetic:
    """What trips take and cost, worked out stop by stop; ways are asked once."""

    def __init__(self, town: Snapshot) -> None:
        self.orders, self.kind = town.orders, van_type(town)
        places = [CENTRE, *(o.place for o in self.orders)]
        legs = {(a, b): town.context.network.leg(a, b, "drive") for a in places for b in places}
        self.ways = {
            ends: (math.ceil(leg.duration_s), round(leg.distance_m))
            for ends, leg in legs.items()
            if leg is not None
        }

    def ways_of(self, orders: Sequence[Order]) -> list[tuple[int, int]]:
        """The ways of a trip, in seconds and metres."""
        return [self.ways[ends] for ends in pairwise([CENTRE, *(o.place for o in orders), CENTRE])]

    def serves_s(self, parcel: Order) -> int:
        return math.ceil(self.kind.stop_s + parcel.service_minutes * 60)

    def trip(self, orders: Sequence[Order], begin_s: int) -> tuple[int, float] | None:
        """When a trip over these doors in this order is over that may begin then, and what it costs, its van's day
        aside; none where a window is missed."""
        ways = self.ways_of(orders)
        at = max([begin_s, *(seconds(o.ready_at) for o in orders)]) + math.ceil(self.kind.load_s)
        for parcel, (way_s, _) in zip(orders, ways, strict=False):
            at = max(at + way_s, seconds(parcel.due.start)) + self.serves_s(parcel)
            if at > seconds(parcel.due.end):
                return None
        end, rates = at + ways[-1][0], self.kind.rates
        hours = (end - self.latest_begin(orders, end)) / 3600
        metres = sum(way_m for _, way_m in ways)
        return end, hours * rates.per_hour + metres / 1000 * rates.per_km + rates.per_parcel * len(orders)

    def latest_begin(self, orders: Sequence[Order], end_s: int) -> int:
        """How late loading may begin for a trip that is over by then."""
        ways = self.ways_of(orders)
        for parcel, (way_s, _) in zip(reversed(orders), reversed(ways[1:]), strict=True):
            end_s = min(end_s - way_s, seconds(parcel.due.end)) - self.serves_s(parcel)
        return end_s - ways[0][0] - math.ceil(self.kind.load_s)

    def by_one_van(self, orders: Sequence[Order]) -> float:
        """The least that one van takes for these parcels, in any trips one after the other."""
        best = math.inf
        for trips in ways_to_part(orders, 2):
            at, cost = 0, self.kind.rates.per_trip
            for stops in trips:
                found = self.trip(stops, at)
                at, cost = (at, math.inf) if found is None else (found[0], cost + found[1])
            best = min(best, cost)
        return best

    def least(self) -> float:
        """The least that both vans take."""
        sides = (some for count in range(5) for some in combinations(self.orders, count))
        return min(
            sum(self.by_one_van(part) for part in (some, [o for o in self.orders if o not in some]) if part)
            for some in sides
        )


def seconds(moment: datetime) -> int:
    return int((moment - EIGHT).total_seconds())


def ways_to_part(orders: Sequence[Order], most: int) -> Iterator[list[tuple[Order, ...]]]:
    """All ways to make stops in all orders, parted into trips of up to so many."""
    for one in permutations(orders):
        for cuts in (c for count in range(len(orders)) for c in combinations(range(1, len(orders)), count)):
            trips = [one[a:b] for a, b in pairwise([0, *cuts, len(orders)])]
            if max(map(len, trips)) <= most:
                yield trips


@pytest.mark.parametrize("seed", range(12))
def test_the_cheapest_trips_are_found(seed: int) -> None:
    """As every way to part four parcels among two vans and their trips shows."""
    town = tiny(seed)
    found, wanted = made(town), Arithmetic(town).least()
    check_plan(found, town)
    assert not found.unassigned
    assert found.summary.cost.total == pytest.approx(wanted, abs=0.02)


# --- what trips must keep ---------------------------------------------------------------------------------------------


def test_a_van_comes_back_for_what_is_late_instead_of_waiting_for_it() -> None:
    """The morning's parcels are brought in the morning, and the day is paid once."""
    early, late = parcels(800, 900, 1000, hours=(0, 1.5)), parcels(700, hours=(0, 10), ready=3)[0]
    town = snapshot([*early, late.model_copy(update={"order_id": "late"})], vans=2)
    found = made(town)
    check_plan(found, town)
    assert [r.asset_id for r in found.routes] == ["D/van-1", "D/van-1"]
    assert found.routes[1].start >= late.ready_at
    assert found.summary.cost.total < 2 * van_type(town).rates.per_trip


def test_trips_of_a_van_are_one_shift() -> None:
    """Where a shift holds two trips the third is left, and says why."""
    spec = with_vans(with_capacity(fleet(), 2.0), max_shift_s=1.8 * 3600)
    town = snapshot(parcels(5000, 5100, -5000, -5100, 4000, 4100), vans=1, spec=spec)
    found = made(town)
    check_plan(found, town)
    assert len(found.routes) == 2
    assert len(found.unassigned) == 2
    assert all(u.reasons and u.nearest_change for u in found.unassigned)


def test_loading_between_trips_takes_its_time() -> None:
    """With an hour of it fewer trips fit into the same shift."""
    spec = with_vans(with_capacity(fleet(), 1.0), max_shift_s=2.5 * 3600)
    orders = parcels(600, 700, 800, 900)
    quick = made(snapshot(orders, vans=1, spec=with_vans(spec, load_s=300)))
    slow = made(snapshot(orders, vans=1, spec=with_vans(spec, load_s=3600)))
    assert len(quick.routes) == 4
    assert len(slow.routes) == 2


def test_two_trips_where_vans_for_one_each_would_cost_their_days() -> None:
    """A full van comes back rather than that another one goes out."""
    town = snapshot(parcels(500, 600, 700, 800), vans=4, spec=with_capacity(fleet(), 2.0))
    found = made(town)
    check_plan(found, town)
    assert len(found.routes) == 2
    assert len({r.asset_id for r in found.routes}) == 1


def test_trips_draw_on_one_battery() -> None:
    """Nothing is charged in between: all that a van drives stays within what it began with."""
    spec = with_capacity(with_battery(start_soc=0.45), 60.0)
    orders = {o.order_id: o for o in spread_out(5, far_m=5000.0)}
    town = snapshot(list(orders.values()), vans=2, spec=spec)
    found = made(town, 40)
    check_plan(found, town)
    limit = range_of(town.context, van_type(town), None)
    assert limit is not None
    several = 0
    for asset_id in {r.asset_id for r in found.routes}:
        routes = [r for r in found.routes if r.asset_id == asset_id]
        drawn_wh = sum(by_hand(route, orders) for route in routes) * (1 + margin())
        assert drawn_wh + limit.reserve_wh <= limit.usable_wh + 1e-3
        several += len(routes) > 1
    assert several
    assert {r.code for u in found.unassigned for r in u.reasons} >= {"route_out_of_range"}
