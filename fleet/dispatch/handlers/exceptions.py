"""A person has dealt with an exception."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.handovers import try_again
from fleet.dispatch.parcels import free
from fleet.domain.state import OVER
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.messages import CloseException, Reply


def close_exception(desk: Desk, message: CloseException) -> None:
    """It is closed with who did it and how; one that is closed already stays as it is."""
    found = desk.state.exceptions.get(message.exception_id)
    if found is None:
        detail = f"there is no exception {message.exception_id!r}; `fleet exceptions list` shows them"
        desk.answer(Reply(request_id=message.request_id, ok=False, detail=detail))
        return
    if found.outcome is not None:
        detail = f"{message.exception_id} was closed before: {found.outcome}"
        desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail))
        return
    desk.close_exception(message.exception_id, message.outcome, by=message.by)
    if found.order_id is not None:
        _go_on(desk, found.order_id)
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=f"{message.exception_id} is closed"))


def _go_on(desk: Desk, order_id: str) -> None:
    """A parcel that waited for this person goes on now; one that somebody is bringing is not touched."""
    parcel = desk.parcel(order_id)
    record = None if parcel.mission_id is None else desk.mission(parcel.mission_id)
    if record is not None and record.status in OVER and parcel.status in _GOES_ON:
        free(desk, order_id, parcel.handed_on)
    try_again(desk, order_id)


_GOES_ON = frozenset({ParcelStatus.RECEIVED, ParcelStatus.PLANNED, ParcelStatus.UNDER_WAY})
