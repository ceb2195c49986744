"""A small valid day, built by hand: every test breaks it in one way."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pyproj import Geod

from tests.checker.check import check_case, check_document
from tests.checker.context import Case
from tests.checker.document import parse_plan
from tests.checker.fleet import (
    FleetFacts,
)
from tests.checker.inputs import read_lockers, read_orders, read_sites, read_weather
from tests.checker.rules.energy import sortie_wh
from tests.checker.streets import Drive, Streets
from tests.checker.violation import Code, Violation
from tests.checker.zones import read_zones
from tests.unit.checker.machines import CRUISE_MPS, VAN_RATES, fleet

Json = dict[str, Any]
Point = tuple[float, float]

_GEOD = Geod(ellps="WGS84")
DEPOT: Point = (-8.60, 41.15)
LAUNCH: Point = (-8.59, 41.16)
VAN_MPS, HEIGHT_M = 8.0, 60.0


def clock(text: str) -> datetime:
    """A time of the day that is planned."""
    return datetime.fromisoformat(f"2026-11-24T{text}+00:00")


def away(point: Point, east_m: float, north_m: float) -> Point:
    """A point so far east and north of another."""
    lon, lat, _ = _GEOD.fwd(*point, 90.0, east_m)
    lon, lat, _ = _GEOD.fwd(lon, lat, 0.0, north_m)
    return lon, lat


def metres(a: Point, b: Point) -> float:
    """The geodesic between two points."""
    return float(_GEOD.inv(*a, *b)[2])


def order(order_id: str, point: Point, **changes: Any) -> Json:
    """A row of the orders file: 2 kg, due 8 to 18, unless told otherwise."""
    row: Json = {
        "order_id": order_id,
        "client": "acme",
        "direction": "delivery",
        "recipient": "R",
        "address": "",
    }
    row |= {
        "lon": point[0],
        "lat": point[1],
        "weight_kg": 2.0,
        "length_m": 0.3,
        "width_m": 0.2,
        "height_m": 0.08,
    }
    row |= {"goods": "standard", "value_eur": 10, "min_age": "", "ready_at": clock("07:00:00").isoformat()}
    row |= {"due_from": clock("08:00:00").isoformat(), "due_by": clock("18:00:00").isoformat()}
    row |= {"service": "standard", "service_minutes": 3, "crew": 1, "locker_ok": "false", "notes": ""}
    row |= {"priority": "", "skills": ""}
    return row | changes


def sortie(
    sortie_id: str, kind: str, order_id: str, drop: Point, depart: datetime, locker: str | None = None
) -> Json:
    """An out-and-back trip from the launch site, without its energy."""
    flies = kind == "drone"
    travel = timedelta(seconds=metres(LAUNCH, drop) / (CRUISE_MPS if flies else 1.5))
    top, vertical = (HEIGHT_M, timedelta(seconds=20)) if flies else (0.0, timedelta())
    here = ((LAUNCH, 0.0, vertical), (LAUNCH, top, travel), (drop, top, vertical))
    there = ((drop, 0.0, timedelta(seconds=30)), (drop, 0.0, vertical), (drop, top, travel))
    path, at = [], depart
    for point, alt, lasts in (*here, *there, (LAUNCH, top, vertical), (LAUNCH, 0.0, timedelta())):
        path.append({"lon": point[0], "lat": point[1], "alt_m": alt, "at": at.isoformat()})
        at += lasts
    drops = [{"order_id": order_id, "lon": drop[0], "lat": drop[1], "at": path[3]["at"]}]
    trip: Json = {"sortie_id": sortie_id, "kind": kind, "asset_id": f"{kind}-1", "depot_id": "S1"}
    trip |= {"order_ids": [order_id], "depart": depart.isoformat(), "return": at.isoformat(), "path": path}
    trip |= {"drops": drops, "payload_kg": 2.0, "energy_wh": 1.0, "usable_wh": 450.0 if flies else 500.0}
    return trip | {"reserve_wh": 100.0, "margin_wh": 0.0, "locker_id": locker}


def stop(point: Point, arrive: datetime, seconds: float, **parcels: Any) -> Json:
    """A stop of a van."""
    row: Json = {"lon": point[0], "lat": point[1], "locker_id": None, "deliver": [], "collect": []}
    row |= {"arrive": arrive.isoformat(), "depart": (arrive + timedelta(seconds=seconds)).isoformat()}
    return row | parcels


POINTS = {
    "V1": away(DEPOT, 2000, 1000),
    "V2": away(DEPOT, 3000, 500),
    "P1": away(DEPOT, 3000, -1000),
    "C1": away(LAUNCH, 1500, 1500),
    "D2": away(LAUNCH, 3000, 0),
    "R1": away(LAUNCH, 0, 900),
    "L1": away(DEPOT, 1000, -1200),
    "L2": away(LAUNCH, -1000, 800),
    "U1": away(DEPOT, -2000, 0),
}
LOCKERS = {"K1": away(DEPOT, 1200, -1000), "K2": away(LAUNCH, -1200, 600)}


def _orders() -> list[Json]:
    special: dict[str, Json] = {
        "V1": {
            "service": "white_glove",
            "crew": 2,
            "weight_kg": 40.0,
            "length_m": 1.0,
            "service_minutes": 20,
        },
        "V2": {"service": "signature", "min_age": 18},
        "P1": {"direction": "pickup"},
        "C1": {"goods": "chilled"},
        "R1": {"goods": "fragile"},
        "L1": {"locker_ok": "true"},
        "L2": {"locker_ok": "true"},
        "U1": {"goods": "dangerous"},
    }
    return [order(name, point, **special.get(name, {})) for name, point in POINTS.items()]


def _route() -> Json:
    start, plan = clock("07:30:00"), []
    calls = (
        (POINTS["V1"], 1260, {"deliver": ["V1"]}),
        (POINTS["V2"], 240, {"deliver": ["V2"]}),
        (POINTS["P1"], 240, {"collect": ["P1"]}),
        (LOCKERS["K1"], 90, {"deliver": ["L1"], "locker_id": "K1"}),
    )
    here, now, length = DEPOT, start + timedelta(minutes=30), 0.0
    for point, seconds, parcels in calls:
        length += 1.3 * metres(here, point)
        now += timedelta(seconds=1.3 * metres(here, point) / VAN_MPS)
        plan.append(stop(point, now, seconds, **parcels))
        here, now = point, now + timedelta(seconds=seconds)
    length += 1.3 * metres(here, DEPOT)
    end = now + timedelta(seconds=1.3 * metres(here, DEPOT) / VAN_MPS)
    cost = VAN_RATES.cost((end - start).total_seconds(), length, 4)
    route: Json = {"route_id": "T1", "asset_id": "van-1", "depot_id": "D1", "start": start.isoformat()}
    return route | {"end": end.isoformat(), "distance_m": length, "cost": cost, "stops": plan}


def _parcel(order_id: str, mode: str, cost: float, locker_id: str | None) -> Json:
    parcel: Json = {"order_id": order_id, "mode": mode, "asset_id": None, "locker_id": locker_id, "eta": None}
    parcel |= {"eta_low": None, "eta_high": None, "cost": cost, "fallback": None}
    option = {"mode": "van", "verdict": "feasible", "cost": 5.0, "reasons": []}
    return parcel | {"alternatives": [option]}


def reservation(order_id: str, size: str = "small") -> Json:
    """A compartment kept all day and night."""
    until = clock("08:00:00") + timedelta(days=1)
    return {
        "order_id": order_id,
        "size": size,
        "from": clock("07:00:00").isoformat(),
        "until": until.isoformat(),
    }


def _plan() -> Json:
    route = _route()
    share = route["cost"] / 4
    modes = {"V1": "van", "V2": "van", "P1": "van", "C1": "drone", "D2": "drone", "R1": "sidewalk_robot"}
    modes |= {"L1": "locker", "L2": "locker", "U1": "unassigned"}
    costs = {"drone": 2.0, "sidewalk_robot": 1.0, "locker": share, "van": share, "unassigned": 0.0}
    places = {"L1": "K1", "L2": "K2"}
    trips = [
        sortie("F1", "drone", "C1", POINTS["C1"], clock("08:30:00")),
        sortie("F2", "drone", "D2", POINTS["D2"], clock("09:30:00")),
        sortie("F3", "drone", "L2", LOCKERS["K2"], clock("10:30:00"), "K2"),
        sortie("W1", "sidewalk_robot", "R1", POINTS["R1"], clock("09:00:00")),
    ]
    head: Json = {
        "format": "lastmile-plan/1",
        "made_at": clock("06:00:00").isoformat(),
        "at": clock("06:00:00").isoformat(),
    }
    head |= {
        "seed": 0,
        "seconds": 1.0,
        "zones_version": "sha256:0",
        "currency": "EUR",
        "assumptions": ["flat"],
    }
    nobody = {
        "order_id": "U1",
        "reasons": [{"code": "goods", "detail": "no van left"}],
        "nearest_change": "a van",
    }
    kept = [{"locker_id": place, "reservations": [reservation(name)]} for name, place in places.items()]
    parcels = [_parcel(n, m, 3.0 if n == "L2" else costs[m], places.get(n)) for n, m in modes.items()]
    body: Json = {"summary": {}, "parcels": parcels, "sorties": trips, "routes": [route], "lockers": kept}
    return head | body | {"unassigned": [nobody]}


_SITE: Json = {
    "vans": 0,
    "drone_pads": 0,
    "robot_bays": 0,
    "chargers": 0,
    "opens": "05:00",
    "closes": "22:00",
}


def _depots() -> list[Json]:
    depot = _SITE | {"depot_id": "D1", "name": "D", "lon": DEPOT[0], "lat": DEPOT[1], "vans": 1}
    launch = {"depot_id": "S1", "name": "S", "lon": LAUNCH[0], "lat": LAUNCH[1]}
    return [depot, _SITE | launch | {"drone_pads": 1, "robot_bays": 1, "chargers": 1}]


def _lockers() -> list[Json]:
    sizes = {"name": "K", "small": 1, "medium": 0, "large": 0}
    return [
        {"locker_id": name, "lon": lon, "lat": lat, "drone_port": str(name == "K2").lower()} | sizes
        for name, (lon, lat) in LOCKERS.items()
    ]


def _weather() -> list[Json]:
    calm: Json = {"wind_mps": 3.0, "gust_mps": 5.0, "wind_from_deg": 270, "temperature_c": 10}
    calm |= {"precipitation_mm_h": 0, "visibility_m": 9000}
    return [{"time": clock(f"{hour:02}:00:00").isoformat()} | calm for hour in range(24)]


def box(centre: Point, half_m: float, **properties: Any) -> Json:
    """A square zone as plain GeoJSON."""
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    ring = [away(centre, half_m * x, half_m * y) for x, y in corners]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@dataclass(frozen=True)
class Lanes:
    """A map on which every way is as long as the day's van takes it to be. ``severed`` are places that no van comes to;
    for wheels there are ways along the day's paths only."""

    severed: frozenset[Point] = frozenset()
    wheelways: tuple[tuple[Point, Point], ...] = ((LAUNCH, POINTS["R1"]),)

    def drive(self, a: Point, b: Point, farthest_m: float) -> Drive | None:
        """A way that is longer than the crow's."""
        if {a, b} & self.severed:
            return None
        length = 1.3 * metres(a, b)
        return Drive(length / VAN_MPS, 0.0, length)

    def off_wheelways(self, points: Sequence[Point], within_m: float) -> list[bool]:
        """By how much longer the way over a point is than that from end to end."""
        return [
            all(metres(a, at) + metres(at, b) - metres(a, b) > within_m for a, b in self.wheelways)
            for at in points
        ]


