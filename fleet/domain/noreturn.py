"""From where on its way a sortie can't go home any more, as far as is known at a moment."""

from __future__ import annotations

from typing import Literal

from fleet.domain.event import Event
from fleet.protocol.values import Identifier, NonNegative, Place, Time, Value


class NoReturn(Value):
    """The point of no return of a sortie: from ``place`` on neither turning round nor going on brings it home with
    margin and reserve. None: home is in reach all the way.

    ``step_id`` is the leg on which that lies, ``along_m`` how far along it, ``due`` when it is to be there;
    ``is_passed``: it lies behind. ``elsewhere`` are the places that can be reached from there instead, the nearest by
    energy first; empty where none can. ``spare_wh`` is what is left above the reserve at home, with margin, by the way
    that it is on (below zero where that fails; none where the wind forbids it); ``hover_s`` is how much longer than
    planned it may stay at its drop (none where it has left that).
    """

    place: Place | None = None
    step_id: Identifier | None = None
    along_m: NonNegative | None = None
    due: Time | None = None
    is_passed: bool = False
    elsewhere: tuple[Identifier, ...] = ()
    spare_wh: float | None = None
    hover_s: NonNegative | None = None


class NoReturnMoved(Event):
    """From where on a mission that is out can't go home any more, as it is known now; told anew when that differs."""

    type: Literal["no_return_moved"] = "no_return_moved"
    mission_id: Identifier
    no_return: NoReturn
