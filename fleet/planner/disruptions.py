"""What happens to a plan that is under way, what of it must stay, and what has become of it: data only.

Seconds, rows and slots are the city's; numbers of routes are those of the plan that is held at the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from fleet.planner.city import LockerWays, Parcels, SortieWays
from fleet.planner.jointly import Sortie, VanStop
from fleet.planner.legs import Legs


class BadEvent(ValueError):
    """An event or a lock that makes no sense, and which."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """A machine of a group, or all of them (`machine` -1), departs no more from a moment on (s)."""

    group: int
    machine: int = -1
    since: float = float("-inf")


@dataclass(frozen=True, slots=True)
class VanLost:
    """A van breaks down, or its driver falls ill: it has made so many of its route's stops, and makes no more."""

    route: int
    done: int = 0


@dataclass(frozen=True, slots=True)
class VanLate:
    """A van is late: at the last of so many of its route's first stops, from 1, service begins no earlier than a moment
    (s), whatever the window there. These stops are made, or driven to: they stay as if locked, and what does not fit
    behind them any more is brought otherwise."""

    route: int
    stops: int
    begins: float


@dataclass(frozen=True, slots=True)
class WaysLost:
    """Ways that hold no more, as rows of the city's: a zone was closed, a locker is out of order, a wind has risen."""

    sortie_ways: tuple[int, ...] = ()
    locker_ways: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WindowMoved:
    """When service at a parcel's door may begin has changed (s)."""

    parcel: int
    opens: float
    closes: float


@dataclass(frozen=True, eq=False)
class NewParcels:
    """Parcels that were ordered meanwhile. They are numbered on from the city's last, and so is `parcel` of their ways,
    whose rows are numbered on as well. `legs`, where they stand at places that the city's legs do not know: the same
    places and more behind them."""

    parcels: Parcels
    locker_ways: LockerWays
    sortie_ways: SortieWays
    legs: Legs | None = None


@dataclass(frozen=True, slots=True)
class Locks:
    """What stays as it is from now on, besides what stayed before: a lock is never taken back. `stops`: of some routes,
    so many of their first stops, which were made or promised; `closed`: routes from which nothing is taken, and to
    which nothing is added; `before`: what departs before that moment (s) has departed, and nothing that is not locked
    happens before it."""

    stops: Mapping[int, int] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    before: float = float("-inf")


Event = Grounded | VanLost | VanLate | WaysLost | WindowMoved | NewParcels | Locks


@dataclass(frozen=True, slots=True)
class KeptRoute:
    """The first stops of a route, which stay; if `closed`, there are no others. `late`: of some, by number from 0, the
    moment before which service does not begin (s), since the van is late; their windows do not count then."""

    van_type: int
    stops: tuple[VanStop, ...]
    closed: bool
    late: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """All that a plan must keep, in a form that does not depend on how routes are numbered: for a judge."""

    routes: tuple[KeptRoute, ...] = ()
    sorties: tuple[Sortie, ...] = ()
    grounded: tuple[Grounded, ...] = ()
    before: float = float("-inf")


class Mode(Enum):
    """How a parcel is brought."""

    LEFT = "left"
    DOOR = "door"
    LOCKER = "locker"
    SORTIE = "sortie"


@dataclass(frozen=True, slots=True)
class Brought:
    """How a parcel is brought: by which route, or by which machine of which group and departing when (s); into which
    locker, and in which slot (-1: none)."""

    mode: Mode
    route: int = -1
    group: int = -1
    machine: int = -1
    depart: float = 0.0
    locker: int = -1
    slot: int = -1


@dataclass(frozen=True, slots=True)
class Move:
    """A parcel that is brought in another way than was shown, from what and to what (routes are numbered as in the plan
    of each), and the event that set it free; without one, it made room for another or costs less so."""

    parcel: int
    before: Brought | None
    after: Brought
    event: Event | None


@dataclass(frozen=True, slots=True)
class RouteChange:
    """A route that differs from what was shown: its number then and now (-1: there was none, or is none), who came and
    who went, and the events of those; without any, it makes room or costs less so."""

    shown: int
    now: int
    came: tuple[int, ...]
    went: tuple[int, ...]
    events: tuple[Event, ...]
