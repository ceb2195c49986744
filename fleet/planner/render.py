"""From a draft to the plan: routes, sorties and reservations with their ids, moments and money."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from fleet.domain.plan import (
    ChargeNeed,
    ChargePlan,
    LockerPlan,
    PathPoint,
    Reservation,
    RouteBreak,
    RoutePlan,
    RouteStop,
    SortieDrop,
    SortiePlan,
)
from fleet.feasibility.route_energy import RouteRange
from fleet.planner.breaks import Break
from fleet.planner.draft import Draft
from fleet.planner.insertion import FreeVan, Insertion, best_insertion, open_route
from fleet.planner.overdue import late_s
from fleet.planner.problem import Problem, Van, is_delivery
from fleet.planner.ranges import stated
from fleet.planner.running import RunningRoute, back_by
from fleet.planner.sorties import Sortie, Yard
from fleet.planner.split import tour_costs
from fleet.planner.stop import Late, never
from fleet.planner.tours import Tour
from fleet.planner.ways import LockerWay, Ways
from fleet.protocol.values import CompartmentSize, Order, TimeWindow, slim

LEG_SPREAD = 0.1
"""Share of the time since departure by which an arrival may be off."""

VAN_SPREAD_S = 180
"""And what a van's arrival may be off anyway."""


@dataclass(frozen=True, slots=True)
class Eta:
    """When a parcel arrives, and between which times that is to be expected."""

    at: datetime
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class Served:
    """How a parcel is served in the plan."""

    mode: str
    asset_id: str
    locker_id: str | None
    eta: Eta
    cost: float
    late_s: float = 0.0


