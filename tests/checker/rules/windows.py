"""Times that were promised or set: due windows, readiness, opening hours, shifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise, permutations

from tests.checker.context import Case
from tests.checker.document import Drop, Route, Stop
from tests.checker.fleet import RouteFacts
from tests.checker.inputs import Order, Site
from tests.checker.rules.walks import walk_s
from tests.checker.violation import Code, Violation

SLACK = timedelta(seconds=1)
"""Times in a plan may be rounded to whole seconds."""
_MOST_ORDERINGS = 5


def check_windows(case: Case) -> Iterator[Violation]:
    """Service at a customer starts inside the due window, or by van as much later as the fleet file lets pass; a locker
    is filled before its end."""
    for sortie in case.plan.sorties:
        for drop in sortie.drops:
            yield from _drop_window(case.order(drop.order_id), drop, sortie.locker_id is not None)
    for route, facts in case.drives():
        for index, stop in enumerate(route.stops):
            if not stop.site_id:
                yield from _stop_window(case, stop, facts, route.where(index))


def _drop_window(order: Order, drop: Drop, into_locker: bool) -> Iterator[Violation]:
    too_soon = not into_locker and drop.at < order.due_from - SLACK
    if too_soon or drop.at > order.due_by + SLACK:
        detail = f"at {drop.at}, due {order.due_from} to {order.due_by}"
        yield Violation(Code.WINDOW, f"drop of {order.order_id}", detail)


def _stop_window(case: Case, stop: Stop, facts: RouteFacts, where: str) -> Iterator[Violation]:
    orders = [case.order(name) for name in (*stop.deliver, *stop.collect)]
    if stop.locker_id:
        late = [order.order_id for order in orders if order.outbound and stop.arrive > order.due_by + SLACK]
        for order_id in late:
            yield Violation(Code.WINDOW, where, f"{order_id} comes into the locker after its window")
        return
    orders = [replace(order, due_by=order.due_by + case.fleet.may_be_late) for order in orders]
    missed = [
        o.order_id for o in orders if stop.arrive > o.due_by + SLACK or stop.depart < o.due_from - SLACK
    ]
    if missed:
        yield Violation(Code.WINDOW, where, f"{', '.join(missed)} can't be served in the due window")
    elif not _some_order_fits(orders, stop, facts.stop_s + walk_s(case, stop, facts)):
        detail = f"{stop.arrive} to {stop.depart} does not hold {len(orders)} services in their windows"
        yield Violation(Code.SERVICE_TIME, where, detail)


def _some_order_fits(orders: list[Order], stop: Stop, stop_s: float) -> bool:
    """Whether the services can be done one by one between arrival and departure, each begun in its window.

    All orders are tried for a few parcels, else those by the end and by the beginning of the window.
    """
    if len(orders) <= _MOST_ORDERINGS:
        return any(_fits(ranked, stop, stop_s) for ranked in permutations(orders))
    by_end, by_start = (sorted(orders, key=key) for key in (lambda o: o.due_by, lambda o: o.due_from))
    return _fits(by_end, stop, stop_s) or _fits(by_start, stop, stop_s)


def _fits(orders: Sequence[Order], stop: Stop, stop_s: float) -> bool:
    now = stop.arrive
    for order in orders:
        begin = max(now, order.due_from - SLACK)
        if begin > order.due_by + SLACK:
            return False
        now = begin + timedelta(seconds=order.service_s)
    return now + timedelta(seconds=stop_s) <= stop.depart + 2 * SLACK


def check_locker_service(case: Case) -> Iterator[Violation]:
    """A van's stop at a locker is long enough for parking and every compartment."""
    for route, facts in case.drives():
        for index, stop in enumerate(route.stops):
            needed = facts.stop_s + facts.locker_parcel_s * (len(stop.deliver) + len(stop.collect))
            if stop.locker_id and (stop.depart - stop.arrive).total_seconds() < needed - 2:
                yield Violation(Code.SERVICE_TIME, route.where(index), f"a stop there takes {needed:.0f} s")


def check_ready(case: Case) -> Iterator[Violation]:
    """Nothing leaves a site before it is ready there, and nothing is collected before its sender is."""
    for sortie in case.plan.sorties:
        for order in (case.order(drop.order_id) for drop in sortie.drops):
            leaves = sortie.depart if order.outbound else sortie.drops[0].at
            yield from _unready(order, leaves, f"sortie {sortie.sortie_id}")
    for route in case.plan.routes:
        yield from _route_unready(case, route)


