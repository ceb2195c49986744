"""Personal data behind orders is erased: when a person wants it so, and by itself when it was kept for long enough."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import EraseContacts
from fleet.domain.events import ContactsErased
from fleet.feasibility.incident import incident
from fleet.protocol.messages import EraseContacts as EraseRequest
from fleet.protocol.messages import Reply
from fleet.protocol.values import Reason

RETENTION = "retention"
"""Who erases what was kept for long enough."""

SWEEP = "contacts:retention"
"""The timer by which that is looked for."""

SWEEP_EVERY = timedelta(hours=1)
"""No more often: the table is written anew each time."""

AT_A_TIME = 2_000
"""Orders of one event."""

MOST_REASONS = 20
"""Reasons of one refusal."""


def erase_contacts(desk: Desk, message: EraseRequest) -> None:
    """Erase all that the request names or, where one of them is unknown or still to be brought, nothing."""
    reasons = tuple(islice(_against(desk, message), MOST_REASONS))
    if reasons:
        detail = "nothing was erased"
        desk.answer(Reply(request_id=message.request_id, ok=False, detail=detail, reasons=reasons))
        return
    wanted = list(dict.fromkeys(message.order_ids))
    new = [order_id for order_id in wanted if not desk.parcel(order_id).erased]
    _erase(desk, new, by=message.by, why=message.why)
    detail = f"{len(new)} erased, {len(wanted) - len(new)} had been before"
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail, ids=tuple(new)))


def _against(desk: Desk, message: EraseRequest) -> Iterator[Reason]:
    for order_id in message.order_ids:
        parcel = desk.state.parcels.get(order_id)
        if parcel is None:
            yield incident("unknown_order", f"there is no order {order_id!r}", source="operator")
        elif not (message.unfinished or parcel.erased or order_id in desk.state.personal):
            detail = f"{order_id} has not come to its end; a driver may need the address"
            yield incident("unfinished_order", detail, source="operator")


def _erase(desk: Desk, order_ids: list[str], *, by: str, why: str) -> None:
    for start in range(0, len(order_ids), AT_A_TIME):
        some = tuple(order_ids[start : start + AT_A_TIME])
        desk.emit(ContactsErased(at=desk.now, order_ids=some, by=by, why=why))
        desk.effects.append(EraseContacts(some))


def retention(desk: Desk, _subject: str) -> None:
    """Erase what belongs to parcels that came to their end long enough ago."""
    kept = timedelta(days=desk.settings.keep_contacts_days)
    over = sorted(o for o, ended_at in desk.state.personal.items() if ended_at + kept <= desk.now)
    _erase(desk, over, by=RETENTION, why=f"kept for {desk.settings.keep_contacts_days:g} days")


def watch_retention(desk: Desk) -> None:
    """Have a timer ring when the first of what is kept has been kept for long enough."""
    personal = desk.state.personal
    if personal and SWEEP not in desk.state.timers:
        due = min(personal.values()) + timedelta(days=desk.settings.keep_contacts_days)
        desk.set_timer(SWEEP, max(due, desk.now + SWEEP_EVERY))
