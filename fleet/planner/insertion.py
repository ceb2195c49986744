"""Puts one more parcel into routes that drivers already have: the cheapest place behind the stops that are frozen.

Every pair of places (loading at the site where the parcel stands, then the door) is tested exactly, at once for
the whole route. Nothing already promised becomes infeasible; stops that are late already become no later than
their windows or their present times allow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from fleet.domain.fleet import RouteType
from fleet.domain.plan import RouteBreak, RoutePlan, RouteStop
from fleet.domain.sites import Site
from fleet.feasibility import Verdict, infeasible
from fleet.feasibility import planned as reasons
from fleet.feasibility.route_energy import RouteRange
from fleet.network.base import Network
from fleet.planner.line import Ints, Line, forward
from fleet.planner.newcomer import Newcomer, newcomer, pair_delays, pair_detours, pair_room
from fleet.planner.problem import NO_WAY_S, is_delivery
from fleet.planner.ranges import Driven, in_range
from fleet.planner.running import FAR_S, Rest, RunningRoute
from fleet.planner.tours import type_cost
from fleet.planner.visits import units
from fleet.protocol.values import Order, Place, Reason, TimeWindow

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Insertion:
    """A route with one more parcel: ``cost`` is what that adds,
    ``first_changed`` the first stop that is new or moved."""

    cost: float
    route: RoutePlan
    first_changed: int


@dataclass(frozen=True)
class FreeVan:
    """A van that could open a new route between two times; ``day_paid`` when it has been out that day already, so that
    the route costs no new fixed day.
    """

    asset_id: str
    type: RouteType
    site: Site
    early: datetime
    late: datetime
    day_paid: bool = False
    range: RouteRange | None = None
    """What its battery allows; none: nobody asks."""
    break_begins: TimeWindow | None = None
    """Between which times its driver's break begins; none where he has none, or has had it."""
    back_by: datetime | None = None
    """By when it must be back for its driver's break at the depot; none where it need not."""
    home_since: datetime | None = None
    """Since when it is at its depot; none where it has not been out in the shift."""

    def around_break(self) -> tuple[FreeVan, ...]:
        """The van before its driver's break at the depot, and after it; the van itself where he has none."""
        begins, rest = self.break_begins, self.type.driver_break
        if begins is None or rest is None:
            return (self,)
        home = begins.start if self.home_since is None else self.home_since
        rested = max(begins.start, min(home, begins.end)) + timedelta(seconds=rest.lasts_s)
        before = replace(self, back_by=begins.end)
        return before, replace(self, early=max(self.early, rested))


def insert(
    running: RunningRoute,
    order: Order,
    network: Network,
    *,
    at: datetime,
    frozen_stops: int,
    pickup_site: Site | None = None,
    on_board: bool = False,
) -> Insertion | Verdict:
    """The cheapest place for a parcel in a route, or why there is none.

    ``frozen_stops`` have been passed or shown to the driver and stay as they are. ``pickup_site`` is where the parcel
    stands: it is loaded there on the way. Without it the parcel starts from the route's depot, which takes a van that
    has not left yet, unless it is ``on_board`` already. Whether the type may carry the parcel at all is for
    ``assess_route``.
    """
    rest = Rest(running, at, min(frozen_stops, len(running.route.stops)))
    spot = _spot(rest, order, network, pickup_site, on_board=on_board)
    return _held(spot, network) if isinstance(spot, _Spot) else spot


def _held(spot: _Spot, network: Network) -> Insertion | Verdict:
    """The changed route, held against the van's battery."""
    made, running = spot.built(), spot.rest.running
    orders = {**running.orders, spot.new.order.order_id: spot.new.order}
    driven = Driven(made.route, running.depot, orders, running.done)
    route, verdict = in_range(driven, running.range, network)
    return replace(made, route=route) if verdict.feasible else verdict


def best_insertion(
    routes: Sequence[tuple[RunningRoute, int]],
    order: Order,
    network: Network,
    *,
    at: datetime,
    pickup_site: Site | None = None,
) -> tuple[int, Insertion] | Verdict:
    """The cheapest of several routes (each with its number of frozen stops), by its number; else all reasons."""
    spots = [_spot(Rest(r, at, min(f, len(r.route.stops))), order, network, pickup_site) for r, f in routes]
    fitting = [(spot.cost, number, spot) for number, spot in enumerate(spots) if isinstance(spot, _Spot)]
    found = [r for s in spots if isinstance(s, Verdict) for r in s.reasons]
    for _, number, spot in sorted(fitting, key=lambda one: one[:2]):
        made = _held(spot, network)
        if isinstance(made, Insertion):
            return number, made
        found += made.reasons
    return infeasible(*(found or (reasons.no_asset("route"),)))


def open_route(
    van: FreeVan,
    order: Order,
    network: Network,
    *,
    at: datetime,
    route_id: str,
    pickup_site: Site | None = None,
) -> Insertion | Verdict:
    """A new route of a van for this parcel, begun as late as its window allows; or why that can't be. It is over before
    its driver's break, or begins after it: the cheaper of the two."""
    found = [
        _opened(one, order, network, at=at, route_id=route_id, pickup_site=pickup_site)
        for one in van.around_break()
    ]
    made = [one for one in found if isinstance(one, Insertion)]
    return min(made, key=lambda one: one.cost) if made else found[0]