def _route_unready(case: Case, route: Route) -> Iterator[Violation]:
    """Loading begins at the route's start."""
    loaded_on_the_way = {name for stop in route.stops if stop.site_id for name in stop.collect}
    for index, stop in enumerate(route.stops):
        where = route.where(index)
        for order in (case.order(name) for name in stop.deliver):
            if order.outbound and order.order_id not in loaded_on_the_way:
                yield from _unready(order, route.start, where)
        for order in (case.order(name) for name in stop.collect):
            yield from _unready(order, stop.depart, where)


def _unready(order: Order, leaves: datetime, where: str) -> Iterator[Violation]:
    if leaves < order.ready_at - SLACK:
        yield Violation(
            Code.NOT_READY, where, f"{order.order_id} leaves at {leaves}, ready at {order.ready_at}"
        )


def check_not_before_planning(case: Case) -> Iterator[Violation]:
    """Nothing starts before the moment the plan is made for."""
    starts = [(f"sortie {s.sortie_id}", s.depart) for s in case.plan.sorties]
    starts += [(f"route {r.route_id}", r.start) for r in case.plan.routes]
    for where, start in starts:
        if start < case.plan.at - SLACK:
            yield Violation(Code.TOO_EARLY, where, f"starts at {start}, planned at {case.plan.at}")


def check_opening_hours(case: Case) -> Iterator[Violation]:
    """A site is open when something starts from it, loads at it or comes back to it."""
    for where, site_id, at in _site_moments(case):
        site, zone = case.sites[site_id], case.local_time(site_id)
        if not _open(site, at.astimezone(zone)):
            detail = f"{site_id} is open {site.opens} to {site.closes}, not at {at.astimezone(zone)}"
            yield Violation(Code.SITE_CLOSED, where, detail)


def _site_moments(case: Case) -> Iterator[tuple[str, str, datetime]]:
    for sortie in case.plan.sorties:
        for at in (sortie.depart, sortie.back):
            yield f"sortie {sortie.sortie_id}", sortie.depot_id, at
    for route in case.plan.routes:
        for at in (route.start, route.end):
            yield f"route {route.route_id}", route.depot_id, at
        for index, stop in enumerate(route.stops):
            if stop.site_id:
                yield route.where(index), stop.site_id, stop.arrive
                yield route.where(index), stop.site_id, stop.depart


def _open(site: Site, local: datetime) -> bool:
    return any(_within(site.opens, site.closes, local + nudge) for nudge in (-SLACK, timedelta(), SLACK))


def _within(opens: time, closes: time, local: datetime) -> bool:
    moment = local.time()
    if opens < closes:
        return opens <= moment <= closes
    return moment >= opens or moment <= closes


def check_shifts(case: Case) -> Iterator[Violation]:
    """A van is out within its shift, not longer than a shift, and its times rise."""
    zone = case.fleet.local_time(case.orders)
    for route, facts in case.drives():
        yield from _shift(route, facts, zone)
        moments = [route.start, *(at for stop in route.stops for at in (stop.arrive, stop.depart)), route.end]
        if any(later < earlier for earlier, later in pairwise(moments)):
            yield Violation(Code.TRAVEL_TIME, f"route {route.route_id}", "its times do not rise")
    yield from _trips_beyond_a_shift(case, zone)


def _trips_beyond_a_shift(case: Case, zone: tzinfo) -> Iterator[Violation]:
    """All trips that a van begins on one day are one shift: from the first's start to the last's end."""
    days = defaultdict[tuple[str, date], list[tuple[Route, RouteFacts]]](list)
    for route, facts in case.drives():
        days[route.asset_id, route.start.astimezone(zone).date()].append((route, facts))
    for (asset_id, _), trips in days.items():
        begin, end = min(route.start for route, _ in trips), max(route.end for route, _ in trips)
        length, longest = (end - begin).total_seconds(), trips[0][1].max_shift_s
        if len(trips) > 1 and length > longest + 1:
            detail = f"{len(trips)} trips take {length:.0f} s, a shift {longest:.0f} s"
            yield Violation(Code.SHIFT, asset_id, detail)


def _shift(route: Route, facts: RouteFacts, zone: tzinfo) -> Iterator[Violation]:
    where, length = f"route {route.route_id}", (route.end - route.start).total_seconds()
    if length > facts.max_shift_s + 1:
        yield Violation(Code.SHIFT, where, f"takes {length:.0f} s, a shift {facts.max_shift_s:.0f} s")
    for at in (route.start, route.end):
        local = [at.astimezone(zone) + nudge for nudge in (-SLACK, timedelta(), SLACK)]
        if not any(_within(facts.shift_start, facts.shift_end, moment) for moment in local):
            detail = f"{local[1]} is outside {facts.shift_start} to {facts.shift_end}"
            yield Violation(Code.SHIFT, where, detail)
