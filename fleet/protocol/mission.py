"""Missions: the instruction set sent to one asset, as a list of steps.

A drone's or robot's mission is ``load, travel, drop, travel, unload``; a van's is its route, a list of
``stop`` steps whose later part may be replaced by a newer revision of the mission while it is driven. Lockers get
no missions: they reserve and release compartments.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fleet.protocol.values import (
    Code,
    Dimensions,
    Goods,
    Identifier,
    NonNegative,
    Place,
    Positive,
    Time,
    TimeWindow,
    Value,
    Waypoint,
)


class Item(Value):
    """A parcel as the one who carries it must know it."""

    order_id: Identifier
    weight_kg: Positive
    size: Dimensions
    goods: Goods
    min_age: int | None = None
    signature: bool = False
    crew: int = 1


class Load(Value):
    """Take parcels over at a site (custody passes from the site to the asset)."""

    step: Literal["load"] = "load"
    step_id: Identifier
    site_id: Identifier
    order_ids: tuple[Identifier, ...]


class Travel(Value):
    """Go along a path that the hub has checked; leaving it by more than ``corridor_m`` is a deviation."""

    step: Literal["travel"] = "travel"
    step_id: Identifier
    path: Annotated[tuple[Waypoint, ...], Field(min_length=2)]
    corridor_m: Positive


class Drop(Value):
    """Set a parcel down (or hand it over) at a place; its own confirmation ends the step."""

    step: Literal["drop"] = "drop"
    step_id: Identifier
    order_id: Identifier
    place: Place
    service_s: NonNegative
    window: TimeWindow
    locker_id: Identifier | None = None


class Unload(Value):
    """Give back at a site what is still on board, or hand in what was collected."""

    step: Literal["unload"] = "unload"
    step_id: Identifier
    site_id: Identifier
    order_ids: tuple[Identifier, ...] = ()


class Stop(Value):
    """One stop of a route: parcels handed over and taken in at one place.

    With ``locker_id`` the parcels go into reserved compartments; with ``site_id`` they are taken over from, or
    handed in at, one of our own sites.
    """

    step: Literal["stop"] = "stop"
    step_id: Identifier
    place: Place
    deliver: tuple[Identifier, ...] = ()
    collect: tuple[Identifier, ...] = ()
    locker_id: Identifier | None = None
    site_id: Identifier | None = None
    service_s: NonNegative
    window: TimeWindow
    eta: Time
    shown: bool = False
    """The driver has been shown this stop as one of the next: it is not moved any more."""


Step = Annotated[Load | Travel | Drop | Unload | Stop, Field(discriminator="step")]
"""One instruction of a mission."""


class Alternate(Value):
    """A place other than home where the asset may land or wait when it can't get home."""

    place_id: Identifier
    place: Place
    kind: Code


class BreakDue(Value):
    """The driver's break on a route: when it is planned, and between which times it may begin. It is behind the step
    ``after``, on the way to the next one or before that begins."""

    after: Identifier
    start: Time
    end: Time
    begins: TimeWindow


class Mission(Value):
    """The whole instruction set of one trip. ``revision`` grows when the part not yet driven is replaced."""

    mission_id: Identifier
    revision: int = 0
    asset_id: Identifier
    items: tuple[Item, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    start_at: Time
    expires_at: Time
    home: Place
    alternates: tuple[Alternate, ...] = ()
    energy_wh: NonNegative | None = None
    """What the hub expects the whole mission to take; none for an asset whose energy is not planned."""
    energy_to_drop_wh: NonNegative | None = None
    """The part of it that ends with the drop."""
    reserve_wh: NonNegative | None = None
    zones_version: str | None = None
    cruise_mps: Annotated[Positive | None, Field(exclude_if=lambda speed: speed is None)] = None
    """The speed that its ways are flown at: the one that the asset's autopilot holds, through the air or over ground.
    None: the speed of its type."""
    pace: Annotated[Positive, Field(exclude_if=lambda times: times == 1)] = 1.0
    """How many times as long as by its type's model its times take its ways to last, as the asset's earlier trips have
    shown."""
    driver_break: Annotated[BreakDue | None, Field(exclude_if=lambda rest: rest is None)] = None
    """None: the driver has none on this route."""

    @property
    def is_sortie(self) -> bool:
        """Whether it is out and back with one parcel; else it is a route."""
        return any(isinstance(step, Drop) for step in self.steps)