def _opened(
    van: FreeVan,
    order: Order,
    network: Network,
    *,
    at: datetime,
    route_id: str,
    pickup_site: Site | None,
) -> Insertion | Verdict:
    ready = order.ready_at if is_delivery(order) and pickup_site is None else at
    start = max(at, van.early, ready)
    early = insert(
        _empty(van, start, route_id), order, network, at=start, frozen_stops=0, pickup_site=pickup_site
    )
    if isinstance(early, Verdict):
        return early
    wait = _idle(early.route, van, network)
    if wait <= timedelta(0):
        return early
    begin = start + wait
    late = insert(
        _empty(van, begin, route_id), order, network, at=begin, frozen_stops=0, pickup_site=pickup_site
    )
    return early if isinstance(late, Verdict) else late


def _empty(van: FreeVan, start: datetime, route_id: str) -> RunningRoute:
    """A route of a van that only loads and goes nowhere; opening it costs the fixed day, if that is not paid yet, and
    the loading.
    """
    end = start + timedelta(seconds=math.ceil(van.type.load_s))
    route = RoutePlan(
        route_id=route_id,
        asset_id=van.asset_id,
        depot_id=van.site.site_id,
        start=start,
        end=end,
        distance_m=0,
        cost=0,
        stops=(),
    )
    return RunningRoute(
        route, van.type, van.site.place, van.late, {}, van.day_paid, van.range, back_by=van.back_by
    )


def _idle(route: RoutePlan, van: FreeVan, network: Network) -> timedelta:
    """How long the van waits before its first stop."""
    first = route.stops[0]
    leg = network.leg(van.site.place, Place(lon=first.lon, lat=first.lat), "drive")
    if leg is None:
        return timedelta(0)
    return (
        first.arrive - route.start - timedelta(seconds=math.ceil(van.type.load_s) + math.ceil(leg.duration_s))
    )


@dataclass(frozen=True)
class _Spot:
    """Where the parcel goes: loaded on leg ``load_leg`` (none from the depot), handed over on leg ``door_leg``."""

    rest: Rest
    line: Line
    new: Newcomer
    cost: float
    detour_m: int
    load_leg: int | None
    door_leg: int

    def built(self) -> Insertion:
        """The changed route."""
        stops, travel = self._stops(), self._travel()
        early = [self.rest.leave_s, *(b[0] for b in stops.bounds), int(self.line.early_s[-1])]
        service = [0, *stops.service_s, 0]
        begins = forward(np.array(travel), np.array(early), np.array(service))
        moved = tuple(
            _at(self.rest, stop, begin, served)
            for stop, begin, served in zip(stops.stops, begins[1:-1], stops.service_s, strict=True)
        )
        running = self.rest.running.route
        delay = np.array(begins[-1] - self.line.begin_s[-1])
        cost = float(_extra(self.rest, np.array(self.detour_m), delay))
        changed = running.model_copy(
            update={
                "stops": (*running.stops[: self.rest.frozen], *moved),
                "end": self.rest.at + timedelta(seconds=begins[-1]),
                "distance_m": running.distance_m + self.detour_m,
                "cost": max(0.0, running.cost + cost),
                "driver_break": self._break(begins, service),
            }
        )
        first = self.door_leg if self.load_leg is None else self.load_leg
        return Insertion(cost, changed, self.rest.frozen + first)

    def _break(self, begins: Sequence[int], service_s: Sequence[int]) -> RouteBreak | None:
        """The driver's break, still right behind the stop that it was behind, at its new time."""
        rest, ahead = self.rest.running.route.driver_break, self.rest.break_ahead
        if rest is None or ahead is None:
            return rest
        new = [leg for leg in (self.load_leg, self.door_leg) if leg is not None and leg < ahead.leg]
        node = ahead.leg + len(new)
        left = self.rest.leave_s if node == 0 else begins[node] + service_s[node]
        start = self.rest.at + timedelta(seconds=max(left, ahead.opens_s))
        return rest.model_copy(
            update={
                "after": rest.after + len(new),
                "start": start,
                "end": start + timedelta(seconds=ahead.lasts_s),
            }
        )

    def _stops(self) -> _Stops:
        stops = list(self.rest.stops)
        bounds = [(e, 0) for e in self.line.early_s[1:-1].tolist()]
        service = self.line.service_s[1:-1].tolist()
        stops.insert(self.door_leg, self.new.door_stop())
        bounds.insert(self.door_leg, (int(self.new.early_s[self.door_leg]), 0))
        service.insert(self.door_leg, self.new.service_s)
        if self.load_leg is not None:
            stops.insert(self.load_leg, self.new.load_stop())
            bounds.insert(self.load_leg, (int(self.new.ready_s[self.load_leg]), 0))
            service.insert(self.load_leg, self.new.load_s)
        return _Stops(stops, bounds, service)

    def _travel(self) -> list[int]:
        """The legs' times with the new stops in between."""
        ways, door, load = self.new.ways, self.door_leg, self.load_leg
        travel: list[int] = self.line.travel_s.tolist()
        if load is None:
            travel[door : door + 1] = [int(ways.to_door.s[door]), int(ways.from_door.s[door])]
        elif load == door:
            between = int(ways.site_to_door.s[0])
            travel[door : door + 1] = [int(ways.to_site.s[door]), between, int(ways.from_door.s[door])]
        else:
            travel[door : door + 1] = [int(ways.to_door.s[door]), int(ways.from_door.s[door])]
            travel[load : load + 1] = [int(ways.to_site.s[load]), int(ways.from_site.s[load])]
        return travel


