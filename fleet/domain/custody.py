"""What a hand-off means: for the parcel's life, and for what each asset has with it."""

from __future__ import annotations

from immutables import Map

from fleet.domain import events as ev
from fleet.domain.state import Parcel
from fleet.protocol.lifecycle import ParcelEvent, ParcelStatus
from fleet.protocol.values import Direction


def step(parcel: Parcel, event: ev.CustodyPassed) -> ParcelEvent | None:
    """What a hand-off means for a parcel's life depends on who gives and who takes."""
    taker = event.taker
    if event.giver.kind == "linehaul":
        return None
    if taker.kind == "recipient":
        return ParcelEvent.COLLECT if parcel.status is ParcelStatus.IN_LOCKER else ParcelEvent.DELIVER
    if taker.kind == "locker":
        return ParcelEvent.DEPOSIT
    if taker.kind == "asset":
        return ParcelEvent.TRANSFER if parcel.status is ParcelStatus.UNDER_WAY else ParcelEvent.LOAD
    if parcel.order.direction is not Direction.DELIVERY:
        return ParcelEvent.DELIVER
    return ParcelEvent.BRING_BACK


def aboard(before: Map[str, frozenset[str]], event: ev.CustodyPassed) -> Map[str, frozenset[str]]:
    """What each asset has after a hand-off."""
    after, order_id = before, event.order_id
    if event.giver.kind == "asset":
        after = after.set(event.giver.id, after.get(event.giver.id, frozenset()) - {order_id})
    if event.taker.kind == "asset":
        after = after.set(event.taker.id, after.get(event.taker.id, frozenset()) | {order_id})
    return after
