"""Telling an asset to hold, go on, return, divert or land: by a person, or because the monitor advises it."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import Watch
from fleet.domain.events import CommandIssued
from fleet.protocol.messages import Action, Command
from fleet.protocol.values import Place

_SAYS = {
    Action.HOLD: "hold where it is",
    Action.RETURN: "return home",
    Action.DIVERT: "divert to {place}",
    Action.LAND: "land at once",
    Action.RESUME: "go on",
}


_STOP = "stop at the next safe place, where people must fetch it"
"""What a robot is told instead of coming down: it has no alternates, and is charged at its own site."""


def in_words(action: Action | None, place_id: str | None, *, flies: bool = True) -> str:
    """What an asset is told; without an action it is only watched."""
    if action is Action.LAND and not flies:
        return _STOP
    return "watched" if action is None else _SAYS[action].format(place=place_id)


def command(
    desk: Desk,
    asset_id: str,
    action: Action,
    *,
    by: str,
    why: str,
    place: Place | None = None,
    place_id: str | None = None,
    way: tuple[Place, ...] = (),
    stop: bool = False,
) -> str:
    """Issue the command and send it; returns its id. ``way``: where it is and what it passes on the way to the place.
    ``stop``: it is one of a stop-all's, or lifts one.
    """
    command_id = f"cmd-{desk.state.serial + 1}"
    desk.emit(
        CommandIssued(
            at=desk.now,
            command_id=command_id,
            asset_id=asset_id,
            action=action,
            by=by,
            why=why,
            place=place,
            place_id=place_id,
            way=way,
            stop=stop,
        )
    )
    told = Command(command_id=command_id, action=action, place=place, place_id=place_id, via=way[1:], why=why)
    desk.send(asset_id, told)
    if action is Action.DIVERT:
        desk.effects.append(Watch(asset_id))  # it is held against another way
    return command_id
