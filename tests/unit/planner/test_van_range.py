"""Van routes within the range of their batteries: planned so, split, refused with a reason, and worked out anew."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from fleet.domain.fleet import FleetSpec, RouteType, VanBattery
from fleet.domain.plan import Plan, RoutePlan
from fleet.energy.catalog import electric_van
from fleet.energy.margin import margin_fraction
from fleet.feasibility import Verdict
from fleet.feasibility.route_energy import RouteRange, range_of
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import Insertion, MaxIterations, RunningRoute, best_insertion, insert, plan
from fleet.planner.ranges import Driven, in_range
from fleet.protocol.values import Order, Place
from tests.unit.planner.town import CENTRE, EIGHT, fleet, order, place, site, snapshot

NETWORK = GeodesicNetwork()
VAN = electric_van("van-e")


def with_battery(**stated: float) -> FleetSpec:
    """The default fleet whose vans say what battery they have."""
    battery = VanBattery(**stated)
    types = {
        name: kind.model_copy(update={"battery": battery}) if isinstance(kind, RouteType) else kind
        for name, kind in fleet().types.items()
    }
    return fleet().model_copy(update={"types": types})


def spread_out(seed: int, count: int = 14, far_m: float = 9000.0) -> list[Order]:
    rng = random.Random(seed)
    spots = [place(rng.uniform(-far_m, far_m), rng.uniform(-far_m, far_m)) for _ in range(count)]
    return [
        order(f"O{i}", spot, locker_ok=False, weight_kg=rng.uniform(1, 30)) for i, spot in enumerate(spots)
    ]


def made(orders: list[Order], spec: FleetSpec, vans: int = 3) -> Plan:
    town = snapshot(orders, vans=vans, spec=spec)
    return plan(town, seed=1, stop=MaxIterations(40), made_at=EIGHT, baselines=False)


def by_hand(route: RoutePlan, orders: Mapping[str, Order]) -> float:
    """What a route takes in Wh, from its stops: shares no line with the planner."""
    nodes = [CENTRE, *(Place(lon=s.lon, lat=s.lat) for s in route.stops), CENTRE]
    taken = {o for s in route.stops for o in s.collect}
    aboard = sum(orders[o].weight_kg for s in route.stops for o in s.deliver if o not in taken)
    joules = 0.0
    for number, (a, b) in enumerate(pairwise(nodes)):
        leg = NETWORK.leg(a, b, "drive")
        mass, speed = 2400.0 + aboard, max(10.0, leg.distance_m / max(leg.duration_s, 1e-9))
        km = leg.distance_m / 1000
        kinetic = (1 + 2.0 * km) * 0.5 * mass * speed**2
        steady = (0.010 * mass * 9.80665 + 0.5 * 1.225 * 1.9 * speed**2) * leg.distance_m
        hills = mass * 9.80665 * 5.0 * km
        joules += steady / 0.94 + (kinetic + hills) * (1 / 0.94 - 0.65)
        if number < len(route.stops):
            stop = route.stops[number]
            aboard += sum(orders[o].weight_kg for o in stop.collect)
            aboard -= sum(orders[o].weight_kg for o in stop.deliver)
    lasts_s = (route.end - route.start).total_seconds()
    return joules / 3600 + VAN.standing_w(15.0) * lasts_s / 3600


def margin() -> float:
    return margin_fraction(1e-3, VAN.residual)


def without_battery() -> FleetSpec:
    """The default fleet whose vans' batteries nobody knows."""
    types = {
        name: kind.model_copy(update={"battery": None}) if isinstance(kind, RouteType) else kind
        for name, kind in fleet().types.items()
    }
    return fleet().model_copy(update={"types": types})


