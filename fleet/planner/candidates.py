"""For each parcel every way to serve it: a quick conservative sieve over all, then the exact question."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fleet.domain.fleet import RouteType, StationType
from fleet.feasibility import (
    Trip,
    Verdict,
    assess_locker,
    assess_route,
    prefilter_lockers,
)
from fleet.feasibility.charging import swap_s
from fleet.feasibility.context import Context
from fleet.feasibility.gaps import no_way
from fleet.feasibility.least import least_cost, least_s
from fleet.kinds import kind_of
from fleet.planner.flights import Flights, earliest_departure, round_up
from fleet.planner.machinetime import MachineTime
from fleet.planner.nearpools import near_pools
from fleet.planner.problem import NO_WAY_S, Pool, Problem, stay_fee
from fleet.planner.refills import KEPT_SOC
from fleet.planner.stop import Late, never
from fleet.planner.visits import Bases
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Ways
from fleet.protocol.values import Order

LOCKERS_PER_PARCEL = 6
"""The nearest lockers that are looked at; the walk limit seldom leaves more."""

LEAST_LEFT = 3
"""Departures are tried at whole minutes, say, by the clock where so many of these are left behind the first one."""


def find_ways(
    problem: Problem,
    flights: Flights,
    late: Late = never,
    *,
    sorties: bool = True,
    orders: Sequence[int] | None = None,
) -> tuple[Ways, ...]:
    """The ways of all parcels, or of these, in their order: doors, then lockers, then sorties (if they are wanted), of
    the parcels first that it is dearest to leave. Those that are not come to before it is late are not asked for."""
    wanted = range(len(problem.orders)) if orders is None else orders
    turn, asking = problem.dearest_first(wanted), Doors(problem)
    doors = {order: NOT_ASKED if late() else asking.of(order) for order in turn}
    lockers, unasked = _locker_ways(problem, turn, late)
    trips = _sortie_ways(problem, flights, turn, lockers, late if sorties else _already)
    return tuple(
        _ways(asking, o, doors[o], lockers.get(o, ()), trips[o], cut=o in unasked or doors[o] is NOT_ASKED)
        for o in wanted
    )


def _already() -> bool:
    """Late from the beginning."""
    return True


@dataclass(frozen=True)
class Door:
    """The vans that may bring a parcel from where it stands, and what each type of van answered."""

    bases: Bases
    verdicts: Mapping[str, Verdict]


NOT_ASKED = Door(frozenset(), {})
"""Of a parcel that was not come to in time."""


@dataclass(frozen=True)
class _Sorties:
    ways: tuple[SortieWay, ...]
    asked: bool = True
    """Whether they were asked about."""
    nearer: frozenset[str] = frozenset()
    """As in `Ways`."""


_NO_SORTIES = _Sorties((), asked=False)


def _ways(
    asking: Doors,
    order: int,
    door: Door,
    lockers: Sequence[LockerWay],
    sorties: _Sorties,
    *,
    cut: bool,
) -> Ways:
    """All of one parcel; `cut`: time was up before its door or its lockers were asked about."""
    problem = asking.problem
    kept_lockers = tuple(way for way in lockers if door.bases and may_go(problem, order, way))
    kept_sorties = tuple(way for way in sorties.ways if may_go(problem, order, way))
    return Ways(
        kept_sorties,
        kept_lockers,
        asking.way(order, door),
        door.verdicts,
        asked=sorties.asked and not cut,
        nearer=sorties.nearer,
    )


def may_go(problem: Problem, order: int, way: LockerWay | SortieWay) -> bool:
    """Whether nothing of a way is ruled out for a parcel: its kind and its mode, or its locker."""
    locker = way.locker if isinstance(way, SortieWay) else way
    names = [way.mode, way.kind] if isinstance(way, SortieWay) else [way.mode]
    return problem.excluded(order).isdisjoint(names if locker is None else (*names, _at(locker.locker_id)))


def _at(locker_id: str) -> str:
    """How a locker is named among what is ruled out for a parcel."""
    return f"locker:{locker_id}"


def _door_way(problem: Problem, bases: Bases, barred: frozenset[str]) -> DoorWay | None:
    kinds = {type_id: problem.fleet.types[type_id].kind for type_id, _ in bases}
    allowed = frozenset(base for base in bases if kinds[base[0]] not in barred)
    return DoorWay(min(kinds[t] for t, _ in allowed), allowed) if allowed else None


def _van_brings(problem: Problem, order: int) -> bool:
    """Whether some van starts where the parcel stands; otherwise one must fetch it on its way."""
    site = problem.standing(order)
    return site is None or any(base[1] == site for base in problem.bases)


@dataclass
class Doors:
    """What vans answer about one parcel after the other. Equal answers are one object: where depots and parcels are
    many, each would be large."""

    problem: Problem
    kept: bool = False
    """Whether answers are kept for the next plan of the same context: no time is in them."""
    _bases: dict[tuple[frozenset[str], str | None, frozenset[str]], Bases] = field(default_factory=dict)
    _alike: dict[tuple[tuple[str, Verdict], ...], Mapping[str, Verdict]] = field(default_factory=dict)
    _ways: dict[tuple[Bases, frozenset[str]], DoorWay | None] = field(default_factory=dict)

    def of(self, order: int) -> Door:
        """The vans that may carry the parcel, and what each type of van answered."""
        context, parcel = self.problem.snapshot.context, self.problem.orders[order]
        answers = {t.type_id: self._answer(context, parcel, t) for t in self.problem.route_types}
        able = frozenset(name for name, answer in answers.items() if answer.feasible)
        site, cut_off = self.problem.standing(order), self.problem.cut_off
        cut = (
            frozenset(s for s in self.problem.van_sites if (s, order) in cut_off) if cut_off else frozenset()
        )
        bases = self._of_types(able, site, cut)
        if cut:
            could = self._of_types(able, site, frozenset())
            for name in {name for name, _ in could} - {name for name, _ in bases}:
                sites = {site_id for type_id, site_id in could if type_id == name}
                answers[name] = _cut_off(self.problem, sites, order)
        if not _van_brings(self.problem, order):
            bases = frozenset()
        if all(answer.feasible for answer in answers.values()):
            return Door(bases, self._alike.setdefault(tuple(answers.items()), answers))
        return Door(bases, answers)

    def _answer(self, context: Context, parcel: Order, kind: RouteType) -> Verdict:
        if not self.kept:
            return assess_route(context, parcel, kind)
        return context.verdicts.get((parcel, kind.type_id), lambda: assess_route(context, parcel, kind))

    def _of_types(self, able: frozenset[str], site: str | None, cut: frozenset[str]) -> Bases:
        """The vans of some types that stand at the site, or anywhere, but for where they are cut off."""
        key = (able, site, cut)
        if key not in self._bases:
            here = (base for base in self.problem.bases if base[0] in able and site in (None, base[1]))
            self._bases[key] = frozenset(base for base in here if base[1] not in cut)
        return self._bases[key]

    def way(self, order: int, door: Door) -> DoorWay | None:
        """To the parcel's door by some of these vans; none where all are of a kind that is ruled out."""
        key = (door.bases, self.problem.excluded(order))
        if key not in self._ways:
            self._ways[key] = _door_way(self.problem, *key)
        return self._ways[key]


