"""Every message of the wire, as one discriminated union.

On the control channel a message travels in an ``Envelope``, which carries the sequence number of the message (for those
that must arrive) and the number up to which the sender has durably taken what the other end sent. Telemetry travels
bare on a channel of its own: it is not acknowledged, the last value wins and it is shed first.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from fleet.protocol.actions import Action
from fleet.protocol.batteries import Packs, PackState
from fleet.protocol.greetings import Busy, Echo, Factsheet, Heartbeat, Hello, Message, Refused, Role, Welcome
from fleet.protocol.mission import Mission
from fleet.protocol.options import ExplainOrder, OrderOptions
from fleet.protocol.values import (
    Code,
    CompartmentSize,
    Contact,
    Fraction,
    Identifier,
    Latitude,
    Longitude,
    NonNegative,
    Order,
    Place,
    Reason,
    Time,
    TimeWindow,
    Value,
)
from fleet.protocol.weather import MOST_ROWS, SeaLevelPressure, WeatherHeight, WeatherRow
from fleet.protocol.zones import ChangeZones, Consequences, PreviewZones

# Messages of a session, and those about zones and ways, are part of the one vocabulary.
__all__ = [
    "Action",
    "Busy",
    "ChangeZones",
    "Echo",
    "ExplainOrder",
    "Factsheet",
    "Heartbeat",
    "Hello",
    "Message",
    "PackState",
    "PreviewZones",
    "Refused",
    "Role",
    "Welcome",
]

RequestNumber = Annotated[int, Field(ge=1)]
"""Which reservation is meant: a parcel may be given a compartment, give it back and be given one again."""


# --- from assets -----------------------------------------------------------------------------------------------------


class MissionReply(Message):
    """The asset takes the mission (this revision), or says why not."""

    type: Literal["mission_reply"] = "mission_reply"
    mission_id: Identifier
    revision: int
    accepted: bool
    code: Code | None = None
    detail: str = ""


class FailedItem(Value):
    """A parcel that could not be handed over or taken in, and why."""

    order_id: Identifier
    code: Code
    detail: str = ""


class StepReport(Message):
    """What became of one step. ``order_ids`` are the parcels that changed hands; the others are in ``failed``.

    ``site_id`` is the site where it was done, when that is one of ours (a diversion unloads elsewhere than planned);
    ``proof`` refers to a proof of delivery that is kept elsewhere (personal data).
    """

    type: Literal["step_report"] = "step_report"
    mission_id: Identifier
    step_id: Identifier
    state: Literal["started", "done", "failed"]
    at: Time
    place: Place | None = None
    site_id: Identifier | None = None
    order_ids: tuple[Identifier, ...] = ()
    failed: tuple[FailedItem, ...] = ()
    code: Code | None = None
    detail: str = ""
    proof: str | None = None


class MissionEnded(Message):
    """The trip is over. ``on_board`` are the parcels still aboard, ``place`` where the asset is."""

    type: Literal["mission_ended"] = "mission_ended"
    mission_id: Identifier
    outcome: Literal["completed", "failed", "cancelled"]
    at: Time
    place: Place | None = None
    site_id: Identifier | None = None
    on_board: tuple[Identifier, ...] = ()
    energy_used_wh: NonNegative | None = None
    code: Code | None = None
    detail: str = ""


class CommandReply(Message):
    """The asset does what it was told, or says why not."""

    type: Literal["command_reply"] = "command_reply"
    command_id: Identifier
    accepted: bool
    detail: str = ""


class AssetReport(Message):
    """The asset's own condition changed: ready again, charging, or out of order. ``packs``: each of its packs, where it
    has several; ``soc`` is that of all of them."""

    type: Literal["asset_report"] = "asset_report"
    condition: Literal["ready", "charging", "faulted"]
    at: Time
    soc: Fraction | None = None
    packs: Packs | None = None
    place: Place | None = None
    site_id: Identifier | None = None
    code: Code | None = None
    detail: str = ""


class CompartmentReport(Message):
    """What happened at a locker's compartment. ``released`` answers a release, or says that a driver has taken the
    parcel out; a locker that can't keep what it has reserved says ``refused``.

    ``request`` is that of the reservation which it is about. An answer about an earlier one is not taken for the new.
    """

    type: Literal["compartment_report"] = "compartment_report"
    order_id: Identifier
    state: Literal["reserved", "refused", "deposited", "collected", "expired", "released"]
    at: Time
    size: CompartmentSize | None = None
    code: Code | None = None
    detail: str = ""
    request: RequestNumber | None = None


# --- to assets -------------------------------------------------------------------------------------------------------


class Assign(Message):
    """Take this mission; a higher revision replaces what is not yet done of the one before."""

    type: Literal["assign"] = "assign"
    mission: Mission


class CancelMission(Message):
    """Drop the mission if it has not begun; what has begun is ended by a command.

    Answered with ``MissionEnded(cancelled)`` where nothing of it has begun, also by an asset that does not know it (any
    more): the hub is then certain, and gives the parcels to another.
    """

    type: Literal["cancel_mission"] = "cancel_mission"
    mission_id: Identifier
    why: str


class ReserveCompartment(Message):
    """Keep a compartment of a size class for a parcel (to a locker, which answers with a ``CompartmentReport``).

    ``request`` names this reservation; each one has a higher number than those before it.
    """

    type: Literal["reserve_compartment"] = "reserve_compartment"
    order_id: Identifier
    size: CompartmentSize
    window: TimeWindow
    request: RequestNumber | None = None


class ReleaseCompartment(Message):
    """The compartment that was reserved under ``request`` is no longer needed for this parcel."""

    type: Literal["release_compartment"] = "release_compartment"
    order_id: Identifier
    request: RequestNumber | None = None


MOST_PASSED = 64
"""So many points may be passed on a way that is told."""


class Command(Message):
    """Do this now. ``place`` is where to divert to, ``via`` the points to pass on the way there, in order: the straight
    way is not free.
    """

    type: Literal["command"] = "command"
    command_id: Identifier
    action: Action
    place: Place | None = None
    place_id: Identifier | None = None
    via: Annotated[tuple[Place, ...], Field(max_length=MOST_PASSED)] = ()
    why: str


# --- operators -------------------------------------------------------------------------------------------------------


class SubmitOrders(Message):
    """Take these parcels in. Sending the same batch again changes nothing."""

    type: Literal["submit_orders"] = "submit_orders"
    request_id: Identifier
    orders: tuple[Order, ...]
    contacts: tuple[Contact, ...] = ()


class OperatorCommand(Message):
    """A person tells one asset what to do."""

    type: Literal["operator_command"] = "operator_command"
    request_id: Identifier
    by: Identifier
    asset_id: Identifier
    action: Action
    why: str = ""


class StopAll(Message):
    """A person stops every asset that is under way, and nothing more goes out until a ``ResumeAll``."""

    type: Literal["stop_all"] = "stop_all"
    request_id: Identifier
    by: Identifier
    action: Literal[Action.HOLD, Action.RETURN, Action.LAND] = Action.HOLD
    why: str = ""


class ResumeAll(Message):
    """A person lets work go on after a stop-all: what was held goes on, and missions are released again."""

    type: Literal["resume_all"] = "resume_all"
    request_id: Identifier
    by: Identifier
    why: str = ""


class RecoverAsset(Message):
    """A person has brought an asset, with all that is on board, to one of our sites. ``fit``: it works again."""

    type: Literal["recover_asset"] = "recover_asset"
    request_id: Identifier
    by: Identifier
    asset_id: Identifier
    site_id: Identifier
    fit: bool = True
    why: str = ""


class CloseException(Message):
    """A person has dealt with an exception; ``outcome`` says how."""

    type: Literal["close_exception"] = "close_exception"
    request_id: Identifier
    by: Identifier
    exception_id: Identifier
    outcome: str


class EraseContacts(Message):
    """A person has the personal data behind orders erased: names, addresses, telephone numbers, notes.

    ``unfinished``: also of parcels that are still to be brought, for which a driver may need them. ``why`` is kept for
    the record and must not name the person.
    """

    type: Literal["erase_contacts"] = "erase_contacts"
    request_id: Identifier
    by: Identifier
    order_ids: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    why: Annotated[str, Field(min_length=1, max_length=500)]
    unfinished: bool = False


class LockOrders(Message):
    """A person locks by whom orders are brought, so that no new plan changes it, or lets them go again (``locked``
    false): the orders that are named, and all that a mission (a route, a sortie) has yet to bring.
    """

    type: Literal["lock_orders"] = "lock_orders"
    request_id: Identifier
    by: Identifier
    order_ids: tuple[Identifier, ...] = ()
    mission_id: Identifier | None = None
    locked: bool = True
    why: Annotated[str, Field(max_length=500)] = ""


class AddZone(Message):
    """A person closes an area: one GeoJSON feature, in the format of the zone files."""

    type: Literal["add_zone"] = "add_zone"
    request_id: Identifier
    by: Identifier
    zone_id: Identifier
    feature: dict[str, Any]


class RemoveZone(Message):
    """A person lifts a zone that was added by hand."""

    type: Literal["remove_zone"] = "remove_zone"
    request_id: Identifier
    by: Identifier
    zone_id: Identifier


class ReportWeather(Message):
    """The weather as a station has observed it, or as a service expects it. Sending it again changes nothing.

    ``source`` is the station or service: the peer itself, unless an operator's tool hands the report in. ``issued_at``
    is when it said so (none: when the report reaches the hub), and for each moment its newest word counts. ``by`` is
    the person who hands a report in; none where the source does. ``place`` is where the rows speak of (none: the whole
    area), ``height_m`` how high above the ground their wind is (none: they stand for the height that is flown).
    ``pressure_hpa`` is the air's pressure at their time, reduced to sea level (none: not measured).
    """

    type: Literal["report_weather"] = "report_weather"
    request_id: Identifier
    source: Identifier
    issued_at: Time | None = None
    by: Identifier | None = None
    rows: Annotated[tuple[WeatherRow, ...], Field(min_length=1, max_length=MOST_ROWS)]
    place: Place | None = None
    height_m: WeatherHeight | None = None
    pressure_hpa: SeaLevelPressure | None = None


class Reply(Message):
    """The hub's answer to a request of an operator's or of a weather station's. ``zones``: what a change of zones leads
    to, where that was asked, or it was made; an answer that is given again does not have it. ``options``: the ways of a
    parcel, where they were asked."""

    sequenced: ClassVar[bool] = False
    type: Literal["reply"] = "reply"
    request_id: Identifier
    ok: bool
    detail: str = ""
    reasons: tuple[Reason, ...] = ()
    ids: tuple[str, ...] = ()
    zones: Consequences | None = None
    options: OrderOptions | None = None


# --- granted time ----------------------------------------------------------------------------------------------------


class Grant(Message):
    """Simulated time may go on to ``until``, not further. ``sent`` counts the frames that the hub has sent to each
    asset since it connected (those that changed since the last grant): they are to be taken first."""

    sequenced: ClassVar[bool] = False
    type: Literal["grant"] = "grant"
    until: Time
    sent: dict[Identifier, int] = Field(default_factory=dict)


class Granted(Message):
    """Time has gone on to ``until``. ``sent`` counts the frames that each asset has sent since it connected, so that
    the hub knows when it has them all; nothing will happen by itself before ``next_at``."""

    sequenced: ClassVar[bool] = False
    type: Literal["granted"] = "granted"
    until: Time
    next_at: Time | None
    sent: dict[Identifier, int]


# --- telemetry channel -----------------------------------------------------------------------------------------------


class Attach(Message):
    """First message on the telemetry channel: which session it belongs to."""

    sequenced: ClassVar[bool] = False
    type: Literal["attach"] = "attach"
    peer_id: Identifier
    token: Identifier


class Telemetry(Message):
    """Where an asset is and how it is. What was not measured is absent, never a default.

    ``packs``: each of its packs, where it has several; ``soc`` is that of all of them. ``heading_deg`` is where its
    nose points. ``wind_mps`` and ``wind_from_deg`` are the wind around it as its autopilot estimates it (where it comes
    from), both or neither.
    """

    sequenced: ClassVar[bool] = False
    type: Literal["telemetry"] = "telemetry"
    at: Time
    lon: Longitude
    lat: Latitude
    alt_amsl_m: float | None = None
    ground_speed_mps: NonNegative | None = None
    heading_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    soc: Fraction | None = None
    energy_used_wh: NonNegative | None = None
    packs: Packs | None = None
    airspeed_mps: NonNegative | None = None
    wind_mps: Annotated[float, Field(ge=0, le=120)] | None = None
    wind_from_deg: Annotated[float, Field(ge=0, le=360)] | None = None
    mission_id: Identifier | None = None
    step_id: Identifier | None = None
    state: Code = "idle"


AnyMessage = Annotated[
    Hello
    | Welcome
    | Refused
    | Busy
    | Heartbeat
    | MissionReply
    | StepReport
    | MissionEnded
    | CommandReply
    | AssetReport
    | CompartmentReport
    | Assign
    | CancelMission
    | ReserveCompartment
    | ReleaseCompartment
    | Command
    | SubmitOrders
    | OperatorCommand
    | StopAll
    | ResumeAll
    | RecoverAsset
    | CloseException
    | EraseContacts
    | LockOrders
    | ExplainOrder
    | AddZone
    | RemoveZone
    | PreviewZones
    | ChangeZones
    | ReportWeather
    | Reply
    | Grant
    | Granted
    | Attach
    | Telemetry,
    Field(discriminator="type"),
]
"""Any message of the wire."""


class Envelope(Value):
    """A message on the control channel.

    ``seq`` numbers the sequenced messages of one direction and boot from 1, without gaps; ``ack`` is the highest number
    that this end has durably taken from the other. An envelope without a message only acknowledges.
    """

    seq: Annotated[int, Field(ge=1)] | None = None
    ack: Annotated[int, Field(ge=0)] = 0
    message: AnyMessage | None = None
