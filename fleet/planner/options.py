"""Every way of one parcel in the finished plan: each locker, each site's drones and robots, each site's vans, with what
it would cost there or why not. Worked out for those that are asked about, since there are many for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from fleet.domain.fleet import SortieType
from fleet.feasibility import assess_locker, planned
from fleet.planner.board import Board
from fleet.planner.candidates import sortie_way
from fleet.planner.flights import Flights, first_departure
from fleet.planner.more import apart
from fleet.planner.problem import Pool, Problem, Station, stay_fee
from fleet.planner.rivals import Rivals
from fleet.planner.seats import Seat
from fleet.planner.visits import door_visit
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Way
from fleet.protocol.options import Option, Status
from fleet.protocol.values import Place, Reason

MOST_REFUSED = 6
"""Of each type so many lockers that can't take the parcel are named, the nearest; of those that can, all."""

MOST_SITES = 6
"""Of each type of drone or robot so many sites are asked, the nearest."""


@dataclass(frozen=True)
class Options:
    """Answers about the parcels of a settled board."""

    board: Board
    flights: Flights
    rivals: Rivals

    @property
    def problem(self) -> Problem:
        """What is planned."""
        return self.board.problem

    def of(self, order: int) -> tuple[Option, ...]:
        """All ways of the parcel: the one that it goes, then those that could serve it, the cheapest first.

        A site's assets of one type that differ in health or pace have ways of their own; those that read alike are one.
        """
        seat = self.board.lift(order)
        found = [*self._lockers(order, seat), *self._sorties(order, seat), *self._vans(order, seat)]
        self.board.put(order, seat)
        return tuple(sorted(dict.fromkeys(found), key=_rank))

    # --- lockers -----------------------------------------------------------------------------------------------------

    def _lockers(self, order: int, seat: Seat) -> Iterator[Option]:
        refused: dict[str, int] = {}
        place = self.problem.orders[order].place
        for station in sorted(self.problem.stations.values(), key=lambda one: _away(one, place)):
            one = self._locker(order, station, seat)
            if one.verdict is Status.FEASIBLE:
                yield one
            elif refused.setdefault(one.type_id, 0) < MOST_REFUSED:
                refused[one.type_id] += 1
                yield one

    def _locker(self, order: int, station: Station, seat: Seat) -> Option:
        """Filled by a van; a drone to its port is a way of the drone's site."""
        kind, name = station.type, station.locker.locker_id
        barred = self._barred(order, kind.kind, f"locker:{name}")
        if barred:
            return Option(
                mode=kind.kind,
                type_id=kind.type_id,
                locker_id=name,
                verdict=Status.INFEASIBLE,
                reasons=barred,
            )
        answer = assess_locker(
            self.problem.snapshot.context, self.problem.orders[order], station.locker, kind
        )
        if not answer.verdict.feasible or answer.size is None or answer.walk_m is None:
            said = answer.verdict
            return Option(
                mode=kind.kind,
                type_id=kind.type_id,
                locker_id=name,
                verdict=said.status,
                reasons=said.reasons,
            )
        if not self.board.ways[order].bases:
            none = (planned.no_room(kind.kind, f"no van that may carry it comes to {name}"),)
            return Option(
                mode=kind.kind, type_id=kind.type_id, locker_id=name, verdict=Status.INFEASIBLE, reasons=none
            )
        way = LockerWay(kind.kind, name, answer.size, answer.walk_m, stay_fee(station, answer.walk_m))
        cost, why = self._cost(order, way, seat)
        return Option(
            mode=kind.kind,
            type_id=kind.type_id,
            locker_id=name,
            verdict=Status.FEASIBLE,
            cost=cost,
            reasons=why,
            chosen=isinstance(seat.way, LockerWay) and seat.way.locker_id == name,
        )

    # --- drones and robots -------------------------------------------------------------------------------------------

    def _sorties(self, order: int, seat: Seat) -> Iterator[Option]:
        """From each site to the door; and into a locker's port, where that was found."""
        place, asked = self.problem.orders[order].place, defaultdict[str, set[str]](set)
        for pool in sorted(self.problem.pools, key=lambda one: (apart(one.site.place, place), one.index)):
            known = [way for way in self.board.ways[order].sorties if way.pool == pool.index]
            yield from (self._sortie(order, pool, way, seat) for way in known)
            sites = asked[pool.type.type_id]
            sites.add(pool.site.site_id)
            if all(way.locker is not None for way in known) and len(sites) <= MOST_SITES:
                yield self._unknown(order, pool, seat)

    def _unknown(self, order: int, pool: Pool, seat: Seat) -> Option:
        """From a site that was not asked about, or from which there was no way."""
        standing = self.problem.standing(order)
        why = self._barred(order, pool.type.kind)
        if not why and standing not in (None, pool.site.site_id):
            why = (planned.elsewhere(pool.type.kind, standing or ""),)
        way = None if why else sortie_way(self.problem, self.flights, order, pool, None)
        if way is not None:
            return self._sortie(order, pool, way, seat)
        status = Status.INFEASIBLE
        if not why:
            departs = first_departure(self.problem, order, pool)
            said = self.flights.assess(order, pool, None, departs).verdict
            status, why = said.status, said.reasons
        if status is Status.FEASIBLE:
            status, why = Status.INFEASIBLE, (planned.no_departure(pool.type.kind, pool.site.site_id),)
        return _of_site(pool.type, pool.site.site_id, status, why)

    def _sortie(self, order: int, pool: Pool, way: SortieWay, seat: Seat) -> Option:
        cost, why = self._cost(order, way, seat)
        found = _of_site(pool.type, pool.site.site_id, Status.FEASIBLE, why)
        locker_id = None if way.locker is None else way.locker.locker_id
        own = isinstance(seat.way, SortieWay) and (seat.way.pool, seat.way.locker) == (way.pool, way.locker)
        return found.model_copy(update={"locker_id": locker_id, "cost": cost, "chosen": own})

    # --- vans --------------------------------------------------------------------------------------------------------

    def _vans(self, order: int, seat: Seat) -> Iterator[Option]:
        """To the door, by each type from each site that vans start from."""
        ways, standing = self.board.ways[order], self.problem.standing(order)
        for type_id, site_id in sorted(self.problem.bases):
            kind = self.problem.fleet.types[type_id].kind
            base, why = (type_id, site_id), self._barred(order, kind)
            said = ways.verdicts.get(type_id)
            if base not in ways.bases or why:
                status = said.status if said is not None and not said.feasible else Status.INFEASIBLE
                refused = why or (said.reasons if said is not None else ())
                if not refused and standing not in (None, site_id):
                    refused = (planned.elsewhere(kind, standing or ""),)
                yield Option(mode=kind, type_id=type_id, site_id=site_id, verdict=status, reasons=refused)
                continue
            own = isinstance(seat.way, DoorWay) and seat.tour is not None and seat.tour.van.base == base
            cost, why = (seat.cost, ()) if own else self._by_van(order, DoorWay(kind, frozenset((base,))))
            yield Option(
                mode=kind,
                type_id=type_id,
                site_id=site_id,
                verdict=Status.FEASIBLE,
                cost=max(0.0, cost),
                reasons=why,
                chosen=own,
            )

    def _by_van(self, order: int, way: DoorWay) -> tuple[float, tuple[Reason, ...]]:
        """The cheapest place in a route of such a van, or in a new one; where there is none, why."""
        visit = door_visit(self.problem, order, way.bases)
        seats = [*self.board.stops(way, visit, 0.0, float("inf"))]
        joined = self.board.offer(order, way)
        if joined is not None and joined.tour is not None and joined.tour.van.base in way.bases:
            seats.append(joined)
        if seats:
            return min(seat.cost for seat in seats), ()
        return self.rivals.usual(order, way), self.rivals.why_full(order, way)

    # --- all ---------------------------------------------------------------------------------------------------------

    def _cost(self, order: int, way: Way, seat: Seat) -> tuple[float, tuple[Reason, ...]]:
        """What a way adds to the plan without the parcel, or usually would, and why there is no room for it."""
        if way == seat.way:
            return max(0.0, seat.cost), ()
        offer = self.board.offer(order, way)
        if offer is not None:
            return max(0.0, offer.cost), ()
        return max(0.0, self.rivals.usual(order, way)), self.rivals.why_full(order, way)

    def _barred(self, order: int, *names: str) -> tuple[Reason, ...]:
        """That a mode, or a locker, was tried before and failed."""
        excluded = self.problem.excluded(order)
        return tuple(planned.tried_before(name) for name in names if name in excluded)


def _of_site(kind: SortieType, site_id: str, status: Status, why: tuple[Reason, ...]) -> Option:
    return Option(mode=kind.kind, type_id=kind.type_id, site_id=site_id, verdict=status, reasons=why)


def _away(station: Station, place: Place) -> tuple[float, str]:
    return apart(station.locker.place, place), station.locker.locker_id


def _rank(option: Option) -> tuple[bool, bool, bool, float, tuple[str, ...]]:
    """The chosen one, then those that there is room for, those that there is not, and those that can't be."""
    feasible = option.verdict is Status.FEASIBLE
    name = (option.mode, option.type_id, option.site_id or "", option.locker_id or "")
    return not option.chosen, not feasible, bool(option.reasons), option.cost or 0.0, name
