"""A person asks for every way of one parcel as the plan stands. The planner finds them; nothing is changed."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import Answer, FindOptions
from fleet.dispatch.inputs import OptionsFound
from fleet.dispatch.planning import question
from fleet.dispatch.revisable import no_choice_left
from fleet.feasibility.incident import incident
from fleet.protocol.messages import ExplainOrder, Reply
from fleet.protocol.options import NoOptions


def explain_order(desk: Desk, message: ExplainOrder) -> None:
    """Have the parcel's ways found, or say why that can't be asked any more."""
    order_id = message.order_id
    parcel = desk.state.parcels.get(order_id)
    if parcel is None:
        _refuse(
            desk, message, NoOptions.UNKNOWN_ORDER, f"there is no order {order_id!r}: see `fleet orders list`"
        )
    elif (why := no_choice_left(desk.state, parcel)) is not None:
        _refuse(desk, message, NoOptions.NO_CHOICE_LEFT, f"{order_id} {why}")
    elif desk.state.until is None:
        _refuse(
            desk, message, NoOptions.NO_DAY_OPEN, "no day is open: there is nothing that could be planned"
        )
    elif desk.peer_id is not None:
        found = FindOptions(desk.peer_id, message.request_id, order_id, question(desk, order_id))
        desk.effects.append(found)


def options_found(desk: Desk, message: OptionsFound) -> None:
    """Answer whoever has asked."""
    if message.found is None:
        why = incident(message.code or NoOptions.PLANNER_FAILED, message.detail, source="hub")
        reply = Reply(request_id=message.request_id, ok=False, detail=message.detail, reasons=(why,))
    else:
        planning = desk.state.planning
        detail = "" if planning is None else f"{planning} is being made: this is as of before it"
        reply = Reply(request_id=message.request_id, ok=True, detail=detail, options=message.found)
    desk.effects.append(Answer(message.peer_id, reply))


def _refuse(desk: Desk, message: ExplainOrder, code: NoOptions, detail: str) -> None:
    why = incident(code, detail, source="hub")
    desk.answer(Reply(request_id=message.request_id, ok=False, detail=detail, reasons=(why,)))
