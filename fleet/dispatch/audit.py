"""An audit of the log that does not rest on ``apply``: custody without a gap, nothing done twice, nothing unanswered.

The dispatcher could not have stored most of what is looked for here. That is the point: the audit would notice if it
had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fleet.domain import events as ev
from fleet.protocol.lifecycle import AssetEvent
from fleet.protocol.mission import Mission

PATIENCE = timedelta(seconds=60)
"""What was sent this shortly before the log ends may still be answered."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found, in words; all empty when the log is sound."""

    custody_breaks: tuple[str, ...]
    duplicates: tuple[str, ...]
    lost: tuple[str, ...]


def audit(events: Iterable[ev.Event]) -> Audit:
    """Look through a whole log.

    Custody: each parcel has one custodian from the moment it is taken in, and only that one can hand it over.
    Duplicates: a hand-off, an order, a mission's release, begin or end, or an answer that is recorded twice; a
    machine that goes out with a parcel which another mission is to bring.
    Lost: a mission, command or reservation that its asset never answered although it was not out of contact.
    """
    book = _Book()
    for event in events:
        book.last_at = event.at
        check = _CHECKS.get(type(event))
        if check is not None:
            check(book, event)
    return Audit(tuple(book.breaks), tuple(book.duplicates), tuple(book.unanswered()))


@dataclass(frozen=True, slots=True)
class _Sent:
    what: str
    asset_id: str
    at: datetime
    revision: int = 0


@dataclass(slots=True)
class _Book:
    """Where the audit stands: who has each parcel, what was seen, what waits for an answer."""

    last_at: datetime | None = None
    custody: dict[str, ev.Custodian] = field(default_factory=dict)
    seen: set[tuple[str, ...]] = field(default_factory=set)
    waiting: dict[tuple[str, ...], _Sent] = field(default_factory=dict)
    in_contact: set[str] = field(default_factory=set)
    assigned: dict[str, str] = field(default_factory=dict)
    breaks: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    def once(self, *key: str) -> None:
        """Note something that can happen once only."""
        if key in self.seen:
            self.duplicates.append(" ".join(key))
        self.seen.add(key)

    def unanswered(self) -> Iterable[str]:
        """What is still waiting for an answer of an asset that could have given one."""
        for sent in self.waiting.values():
            if (
                self.last_at is not None
                and self.last_at - sent.at > PATIENCE
                and sent.asset_id in self.in_contact
            ):
                yield f"{sent.what} was never answered by {sent.asset_id}"


def _order_placed(book: _Book, event: ev.OrderPlaced) -> None:
    book.once("order_placed", event.order.order_id)
    book.custody.setdefault(event.order.order_id, event.custodian)


def _custody_passed(book: _Book, event: ev.CustodyPassed) -> None:
    holder = book.custody.get(event.order_id)
    if holder == event.giver:
        book.custody[event.order_id] = event.taker
    elif holder == event.taker:
        book.duplicates.append(f"hand-off of {event.order_id} to {_name(event.taker)}")
    else:
        found = "nobody" if holder is None else _name(holder)
        book.breaks.append(f"{_name(event.giver)} handed over {event.order_id}, which was with {found}")


def _name(custodian: ev.Custodian) -> str:
    return f"{custodian.kind} {custodian.id}"


def _parcel_assigned(book: _Book, event: ev.ParcelAssigned) -> None:
    book.assigned[event.order_id] = event.mission_id


def _mission_released(book: _Book, event: ev.MissionReleased) -> None:
    book.once("mission_released", event.mission.mission_id)
    for item in event.mission.items if event.mission.is_sortie else ():
        other = book.assigned.get(item.order_id)
        if other not in (None, event.mission.mission_id):
            book.duplicates.append(
                f"{event.mission.mission_id} goes out with {item.order_id}, which {other} is to bring"
            )
    _mission_sent(book, event.mission, event.at)


def _mission_revised(book: _Book, event: ev.MissionRevised) -> None:
    if ("mission_released", event.mission.mission_id) in book.seen:
        _mission_sent(book, event.mission, event.at)


def _mission_sent(book: _Book, mission: Mission, at: datetime) -> None:
    what = f"revision {mission.revision} of mission {mission.mission_id}"
    book.waiting["mission", mission.mission_id] = _Sent(what, mission.asset_id, at, mission.revision)


def _mission_accepted(book: _Book, event: ev.MissionAccepted) -> None:
    sent = book.waiting.get(("mission", event.mission_id))
    if sent is not None and event.revision >= sent.revision:
        del book.waiting["mission", event.mission_id]


def _mission_begun(book: _Book, event: ev.MissionBegun) -> None:
    book.once("mission_begun", event.mission_id)


def _mission_over(book: _Book, event: ev.MissionOver) -> None:
    book.once("mission_over", event.mission_id)
    book.waiting.pop(("mission", event.mission_id), None)


def _command_issued(book: _Book, event: ev.CommandIssued) -> None:
    book.once("command_issued", event.command_id)
    book.waiting["command", event.command_id] = _Sent(f"command {event.command_id}", event.asset_id, event.at)


def _command_answered(book: _Book, event: ev.CommandAnswered) -> None:
    book.once("command_answered", event.command_id)
    book.waiting.pop(("command", event.command_id), None)


def _compartment_wanted(book: _Book, event: ev.CompartmentWanted) -> None:
    sent = _Sent(f"the compartment for {event.order_id}", event.locker_id, event.at)
    book.waiting["compartment", event.locker_id, event.order_id] = sent


def _compartment_changed(book: _Book, event: ev.CompartmentChanged) -> None:
    book.waiting.pop(("compartment", event.locker_id, event.order_id), None)


def _asset_connected(book: _Book, event: ev.AssetConnected) -> None:
    book.in_contact.add(event.asset_id)


def _asset_changed(book: _Book, event: ev.AssetChanged) -> None:
    if event.change is AssetEvent.LOSE_LINK:
        book.in_contact.discard(event.asset_id)


_CHECKS: dict[type[ev.Event], Callable[[_Book, Any], None]] = {
    ev.OrderPlaced: _order_placed,
    ev.CustodyPassed: _custody_passed,
    ev.ParcelAssigned: _parcel_assigned,
    ev.MissionReleased: _mission_released,
    ev.MissionRevised: _mission_revised,
    ev.MissionAccepted: _mission_accepted,
    ev.MissionBegun: _mission_begun,
    ev.MissionOver: _mission_over,
    ev.CommandIssued: _command_issued,
    ev.CommandAnswered: _command_answered,
    ev.CompartmentWanted: _compartment_wanted,
    ev.CompartmentChanged: _compartment_changed,
    ev.AssetConnected: _asset_connected,
    ev.AssetChanged: _asset_changed,
}
