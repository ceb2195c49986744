"""A person has dealt with an exception."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
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
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=f"{message.exception_id} is closed"))
