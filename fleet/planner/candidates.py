"""For each parcel every way to serve it: a quick conservative sieve over all, then the exact question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fleet.domain.fleet import StationType
from fleet.feasibility import (
    Trip,
    Verdict,
    assess_locker,
    assess_route,
    order_columns,
    prefilter_lockers,
    prefilter_sorties,
)
from fleet.feasibility.charging import swap_s
from fleet.feasibility.gaps import no_way
from fleet.feasibility.least import least_cost, least_s
from fleet.kinds import kind_of
from fleet.planner.asdrafted import DraftedSortie, drafted_sorties
from fleet.planner.flights import Flights, earliest_departure, round_up
from fleet.planner.problem import NO_WAY_S, Pool, Problem, stay_fee
from fleet.planner.refills import KEPT_SOC
from fleet.planner.stop import Late, never
from fleet.planner.visits import Bases
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Ways

LOCKERS_PER_PARCEL = 6
"""The nearest lockers that are looked at; the walk limit seldom leaves more."""

POOLS_PER_PARCEL = 2
"""The nearest pools of each type that are asked exactly."""

FARTHER = 1.6
"""A pool that lies more than so many times as far as the nearest one is not asked."""


def find_ways(
    problem: Problem, flights: Flights, late: Late = never, *, sorties: bool = True
) -> tuple[Ways, ...]:
    """Every parcel's ways, in the order of the parcels: doors, then lockers, then sorties (if they are wanted), each of
    the parcels first that it is dearest to leave. Those that are not come to before it is late are not asked for, but
    for parcels that are drafted: whether their sorties hold is asked at their own times, first of all."""
    drafted = {order_id for one in problem.snapshot.drafted for order_id in one.order_ids}
    sure = frozenset(o for o, order in enumerate(problem.orders) if order.order_id in drafted)
    asking = _Doors(problem)
    doors = asking.of_all(sure, late)
    lockers, unasked = _locker_ways(problem, sure, late)
    trips = _sortie_ways(problem, flights, lockers, late if sorties else _already)
    return tuple(
        _ways(asking, o, doors[o], lockers[o], trips[o], cut=o in unasked or doors[o] is NOT_ASKED)
        for o in range(len(problem.orders))
    )


def _already() -> bool:
    """Late from the beginning."""
    return True


@dataclass(frozen=True)
class _Door:
    bases: Bases
    verdicts: Mapping[str, Verdict]


NOT_ASKED = _Door(frozenset(), {})
"""Of a parcel that was not come to in time."""


@dataclass(frozen=True)
class _Sorties:
    ways: tuple[SortieWay, ...]
    asked: bool = True
    """Whether all were asked about, or the drafted one alone."""


_NO_SORTIES = _Sorties((), asked=False)


def _ways(
    asking: _Doors,
    order: int,
    door: _Door,
    lockers: Sequence[LockerWay],
    sorties: _Sorties,
    *,
    cut: bool,
) -> Ways:
    """All of one parcel; `cut`: time was up before its door or its lockers were asked about."""
    problem, barred = asking.problem, asking.problem.excluded(order)
    by_van = door.bases if _van_brings(problem, order) else frozenset()
    kept_lockers = tuple(w for w in lockers if by_van and barred.isdisjoint((w.mode, _at(w.locker_id))))
    kept_sorties = tuple(w for w in sorties.ways if barred.isdisjoint((w.mode, w.kind, *_ports(w))))
    to_door = asking.way(by_van, barred)
    return Ways(kept_sorties, kept_lockers, to_door, door.verdicts, asked=sorties.asked and not cut)


def _at(locker_id: str) -> str:
    """How a locker is named among what is ruled out for a parcel."""
    return f"locker:{locker_id}"


def _ports(way: SortieWay) -> tuple[str, ...]:
    return () if way.locker is None else (_at(way.locker.locker_id),)


def _door_way(problem: Problem, bases: Bases, barred: frozenset[str]) -> DoorWay | None:
    kinds = {type_id: problem.fleet.types[type_id].kind for type_id, _ in bases}
    allowed = frozenset(base for base in bases if kinds[base[0]] not in barred)
    return DoorWay(min(kinds[t] for t, _ in allowed), allowed) if allowed else None


def _van_brings(problem: Problem, order: int) -> bool:
    """Whether some van starts where the parcel stands; otherwise one must fetch it on its way."""
    site = problem.standing(order)
    return site is None or any(base[1] == site for base in problem.bases)


@dataclass
class _Doors:
    """What vans answer about one parcel after the other. Equal answers are one object: where depots and parcels are
    many, each would be large."""

    problem: Problem
    _bases: dict[tuple[frozenset[str], str | None, frozenset[str]], Bases] = field(default_factory=dict)
    _alike: dict[tuple[tuple[str, Verdict], ...], Mapping[str, Verdict]] = field(default_factory=dict)
    _ways: dict[tuple[Bases, frozenset[str]], DoorWay | None] = field(default_factory=dict)

    def of_all(self, sure: frozenset[int], late: Late) -> list[_Door]:
        """Each parcel's door: those that are sure, and of the others what there is time for."""
        found = [NOT_ASKED] * len(self.problem.orders)
        for order in self.problem.dearest_first(range(len(found))):
            if order in sure or not late():
                found[order] = self.of(order)
        return found

    def of(self, order: int) -> _Door:
        """The vans that may carry the parcel, and what each type of van answered."""
        context, parcel = self.problem.snapshot.context, self.problem.orders[order]
        answers = {t.type_id: assess_route(context, parcel, t) for t in self.problem.route_types}
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
        if all(answer.feasible for answer in answers.values()):
            return _Door(bases, self._alike.setdefault(tuple(answers.items()), answers))
        return _Door(bases, answers)

    def _of_types(self, able: frozenset[str], site: str | None, cut: frozenset[str]) -> Bases:
        """The vans of some types that stand at the site, or anywhere, but for where they are cut off."""
        key = (able, site, cut)
        if key not in self._bases:
            here = (base for base in self.problem.bases if base[0] in able and site in (None, base[1]))
            self._bases[key] = frozenset(base for base in here if base[1] not in cut)
        return self._bases[key]

    def way(self, bases: Bases, barred: frozenset[str]) -> DoorWay | None:
        """To the door by some of these vans; none where all are of a kind that is ruled out."""
        key = (bases, barred)
        if key not in self._ways:
            self._ways[key] = _door_way(self.problem, bases, barred)
        return self._ways[key]


