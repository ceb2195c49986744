"""What a plan weighs beside the rates: fairness between drivers, lateness, and that what was drafted stays."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fleet.protocol.values import NonNegative, Value

CHANGE_PRICE = 0.5
"""A quarter of what a short sortie costs: nobody was shown a draft yet, but what goes to and fro is hard to follow."""


class Fairness(Value):
    """How evenly work is to be shared out among drivers."""

    per_hour: NonNegative = 0
    """What each hour is worth by which a driver is out longer than the mean of the plan's drivers: so much dearer a
    plan may be for one less of them. Never part of a reported cost."""


class Lateness(Value):
    """What it costs to bring a parcel by van after its window."""

    per_hour: NonNegative
    """Of what the end of its service is late. Never part of a reported cost."""
    at_most_min: Annotated[float, Field(gt=0, le=24 * 60)] = 60
    """How many minutes after its window a parcel may still be served."""