@dataclass
class Day:
    """The inputs and the plan as they are written; tests change them and ask what the checker finds."""

    folder: Path
    orders: list[Json] = field(default_factory=_orders)
    depots: list[Json] = field(default_factory=_depots)
    lockers: list[Json] = field(default_factory=_lockers)
    weather: list[Json] = field(default_factory=_weather)
    zones: list[Json] = field(default_factory=lambda: [box(away(LAUNCH, 1500, -1500), 300)])
    plan: Json = field(default_factory=_plan)
    fleet: FleetFacts = field(default_factory=fleet)
    streets: Streets | None = field(default_factory=Lanes)

    def __post_init__(self) -> None:
        """States the energy that the trips take and the sums of the plan as built."""
        self.restate_energy()
        self.balance()

    def row(self, order_id: str) -> Json:
        """An order's row."""
        return next(row for row in self.orders if row["order_id"] == order_id)

    def trip(self, sortie_id: str) -> Json:
        """A sortie of the plan."""
        return next(trip for trip in self.plan["sorties"] if trip["sortie_id"] == sortie_id)

    def parcel(self, order_id: str) -> Json:
        """A parcel of the plan."""
        return next(parcel for parcel in self.plan["parcels"] if parcel["order_id"] == order_id)

    @property
    def route(self) -> Json:
        """The plan's only route."""
        found: Json = self.plan["routes"][0]
        return found

    def fly(self, sortie_id: str, depart: datetime, asset_id: str | None = None) -> Json:
        """Moves a sortie to another time, or gives it to another asset."""
        old, drop = self.trip(sortie_id), self.trip(sortie_id)["drops"][0]
        new = sortie(
            sortie_id, old["kind"], drop["order_id"], (drop["lon"], drop["lat"]), depart, old["locker_id"]
        )
        old |= new | {"energy_wh": old["energy_wh"], "asset_id": asset_id or old["asset_id"]}
        return old

    def restate_energy(self) -> None:
        """Writes the energy that the checker's own model finds."""
        case = self.case()
        for trip, parsed in zip(self.plan["sorties"], case.plan.sorties, strict=True):
            trip["energy_wh"] = sortie_wh(case, parsed, case.facts(parsed))

    def balance(self) -> None:
        """Writes the summary that fits the parcels."""
        modes = ("drone", "sidewalk_robot", "locker", "van", "unassigned")
        of_mode = {m: [p["cost"] for p in self.plan["parcels"] if p["mode"] == m] for m in modes}
        sums = {mode: sum(costs) for mode, costs in of_mode.items()}
        cost = {"total": sum(sums.values()), "by_mode": sums}
        counts = {mode: len(costs) for mode, costs in of_mode.items()}
        self.plan["summary"] = {
            "parcels": len(self.plan["parcels"]),
            "by_mode": counts,
            "cost": cost,
            "van_only_cost": 200.0,
        }

    def case(self) -> Case:
        """Everything written to files and read back by the checker's readers."""
        tables = {
            "orders": self.orders,
            "depots": self.depots,
            "lockers": self.lockers,
            "weather": self.weather,
        }
        paths = {name: _write_csv(self.folder / f"{name}.csv", rows) for name, rows in tables.items()}
        zones = self.folder / "zones.geojson"
        zones.write_text(json.dumps({"type": "FeatureCollection", "features": self.zones}), encoding="utf-8")
        if not self.plan["summary"]:
            self.balance()
        return Case(
            plan=parse_plan(self.plan),
            orders=read_orders(paths["orders"]),
            sites=read_sites(paths["depots"]),
            lockers=read_lockers(paths["lockers"]),
            fleet=self.fleet,
            zones=tuple(read_zones(zones)),
            weather=read_weather(paths["weather"]),
            streets=self.streets,
        )

    def violations(self) -> list[Violation]:
        """What the checker finds in the day as it is now."""
        return check_document(self.plan) or check_case(self.case())

    def codes(self) -> set[Code]:
        """The kinds of violation found."""
        return {violation.code for violation in self.violations()}


def _write_csv(path: Path, rows: list[Json]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
