"""What lockers say about their compartments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fleet.dispatch.deposits import deposit_early, is_early, put_in
from fleet.dispatch.desk import Desk
from fleet.dispatch.handovers import another_way, room_again
from fleet.dispatch.parcels import free, pass_on, recipient
from fleet.dispatch.taking_back import take_back
from fleet.domain.events import CompartmentChanged, CompartmentWanted
from fleet.domain.state import FINAL_PARCEL, Compartment
from fleet.feasibility.incident import incident
from fleet.protocol.lifecycle import COMPARTMENT, CompartmentEvent, CompartmentStatus, allows
from fleet.protocol.messages import CompartmentReport
from fleet.protocol.values import TimeWindow

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
    if message.state == "deposited":
        _know_compartment(desk, locker_id, message)
    kept = desk.state.compartments.get((locker_id, message.order_id))
    change = _CHANGES[message.state]
    if kept is not None and _is_about_an_earlier(kept, message):
        return
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
    elif message.state == "released" and kept.status in _ASKED_FOR:
        _refused(desk, locker_id, message)  # it was not given back, and is gone


_ASKED_FOR = frozenset({CompartmentStatus.WANTED, CompartmentStatus.RESERVED})
_ANSWERS = frozenset({"reserved", "refused", "released"})


def _is_about_an_earlier(kept: Compartment, message: CompartmentReport) -> bool:
    """Whether it answers a reservation that was given back before this one was asked for.

    A locker of version 1 of the wire names only the parcel: its ``released`` is then taken for the answer to our own
    release, and one that can't keep what it has reserved says ``refused``. What was put in or taken out holds always.
    """
    if message.state not in _ANSWERS:
        return False
    if message.request is None or kept.request is None:
        return message.state == "released" and kept.status in _ASKED_FOR
    return message.request != kept.request


def _know_compartment(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    """What is in, is in: a parcel that was to go there has a compartment, also where it was given back meanwhile."""
    parcel = desk.parcel(message.order_id)
    known = (locker_id, message.order_id) in desk.state.compartments
    if known or message.size is None or parcel.locker_id != locker_id or parcel.status in FINAL_PARCEL:
        return
    window = TimeWindow(start=desk.now, end=max(desk.now, parcel.order.due.end) + STAY)
    desk.emit(
        CompartmentWanted(
            at=desk.now,
            locker_id=locker_id,
            order_id=message.order_id,
            size=message.size,
            window=window,
            request=message.request,
        )
    )


STAY = timedelta(hours=48)
"""How long a parcel may wait for its recipient where no reservation says so."""


def _unexpected(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    desk.raise_exception(
        "unexpected_compartment_report",
        "the report was noted; an operator must look",
        asset_id=locker_id,
        order_id=message.order_id,
        owner="operator",
    )


def _deposited(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    if is_early(desk, message.order_id):
        deposit_early(desk, locker_id, message.order_id)
    else:
        put_in(desk, locker_id, message.order_id)


def _collected(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    place = desk.state.lockers[locker_id].place
    pass_on(desk, message.order_id, recipient(message.order_id), place=place)
    room_again(desk, locker_id)


def _refused(desk: Desk, locker_id: str, message: CompartmentReport) -> None:
    """The locker can't keep it after all: it goes another way, once nobody is on the way with it."""
    parcel = desk.parcel(message.order_id)
    if parcel.locker_id != locker_id or parcel.status in FINAL_PARCEL:
        return
    why = incident(message.code or "locker_refused", message.detail or "no compartment", source=locker_id)
    found = desk.raise_exception(
        why.code, "to go another way", asset_id=locker_id, order_id=message.order_id, reasons=(why,)
    )
    if not take_back(desk, message.order_id, why.detail):
        desk.close_exception(found, "whoever was sent with it answers first")
        return
    free(desk, message.order_id, (why,), excluded=f"locker:{locker_id}")
    another_way(desk, message.order_id, (why,), handed_on_from=parcel.mode)
    desk.close_exception(found, "it goes another way")


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
