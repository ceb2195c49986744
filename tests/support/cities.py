"""Small random cities with every sort of constraint, and the cheapest plan of one by brute force.

What holds and what it costs is asked of the benchmarks' judge, which shares no code with the search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise, permutations, product
from math import inf
from random import Random

import numpy as np
import pytest

from benchmarks.harness.cityjudge import cost, faults, shortest
from fleet.planner.city import City, Groups, Lockers, LockerWays, Parcels, SortieWays
from fleet.planner.holding import cost_of
from fleet.planner.jointly import Box, JointPlan, Route, Sortie, VanStop, plan_jointly
from fleet.planner.legs import Straight, Table
from fleet.planner.routing import Iterations, VanType

DAY = 900.0
SLOTS = (0.0, 300.0, 600.0, DAY)


def check_found(city: City, seed: int) -> None:
    """What is found holds and costs what is said: by the judge, also where vans make several trips and drivers have
    breaks, and by the planner's own sum over rows."""
    for each in (city, harder(city, seed)):
        found = plan_jointly(each, seed=seed, budget=Iterations(1000))
        assert faults(each, found) == []
        assert found.cost == pytest.approx(cost(each, found), rel=1e-9)
    found = plan_jointly(city, seed=seed, budget=Iterations(400))
    assert found.cost == pytest.approx(cost_of(city, found), rel=1e-9)


def harder(city: City, seed: int) -> City:
    """The same city, in which some parcels come later, vans make several trips and drivers have breaks."""
    rng = Random(seed)
    count = len(city.parcels.place)
    release = np.array([rng.choice([0.0, 0.0, rng.uniform(0, DAY / 3)]) for _ in range(count)])

    def harder_van(van: VanType) -> VanType:
        opens, trips = rng.uniform(0.0, DAY / 2), rng.choice([1, 2])
        lasts, closes = rng.choice([0.0, 30.0, 120.0]), opens + rng.choice([0.0, 60.0, 300.0])
        return replace(
            van,
            trips=trips,
            weight=van.weight / trips,
            break_s=lasts,
            break_opens=opens,
            break_closes=closes,
        )

    vans = tuple(map(harder_van, city.vans))
    parcels = replace(city.parcels, release=release if seed % 4 else None)
    return replace(city, parcels=parcels, vans=vans)


def random_city(seed: int, parcels: int, *, lockers: int = 2, groups: int = 2) -> City:
    """Two depots, tight loads and windows, few compartments, some freed later, few pilots and chargers."""
    rng = Random(seed)
    places = 2 + lockers + parcels
    xy = np.array([(rng.uniform(0, 100), rng.uniform(0, 100)) for _ in range(places)])
    legs: Straight | Table = Straight(xy[:, 0], xy[:, 1])
    if seed % 4 == 0:
        drawn = np.array([[rng.uniform(5, 100) for _ in range(places)] for _ in range(places)])
        np.fill_diagonal(drawn, 0.0)
        legs = Table(drawn, drawn * 1.5)
    weight = tuple(float(rng.randrange(4, 4 + max(4, parcels))) for _ in range(2))
    vans = tuple(
        VanType(
            kind, 0, rng.randrange(1, 3), 1, weight[kind], 14.0, fixed=rng.choice([15.0, 40.0]), per_second=0.1 * kind,
            closes=rng.choice([DAY, 2 * DAY]), longest=rng.choice([inf, 400.0]), has=rng.choice([1, 3]) if kind else 3,
            reach=250.0 if seed % 5 == 2 else inf, drain=0.2 * kind,
        )
        for kind in range(2)
    )  # fmt: skip
    return City(
        legs, _parcels(rng, parcels, 2 + lockers), vans, np.array(SLOTS), _lockers(rng, lockers),
        _locker_ways(rng, parcels, lockers), _groups(rng, groups), _sortie_ways(rng, parcels, groups, lockers),
    )  # fmt: skip


def _parcels(rng: Random, count: int, first: int) -> Parcels:
    opens = [rng.choice([0.0, rng.uniform(0, DAY / 2)]) for _ in range(count)]
    return Parcels(
        place=first + np.arange(count),
        opens=np.array(opens),
        closes=np.array([rng.choice([DAY, opens[p] + rng.uniform(100, 400)]) for p in range(count)]),
        service=np.array([rng.choice([0.0, 5.0]) for _ in range(count)]),
        weight=np.array([float(rng.randrange(1, 4)) for _ in range(count)]),
        volume=np.array([float(rng.randrange(1, 4)) for _ in range(count)]),
        size=np.array([rng.choice([0, 0, 1]) for _ in range(count)]),
        kept=np.array([rng.choice([2 * DAY, DAY, 400.0]) for _ in range(count)]),
        needs=np.array([rng.choice([1, 1, 2]) for _ in range(count)]),
        penalty=np.array([rng.choice([500.0, 60.0]) for _ in range(count)]),
    )


