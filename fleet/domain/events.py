"""What has happened: the events that the hub stores, as one discriminated union.

A stored event is ``(type, version, JSON)``. Changes are additive; a change that is not gets a new version and an
upcaster. Events hold references to people, never their names, contacts or addresses.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from fleet.domain.arrivals import ArrivalsMoved as ArrivalsMoved  # noqa: PLC0414 - told on
from fleet.domain.energy import EnergyLearned as EnergyLearned  # noqa: PLC0414 - told on
from fleet.domain.energy import EnergyNotLearned as EnergyNotLearned  # noqa: PLC0414 - told on
from fleet.domain.energy import EnergyTrack, KeptTrack
from fleet.domain.event import AssetRecord as AssetRecord  # noqa: PLC0414 - told on
from fleet.domain.event import Custodian as Custodian  # noqa: PLC0414 - told on
from fleet.domain.event import Event as Event  # noqa: PLC0414 - told on
from fleet.domain.fleet import FleetSpec
from fleet.domain.noreturn import NoReturnMoved as NoReturnMoved  # noqa: PLC0414 - told on
from fleet.domain.plan import ChargeNeed, Plan
from fleet.domain.replanned import Brought as Brought  # noqa: PLC0414 - told on
from fleet.domain.replanned import Moved as Moved  # noqa: PLC0414 - told on
from fleet.domain.replanned import PlanRevised as PlanRevised  # noqa: PLC0414 - told on
from fleet.domain.sites import Locker, Site
from fleet.domain.tripcharge import ChargeNoted as ChargeNoted  # noqa: PLC0414 - told on
from fleet.domain.weather import WeatherReported as WeatherReported  # noqa: PLC0414 - told on
from fleet.domain.winds import WindShown as WindShown  # noqa: PLC0414 - told on
from fleet.protocol.lifecycle import AssetEvent, CompartmentEvent
from fleet.protocol.messages import Action, Factsheet
from fleet.protocol.mission import Mission
from fleet.protocol.values import (
    Code,
    CompartmentSize,
    Fraction,
    Identifier,
    NonNegative,
    Order,
    Place,
    Reason,
    Time,
    TimeWindow,
)


class DayOpened(Event):
    """The day begins with this fleet, these places and these zones. ``energy``: what earlier days have taught of its
    assets, ``energy_of_absent`` what of those that are not there today."""

    type: Literal["day_opened"] = "day_opened"
    until: Time
    fleet: FleetSpec
    sites: tuple[Site, ...]
    lockers: tuple[Locker, ...]
    assets: tuple[AssetRecord, ...]
    zones_version: str
    energy: dict[Identifier, EnergyTrack] = Field(default_factory=dict, exclude_if=lambda it: not it)
    energy_of_absent: dict[Identifier, KeptTrack] = Field(default_factory=dict, exclude_if=lambda it: not it)


class OrderPlaced(Event):
    """A parcel was taken in; ``custodian`` has it now. ``subject`` is whose key it came with; empty without keys, and
    where an older release did not keep it.
    """

    type: Literal["order_placed"] = "order_placed"
    order: Order
    custodian: Custodian
    subject: str = ""


class PlanRequested(Event):
    """A plan is wanted for these parcels; with ``revise`` it may change what was drafted and nobody was shown yet."""

    type: Literal["plan_requested"] = "plan_requested"
    plan_id: Identifier
    order_ids: tuple[Identifier, ...]
    revise: Annotated[bool, Field(exclude_if=lambda revise: revise)] = True


class PlanCommitted(Event):
    """A plan is in force. Missions that follow from it are drafted by events of their own."""

    type: Literal["plan_committed"] = "plan_committed"
    plan: Plan


class PlanDropped(Event):
    """A plan that was asked for is not used."""

    type: Literal["plan_dropped"] = "plan_dropped"
    plan_id: Identifier
    detail: str


class MissionDrafted(Event):
    """A mission that will be sent at ``release_at``, after it has been checked again."""

    type: Literal["mission_drafted"] = "mission_drafted"
    mission: Mission
    kind: str
    plan_id: Identifier | None = None
    release_at: Time
    needs: Annotated[ChargeNeed | None, Field(exclude_if=lambda need: need is None)] = None


class MissionReleased(Event):
    """The mission was checked again and goes out to its asset, as it stands here. ``avoids``: whom it would have met in
    the air as it was planned, and what was done about it."""

    type: Literal["mission_released"] = "mission_released"
    mission: Mission
    assumptions: tuple[str, ...] = ()
    avoids: tuple[Reason, ...] = ()
    needs: Annotated[ChargeNeed | None, Field(exclude_if=lambda need: need is None)] = None


class MissionWaits(Event):
    """It was due and can't be released until looked at again, at ``until``; told anew only when the reasons differ."""

    type: Literal["mission_waits"] = "mission_waits"
    mission_id: Identifier
    until: Time
    why: tuple[Reason, ...]


class MissionAccepted(Event):
    """The asset has taken this revision."""

    type: Literal["mission_accepted"] = "mission_accepted"
    mission_id: Identifier
    revision: int


