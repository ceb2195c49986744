"""People close and open areas. What that leads to is told before, if asked, and with the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import Rezone
from fleet.dispatch.foresight import consequences, summary
from fleet.dispatch.zones import BadChange, Change, by_hand, end_of, stored_zone
from fleet.domain.events import ZoneAdded, ZoneRemoved
from fleet.domain.state import ExceptionRecord
from fleet.feasibility.incident import incident
from fleet.protocol.messages import AddZone, ChangeZones, PreviewZones, RemoveZone, Reply
from fleet.protocol.zones import ClosedZone, Consequences
from geofences import GeofenceError, Zone

NOT_WORKED_OUT = "what that leads to could not be worked out"

NOBODY = "no flight is concerned"

HUB = "hub"
"""Who opens an area whose time is over."""

UNREADABLE = "zone_refused"
"""The exception about an area that was closed by hand and can't be read any more."""


def preview_zones(desk: Desk, message: PreviewZones) -> None:
    """Tell what a change would lead to, and change nothing."""
    change = _asked(desk, message.request_id, _pairs(message.add), message.remove)
    if change is None:
        return
    try:
        found = consequences(desk, change, desk.make_context(change.made(desk.state)))
    except GeofenceError as error:
        detail = f"{NOT_WORKED_OUT}: {error}"
        why = incident("zones_unforeseen", detail, source="hub")
        desk.answer(Reply(request_id=message.request_id, ok=False, detail=detail, reasons=(why,)))
    else:
        desk.answer(
            Reply(request_id=message.request_id, ok=True, detail=summary(found) or NOBODY, zones=found)
        )


def change_zones(desk: Desk, message: ChangeZones) -> None:
    """Areas are closed and opened at once: flights under way are checked against them, planned ones when they are
    released.
    """
    change = _asked(desk, message.request_id, _pairs(message.add), message.remove)
    if change is not None:
        done = [*(f"{zone_id} is closed" for zone_id in change.add), *(f"{i} is open" for i in change.remove)]
        _answer(desk, message.request_id, ", ".join(done), _make(desk, change, message.by))


def add_zone(desk: Desk, message: AddZone) -> None:
    """One area is closed."""
    change = _asked(desk, message.request_id, [(message.zone_id, message.feature)], ())
    if change is not None:
        _answer(
            desk, message.request_id, f"zone {message.zone_id} is closed", _make(desk, change, message.by)
        )


def remove_zone(desk: Desk, message: RemoveZone) -> None:
    """One area that was closed by hand is opened again."""
    change = _asked(desk, message.request_id, (), (message.zone_id,))
    if change is not None:
        _answer(desk, message.request_id, f"zone {message.zone_id} is open", _make(desk, change, message.by))


def zone_over(desk: Desk, zone_id: str) -> None:
    """The time of an area that was closed by hand is over, unless it was given another one since. One that can't be
    read stays: a person opens it.
    """
    feature = desk.state.zones.get(zone_id)
    zone = None if feature is None else stored_zone(zone_id, feature)
    end = end_of(zone) if isinstance(zone, Zone) else None
    if end is not None and end <= desk.now:
        _make(desk, Change.asked(desk.state, desk.now, (), (zone_id,)), HUB)


def tell_unreadable(desk: Desk) -> None:
    """After a restart, which may be with a newer version: an operator is told, once for each, of areas that can't be
    read any more.
    """
    known = {each.reasons[0].source for each in _told_unreadable(desk)}
    for zone_id, reason, _ in by_hand(desk.state)[1]:
        if zone_id not in known:
            detail = (
                f"zone {zone_id!r}, closed by hand, can't be read: {reason}: as it may be anywhere, nothing is known "
                "to be clear: open it, and close it anew if it is still needed"
            )
            why = incident(UNREADABLE, detail, source=zone_id)
            desk.raise_exception(UNREADABLE, "nothing is clear", owner="operator", reasons=(why,))


def _told_unreadable(desk: Desk) -> list[ExceptionRecord]:
    return [each for each in desk.state.open_exceptions() if each.code == UNREADABLE and each.reasons]


def _pairs(add: Iterable[ClosedZone]) -> list[tuple[str, dict[str, Any]]]:
    return [(each.zone_id, each.feature) for each in add]


def _asked(
    desk: Desk, request_id: str, add: Iterable[tuple[str, dict[str, Any]]], remove: Iterable[str]
) -> Change | None:
    """The change, or none after a refusal."""
    try:
        return Change.asked(desk.state, desk.now, add, remove)
    except BadChange as error:
        desk.answer(Reply(request_id=request_id, ok=False, detail=str(error), reasons=(error.reason,)))
        return None


def _make(desk: Desk, change: Change, by: str) -> Consequences | None:
    """Put the change in force; none where it can't be worked out what it leads to: an area closes all the same."""
    after = desk.make_context(change.made(desk.state))
    try:
        found = consequences(desk, change, after)
    except GeofenceError:
        found = None
    version = after.airspace.version
    for zone_id in change.remove:
        desk.emit(ZoneRemoved(at=desk.now, zone_id=zone_id, by=by, zones_version=version))
    for zone, (zone_id, feature) in zip(change.zones, change.add.items(), strict=True):
        desk.emit(ZoneAdded(at=desk.now, zone_id=zone_id, feature=feature, by=by, zones_version=version))
        end = end_of(zone)
        if end is not None:
            desk.set_timer(f"zone:{zone_id}", end)
    for told in _told_unreadable(desk):
        if told.reasons[0].source in {*change.add, *change.remove}:
            desk.close_exception(told.exception_id, "the zone was opened or closed anew", by=by)
    desk.effects.append(Rezone((*change.gone, *change.zones)))
    return found


def _answer(desk: Desk, request_id: str, done: str, found: Consequences | None) -> None:
    told = NOT_WORKED_OUT if found is None else summary(found)
    detail = f"{done}: {told}" if told else done
    desk.answer(Reply(request_id=request_id, ok=True, detail=detail, zones=found))
