"""A plan comes back from the planner: it is committed, and missions are drafted from it.

The plan was made from a snapshot; what has changed since (a parcel that is no longer waiting) is left out here, and
every sortie is checked again before it goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from fleet.dispatch.charging import judge_afresh
from fleet.dispatch.compartments import EMPTY, give_back, kept_for, reserve
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import draft_route, draft_sortie
from fleet.dispatch.handovers import hand_on, join_running
from fleet.dispatch.history import UNASSIGNED
from fleet.dispatch.inputs import PlanFailed, PlanReady
from fleet.dispatch.parcels import assign
from fleet.dispatch.planning import to_be_planned, want_plan
from fleet.dispatch.revision import as_before, as_committed, gave_way, has_one_trip, moved_on, take_out, tell
from fleet.dispatch.waiting import stop_waiting
from fleet.domain.events import (
    Custodian,
    CustodyPassed,
    MissionDrafted,
    PlanCommitted,
    PlanDropped,
)
from fleet.domain.plan import ChargeNeed, Plan, Reservation, RoutePlan, RouteStop, SortiePlan
from fleet.protocol.mission import Load, Mission
from fleet.protocol.values import TimeWindow


def plan_ready(desk: Desk, message: PlanReady) -> None:
    """Commit the plan and draft its missions; hand on what it leaves unassigned."""
    plan = message.plan
    if desk.state.planning != plan.plan_id:
        return
    if gone := moved_on(desk, plan):
        # Without the drafts, so that what happens while plans are made can't keep parcels waiting for ever.
        detail = f"made for drafts that are none any more: {', '.join(gone)}"
        desk.emit(PlanDropped(at=desk.now, plan_id=plan.plan_id, detail=detail))
        want_plan(desk, revise=False)
        return
    before, otherwise = as_before(desk, plan), gave_way(desk, plan)
    desk.emit(PlanCommitted(at=desk.now, plan=as_committed(plan)))
    take_out(desk, plan, otherwise)
    waiting = frozenset(desk.state.waiting)
    for found in desk.state.open_exceptions():
        if found.code == PLANNER_FAILED:
            desk.close_exception(found.exception_id, "there is a plan again")
    _reserve(desk, plan, waiting)
    for sortie in plan.sorties:
        if waiting.issuperset(sortie.order_ids):
            _commit_sortie(desk, plan, sortie)
    routes = [_still_waiting(route, waiting) for route in _later_trips_first(plan.routes)]
    for number, route in enumerate(routes, 1):
        _commit_route(desk, plan, _without_joined(desk, route, routes[number:]))
    left = [one for one in plan.unassigned if one.order_id in waiting]
    # A van that has one trip in a plan may make another beside its draft.
    beside = bool(left) and has_one_trip(desk, plan)
    for left_over in [] if beside else sorted(left, key=lambda one: _rank(desk, one.order_id)):
        hand_on(desk, left_over.order_id, left_over.reasons, handed_on_from=UNASSIGNED)
    if not beside:
        _leave_nothing_open(desk, plan)
    tell(desk, plan, before, otherwise)
    judge_afresh(desk)
    want_plan(desk, revise=not beside)


def _later_trips_first(routes: Sequence[RoutePlan]) -> list[RoutePlan]:
    """A van's later trips before its earlier ones: what joins an earlier one must leave the later ones their time."""
    first = {route.asset_id: number for number, route in reversed(list(enumerate(routes)))}
    return sorted(routes, key=lambda route: (first[route.asset_id], -route.start.timestamp()))


def _rank(desk: Desk, order_id: str) -> float:
    """Those of high priority are handed on first: the room in the vans is theirs."""
    return -desk.parcel(order_id).order.priority


def _leave_nothing_open(desk: Desk, plan: Plan) -> None:
    """What was planned and waits all the same is handed on: to plan it again at once could go on for ever."""
    planned = frozenset(p.order_id for p in plan.parcels)
    for order_id in sorted(to_be_planned(desk), key=lambda one: _rank(desk, one)):
        if order_id in planned:
            hand_on(desk, order_id, (), handed_on_from=UNASSIGNED)


def plan_failed(desk: Desk, message: PlanFailed) -> None:
    """The planner gave no plan: say so and try again."""
    if desk.state.planning != message.plan_id:
        return
    desk.emit(PlanDropped(at=desk.now, plan_id=message.plan_id, detail=message.detail))
    desk.raise_once(PLANNER_FAILED, "planning again")
    desk.set_timer("plan:again", desk.now + timedelta(seconds=desk.settings.retry_s))


PLANNER_FAILED = "planner_failed"


def _reserve(desk: Desk, plan: Plan, waiting: frozenset[str]) -> None:
    """Compartments as the plan gives them out; where that is another size than is kept, the one that is kept is given
    back before anything is asked for."""
    wanted = [(locker.locker_id, kept) for locker in plan.lockers for kept in locker.reservations]
    resized = {kept.order_id for locker_id, kept in wanted if _keeps_other_size(desk, locker_id, kept)}
    for order_id in sorted(resized):
        give_back(desk, order_id)
    for locker_id, kept in wanted:
        planned = kept.order_id in waiting or kept.order_id in resized
        if planned and locker_id not in kept_for(desk, kept.order_id):
            window = TimeWindow(start=kept.start, end=kept.until)
            reserve(desk, locker_id, kept.order_id, kept.size, window)


