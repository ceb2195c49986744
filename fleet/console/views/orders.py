"""Parcels as rows of the table of orders."""

from __future__ import annotations

from fleet.console.ledger import Ledger, who
from fleet.console.views.base import Row, point, stamp
from fleet.domain.punctuality import is_late


def order_row(ledger: Ledger, order_id: str) -> Row:
    """One parcel: what it is, how it is served, and whether it will be on time."""
    parcel = ledger.state.parcels[order_id]
    order, choice = parcel.order, ledger.state.choices.get(order_id)
    return {
        "id": order_id,
        "client": order.client,
        "direction": order.direction.value,
        "status": parcel.status.value,
        "mode": parcel.mode,
        "planned_mode": None if choice is None else choice.mode,
        "cost": None if choice is None else choice.cost,
        "asset": parcel.asset_id,
        "mission": parcel.mission_id,
        "locker": parcel.locker_id,
        "custodian": who(parcel.custodian),
        "eta": stamp(parcel.eta),
        "served_at": stamp(parcel.served_at),
        "ended_at": stamp(parcel.ended_at),
        "due_from": stamp(order.due.start),
        "due_by": stamp(order.due.end),
        "late": is_late(parcel),
        "attempts": parcel.attempts,
        "handed_on": bool(parcel.handed_on),
        "locked": parcel.locked,
        "goods": order.goods.value,
        "weight_kg": order.weight_kg,
        "priority": order.priority,
        "place": point(order.place),
    }
