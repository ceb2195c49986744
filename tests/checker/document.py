"""A plan file that has passed ``shape.PLAN``, as plain values that the rules can walk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One entry of ``parcels``."""

    order_id: str
    mode: str
    asset_id: str | None
    locker_id: str | None
    eta: datetime | None
    cost: float


@dataclass(frozen=True, slots=True)
class PathPoint:
    """A point of a sortie's path; ``alt_m`` above mean sea level, or above ground if the sortie says so."""

    lon: float
    lat: float
    alt_m: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """Where and when a sortie hands over."""

    order_id: str
    lon: float
    lat: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Sortie:
    """One out-and-back trip."""

    sortie_id: str
    kind: str
    asset_id: str
    depot_id: str
    order_ids: tuple[str, ...]
    depart: datetime
    back: datetime
    path: tuple[PathPoint, ...]
    drops: tuple[Drop, ...]
    payload_kg: float
    energy_wh: float
    usable_wh: float
    reserve_wh: float
    locker_id: str | None
    above_ground: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a route; ``site_id`` is set where the van loads or hands in at an own site."""

    lon: float
    lat: float
    locker_id: str | None
    site_id: str | None
    deliver: tuple[str, ...]
    collect: tuple[str, ...]
    arrive: datetime
    depart: datetime

    @property
    def point(self) -> tuple[float, float]:
        """Longitude, latitude."""
        return self.lon, self.lat


@dataclass(frozen=True, slots=True)
class Route:
    """One van's drive."""

    route_id: str
    asset_id: str
    depot_id: str
    start: datetime
    end: datetime
    distance_m: float
    cost: float
    stops: tuple[Stop, ...]
    rest: tuple[int, datetime, datetime] | None = None
    """The driver's break: behind how many stops, from when to when."""

    def where(self, index: int) -> str:
        """The name of one of its stops in a violation."""
        return f"route {self.route_id} stop {index}"


@dataclass(frozen=True, slots=True)
class Reservation:
    """A compartment kept for a parcel."""

    locker_id: str
    order_id: str
    size: str
    start: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Charge:
    """A battery filled: on a charger, or changed for a full one (``swap``)."""

    asset_id: str
    depot_id: str
    start: datetime
    end: datetime
    soc_from: float
    soc_to: float
    swap: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole document."""

    at: datetime
    currency: str
    parcels: tuple[Parcel, ...]
    sorties: tuple[Sortie, ...]
    routes: tuple[Route, ...]
    reservations: tuple[Reservation, ...]
    unassigned: tuple[str, ...]
    assumptions: tuple[str, ...]
    counts: dict[str, int]
    parcel_count: int
    total_cost: float
    cost_by_mode: dict[str, float]
    charging: tuple[Charge, ...] = ()


def parse_plan(document: Json) -> Plan:
    """The document as values; it must have passed ``shape.PLAN``."""
    summary = document["summary"]
    return Plan(
        at=_time(document["at"]),
        currency=document["currency"],
        parcels=tuple(map(_parcel, document["parcels"])),
        sorties=tuple(map(_sortie, document["sorties"])),
        routes=tuple(map(_route, document["routes"])),
        reservations=tuple(
            _reservation(place, r) for place in document["lockers"] for r in place["reservations"]
        ),
        unassigned=tuple(entry["order_id"] for entry in document["unassigned"]),
        assumptions=tuple(document["assumptions"]),
        counts=summary["by_mode"],
        parcel_count=summary["parcels"],
        total_cost=summary["cost"]["total"],
        cost_by_mode=summary["cost"]["by_mode"],
        charging=tuple(map(_charge, document.get("charging", ()))),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _parcel(entry: Json) -> Parcel:
    eta = entry["eta"]
    return Parcel(
        entry["order_id"],
        entry["mode"],
        entry["asset_id"],
        entry["locker_id"],
        _time(eta) if eta else None,
        entry["cost"],
    )


def _sortie(entry: Json) -> Sortie:
    return Sortie(
        sortie_id=entry["sortie_id"],
        kind=entry["kind"],
        asset_id=entry["asset_id"],
        depot_id=entry["depot_id"],
        order_ids=tuple(entry["order_ids"]),
        depart=_time(entry["depart"]),
        back=_time(entry["return"]),
        path=tuple(PathPoint(p["lon"], p["lat"], p["alt_m"], _time(p["at"])) for p in entry["path"]),
        drops=tuple(Drop(d["order_id"], d["lon"], d["lat"], _time(d["at"])) for d in entry["drops"]),
        payload_kg=entry["payload_kg"],
        energy_wh=entry["energy_wh"],
        usable_wh=entry["usable_wh"],
        reserve_wh=entry["reserve_wh"],
        locker_id=entry.get("locker_id"),
        above_ground=entry.get("alt_reference") == "AGL",
    )


def _charge(entry: Json) -> Charge:
    times = _time(entry["start"]), _time(entry["end"])
    return Charge(
        entry["asset_id"], entry["depot_id"], *times, entry["soc_from"], entry["soc_to"], entry["swap"]
    )


def _stop(entry: Json) -> Stop:
    return Stop(
        lon=entry["lon"],
        lat=entry["lat"],
        locker_id=entry["locker_id"],
        site_id=entry.get("site_id"),
        deliver=tuple(entry["deliver"]),
        collect=tuple(entry["collect"]),
        arrive=_time(entry["arrive"]),
        depart=_time(entry["depart"]),
    )


def _route(entry: Json) -> Route:
    return Route(
        route_id=entry["route_id"],
        asset_id=entry["asset_id"],
        depot_id=entry["depot_id"],
        start=_time(entry["start"]),
        end=_time(entry["end"]),
        distance_m=entry["distance_m"],
        cost=entry["cost"],
        stops=tuple(map(_stop, entry["stops"])),
        rest=_rest(entry.get("driver_break")),
    )


def _rest(entry: Json | None) -> tuple[int, datetime, datetime] | None:
    return None if entry is None else (entry["after"], _time(entry["start"]), _time(entry["end"]))


def _reservation(place: Json, entry: Json) -> Reservation:
    start, until = _time(entry["from"]), _time(entry["until"])
    return Reservation(place["locker_id"], entry["order_id"], entry["size"], start, until)