def _lockers(rng: Random, count: int) -> Lockers:
    room = np.array(
        [[sorted(rng.randrange(0, 3) for _ in SLOTS[1:]) for _ in range(2)] for _ in range(count)]
    )
    return Lockers(
        place=2 + np.arange(count),
        room=room.reshape(count, 2, len(SLOTS) - 1),
        port_s=np.array([rng.choice([10.0, 60.0]) for _ in range(count)]),
        stop_s=np.array([4.0] * count),
        each_s=np.array([rng.choice([0.0, 2.0, 30.0]) for _ in range(count)]),
    )


def _locker_ways(rng: Random, parcels: int, lockers: int) -> LockerWays:
    rows = [
        (parcel, locker, rng.uniform(0, 8), rng.choice([0.0, 250.0]), rng.choice([DAY, 700.0]))
        for parcel, locker in product(range(parcels), range(lockers))
        if rng.random() < 0.6
    ]
    columns = zip(*rows, strict=True) if rows else ((),) * 5
    return LockerWays(*(np.array(c, float if k > 1 else int) for k, c in enumerate(columns)))


def _groups(rng: Random, count: int) -> Groups:
    return Groups(
        machines=np.array([rng.randrange(1, 3) for _ in range(count)], int),
        opens=np.array([rng.choice([0.0, 100.0]) for _ in range(count)], float),
        closes=np.array([rng.choice([DAY, 500.0]) for _ in range(count)], float),
        away=np.array([rng.randrange(1, 3) for _ in range(count)], int),
        chargers=np.array([rng.randrange(1, 3) for _ in range(count)], int),
    )


def _sortie_ways(rng: Random, parcels: int, groups: int, lockers: int) -> SortieWays:
    rows = []
    for parcel, group in product(range(parcels), range(groups)):
        if rng.random() < 0.6:
            there = rng.uniform(20, 120)
            port = rng.randrange(lockers) if lockers and rng.random() < 0.5 else -1
            charge = rng.choice([0.0, rng.uniform(10, 150)])
            rows.append(
                (parcel, group, there, there + rng.uniform(5, 100), charge, rng.uniform(10, 45), port)
            )
    columns = zip(*rows, strict=True) if rows else ((),) * 7
    return SortieWays(*(np.array(c, int if k in (0, 1, 6) else float) for k, c in enumerate(columns)))


def cheapest(city: City) -> float:
    """The least cost, by trying every way of every parcel, every division of the stops among vans in every order, and
    every order of sorties on every machine."""
    best = float(np.sum(city.parcels.penalty))
    count = len(city.parcels.place)
    for chosen in product(*(_options(city, parcel) for parcel in range(count))):
        left = tuple(parcel for parcel, (how, *_) in enumerate(chosen) if how == "left")
        flown = tuple(int(row) for how, row, _ in chosen if how == "sortie")
        own = float(sum(city.parcels.penalty[list(left)])) + float(sum(city.sortie_ways.cost[list(flown)]))
        if own >= best:
            continue
        price, routes = _driven(city, frozenset(_stops(city, chosen)), tuple(van.vans for van in city.vans))
        if own + price < best - 1e-9 and _placed(city, routes, flown, left):
            best = own + price
    return best


def cheapest_even(city: City) -> float:
    """The least cost where hours above the mean have a price, which no van has by itself: by trying all sets of routes,
    the dear ones too."""
    best = float(np.sum(city.parcels.penalty))
    for chosen in product(*(_options(city, parcel) for parcel in range(len(city.parcels.place)))):
        left = tuple(parcel for parcel, (how, *_) in enumerate(chosen) if how == "left")
        flown = tuple(int(row) for how, row, _ in chosen if how == "sortie")
        own = float(sum(city.parcels.penalty[list(left)])) + float(sum(city.sortie_ways.cost[list(flown)]))
        if own >= best:
            continue
        ways = _every_way(city, frozenset(_stops(city, chosen)), tuple(van.vans for van in city.vans))
        told = [(own + price + city.fairness * _above(lasts), routes) for price, lasts, routes in ways]
        told.sort(key=_first)
        for price, routes in told:
            if price >= best - 1e-9:
                break
            if _placed(city, routes, flown, left):
                best = price
    return best


