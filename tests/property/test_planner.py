"""Plans of random small towns, held against a checker of their own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.domain.breaks import DriverBreak
from fleet.domain.fleet import RouteType, SortieType
from fleet.domain.plan import Plan, RoutePlan, SortiePlan
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.protocol.values import Direction, Order, Place
from tests.support.soak import chosen
from tests.unit.planner.town import EIGHT, random_town, snapshot

SLACK = timedelta(seconds=1)
EXAMPLES = chosen(12, long=200)
"""Each is a plan of up to 24 parcels."""

towns = st.builds(random_town, st.integers(0, 10_000), st.integers(0, 24))
narrow_towns = st.builds(
    random_town, st.integers(0, 10_000), st.integers(8, 24), st.sampled_from((8.0, 15.0))
)
"""Their vans carry a few parcels only."""

breaks = st.builds(
    lambda minutes, hour, hours: DriverBreak(
        minutes=minutes, earliest=time(hour, 30), latest=time(hour + hours, 30)
    ),
    st.sampled_from((15, 30, 45)),
    st.integers(8, 11),
    st.integers(0, 3),
)


def busy_town(seed: int, count: int, rest: DriverBreak, capacity_kg: float | None = None) -> Snapshot:
    """A town with vans alone, whose drivers have a break, and with stops that take long; some parcels stand where no
    van starts, and are fetched on the way."""
    rng, town = random.Random(seed), random_town(seed, count, capacity_kg)
    types = {
        name: kind.model_copy(update={"driver_break": rest}) if isinstance(kind, RouteType) else kind
        for name, kind in town.context.fleet.types.items()
    }
    return snapshot(
        [o.model_copy(update={"service_minutes": rng.choice((5, 15, 30))}) for o in town.orders],
        vans=rng.randint(1, 2),
        crew_vans=rng.randint(0, 1),
        lockers=tuple(town.context.lockers.values()),
        spec=town.context.fleet.model_copy(update={"types": types}),
        standing={o.order_id: "S" for o in town.orders if rng.random() < 0.2},
    )


busy_towns = st.builds(busy_town, st.integers(0, 10_000), st.integers(4, 24), breaks)


def tight_town(seed: int, count: int, rest: DriverBreak, capacity_kg: float) -> Snapshot:
    """A busy town whose vans carry a few parcels only, some of which come later in the day; a van with one driver has
    no second trip where he has a break, one with a crew has its trips without, or both have breaks."""
    rng, town = random.Random(seed), busy_town(seed, count, rest, capacity_kg)
    spec = town.context.fleet
    free = {
        name: kind.model_copy(update={"driver_break": None})
        for name, kind in spec.types.items()
        if isinstance(kind, RouteType) and (kind.carriage.crew or 1) > 1 and rng.random() < 0.7
    }
    return snapshot(
        [_later(parcel, rng) for parcel in town.orders],
        vans=rng.randint(1, 2),
        crew_vans=rng.randint(1, 2),
        lockers=tuple(town.context.lockers.values()),
        spec=spec.model_copy(update={"types": {**spec.types, **free}}),
        standing=town.standing,
    )


def _later(parcel: Order, rng: random.Random) -> Order:
    """There some hours later, if its window leaves two hours then."""
    ready = EIGHT + timedelta(hours=rng.choice((0, 0, 2, 4)))
    in_time = ready + timedelta(hours=2) <= parcel.due.end
    return parcel.model_copy(update={"ready_at": ready}) if in_time else parcel


tight_towns = st.builds(
    tight_town, st.integers(0, 10_000), st.integers(8, 24), breaks, st.sampled_from((8.0, 15.0))
)


def made(snapshot: Snapshot, iterations: int = 40, seed: int = 3) -> Plan:
    return plan(snapshot, seed=seed, stop=MaxIterations(iterations), made_at=EIGHT)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(town=towns)
def test_plan_keeps_every_rule(town: Snapshot) -> None:
    """Windows, loads, shifts, assets, chargers and compartments hold; each parcel is there exactly once; and it
    is never worse than the greedy one."""
    found = made(town)
    check_plan(found, town)
    check_never_worse_than_greedy(found)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(town=narrow_towns)
def test_trips_of_small_vans_keep_every_rule(town: Snapshot) -> None:
    """A van that is full comes back for more, as long as its shift lasts."""
    check_plan(made(town), town)


def check_plan(found: Plan, town: Snapshot) -> None:
    """All rules that a plan must keep."""
    orders = {o.order_id: o for o in town.orders}
    check_each_once(found, orders)
    check_routes(found, town, orders)
    check_sorties(found, town, orders)
    check_lockers(found, town, orders)
    check_money(found)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(town=busy_towns)
def test_drivers_have_their_breaks(town: Snapshot) -> None:
    """Whoever is on his way when the time for it comes has his break, and everything else holds too."""
    found = made(town)
    orders = {o.order_id: o for o in town.orders}
    check_each_once(found, orders)
    check_routes(found, town, orders)
    check_lockers(found, town, orders)
    check_money(found)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(town=tight_towns)
def test_breaks_and_trips_of_small_vans_go_together(town: Snapshot) -> None:
    """Vans with breaks beside those that come back for more, with parcels that come later: all rules hold of both."""
    check_plan(made(town), town)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(town=towns)
def test_same_seed_and_iterations_give_the_same_plan(town: Snapshot) -> None:
    """Nothing depends on a clock, on hashing or on an earlier run."""
    assert made(town) == made(town)


def check_never_worse_than_greedy(found: Plan) -> None:
    """The baseline is where the search starts."""
    summary = found.summary
    left = summary.by_mode["unassigned"]
    assert summary.greedy_unassigned is not None
    assert summary.greedy_cost is not None
    assert left <= summary.greedy_unassigned
    if left == summary.greedy_unassigned:
        assert summary.cost.total <= summary.greedy_cost + 1e-6


def check_each_once(found: Plan, orders: dict[str, Order]) -> None:
    """Every parcel has one entry, and is carried once, or unassigned with reasons."""
    assert [p.order_id for p in found.parcels] == list(orders)
    carried = Counter(o for s in found.sorties for o in s.order_ids)
    carried.update(
        o for r in found.routes for s in r.stops for o in (*s.deliver, *(() if s.site_id else s.collect))
    )
    carried.update(u.order_id for u in found.unassigned)
    assert carried == Counter(dict.fromkeys(orders, 1))
    assert all(u.reasons and u.nearest_change for u in found.unassigned)
    modes = Counter(p.mode for p in found.parcels)
    assert {m: n for m, n in found.summary.by_mode.items() if n} == dict(modes)


def check_money(found: Plan) -> None:
    """The parcels' costs add up to the total, and so do the modes'."""
    total = found.summary.cost.total
    assert sum(p.cost for p in found.parcels) == pytest.approx(total)
    assert sum(found.summary.cost.by_mode.values()) == pytest.approx(total)
    assert sum(r.cost for r in found.routes) <= total + 1e-6


def check_routes(found: Plan, town: Snapshot, orders: dict[str, Order]) -> None:
    """Each route by its van's type; the trips of a van one after the other."""
    kinds = {a.asset_id: town.context.fleet.types[a.type_id] for a in town.assets}
    assert len({r.route_id for r in found.routes}) == len(found.routes)
    for asset_id in {r.asset_id for r in found.routes}:
        kind = kinds[asset_id]
        assert isinstance(kind, RouteType)
        paid = any(a.day_paid for a in town.assets if a.asset_id == asset_id)
        check_trips([r for r in found.routes if r.asset_id == asset_id], kind, paid=paid)
    for route in found.routes:
        kind = kinds[route.asset_id]
        assert isinstance(kind, RouteType)
        check_route_times(route, kind, town, orders)
        check_break(route, kind, town)
        check_load(route, kind, orders)


