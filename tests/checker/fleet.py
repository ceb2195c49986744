"""What a fleet file says, as the facts that the rules need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from tests.checker.inputs import Edges, Order, Site
from tests.checker.physics import Roller, Rotorcraft
from tests.checker.streets import Rules
from tests.checker.zones import Ground


@dataclass(frozen=True, slots=True)
class Cap:
    """One bound on the weather: ``max`` or ``min`` of a measure."""

    measure: str
    limit: float
    upper: bool

    def broken_by(self, value: float) -> bool:
        """Whether a value lies beyond the bound (a rounding of 0.01 is let pass)."""
        return value > self.limit + 0.01 if self.upper else value < self.limit - 0.01


@dataclass(frozen=True, slots=True)
class Carriage:
    """What may ride."""

    kind: str
    max_parcel_kg: float
    hold_m: Edges
    goods: frozenset[str]
    services: frozenset[str]
    age_check: bool
    collects: bool
    chilled_minutes: float | None
    crew: int
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rates:
    """What it costs, in major units of the currency."""

    per_trip: float = 0
    per_hour: float = 0
    per_km: float = 0
    per_kwh: float = 0
    per_parcel: float = 0

    def cost(self, seconds: float, distance_m: float, parcels: int, *, fixed: bool = True) -> float:
        """The cost of a trip, energy left out; ``fixed``: with what it costs to go out at all."""
        moving = self.per_hour * seconds / 3600 + self.per_km * distance_m / 1000
        return self.per_trip * fixed + moving + self.per_parcel * parcels


@dataclass(frozen=True, slots=True)
class ChargeShape:
    """How a pack takes power: whole up to ``taper_from``, ``tail`` of it when full, ``efficiency`` of it stored."""

    taper_from: float = 0.8
    tail: float = 0.1
    efficiency: float = 0.93
    most_w: float = math.inf


@dataclass(frozen=True, slots=True)
class SortieFacts:
    """A drone's or robot's type. ``usable_wh``: what a full battery gives down to its floor."""

    type_id: str
    kind: str
    carriage: Carriage
    rates: Rates
    caps: tuple[Cap, ...]
    icing_below_c: float | None
    energy: Rotorcraft | Roller
    usable_wh: float
    cruise_mps: float
    turnaround_s: float
    charger_w: float
    max_radius_m: float | None
    floor: float = 0.1
    charge: ChargeShape = ChargeShape()
    swap_s: float | None = None
    load_s: float = 0.0

    @property
    def flies(self) -> bool:
        """Whether it goes through the air."""
        return self.kind == "drone"


@dataclass(frozen=True, slots=True)
class Walk:
    """How far from the van its driver walks, with how much in hand, how fast."""

    farthest_m: float
    carry_kg: float = 15.0
    speed_mps: float = 5 / 3.6


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """A van's type."""

    type_id: str
    carriage: Carriage
    rates: Rates
    capacity_kg: float
    capacity_m3: float
    stop_s: float
    locker_parcel_s: float
    load_s: float
    shift_start: time
    shift_end: time
    max_shift_s: float
    walk: Walk | None = None
    rest: tuple[timedelta, time, time] | None = None
    """The driver's break: how long it is, and between which local times it begins."""


@dataclass(frozen=True, slots=True)
class StationFacts:
    """The parcel lockers' type."""

    carriage: Carriage
    compartments_m: dict[str, Edges]
    pickup_hours: float


@dataclass(frozen=True, slots=True)
class Stand:
    """How many of a type stand where: for each place of the depots file, or a number for each site."""

    type_id: str
    kind: str
    sites: frozenset[str] = frozenset()
    per_place: int = 1
    per_site: int | None = None
    share: float | None = None

    def own(self, site: Site) -> int | None:
        """What the entry itself puts at a site, by number or by share; none when it takes what is left."""
        if self.per_site is not None:
            return self.per_site
        return None if self.share is None else math.ceil(self.share * self.places(site))

    def covers(self, site: Site) -> bool:
        """Whether the entry speaks of a site."""
        return not self.sites or site.site_id in self.sites

    def places(self, site: Site) -> int:
        """The site's pads, bays or van places."""
        return {"drone": site.drone_pads, "sidewalk_robot": site.robot_bays, "van": site.vans}[self.kind]


@dataclass(frozen=True, slots=True)
class PilotShift:
    """Remote pilots between two local times (around the clock where both are the same), for machines of a kind from
    some sites (none named: from all)."""

    kind: str
    sites: frozenset[str]
    pilots: int
    machines_each: int
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """The whole file."""

    currency: str
    zone_name: str | None
    ground: Ground
    assumed_wind_mps: float
    reserve_fraction: float
    sortie_types: tuple[SortieFacts, ...]
    route_types: tuple[RouteFacts, ...]
    station: StationFacts
    stands: tuple[Stand, ...]
    spares: tuple[tuple[str, frozenset[str], int], ...] = ()
    """Spare packs: of a type, at some sites (none named: at all), how many."""
    streets: Rules = field(default_factory=Rules)
    may_be_late: timedelta = timedelta()
    """How long after its window a van may serve a parcel at its door."""
    pilots: tuple[PilotShift, ...] = ()

    def spares_at(self, type_id: str, site_id: str) -> int:
        """How many packs of a type lie at a site when the day begins."""
        return sum(
            count for name, sites, count in self.spares if name == type_id and (not sites or site_id in sites)
        )

    def sortie_type(self, kind: str, asset_id: str, site: Site) -> SortieFacts:
        """The type of a drone or robot that stands at a site."""
        types = {facts.type_id: facts for facts in self.sortie_types if facts.kind == kind}
        return types[self._type_id(kind, types, asset_id, site)]

    def route_type(self, asset_id: str, site: Site) -> RouteFacts:
        """The type of a van that stands at a site."""
        types = {facts.type_id: facts for facts in self.route_types}
        return types[self._type_id("van", types, asset_id, site)]

    def _type_id(self, kind: str, types: Mapping[str, object], asset_id: str, site: Site) -> str:
        """The only type, else by number: assets are numbered in the sequence of the file's entries."""
        if len(types) == 1:
            return next(iter(types))
        number = int(asset_id.rsplit("-", 1)[-1])
        for stand in self.stands:
            if stand.kind == kind:
                number -= self._count(stand, site)
                if number <= 0:
                    return stand.type_id
        raise ValueError(f"{site.site_id} has no {asset_id}")

    def standing(self, type_id: str, site: Site) -> int:
        """How many of a type stand at a site."""
        return sum(self._count(stand, site) for stand in self.stands if stand.type_id == type_id)

    def _count(self, stand: Stand, site: Site) -> int:
        """An entry's own number, or what other entries' numbers leave of the site's places."""
        if not stand.covers(site):
            return 0
        own = stand.own(site)
        if own is not None:
            return own if stand.sites or stand.places(site) else 0
        same = (other for other in self.stands if other.kind == stand.kind and other.covers(site))
        taken = sum(other.own(site) or 0 for other in same)
        return max(0, stand.places(site) - taken) * stand.per_place

    def local_time(self, orders: Mapping[str, Order]) -> tzinfo:
        """The zone of opening hours and shifts: the fleet file's, else the offset of the orders' times."""
        if self.zone_name:
            return ZoneInfo(self.zone_name)
        offset = next(iter(orders.values())).due_from.utcoffset() if orders else None
        return timezone(offset or timedelta())
