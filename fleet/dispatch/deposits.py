"""Parcels that were put into a locker which has not said so yet: they are neither handed on nor forgotten."""

from __future__ import annotations

from datetime import timedelta

from fleet.dispatch.desk import Desk
from fleet.protocol.lifecycle import ParcelStatus

UNCONFIRMED = "deposit_unconfirmed"


def await_deposit(desk: Desk, order_id: str) -> None:
    """Whoever brought it says that it is in; the locker's own word passes custody, and is waited for."""
    if desk.parcel(order_id).status is not ParcelStatus.IN_LOCKER:
        due = desk.now + timedelta(seconds=desk.settings.deposit_grace_s)
        desk.set_timer(f"deposit:{order_id}", due)


def awaits_deposit(desk: Desk, order_id: str) -> bool:
    """Whether the locker's word is waited for, by us or by a person."""
    if desk.parcel(order_id).custodian.kind != "asset":
        return False
    found = desk.state.open_exceptions()
    told = any(e.code == UNCONFIRMED and e.order_id == order_id for e in found)
    return told or f"deposit:{order_id}" in desk.state.timers


def deposit_unconfirmed(desk: Desk, order_id: str) -> None:
    """The locker has said nothing: a person must look where the parcel is."""
    parcel = desk.parcel(order_id)
    if parcel.status is not ParcelStatus.UNDER_WAY or parcel.custodian.kind != "asset":
        return
    desk.raise_exception(
        UNCONFIRMED,
        f"look whether it is in {parcel.locker_id}; close this when it is not: it then goes on",
        asset_id=parcel.locker_id,
        order_id=order_id,
        owner="operator",
    )


def deposited(desk: Desk, order_id: str) -> None:
    """The locker has it."""
    for found in desk.state.open_exceptions():
        if found.code == UNCONFIRMED and found.order_id == order_id:
            desk.close_exception(found.exception_id, "the locker has said that it is in")
