"""What an asset that has several packs says of each of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from fleet.protocol.values import Fraction, NonNegative, Value

MOST_PACKS = 16
"""So many packs an asset may have: more would not fit into a sample's limit beside the rest."""

PackNumber = Annotated[int, Field(ge=1, le=MOST_PACKS)]
Condition = Literal["ok", "unhealthy", "failed"]


class PackState(Value):
    """One of several packs that share an asset's load (packs in series are one). What is not measured is absent.

    ``pack`` says which, counted from 1. ``health`` is its capacity as a share of the nominal one. ``condition`` is what
    the pack itself says: ``unhealthy`` and ``failed`` as in MAVLink's BATTERY_STATUS; nothing of either is counted on.
    """

    pack: PackNumber
    soc: Fraction | None = None
    voltage_v: NonNegative | None = None
    health: Fraction | None = None
    temperature_c: Annotated[float, Field(ge=-100, le=200)] | None = None
    condition: Condition = "ok"


def _each_once(packs: tuple[PackState, ...]) -> tuple[PackState, ...]:
    if len({one.pack for one in packs}) < len(packs):
        raise ValueError("a pack is told of twice")
    return packs


Packs = Annotated[
    tuple[PackState, ...], Field(min_length=1, max_length=MOST_PACKS), AfterValidator(_each_once)
]
"""Every pack that an asset has, once. One that is left out is missing."""