@dataclass
class Sheet:
    """The plan's tables while they are filled."""

    draft: Draft
    ways: Sequence[Ways]
    plan_id: str
    sorties: list[SortiePlan] = field(default_factory=list)
    routes: list[RoutePlan] = field(default_factory=list)
    served: dict[int, Served] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    late: Late = never
    """From then on nothing is fetched any more."""

    @property
    def problem(self) -> Problem:
        """What is planned."""
        return self.draft.problem

    def fill(self) -> None:
        """Sorties, then tours, then parcels that a van must fetch where they stand."""
        for number, (order, sortie) in enumerate(sorted(self.draft.sorties.items()), 1):
            self._add_sortie(f"{self.plan_id}-S{number:04d}", order, sortie)
        tours = sorted(
            self.draft.routing.tours,
            key=lambda tour: (tour.van.slot.asset_id, tour.start_s, tour.times_s[-1]),
        )
        for number, tour in enumerate(tours, 1):
            self._add_tour(f"{self.plan_id}-R{number:03d}", tour)
        self._fetch(tours)

    def lockers(self) -> tuple[LockerPlan, ...]:
        """All reservations, each from the deposit until the pick-up time is over."""
        by_locker: dict[str, list[int]] = defaultdict(list)
        for order, way in sorted(self.draft.stays.items()):
            by_locker[way.locker_id].append(order)
        return tuple(
            LockerPlan(locker_id=k, reservations=self._reservations(k, v))
            for k, v in sorted(by_locker.items())
        )

    def charging(self) -> tuple[ChargePlan, ...]:
        """Every charge and change of a battery, by site and asset."""
        filled = (
            ChargePlan(
                asset_id=slot.asset_id,
                depot_id=pool.site.site_id,
                start=self.problem.moment(one.begin),
                end=self.problem.moment(one.end),
                soc_from=round(one.before, 4),
                soc_to=round(one.after, 4),
                swap=one.swap,
            )
            for pool, slot, one in self.draft.yard.filled()
        )
        return tuple(sorted(filled, key=lambda one: (one.depot_id, one.asset_id, one.start)))

    def _add_sortie(self, sortie_id: str, order: int, sortie: Sortie) -> None:
        plan = sortie_plan(self.draft.yard, sortie_id, sortie)
        self.sorties.append(plan)
        locker_id = sortie.way.locker.locker_id if sortie.way.locker else None
        eta = spread(plan.depart, sortie.trip.drop_at, 0)
        self.served[order] = Served(sortie.way.mode, plan.asset_id, locker_id, eta, sortie.cost)

    def _add_tour(self, route_id: str, tour: Tour) -> None:
        route = route_plan(route_id, tour)
        self.routes.append(route)
        costs, late = tour_costs(tour), late_s(self.problem, tour)
        for visit, stop in zip(tour.visits, route.stops, strict=True):
            for order in tour.case.visits[visit].orders:
                self._serve_by_van(
                    order, route, stop, tour.van.type.kind, costs[order], late_s=late.get(order, 0)
                )

    def _serve_by_van(
        self, order: int, route: RoutePlan, stop: RouteStop, kind: str, cost: float, *, late_s: float = 0
    ) -> None:
        way = self.draft.stays.get(order)
        eta = spread(route.start, stop.arrive, VAN_SPREAD_S)
        mode, fee = (way.mode, way.fee) if way else (kind, 0.0)
        self.served[order] = Served(mode, route.asset_id, stop.locker_id, eta, cost + fee, late_s)

    def _reservations(self, locker_id: str, orders: Iterable[int]) -> tuple[Reservation, ...]:
        station = self.problem.stations[locker_id]
        sizes = allotted({o: self.draft.stays[o] for o in orders}, station.free)
        keep = timedelta(hours=station.type.pickup_hours)
        return tuple(self._reservation(order, size, keep) for order, size in sorted(sizes.items()))

    def _reservation(self, order: int, size: CompartmentSize, keep: timedelta) -> Reservation:
        start = self.served[order].eta.at
        return Reservation(
            order_id=self.problem.orders[order].order_id, size=size, start=start, until=start + keep
        )

    def _fetch(self, tours: Sequence[Tour]) -> None:
        """Parcels that stand where no van starts: one comes by, loads and delivers them."""
        vans = {tour.van.slot.asset_id: self.problem.whole(tour.van) for tour in tours}
        for order in self.problem.dearest_first(self.draft.unserved):
            site_id = self.problem.standing(order)
            if site_id is None or self.late() or not self._fetch_one(order, site_id, vans):
                self.left.append(order)
        self.left.sort()

    def _fetch_one(self, order: int, site_id: str, vans: dict[str, Van]) -> bool:
        found = self._best_fetch(order, site_id, vans)
        if found is None:
            return False
        van, number, insertion = found
        vans[van.slot.asset_id] = van
        self.routes[number : number + 1] = [insertion.route]
        self._retime(insertion.route)
        parcel = self.problem.orders[order].order_id
        stop = next(s for s in insertion.route.stops if parcel in s.deliver)
        self._serve_by_van(order, insertion.route, stop, van.type.kind, insertion.cost)
        return True

    def _best_fetch(
        self, order: int, site_id: str, vans: Mapping[str, Van]
    ) -> tuple[Van, int, Insertion] | None:
        """The cheapest place in a route whose van may carry the parcel, else a new route."""
        may = [i for i, r in enumerate(self.routes) if self._may(order, vans[r.asset_id])]
        network, site = self.problem.snapshot.context.network, self.problem.site(site_id)
        parcel, at = self.problem.orders[order], self.problem.snapshot.at
        routes = [(self.running(self.routes[i], vans[self.routes[i].asset_id]), 0) for i in may]
        found = best_insertion(routes, parcel, network, at=at, pickup_site=site) if routes else None
        if isinstance(found, tuple):
            number = may[found[0]]
            return vans[self.routes[number].asset_id], number, found[1]
        for van in self.problem.vans:
            if van.slot.asset_id not in vans and self._may(order, van):
                route_id = f"{self.plan_id}-R{len(self.routes) + 1:03d}"
                opened = open_route(
                    self.free(van), parcel, network, at=at, route_id=route_id, pickup_site=site
                )
                if isinstance(opened, Insertion):
                    return van, len(self.routes), opened
        return None

    def _may(self, order: int, van: Van) -> bool:
        verdict = self.ways[order].verdicts.get(van.type.type_id)
        allowed = van.type.kind not in self.problem.excluded(order)
        return (
            allowed and verdict is not None and verdict.feasible and is_delivery(self.problem.orders[order])
        )

    def running(self, route: RoutePlan, van: Van) -> RunningRoute:
        """A route of this plan, as insertion wants it."""
        carried = {o for s in route.stops for o in (*s.deliver, *s.collect)}
        orders: dict[str, Order] = {
            name: self.problem.orders[self._number[name]] for name in sorted(carried & self._number.keys())
        }
        beside = [r for r in self.routes if r.asset_id == route.asset_id and r is not route]
        latest = min([self.problem.moment(van.late_s), *_must_end(route, beside, van.type.max_shift_s)])
        limit = None if van.range is None else _less(van.range, beside)
        begins, rested = self._break_begins(van), self.problem.moment(van.rested_s)
        return RunningRoute(
            route,
            van.type,
            van.site.place,
            latest,
            orders,
            range=limit,
            back_by=back_by(route, begins, rested),
        )

    @cached_property
    def _number(self) -> dict[str, int]:
        """The parcels' numbers by their ids."""
        return {order.order_id: number for number, order in enumerate(self.problem.orders)}

    def free(self, van: Van) -> FreeVan:
        """A van that could open a route."""
        early, late = self.problem.moment(van.early_s), self.problem.moment(van.late_s)
        begins, day_paid = self._break_begins(van), van.slot.day_paid
        home = None if van.home_s is None else self.problem.moment(van.home_s)
        return FreeVan(
            van.slot.asset_id, van.type, van.site, early, late, day_paid, van.range, begins, home_since=home
        )

    def _break_begins(self, van: Van) -> TimeWindow | None:
        return None if van.driver_break is None else _break_begins(self.problem, van.driver_break)

    def _retime(self, route: RoutePlan) -> None:
        """Arrivals behind an insertion come later."""
        number = self._number
        for stop in route.stops:
            for order_id in (*stop.deliver, *(stop.collect if stop.site_id is None else ())):
                before = self.served.get(number[order_id])
                if before is not None:
                    eta = spread(route.start, stop.arrive, VAN_SPREAD_S)
                    later_s = (eta.at - before.eta.at).total_seconds() if before.late_s else 0.0
                    late_s = max(0.0, before.late_s + later_s)
                    self.served[number[order_id]] = replace(before, eta=eta, late_s=late_s)