def test_the_default_van_does_not_drive_farther_than_its_battery_lasts() -> None:
    """Two parcels 80 km apart are more than 60 kWh at nine tenths of its health carry: each of two vans takes one, and
    a single van leaves one."""
    parcels = [order(f"O{x}", place(x, 0), locker_ok=False) for x in (-40_000, 40_000)]
    known = {o.order_id: o for o in parcels}
    may_wh = 60_000 * 0.9 * 0.975 * 0.9 * 0.8
    for vans in (1, 2):
        found = made(parcels, fleet(), vans=vans)
        assert (len(found.routes), len(found.unassigned)) == (vans, 2 - vans)
        assert all(by_hand(route, known) * (1 + margin()) <= may_wh * 1.01 for route in found.routes)
        assert any("begins its routes 100% full" in one for one in found.assumptions)


def test_a_plan_says_where_nobody_asks_how_far_a_van_may_drive() -> None:
    """And a plan without routes says nothing of vans."""
    orders = spread_out(0)
    found = made(orders, without_battery())
    assert found.routes
    unasked = [one for one in found.assumptions if one.startswith("range of ")]
    assert [one.split(":")[0] for one in unasked] == [f"range of {made_by}" for made_by in _types(found)]
    assert not [one for one in made([], without_battery()).assumptions if one.startswith("range of ")]


def _types(found: Plan) -> list[str]:
    town = snapshot([], vans=3)
    kinds = {slot.asset_id: slot.type_id for slot in town.assets}
    return sorted({kinds[route.asset_id] for route in found.routes})


@pytest.mark.parametrize("seed", range(2))
def test_a_plan_says_what_its_routes_take(seed: int) -> None:
    """As worked out by hand from the stops, in the weather that the fleet assumes; nothing without a battery."""
    orders = spread_out(seed)
    known = {o.order_id: o for o in orders}
    plain, stated = made(orders, without_battery()), made(orders, with_battery())
    assert all(route.energy_wh is None for route in plain.routes)
    assert [route.stops for route in stated.routes] == [route.stops for route in plain.routes]
    for route in stated.routes:
        assert route.energy_wh == pytest.approx(by_hand(route, known), rel=0.01)  # whole metres and seconds
        usable_wh = 60_000 * 0.975 * 0.9
        assert (route.usable_wh, route.reserve_wh) == pytest.approx((usable_wh, 0.2 * usable_wh))
        left = 0.8 * usable_wh - (route.energy_wh or 0) * (1 + margin())
        assert route.margin_wh == pytest.approx(left)


@pytest.mark.parametrize("seed", range(2))
def test_no_route_goes_beyond_its_range(seed: int) -> None:
    """With batteries a fifth as full, more vans drive less each; what none can serve says why."""
    orders = spread_out(seed)
    known = {o.order_id: o for o in orders}
    full, low = (made(orders, with_battery(start_soc=soc), vans=5) for soc in (1.0, 0.37))
    assert not full.unassigned
    assert max(by_hand(r, known) for r in full.routes) > 60_000 * 0.975 * (0.27 - 0.18) / (1 + margin())
    for route in low.routes:
        needed_wh = by_hand(route, known) * (1 + margin()) + (route.reserve_wh or 0)
        assert needed_wh <= 60_000 * 0.975 * (0.37 - 0.1) * 1.01
    assert len(low.routes) > len(full.routes)
    served = {o for route in low.routes for stop in route.stops for o in stop.deliver}
    for parcel in low.unassigned:
        assert parcel.order_id not in served
        assert "route_out_of_range" in {reason.code for reason in parcel.reasons}


def test_a_place_that_no_battery_reaches_is_named() -> None:
    """With what it would take, and what may be drawn."""
    far = order("FAR", place(60_000, 0), locker_ok=False)
    found = made([far], with_battery(start_soc=0.5), vans=1)
    assert not found.routes
    (left,) = found.unassigned
    (reason,) = [r for r in left.reasons if r.code == "route_out_of_range"]
    assert reason.unit == "Wh"
    assert isinstance(reason.actual, float)
    assert isinstance(reason.limit, float)
    assert reason.actual > reason.limit