def _cut_off(problem: Problem, sites: Iterable[str], order: int) -> Verdict:
    """Why streets lead to a parcel, or back, from none of the sites."""
    network, door = problem.snapshot.context.network, problem.orders[order].place
    ends = [(problem.site(site_id).place, door) for site_id in sorted(sites)]
    gaps = (network.gap(a, b, "drive") for start, end in ends for a, b in ((start, end), (end, start)))
    return no_way(next((gap for gap in gaps if gap is not None), None))


def _locker_ways(
    problem: Problem, orders: Sequence[int], late: Late
) -> tuple[dict[int, list[LockerWay]], frozenset[int]]:
    """For each of these parcels the nearest lockers that take it, nearest first; the parcels that time was up before
    it was asked about."""
    if late():
        open_ones = any(any(station.free.values()) for station in problem.stations.values())
        return {}, frozenset(orders if open_ones else ())
    ways, unasked, near = dict[int, list[LockerWay]](), set[int](), near_lockers(problem, orders)
    for order in orders:
        if order in near and late():
            unasked.add(order)
        elif order in near:
            ways[order] = locker_ways(problem, order, near[order])
    return ways, frozenset(unasked)


def locker_ways(problem: Problem, order: int, near: Iterable[str]) -> list[LockerWay]:
    """The ways into these lockers that are possible, the cheapest first, as many as are looked at."""
    found = [way for at in near if (way := locker_way(problem, order, at)) is not None]
    return sorted(found, key=lambda way: (way.fee, way.walk_m, way.locker_id))[:LOCKERS_PER_PARCEL]