@dataclass(frozen=True)
class _Stops:
    stops: list[RouteStop]
    bounds: list[tuple[int, int]]
    service_s: list[int]


def _at(rest: Rest, stop: RouteStop, begin: int, served: int) -> RouteStop:
    """The stop at its time; the same object where that does not change."""
    arrive = rest.at + timedelta(seconds=begin)
    if arrive == stop.arrive and (stop.depart - arrive).total_seconds() == served:
        return stop
    return stop.model_copy(update={"arrive": arrive, "depart": arrive + timedelta(seconds=served)})


def _spot(
    rest: Rest, order: Order, network: Network, site: Site | None, *, on_board: bool = False
) -> _Spot | Verdict:
    delivers = is_delivery(order)
    if (
        delivers
        and site is None
        and not on_board
        and (rest.started or rest.running.route.start < order.ready_at)
    ):
        what = f"{rest.running.route.asset_id} has left its depot, or leaves it before the parcel is ready"
        return infeasible(reasons.shift_over(what))
    new = newcomer(rest, order, network, site if delivers else None)
    line = rest.line(new.ways.along.s)
    found = _from_depot(rest, line, new) if new.site is None else _from_site(rest, line, new)
    return found or infeasible(_why_not(rest, line, new))


def _from_depot(rest: Rest, line: Line, new: Newcomer) -> _Spot | None:
    """The cheapest leg for a parcel that is on board from the start, or taken in at the door."""
    ways = new.ways
    delay, fits = line.delays(ways.to_door.s, ways.from_door.s, new.early_s, new.late_s, new.service_s)
    room = line.room_before() if is_delivery(new.order) else line.room_after()
    fits &= (room >= np.array(units(new.order))[:, None]).all(axis=0)
    detour = ways.to_door.m + ways.from_door.m - ways.along.m
    cost = np.where(fits, _extra(rest, detour, line.end_delay(delay)), np.inf)
    leg = int(np.argmin(cost))
    if not np.isfinite(cost[leg]):
        return None
    return _Spot(rest, line, new, float(cost[leg]), int(detour[leg]), None, leg)


def _from_site(rest: Rest, line: Line, new: Newcomer) -> _Spot | None:
    """The cheapest pair of legs for loading and handing over; row: leg of loading, column: leg of the door."""
    delay, fits = pair_delays(line, new)
    fits &= pair_room(line, units(new.order))
    detour = pair_detours(new.ways)
    cost = np.where(fits, _extra(rest, detour, line.end_delay(delay)), np.inf)
    load_leg, door_leg = np.unravel_index(int(np.argmin(cost)), cost.shape)
    best = float(cost[load_leg, door_leg])
    if not np.isfinite(best):
        return None
    return _Spot(rest, line, new, best, int(detour[load_leg, door_leg]), int(load_leg), int(door_leg))


def _extra(rest: Rest, detour: Ints, end_delay: Ints) -> Floats:
    """What the parcel adds to the route's cost; the first one also opens it."""
    rates = rest.running.type.rates
    opening = 0.0
    if not rest.running.route.stops:
        kind = rest.running.type
        opening = type_cost(kind, kind.load_s, 0, 0, day_paid=rest.running.day_paid)
    return opening + detour * rates.per_km / 1000 + end_delay * rates.per_hour / 3600 + rates.per_parcel


def _why_not(rest: Rest, line: Line, new: Newcomer) -> Reason:
    """What stands in the way: the window by so many minutes, or room and shift."""
    ways = new.ways
    if max(int(np.min(way.s)) for way in (ways.to_door, ways.from_door)) >= NO_WAY_S:
        return reasons.no_way()
    if new.site is not None:
        loaded = np.maximum(line.leave_s[:-1] + ways.to_site.s, new.ready_s) + new.load_s
        reach = loaded + ways.site_to_door.s[0]
    else:
        reach = line.leave_s[:-1] + ways.to_door.s
    begin = np.maximum(reach, new.early_s)
    back = begin + new.service_s + ways.from_door.s <= line.latest_s[1:]
    over = np.where(back, begin - new.late_s, FAR_S)
    least = int(over.min())
    name = rest.running.route.asset_id
    if 0 < least < FAR_S:
        return reasons.late(math.ceil(least / 60))
    return reasons.shift_over(f"the route of {name} has no time or room left for it")