def check_trips(routes: Sequence[RoutePlan], kind: RouteType, *, paid: bool) -> None:
    """No trip begins to load before the one ahead of it is over; all lie in one shift, and its day is paid once (not
    at all where it was ``paid`` before)."""
    routes = sorted(routes, key=lambda route: route.start)
    assert all(one.end <= other.start for one, other in pairwise(routes))
    assert (routes[-1].end - routes[0].start).total_seconds() <= kind.max_shift_s
    rates = kind.rates
    for number, route in enumerate(routes):
        hours, parcels = (route.end - route.start).total_seconds() / 3600, parcels_of(route)
        moved = route.distance_m / 1000 * rates.per_km + hours * rates.per_hour + parcels * rates.per_parcel
        assert route.cost == pytest.approx(moved + (0.0 if number or paid else rates.per_trip), abs=0.01)


def parcels_of(route: RoutePlan) -> int:
    """How many parcels a route moves."""
    return sum(len(stop.deliver) + len(stop.collect) for stop in route.stops)


def check_route_times(route: RoutePlan, kind: RouteType, town: Snapshot, orders: dict[str, Order]) -> None:
    """Travel, service and windows of one route, worked out again from the network."""
    home = town.context.sites[route.depot_id].place
    at, here = route.start + timedelta(seconds=kind.load_s), home
    assert route.start >= town.at
    fetched = {o for stop in route.stops if stop.site_id is not None for o in stop.collect}
    for stop in route.stops:
        there = Place(lon=stop.lon, lat=stop.lat)
        assert stop.arrive >= at + travel(town, here, there) - SLACK
        parcels = [orders[o] for o in (*stop.deliver, *stop.collect)]
        if stop.site_id is None:
            check_windows(parcels, stop.arrive, route.start, fetched)
        service = kind.stop_s + kind.locker_parcel_s * len(parcels)
        if stop.locker_id is None and stop.site_id is None:
            service = kind.stop_s + sum(o.service_minutes * 60 for o in parcels)
        assert (stop.depart - stop.arrive).total_seconds() >= service - 1
        assert all(o.crew <= max(1, kind.carriage.crew) for o in parcels)
        at, here = stop.depart, there
    assert route.end >= at + travel(town, here, home) - SLACK
    assert (route.end - route.start).total_seconds() <= kind.max_shift_s
    assert kind.shift_start <= route.start.time() <= route.end.time() <= kind.shift_end


