"""Parcels of which only one side has told that they were put into a locker: neither handed on nor forgotten.

Whoever brings one and the locker have links of their own, so either word may come first. The bringer's alone is
followed by a wait for the locker's. The locker's alone is kept (``deposit_early``), and holds as soon as the bringer
has told that he took the parcel over: custody passes from hand to hand, never from a site straight into a locker.
"""

from __future__ import annotations

from datetime import timedelta

from fleet.dispatch.desk import Desk
from fleet.dispatch.parcels import pass_on
from fleet.domain.events import Custodian
from fleet.domain.state import ExceptionRecord
from fleet.protocol.lifecycle import ParcelStatus

UNCONFIRMED = "deposit_unconfirmed"
EARLY = "deposit_early"


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


def is_early(desk: Desk, order_id: str) -> bool:
    """Whether a locker can't have it by what is known: nobody has told that he took it over."""
    return desk.parcel(order_id).status is ParcelStatus.PLANNED


def deposit_early(desk: Desk, locker_id: str, order_id: str) -> None:
    """The locker's word has overtaken that of whoever brings the parcel: it is kept until he speaks."""
    desk.raise_exception(
        EARLY,
        "holds as soon as whoever brings it tells that he took it over; close this when it is not in there",
        asset_id=locker_id,
        order_id=order_id,
        owner="operator",
    )


def taken_over(desk: Desk, order_id: str) -> None:
    """Somebody has told that he took it over: what a locker said before that holds now."""
    parcel = desk.parcel(order_id)
    for found in _open(desk, EARLY, order_id):
        locker_id = parcel.locker_id
        if locker_id is not None and found.asset_id == locker_id and parcel.status is ParcelStatus.UNDER_WAY:
            put_in(desk, locker_id, order_id)
        desk.close_exception(found.exception_id, "it has been told who had it before the locker")


def put_in(desk: Desk, locker_id: str, order_id: str) -> None:
    """Custody passes to the locker."""
    place = desk.state.lockers[locker_id].place
    pass_on(desk, order_id, Custodian(kind="locker", id=locker_id), place=place)
    for found in _open(desk, UNCONFIRMED, order_id):
        desk.close_exception(found.exception_id, "the locker has said that it is in")


def _open(desk: Desk, code: str, order_id: str) -> list[ExceptionRecord]:
    return [e for e in desk.state.open_exceptions() if e.code == code and e.order_id == order_id]
