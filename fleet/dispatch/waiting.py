"""Parcels that nobody can bring now: they wait for a van, or for a person who must find them. Each has an owner."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import STRANDED
from fleet.dispatch.parcels import free, give_up
from fleet.dispatch.running import Stand
from fleet.domain.state import ExceptionRecord
from fleet.feasibility.incident import incident
from fleet.protocol.values import Reason

NO_VAN = "no_van_left"
MISSING = "parcel_missing"
_WAITS = frozenset({NO_VAN, MISSING})


def nobody(desk: Desk, order_id: str, stand: Stand, why: tuple[Reason, ...]) -> str:
    """No van can come now: until the day ends the parcel waits, then it is given up."""
    none = incident(NO_VAN, "no van has time or room for it", source="hand-off")
    reasons = (*(reason for reason in why if reason.code != NO_VAN), none)
    if not day_is_over(desk):
        return _wait(desk, order_id, reasons)
    stop_waiting(desk, order_id, "given up: the day is over")
    give_up(desk, order_id, reasons)
    if stand.pickup is not None and stand.pickup.site_id.startswith(STRANDED):
        desk.raise_exception(
            "parcel_stranded",
            "to be fetched with the asset that it is on",
            asset_id=stand.pickup.name,
            order_id=order_id,
            owner="operator",
            reasons=reasons,
        )
        return "waits for an operator where it stands"
    return "goes back to the client" if stand.on_board is None else "rides back to the depot"


def _wait(desk: Desk, order_id: str, reasons: tuple[Reason, ...]) -> str:
    if order_id not in desk.state.waiting:
        free(desk, order_id, reasons)
    _try_again_at(desk, order_id, desk.now + timedelta(seconds=desk.settings.hand_on_again_s))
    if waits(desk, order_id) is None:
        minutes = desk.settings.hand_on_again_s / 60
        action = f"waits where it is; tried again every {minutes:.0f} min"
        desk.raise_exception(NO_VAN, action, order_id=order_id, reasons=reasons)
    return "waits for a van"


def lose(desk: Desk, order_id: str, why: tuple[Reason, ...]) -> None:
    """It was not where it should be: a person must find it. It was taken out of every mission before."""
    if order_id not in desk.state.waiting:
        free(desk, order_id, why)
    stop_waiting(desk, order_id, "it is missing")
    desk.raise_exception(
        MISSING,
        "look for it, then close this: it goes on from where it is recorded",
        order_id=order_id,
        owner="operator",
        reasons=why,
    )
    _try_again_at(desk, order_id, max(desk.now, desk.state.until or desk.now))


def is_missing(desk: Desk, order_id: str) -> bool:
    """Whether a person is looking for it."""
    found = waits(desk, order_id)
    return found is not None and found.code == MISSING


def day_is_over(desk: Desk) -> bool:
    """Whether nothing more is tried today."""
    return desk.state.until is None or desk.now >= desk.state.until


def waits(desk: Desk, order_id: str) -> ExceptionRecord | None:
    """The exception of a parcel that waits."""
    found = desk.state.open_exceptions()
    return next((e for e in found if e.code in _WAITS and e.order_id == order_id), None)


def stop_waiting(desk: Desk, order_id: str, outcome: str) -> None:
    """It has found its way, or none is looked for any more."""
    found = waits(desk, order_id)
    if found is not None:
        desk.close_exception(found.exception_id, outcome)


def _try_again_at(desk: Desk, order_id: str, due: datetime) -> None:
    desk.set_timer(f"handon:{order_id}", due)