def _keeps_other_size(desk: Desk, locker_id: str, kept: Reservation) -> bool:
    held = desk.state.compartments.get((locker_id, kept.order_id))
    return held is not None and held.status in EMPTY and held.size is not kept.size


def _commit_sortie(desk: Desk, plan: Plan, sortie: SortiePlan) -> None:
    mission = draft_sortie(desk, sortie, plan.zones_version)
    release_at = mission.start_at - timedelta(seconds=desk.settings.release_lead_s)
    _draft(desk, plan, mission, sortie.kind, release_at, sortie.needs)
    for drop in sortie.drops:
        choice = desk.state.choices[drop.order_id]
        _settle_site(desk, drop.order_id, sortie.depot_id)
        _assign(desk, drop.order_id, choice.mode, mission, sortie.locker_id, drop.at)


def _commit_route(desk: Desk, plan: Plan, route: RoutePlan) -> None:
    if not route.stops:
        return
    mission = draft_route(desk, route)
    release_at = mission.start_at - timedelta(seconds=desk.settings.route_lead_s)
    kind = desk.asset(route.asset_id).record.kind
    _draft(desk, plan, mission, kind, release_at)
    at_depot = next(s.order_ids for s in mission.steps if isinstance(s, Load))
    for order_id in at_depot:
        _settle_site(desk, order_id, route.depot_id)
    for stop in route.stops:
        for order_id in dict.fromkeys((*stop.deliver, *stop.collect)):
            mode = desk.state.choices[order_id].mode
            _assign(desk, order_id, mode, mission, stop.locker_id, stop.arrive)


def _assign(
    desk: Desk, order_id: str, mode: str, mission: Mission, locker_id: str | None, eta: datetime
) -> None:
    """By plan; a parcel that lost an earlier way is handed on by it, with the reasons of its loss."""
    lost = desk.parcel(order_id)
    assign(
        desk,
        order_id,
        mode,
        mission,
        locker_id=locker_id,
        eta=eta,
        handed_on_from=lost.mode,
        why=lost.handed_on,
    )
    stop_waiting(desk, order_id, f"planned for {mission.asset_id}")


def _without_joined(desk: Desk, route: RoutePlan, beside: Sequence[RoutePlan]) -> RoutePlan:
    """The planner knows only vans that stand idle. A parcel that a running van takes along for less than its share
    of a new route joins that one; a locker's parcels stay together. What is left of the route, and those ``beside`` it
    that are drafted after it, keep their time."""
    orders = [o for s in route.stops if s.locker_id is None for o in (*s.deliver, *s.collect)]
    share = route.cost / max(1, len(orders))
    for order_id in dict.fromkeys(orders):
        rest = _but(route, order_id)
        planned = [one for one in (rest, *beside) if one.stops]
        if join_running(desk, order_id, share, planned):
            route = rest
    return route


def _draft(
    desk: Desk,
    plan: Plan,
    mission: Mission,
    kind: str,
    release_at: datetime,
    needs: ChargeNeed | None = None,
) -> None:
    drafted = MissionDrafted(
        at=desk.now, mission=mission, kind=kind, plan_id=plan.plan_id, release_at=release_at, needs=needs
    )
    desk.emit(drafted)
    desk.set_timer(f"release:{mission.mission_id}", release_at)


def _settle_site(desk: Desk, order_id: str, site_id: str) -> None:
    """The linehaul has brought the parcel to the site that the plan starts it from (a named assumption)."""
    holder = desk.parcel(order_id).custodian
    if holder.kind == "linehaul":
        taker = Custodian(kind="site", id=site_id)
        desk.emit(CustodyPassed(at=desk.now, order_id=order_id, giver=holder, taker=taker))


def _but(route: RoutePlan, order_id: str) -> RoutePlan:
    return _only(route, lambda other: other != order_id)


def _still_waiting(route: RoutePlan, waiting: frozenset[str]) -> RoutePlan:
    return _only(route, waiting.__contains__)


def _only(route: RoutePlan, keep: Callable[[str], bool]) -> RoutePlan:
    """The route with the parcels that are kept; stops that have none left are passed by."""
    kept = [_keep(stop, keep) for stop in route.stops]
    stops, rest = [s for s in kept if s.deliver or s.collect], route.driver_break
    if rest is not None:
        before = sum(bool(s.deliver or s.collect) for s in kept[: rest.after])
        rest = rest.model_copy(update={"after": before})
    return route.model_copy(update={"stops": tuple(stops), "driver_break": rest})


def _keep(stop: RouteStop, keep: Callable[[str], bool]) -> RouteStop:
    return stop.model_copy(
        update={
            "deliver": tuple(o for o in stop.deliver if keep(o)),
            "collect": tuple(o for o in stop.collect if keep(o)),
        }
    )