def near_lockers(problem: Problem, orders: Sequence[int]) -> dict[int, list[str]]:
    """Of each of these parcels that has some the nearest lockers of each type that are not full."""
    by_type: dict[str, list[str]] = defaultdict(list)
    for locker_id, station in problem.stations.items():
        if any(station.free.values()):
            by_type[station.type.type_id].append(locker_id)
    found: dict[int, list[str]] = defaultdict(list)
    for type_id, locker_ids in sorted(by_type.items()):
        for order, near in _near_of_type(problem, orders, type_id, locker_ids):
            found[order] += near
    return found


def _near_of_type(
    problem: Problem, orders: Sequence[int], type_id: str, locker_ids: Sequence[str]
) -> Iterator[tuple[int, list[str]]]:
    """Of each parcel that has some the nearest lockers of a type."""
    kind = problem.fleet.types[type_id]
    if not isinstance(kind, StationType):
        return
    lockers = [problem.locker(locker_id) for locker_id in locker_ids]
    near: dict[int, list[tuple[float, int]]] = defaultdict(list)
    parcels = [problem.orders[order] for order in orders]
    for reach in prefilter_lockers(problem.snapshot.context, parcels, lockers, kind):
        near[orders[reach.order_index]].append((reach.walk_m, reach.locker_index))
    for order, found in sorted(near.items()):
        yield order, [locker_ids[index] for _, index in sorted(found)[:LOCKERS_PER_PARCEL]]


def locker_way(problem: Problem, order: int, locker_id: str) -> LockerWay | None:
    """The parcel's way into a locker; none where it may not wait there, or where the locker is none of the plan's."""
    station = problem.stations.get(locker_id)
    if station is None:
        return None
    answer = assess_locker(problem.snapshot.context, problem.orders[order], station.locker, station.type)
    if not answer.verdict.feasible or answer.size is None or answer.walk_m is None:
        return None
    fee = stay_fee(station, answer.walk_m)
    return LockerWay(station.type.kind, locker_id, answer.size, answer.walk_m, fee)


def _sortie_ways(
    problem: Problem,
    flights: Flights,
    orders: Sequence[int],
    lockers: Mapping[int, Sequence[LockerWay]],
    late: Late,
) -> dict[int, _Sorties]:
    """For each of these parcels the sorties that are feasible at some time, by pool; of a large problem those of the
    nearest parcels, as many as the machines may choose from."""
    if late():
        return dict.fromkeys(orders, _NO_SORTIES)
    ways, near = dict[int, _Sorties](), near_pools(problem, orders)
    time = None if problem.keeps_legs else MachineTime(problem)
    for order in orders if time is None else time.in_turn(near):
        pools = near[order] if time is None else time.free(near[order])
        if pools and late():
            ways[order] = _NO_SORTIES
            continue
        asked = ends(problem, pools, lockers.get(order, ()))
        found = (sortie_way(problem, flights, order, *end) for end in asked)
        possible = tuple(way for way in found if way is not None)
        if time is not None:
            time.take(possible)
        ways[order] = _Sorties(possible, nearer=_types(near[order]) - _types(pools))
    return ways


def _types(pools: Iterable[Pool]) -> frozenset[str]:
    return frozenset(pool.type.type_id for pool in pools)


