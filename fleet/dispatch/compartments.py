"""Compartments that are kept for parcels: where, asking for one, giving it back."""

from __future__ import annotations

from datetime import timedelta

from fleet.dispatch.desk import Desk
from fleet.domain.events import CompartmentChanged, CompartmentWanted
from fleet.domain.fleet import StationType
from fleet.domain.state import Parcel
from fleet.feasibility import assess_locker
from fleet.protocol.lifecycle import CompartmentEvent, CompartmentStatus
from fleet.protocol.messages import ReleaseCompartment, ReserveCompartment
from fleet.protocol.values import CompartmentSize, TimeWindow

EMPTY = (CompartmentStatus.WANTED, CompartmentStatus.RESERVED)
"""A compartment is kept for a parcel, which is not in it yet."""


def kept_for(desk: Desk, order_id: str) -> list[str]:
    """The lockers that keep an empty compartment for the parcel, by id."""
    return [
        where
        for (where, kept_for), kept in sorted(desk.state.compartments.items())
        if kept_for == order_id and kept.status in EMPTY
    ]


def keep_at(desk: Desk, parcel: Parcel, locker_id: str | None) -> None:
    """Keep a compartment at this locker (at none, when none is given), and no other."""
    order_id = parcel.order.order_id
    give_back(desk, order_id, but=locker_id)
    if locker_id is not None and locker_id not in kept_for(desk, order_id):
        _ask(desk, parcel, locker_id)


def _ask(desk: Desk, parcel: Parcel, locker_id: str) -> None:
    order_id = parcel.order.order_id
    locker = desk.state.lockers[locker_id]
    kind = desk.context.fleet.types[desk.asset(locker_id).record.type_id]
    if not isinstance(kind, StationType):
        raise TypeError(f"{locker_id} is no locker")
    size = assess_locker(desk.context, parcel.order, locker, kind).size
    if size is None:
        raise ValueError(f"{order_id} fits no compartment of {locker_id}")
    window = TimeWindow(start=desk.now, end=desk.now + timedelta(hours=kind.pickup_hours))
    reserve(desk, locker_id, order_id, size, window)


def reserve(desk: Desk, locker_id: str, order_id: str, size: CompartmentSize, window: TimeWindow) -> None:
    """Ask a locker to keep a compartment, under a number that no reservation has had before."""
    request = desk.state.reservations + 1
    desk.emit(
        CompartmentWanted(
            at=desk.now, locker_id=locker_id, order_id=order_id, size=size, window=window, request=request
        )
    )
    desk.send(locker_id, ReserveCompartment(order_id=order_id, size=size, window=window, request=request))


def give_back(desk: Desk, order_id: str, *, but: str | None = None) -> None:
    """Free what is kept for the parcel, ``but`` for one locker."""
    for locker_id in kept_for(desk, order_id):
        if locker_id != but:
            request = desk.state.compartments[locker_id, order_id].request
            desk.emit(
                CompartmentChanged(
                    at=desk.now, locker_id=locker_id, order_id=order_id, change=CompartmentEvent.RELEASE
                )
            )
            desk.send(locker_id, ReleaseCompartment(order_id=order_id, request=request))
