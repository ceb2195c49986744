"""Handing parcels on to human-driven routes: into a route that is planned or running, or into a new one.

What a driver has already been shown stays as it is. When no route can be on time, the best one that is late is taken
and marked; only when no van can come at all today is the parcel given up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import draft_route, route_type
from fleet.dispatch.parcels import assign, give_up, pass_on
from fleet.dispatch.revising import resend, revise, without_order
from fleet.dispatch.running import Candidate, Stand, free_vans, running_routes, stand_of
from fleet.domain.events import CompartmentChanged, Custodian, MissionDrafted
from fleet.domain.sites import Site
from fleet.domain.state import MissionRecord
from fleet.feasibility import assess_route
from fleet.feasibility.incident import incident
from fleet.planner.insertion import FreeVan, Insertion, insert, open_route
from fleet.protocol.lifecycle import CompartmentEvent, CompartmentStatus
from fleet.protocol.messages import FailedItem, ReleaseCompartment
from fleet.protocol.mission import Stop
from fleet.protocol.values import Direction, Order, Reason, TimeWindow

VAN = "van"


def hand_on(desk: Desk, order_id: str, why: tuple[Reason, ...], *, handed_on_from: str | None) -> str:
    """Put the parcel into a van's route; returns what came of it, in words for the exception's record."""
    parcel = desk.parcel(order_id)
    stand = stand_of(desk, parcel)
    _release_compartment(desk, order_id)
    for order in _on_time_then_late(desk, parcel.order):
        outcome = _into_running(desk, order, stand, why, handed_on_from) or _into_new(
            desk, order, stand, why, handed_on_from
        )
        if outcome is not None:
            return outcome
    return _nobody(desk, order_id, stand, why)


def _on_time_then_late(desk: Desk, order: Order) -> Iterable[Order]:
    """The order as it is, then with its window held open to the end of the shift: late is better than never."""
    if order.due.end > desk.now:
        yield order
    until = desk.state.until or desk.now
    latest = max(order.due.end, until) + timedelta(hours=desk.settings.late_hours)
    yield order.model_copy(update={"due": TimeWindow(start=order.due.start, end=latest)})


def _into_running(
    desk: Desk, order: Order, stand: Stand, why: tuple[Reason, ...], handed_on_from: str | None
) -> str | None:
    best = best_running(desk, order, stand)
    return None if best is None else _use(desk, *best, order, why, handed_on_from)


def best_running(desk: Desk, order: Order, stand: Stand) -> tuple[Candidate, Insertion] | None:
    """The cheapest place for a parcel in the routes that are planned or running; none where it fits into none."""
    options = [(c, _inserted(desk, c, order, stand)) for c in running_routes(desk, stand)]
    fitting = [(i.cost, c.asset_id, c, i) for c, i in options if i is not None]
    if not fitting:
        return None
    _, _, candidate, insertion = min(fitting, key=lambda option: option[:2])
    return candidate, insertion


def join_running(desk: Desk, order_id: str, most: float) -> float | None:
    """Put a new parcel into a running route, on time and for at most ``most``; returns what it costs, none if it
    can't.
    """
    parcel = desk.parcel(order_id)
    best = best_running(desk, parcel.order, stand_of(desk, parcel))
    if best is None or best[1].cost > most:
        return None
    _use(desk, *best, parcel.order, (), None)
    return best[1].cost


def _inserted(desk: Desk, candidate: Candidate, order: Order, stand: Stand) -> Insertion | None:
    if not _may_carry(desk, candidate.asset_id, order):
        return None
    order, pickup = _taken_over(order, stand, candidate.depot_id if candidate.at_depot else None)
    found = insert(
        candidate.running,
        order,
        desk.context.network,
        at=desk.now,
        frozen_stops=candidate.frozen,
        pickup_site=pickup,
        on_board=stand.on_board is not None,
    )
    return found if isinstance(found, Insertion) else None


def _taken_over(order: Order, stand: Stand, loads_at: str | None) -> tuple[Order, Site | None]:
    """Where a van takes the parcel over: a van that still loads at the very site needs no extra stop, and what goes
    to our depot anyway is only collected from where it is."""
    pickup = stand.pickup
    if pickup is None or pickup.site_id == loads_at:
        return order, None
    if order.direction is Direction.DELIVERY:
        return order, pickup
    return order.model_copy(update={"place": pickup.place}), None


def _use(
    desk: Desk,
    candidate: Candidate,
    insertion: Insertion,
    order: Order,
    why: tuple[Reason, ...],
    handed_on_from: str | None,
) -> str:
    mission = revise(desk, candidate.record, insertion.route, f"{order.order_id} handed on")
    eta = _eta(insertion, order.order_id)
    _settle_at_depot(desk, order.order_id, candidate.record)
    assign(desk, order.order_id, VAN, mission, eta=eta, handed_on_from=handed_on_from, why=why)
    return f"put into the route of {mission.asset_id}"


def _into_new(
    desk: Desk, order: Order, stand: Stand, why: tuple[Reason, ...], handed_on_from: str | None
) -> str | None:
    if stand.on_board is not None:
        return None
    options = (_opened(desk, van, order, stand) for van in free_vans(desk))
    best = min((o for o in options if o is not None), key=lambda o: (o[1].cost, o[0].asset_id), default=None)
    if best is None:
        return None
    route = best[1].route
    mission = draft_route(desk, route)
    desk.emit(MissionDrafted(at=desk.now, mission=mission, kind=VAN, release_at=desk.now))
    desk.set_timer(f"release:{mission.mission_id}", desk.now)
    _settle_at_depot(desk, order.order_id, desk.state.missions[mission.mission_id])
    eta = _eta(best[1], order.order_id)
    assign(desk, order.order_id, VAN, mission, eta=eta, handed_on_from=handed_on_from, why=why)
    return f"a new route of {mission.asset_id}"


def _opened(desk: Desk, van: FreeVan, order: Order, stand: Stand) -> tuple[FreeVan, Insertion] | None:
    if not _may_carry(desk, van.asset_id, order):
        return None
    order, pickup = _taken_over(order, stand, van.site.site_id)
    route_id = f"{van.asset_id}/route-{len(desk.state.missions) + 1}"
    found = open_route(van, order, desk.context.network, at=desk.now, route_id=route_id, pickup_site=pickup)
    return (van, found) if isinstance(found, Insertion) else None


def _may_carry(desk: Desk, asset_id: str, order: Order) -> bool:
    return assess_route(desk.context, order, route_type(desk, asset_id)).feasible


def _eta(insertion: Insertion, order_id: str) -> datetime:
    stops = insertion.route.stops
    door = [s for s in stops if order_id in s.deliver] or [s for s in stops if order_id in s.collect]
    return door[0].arrive


def _settle_at_depot(desk: Desk, order_id: str, record: MissionRecord) -> None:
    """A parcel that no site was settled for yet is brought by the linehaul to the depot of the van."""
    if desk.parcel(order_id).custodian.kind == "linehaul":
        depot = desk.asset(record.mission.asset_id).record.site_id
        pass_on(desk, order_id, Custodian(kind="site", id=depot))


def _nobody(desk: Desk, order_id: str, stand: Stand, why: tuple[Reason, ...]) -> str:
    """No van can come today. What rides on a van goes back to its depot with it; the rest stays where it is."""
    none = incident("no_van_left", "no van has time or room for it today", source="hand-off")
    give_up(desk, order_id, (*why, none))
    return "goes back to the client" if stand.on_board is None else "rides back to the depot"


def _release_compartment(desk: Desk, order_id: str) -> None:
    for (locker_id, kept_for), kept in desk.state.compartments.items():
        if kept_for == order_id and kept.status in (CompartmentStatus.WANTED, CompartmentStatus.RESERVED):
            desk.emit(
                CompartmentChanged(
                    at=desk.now, locker_id=locker_id, order_id=order_id, change=CompartmentEvent.RELEASE
                )
            )
            desk.send(locker_id, ReleaseCompartment(order_id=order_id))


def resend_route(desk: Desk, mission_id: str, why: str) -> None:
    """A van refused a revision because it was further on than we knew: send what is left again."""
    record = desk.mission(mission_id)
    if record is not None:
        resend(desk, record, why)


def leave_out(desk: Desk, order_id: str, why: str) -> None:
    """Take a parcel out of the route that was to bring it, where its stop is not done yet."""
    mission_id = desk.parcel(order_id).mission_id
    record = None if mission_id is None else desk.mission(mission_id)
    if record is not None:
        without_order(desk, record, order_id, why)


def after_failed_stop(desk: Desk, mission_id: str, step: Stop, failed: FailedItem) -> None:
    """A parcel could not be handed over at a stop: the same van tries again, or takes it back; a pick-up is dropped."""
    why = (incident(failed.code, failed.detail, source=mission_id),)
    parcel = desk.parcel(failed.order_id)
    found = desk.raise_exception(
        failed.code,
        "trying again later on the same route",
        order_id=failed.order_id,
        mission_id=mission_id,
        reasons=why,
    )
    if parcel.attempts >= desk.settings.attempts or failed.order_id in step.collect:
        desk.close_exception(found, "no further attempt today")
        give_up(desk, failed.order_id, why)
        return
    outcome = hand_on(desk, failed.order_id, why, handed_on_from=parcel.mode)
    desk.close_exception(found, outcome)