def _must_end(route: RoutePlan, beside: Sequence[RoutePlan], longest_s: float) -> Iterator[datetime]:
    """When a trip must be over for the other trips of its van, and for one shift to hold them all."""
    yield from (other.start for other in beside if other.start >= route.end)
    yield from (other.start + timedelta(seconds=longest_s) for other in beside)


def _less(limit: RouteRange, beside: Sequence[RoutePlan]) -> RouteRange:
    """What a van's other trips leave of its battery."""
    drawn_wh = sum(other.energy_wh or 0.0 for other in beside) * (1 + limit.margin)
    return replace(limit, soc=limit.soc - drawn_wh / limit.full_wh) if beside else limit


def spread(depart: datetime, eta: datetime, base_s: float) -> Eta:
    """An arrival with what it may be off: a share of the time since departure, and a base."""
    off = timedelta(seconds=base_s + round(LEG_SPREAD * (eta - depart).total_seconds()))
    return Eta(eta, max(depart, eta - off), eta + off)


def sortie_plan(yard: Yard, sortie_id: str, sortie: Sortie) -> SortiePlan:
    """A booked sortie as the plan shows it, with what will be in its battery."""
    problem = yard.problem
    trip, pool = sortie.trip, problem.pools[sortie.way.pool]
    # It was judged with a full battery; it leaves with what it has.
    lacks_wh = (1 - yard.level(sortie)) * trip.full_wh
    order_id, drop = problem.orders[sortie.order].order_id, trip.path[trip.drop_index]
    return SortiePlan(
        sortie_id=sortie_id,
        kind=pool.type.kind,
        asset_id=sortie.slot.asset_id,
        depot_id=pool.site.site_id,
        order_ids=(order_id,),
        depart=trip.depart_at,
        return_at=trip.return_at,
        path=tuple(PathPoint(lon=p.lon, lat=p.lat, alt_m=p.alt_amsl_m, at=p.at) for p in trip.path),
        drops=(SortieDrop(order_id=order_id, lon=drop.lon, lat=drop.lat, at=trip.drop_at),),
        payload_kg=trip.payload_kg,
        energy_wh=trip.energy_wh,
        usable_wh=max(0.0, trip.usable_wh - lacks_wh),
        reserve_wh=trip.reserve_wh,
        margin_wh=max(0.0, trip.margin_wh - lacks_wh),
        locker_id=sortie.way.locker.locker_id if sortie.way.locker else None,
        recharged_at=problem.moment(yard.recharged_s(sortie)),
        worst_wh=trip.worst_wh if trip.worst_wh > trip.energy_wh else None,
        alternate_id=None
        if trip.alternate is None or trip.worst_wh <= trip.energy_wh
        else trip.alternate.place_id,
        needs=ChargeNeed(drawn_soc=trip.drawn_soc, needed_soc=trip.needed_soc),
    )


