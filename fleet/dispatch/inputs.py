"""Messages that do not come over the wire: timers, plans, findings of the monitor, links that fall silent."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.domain.noreturn import NoReturn
from fleet.domain.plan import Plan
from fleet.domain.tripcharge import TripCharge
from fleet.energy.gauge import Doubt
from fleet.protocol.messages import Action
from fleet.protocol.options import NoOptions, OrderOptions
from fleet.protocol.salvage import Nonsense
from fleet.protocol.values import Place, Reason


@dataclass(frozen=True, slots=True)
class PlanReady:
    """The planner has answered."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class PlanFailed:
    """The planner could not answer (its process died, or it raised)."""

    plan_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class OptionsFound:
    """What a peer had asked about one parcel: its ways, or (none) why there are none, as a code and in words."""

    peer_id: str
    request_id: str
    order_id: str
    found: OrderOptions | None
    code: NoOptions | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TimerDue:
    """A timer that an event has set is due."""

    timer_id: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the monitor has seen in an asset's telemetry, and what it advises.

    ``place_id`` names the alternate to divert to, when that is the advice; ``way`` is where it is and what it has to
    pass on the way there, empty where it can go straight.
    """

    asset_id: str
    mission_id: str
    code: str
    advice: Action | None
    reasons: tuple[Reason, ...]
    place_id: str | None = None
    way: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class NoReturnFound:
    """From where on a mission that is out can't go home any more, as the monitor has worked it out."""

    mission_id: str
    no_return: NoReturn


@dataclass(frozen=True, slots=True)
class ChargeFound:
    """What a mission that is out has taken of its battery, where no later sample tells it."""

    mission_id: str
    charge: TripCharge


@dataclass(frozen=True, slots=True)
class LinkLost:
    """Nothing was heard from an asset for longer than its kind allows."""

    asset_id: str
    silent_s: float


@dataclass(frozen=True, slots=True)
class LinkBack:
    """An asset that had fallen silent is heard again."""

    asset_id: str


@dataclass(frozen=True, slots=True)
class SamplesMissing:
    """An asset under way is heard, but has not said where it is for so long."""

    asset_id: str
    since_s: float


@dataclass(frozen=True, slots=True)
class SamplesBack:
    """An asset says again where it is, or is not out any more."""

    asset_id: str


@dataclass(frozen=True, slots=True)
class GaugeDoubted:
    """An asset's fuel gauge has shown what can't be, in a sample that was not taken as it came."""

    asset_id: str
    doubt: Doubt


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A measurement that an asset sent can't be; the rest of what it said was taken. Of one without which nothing is
    said of where it is, nothing was."""

    asset_id: str
    nonsense: Nonsense


@dataclass(frozen=True, slots=True)
class WindSeen:
    """The wind around an aircraft, as it shows by how it moves, is stronger than was thought. ``height_m`` is how far
    above the ground it is."""

    asset_id: str
    place: Place
    height_m: float
    wind_mps: float
    wind_from_deg: float
    sd_mps: float


@dataclass(frozen=True, slots=True)
class ClockOff:
    """An asset stamps its telemetry so many seconds after the hub's time (before it, where negative): more than
    ``limit_s``, which a link may explain."""

    asset_id: str
    off_s: float
    limit_s: float = 60.0


@dataclass(frozen=True, slots=True)
class ClockRight:
    """An asset whose clock was off agrees with the hub again."""

    asset_id: str


@dataclass(frozen=True, slots=True)
class Resume:
    """The hub has started again from its store: what was under way in this process must be taken up again."""


Input = (
    PlanReady
    | PlanFailed
    | OptionsFound
    | TimerDue
    | Finding
    | NoReturnFound
    | ChargeFound
    | LinkLost
    | LinkBack
    | SamplesMissing
    | SamplesBack
    | GaugeDoubted
    | Unreadable
    | WindSeen
    | ClockOff
    | ClockRight
    | Resume
)
