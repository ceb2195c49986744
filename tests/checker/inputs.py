"""The CSV inputs of a plan, read without the product's own readers."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

Row = dict[str, str]
Edges = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Order:
    """One parcel: what it is, where it goes and by when."""

    order_id: str
    direction: str
    address: tuple[float, float]
    drop: tuple[float, float]
    weight_kg: float
    edges_m: Edges
    goods: str
    min_age: int
    ready_at: datetime
    due_from: datetime
    due_by: datetime
    service: str
    service_s: float
    crew: int
    locker_ok: bool
    priority: float = 1.0
    skills: frozenset[str] = frozenset()

    @property
    def outbound(self) -> bool:
        """Whether it goes to the customer; pick-ups and returns come from there."""
        return self.direction == "delivery"

    @property
    def volume_m3(self) -> float:
        """The box's volume."""
        a, b, c = self.edges_m
        return a * b * c


@dataclass(frozen=True, slots=True)
class Site:
    """A depot or launch site."""

    site_id: str
    point: tuple[float, float]
    vans: int
    drone_pads: int
    robot_bays: int
    chargers: int
    opens: time
    closes: time
    zone_name: str | None
    charger_w: float | None = None


@dataclass(frozen=True, slots=True)
class Locker:
    """A parcel locker and its compartments by size class."""

    locker_id: str
    point: tuple[float, float]
    compartments: dict[str, int]
    drone_port: bool


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of the weather file."""

    at: datetime
    values: dict[str, float]


def read_orders(path: Path) -> dict[str, Order]:
    """All orders by id."""
    return {order.order_id: order for order in map(_order, _rows(path))}


def read_sites(path: Path) -> dict[str, Site]:
    """All depots and launch sites by id."""
    return {site.site_id: site for site in map(_site, _rows(path))}


def read_lockers(path: Path | None) -> dict[str, Locker]:
    """All lockers by id."""
    return {locker.locker_id: locker for locker in map(_locker, _rows(path))} if path else {}


def read_weather(path: Path | None) -> tuple[Observation, ...]:
    """The observations in the order of time; none without a file."""
    rows = map(_observation, _rows(path)) if path else ()
    return tuple(sorted(rows, key=lambda row: row.at))


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _order(row: Row) -> Order:
    address = float(row["lon"]), float(row["lat"])
    surveyed = row.get("drop_lon"), row.get("drop_lat")
    a, b, c = sorted(float(row[f"{name}_m"]) for name in ("length", "width", "height"))
    return Order(
        order_id=row["order_id"],
        direction=row["direction"],
        address=address,
        drop=(float(surveyed[0]), float(surveyed[1])) if surveyed[0] and surveyed[1] else address,
        weight_kg=float(row["weight_kg"]),
        edges_m=(a, b, c),
        goods=row["goods"],
        min_age=int(row["min_age"] or 0),
        ready_at=datetime.fromisoformat(row["ready_at"]),
        due_from=datetime.fromisoformat(row["due_from"]),
        due_by=datetime.fromisoformat(row["due_by"]),
        service=row["service"],
        service_s=60 * float(row["service_minutes"]),
        crew=int(row["crew"]),
        locker_ok=row["locker_ok"].lower() == "true",
        priority=float(row.get("priority") or 1),
        skills=frozenset((row.get("skills") or "").replace(";", " ").split()),
    )


def _site(row: Row) -> Site:
    return Site(
        site_id=row["depot_id"],
        point=(float(row["lon"]), float(row["lat"])),
        vans=int(row["vans"] or 0),
        drone_pads=int(row["drone_pads"] or 0),
        robot_bays=int(row["robot_bays"] or 0),
        chargers=int(row["chargers"] or 0),
        opens=time.fromisoformat(row["opens"]),
        closes=time.fromisoformat(row["closes"]),
        zone_name=row.get("timezone") or None,
        charger_w=float(row["charger_w"]) if row.get("charger_w") else None,
    )


def _locker(row: Row) -> Locker:
    sizes = {size: int(row[size] or 0) for size in ("small", "medium", "large")}
    point = float(row["lon"]), float(row["lat"])
    return Locker(row["locker_id"], point, sizes, row["drone_port"].lower() == "true")


_MEASURES = ("wind_mps", "gust_mps", "wind_from_deg", "temperature_c", "precipitation_mm_h", "visibility_m")


def _observation(row: Row) -> Observation:
    return Observation(datetime.fromisoformat(row["time"]), {name: float(row[name]) for name in _MEASURES})


def weather_between(rows: tuple[Observation, ...], measure: str, at: datetime) -> tuple[float, float] | None:
    """One measure at ``at``: interpolated between the rows around it, and as the row before it says.

    None where the file does not reach that moment (the last row speaks for one hour).
    """
    before = [row for row in rows if row.at <= at]
    if not before:
        return None
    held = before[-1]
    after = next((row for row in rows if row.at > at), None)
    if after is None:
        value = held.values[measure]
        return (value, value) if at <= held.at + timedelta(hours=1) else None
    share = (at - held.at) / (after.at - held.at)
    low, high = held.values[measure], after.values[measure]
    return low + share * (high - low), low