def _first(pair: tuple[float, tuple[Route, ...]]) -> float:
    return pair[0]


def _above(lasts: tuple[float, ...]) -> float:
    mean = sum(lasts) / len(lasts) if lasts else 0.0
    return sum(max(0.0, each - mean) for each in lasts)


def _stops(city: City, chosen: Sequence[tuple[str, int, int]]) -> list[VanStop]:
    """Where vans stop for what was chosen for each parcel."""
    visits: dict[tuple[int, int, int], list[int]] = {}
    for parcel, (how, row, slot) in enumerate(chosen):
        if how == "locker":
            key = int(city.locker_ways.locker[row]), slot, int(city.parcels.needs[parcel])
            visits.setdefault(key, []).append(parcel)
    doors = [VanStop((p,)) for p, (how, *_) in enumerate(chosen) if how == "door"]
    return [*doors, *(VanStop(tuple(held), locker, slot) for (locker, slot, _), held in visits.items())]


@cache
def _every_way(
    city: City, stops: frozenset[VanStop], vans: tuple[int, ...]
) -> tuple[tuple[float, tuple[float, ...], tuple[Route, ...]], ...]:
    """What every set of routes over some stops costs, and how long each of its vans is out."""
    if not stops:
        return ((0.0, (), ()),)
    first, *others = sorted(stops, key=lambda stop: stop.parcels)
    found = []
    for more in (m for size in range(len(others) + 1) for m in combinations(others, size)):
        for kind in (k for k, count in enumerate(vans) if count):
            fewer = tuple(count - (k == kind) for k, count in enumerate(vans))
            own = [
                (price, sum(shortest(city, trip) for trip in trips), trips)
                for price, trips in _by_one(city, kind, frozenset((first, *more)))
            ]
            rests = _every_way(city, stops - {first, *more}, fewer) if own else ()
            found += [
                (price + rest, (lasts, *others_last), (*routes, *_behind(trips, len(routes))))
                for price, lasts, trips in own
                for rest, others_last, routes in rests
            ]
    return tuple(found)


def _options(city: City, parcel: int) -> list[tuple[str, int, int]]:
    lockers = [
        ("locker", int(row), slot)
        for row in np.flatnonzero(city.locker_ways.parcel == parcel)
        for slot in range(len(SLOTS) - 1)
    ]
    sorties = [("sortie", int(row), -1) for row in np.flatnonzero(city.sortie_ways.parcel == parcel)]
    return [("left", -1, -1), ("door", -1, -1), *lockers, *sorties]


@cache
def _driven(city: City, stops: frozenset[VanStop], vans: tuple[int, ...]) -> tuple[float, tuple[Route, ...]]:
    """The cheapest routes over some stops with so many vans of each type; without end where there are none."""
    if not stops:
        return 0.0, ()
    first, *others = sorted(stops, key=lambda stop: stop.parcels)
    best: tuple[float, tuple[Route, ...]] = (inf, ())
    for size in range(len(others) + 1):
        for more in combinations(others, size):
            for kind in (k for k, count in enumerate(vans) if count):
                price, route = _one(city, kind, frozenset((first, *more)))
                if not route:
                    continue
                fewer = tuple(count - (k == kind) for k, count in enumerate(vans))
                rest, routes = _driven(city, stops - {first, *more}, fewer)
                if price + rest < best[0]:
                    best = price + rest, (*routes, *_behind(route, len(routes)))
    return best


def _behind(trips: Sequence[Route], count: int) -> Iterator[Route]:
    """The trips of a van, as routes of a plan behind so many others."""
    for number, trip in enumerate(trips):
        yield replace(trip, follows=count + number - 1 if number else -1)


def _trips(city: City, kind: int, order: Sequence[VanStop]) -> Iterator[tuple[Route, ...]]:
    """Every way to make stops in an order with one van: parted into trips, with the driver's break anywhere."""
    van, count = city.vans[kind], len(order)
    for cuts in (c for trips in range(van.trips) for c in combinations(range(1, count), trips)):
        bounds = pairwise((0, *cuts, count))
        parts = [order[first:beyond] for first, beyond in bounds]
        pauses = [(-1, -1)]
        if van.break_s > 0.0:
            pauses += [(number, at) for number, part in enumerate(parts) for at in range(len(part) + 1)]
        for on, at in pauses:
            trips = [Route(kind, tuple(p), pause=at if k == on else -1) for k, p in enumerate(parts)]
            yield tuple(_behind(trips, 0))


