"""What lockers say about their compartments."""

from __future__ import annotations

from collections.abc import Callable

from fleet.dispatch.desk import Desk
from fleet.dispatch.handovers import hand_on, leave_out
from fleet.dispatch.parcels import free, pass_on, recipient
from fleet.domain.events import CompartmentChanged, Custodian
from fleet.domain.state import FINAL_PARCEL
from fleet.feasibility.incident import incident
from fleet.protocol.lifecycle import COMPARTMENT, CompartmentEvent, allows
from fleet.protocol.messages import CompartmentReport

_CHANGES = {
    "reserved": CompartmentEvent.CONFIRM,
    "refused": CompartmentEvent.REFUSE,
    "deposited": CompartmentEvent.DEPOSIT,
    "collected": CompartmentEvent.COLLECT,
    "expired": CompartmentEvent.EXPIRE,
    "released": CompartmentEvent.RELEASE,
}


def compartment_report(desk: Desk, message: CompartmentReport) -> None:
    """Follow the compartment's life; custody passes with what is put in and taken out."""
    locker_id = desk.peer_id or ""
    kept = desk.state.compartments.get((locker_id, message.order_id))
    change = _CHANGES[message.state]
    if kept is None or not allows(COMPARTMENT, kept.status, change):
        if message.state not in ("released", "refused"):
            _unexpected(desk, locker_id, message)
        return
    desk.emit(
        CompartmentChanged(
            at=desk.now, locker_id=locker_id, order_id=message.order_id, change=change, code=message.code
        )
    )
    follow = _FOLLOW.get(message.state)
    if follow is not None:
        follow(desk, locker_id, message)


def _unexpected(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    desk.raise_exception(
        "unexpected_compartment_report",
        "the report was noted; an operator must look",
        asset_id=locker_id,
        order_id=message.order_id,
        owner="operator",
    )


def _deposited(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    place = desk.state.lockers[locker_id].place
    pass_on(desk, message.order_id, Custodian(kind="locker", id=locker_id), place=place)


def _collected(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    place = desk.state.lockers[locker_id].place
    pass_on(desk, message.order_id, recipient(message.order_id), place=place)


def _refused(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    """The locker can't keep it after all: whoever was to bring it there brings it to the door."""
    parcel = desk.parcel(message.order_id)
    if parcel.locker_id != locker_id or parcel.status in FINAL_PARCEL:
        return
    why = incident(message.code or "locker_refused", message.detail or "no compartment", source=locker_id)
    found = desk.raise_exception(
        why.code, "handing on to a van", asset_id=locker_id, order_id=message.order_id, reasons=(why,)
    )
    leave_out(desk, message.order_id, why.detail)
    free(desk, message.order_id, (why,), excluded=parcel.mode)
    outcome = hand_on(desk, message.order_id, (why,), handed_on_from=parcel.mode)
    desk.close_exception(found, outcome)


def _expired(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    desk.raise_exception(
        "not_collected",
        "to be taken back by the next route that passes",
        asset_id=locker_id,
        order_id=message.order_id,
        owner="operator",
    )


_FOLLOW: dict[str, Callable[[Desk, str, CompartmentReport], None]] = {
    "deposited": _deposited,
    "collected": _collected,
    "refused": _refused,
    "expired": _expired,
}
