"""The root of all stored events, and what several of them hold."""

from __future__ import annotations

from typing import ClassVar, Literal

from fleet.protocol.values import Identifier, Time, Value


class Event(Value):
    """The root of all events. ``at`` is the hub's (business) time."""

    version: ClassVar[int] = 1
    at: Time


class Custodian(Value):
    """Who has a parcel: a client, the linehaul (before it is settled which site serves it), one of our sites, a
    vehicle, a locker, or the recipient."""

    kind: Literal["client", "linehaul", "site", "asset", "locker", "recipient"]
    id: str


class AssetRecord(Value):
    """An asset of the day: what it is and where it stands when the day opens."""

    asset_id: Identifier
    type_id: Identifier
    kind: str
    site_id: Identifier
