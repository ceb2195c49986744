"""What of a trip's charge no later sample tells: with what it left, and what staying somewhere has taken since."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fleet.domain.event import Event
from fleet.protocol.values import Identifier, NonNegative, Time, Value


class TripCharge(Value):
    """As far as it was known at ``at``, in shares of a full battery.

    ``left_soc`` is the charge with which a sortie left, ``stays_soc`` what it took to hold and at its drop, ``drawn``
    what its trip has drawn by the model. ``believed`` is what it was taken to hold: by its gauge, or by what was
    believed instead (none: not known), ``shown`` what the gauge itself said then (none: nothing, or it is doubted).
    ``taken`` is how many times what was expected its trip had taken when it left it.
    """

    at: Time
    left_soc: float = Field(ge=0, le=1)
    stays_soc: NonNegative = 0.0
    drawn: NonNegative = 0.0
    believed: float | None = Field(default=None, ge=0, le=1)
    shown: Annotated[float | None, Field(ge=0, le=1, exclude_if=lambda soc: soc is None)] = None
    taken: float = 1.0


class ChargeNoted(Event):
    """What a mission that is out has taken of its battery; told anew when that differs. A hub that starts again goes on
    from there."""

    type: Literal["charge_noted"] = "charge_noted"
    mission_id: Identifier
    charge: TripCharge
