"""Parcels come in."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import KeepContacts
from fleet.dispatch.planning import want_plan
from fleet.domain.events import Custodian, OrderPlaced
from fleet.feasibility.incident import incident
from fleet.protocol.messages import Reply, SubmitOrders
from fleet.protocol.values import Direction, Order, Reason


def submit_orders(desk: Desk, message: SubmitOrders) -> None:
    """Take all parcels of the batch or none; parcels that are known with the same content change nothing."""
    clashes = tuple(_clash(desk, order) for order in message.orders)
    reasons = tuple(reason for reason in clashes if reason is not None)
    if reasons:
        desk.answer(
            Reply(request_id=message.request_id, ok=False, detail="nothing was taken in", reasons=reasons)
        )
        return
    new = [order for order in message.orders if order.order_id not in desk.state.parcels]
    for order in new:
        desk.emit(OrderPlaced(at=desk.now, order=order, custodian=_first_custodian(order)))
    if message.contacts:
        desk.effects.append(KeepContacts(message.contacts))
    if new:
        want_plan(desk)
    taken = tuple(order.order_id for order in new)
    detail = f"{len(new)} taken in, {len(message.orders) - len(new)} known already"
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail, ids=taken))


def _clash(desk: Desk, order: Order) -> Reason | None:
    known = desk.state.parcels.get(order.order_id)
    if known is None or known.order == order:
        return None
    detail = f"{order.order_id} is known with other content; give the new parcel another id"
    return incident("duplicate_order", detail, source="intake")


def _first_custodian(order: Order) -> Custodian:
    """Until a plan settles which site serves it, a parcel is with the linehaul; one to be picked up is with its
    sender.
    """
    if order.direction is Direction.DELIVERY:
        return Custodian(kind="linehaul", id="linehaul")
    return Custodian(kind="client", id=order.client)