def _cut_off(problem: Problem, sites: Iterable[str], order: int) -> Verdict:
    """Why streets lead to a parcel, or back, from none of the sites."""
    network, door = problem.snapshot.context.network, problem.orders[order].place
    ends = [(problem.site(site_id).place, door) for site_id in sorted(sites)]
    gaps = (network.gap(a, b, "drive") for start, end in ends for a, b in ((start, end), (end, start)))
    return no_way(next((gap for gap in gaps if gap is not None), None))


def _locker_ways(
    problem: Problem, sure: frozenset[int], late: Late
) -> tuple[list[list[LockerWay]], frozenset[int]]:
    """For each parcel the nearest lockers that take it, nearest first; the parcels that time was up before it was asked
    about, of which none is among those that are sure to be asked."""
    ways: list[list[LockerWay]] = [[] for _ in problem.orders]
    if late() and not sure:
        open_ones = any(any(station.free.values()) for station in problem.stations.values())
        return ways, frozenset(range(len(ways)) if open_ones else ())
    near, unasked = _near_lockers(problem), set[int]()
    for order in problem.dearest_first(sorted(near)):
        if order not in sure and late():
            unasked.add(order)
            continue
        found = [way for at in near[order] if (way := _locker_way(problem, order, at)) is not None]
        ways[order] = sorted(found, key=lambda way: (way.fee, way.walk_m, way.locker_id))[:LOCKERS_PER_PARCEL]
    return ways, frozenset(unasked)


def _near_lockers(problem: Problem) -> dict[int, list[str]]:
    """Of each parcel that has some the nearest lockers of each type that are not full."""
    by_type: dict[str, list[str]] = defaultdict(list)
    for locker_id, station in problem.stations.items():
        if any(station.free.values()):
            by_type[station.type.type_id].append(locker_id)
    found: dict[int, list[str]] = defaultdict(list)
    for type_id, locker_ids in sorted(by_type.items()):
        for order, near in _near_of_type(problem, type_id, locker_ids):
            found[order] += near
    return found


def _near_of_type(
    problem: Problem, type_id: str, locker_ids: Sequence[str]
) -> Iterator[tuple[int, list[str]]]:
    """Of each parcel that has some the nearest lockers of a type."""
    kind = problem.fleet.types[type_id]
    if not isinstance(kind, StationType):
        return
    lockers = [problem.locker(locker_id) for locker_id in locker_ids]
    near: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for reach in prefilter_lockers(problem.snapshot.context, problem.orders, lockers, kind):
        near[reach.order_index].append((reach.walk_m, reach.locker_index))
    for order, found in sorted(near.items()):
        yield order, [locker_ids[index] for _, index in sorted(found)[:LOCKERS_PER_PARCEL]]


def _locker_way(problem: Problem, order: int, locker_id: str) -> LockerWay | None:
    station = problem.stations[locker_id]
    answer = assess_locker(problem.snapshot.context, problem.orders[order], station.locker, station.type)
    if not answer.verdict.feasible or answer.size is None or answer.walk_m is None:
        return None
    fee = stay_fee(station, answer.walk_m)
    return LockerWay(station.type.kind, locker_id, answer.size, answer.walk_m, fee)


