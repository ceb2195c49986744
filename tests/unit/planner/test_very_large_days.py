"""What days of very many parcels, vans and launch sites must not look through for each parcel: each short cut gives the
same as looking through all."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fleet.feasibility import order_columns, prefilter_sorties
from fleet.planner import cityof, problem, routes
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.cityof import model_of
from fleet.planner.construct import standing_vans
from fleet.planner.draft import nothing
from fleet.planner.driven import NEAR_VANS, Driven
from fleet.planner.explain import Explainer
from fleet.planner.flights import Flights
from fleet.planner.longer import tried
from fleet.planner.machinetime import MachineTime
from fleet.planner.nearest import Finder
from fleet.planner.nearpools import FARTHER, POOLS_PER_PARCEL, near_pools
from fleet.planner.prices import learn
from fleet.planner.problem import Problem
from fleet.planner.render import Sheet
from fleet.planner.routes import route
from fleet.planner.snapshot import Snapshot
from fleet.planner.stop import FIRST_EACH_S, FIRST_S, within
from fleet.planner.tours import Tour, tour_of
from fleet.planner.visits import Visit, door_visit, locker_visits
from fleet.planner.ways import DoorWay, LockerWay, SortieWay
from fleet.protocol.values import CompartmentSize, Place
from tests.unit.planner.town import locker, order, place, site, slots, snapshot


def spots(seed: int) -> list[Place]:
    rng = random.Random(seed)
    return [place(rng.uniform(-5000, 5000), rng.uniform(-5000, 5000)) for _ in range(200)]


def many_sites(seed: int, *, sites: int, parcels: int, vans: int = 2, **more: object) -> Snapshot:
    """Parcels and sites at random over ten kilometres; at each site vans, a drone and a robot."""
    anywhere = iter(spots(seed))
    shelves = tuple(locker(f"L{i}", next(anywhere)) for i in range(2))
    depots = {f"S{i}": site(f"S{i}", next(anywhere)) for i in range(sites)}
    orders = [order(f"O{i:02}", next(anywhere)) for i in range(parcels)]
    day = snapshot(orders, lockers=shelves, **more)  # type: ignore[arg-type]
    kinds = (("van", vans), ("drone", 1), ("sidewalk_robot", 1))
    assets = [slot for name in depots for kind, count in kinds for slot in slots(kind, name, count)]
    at_lockers = [slot for slot in day.assets if slot.asset_id in day.context.lockers]
    return replace(day, context=replace(day.context, sites=depots), assets=(*assets, *at_lockers))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_told_of_tours_is_what_looking_through_them_tells(seed: int) -> None:
    """While they are driven, changed and taken away at random, and of copies that go on by themselves."""
    rng = random.Random(seed)
    day = Problem(many_sites(seed, sites=3, parcels=12))
    doors = [door_visit(day, o, day.bases) for o in range(12)]
    fills = [v for s in day.stations.values() for v in locker_visits(day, s, [(0, day.bases)])]
    driven, plain = Driven(), dict[int, Tour]()
    for step in range(120):
        number = rng.randrange(2 * len(day.vans))
        if number in driven and rng.random() < 0.4:
            del driven[number], plain[number]
        else:
            van = replace(day.vans[number % len(day.vans)], index=number, trip=float(number))
            tour = tour_of(day, van, rng.sample([*doors, *fills], rng.randint(1, 4)))
            driven[number] = plain[number] = tour
        if step % 20 == 19:
            driven = driven.copy()
        tours = list(plain.values())
        assert list(driven.values()) == tours
        name, some = rng.choice(day.vans).slot.asset_id, {*rng.sample(range(12), 5), None}
        assert driven.of_asset(name) == [t for t in tours if t.van.slot.asset_id == name]
        assert driven.at_locker("L0") == [t for t in tours if "L0" in t.lockers]
        assert driven.some(some) == [t for t in tours if t.van.index in some]
        assert driven.standing(day.vans) == standing_vans(tours, day.vans)


@pytest.mark.parametrize("seed", range(3))
def test_the_pools_near_each_parcel_are_those_that_looking_at_each_pool_tells(seed: int) -> None:
    orders = range(40)
    day = Problem(many_sites(seed, sites=8, parcels=40, standing={"O03": "S1", "O04": "S2"}))
    found, columns = near_pools(day, orders), order_columns([day.orders[o] for o in orders])
    kept = {
        p.index: prefilter_sorties(day.snapshot.context, columns, p.type, p.site, day.snapshot.at)
        for p in day.pools
    }
    counts = set[int]()
    for o in orders:
        to, near = day.orders[o].place, defaultdict(list)
        for pool in day.pools:
            if kept[pool.index][o] and day.standing(o) in (None, pool.site.site_id):
                at = pool.site.place
                away = ((at.lon - to.lon) ** 2 + (at.lat - to.lat) ** 2) ** 0.5
                near[pool.type.type_id].append((away, pool.index))
        wanted = [
            day.pools[index]
            for _, some in sorted(near.items())
            for away, index in sorted(some)[:POOLS_PER_PARCEL]
            if away <= FARTHER * min(some)[0]
        ]
        assert found[o] == wanted
        counts.add(len(wanted))
    assert len(counts) > 2, "some parcels have more pools near them than others"


def test_a_parcel_takes_a_machine_once_whatever_its_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """To its door or to a port, whichever keeps the machine longer."""
    day = Problem(snapshot([order("O1", place(900, 0))], drones=1))
    (pool,) = day.pools
    (begin, end) = pool.open[0]
    port = LockerWay("locker", "L0", CompartmentSize.SMALL, 10.0, 0.0)
    took = end - begin
    ways = [
        SortieWay(pool.index, "drone", 1.0, took, 0, 60),
        SortieWay(pool.index, "drone", 1.0, took - 60, 0, 60, locker=port),
    ]
    monkeypatch.setattr("fleet.planner.machinetime.TIMES", 1.5)
    time = MachineTime(day)
    time.take(ways)
    assert time.free([pool]) == [pool], "half of its time is left"
    time.take(ways)
    assert time.free([pool]) == []


def test_reading_and_writing_are_a_part_of_the_time_but_of_a_parcels_no_more_than_half() -> None:
    now = [0.0]

    def late_after(seconds: float, parcels: int, beside_s: float) -> float:
        now[0] = 0.0
        stop = within(lambda: now[0], seconds, parcels, beside_s=beside_s)
        return stop.left_s

    assert late_after(60, 10_000, 4) == 56
    assert late_after(0, 100_000, 4) == pytest.approx(100_000 * FIRST_EACH_S - 4)
    assert late_after(60, 100_000, 50) == pytest.approx(100_000 * FIRST_EACH_S / 2)
    assert late_after(1, 10, 5) == FIRST_S
    stop = within(lambda: now[0], 1, 10, beside_s=5)
    assert stop.used == 1.0, "there is nothing to search with"


def test_what_no_earlier_tour_has_goes_by_vans_that_stand_near(monkeypatch: pytest.MonkeyPatch) -> None:
    """From far away they would hardly have time for it."""
    monkeypatch.setattr(problem, "MAX_ATLAS", 5)
    monkeypatch.setattr(routes, "MAX_CASE", 20)
    monkeypatch.setattr(routes, "MAX_LEFT", 8)
    near = [place(1500 * (i % 2) * 20 + 40 * i, 300) for i in range(30)]
    depots = {"S0": site("S0", place(0, 0)), "S1": site("S1", place(30_000, 0))}
    day = snapshot([order(f"O{i:02}", near[i], locker_ok=False) for i in range(30)])
    assets = tuple(slot for name in depots for slot in slots("van", name, 4))
    town = Problem(replace(day, context=replace(day.context, sites=depots), assets=assets))
    visits = [door_visit(town, o, town.bases) for o in range(30)]
    before = route(town, visits[:10], {}, seed=1, stop=None)
    again = route(town, visits, before.warm, seed=1, stop=None)
    assert not again.left
    out = {tour.van.index for tour in before.tours}
    made = [tour for tour in again.tours if tour.van.index not in out]
    assert {tour.van.site.site_id for tour in made} == {"S0", "S1"}
    for tour in made:
        west = tour.van.site.site_id == "S0"
        assert all((tour.case.visits[v].orders[0] % 2 == 0) == west for v in tour.visits)
        assert tour.case.sites == (tour.van.site.site_id,), "legs from other depots are not asked for"


def test_what_no_earlier_tour_has_goes_by_vans_that_may_bring_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some lie next to one site and stand at the other, whose vans alone may bring them."""
    monkeypatch.setattr(problem, "MAX_ATLAS", 5)
    monkeypatch.setattr(routes, "MAX_CASE", 20)
    monkeypatch.setattr(routes, "MAX_LEFT", 8)
    near = [place(3000 * (i % 2) + 40 * i, 300) for i in range(30)]
    depots = {"S0": site("S0", place(0, 0)), "S1": site("S1", place(3000, 0))}
    day = snapshot([order(f"O{i:02}", near[i], locker_ok=False) for i in range(30)])
    assets = tuple(slot for name in depots for slot in slots("van", name, 4))
    town = Problem(replace(day, context=replace(day.context, sites=depots), assets=assets))
    west = frozenset(base for base in town.bases if base[1] == "S0")
    visits = [door_visit(town, o, west if o >= 20 else town.bases) for o in range(30)]
    before = route(town, visits[:10], {}, seed=1, stop=None)
    again = route(town, visits, before.warm, seed=1, stop=None)
    assert not again.left
    by = {tour.case.visits[v].orders[0]: tour.van.site.site_id for tour in again.tours for v in tour.visits}
    assert {by[o] for o in range(20, 30)} == {"S0"}
    assert {by[o] for o in range(11, 20, 2)} == {"S1"}