@cache
def _one(city: City, kind: int, stops: frozenset[VanStop]) -> tuple[float, tuple[Route, ...]]:
    """The cheapest trips over some stops for one van."""
    return min(_by_one(city, kind, stops), key=_first, default=(inf, ()))


def _by_one(city: City, kind: int, stops: frozenset[VanStop]) -> Iterator[tuple[float, tuple[Route, ...]]]:
    """All trips over some stops that hold for one van, and what they cost."""
    served = {parcel for stop in stops for parcel in stop.parcels}
    if _never_together(city, kind, served):
        return
    left = tuple(p for p in range(len(city.parcels.place)) if p not in served)
    boxes = tuple(
        Box(p, stop.locker, 1, stop.slot) for stop in stops if stop.locker >= 0 for p in stop.parcels
    )
    orders = permutations(sorted(stops, key=lambda stop: stop.parcels))
    for routes in (trips for order in orders for trips in _trips(city, kind, order)):
        plan = JointPlan(routes, (), boxes, left, 0.0, 0)
        # Compartments are a matter of the whole plan.
        if any("compartment" not in said and "kept" not in said for said in faults(city, plan)):
            continue
        price = cost(city, plan) - float(np.sum(city.parcels.penalty[list(left)]))
        yield price, plan.routes


def _never_together(city: City, kind: int, parcels: set[int]) -> bool:
    """Whether one van can't bring some parcels in any order: it lacks a skill, or all its trips have too little room.
    The judge would say so of each order.
    """
    van, told, held = city.vans[kind], city.parcels, sorted(parcels)
    heavy = float(np.sum(told.weight[held])) > van.trips * van.weight + 0.01
    return heavy or any(int(told.needs[parcel]) & ~van.has for parcel in held)


def _placed(city: City, routes: tuple[Route, ...], flown: tuple[int, ...], left: tuple[int, ...]) -> bool:
    """Whether sorties find machines and times, and all that need one a compartment."""
    held = [
        (p, stop.locker, stop.slot)
        for route in routes
        for stop in route.stops
        if stop.locker >= 0
        for p in stop.parcels
    ]
    for order in permutations(flown):
        for sorties in _schedules(city, order, ()):
            ported = [
                (
                    int(city.sortie_ways.parcel[s.way]),
                    int(city.sortie_ways.locker[s.way]),
                    s.depart + city.sortie_ways.there[s.way],
                )
                for s in sorties
                if city.sortie_ways.locker[s.way] >= 0
            ]
            wanted = held + [
                (p, locker, int(np.searchsorted(SLOTS, at, "right")) - 1) for p, locker, at in ported
            ]
            for sizes in product(range(2), repeat=len(wanted)):
                boxes = tuple(
                    Box(p, locker, size, slot) for (p, locker, slot), size in zip(wanted, sizes, strict=True)
                )
                if not faults(city, JointPlan(routes, sorties, boxes, left, 0.0, 0)):
                    return True
    return False


def _schedules(city: City, order: Sequence[int], so_far: tuple[Sortie, ...]) -> Iterator[tuple[Sortie, ...]]:
    """Sorties one after the other, each at every moment that something ends or begins at, on every machine."""
    if not order:
        yield so_far
        return
    row, ways = order[0], city.sortie_ways
    group, parcel = int(ways.group[row]), int(ways.parcel[row])
    moments = {float(city.groups.opens[group]), float(city.parcels.opens[parcel] - ways.there[row])}
    if city.parcels.release is not None:
        moments.add(float(city.parcels.release[parcel]))
    moments |= {slot - float(ways.there[row]) for slot in SLOTS[:-1]}
    for other in so_far:
        back = other.depart + float(ways.away[other.way])
        over = other.depart + float(ways.there[other.way] + city.lockers.port_s[ways.locker[other.way]])
        moments |= {back, back + float(ways.charge[other.way]), over - float(ways.there[row])}
        moments |= {back + float(ways.charge[other.way]) - float(ways.away[row])}
    for machine, moment in product(range(int(city.groups.machines[group])), sorted(moments)):
        more = (*so_far, Sortie(row, machine, moment))
        if not _clashes(city, more):
            yield from _schedules(city, order[1:], more)


def _clashes(city: City, sorties: tuple[Sortie, ...]) -> bool:
    """Whether sorties alone don't hold, compartments aside."""
    brought = {int(city.sortie_ways.parcel[sortie.way]) for sortie in sorties}
    left = tuple(p for p in range(len(city.parcels.place)) if p not in brought)
    return any("compartment" not in said for said in faults(city, JointPlan((), sorties, (), left, 0.0, 0)))
