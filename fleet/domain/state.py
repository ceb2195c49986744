"""The state of the day: frozen records in persistent maps, built by ``apply`` from events and by nothing else.

The records have no ``slots``, so that ``evolve`` can copy them in one go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from immutables import Map

from fleet.domain.energy import EnergyTrack
from fleet.domain.events import AssetRecord, Custodian
from fleet.domain.fleet import FleetSpec
from fleet.domain.noreturn import NoReturn
from fleet.domain.plan import ChargeNeed, ParcelPlan, Unassigned
from fleet.domain.sites import Locker, Site
from fleet.domain.tripcharge import TripCharge
from fleet.domain.weather import Key as WeatherKey
from fleet.domain.weather import ReportedWeather
from fleet.domain.winds import WindShown
from fleet.protocol.lifecycle import AssetStatus, CompartmentStatus, MissionStatus, ParcelStatus
from fleet.protocol.messages import Action
from fleet.protocol.mission import Mission, Step
from fleet.protocol.values import CompartmentSize, Order, Place, Reason, TimeWindow

PERSON, STOP, AIR = "person", "stop", "air"
"""Who may have told an asset to hold: a person, a stop of everything, the hub so that another flight may pass."""

NO_PERSON = frozenset({"monitor", "hub"})
"""Who gives commands and is no person."""

FINAL_PARCEL = frozenset({ParcelStatus.DELIVERED, ParcelStatus.COLLECTED, ParcelStatus.RETURNED})
"""The states in which nothing more happens to a parcel."""

OVER = frozenset({MissionStatus.COMPLETED, MissionStatus.FAILED, MissionStatus.CANCELLED})
"""The states in which a mission has come to its end."""


@dataclass(frozen=True)
class Parcel:
    """One parcel: what was ordered, where it is in its life, who has it, and who is to bring it next.

    ``attempts`` counts those at which nobody opened, ``tried_at`` is the last of them; ``excluded`` are the modes and
    lockers that are not tried again. ``served_at`` is when it was handed over, put into a locker or, for a pick-up,
    collected; ``ended_at`` when nothing more is to come: out of the locker, home with a pick-up, or given up.
    ``erased``: the personal data behind the order was erased, and is not taken in again. ``locked``: a person wants it
    brought as it is to be now, whatever new plans are made.
    """

    order: Order
    status: ParcelStatus
    custodian: Custodian
    place: Place | None = None
    mode: str | None = None
    mission_id: str | None = None
    asset_id: str | None = None
    locker_id: str | None = None
    eta: datetime | None = None
    handed_on: tuple[Reason, ...] = ()
    excluded: frozenset[str] = frozenset()
    attempts: int = 0
    tried_at: datetime | None = None
    served_at: datetime | None = None
    ended_at: datetime | None = None
    erased: bool = False
    locked: bool = False


@dataclass(frozen=True)
class LastStop:
    """A stop of a route that is over, and when it was."""

    step_id: str
    at: datetime


@dataclass(frozen=True)
class FirstTimes:
    """When a route was to start before it was changed, and to be at those of its stops (by step) that were moved, or
    added while it was late."""

    start_at: datetime
    etas: dict[str, datetime]


@dataclass(frozen=True)
class MissionRecord:
    """One mission, as last sent or drafted, and how far it is. ``ended`` are the ids of the steps that are over;
    ``late_s`` is how far behind its times it was at the last stop, or the end of a sortie's last way (negative when
    early); after so many stops of a route, in whatever order, behind when so many should have been made. ``waits`` is
    why a draft was not released when it was due; ``avoids`` whom it would have met in the air, and what was done
    about it. ``diverted_to`` is where it was last told to go instead of home, ``diverted_way`` where it was then and
    the points to pass on the way (empty where it goes straight). ``left_at`` is when a sortie's first way was begun,
    ``back_at`` when its last was done; ``astray``: a step failed, or it was told to do something else on the way;
    ``noted`` are the codes of the exceptions about it. ``no_return`` is from where on it can't go home any more, as
    last worked out; none while that is not known. ``drop_at`` is when a sortie's drop was begun, ``served_s`` how
    long it lasted; ``held``: it was told to wait on its way. ``charge`` is with what it left, and what staying
    somewhere took; none before it has told so under way."""

    mission: Mission
    kind: str
    status: MissionStatus
    release_at: datetime
    accepted_revision: int = -1
    current: str | None = None
    ended: frozenset[str] = frozenset()
    late_s: float = 0
    over_at: datetime | None = None
    energy_used_wh: float | None = None
    code: str | None = None
    waits: tuple[Reason, ...] = ()
    avoids: tuple[Reason, ...] = ()
    diverted_to: Place | None = None
    diverted_way: tuple[Place, ...] = ()
    left_at: datetime | None = None
    back_at: datetime | None = None
    astray: bool = False
    noted: frozenset[str] = frozenset()
    no_return: NoReturn | None = None
    drop_at: datetime | None = None
    served_s: float | None = None
    held: bool = False
    needs: ChargeNeed | None = None
    """A sortie's part in its asset's charge by its last check; none where that was before it was kept."""
    charge: TripCharge | None = None
    loaded_at: datetime | None = None
    """When a route's loading ended."""
    last_stop: LastStop | None = None
    """The stop of a route that was made last, which need not be the last of those made in its order."""
    first_times: FirstTimes | None = None
    """What a route's times were at first; none as long as none was moved."""

    @property
    def remaining(self) -> tuple[Step, ...]:
        """The steps that are not over, in order."""
        return tuple(s for s in self.mission.steps if s.step_id not in self.ended)