class MissionBegun(Event):
    """The asset is under way."""

    type: Literal["mission_begun"] = "mission_begun"
    mission_id: Identifier


class StepBegun(Event):
    """A step is being carried out."""

    type: Literal["step_begun"] = "step_begun"
    mission_id: Identifier
    step_id: Identifier


class StepEnded(Event):
    """A step is over, done or failed."""

    type: Literal["step_ended"] = "step_ended"
    mission_id: Identifier
    step_id: Identifier
    ok: bool
    code: Code | None = None
    detail: str = ""


class MissionRevised(Event):
    """The part not yet done was replaced; ``mission.revision`` has grown by one."""

    type: Literal["mission_revised"] = "mission_revised"
    mission: Mission
    why: str


class MissionOver(Event):
    """The mission has come to its end."""

    type: Literal["mission_over"] = "mission_over"
    mission_id: Identifier
    outcome: Literal["completed", "failed", "cancelled", "rejected"]
    place: Place | None = None
    energy_used_wh: NonNegative | None = None
    code: Code | None = None
    detail: str = ""


class ParcelAssigned(Event):
    """A parcel is to be served in this way: by plan, or handed on from another mode (then ``why`` has the reasons)."""

    type: Literal["parcel_assigned"] = "parcel_assigned"
    order_id: Identifier
    mode: str
    mission_id: Identifier
    asset_id: Identifier
    locker_id: Identifier | None = None
    eta: Time
    handed_on_from: str | None = None
    why: tuple[Reason, ...] = ()


class ParcelFreed(Event):
    """A parcel is no longer assigned; ``excluded`` is the mode that is not tried again for it."""

    type: Literal["parcel_freed"] = "parcel_freed"
    order_id: Identifier
    excluded: str | None = None
    why: tuple[Reason, ...] = ()


class CustodyPassed(Event):
    """A recorded hand-off."""

    type: Literal["custody_passed"] = "custody_passed"
    order_id: Identifier
    giver: Custodian
    taker: Custodian
    mission_id: Identifier | None = None
    place: Place | None = None
    proof: str | None = None


class DeliveryFailed(Event):
    """An attempt did not succeed; the parcel stays with its custodian. ``counts``: it is one of the parcel's attempts
    (nobody opened), and not the fault of a locker or a machine."""

    type: Literal["delivery_failed"] = "delivery_failed"
    order_id: Identifier
    mission_id: Identifier | None = None
    code: Code
    detail: str = ""
    counts: bool = True


class ParcelGivenUp(Event):
    """Nobody brings the parcel today; it goes back to the client."""

    type: Literal["parcel_given_up"] = "parcel_given_up"
    order_id: Identifier
    why: tuple[Reason, ...]


class CompartmentWanted(Event):
    """A compartment is to be kept. ``request`` numbers the reservations that lockers were asked for; none where it was
    not asked for (a parcel was put in unasked), or by an older release."""

    type: Literal["compartment_wanted"] = "compartment_wanted"
    locker_id: Identifier
    order_id: Identifier
    size: CompartmentSize
    window: TimeWindow
    request: int | None = None


class CompartmentChanged(Event):
    """Something happened at a compartment."""

    type: Literal["compartment_changed"] = "compartment_changed"
    locker_id: Identifier
    order_id: Identifier
    change: CompartmentEvent
    code: Code | None = None


class AssetConnected(Event):
    """An asset has said hello. ``wire``: in which version it is spoken to (none: not told, that of before)."""

    type: Literal["asset_connected"] = "asset_connected"
    asset_id: Identifier
    boot_id: Identifier
    factsheet: Factsheet | None = None
    wire: Annotated[int | None, Field(exclude_if=lambda it: it is None)] = None


class AssetChanged(Event):
    """An asset's status changed. ``soc_at``: when ``soc`` was measured; ``taken_out_soc``: left in its old battery."""

    type: Literal["asset_changed"] = "asset_changed"
    asset_id: Identifier
    change: AssetEvent
    soc: Fraction | None = None
    soc_at: Annotated[Time | None, Field(exclude_if=lambda at: at is None)] = None
    place: Place | None = None
    site_id: Identifier | None = None
    code: Code | None = None
    detail: str = ""
    taken_out_soc: Annotated[Fraction | None, Field(exclude_if=lambda soc: soc is None)] = None


class CommandIssued(Event):
    """An asset is told to do something. ``stop``: by or after a stop-all. ``way``: from where it diverts, by what."""

    type: Literal["command_issued"] = "command_issued"
    command_id: Identifier
    asset_id: Identifier
    action: Action
    by: Identifier
    why: str
    place: Place | None = None
    place_id: Identifier | None = None
    stop: bool = False
    way: Annotated[tuple[Place, ...], Field(exclude_if=lambda it: not it)] = ()


class CommandAnswered(Event):
    """The asset has acknowledged the command, or refused it."""

    type: Literal["command_answered"] = "command_answered"
    command_id: Identifier
    accepted: bool
    detail: str = ""