def _sortie_ways(
    problem: Problem, flights: Flights, lockers: Sequence[Sequence[LockerWay]], late: Late
) -> list[_Sorties]:
    """For each parcel the sorties that are feasible at some time, by pool; the drafted one alone where it was late
    before."""
    drafted, ways = drafted_sorties(problem), [_NO_SORTIES] * len(problem.orders)
    near = _near_pools(problem) if not late() else [None] * len(problem.orders)
    for order in problem.dearest_first(range(len(ways))):
        own, pools = drafted.get(order), near[order]
        kept = None if own is None else _as_drafted(problem, flights, own, lockers[order])
        cut = pools is None or (bool(pools) and late())
        asked = [] if cut or pools is None else _ends(problem, pools, lockers[order])
        found = (sortie_way(problem, flights, order, *end) for end in asked if not _is_same(kept, end))
        all_ways = tuple(way for way in (kept, *found) if way is not None)
        ways[order] = _Sorties(all_ways, asked=not cut)
    return ways


def _ends(
    problem: Problem, pools: Sequence[Pool], lockers: Sequence[LockerWay]
) -> list[tuple[Pool, LockerWay | None]]:
    """From where and where to it is asked about a parcel's sorties: to the door, and by air to the nearest port."""
    port = next((w for w in lockers if problem.locker(w.locker_id).drone_port), None)
    asked: list[tuple[Pool, LockerWay | None]] = [(pool, None) for pool in pools]
    if port is not None:
        asked += [(pool, port) for pool in pools if kind_of(pool.type.kind).needs_airspace][:1]
    return asked


def _is_same(way: SortieWay | None, end: tuple[Pool, LockerWay | None]) -> bool:
    return way is not None and (way.pool, way.locker) == (end[0].index, end[1])


def _as_drafted(
    problem: Problem, flights: Flights, own: DraftedSortie, lockers: Sequence[LockerWay]
) -> SortieWay | None:
    """The way of a drafted sortie, as it is when that departs; none where it is not possible then."""
    locker = next((way for way in lockers if way.locker_id == own.locker_id), None)
    if own.locker_id is not None and locker is None:
        return None
    trips = (flights.trip(own.order, own.pool, own.locker_id, depart) for depart in own.departures)
    trip = next((trip for trip in trips if trip is not None), None)
    return None if trip is None else _way_of(problem, own.pool, locker, trip)


def _near_pools(problem: Problem) -> list[list[Pool]]:
    """For each parcel, by type, the nearest pools that the sieve leaves."""
    near: list[list[tuple[str, float, int]]] = [[] for _ in problem.orders]
    columns = order_columns(problem.orders)
    for pool in problem.pools:
        kept = prefilter_sorties(problem.snapshot.context, columns, pool.type, pool.site, problem.snapshot.at)
        away = np.hypot(columns.lon - pool.site.place.lon, columns.lat - pool.site.place.lat)
        for order in np.flatnonzero(kept).tolist():
            if problem.standing(order) in (None, pool.site.site_id):
                near[order].append((pool.type.type_id, float(away[order]), pool.index))
    return [_nearest_of_each_type(problem, found) for found in near]


def _nearest_of_each_type(problem: Problem, found: Sequence[tuple[str, float, int]]) -> list[Pool]:
    """The nearest pool of each type, and others that are hardly farther."""
    by_type: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for type_id, away, index in sorted(found):
        by_type[type_id].append((away, index))
    return [
        problem.pools[index]
        for near in by_type.values()
        for away, index in near[:POOLS_PER_PARCEL]
        if away <= FARTHER * near[0][0]
    ]


def sortie_way(
    problem: Problem, flights: Flights, order: int, pool: Pool, locker: LockerWay | None
) -> SortieWay | None:
    """A pool's way to a parcel's door, or to a locker's port; none where it is feasible at no time that was tried."""
    trip = _some_trip(problem, flights, order, pool, locker.locker_id if locker else None)
    return None if trip is None else _way_of(problem, pool, locker, trip)


def _way_of(problem: Problem, pool: Pool, locker: LockerWay | None, trip: Trip) -> SortieWay:
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
    problem: Problem, flights: Flights, order: int, pool: Pool, locker_id: str | None
) -> Trip | None:
    """A feasible trip early, in the middle or late in the time that suits the parcel.

    An answer that names the same obstacles twice does not depend on the time, as far as can be seen.
    """
    before: frozenset[str] | None = None
    for depart in _sample_departures(problem, order, pool):
        answer = flights.assess(order, pool, locker_id, depart)
        if answer.verdict.feasible:
            return answer.trip
        obstacles = frozenset(reason.code for reason in answer.verdict.reasons)
        if obstacles == before:
            return None
        before = obstacles
    return None


def _sample_departures(problem: Problem, order: int, pool: Pool) -> Iterator[int]:
    """Times at which the asset could be under way to the parcel, spread over its window."""
    due = problem.due[order]
    for opening in pool.open:
        first = max(earliest_departure(problem, order, pool, opening), due[0])
        last = min(opening[1], due[1])
        if first <= last:
            yield from dict.fromkeys(first + (last - first) * k // 4 for k in (0, 2, 1, 3))
