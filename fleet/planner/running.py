"""A route that is planned or under way, as the arrays that insertion works on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np

from fleet.domain.fleet import RouteType
from fleet.domain.plan import RoutePlan, RouteStop
from fleet.feasibility.route_energy import RouteRange
from fleet.planner.line import Ints, Line
from fleet.planner.problem import is_delivery
from fleet.planner.visits import FOREVER_S, capacity, ride_limit_s, start_bounds, total, units
from fleet.protocol.values import Order, Place, TimeWindow

FAR_S = 10**9

OVERDUE_S = 4 * 3600
"""A stop that is late already may become this late after its window. With less, each late parcel would pin those before
it, and a van would go to its depot and back for each of them alone.
"""


@dataclass(frozen=True)
class RunningRoute:
    """A route with what is needed to change it: its type, depot, latest end and every order that it carries.

    ``day_paid`` matters for a route without stops only: whether its first parcel costs no fixed day. ``range`` is what
    the van's battery allows (none: nobody asks), for what is left after ``done`` stops. ``back_by`` is when a van must
    be back whose driver has his break at the depot after it; none where he has it on the way, or has had it.
    """

    route: RoutePlan
    type: RouteType
    depot: Place
    latest_end: datetime
    orders: Mapping[str, Order]
    day_paid: bool = False
    range: RouteRange | None = None
    done: int = 0
    back_by: datetime | None = None

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """What matters of each stop; worked out once, however many parcels are tried."""
        return tuple(self._call(stop) for stop in self.route.stops)

    def _call(self, stop: RouteStop) -> Call:
        service = math.ceil((stop.depart - stop.arrive).total_seconds())
        early, late = self._bounds(stop, service)
        return Call(early, late, service, self._sum(stop.collect), self._sum(stop.deliver))

    def _bounds(self, stop: RouteStop, service_s: int) -> tuple[float, float]:
        """When service may begin: in the windows of all the stop's parcels; loading at a site once they are ready."""
        if stop.site_id is not None:
            return max((self.orders[o].ready_at.timestamp() for o in stop.collect), default=0.0), math.inf
        spans = [order_bounds(self.orders[o], service_s) for o in (*stop.deliver, *stop.collect)]
        keeps = [self._keeps_until(o) - service_s for o in stop.deliver]
        return max((s[0] for s in spans), default=0.0), min(
            (*(s[1] for s in spans), *keeps), default=math.inf
        )

    def _keeps_until(self, order_id: str) -> float:
        """Until when a parcel's goods keep, counted from where it was loaded."""
        limit = ride_limit_s(self.orders[order_id], [self.type])
        if limit == FOREVER_S:
            return math.inf
        loaded = (s.arrive for s in self.route.stops if s.site_id is not None and order_id in s.collect)
        return next(loaded, self.route.start).timestamp() + limit

    def _sum(self, order_ids: Sequence[str]) -> tuple[int, int]:
        return total(units(self.orders[o]) for o in order_ids)


@dataclass(frozen=True, slots=True)
class Call:
    """A stop as numbers: when service may begin (POSIX seconds), how long it takes, what is taken in and left."""

    early: float
    late: float
    service_s: int
    taken: tuple[int, int]
    left: tuple[int, int]


class BreakAhead(NamedTuple):
    """A driver's break on a leg, right behind its first node: how long it is, and between which times it begins (s)."""

    leg: int
    lasts_s: int
    opens_s: int
    closes_s: int


def back_by(route: RoutePlan, begins: TimeWindow | None, rested: datetime) -> datetime | None:
    """When a route without a break on its way must be over, where its driver's break begins in such a window: by its
    end, unless the route begins when a break at the depot before it is over, or was planned beyond that, as he had had
    his break."""
    if begins is None or route.driver_break is not None or route.start >= rested or route.start > begins.end:
        return None
    over = max((route.end, *(stop.depart for stop in route.stops)))
    return None if over > begins.end else begins.end


def order_bounds(order: Order, service_s: int) -> tuple[float, float]:
    """When service of one parcel may begin, in POSIX seconds."""
    early, late = start_bounds((order.due.start.timestamp(), order.due.end.timestamp()), service_s)
    return (early if is_delivery(order) else max(early, order.ready_at.timestamp())), late


