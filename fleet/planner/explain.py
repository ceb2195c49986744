"""Why: for each parcel what every other mode would have meant, what happens if its own fails, what would help."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from fleet.domain.fleet import AssetType, RouteType, SortieType, StationType
from fleet.domain.plan import Alternative, Fallback, ParcelPlan, Unassigned
from fleet.feasibility import Verdict, assess_locker, assess_route
from fleet.feasibility import planned as reasons
from fleet.planner.board import Board
from fleet.planner.candidates import LOCKERS_PER_PARCEL
from fleet.planner.flights import Flights, first_departure
from fleet.planner.insertion import Insertion, best_insertion, open_route
from fleet.planner.more import apart
from fleet.planner.nearby import Nearby
from fleet.planner.nearest import Finder, Nearest, Refused, when_asked
from fleet.planner.options import Options
from fleet.planner.prices import Prices
from fleet.planner.problem import Problem, Station
from fleet.planner.render import Served, Sheet
from fleet.planner.rivals import ESTIMATED, Rival, Rivals
from fleet.planner.running import RunningRoute
from fleet.planner.stop import Late, never
from fleet.planner.ways import LockerWay, Way, Ways
from fleet.protocol.options import Option, Status
from fleet.protocol.values import Reason, slim

UNASSIGNED = "unassigned"

FEW_LOCKERS = 60
"""Of so many lockers the nearest are found by sorting all."""

STATUS_ORDER = {Status.FEASIBLE: 0, Status.UNKNOWN: 1, Status.INFEASIBLE: 2}


def _no_time(kind: str) -> Reason:
    """What is said of a kind that time was up for."""
    return reasons.out_of_time(f"it was asked whether a {kind} may take it")


@dataclass(frozen=True)
class Explainer:
    """Answers for all parcels of one plan: ``board`` is the sheet's draft, ``prices`` are those of its tours."""

    problem: Problem
    ways: Sequence[Ways]
    flights: Flights
    prices: Prices
    sheet: Sheet
    board: Board
    late: Late = never
    """From then on what takes long is not asked any more, which the answers say."""
    settled: bool = True
    """Whether each parcel was offered all its ways."""
    stays: frozenset[int] = frozenset()
    """Parcels of drafts that stay as they are: why so was said when they were drafted."""
    tries: bool = True
    """Whether changes are tried for parcels that nobody brings; else it is said who does."""

    def parcel(self, order: int) -> ParcelPlan:
        """One parcel's part of the plan."""
        served = self.sheet.served.get(order)
        if served is not None and order in self.stays:
            return _part(self.problem.orders[order].order_id, served)
        mode, cost = (served.mode, served.cost) if served else (UNASSIGNED, 0.0)
        kinds = [kind for kind in self._kinds() if kind != mode]
        saving, rivals = self._rivals.of(order, kinds, cost)
        others = tuple(self._alternative(order, kind, rivals.get(kind)) for kind in kinds)
        order_id = self.problem.orders[order].order_id
        if served is None:
            return ParcelPlan(order_id=order_id, mode=UNASSIGNED, alternatives=others)
        if saving is None and self.board.choices[order] is None:
            saving = (
                served.cost
            )  # one that a van fetches is on no board: its insertion's cost is what it adds
        part = _part(order_id, served)
        fallback = self._fallback(others)
        return part.model_copy(update={"saving": saving, "alternatives": others, "fallback": fallback})

    def unassigned(self, order: int) -> Unassigned:
        """Why nobody brings the parcel, and the smallest change that would serve it, or who tells that."""
        found = tuple(r for kind in self._kinds() for r in self._hindrances(order, kind))
        nearest = (
            self.nearest(order) if self.tries else Nearest(when_asked(self.problem.orders[order].order_id))
        )
        if nearest.cut and not any(reason.code == "out_of_time" for reason in found):
            found += (reasons.out_of_time("a change that would serve it was found"),)
        order_id = self.problem.orders[order].order_id
        return slim(Unassigned(order_id=order_id, reasons=found, nearest_change=nearest.text))

    def options(self, order: int) -> tuple[Option, ...]:
        """Every way of the parcel: each locker, and each site's types."""
        return Options(self.board, self.flights, self._rivals).of(order)

    def nearest(self, order: int) -> Nearest:
        """What was tried for a parcel that nobody brings, and would serve it."""
        return self._finder.of(order)

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self.board, self._refusals, self.late, self.settled)

    def _refusals(self, order: int) -> Iterator[Refused]:
        """What each type of the fleet that would not take the parcel by itself says; lockers one by one."""
        context, parcel = self.problem.snapshot.context, self.problem.orders[order]
        for kind in self.problem.fleet.types.values():
            if kind.kind in self.problem.excluded(order):
                yield Refused(kind, (reasons.tried_before(kind.kind),))
                continue
            match kind:
                case StationType():
                    for one in self._lockers_near(order, kind)[:LOCKERS_PER_PARCEL]:
                        answer = assess_locker(context, parcel, one.locker, kind).verdict
                        yield Refused(kind, answer.reasons, one.locker.locker_id)
                case RouteType():
                    yield Refused(kind, assess_route(context, parcel, kind).reasons)
                case SortieType():
                    verdict = self._type_verdict(order, kind)
                    yield Refused(kind, () if verdict is None else verdict.reasons)

    def _kinds(self) -> tuple[str, ...]:
        """Every kind that the fleet has a type of; a fleet without types has at least no van."""
        return tuple(self._types) or ("van",)

    @cached_property
    def _types(self) -> dict[str, list[AssetType]]:
        """The fleet's types by kind."""
        found: dict[str, list[AssetType]] = {}
        for one in self.problem.fleet.types.values():
            found.setdefault(one.kind, []).append(one)
        return dict(sorted(found.items()))

    @cached_property
    def _rivals(self) -> Rivals:
        return Rivals(self.board, self.prices, self._insertion_reasons, self.late, self.settled)

    def _alternative(self, order: int, kind: str, rival: Rival | None) -> Alternative:
        if rival is not None:
            cost, why = rival.cost, rival.reasons
            return Alternative(mode=kind, verdict=Status.FEASIBLE, cost=cost, reasons=why)
        verdict = self._verdict(order, kind)
        said = (self._said_unasked.get((kind, why)) for why in (_no_time, reasons.nearer_first))
        shared = (alike for answer, alike in filter(None, said) if answer is verdict)
        return next(shared, None) or _not_feasible(kind, verdict)

    def _ways(self, order: int, kind: str) -> list[Way]:
        return [way for way in self.ways[order].all if way.mode == kind]

    def _verdict(self, order: int, kind: str) -> Verdict:
        """Why the kind has no way for the parcel: the answer of the type that comes nearest."""
        if kind in self.problem.excluded(order):
            return Verdict(Status.INFEASIBLE, (reasons.tried_before(kind),))
        asked = (self._type_verdict(order, t) for t in self._types.get(kind, ()))
        answers = [answer for answer in asked if answer is not None]
        if not answers:
            return self._nobody(kind)
        return min(answers, key=lambda v: (STATUS_ORDER[v.status], len(v.reasons)))

    def _nobody(self, kind: str) -> Verdict:
        """None of the kind could be planned: there is none, or too little is known of those that there are."""
        types = {t.type_id for t in self._types.get(kind, ())}
        passed = [one for one in self.problem.snapshot.passed_over if one.type_id in types]
        if not passed:
            return Verdict(Status.INFEASIBLE, (reasons.no_asset(kind),))
        return Verdict(Status.UNKNOWN, tuple(r for one in passed[:MOST_NAMED] for r in one.reasons))

    def _type_verdict(self, order: int, asset_type: AssetType) -> Verdict | None:
        """The type's answer; none where there is none of it. Once it is late the same to all parcels, but for what is
        known already."""
        if asset_type.type_id not in self._present:
            return None
        if asset_type.type_id in self.ways[order].nearer:
            return self._unasked(asset_type.kind, reasons.nearer_first)
        match asset_type:
            case RouteType():
                return self._route_verdict(order, asset_type)
            case SortieType() if not self.late():
                return self._sortie_verdict(order, asset_type)
            case StationType() if not self.late() and self.ways[order].asked:
                return self._locker_verdict(order, asset_type)
        return self._unasked(asset_type.kind)

    @cached_property
    def _present(self) -> frozenset[str]:
        """The types that there are pools, lockers or vans of."""
        pools, vans = ({one.type.type_id for one in some} for some in (self.problem.pools, self.problem.vans))
        return frozenset(pools | vans | {one.type.type_id for one in self.problem.stations.values()})

    def _unasked(self, kind: str, why: Callable[[str], Reason] = _no_time) -> Verdict:
        said = (kind, why)
        if said not in self._said_unasked:
            verdict = Verdict(Status.UNKNOWN, (why(kind),))
            self._said_unasked[said] = verdict, _not_feasible(kind, verdict)
        return self._said_unasked[said][0]

    @cached_property
    def _said_unasked(self) -> dict[tuple[str, Callable[[str], Reason]], tuple[Verdict, Alternative]]:
        """By kind and why; one object for all parcels, since they may be very many."""
        return {}

    def _sortie_verdict(self, order: int, asset_type: SortieType) -> Verdict:
        """The exact answer from the nearest site, as early as the parcel's window allows."""
        pools = [pool for pool in self.problem.pools if pool.type.type_id == asset_type.type_id]
        standing = self.problem.standing(order)
        here = [pool for pool in pools if standing in (None, pool.site.site_id)]
        if pools and not here and standing is not None:
            return _no(reasons.elsewhere(asset_type.kind, standing))
        if not self.ways[order].asked:
            return self._unasked(asset_type.kind)
        place = self.problem.orders[order].place
        pool = min(here, key=lambda p: (apart(p.site.place, place), p.index))
        verdict = self.flights.assess(order, pool, None, first_departure(self.problem, order, pool)).verdict
        if verdict.feasible:
            return _no(
                reasons.no_room(asset_type.kind, f"no departure from {pool.site.site_id} suits the window")
            )
        return verdict

    def _locker_verdict(self, order: int, asset_type: StationType) -> Verdict:
        """The exact answer of the nearest locker; where it is a yes, what is full there, or that nobody fills it."""
        context, locker = self.problem.snapshot.context, self._lockers_near(order, asset_type)[0].locker
        answer = assess_locker(context, self.problem.orders[order], locker, asset_type)
        if not answer.verdict.feasible or answer.size is None:
            return answer.verdict
        way = LockerWay(asset_type.kind, locker.locker_id, answer.size, answer.walk_m, 0.0)
        if not self.board.compartments.room(way):
            what = f"{way.locker_id} has no compartment left for a {way.size} parcel"
        else:
            what = f"no van that may carry it comes to {way.locker_id}"
        return _no(reasons.no_room(asset_type.kind, what))

    def _lockers_near(self, order: int, asset_type: StationType) -> list[Station]:
        """The lockers of a type, the nearest first."""
        place = self.problem.orders[order].place
        stations, nearby = self._of_type.get(asset_type.type_id, ([], Nearby(())))
        near = nearby.nearest(place, LOCKERS_PER_PARCEL) if len(stations) > FEW_LOCKERS else ()
        if near:
            return [stations[number] for number in near]
        return sorted(stations, key=lambda s: (apart(s.locker.place, place), s.locker.locker_id))

    @cached_property
    def _of_type(self) -> dict[str, tuple[list[Station], Nearby]]:
        """The lockers of each type; of a large problem few of them are looked at for each parcel."""
        found: dict[str, list[Station]] = {}
        for one in self.problem.stations.values():
            found.setdefault(one.type.type_id, []).append(one)
        return {name: (some, Nearby([one.locker.place for one in some])) for name, some in found.items()}

    def _route_verdict(self, order: int, asset_type: RouteType) -> Verdict:
        """The static answer; where it is a yes, the parcel stands where no such van starts."""
        verdict = self.ways[order].verdicts.get(asset_type.type_id)
        if verdict is None:
            return self._unasked(asset_type.kind)
        standing = self.problem.standing(order)
        if verdict.feasible and standing is not None:
            return _no(reasons.elsewhere(asset_type.kind, standing))
        return verdict

    def _fallback(self, others: Iterable[Alternative]) -> Fallback:
        """The cheapest other mode that has room; without one, the next day's vans."""
        feasible = [a for a in others if a.verdict is Status.FEASIBLE and not _is_full(a)]
        if not feasible:
            return Fallback(mode="van", detail="no other mode can take it: on a van's route of the next day")
        best = min(feasible, key=lambda a: (ESTIMATED in a.reasons, a.cost or 0.0, a.mode))
        money = f"about {best.cost:.2f} {self.problem.fleet.currency}"
        room = ", if there is room" if ESTIMATED in best.reasons else ""
        return Fallback(mode=best.mode, detail=f"by {best.mode} instead{room}, {money}")

    def _hindrances(self, order: int, kind: str) -> tuple[Reason, ...]:
        """What keeps one kind from bringing a parcel: by itself, or beside all the others."""
        ways = self._ways(order, kind)
        if ways:
            return self._full(order, kind, ways[0])
        idle = self._idle_type(order, kind)
        if idle is not None:
            return (reasons.no_asset(idle),)
        found = self._verdict(order, kind).reasons
        if self._is_route(kind) and any(r.code == "stands_elsewhere" for r in found):
            return self._insertion_reasons(order)
        return found

    def _idle_type(self, order: int, kind: str) -> str | None:
        """A type of route vehicle that could carry the parcel, if only there were one that is free."""
        context, parcel = self.problem.snapshot.context, self.problem.orders[order]
        types = (t for t in self._types.get(kind, ()) if isinstance(t, RouteType))
        missing = [t for t in types if t.type_id not in self._present]
        if not missing or self.late() or kind in self.problem.excluded(order):
            return None
        return next((t.type_id for t in missing if assess_route(context, parcel, t).feasible), None)

    def _is_route(self, kind: str) -> bool:
        return any(isinstance(t, RouteType) for t in self.problem.fleet.of_kind(kind))

    def _full(self, order: int, kind: str, way: Way) -> tuple[Reason, ...]:
        """There is a way, but no room for it beside the other parcels, or no time to find any."""
        # Once every parcel was offered its ways, nobody is left whom there is room for, however the draft was made.
        unasked = self.sheet.draft.cut or not self.problem.keeps_legs
        if self.late() or (unasked and not self.settled):
            return (reasons.out_of_time(f"it was given to a {kind}"),)
        return self._rivals.why_full(order, way)

    @cached_property
    def _running(self) -> list[RunningRoute]:
        """The plan's routes as insertion wants them; each works its stops out once for all parcels."""
        vans = {van.slot.asset_id: van for van in self.problem.vans}
        return [self.sheet.running(route, vans[route.asset_id]) for route in self.sheet.routes]

    @cached_property
    def _asked(self) -> dict[int, tuple[Reason, ...]]:
        return {}

    def _insertion_reasons(self, order: int) -> tuple[Reason, ...]:
        """What each present route, and a new one, answers; asked once."""
        if self.late():
            return (reasons.out_of_time("vans' routes were asked"),)
        if order not in self._asked:
            self._asked[order] = self._asked_of_routes(order)
        return self._asked[order]

    def _asked_of_routes(self, order: int) -> tuple[Reason, ...]:
        """Each kind of reason once, the least first."""
        may = {v.slot.asset_id for v in self.problem.vans if v.base in self.ways[order].bases}
        routes = [(running, 0) for running in self._running if running.route.asset_id in may]
        context, at = self.problem.snapshot.context, self.problem.snapshot.at
        parcel = self.problem.orders[order]
        answers = [best_insertion(routes, parcel, context.network, at=at)] if routes else []
        found = [r for a in answers if isinstance(a, Verdict) for r in a.reasons]
        used = {r.asset_id for r in self.sheet.routes}
        for van in [v for v in self.problem.vans if v.slot.asset_id in may - used][:1]:
            opened = open_route(self.sheet.free(van), parcel, context.network, at=at, route_id="new")
            found += opened.reasons if not isinstance(opened, Insertion) else ()
        return _distinct(found) or (reasons.no_room("van", "no van has time or room left"),)