def check_break(route: RoutePlan, kind: RouteType, town: Snapshot) -> None:
    """Between two services, in its window, with enough time for it and for the way; or the driver has it at the depot
    before or after the route."""
    rest, taken = kind.driver_break, route.driver_break
    if rest is None:
        assert taken is None
        return
    opens, closes = (datetime.combine(town.at.date(), t, UTC) for t in (rest.earliest, rest.latest))
    lasts = timedelta(minutes=rest.minutes)
    if taken is None:
        assert route.end <= closes or route.start >= opens + lasts
        return
    assert (taken.begins.start, taken.begins.end) == (opens, closes)
    assert opens <= taken.start <= closes
    assert taken.end - taken.start == lasts
    home = town.context.sites[route.depot_id].place
    places = [home, *(Place(lon=s.lon, lat=s.lat) for s in route.stops), home]
    leaves = [route.start + timedelta(seconds=kind.load_s), *(s.depart for s in route.stops)][taken.after]
    arrives = [*(s.arrive for s in route.stops), route.end][taken.after]
    assert leaves <= taken.start < taken.end <= arrives
    way = travel(town, places[taken.after], places[taken.after + 1])
    assert arrives - leaves >= way + lasts - SLACK


def check_windows(
    parcels: Iterable[Order], arrive: datetime, start: datetime, fetched: Collection[str] = ()
) -> None:
    for parcel in parcels:
        assert parcel.due.start <= arrive <= parcel.due.end
        if parcel.order_id in fetched:
            continue
        assert parcel.ready_at <= (start if parcel.direction is Direction.DELIVERY else arrive)