def ends(
    problem: Problem, pools: Sequence[Pool], lockers: Sequence[LockerWay]
) -> list[tuple[Pool, LockerWay | None]]:
    """From where and where to it is asked about a parcel's sorties: to the door, and by air to the nearest port."""
    port = next((w for w in lockers if problem.locker(w.locker_id).drone_port), None)
    asked: list[tuple[Pool, LockerWay | None]] = [(pool, None) for pool in pools]
    if port is not None:
        asked += [(pool, port) for pool in pools if kind_of(pool.type.kind).needs_airspace][:1]
    return asked


def sortie_way(
    problem: Problem, flights: Flights, order: int, pool: Pool, locker: LockerWay | None, every_s: int = 1
) -> SortieWay | None:
    """A pool's way to a parcel's door, or to a locker's port; none where it is feasible at no time that was tried:
    ``every_s`` has them at whole minutes, say, of which the next plan may try the same."""
    trip = _some_trip(problem, flights, order, pool, locker.locker_id if locker else None, every_s)
    return None if trip is None else way_of(problem, pool, locker, trip)


def way_of(problem: Problem, pool: Pool, locker: LockerWay | None, trip: Trip) -> SortieWay:
    """A trip of a pool to a parcel's door, or to a locker's port, as a way."""
    out_s = round_up((trip.drop_at - trip.depart_at).total_seconds())
    away_s = round_up((trip.return_at - trip.depart_at).total_seconds())
    charge_s = round_up(_least_charge_s(trip))
    gone_s = round_up(pool.type.load_s) + away_s + round_up(pool.type.turnaround_s)
    cycle_s = gone_s + min(charge_s, _change_s(problem, pool, charge_s))
    fee = locker.fee if locker else 0.0
    cost, least = trip.cost + fee, least_cost(pool.type, trip) + fee
    away_least_s = pool.type.load_s + least_s(pool.type, trip) + pool.type.turnaround_s
    return SortieWay(
        pool.index, pool.type.kind, cost, cycle_s, charge_s, out_s, locker, gone_s, least, away_least_s
    )


def _change_s(problem: Problem, pool: Pool, charge_s: int) -> int:
    """How long a pack takes to change for one that lies at the site; as long as a charge where none does."""
    seconds = swap_s(pool.type)
    there = problem.fleet.spares_at(pool.type.type_id, pool.site.site_id)
    return charge_s if seconds is None or there == 0 else round_up(seconds)


def _least_charge_s(trip: Trip) -> float:
    """How long a charger is needed for each trip when one such follows the other, none with more than it needs."""
    if trip.charging is None:
        return float(NO_WAY_S)
    begins = min(1.0, max(KEPT_SOC, trip.needed_soc))
    return min(trip.charging.seconds(max(0.0, begins - trip.drawn_soc), begins), NO_WAY_S)


def _some_trip(
    problem: Problem, flights: Flights, order: int, pool: Pool, locker_id: str | None, every_s: int
) -> Trip | None:
    """A feasible trip early, in the middle or late in the time that suits the parcel.

    An answer that names the same obstacles twice does not depend on the time, as far as can be seen.
    """
    before: frozenset[str] | None = None
    for depart in _sample_departures(problem, order, pool, every_s):
        answer = flights.assess(order, pool, locker_id, depart)
        if answer.verdict.feasible:
            return answer.trip
        obstacles = frozenset(reason.code for reason in answer.verdict.reasons)
        if obstacles == before:
            return None
        before = obstacles
    return None


def _sample_departures(problem: Problem, order: int, pool: Pool, every_s: int) -> Iterator[int]:
    """Times at which the asset could be under way to the parcel, spread over its window."""
    due = problem.due[order]
    for opening in pool.open:
        first = max(earliest_departure(problem, order, pool, opening), due[0])
        last = min(opening[1], due[1])
        if first <= last:
            # Counted by the clock, not from the plan's beginning: then plans a minute apart have them in common.
            early_s = -(math.floor(problem.snapshot.at.timestamp()) + first) % every_s
            # Whoever is due soon can't spare that: the trip itself is to be over by then.
            if first + early_s + LEAST_LEFT * every_s <= last:
                first += early_s
            yield from dict.fromkeys(first + (last - first) * k // 4 for k in (0, 2, 1, 3))