class AssetRecovered(Event):
    """People have brought an asset to one of our sites; ``fit``: it works again and is back in service."""

    type: Literal["asset_recovered"] = "asset_recovered"
    asset_id: Identifier
    site_id: Identifier
    fit: bool
    by: Identifier
    why: str = ""


class OperationsStopped(Event):
    """A person stopped everything: nothing goes out until it is lifted."""

    type: Literal["operations_stopped"] = "operations_stopped"
    by: Identifier
    why: str


class OperationsResumed(Event):
    """A person lets things go out again."""

    type: Literal["operations_resumed"] = "operations_resumed"
    by: Identifier
    why: str


class ExceptionRaised(Event):
    """Something unexpected that needs an owner; ``action`` is what is being done, ``advice`` what its asset is told."""

    type: Literal["exception_raised"] = "exception_raised"
    exception_id: Identifier
    code: Code
    asset_id: Identifier | None = None
    order_id: Identifier | None = None
    mission_id: Identifier | None = None
    owner: str
    action: str
    reasons: tuple[Reason, ...] = ()
    advice: Action | None = None


class ExceptionClosed(Event):
    """The exception is dealt with."""

    type: Literal["exception_closed"] = "exception_closed"
    exception_id: Identifier
    outcome: str
    by: str = ""
    """Who has dealt with it, where that was a person."""


class ZoneAdded(Event):
    """An area was closed by hand (a GeoJSON feature). ``zones_version`` is the content hash of all zones in force once
    the change that this is part of is made; empty in events of an earlier version.
    """

    type: Literal["zone_added"] = "zone_added"
    zone_id: Identifier
    feature: dict[str, Any]
    by: Identifier
    zones_version: str = ""


class ZoneRemoved(Event):
    """An area closed by hand was opened again: by a person, or by the hub when its time was over. ``zones_version`` is
    as in ``ZoneAdded``."""

    type: Literal["zone_removed"] = "zone_removed"
    zone_id: Identifier
    by: Identifier
    zones_version: str = ""


class ContactsErased(Event):
    """The personal data behind orders was erased, in the transaction in which this event was stored.

    ``by`` is the person who had it done, or ``retention`` where it had been kept for as long as it may be.
    """

    type: Literal["contacts_erased"] = "contacts_erased"
    order_ids: tuple[Identifier, ...]
    by: Identifier
    why: str


class LocksChanged(Event):
    """A person locked by whom orders are brought, or let them go again (``locked`` false)."""

    type: Literal["locks_changed"] = "locks_changed"
    order_ids: tuple[Identifier, ...]
    locked: bool
    by: Identifier
    why: str = ""


class RequestTaken(Event):
    """A person's request was carried out, and answered so: the same request that comes again gets the same answer.

    It stands behind what the request led to, where ``by`` is what the person said. ``subject`` is whose key the request
    came with, which nobody can choose; empty without keys. ``digest`` is that of what was asked. Both are empty where
    an older release did not keep them."""

    type: Literal["request_taken"] = "request_taken"
    request_id: Identifier
    ok: bool
    detail: str
    ids: tuple[str, ...] = ()
    digest: str = ""
    subject: str = ""


class StorePutBack(Event):
    """The store was put back from a backup: what was numbered since is known to assets, but not here any more.

    No plan, command, mission or reservation gets a number up to ``floor`` again: an asset takes what has the name of
    something that it has done for that, and does not do it.
    """

    type: Literal["store_put_back"] = "store_put_back"
    floor: int


TimerId = Annotated[str, Field(min_length=1, max_length=256)]
"""What a timer is for and whose it is: a word of ours before an id that may be as long as any."""


class TimerSet(Event):
    """Something is to be looked at when ``due`` comes."""

    type: Literal["timer_set"] = "timer_set"
    timer_id: TimerId
    due: Time


class TimerRang(Event):
    """A timer was due and has been dealt with."""

    type: Literal["timer_rang"] = "timer_rang"
    timer_id: TimerId


AnyEvent = Annotated[
    DayOpened
    | OrderPlaced
    | PlanRequested
    | PlanCommitted
    | PlanDropped
    | PlanRevised
    | MissionDrafted
    | MissionReleased
    | MissionWaits
    | NoReturnMoved
    | ArrivalsMoved
    | ChargeNoted
    | MissionAccepted
    | MissionBegun
    | StepBegun
    | StepEnded
    | MissionRevised
    | MissionOver
    | EnergyLearned
    | EnergyNotLearned
    | ParcelAssigned
    | ParcelFreed
    | CustodyPassed
    | DeliveryFailed
    | ParcelGivenUp
    | CompartmentWanted
    | CompartmentChanged
    | AssetConnected
    | AssetChanged
    | CommandIssued
    | CommandAnswered
    | AssetRecovered
    | OperationsStopped
    | OperationsResumed
    | ExceptionRaised
    | ExceptionClosed
    | ZoneAdded
    | ZoneRemoved
    | WeatherReported
    | WindShown
    | ContactsErased
    | LocksChanged
    | RequestTaken
    | StorePutBack
    | TimerSet
    | TimerRang,
    Field(discriminator="type"),
]
"""Any event."""
