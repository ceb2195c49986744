"""One more parcel into routes whose drivers have a break: its length, its window and its place stay between stops."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from fleet.domain.breaks import DriverBreak
from fleet.domain.fleet import FleetSpec, RouteType
from fleet.domain.plan import RoutePlan
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import FreeVan, Insertion, MaxIterations, RunningRoute, insert, open_route, plan
from fleet.protocol.values import Order, Place, TimeWindow
from tests.unit.planner.town import CENTRE, EIGHT, fleet, order, place, site, snapshot, type_of

NETWORK = GeodesicNetwork()
SITE = site("S", place(1000, 0))
REST = DriverBreak(minutes=30, earliest=time(10), latest=time(11))
BEGINS = TimeWindow(start=EIGHT + timedelta(hours=2), end=EIGHT + timedelta(hours=3))
HALF_AN_HOUR = timedelta(minutes=30)


def spec() -> FleetSpec:
    """The default fleet whose vans' drivers have a break, without batteries."""
    kinds = {
        name: kind.model_copy(update={"driver_break": REST, "battery": None})
        for name, kind in fleet().types.items()
        if isinstance(kind, RouteType)
    }
    return fleet().model_copy(update={"types": {**fleet().types, **kinds}})


def van_type() -> RouteType:
    """The van with a break."""
    kind = spec().types[type_of("van")]
    assert isinstance(kind, RouteType)
    return kind


def running(seed: int) -> RunningRoute:
    """A planned route of one van that is out from morning until after noon, with its driver's break on the way."""
    rng = random.Random(seed)
    orders = [
        order(
            f"O{i}",
            place(rng.uniform(-6000, 6000), rng.uniform(-6000, 6000)),
            hours=(0, 2 if i < 2 else 7),
            service_minutes=30,
            locker_ok=False,
        )
        for i in range(6)
    ]
    made = plan(snapshot(orders, spec=spec()), seed=1, stop=MaxIterations(30), made_at=EIGHT, baselines=False)
    (route,) = made.routes
    assert route.driver_break is not None
    names = {o.order_id: o for o in orders}
    return RunningRoute(route, van_type(), CENTRE, EIGHT + timedelta(hours=12), names)


def check(route: RoutePlan, *, late: timedelta = timedelta(0)) -> None:
    """Whole, in its window (later only by as much as it was late before), beside the way, and with nobody served."""
    rest = route.driver_break
    assert rest is not None
    assert rest.end - rest.start == HALF_AN_HOUR
    assert BEGINS.start <= rest.start <= BEGINS.end + late
    places = [CENTRE, *(Place(lon=s.lon, lat=s.lat) for s in route.stops), CENTRE]
    loaded = route.start + timedelta(seconds=van_type().load_s)
    left = [loaded, *(s.depart for s in route.stops)]
    reached = [*(s.arrive for s in route.stops), route.end]
    for leg, (leaves, arrives) in enumerate(zip(left, reached, strict=True)):
        found = NETWORK.leg(places[leg], places[leg + 1], "drive")
        lasts = timedelta(seconds=found.duration_s) + HALF_AN_HOUR * (leg == rest.after)
        assert arrives - leaves >= lasts - timedelta(seconds=1)
        if leg == rest.after:
            assert leaves <= rest.start < rest.end <= arrives


@pytest.mark.parametrize("seed", range(8))
def test_the_break_is_not_squeezed_out(seed: int) -> None:
    """With any number of frozen stops, on board already or fetched from a site."""
    before, placed = running(seed), 0
    for frozen in range(len(before.route.stops) + 1):
        at = before.route.start if frozen == 0 else before.route.stops[frozen - 1].depart
        for pickup in (None, SITE):
            new = order("N", place(1500, -2500), hours=(0, 9), service_minutes=20, locker_ok=False)
            found = insert(
                before, new, NETWORK, at=at, frozen_stops=frozen, pickup_site=pickup, on_board=pickup is None
            )
            if isinstance(found, Insertion):
                placed += 1
                check(found.route)
                assert found.route.stops[:frozen] == before.route.stops[:frozen]
    assert placed > 3


@pytest.mark.parametrize("seed", range(4))
def test_what_comes_before_the_break_leaves_it_in_its_window(seed: int) -> None:
    """One parcel after the other, all due before the break ends: until none has room any more."""
    route = running(seed)
    for number in range(12):
        new = order(f"N{number}", place(100 * number, 900), hours=(0, 3.2), service_minutes=15)
        found = insert(route, new, NETWORK, at=route.route.start, frozen_stops=0)
        if not isinstance(found, Insertion):
            assert number > 0
            return
        check(found.route)
        route = replace(route, route=found.route, orders={**route.orders, new.order_id: new})
    pytest.fail("a morning has no room for twelve more")


def test_a_route_that_is_over_before_the_break_stays_so() -> None:
    """Its driver has the break at the depot then; what does not fit before it is not put in."""
    first = order("A", place(2000, 0), hours=(0, 2), service_minutes=5, locker_ok=False)
    van = free(EIGHT)
    found = open_route(van, first, NETWORK, at=EIGHT, route_id="R")
    assert isinstance(found, Insertion)
    assert found.route.end <= BEGINS.end
    for minutes, holds in ((20, True), (150, False)):
        more = order("B", place(2500, 0), hours=(0, 12), service_minutes=minutes, locker_ok=False)
        route = RunningRoute(
            found.route, van.type, CENTRE, van.late, {"A": first}, back_by=BEGINS.end, done=0
        )
        again = insert(route, more, NETWORK, at=found.route.start, frozen_stops=0)
        assert isinstance(again, Insertion) == holds
        assert not isinstance(again, Insertion) or again.route.end <= BEGINS.end


@pytest.mark.parametrize(
    ("free_from", "due", "starts"),
    [
        pytest.param(EIGHT, (2.6, 4), EIGHT + timedelta(hours=2.5), id="there-all-morning"),
        pytest.param(
            EIGHT + timedelta(hours=2.8), (2.9, 6), EIGHT + timedelta(hours=3.3), id="back-within-the-window"
        ),
        pytest.param(EIGHT + timedelta(hours=6), (6, 9), EIGHT + timedelta(hours=6), id="back-long-after-it"),
    ],
)
def test_a_route_begins_when_the_break_at_the_depot_is_over(
    free_from: datetime, due: tuple[float, float], starts: datetime
) -> None:
    """The break begins in its window, and not before the driver is there."""
    new: Order = order("A", place(2000, 0), hours=due, service_minutes=30, locker_ok=False)
    found = open_route(free(free_from), new, NETWORK, at=free_from, route_id="R")
    assert isinstance(found, Insertion)
    assert found.route.start >= starts


def free(early: datetime) -> FreeVan:
    """A van at its depot from then on, from eight o'clock on or since it was out."""
    late, was_out = EIGHT + timedelta(hours=12), early > EIGHT
    home = early if was_out else None
    return FreeVan(
        "V", van_type(), site("D", CENTRE), early, late, was_out, break_begins=BEGINS, home_since=home
    )
