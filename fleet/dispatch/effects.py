"""What is to be done once the events are on disk. Effects are values; the hub's shell carries them out."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.planner.snapshot import Snapshot
from fleet.protocol.messages import Message
from fleet.protocol.values import Contact
from geofences import Zone


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to a peer; it goes through the outbox until the peer has acknowledged it."""

    peer_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the peer whose message is being handled; not kept in the outbox."""

    peer_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class StartPlanning:
    """Have a plan made in the planner's process; its result comes back as ``PlanReady`` or ``PlanFailed``."""

    plan_id: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class FindOptions:
    """Have the ways of one parcel of the snapshot found, beside the planning; what is found comes back as
    ``OptionsFound``, for the peer that asked under this id.
    """

    peer_id: str
    request_id: str
    order_id: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class KeepContacts:
    """Write personal data into its erasable table, in the same transaction as the events."""

    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class EraseContacts:
    """Delete the personal data behind these orders, in the same transaction as the events."""

    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """Compute anew what the monitor needs for this asset's mission; with none under way, stop watching."""

    asset_id: str


@dataclass(frozen=True, slots=True)
class Rezone:
    """Hold everything that is out against the zones as they are now: these have come or gone."""

    zones: tuple[Zone, ...]


Effect = Send | Answer | StartPlanning | FindOptions | KeepContacts | EraseContacts | Watch | Rezone
