"""What an asset can be told to do at once."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What an operator or the hub can tell an asset to do at once."""

    HOLD = "hold"
    RESUME = "resume"
    RETURN = "return"
    DIVERT = "divert"
    LAND = "land"
    """Come down where it is; on the ground, stop at the next safe place, out of everybody's way. It stays there."""
