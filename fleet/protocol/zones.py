"""Zones that people close and open again while the fleet is out, and what a change of them leads to."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from fleet.protocol.actions import Action
from fleet.protocol.greetings import Message
from fleet.protocol.values import Code, Identifier, Latitude, Longitude, Time, Value

MOST_ZONES: Final = 1_000
"""So many zones may be closed, and as many opened, in one go."""

MOST_TOLD: Final = 2_000
"""So many flights, and as many planned ones, an answer names; it counts the others."""


class ClosedZone(Value):
    """A zone to close: one GeoJSON feature, in the format of the zone files."""

    zone_id: Identifier
    feature: dict[str, Any]


class PreviewZones(Message):
    """A person asks what a change of zones would lead to. Nothing is changed.

    ``add`` are zones to close; one of an id that was closed by hand before takes its place. ``remove`` are ids of zones
    that were closed by hand.
    """

    type: Literal["preview_zones"] = "preview_zones"
    request_id: Identifier
    add: Annotated[tuple[ClosedZone, ...], Field(max_length=MOST_ZONES)] = ()
    remove: Annotated[tuple[Identifier, ...], Field(max_length=MOST_ZONES)] = ()


class ChangeZones(Message):
    """A person closes and opens zones, all in one go or none. What is asked is that of ``PreviewZones``."""

    type: Literal["change_zones"] = "change_zones"
    request_id: Identifier
    by: Identifier
    add: Annotated[tuple[ClosedZone, ...], Field(max_length=MOST_ZONES)] = ()
    remove: Annotated[tuple[Identifier, ...], Field(max_length=MOST_ZONES)] = ()


class ZoneEntry(Value):
    """Where and when a flight first meets a zone that changes; ``code`` says why it may not be there."""

    zone_id: str
    code: Code
    at: Time
    lon: Longitude
    lat: Latitude


class ConcernedFlight(Value):
    """A flight that is out, or about to go, for which a change of zones means something.

    ``entry`` is none where it only comes free of a zone. ``action`` is what the hub tells it to do: none where it is
    told nothing, and ``detail`` says why. ``place_id`` is where it diverts to.
    """

    asset_id: Identifier
    mission_id: Identifier
    order_ids: tuple[Identifier, ...] = ()
    entry: ZoneEntry | None = None
    action: Action | None = None
    place_id: Identifier | None = None
    detail: str = ""


class ConcernedPlan(Value):
    """A flight of the plan that is not released yet and, as it is planned, gets into a zone, or comes free of one.

    One that gets into a zone is worked out anew when it is released: around the zone, later, or its parcels go another
    way.
    """

    asset_id: Identifier
    mission_id: Identifier
    order_ids: tuple[Identifier, ...] = ()
    start_at: Time
    entry: ZoneEntry | None = None


class Consequences(Value):
    """What a change of zones leads to, as of the hub's state and the last telemetry.

    The versions are the content hashes of the zones in force before and after. ``added``, ``replaced`` and ``removed``
    are zones; ``places`` are launch sites and lockers with a port for drones that lie in a zone that comes. ``flights``
    and ``planned`` are those for which it means something, up to ``MOST_TOLD``; ``more_flights`` and ``more_planned``
    count the others.
    """

    version_before: str
    version: str
    added: tuple[Identifier, ...] = ()
    replaced: tuple[Identifier, ...] = ()
    removed: tuple[Identifier, ...] = ()
    places: tuple[Identifier, ...] = ()
    flights: tuple[ConcernedFlight, ...] = ()
    planned: tuple[ConcernedPlan, ...] = ()
    more_flights: Annotated[int, Field(ge=0)] = 0
    more_planned: Annotated[int, Field(ge=0)] = 0