@dataclass(frozen=True)
class LyingPack:
    """A battery that was changed for another: when, and what was in it."""

    at: datetime
    soc: float


@dataclass(frozen=True)
class Asset:
    """One asset: what it is, how it is, and the mission that it is on. ``boot_id`` is none until it has said hello;
    ``before_silence`` is how it was when its link was lost. ``soc_at`` and ``place_at`` are when ``soc``, and ``place``
    or ``site_id``, were last told; none while they never were (the site is then the one of the fleet file).
    ``out_for`` is when the mission was to start on which it last did anything, ``routes`` are those of a van on which
    it did anything, up to a day back from the last; ``called_back_at`` is when a person last told it to return or to
    land. ``wire`` is the version of the wire that it is spoken to in; none where that is not
    known. ``energy`` is what its trips have taught of what it takes; none while nothing has. ``pack_wh`` is what its
    battery holds when full, as it said when it came.
    """

    record: AssetRecord
    status: AssetStatus = AssetStatus.OFFLINE
    boot_id: str | None = None
    mission_id: str | None = None
    site_id: str | None = None
    place: Place | None = None
    place_at: datetime | None = None
    soc: float | None = None
    soc_at: datetime | None = None
    withdrawn: bool = False
    before_silence: AssetStatus | None = None
    holds: frozenset[str] = frozenset()
    out_for: datetime | None = None
    routes: tuple[str, ...] = ()
    called_back_at: datetime | None = None
    wire: int | None = None
    energy: EnergyTrack | None = None
    pack_wh: float | None = None

    @property
    def at_home(self) -> bool:
        """Whether it is at the site that it belongs to."""
        return self.site_id == self.record.site_id


@dataclass(frozen=True)
class Compartment:
    """One compartment as kept for, or holding, one parcel, under the number of its reservation if it has one."""

    order_id: str
    size: CompartmentSize
    window: TimeWindow
    status: CompartmentStatus
    request: int | None = None


@dataclass(frozen=True)
class CommandRecord:
    """An order given to an asset; ``accepted`` is none until it has answered."""

    command_id: str
    asset_id: str
    action: Action
    by: str
    why: str
    at: datetime
    stop: bool = False
    accepted: bool | None = None
    detail: str = ""


@dataclass(frozen=True)
class Answered:
    """What a person's request was answered, and the digest of what was asked (empty where it is not known)."""

    ok: bool
    detail: str
    ids: tuple[str, ...]
    digest: str = ""