def test_when_parcels_are_ready_is_asked_once_for_all_vans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once more for each depot."""
    asked, release_s = list[int](), cityof._Making._release_s

    def counted(self: cityof._Making, o: int) -> int:
        asked.append(o)
        return release_s(self, o)

    monkeypatch.setattr(cityof._Making, "_release_s", counted)
    few, many = (Problem(many_sites(3, sites=sites, parcels=20)) for sites in (2, 12))
    counts = []
    for day in (few, many):
        asked.clear()
        model_of(day, find_ways(day, Flights(day), sorties=False))
        counts.append(len(asked))
    assert counts == [40, 40]


def test_a_van_that_waits_at_a_locker_for_others_parcels_keeps_its_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was there earlier with some that might come at any time; all of the locker's parcels share a stop from two
    o'clock. That goes where it costs least, and not the doors behind it, to which the van would be too late."""
    monkeypatch.setattr(problem, "MAX_ATLAS", 5)
    monkeypatch.setattr(routes, "MAX_CASE", 5)
    doors = [order(f"O{i}", place(300 + 200 * i, 0), hours=(2, 4)) for i in range(6)]
    lain = [order("L1", place(100, 100)), order("L2", place(120, 100), hours=(6, 8))]
    day = Problem(snapshot([*doors, *lain], vans=1, lockers=(locker("K", place(200, 50)),)))
    (station,), stands = day.stations.values(), day.bases
    (shared,) = locker_visits(day, station, [(6, stands), (7, stands)])
    visits = [*(door_visit(day, o, stands) for o in range(6)), shared]
    warm = {0: [[shared.key, *(visits[o].key for o in range(6))]]}
    (tour,) = route(day, visits, warm, seed=1, stop=None).tours
    assert [tour.case.visits[v].key for v in tour.visits] == [*(visits[o].key for o in range(6)), shared.key]
    assert tour.feasible