@dataclass(frozen=True)
class Rest:
    """The part of a route behind its frozen stops; times in whole seconds after ``at``.

    Node 0 is the last frozen stop (the depot where there is none), the last node is the depot.
    """

    running: RunningRoute
    at: datetime
    frozen: int

    @cached_property
    def stops(self) -> tuple[RouteStop, ...]:
        """The stops that may still be pushed back."""
        return self.running.route.stops[self.frozen :]

    @property
    def started(self) -> bool:
        """Whether the van has left its depot, or can't be loaded any more."""
        return self.frozen > 0 or self.at > self.running.route.start

    @cached_property
    def places(self) -> list[Place]:
        """Where the nodes lie."""
        return [self._from(), *(Place(lon=s.lon, lat=s.lat) for s in self.stops), self.running.depot]

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The same stops as numbers."""
        return self.running.calls[self.frozen :]

    def line(self, travel_s: Ints) -> Line:
        """The nodes as arrays, with the given legs, a break on them included. A stop that is late already may be later
        by a while."""
        end = min(
            self.seconds(self.running.latest_end), self.seconds(self.running.route.start + self._longest())
        )
        early = np.array([self.leave_s, *(self.soonest(c.early) for c in self.calls), 0], dtype=np.int64)
        early[1:] = np.maximum(early[1:], self.rested_s(len(travel_s)))
        line = Line(
            travel_s=travel_s,
            early_s=early,
            late_s=np.array([FAR_S, *(self.latest(c.late) for c in self.calls), end], dtype=np.int64),
            service_s=np.array([0, *(c.service_s for c in self.calls), 0], dtype=np.int64),
            load=self._load(),
            capacity=np.array(capacity(self.running.type), dtype=np.int64),
        )
        overdue = np.maximum(line.late_s + OVERDUE_S, line.begin_s)
        late = np.where(line.begin_s > line.late_s, overdue, line.late_s)
        self._keep_break(line, late)
        return Line(line.travel_s, line.early_s, late, line.service_s, line.load, line.capacity)

    def _keep_break(self, line: Line, late_s: Ints) -> None:
        """The driver's break begins in its window, and one at the depot after the route does; one that is late already
        gets no later."""
        ahead, back_by = self.break_ahead, self.running.back_by
        if ahead is not None:
            closes = ahead.closes_s - int(line.service_s[ahead.leg])
            late_s[ahead.leg] = min(late_s[ahead.leg], max(closes, line.begin_s[ahead.leg]))
        if back_by is not None:
            late_s[-1] = min(late_s[-1], max(self.seconds(back_by), line.begin_s[-1]))

    @cached_property
    def break_ahead(self) -> BreakAhead | None:
        """The driver's break, where it is on one of these legs."""
        rest = self.running.route.driver_break
        if rest is None or rest.after < self.frozen:
            return None
        lasts = math.ceil((rest.end - rest.start).total_seconds())
        begins = self.seconds(rest.begins.start), self.latest(rest.begins.end.timestamp())
        return BreakAhead(rest.after - self.frozen, lasts, *begins)

    def breaks_s(self, legs: int) -> Ints:
        """By how much each of so many legs is longer for the driver's break."""
        ahead, longer = self.break_ahead, np.zeros(legs, dtype=np.int64)
        if ahead is not None:
            longer[ahead.leg] = ahead.lasts_s
        return longer

    def rested_s(self, legs: int) -> Ints:
        """When each of so many legs can be over at the earliest: not before a break on it is, which begins in its
        window."""
        ahead, rested = self.break_ahead, np.full(legs, -FAR_S, dtype=np.int64)
        if ahead is not None:
            rested[ahead.leg] = ahead.opens_s + ahead.lasts_s
        return rested

    @cached_property
    def _at_posix(self) -> float:
        return self.at.timestamp()

    def soonest(self, moment: float) -> int:
        """An earliest time (POSIX) in whole seconds after ``at``."""
        return math.ceil(moment - self._at_posix)

    def latest(self, moment: float) -> int:
        """A latest time (POSIX) in whole seconds after ``at``."""
        return FAR_S if moment == math.inf else math.floor(moment - self._at_posix)

    @cached_property
    def leave_s(self) -> int:
        """When the van leaves node 0 at the earliest."""
        if self.frozen:
            return max(0, self.seconds(self.running.route.stops[self.frozen - 1].depart))
        loaded = self.running.route.start + timedelta(seconds=self.running.type.load_s)
        return max(0, self.seconds(loaded))

    def seconds(self, moment: datetime) -> int:
        """Whole seconds after ``at``."""
        return math.ceil((moment - self.at).total_seconds())

    def order_bounds(self, order: Order, service_s: int) -> tuple[int, int]:
        """When service of one parcel may begin."""
        early, late = order_bounds(order, service_s)
        return self.soonest(early), self.latest(late)

    def _from(self) -> Place:
        if not self.frozen:
            return self.running.depot
        stop = self.running.route.stops[self.frozen - 1]
        return Place(lon=stop.lon, lat=stop.lat)

    def _longest(self) -> timedelta:
        return timedelta(seconds=self.running.type.max_shift_s)

    def _load(self) -> Ints:
        """What rides on each leg (rows: weight, volume)."""
        taken_later = {o for s in self.stops for o in s.collect}
        given_later = [o for s in self.stops for o in s.deliver]
        passed = self.running.route.stops[: self.frozen]
        given = {o for s in self.running.route.stops for o in s.deliver}
        aboard = [o for o in given_later if o not in taken_later]
        aboard += [o for s in passed for o in s.collect if o not in given]
        legs = [total(units(self.running.orders[o]) for o in aboard)]
        for call in self.calls:
            taken, left = call.taken, call.left
            legs.append((legs[-1][0] + taken[0] - left[0], legs[-1][1] + taken[1] - left[1]))
        return np.array(legs, dtype=np.int64).T
