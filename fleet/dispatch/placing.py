"""The best place for a parcel among the routes that are drafted or running and those that could be opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import draft_route, route_type
from fleet.dispatch.expected import behind_s
from fleet.dispatch.parcels import assign, pass_on
from fleet.dispatch.revising import revise
from fleet.dispatch.running import Candidate, Stand, free_vans, running_routes
from fleet.domain.events import Custodian, MissionDrafted
from fleet.domain.plan import RoutePlan
from fleet.domain.sites import Site
from fleet.feasibility import assess_route
from fleet.planner.insertion import FreeVan, Insertion, insert, open_route
from fleet.protocol.mission import Mission
from fleet.protocol.values import Direction, Order, Reason

VAN = "van"
LOCKER = "locker"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a parcel is to be brought to: the order with the place and window that count now, a locker, overtime or
    not.
    """

    order: Order
    locker_id: str | None = None
    late: bool = False
    overtime: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a route: ``into`` is the route that it is put into, none where one is opened."""

    cost: float
    asset_id: str
    insertion: Insertion
    into: Candidate | None


def best_place(
    desk: Desk, goal: Goal, stand: Stand, *, new_routes: bool = True, planned: Sequence[RoutePlan] = ()
) -> Found | None:
    """The best place, in a route that there is or in a new one; none where it fits nowhere. It leaves room for routes
    that are ``planned`` and not drafted yet. What need not go there now (no ``new_routes``) changes no route that is
    locked or late."""
    places = [*_in_running(desk, goal, stand, planned, spared=not new_routes)]
    if new_routes and stand.on_board is None:
        places += _in_new(desk, goal, stand)
    return min(places, key=lambda f: (f.cost + _lateness(desk, f, goal), f.asset_id), default=None)


def _lateness(desk: Desk, found: Found, goal: Goal) -> float:
    """What it is worth to come sooner where nobody can be on time."""
    if not goal.late:
        return 0.0
    due = desk.parcel(goal.order.order_id).order.due.end
    late_h = (_eta(found.insertion.route, goal.order.order_id) - due).total_seconds() / 3600
    return max(0.0, late_h) * desk.settings.late_hour_cost


def take_place(
    desk: Desk, found: Found, goal: Goal, why: tuple[Reason, ...], handed_on_from: str | None
) -> str:
    """Change or open the route and assign the parcel; returns what was done, in words."""
    order_id = goal.order.order_id
    route = _at_locker(found.insertion.route, order_id, goal.locker_id)
    mission = _opened(desk, route) if found.into is None else _changed(desk, found.into, route, order_id)
    if desk.parcel(order_id).custodian.kind == "linehaul":
        # No site was settled for it yet: the linehaul brings it to the depot of the van.
        depot = desk.asset(found.asset_id).record.site_id
        pass_on(desk, order_id, Custodian(kind="site", id=depot))
    assign(
        desk,
        order_id,
        VAN if goal.locker_id is None else LOCKER,
        mission,
        eta=_eta(route, order_id),
        locker_id=goal.locker_id,
        handed_on_from=handed_on_from,
        why=why,
    )
    what = "a new route" if found.into is None else "the route"
    where = "" if goal.locker_id is None else f" to {goal.locker_id}"
    return f"put into {what} of {found.asset_id}{where}"


def _is_locked(desk: Desk, candidate: Candidate) -> bool:
    """Whether people have locked an order of the route."""
    return any(desk.parcel(item.order_id).locked for item in candidate.record.mission.items)


def _is_spared(desk: Desk, candidate: Candidate) -> bool:
    """What need not go with a route goes with none that people have locked or that is late: who is late gets later."""
    late_s = behind_s(desk, candidate.record)
    return _is_locked(desk, candidate) or late_s > desk.settings.late_told_s


def _in_running(
    desk: Desk, goal: Goal, stand: Stand, planned: Sequence[RoutePlan], *, spared: bool
) -> Iterator[Found]:
    """``spared``: routes that are locked or late are left as they are."""
    for candidate in running_routes(desk, stand, overtime=goal.overtime, planned=planned):
        if not _may_carry(desk, candidate.asset_id, goal.order) or (spared and _is_spared(desk, candidate)):
            continue
        order, pickup = _taken_over(goal.order, _seen_by(desk, stand, candidate), _loads_at(candidate))
        found = insert(
            candidate.running,
            order,
            desk.context.network,
            at=desk.now,
            frozen_stops=candidate.frozen,
            pickup_site=pickup,
            on_board=stand.on_board is not None,
        )
        if isinstance(found, Insertion):
            yield Found(found.cost, candidate.asset_id, found, candidate)


def _in_new(desk: Desk, goal: Goal, stand: Stand) -> Iterator[Found]:
    for van in free_vans(desk, overtime=goal.overtime):
        if not _may_carry(desk, van.asset_id, goal.order):
            continue
        order, pickup = _taken_over(goal.order, stand, van.site.site_id)
        found = open_route(
            van,
            order,
            desk.context.network,
            at=desk.now,
            route_id=_route_id(desk, van),
            pickup_site=pickup,
        )
        if isinstance(found, Insertion):
            yield Found(found.cost, van.asset_id, found, None)


def _route_id(desk: Desk, van: FreeVan) -> str:
    return f"{van.asset_id}/route-{desk.state.floor + len(desk.state.missions) + 1}"


def _may_carry(desk: Desk, asset_id: str, order: Order) -> bool:
    return assess_route(desk.context, order, route_type(desk, asset_id)).feasible


def _loads_at(candidate: Candidate) -> str | None:
    """The depot at which the van is still to load; none once it has left."""
    return candidate.depot_id if candidate.at_depot else None


def _seen_by(desk: Desk, stand: Stand, candidate: Candidate) -> Stand:
    """A parcel that may come to any depot comes to the van's own: one that has left must call there again."""
    if stand.at_any_depot and not candidate.at_depot:
        return replace(stand, pickup=desk.state.sites[candidate.depot_id])
    return stand


def _taken_over(order: Order, stand: Stand, loads_at: str | None) -> tuple[Order, Site | None]:
    """Where a van takes the parcel over: a van that still loads at the very site needs no extra stop, and what goes
    to our depot anyway is only collected from where it is."""
    pickup = stand.pickup
    if pickup is None or pickup.site_id == loads_at:
        return order, None
    if order.direction is Direction.DELIVERY:
        return order, pickup
    return order.model_copy(update={"place": pickup.place}), None


def _at_locker(route: RoutePlan, order_id: str, locker_id: str | None) -> RoutePlan:
    """The route with the parcel's stop marked as one at a locker."""
    if locker_id is None:
        return route
    stops = tuple(
        s.model_copy(update={"locker_id": locker_id}) if s.deliver == (order_id,) and not s.locker_id else s
        for s in route.stops
    )
    return route.model_copy(update={"stops": stops})


def _changed(desk: Desk, candidate: Candidate, route: RoutePlan, order_id: str) -> Mission:
    return revise(desk, candidate.record, route, f"{order_id} handed on")


def _opened(desk: Desk, route: RoutePlan) -> Mission:
    mission = draft_route(desk, route)
    desk.emit(MissionDrafted(at=desk.now, mission=mission, kind=VAN, release_at=desk.now))
    desk.set_timer(f"release:{mission.mission_id}", desk.now)
    return mission


def _eta(route: RoutePlan, order_id: str) -> datetime:
    door = [s for s in route.stops if order_id in s.deliver] or [
        s for s in route.stops if order_id in s.collect
    ]
    return door[-1].arrive