def travel(town: Snapshot, here: Place, there: Place) -> timedelta:
    leg = town.context.network.leg(here, there, "drive")
    assert leg is not None
    return timedelta(seconds=leg.duration_s)


def check_load(route: RoutePlan, kind: RouteType, orders: dict[str, Order]) -> None:
    """Weight and volume after each stop; what is fetched on the way is not aboard before."""
    aboard = {o for s in route.stops for o in s.deliver} - {o for s in route.stops for o in s.collect}
    for stop in (None, *route.stops):
        if stop is not None:
            aboard = aboard - set(stop.deliver) | set(stop.collect)
        assert sum(orders[o].weight_kg for o in aboard) <= kind.capacity_kg + 1e-6
        assert sum(orders[o].size.volume_m3 for o in aboard) <= kind.capacity_m3 + 1e-6


def check_sorties(found: Plan, town: Snapshot, orders: dict[str, Order]) -> None:
    """Windows and energy of each sortie, each asset's and each site's chargers' time."""
    kinds = {a.asset_id: town.context.fleet.types[a.type_id] for a in town.assets}
    ports: dict[str | None, list[tuple[datetime, datetime]]] = {}
    busy: dict[str, list[tuple[datetime, datetime]]] = {}
    for sortie in found.sorties:
        kind = kinds[sortie.asset_id]
        assert isinstance(kind, SortieType)
        check_sortie(sortie, kind, orders[sortie.order_ids[0]])
        assert sortie.recharged_at is not None
        loading = sortie.depart - timedelta(seconds=kind.load_s)
        busy.setdefault(sortie.asset_id, []).append((loading, sortie.recharged_at))
        if sortie.locker_id is not None:
            drop = sortie.drops[0].at
            ports.setdefault(sortie.locker_id, []).append((drop, drop + timedelta(seconds=kind.drop_s)))
    for spans in (*busy.values(), *ports.values()):
        assert peak(spans) <= 1
    check_chargers(found, town)


def check_sortie(sortie: SortiePlan, kind: SortieType, parcel: Order) -> None:
    assert sortie.energy_wh + sortie.reserve_wh <= sortie.usable_wh
    assert parcel.due.start - SLACK <= sortie.drops[0].at <= parcel.due.end
    assert parcel.ready_at <= sortie.depart - timedelta(seconds=kind.load_s) + SLACK
    assert sortie.path[0].at == sortie.depart
    assert parcel.weight_kg <= kind.carriage.max_parcel_kg


def check_chargers(found: Plan, town: Snapshot) -> None:
    """No more assets charge at once than the site has chargers, and none while it is away."""
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for charge in found.charging:
        if not charge.swap:
            spans.setdefault(charge.depot_id, []).append((charge.start, charge.end))
        away = [s for s in found.sorties if s.asset_id == charge.asset_id]
        assert all(s.return_at <= charge.start + SLACK or charge.end <= s.depart for s in away)
    for site_id, charging in spans.items():
        assert peak(charging) <= town.context.sites[site_id].chargers


def check_lockers(found: Plan, town: Snapshot, orders: dict[str, Order]) -> None:
    """No size class of a locker is kept more often than it is there, and each parcel fits its own."""
    rooms = next(t for t in town.context.fleet.of_kind("locker") if t.archetype == "station").compartments
    for locker in found.lockers:
        there = town.context.lockers[locker.locker_id]
        for size in rooms:
            held = [(r.start, r.until) for r in locker.reservations if r.size is size]
            assert peak(held) <= there.count(size)
        for kept in locker.reservations:
            assert orders[kept.order_id].locker_ok
            assert orders[kept.order_id].size.fits_in(rooms[kept.size])
    reserved = {r.order_id for k in found.lockers for r in k.reservations}
    assert reserved == {p.order_id for p in found.parcels if p.mode == "locker"}


def peak(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """The most spans that overlap at once; ends don't count."""
    changes = sorted([(b, 1) for b, _ in spans] + [(e, -1) for _, e in spans])
    level = highest = 0
    for _, change in changes:
        level += change
        highest = max(highest, level)
    return highest