def _part(order_id: str, served: Served) -> ParcelPlan:
    """By whom a parcel is brought, when and for how much; without what else could be."""
    return ParcelPlan(
        order_id=order_id,
        mode=served.mode,
        asset_id=served.asset_id,
        locker_id=served.locker_id,
        eta=served.eta.at,
        eta_low=served.eta.low,
        eta_high=served.eta.high,
        late_s=served.late_s or None,
        cost=served.cost,
    )


def _not_feasible(kind: str, verdict: Verdict) -> Alternative:
    return Alternative(mode=kind, verdict=verdict.status, cost=None, reasons=verdict.reasons)


MOST_NAMED = 3
"""So many of those that were passed over are named to each parcel: it is the same for all of them."""


def _distinct(found: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each code once, with its smallest figure."""
    by_code: dict[str, Reason] = {}
    for reason in sorted(found, key=lambda r: r.actual if isinstance(r.actual, float) else 0.0):
        by_code.setdefault(reason.code, reason)
    return tuple(by_code.values())


def _is_full(other: Alternative) -> bool:
    """Whether it could serve the parcel by itself, but not beside all the others."""
    return any(reason.code not in ("no_gain", "out_of_time") for reason in other.reasons)


def _no(reason: Reason) -> Verdict:
    return Verdict(Status.INFEASIBLE, (reason,))
