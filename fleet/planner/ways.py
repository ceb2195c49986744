"""The ways in which a parcel can be served."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from fleet.feasibility import Verdict
from fleet.planner.visits import Bases
from fleet.protocol.values import CompartmentSize


@dataclass(frozen=True, slots=True)
class LockerWay:
    """Into a locker: the smallest class it fits, the recipient's walk, the cost of the stay (walk credit included)."""

    mode: str
    locker_id: str
    size: CompartmentSize
    walk_m: float
    fee: float


@dataclass(frozen=True, slots=True)
class SortieWay:
    """By an asset of a pool, to the door or through a locker's port.

    ``cost`` is the trip's (and the stay's); ``cycle_s`` is how long it keeps an asset, from loading to recharged;
    ``charge_s`` how long its battery needs a charger; ``out_s`` from departure to drop;
    ``gone_s`` from loading until it is turned round. ``least`` is what it costs at the least, at whatever hour of the
    day: in another hour's wind it may cost less than ``cost``, by which it was judged at one time only. ``least_s`` is
    how long it keeps an asset at the least, charging aside.
    """

    pool: int
    kind: str
    cost: float
    cycle_s: int
    charge_s: int
    out_s: int
    locker: LockerWay | None = None
    gone_s: int = 0
    least: float = 0.0
    least_s: float = 0.0

    @property
    def mode(self) -> str:
        """What it counts as: what ends in a locker is the locker's, whoever brings it."""
        return self.kind if self.locker is None else self.locker.mode


@dataclass(frozen=True, slots=True)
class DoorWay:
    """By a van to the door; ``bases`` are the van types and sites that may."""

    mode: str
    bases: Bases


Way = SortieWay | LockerWay | DoorWay


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways of one parcel, and what each type of van answered, by type id."""

    sorties: tuple[SortieWay, ...] = ()
    lockers: tuple[LockerWay, ...] = ()
    door: DoorWay | None = None
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    asked: bool = True
    """Whether it was asked which sorties are feasible; not where time was up before."""
    nearer: frozenset[str] = frozenset()
    """Types of drones and robots that were not asked, since parcels nearer to them would take more time than they have
    (`machinetime.py`)."""

    @property
    def bases(self) -> Bases:
        """The vans that may carry it."""
        return frozenset() if self.door is None else self.door.bases

    def sortie(self, pool: int, locker_id: str | None) -> SortieWay | None:
        """From a pool to a locker's port, or to the door."""
        ways = (way for way in self.sorties if way.pool == pool)
        return next((w for w in ways if (w.locker.locker_id if w.locker else None) == locker_id), None)

    def locker(self, locker_id: str) -> LockerWay | None:
        """Into a locker that a van fills."""
        return next((way for way in self.lockers if way.locker_id == locker_id), None)

    @property
    def all(self) -> tuple[Way, ...]:
        """Every way: sorties, lockers, the door."""
        door = () if self.door is None else (self.door,)
        return (*self.sorties, *self.lockers, *door)

    def below(self, limit: float) -> tuple[Way, ...]:  # noqa: ARG002 - of ways that are asked about when looked at
        """Every way but sorties that are known to cost no less than that, if they need not even be asked about."""
        return self.all

    def flown_below(self, limit: float, pools: Container[int]) -> bool:
        """Whether a sortie of one of these pools may cost less than that."""
        return any(way.pool in pools and way.least < limit for way in self.sorties)

    def kept_below(self, limit: float, stops: Mapping[str, float]) -> bool:
        """Whether a van may bring it into one of these lockers, where a stop adds so much, for less than that."""
        return any(stops.get(way.locker_id, math.inf) + way.fee < limit for way in self.lockers)