def route_plan(route_id: str, tour: Tour) -> RoutePlan:
    """A tour as the plan shows it: arrival is when service begins."""
    problem = tour.case.problem
    route = RoutePlan(
        route_id=route_id,
        asset_id=tour.van.slot.asset_id,
        depot_id=tour.van.site.site_id,
        start=problem.moment(tour.start_s),
        end=problem.moment(tour.times_s[-1]),
        distance_m=tour.metres,
        cost=tour.cost,
        stops=tuple(
            _stop(tour, visit, begin) for visit, begin in zip(tour.visits, tour.times_s[1:-1], strict=True)
        ),
        driver_break=_break(tour),
    )
    return stated(route, tour.energy)


def _break(tour: Tour) -> RouteBreak | None:
    rest, leg, span = tour.van.driver_break, tour.break_leg, tour.break_s
    if rest is None or leg is None or span is None:
        return None
    problem = tour.case.problem
    begins, moment = _break_begins(problem, rest), problem.moment
    return RouteBreak(after=leg, start=moment(span[0]), end=moment(span[1]), begins=begins)


def _break_begins(problem: Problem, rest: Break) -> TimeWindow:
    return TimeWindow(start=problem.moment(rest.opens_s), end=problem.moment(rest.closes_s))


def _stop(tour: Tour, visit: int, begin_s: int) -> RouteStop:
    problem, made = tour.case.problem, tour.case.visits[visit]
    orders = [problem.orders[o] for o in made.orders]
    stop = RouteStop(
        lon=made.place.lon,
        lat=made.place.lat,
        locker_id=made.locker_id,
        deliver=tuple(o.order_id for o in orders if is_delivery(o)),
        collect=tuple(o.order_id for o in orders if not is_delivery(o)),
        arrive=problem.moment(begin_s),
        depart=problem.moment(begin_s + made.service_s),
    )
    return slim(stop)


def allotted(
    stays: Mapping[int, LockerWay], free: Mapping[CompartmentSize, int]
) -> dict[int, CompartmentSize]:
    """A compartment for each parcel of a locker: the largest first, each in the smallest class that is left."""
    sizes = tuple(CompartmentSize)
    left = Counter(free)
    given: dict[int, CompartmentSize] = {}
    for order, way in sorted(stays.items(), key=lambda item: (-sizes.index(item[1].size), item[0])):
        fitting = [size for size in sizes[sizes.index(way.size) :] if left[size] > 0]
        given[order] = fitting[0]
        left[fitting[0]] -= 1
    return given