def test_what_a_van_has_told_of_its_battery_counts() -> None:
    """One that is less full than its type begins is planned as full as it told, and is no longer like the others."""
    orders = spread_out(2)
    town = snapshot(orders, vans=1, spec=with_battery())
    low = replace(town, assets=tuple(replace(slot, soc=0.4) for slot in town.assets))
    routes = [
        plan(one, seed=1, stop=MaxIterations(40), made_at=EIGHT, baselines=False).routes
        for one in (town, low)
    ]
    assert sum(len(r.stops) for r in routes[0]) > sum(len(r.stops) for r in routes[1])
    assert all((r.usable_wh or 0) == pytest.approx(60_000 * 0.975 * 0.3) for r in routes[1])


def limit(soc: float | None) -> RouteRange:
    spec = with_battery()
    kind = next(k for k in spec.types.values() if isinstance(k, RouteType))
    found = range_of(snapshot([], spec=spec).context, kind, soc)
    assert found is not None
    return found


def running(orders: list[Order], soc: float | None, done: int = 0) -> RunningRoute:
    route = made(orders, with_battery(), vans=1).routes[0]
    kind = next(k for k in with_battery().types.values() if isinstance(k, RouteType))
    known = {o.order_id: o for o in orders}
    return RunningRoute(route, kind, CENTRE, EIGHT + timedelta(hours=14), known, range=limit(soc), done=done)


NEW = order("N", place(8000, 8000), locker_ok=False)


def test_a_parcel_is_not_put_into_a_route_that_its_battery_does_not_carry() -> None:
    """The reason is the range; a fuller one takes it, and says what the route then takes."""
    orders = spread_out(1, count=6)
    verdicts = []
    for soc in (0.45, None):
        before = running(orders, soc)
        verdicts.append(insert(before, NEW, NETWORK, at=before.route.start, frozen_stops=0))
    low, full = verdicts
    assert isinstance(low, Verdict)
    assert [r.code for r in low.reasons] == ["route_out_of_range"]
    assert isinstance(full, Insertion)
    known = {o.order_id: o for o in (*orders, NEW)}
    assert full.route.energy_wh == pytest.approx(by_hand(full.route, known), rel=0.01)


def test_the_cheapest_route_that_can_takes_it() -> None:
    """The cheapest of all has too little left; the next one has enough."""
    orders = spread_out(1, count=6)
    here = site("S", place(1000, 0))
    cheap, dear = running(orders, 0.45), running(spread_out(5, count=6, far_m=3000), None)
    found = best_insertion([(cheap, 0), (dear, 0)], NEW, NETWORK, at=EIGHT, pickup_site=here)
    assert isinstance(found, tuple)
    assert found[0] == 1
    neither = best_insertion([(cheap, 0)], NEW, NETWORK, at=EIGHT, pickup_site=here)
    assert isinstance(neither, Verdict)
    assert "route_out_of_range" in {r.code for r in neither.reasons}


def test_of_a_van_that_is_out_what_is_left_is_held_against_what_it_tells() -> None:
    """Half way round half a charge is enough; a word of how full it began is held against all of the route."""
    orders = spread_out(3, count=10)
    before = running(orders, None)
    known = {o.order_id: o for o in orders}
    whole = Driven(before.route, CENTRE, known)
    half = Driven(before.route, CENTRE, known, done=5)
    left_wh, whole_wh = half.energy(limit(0.9), NETWORK, whole=False).energy_wh, by_hand(before.route, known)
    assert 0.2 * whole_wh < left_wh < 0.8 * whole_wh
    told = 0.1 + 0.2 * 0.9 + left_wh * (1 + margin()) / 60_000 / 0.975 + 0.001
    assert in_range(half, limit(told), NETWORK)[1].feasible
    assert not in_range(half, limit(told - 0.002), NETWORK)[1].feasible
    assert not in_range(whole, limit(told), NETWORK)[1].feasible