def test_of_very_many_vans_those_that_stand_nearest_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    day = Problem(many_sites(5, sites=20, parcels=3))
    flights = Flights(day)
    ways = find_ways(day, flights)
    whole = Board(nothing(day, ways, flights), ways)._standing((None, (0,)))
    assert len(whole) == 20
    monkeypatch.setattr(problem, "MAX_ATLAS", 5)
    many = Problem(day.snapshot)
    few = Board(nothing(many, ways, flights), ways)._standing((None, (0,)))
    to = day.orders[0].place

    def away(at: Place) -> float:
        return ((at.lon - to.lon) * 0.64) ** 2 + (at.lat - to.lat) ** 2

    sites = sorted((van.site.place for van in whole), key=away)
    assert [van.site.place for van in few] == sites[:NEAR_VANS]


def test_of_very_many_vans_those_are_offered_that_may_bring_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others stand nearer."""
    monkeypatch.setattr(problem, "MAX_ATLAS", 5)
    day = many_sites(5, sites=20, parcels=3)
    to = day.orders[0].place

    def away(name: str) -> float:
        at = day.context.sites[name].place
        return ((at.lon - to.lon) * 0.64) ** 2 + (at.lat - to.lat) ** 2

    farthest = max(day.context.sites, key=away)
    town = Problem(replace(day, standing={day.orders[0].order_id: farthest}))
    flights = Flights(town)
    ways = find_ways(town, flights, sorties=False)
    board = Board(nothing(town, ways, flights), ways)
    board.lift(0)
    (door,) = [way for way in ways[0].all if isinstance(way, DoorWay)]
    seat = board.offer(0, door)
    assert seat is not None
    assert seat.tour is not None
    assert seat.tour.van.site.site_id == farthest


def test_where_time_was_up_for_seats_no_changes_are_tried_for_very_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A trial looks at all of the day; the plan says that time was up for it."""
    tried = list[int]()
    monkeypatch.setattr("fleet.planner.nearest.seat_with", lambda _, o, __: tried.append(o))
    monkeypatch.setattr(problem, "MAX_ATLAS", 5)
    day = Problem(many_sites(7, sites=2, parcels=9))
    flights = Flights(day)
    ways = find_ways(day, flights)
    board = Board(nothing(day, ways, flights), ways)
    found = Finder(board, lambda _: iter(()), settled=False).of(0)
    assert found.cut
    assert not tried
    assert not Finder(board, lambda _: iter(()), settled=True).of(0).cut
    assert tried