@dataclass(frozen=True)
class ExceptionRecord:
    """Something unexpected, its owner, what is done about it and what came of it (none while it is open). ``advice`` is
    what its asset was told for it."""

    exception_id: str
    code: str
    at: datetime
    owner: str
    action: str
    asset_id: str | None = None
    order_id: str | None = None
    mission_id: str | None = None
    reasons: tuple[Reason, ...] = ()
    outcome: str | None = None
    advice: Action | None = None


def _map() -> Map[Any, Any]:
    return Map()


@dataclass(frozen=True)
class State:
    """Everything that decisions depend on, apart from the moment and the latest telemetry.

    ``stopped_by`` is who has stopped all operations (none while they go on), ``resumed_at`` when they last went on.
    ``reservations`` is the highest number that a reservation of a compartment has had. Nothing that is numbered gets a
    number up to ``floor``: what had them was done after the backup from which the store was put back.
    ``waiting``, ``live_missions`` and ``unresolved`` name what is still to be dealt with among parcels, missions and
    exceptions: these grow with every day, and no decision may look through all of them. ``personal`` are the parcels
    that have come to an end, and when, whose personal data was not erased yet; ``aboard`` those that each asset has.
    ``planning`` is the plan that is being made; it ``revises`` what was drafted, or leaves that as it is.
    ``lying_packs`` are the batteries that were taken out of assets, by site and type of asset, as they came.
    """

    position: int = 0
    opened_at: datetime | None = None
    until: datetime | None = None
    fleet: FleetSpec | None = None
    zones_version: str = ""
    stopped_by: str | None = None
    resumed_at: datetime | None = None
    planning: str | None = None
    revises: bool = True
    plans: int = 0
    serial: int = 0
    reservations: int = 0
    floor: int = 0
    sites: Map[str, Site] = field(default_factory=_map)
    lockers: Map[str, Locker] = field(default_factory=_map)
    parcels: Map[str, Parcel] = field(default_factory=_map)
    choices: Map[str, ParcelPlan] = field(default_factory=_map)
    unassigned: Map[str, Unassigned] = field(default_factory=_map)
    missions: Map[str, MissionRecord] = field(default_factory=_map)
    live_missions: Map[str, str] = field(default_factory=_map)
    assets: Map[str, Asset] = field(default_factory=_map)
    compartments: Map[tuple[str, str], Compartment] = field(default_factory=_map)
    commands: Map[str, CommandRecord] = field(default_factory=_map)
    requests: Map[str, Answered] = field(default_factory=_map)
    exceptions: Map[str, ExceptionRecord] = field(default_factory=_map)
    unresolved: Map[str, None] = field(default_factory=_map)
    timers: Map[str, datetime] = field(default_factory=_map)
    zones: Map[str, dict[str, Any]] = field(default_factory=_map)
    weather: Map[WeatherKey, ReportedWeather] = field(default_factory=_map)
    winds: Map[str, WindShown] = field(default_factory=_map)
    waiting: Map[str, None] = field(default_factory=_map)
    personal: Map[str, datetime] = field(default_factory=_map)
    aboard: Map[str, frozenset[str]] = field(default_factory=_map)
    lying_packs: Map[tuple[str, str], tuple[LyingPack, ...]] = field(default_factory=_map)

    def mission_of(self, asset_id: str) -> MissionRecord | None:
        """The mission that an asset is on or has been sent; none when it is free."""
        mission_id = self.assets[asset_id].mission_id
        return None if mission_id is None else self.missions[mission_id]

    def concerned(self, found: ExceptionRecord) -> tuple[str, ...]:
        """The parcels that an exception is about: the one that it names, else all that its mission carries (as last
        sent); none where it is about an asset alone.
        """
        if found.order_id is not None:
            return (found.order_id,)
        record = None if found.mission_id is None else self.missions.get(found.mission_id)
        return () if record is None else tuple(sorted({item.order_id for item in record.mission.items}))

    def open_exceptions(self) -> tuple[ExceptionRecord, ...]:
        """The exceptions that nobody has dealt with yet, oldest first."""
        found = (self.exceptions[exception_id] for exception_id in self.unresolved)
        return tuple(sorted(found, key=lambda e: (e.at, e.exception_id)))
