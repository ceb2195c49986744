"""Parcels come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import KeepContacts
from fleet.dispatch.planning import want_plan
from fleet.domain.events import Custodian, OrderPlaced
from fleet.domain.plausible import slips
from fleet.feasibility.incident import incident
from fleet.protocol.messages import Reply, SubmitOrders
from fleet.protocol.values import Contact, Direction, Order, Reason

MOST_TOLD = 500
"""So many reasons are told of a batch: an answer may have no more than a megabyte."""


def submit_orders(desk: Desk, message: SubmitOrders) -> None:
    """Take all parcels of the batch or none; parcels that are known with the same content change nothing."""
    reasons = tuple(islice(chain(_clashes(desk, message.orders), _slips(message.orders)), MOST_TOLD))
    if reasons:
        desk.answer(
            Reply(request_id=message.request_id, ok=False, detail="nothing was taken in", reasons=reasons)
        )
        return
    unique = {order.order_id: order for order in message.orders}
    new = [order for order_id, order in unique.items() if order_id not in desk.state.parcels]
    for order in new:
        desk.emit(
            OrderPlaced(at=desk.now, order=order, custodian=_first_custodian(order), subject=desk.subject)
        )
    people = tuple(contact for contact in message.contacts if _is_kept(desk, contact))
    if people:
        desk.effects.append(KeepContacts(people))
    if new:
        want_plan(desk)
    taken = tuple(order.order_id for order in new)
    detail = f"{len(new)} taken in, {len(message.orders) - len(new)} known already"
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail, ids=taken))


def _is_kept(desk: Desk, contact: Contact) -> bool:
    """What was erased stays so, even where the order comes again; nor is anything kept that belongs to no parcel."""
    parcel = desk.state.parcels.get(contact.order_id)
    return parcel is not None and not parcel.erased


def _clashes(desk: Desk, orders: Iterable[Order]) -> Iterator[Reason]:
    """One reason for each parcel whose id another one has, taken in earlier or standing before it in the batch."""
    known: dict[str, Order] = {}
    for order in orders:
        parcel = desk.state.parcels.get(order.order_id)
        first = known.setdefault(order.order_id, order if parcel is None else parcel.order)
        if first != order:
            detail = f"{order.order_id} is known with other content; give the new parcel another id"
            yield incident("duplicate_order", detail, source="intake")


def _slips(orders: Iterable[Order]) -> Iterator[Reason]:
    """One reason for each value that can't be meant so."""
    for order in orders:
        for field, problem in slips(order):
            yield incident("implausible_value", f"{order.order_id}: {field}: {problem}", source="intake")


def _first_custodian(order: Order) -> Custodian:
    """Until a plan settles which site serves it, a parcel is with the linehaul; one to be picked up is with its
    sender.
    """
    if order.direction is Direction.DELIVERY:
        return Custodian(kind="linehaul", id="linehaul")
    return Custodian(kind="client", id=order.client)