@pytest.mark.parametrize("seed", range(3))
def test_of_very_many_vans_the_first_seats_that_hold_leave_dearer_ones_unasked(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each tour the places behind the cheapest that holds; what is offered costs no more than any other place."""
    monkeypatch.setattr(problem, "MAX_ATLAS", 5)
    day = Problem(many_sites(seed, sites=4, parcels=24, vans=1))
    flights = Flights(day)
    ways = find_ways(day, flights, sorties=False)
    board = Board(nothing(day, ways, flights), ways)
    for o in range(1, 24):
        board.lift(o)
        seat = board.cheapest(o, day.penalties[o])
        assert seat is not None
        board.put(o, seat)
    board.lift(0)
    door, asked = ways[0].door, list[Tour]()
    assert door is not None
    visit = door_visit(day, 0, door.bases)
    places = {
        t.van.index: [(one, one.cost - t.cost) for one in tried(t, visit)] for t in board.tours.values()
    }
    alone = [tour_of(day, van, [visit]) for van in board.tours.standing(day.vans)]
    costs = [cost for some in places.values() for one, cost in some if one.feasible]
    costs += [one.cost for one in alone if one.feasible]

    def counted(tour: Tour, stop: Visit) -> Iterator[Tour]:
        for longer in tried(tour, stop):
            asked.append(longer)
            yield longer

    monkeypatch.setattr("fleet.planner.board.tried", counted)
    offer = board.offer(0, door)
    assert offer is not None
    assert offer.cost <= min(costs) + 1e-9
    assert (
        0 < len(asked) < sum(len(places[one.van.index]) for one in {t.van.index: t for t in asked}.values())
    )


@pytest.mark.parametrize("settled", [False, True])
def test_whom_the_last_moves_did_not_come_to_is_left_for_want_of_time(
    monkeypatch: pytest.MonkeyPatch, *, settled: bool
) -> None:
    """Of very many routes none is asked then why it does not take the parcel: that takes seconds for each."""
    monkeypatch.setattr(problem, "MAX_ATLAS", 5)
    day = Problem(many_sites(2, sites=2, parcels=9))
    flights = Flights(day)
    ways = find_ways(day, flights, sorties=False)
    draft = replace(nothing(day, ways, flights), cut=False)
    board, prices = Board(draft, ways), learn(day, ways, draft.routing)
    sheet = Sheet(draft, ways, "P")
    sheet.fill()
    said = Explainer(day, ways, flights, prices, sheet, board, settled=settled).unassigned(0)
    of_vans = [
        reason for reason in said.reasons if reason.code == "out_of_time" and "to a van" in reason.detail
    ]
    assert bool(of_vans) != settled
