"""What happens to a parcel, as short verbs that the handlers share."""

from __future__ import annotations

from datetime import datetime

from fleet.dispatch.desk import Desk
from fleet.domain.events import (
    Custodian,
    CustodyPassed,
    DeliveryFailed,
    ParcelAssigned,
    ParcelFreed,
    ParcelGivenUp,
)
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.mission import Mission
from fleet.protocol.values import Place, Reason


def assign(
    desk: Desk,
    order_id: str,
    mode: str,
    mission: Mission,
    *,
    eta: datetime,
    locker_id: str | None = None,
    handed_on_from: str | None = None,
    why: tuple[Reason, ...] = (),
) -> None:
    """The mission is to bring the parcel."""
    desk.emit(
        ParcelAssigned(
            at=desk.now,
            order_id=order_id,
            mode=mode,
            mission_id=mission.mission_id,
            asset_id=mission.asset_id,
            locker_id=locker_id,
            eta=eta,
            handed_on_from=handed_on_from,
            why=why,
        )
    )


def free(desk: Desk, order_id: str, why: tuple[Reason, ...], *, excluded: str | None = None) -> None:
    """Nobody is to bring the parcel any more; ``excluded`` is a mode not to be tried again."""
    desk.emit(ParcelFreed(at=desk.now, order_id=order_id, excluded=excluded, why=why))


def pass_on(
    desk: Desk,
    order_id: str,
    taker: Custodian,
    *,
    mission_id: str | None = None,
    place: Place | None = None,
    proof: str | None = None,
    giver: Custodian | None = None,
) -> None:
    """Record that the parcel went from whoever has it to ``taker``; nothing happens when ``taker`` has it already.

    Who says that he hands it over is the ``giver``: ``LifecycleError`` where he does not have it.
    """
    holder = desk.parcel(order_id).custodian
    if holder == taker:
        return
    desk.emit(
        CustodyPassed(
            at=desk.now,
            order_id=order_id,
            giver=giver or holder,
            taker=taker,
            mission_id=mission_id,
            place=place,
            proof=proof,
        )
    )


def attempt_failed(desk: Desk, order_id: str, mission_id: str | None, code: str, detail: str) -> None:
    """A delivery or collection was tried and did not succeed."""
    desk.emit(
        DeliveryFailed(
            at=desk.now,
            order_id=order_id,
            mission_id=mission_id,
            code=code,
            detail=detail,
            counts=code in NOBODY_OPENED,
        )
    )


NOBODY_OPENED = frozenset({"recipient_absent", "sender_absent", "refused_by_recipient"})
"""Failures that lie with the person at the door: their number is limited."""


def give_up(desk: Desk, order_id: str, why: tuple[Reason, ...]) -> None:
    """Nobody brings the parcel today."""
    if desk.parcel(order_id).status not in (ParcelStatus.RETURNED, ParcelStatus.DELIVERED):
        desk.emit(ParcelGivenUp(at=desk.now, order_id=order_id, why=why))


def recipient(order_id: str) -> Custodian:
    """The person who gets the parcel, by reference only."""
    return Custodian(kind="recipient", id=order_id)
