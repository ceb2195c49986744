"""A plan that began with the one in force is put in its place: drafts that it changes are taken back, and it is said
which parcels are brought otherwise, and why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from fleet.dispatch.compartments import give_back
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import route_type
from fleet.dispatch.parcels import free
from fleet.dispatch.revisable import still_as_seen
from fleet.domain.events import Brought, MissionOver, Moved, PlanRevised
from fleet.domain.plan import LockerPlan, Plan
from fleet.domain.state import Parcel
from fleet.feasibility.incident import incident
from fleet.protocol.values import Reason

REPLANNED = "replanned"

MOST_NAMED = 3
"""So many events are named of those that a plan was asked for."""

SAME_ETA = timedelta(minutes=1)
"""Who comes no more than so much earlier or later comes as before."""


@dataclass(frozen=True, slots=True)
class Before:
    """By whom a parcel was to be brought, and what let it go; nothing has where that is for the plan to say."""

    was: Brought
    why: tuple[Reason, ...]


def moved_on(desk: Desk, plan: Plan) -> tuple[str, ...]:
    """The drafts that are no longer what the plan began with: released, taken back or changed meanwhile. With one of
    them the plan may not be put in force, since it counts on the time of its asset."""
    return tuple(
        one.mission_id for one in plan.revised if not still_as_seen(desk, one.mission_id, one.revision)
    )


def has_one_trip(desk: Desk, plan: Plan) -> bool:
    """Whether the plan began with a drafted route of a van that makes one trip in a plan, as its driver has a break."""
    drafts = (desk.state.missions[one.mission_id] for one in plan.revised)
    vans = (record.mission.asset_id for record in drafts if record.kind == "van")
    return any(route_type(desk, asset_id).driver_break is not None for asset_id in vans)


def as_before(desk: Desk, plan: Plan) -> dict[str, Before]:
    """By whom the plan's parcels are to be brought as yet, or were before they lost that. Those that nobody was to
    bring so far are left out."""
    parcels = (desk.parcel(one.order_id) for one in plan.parcels)
    found = ((parcel, _was(desk, parcel)) for parcel in parcels)
    return {parcel.order.order_id: Before(was, _why(parcel)) for parcel, was in found if was is not None}


def _was(desk: Desk, parcel: Parcel) -> Brought | None:
    """As it is assigned; of one that waits, as it was by the last plan, if it went that way."""
    if parcel.mission_id is not None:
        return _now(parcel)
    choice = desk.state.choices.get(parcel.order.order_id)
    if choice is None or choice.asset_id is None or parcel.mode != choice.mode:
        return None
    return Brought(mode=choice.mode, asset_id=choice.asset_id, eta=choice.eta, locker_id=choice.locker_id)


def _why(parcel: Parcel) -> tuple[Reason, ...]:
    return () if parcel.mission_id is not None else parcel.handed_on


def _now(parcel: Parcel) -> Brought | None:
    if parcel.mission_id is None or parcel.asset_id is None or parcel.mode is None:
        return None
    return Brought(mode=parcel.mode, asset_id=parcel.asset_id, eta=parcel.eta, locker_id=parcel.locker_id)


def as_committed(plan: Plan) -> Plan:
    """The plan without the drafts that stay as they are, for the log: what was committed of them before stands. So it
    does not grow with all that is drafted whenever something happens."""
    kept = {one.mission_id for one in plan.revised if one.kept}
    if not kept:
        return plan
    sorties = tuple(one for one in plan.sorties if one.sortie_id not in kept)
    routes = tuple(one for one in plan.routes if one.route_id not in kept)
    assets = {one.asset_id for one in sorties}
    stays = {o for one in plan.sorties if one.sortie_id in kept for o in one.order_ids}
    stops = (stop for one in plan.routes if one.route_id in kept for stop in one.stops)
    stays |= {order_id for stop in stops for order_id in (*stop.deliver, *stop.collect)}
    return plan.model_copy(
        update={
            "parcels": tuple(one for one in plan.parcels if one.order_id not in stays),
            "sorties": sorties,
            "routes": routes,
            "lockers": tuple(_without(locker, stays) for locker in plan.lockers),
            "charging": tuple(one for one in plan.charging if one.asset_id in assets),
        }
    )


def _without(locker: LockerPlan, order_ids: Collection[str]) -> LockerPlan:
    kept = tuple(one for one in locker.reservations if one.order_id not in order_ids)
    return locker.model_copy(update={"reservations": kept})


def gave_way(desk: Desk, plan: Plan) -> Reason:
    """Why a parcel is brought otherwise whose draft still holds: what the plan was asked for, as it is yet. New is what
    waits and was in no plan before."""
    state = desk.state
    waiting = [one.order_id for one in plan.parcels if one.order_id in state.waiting]
    lost = dict.fromkeys(why.detail for order_id in waiting for why in desk.parcel(order_id).handed_on[:1])
    new = sum(order_id not in state.choices for order_id in waiting)
    events = [*list(lost)[:MOST_NAMED], *([f"{new} new parcel{'s' * (new > 1)}"] if new else [])]
    detail = f"made room or costs less so, after: {'; '.join(events) or 'nothing that waited'}"
    return incident(REPLANNED, detail, source=plan.plan_id)


def take_out(desk: Desk, plan: Plan, otherwise: Reason) -> None:
    """Take back the drafts that the plan changes: their parcels wait for what it has for them."""
    why = _reasons(plan)
    lockers = {kept.order_id: locker.locker_id for locker in plan.lockers for kept in locker.reservations}
    for mission_id in _changed(plan):
        detail = f"planned again by {plan.plan_id}"
        desk.emit(
            MissionOver(
                at=desk.now, mission_id=mission_id, outcome="cancelled", code=REPLANNED, detail=detail
            )
        )
        for item in desk.state.missions[mission_id].mission.items:
            free(desk, item.order_id, why.get(item.order_id, (otherwise,)))
            give_back(desk, item.order_id, but=lockers.get(item.order_id))


def tell(desk: Desk, plan: Plan, before: Mapping[str, Before], otherwise: Reason) -> None:
    """Say which parcels are brought otherwise, by whom before and now, and why; nothing where none is."""
    why, moved = _reasons(plan), list[Moved]()
    for order_id, then in before.items():
        now = _now(desk.parcel(order_id))
        if not _is_same(then.was, now):
            reasons = then.why or why.get(order_id, (otherwise,))
            moved.append(Moved(order_id=order_id, was=then.was, now=now, why=reasons))
    changed = _changed(plan)
    if moved or changed:
        kept = tuple(one.mission_id for one in plan.revised if one.kept)
        desk.emit(
            PlanRevised(at=desk.now, plan_id=plan.plan_id, kept=kept, changed=changed, moved=tuple(moved))
        )


def _changed(plan: Plan) -> tuple[str, ...]:
    return tuple(one.mission_id for one in plan.revised if not one.kept)


def _reasons(plan: Plan) -> dict[str, tuple[Reason, ...]]:
    """Of each parcel whose draft did not hold any more, why."""
    return {one.order_id: one.why for one in plan.lost}


def _is_same(was: Brought, now: Brought | None) -> bool:
    if now is None or (was.mode, was.asset_id, was.locker_id) != (now.mode, now.asset_id, now.locker_id):
        return False
    return was.eta is None or now.eta is None or abs(was.eta - now.eta) <= SAME_ETA
