"""People lock how orders are brought: no new plan changes that until they let it go (``fleet.dispatch.revisable``).

A lock holds against the planner alone. What goes wrong, an asset that is lost or a trip that is refused, is mended all
the same; whatever brings the parcel then is what is locked.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from fleet.dispatch.desk import Desk
from fleet.domain.events import LocksChanged
from fleet.domain.state import FINAL_PARCEL
from fleet.feasibility.incident import incident
from fleet.protocol.messages import LockOrders, Reply
from fleet.protocol.values import Reason

MOST_REASONS = 20
"""Reasons of one refusal."""


def lock_orders(desk: Desk, message: LockOrders) -> None:
    """Lock, or let go, all that the request names or, where one of them can't be, nothing."""
    wanted = _named(desk, message)
    reasons = tuple(islice(_against(desk, message, wanted), MOST_REASONS))
    done = "locked" if message.locked else "let go"
    if reasons:
        detail = f"nothing was {done}: {reasons[0].detail}"
        desk.answer(Reply(request_id=message.request_id, ok=False, detail=detail, reasons=reasons))
        return
    new = tuple(order_id for order_id in wanted if desk.parcel(order_id).locked != message.locked)
    if new:
        desk.emit(
            LocksChanged(at=desk.now, order_ids=new, locked=message.locked, by=message.by, why=message.why)
        )
    detail = f"{len(new)} {done}, {len(wanted) - len(new)} had been before"
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail, ids=new))


def _named(desk: Desk, message: LockOrders) -> list[str]:
    """The orders that are meant: those by name, and those that a mission has yet to bring."""
    live = () if message.mission_id is None else _of_mission(desk, message.mission_id)
    return list(dict.fromkeys((*message.order_ids, *live)))


def _of_mission(desk: Desk, mission_id: str) -> Iterator[str]:
    if mission_id in desk.state.live_missions:
        for item in desk.state.missions[mission_id].mission.items:
            parcel = desk.state.parcels.get(item.order_id)
            if parcel is not None and parcel.mission_id == mission_id and parcel.status not in FINAL_PARCEL:
                yield item.order_id


def _against(desk: Desk, message: LockOrders, wanted: list[str]) -> Iterator[Reason]:
    mission_id = message.mission_id
    if mission_id is not None and mission_id not in desk.state.live_missions:
        detail = f"there is no route or mission {mission_id!r} that is to be made or under way"
        yield incident("unknown_mission", detail, source="operator")
    elif not wanted:
        yield incident("nothing_to_lock", "no order is named, or brought by what is named", source="operator")
    for order_id in wanted:
        parcel = desk.state.parcels.get(order_id)
        if parcel is None:
            yield incident("unknown_order", f"there is no order {order_id!r}", source="operator")
        elif message.locked and parcel.status in FINAL_PARCEL:
            yield incident("finished_order", f"{order_id} is {parcel.status.value}", source="operator")
        elif message.locked and parcel.mission_id is None:
            detail = f"{order_id} is not planned: nobody is to bring it yet"
            yield incident("unplanned_order", detail, source="operator")
